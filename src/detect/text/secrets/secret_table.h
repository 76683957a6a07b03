// The one table of credentials: what their texts begin with or hold, and what confirms a hit.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "domain/rule.h"
#include "match/literals/literal_set.h"

namespace saiph::detect {

enum class SecretCheck : std::uint8_t {
  kToken,         ///< prefix + a run of characters (TokenFormat)
  kOpenAi,        ///< "T3BlbkFJ" inside sk-...
  kPrivateKey,    ///< "PRIVATE KEY-----" of a PEM header
  kPutty,         ///< PuTTY key file
  kJsonWebToken,  ///< first segment of a JWT
  kUrl,           ///< "://": password in it, or a host that collects data
  kAssignment,    ///< password = "..."
  kAwsSecret,     ///< aws_secret_access_key = 40 characters
  kAzureAccount,  ///< AccountKey=...
  kAzureAd,       ///< client secret around "8Q~"
  kTelegram,      ///< bot token around ":AA"
  kSendGrid,
  kNear,      ///< a provider's name, then a key of the provider's length (NearFormat)
  kBearer,    ///< Authorization: Bearer ...
  kBasic,     ///< Authorization: Basic user:password in Base64
  kAzureSas,  ///< sig=... of a shared access signature
};

enum class Checksum : std::uint8_t { kNone, kGitHub };

enum class Charset : std::uint8_t {
  kAlnum,
  kLetters,
  kLowerHex,
  kHex,
  kUpper32,
  kUpperAlnum,
  kLowerAlnum,
  kUuid,
  kUrlSafe,
  kBase64,
  kDotted,
  kBech32,
};

/// A credential that is a fixed prefix and `min` to `max` characters of one alphabet.
struct TokenFormat {
  std::string_view prefix;
  Charset charset = Charset::kAlnum;
  std::uint16_t min = 0;
  std::uint16_t max = 0;
  const Rule* rule = nullptr;
  std::string_view name;  ///< "GitHub personal access token"
  Severity severity = Severity::kHigh;
  Checksum checksum = Checksum::kNone;
  std::uint16_t back = 0;  ///< characters of the same alphabet that stand before the prefix
};

/// A credential without a mark of its own: told by the provider's name, a word such as "key", and
/// its length, on one line.
struct NearFormat {
  std::string_view name;  ///< as a literal, any case
  Charset charset = Charset::kAlnum;
  std::uint16_t length = 0;
  const Rule* rule = nullptr;
  std::string_view title;
};

struct SecretPattern {
  SecretCheck check = SecretCheck::kToken;
  const TokenFormat* token = nullptr;  ///< kToken only
  const NearFormat* near = nullptr;    ///< kNear only
};

/// Every literal, in the order of `secret_pattern_of`.
std::span<const match::Literal> secret_literals();
/// Those of them, the first, that are looked for in files too.
std::span<const match::Literal> secret_literals_for_files();
/// Where the prefilter looks for each of them (match::place_literals, computed once and kept).
std::span<const match::LiteralPlace> secret_places();
const SecretPattern& secret_pattern_of(std::uint32_t literal);
bool in_charset(Charset charset, std::uint8_t c);

}  // namespace saiph::detect
