#include "scan/walker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace saiph::scan {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

class WalkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "saiph-walk-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(root_); }
  void file(const std::string& name) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << "x";
  }
  std::vector<std::string> run(WalkOptions options = {}) {
    std::vector<std::string> out;
    walk({root_.string()}, options, [&](WalkItem item) {
      const std::string relative = item.path.substr(
          root_.string().size() + (item.path.size() > root_.string().size() ? 1 : 0));
      out.push_back(item.problem
                        ? relative + " [" + std::string(error_code_name(item.problem->code())) + "]"
                        : relative);
      return true;
    });
    return out;
  }
  fs::path root_;
};

TEST_F(WalkerTest, EveryFileSortedWithoutRegardToExtension) {
  file("b.pt");
  file("a/z.weird");
  file("a/.hidden");
  file("c");
  EXPECT_THAT(run(), ElementsAre("a/.hidden", "a/z.weird", "b.pt", "c"));
}

TEST_F(WalkerTest, SpecialFilesAndDanglingLinksAreRowsNotGaps) {
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  fs::create_symlink("nowhere", root_ / "link");
  fs::create_symlink("self", root_ / "self");
  EXPECT_THAT(run(), ElementsAre("fifo [unsupported]", "link [not-found]", "self [malformed]"));
}

TEST_F(WalkerTest, FolderLoopEndsAndIsReported) {
  file("a/f");
  fs::create_directory_symlink("..", root_ / "a" / "up");
  EXPECT_THAT(run(), ElementsAre("a/f", "a/up [malformed]"));
}

TEST_F(WalkerTest, ManyWaysToOneFolderStayLinear) {
  // Twelve levels with two links each would be 4096 paths to the last folder.
  for (int i = 0; i < 12; ++i) fs::create_directory(root_ / ("d" + std::to_string(i)));
  for (int i = 0; i + 1 < 12; ++i) {
    const std::string next = "../d" + std::to_string(i + 1);
    fs::create_directory_symlink(next, root_ / ("d" + std::to_string(i)) / "l");
    fs::create_directory_symlink(next, root_ / ("d" + std::to_string(i)) / "r");
  }
  EXPECT_LT(run().size(), 400U);
}

TEST_F(WalkerTest, IncludeAndExclude) {
  file("keep/a.pkl");
  file("keep/b.txt");
  file("drop/c.pkl");
  EXPECT_THAT(run({.include = {"*.pkl"}, .exclude = {}}), ElementsAre("drop/c.pkl", "keep/a.pkl"));
  EXPECT_THAT(run({.include = {"*.pkl"}, .exclude = {"drop"}}), ElementsAre("keep/a.pkl"));
  EXPECT_THAT(run({.include = {}, .exclude = {"keep/*"}}), ElementsAre("drop/c.pkl"));
}

TEST_F(WalkerTest, MissingArgumentIsARow) {
  std::vector<std::string> seen;
  walk({(root_ / "absent").string()}, {}, [&](WalkItem item) {
    EXPECT_TRUE(item.problem);
    seen.push_back(item.path);
    return true;
  });
  EXPECT_EQ(seen.size(), 1U);
}

}  // namespace
}  // namespace saiph::scan
