// Any bytes as a text: spans lie in it, types and confidences are what they may be, and a second
// look says the same.
#include <cstdlib>

#include "base/bytes.h"
#include "detect/text/personal/find_personal.h"
#include "detect/text/spans/span_list.h"

using saiph::detect::FoundSpan;
using saiph::detect::SpanList;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = saiph::as_text(saiph::ByteView{data, size});
  saiph::detect::PersonalOptions options;
  options.least_confidence = 0;
  options.places = options.dates = options.urls = true;
  SpanList first(4096);
  saiph::detect::find_personal(text, options, first);
  SpanList second(4096);
  saiph::detect::find_personal(text, options, second);
  if (first.spans.size() != second.spans.size()) std::abort();
  for (std::size_t i = 0; i < first.spans.size(); ++i) {
    const FoundSpan& span = first.spans[i];
    if (span.type == nullptr || span.type != second.spans[i].type) std::abort();
    if (span.where.offset + span.where.length > size || span.where.length == 0) std::abort();
    if (!(span.confidence >= 0 && span.confidence <= 1)) std::abort();
  }
  for (const FoundSpan& span : without_overlaps(std::move(first.spans), size)) {
    if (span.where.offset + span.where.length > size) std::abort();
  }
  return 0;
}
