#include "match/classifier/classifier.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "match/classifier/features.h"
#include "match/classifier/model.h"

namespace saiph::match {

namespace {

/// Sums the weights of each sentence and keeps the worst window seen.
class WindowSink {
 public:
  explicit WindowSink(const ClassifierHeadModel& head, std::uint32_t bits)
      : head_(&head), weights_(head.weights.data()), shift_(32 - bits) {}

  template <FeatureFamily F>
  void feature(std::uint32_t hash) {
    sum_ += weights_[hash >> shift_];
    ++count_;
  }

  void sentence(std::size_t begin, std::size_t end) {
    const std::size_t slot = sentences_ % kRing;
    ring_[slot] = {begin, total_sum_, total_count_};
    total_sum_ += sum_;
    total_count_ += count_;
    sentences_ += 1;
    for (const ClassifierWindow& window : head_->windows) {
      if (window.sentences == 0 || window.sentences > sentences_) continue;
      consider(window, ring_[(slot + kRing - (window.sentences - 1)) % kRing], end);
    }
    sum_ = 0;
    count_ = 0;
    last_end_ = end;
  }

  /// Windows of the whole text, which shorter texts have in place of the wider windows too.
  Classification finish() {
    for (const ClassifierWindow& window : head_->windows) {
      if (window.sentences == 0 || window.sentences > sentences_) consider(window, {}, last_end_);
    }
    return best_;
  }

 private:
  static constexpr std::size_t kRing = ClassifierModel::kMaxSentences;

  struct Before {
    std::size_t begin = 0;
    std::int64_t sum = 0;
    std::size_t count = 0;
  };

  void consider(const ClassifierWindow& window, const Before& first, std::size_t end) {
    const double sum = static_cast<double>(total_sum_ - first.sum) * double{head_->step};
    const double logit =
        window_logit(sum, total_count_ - first.count, double{head_->bias}) - double{window.offset};
    if (seen_ && logit <= best_.logit) return;
    seen_ = true;
    best_.logit = logit;
    best_.begin = first.begin;
    best_.end = end;
  }

  const ClassifierHeadModel* head_;
  const std::int8_t* weights_;
  std::uint32_t shift_;
  std::int64_t sum_ = 0;
  std::size_t count_ = 0;
  std::int64_t total_sum_ = 0;
  std::size_t total_count_ = 0;
  std::size_t sentences_ = 0;
  std::size_t last_end_ = 0;
  std::array<Before, kRing> ring_{};  ///< what stood before each of the last sentences
  bool seen_ = false;
  Classification best_;
};

}  // namespace

ClassifierHead classifier_head(Channel channel) {
  switch (channel) {
    case Channel::kToolDefinition:
    case Channel::kToolCall:
    case Channel::kToolResult:
    case Channel::kDocument:
      return ClassifierHead::kDocument;
    case Channel::kSystem:
    case Channel::kUser:
    case Channel::kAssistant:
    case Channel::kOutput:
      break;
  }
  return ClassifierHead::kUser;
}

Result<Classifier> Classifier::load(ByteView file) {
  SAIPH_TRY(auto model, read_classifier_model(file));
  return Classifier(std::make_shared<const ClassifierModel>(std::move(model)));
}

Classification Classifier::classify(std::string_view text, Channel channel) const {
  const auto& head = model_->heads[static_cast<std::size_t>(classifier_head(channel))];
  WindowSink sink(head, model_->bits);
  FeatureReader<WindowSink> reader(sink);
  reader.read(text);
  Classification result = sink.finish();
  result.score = calibrated_score(head, result.logit);
  result.false_positive_rate = std::pow(10.0, -4 * result.score);
  return result;
}

const std::string& Classifier::trained_on() const {
  return model_->trained_on;
}
const std::string& Classifier::expires_on() const {
  return model_->expires_on;
}
const std::string& Classifier::digest() const {
  return model_->digest;
}

}  // namespace saiph::match
