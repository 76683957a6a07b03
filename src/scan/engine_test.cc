#include "scan/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "scan/service.h"
#include "scan/surroundings.h"

namespace saiph::scan {
namespace {

namespace fs = std::filesystem;
using std::string_view_literals::operator""sv;

FileReport scan_bytes(std::string_view text, EngineOptions options = {}) {
  const ByteView view = as_bytes(text);
  return scan_source(std::make_shared<const MemorySource>(Bytes(view.begin(), view.end())),
                     "artefact", options);
}

class EngineFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "saiph-engine-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string file(const std::string& name, const std::string& content) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
    return (root_ / name).string();
  }
  fs::path root_;
};

TEST(Engine, PlainTextIsClean) {
  const FileReport report = scan_bytes("a plain text of some length\n");
  EXPECT_EQ(report.verdict, Verdict::kClean);
  EXPECT_EQ(report.artefacts, 1U);
  EXPECT_FALSE(report.digest);
}

TEST(Engine, UnknownBytesAreIncompleteNeverClean) {
  const FileReport report = scan_bytes("\x01\x02\x03\xFE\xFF\x00\x00\x07 noise \x02"sv);
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  ASSERT_FALSE(report.reasons.empty());
  EXPECT_EQ(report.reasons[0].code, "unrecognised-format");
}

TEST(Engine, DangerousPickleIsAFindingWithItsDigest) {
  const FileReport report = scan_bytes("cos\nsystem\n(S'true'\ntR.");
  EXPECT_EQ(report.verdict, Verdict::kFindings);
  EXPECT_TRUE(report.digest);
  EngineOptions options;
  options.digest = DigestMode::kNever;
  EXPECT_FALSE(scan_bytes("cos\nsystem\n(S'true'\ntR.", options).digest);
}

TEST(Engine, GHSA_jgw4_cr84_mqxg_PicklesAreKnownByContentNotBySuffix) {
  // os.system with an argument that does nothing, under every name that a loader would open.
  const ByteView view = as_bytes("cos\nsystem\n(S'true'\ntR.");
  for (const char* name : {"model.pkl", "pytorch_model.bin", "model.pt", "model.pth", "model.ckpt",
                           "model.cfg", "weights.safetensors", "model"}) {
    const FileReport report = scan_source(
        std::make_shared<const MemorySource>(Bytes(view.begin(), view.end())), name, {});
    EXPECT_EQ(report.verdict, Verdict::kFindings) << name;
  }
}

TEST(Engine, ModelAudit_1247_AnExhaustedBudgetIsAReason) {
  EngineOptions options;
  options.limits.wall_time = std::chrono::milliseconds(0);
  std::string numbers = "\x80\x02]q\x01(";
  for (int i = 0; i < 300'000; ++i) numbers += "K\x07";
  numbers += "e.";
  const FileReport report = scan_bytes(numbers, options);
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  EXPECT_THAT(report.reasons, ::testing::Contains(::testing::Field(
                                  &IncompleteReason::message, ::testing::HasSubstr("--timeout"))));
}

TEST_F(EngineFileTest, FilesAndTheirProblems) {
  EXPECT_EQ(scan_file(file("a.txt", "text\n"), root_, {}).verdict, Verdict::kClean);
  EXPECT_EQ(scan_file((root_ / "absent").string(), root_, {}).reasons.at(0).code, "not-found");
  EXPECT_EQ(scan_file(root_.string(), root_, {}).reasons.at(0).code, "not-a-regular-file");
}

TEST_F(EngineFileTest, SurroundingsStayInsideTheRoot) {
  const std::string own = file("repo/config.json", "{}");
  file("repo/modeling.py", "x = 1\n");
  file("outside.py", "secret = 1\n");
  fs::create_symlink("../outside.py", root_ / "repo" / "link.py");
  const std::string root = (root_ / "repo").string();
  const FolderSurroundings around(own, root);
  EXPECT_TRUE(around.open("modeling.py"));
  EXPECT_EQ(around.open("../outside.py").error().code(), ErrorCode::kDenied);
  EXPECT_EQ(around.open((root_ / "outside.py").string()).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(around.open("link.py").error().code(), ErrorCode::kDenied);
  EXPECT_EQ(around.open("absent.py").error().code(), ErrorCode::kNotFound);
  std::vector<std::string> names;
  for (const auto& sibling : around.siblings()) names.push_back(sibling.name);
  EXPECT_THAT(names, ::testing::ElementsAre("link.py", "modeling.py"));
}

TEST_F(EngineFileTest, HuggingFaceCacheMayReachItsBlobs) {
  file("models--a--b/blobs/1234", "x = 1\n");
  const std::string own = file("models--a--b/snapshots/abcd/config.json", "{}");
  fs::create_symlink("../../blobs/1234", root_ / "models--a--b/snapshots/abcd/modeling.py");
  const std::string root = (root_ / "models--a--b/snapshots/abcd").string();
  EXPECT_TRUE(FolderSurroundings(own, root).open("modeling.py"));
}

TEST_F(EngineFileTest, ServiceKeepsTheOrderOfTheWalkOnAnyNumberOfThreads) {
  for (int i = 0; i < 200; ++i)
    file("f" + std::to_string(1000 + i), i % 7 == 0 ? "cos\nsystem\n(S'true'\ntR." : "text\n");
  std::vector<std::string> orders;
  for (const unsigned jobs : {1U, 2U, 8U}) {
    ServiceOptions options;
    options.jobs = jobs;
    Progress progress;
    std::string order;
    scan_paths({root_.string()}, options, progress, [&](const FileReport& report) {
      order += report.path + std::string(name_of(report.verdict)) + "\n";
      return true;
    });
    EXPECT_EQ(progress.files.load(), 200U);
    orders.push_back(order);
  }
  EXPECT_EQ(orders[0], orders[1]);
  EXPECT_EQ(orders[0], orders[2]);
}

TEST_F(EngineFileTest, ServiceStopsWhenTheReceiverSaysSo) {
  for (int i = 0; i < 100; ++i) file("f" + std::to_string(1000 + i), "text\n");
  for (const unsigned jobs : {1U, 4U}) {
    ServiceOptions options;
    options.jobs = jobs;
    Progress progress;
    int rows = 0;
    scan_paths({root_.string()}, options, progress, [&](const FileReport&) { return ++rows < 5; });
    EXPECT_EQ(rows, 5);
  }
}

}  // namespace
}  // namespace saiph::scan
