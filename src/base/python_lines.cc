#include "base/python_lines.h"

namespace saiph {

std::string_view take_python_line(std::string_view& rest) {
  // The two last are the first bytes of the ends that take more than one byte of UTF-8.
  constexpr std::string_view kEnds = "\n\r\v\f\x1C\x1D\x1E\xC2\xE2";
  for (std::size_t at = rest.find_first_of(kEnds); at != std::string_view::npos;
       at = rest.find_first_of(kEnds, at + 1)) {
    const std::string_view ahead = rest.substr(at);
    std::size_t length = 1;
    if (ahead.starts_with("\r\n") || ahead.starts_with("\xC2\x85")) {
      length = 2;
    } else if (ahead.starts_with("\xE2\x80\xA8") || ahead.starts_with("\xE2\x80\xA9")) {
      length = 3;
    } else if (ahead[0] == '\xC2' || ahead[0] == '\xE2') {
      continue;
    }
    const std::string_view line = rest.substr(0, at);
    rest.remove_prefix(at + length);
    return line;
  }
  const std::string_view line = rest;
  rest = {};
  return line;
}

}  // namespace saiph
