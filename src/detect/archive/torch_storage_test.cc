// Tensor storages of a PyTorch archive against what its pickle says of them.
#include <gtest/gtest.h>

#include <string>

#include "codec/zip/zip_test_builder.h"
#include "detect/archive/inspect_archive.h"
#include "detect/contract/recording_inspection_for_test.h"
#include "formats/pickle/pickle_assembler_for_test.h"

namespace saiph::detect {
namespace {

RecordingInspection archive_with(unsigned claimed_floats, const std::string& storage) {
  const Bytes pickle = formats::PickleAssembler(2)
                           .mark()
                           .long_text("storage")
                           .global("torch", "FloatStorage")
                           .long_text("0")
                           .long_text("cpu")
                           .integer(claimed_floats)
                           .tuple()
                           .op('Q')
                           .stop()
                           .bytes();
  RecordingInspection inspection(
      codec::testing::build(
          {.members = {{.name = "m/data.pkl", .data = std::string(as_text(pickle))},
                       {.name = "m/version", .data = "3\n"},
                       {.name = "m/data/0", .data = storage}}}),
      "model.pt");
  inspection.types_ = {formats::FormatId::kZip};
  inspect_zip(inspection);
  return inspection;
}

TEST(TorchStorage, CVE_2026_24747_ShorterThanThePickleSays) {
  EXPECT_TRUE(archive_with(1, std::string(4, '\1')).stated.empty());
  EXPECT_TRUE(archive_with(2, std::string(4, '\1')).has("torch-storage-size"));
  EXPECT_TRUE(archive_with(0x7FFFFFFF, std::string(4, '\1')).has("torch-storage-size"));
}

}  // namespace
}  // namespace saiph::detect
