#include "base/escape.h"

#include <fmt/format.h>

#include <cstdint>

namespace saiph {

namespace {

constexpr char32_t kInvalid = 0xFFFFFFFF;

/// Decodes the code point at text[i] and moves i past it; kInvalid for one ill-formed byte.
char32_t next_code_point(std::string_view text, std::size_t& i) {
  const auto byte = [&](std::size_t k) { return static_cast<std::uint8_t>(text[k]); };
  const std::uint8_t lead = byte(i);
  std::size_t length = 0;
  char32_t value = 0;
  char32_t smallest = 0;
  if (lead < 0x80) {
    ++i;
    return lead;
  }
  if ((lead & 0xE0) == 0xC0) {
    length = 2;
    value = lead & 0x1FU;
    smallest = 0x80;
  } else if ((lead & 0xF0) == 0xE0) {
    length = 3;
    value = lead & 0x0FU;
    smallest = 0x800;
  } else if ((lead & 0xF8) == 0xF0) {
    length = 4;
    value = lead & 0x07U;
    smallest = 0x10000;
  }
  if (length == 0 || i + length > text.size()) {
    ++i;
    return kInvalid;
  }
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) {
      ++i;
      return kInvalid;
    }
    value = (value << 6) | (byte(i + k) & 0x3FU);
  }
  if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    ++i;
    return kInvalid;
  }
  i += length;
  return value;
}

/// Code points that change how other text looks, or are not seen at all.
bool is_deceptive(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x34F || c == 0x61C ||
         (c >= 0x115F && c <= 0x1160) || (c >= 0x180B && c <= 0x180F) ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || c == 0xFEFF || c == 0xFFA0 ||
         (c >= 0xFFF0 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

void append_visible(std::string& out, char32_t c) {
  out += c < 0x100 ? fmt::format("\\x{:02x}", static_cast<std::uint32_t>(c))
                   : fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c));
}

/// The text with what `own(out, code point)` writes (and answers true for) instead of a code point;
/// of the rest, what is not well formed or deceptive is made visible.
template <typename Own>
std::string escaped(std::string_view text, Own own) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    const char32_t c = next_code_point(text, i);
    if (c == kInvalid) {
      append_visible(out, static_cast<std::uint8_t>(text[start]));
    } else if (own(out, c)) {
      continue;
    } else if (is_deceptive(c)) {
      append_visible(out, c);
    } else {
      out += text.substr(start, i - start);
    }
  }
  return out;
}

}  // namespace

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    if (next_code_point(text, i) == kInvalid) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(start, i - start);
    }
  }
  return out;
}

void append_json(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && plain(text[end])) ++end;
    out += text.substr(i, end - i);
    i = end;
    if (i == text.size()) return;
    const std::size_t start = i;
    const char32_t c = next_code_point(text, i);
    if (c == kInvalid) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (!is_deceptive(c)) {
      out += text.substr(start, i - start);
    } else if (c < 0x10000) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c));
    } else {
      const auto low = static_cast<std::uint32_t>(c) - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (low >> 10), 0xDC00 + (low & 0x3FF));
    }
  }
}

std::string escape_terminal(std::string_view text) {
  return escaped(text, [](std::string& out, char32_t c) {
    if (c != '\\') return false;
    out += "\\\\";
    return true;
  });
}

std::string escape_markup(std::string_view text) {
  return escaped(text, [](std::string& out, char32_t c) {
    switch (c) {
      case '&':
        out += "&amp;";
        return true;
      case '<':
        out += "&lt;";
        return true;
      case '>':
        out += "&gt;";
        return true;
      case '"':
        out += "&quot;";
        return true;
      case '\'':
        out += "&#39;";
        return true;
      case '\n':
      case '\t':
        out += static_cast<char>(c);
        return true;
      default:
        break;
    }
    if ((c & 0xFFFE) != 0xFFFE) return false;
    append_visible(out, c);
    return true;
  });
}

std::string shorten(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes > 3 ? max_bytes - 3 : 0;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace saiph
