// Passwords in addresses.
#pragma once

#include <optional>

#include "detect/text/secrets/confirm.h"

namespace saiph::detect {

/// The literal of `around` is "://": a password of a user stands before the host. Pure; any thread;
/// looks at 512 bytes.
std::optional<Confirmed> confirm_url_password(const Around& around);

}  // namespace saiph::detect
