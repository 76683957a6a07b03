// SARIF 2.1.0 (OASIS standard, errata 01). Sections named below are of that document.
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <map>

#include "base/escape.h"
#include "report/writers.h"

namespace saiph::report {

namespace {

using codec::JsonWriter;

/// A path as a URI reference (section 3.4.3): every byte but the unreserved ones is
/// percent-encoded, so no name can be mistaken for a scheme, a query or another file.
std::string uri_of(std::string_view path) {
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string_view level_of(Severity severity) {
  if (severity >= Severity::kHigh) return "error";
  return severity == Severity::kMedium ? "warning" : "note";
}

/// Code hosts rank security results by this number.
std::string_view score_of(Severity severity) {
  constexpr std::array<std::string_view, 5> kScores = {"0.0", "3.0", "5.5", "8.0", "9.5"};
  return kScores[static_cast<std::size_t>(severity)];
}

void write_text(JsonWriter& json, std::string_view key, std::string_view text) {
  json.object(key);
  json.member("text", text);
  json.end_object();
}

void write_rule(JsonWriter& json, const Rule& rule) {
  json.begin_object();
  json.member("id", rule.id);
  write_text(json, "shortDescription", rule.title);
  write_text(json, "fullDescription", rule.meaning);
  std::string references;
  for (const std::string_view reference : rule.references) {
    references += references.empty() ? "" : ", ";
    references += reference;
  }
  json.object("help");
  json.member("text", fmt::format("{}\n\nWhat to do: {}\n\nReferences: {}", rule.meaning,
                                  rule.remedy, references));
  json.member("markdown", fmt::format("{}\n\n**What to do:** {}\n\n**References:** {}",
                                      rule.meaning, rule.remedy, references));
  json.end_object();
  json.object("defaultConfiguration");
  json.member("level", level_of(rule.severity));
  json.end_object();
  json.object("properties");
  json.array("tags");
  json.string("security");
  for (const std::string_view reference : rule.references) {
    if (reference.starts_with("CWE-")) {
      json.string(fmt::format("external/cwe/cwe-{}", reference.substr(4)));
    } else {
      json.string(reference);
    }
  }
  json.end_array();
  json.member("security-severity", score_of(rule.severity));
  json.member("maturity", name_of(rule.maturity));
  json.end_object();
  json.end_object();
}

class SarifReport final : public ReportWriter {
 public:
  explicit SarifReport(Sink& sink) : sink_(&sink), json_(buffer_, 1) {}

  Status begin(const RunInfo& run) override {
    run_ = run;
    json_.begin_object();
    json_.member("$schema",
                 "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
                 "sarif-schema-2.1.0.json");
    json_.member("version", "2.1.0");
    json_.array("runs");
    json_.begin_object();
    json_.array("results");
    return hand_over();
  }

  Status file(const FileReport& report) override {
    const std::string uri = uri_of(report.path);
    for (const Finding& finding : report.findings) write_result(finding, report, uri);
    SAIPH_CHECK(hand_over());
    SAIPH_CHECK(keep_notifications(report, uri));
    SAIPH_CHECK(keep_artifact(report, uri));
    ++files_;
    return {};
  }

  Status end(const ScanSummary& summary) override {
    json_.end_array();
    SAIPH_CHECK(copy_array("artifacts", artifacts_));
    json_.array("invocations");
    json_.begin_object();
    // 3.20.14: false as soon as something could not be examined and nobody allowed that.
    json_.member("executionSuccessful",
                 (summary.incomplete == 0 || run_.allow_incomplete) && summary.exit_code < 2);
    json_.array("arguments");
    for (const std::string& argument : run_.arguments) json_.string(argument);
    json_.end_array();
    json_.member("exitCode", summary.exit_code);
    json_.member("exitCodeDescription", exit_meaning(summary.exit_code));
    if (!summary.started_at.empty()) json_.member("startTimeUtc", summary.started_at);
    SAIPH_CHECK(keep_warnings());
    SAIPH_CHECK(copy_array("toolExecutionNotifications", notifications_));
    json_.end_object();
    json_.end_array();
    write_tool();
    json_.object("properties");
    json_.object("settings");
    json_.member("mode", run_.full ? "full" : "fast");
    json_.member("fail_on", name_of(run_.fail_on));
    json_.member("allow_incomplete", run_.allow_incomplete);
    json_.end_object();
    json_.object("summary");
    write_summary(json_, summary);
    json_.end_object();
    json_.end_object();
    json_.end_object();
    json_.end_array();
    json_.end_object();
    buffer_ += '\n';
    return hand_over();
  }

 private:
  Status hand_over() {
    SAIPH_CHECK(sink_->write(buffer_));
    buffer_.clear();
    return {};
  }

  /// An array whose elements were collected; they were written by a JsonWriter of their own.
  struct Collected {
    Later text;
    bool empty = true;
  };

  Status collect(Collected& array, const std::string& element) {
    SAIPH_CHECK(array.text.append(array.empty ? "\n" : ",\n"));
    array.empty = false;
    return array.text.append(element);
  }

  Status copy_array(std::string_view key, Collected& array) {
    json_.array(key);
    SAIPH_CHECK(hand_over());
    SAIPH_CHECK(array.text.flush(*sink_));
    json_.end_array();
    return {};
  }

  std::size_t index_of(const Rule& rule) {
    const auto [it, fresh] = indices_.try_emplace(&rule, rules_.size());
    if (fresh) rules_.push_back(&rule);
    return it->second;
  }

  void write_physical(JsonWriter& json, std::string_view uri, const Location& location) const {
    json.object("physicalLocation");
    json.object("artifactLocation");
    json.member("uri", uri);
    json.member("index", files_);
    json.end_object();
    // Consumers of code-scanning results refuse a location without a start line. Byte offsets
    // inside members stand in the message and the properties, because a region (3.30) would be
    // read as one of the outer file.
    json.object("region");
    json.member("startLine", location.line ? *location.line : std::uint64_t{1});
    json.end_object();
    json.end_object();
  }

  void write_result(const Finding& finding, const FileReport& report, std::string_view uri) {
    const Rule& rule = *finding.rule;
    const std::string_view member = member_of(finding.location, report.path);
    json_.begin_object();
    json_.member("ruleId", rule.id);
    json_.member("ruleIndex", index_of(rule));
    json_.member("level", level_of(finding.severity));
    std::string message(rule.title);
    if (!finding.detail.empty()) message += ": " + finding.detail;
    std::string where(member);
    if (const std::string place = place_of(finding.location); !place.empty()) {
      where += where.empty() ? place : ", " + place;
    }
    if (!where.empty()) message += " (" + where + ")";
    write_text(json_, "message", escape_terminal(message));
    json_.array("locations");
    json_.begin_object();
    write_physical(json_, uri, finding.location);
    if (!member.empty() || !finding.location.part.empty()) {
      json_.array("logicalLocations");
      json_.begin_object();
      std::string name(member);
      if (!finding.location.part.empty()) name += (name.empty() ? "" : "#") + finding.location.part;
      json_.member("fullyQualifiedName", name);
      json_.member("kind", member.empty() ? "element" : "member");
      json_.end_object();
      json_.end_array();
    }
    json_.end_object();
    json_.end_array();
    if (!finding.fingerprint.empty()) {
      json_.object("partialFingerprints");
      json_.member("saiphFinding/v1", finding.fingerprint);
      json_.end_object();
    }
    if (!finding.suppressed_by.empty()) {
      json_.array("suppressions");
      json_.begin_object();
      json_.member("kind", "external");
      json_.member("status", "accepted");
      json_.member("justification", finding.suppressed_by);
      json_.end_object();
      json_.end_array();
    }
    json_.object("properties");
    json_.member("severity", name_of(finding.severity));
    json_.member("confidence", name_of(finding.confidence));
    if (finding.location.offset) json_.member("offset", *finding.location.offset);
    if (!finding.excerpt.empty()) json_.member("excerpt", finding.excerpt);
    json_.array("references");
    for (const std::string_view reference : references_of(finding)) json_.string(reference);
    json_.end_array();
    json_.end_object();
    json_.end_object();
  }

  Status keep_artifact(const FileReport& report, std::string_view uri) {
    std::string text;
    JsonWriter json(text);
    json.begin_object();
    json.object("location");
    json.member("uri", uri);
    json.end_object();
    json.member("length", report.size);
    json.array("roles");
    json.string("analysisTarget");
    json.end_array();
    if (report.digest) {
      json.object("hashes");
      json.member("sha-256", report.digest->text().substr(7));
      json.end_object();
    }
    json.object("properties");
    json.member("verdict", name_of(report.verdict));
    json.array("types");
    for (const std::string& type : report.types) json.string(type);
    json.end_array();
    json.end_object();
    json.end_object();
    return collect(artifacts_, text);
  }

  Status keep_notifications(const FileReport& report, std::string_view uri) {
    for (const IncompleteReason& reason : report.reasons) {
      std::string text;
      JsonWriter json(text);
      json.begin_object();
      json.member("level", run_.allow_incomplete ? "warning" : "error");
      write_text(json, "message",
                 escape_terminal(fmt::format("not fully examined: {} ({})", reason.message,
                                             reason.location.path)));
      json.object("descriptor");
      json.member("id", reason.code);
      json.end_object();
      json.array("locations");
      json.begin_object();
      write_physical(json, uri, reason.location);
      json.end_object();
      json.end_array();
      json.end_object();
      SAIPH_CHECK(collect(notifications_, text));
    }
    return {};
  }

  Status keep_warnings() {
    for (const std::string& warning : run_.warnings) {
      std::string text;
      JsonWriter json(text);
      json.begin_object();
      json.member("level", "warning");
      write_text(json, "message", warning);
      json.end_object();
      SAIPH_CHECK(collect(notifications_, text));
    }
    return {};
  }

  void write_tool() {
    json_.object("tool");
    json_.object("driver");
    json_.member("name", run_.program);
    json_.member("version", run_.version);
    json_.member("semanticVersion", run_.version);
    json_.array("rules");
    for (const Rule* rule : rules_) write_rule(json_, *rule);
    json_.end_array();
    json_.object("properties");
    json_.member("rules_version", run_.rules_version);
    json_.member("rule_count", run_.rule_count);
    json_.end_object();
    json_.end_object();
    json_.end_object();
  }

  Sink* sink_;
  std::string buffer_;
  JsonWriter json_;
  RunInfo run_;
  std::uint64_t files_ = 0;
  std::vector<const Rule*> rules_;  ///< in the order of their first finding
  std::map<const Rule*, std::size_t> indices_;
  Collected artifacts_;
  Collected notifications_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_sarif_writer(Sink& sink) {
  return std::make_unique<SarifReport>(sink);
}

}  // namespace saiph::report
