#include "report/inspection_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"
#include "base/human.h"

namespace saiph::report {

namespace {

constexpr std::size_t kExcerptBytes = 60;
constexpr std::size_t kFindingsShown = 40;

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kGreen = "\x1b[32m";

std::string_view colour_of(TextVerdict verdict) {
  if (verdict == TextVerdict::kAllow) return kGreen;
  return verdict == TextVerdict::kBlock ? kRed : kYellow;
}

void write_texts(codec::JsonWriter& json, std::string_view name,
                 const std::vector<std::string>& texts) {
  json.array(name);
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_finding(codec::JsonWriter& json, const TextFinding& finding) {
  json.begin_object();
  json.member("rule", finding.rule);
  json.member("title", finding.title);
  json.member("severity", name_of(finding.severity));
  json.member("score", finding.score / 100);
  json.member("confidence", finding.confidence);
  json.member("offset", finding.span.offset);
  json.member("length", finding.span.length);
  write_texts(json, "view", finding.view);
  write_texts(json, "references", finding.references);
  json.end_object();
}

std::string joined(const std::vector<std::string>& steps) {
  std::string out;
  for (const std::string& step : steps) out += (out.empty() ? "" : ", then ") + step;
  return out;
}

}  // namespace

void write_inspection(codec::JsonWriter& json, const InspectedText& text,
                      const TextReport& report) {
  json.begin_object();
  if (!text.id.empty()) json.member("id", text.id);
  json.member("verdict", name_of(report.verdict));
  json.member("score", report.score);
  json.array("findings");
  for (const TextFinding& finding : report.findings) write_finding(json, finding);
  json.end_array();
  if (report.unlisted > 0) json.member("unlisted_findings", report.unlisted);
  json.member("channel", name_of(text.channel));
  json.member("bytes", text.bytes);
  json.member("rules_score", report.rules / 100);
  json.member("classifier_score", report.classifier);
  json.member("views", report.views);
  write_texts(json, "reasons", report.reasons);
  write_texts(json, "incomplete", report.incomplete);
  if (!report.seen.empty()) {
    json.array("seen");
    for (const TextView& view : report.seen) {
      json.begin_object();
      write_texts(json, "how", view.how);
      json.member("text", view.text);
      json.member("cut", view.cut);
      json.end_object();
    }
    json.end_array();
  }
  if (report.second) {
    json.object("second_opinion");
    json.member("model", report.second->model);
    if (report.second->score) json.member("score", *report.second->score);
    if (!report.second->problem.empty()) json.member("problem", report.second->problem);
    json.end_object();
  }
  if (report.redacted) {
    json.object("redacted");
    json.member("text", report.redacted->text);
    json.member("places", report.redacted->places);
    if (!report.redacted->tokens.empty()) {
      json.array("tokens");
      for (const RedactedText::Token& token : report.redacted->tokens) {
        json.begin_object();
        json.member("token", token.token);
        json.member("value", token.value);
        json.end_object();
      }
      json.end_array();
    }
    json.end_object();
  }
  if (!text.version.empty()) json.member("version", text.version);
  json.end_object();
}

std::string inspection_text(const InspectedText& about, std::string_view text,
                            const TextReport& report, bool colour) {
  const auto paint = [&](std::string_view code, std::string_view what) {
    return colour ? fmt::format("{}{}\x1b[0m", code, what) : std::string(what);
  };
  std::string out = paint(colour_of(report.verdict), name_of(report.verdict));
  out += fmt::format("  score {:.2f}  {}  {}", report.score, name_of(about.channel),
                     format_size(about.bytes));
  if (!about.id.empty()) out += "  " + escape_terminal(shorten(about.id, 100));
  out += "\n";
  for (const std::string& reason : report.reasons)
    out += "  because " + escape_terminal(reason) + "\n";
  if (report.second) {
    out += "  second opinion of " + escape_terminal(report.second->model) + ": ";
    out += report.second->score ? fmt::format("{:.2f}", *report.second->score)
                                : "none, " + escape_terminal(report.second->problem);
    out += "\n";
  }
  if (report.findings.empty()) out += "  nothing found\n";
  for (std::size_t i = 0; i < report.findings.size() && i < kFindingsShown; ++i) {
    const TextFinding& finding = report.findings[i];
    out += fmt::format("  {:<8} {}  {}\n", name_of(finding.severity),
                       paint(kBold, escape_terminal(finding.title)),
                       paint(kDim, escape_terminal(finding.rule)));
    const TextSpan& span = finding.span;
    const std::size_t begin = std::min(span.offset, text.size());
    out += fmt::format("           at {}..{}", span.offset, span.offset + span.length);
    if (!finding.view.empty()) out += " (" + escape_terminal(joined(finding.view)) + ")";
    // Credentials and personal data are not printed once more.
    if (!finding.rule.starts_with("secret.") && !finding.rule.starts_with("pii.")) {
      out += ": " + escape_terminal(shorten(text.substr(begin, span.length), kExcerptBytes));
    }
    out += "\n";
  }
  const std::size_t shown = std::min(report.findings.size(), kFindingsShown);
  const std::size_t hidden = report.findings.size() - shown + report.unlisted;
  if (hidden > 0) out += fmt::format("  and {} more; --format json lists 256\n", hidden);
  for (const std::string& reason : report.incomplete) {
    out += "  not looked at: " + escape_terminal(reason) + "\n";
  }
  for (const TextView& view : report.seen) {
    out += fmt::format("  {} {}\n",
                       paint(kDim, view.how.empty() ? "canonical:" : joined(view.how) + ":"),
                       escape_terminal(view.text) + (view.cut ? "..." : ""));
  }
  if (report.redacted) {
    out += fmt::format("  {} {}\n",
                       paint(kDim, fmt::format("redacted ({}):", report.redacted->places)),
                       escape_terminal(report.redacted->text));
    for (const RedactedText::Token& token : report.redacted->tokens) {
      out += fmt::format("           {} is {}\n", token.token, escape_terminal(token.value));
    }
  }
  return out;
}

}  // namespace saiph::report
