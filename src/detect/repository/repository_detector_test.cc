#include "detect/repository/repository_detector.h"

#include <gtest/gtest.h>

#include <string>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/repository/package_names.h"
#include "detect/repository/targets.h"

namespace saiph::detect {
namespace {

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

RecordingInspection json(std::string_view text, std::string name = "config.json") {
  RecordingInspection inspection(bytes_of(text), std::move(name));
  inspect_repository_json(inspection);
  return inspection;
}

TEST(RepositoryJson, ResolvesAutoMap) {
  constexpr std::string_view kLocal =
      R"({"model_type":"x","auto_map":{"AutoConfig":"configuration_x.XConfig","AutoModel":"modeling_x.XModel"}})";
  RecordingInspection present(bytes_of(kLocal), "config.json");
  present.files["configuration_x.py"] = {};
  present.files["modeling_x.py"] = {};
  inspect_repository_json(present);
  EXPECT_TRUE(present.has("repository-custom-code")) << stated(present);
  EXPECT_FALSE(present.has_at_least(Severity::kHigh)) << stated(present);
  EXPECT_TRUE(present.incompletes.empty());

  const auto missing = json(kLocal);
  EXPECT_TRUE(missing.has("repository-missing-code")) << stated(missing);
  EXPECT_FALSE(missing.incompletes.empty());

  const auto remote = json(R"({"auto_map":{"AutoModel":"someone/else--modeling_x.XModel"}})");
  EXPECT_TRUE(remote.has("repository-remote-code")) << stated(remote);
  EXPECT_TRUE(remote.has_at_least(Severity::kHigh));

  const auto tokenizer = json(R"({"auto_map":{"AutoTokenizer":["someone/else--tok.Tok",null]}})",
                              "tokenizer_config.json");
  EXPECT_TRUE(tokenizer.has("repository-remote-code")) << stated(tokenizer);

  const auto nested = json(R"({"vision_config":{"auto_map":{"AutoConfig":"someone/else--m.C"}}})");
  EXPECT_TRUE(nested.has("repository-remote-code")) << stated(nested);

  const auto outside = json(R"({"auto_map":{"AutoModel":"../../tmp/x.Model"}})");
  EXPECT_TRUE(outside.has("repository-path-traversal")) << stated(outside);
}

TEST(RepositoryJson, CVE_2025_66448_AutoMapOfAnotherRepositoryInANestedConfig) {
  for (const std::string_view text :
       {R"({"vision_config":{"auto_map":{"AutoConfig":"someone/else--configuration.Config"}}})",
        R"({"text_config":[{"auto_map":{"AutoModel":"someone/else--modeling.Model"}}]})"}) {
    EXPECT_TRUE(json(text).has("repository-remote-code")) << text;
    EXPECT_TRUE(json(text).has_at_least(Severity::kHigh)) << text;
  }
}

TEST(RepositoryJson, HandsOnChatTemplates) {
  EXPECT_EQ(json(R"({"chat_template":"{{ messages }}"})").members.size(), 1U);
  const auto list = json(
      R"({"chat_template":[{"name":"default","template":"{{ messages }}"},{"name":"rag","template":"{{ documents }}"}]})");
  ASSERT_EQ(list.members.size(), 2U);
  for (const auto& member : list.members) {
    EXPECT_EQ(member.role, "as:jinja");
    const auto source = member.open();
    ASSERT_TRUE(source);
    EXPECT_GT((*source)->size(), 5U);
  }
}

TEST(RepositoryJson, JudgesTargetsAnywhere) {
  EXPECT_TRUE(json(R"({"model":{"encoder":[{"_target_":"os.system","command":"true"}]}})")
                  .has_at_least(Severity::kCritical));
  EXPECT_TRUE(json(R"({"_target_":"my_package.Model"})").has("repository-unknown-target"));
  EXPECT_TRUE(json(R"({"_target_":"torch.optim.AdamW"})").stated.empty());
}

TEST(RepositoryJson, NothingIsPushedOut) {
  std::string many = "[";
  for (int i = 0; i < 400; ++i) many += R"({"_target_":"torch.nn.Linear"},)";
  EXPECT_TRUE(json(many + R"({"_target_":"os.system"}])").has("repository-dangerous-target"));
  many = "[";
  for (int i = 0; i < 400; ++i) many += R"({"_target_":"mine.Net"},)";
  EXPECT_FALSE(json(many + R"({"_target_":"os.system"}])").incompletes.empty());
  many = R"({"chat_template":[)";
  for (int i = 0; i < 100; ++i) many += R"({"template":"x"},)";
  EXPECT_FALSE(json(many + R"({"template":"y"}]})").incompletes.empty());
}

TEST(RepositoryJson, ManifestsNameClasses) {
  EXPECT_TRUE(json(R"([{"idx":0,"name":"0","path":"","type":"os.system"}])", "modules.json")
                  .has("repository-dangerous-target"));
  EXPECT_TRUE(json(R"([{"idx":0,"path":"","type":"mine.Layer"}])", "modules.json")
                  .has("repository-unknown-target"));
  EXPECT_TRUE(
      json(R"([{"idx":0,"type":"sentence_transformers.models.Transformer"}])", "modules.json")
          .stated.empty());
  EXPECT_TRUE(json(R"([{"type":"some.event"}])", "events.json").stated.empty());
  EXPECT_TRUE(json(R"({"_class_name":"P","unet":["os","system"]})", "model_index.json")
                  .has("repository-dangerous-target"));
  EXPECT_TRUE(json(R"({"_class_name":"P","unet":["my_unet","Net"]})", "model_index.json")
                  .has("repository-unknown-target"));
  EXPECT_TRUE(
      json(
          R"({"_class_name":"P","_diffusers_version":"0.2","feature_extractor":[null,null],"safety_checker":["stable_diffusion","S"],"unet":["diffusers","UNet2DConditionModel"],"text_encoder":["transformers","CLIPTextModel"]})",
          "model_index.json")
          .stated.empty());
  std::string many = "[";
  for (int i = 0; i < 1000; ++i) many += R"({"type":"a.b","x":["c","d"]},)";
  EXPECT_TRUE(json(many + "{}]", "events.json").incompletes.empty());
  EXPECT_TRUE(json(R"({"merges":["a","b"],"list":["os","system"]})").stated.empty());
  EXPECT_TRUE(json(R"({"__class__":"system","__module__":"os","__loader__":"OperatorFuncNode"})",
                   "schema.json")
                  .has("repository-dangerous-target"));
  EXPECT_TRUE(
      json(R"({"__class__":"dict","__module__":"builtins","__loader__":"DictNode"})", "schema.json")
          .stated.empty());
}

TEST(TargetVerdict, Table) {
  for (const std::string_view target :
       {"os.system", "subprocess.Popen", "builtins.exec", "builtins.eval", "torch.load",
        "torch.os.system", "numpy.load", "hydra.utils.get_method", "nemo.os.system", "pickle.loads",
        "torch.hub.load", "torch.classes.load_library", "importlib.import_module",
        "shutil.rmtree"}) {
    EXPECT_EQ(judge_target(target), TargetVerdict::kDangerous) << target;
  }
  for (const std::string_view target :
       {"torch.nn.Linear", "nemo.collections.asr.models.EncDecCTCModel", "builtins.dict",
        "os.path.join", "pytorch_lightning.Trainer", "functools.partial"}) {
    EXPECT_EQ(judge_target(target), TargetVerdict::kKnown) << target;
  }
  EXPECT_EQ(judge_target("src.models.Net"), TargetVerdict::kUnknown);
}

TEST(RepositoryJson, ComparesIndexWithFiles) {
  constexpr std::string_view kIndex =
      R"({"metadata":{"total_size":2},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}})";
  RecordingInspection whole(bytes_of(kIndex), "model.safetensors.index.json");
  whole.files["model-00001-of-00002.safetensors"] = {};
  whole.files["model-00002-of-00002.safetensors"] = {};
  inspect_repository_json(whole);
  EXPECT_TRUE(whole.stated.empty()) << stated(whole);
  EXPECT_TRUE(whole.incompletes.empty()) << stated(whole);

  RecordingInspection part(bytes_of(kIndex), "model.safetensors.index.json");
  part.files["model-00001-of-00002.safetensors"] = {};
  part.files["model-00009-of-00002.safetensors"] = {};
  inspect_repository_json(part);
  EXPECT_TRUE(part.has("repository-missing-shard")) << stated(part);
  EXPECT_TRUE(part.has("repository-unlisted-shard")) << stated(part);
  EXPECT_FALSE(part.incompletes.empty());

  EXPECT_TRUE(
      json(R"({"weight_map":{"a":"../../../etc/passwd"}})").has("repository-path-traversal"));
}

TEST(RepositoryJson, SaysWhichWeightsLoad) {
  RecordingInspection both(bytes_of(R"({"model_type":"bert"})"), "config.json");
  both.files["model.safetensors"] = {};
  both.files["pytorch_model.bin"] = {};
  inspect_repository_json(both);
  EXPECT_TRUE(both.has("repository-two-weight-formats")) << stated(both);
  EXPECT_FALSE(both.has_at_least(Severity::kMedium));
}

TEST(RepositoryJson, AdaptersAndSettings) {
  EXPECT_TRUE(json(R"({"base_model_name_or_path":"http://a.example/m"})", "adapter_config.json")
                  .has("repository-adapter-base"));
  EXPECT_TRUE(
      json(R"({"base_model_name_or_path":"meta/base"})", "adapter_config.json").stated.empty());
  EXPECT_TRUE(json(R"({"trust_remote_code":true})").has("repository-trust-remote-code"));
  EXPECT_TRUE(json(R"({"trust_remote_code":false})").stated.empty());
}

RecordingInspection yaml(std::string_view text, std::string name = "config.yaml") {
  RecordingInspection inspection(bytes_of(text), std::move(name));
  inspect_yaml(inspection);
  return inspection;
}

TEST(Yaml, PythonTags) {
  for (const std::string_view text :
       {"a: !!python/object/apply:os.system ['true']\n", "- !!python/object/new:os.system [true]\n",
        "a: !<tag:yaml.org,2002:python/object/apply:os.system> [x]\n",
        "%TAG ! tag:yaml.org,2002:python/\n---\na: !object/apply:os.system [x]\n",
        "%TAG !y! tag:yaml.org,2002:\n---\na: !y!python/object/apply:os.system [x]\n",
        "a: !!python%2Fobject/apply:os.system [x]\n",
        "{a: [1, !!python/object/apply:os.system [x]]}\n",
        "? !!python/object/apply:os.system [x]\n: 1\n",
        "!!python/object/apply:os.system\nargs: [x]\n"}) {
    EXPECT_TRUE(yaml(text).has_at_least(Severity::kCritical)) << text << stated(yaml(text));
  }
  std::string handles;
  for (int i = 0; i < 100; ++i) handles += "%TAG !a" + std::to_string(i) + "! tag:x\n";
  EXPECT_FALSE(yaml(handles + "%TAG !y! tag:yaml.org,2002:\n---\na: !y!python/none ''\n")
                   .incompletes.empty());
  EXPECT_TRUE(yaml("a: !!python/tuple [1, 2]\n").has("yaml-python-tag"));
  EXPECT_FALSE(yaml("a: !!python/tuple [1, 2]\n").has_at_least(Severity::kMedium));
  for (const std::string_view text :
       {"a: '!!python/object/apply:os.system'\n", "# !!python/object/apply:os.system\n",
        "a: |\n  !!python/object/apply:os.system\nb: 1\n", "a: x!!python/object\n"}) {
    EXPECT_TRUE(yaml(text).stated.empty()) << text << stated(yaml(text));
  }
}

TEST(Yaml, TargetsAndSettings) {
  EXPECT_TRUE(
      yaml("model:\n  _target_: os.system\n  command: 'true'\n").has_at_least(Severity::kCritical));
  EXPECT_TRUE(
      yaml("model: {_target_: subprocess.run, args: [x]}\n").has_at_least(Severity::kCritical));
  EXPECT_TRUE(
      yaml("model:\n  \"_target_\": \"builtins.exec\"\n").has_at_least(Severity::kCritical));
  EXPECT_TRUE(yaml("optim:\n  _target_: torch.optim.Adam\n  lr: 0.1\n").stated.empty());
  EXPECT_TRUE(yaml("model:\n  _target_: mine.Model\n").has("repository-unknown-target"));
}

TEST(Yaml, CVE_2025_23304_TargetOfAModelConfiguration) {
  // The file that a NeMo archive carries.
  const auto inspection = yaml(
      "preprocessor:\n  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor\n"
      "loss:\n  _target_: builtins.exec\n  _args_: ['pass']\n",
      "model_config.yaml");
  EXPECT_TRUE(inspection.has("repository-dangerous-target")) << stated(inspection);
  EXPECT_TRUE(inspection.has_at_least(Severity::kCritical));
}

TEST(Yaml, TargetsInOtherSpellings) {
  for (const std::string_view text : {"? _target_\n: os.system\n",
                                      "a:\n  ? \"_target_\"\n  : os.system\n",
                                      "\"_targ\\u0065t_\": os.system\n",
                                      "\"_target_\": \"os.\\x73ystem\"\n",
                                      "a: &x os.system\nb:\n  _target_: *x\n",
                                      "a: &k _target_\n*k : os.system\n",
                                      "&k _target_: os.system\n",
                                      "_target_:\n  os.system\n",
                                      "_target_: # text\n  os.system\n",
                                      "_target_: >-\n  os.system\n",
                                      "? >-\n  _target_\n: os.system\n",
                                      "{_target_:\n  os.system}\n",
                                      "{_target_\n: os.system}\n",
                                      "_target_: &a\n  os.system\n",
                                      "\"_tar\\\n  get_\": os.system\n",
                                      "model:\n  class_path: os.system\n",
                                      "class_path: subprocess.Popen\ninit_args:\n  args: x\n",
                                      "_component_: os.system\n",
                                      "target: os.system\n",
                                      "flavors:\n  python_function:\n    loader_module: os\n"}) {
    EXPECT_TRUE(yaml(text).has("repository-dangerous-target")) << text << stated(yaml(text));
  }
  EXPECT_TRUE(yaml("a: &m {b: 1}\n_target_: *m\n").has("repository-unknown-target"));
  EXPECT_TRUE(
      yaml("a: {b: [!!python/object/apply:os.system\n [x]]}\n").has_at_least(Severity::kCritical));
  EXPECT_TRUE(
      yaml("a: !!python/object/apply:os.system # text\n  [x]\n").has_at_least(Severity::kCritical));
  for (const std::string_view text :
       {"target: code\n", "target: os\n", "class_path: torch.optim.Adam\n",
        "_target_: torch.nn.Linear\ntext: >-\n  os.system\n", "_target_:\nother: os.system\n",
        "_target_:\n  - os.system\n", "python_function:\n  loader_module: mlflow.sklearn\n",
        "a: &x os.system\n"}) {
    EXPECT_FALSE(yaml(text).has_at_least(Severity::kMedium)) << text << stated(yaml(text));
    EXPECT_TRUE(yaml(text).incompletes.empty()) << text;
  }
  std::string anchors;
  for (int i = 0; i < 1100; ++i)
    anchors += "a" + std::to_string(i) + ": &b" + std::to_string(i) + " x\n";
  EXPECT_FALSE(yaml(anchors).incompletes.empty());
  EXPECT_TRUE(
      json(R"({"class_path":"os.system","init_args":{}})").has("repository-dangerous-target"));
  EXPECT_TRUE(json(R"({"class_path":"torch.optim.Adam"})").stated.empty());
}

TEST(Yaml, EnvironmentFiles) {
  const auto inspection = yaml(
      "name: x\ndependencies:\n  - python=3.10\n  - pip:\n    - --extra-index-url "
      "http://a.example/simple\n    - torch==2.0\n",
      "environment.yml");
  EXPECT_TRUE(inspection.has("requirements-insecure-transport")) << stated(inspection);
}

RecordingInspection requirements(std::string_view text) {
  RecordingInspection inspection(bytes_of(text), "requirements.txt");
  inspect_requirements(inspection);
  return inspection;
}

RecordingInspection startup(std::string_view text, std::string name) {
  RecordingInspection inspection(bytes_of(text), std::move(name));
  inspect_startup_hook(inspection);
  return inspection;
}

TEST(StartupHook, PathFilesThatRunCode) {
  for (const std::string_view text : {
           "import os; print(1)\n",
           "../lib\nimport\tos\n",
           "\xEF\xBB\xBFimport os",
           "lib\r\rimport os\r",
           "# comment\x0Cimport os\n",
           "# comment\xE2\x80\xA9import os\n",
       }) {
    const auto inspection = startup(text, "fast.pth");
    EXPECT_EQ(rules_of(inspection), "repository-startup-hook/high") << text;
    ASSERT_EQ(inspection.members.size(), 1U);
    const auto line = inspection.members[0].open();
    ASSERT_TRUE(line);
    EXPECT_TRUE(as_text(*read_all(**line, 100)).starts_with("import")) << text;
  }
  const auto second = startup("lib\nimport os\nimport sys\n", "fast.pth");
  ASSERT_EQ(second.stated.size(), 1U);
  EXPECT_EQ(second.stated[0].draft.line, 2U);
}

TEST(StartupHook, PathsAndWeightsAreQuiet) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text : {
           "../lib\n/opt/models\n"sv,
           "# import os\n"sv,
           " import os\n"sv,
           "important/folder\nimports\nimport\n"sv,
           "PK\3\4\0\0\nimport os\n"sv,
           "\x80\2}q\0.\nimport os\n"sv,
           ""sv,
       }) {
    EXPECT_EQ(stated(startup(text, "fast.pth")), "") << text;
  }
  EXPECT_EQ(stated(startup("import os\n", "fast.py")), "");
  const auto long_text = startup(std::string((1U << 20) + 1, 'x'), "fast.pth");
  EXPECT_TRUE(long_text.stated.empty());
  EXPECT_EQ(long_text.incompletes.size(), 1U);
}

TEST(StartupHook, ModulesThatPythonImportsByItself) {
  for (const char* name :
       {"sitecustomize.py", "usercustomize.pyc", "a.zip!b/sitecustomize.py",
        "sitecustomize.cpython-311-x86_64-linux-gnu.so", "model/usercustomize/__init__.py"}) {
    EXPECT_EQ(rules_of(startup("x = 1\n", name)), "repository-startup-hook/medium") << name;
  }
  for (const char* name : {"sitecustomize.md", "my_sitecustomize.py", "sitecustomize/other.py",
                           "__init__.py", "sitecustomize"}) {
    EXPECT_EQ(stated(startup("x = 1\n", name)), "") << name;
  }
}

RecordingInspection triton(std::string_view text, std::string name = "config.pbtxt") {
  RecordingInspection inspection(bytes_of(text), std::move(name));
  inspect_serving_config(inspection);
  return inspection;
}

TEST(ServingConfig, TritonThatRunsPython) {
  for (const std::string_view text : {
           "name: \"m\"\nbackend: \"python\"\nmax_batch_size: 8\n",
           "backend:'python'",
           "backend # a comment\n : # another\n \"python\"",
           "backend: \"pyt\" # joined\n 'hon'",
           "backend: \"\\x70\\171th\\u006fn\"",
           "input [ { name: \"backend: 'none'\" } ]; backend:\f\"python\"",
           "parameters { key: \"backend\" value { string_value: \"x\" } } backend: \"python\" # \"",
       }) {
    const auto inspection = triton(text);
    EXPECT_EQ(rules_of(inspection), "repository-serving-code/medium") << text;
    EXPECT_NE(inspection.stated.at(0).draft.detail.find("model.py"), std::string::npos);
  }
  const auto other = triton("default_model_filename: \"run.py\" backend: \"python\"");
  EXPECT_NE(other.stated.at(0).draft.detail.find("run.py"), std::string::npos);
  EXPECT_TRUE(triton("default_model_filename: \"run.py\"").has("repository-serving-code"));
  // What cannot be read to its end is said, and what came before counts.
  const auto cut = triton("backend: \"python\" input [ { name: \"x\" ");
  EXPECT_TRUE(cut.has("repository-serving-code"));
  EXPECT_EQ(cut.incompletes.size(), 1U);
}

TEST(ServingConfig, TritonThatRunsNoPythonIsQuiet) {
  for (const std::string_view text : {
           "name: \"m\"\nbackend: \"onnxruntime\"\n",
           "platform: \"tensorrt_plan\" default_model_filename: \"model.plan\"",
           "# backend: \"python\"\nbackend: \"onnxruntime\"",
           "name: \"backend: 'python'\"",
           "parameters { key: \"x\" value { string_value: \"python\" } }",
           "optimization { backend: \"python\" }",
       }) {
    EXPECT_EQ(stated(triton(text)), "") << text;
  }
  EXPECT_EQ(stated(triton("backend: \"python\"", "config.txt")), "");
}

TEST(ServingConfig, MlflowThatRunsCode) {
  const auto model = [](std::string_view text, std::string name = "MLmodel") {
    RecordingInspection inspection(bytes_of(text), std::move(name));
    inspect_yaml(inspection);
    return inspection;
  };
  for (const std::string_view text : {
           "flavors:\n  python_function:\n    loader_module: my_loader\n",
           "flavors:\n  python_function: {\"loader_module\": 'my_loader', data: x}\n",
           "flavors:\n  python_function:\n    ? loader_module\n    : my_loader\n",
           "flavors:\n  python_function:\n    loader_module: mlflowx.evil # mlflow.sklearn\n",
           "a: &x my_loader\nflavors:\n  python_function:\n    loader_module: *x\n",
       }) {
    EXPECT_EQ(rules_of(model(text)), "repository-unknown-target/medium") << text;
  }
  for (const std::string_view text : {
           "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    code: code\n",
           "flavors:\n  python_function: {code: 'code', data: x}\n",
           "flavors:\n  python_function:\n    \"c\\x6fde\": code\n",
           "flavors:\n  python_function:\n    model_code_path: agent.py # null\n",
           "a: &x code\nflavors:\n  python_function:\n    code: *x\n",
       }) {
    EXPECT_EQ(rules_of(model(text)), "repository-serving-code/medium") << text;
  }
  constexpr std::string_view kPlain =
      "artifact_path: model\nflavors:\n  python_function:\n    data: model.skops\n    env:\n"
      "      conda: conda.yaml\n    loader_module: mlflow.sklearn\n  sklearn:\n    code: null\n"
      "    # code: x\n    serialization_format: skops\nmlflow_version: 2.9.2\n";
  EXPECT_EQ(stated(model(kPlain)), "");
  EXPECT_EQ(stated(model("code: x\n", "settings.yaml")), "");
}

TEST(Requirements, Table) {
  EXPECT_FALSE(requirements("torch==2.1.0\nnumpy>=1.20 # text\n\n# comment\n-r other.txt\n")
                   .has_at_least(Severity::kLow));
  EXPECT_TRUE(requirements("torch\n").has("requirements-unpinned"));
  EXPECT_TRUE(requirements("foo @ https://a.example/foo.whl\n").has("requirements-direct-url"));
  EXPECT_FALSE(requirements("foo @ https://a.example/foo.whl --hash=sha256:00\n")
                   .has("requirements-direct-url"));
  EXPECT_TRUE(
      requirements("git+http://a.example/foo.git\n").has("requirements-insecure-transport"));
  EXPECT_TRUE(requirements("--trusted-host a.example\n").has("requirements-insecure-transport"));
  EXPECT_TRUE(requirements("--extra-index-url https://a.example/simple\n")
                  .has("requirements-index-switch"));
  EXPECT_TRUE(requirements("--extra-index-url \\\nhttps://a.example/simple\n")
                  .has("requirements-index-switch"));
  EXPECT_FALSE(
      requirements("--index-url https://pypi.org/simple\n").has("requirements-index-switch"));
  EXPECT_TRUE(requirements("tensorfow==1\n").has("requirements-near-name"));
  EXPECT_TRUE(requirements("reqeusts==1\n").has("requirements-near-name"));
  const auto masked = requirements("--index-url https://user:secret@a.example/simple\n");
  ASSERT_FALSE(masked.stated.empty());
  EXPECT_EQ(masked.stated[0].draft.excerpt.find("secret"), std::string::npos);
}

TEST(Requirements, ReadsLinesAsPipDoes) {
  // Each of these makes pip use the index of a.example.
  for (const std::string_view text : {
           "--extra-\\\nindex-url https://a.example/simple\n",
           "\\\n--extra-index-url https://a.example/simple\n",
           "torch==2 # see below\v--extra-index-url https://a.example/simple\n",
           "# comment\xE2\x80\xA8-i https://a.example/simple\n",
           "# comment\r-i https://a.example/simple\n",
           "# comment \\\n--index-url https://a.example/simple\n",
           "torch==2 \\\n# comment\n--index-url https://a.example/simple\n",
           "--extra-index https://a.example/simple\n",
           "--ind=https://a.example/simple\n",
           "--index-url https://pypi.org/simple --extra-index-url https://a.example/simple\n",
           "--index-url https://pypi.org.a.example/simple\n",
           "--index-url https://pypi.nvidia.com.a.example\n",
           "--index-url https://pypi.org/@a.example/simple\n",
           "--index-url https://pypi.org@a.example/simple\n",
       }) {
    EXPECT_TRUE(requirements(text).has("requirements-index-switch")) << text;
  }
  // A joined line goes on, and a comment takes all of it.
  EXPECT_TRUE(
      requirements("torch==2 # a \\\n--index-url https://a.example/simple\n").stated.empty());
  EXPECT_TRUE(requirements("--trusted a.example\n").has("requirements-insecure-transport"));
  for (const std::string_view index :
       {"https://pypi.org/simple", "https://download.pytorch.org/whl/cu118",
        "https://pypi.nvidia.com", "https://data.pyg.org/whl/torch-2.1.0+cpu.html"}) {
    EXPECT_TRUE(requirements("--index-url " + std::string(index) + "\n").stated.empty()) << index;
  }
}

TEST(PackageNames, OneLetter) {
  EXPECT_EQ(imitated_package("transformer"), "transformers");
  EXPECT_EQ(imitated_package("torch"), "");
  EXPECT_EQ(imitated_package("dataset"), "");
  EXPECT_EQ(imitated_package("something-else"), "");
}

}  // namespace
}  // namespace saiph::detect
