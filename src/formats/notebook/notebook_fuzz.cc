#include <cstddef>
#include <cstdint>

#include "base/byte_source.h"
#include "formats/notebook/notebook.h"

namespace {

class Handler final : public saiph::formats::NotebookHandler {
 public:
  void on_cell(std::uint32_t number, std::string_view, std::string_view source, bool,
               std::uint64_t) override {
    if (number == 0 || source.size() > (1U << 20)) __builtin_trap();
  }
  void on_output(std::uint32_t cell, std::string_view mime, std::string_view,
                 std::uint64_t) override {
    if (cell == 0 || mime.empty()) __builtin_trap();
  }
  void on_trusted(std::uint32_t, std::uint64_t) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saiph::Budget budget(saiph::Limits::strict());
  Handler handler;
  const saiph::ViewSource source({data, size});
  (void)saiph::formats::read_notebook(source, handler, budget);
  return 0;
}
