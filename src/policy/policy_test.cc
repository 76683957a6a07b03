#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "policy/baseline.h"
#include "policy/fingerprint.h"
#include "policy/scan_policy.h"
#include "policy/suppressions.h"

namespace saiph::policy {
namespace {

using std::chrono::year_month_day;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::array<std::string_view, 1> kReferences = {"CWE-502"};
constexpr Rule kCall = {
    "denied-callable", "Calls", Severity::kCritical, Maturity::kStable, "m", "r", kReferences};
constexpr Rule kOdd = {"odd-header", "Odd", Severity::kMedium, Maturity::kStable,
                       "m",          "r",   kReferences};
constexpr std::array<const Rule*, 2> kRules = {&kCall, &kOdd};
const year_month_day kToday = std::chrono::year(2026) / 11 / 23;
const std::string kDigestText = "sha256:" + std::string(64, 'a');

FileReport report() {
  FileReport out;
  out.path = "models/a.pt";
  out.digest = Digest::parse(kDigestText);
  for (const Rule* rule : kRules) {
    Finding finding;
    finding.rule = rule;
    finding.severity = rule->severity;
    finding.location = {"models/a.pt!data.pkl", 7, {}, "here"};
    finding.detail = "calls os.system";
    finding.excerpt = "os.system";
    out.findings.push_back(finding);
  }
  return out;
}

Result<ScanPolicy> policy_of(std::string_view text) {
  return parse_policy(as_bytes(text), "p.toml", kRules);
}

Result<Suppressions> suppressions_of(std::string_view text) {
  return parse_suppressions(as_bytes(text), "s.toml", kRules, kToday);
}

TEST(Policy, EveryKey) {
  const auto policy = policy_of(R"(
fail_on = "medium"
allow_incomplete = true
[severity]
odd-header = "low"
denied-callable = "off"
[trust]
modules = ["mylib", "other.part"]
classes = ["mylib.model.Net"]
[limits]
depth = 3
memory_bytes = "8M"
wall_time = "30s"
)");
  ASSERT_TRUE(policy.has_value()) << policy.error().message();
  EXPECT_EQ(policy->fail_on, Severity::kMedium);
  EXPECT_EQ(policy->allow_incomplete, true);
  EXPECT_THAT(policy->trusted_modules, ElementsAre("mylib", "other.part"));
  EXPECT_THAT(policy->trusted_classes, ElementsAre("mylib.model.Net"));
  Limits limits;
  for (const LimitSetting& setting : policy->limits) ASSERT_TRUE(set_limit(limits, setting));
  EXPECT_EQ(limits.depth, 3U);
  EXPECT_EQ(limits.memory_bytes, 8U << 20);
  EXPECT_EQ(limits.wall_time.count(), 30'000);

  FileReport row = report();
  policy->apply(row);
  EXPECT_EQ(row.findings[0].suppressed_by, "policy p.toml: rule is off");
  EXPECT_EQ(row.findings[0].severity, Severity::kCritical);
  EXPECT_EQ(row.findings[1].severity, Severity::kLow);
  EXPECT_EQ(row.findings[1].suppressed_by, "");
}

TEST(Policy, AnEmptyFileChangesNothing) {
  const auto policy = policy_of("");
  ASSERT_TRUE(policy.has_value());
  FileReport row = report();
  policy->apply(row);
  EXPECT_EQ(row.findings[1].severity, Severity::kMedium);
}

TEST(Policy, WrongFilesSayWhatWhereAndWhatToDo) {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {"fail-on = \"high\"\n",
       "p.toml:1:1: \"fail-on\" is not a known key here; did you mean \"fail_on\"?"},
      {"\nfail_on = \"hihg\"\n", "p.toml:2:11: \"hihg\" is not a severity; did you mean \"high\"?"},
      {"fail_on = 3\n", "p.toml:1:11: fail_on must be a string, not a whole number"},
      {"[severity]\nodd-heder = \"low\"\n",
       "p.toml:2:1: there is no rule \"odd-heder\"; did you mean \"odd-header\"?"},
      {"[severity]\nsomething-else-entirely = \"low\"\n", "`saiph rules` lists all"},
      {"[severity]\nodd-header = \"none\"\n",
       "p.toml:2:14: \"none\" is not a severity or off; known are off, info, low, medium, high, "
       "critical"},
      {"[trust]\nmodules = [\"my*\"]\n", "p.toml:2:12: a module is written"},
      {"[trust]\nclasses = [\"Net\"]\n", "p.toml:2:12: a class is written \"module.Name\""},
      {"[trust]\nmodules = [\"a..b\"]\n", "p.toml:2:12:"},
      {"[trust]\nmodules = \"a\"\n", "p.toml:2:11: modules must be an array, not a string"},
      {"[limits]\ndepht = 3\n", "did you mean \"depth\"?"},
      {"[limits]\nwall_time = 30\n", "p.toml:2:13: wall_time must be a duration in quotes"},
      {"[limits]\nmemory_bytes = \"8Q\"\n", "p.toml:2:16: \"8Q\" is not a size"},
      {"[limits]\nmembers = 0\n", "p.toml:2:11: members must be at least 1"},
      {"[limits]\nmembers = -1\n", "must be a whole number"},
      {"[limits]\ndepth = 99999999999\n", "depth may be at most"},
      {"limits = 3\n", "limits must be a table"},
      {"fail_on = \"high\"\nfail_on = \"low\"\n", "p.toml:2:"},
      {"fail_on = high\n", "not valid TOML"}};
  for (const Row& row : rows) {
    const auto policy = policy_of(row.text);
    ASSERT_FALSE(policy.has_value()) << row.text;
    EXPECT_THAT(policy.error().message(), HasSubstr(row.message)) << row.text;
  }
}

TEST(Suppressions, CoverByDigestPathAndPart) {
  struct Row {
    std::string keys;
    bool covers;
  };
  const Row rows[] = {{"digest = \"" + kDigestText + "\"", true},
                      {"digest = \"sha256:" + std::string(64, 'b') + "\"", false},
                      {"path = \"models/*.pt\"", true},
                      {"path = \"*.pt\"", true},
                      {"path = \"other/*.pt\"", false},
                      {"path = \"*.pt\"\npart = \"here\"", true},
                      {"path = \"*.pt\"\npart = \"there\"", false}};
  for (const Row& row : rows) {
    auto suppressions = suppressions_of(
        "[[suppress]]\nrule = \"denied-callable\"\nreason = \"reviewed\"\nexpires = "
        "2026-11-23\n" +
        row.keys + "\n");
    ASSERT_TRUE(suppressions.has_value()) << suppressions.error().message();
    FileReport file = report();
    suppressions->apply(file);
    EXPECT_EQ(file.findings[0].suppressed_by,
              row.covers ? "reviewed (s.toml, until 2026-11-23)" : "")
        << row.keys;
    EXPECT_EQ(file.findings[1].suppressed_by, "");
    EXPECT_EQ(suppressions->unused().size(), row.covers ? 0U : 1U);
    FileReport without = report();
    without.digest.reset();
    suppressions->apply(without);
    if (row.keys.starts_with("digest")) {
      EXPECT_EQ(without.findings[0].suppressed_by, "");
      EXPECT_TRUE(suppressions->needs_digests());
    }
  }
}

TEST(Suppressions, ExpiredOnesAreNamedAndDoNotApply) {
  auto suppressions = suppressions_of(R"(
[[suppress]]
rule = "denied-callable"
path = "*.pt"
reason = "old"
expires = 2026-11-22
[[suppress]]
rule = "odd-header"
path = "*.pt"
reason = "for ever"
expires = "never"
)");
  ASSERT_TRUE(suppressions.has_value()) << suppressions.error().message();
  FileReport file = report();
  suppressions->apply(file);
  EXPECT_EQ(file.findings[0].suppressed_by, "");
  EXPECT_EQ(file.findings[1].suppressed_by, "for ever (s.toml, without expiry)");
  EXPECT_THAT(suppressions->expired(),
              ElementsAre("s.toml:2: the suppression of denied-callable expired on 2026-11-22 and "
                          "does not apply; look at the finding again, then renew or remove it"));
  EXPECT_TRUE(suppressions->unused().empty());
}

TEST(Suppressions, WrongFilesSayWhatWhereAndWhatToDo) {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {"[suppress]\nrule = \"odd-header\"\n",
       "s.toml:1:2: each suppression is headed [[suppress]], with two brackets"},
      {"[[suppres]]\nrule = \"odd-header\"\n", "did you mean \"suppress\"?"},
      {"[[suppress]]\npath = \"x\"\n", "s.toml:1:1: rule is missing"},
      {"[[suppress]]\nrule = \"odd-hedder\"\n",
       "s.toml:2:8: there is no rule \"odd-hedder\"; did you mean \"odd-header\"?"},
      {"[[suppress]]\nrule = \"odd-header\"\nreason = \"r\"\nexpires = \"never\"\n",
       "s.toml:1:1: digest or path is missing"},
      {"[[suppress]]\nrule = \"odd-header\"\npath = \"x\"\nexpires = \"never\"\n",
       "s.toml:1:1: reason is missing"},
      {"[[suppress]]\nrule = \"odd-header\"\npath = \"x\"\nreason = \" \"\nexpires = \"never\"\n",
       "s.toml:4:10: reason is empty"},
      {"[[suppress]]\nrule = \"odd-header\"\npath = \"x\"\nreason = \"r\"\n",
       "s.toml:1:1: expires is missing"},
      {"[[suppress]]\nrule = \"odd-header\"\npath = \"x\"\nreason = \"r\"\nexpires = "
       "\"2027-01-01\"\n",
       "s.toml:5:11: expires must be a date without quotes"},
      {"[[suppress]]\nrule = \"odd-header\"\npath = \"x\"\nreason = \"r\"\nexpires = 2077-01-01\n",
       "write \"never\" if that is meant"},
      {"[[suppress]]\nrule = \"odd-header\"\ndigest = \"abc\"\n",
       "s.toml:3:10: digest must be \"sha256:\" and 64 hexadecimal digits"},
      {"[[suppress]]\nrule = \"odd-header\"\nfile = \"x\"\n",
       "s.toml:3:1: \"file\" is not a known key here"},
      {"suppress = [1]\n", "each suppression is a table"},
      {"suppress = 1\n", "with two brackets"}};
  for (const Row& row : rows) {
    const auto suppressions = suppressions_of(row.text);
    ASSERT_FALSE(suppressions.has_value()) << row.text;
    EXPECT_THAT(suppressions.error().message(), HasSubstr(row.message)) << row.text;
  }
}

TEST(Fingerprint, FollowsTheBytesAndNotTheName) {
  FileReport first = report();
  FileReport moved = report();
  moved.path = "elsewhere/b.pt";
  for (Finding& finding : moved.findings) finding.location.path = "elsewhere/b.pt!data.pkl";
  FileReport shifted = report();
  shifted.findings[0].location.offset = 99;
  FileReport changed = report();
  changed.digest = Digest::parse(std::string(64, 'b'));
  FileReport other = report();
  other.findings[0].detail = "calls os.popen";
  FileReport unknown = report();
  unknown.digest.reset();
  for (FileReport* row : {&first, &moved, &shifted, &changed, &other, &unknown}) {
    ASSERT_TRUE(stamp_fingerprints(*row).has_value());
  }
  const std::string& mark = first.findings[0].fingerprint;
  EXPECT_TRUE(Digest::parse(mark).has_value());
  EXPECT_EQ(moved.findings[0].fingerprint, mark);
  EXPECT_EQ(shifted.findings[0].fingerprint, mark);
  EXPECT_NE(changed.findings[0].fingerprint, mark);
  EXPECT_NE(other.findings[0].fingerprint, mark);
  EXPECT_NE(unknown.findings[0].fingerprint, mark);
  EXPECT_NE(first.findings[1].fingerprint, mark);
}

Result<Baseline> baseline_of(std::string_view text) {
  Budget budget(Limits::strict());
  return load_baseline(ViewSource(as_bytes(text)), "b.json", budget);
}

TEST(Baseline, ReadsJsonAndJsonLinesAndMarksWhatItKnows) {
  FileReport row = report();
  ASSERT_TRUE(stamp_fingerprints(row).has_value());
  const std::string mark = row.findings[0].fingerprint;
  const std::string files = R"({"path":"x","findings":[{"fingerprint":")" + mark +
                            R"(","location":{"fingerprint":"no"}},{"rule":"without"}]})";
  const std::string json = R"({"format":"saiph-scan-report","format_version":1,"files":[)" + files +
                           R"(],"summary":{}})";
  const std::string lines =
      files + "\n" + R"({"summary":{"format":"saiph-scan-report","format_version":1}})" + "\n";
  for (const std::string& text : {json, lines}) {
    const auto baseline = baseline_of(text);
    ASSERT_TRUE(baseline.has_value()) << baseline.error().message();
    EXPECT_EQ(baseline->size(), 1U);
    FileReport next = row;
    baseline->apply(next);
    EXPECT_EQ(next.findings[0].suppressed_by, "baseline b.json");
    EXPECT_EQ(next.findings[1].suppressed_by, "");
  }
}

TEST(Baseline, WhatIsNoReportIsRefused) {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {{"", "b.json: not a complete report"},
                      {"{}", "b.json: not a complete report"},
                      {"{\"path\":\"x\",\"findings\":[]}\n", "not a complete report"},
                      {"{\"files\":[", "b.json: not a readable report"},
                      {"PK\x03\x04", "b.json: not a readable report"},
                      {"{\"format\":\"saiph-scan-report\",\"format_version\":2}", "version \"2\""},
                      {"{\"findings\":[{\"fingerprint\":\"abc\"}]}", "not a fingerprint"}};
  for (const Row& row : rows) {
    const auto baseline = baseline_of(row.text);
    ASSERT_FALSE(baseline.has_value()) << row.text;
    EXPECT_THAT(baseline.error().message(), HasSubstr(row.message)) << row.text;
  }
}

TEST(Baseline, FindingsBeyondTheMemoryLimitAreRefused) {
  std::string text = R"({"format":"saiph-scan-report","format_version":1,"findings":[)";
  for (int i = 0; i < 100; ++i) {
    text += (i == 0 ? "" : ",") + std::string("{\"fingerprint\":\"") + std::string(64, 'a') + "\"}";
  }
  text += "]}";
  Limits limits;
  limits.memory_bytes = 32 * 50;
  Budget budget(limits);
  const auto baseline = load_baseline(ViewSource(as_bytes(text)), "b.json", budget);
  ASSERT_FALSE(baseline.has_value());
  EXPECT_EQ(baseline.error().code(), ErrorCode::kLimit);
}

}  // namespace
}  // namespace saiph::policy
