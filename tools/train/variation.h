// Variations of a text for training: slips of the hand, neighbours, fields, bodies of documents.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace saiph::train {

/// The text with one kind of noise: letters swapped or lost within words, vowels dropped, inner
/// letters shuffled, capitals at random.
std::string with_noise(std::string_view text, std::mt19937& random);

/// The texts in random order, with a blank, a line break or two between.
std::string joined(std::vector<std::string> texts, std::mt19937& random);

/// The text as a value of a JSON or key-value field.
std::string in_field(std::string_view text, std::mt19937& random);

/// The document within a text that asks something about it: its longest line, without a label, and
/// without questions at its end. Empty when there is no telling.
std::string document_body(std::string_view text);

}  // namespace saiph::train
