// Learner: logistic regression on hashed features by AdaGrad, then whole numbers of one byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "match/classifier/model.h"

namespace saiph::train {

/// A text as the classifier reads it: buckets of features, and where its sentences end among them.
struct Features {
  std::vector<std::uint32_t> buckets;
  std::vector<std::uint32_t> sentence_ends;  ///< into buckets
  std::size_t sentences() const { return sentence_ends.size(); }
};
Features read_features(std::string_view text, std::uint32_t bits);

/// Some sentences of a text with a label. `features` must outlive it.
struct Example {
  const Features* features = nullptr;
  std::uint32_t first = 0;  ///< sentence
  std::uint32_t count = 0;
  bool attack = false;
  std::string_view source;  ///< the group whose examples are weighed together
  double weight = 1;
};

struct LearnerOptions {
  std::uint32_t bits = 18;
  int epochs = 6;
  double rate = 0.3;
  /// A source of n examples counts as n to this power: large ones lead, but less than by number.
  double source_power = 0.5;
  double own_weight = 1.5;  ///< of the examples whose source is "own"
};

/// Weighs, trains and quantises one head; without windows and calibration. Deterministic for a
/// seed.
match::ClassifierHeadModel learn(std::vector<Example> examples, const LearnerOptions& options,
                                 std::mt19937& random);

}  // namespace saiph::train
