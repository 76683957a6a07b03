#include <cstddef>
#include <cstdint>

#include "base/byte_source.h"
#include "formats/text_proto/text_fields.h"

namespace {

class Ignore final : public saiph::formats::TextFieldHandler {
 public:
  void on_string(std::string_view /*key*/, std::string_view /*value*/,
                 std::uint64_t /*offset*/) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ViewSource source(saiph::ByteView(data, size));
  saiph::Budget budget(saiph::Limits::strict());
  Ignore handler;
  (void)saiph::formats::read_text_fields(source, handler, budget);
  return 0;
}
