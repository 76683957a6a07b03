#include "app/text_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/suggest.h"
#include "codec/toml/toml.h"
#include "detect/rules.h"
#include "detect/text/engine/text_engine.h"
#include "detect/text/personal/find_personal.h"
#include "detect/text/secrets/find_secrets.h"
#include "policy/text_policy.h"

namespace saiph::app {

namespace {

Error usage(const std::string& what) {
  return {ErrorCode::kInvalidArgument, what};
}

/// Far more than a text model needs.
constexpr std::size_t kModelBytes = std::size_t{8} << 20;

Result<Bytes> read_file(const std::string& path, std::size_t most_bytes) {
  const auto file = FileSource::open(path);
  if (!file) return usage(path + ": " + file.error().describe());
  auto bytes = read_all(**file, most_bytes);
  if (!bytes) return usage(path + ": " + bytes.error().describe());
  return bytes;
}

/// The rules of the program, with those files on top.
Result<std::shared_ptr<const match::RuleSet>> load_rules(const policy::TextPolicyFile& file,
                                                         const std::string& path) {
  if (file.rule_files.empty()) return match::RuleSet::own();
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::vector<std::string> names;
  std::vector<Bytes> texts;
  for (const std::string& name : file.rule_files) {
    names.push_back((folder / name).string());
    SAIPH_TRY(Bytes bytes, read_file(names.back(), codec::kTomlMaxBytes));
    texts.push_back(std::move(bytes));
  }
  const auto own = match::RuleSet::own_sources();
  std::vector<match::RuleSource> sources(own.begin(), own.end());
  for (std::size_t i = 0; i < names.size(); ++i) sources.push_back({names[i], as_text(texts[i])});
  auto rules = match::RuleSet::load(sources);
  if (!rules) {
    return usage(rules.error().message() + "; `saiph rules check FILE` tells more");
  }
  return rules;
}

std::vector<std::string_view> known_findings(const match::RuleSet& rules) {
  std::vector<std::string_view> known;
  for (const match::TextRule& rule : rules.rules()) known.emplace_back(rule.id);
  for (const auto types : {detect::personal_types(), detect::secret_types()}) {
    for (const detect::SpanType& type : types) known.push_back(type.id);
  }
  for (const Rule* rule : rules::all()) {
    if (rule->id.starts_with("inspect-") || rule->id.starts_with("output-")) {
      known.push_back(rule->id);
    }
  }
  return known;
}

/// A choice for a finding that nothing states is a mistake that nobody would notice.
Status check_choices(const policy::TextPolicyFile& file, const std::string& path,
                     const match::RuleSet& rules) {
  const std::vector<std::string_view> known = known_findings(rules);
  for (std::size_t i = 0; i < file.policy.choices.size(); ++i) {
    const std::string& name = file.policy.choices[i].finding;
    const bool prefix = name.ends_with(".*");
    const std::string_view stem = std::string_view(name).substr(0, name.size() - (prefix ? 1 : 0));
    const bool fits = std::any_of(known.begin(), known.end(), [&](std::string_view finding) {
      return prefix ? finding.starts_with(stem) : finding == name;
    });
    if (fits) continue;
    const std::string_view near = closest_word(name, known);
    std::string what = fmt::format("no finding is called \"{}\"", name);
    if (!near.empty()) what += fmt::format("; did you mean \"{}\"?", near);
    return usage(codec::toml_error(path, file.positions[i], what).message());
  }
  return {};
}

/// Makes its inspector with the first text.
class WhenNeeded final : public TextInspector {
 public:
  explicit WhenNeeded(TextPolicy policy) : policy_(std::move(policy)) {}
  TextReport inspect(std::string_view text, Channel channel, bool with_views) const override {
    return engine().inspect(text, channel, with_views);
  }
  const std::string& version() const override { return engine().version(); }

 private:
  const detect::TextEngine& engine() const {
    std::call_once(once_, [this] { engine_ = std::make_unique<detect::TextEngine>(policy_); });
    return *engine_;
  }

  TextPolicy policy_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<detect::TextEngine> engine_;
};

}  // namespace

Result<TextSetup> set_up_text_inspection(const std::string& policy, const std::string& model) {
  TextSetup setup;
  const auto built_in = policy::built_in_text_policy(policy.empty() ? "balanced" : policy);
  detect::TextEngineParts parts;
  if (built_in) {
    setup.policy = *built_in;
  } else {
    const bool looks_like_file =
        policy.find_first_of("./") != std::string::npos || std::filesystem::exists(policy);
    if (!looks_like_file) {
      return usage(fmt::format("\"{}\" is neither observe, balanced or strict nor a file", policy));
    }
    SAIPH_TRY(const Bytes bytes, read_file(policy, codec::kTomlMaxBytes));
    const auto file = policy::parse_text_policy(bytes, policy);
    if (!file) return usage(file.error().message());
    SAIPH_TRY(parts.rules, load_rules(*file, policy));
    SAIPH_CHECK(check_choices(*file, policy, *parts.rules));
    setup.policy = file->policy;
  }
  if (!model.empty()) {
    SAIPH_TRY(const Bytes file, read_file(model, kModelBytes));
    auto classifier = match::Classifier::load(file);
    if (!classifier) return usage(model + ": " + classifier.error().describe());
    parts.classifier = std::move(*classifier);
  }
  setup.inspector = std::make_shared<detect::TextEngine>(setup.policy, std::move(parts));
  return setup;
}

Result<std::shared_ptr<const TextInspector>> text_inspector_when_needed(const std::string& policy) {
  if (auto built_in = policy::built_in_text_policy(policy)) {
    return std::make_shared<const WhenNeeded>(std::move(*built_in));
  }
  SAIPH_TRY(TextSetup setup, set_up_text_inspection(policy));
  return std::move(setup.inspector);
}

}  // namespace saiph::app
