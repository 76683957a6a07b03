#include <algorithm>
#include <string>
#include <utility>

#include "base/escape.h"
#include "detect/repository/package_names.h"
#include "detect/repository/repository_detector.h"
#include "detect/repository/requirement_judge.h"
#include "detect/rules/repository.h"
#include "formats/requirements/requirements.h"

namespace saiph::detect {

namespace {

constexpr std::uint64_t kMaxBytes = 16U << 20;

// pip takes every beginning of a long option that names one option only.
bool is_option(std::string_view option, std::string_view full) {
  return option.size() > 2 && option.starts_with("--") && full.starts_with(option);
}

bool is_index_option(std::string_view option) {
  return option == "-i" || option == "-f" || is_option(option, "--index-url") ||
         is_option(option, "--extra-index-url") || is_option(option, "--find-links") ||
         is_option(option, "--pypi-url");
}

bool is_insecure(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("git+http://") ||
         url.starts_with("git://") || url.starts_with("git+git://") || url.starts_with("ftp://") ||
         url.starts_with("svn+http://") || url.starts_with("hg+http://");
}

// Addresses may carry a login; what stands before "@" in the host part is masked.
std::string masked(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = scheme == std::string_view::npos ? scheme : url.find('/', scheme + 3);
  const std::size_t at =
      scheme == std::string_view::npos ? scheme : url.substr(0, slash).rfind('@');
  if (at == std::string_view::npos || at < scheme) return shorten(url, 160);
  return shorten(std::string(url.substr(0, scheme + 3)) + "***" + std::string(url.substr(at)), 160);
}

class Handler final : public formats::RequirementHandler {
 public:
  explicit Handler(Inspection& inspection) : judge_(inspection) {}
  void on_requirement(const formats::Requirement& requirement) override {
    judge_.judge(requirement);
  }
  RequirementJudge& judge() { return judge_; }

 private:
  RequirementJudge judge_;
};

}  // namespace

void RequirementJudge::state(const Rule& rule, const formats::Requirement& requirement,
                             std::string detail, std::string excerpt,
                             std::optional<Severity> severity) {
  FindingDraft draft;
  draft.severity = severity;
  draft.line = requirement.line;
  draft.offset = requirement.offset;
  draft.detail = std::move(detail);
  draft.excerpt = std::move(excerpt);
  inspection_.finding(rule, std::move(draft));
}

void RequirementJudge::judge(const formats::Requirement& requirement) {
  const std::string_view value = requirement.value;
  if (is_option(requirement.option, "--trusted-host")) {
    state(rules::kRequirementsInsecureTransport, requirement,
          "trusts a host without checking its certificate", masked(value));
    return;
  }
  if (is_index_option(requirement.option)) {
    if (is_insecure(value)) {
      state(rules::kRequirementsInsecureTransport, requirement,
            "takes packages over an unprotected connection", masked(value));
    } else if (!formats::is_usual_package_index(value) &&
               value.find("://") != std::string_view::npos) {
      state(rules::kRequirementsIndexSwitch, requirement,
            std::string(requirement.option) + " names another source of packages", masked(value));
    }
    return;
  }
  if (value.find("://") != std::string_view::npos) {
    if (is_insecure(value)) {
      state(rules::kRequirementsInsecureTransport, requirement,
            "fetches a package over an unprotected connection", masked(value));
    } else if (!requirement.hashed && value.find("#sha256=") == std::string_view::npos) {
      state(rules::kRequirementsDirectUrl, requirement, "fetches a package from an address",
            masked(value));
    }
  }
  if (requirement.name.empty()) return;
  if (const auto popular = imitated_package(requirement.name); !popular.empty()) {
    state(rules::kRequirementsNearName, requirement,
          requirement.name + " is one letter away from " + std::string(popular), requirement.name);
  }
  ++packages_;
  if (!requirement.pinned && value.empty() && requirement.option.empty()) ++unpinned_;
}

void RequirementJudge::finish() {
  if (unpinned_ == 0) return;
  FindingDraft draft;
  draft.detail = std::to_string(unpinned_) + " of " + std::to_string(packages_) +
                 " packages have no exact version";
  inspection_.finding(rules::kRequirementsUnpinned, std::move(draft));
}

void inspect_requirements(Inspection& inspection) {
  auto bytes = read_all(inspection.source(), kMaxBytes);
  if (!bytes) return inspection.incomplete(bytes.error());
  Handler handler(inspection);
  if (auto status = formats::read_requirements(as_text(*bytes), handler, inspection.budget());
      !status) {
    inspection.incomplete(status.error());
  }
  handler.judge().finish();
}

}  // namespace saiph::detect
