// Confirmation of single hits: each function looks at the bytes around one literal and says whether
// a credential is really there. Pure; any thread; cost bounded by the context it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "detect/text/secrets/secret_table.h"
#include "domain/rule.h"

namespace saiph::detect {

/// The neighbourhood of a hit. `after` starts with the literal itself.
struct Around {
  ByteView before;          ///< up to kBefore bytes, ending where the literal starts
  ByteView after;           ///< up to kAfter bytes
  std::size_t literal = 0;  ///< length of the literal
  static constexpr std::size_t kBefore = 1024;
  static constexpr std::size_t kAfter = 8192;
};

struct Confirmed {
  const Rule* rule = nullptr;
  std::string detail;
  std::string excerpt;  ///< already masked
  std::optional<Severity> severity;
  std::int64_t shift = 0;   ///< where the thing starts, relative to the literal
  std::int64_t inner = 0;   ///< where the credential starts, relative to the thing
  std::size_t length = 0;   ///< of the credential; 0 where nothing is to be taken out
  std::string_view name{};  ///< a constant: "GitHub personal access token"
  double confidence = 0.95;
};

/// "ghp_...Ab": the first four and the last two characters; shorter texts show nothing.
std::string mask(std::string_view text);
/// True for texts that stand where a secret would: examples, repeated or ascending characters,
/// names of placeholders.
bool is_placeholder(std::string_view body);
/// Shannon entropy of the bytes, in bits a byte.
double entropy(std::string_view text);

/// Whether a hit of `pattern` is a credential. Data collectors are not asked for.
std::optional<Confirmed> confirm_secret(const SecretPattern& pattern, const Around& around);
/// An address of a service that collects data for anybody, or of a chat webhook.
std::optional<Confirmed> confirm_data_collector(const Around& around);
/// Values without quotes that are given to a name for secrets: what people write in messages and
/// settings, and what code does not write.
std::optional<Confirmed> confirm_plain_assignment(const Around& around);

}  // namespace saiph::detect
