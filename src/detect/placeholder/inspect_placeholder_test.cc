#include "detect/placeholder/inspect_placeholder.h"

#include <gtest/gtest.h>

#include "detect/contract/recording_inspection_for_test.h"

namespace saiph::detect {
namespace {

RecordingInspection make(std::string_view text, std::string name) {
  return RecordingInspection(Bytes(text.begin(), text.end()), std::move(name));
}

TEST(InspectPlaceholder, GitLfsPointerIsNotDownloaded) {
  RecordingInspection inspection =
      make("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
           "model.safetensors");
  inspect_git_lfs_pointer(inspection);
  ASSERT_EQ(inspection.incompletes.size(), 1U);
  EXPECT_EQ(inspection.incompletes[0].code, "not-downloaded");
  ASSERT_EQ(inspection.stated.size(), 1U);
  EXPECT_EQ(inspection.stated[0].severity(), Severity::kInfo);
  EXPECT_NE(inspection.stated[0].draft.detail.find("sha256:4d7a"), std::string::npos);
}

TEST(InspectPlaceholder, APointerWithMoreBehindItIsMalformed) {
  RecordingInspection inspection =
      make("version https://git-lfs.github.com/spec/v1\n" + std::string(5000, 'x'), "model.bin");
  inspect_git_lfs_pointer(inspection);
  EXPECT_EQ(inspection.incompletes.size(), 2U);
}

TEST(InspectPlaceholder, EmptyFilesAreIncompleteUnlessTheyMeanSomething) {
  for (const char* name :
       {"__init__.py", "py.typed", ".gitkeep", ".nojekyll", "poetry.lock", "model.zip!d/x"}) {
    RecordingInspection inspection = make("", name);
    inspect_empty(inspection);
    EXPECT_TRUE(inspection.incompletes.empty()) << name;
  }
  for (const char* name : {"model.safetensors", "config.json", "weights.bin"}) {
    RecordingInspection inspection = make("", name);
    inspect_empty(inspection);
    EXPECT_EQ(inspection.incompletes.size(), 1U) << name;
  }
}

TEST(InspectPlaceholder, TextsUnderTheNameOfAModelAreNotTheModel) {
  using formats::FormatId;
  const struct {
    const char* name;
    FormatId type;
    bool incomplete;
  } cases[] = {
      {"model.safetensors", FormatId::kText, true},
      {"pytorch_model-00001-of-00002.bin", FormatId::kText, true},
      {"model.pt", FormatId::kJson, true},
      {"model.tar.gz", FormatId::kText, true},
      {"model.pkl", FormatId::kPickle, false},
      {"model.safetensors", FormatId::kUnknown, false},  // the engine says that
      {"notes.bin", FormatId::kText, false},
      {"site.pth", FormatId::kText, false},
  };
  for (const auto& c : cases) {
    RecordingInspection inspection = make("Entry not found", c.name);
    inspection.types_ = {c.type};
    inspect_partial_download(inspection);
    EXPECT_EQ(!inspection.incompletes.empty(), c.incomplete) << c.name;
  }
}

TEST(InspectPlaceholder, UnfinishedDownloads) {
  for (const char* name : {"x.incomplete", "model.bin.part", "model.crdownload"}) {
    RecordingInspection inspection = make("abc", name);
    inspect_partial_download(inspection);
    EXPECT_EQ(inspection.incompletes.size(), 1U) << name;
  }
  RecordingInspection inspection = make("abc", "model.bin");
  inspect_partial_download(inspection);
  EXPECT_TRUE(inspection.incompletes.empty());
  inspection.files["model.bin.aria2"] = {1};
  inspect_partial_download(inspection);
  EXPECT_EQ(inspection.incompletes.size(), 1U);
}

}  // namespace
}  // namespace saiph::detect
