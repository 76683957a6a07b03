#include "match/classifier/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "match/classifier/features.h"

namespace saiph::match {

namespace {

constexpr std::string_view kMagic = "SAIPHTXT";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kDateBytes = 10;
/// No trained value comes near; beyond it arithmetic on a hostile file could overflow.
constexpr float kLargest = 1e4F;

Error malformed(const ByteReader& reader, std::string_view what) {
  return {ErrorCode::kMalformed, "text model: " + std::string(what), reader.offset()};
}

bool take_float(ByteReader& reader, float& out) {
  std::uint32_t raw = 0;
  if (!reader.u32le(raw)) return false;
  out = std::bit_cast<float>(raw);
  return std::isfinite(out) && std::abs(out) <= kLargest;
}

bool is_date(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : (text[i] < '0' || text[i] > '9')) return false;
  }
  return text.size() == kDateBytes;
}

bool take_date(ByteReader& reader, std::string& out) {
  ByteView bytes;
  if (!reader.take(kDateBytes, bytes)) return false;
  out = as_text(bytes);
  return is_date(out);
}

bool take_windows(ByteReader& reader, ClassifierHeadModel& head) {
  std::uint32_t count = 0;
  if (!reader.u32le(count) || count == 0 || count > ClassifierModel::kMaxWindows) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    ClassifierWindow window;
    if (!reader.u32le(window.sentences) || window.sentences > ClassifierModel::kMaxSentences ||
        !take_float(reader, window.offset)) {
      return false;
    }
    head.windows.push_back(window);
  }
  return true;
}

bool take_knots(ByteReader& reader, ClassifierHeadModel& head) {
  std::uint32_t count = 0;
  if (!reader.u32le(count) || count > ClassifierModel::kMaxKnots) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    CalibrationKnot knot;
    if (!take_float(reader, knot.logit) || !take_float(reader, knot.score)) return false;
    if (knot.score < 0 || knot.score > 1) return false;
    if (i > 0 && (knot.logit <= head.knots.back().logit || knot.score < head.knots.back().score)) {
      return false;
    }
    head.knots.push_back(knot);
  }
  return true;
}

void put_u32(Bytes& out, std::uint32_t value) {
  for (std::uint32_t shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

void put_float(Bytes& out, float value) {
  put_u32(out, std::bit_cast<std::uint32_t>(value));
}

void put_text(Bytes& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::uint8_t>(c));
}

std::string digest_of(ByteView file) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const std::uint8_t byte : file) hash = (hash ^ byte) * 0x100000001B3U;
  return fmt::format("{:016x}", hash);
}

}  // namespace

std::uint32_t feature_digest() {
  return lexicon_digest() ^ (kFeatureVersion * 0x9E3779B1U);
}

double window_logit(double weight_sum, std::size_t feature_count, double bias) {
  // The constant keeps three-word windows from being judged as surely as whole sentences.
  constexpr double kPrior = 20;
  return (weight_sum / std::sqrt(static_cast<double>(feature_count) + kPrior)) + bias;
}

double calibrated_score(const ClassifierHeadModel& head, double logit) {
  const auto& knots = head.knots;
  if (knots.empty()) return 0;
  if (logit <= knots.front().logit) return knots.front().score;
  for (std::size_t i = 1; i < knots.size(); ++i) {
    if (logit > knots[i].logit) continue;
    const double share = (logit - knots[i - 1].logit) / (knots[i].logit - knots[i - 1].logit);
    return knots[i - 1].score + (share * (knots[i].score - knots[i - 1].score));
  }
  return knots.back().score;
}

Result<ClassifierModel> read_classifier_model(ByteView file) {
  ByteReader reader(file);
  ClassifierModel model;
  ByteView magic;
  std::uint32_t format = 0;
  std::uint32_t digest = 0;
  std::uint32_t heads = 0;
  if (!reader.take(kMagic.size(), magic) || as_text(magic) != kMagic) {
    return malformed(reader, "this is no text model");
  }
  if (!reader.u32le(format) || !reader.u32le(digest) || !reader.u32le(model.bits) ||
      !reader.u32le(heads)) {
    return reader.failure("text model");
  }
  if (format != kFormat) {
    return Error(ErrorCode::kUnsupported, "text model: unknown format", kMagic.size());
  }
  if (digest != feature_digest()) {
    return Error(ErrorCode::kUnsupported, "text model: made for other features; train it again",
                 kMagic.size() + 4);
  }
  if (model.bits < ClassifierModel::kMinBits || model.bits > ClassifierModel::kMaxBits ||
      heads != kClassifierHeadCount) {
    return malformed(reader, "impossible size");
  }
  if (!take_date(reader, model.trained_on) || !take_date(reader, model.expires_on)) {
    return malformed(reader, "bad date");
  }
  for (auto& head : model.heads) {
    if (!take_float(reader, head.step) || head.step < 0 || !take_float(reader, head.bias)) {
      return malformed(reader, "bad step or bias");
    }
    if (!take_windows(reader, head)) return malformed(reader, "bad windows");
    if (!take_knots(reader, head)) return malformed(reader, "bad calibration");
  }
  const std::size_t size = std::size_t{1} << model.bits;
  for (auto& head : model.heads) {
    ByteView weights;
    if (!reader.take(size, weights)) return reader.failure("text model");
    head.weights.reserve(size);
    for (const std::uint8_t byte : weights) head.weights.push_back(static_cast<std::int8_t>(byte));
  }
  if (!reader.at_end()) return malformed(reader, "bytes after the end");
  model.digest = digest_of(file);
  return model;
}

Result<Bytes> write_classifier_model(const ClassifierModel& model) {
  Bytes out;
  put_text(out, kMagic);
  put_u32(out, kFormat);
  put_u32(out, feature_digest());
  put_u32(out, model.bits);
  put_u32(out, kClassifierHeadCount);
  put_text(out, model.trained_on);
  put_text(out, model.expires_on);
  for (const auto& head : model.heads) {
    put_float(out, head.step);
    put_float(out, head.bias);
    put_u32(out, static_cast<std::uint32_t>(head.windows.size()));
    for (const auto& window : head.windows) {
      put_u32(out, window.sentences);
      put_float(out, window.offset);
    }
    put_u32(out, static_cast<std::uint32_t>(head.knots.size()));
    for (const auto& knot : head.knots) {
      put_float(out, knot.logit);
      put_float(out, knot.score);
    }
  }
  for (const auto& head : model.heads) {
    for (const std::int8_t weight : head.weights) out.push_back(static_cast<std::uint8_t>(weight));
  }
  if (auto back = read_classifier_model(out); !back) {
    return Error(ErrorCode::kInvalidArgument, "this model cannot be written")
        .wrap(back.error().describe());
  }
  return out;
}

}  // namespace saiph::match
