#include "policy/baseline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/escape.h"
#include "codec/json/json.h"

namespace saiph::policy {

namespace {

/// Picks out of a report: every string "fingerprint" of an object in an array "findings", and the
/// format's name and version. Everything else may be anything.
class ReportReader final : public codec::JsonHandler {
 public:
  explicit ReportReader(std::uint64_t memory_bytes) : room_(memory_bytes / sizeof(Digest)) {}

  bool on_object_begin(std::uint64_t) override { return open(); }
  bool on_array_begin(std::uint64_t) override { return open(); }
  bool on_object_end() override { return close(); }
  bool on_array_end() override { return close(); }
  bool on_key(std::string_view key, std::uint64_t) override {
    if (key == "findings") {
      key_ = Key::kFindings;
    } else if (key == "fingerprint") {
      key_ = Key::kFingerprint;
    } else if (key == "format") {
      key_ = Key::kFormat;
    } else if (key == "format_version") {
      key_ = Key::kVersion;
    } else {
      key_ = Key::kOther;
    }
    return true;
  }
  bool on_string(std::string_view value, std::uint64_t offset) override {
    const Key key = take_key();
    if (key == Key::kFormat && value == "saiph-scan-report") is_report = true;
    // A finding's object is one level inside its array.
    if (key != Key::kFingerprint || depth_ != findings_depth_ + 1) return true;
    const auto digest = Digest::parse(value);
    if (!digest) return stop(ErrorCode::kMalformed, "not a fingerprint", offset);
    if (fingerprints.size() >= room_) {
      return stop(ErrorCode::kLimit, "more findings than the memory limit allows", offset);
    }
    fingerprints.push_back(*digest);
    return true;
  }
  bool on_number(std::string_view text, std::uint64_t) override {
    if (take_key() == Key::kVersion) version.assign(text);
    return true;
  }
  bool on_bool(bool, std::uint64_t) override {
    take_key();
    return true;
  }
  bool on_null(std::uint64_t) override {
    take_key();
    return true;
  }

  bool is_report = false;
  std::string version;
  std::vector<Digest> fingerprints;
  std::optional<Error> problem;

 private:
  enum class Key : std::uint8_t { kNone, kOther, kFindings, kFingerprint, kFormat, kVersion };
  // No array of findings is open.
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0} - 1;

  Key take_key() { return std::exchange(key_, Key::kNone); }
  bool open() {
    ++depth_;
    if (take_key() == Key::kFindings && findings_depth_ == kNowhere) findings_depth_ = depth_;
    return true;
  }
  bool close() {
    if (depth_ == findings_depth_) findings_depth_ = kNowhere;
    --depth_;
    return true;
  }
  bool stop(ErrorCode code, const char* message, std::uint64_t offset) {
    problem = Error(code, message, offset);
    return false;
  }

  std::uint64_t room_;
  std::uint64_t depth_ = 0;
  std::uint64_t findings_depth_ = kNowhere;
  Key key_ = Key::kNone;
};

Error about(std::string_view name, ErrorCode code, std::string_view what) {
  return {code, fmt::format("{}: {}", escape_terminal(name), what)};
}

/// Spaces and line ends between the rows of a jsonl report.
bool at_end_after_space(SourceReader& reader) {
  while (!reader.at_end()) {
    ByteView next;
    if (!reader.peek(1, next)) return true;
    if (next[0] != '\n' && next[0] != '\r' && next[0] != ' ' && next[0] != '\t') return false;
    if (!reader.skip(1)) return true;
  }
  return true;
}

}  // namespace

Result<Baseline> load_baseline(const ByteSource& source, std::string_view name, Budget& budget) {
  SourceReader reader(source);
  ReportReader handler(budget.limits().memory_bytes);
  codec::JsonStreamOptions options;
  options.allow_trailing = true;
  while (!at_end_after_space(reader)) {
    const auto parsed = codec::parse_json(reader, handler, budget, options);
    if (!parsed || handler.problem) {
      const Error& problem = handler.problem ? *handler.problem : parsed.error();
      return about(name, problem.code(), "not a readable report: " + problem.describe());
    }
  }
  if (reader.failed()) {
    return about(name, ErrorCode::kUnavailable, reader.failure("report").describe());
  }
  if (!handler.is_report) {
    return about(name, ErrorCode::kMalformed,
                 "not a complete report of saiph in format json or jsonl; make one with "
                 "`saiph scan --format json --output FILE PATH...`");
  }
  if (handler.version != "1") {
    return about(name, ErrorCode::kUnsupported,
                 fmt::format("report format version \"{}\" is not one that this program reads (1)",
                             escape_terminal(shorten(handler.version, 20))));
  }
  Baseline baseline;
  baseline.name_ = std::string(name);
  baseline.fingerprints_ = std::move(handler.fingerprints);
  std::sort(baseline.fingerprints_.begin(), baseline.fingerprints_.end());
  return baseline;
}

bool Baseline::contains(const Digest& fingerprint) const {
  return std::binary_search(fingerprints_.begin(), fingerprints_.end(), fingerprint);
}

void Baseline::apply(FileReport& report) const {
  for (Finding& finding : report.findings) {
    if (!finding.suppressed_by.empty()) continue;
    const auto fingerprint = Digest::parse(finding.fingerprint);
    if (fingerprint && contains(*fingerprint)) finding.suppressed_by = "baseline " + name_;
  }
}

}  // namespace saiph::policy
