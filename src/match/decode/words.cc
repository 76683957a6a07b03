#include "match/decode/words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <vector>

#include "match/canonical/ascii.h"
#include "match/decode/word_list.h"

namespace saiph::match {

namespace {

constexpr std::size_t kLongestWord = 18;
constexpr std::uint32_t kSeed = 2166136261U;

constexpr std::uint32_t extend(std::uint32_t hash, char c) {
  return (hash ^ static_cast<std::uint8_t>(lower(c))) * 0x01000193U;
}

/// Open addressing by FNV-1a. Two words of one hash would be one; the list has no such pair, and a
/// stranger that meets a word's hash by chance does no harm.
class WordTable {
 public:
  WordTable() {
    std::size_t rank = 0;
    std::string_view rest = kWordList;
    while (!rest.empty()) {
      const std::string_view word = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      std::uint32_t hash = kSeed;
      for (const char c : word) hash = extend(hash, c);
      std::size_t slot = slot_of(hash);
      while (slots_[slot].rank != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = {hash, static_cast<std::uint32_t>(++rank)};
    }
  }

  std::size_t rank(std::uint32_t hash) const {
    for (std::size_t slot = slot_of(hash);; slot = (slot + 1) % kSlots) {
      if (slots_[slot].rank == 0) return 0;
      if (slots_[slot].hash == hash) return slots_[slot].rank;
    }
  }

 private:
  static constexpr std::size_t kSlots = 1U << 13U;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t rank = 0;
  };
  static std::size_t slot_of(std::uint32_t hash) { return (hash ^ hash >> 15U) % kSlots; }

  std::array<Slot, kSlots> slots_{};
};

const WordTable& table() {
  static const WordTable made;
  return made;
}

}  // namespace

std::size_t word_rank(std::string_view word) {
  if (word.empty() || word.size() > kLongestWord) return 0;
  std::uint32_t hash = kSeed;
  for (const char c : word) hash = extend(hash, c);
  return table().rank(hash);
}

LetterShare known_letters(std::string_view text) {
  LetterShare share;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    std::uint32_t hash = kSeed;
    while (at < text.size() && is_letter(text[at])) hash = extend(hash, text[at++]);
    const std::size_t length = at - begin;
    if (length == 0) {
      ++at;
      continue;
    }
    share.letters += length;
    if (length >= 3 && length <= kLongestWord && table().rank(hash) != 0) {
      share.known += length;
      ++share.words;
    }
  }
  return share;
}

bool split_words(std::string_view letters, std::string& begins) {
  const std::size_t size = std::min(letters.size(), kLongestRow);
  begins.assign(size, '\0');
  // Cheapest way to each place: a word costs by how rare it is, a letter in no word more than any.
  constexpr std::uint32_t kStranger = 24;
  constexpr std::uint32_t kWord = 5;
  std::vector<std::uint32_t> cost(size + 1, std::numeric_limits<std::uint32_t>::max());
  std::vector<std::uint8_t> length(size + 1, 0);
  std::vector<std::uint8_t> known(size + 1, 0);
  cost[0] = 0;
  for (std::size_t at = 0; at < size; ++at) {
    const auto reach = [&](std::size_t step, std::uint32_t price, bool word) {
      if (cost[at] + price >= cost[at + step]) return;
      cost[at + step] = cost[at] + price;
      length[at + step] = static_cast<std::uint8_t>(step);
      known[at + step] = static_cast<std::uint8_t>(word);
    };
    reach(1, kStranger, false);
    std::uint32_t hash = kSeed;
    for (std::size_t step = 1; step <= kLongestWord && at + step <= size; ++step) {
      hash = extend(hash, letters[at + step - 1]);
      const std::size_t rank = table().rank(hash);
      if (rank != 0) reach(step, kWord + static_cast<std::uint32_t>(std::bit_width(rank)), true);
    }
  }
  std::size_t words = 0;
  std::size_t covered = 0;
  for (std::size_t at = size; at > 0; at -= length[at]) {
    // Letters in no word stay together.
    const std::size_t begin = at - length[at];
    const bool after_stranger = begin > 0 && known[begin] == 0;
    if (known[at] != 0 || !after_stranger) begins[begin] = 1;
    if (known[at] == 0) continue;
    ++words;
    covered += length[at];
  }
  return covered * 10 >= size * 9 && words != 0 && covered * 10 >= words * 27;
}

}  // namespace saiph::match
