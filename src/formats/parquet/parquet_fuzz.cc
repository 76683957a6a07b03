// Any bytes as a file; and, so that pages are reached, any bytes behind a valid frame.
#include "formats/parquet/parquet.h"

namespace {

void read(saiph::ByteView bytes) {
  saiph::Limits limits = saiph::Limits::strict();
  limits.inflated_bytes = 8U << 20;
  limits.work_units = 1U << 24;
  saiph::Budget budget(limits);
  const saiph::ViewSource source(bytes);
  const auto outcome = saiph::formats::parse_parquet(source, budget);
  saiph::formats::ParquetPageReader pages;
  std::string scratch;
  for (const auto& chunk : outcome.view.chunks) {
    const auto& column = outcome.view.columns[chunk.column];
    const auto status = pages.read(source, outcome.view, chunk, true, budget,
                                   [&](const saiph::formats::ParquetPage& page) {
                                     if (column.type >= saiph::formats::ParquetType::kByteArray)
                                       static_cast<void>(saiph::formats::each_byte_array(
                                           page, column, budget, scratch, [](std::string_view) {}));
                                   });
    static_cast<void>(status.has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ByteView bytes(data, size);
  read(bytes);
  if (size < 2) return 0;
  // The first two bytes say how much of the rest is footer.
  const std::size_t body = size - 2;
  const std::size_t footer = (std::size_t{data[0]} | std::size_t{data[1]} << 8) % (body + 1);
  saiph::Bytes framed = {'P', 'A', 'R', '1'};
  framed.insert(framed.end(), bytes.begin() + 2, bytes.end());
  for (unsigned shift = 0; shift < 32; shift += 8)
    framed.push_back(static_cast<std::uint8_t>(footer >> shift));
  for (const char c : {'P', 'A', 'R', '1'}) framed.push_back(static_cast<std::uint8_t>(c));
  read(framed);
  return 0;
}
