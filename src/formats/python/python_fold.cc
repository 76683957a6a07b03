// The part of PythonFolder that computes: operators, methods, decoders and look-ups by index.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "formats/python/python_value.h"
#include "formats/python/text_codecs.h"

namespace saiph::formats {

namespace {

using Kind = PythonValueKind;

// Text that decodes to something only after these steps does not show up in a search of the file.
constexpr PythonOrigins kHidden = kOriginBuilt;

bool is_text(const PythonValue& value) {
  return value.is(Kind::kText);
}

void replace_all(std::string& text, std::string_view from, std::string_view to, std::size_t limit) {
  if (from.empty()) return;
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t found = text.find(from, at);
    if (found == std::string::npos) break;
    out.append(text, at, found - at);
    out.append(to);
    if (out.size() > limit) return;
    at = found + from.size();
  }
  out.append(text, at, std::string::npos);
  text = std::move(out);
}

}  // namespace

PythonValue PythonValue::of_number(std::int64_t number, PythonOrigins origins) {
  PythonValue value;
  value.kind = Kind::kNumber;
  value.number = number;
  value.origins = origins;
  return value;
}

PythonValue PythonValue::of_text(std::string text, bool is_bytes, PythonOrigins origins) {
  PythonValue value;
  value.kind = Kind::kText;
  value.is_bytes = is_bytes;
  value.text_ptr = std::make_shared<const std::string>(std::move(text));
  value.origins = origins;
  return value;
}

PythonValue PythonValue::of_path(std::string path, PythonOrigins origins) {
  PythonValue value;
  value.kind = Kind::kPath;
  value.text_ptr = std::make_shared<const std::string>(std::move(path));
  value.origins = origins;
  return value;
}

PythonValue PythonValue::of_list(std::vector<PythonValue> items, PythonOrigins origins) {
  constexpr std::int64_t kDepth = 16;
  PythonValue value;
  value.kind = Kind::kList;
  value.origins = origins;
  for (const PythonValue& item : items) {
    if (item.is(Kind::kList)) value.number = std::max(value.number, item.number + 1);
  }
  if (value.number >= kDepth) return unknown(origins);
  value.items_ptr = std::make_shared<const std::vector<PythonValue>>(std::move(items));
  value.origins = origins;
  return value;
}

PythonOrigins origins_of(const std::vector<PythonArgument>& arguments) {
  PythonOrigins origins = 0;
  for (const PythonArgument& argument : arguments) origins |= argument.value.origins;
  return origins;
}

bool PythonFolder::take(std::size_t bytes) {
  if (bytes > kTextBytes || bytes > left_) return false;
  left_ -= bytes;
  return true;
}

PythonValue PythonFolder::binary(const PythonValue& left, std::string_view op,
                                 const PythonValue& right) {
  const auto origins = static_cast<PythonOrigins>(left.origins | right.origins);
  if (op == "+") {
    if (is_text(left) && is_text(right) && take(left.text().size() + right.text().size())) {
      std::string text(left.text());
      text.append(right.text());
      return PythonValue::of_text(std::move(text), left.is_bytes, origins | kHidden);
    }
    if (is_text(left) != is_text(right) && take(left.text().size() + right.text().size())) {
      std::string text(is_text(left) ? left.text() : "{}");
      text.append(is_text(right) ? right.text() : "{}");
      return PythonValue::of_text(std::move(text), left.is_bytes, origins | kOriginPartial);
    }
    if (left.is(Kind::kNumber) && right.is(Kind::kNumber)) {
      std::int64_t sum = 0;
      if (!__builtin_add_overflow(left.number, right.number, &sum))
        return PythonValue::of_number(sum, origins);
    }
    if (left.is(Kind::kList) && right.is(Kind::kList) &&
        left.items_ptr->size() + right.items_ptr->size() <= 1024 &&
        take((left.items_ptr->size() + right.items_ptr->size()) * 16)) {
      std::vector<PythonValue> items = *left.items_ptr;
      items.insert(items.end(), right.items_ptr->begin(), right.items_ptr->end());
      return PythonValue::of_list(std::move(items), origins);
    }
  } else if (op == "%" && is_text(left)) {
    return percent(left, right);
  } else if (left.is(Kind::kNumber) && right.is(Kind::kNumber)) {
    std::int64_t out = 0;
    const bool whole = (op == "-" && !__builtin_sub_overflow(left.number, right.number, &out)) ||
                       (op == "*" && !__builtin_mul_overflow(left.number, right.number, &out));
    if (whole) return PythonValue::of_number(out, origins);
    if (op == "^") return PythonValue::of_number(left.number ^ right.number, origins);
    if (op == "|") return PythonValue::of_number(left.number | right.number, origins);
    if (op == "&") return PythonValue::of_number(left.number & right.number, origins);
    if (op == "%" && right.number > 0 && left.number >= 0) {
      return PythonValue::of_number(left.number % right.number, origins);
    }
    if (op == "//" && right.number > 0 && left.number >= 0) {
      return PythonValue::of_number(left.number / right.number, origins);
    }
  } else if (op == "*" && is_text(left) && right.is(Kind::kNumber)) {
    if (right.number >= 0 && right.number <= 64 &&
        take(left.text().size() * static_cast<std::size_t>(right.number))) {
      std::string text;
      for (std::int64_t i = 0; i < right.number; ++i) text.append(left.text());
      return PythonValue::of_text(std::move(text), left.is_bytes, origins);
    }
  }
  return PythonValue::unknown(origins);
}

PythonValue PythonFolder::decoded(std::optional<std::string> text, const PythonValue& from) {
  const auto origins = static_cast<PythonOrigins>(from.origins | kOriginDecoded |
                                                  (is_text(from) ? kOriginEncodedText : 0));
  if (!text || !take(text->size())) return PythonValue::unknown(origins);
  return PythonValue::of_text(std::move(*text), true, origins);
}

PythonValue PythonFolder::codec(const PythonValue& value, std::string_view encoding) {
  std::string name;
  for (const char c : encoding.substr(0, 32)) {
    name.push_back(c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (name.ends_with("_codec")) name.resize(name.size() - 6);
  const std::optional<std::string> none;
  const bool text = is_text(value);
  if (name == "hex") return decoded(text ? decode_hex(value.text()) : none, value);
  if (name == "base64") return decoded(text ? decode_base64(value.text()) : none, value);
  if (name == "rot13" || name == "rot_13") {
    return decoded(text ? std::optional(rot13(value.text())) : none, value);
  }
  if (name == "zlib" || name == "zip" || name == "bz2" || name == "uu" ||
      name == "unicode_escape" || name == "raw_unicode_escape" || name == "punycode" ||
      name == "utf_7" || name == "idna") {
    return decoded(none, value);
  }
  PythonValue out = value;
  out.is_bytes = !value.is_bytes;
  return out;
}

PythonValue PythonFolder::method(const PythonValue& bound,
                                 const std::vector<PythonArgument>& arguments) {
  const std::string_view name = bound.name();
  PythonValue receiver = bound;
  receiver.kind = Kind::kText;
  receiver.name_ptr.reset();
  const auto origins = static_cast<PythonOrigins>(bound.origins | origins_of(arguments));
  const PythonValue* first = arguments.empty() ? nullptr : &arguments[0].value;
  if (name == "join" && first != nullptr) return join(receiver, *first);
  if (name == "format") return format(receiver, arguments);
  if (name == "decode" || name == "encode") {
    return codec(receiver, first != nullptr && is_text(*first) ? first->text() : "utf-8");
  }
  if (!take(bound.text().size())) return PythonValue::unknown(origins);
  std::string text(bound.text());
  if (name == "replace" && arguments.size() >= 2 && is_text(arguments[0].value) &&
      is_text(arguments[1].value)) {
    replace_all(text, arguments[0].value.text(), arguments[1].value.text(), kTextBytes);
    if (!take(text.size())) return PythonValue::unknown(origins);
    return PythonValue::of_text(std::move(text), bound.is_bytes, origins | kHidden);
  }
  if (name == "strip" || name == "lstrip" || name == "rstrip") {
    const std::string_view set =
        first != nullptr && is_text(*first) ? first->text() : " \t\r\n\f\v";
    if (name != "rstrip") text.erase(0, std::min(text.find_first_not_of(set), text.size()));
    if (name != "lstrip") text.erase(text.find_last_not_of(set) + 1);
    return PythonValue::of_text(std::move(text), bound.is_bytes, origins);
  }
  if (name == "lower" || name == "casefold" || name == "upper") {
    for (char& c : text) {
      if (name != "upper" && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      if (name == "upper" && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return PythonValue::of_text(std::move(text), bound.is_bytes, origins);
  }
  if (name == "split" && first != nullptr && is_text(*first) && !first->text().empty()) {
    std::vector<PythonValue> items;
    const std::string_view separator = first->text();
    std::size_t at = 0;
    while (items.size() < 1024) {
      const std::size_t found = std::min(text.find(separator, at), text.size());
      items.push_back(PythonValue::of_text(text.substr(at, found - at), bound.is_bytes, origins));
      if (found == text.size()) break;
      at = found + separator.size();
    }
    return PythonValue::of_list(std::move(items), origins);
  }
  if (name == "fromhex" && first != nullptr) {
    return decoded(is_text(*first) ? decode_hex(first->text()) : std::nullopt, *first);
  }
  return PythonValue::unknown(origins | (name == "translate" ? kOriginDecoded : 0));
}

namespace {

enum class Fold : std::uint8_t {
  kChr,
  kOrd,
  kText,
  kBytes,
  kList,
  kReversed,
  kMap,
  kBase64,
  kBase32,
  kHex,
  kAscii85,
  kBase85,
  kOpaque,
  kCodec,
};
struct FoldRow {
  std::string_view path;
  Fold fold;
};
constexpr FoldRow kFolds[] = {
    {"chr", Fold::kChr},
    {"unichr", Fold::kChr},
    {"ord", Fold::kOrd},
    {"str", Fold::kText},
    {"unicode", Fold::kText},
    {"bytes", Fold::kBytes},
    {"bytearray", Fold::kBytes},
    {"list", Fold::kList},
    {"tuple", Fold::kList},
    {"reversed", Fold::kReversed},
    {"map", Fold::kMap},
    {"base64.b64decode", Fold::kBase64},
    {"base64.standard_b64decode", Fold::kBase64},
    {"base64.urlsafe_b64decode", Fold::kBase64},
    {"base64.decodebytes", Fold::kBase64},
    {"base64.decodestring", Fold::kBase64},
    {"binascii.a2b_base64", Fold::kBase64},
    {"base64.b32decode", Fold::kBase32},
    {"base64.b16decode", Fold::kHex},
    {"binascii.unhexlify", Fold::kHex},
    {"binascii.a2b_hex", Fold::kHex},
    {"bytes.fromhex", Fold::kHex},
    {"bytearray.fromhex", Fold::kHex},
    {"base64.a85decode", Fold::kAscii85},
    {"base64.b85decode", Fold::kBase85},
    {"zlib.decompress", Fold::kOpaque},
    {"gzip.decompress", Fold::kOpaque},
    {"bz2.decompress", Fold::kOpaque},
    {"lzma.decompress", Fold::kOpaque},
    {"marshal.loads", Fold::kOpaque},
    {"binascii.a2b_uu", Fold::kOpaque},
    {"codecs.decode", Fold::kCodec},
    {"codecs.encode", Fold::kCodec},
};

// chr(value)
PythonValue character(const PythonValue& value) {
  if (!value.is(Kind::kNumber) || value.number < 0 || value.number > 0x10FFFF)
    return PythonValue::unknown(value.origins | kHidden);
  std::string out;
  append_utf8(out, static_cast<std::uint32_t>(value.number));
  return PythonValue::of_text(std::move(out), false, value.origins | kHidden);
}

}  // namespace

std::optional<PythonValue> PythonFolder::function(std::string_view path,
                                                  const std::vector<PythonArgument>& arguments) {
  const auto* row = std::find_if(std::begin(kFolds), std::end(kFolds),
                                 [&](const FoldRow& candidate) { return candidate.path == path; });
  if (row == std::end(kFolds)) return std::nullopt;
  const auto origins = origins_of(arguments);
  if (arguments.empty()) return PythonValue::unknown(origins);
  const PythonValue& first = arguments[0].value;
  const bool text = is_text(first);
  const std::optional<std::string> none;
  switch (row->fold) {
    case Fold::kChr:
      return character(first);
    case Fold::kOrd:
      if (!text || first.text().size() != 1) return PythonValue::unknown(origins);
      return PythonValue::of_number(static_cast<unsigned char>(first.text()[0]), origins);
    case Fold::kText:
    case Fold::kList:
      if (first.is(Kind::kNumber))
        return PythonValue::of_text(std::to_string(first.number), false, origins);
      return first;
    case Fold::kBytes: {
      if (!first.is(Kind::kList)) return first;
      if (!take(first.items_ptr->size())) return PythonValue::unknown(origins);
      std::string out;
      for (const PythonValue& item : *first.items_ptr) {
        if (!item.is(Kind::kNumber)) return PythonValue::unknown(origins);
        out.push_back(static_cast<char>(item.number & 0xFF));
      }
      return PythonValue::of_text(std::move(out), true, origins | kHidden);
    }
    case Fold::kReversed:
      return subscript(first, {}, true);
    case Fold::kMap: {
      if (arguments.size() != 2 || !first.is(Kind::kPath)) return std::nullopt;
      const PythonValue& items = arguments[1].value;
      if (!items.is(Kind::kList) || first.text() != "chr") return std::nullopt;
      std::vector<PythonValue> out;
      for (const PythonValue& item : *items.items_ptr) {
        if (!take(8)) break;
        out.push_back(character(item));
      }
      return PythonValue::of_list(std::move(out), origins | kHidden);
    }
    case Fold::kBase64:
      return decoded(text ? decode_base64(first.text()) : none, first);
    case Fold::kBase32:
      return decoded(text ? decode_base32(first.text()) : none, first);
    case Fold::kHex:
      return decoded(text ? decode_hex(first.text()) : none, first);
    case Fold::kAscii85:
      return decoded(text ? decode_ascii85(first.text()) : none, first);
    case Fold::kBase85:
      return decoded(text ? decode_base85(first.text()) : none, first);
    case Fold::kOpaque:
      return decoded(none, first);
    case Fold::kCodec:
      if (arguments.size() < 2 || !is_text(arguments[1].value))
        return PythonValue::unknown(origins);
      return codec(first, arguments[1].value.text());
  }
  return std::nullopt;
}

PythonValue PythonFolder::subscript(const PythonValue& base, const PythonValue& index,
                                    bool reversed) {
  const auto origins = static_cast<PythonOrigins>(base.origins | index.origins);
  if (reversed) {
    if (is_text(base) && take(base.text().size())) {
      return PythonValue::of_text(std::string(base.text().rbegin(), base.text().rend()),
                                  base.is_bytes, origins | kHidden);
    }
    if (base.is(Kind::kList) && take(base.items_ptr->size() * 16)) {
      return PythonValue::of_list({base.items_ptr->rbegin(), base.items_ptr->rend()},
                                  origins | kHidden);
    }
    return PythonValue::unknown(origins);
  }
  if (base.is(Kind::kList) && index.is(Kind::kNumber)) {
    const auto size = static_cast<std::int64_t>(base.items_ptr->size());
    const std::int64_t at = index.number < 0 ? index.number + size : index.number;
    if (at >= 0 && at < size) {
      PythonValue item = (*base.items_ptr)[static_cast<std::size_t>(at)];
      item.origins |= origins;
      return item;
    }
  }
  if (is_text(base) && index.is(Kind::kNumber) && index.number >= 0 &&
      static_cast<std::uint64_t>(index.number) < base.text().size()) {
    const char c = base.text()[static_cast<std::size_t>(index.number)];
    if (base.is_bytes) return PythonValue::of_number(static_cast<unsigned char>(c), origins);
    return PythonValue::of_text(std::string(1, c), false, origins | kHidden);
  }
  return PythonValue::unknown(origins);
}

}  // namespace saiph::formats
