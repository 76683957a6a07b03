#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "formats/yaml/yaml_scan.h"

namespace {

class Handler final : public saiph::formats::YamlHandler {
 public:
  void on_event(const saiph::formats::YamlEvent& event) override {
    total_ += event.key.size() + event.value.size() + event.tag.size();
  }
  std::size_t total() const { return total_; }

 private:
  std::size_t total_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saiph::Budget budget(saiph::Limits::strict());
  Handler handler;
  const std::string_view text = saiph::as_text({data, size});
  (void)saiph::formats::scan_yaml(text, handler, budget);
  (void)saiph::formats::looks_like_yaml(text, "");
  // Every byte is handed out once as a key and once as a value at most; tags grow by their prefix.
  if (handler.total() > 4 * size + 4096 * (size + 1)) __builtin_trap();
  return 0;
}
