// RecordingInspection: an Inspection for tests and fuzz targets that keeps what was stated.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "detect/contract/inspection.h"

namespace saiph::detect {

class RecordingInspection final : public Inspection {
 public:
  struct Stated {
    const Rule* rule;
    FindingDraft draft;
    Severity severity() const { return draft.severity.value_or(rule->severity); }
  };
  struct Incomplete {
    std::string code;
    std::string message;
    std::optional<std::uint64_t> offset;
  };

  explicit RecordingInspection(Bytes bytes, std::string name = "artefact",
                               Limits limits = Limits::strict())
      : RecordingInspection(std::make_shared<const MemorySource>(std::move(bytes)), std::move(name),
                            limits) {}
  RecordingInspection(std::shared_ptr<const ByteSource> source, std::string name,
                      Limits limits = Limits::strict())
      : source_(std::move(source)), name_(std::move(name)), budget_(limits) {}

  const ByteSource& source() const override { return *source_; }
  std::shared_ptr<const ByteSource> source_ptr() const override { return source_; }
  std::string_view name() const override { return name_; }
  std::string_view path() const override { return name_; }
  std::string_view role() const override { return role_; }
  const std::vector<formats::FormatId>& types() const override { return types_; }
  bool full() const override { return full_; }
  Budget& budget() override { return budget_; }
  const Trust& trust() const override { return trust_; }
  using Inspection::incomplete;
  void finding(const Rule& rule, FindingDraft draft) override {
    stated.push_back({&rule, std::move(draft)});
  }
  void incomplete(std::string_view code, std::string message,
                  std::optional<std::uint64_t> offset) override {
    incompletes.push_back({std::string(code), std::move(message), offset});
  }
  void member(MemberDraft draft) override { members.push_back(std::move(draft)); }
  void data_range(std::uint64_t offset, std::uint64_t length) override {
    data_ranges.emplace_back(offset, length);
  }
  std::vector<Sibling> siblings() const override {
    std::vector<Sibling> out;
    for (const auto& [name, bytes] : files) out.push_back({name, bytes.size()});
    return out;
  }
  Result<std::shared_ptr<const ByteSource>> open_sibling(std::string_view relative) const override {
    const auto it = files.find(std::string(relative));
    if (it == files.end()) return Error(ErrorCode::kNotFound, "no such file");
    return std::shared_ptr<const ByteSource>(std::make_shared<const MemorySource>(it->second));
  }

  /// Every member opens and every data range lies inside the artefact: what fuzz targets demand.
  bool is_consistent() const {
    return std::all_of(members.begin(), members.end(),
                       [](const MemberDraft& m) { return m.open().has_value(); }) &&
           std::all_of(data_ranges.begin(), data_ranges.end(), [&](const auto& range) {
             return range.first <= source_->size() && range.second <= source_->size() - range.first;
           });
  }
  bool has(std::string_view rule_id) const {
    return std::any_of(stated.begin(), stated.end(),
                       [&](const Stated& s) { return s.rule->id == rule_id; });
  }
  bool has_at_least(Severity severity) const {
    return std::any_of(stated.begin(), stated.end(),
                       [&](const Stated& s) { return s.severity() >= severity; });
  }

  std::vector<Stated> stated;
  std::vector<Incomplete> incompletes;
  std::vector<MemberDraft> members;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> data_ranges;
  std::map<std::string, Bytes> files;
  std::string role_;
  bool full_ = true;
  Trust trust_;
  std::vector<formats::FormatId> types_;

 private:
  std::shared_ptr<const ByteSource> source_;
  std::string name_;
  Budget budget_;
};

/// What an inspection stated, as text for a failure message.
inline std::string stated(const RecordingInspection& inspection) {
  std::string out;
  for (const auto& s : inspection.stated) {
    out += std::string(name_of(s.severity())) + " " + std::string(s.rule->id) + " " + s.draft.part +
           ": " + s.draft.detail + "\n";
  }
  for (const auto& i : inspection.incompletes)
    out += "incomplete " + i.code + ": " + i.message + "\n";
  return out;
}

/// "rule/severity rule/severity", in the order stated.
inline std::string rules_of(const RecordingInspection& inspection) {
  std::string out;
  for (const auto& s : inspection.stated) {
    out += (out.empty() ? "" : " ") + std::string(s.rule->id) + "/" +
           std::string(name_of(s.severity()));
  }
  return out;
}

}  // namespace saiph::detect
