// One report with everything that writers have to cope with, for this room's tests.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "report/report_writer.h"

namespace saiph::report::sample {

inline constexpr std::array<std::string_view, 2> kCallReferences = {"EN-304-223:5.2.3-1",
                                                                    "CWE-502"};
inline constexpr std::array<std::string_view, 1> kOddReferences = {"EN-304-223:5.1.2-2"};
inline constexpr Rule kCall = {
    "pickle-denied-callable",
    "Loading this file calls a function that runs commands",
    Severity::kCritical,
    Maturity::kStable,
    "Whoever loads this file runs code of its author, with the rights of the "
    "loading program. The call is part of the data & needs no bug.",
    "Do not load the file. Ask where it came from.",
    kCallReferences};
inline constexpr Rule kOdd = {"odd-header",
                              "The header <says> something odd",
                              Severity::kMedium,
                              Maturity::kBeta,
                              "Some readers see another value here.",
                              "Write the file again with its framework.",
                              kOddReferences};

/// Names and texts that no sink may pass on as they are.
inline const std::string kHostileName =
    std::string("dir/\x1b[31mevil\n<script>alert(1)</script>\xE2\x80\xAE\xff]]>&\"'.pt");

inline RunInfo run() {
  RunInfo run;
  run.version = "1.2.3";
  run.rules_version = "0123456789ab";
  run.rule_count = 42;
  run.arguments = {"scan", "--policy", "p.toml", "dir"};
  run.started_at = "2026-11-23T12:00:00Z";
  run.policy = "p.toml";
  run.rules_off = {"odd-header"};
  run.severities = {{"pickle-denied-callable", Severity::kCritical}};
  run.warnings = {"s.toml:3: the suppression of odd-header expired on 2026-01-01"};
  return run;
}

inline std::vector<FileReport> files() {
  std::vector<FileReport> out;
  FileReport evil;
  evil.path = kHostileName;
  evil.size = 4096;
  evil.types = {"zip", "pickle"};
  evil.digest = Digest::parse(std::string(64, 'a'));
  evil.verdict = Verdict::kFindings;
  evil.artefacts = 3;
  evil.findings_dropped = 7;
  Finding call;
  call.rule = &kCall;
  call.severity = Severity::kCritical;
  call.location = {evil.path + "!archive/data.pkl", 42, {}, "stack\x1b]0;title\x07"};
  call.detail = "calls os.system with 1 argument <\"rm\">";
  call.excerpt = std::string("cos\nsystem\n\x00\xfe]]>", 15);
  call.references = {"GHSA-655q-fx9r-782v", "CWE-502"};
  call.fingerprint = "sha256:" + std::string(64, 'b');
  evil.findings.push_back(call);
  for (std::uint64_t i = 0; i < 7; ++i) {
    Finding again = call;
    again.location = {evil.path + "!archive/data.pkl", 100 + i, {}, ""};
    again.detail = "calls os.system again";
    again.excerpt.clear();
    again.confidence = Confidence::kLow;
    evil.findings.push_back(again);
  }
  Finding odd;
  odd.rule = &kOdd;
  odd.severity = Severity::kHigh;
  odd.location = {evil.path, {}, 7, "/a/b"};
  odd.detail = "key \"x\" stands twice";
  odd.suppressed_by = "policy p.toml: rule is off";
  odd.fingerprint = "sha256:" + std::string(64, 'c');
  evil.findings.push_back(odd);
  evil.reasons.push_back({"truncated", "truncated zip member", {evil.path + "!b", 99, {}, ""}});
  out.push_back(evil);

  FileReport broken;
  broken.path = "dir/broken.gguf";
  broken.size = 12;
  broken.types = {"gguf"};
  broken.verdict = Verdict::kIncomplete;
  broken.artefacts = 1;
  broken.reasons.push_back({"limit", "time limit of 120 s reached", {broken.path, {}, {}, ""}});
  out.push_back(broken);

  FileReport plain;
  plain.path = "dir/model.safetensors";
  plain.size = 1048576;
  plain.types = {"safetensors"};
  plain.verdict = Verdict::kClean;
  plain.artefacts = 1;
  out.push_back(plain);
  return out;
}

inline ScanSummary summary() {
  ScanSummary summary;
  summary.files = 3;
  summary.artefacts = 5;
  summary.bytes = 1052684;
  summary.clean = 1;
  summary.with_findings = 1;
  summary.incomplete = 2;
  summary.suppressed = 1;
  summary.by_severity[static_cast<std::size_t>(Severity::kCritical)] = 8;
  summary.started_at = "2026-11-23T12:00:00Z";
  summary.seconds = 0.25;
  summary.failed = true;
  summary.exit_code = 1;
  return summary;
}

/// The whole report in one format.
inline std::string render(Format format, const RunInfo& info,
                          const std::vector<FileReport>& reports, const ScanSummary& end,
                          const WriterOptions& options = {}) {
  StringSink sink;
  const auto writer = make_writer(format, sink, options);
  bool written = writer->begin(info).has_value();
  for (const FileReport& report : reports) written = writer->file(report).has_value() && written;
  written = writer->end(end).has_value() && written;
  return written ? sink.text : "";
}

inline std::string render(Format format, const WriterOptions& options = {}) {
  return render(format, run(), files(), summary(), options);
}

/// The report of a scan that found nothing.
inline std::string render_nothing_found(Format format) {
  RunInfo info = run();
  info.warnings.clear();
  info.rules_off.clear();
  ScanSummary end = summary();
  end = {};
  end.files = end.artefacts = end.clean = 1;
  end.bytes = 1048576;
  end.started_at = info.started_at;
  return render(format, info, {files()[2]}, end);
}

}  // namespace saiph::report::sample
