// The part of PythonFolder that writes text: literals with their escapes, "%", format() and join().
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "formats/python/python_value.h"

namespace saiph::formats {

namespace {

using Kind = PythonValueKind;

// Text that shows up only after these steps is not found by a search of the file.
constexpr PythonOrigins kHidden = kOriginBuilt;

// Resolves \xNN, \uNNNN, \UNNNNNNNN: `digits` hexadecimal digits behind position `at`.
bool hex_escape(std::string_view body, std::size_t at, std::size_t digits, std::uint32_t& value) {
  if (digits > body.size() || at > body.size() - digits) return false;
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = hex_digit(body[at + i]);
    if (digit < 0) return false;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return true;
}

std::string unescape(std::string_view body, bool is_bytes, bool& escaped_letters) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if (c != '\\' || at + 1 >= body.size()) {
      out.push_back(c);
      continue;
    }
    const char e = body[++at];
    std::uint32_t value = 0;
    switch (e) {
      case '\n':
        break;
      case '\r':
        if (at + 1 < body.size() && body[at + 1] == '\n') ++at;
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'a':
        out.push_back('\a');
        break;
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'v':
        out.push_back('\v');
        break;
      case '\\':
      case '\'':
      case '"':
        out.push_back(e);
        break;
      case 'x':
      case 'u':
      case 'U': {
        const std::size_t digits = e == 'x' ? 2 : e == 'u' ? 4 : 8;
        if ((e != 'x' && is_bytes) || !hex_escape(body, at + 1, digits, value)) {
          out.push_back('\\');
          out.push_back(e);
          break;
        }
        at += digits;
        escaped_letters |= value > 0x20 && value < 0x7F;
        if (is_bytes) {
          out.push_back(static_cast<char>(value));
        } else {
          append_utf8(out, value);
        }
        break;
      }
      default:
        if (e >= '0' && e <= '7') {
          std::size_t digits = 0;
          while (digits < 3 && at + digits < body.size() && body[at + digits] >= '0' &&
                 body[at + digits] <= '7') {
            value = value * 8 + static_cast<std::uint32_t>(body[at + digits] - '0');
            ++digits;
          }
          at += digits - 1;
          escaped_letters |= value > 0x20 && value < 0x7F;
          if (is_bytes) {
            out.push_back(static_cast<char>(value));
          } else {
            append_utf8(out, value);
          }
        } else {
          out.push_back('\\');
          out.push_back(e);
        }
    }
  }
  return out;
}

std::string as_shown(const PythonValue& value) {
  return value.is(Kind::kNumber) ? std::to_string(value.number) : std::string(value.text());
}

}  // namespace

PythonValue PythonFolder::literal(std::string_view body, bool is_bytes, bool is_raw) {
  // A literal costs no allowance: together they are no longer than the file.
  if (body.size() > kTextBytes) body = body.substr(0, kTextBytes);
  if (is_raw || body.find('\\') == std::string_view::npos) {
    return PythonValue::of_text(std::string(body), is_bytes);
  }
  bool escaped_letters = false;
  std::string text = unescape(body, is_bytes, escaped_letters);
  // "\x6f\x73" for "os" is a disguise; one escaped letter in a long text is not.
  const bool hidden = escaped_letters && text.size() * 3 <= body.size();
  return PythonValue::of_text(std::move(text), is_bytes, hidden ? kHidden : PythonOrigins{0});
}

// "%s%s" % ("a", "b"), "%c" % 101: unknown arguments stay as they are written.
PythonValue PythonFolder::percent(const PythonValue& left, const PythonValue& right) {
  auto origins = static_cast<PythonOrigins>(left.origins | right.origins);
  const std::vector<PythonValue> single{right};
  const std::vector<PythonValue>& items = right.is(Kind::kList) ? *right.items_ptr : single;
  const std::string_view pattern = left.text();
  if (!take(pattern.size())) return PythonValue::unknown(origins);
  std::string out;
  std::size_t next = 0;
  bool complete = true;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c != '%' || at + 1 >= pattern.size()) {
      out.push_back(c);
      continue;
    }
    std::size_t end = at + 1;
    if (pattern[end] == '%') {
      out.push_back('%');
      at = end;
      continue;
    }
    if (pattern[end] == '(') end = std::min(pattern.find(')', end), pattern.size() - 1) + 1;
    while (end < pattern.size() &&
           std::string_view("0123456789.-+ #*lh").find(pattern[end]) != std::string_view::npos)
      ++end;
    if (end >= pattern.size()) break;
    if (next < items.size() && items[next].is_constant() && take(items[next].text().size() + 1)) {
      if (pattern[end] == 'c' && items[next].is(Kind::kNumber)) {
        append_utf8(out, static_cast<std::uint32_t>(
                             std::clamp<std::int64_t>(items[next].number, 0, 0x10FFFF)));
      } else {
        out.append(as_shown(items[next]));
      }
    } else {
      out.append("{}");
      complete = false;
    }
    ++next;
    at = end;
  }
  origins |= complete ? kHidden : PythonOrigins{kOriginPartial};
  return PythonValue::of_text(std::move(out), left.is_bytes, origins);
}

PythonValue PythonFolder::format(const PythonValue& receiver,
                                 const std::vector<PythonArgument>& arguments) {
  auto origins = static_cast<PythonOrigins>(receiver.origins | origins_of(arguments));
  const std::string_view pattern = receiver.text();
  if (!take(pattern.size())) return PythonValue::unknown(origins);
  std::string out;
  std::size_t next = 0;
  bool complete = true;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if ((c == '{' || c == '}') && at + 1 < pattern.size() && pattern[at + 1] == c) {
      out.push_back(c);
      ++at;
      continue;
    }
    if (c != '{') {
      out.push_back(c);
      continue;
    }
    const std::size_t end = pattern.find('}', at);
    if (end == std::string_view::npos) break;
    const std::string_view field = pattern.substr(at + 1, end - at - 1);
    const std::string_view key = field.substr(0, field.find_first_of(":!.["));
    const PythonValue* value = nullptr;
    if (key.empty()) {
      if (next < arguments.size()) value = &arguments[next++].value;
    } else if (key.size() <= 3 && key.find_first_not_of("0123456789") == std::string_view::npos) {
      std::size_t index = 0;
      for (const char digit : key) index = index * 10 + static_cast<std::size_t>(digit - '0');
      if (index < arguments.size()) value = &arguments[index].value;
    } else {
      for (const PythonArgument& argument : arguments) {
        if (argument.keyword == key) value = &argument.value;
      }
    }
    if (value != nullptr && value->is_constant() && key.size() == field.size() &&
        take(value->text().size() + 1)) {
      out.append(as_shown(*value));
    } else {
      out.append("{}");
      complete = false;
    }
    at = end;
  }
  origins |= complete ? kHidden : PythonOrigins{kOriginPartial};
  return PythonValue::of_text(std::move(out), receiver.is_bytes, origins);
}

PythonValue PythonFolder::join(const PythonValue& separator, const PythonValue& items) {
  auto origins = static_cast<PythonOrigins>(separator.origins | items.origins);
  if (items.is(Kind::kText))
    return PythonValue::of_text(
        std::string(items.text().substr(0, take(items.text().size()) ? std::string_view::npos : 0)),
        items.is_bytes, origins);
  if (!items.is(Kind::kList)) return PythonValue::unknown(origins);
  std::string out;
  bool first = true;
  bool complete = true;
  for (const PythonValue& item : *items.items_ptr) {
    if (!take(item.text().size() + separator.text().size() + 1))
      return PythonValue::unknown(origins);
    if (!first) out.append(separator.text());
    first = false;
    origins |= item.origins;
    if (item.is(Kind::kText)) {
      out.append(item.text());
    } else {
      out.append("{}");
      complete = false;
    }
  }
  if (!complete) origins |= kOriginPartial;
  if (complete && items.items_ptr->size() > 1) origins |= kHidden;
  return PythonValue::of_text(std::move(out), separator.is_bytes, origins);
}

}  // namespace saiph::formats
