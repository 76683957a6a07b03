#include "detect/text/redaction/redaction.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/base32/base32.h"
#include "crypto/hmac.h"
#include "detect/text/spans/span_list.h"

namespace saiph::detect {

namespace {

constexpr std::size_t kShortestKey = 16;
/// Characters of the HMAC in a token: 80 bits in base 32.
constexpr std::size_t kTokenDigits = 16;
/// What stands for text that has the form of a token already.
constexpr std::string_view kTextLabel = "TEXT";

constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}
constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c < 0;
}

/// The text with each span exchanged for what `make` gives.
template <typename Make>
std::string exchange_spans(std::string_view text, std::span<const FoundSpan> spans,
                           const Make& make) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (const FoundSpan& span : without_overlaps({spans.begin(), spans.end()}, text.size())) {
    out.append(text, at, span.where.offset - at);
    make(span, text.substr(span.where.offset, span.where.length), out);
    at = span.where.offset + span.where.length;
  }
  out.append(text, at);
  return out;
}

/// Length of the token at the start of `text`: "<LABEL_SIXTEENDIGITS>"; 0 for none.
std::size_t token_length(std::string_view text) {
  if (text.size() < kTokenDigits + 4 || text[0] != '<') return 0;
  std::size_t at = 1;
  while (at < text.size() && at < RestoreStream::kLongestToken &&
         ((text[at] >= 'A' && text[at] <= 'Z') || (text[at] >= '0' && text[at] <= '9') ||
          text[at] == '_'))
    ++at;
  if (at >= text.size() || text[at] != '>' || at < kTokenDigits + 3) return 0;
  return text[at - kTokenDigits - 1] == '_' ? at + 1 : 0;
}

std::string make_token(const crypto::SecretBytes& key, std::string_view label,
                       std::string_view value) {
  const std::array<ByteView, 3> parts = {as_bytes(label), as_bytes(std::string_view("\0", 1)),
                                         as_bytes(value)};
  const Digest mac = crypto::hmac_sha256(key.view(), parts);
  std::string token = "<";
  for (const char c : label) token += c == '-' || c == ' ' ? '_' : c;
  token += '_';
  token += codec::encode_base32(ByteView(mac.bytes).first(kTokenDigits * 5 / 8));
  token += '>';
  return token;
}

bool keeps_its_end(const SpanType& type) {
  constexpr std::array<std::string_view, 4> kTypes = {"pii.card", "pii.iban", "pii.bank-account",
                                                      "pii.phone"};
  return std::find(kTypes.begin(), kTypes.end(), type.id) != kTypes.end();
}

void mask_one(const FoundSpan& span, std::string_view value, std::string& out) {
  const auto characters = static_cast<std::size_t>(
      std::count_if(value.begin(), value.end(), [](char c) { return !is_continuation(c); }));
  const bool secret = span.type->id.starts_with("secret.");
  std::size_t first = 0;
  std::size_t last = 0;
  if (!secret && characters >= 8) {
    if (keeps_its_end(*span.type)) last = std::min<std::size_t>(4, characters / 4);
    if (span.type->id == "pii.email") first = 1;
  }
  const std::size_t domain = first != 0 ? std::min(value.find('@'), value.size()) : value.size();
  std::size_t number = 0;
  for (std::size_t at = 0; at < value.size();) {
    std::size_t end = at + 1;
    while (end < value.size() && is_continuation(value[end])) ++end;
    const bool stays = number < first || number + last >= characters ||
                       (first != 0 && at >= domain) || (!secret && !is_letter_or_digit(value[at]));
    if (stays) {
      out.append(value, at, end - at);
    } else {
      out += '*';
    }
    ++number;
    at = end;
  }
}

}  // namespace

std::string redact(std::string_view text, std::span<const FoundSpan> spans) {
  return exchange_spans(text, spans, [](const FoundSpan& span, std::string_view, std::string& out) {
    out += '[';
    out += span.type->label;
    out += ']';
  });
}

std::string mask_spans(std::string_view text, std::span<const FoundSpan> spans) {
  return exchange_spans(text, spans, &mask_one);
}

const std::string* RestoreMap::find(std::string_view token) const {
  const auto it = values_.find(token);
  return it == values_.end() ? nullptr : &it->second;
}

bool RestoreMap::add(std::string_view token, std::string_view value) {
  const auto [it, made] = values_.try_emplace(std::string(token), value);
  if (made) bytes_ += token.size() + value.size();
  return it->second == value;
}

std::vector<std::pair<std::string, std::string>> RestoreMap::entries() const {
  std::vector<std::pair<std::string, std::string>> out(values_.begin(), values_.end());
  std::sort(out.begin(), out.end());
  return out;
}

Result<Tokeniser> Tokeniser::with_key(ByteView key) {
  if (key.size() < kShortestKey) {
    return Error(ErrorCode::kInvalidArgument, "a key of tokens has at least 16 bytes");
  }
  return Tokeniser(key);
}

Result<std::string> Tokeniser::tokenise(std::string_view text, std::span<const FoundSpan> spans,
                                        RestoreMap& map, std::size_t most_bytes) const {
  // What has the form of a token already would be taken for one when the text is restored.
  static constexpr SpanType kText{"pii.text", kTextLabel, "Text in the form of a token"};
  const std::vector<FoundSpan> given = without_overlaps({spans.begin(), spans.end()}, text.size());
  std::string out;
  std::size_t at = 0;
  std::size_t next = 0;
  const auto exchange = [&](const SpanType& type, std::string_view value) {
    const std::string token = make_token(key_, type.label, value);
    out += token;
    return map.add(token, value) && map.bytes() <= most_bytes;
  };
  while (at < text.size()) {
    if (next < given.size() && given[next].where.offset == at) {
      const FoundSpan& span = given[next++];
      if (!exchange(*span.type, text.substr(at, span.where.length))) {
        return Error(ErrorCode::kLimit, "more personal data than one map may hold");
      }
      at += span.where.length;
      continue;
    }
    const std::size_t stop = next < given.size() ? given[next].where.offset : text.size();
    const std::size_t open = std::min(text.find('<', at), stop);
    out.append(text, at, open - at);
    at = open;
    if (at == stop) continue;
    const std::size_t length = token_length(text.substr(at));
    // A span within something like a token breaks its form.
    if (length != 0 && at + length <= stop) {
      if (!exchange(kText, text.substr(at, length))) {
        return Error(ErrorCode::kLimit, "more personal data than one map may hold");
      }
      at += length;
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::string restore(std::string_view text, const RestoreMap& map) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = std::min(text.find('<', at), text.size());
    out.append(text, at, open - at);
    at = open;
    if (at == text.size()) break;
    const std::size_t length = token_length(text.substr(at));
    const std::string* value = length == 0 ? nullptr : map.find(text.substr(at, length));
    if (value != nullptr) {
      out += *value;
      at += length;
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::string RestoreStream::feed(std::string_view piece) {
  held_ += piece;
  // The last '<' may be the beginning of a token that has not come whole.
  std::size_t ready = held_.size();
  const std::size_t open = held_.rfind('<');
  if (open != std::string::npos && held_.size() - open < kLongestToken &&
      held_.find('>', open) == std::string::npos)
    ready = open;
  std::string out = restore(std::string_view(held_).substr(0, ready), *map_);
  held_.erase(0, ready);
  return out;
}

std::string RestoreStream::finish() {
  return restore(std::exchange(held_, {}), *map_);
}

}  // namespace saiph::detect
