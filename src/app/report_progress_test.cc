#include "app/report_progress.h"

#include <gtest/gtest.h>

#include <string>

namespace saiph::app {
namespace {

TEST(ReportProgress, CountsRowsHoweverTheyAreCut) {
  const std::string report =
      R"({"format":"saiph-scan-report","program":{"name":"saiph"}})"
      "\n"
      R"({"path":"a","digest":null,"size":10,"reasons":[{"code":"x"}],"findings":[{"rule":"r","location":{"path":"a"}},{"rule":"s","suppressed_by":"known"}]})"
      "\n"
      R"({"path":"b","size":5,"findings":[]})"
      "\n"
      R"({"summary":{"files":2,"bytes":15}})"
      "\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, report.size()}) {
    ReportProgress progress;
    for (std::size_t at = 0; at < report.size(); at += step) {
      progress.take(as_bytes(std::string_view(report).substr(at, step)));
    }
    EXPECT_EQ(progress.files(), 2U);
    EXPECT_EQ(progress.bytes(), 15U);
    EXPECT_EQ(progress.findings(), 1U);
  }
}

TEST(ReportProgress, HostileRowsCostNothing) {
  ReportProgress progress;
  const std::string block(100'000, '[');
  for (int i = 0; i < 50; ++i) progress.take(as_bytes(block));
  progress.take(as_bytes("\n\n{\"path\":1,\"size\":99999999999999999999999}\nnot json\n"));
  EXPECT_EQ(progress.files(), 2U);
  progress.take(as_bytes("{\"path\":1,\"size\":18446744073709551615}\n"));
  EXPECT_EQ(progress.bytes(), UINT64_MAX);
}

}  // namespace
}  // namespace saiph::app
