#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>

#include "base/byte_reader.h"
#include "base/limits.h"
#include "codec/base64/base64.h"
#include "codec/decompress/crc32.h"
#include "codec/json/json.h"
#include "detect/rules/secrets.h"
#include "detect/text/secrets/confirm.h"
#include "detect/text/secrets/confirm_url.h"

namespace saiph::detect {

namespace {

using std::string_view_literals::operator""sv;

bool is_digit(std::uint8_t c) {
  return c >= '0' && c <= '9';
}
bool is_upper(std::uint8_t c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(std::uint8_t c) {
  return c >= 'a' && c <= 'z';
}
bool is_alnum(std::uint8_t c) {
  return is_digit(c) || is_upper(c) || is_lower(c);
}

bool any(std::string_view text, bool (*test)(std::uint8_t)) {
  const ByteView bytes = as_bytes(text);
  return std::any_of(bytes.begin(), bytes.end(), test);
}

/// Length of the run of `charset` at the start of `bytes`, at most `max`.
std::size_t run_of(Charset charset, ByteView bytes, std::size_t max) {
  std::size_t length = 0;
  while (length < max && length < bytes.size() && in_charset(charset, bytes[length])) ++length;
  return length;
}

std::size_t run_back(Charset charset, ByteView bytes, std::size_t max) {
  std::size_t length = 0;
  while (length < max && length < bytes.size() &&
         in_charset(charset, bytes[bytes.size() - 1 - length]))
    ++length;
  return length;
}

std::uint8_t last_of(ByteView bytes) {
  return bytes.empty() ? std::uint8_t{0} : bytes.back();
}

/// GitHub and npm tokens end with the CRC-32 of what stands before, in six digits of base 62.
bool github_checksum_holds(std::string_view body) {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::size_t kChecksumLength = 6;
  if (body.size() <= kChecksumLength) return false;
  const ByteView covered = as_bytes(body).first(body.size() - kChecksumLength);
  std::uint32_t crc = codec::crc32(covered);
  std::string expected(kChecksumLength, '0');
  for (char& digit : std::views::reverse(expected)) {
    digit = kDigits[crc % kDigits.size()];
    crc /= static_cast<std::uint32_t>(kDigits.size());
  }
  return body.ends_with(expected);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

/// The bytes up to the end of the line, `most` at most.
std::string_view first_line(ByteView bytes, std::size_t most) {
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), most)));
  return text.substr(0, text.find('\n'));
}

double least_entropy(Charset charset) {
  switch (charset) {
    case Charset::kLowerHex:
    case Charset::kHex:
    case Charset::kUuid:
      return 2.8;
    case Charset::kUpper32:
      return 2.6;
    default:
      return 3.2;
  }
}

Confirmed secret(const Rule& rule, std::string_view name, std::string_view token,
                 std::optional<Severity> severity = {}, std::int64_t shift = 0) {
  Confirmed out;
  out.rule = &rule;
  out.detail = std::string(name) + " of " + std::to_string(token.size()) + " characters";
  out.excerpt = mask(token);
  out.severity = severity;
  out.shift = shift;
  out.length = token.size();
  out.name = name;
  return out;
}

std::optional<Confirmed> confirm_openai(const Around& around) {
  const std::size_t back = run_back(Charset::kUrlSafe, around.before, 120);
  const std::string_view head = as_text(around.before.last(back));
  const std::size_t start = head.rfind("sk-");
  if (start == std::string_view::npos || head.size() - start < 3 + 20) return std::nullopt;
  // These have literals of their own.
  for (const std::string_view other : {"sk-proj-"sv, "sk-svcacct-"sv, "sk-admin-"sv}) {
    if (head.substr(start).starts_with(other)) return std::nullopt;
  }
  const std::size_t tail = run_of(Charset::kUrlSafe, around.after, 140);
  if (tail < around.literal + 20) return std::nullopt;
  const std::string token =
      std::string(head.substr(start)) + std::string(as_text(around.after.first(tail)));
  if (is_placeholder(std::string_view(token).substr(3)) || entropy(token) < 3.5)
    return std::nullopt;
  return secret(rules::kSecretAiServiceKey, "OpenAI API key", token, {},
                -static_cast<std::int64_t>(head.size() - start));
}

/// The Base64 lines after a PEM header, with escaped line ends undone; empty when there are none.
std::string pem_body(std::string_view after, bool& ended) {
  std::string body;
  ended = false;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const char c = after[i];
    if (c == '-') {
      ended = after.substr(i).starts_with("-----END");
      return body;
    }
    if (c == '\\' && i + 1 < after.size() && (after[i + 1] == 'n' || after[i + 1] == 'r')) {
      ++i;
      continue;
    }
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t' || c == '"' || c == '\'' || c == ',' ||
        c == '\\')
      continue;
    if (c == ':') return {};  // RFC 1421 headers: the key is encrypted
    if (!is_alnum(static_cast<std::uint8_t>(c)) && c != '+' && c != '/' && c != '=') return {};
    body.push_back(c);
  }
  return body;
}

bool is_key_structure(ByteView decoded, bool ended) {
  if (as_text(decoded).starts_with("openssh-key-v1\0"sv)) {
    ByteReader reader(decoded.subspan(15));
    std::uint32_t length = 0;
    ByteView cipher;
    return reader.u32be(length) && reader.take(length, cipher) && as_text(cipher) == "none";
  }
  // DER: a SEQUENCE whose length is that of the whole, first member an INTEGER (the version).
  ByteReader reader(decoded);
  std::uint8_t tag = 0;
  std::uint8_t first = 0;
  if (!reader.u8(tag) || tag != 0x30 || !reader.u8(first)) return false;
  std::uint64_t length = first;
  if (first >= 0x80) {
    length = 0;
    for (unsigned i = 0; i < (first & 0x7FU) && i < 4; ++i) {
      std::uint8_t byte = 0;
      if (!reader.u8(byte)) return false;
      length = length << 8 | byte;
    }
  }
  if (ended && length != reader.remaining()) return false;
  return reader.u8(tag) && tag == 0x02 && length >= 40;
}

std::optional<Confirmed> confirm_private_key(const Around& around) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::size_t kLongestLabel = 24;
  const std::string_view before =
      as_text(around.before.last(std::min(around.before.size(), kBegin.size() + kLongestLabel)));
  const std::size_t begin = before.rfind(kBegin);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view label = before.substr(begin + kBegin.size());
  if (label.find('-') != std::string_view::npos ||
      label.find("ENCRYPTED") != std::string_view::npos)
    return std::nullopt;
  const std::string_view rest = as_text(around.after).substr(around.literal);
  const auto shift = -static_cast<std::int64_t>(before.size() - begin);
  const auto confirmed = [&] {
    Confirmed out;
    out.rule = &rules::kSecretPrivateKey;
    out.detail = "unencrypted private key (" + std::string(label) + "PRIVATE KEY)";
    out.excerpt = std::string(kBegin) + std::string(label) + "PRIVATE KEY-----";
    out.shift = shift;
    // All to the end of the END line; where that is not in sight, all that is.
    const std::size_t end = rest.find("-----END");
    const std::size_t tail =
        end == std::string_view::npos ? std::string_view::npos : rest.find("-----", end + 8);
    out.length = before.size() - begin + around.literal +
                 (tail == std::string_view::npos ? rest.size() : tail + 5);
    out.name = "private key";
    out.confidence = 0.99;
    return out;
  };
  if (label.starts_with("PGP")) {
    // Armour headers, an empty line, then packets; the secret-key packet has tag 5 (RFC 9580, 4.2).
    const std::size_t blank = std::min(rest.find("\n\n"), rest.find("\n\r\n"));
    if (blank == std::string_view::npos) return std::nullopt;
    const std::size_t armour = rest.find_first_not_of("\r\n", blank);
    if (armour == std::string_view::npos) return std::nullopt;  // nothing but line ends follows
    const std::string_view line = rest.substr(armour, 64);
    const auto packet = codec::decode_base64(line.substr(0, codec::base64_prefix(line) / 4 * 4));
    if (!packet || packet->size() < 40 ||
        ((*packet)[0] != 0x95 && (*packet)[0] != 0x94 && (*packet)[0] != 0xC5))
      return std::nullopt;
    return confirmed();
  }
  bool ended = false;
  const std::string body = pem_body(rest, ended);
  if (body.size() < 60 || is_placeholder(std::string_view(body).substr(0, 60))) return std::nullopt;
  const auto decoded = codec::decode_base64(body);
  if (!decoded || !is_key_structure(*decoded, ended)) return std::nullopt;
  return confirmed();
}

bool is_json_object(std::string_view segment, std::string_view required_key) {
  auto decoded = codec::decode_base64(segment, {.url = true});
  if (!decoded) return false;
  const ViewSource source(*decoded);
  Limits limits = Limits::strict();
  limits.items = 1000;
  limits.nesting = 16;
  Budget budget(limits);
  const auto document = codec::load_json(source, budget);
  if (!document || !document->root.is_object()) return false;
  return required_key.empty() || document->root.find(required_key) != nullptr;
}

std::optional<Confirmed> confirm_json_web_token(const Around& around) {
  if (in_charset(Charset::kUrlSafe, last_of(around.before)) || last_of(around.before) == '.')
    return std::nullopt;
  constexpr std::size_t kLongestSegment = 4096;
  std::string_view segments[3];
  ByteView rest = around.after;
  std::size_t total = 0;
  for (int i = 0; i < 3; ++i) {
    const std::size_t length = run_of(Charset::kUrlSafe, rest, kLongestSegment);
    segments[i] = as_text(rest.first(length));
    rest = rest.subspan(length);
    total += length;
    if (length < 10) return std::nullopt;
    if (i < 2) {
      if (rest.empty() || rest[0] != '.') return std::nullopt;
      rest = rest.subspan(1);
      ++total;
    }
  }
  // The token that jwt.io shows to everybody.
  if (segments[2].starts_with("SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV") ||
      segments[2].starts_with("TJVA95OrM7E2cBab30RMHrHDcEfxjoYZ"))
    return std::nullopt;
  if (is_placeholder(segments[2])) return std::nullopt;
  if (!is_json_object(segments[0], "alg") || !is_json_object(segments[1], "")) return std::nullopt;
  return secret(rules::kSecretJsonWebToken, "JSON Web Token", as_text(around.after.first(total)));
}

std::optional<Confirmed> confirm_aws_secret(const Around& around) {
  constexpr std::size_t kLength = 40;
  const std::string_view rest = as_text(around.after).substr(around.literal);
  const std::size_t start = rest.find_first_not_of(" \t\"'=:>\\");
  if (start == std::string_view::npos || start == 0 || start > 12) return std::nullopt;
  const ByteView value = as_bytes(rest.substr(start));
  if (run_of(Charset::kBase64, value, kLength + 1) != kLength) return std::nullopt;
  const std::string_view token = as_text(value.first(kLength));
  if (is_placeholder(token) || entropy(token) < 4.0 || !any(token, is_digit) ||
      !any(token, is_upper) || !any(token, is_lower))
    return std::nullopt;
  return secret(rules::kSecretCloudKey, "AWS secret access key", token, {},
                static_cast<std::int64_t>(around.literal + start));
}

std::optional<Confirmed> confirm_azure_account(const Around& around) {
  constexpr std::size_t kLength = 88;
  const ByteView value = around.after.subspan(around.literal);
  if (run_of(Charset::kBase64, value, kLength + 1) != kLength) return std::nullopt;
  const std::string_view token = as_text(value.first(kLength));
  // The key of the storage emulator, printed in its documentation.
  if (token.starts_with("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"))
    return std::nullopt;
  const auto decoded = codec::decode_base64(token);
  if (!decoded || decoded->size() != 64 || is_placeholder(token) || entropy(token) < 4.5)
    return std::nullopt;
  return secret(rules::kSecretCloudKey, "Azure storage account key", token, {},
                static_cast<std::int64_t>(around.literal));
}

bool in_azure_ad(std::uint8_t c) {
  return is_alnum(c) || c == '_' || c == '~' || c == '.' || c == '-';
}

std::optional<Confirmed> confirm_azure_ad(const Around& around) {
  // Three characters, a digit, "Q~", then 31 to 34 more.
  std::size_t back = 0;
  while (back < 4 && back < around.before.size() &&
         in_azure_ad(around.before[around.before.size() - 1 - back]))
    ++back;
  std::size_t length = 0;
  while (length < 40 && length < around.after.size() && in_azure_ad(around.after[length])) ++length;
  if (back != 3 || length < 34 || length > 37) return std::nullopt;
  const std::string token = std::string(as_text(around.before.last(3))) +
                            std::string(as_text(around.after.first(length)));
  if (is_placeholder(token) || entropy(token) < 4.0 || !any(token, is_digit) ||
      !any(token, is_upper) || !any(token, is_lower))
    return std::nullopt;
  return secret(rules::kSecretCloudKey, "Azure application secret", token, {}, -3);
}

std::optional<Confirmed> confirm_telegram(const Around& around) {
  std::size_t digits = 0;
  while (digits < 11 && digits < around.before.size() &&
         is_digit(around.before[around.before.size() - 1 - digits]))
    ++digits;
  if (digits < 8 || digits > 10) return std::nullopt;
  if (digits < around.before.size() &&
      (is_alnum(around.before[around.before.size() - 1 - digits])) &&
      !as_text(around.before.first(around.before.size() - digits)).ends_with("bot"))
    return std::nullopt;
  const ByteView body = around.after.subspan(1);
  if (run_of(Charset::kUrlSafe, body, 36) != 35) return std::nullopt;
  const std::string token = std::string(as_text(around.before.last(digits))) +
                            std::string(as_text(around.after.first(36)));
  const std::string_view key = std::string_view(token).substr(digits + 1);
  if (is_placeholder(key) || entropy(key) < 3.8) return std::nullopt;
  return secret(rules::kSecretServiceToken, "Telegram bot token", token, {},
                -static_cast<std::int64_t>(digits));
}

std::optional<Confirmed> confirm_sendgrid(const Around& around) {
  if (in_charset(Charset::kDotted, last_of(around.before))) return std::nullopt;
  constexpr std::size_t kFirst = 22;
  constexpr std::size_t kSecond = 43;
  const ByteView rest = around.after.subspan(around.literal);
  if (run_of(Charset::kUrlSafe, rest, kFirst + 1) != kFirst || rest.size() <= kFirst ||
      rest[kFirst] != '.')
    return std::nullopt;
  if (run_of(Charset::kUrlSafe, rest.subspan(kFirst + 1), kSecond + 1) != kSecond)
    return std::nullopt;
  const std::string_view token = as_text(around.after.first(around.literal + kFirst + 1 + kSecond));
  if (is_placeholder(token.substr(3)) || entropy(token) < 4.0) return std::nullopt;
  return secret(rules::kSecretServiceToken, "SendGrid API key", token);
}

std::optional<Confirmed> confirm_putty(const Around& around) {
  const std::string_view head =
      as_text(around.after.first(std::min<std::size_t>(around.after.size(), 400)));
  if (head.find("Encryption: none") == std::string_view::npos) return std::nullopt;
  Confirmed out;
  out.rule = &rules::kSecretPrivateKey;
  out.detail = "unencrypted PuTTY private key";
  out.excerpt = "PuTTY-User-Key-File";
  const std::string_view all = as_text(around.after);
  const std::size_t end = all.find('\n', std::min(all.find("Private-MAC:"), all.size()));
  out.length = std::min(end, all.size());
  out.name = "PuTTY private key";
  out.confidence = 0.99;
  return out;
}

std::optional<Confirmed> confirm_token(const TokenFormat& format, const Around& whole) {
  // A format whose mark stands inside: what is before the mark is looked at like what is after it.
  if (format.back > whole.before.size() ||
      (format.back > 0 &&
       run_back(format.charset, whole.before, std::size_t{format.back} + 1) != format.back))
    return std::nullopt;
  const Around around{whole.before.first(whole.before.size() - format.back), whole.after,
                      whole.literal};
  const std::uint8_t previous = last_of(around.before);
  const bool marked = format.prefix.find_first_of("_-.=") != std::string_view::npos;
  if (format.prefix[0] != '.') {
    if (is_alnum(previous) || previous == '_' || previous == '-') return std::nullopt;
    // A prefix of letters alone also stands by chance in the middle of Base64.
    if (!marked && (previous == '+' || previous == '/')) return std::nullopt;
  }
  const ByteView body_and_rest = around.after.subspan(around.literal);
  const std::size_t length = run_of(format.charset, body_and_rest, std::size_t{format.max} + 1);
  if (length < format.min || length > format.max) return std::nullopt;
  if (length < body_and_rest.size()) {
    const std::uint8_t next = body_and_rest[length];
    if (is_alnum(next) || next == '_' || (!marked && (next == '+' || next == '/')))
      return std::nullopt;
  }
  const std::string token = std::string(as_text(whole.before.last(format.back))) +
                            std::string(as_text(whole.after.first(whole.literal + length)));
  const std::string_view body = std::string_view(token).substr(format.back > 0 ? 0 : whole.literal);
  if (format.checksum == Checksum::kGitHub && !github_checksum_holds(body)) return std::nullopt;
  if (is_placeholder(body) || entropy(body) < least_entropy(format.charset)) return std::nullopt;
  if (format.charset == Charset::kLetters) {
    if (!any(body, is_upper) || !any(body, is_lower)) return std::nullopt;
  } else if (format.checksum == Checksum::kNone &&
             (!any(body, is_digit) || (!any(body, is_lower) && !any(body, is_upper)))) {
    return std::nullopt;  // chance of no digit in 24 random characters: 1 in 70; names and words
                          // have none
  }
  Confirmed out =
      secret(*format.rule, format.name, token, format.severity, -std::int64_t{format.back});
  if (format.checksum != Checksum::kNone) out.confidence = 0.99;
  return out;
}

std::optional<Confirmed> confirm_near(const NearFormat& format, const Around& around) {
  constexpr std::size_t kReach = 80;
  if (is_alnum(last_of(around.before))) return std::nullopt;
  const std::string_view line = first_line(around.after, kReach + format.length);
  const bool hex = format.charset == Charset::kLowerHex || format.charset == Charset::kUuid;
  for (std::size_t at = around.literal; at < line.size() && at < kReach;) {
    const ByteView rest = as_bytes(line.substr(at));
    const std::size_t length = run_of(Charset::kDotted, rest, rest.size());
    if (length != format.length || run_of(format.charset, rest, length) != length) {
      at += std::max<std::size_t>(length, 1);
      continue;
    }
    const std::string_view between = line.substr(around.literal, at - around.literal);
    const std::string_view key = line.substr(at, length);
    const char next = at + length < line.size() ? line[at + length] : ' ';
    constexpr auto kWords = std::to_array<std::string_view>(
        {"key", "token", "secret", "auth", "pass", "sid", "credential"});
    const std::string said = lowered(between);
    if (next != '/' && next != '+' && !is_placeholder(key) && any(key, is_digit) &&
        (any(key, is_lower) || any(key, is_upper)) && entropy(key) >= (hex ? 2.8 : 3.6) &&
        std::any_of(kWords.begin(), kWords.end(),
                    [&](std::string_view word) { return said.find(word) != std::string::npos; }) &&
        between.find_first_of("=:\"'` ") != std::string_view::npos) {
      Confirmed out = secret(*format.rule, format.title, key, {}, static_cast<std::int64_t>(at));
      out.confidence = 0.8;
      return out;
    }
    at += length;
  }
  return std::nullopt;
}

/// Bearer tokens (RFC 6750, section 2.1) that look random. Those with a mark have rows of their
/// own.
std::optional<Confirmed> confirm_bearer(const Around& around) {
  if (is_alnum(last_of(around.before))) return std::nullopt;
  const ByteView rest = around.after.subspan(around.literal);
  const std::size_t length = run_of(Charset::kDotted, rest, 513);
  if (length < 24 || length > 512) return std::nullopt;
  const std::string_view token = as_text(rest.first(length));
  if (token.starts_with("eyJ") || is_placeholder(token) || entropy(token) < 3.8 ||
      !any(token, is_digit) || !any(token, is_lower) || !any(token, is_upper))
    return std::nullopt;
  Confirmed out = secret(rules::kSecretServiceToken, "bearer token", token, Severity::kMedium,
                         static_cast<std::int64_t>(around.literal));
  out.confidence = 0.8;
  return out;
}

/// user:password in Base64 after "Basic " (RFC 7617, section 2).
std::optional<Confirmed> confirm_basic(const Around& around) {
  if (is_alnum(last_of(around.before))) return std::nullopt;
  const ByteView rest = around.after.subspan(around.literal);
  const std::size_t length = run_of(Charset::kBase64, rest, 257);
  if (length < 16 || length > 256) return std::nullopt;
  const std::string_view token = as_text(rest.first(length));
  const auto decoded = codec::decode_base64(token);
  if (!decoded) return std::nullopt;
  const std::string_view pair = as_text(*decoded);
  const std::size_t colon = pair.find(':');
  if (colon == std::string_view::npos || colon == 0 || pair.size() - colon - 1 < 8)
    return std::nullopt;
  if (!std::all_of(pair.begin(), pair.end(), [](char c) { return c > 0x20 && c < 0x7F; }))
    return std::nullopt;
  const std::string_view password = pair.substr(colon + 1);
  if (is_placeholder(password) || lowered(password).find("password") != std::string::npos ||
      entropy(password) < 2.7 || !any(password, is_digit))
    return std::nullopt;
  Confirmed out = secret(rules::kSecretUrlPassword, "user and password of basic authentication",
                         token, {}, static_cast<std::int64_t>(around.literal));
  out.confidence = 0.9;
  return out;
}

/// The signature of an Azure shared access signature: HMAC-SHA-256 in Base64, percent-encoded, in a
/// query that names its version.
std::optional<Confirmed> confirm_azure_sas(const Around& around) {
  const std::uint8_t previous = last_of(around.before);
  if (previous != '?' && previous != '&' && previous != ';') return std::nullopt;
  const std::string_view rest = as_text(around.after.subspan(around.literal));
  std::size_t length = 0;
  std::size_t characters = 0;
  while (length < rest.size() && length < 160) {
    const auto c = static_cast<std::uint8_t>(rest[length]);
    if (c == '%') {
      length += 3;
    } else if (is_alnum(c) || c == '+' || c == '/' || c == '=') {
      ++length;
    } else {
      break;
    }
    ++characters;
  }
  if (characters != 44 || length > rest.size()) return std::nullopt;
  const std::string_view near_before =
      as_text(around.before.last(std::min<std::size_t>(around.before.size(), 400)));
  const std::string_view near_after = rest.substr(0, 400);
  if (near_before.find("sv=") == std::string_view::npos &&
      near_after.find("sv=") == std::string_view::npos &&
      near_before.find("SharedAccessSignature") == std::string_view::npos)
    return std::nullopt;
  const std::string_view token = rest.substr(0, length);
  if (is_placeholder(token) || entropy(token) < 4.0) return std::nullopt;
  return secret(rules::kSecretCloudKey, "Azure shared access signature", token, {},
                static_cast<std::int64_t>(around.literal));
}

Confirmed assigned(const Around& around, std::string_view value, std::int64_t inner) {
  Confirmed out;
  out.rule = &rules::kSecretAssignment;
  out.detail = "\"" + std::string(as_text(around.after.first(around.literal))) + "\" is set to " +
               std::to_string(value.size()) + " characters that look random";
  out.excerpt = mask(value);
  out.inner = static_cast<std::int64_t>(around.literal) + inner;
  out.length = value.size();
  out.name = "value of a name for secrets";
  out.confidence = 0.7;
  return out;
}

std::optional<Confirmed> confirm_assignment(const Around& around) {
  std::string_view rest =
      as_text(around.after.first(std::min<std::size_t>(around.after.size(), 256)))
          .substr(around.literal);
  const std::string_view whole = rest;
  // The rest of the name, its closing quote, the sign, the opening quote.
  std::size_t at = 0;
  while (at < rest.size() && at < 24 &&
         (is_alnum(static_cast<std::uint8_t>(rest[at])) || rest[at] == '_'))
    ++at;
  rest.remove_prefix(at);
  at = rest.find_first_not_of("\"']");
  if (at > 2) return std::nullopt;  // also when there is nothing else: npos
  rest.remove_prefix(at);
  at = rest.find_first_not_of(" \t");
  if (at == std::string_view::npos || (rest[at] != '=' && rest[at] != ':')) return std::nullopt;
  rest.remove_prefix(at + 1);
  at = rest.find_first_not_of(" \t>=");
  if (at > 4) return std::nullopt;  // nothing found is npos
  rest.remove_prefix(at);
  const char quote = rest[0];
  if (quote != '"' && quote != '\'') return std::nullopt;
  rest.remove_prefix(1);
  const std::size_t end = rest.find(quote);
  if (end == std::string_view::npos || end < 16 || end > 128) return std::nullopt;
  const std::string_view value = rest.substr(0, end);
  for (const std::uint8_t c : as_bytes(value)) {
    if (!in_charset(Charset::kBase64, c) && c != '.' && c != '!' && c != '#' && c != '%' &&
        c != '@' && c != '^' && c != '&' && c != '*')
      return std::nullopt;
  }
  if (is_placeholder(value) || entropy(value) < 3.7 || !any(value, is_digit) ||
      (!any(value, is_lower) && !any(value, is_upper)))
    return std::nullopt;
  return assigned(around, value, static_cast<std::int64_t>(whole.size() - rest.size()));
}

}  // namespace

std::string mask(std::string_view text) {
  constexpr std::size_t kShortest = 16;  // of fewer characters, six would be too many to show
  if (text.size() < kShortest) return "(" + std::to_string(text.size()) + " characters)";
  return std::string(text.substr(0, 4)) + "..." + std::string(text.substr(text.size() - 2));
}

double entropy(std::string_view text) {
  std::array<std::uint32_t, 256> counts{};
  for (const std::uint8_t byte : as_bytes(text)) ++counts[byte];
  double bits = 0;
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

bool is_placeholder(std::string_view body) {
  constexpr std::array kWords = {
      "example"sv, "placeholder"sv, "changeme"sv, "change_me"sv, "redacted"sv,  "dummy"sv,
      "yourkey"sv, "your-"sv,       "your_"sv,    "yourtoken"sv, "-here"sv,     "_here"sv,
      "insert"sv,  "replace"sv,     "foobar"sv,   "deadbeef"sv,  "notreal"sv,   "not-a-real"sv,
      "fakekey"sv, "fake_"sv,       "fake-"sv,    "sample"sv,    "secretkey"sv, "mysecret"sv,
      "abcdef"sv,  "qwerty"sv};
  std::string lower(body);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  for (const std::string_view word : kWords) {
    if (lower.find(word) != std::string::npos) return true;
  }
  constexpr int kSameRun = 5;
  constexpr int kStepRun = 6;
  int same = 1;
  int ascending = 1;
  for (std::size_t i = 1; i < lower.size(); ++i) {
    same = lower[i] == lower[i - 1] ? same + 1 : 1;
    ascending = lower[i] == lower[i - 1] + 1 ? ascending + 1 : 1;
    if (same >= kSameRun || ascending >= kStepRun) return true;
  }
  return false;
}

std::optional<Confirmed> confirm_secret(const SecretPattern& pattern, const Around& around) {
  switch (pattern.check) {
    case SecretCheck::kToken:
      return confirm_token(*pattern.token, around);
    case SecretCheck::kNear:
      return confirm_near(*pattern.near, around);
    case SecretCheck::kOpenAi:
      return confirm_openai(around);
    case SecretCheck::kPrivateKey:
      return confirm_private_key(around);
    case SecretCheck::kPutty:
      return confirm_putty(around);
    case SecretCheck::kJsonWebToken:
      return confirm_json_web_token(around);
    case SecretCheck::kUrl:
      return confirm_url_password(around);
    case SecretCheck::kAssignment:
      return confirm_assignment(around);
    case SecretCheck::kAwsSecret:
      return confirm_aws_secret(around);
    case SecretCheck::kAzureAccount:
      return confirm_azure_account(around);
    case SecretCheck::kAzureAd:
      return confirm_azure_ad(around);
    case SecretCheck::kTelegram:
      return confirm_telegram(around);
    case SecretCheck::kSendGrid:
      return confirm_sendgrid(around);
    case SecretCheck::kBearer:
      return confirm_bearer(around);
    case SecretCheck::kBasic:
      return confirm_basic(around);
    case SecretCheck::kAzureSas:
      return confirm_azure_sas(around);
  }
  return std::nullopt;
}

std::optional<Confirmed> confirm_plain_assignment(const Around& around) {
  std::string_view rest = first_line(around.after, 256).substr(around.literal);
  const std::string_view whole = rest;
  // The rest of the name, then "=", ":" or the word "is".
  std::size_t at = 0;
  while (at < rest.size() && at < 24 &&
         (is_alnum(static_cast<std::uint8_t>(rest[at])) || rest[at] == '_'))
    ++at;
  rest.remove_prefix(at);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  if (rest.starts_with("is ")) {
    rest.remove_prefix(3);
  } else if (rest.starts_with("=") || rest.starts_with(":")) {
    rest.remove_prefix(1);
  } else {
    return std::nullopt;
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  std::size_t length = 0;
  while (length < rest.size() && length < 129) {
    const auto c = static_cast<std::uint8_t>(rest[length]);
    if (!is_alnum(c) &&
        std::string_view("!@#%^&*+=_~?-").find(static_cast<char>(c)) == std::string_view::npos)
      break;
    ++length;
  }
  // What goes on with a sign of code is code.
  if (length < rest.size() &&
      std::string_view(" \t\r,;\"'`.)").find(rest[length]) == std::string_view::npos)
    return std::nullopt;
  if (length + 1 < rest.size() && rest[length] == '.' && is_alnum(as_bytes(rest)[length + 1]))
    return std::nullopt;
  std::string_view value = rest.substr(0, length);
  while (value.size() > 8 && (value.back() == '!' || value.back() == '?')) {
    if (entropy(value) > 3) break;  // a sign of the sentence, or one of the password: it stays
    value.remove_suffix(1);
  }
  if (value.size() < 8 || value.size() > 128) return std::nullopt;
  const bool sign = std::any_of(value.begin(), value.end(),
                                [](char c) { return !is_alnum(static_cast<std::uint8_t>(c)); });
  if (!any(value, is_digit) || !any(value, is_lower) || !any(value, is_upper) ||
      (!sign && value.size() < 12) || is_placeholder(value) || entropy(value) < 2.9)
    return std::nullopt;
  // Names in code: words joined by underscores or in camel case with a digit at the end.
  std::size_t turns = 0;
  for (std::size_t i = 1; i < value.size(); ++i) {
    const auto kind = [&](std::size_t k) {
      const auto c = static_cast<std::uint8_t>(value[k]);
      return is_digit(c) ? 0 : is_lower(c) ? 1 : is_upper(c) ? 2 : 3;
    };
    if (kind(i) != kind(i - 1) && !(kind(i) == 1 && kind(i - 1) == 2)) ++turns;
  }
  if (!sign && turns * 3 < value.size()) return std::nullopt;
  Confirmed out = assigned(around, value, static_cast<std::int64_t>(whole.size() - rest.size()));
  out.confidence = 0.6;
  return out;
}

}  // namespace saiph::detect
