#include "detect/text/personal/gazetteer.h"

#include "base/text.h"
#include "detect/text/personal/word_hash.h"

namespace saiph::detect {

const Gazetteer& Gazetteer::get() {
  static const Gazetteer gazetteer;
  return gazetteer;
}

Gazetteer::Gazetteer() : prints_(kMask + 1) {
  add(given_names_text(), kGivenName);
  add(family_names_text(), kFamilyName);
  add(places_text(), kPlaceName);
  add(everyday_words_text(), kEverydayWord);
}

void Gazetteer::add(std::string_view text, std::uint32_t cls) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty() || line[0] == '#') continue;
    const std::uint64_t hash = hash_phrase(line);
    const std::uint32_t print = print_of(hash);
    std::size_t slot = hash & kMask;
    while (prints_[slot] != 0 && (prints_[slot] & ~kClasses) != print) slot = (slot + 1) & kMask;
    prints_[slot] |= print | cls;
  }
}

}  // namespace saiph::detect
