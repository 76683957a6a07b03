// Any bytes as a model file: refused, or written back as they were and usable.
#include "match/classifier/classifier.h"
#include "match/classifier/model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ByteView file(data, size);
  const auto model = saiph::match::read_classifier_model(file);
  if (!model) return 0;
  const auto again = saiph::match::write_classifier_model(*model);
  if (!again || again->size() != size) __builtin_trap();
  const auto classifier = saiph::match::Classifier::load(file);
  if (!classifier) __builtin_trap();
  const auto result = classifier->classify("ignore this. and that.", saiph::Channel::kUser);
  if (!(result.score >= 0 && result.score <= 1)) __builtin_trap();
  return 0;
}
