#include "control/report_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saiph::control {
namespace {

using testing::HasSubstr;

constexpr std::string_view kEnd = "{\"summary\":{\"files\":1}}\n";

struct Read {
  Status status;
  std::vector<ReportedFile> files;
};

Read read(const std::string& text) {
  Read read;
  read.status = read_report(ViewSource(as_bytes(text)), [&](ReportedFile& file) -> Status {
    read.files.push_back(file);
    return {};
  });
  return read;
}

TEST(ReportRows, KeepWhatTheyHave) {
  const Read all = read(
      "{\"path\":\"m\",\"digest\":null,\"size\":7,\"types\":[\"zip\",\"torch\"],\"verdict\":"
      "\"findings\",\"reasons\":[{\"code\":\"limit\",\"location\":{\"path\":\"wrong\"}}],"
      "\"findings\":[{\"rule\":\"r\",\"severity\":\"low\",\"location\":{\"path\":\"m!x\","
      "\"offset\":5,\"line\":2,\"part\":\"p\"},\"detail\":\"d\",\"excerpt\":\"e\\ud800\",\"title\":"
      "\"t\",\"references\":[\"CWE-1\"],\"fingerprint\":\"f\",\"suppressed_by\":\"s\",\"other\":"
      "{\"rule\":\"wrong\"}}],\"findings_dropped\":3}\n" +
      std::string(kEnd));
  // A lone surrogate is no JSON text.
  EXPECT_FALSE(all.status);
  const Read good = read(
      "{\"path\":\"m\",\"digest\":null,\"size\":7,\"types\":[\"zip\",\"torch\"],\"verdict\":"
      "\"findings\",\"reasons\":[{\"code\":\"limit\",\"location\":{\"path\":\"wrong\"}}],"
      "\"findings\":[{\"rule\":\"r\",\"severity\":\"low\",\"location\":{\"path\":\"m!x\","
      "\"offset\":5,\"line\":2,\"part\":\"p\"},\"detail\":\"d\",\"excerpt\":\"e\",\"title\":"
      "\"t\",\"references\":[\"CWE-1\"],\"fingerprint\":\"f\",\"suppressed_by\":\"s\",\"other\":"
      "{\"rule\":\"wrong\"}}],\"findings_dropped\":3}\n" +
      std::string(kEnd));
  ASSERT_TRUE(good.status) << good.status.error().describe();
  ASSERT_EQ(good.files.size(), 1U);
  const ReportedFile& file = good.files[0];
  EXPECT_EQ(file.path, "m");
  EXPECT_EQ(file.types.size(), 2U);
  EXPECT_EQ(file.reasons, 1U);
  EXPECT_EQ(file.findings_dropped, 3U);
  ASSERT_EQ(file.findings.size(), 1U);
  const ReportedFinding& finding = file.findings[0];
  EXPECT_EQ(finding.rule, "r");
  EXPECT_EQ(finding.severity, Severity::kLow);
  EXPECT_EQ(finding.path, "m!x");
  EXPECT_EQ(finding.offset, 5U);
  EXPECT_EQ(finding.line, 2U);
  EXPECT_EQ(finding.part, "p");
  EXPECT_EQ(finding.suppressed_by, "s");
}

TEST(ReportRows, WhatIsNoReportIsSaid) {
  const std::string row = "{\"path\":\"m\",\"verdict\":\"clean\"}\n";
  const struct {
    std::string text;
    const char* why;
  } cases[] = {
      {"", "no summary"},
      {row, "no summary"},
      {row + "{\"path\":\"n\",\"verd", "truncated"},
      {row + std::string(kEnd.substr(0, kEnd.size() - 1)), "cut off"},
      {row + std::string(kEnd) + row, "goes on"},
      {"[]\n" + std::string(kEnd), "no path or verdict"},
      {"7\n" + std::string(kEnd), "no path or verdict"},
      {"{\"path\":\"m\",\"verdict\":\"harmless\"}\n" + std::string(kEnd), "no path or verdict"},
      {"{\"path\":\"m\",\"path\":\"n\",\"verdict\":\"clean\"}\n" + std::string(kEnd), "twice"},
      {"{\"path\":\"m\",\"verdict\":\"clean\"} \n" + std::string(kEnd), "cut off"},
  };
  for (const auto& bad : cases) {
    const Read all = read(bad.text);
    ASSERT_FALSE(all.status) << bad.text;
    EXPECT_EQ(all.status.error().code(), ErrorCode::kMalformed) << bad.text;
    EXPECT_THAT(all.status.error().describe(), HasSubstr(bad.why)) << bad.text;
  }
  EXPECT_TRUE(read(row + std::string(kEnd)).status);
  // The rows before the damage are there.
  EXPECT_EQ(read(row + "x").files.size(), 1U);
}

TEST(ReportRows, OneRowIsBounded) {
  std::string text = "{\"path\":\"m\",\"verdict\":\"findings\",\"findings\":[";
  const std::string detail(2000, 'd');
  for (int i = 0; i < 20'000; ++i) {
    if (i != 0) text += ',';
    text += "{\"rule\":\"r\",\"severity\":\"odd\",\"detail\":\"" + detail + "\"}";
  }
  text += "]}\n" + std::string(kEnd);
  const Read all = read(text);
  ASSERT_TRUE(all.status) << all.status.error().describe();
  EXPECT_TRUE(all.files[0].cut);
  EXPECT_LT(all.files[0].findings.size(), 2000U);
  EXPECT_GT(all.files[0].findings.size(), 1000U);
  EXPECT_EQ(all.files[0].findings[0].severity, Severity::kCritical);
}

TEST(ReportRows, TheCallerCanStop) {
  const std::string row = "{\"path\":\"m\",\"verdict\":\"clean\"}\n";
  const Status status = read_report(
      ViewSource(as_bytes(row + row + std::string(kEnd))),
      [](ReportedFile&) -> Status { return Error(ErrorCode::kUnavailable, "the disk is full"); });
  EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace saiph::control
