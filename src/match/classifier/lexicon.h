// Lexicon: classes of words that mean the same in an attack, in a dozen languages.
//
// "disregard the foregoing directives" and "ignore previous instructions" share no word; they share
// every class. Pairs and triples of classes carry over to texts whose words were never trained on.
#pragma once

#include <cstdint>
#include <string_view>

namespace saiph::match {

/// No class. Classes count from 1; their numbers are part of a trained model.
inline constexpr std::uint8_t kNoWordClass = 0;

/// The hash that words are known by: of the lower-case bytes of one word, in order.
inline constexpr std::uint32_t kWordHashSeed = 2166136261U;
constexpr std::uint32_t extend_word_hash(std::uint32_t hash, std::uint8_t byte) {
  return (hash ^ byte) * 0x01000193U;
}

/// The class of the word with this hash, or kNoWordClass. Words of one class are listed in
/// lexicon.cc. Constant time; any thread.
std::uint8_t word_class(std::uint32_t word_hash);

/// A digest of all lists, kept in a model file: a model is useless with another lexicon.
std::uint32_t lexicon_digest();

}  // namespace saiph::match
