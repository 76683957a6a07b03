#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "formats/jinja/jinja.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saiph::Budget budget(saiph::Limits::strict());
  const std::string_view text = saiph::as_text({data, size});
  const auto parsed = saiph::formats::parse_jinja(text, budget);
  if (!parsed) return 0;
  for (std::size_t i = 0; i < parsed->nodes.size(); ++i) {
    const auto& node = parsed->nodes[i];
    // Children before parents, and every index inside.
    if (node.first_child != 0 && node.first_child >= i) __builtin_trap();
    if (node.next_sibling >= parsed->nodes.size() || node.text >= parsed->texts.size())
      __builtin_trap();
  }
  return 0;
}
