// Confirmation of single hits: each function looks at the bytes around one literal and says whether
// the thing is really there. Pure; any thread; cost bounded by the context it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "detect/literals/patterns.h"
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
  std::int64_t shift = 0;  ///< where the thing starts, relative to the literal
};

/// "ghp_...Ab": the first four and the last two characters; shorter texts show nothing.
std::string mask(std::string_view text);
/// True for texts that stand where a secret would: examples, repeated or ascending characters,
/// names of placeholders.
bool is_placeholder(std::string_view body);
/// Shannon entropy of the bytes, in bits a byte.
double entropy(std::string_view text);

std::optional<Confirmed> confirm_token(const TokenFormat& format, const Around& around);
std::optional<Confirmed> confirm_secret(Check check, const Around& around);
/// `text`: the artefact is text (assignments are looked for only there).
std::optional<Confirmed> confirm_assignment(const Around& around);
std::optional<Confirmed> confirm_url_password(const Around& around);
std::optional<Confirmed> confirm_data_collector(const Around& around);
std::optional<Confirmed> confirm_executable(Check check, const Around& around);

}  // namespace saiph::detect
