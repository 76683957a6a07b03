// Any text with any spans: what was exchanged for tokens comes back, whole and in pieces.
#include <array>
#include <cstdlib>
#include <vector>

#include "base/bytes.h"
#include "detect/text/redaction/redaction.h"

using saiph::detect::FoundSpan;
using saiph::detect::SpanType;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<SpanType, 3> kTypes = {{{"pii.email", "EMAIL", "E-mail address"},
                                                      {"pii.card", "CARD", "Card"},
                                                      {"secret.key", "SECRET", "Key"}}};
  if (size < 9) return 0;
  std::vector<FoundSpan> spans;
  for (std::size_t i = 0; i < 8; i += 2) {
    FoundSpan span;
    span.type = &kTypes[data[i] % kTypes.size()];
    span.where = {data[i], data[i + 1] % 32U};
    span.confidence = data[i] / 255.0;
    spans.push_back(span);
  }
  const std::string_view text = saiph::as_text(saiph::ByteView{data + 8, size - 8});
  static const auto tokeniser =
      saiph::detect::Tokeniser::with_key(saiph::as_bytes(std::string_view("0123456789abcdef")));
  saiph::detect::RestoreMap map;
  const auto out = tokeniser->tokenise(text, spans, map);
  if (!out || saiph::detect::restore(*out, map) != text) std::abort();
  saiph::detect::RestoreStream stream(map);
  std::string pieces;
  for (std::size_t at = 0; at < out->size(); at += 1 + data[0] % 13)
    pieces += stream.feed(std::string_view(*out).substr(at, 1 + data[0] % 13));
  pieces += stream.finish();
  if (pieces != text) std::abort();
  if (saiph::detect::mask_spans(text, spans).size() > text.size()) std::abort();
  saiph::detect::redact(text, spans);
  return 0;
}
