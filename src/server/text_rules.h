// Rules of texts that several operations read.
#pragma once

#include "server/input.h"

namespace saiph::server {

inline constexpr TextRule kAccountNameRule{
    1, 64, &is_account_name,
    "must begin with a letter or digit and hold letters, digits and . _ @ - only"};
inline constexpr TextRule kDisplayRule{0, 128};
inline constexpr TextRule kPasswordRule{12, 256};
inline constexpr TextRule kOidcSubjectRule{0, 255};
inline constexpr TextRule kRuleIdRule{1, 128, &is_rule_id,
                                      "must be a rule's id, like \"pickle-denied-callable\""};
inline constexpr TextRule kDigestRule{71, 71, &is_digest_text,
                                      "must be \"sha256:\" and 64 lower-case hexadecimal digits"};
inline constexpr TextRule kReasonRule{8, 2000};

/// Of [A-Za-z0-9-]: a code of the second factor or a recovery code.
inline bool is_code(std::string_view text) {
  return is_word_of_url(text) && text.find('_') == std::string_view::npos;
}
inline bool is_setup_token(std::string_view text) {
  return text.starts_with("saiph_set_") && is_word_of_url(text) &&
         text.find_first_of("_-", 10) == std::string_view::npos;
}

}  // namespace saiph::server
