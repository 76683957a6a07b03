// Any bytes: views are canonical, lead back into the text, and stay within their budget; work is
// linear.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "match/canonical/canonical_form.h"
#include "match/decode/canonicalise.h"

using saiph::TextSpan;
using saiph::match::CanonicalLimits;
using saiph::match::CanonicalReport;
using saiph::match::View;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
}

class Checked final : public saiph::match::ViewSink {
 public:
  explicit Checked(std::size_t original) : original_(original) {}
  void view(const View& view) override {
    require((count_++ == 0) == view.how.empty());
    require(view.map.view_bytes() == view.text.size());
    const TextSpan whole = view.original(0, view.text.size());
    require(whole.offset + whole.length <= original_);
    const std::size_t middle = view.text.size() / 2;
    const TextSpan one = view.original(middle, middle + 1);
    require(one.offset + one.length <= original_);
    for (const auto& step : view.how) require(step.where.offset + step.where.length <= original_);
    // What is canonical stays as it is, but for words of look-alikes alone: they are read by what
    // stands around them, and runs of spaces around them are gone.
    if (view.text.size() < 4096 && is_ascii(view.text))
      require(saiph::match::canonical_form(view.text) == view.text);
    if (count_ > 1) derived_ += view.text.size();
  }
  std::size_t count() const { return count_; }
  std::size_t derived() const { return derived_; }

 private:
  std::size_t original_;
  std::size_t count_ = 0;
  std::size_t derived_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = saiph::as_text(saiph::ByteView{data, size});
  CanonicalLimits limits;
  limits.views = 32;
  limits.inflated_bytes = std::size_t{64} << 10;
  Checked sink(size);
  const CanonicalReport report = saiph::match::canonicalise(text, limits, sink);
  require(report.views == sink.count());
  require(sink.count() <= limits.views + 1);
  const std::size_t allowed = size * limits.view_factor + limits.view_spare_bytes +
                              limits.inflations * limits.inflated_bytes;
  // Levelling letters can make a view a little longer than what was decoded (one code point may
  // stand for up to 18 letters).
  require(sink.derived() <= 18 * allowed);
  require(report.work <= 400 * (allowed + 4096));
  return 0;
}
