// Names of people and postal addresses: found from the words of a text as they come.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "detect/text/personal/gazetteer.h"
#include "detect/text/personal/scanners.h"
#include "detect/text/personal/topics.h"

namespace saiph::detect {

struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t hash = 0;
  WordTopics topics;  ///< of the word, and of the pair that it ends
  bool capital = false;
};

/// Fed with every word in order; answers a hit where a name has ended. Bounded memory, constant
/// cost a word. One thread at a time.
class NameFinder {
 public:
  explicit NameFinder(std::string_view text) : text_(text), gazetteer_(Gazetteer::get()) {}
  /// The name that ended before this word, if one did.
  Hit on_word(const Word& word);
  /// The name that ends with the text, a line or a number.
  Hit flush();
  bool empty() const { return count_ == 0; }
  /// A place name, when the last word given was one.
  Hit place() const { return place_; }

 private:
  static constexpr std::size_t kMost = 8;
  struct Part {
    std::size_t begin;
    std::size_t end;
    std::uint32_t classes;
    bool initial;
  };
  bool joined(std::size_t from, std::size_t to) const;
  bool follows(std::size_t context, std::size_t begin) const;

  std::string_view text_;
  const Gazetteer& gazetteer_;
  std::array<Part, kMost> parts_{};
  std::size_t count_ = 0;
  std::size_t last_end_ = 0;  ///< end of the last part or of a particle after it
  std::uint64_t last_hash_ = 0;
  std::size_t title_end_ = SIZE_MAX;
  std::size_t introduction_end_ = SIZE_MAX;
  std::size_t greeting_end_ = SIZE_MAX;
  Hit place_;
};

/// A street with its number around a word for streets; `number_begin`, `number_end`: the last short
/// number before the word (equal: none). Bounded. Pure.
Hit scan_street(std::string_view text, const Word& word, std::size_t number_begin,
                std::size_t number_end);
/// A number after a word for flats or post boxes.
Hit scan_unit(std::string_view text, const Word& word);

}  // namespace saiph::detect
