// Any bytes as a text, in both heads: a score in range and a window within the
// text.
#include "match/classifier/classifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = saiph::as_text({data, size});
  const auto& classifier = saiph::match::Classifier::embedded();
  for (const auto channel : {saiph::Channel::kUser, saiph::Channel::kDocument}) {
    const auto result = classifier.classify(text, channel);
    if (result.score < 0 || result.score > 1) __builtin_trap();
    if (result.begin > result.end || result.end > size) __builtin_trap();
  }
  return 0;
}
