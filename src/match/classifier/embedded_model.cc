// catalogue/text/model.bin as part of the program. The assembler takes the file in: half a megabyte
// as a C++ literal would cost the compiler seconds.
#include "match/classifier/classifier.h"

asm(R"(
  .section .rodata
  .balign 16
  .globl saiph_text_model_begin
  .type saiph_text_model_begin, @object
saiph_text_model_begin:
  .incbin ")" SAIPH_TEXT_MODEL R"("
  .globl saiph_text_model_end
  .type saiph_text_model_end, @object
saiph_text_model_end:
  .byte 0
  .previous
)");

// NOLINTBEGIN(modernize-avoid-c-arrays, readability-identifier-naming): symbols of the assembler
extern "C" {
extern const std::uint8_t saiph_text_model_begin[];
extern const std::uint8_t saiph_text_model_end[];
}
// NOLINTEND(modernize-avoid-c-arrays, readability-identifier-naming)

namespace saiph::match {

ByteView Classifier::embedded_file() {
  const std::uint8_t* begin = saiph_text_model_begin;
  const std::uint8_t* end = saiph_text_model_end;
  return {begin, end};
}

const Classifier& Classifier::embedded() {
  // The file is part of the program and read back by every build's tests.
  static const Classifier loaded = [] {
    auto model = load(embedded_file());
    if (!model) __builtin_trap();
    return std::move(*model);
  }();
  return loaded;
}

}  // namespace saiph::match
