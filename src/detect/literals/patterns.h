// The literals that are looked for, and what to do with a hit of each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "domain/rule.h"
#include "match/literals/literal_set.h"

namespace saiph::detect {

enum class Check : std::uint8_t {
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
  kElf,
  kPortable,
  kMachO,
  kPickle,          ///< a pickle may start here
  kArrowExtension,  ///< a schema whose columns unpickle when read
  kHiddenText,      ///< invisible characters, as UTF-8
  kHiddenEscape,    ///< the same as JSON escapes
  kBidirectional,
};

enum class Checksum : std::uint8_t { kNone, kGitHub };

enum class Charset : std::uint8_t {
  kAlnum,
  kLetters,
  kLowerHex,
  kHex,
  kUpper32,
  kUpperAlnum,
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
};

struct Pattern {
  Check check = Check::kToken;
  const TokenFormat* token = nullptr;  ///< kToken only
};

/// Every literal, in the order of `pattern_of`.
std::span<const match::Literal> literals();
/// Where the prefilter looks for each of them (match::place_literals, computed once and kept).
std::span<const match::LiteralPlace> literal_places();
const Pattern& pattern_of(std::uint32_t literal);
bool in_charset(Charset charset, std::uint8_t c);

}  // namespace saiph::detect
