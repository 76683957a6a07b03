// ClassifierModel: the contents of a model file, read and written.
//
// Little-endian: "SAIPHTXT", u32 format (1), u32 feature digest, u32 bits of the table, u32 heads
// (2), two dates of ten characters (trained, expires); for each head f32 step, f32 bias, u32
// number of windows and for each u32 sentences (0: the whole text) and f32 offset, u32 number of
// knots and for each f32 logit and f32 score, both rising; then for each head 2^bits weights of one
// signed byte. Nothing follows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "match/classifier/classifier.h"

namespace saiph::match {

/// Windows of `sentences` sentences count `offset` less: a short one needs to be worse.
struct ClassifierWindow {
  std::uint32_t sentences = 0;  ///< 0: the whole text
  float offset = 0;
};

/// One point of the map from logits to scores, straight lines between.
struct CalibrationKnot {
  float logit = 0;
  float score = 0;
};

struct ClassifierHeadModel {
  float step = 0;  ///< what one unit of a weight is worth
  float bias = 0;
  std::vector<ClassifierWindow> windows;
  std::vector<CalibrationKnot> knots;
  std::vector<std::int8_t> weights;  ///< 2^bits
};

struct ClassifierModel {
  static constexpr std::uint32_t kMinBits = 8;
  static constexpr std::uint32_t kMaxBits = 20;  ///< two heads: 2 MiB
  static constexpr std::uint32_t kMaxWindows = 4;
  static constexpr std::uint32_t kMaxSentences = 8;
  static constexpr std::uint32_t kMaxKnots = 64;

  std::uint32_t bits = 0;
  std::string trained_on;
  std::string expires_on;
  /// Names the file it was read from (FNV-1a of its bytes, 16 hexadecimal digits); not part of it.
  std::string digest;
  std::array<ClassifierHeadModel, kClassifierHeadCount> heads;
};

/// The features this program reads, in one number: a model of other features is refused.
std::uint32_t feature_digest();

/// A window's raw output: the sum of its weights over the root of how many there are, so that long
/// windows gain only by consistent evidence.
double window_logit(double weight_sum, std::size_t feature_count, double bias);

/// The score of a logit by the head's knots. 0 without knots.
double calibrated_score(const ClassifierHeadModel& head, double logit);

/// Errors: kMalformed with offset, kUnsupported for another format or other features. Linear in the
/// file. Any thread.
Result<ClassifierModel> read_classifier_model(ByteView file);

/// The file of a model; kInvalidArgument when reading it back would fail.
Result<Bytes> write_classifier_model(const ClassifierModel& model);

}  // namespace saiph::match
