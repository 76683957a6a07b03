// Differential: literals and text are both cut from the input; the set must find exactly what a
// naive search finds, with either kernel and however the text is cut into chunks.
#include <algorithm>
#include <cstdlib>

#include "base/byte_reader.h"
#include "match/literals/literal_set.h"

using saiph::match::Literal;
using saiph::match::LiteralMatch;
using saiph::match::LiteralSet;

namespace {

char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool stands_at(std::string_view text, std::size_t at, const Literal& literal) {
  if (literal.text.size() > text.size() - at) return false;
  for (std::size_t i = 0; i < literal.text.size(); ++i) {
    const char a = text[at + i];
    const char b = literal.text[i];
    if (literal.fold_case ? fold(a) != fold(b) : a != b) return false;
  }
  return true;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saiph::ByteReader reader({data, size});
  std::uint8_t count = 0;
  std::uint8_t step = 0;
  if (!reader.u8(count) || !reader.u8(step)) return 0;
  std::vector<Literal> literals;
  for (unsigned i = 0; i < count % 40U; ++i) {
    std::uint8_t length = 0;
    saiph::ByteView text;
    if (!reader.u8(length) || !reader.take(3 + length % 14U, text)) break;
    literals.push_back({saiph::as_text(text), length >= 128});
  }
  saiph::ByteView text;
  if (!reader.take(std::min<std::uint64_t>(reader.remaining(), 4096), text)) return 0;

  std::vector<LiteralMatch> expected;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (std::uint32_t i = 0; i < literals.size(); ++i) {
      if (stands_at(saiph::as_text(text), at, literals[i])) expected.push_back({i, at});
    }
  }
  std::sort(expected.begin(), expected.end());

  for (const auto kernel : {LiteralSet::Kernel::kSsse3, LiteralSet::Kernel::kBest}) {
    const LiteralSet set(literals, {}, kernel);
    std::vector<LiteralMatch> whole;
    set.search(text, 0, whole);
    std::sort(whole.begin(), whole.end());
    require(whole == expected);

    saiph::match::LiteralStream stream(set);
    std::vector<LiteralMatch> chunked;
    const std::size_t chunk = std::size_t{step} + 1;
    for (std::size_t at = 0; at < text.size(); at += chunk)
      stream.feed(text.subspan(at, std::min(chunk, text.size() - at)), chunked);
    std::sort(chunked.begin(), chunked.end());
    require(chunked == expected);
  }
  return 0;
}
