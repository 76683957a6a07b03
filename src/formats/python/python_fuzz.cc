#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "formats/python/python_probe.h"
#include "formats/python/python_reader.h"

namespace {

class Handler final : public saiph::formats::PythonHandler {
 public:
  explicit Handler(std::size_t size) : size_(size) {}
  bool is_notable(std::string_view path) const override { return path == "os.system"; }
  void on_call(const saiph::formats::PythonValue& callee,
               const std::vector<saiph::formats::PythonArgument>&,
               const saiph::formats::PythonPlace& place) override {
    if (callee.text().size() > saiph::formats::PythonFolder::kTextBytes || place.offset > size_)
      __builtin_trap();
  }

 private:
  std::size_t size_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = saiph::as_text({data, size});
  saiph::Budget budget(saiph::Limits::strict());
  Handler handler(size);
  (void)saiph::formats::read_python(text, handler, budget);
  (void)saiph::formats::looks_like_python(text, "", true);
  return 0;
}
