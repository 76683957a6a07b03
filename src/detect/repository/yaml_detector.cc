#include <string>
#include <utility>

#include "base/escape.h"
#include "detect/python/python_policy.h"
#include "detect/repository/repository_detector.h"
#include "detect/repository/requirement_judge.h"
#include "detect/repository/targets.h"
#include "detect/rules/repository.h"
#include "formats/requirements/requirements.h"
#include "formats/yaml/yaml_scan.h"

namespace saiph::detect {

namespace {

constexpr std::uint64_t kMaxBytes = 16U << 20;
constexpr std::string_view kPythonTag = "tag:yaml.org,2002:python/";

class Handler final : public formats::YamlHandler {
 public:
  explicit Handler(Inspection& inspection)
      : inspection_(inspection),
        requirements_(inspection),
        environment_(inspection.name().starts_with("environment") ||
                     inspection.name().starts_with("conda")),
        mlflow_(inspection.name() == "MLmodel") {}

  void on_event(const formats::YamlEvent& event) override {
    if (!event.tag.empty()) tag(event);
    target(event);
    if (mlflow_) served(event);
    if (event.key == "trust_remote_code" && (event.value == "true" || event.value == "True" ||
                                             event.value == "yes" || event.value == "on")) {
      state(rules::kRepositoryTrustRemoteCode, event, "sets trust_remote_code", Severity::kLow);
    }
    if (environment_ && event.key.empty() && !event.value.empty()) {
      formats::Requirement requirement = formats::parse_requirement(event.value);
      requirement.line = event.line;
      requirement.offset = event.offset;
      requirements_.judge(requirement);
    }
  }

 private:
  void state(const Rule& rule, const formats::YamlEvent& event, std::string detail,
             std::optional<Severity> severity = std::nullopt) {
    FindingDraft draft;
    draft.severity = severity;
    draft.line = event.line;
    draft.offset = event.offset;
    draft.part = std::string(event.key.substr(0, 120));
    draft.detail = std::move(detail);
    draft.excerpt = shorten(event.value.empty() ? std::string_view(event.tag) : event.value, 160);
    inspection_.finding(rule, std::move(draft));
  }

  void tag(const formats::YamlEvent& event) {
    const std::string_view tag = event.tag;
    if (!tag.starts_with(kPythonTag)) return;
    const std::string_view kind = tag.substr(kPythonTag.size());
    const std::size_t colon = kind.find(':');
    const std::string_view name =
        colon == std::string_view::npos ? std::string_view() : kind.substr(colon + 1);
    const std::string detail = "uses the tag !!python/" + shorten(kind, 120);
    if (kind.starts_with("object/apply") || kind.starts_with("object/new") ||
        kind.starts_with("object:") || kind.starts_with("object")) {
      const bool plain = kind.starts_with("object:") && judge_target(name) == TargetVerdict::kKnown;
      state(rules::kYamlPythonObject, event, detail,
            plain ? std::optional(Severity::kHigh) : std::nullopt);
    } else if (kind.starts_with("module") || kind.starts_with("name")) {
      const bool dangerous = judge_target(name) == TargetVerdict::kDangerous;
      state(rules::kYamlPythonTag, event, detail, dangerous ? Severity::kHigh : Severity::kMedium);
    } else {
      state(rules::kYamlPythonTag, event, detail);
    }
  }

  // MLflow puts `code` onto Python's path and runs `model_code_path`; loader_module is a target.
  void served(const formats::YamlEvent& event) {
    if (event.key != "code" && event.key != "model_code_path") return;
    const std::string_view value = event.value;
    if (!event.unresolved &&
        (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL"))
      return;
    state(rules::kRepositoryServingCode, event, "MLflow runs code from " + shorten(value, 120));
  }

  void target(const formats::YamlEvent& event) {
    if (event.unresolved && (event.key == "_target_" || event.key == "class_path")) {
      state(rules::kRepositoryUnknownTarget, event,
            std::string(event.key) + " is an alias that names no text here");
      return;
    }
    switch (judge_target_of(event.key, event.value)) {
      case TargetVerdict::kKnown:
        break;
      case TargetVerdict::kUnknown:
        if (!event.value.empty())
          state(rules::kRepositoryUnknownTarget, event,
                std::string(event.key) + " names " + shorten(event.value, 120));
        break;
      case TargetVerdict::kDangerous:
        state(rules::kRepositoryDangerousTarget, event,
              std::string(event.key) + " names " + shorten(event.value, 120));
        break;
    }
  }

  Inspection& inspection_;
  RequirementJudge requirements_;
  bool environment_;
  bool mlflow_;
};

}  // namespace

void inspect_yaml(Inspection& inspection) {
  auto bytes = read_all(inspection.source(), kMaxBytes);
  if (!bytes) return inspection.incomplete(bytes.error());
  Handler handler(inspection);
  const auto summary = formats::scan_yaml(as_text(*bytes), handler, inspection.budget());
  if (!summary) return inspection.incomplete(summary.error());
  if (!summary->problem.empty())
    inspection.incomplete("malformed", "YAML: " + summary->problem, summary->problem_offset);
}

}  // namespace saiph::detect
