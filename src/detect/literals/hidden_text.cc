#include "detect/literals/hidden_text.h"

#include <algorithm>
#include <optional>

#include "base/byte_scan.h"

namespace saiph::detect {

namespace {

constexpr std::size_t kDecodedBytes = 160;

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;
};

std::optional<CodePoint> next_utf8(ByteView bytes) {
  if (bytes.empty() || bytes[0] < 0x80) return std::nullopt;
  const std::size_t length = utf8_sequence_length(bytes);
  if (length == 0) return std::nullopt;
  std::uint32_t value = bytes[0] & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) value = value << 6 | (bytes[i] & 0x3FU);
  return CodePoint{value, length};
}

std::optional<std::uint32_t> hex4(ByteView bytes) {
  if (bytes.size() < 6 || bytes[0] != '\\' || bytes[1] != 'u') return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 2; i < 6; ++i) {
    const std::uint8_t c = bytes[i];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9')
      digit = c - std::uint32_t{'0'};
    else if (c >= 'a' && c <= 'f')
      digit = c - std::uint32_t{'a'} + 10;
    else if (c >= 'A' && c <= 'F')
      digit = c - std::uint32_t{'A'} + 10;
    else
      return std::nullopt;
    value = value << 4 | digit;
  }
  return value;
}

std::optional<CodePoint> next_escape(ByteView bytes) {
  const auto first = hex4(bytes);
  if (!first) return std::nullopt;
  if (*first < 0xD800 || *first > 0xDBFF) return CodePoint{*first, 6};
  const auto second = hex4(bytes.subspan(6));
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return std::nullopt;
  return CodePoint{0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00), 12};
}

}  // namespace

HiddenRun read_hidden(ByteView bytes, bool escapes) {
  HiddenRun run;
  std::string selected;
  while (run.bytes < bytes.size()) {
    const auto point =
        escapes ? next_escape(bytes.subspan(run.bytes)) : next_utf8(bytes.subspan(run.bytes));
    if (!point) break;
    const std::uint32_t c = point->value;
    if (c >= 0xE0000 && c <= 0xE007F) {
      ++run.tags;
      if (c >= 0xE0020 && c < 0xE007F && run.decoded.size() < kDecodedBytes)
        run.decoded.push_back(static_cast<char>(c - 0xE0000));
    } else if ((c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF)) {
      ++run.selectors;
      const std::uint32_t byte = c < 0x10000 ? c - 0xFE00 : c - 0xE0100 + 16;
      if (selected.size() < kDecodedBytes) selected.push_back(static_cast<char>(byte));
    } else if ((c >= 0x200B && c <= 0x200D) || (c >= 0x2060 && c <= 0x2064) || c == 0xFEFF) {
      ++run.zero_widths;
    } else {
      break;
    }
    run.bytes += point->bytes;
  }
  if (run.decoded.empty()) run.decoded = selected;
  return run;
}

bool reorders_line(ByteView bytes) {
  constexpr std::size_t kLongestLine = 1024;
  int open_embeddings = 0;
  int open_isolates = 0;
  bytes = bytes.first(std::min(bytes.size(), kLongestLine));
  for (std::size_t i = 0; i < bytes.size();) {
    if (bytes[i] == '\n' || bytes[i] == '\r') return open_embeddings > 0 || open_isolates > 0;
    if (bytes[i] < 0x80) {
      ++i;
      continue;
    }
    const auto point = next_utf8(bytes.subspan(i));
    if (!point) {
      ++i;
      continue;
    }
    i += point->bytes;
    switch (point->value) {
      case 0x202D:
      case 0x202E:
        return true;
      case 0x202A:
      case 0x202B:
        ++open_embeddings;
        break;
      case 0x202C:
        open_embeddings = std::max(0, open_embeddings - 1);
        break;
      case 0x2066:
      case 0x2067:
      case 0x2068:
        ++open_isolates;
        break;
      case 0x2069:
        open_isolates = std::max(0, open_isolates - 1);
        break;
      default:
        break;
    }
  }
  return bytes.size() < kLongestLine && (open_embeddings > 0 || open_isolates > 0);
}

}  // namespace saiph::detect
