#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/keras/inspect_keras.h"
#include "detect/keras/names.h"

namespace saiph::detect {
namespace {

RecordingInspection scan(std::string_view text, std::string name = "config.json",
                         Trust trust = {}) {
  RecordingInspection inspection(Bytes(text.begin(), text.end()), std::move(name));
  inspection.trust_ = std::move(trust);
  inspect_keras(inspection);
  return inspection;
}

// marshal.dumps of the code object of `lambda x: x`, Python 3.11.
constexpr std::string_view kCode =
    "4wEAAAAAAAAAAAAAAAEAAAADAAAA8wYAAACXAHwAUwCpAU7pAQAAAKkB2gF4cwEAAAAg+"
    "gg8c3RyaW5nPvoIPGxhbWJkYT5y"
    "CAAAAAEAAABzBwAAAIAAmEGAAPMAAAAA";

std::string model(std::string_view layer) {
  return R"({"module":"keras","class_name":"Sequential","config":{"name":"s","layers":[)" +
         std::string(layer) +
         R"(]},"registered_name":null,"build_config":{"input_shape":[null,4]}})";
}

struct Sample {
  const char* what;
  std::string text;
  const char* rule;
  Severity severity;
};

void check(const std::vector<Sample>& samples) {
  for (const Sample& sample : samples) {
    const RecordingInspection inspection = scan(sample.text);
    bool found = false;
    for (const auto& stated : inspection.stated) {
      found |= stated.rule->id == sample.rule && stated.severity() == sample.severity;
    }
    EXPECT_TRUE(found) << sample.what;
  }
}

std::string lambda_v3(std::string_view code) {
  return R"({"module":"keras.layers","class_name":"Lambda","config":{"name":"l","function":{"class_name":"__lambda__","config":{"value":[")" +
         std::string(code) + R"(",null,null]}},"arguments":{}},"registered_name":null})";
}

std::string lambda_h5(std::string_view code) {
  return R"({"class_name":"Lambda","config":{"name":"l","function":[")" + std::string(code) +
         R"(\n",null,null],"function_type":"lambda","module":"__main__"}})";
}

TEST(Keras, CVE_2024_3660_LambdaBytecode) {
  for (const std::string& layer : {lambda_v3(kCode), lambda_h5(kCode)}) {
    const RecordingInspection inspection = scan(model(layer));
    EXPECT_TRUE(inspection.has("keras-lambda-code"));
    ASSERT_EQ(inspection.members.size(), 1U);
    EXPECT_EQ(inspection.members[0].role, "as:python-bytecode");
    const auto code = inspection.members[0].open();
    ASSERT_TRUE(code);
    EXPECT_EQ((*code)->contiguous()->front(), 0xE3);
  }
}

TEST(Keras, CVE_2025_9905_LambdaInH5Attribute) {
  const RecordingInspection inspection = scan(model(lambda_h5(kCode)), "/@model_config");
  EXPECT_TRUE(inspection.has("keras-lambda-code"));
  EXPECT_TRUE(inspection.has_at_least(Severity::kCritical));
}

TEST(Keras, ModelScan_343_LambdaInsideNestedModels) {
  std::string layer = lambda_v3(kCode);
  for (int i = 0; i < 20; ++i) layer = model(layer);
  EXPECT_TRUE(scan(layer).has("keras-lambda-code"));
  const std::string wrapped =
      R"({"module":"keras.layers","class_name":"TimeDistributed","config":{"name":"t","layer":)" +
      lambda_v3(kCode) + R"(}})";
  EXPECT_TRUE(scan(model(wrapped)).has("keras-lambda-code"));
}

TEST(Keras, BytecodeOutsideALambdaIsFound) {
  const std::string layer =
      R"({"module":"keras.layers","class_name":"Dense","config":{"units":4,"note":")" +
      std::string(kCode) + R"("}})";
  const RecordingInspection inspection = scan(model(layer));
  EXPECT_TRUE(inspection.has("keras-lambda-code"));
  EXPECT_EQ(inspection.members.size(), 1U);
}

std::string function(std::string_view module, std::string_view name) {
  return R"({"module":"keras.layers","class_name":"Dense","config":{"name":"d","units":1,"activation":{"module":")" +
         std::string(module) + R"(","class_name":"function","config":")" + std::string(name) +
         R"(","registered_name":"function"}}})";
}

TEST(Keras, CVE_2025_1550_ArbitraryModuleAndFunction) {
  check(
      {{"os.system", model(function("os", "system")), "keras-foreign-function",
        Severity::kCritical},
       {"subprocess", model(function("subprocess", "check_output")), "keras-foreign-function",
        Severity::kCritical},
       {"submodule", model(function("importlib.util", "spec_from_file_location")),
        "keras-foreign-function", Severity::kCritical},
       {"built-in", model(function("builtins", "eval")), "keras-foreign-function",
        Severity::kCritical},
       {"other library", model(function("evil_package.x", "go")), "keras-foreign-function",
        Severity::kHigh},
       {"class",
        model(R"({"module":"subprocess","class_name":"Popen","config":{"args":["true"]}})"),
        "keras-foreign-class", Severity::kCritical},
       {"type specification",
        model(
            R"({"class_name":"__typespec__","spec_name":"system","module":"os","registered_name":null,"config":[]})"),
        "keras-foreign-class", Severity::kCritical},
       {"inside build_config",
        R"({"class_name":"Sequential","config":{"layers":[]},"build_config":)" +
            function("os", "system") + "}",
        "keras-foreign-function", Severity::kCritical},
       {"in compile_config",
        R"({"class_name":"Sequential","config":{"layers":[]},"compile_config":{"loss":{"class_name":"function","module":"os","config":"system"}}})",
        "keras-foreign-function", Severity::kCritical}});
}

TEST(Keras, CVE_2025_8747_GetFileGadget) {
  check({{"utils", model(function("keras.utils", "get_file")), "keras-unsafe-function",
          Severity::kCritical},
         {"source path", model(function("keras.src.utils.file_utils", "get_file")),
          "keras-unsafe-function", Severity::kCritical},
         {"load_model", model(function("keras.models", "load_model")), "keras-unsafe-function",
          Severity::kCritical},
         {"unknown function", model(function("keras.utils", "brand_new_helper")),
          "keras-unsafe-function", Severity::kHigh}});
}

TEST(Keras, CVE_2025_9906_SafeModeSwitchedOff) {
  check(
      {{"config", model(function("keras.config", "enable_unsafe_deserialization")),
        "keras-unsafe-function", Severity::kCritical},
       {"as a class",
        model(
            R"({"module":"keras.config","class_name":"enable_unsafe_deserialization","config":{}})"),
        "keras-unsafe-function", Severity::kCritical}});
}

TEST(Keras, CVE_2025_49655_TorchModuleWrapper) {
  const RecordingInspection inspection = scan(model(
      R"({"module":"keras.layers","class_name":"TorchModuleWrapper","config":{"name":"t","module":{"class_name":"__bytes__","config":{"value":"gASVPAAAAAAAAACMCWNvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpQojAFhSwGMAWJLAowBY0sDjAFkSwR1Lg=="}}}})"));
  EXPECT_TRUE(inspection.has("keras-torch-module"));
  EXPECT_EQ(inspection.members.size(), 1U);  // the pickle
}

TEST(Keras, CVE_2025_12058_VocabularyFromAPath) {
  check(
      {{"file",
        model(
            R"({"module":"keras.layers","class_name":"StringLookup","config":{"name":"v","vocabulary":"/etc/passwd"}})"),
        "keras-external-path", Severity::kHigh},
       {"address",
        model(
            R"({"module":"keras.layers","class_name":"TextVectorization","config":{"name":"v","vocabulary":"http://169.254.169.254/x"}})"),
        "keras-external-path", Severity::kHigh},
       {"saved model",
        model(
            R"({"module":"keras.layers","class_name":"TFSMLayer","config":{"name":"v","filepath":"/tmp/x"}})"),
        "keras-external-path", Severity::kHigh}});
  EXPECT_TRUE(
      scan(
          model(
              R"({"module":"keras.layers","class_name":"StringLookup","config":{"name":"v","vocabulary":["a","b"]}})"))
          .stated.empty());
}

TEST(Keras, CustomObjectsAreForReview) {
  check(
      {{"registered class",
        model(R"({"module":null,"class_name":"Mine","config":{},"registered_name":"pkg>Mine"})"),
        "keras-custom-object", Severity::kMedium},
       {"legacy class", model(R"({"class_name":"Mine","config":{}})"), "keras-custom-object",
        Severity::kMedium},
       {"class of a library", model(R"({"module":"transformers.x","class_name":"Y","config":{}})"),
        "keras-custom-object", Severity::kMedium},
       {"function by name", model(function("builtins", "my_loss")), "keras-custom-object",
        Severity::kMedium},
       {"lambda by name",
        model(
            R"({"class_name":"Lambda","config":{"function":"my_fn","function_type":"function"}})"),
        "keras-lambda-name", Severity::kMedium},
       {"graph operation",
        model(R"({"class_name":"TFOpLambda","config":{"name":"x","function":"io.write_file"}})"),
        "keras-graph-operation", Severity::kHigh},
       {"node",
        model(
            R"({"class_name":"TensorFlowOpLayer","config":{"name":"x","node_def":{"name":"n","op":"WriteFile"}}})"),
        "keras-graph-operation", Severity::kHigh}});
  const std::string mine = model(R"({"module":"mylib.layers","class_name":"Mine","config":{}})");
  EXPECT_FALSE(scan(mine).stated.empty());
  EXPECT_TRUE(scan(mine, "config.json", {.modules = {"mylib"}, .classes = {}}).stated.empty());
}

TEST(Keras, HiddenFromNaiveReaders) {
  // Late keys, repeated keys (the last counts in Python), NaN, UTF-16.
  const std::string layer = lambda_v3(kCode);
  EXPECT_TRUE(scan(R"({"x":[1,2,{"class_name":1}],"config":{"layers":[)" + layer +
                   R"(]},"class_name":"Sequential"})")
                  .has("keras-lambda-code"));
  EXPECT_TRUE(scan(R"({"class_name":"Sequential","config":{"layers":[]},"config":{"layers":[)" +
                   layer + "]}}")
                  .has("keras-lambda-code"));
  EXPECT_TRUE(scan(R"({"class_name":"Sequential","config":{"rate":NaN,"layers":[)" + layer + "]}}")
                  .has("keras-lambda-code"));
  std::string wide = "\xFF\xFE";
  for (const char c : model(layer)) {
    wide += c;
    wide += '\0';
  }
  EXPECT_TRUE(scan(wide).has("keras-lambda-code"));
  EXPECT_TRUE(scan(model(R"({"class_name":"Custom>Lambda","config":{"function":[")" +
                         std::string(kCode) + R"(",null,null]}})"))
                  .has("keras-lambda-code"));
}

TEST(Keras, OtherDocumentsAreLeftAlone) {
  for (const std::string_view text :
       {R"({"model_type":"bert","architectures":["BertModel"]})", R"([1,2,3])", "{}",
        R"({"class_name":"x"})", R"({"a":{"class_name":"Lambda","config":{}}})", "not json"}) {
    const RecordingInspection inspection = scan(text);
    EXPECT_TRUE(inspection.stated.empty()) << text;
    EXPECT_TRUE(inspection.incompletes.empty()) << text;
  }
}

TEST(Keras, ArchitectureOfTheLibraryIsQuiet) {
  std::ifstream in(SAIPH_SOURCE_DIR "/tests/fixtures/benign/keras/architecture.json",
                   std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(text.empty());
  for (const auto& stated : scan(text).stated)
    ADD_FAILURE() << stated.rule->id << stated.draft.detail;
}

TEST(Keras, BrokenConfigurationIsIncomplete) {
  EXPECT_FALSE(scan(R"({"class_name":"Sequential","config":{"layers":[)").incompletes.empty());
  EXPECT_FALSE(scan("not json", "/@model_config").incompletes.empty());
}

TEST(KerasNames, Modules) {
  EXPECT_EQ(keras_module(""), KerasModule::kNone);
  EXPECT_EQ(keras_module("keras.src.layers"), KerasModule::kKeras);
  EXPECT_EQ(keras_module("keras_hub.models"), KerasModule::kCompanion);
  EXPECT_EQ(keras_module("kerasx"), KerasModule::kOther);
  EXPECT_EQ(keras_module("posixpath"), KerasModule::kPython);
  EXPECT_EQ(keras_module("_osx_support"), KerasModule::kPython);
  EXPECT_TRUE(is_keras_class("Dense"));
  EXPECT_FALSE(is_keras_class("Lambda"));
  EXPECT_TRUE(is_keras_function("relu"));
  EXPECT_FALSE(is_keras_function("get_file"));
}

}  // namespace
}  // namespace saiph::detect
