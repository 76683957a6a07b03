// Classifier: how much a text looks like an attack on the assistant that will read it.
//
// Our own trained model (docs/text-model-card.md): hashed words, word pairs, characters and classes
// of words, summed over windows of a text so that long benign text around an attack does not
// dilute it. Two heads, because the same sentence means different things in different places: one
// for what users (and systems) say, one for documents and tool results, where an instruction to the
// assistant does not belong at all. tools/train trains it with the very code of this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "domain/text.h"

namespace saiph::match {

enum class ClassifierHead : std::uint8_t {
  kUser,      ///< text of people: jailbreaks, overrides, forged roles
  kDocument,  ///< data: an instruction addressed to the assistant
};
inline constexpr std::size_t kClassifierHeadCount = 2;

/// User for system, user, assistant and output; document for tool definitions, calls and results
/// and for documents.
ClassifierHead classifier_head(Channel channel);

struct Classification {
  /// 0 to 1, rising with suspicion, the same scale for both heads: a quarter for each power of ten
  /// by which benign texts get rarer. 0.5: one benign text in a hundred scores so high; 0.75: one
  /// in a thousand; 0: most do.
  double score = 0;
  /// The estimated share of benign texts that score at least as high (1 down to 0.0001).
  double false_positive_rate = 1;
  /// The raw output of the head, before calibration. For the trainer and its bench.
  double logit = 0;
  /// The part of the text that counted most: bytes of the text given, ending at a character.
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct ClassifierModel;

/// A loaded model. Immutable: any thread may classify.
class Classifier {
 public:
  /// Reads a model file (format: model.h) and copies what it needs. Errors: kMalformed with
  /// the offset for anything that is not exactly such a file, kUnsupported for another version.
  static Result<Classifier> load(ByteView file);
  /// The model that is part of the program; loaded at the first call. Any thread.
  static const Classifier& embedded();
  /// Its file, for digests and copies.
  static ByteView embedded_file();

  /// Scores one view of a text (canonical text, or a decoded one: lower case is not needed,
  /// invalid UTF-8 does no harm). Linear time, about 10 us a KB; constant memory, no allocation.
  Classification classify(std::string_view text, Channel channel) const;

  /// "2026-11-24": when it was trained, and until when its figures should be trusted.
  const std::string& trained_on() const;
  const std::string& expires_on() const;
  /// Names the model: 16 hexadecimal digits, a checksum of its file.
  const std::string& digest() const;

 private:
  explicit Classifier(std::shared_ptr<const ClassifierModel> model) : model_(std::move(model)) {}
  std::shared_ptr<const ClassifierModel> model_;
};

}  // namespace saiph::match
