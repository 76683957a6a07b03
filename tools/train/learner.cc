#include "learner.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "match/classifier/features.h"

namespace saiph::train {

namespace {

class Collector {
 public:
  Collector(Features& out, std::uint32_t bits) : out_(&out), shift_(32 - bits) {}
  template <match::FeatureFamily F>
  void feature(std::uint32_t hash) {
    out_->buckets.push_back(hash >> shift_);
  }
  void sentence(std::size_t /*begin*/, std::size_t /*end*/) {
    out_->sentence_ends.push_back(static_cast<std::uint32_t>(out_->buckets.size()));
  }

 private:
  Features* out_;
  std::uint32_t shift_;
};

/// Each label weighs as much as the other, each source as its power of n within its label.
void weigh(std::vector<Example>& examples, const LearnerOptions& options) {
  std::map<std::pair<bool, std::string_view>, double> each;
  for (const auto& example : examples) each[{example.attack, example.source}] += 1;
  double sums[2] = {0, 0};  // NOLINT(modernize-avoid-c-arrays): indexed by a bool
  for (auto& [key, number] : each) {
    const double total =
        std::pow(number, options.source_power) * (key.second == "own" ? options.own_weight : 1.0);
    sums[key.first ? 1 : 0] += total;
    number = total / number;
  }
  const auto size = static_cast<double>(examples.size());
  for (auto& example : examples) {
    example.weight *= each[{example.attack, example.source}] * size / (2 * sums[example.attack]);
  }
}

match::ClassifierHeadModel quantise(const std::vector<float>& weights, double bias) {
  float largest = 0;
  for (const float w : weights) largest = std::max(largest, std::abs(w));
  // The few largest weights are cut so that the many small ones keep their differences.
  constexpr float kKeep = 0.5F;
  match::ClassifierHeadModel head;
  head.step = std::max(largest * kKeep, 1e-6F) / 127;
  head.bias = static_cast<float>(bias);
  head.weights.reserve(weights.size());
  for (const float w : weights) {
    head.weights.push_back(
        static_cast<std::int8_t>(std::clamp(std::lround(w / head.step), -127L, 127L)));
  }
  return head;
}

}  // namespace

Features read_features(std::string_view text, std::uint32_t bits) {
  Features features;
  Collector collector(features, bits);
  match::FeatureReader<Collector> reader(collector);
  reader.read(text);
  if (features.sentence_ends.empty()) features.sentence_ends.push_back(0);
  return features;
}

match::ClassifierHeadModel learn(std::vector<Example> examples, const LearnerOptions& options,
                                 std::mt19937& random) {
  weigh(examples, options);
  const std::size_t size = std::size_t{1} << options.bits;
  std::vector<float> weights(size, 0.0F);
  std::vector<float> squares(size, 1e-3F);
  double bias = 0;
  double bias_squares = 1e-6;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    std::shuffle(examples.begin(), examples.end(), random);
    const auto rate = static_cast<float>(options.rate / (1 + (epoch * 0.7)));
    for (const auto& example : examples) {
      const auto& features = *example.features;
      const std::size_t begin = example.first == 0 ? 0 : features.sentence_ends[example.first - 1];
      const std::size_t end = features.sentence_ends[example.first + example.count - 1];
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += double{weights[features.buckets[i]]};
      const double logit = match::window_logit(sum, end - begin, bias);
      const double error =
          ((1 / (1 + std::exp(-logit))) - (example.attack ? 1.0 : 0.0)) * example.weight;
      if (std::abs(error) < 1e-4) continue;
      const auto slope = static_cast<float>(match::window_logit(error, end - begin, 0));
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t bucket = features.buckets[i];
        squares[bucket] += slope * slope;
        weights[bucket] -= rate * slope / std::sqrt(squares[bucket]);
      }
      bias_squares += error * error;
      bias -= double{rate} * error / std::sqrt(bias_squares);
    }
  }
  return quantise(weights, bias);
}

}  // namespace saiph::train
