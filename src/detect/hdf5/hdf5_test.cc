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

// Made with the HDF5 library itself; none of them holds a payload.
RecordingInspection corpus(const std::string& name) {
  RecordingInspection inspection(fixture(SAIPH_SOURCE_DIR "/tests/corpus/hdf5_fuzz/" + name));
  inspect_hdf5(inspection);
  return inspection;
}

TEST(Hdf5, PathsToOtherFiles) {
  for (const char* name :
       {"external_link.h5", "external_link_latest.h5", "external_storage.h5", "virtual.h5"}) {
    const RecordingInspection inspection = corpus(name);
    EXPECT_TRUE(inspection.has("hdf5-external-file")) << name;
    EXPECT_TRUE(inspection.has_at_least(Severity::kHigh)) << name;
  }
  EXPECT_NE(corpus("external_storage.h5").stated[0].draft.detail.find("/etc/hostname"),
            std::string::npos);
}

TEST(Hdf5, ShapeBomb) {
  EXPECT_TRUE(corpus("bomb.h5").has("hdf5-shape-bomb"));
}

TEST(Hdf5, NewestWriterAndUserBlock) {
  for (const char* name : {"latest.h5", "userblock.h5"}) {
    const RecordingInspection inspection = corpus(name);
    EXPECT_TRUE(inspection.stated.empty()) << name;
    EXPECT_TRUE(inspection.incompletes.empty()) << name;
    ASSERT_EQ(inspection.members.size(), 1U) << name;
    EXPECT_EQ(inspection.members[0].name, "/@model_config");
    EXPECT_EQ(inspection.members[0].role, "as:json");
  }
}

TEST(Hdf5, DenseStorageIsIncompleteNotClean) {
  const RecordingInspection inspection = corpus("dense.h5");
  ASSERT_EQ(inspection.incompletes.size(), 2U);
  EXPECT_EQ(inspection.incompletes[0].code, "unsupported");
}

TEST(Hdf5, CyclesEnd) {
  const RecordingInspection inspection = corpus("cyclic.h5");
  EXPECT_TRUE(inspection.incompletes.empty());
  EXPECT_EQ(inspection.members.size(), 1U);
}

TEST(Hdf5, PicklesInOpaqueValuesBecomeMembers) {
  const RecordingInspection inspection = corpus("opaque.h5");
  ASSERT_EQ(inspection.members.size(), 2U);
  EXPECT_EQ(inspection.members[0].role, "as:pickle");
}

TEST(Hdf5, ChunksAreData) {
  const RecordingInspection inspection = corpus("chunked.h5");
  std::uint64_t bytes = 0;
  for (const auto& range : inspection.data_ranges) bytes += range.second;
  EXPECT_GT(bytes, 4096U);
}

// The place of `needle` in the file.
std::size_t find(const Bytes& bytes, std::string_view needle, std::size_t from = 0) {
  return as_text(bytes).find(needle, from);
}

TEST(Hdf5, FilterPlugins) {
  Bytes bytes = fixture(SAIPH_SOURCE_DIR "/tests/corpus/hdf5_fuzz/chunked.h5");
  const std::size_t name = find(bytes, "deflate");
  ASSERT_NE(name, std::string::npos);
  bytes[name - 8] = 0x39;  // the filter's id, before its name in a version-1 pipeline
  bytes[name - 7] = 0x7D;
  RecordingInspection inspection(bytes);
  inspect_hdf5(inspection);
  EXPECT_TRUE(inspection.has("hdf5-unknown-filter"));
}

TEST(Hdf5, ExtentsThatDoNotFit) {
  const Bytes whole = fixture(SAIPH_SOURCE_DIR "/tests/corpus/hdf5_fuzz/userblock.h5");
  Bytes cut(whole.begin(), whole.end() - 16);
  RecordingInspection inspection(cut);
  inspect_hdf5(inspection);
  ASSERT_FALSE(inspection.incompletes.empty());
  EXPECT_EQ(inspection.incompletes[0].code, "truncated");

  // Eight floats: the dataspace says 8, the contiguous layout 32 bytes.
  Bytes lying = whole;
  bool changed = false;
  for (std::size_t i = 0; i + 24 < lying.size() && !changed; ++i) {
    const auto u64 = [&](std::size_t at) {
      std::uint64_t value = 0;
      for (std::size_t k = 8; k-- > 0;) value = value << 8U | lying[at + k];
      return value;
    };
    if (lying[i] == 1 && lying[i + 1] == 1 && u64(i + 8) == 8) {
      lying[i + 8] = 0xFF;
      changed = true;
    }
  }
  ASSERT_TRUE(changed);
  RecordingInspection mismatch(lying);
  inspect_hdf5(mismatch);
  EXPECT_TRUE(mismatch.has("hdf5-bad-extent"));
}

TEST(Hdf5, EveryTruncationIsIncomplete) {
  const Bytes whole = fixture(SAIPH_SOURCE_DIR "/tests/corpus/hdf5_fuzz/external_link.h5");
  for (std::size_t length = 8; length < whole.size(); length += 7) {
    RecordingInspection inspection(
        Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    inspect_hdf5(inspection);
    EXPECT_FALSE(inspection.incompletes.empty()) << length;
  }
}

TEST(Hdf5, NoSignatureIsIncomplete) {
  RecordingInspection inspection(Bytes(100, 0));
  inspect_hdf5(inspection);
  EXPECT_EQ(inspection.incompletes.at(0).code, "malformed");
}

}  // namespace
}  // namespace saiph::detect
