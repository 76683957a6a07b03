// Differential: a text in pieces, cut anywhere, has the views and the report of the whole.
#include <cstdlib>
#include <vector>

#include "base/bytes.h"
#include "match/decode/canonicalise.h"

using saiph::match::CanonicalLimits;
using saiph::match::CanonicalReport;
using saiph::match::CanonicalStream;
using saiph::match::View;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

class Kept final : public saiph::match::ViewSink {
 public:
  void view(const View& view) override { views.push_back(view); }
  std::vector<View> views;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // The first two bytes say how the rest is cut.
  const std::size_t first = 1 + data[0] % 7;
  const std::size_t grow = data[1] % 5;
  const std::string_view text = saiph::as_text(saiph::ByteView{data + 2, size - 2});
  CanonicalLimits limits;
  limits.views = 32;
  limits.inflated_bytes = std::size_t{64} << 10;
  Kept whole;
  const CanonicalReport expected = saiph::match::canonicalise(text, limits, whole);
  CanonicalStream stream(limits);
  Kept pieces;
  std::size_t step = first;
  for (std::size_t at = 0; at < text.size(); at += step, step += grow) {
    stream.feed(text.substr(at, step));
    // A prefix of the final text, whenever it is asked for.
    const std::string& so_far = stream.canonical().text;
    require(whole.views[0].text.starts_with(so_far));
    if (at > 512) {
      stream.feed(text.substr(std::min(text.size(), at + step)));
      break;
    }
  }
  const CanonicalReport report = stream.finish(pieces);
  require(report == expected);
  require(pieces.views.size() == whole.views.size());
  for (std::size_t i = 0; i < whole.views.size(); ++i) {
    require(pieces.views[i].text == whole.views[i].text);
    require(pieces.views[i].how == whole.views[i].how);
    require(pieces.views[i].map == whole.views[i].map);
  }
  return 0;
}
