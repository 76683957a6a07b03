// The literals that are looked for, and what to do with a hit of each.
#pragma once

#include <cstdint>
#include <span>

#include "detect/text/secrets/secret_table.h"
#include "match/literals/literal_set.h"

namespace saiph::detect {

enum class Check : std::uint8_t {
  kSecret,  ///< a row of the table of credentials
  kElf,
  kPortable,
  kMachO,
  kPickle,          ///< a pickle may start here
  kArrowExtension,  ///< a schema whose columns unpickle when read
  kHiddenText,      ///< invisible characters, as UTF-8
  kHiddenEscape,    ///< the same as JSON escapes
  kBidirectional,
};

struct Pattern {
  Check check = Check::kSecret;
  SecretPattern secret;  ///< kSecret only
};

/// Every literal, in the order of `pattern_of`.
std::span<const match::Literal> literals();
/// Where the prefilter looks for each of them (match::place_literals, computed once and kept).
std::span<const match::LiteralPlace> literal_places();
Pattern pattern_of(std::uint32_t literal);

}  // namespace saiph::detect
