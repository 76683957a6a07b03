// URLs as far as login needs them: encoding of components, and which ones may be used. For the
// sources of this room only.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace saiph::identity {

/// Appends `text` with everything but the unreserved characters (RFC 3986, 2.3) as %XX: right for a
/// path segment, a query component and application/x-www-form-urlencoded alike. Any thread; linear.
void append_percent(std::string& out, std::string_view text);

/// Appends "NAME=VALUE" of a query or form, with '&' before it unless `out` is empty or ends with
/// '?' or '&'.
void append_parameter(std::string& out, std::string_view name, std::string_view value);

struct UrlRules {
  /// http:// for "localhost", 127.0.0.0/8 and [::1].
  bool plain_loopback = false;
  bool query = true;  ///< may have a "?"
};

/// Whether `url` is an absolute https URL (scheme in lower case) of at most 2048 printable ASCII
/// characters that names a host, with no user information and no fragment. Errors: kInvalidArgument
/// with the reason, without the URL. Any thread; linear.
Status check_url(std::string_view url, UrlRules rules);

}  // namespace saiph::identity
