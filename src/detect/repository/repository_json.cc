#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "detect/python/python_policy.h"
#include "detect/repository/repository_detector.h"
#include "detect/repository/targets.h"
#include "detect/rules/repository.h"

namespace saiph::detect {

namespace {

constexpr std::size_t kMaxReferences = 256;
constexpr std::size_t kMaxShards = 20'000;
constexpr std::size_t kMaxTemplates = 64;

struct Reference {
  std::string key;
  std::string target;
  std::uint64_t offset = 0;
};

// Folders of diffusers whose classes its own pipelines name without the package.
constexpr auto kPipelineFolders = std::to_array<std::string_view>({"stable_diffusion",
                                                                   "stable_diffusion_safe",
                                                                   "paint_by_example",
                                                                   "deepfloyd_if",
                                                                   "unidiffuser",
                                                                   "versatile_diffusion",
                                                                   "shap_e",
                                                                   "kandinsky",
                                                                   "wuerstchen",
                                                                   "latent_diffusion",
                                                                   "audioldm2",
                                                                   "musicldm",
                                                                   "stable_cascade",
                                                                   "onnx_utils",
                                                                   "stable_audio",
                                                                   "stable_diffusion_k_diffusion",
                                                                   "stable_diffusion_xl",
                                                                   "spectrogram_diffusion",
                                                                   "alt_diffusion",
                                                                   "blip_diffusion",
                                                                   "ltx",
                                                                   "ltx2",
                                                                   "hidream_image",
                                                                   "k_diffusion",
                                                                   "optimum",
                                                                   "onnxruntime",
                                                                   "unclip",
                                                                   "open_clip"});

// "module.Class" of a pipeline's component.
TargetVerdict judge_component(std::string_view name) {
  const std::string_view top = name.substr(0, name.find('.'));
  return one_of(kPipelineFolders, top) ? TargetVerdict::kKnown : judge_target(name);
}

// Keeps from one document only what the rules ask for.
class Collector final : public codec::JsonHandler {
 public:
  bool on_object_begin(std::uint64_t) override { return open(); }
  bool on_array_begin(std::uint64_t) override { return open(); }
  bool on_object_end() override { return close(); }
  bool on_array_end() override { return close(); }

  bool on_key(std::string_view key, std::uint64_t) override {
    key_.assign(key.substr(0, 256));
    if (keys_.size() == 1 && (key == "_class_name" || key == "_diffusers_version"))
      is_pipeline = true;
    if (keys_.size() == 1) top_keys_ += key == "model_type" || key == "architectures" ? 1U : 0U;
    return true;
  }

  bool on_string(std::string_view value, std::uint64_t offset) override {
    manifest(value, offset);
    if ((inside("auto_map") || key_ == "auto_map" || inside("custom_pipelines")) &&
        value.find('.') != std::string_view::npos) {
      const bool implementation = !inside("custom_pipelines") || key_ == "impl";
      if (implementation) keep(code, value, offset);
    }
    // Known targets are not kept, so that no number of them pushes another one out.
    if (judge_target_of(key_, value) != TargetVerdict::kKnown) keep(targets, value, offset);
    if (key_ == "custom_pipeline") keep(code, value, offset);
    if (key_ == "chat_template" || (inside("chat_template") && key_ != "name")) {
      if (templates.size() < kMaxTemplates)
        templates.push_back({key_, std::string(value.substr(0, 2U << 20)), offset});
      else
        overflowed = true;
    }
    if (inside("weight_map")) {
      has_weight_map = true;
      if (shards.size() < kMaxShards) {
        shards.emplace(value.substr(0, 512));
      } else {
        shards_overflowed = true;
      }
    }
    if (key_ == "base_model_name_or_path" && keys_.size() == 1)
      base_model = {key_, std::string(value.substr(0, 512)), offset};
    if (key_ == "_name_or_path" && keys_.size() == 1)
      name_or_path = {key_, std::string(value.substr(0, 512)), offset};
    return true;
  }

  bool on_bool(bool value, std::uint64_t offset) override {
    if (key_ == "trust_remote_code" && value) keep(trusted, "true", offset);
    return true;
  }

  bool is_model_configuration() const { return top_keys_ > 0; }

  std::vector<Reference> code;
  std::vector<Reference> targets;
  std::vector<Reference> modules;     // "type" of the entries of a root array
  std::vector<Reference> components;  // "module.Class" of pairs below the root object
  bool is_pipeline = false;
  std::vector<Reference> templates;
  std::vector<Reference> trusted;
  std::set<std::string, std::less<>> shards;
  bool shards_overflowed = false;
  bool overflowed = false;  // something of the lists above was not kept
  bool has_weight_map = false;
  Reference base_model;
  Reference name_or_path;

 private:
  bool open() {
    keys_.push_back(key_);
    strings_ = 0;
    class_.clear();
    module_.clear();
    // What is below an object belongs to its key until another key comes.
    return true;
  }
  bool close() {
    if (!keys_.empty()) {
      key_ = keys_.back();
      keys_.pop_back();
    }
    return true;
  }
  // Lists of classes that a loader imports: sentence-transformers, diffusers, skops.
  void manifest(std::string_view value, std::uint64_t offset) {
    if (key_ == "type" && keys_.size() == 2 && value.find('.') != std::string_view::npos)
      keep_class(modules, value, judge_target(value), offset);
    if (key_ == "__class__" || key_ == "__module__") {
      (key_ == "__class__" ? class_ : module_).assign(value.substr(0, 256));
      if (!class_.empty() && !module_.empty() &&
          python_risk(module_ + "." + class_) != PythonRisk::kNone)
        keep(targets, module_ + "." + class_, offset);
    }
    if (keys_.size() == 2 && keys_.back() == key_ && ++strings_ <= 2) {
      if (strings_ == 1) {
        first_.assign(value.substr(0, 256));
      } else {
        const std::string name = first_ + "." + std::string(value.substr(0, 256));
        keep_class(components, name, judge_component(name), offset);
      }
    }
  }
  // Such keys and pairs stand in many documents: only dangerous names may overflow their list.
  void keep_class(std::vector<Reference>& list, std::string_view name, TargetVerdict verdict,
                  std::uint64_t offset) {
    if (verdict == TargetVerdict::kKnown) return;
    if (verdict == TargetVerdict::kDangerous || list.size() < kMaxReferences / 2)
      keep(list, name, offset);
  }
  bool inside(std::string_view name) const {
    return std::find(keys_.begin(), keys_.end(), name) != keys_.end();
  }
  void keep(std::vector<Reference>& list, std::string_view value, std::uint64_t offset) {
    if (list.size() < kMaxReferences)
      list.push_back({key_, std::string(value.substr(0, 512)), offset});
    else
      overflowed = true;
  }

  std::vector<std::string> keys_;  // the key under which each open object or array stands
  std::string key_;
  std::string first_;  // string of an array
  std::uint64_t strings_ = 0;
  std::string class_;
  std::string module_;
  std::uint32_t top_keys_ = 0;
};

bool leaves_folder(std::string_view path) {
  return path.starts_with('/') || path.starts_with('\\') ||
         path.find("../") != std::string_view::npos ||
         path.find("..\\") != std::string_view::npos || (path.size() > 1 && path[1] == ':') ||
         path == "..";
}

class Judge {
 public:
  Judge(const Collector& found, Inspection& inspection)
      : found_(found), inspection_(inspection), siblings_(inspection.siblings()) {}

  void run() {
    if (found_.overflowed) {
      inspection_.incomplete("limit", "more references or templates than are followed",
                             std::nullopt);
    }
    custom_code();
    for (const Reference& reference : found_.targets) target(reference);
    manifests();
    for (const Reference& reference : found_.trusted) {
      state(rules::kRepositoryTrustRemoteCode, reference, "sets trust_remote_code");
    }
    chat_templates();
    if (found_.has_weight_map) shard_index();
    names();
    if (found_.is_model_configuration() || inspection_.name() == "adapter_config.json")
      weight_formats();
  }

 private:
  void state(const Rule& rule, const Reference& reference, std::string detail,
             std::optional<Severity> severity = std::nullopt) {
    FindingDraft draft;
    draft.severity = severity;
    draft.offset = reference.offset;
    draft.part = reference.key;
    draft.detail = std::move(detail);
    draft.excerpt = shorten(reference.target, 160);
    inspection_.finding(rule, std::move(draft));
  }

  bool beside(std::string_view name) const {
    return std::any_of(siblings_.begin(), siblings_.end(),
                       [&](const Sibling& sibling) { return sibling.name == name; });
  }

  // auto_map values are "module.Class" or "repository--module.Class".
  void custom_code() {
    std::set<std::string, std::less<>> files;
    for (const Reference& reference : found_.code) {
      const std::string_view value = reference.target;
      if (const std::size_t mark = value.find("--"); mark != std::string_view::npos) {
        state(rules::kRepositoryRemoteCode, reference,
              "takes its code from the repository " + shorten(value.substr(0, mark), 100));
        continue;
      }
      if (value.find("://") != std::string_view::npos) {
        state(rules::kRepositoryRemoteCode, reference, "takes its code from an address");
        continue;
      }
      const std::string_view module = value.substr(0, value.rfind('.'));
      if (leaves_folder(value) || module.find("..") != std::string_view::npos) {
        state(rules::kRepositoryPathTraversal, reference, "takes its code from outside the folder");
        continue;
      }
      std::string file(module);
      if (!value.ends_with(".py")) std::replace(file.begin(), file.end(), '.', '/');
      file += ".py";
      if (!files.insert(file).second) continue;
      if (beside(file) || inspection_.open_sibling(file)) {
        state(rules::kRepositoryCustomCode, reference,
              "custom code in " + file + " runs with trust_remote_code");
      } else {
        state(rules::kRepositoryMissingCode, reference, "names " + file + ", which is not here");
        inspection_.incomplete("missing-file",
                               "code that the configuration names is not here: " + file,
                               reference.offset);
      }
    }
  }

  void target(const Reference& reference) {
    const auto verdict = judge_target_of(reference.key, reference.target);
    if (verdict == TargetVerdict::kDangerous || reference.key == "__class__" ||
        reference.key == "__module__") {
      state(rules::kRepositoryDangerousTarget, reference,
            reference.key + " names " + shorten(reference.target, 120));
    } else if (verdict == TargetVerdict::kUnknown && !reference.target.empty()) {
      state(rules::kRepositoryUnknownTarget, reference,
            reference.key + " names " + shorten(reference.target, 120));
    }
  }

  void named(const Reference& reference, TargetVerdict verdict) {
    const bool dangerous = verdict == TargetVerdict::kDangerous;
    state(dangerous ? rules::kRepositoryDangerousTarget : rules::kRepositoryUnknownTarget,
          reference, shorten(reference.key, 60) + " names " + shorten(reference.target, 120));
  }

  void manifests() {
    const bool module_list = inspection_.name() == "modules.json";
    for (const Reference& reference : found_.modules) {
      if (module_list || python_risk(reference.target) != PythonRisk::kNone)
        named(reference, judge_target(reference.target));
    }
    if (!found_.is_pipeline) return;
    for (const Reference& reference : found_.components)
      named(reference, judge_component(reference.target));
  }

  void chat_templates() {
    for (const Reference& reference : found_.templates) {
      MemberDraft member;
      member.name = "chat_template";
      if (found_.templates.size() > 1) member.name += "@" + std::to_string(reference.offset);
      member.role = "as:jinja";
      member.open = [text = std::make_shared<const std::string>(
                         reference.target)]() -> Result<std::shared_ptr<const ByteSource>> {
        const ByteView bytes = as_bytes(*text);
        return std::shared_ptr<const ByteSource>(
            std::make_shared<const MemorySource>(Bytes(bytes.begin(), bytes.end())));
      };
      inspection_.member(std::move(member));
    }
  }

  void shard_index() {
    const bool alone = siblings_.empty();
    std::size_t missing = 0;
    std::string first_missing;
    std::string stem;
    for (const std::string& shard : found_.shards) {
      if (leaves_folder(shard)) {
        state(rules::kRepositoryPathTraversal, {"weight_map", shard, 0},
              "the index names a file outside the folder");
        continue;
      }
      if (stem.empty()) stem = shard.substr(0, shard.find("-0"));
      if (beside(shard) || inspection_.open_sibling(shard)) continue;
      if (missing++ == 0) first_missing = shard;
    }
    if (found_.shards_overflowed)
      inspection_.incomplete("limit", "more shards than are followed", std::nullopt);
    if (missing > 0) {
      const std::string detail = std::to_string(missing) + " of " +
                                 std::to_string(found_.shards.size()) +
                                 " shards are not here, first " + shorten(first_missing, 100);
      if (!alone) state(rules::kRepositoryMissingShard, {"weight_map", first_missing, 0}, detail);
      inspection_.incomplete("missing-file", detail, std::nullopt);
    }
    for (const Sibling& sibling : siblings_) {
      const bool shard_like = !stem.empty() && sibling.name.starts_with(stem + "-0") &&
                              sibling.name.find("-of-") != std::string::npos;
      if (shard_like && !found_.shards.contains(sibling.name)) {
        state(rules::kRepositoryUnlistedShard, {"weight_map", sibling.name, 0},
              shorten(sibling.name, 120) + " is not named by the index");
      }
    }
  }

  void names() {
    const Reference& base = found_.base_model;
    if (!base.target.empty()) {
      if (base.target.find("://") != std::string::npos) {
        state(rules::kRepositoryAdapterBase, base, "the base model is an address");
      } else if (base.target.find("../") != std::string::npos) {
        state(rules::kRepositoryAdapterBase, base,
              "the base model is a path that leaves the folder");
      } else if (leaves_folder(base.target)) {
        state(rules::kRepositoryAdapterBase, base,
              "the base model is a path of the machine where the adapter was made", Severity::kLow);
      }
    }
    const Reference& name = found_.name_or_path;
    if (name.target.find("://") != std::string::npos) {
      state(rules::kRepositoryAdapterBase, name, "_name_or_path is an address", Severity::kLow);
    }
  }

  void weight_formats() {
    constexpr auto kPairs = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"model", "pytorch_model"},
         {"adapter_model", "adapter_model"},
         {"diffusion_pytorch_model", "diffusion_pytorch_model"}});
    for (const auto& [safe, pickled] : kPairs) {
      const Sibling* tensors = nullptr;
      const Sibling* pickle = nullptr;
      for (const Sibling& sibling : siblings_) {
        if (sibling.name.starts_with(safe) && sibling.name.ends_with(".safetensors"))
          tensors = &sibling;
        if (sibling.name.starts_with(pickled) && sibling.name.ends_with(".bin")) pickle = &sibling;
      }
      if (tensors != nullptr && pickle != nullptr) {
        state(rules::kRepositoryTwoWeightFormats, {"", pickle->name, 0},
              "transformers loads " + tensors->name + " by default; other loaders may take " +
                  pickle->name);
      }
    }
  }

  const Collector& found_;
  Inspection& inspection_;
  std::vector<Sibling> siblings_;
};

}  // namespace

void inspect_repository_json(Inspection& inspection) {
  Collector found;
  SourceReader reader(inspection.source());
  codec::JsonStreamOptions options;
  options.allow_nan = true;
  const auto parsed = codec::parse_json(reader, found, inspection.budget(), options);
  if (!parsed) inspection.incomplete(parsed.error());
  Judge(found, inspection).run();
}

void inspect_loader_script(Inspection& inspection) {
  const std::string_view name = inspection.name();
  std::string_view folder = inspection.path();
  folder = folder.substr(0, folder.size() - std::min(folder.size(), name.size() + 1));
  folder = folder.substr(
      folder.find_last_of("/!") == std::string_view::npos ? 0 : folder.find_last_of("/!") + 1);
  const bool data_set = name.size() > 3 && name.ends_with(".py") && !folder.empty() &&
                        name.substr(0, name.size() - 3) == folder;
  if (!data_set && name != "handler.py") return;
  const auto siblings = inspection.siblings();
  const bool repository = std::any_of(siblings.begin(), siblings.end(), [](const Sibling& sibling) {
    return sibling.name == "README.md" || sibling.name == "dataset_infos.json" ||
           sibling.name == ".gitattributes" || sibling.name == "config.json";
  });
  if (!repository) return;
  FindingDraft draft;
  draft.detail = data_set ? "runs when this data set is loaded"
                          : "runs when an endpoint serves this repository";
  inspection.finding(rules::kRepositoryLoaderScript, std::move(draft));
}

}  // namespace saiph::detect
