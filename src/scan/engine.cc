#include "scan/engine.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>
#include <utility>

#include "base/escape.h"
#include "base/file.h"
#include "crypto/sha256.h"
#include "detect/catalogue.h"
#include "detect/literals/search_literals.h"
#include "detect/rules/engine.h"
#include "formats/format.h"
#include "scan/surroundings.h"

namespace saiph::scan {

namespace {

using detect::ByteRange;
using detect::FindingDraft;
using detect::MemberDraft;
using detect::Sibling;
using formats::FormatId;

// Reasons kept per file; a broken container with 100,000 bad members must not be a 100 MB row.
constexpr std::size_t kReasonsKept = 100;
constexpr std::size_t kExcerptBytes = 200;
constexpr std::size_t kDetailBytes = 600;
constexpr std::size_t kPathBytes = 1024;
// Files up to this size are read with one system call and inspected in memory.
constexpr std::uint64_t kReadWholeBytes = 512U << 10;
constexpr std::string_view kRolePrefix = "as:";

/// The members that one artefact submitted; each is opened when its turn comes.
struct MemberGroup {
  std::string path;  ///< display path of the container
  std::uint32_t depth = 0;
  std::vector<MemberDraft> members;
};

std::string_view folder_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash + 1);
}

std::string_view leaf_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

/// Formats whose bytes are a structure of their own: two of them in one file is two readings.
bool is_structural(FormatId id) {
  switch (id) {
    case FormatId::kPickle:
    case FormatId::kZip:
    case FormatId::kTar:
    case FormatId::kGzip:
    case FormatId::kBzip2:
    case FormatId::kXz:
    case FormatId::kZstd:
    case FormatId::kLz4:
    case FormatId::kSevenZip:
    case FormatId::kRar:
    case FormatId::kNumpy:
    case FormatId::kHdf5:
    case FormatId::kSafetensors:
    case FormatId::kGguf:
    case FormatId::kGgml:
    case FormatId::kOnnx:
    case FormatId::kTflite:
    case FormatId::kParquet:
    case FormatId::kElf:
    case FormatId::kPe:
    case FormatId::kMachO:
    case FormatId::kMedia:
      return true;
    default:
      return false;
  }
}

/// Containers hand on everything in them; what is left is searched by their inspectors.
bool is_container(FormatId id) {
  switch (id) {
    case FormatId::kZip:
    case FormatId::kTar:
    case FormatId::kGzip:
    case FormatId::kZlib:
    case FormatId::kBzip2:
    case FormatId::kXz:
    case FormatId::kLzma:
    case FormatId::kZstd:
    case FormatId::kLz4:
      return true;
    default:
      return false;
  }
}

std::optional<FormatId> format_of_role(std::string_view role) {
  if (role == "torchscript") return FormatId::kPython;
  if (!role.starts_with(kRolePrefix)) return std::nullopt;
  role.remove_prefix(kRolePrefix.size());
  for (int i = 0; i <= static_cast<int>(FormatId::kUnknown); ++i) {
    const auto id = static_cast<FormatId>(i);
    if (formats::format_name(id) == role) return id;
  }
  return std::nullopt;
}

/// Sorted by start and merged, so that the search walks them once.
void normalise(std::vector<ByteRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  std::size_t kept = 0;
  for (const ByteRange& range : ranges) {
    if (kept != 0 && range.offset <= ranges[kept - 1].offset + ranges[kept - 1].length) {
      ByteRange& last = ranges[kept - 1];
      last.length = std::max(last.length, range.offset - last.offset + range.length);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

/// What is stated about the whole file, whichever artefact in it states it.
class Record {
 public:
  Record(FileReport& report, const Limits& limits) : report_(report), limits_(limits) {}

  void finding(const Rule& rule, FindingDraft draft, const std::string& path) {
    if (++count_of(rule) > limits_.findings_per_rule) {
      ++report_.findings_dropped;
      // What is dropped may still be the worst: the gate must see the highest grade of every rule.
      raise_kept(rule, draft.severity.value_or(rule.severity));
      return;
    }
    Finding finding;
    finding.rule = &rule;
    finding.severity = draft.severity.value_or(rule.severity);
    finding.confidence = draft.confidence;
    finding.location = {shorten(path, kPathBytes), draft.offset, draft.line,
                        shorten(draft.part, kPathBytes)};
    finding.detail = shorten(draft.detail, kDetailBytes);
    finding.excerpt = shorten(draft.excerpt, kExcerptBytes);
    finding.references = std::move(draft.references);
    report_.findings.push_back(std::move(finding));
  }

  void incomplete(std::string_view code, std::string_view message, const std::string& path,
                  std::optional<std::uint64_t> offset) {
    if (report_.reasons.size() > kReasonsKept) return;
    if (report_.reasons.size() == kReasonsKept) {
      report_.reasons.push_back({"limit",
                                 "more reasons of this kind were left out of the report",
                                 {report_.path, {}, {}, {}}});
      return;
    }
    report_.reasons.push_back({std::string(code),
                               shorten(message, kDetailBytes),
                               {shorten(path, kPathBytes), offset, std::nullopt, {}}});
  }

 private:
  std::uint32_t& count_of(const Rule& rule) {
    for (auto& [known, count] : counts_) {
      if (known == &rule) return count;
    }
    return counts_.emplace_back(&rule, 0).second;
  }

  void raise_kept(const Rule& rule, Severity severity) {
    for (Finding& finding : std::views::reverse(report_.findings)) {
      if (finding.rule == &rule) {
        finding.severity = std::max(finding.severity, severity);
        return;
      }
    }
  }

  FileReport& report_;
  const Limits& limits_;
  std::vector<std::pair<const Rule*, std::uint32_t>> counts_;
};

/// One artefact under inspection.
class ArtefactInspection final : public detect::Inspection {
 public:
  struct Place {
    std::string path;
    std::string_view name;
    std::string_view role;
    std::uint32_t depth;
    const MemberGroup* group;          // null for the file itself
    const Surroundings* surroundings;  // null for members and for standard input
  };

  ArtefactInspection(std::shared_ptr<const ByteSource> source, Place place,
                     const EngineOptions& options, Budget& budget, Record& record)
      : source_(std::move(source)),
        place_(std::move(place)),
        options_(options),
        budget_(budget),
        record_(record) {}

  const ByteSource& source() const override { return *source_; }
  std::shared_ptr<const ByteSource> source_ptr() const override { return source_; }
  std::string_view name() const override { return leaf_of(place_.name); }
  std::string_view path() const override { return place_.path; }
  std::string_view role() const override { return place_.role; }
  const std::vector<FormatId>& types() const override { return types_; }
  bool full() const override { return options_.full; }
  Budget& budget() override { return budget_; }
  const detect::Trust& trust() const override { return options_.trust; }

  void finding(const Rule& rule, FindingDraft draft) override {
    record_.finding(rule, std::move(draft), place_.path);
  }
  using Inspection::incomplete;
  void incomplete(std::string_view code, std::string message,
                  std::optional<std::uint64_t> offset) override {
    record_.incomplete(code, std::move(message), place_.path, offset);
  }
  void member(MemberDraft draft) override {
    if (place_.depth + 1 > budget_.limits().depth) {
      incomplete("limit",
                 "nested deeper than " + std::to_string(budget_.limits().depth) +
                     " levels (--max-depth): \"" + shorten(draft.name, kPathBytes) +
                     "\" was not examined",
                 std::nullopt);
      return;
    }
    if (!budget_.take_member()) return;  // the exhausted budget itself becomes the reason
    members_.push_back(std::move(draft));
  }
  void data_range(std::uint64_t offset, std::uint64_t length) override {
    if (!ranges_.empty() && ranges_.back().offset + ranges_.back().length == offset) {
      ranges_.back().length += length;
    } else {
      ranges_.push_back({offset, length});
    }
  }
  std::vector<Sibling> siblings() const override {
    if (place_.surroundings != nullptr) return place_.surroundings->siblings();
    std::vector<Sibling> found;
    if (place_.group == nullptr) return found;
    const std::string_view folder = folder_of(place_.name);
    for (const MemberDraft& member : place_.group->members) {
      if (std::string_view(member.name).starts_with(folder))
        found.push_back({member.name.substr(folder.size()), 0});
    }
    return found;
  }
  Result<std::shared_ptr<const ByteSource>> open_sibling(std::string_view relative) const override {
    if (place_.surroundings != nullptr) return place_.surroundings->open(relative);
    if (place_.group != nullptr) {
      const std::string wanted = std::string(folder_of(place_.name)) + std::string(relative);
      for (const MemberDraft& member : place_.group->members) {
        if (member.name == wanted && member.open) return member.open();
      }
    }
    return Error(ErrorCode::kNotFound, "no such file beside it");
  }

  /// Identifies, runs every detector of every type, then the literal search. Never fails.
  void run() {
    if (!identify()) return;
    state_polyglot();
    for (const detect::InspectFunction inspect : detect::general_inspectors()) inspect(*this);
    bool container = false;
    for (const FormatId type : types_) {
      container = container || is_container(type);
      bool served = false;
      for (const detect::Detector& detector : detect::detectors()) {
        if (detector.format != type) continue;
        served = true;
        detector.inspect(*this);
        if (budget_.exhausted()) return;
      }
      // Unknown bytes are looked through for what hides in them, which is not the same as read.
      if (!served || type == FormatId::kUnknown) state_unserved(type);
    }
    if (options_.full && !container) {
      normalise(ranges_);
      detect::search_literals(*this, ranges_);
    }
  }

  std::vector<MemberDraft> take_members() { return std::move(members_); }

 private:
  bool identify() {
    auto found = formats::identify(*source_, name());
    if (!found) {
      incomplete(found.error());
      return false;
    }
    types_ = std::move(*found);
    if (const auto forced = format_of_role(place_.role)) {
      // What the container says comes first, but a member that is also something else is that too.
      std::erase_if(types_, [&](FormatId id) { return id == *forced || !is_structural(id); });
      types_.insert(types_.begin(), *forced);
    }
    return true;
  }

  void state_polyglot() {
    std::vector<std::string_view> names;
    for (const FormatId type : types_) {
      if (is_structural(type)) names.push_back(formats::format_name(type));
    }
    if (names.size() < 2) return;
    const auto has = [&](std::string_view wanted) {
      return std::find(names.begin(), names.end(), wanted) != names.end();
    };
    // A TFLite model carries its associated files as a zip at its end: that is its format. A tar
    // whose last member is a zip ends like one; both readings are inspected and only worth a
    // remark.
    if (names.size() == 2 && has("zip") && has("tflite")) return;
    const auto grade = names.size() == 2 && has("zip") && has("tar")
                           ? Severity::kInfo
                           : rules::kArtefactPolyglot.severity;
    std::string all;
    for (const std::string_view name : names)
      all += (all.empty() ? "" : " and ") + std::string(name);
    finding(rules::kArtefactPolyglot,
            {.severity = grade, .detail = "the bytes are valid as " + all});
  }

  void state_unserved(FormatId type) {
    if (type == FormatId::kText || type == FormatId::kMedia)
      return;  // literal search is their check
    if (type == FormatId::kUnknown) {
      incomplete("unrecognised-format", "no reader knows these bytes; only literals were searched",
                 std::nullopt);
    } else {
      incomplete("unsupported",
                 "no detector reads " + std::string(formats::format_name(type)) + " yet",
                 std::nullopt);
    }
  }

  std::shared_ptr<const ByteSource> source_;
  Place place_;
  const EngineOptions& options_;
  Budget& budget_;
  Record& record_;
  std::vector<FormatId> types_;
  std::vector<MemberDraft> members_;
  std::vector<ByteRange> ranges_;
};

void add_digest(FileReport& report, const ByteSource& source, Record& record) {
  auto digest = crypto::sha256(source);
  if (digest) {
    report.digest = *digest;
  } else {
    record.incomplete("unreadable", digest.error().describe(), report.path,
                      digest.error().offset());
  }
}

}  // namespace

FileReport unreadable(std::string path, const Error& error) {
  FileReport report;
  report.path = std::move(path);
  std::string_view code = "unreadable";
  if (error.code() == ErrorCode::kUnsupported) code = "not-a-regular-file";
  if (error.code() == ErrorCode::kMalformed) code = "link-loop";
  if (error.code() == ErrorCode::kLimit) code = "limit";
  if (error.code() == ErrorCode::kNotFound) code = "not-found";
  report.reasons.push_back({std::string(code), error.describe(), {report.path, {}, {}, {}}});
  report.verdict = Verdict::kIncomplete;
  return report;
}

FileReport scan_source(const std::shared_ptr<const ByteSource>& source, std::string display_path,
                       const EngineOptions& options, const Surroundings* surroundings) {
  FileReport report;
  report.path = std::move(display_path);
  report.size = source->size();
  Budget budget(options.limits);
  Record record(report, options.limits);

  struct Frame {
    std::shared_ptr<MemberGroup> group;
    std::size_t next = 0;
  };
  std::vector<Frame> frames;
  const auto inspect = [&](std::shared_ptr<const ByteSource> bytes, ArtefactInspection::Place place,
                           const std::function<void(detect::Inspection&)>& remark = {}) {
    const std::uint32_t depth = place.depth;
    std::string path = place.path;
    const bool outermost = depth == 0;
    ArtefactInspection inspection(std::move(bytes), std::move(place), options, budget, record);
    if (remark) remark(inspection);
    inspection.run();
    ++report.artefacts;
    if (outermost) {
      for (const FormatId type : inspection.types())
        report.types.emplace_back(formats::format_name(type));
    }
    auto members = inspection.take_members();
    if (!members.empty()) {
      frames.push_back({std::make_shared<MemberGroup>(
          MemberGroup{std::move(path), depth + 1, std::move(members)})});
    }
  };

  inspect(source, {report.path, report.path, "", 0, nullptr, surroundings});
  while (!frames.empty() && !budget.exhausted()) {
    if (frames.back().next == frames.back().group->members.size()) {
      frames.pop_back();
      continue;
    }
    const std::shared_ptr<MemberGroup> group = frames.back().group;
    const MemberDraft& member = group->members[frames.back().next++];
    std::string path = group->path + "!" + member.name;
    auto bytes = member.open();
    if (!bytes) {
      record.incomplete(bytes.error().code() == ErrorCode::kLimit ? "limit" : "malformed",
                        bytes.error().describe(), path, bytes.error().offset());
      continue;
    }
    inspect(std::move(*bytes),
            {std::move(path), member.name, member.role, group->depth, group.get(), nullptr},
            member.remark);
  }
  if (budget.exhausted()) record.incomplete("limit", budget.reason(), report.path, std::nullopt);

  report.verdict = verdict_of(report);
  if (options.digest == DigestMode::kAlways ||
      (options.digest == DigestMode::kAuto && report.verdict == Verdict::kFindings)) {
    add_digest(report, *source, record);
    report.verdict = verdict_of(report);
  }
  return report;
}

FileReport scan_file(const std::string& path, const std::string& root,
                     const EngineOptions& options) {
  auto file = FileSource::open(path);
  if (!file) return unreadable(path, file.error());
  std::shared_ptr<const ByteSource> source = *file;
  if (source->size() <= kReadWholeBytes) {
    auto bytes = read_all(*source, kReadWholeBytes);
    if (!bytes) return unreadable(path, bytes.error());
    source = std::make_shared<const MemorySource>(std::move(*bytes));
  }
  const FolderSurroundings surroundings(path, root);
  return scan_source(source, path, options, &surroundings);
}

}  // namespace saiph::scan
