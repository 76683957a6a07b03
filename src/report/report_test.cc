#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/escape.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "report/rule_writer.h"
#include "report/sample_for_test.h"
#include "report/writers.h"

namespace saiph::report {
namespace {

using codec::JsonValue;
using testing::HasSubstr;
using testing::Not;

/// Compares with tests/golden/report/NAME; SAIPH_UPDATE_GOLDEN=1 writes it anew.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(SAIPH_SOURCE_DIR) + "/tests/golden/report/" + name;
  if (std::getenv("SAIPH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file.good()) << path;
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, golden) << name;
}

JsonValue parse(const std::string& text) {
  Budget budget(Limits::strict());
  auto document = codec::load_json(ViewSource(as_bytes(text)), budget);
  EXPECT_TRUE(document.has_value()) << (document ? "" : document.error().describe());
  if (!document) return {};
  EXPECT_TRUE(document->duplicate_keys.empty());
  return document->root;
}

/// No byte of the report is a control character other than line end and tab, and all is UTF-8.
void expect_harmless(const std::string& text, bool own_colours = false) {
  EXPECT_EQ(to_valid_utf8(text), text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0x1b && own_colours) {
      // Only our own: ESC [ digits and semicolons m.
      const std::size_t end = text.find_first_not_of("0123456789;", i + 2);
      ASSERT_NE(end, std::string::npos);
      ASSERT_EQ(text[i + 1], '[');
      ASSERT_EQ(text[end], 'm');
      continue;
    }
    ASSERT_TRUE(byte >= 0x20 || byte == '\n' || byte == '\t') << i;
    ASSERT_NE(byte, 0x7f);
  }
  EXPECT_THAT(text, Not(HasSubstr("\xE2\x80\xAE")));
}

/// Elements open and close in order, attributes are quoted, no bare ampersand or "]]>".
void expect_well_formed(const std::string& text, bool html) {
  std::vector<std::string> open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const std::size_t end = text.find(';', i);
      ASSERT_NE(end, std::string::npos);
      const std::string entity = text.substr(i + 1, end - i - 1);
      EXPECT_THAT(entity, testing::MatchesRegex("amp|lt|gt|quot|#[0-9]+")) << i;
    }
    if (text[i] == '>' && i >= 2) {
      EXPECT_NE(text.substr(i - 2, 3), "]]>");
    }
    if (text[i] != '<') continue;
    std::size_t end = i + 1;
    for (bool quoted = false; end < text.size() && (quoted || text[end] != '>'); ++end) {
      if (text[end] == '"') quoted = !quoted;
      ASSERT_NE(text[end], '<') << text.substr(i, 80);
    }
    ASSERT_LT(end, text.size());
    const std::string tag = text.substr(i + 1, end - i - 1);
    if (tag.starts_with('?') || tag.starts_with('!')) {
      i = end;
    } else if (tag.starts_with('/')) {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), tag.substr(1));
      open.pop_back();
    } else {
      const std::string name = tag.substr(0, tag.find_first_of(" /"));
      const bool empty = tag.ends_with('/') || (html && (name == "meta" || name == "br"));
      if (!empty) open.push_back(name);
      if (name == "style") {
        i = text.find("</style>", end) - 1;
        continue;
      }
    }
    i = end;
  }
  EXPECT_TRUE(open.empty());
}

TEST(Report, GoldenFiles) {
  expect_golden("report.txt", sample::render(Format::kText));
  WriterOptions options;
  options.verbose = true;
  options.colour = true;
  options.width = 60;
  expect_golden("report-verbose-colour.txt", sample::render(Format::kText, options));
  expect_golden("report.json", sample::render(Format::kJson));
  expect_golden("report.jsonl", sample::render(Format::kJsonl));
  expect_golden("report.sarif", sample::render(Format::kSarif));
  expect_golden("report.xml", sample::render(Format::kJunit));
  expect_golden("report.html", sample::render(Format::kHtml));
  for (const Format format : {Format::kText, Format::kJson, Format::kJsonl, Format::kSarif,
                              Format::kJunit, Format::kHtml}) {
    expect_golden(fmt::format("nothing-found.{}", format_name(format)),
                  sample::render_nothing_found(format));
  }
}

TEST(Report, NothingOfInputSurvivesUnescaped) {
  for (const std::string_view name : format_names()) {
    SCOPED_TRACE(name);
    const std::string text = sample::render(*parse_format(name));
    ASSERT_FALSE(text.empty());
    expect_harmless(text);
    if (name != "json" && name != "jsonl" && name != "sarif" && name != "text") {
      EXPECT_THAT(text, Not(HasSubstr("<script")));
    }
    EXPECT_THAT(text, HasSubstr("1.2.3"));
    EXPECT_THAT(text, HasSubstr("0123456789ab"));
    EXPECT_THAT(text, Not(HasSubstr(" safe")));
  }
  WriterOptions colour;
  colour.colour = true;
  expect_harmless(sample::render(Format::kText, colour), true);
}

TEST(Report, JsonKeysAndValues) {
  const JsonValue root = parse(sample::render(Format::kJson));
  EXPECT_EQ(root.find("format")->string(), "saiph-scan-report");
  EXPECT_EQ(root.find("format_version")->integer(), 1);
  const auto& rows = root.find("files")->items();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].find("path")->string(), to_valid_utf8(sample::kHostileName));
  EXPECT_TRUE(rows[0].find("path_hex")->string().ends_with("ff5d5d3e2622272e7074"));
  EXPECT_EQ(rows[1].find("path_hex"), nullptr);
  EXPECT_EQ(rows[1].find("digest")->kind(), codec::JsonKind::kNull);
  const auto& findings = rows[0].find("findings")->items();
  ASSERT_EQ(findings.size(), 9U);
  EXPECT_EQ(findings[0].find("location")->find("offset")->integer(), 42);
  EXPECT_EQ(findings[0].find("location")->find("line"), nullptr);
  EXPECT_EQ(findings[0].find("references")->items().size(), 3U);
  EXPECT_EQ(findings[0].find("suppressed_by"), nullptr);
  EXPECT_EQ(findings[8].find("suppressed_by")->string(), "policy p.toml: rule is off");
  EXPECT_EQ(root.find("summary")->find("exit_code")->integer(), 1);
}

TEST(Report, JsonLinesHasARowAFileAndASummary) {
  const std::string text = sample::render(Format::kJsonl);
  std::vector<JsonValue> rows;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    ASSERT_NE(end, std::string::npos);
    rows.push_back(parse(text.substr(start, end - start)));
    start = end + 1;
  }
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[2].find("verdict")->string(), "clean");
  const JsonValue& summary = *rows[3].find("summary");
  EXPECT_EQ(summary.find("program")->find("version")->string(), "1.2.3");
  EXPECT_EQ(summary.find("rules")->find("version")->string(), "0123456789ab");
  EXPECT_EQ(summary.find("files")->integer(), 3);
}

TEST(Report, SarifIndicesAndOutcome) {
  const JsonValue root = parse(sample::render(Format::kSarif));
  const JsonValue& scan = root.find("runs")->items().at(0);
  const auto& rules = scan.find("tool")->find("driver")->find("rules")->items();
  const auto& artifacts = scan.find("artifacts")->items();
  ASSERT_EQ(artifacts.size(), 3U);
  for (const JsonValue& result : scan.find("results")->items()) {
    const auto index = static_cast<std::size_t>(*result.find("ruleIndex")->integer());
    EXPECT_EQ(rules.at(index).find("id")->string(), result.find("ruleId")->string());
    const JsonValue& location =
        *result.find("locations")->items().at(0).find("physicalLocation")->find("artifactLocation");
    const auto artifact = static_cast<std::size_t>(*location.find("index")->integer());
    EXPECT_EQ(artifacts.at(artifact).find("location")->find("uri")->string(),
              location.find("uri")->string());
    EXPECT_EQ(
        location.find("uri")->string(),
        "dir/%1B%5B31mevil%0A%3Cscript%3Ealert%281%29%3C/script%3E%E2%80%AE%FF%5D%5D%3E%26%22%"
        "27.pt");
  }
  const JsonValue& invocation = scan.find("invocations")->items().at(0);
  EXPECT_EQ(invocation.find("executionSuccessful")->boolean(), false);
  EXPECT_EQ(invocation.find("toolExecutionNotifications")->items().size(), 3U);
  const JsonValue nothing = parse(sample::render_nothing_found(Format::kSarif));
  const JsonValue& quiet = nothing.find("runs")->items().at(0);
  EXPECT_TRUE(quiet.find("results")->items().empty());
  EXPECT_EQ(quiet.find("invocations")->items().at(0).find("executionSuccessful")->boolean(), true);
}

TEST(Report, JunitIsWellFormedAndCounts) {
  const std::string text = sample::render(Format::kJunit);
  expect_well_formed(text, false);
  EXPECT_THAT(text, HasSubstr("tests=\"3\" failures=\"1\" errors=\"1\""));
  RunInfo lenient = sample::run();
  lenient.allow_incomplete = true;
  lenient.fail_on = Severity::kCritical;
  auto reports = sample::files();
  for (Finding& finding : reports[0].findings) finding.severity = Severity::kHigh;
  EXPECT_THAT(sample::render(Format::kJunit, lenient, reports, sample::summary()),
              HasSubstr("tests=\"3\" failures=\"0\" errors=\"0\""));
}

TEST(Report, HtmlStandsAloneAndPromisesNothing) {
  for (const std::string& text :
       {sample::render(Format::kHtml), sample::render_nothing_found(Format::kHtml)}) {
    expect_well_formed(text, true);
    for (const char* word : {"<script", "http://", "https://", "url(", "@import", "src=", "<link",
                             "<img", "onclick", "javascript:"}) {
      EXPECT_THAT(text, Not(HasSubstr(word))) << word;
    }
    EXPECT_THAT(text, HasSubstr("never that nothing is"));
    EXPECT_THAT(text, HasSubstr("What was not checked"));
  }
  EXPECT_THAT(sample::render_nothing_found(Format::kHtml),
              HasSubstr("<h1>Nothing found in 1 file"));
}

/// Fails after a number of bytes, as a full disk does.
class FullSink final : public Sink {
 public:
  explicit FullSink(std::size_t room) : room_(room) {}
  Status write(std::string_view bytes) override {
    if (bytes.size() > room_) return Error(ErrorCode::kUnavailable, "no space left");
    room_ -= bytes.size();
    return {};
  }

 private:
  std::size_t room_;
};

TEST(Report, AFailedWriteIsAnError) {
  for (const std::string_view name : format_names()) {
    FullSink sink(10);
    const auto writer = make_writer(*parse_format(name), sink);
    Status status = writer->begin(sample::run());
    for (const FileReport& report : sample::files()) {
      if (status) status = writer->file(report);
    }
    if (status) status = writer->end(sample::summary());
    ASSERT_FALSE(status.has_value()) << name;
    EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable);
  }
}

TEST(Report, WordsOfSharedPieces) {
  EXPECT_EQ(place_of({"", 42, 7, "a/b"}), "line 7, offset 42 (0x2a), a/b");
  EXPECT_EQ(member_of({"a.zip!b!c", {}, {}, ""}, "a.zip"), "b!c");
  EXPECT_EQ(member_of({"a.zip", {}, {}, ""}, "a.zip"), "");
  EXPECT_EQ(reason_text("made-up"), "made-up");
  EXPECT_EQ(severities_text({}), "nothing");
  Finding beta;
  beta.rule = &sample::kOdd;
  beta.severity = Severity::kCritical;
  EXPECT_FALSE(fails_gate(beta, Severity::kHigh));
}

TEST(RuleWriter, EveryFormat) {
  const std::array<const Rule*, 2> rules = {&sample::kOdd, &sample::kCall};
  EXPECT_THAT(
      rules_text(rules, RuleFormat::kText, false, "v", {}),
      HasSubstr("odd-header              medium    The header <says> something odd (beta)"));
  EXPECT_THAT(rules_text(rules, RuleFormat::kText, true, "v", {}), HasSubstr("What it means"));
  EXPECT_THAT(rules_text(rules, RuleFormat::kMarkdown, false, "v", {}),
              HasSubstr("### pickle-denied-callable"));
  const JsonValue root = parse(rules_text(rules, RuleFormat::kJson, false, "v", {}));
  EXPECT_EQ(root.find("rules")->items().size(), 2U);
}

}  // namespace
}  // namespace saiph::report
