// The list behind words.h. Private to this folder.
#pragma once

#include <string_view>

namespace saiph::match {

/// Small ASCII letters, separated by single spaces, no word twice.
extern const std::string_view kWordList;

}  // namespace saiph::match
