// json and jsonl: docs/formats/scan-report.md.
#include "base/escape.h"
#include "base/limit_names.h"
#include "report/writers.h"

namespace saiph::report {

namespace {

using codec::JsonWriter;

void write_location(JsonWriter& json, const Location& location) {
  json.begin_object();
  json.member("path", location.path);
  if (location.offset) json.member("offset", *location.offset);
  if (location.line) json.member("line", *location.line);
  if (!location.part.empty()) json.member("part", location.part);
  json.end_object();
}

void write_finding(JsonWriter& json, const Finding& finding) {
  const Rule& rule = *finding.rule;
  json.begin_object();
  json.member("rule", rule.id);
  json.member("severity", name_of(finding.severity));
  json.member("confidence", name_of(finding.confidence));
  json.member("maturity", name_of(rule.maturity));
  json.key("location");
  write_location(json, finding.location);
  json.member("detail", finding.detail);
  json.member("excerpt", finding.excerpt);
  json.member("title", rule.title);
  json.member("meaning", rule.meaning);
  json.member("remedy", rule.remedy);
  json.array("references");
  for (const std::string_view reference : references_of(finding)) json.string(reference);
  json.end_array();
  if (!finding.fingerprint.empty()) json.member("fingerprint", finding.fingerprint);
  if (!finding.suppressed_by.empty()) json.member("suppressed_by", finding.suppressed_by);
  json.end_object();
}

void write_strings(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.array(key);
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_name_or_null(JsonWriter& json, std::string_view key, const std::string& name) {
  json.key(key);
  name.empty() ? json.null() : json.string(name);
}

/// One object with a "files" array; rows are written as they come.
class JsonReport final : public ReportWriter {
 public:
  explicit JsonReport(Sink& sink) : sink_(&sink), json_(buffer_, 1) {}

  Status begin(const RunInfo& run) override {
    json_.begin_object();
    write_run(json_, run);
    json_.array("files");
    return hand_over();
  }
  Status file(const FileReport& report) override {
    write_file(json_, report);
    return hand_over();
  }
  Status end(const ScanSummary& summary) override {
    json_.end_array();
    json_.object("summary");
    write_summary(json_, summary);
    json_.end_object();
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

  Sink* sink_;
  std::string buffer_;
  JsonWriter json_;
};

/// One object a line; the last one is the summary, which names program, rules and settings.
class JsonlReport final : public ReportWriter {
 public:
  explicit JsonlReport(Sink& sink) : sink_(&sink) {}

  Status begin(const RunInfo& run) override {
    run_ = run;
    return {};
  }
  Status file(const FileReport& report) override {
    buffer_.clear();
    JsonWriter json(buffer_);
    write_file(json, report);
    buffer_ += '\n';
    return sink_->write(buffer_);
  }
  Status end(const ScanSummary& summary) override {
    buffer_.clear();
    JsonWriter json(buffer_);
    json.begin_object();
    json.object("summary");
    write_run(json, run_);
    write_summary(json, summary);
    json.end_object();
    json.end_object();
    buffer_ += '\n';
    return sink_->write(buffer_);
  }

 private:
  Sink* sink_;
  RunInfo run_;
  std::string buffer_;
};

}  // namespace

void write_run(JsonWriter& json, const RunInfo& run) {
  json.member("format", "saiph-scan-report");
  json.member("format_version", 1);
  json.object("program");
  json.member("name", run.program);
  json.member("version", run.version);
  json.end_object();
  json.object("rules");
  json.member("version", run.rules_version);
  json.member("count", run.rule_count);
  json.end_object();
  json.object("settings");
  write_strings(json, "arguments", run.arguments);
  json.member("mode", run.full ? "full" : "fast");
  json.member("fail_on", name_of(run.fail_on));
  json.member("allow_incomplete", run.allow_incomplete);
  json.member("digest", run.digest_mode);
  json.object("limits");
  for (const LimitName& limit : limit_names()) {
    json.member(limit.name, limit_value(run.limits, limit.name));
  }
  json.end_object();
  write_name_or_null(json, "policy", run.policy);
  write_name_or_null(json, "suppressions", run.suppressions);
  write_name_or_null(json, "baseline", run.baseline);
  write_strings(json, "rules_off", run.rules_off);
  json.object("severities");
  for (const auto& [rule, severity] : run.severities) json.member(rule, name_of(severity));
  json.end_object();
  json.end_object();
  write_strings(json, "warnings", run.warnings);
}

void write_file(JsonWriter& json, const FileReport& report) {
  json.begin_object();
  json.member("path", report.path);
  if (to_valid_utf8(report.path) != report.path) {
    // The name itself is not text; its bytes still name the file.
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const std::uint8_t byte : as_bytes(report.path)) {
      hex += kDigits[byte >> 4];
      hex += kDigits[byte & 15];
    }
    json.member("path_hex", hex);
  }
  json.key("digest");
  report.digest ? json.string(report.digest->text()) : json.null();
  json.member("size", report.size);
  write_strings(json, "types", report.types);
  json.member("verdict", name_of(report.verdict));
  json.array("reasons");
  for (const IncompleteReason& reason : report.reasons) {
    json.begin_object();
    json.member("code", reason.code);
    json.member("message", reason.message);
    json.key("location");
    write_location(json, reason.location);
    json.end_object();
  }
  json.end_array();
  json.array("findings");
  for (const Finding& finding : report.findings) write_finding(json, finding);
  json.end_array();
  json.member("findings_dropped", report.findings_dropped);
  json.member("artefacts", report.artefacts);
  json.end_object();
}

void write_summary(JsonWriter& json, const ScanSummary& summary) {
  json.member("files", summary.files);
  json.member("artefacts", summary.artefacts);
  json.member("bytes", summary.bytes);
  json.member("files_clean", summary.clean);
  json.member("files_with_findings", summary.with_findings);
  json.member("files_incomplete", summary.incomplete);
  json.object("by_severity");
  for (std::size_t i = summary.by_severity.size(); i-- > 0;) {
    json.member(name_of(static_cast<Severity>(i)), summary.by_severity[i]);
  }
  json.end_object();
  json.member("suppressed", summary.suppressed);
  json.member("started_at", summary.started_at);
  json.member("seconds", summary.seconds);
  json.member("failed", summary.failed);
  json.member("exit_code", summary.exit_code);
  json.member("exit_meaning", exit_meaning(summary.exit_code));
}

std::unique_ptr<ReportWriter> make_json_writer(Sink& sink) {
  return std::make_unique<JsonReport>(sink);
}

std::unique_ptr<ReportWriter> make_jsonl_writer(Sink& sink) {
  return std::make_unique<JsonlReport>(sink);
}

}  // namespace saiph::report
