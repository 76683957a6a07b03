// Path patterns of --include, --exclude and suppressions.
#pragma once

#include <string_view>

namespace saiph {

/// True when the whole of `path` matches `pattern`: `*` any run without '/', `**` any run, `?` one
/// byte but '/', everything else itself ("[" has no meaning). "**/" also matches nothing, so
/// "**/x.pt" matches "x.pt". A pattern without '/' is matched against the last component of the
/// path, so "*.pt" matches at any depth. Bytes, not characters; case matters. Any thread; cost at
/// most the product of both lengths; no recursion.
bool glob_match(std::string_view pattern, std::string_view path);

}  // namespace saiph
