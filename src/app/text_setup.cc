#include "app/text_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/suggest.h"
#include "base/text.h"
#include "codec/toml/toml.h"
#include "crypto/secret.h"
#include "detect/rules.h"
#include "detect/text/engine/text_engine.h"
#include "detect/text/personal/find_personal.h"
#include "detect/text/secrets/find_secrets.h"
#include "net/client.h"
#include "opinion/guard_endpoint.h"
#include "opinion/tiered_inspector.h"
#include "policy/text_policy.h"

namespace saiph::app {

namespace {

Error usage(const std::string& what) {
  return {ErrorCode::kInvalidArgument, what};
}

/// Far more than a text model needs.
constexpr std::size_t kModelBytes = std::size_t{8} << 20;
/// Of one document that answers are held against.
constexpr std::size_t kSourceBytes = std::size_t{64} << 20;

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

/// Tokens of one key are the same in every run; those of a run's own key end with it.
Result<detect::Tokeniser> make_tokens(const std::string& key_file) {
  constexpr std::size_t kMostBytes = 4096;
  Bytes key(32);
  if (key_file.empty()) {
    SAIPH_CHECK(crypto::random_bytes(key));
  } else {
    SAIPH_TRY(key, read_file(key_file, kMostBytes));
  }
  auto tokens = detect::Tokeniser::with_key(key);
  crypto::wipe(key);
  if (!tokens) return usage(key_file + ": " + tokens.error().message());
  return tokens;
}

/// The key of the endpoint, without the line end that editors put behind it.
Result<std::string> read_endpoint_key(const SecondTierSettings& tier) {
  constexpr std::size_t kMostBytes = 8192;
  std::string key;
  if (!tier.key_env.empty()) {
    const char* value = std::getenv(tier.key_env.c_str());  // NOLINT(concurrency-mt-unsafe)
    if (value == nullptr) return usage("second_tier: the variable " + tier.key_env + " is not set");
    key = value;
  } else if (!tier.key_file.empty()) {
    SAIPH_TRY(const Bytes bytes, read_file(tier.key_file, kMostBytes));
    key = as_text(bytes);
  }
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  const bool fits = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!fits) return usage("second_tier: the key has characters that no key has");
  return key;
}

/// `inner` with the second tier that the policy's file asks for.
Result<std::shared_ptr<const TextInspector>> with_second_tier(
    std::shared_ptr<const TextInspector> inner, const TextPolicy& policy, SecondTierSettings tier,
    const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  for (std::string* file : {&tier.key_file, &tier.ca_file}) {
    if (!file->empty()) *file = (folder / *file).string();
  }
  const auto url = net::Url::parse(tier.url);
  if (!url) return usage(path + ": second_tier: url: " + url.error().message());
  // The client refuses it, too, but only with the first text.
  if (!url->is_tls && url->host != "localhost" && url->host != "::1" &&
      !url->host.starts_with("127.")) {
    return usage(path + ": second_tier: plain http beyond this machine; write https");
  }
  SAIPH_TRY(std::string key, read_endpoint_key(tier));
  auto second = std::make_unique<opinion::GuardEndpoint>(tier, std::move(key));
  return std::make_shared<const opinion::TieredInspector>(std::move(inner), policy, std::move(tier),
                                                          std::move(second));
}

/// What the engine's context points to.
struct OutputSources {
  std::optional<detect::ShinglePrint> system_prompt;
  detect::ProtectedTexts protecteds;
  std::vector<std::string> passage_texts;
  std::vector<std::string_view> passages;
  std::vector<std::string> packages;
  std::vector<std::string> hosts;
  std::vector<std::string> canaries;
};

/// An engine and what it points to.
class EngineWithSources final : public TextInspector {
 public:
  EngineWithSources(TextPolicy policy, detect::TextEngineParts parts,
                    std::unique_ptr<const OutputSources> sources)
      : sources_(std::move(sources)), engine_(std::move(policy), std::move(parts)) {}
  TextReport inspect(std::string_view text, Channel channel,
                     const TextWishes& wishes) const override {
    return engine_.inspect(text, channel, wishes);
  }
  const std::string& version() const override { return engine_.version(); }

 private:
  std::unique_ptr<const OutputSources> sources_;
  detect::TextEngine engine_;
};

Result<std::unique_ptr<const OutputSources>> read_sources(const TextSources& wanted,
                                                          detect::OutputContext& context) {
  auto read = std::make_unique<OutputSources>();
  if (!wanted.system_prompt.empty()) {
    SAIPH_TRY(const Bytes bytes, read_file(wanted.system_prompt, kSourceBytes));
    context.system_prompt = &read->system_prompt.emplace(as_text(bytes));
  }
  for (const std::string& path : wanted.protecteds) {
    SAIPH_TRY(const Bytes bytes, read_file(path, kSourceBytes));
    read->protecteds.add(path, as_text(bytes));
  }
  read->protecteds.finish();
  if (!wanted.protecteds.empty()) context.protected_texts = &read->protecteds;
  for (const std::string& path : wanted.passages) {
    SAIPH_TRY(const Bytes bytes, read_file(path, kSourceBytes));
    read->passage_texts.emplace_back(as_text(bytes));
  }
  read->passages.assign(read->passage_texts.begin(), read->passage_texts.end());
  context.passages = read->passages;
  if (!wanted.packages.empty()) {
    SAIPH_TRY(const Bytes bytes, read_file(wanted.packages, kSourceBytes));
    std::string_view rest = as_text(bytes);
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      const std::string_view name = line.substr(0, line.find_last_not_of(" \t\r") + 1);
      if (!name.empty() && name.front() != '#') read->packages.push_back(ascii_lower(name));
    }
    if (read->packages.empty()) return usage(wanted.packages + ": it names no package");
    std::sort(read->packages.begin(), read->packages.end());
    context.known_packages = read->packages;
  }
  for (const std::string& host : wanted.hosts) read->hosts.push_back(ascii_lower(host));
  context.allowed_hosts = read->hosts;
  read->canaries = wanted.canaries;
  context.canaries = read->canaries;
  return std::unique_ptr<const OutputSources>(std::move(read));
}

/// Makes its inspector with the first text.
class WhenNeeded final : public TextInspector {
 public:
  explicit WhenNeeded(TextPolicy policy) : policy_(std::move(policy)) {}
  TextReport inspect(std::string_view text, Channel channel,
                     const TextWishes& wishes) const override {
    return engine().inspect(text, channel, wishes);
  }
  const std::string& version() const override { return engine().version(); }

 private:
  const detect::TextEngine& engine() const {
    std::call_once(once_, [this] {
      detect::TextEngineParts parts;
      if (auto tokens = make_tokens({})) parts.tokens = std::move(*tokens);
      engine_ = std::make_unique<detect::TextEngine>(policy_, std::move(parts));
    });
    return *engine_;
  }

  TextPolicy policy_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<detect::TextEngine> engine_;
};

}  // namespace

Result<TextSetup> set_up_text_inspection(const std::string& policy, const TextSources& sources) {
  TextSetup setup;
  const auto built_in = policy::built_in_text_policy(policy.empty() ? "balanced" : policy);
  detect::TextEngineParts parts;
  std::optional<SecondTierSettings> tier;
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
    tier = file->second_tier;
  }
  if (!sources.model.empty()) {
    SAIPH_TRY(const Bytes file, read_file(sources.model, kModelBytes));
    auto classifier = match::Classifier::load(file);
    if (!classifier) return usage(sources.model + ": " + classifier.error().describe());
    parts.classifier = std::move(*classifier);
  }
  SAIPH_TRY(parts.tokens, make_tokens(sources.token_key));
  SAIPH_TRY(auto read, read_sources(sources, parts.output));
  setup.inspector =
      std::make_shared<EngineWithSources>(setup.policy, std::move(parts), std::move(read));
  if (tier) {
    setup.uses_network = true;
    SAIPH_TRY(setup.inspector,
              with_second_tier(std::move(setup.inspector), setup.policy, std::move(*tier), policy));
  }
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
