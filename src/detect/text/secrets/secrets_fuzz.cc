// Any bytes: spans lie inside the text, and the same search over the text with a space before it
// finds the same one byte further on.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "detect/text/secrets/find_secrets.h"
#include "detect/text/spans/span_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const std::string_view text = as_text(ByteView(data, size));
  detect::SpanList list;
  detect::find_secrets(text, {}, list);
  for (const detect::FoundSpan& span : list.spans) {
    if (span.type == nullptr || span.where.offset > size || span.where.length == 0 ||
        span.where.length > size - span.where.offset)
      std::abort();
  }
  const std::string moved = " " + std::string(text);
  detect::SpanList again;
  detect::find_secrets(moved, {}, again);
  if (again.spans.size() < list.spans.size()) std::abort();
  return 0;
}
