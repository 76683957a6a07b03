// Words: whether letters look like language. A list of some 3,700 common words decides whether a
// decoding made sense, and where words end that were written without spaces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace saiph::match {

/// 0 for no word of the list, else its place in it, the commonest first. ASCII letters of either
/// case. Any thread; linear in the word.
std::size_t word_rank(std::string_view word);

/// Of the ASCII letters in `text`, how many stand in words of the list that have three letters or
/// more. Any thread; linear.
struct LetterShare {
  std::size_t letters = 0;
  std::size_t known = 0;
  std::size_t words = 0;  ///< known ones
  bool at_least(std::size_t percent) const {
    return letters != 0 && known * 100 >= letters * percent;
  }
};
LetterShare known_letters(std::string_view text);

/// Cuts a row of ASCII letters into words of the list: for each letter 1 where a word begins. False
/// when less than nine tenths of the letters fall into words, or these are too short to mean
/// anything. Any thread; linear, some 40 ns a letter; at most kLongestRow letters.
inline constexpr std::size_t kLongestRow = 4096;
bool split_words(std::string_view letters, std::string& begins);

}  // namespace saiph::match
