#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/hdf5/inspect_hdf5.h"

namespace saiph::detect {
namespace {

Bytes fixture(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

TEST(Hdf5, FilesOfKerasAreQuiet) {
  std::size_t seen = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(SAIPH_SOURCE_DIR "/tests/fixtures/benign/keras")) {
    if (entry.path().extension() != ".h5") continue;
    RecordingInspection inspection(fixture(entry.path()));
    inspect_hdf5(inspection);
    for (const auto& stated : inspection.stated)
      ADD_FAILURE() << entry.path() << stated.rule->id << stated.draft.detail;
    for (const auto& reason : inspection.incompletes)
      ADD_FAILURE() << entry.path() << reason.message;
    EXPECT_FALSE(inspection.data_ranges.empty());
    const bool whole = entry.path().string().find("weights") == std::string::npos;
    const auto configuration =
        std::find_if(inspection.members.begin(), inspection.members.end(),
                     [](const MemberDraft& m) { return m.name == "/@model_config"; });
    EXPECT_EQ(configuration != inspection.members.end(), whole) << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 4U);
}

}  // namespace
}  // namespace saiph::detect
