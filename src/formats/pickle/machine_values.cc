// What values mean: their text and elements, and calls that are folded to find computed names.
#include <algorithm>

#include "base/text.h"
#include "formats/pickle/machine.h"

namespace saiph::formats {

namespace {

std::optional<std::uint32_t> hex_code(ByteView text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  std::uint32_t code = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = hex_digit(text[at + i]);
    if (digit < 0) return std::nullopt;
    code = (code << 4) | static_cast<std::uint32_t>(digit);
  }
  return code;
}

/// raw-unicode-escape: only \uXXXX and \UXXXXXXXX mean something, the rest is latin-1.
std::string decode_unicode_escape(ByteView text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'u' || text[i + 1] == 'U')) {
      const std::size_t digits = text[i + 1] == 'u' ? 4 : 8;
      if (const auto code = hex_code(text, i + 2, digits)) {
        append_utf8(out, *code);
        i += 1 + digits;
        continue;
      }
    }
    append_utf8(out, text[i]);
  }
  return out;
}

/// The inside of a Python 2 string literal, as codecs.escape_decode reads it.
std::string decode_quoted(ByteView text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text = text.subspan(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t')) {
    text = text.first(text.size() - 1);
  }
  if (text.size() >= 2 && text.front() == text.back()) text = text.subspan(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += static_cast<char>(text[i]);
      continue;
    }
    const std::uint8_t next = text[++i];
    switch (next) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'a':
        out += '\a';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'v':
        out += '\v';
        break;
      case '\n':
        break;
      case 'x':
        if (const auto code = hex_code(text, i + 1, 2)) {
          out += static_cast<char>(static_cast<unsigned char>(*code));
          i += 2;
        }
        break;
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7': {
        unsigned code = next - '0';
        for (int digits = 1;
             digits < 3 && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '7';
             ++digits) {
          code = code * 8 + (text[++i] - '0');
        }
        out += static_cast<char>(static_cast<unsigned char>(code));
        break;
      }
      default:
        if (next != '\\' && next != '\'' && next != '"') out += '\\';
        out += static_cast<char>(next);
    }
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (c == '=') break;
    if (digit < 0) continue;
    bits = ((bits << 6) | static_cast<std::uint32_t>(digit)) & 0xFFFFFF;
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(static_cast<unsigned char>((bits >> have) & 0xFF));
    }
  }
  return out;
}

std::string unhex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(static_cast<unsigned char>(high * 16 + digit));
      high = -1;
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> PickleMachine::text(PickleValue value, std::size_t limit) const {
  if (value.is(PickleKind::kComputed)) return computed_[value.payload()].substr(0, limit);
  if (!value.is(PickleKind::kString) && !value.is(PickleKind::kBytes)) return std::nullopt;
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(value.text_length(), limit));
  Bytes scratch;
  const ByteView bytes = view_at(value.text_offset(), n, scratch);
  if (bytes.size() != n) return std::nullopt;
  switch (value.text_form()) {
    case PickleText::kUtf8:
    case PickleText::kRaw:
      return std::string(as_text(bytes));
    case PickleText::kQuoted:
      return decode_quoted(bytes);
    case PickleText::kUnicodeEscape:
      return decode_unicode_escape(bytes);
  }
  return std::nullopt;
}

std::span<const PickleValue> PickleMachine::elements(PickleValue tuple) const {
  if (!tuple.is(PickleKind::kTuple)) return {};
  return arena_.find(tuple.tuple_sequence(), static_cast<std::size_t>(tuple.tuple_length()));
}

std::span<const PickleValue> PickleMachine::recent_items(PickleValue container) const {
  if (!items_owner_.same(container) || items_owner_.is(PickleKind::kUnset)) return {};
  return arena_.find(items_sequence_, items_count_);
}

std::span<const PickleValue> PickleMachine::origin(PickleValue object) const {
  if (!object.is(PickleKind::kObject)) return {};
  return arena_.find(object.object_sequence(), 2);
}

const PickleName* PickleMachine::name(PickleValue value) const {
  if (!value.is(PickleKind::kGlobal) && !value.is(PickleKind::kObject)) return nullptr;
  return value.name_id() < names_.size() ? &names_.at(value.name_id()).name : nullptr;
}

PickleValue PickleMachine::computed(std::string text) {
  constexpr std::size_t kMostTexts = 4096;
  constexpr std::size_t kMostBytes = 1U << 20;
  if (computed_.size() >= kMostTexts || computed_bytes_ + text.size() > kMostBytes) return {};
  computed_bytes_ += text.size();
  computed_.push_back(std::move(text));
  return {PickleKind::kComputed, computed_.size() - 1};
}

// numpy.dtype('<f8', ...): the bytes of one item. Anything else stays an ordinary object.
PickleValue PickleMachine::dtype_of(PickleValue arguments) const {
  const auto args = elements(arguments);
  if (args.empty()) return {};
  const auto spelling = text(args[0], 32);
  if (!spelling) return {};
  std::string_view rest = *spelling;
  if (!rest.empty() && std::string_view("<>=|").find(rest[0]) != std::string_view::npos)
    rest.remove_prefix(1);
  if (rest.empty() || std::string_view("biufcmMOSUVB?").find(rest[0]) == std::string_view::npos)
    return {};
  if (rest[0] == 'O') return {PickleKind::kDtype, PickleValue::kObjectDtype};
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (const char c : rest.substr(1)) {
    if (c < '0' || c > '9') break;
    if (++digits > 9) return {};
    size = size * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (digits == 0 && (rest[0] == '?' || rest[0] == 'b' || rest[0] == 'B')) size = 1;
  if (digits == 0 && size == 0) return {};
  return {PickleKind::kDtype, rest[0] == 'U' ? size * 4 : size};
}

// Calls whose result this machine can compute, so that a name assembled from parts is still seen.
// The calls themselves were reported; an unset answer means "an ordinary object".
PickleValue PickleMachine::fold(PickleKnown known, PickleValue arguments) {
  const auto args = elements(arguments);
  if (args.empty() || args.size() != arguments.tuple_length()) return {};
  constexpr std::size_t kMost = 4096;
  const auto first = text(args[0], kMost);
  const auto second = args.size() > 1 ? text(args[1], kMost) : std::nullopt;
  switch (known) {
    case PickleKnown::kNumpyDtype:
      return dtype_of(arguments);
    case PickleKnown::kAddExtension: {
      if (args.size() != 3 || !first || !second || !args[2].is(PickleKind::kInteger) ||
          extensions_.size() > 4096) {
        return {};
      }
      PickleValue global;
      const auto id = names_.intern(*first, *second, false);
      if (!id) return {};
      PickleNames::Entry& entry = names_.at(id->first);
      if (id->second) entry.traits = observer_->on_new_name(entry.name);
      global = PickleValue(PickleKind::kGlobal, id->first)
                   .with_taint(entry.traits.tainted ? PickleValue::kTaint : 0);
      extensions_[static_cast<std::uint64_t>(args[2].as_integer())] = global;
      return {};
    }
    case PickleKnown::kGetattr:
    case PickleKnown::kImportModule: {
      std::string module;
      std::string name;
      if (known == PickleKnown::kImportModule) {
        if (!first) return {};
        module = *first;
      } else {
        if (!args[0].is(PickleKind::kGlobal) || !second) return {};
        const PickleName& owner = names_.at(args[0].name_id()).name;
        module = owner.module;
        name = owner.name.empty() ? *second : owner.name + "." + *second;
        if (name.size() > kMost) return {};
      }
      const auto id = names_.intern(module, name, false);
      if (!id) return {};
      PickleNames::Entry& entry = names_.at(id->first);
      if (id->second) entry.traits = observer_->on_new_name(entry.name);
      return PickleValue(PickleKind::kGlobal, id->first)
          .with_taint(entry.traits.tainted ? PickleValue::kTaint : 0);
    }
    case PickleKnown::kStrJoin: {
      if (!first || args.size() != 2) return {};
      const auto parts = args[1].is(PickleKind::kTuple) ? elements(args[1]) : recent_items(args[1]);
      if (parts.empty()) return second ? computed(*second) : PickleValue();
      std::string joined;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto part = text(parts[i], kMost);
        if (!part || joined.size() > kMost) return {};
        if (i != 0) joined += *first;
        joined += *part;
      }
      return computed(std::move(joined));
    }
    case PickleKnown::kConcat:
      return first && second ? computed(*first + *second) : PickleValue();
    case PickleKnown::kBase64Decode: {
      if (!first) return {};
      auto decoded = decode_base64(*first);
      return decoded ? computed(std::move(*decoded)) : PickleValue();
    }
    case PickleKnown::kBytesFromHex:
      return first ? computed(unhex(*first)) : PickleValue();
    case PickleKnown::kCodecsEncode:
    case PickleKnown::kCodecsDecode:
    case PickleKnown::kBytesDecode:
      if (!first || args[0].text_length() > kMost) return {};
      if (second && (*second == "rot13" || *second == "rot_13" || *second == "rot-13"))
        return computed(rot13(*first));
      if (second && (*second == "hex" || *second == "hex_codec") &&
          known == PickleKnown::kCodecsDecode) {
        return computed(unhex(*first));
      }
      if (second && (*second == "base64" || *second == "base64_codec") &&
          known == PickleKnown::kCodecsDecode) {
        return computed(decode_base64(*first).value_or(""));
      }
      // latin-1, UTF-8 and ASCII leave what names consist of as it is. Long operands are data, and
      // so is what begins with PROTO as latin-1 text: its origin must stay known.
      if (first->size() > 256 || first->starts_with("\xC2\x80")) return {};
      return computed(*first);
    case PickleKnown::kJoblibWrapper:
    case PickleKnown::kNone:
      break;
  }
  return {};
}

}  // namespace saiph::formats
