// Credentials in texts: keys and tokens of the common providers, private keys, connection strings,
// JSON Web Tokens. The same table and the same checks as the search over files (detect/literals).
#pragma once

#include <span>
#include <string_view>

#include "detect/text/spans/span.h"

namespace saiph::detect {

struct SecretOptions {
  double least_confidence = 0.5;
  bool assignments = true;  ///< values that look random given to names such as "password"
};

/// Every type that find_secrets can state, one a rule. Any thread, constant.
std::span<const SpanType> secret_types();

/// States what it finds, nearly in order of place. The span is the credential itself: for a
/// connection string the password, for a private key all from its BEGIN to its END line. `text` may
/// hold any bytes. Linear time: the literal search of match/literals, then a confirmation of
/// bounded cost for each hit; well under a microsecond for 1 KB without hits. Any thread.
void find_secrets(std::string_view text, const SecretOptions& options, SpanSink& sink);

}  // namespace saiph::detect
