// Lines as Python's str.splitlines divides them: at more places than a newline.
#pragma once

#include <string_view>

namespace saiph {

/// Takes the first line off `rest` and answers it without its end: LF, CR, CR LF, VT, FF, U+001C to
/// U+001E, U+0085, U+2028 or U+2029. Text that is not UTF-8 is divided at the same bytes. What a
/// comment or a path hides behind such an end, Python's readers of line formats do see. Any thread,
/// linear in the line. Source: Python library reference, str.splitlines.
std::string_view take_python_line(std::string_view& rest);

}  // namespace saiph
