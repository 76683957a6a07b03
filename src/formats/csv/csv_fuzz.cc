// Any bytes: the reader ends, hands on bounded fields, and cutting the source into windows changes
// nothing (a contiguous source is one window, the other is read in steps).
#include <cstdlib>

#include "formats/csv/csv.h"

namespace {

struct Sum final : saiph::formats::CsvHandler {
  void on_field(std::string_view value, std::uint64_t offset, std::uint64_t row,
                std::uint64_t column) override {
    if (value.size() > saiph::formats::kFieldBytes) std::abort();
    for (const char c : value) mix(static_cast<std::uint8_t>(c));
    mix(offset);
    mix(row * 31 + column);
  }
  void on_row(std::uint64_t fields, std::uint64_t row, std::uint64_t offset) override {
    mix(fields ^ row ^ offset);
  }
  void mix(std::uint64_t value) { hash = (hash ^ value) * 0x100000001B3ULL; }
  std::uint64_t hash = 1;
};

/// Not contiguous.
class Far final : public saiph::ByteSource {
 public:
  explicit Far(saiph::ByteView bytes) : view_(bytes) {}
  std::uint64_t size() const override { return view_.size(); }
  saiph::Result<std::size_t> read_at(std::uint64_t offset,
                                     saiph::MutableByteView out) const override {
    return view_.read_at(offset, out);
  }

 private:
  saiph::ViewSource view_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ByteView bytes(data, size);
  Sum near;
  Sum far;
  saiph::Budget first(saiph::Limits::strict());
  saiph::Budget second(saiph::Limits::strict());
  const auto a = saiph::formats::read_csv(saiph::ViewSource(bytes), near, first);
  const auto b = saiph::formats::read_csv(Far(bytes), far, second);
  if (a.has_value() != b.has_value() || near.hash != far.hash) std::abort();
  return 0;
}
