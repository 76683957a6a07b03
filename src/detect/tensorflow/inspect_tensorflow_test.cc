#include "detect/tensorflow/inspect_tensorflow.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "detect/contract/fixture_for_test.h"
#include "detect/contract/recording_inspection_for_test.h"
#include "detect/tensorflow/graph_builder_for_test.h"
#include "detect/tensorflow/op_classes.h"
#include "formats/tensorflow/record_file.h"
#include "formats/tensorflow/tensorflow_graph.h"
#include "formats/tensorflow/text_graph.h"

namespace saiph::detect {
namespace {

using namespace tf_for_test;
using formats::FormatId;
using std::string_view_literals::operator""sv;

RecordingInspection inspect(const WireWriter& bytes, FormatId type) {
  RecordingInspection inspection(bytes.build(), "model.pb");
  inspection.types_ = {type};
  inspect_tensorflow(inspection);
  return inspection;
}

/// The nodes and functions of every SavedModel's saver.
WireWriter ordinary() {
  return graph(
      {node("Placeholder", "x"), node("VarHandleOp", "w"), node("MatMul", "y", {"x", "w"}),
       node("Placeholder", "saver_filename"),
       node("StatefulPartitionedCall", "save", {"saver_filename"})},
      {function("__inference__traced_save_1",
                {constant("part", "_temp/part"), constant("names", "w/.ATTRIBUTES/VARIABLE_VALUE"),
                 node("StaticRegexFullMatch", "local", {"file_prefix"}),
                 node("StringJoin", "join", {"file_prefix", "part:output:0"}),
                 node("ShardedFilename", "shard", {"join:output:0"}),
                 node("SaveV2", "SaveV2", {"shard:filename:0", "names:output:0"}),
                 node("MergeV2Checkpoints", "merge", {"shard:filename:0", "file_prefix"})}),
       function("__inference__traced_restore_1",
                {node("RestoreV2", "RestoreV2", {"file_prefix"}), node("my_helper", "call")}),
       function("my_helper", {node("Identity", "i")})});
}

TEST(InspectTensorflow, StandardSaverIsQuietInEveryKind) {
  EXPECT_EQ(rules_of(inspect(ordinary(), FormatId::kTfGraphDef)), "");
  EXPECT_EQ(rules_of(inspect(meta_graph(ordinary()), FormatId::kTfMetaGraph)), "");
  const auto inspection = inspect(saved_model(meta_graph(ordinary())), FormatId::kTfSavedModel);
  EXPECT_EQ(rules_of(inspection), "");
  EXPECT_TRUE(inspection.incompletes.empty());
}

struct Case {
  const char* name;
  WireWriter graph;
  const char* rules;
};

TEST(InspectTensorflow, OperatorsThatReachOutside) {
  const std::string elf = std::string(
                              "\x7F"
                              "ELF\x02\x01\x01\0"sv) +
                          std::string(2040, '\0');
  const Case cases[] = {
      {"write", graph({node("WriteFile")}), "tensorflow-file-write/critical"},
      {"read", graph({node("ReadFile")}), "tensorflow-file-read/high"},
      {"in a function", graph({node("Placeholder")}, {function("f", {node("WriteFile")})}),
       "tensorflow-file-write/critical"},
      {"hidden behind its own name",
       graph({node("WriteFile")}, {function("WriteFile", {node("Identity")})}),
       "tensorflow-file-write/critical"},
      {"Python", graph({node("EagerPyFunc")}), "tensorflow-python-function/high"},
      {"network", graph({node("RpcCall")}), "tensorflow-network/high"},
      {"library", graph({node("LoadLibrary")}), "tensorflow-native-code/high"},
      {"records", graph({node("TFRecordDataset")}), "tensorflow-dataset-reader/medium"},
      {"summary", graph({node("CreateSummaryFileWriter")}), "tensorflow-summary-writer/medium"},
      {"abort", graph({node("Abort")}), "tensorflow-abort/high"},
      {"custom", graph({node("MyOp")}), "tensorflow-custom-operator/medium"},
      {"look-alike", graph({node("ReadFi1e")}), "tensorflow-custom-operator/medium"},
      {"add-on", graph({node("SentencepieceOp")}), "tensorflow-addon-operator/info"},
      {"a call of a function", graph({node("f")}, {function("f", {node("Identity")})}), ""},
      {"print", graph({with_string(node("PrintV2"), "output_stream", "stderr")}), ""},
      {"print to a file", graph({with_string(node("PrintV2"), "output_stream", "file:///tmp/x")}),
       "tensorflow-debug-output/high"},
      {"print to a file behind many attributes", graph({[] {
         auto print = node("PrintV2");
         for (int i = 0; i < 40; ++i) print = with_string(print, "_a" + std::to_string(i), "v");
         return with_string(print, "output_stream", "file:///tmp/x");
       }()}),
       "tensorflow-debug-output/high"},
      {"debug", graph({node("DebugIdentityV2")}), ""},
      {"debug to an address",
       graph({node("DebugIdentityV3")
                  .message(
                      5, attribute("debug_urls", WireWriter().message(
                                                     1, WireWriter().bytes(2, "grpc://host:1"))))}),
       "tensorflow-debug-output/high"},
      {"descriptor", graph({with_string(node("DecodeProtoV2"), "descriptor_source", "/tmp/d.pb")}),
       "tensorflow-dataset-reader/medium"},
      {"save at a fixed path", graph({constant("p", "/etc/cron.d/x"), node("SaveV2", "s", {"p"})}),
       "tensorflow-checkpoint-path/high"},
      {"through joins",
       graph({constant("p", "../../x"), node("Identity", "i", {"p:0"}),
              node("StringJoin", "j", {"q", "i"}), node("ShardedFilename", "h", {"j"}),
              node("SaveV2", "s", {"h"})}),
       "tensorflow-checkpoint-path/high"},
      {"consumer first", graph({node("RestoreV2", "r", {"p"}), constant("p", "gs://bucket/x")}),
       "tensorflow-checkpoint-path/medium"},
      {"same name, other function",
       graph({node("RestoreV2", "r", {"p"})}, {function("f", {constant("p", "/x/y")})}), ""},
      {"cycle",
       graph({node("Identity", "a", {"b"}), node("Identity", "b", {"a"}),
              node("SaveV2", "s", {"a"})}),
       ""},
      {"program in a string", graph({constant("c", elf)}), "tensorflow-embedded-artefact/high"},
      {"program in a tensor",
       graph({node("Const").message(
           5,
           attribute("value", WireWriter().message(8, WireWriter().varint(1, 4).bytes(4, elf))))}),
       "tensorflow-embedded-artefact/high"},
      {"op twice", graph({WireWriter(node("WriteFile")).bytes(2, "Identity")}),
       "tensorflow-duplicate-field/medium"},
      {"unknown field", graph({node("Identity")}).bytes(77, "x"), "tensorflow-unknown-field/info"},
      {"large unknown field", graph({node("Identity")}).bytes(77, std::string(5000, 'x')),
       "tensorflow-unknown-field/medium"},
      {"overlong", graph({node("Identity")}).raw("\x18\x81").raw("\0"sv),
       "tensorflow-overlong-encoding/low"},
  };
  for (const auto& c : cases) {
    const auto inspection = inspect(c.graph, FormatId::kTfGraphDef);
    EXPECT_EQ(rules_of(inspection), c.rules) << c.name;
    EXPECT_TRUE(inspection.incompletes.empty()) << c.name;
  }
}

TEST(InspectTensorflow, EveryClassNamesAnOperatorOnce) {
  for (const char* op : {"WriteFile", "ReadFile", "PyFunc", "RpcClient", "Abort"}) {
    ASSERT_NE(tf_op_class(op), nullptr) << op;
    EXPECT_TRUE(is_tf_operator(op)) << op;
  }
  EXPECT_EQ(tf_op_class("MatMul"), nullptr);
  EXPECT_EQ(tf_op_class(""), nullptr);
  EXPECT_TRUE(is_tf_operator("_Retval"));
  EXPECT_FALSE(is_tf_operator("matmul"));
}

TEST(InspectTensorflow, SecondMetaGraphIsReadToo) {
  const auto inspection = inspect(WireWriter()
                                      .varint(1, 1)
                                      .message(2, meta_graph(ordinary()))
                                      .message(2, meta_graph(graph({node("WriteFile")}))),
                                  FormatId::kTfSavedModel);
  EXPECT_EQ(rules_of(inspection), "tensorflow-file-write/critical");
}

TEST(InspectTensorflow, AssetsAndLambdaLayers) {
  const auto asset = [](std::string_view name) {
    return saved_model(meta_graph(ordinary()).message(6, WireWriter().bytes(2, name)));
  };
  EXPECT_EQ(rules_of(inspect(asset("vocabulary.txt"), FormatId::kTfSavedModel)), "");
  EXPECT_EQ(rules_of(inspect(asset("../../x"), FormatId::kTfSavedModel)),
            "tensorflow-asset-path/high");

  const std::string lambda =
      R"({"class_name" : "Lambda", "config": {"function": {"items": ["4wEA"]}, "function_type": "lambda"}})";
  const auto object = [](std::string_view json) {
    return WireWriter().message(
        1, WireWriter().message(4, WireWriter().bytes(1, "_tf_keras_layer").bytes(3, json)));
  };
  const auto in_model = inspect(saved_model(meta_graph(ordinary()).message(7, object(lambda))),
                                FormatId::kTfSavedModel);
  EXPECT_EQ(rules_of(in_model), "tensorflow-keras-lambda/critical");
  EXPECT_EQ(in_model.members.size(), 1U);
  EXPECT_EQ(
      rules_of(inspect(
          saved_model(meta_graph(ordinary())
                          .message(7, object(R"({"class_name": "Dense", "name": "Lambda"})"))),
          FormatId::kTfSavedModel)),
      "");

  const auto metadata = [](std::string_view json) {
    return WireWriter().message(
        1, WireWriter().varint(2, 0).bytes(3, "root").bytes(4, "_tf_keras_layer").bytes(5, json));
  };
  // Far behind what one look at the head of the text would see.
  const std::string late =
      std::string(R"({"pad": ")") + std::string(9000, 'x') + "\", " + lambda.substr(1);
  EXPECT_EQ(rules_of(inspect(metadata(late), FormatId::kTfKerasMetadata)),
            "tensorflow-keras-lambda/critical");
  EXPECT_EQ(rules_of(inspect(metadata(R"({"class_name": "Dense"})"), FormatId::kTfKerasMetadata)),
            "");
}

TEST(InspectTensorflow, BrokenInputIsIncompleteAndKeepsWhatCameBefore) {
  const auto broken = inspect(graph({node("WriteFile")}).raw("\x0E"), FormatId::kTfGraphDef);
  EXPECT_TRUE(broken.has("tensorflow-file-write"));
  EXPECT_FALSE(broken.incompletes.empty());
  EXPECT_FALSE(inspect(WireWriter(), FormatId::kTfGraphDef).incompletes.empty());
}

TEST(InspectCheckpoint, FilesBelongTogether) {
  RecordingInspection index(Bytes(64), "model.ckpt.index");
  inspect_checkpoint_index(index);
  EXPECT_EQ(index.incompletes.size(), 1U);
  index.incompletes.clear();
  index.files["model.ckpt.data-00000-of-00002"] = Bytes(4);
  inspect_checkpoint_index(index);
  EXPECT_EQ(index.incompletes.size(), 1U);
  index.incompletes.clear();
  index.files["model.ckpt.data-00001-of-00002"] = Bytes(4);
  inspect_checkpoint_index(index);
  EXPECT_TRUE(index.incompletes.empty());

  RecordingInspection data(Bytes(4), "model.ckpt.data-00000-of-00001");
  inspect_tensor_data(data);
  EXPECT_EQ(data.incompletes.size(), 1U);
  data.incompletes.clear();
  data.files["model.ckpt.index"] = Bytes(64);
  inspect_tensor_data(data);
  EXPECT_TRUE(data.incompletes.empty());
}

std::string text_rules(std::string_view text, bool incomplete = false) {
  const ByteView bytes = as_bytes(text);
  RecordingInspection inspection(Bytes(bytes.begin(), bytes.end()), "saved_model.pbtxt");
  inspect_tensorflow_text(inspection);
  EXPECT_EQ(!inspection.incompletes.empty(), incomplete) << text;
  return rules_of(inspection);
}

TEST(InspectTensorflowText, ReadsWhatTheLoaderReads) {
  EXPECT_EQ(text_rules("node { name: \"a\" op: \"Identity\" input: [\"b\", \"c\"] }"), "");
  EXPECT_EQ(text_rules("node { name: \"a\" op: \"WriteFile\" }"), "tensorflow-file-write/critical");
  EXPECT_EQ(text_rules("node < op: \"Write\" # split\n 'Fil\\145' >"),
            "tensorflow-file-write/critical");
  EXPECT_EQ(text_rules("node { op: '\\x57riteFile' }"), "tensorflow-file-write/critical");
  EXPECT_EQ(text_rules("# op: \"WriteFile\"\nnode { name: \"op: WriteFile\" op: \"Identity\" }"),
            "");
  EXPECT_EQ(text_rules("meta_graphs { graph_def { library { function { signature { name: \"f\" } "
                       "node_def { name: \"x\" op: \"ReadFile\" } } } node { op: \"f\" } } }"),
            "tensorflow-file-read/high");
  EXPECT_EQ(text_rules("node { op: \"SaveV2\" name: \"s\" input: \"p\" } node { op: \"Const\" "
                       "name: \"p\" attr { "
                       "key: \"value\" value { tensor { string_val: \"/etc/x\" } } } }"),
            "tensorflow-checkpoint-path/high");
  EXPECT_EQ(
      text_rules(
          "node { op: \"PrintV2\" attr { key: \"output_stream\" value { s: \"file:///x\" } } }"),
      "tensorflow-debug-output/high");
  EXPECT_EQ(text_rules("node { op: \"WriteFile\"", true), "tensorflow-file-write/critical");
  EXPECT_EQ(text_rules("node { op: \"WriteFile", true), "");
  EXPECT_EQ(text_rules("} node { }", true), "");
  EXPECT_EQ(text_rules("meta_graphs { object_graph_def { nodes { user_object { metadata: "
                       "\"{\\\"class_name\\\": \\\"Lambda\\\", \\\"function_type\\\": "
                       "\\\"lambda\\\"}\" } } } }"),
            "tensorflow-keras-lambda/critical");
}

TEST(InspectTensorflowText, ProbeKnowsGraphsFromOtherText) {
  EXPECT_TRUE(formats::probe_tensorflow_text(
      as_bytes("saved_model_schema_version: 1\nmeta_graphs {\n  meta_info_def {\n")));
  EXPECT_TRUE(formats::probe_tensorflow_text(as_bytes("# comment\nnode {\n  name: \"x\"\n")));
  EXPECT_TRUE(
      formats::probe_tensorflow_text(as_bytes("versions { producer: 1 } node { op: \"x\" }")));
  for (const char* text : {"node { return 1; }", "{\"node\": {}}", "# a readme\n\nSome node here.",
                           "", "node:\n  name: x\n"}) {
    EXPECT_FALSE(formats::probe_tensorflow_text(as_bytes(text))) << text;
  }
}

TEST(InspectRecords, FollowsTheChain) {
  // One record of three bytes; the first checksum is TensorFlow's for the length 18.
  Bytes file = {0x12, 0, 0, 0, 0, 0, 0, 0, 0x24, 0x1f, 0x64, 0x25};
  file.resize(file.size() + 18 + 4);
  EXPECT_TRUE(formats::probe_record_file(file));
  RecordingInspection whole(file, "rows.tfrecord");
  inspect_records(whole);
  EXPECT_TRUE(whole.incompletes.empty());
  file.pop_back();
  RecordingInspection cut(file, "rows.tfrecord");
  inspect_records(cut);
  ASSERT_EQ(cut.incompletes.size(), 1U);
  EXPECT_EQ(cut.incompletes[0].code, "truncated");
  file[0] = 0x13;
  EXPECT_FALSE(formats::probe_record_file(file));
}

TEST(ProbeTensorflow, TellsTheKindsApart) {
  const struct {
    const char* name;
    Bytes bytes;
    int saved, meta, graph;
  } cases[] = {
      {"saved model", saved_model(meta_graph(ordinary())).build(), 1, 0, 0},
      {"meta graph", meta_graph(ordinary()).build(), 0, 1, 0},
      {"graph", ordinary().build(), 0, 0, 1},
      {"library first",
       WireWriter().message(2, WireWriter().message(1, function("f", {node("Identity")}))).build(),
       0, 0, 1},
      {"versions first",
       WireWriter().message(4, WireWriter().varint(1, 1)).message(1, node("WriteFile")).build(), 0,
       0, 1},
      {"text", {'\n', 'h', 'e', 'l', 'l', 'o', ' ', 'w', 'o', 'r', 'l', 'd', '\n'}, 0, 0, 0},
      {"zeros", Bytes(64), 0, 0, 0},
  };
  for (const auto& c : cases) {
    const ViewSource source(c.bytes);
    EXPECT_EQ(formats::probe_saved_model(source, c.bytes), c.saved == 1) << c.name;
    EXPECT_EQ(formats::probe_meta_graph(source, c.bytes), c.meta == 1) << c.name;
    EXPECT_EQ(formats::probe_graph_def(source, c.bytes), c.graph == 1) << c.name;
  }
  std::uint32_t state = 1;
  for (int round = 0; round < 20000; ++round) {
    Bytes noise = noise_of(256, state);
    noise[0] = round % 2 == 0 ? 0x0A : 0x12;
    const ViewSource source(noise);
    EXPECT_FALSE(formats::probe_graph_def(source, noise) ||
                 formats::probe_meta_graph(source, noise) ||
                 formats::probe_saved_model(source, noise));
  }
}

TEST(InspectTensorflow, FilesMadeByTensorflowAreQuiet) {
  const struct {
    const char* path;
    FormatId type;
  } cases[] = {
      {"savedmodel/adder/saved_model.pb", FormatId::kTfSavedModel},
      {"tensorflow/checkpoint/model.ckpt.meta", FormatId::kTfMetaGraph},
      {"tensorflow/frozen.pb", FormatId::kTfGraphDef},
  };
  for (const auto& c : cases) {
    auto inspection = load_fixture(c.path);
    inspection.types_ = {c.type};
    const Bytes bytes = bytes_of(inspection);
    const ViewSource source(bytes);
    EXPECT_EQ(formats::probe_saved_model(source, bytes), c.type == FormatId::kTfSavedModel)
        << c.path;
    EXPECT_EQ(formats::probe_meta_graph(source, bytes), c.type == FormatId::kTfMetaGraph) << c.path;
    EXPECT_EQ(formats::probe_graph_def(source, bytes), c.type == FormatId::kTfGraphDef) << c.path;
    inspect_tensorflow(inspection);
    EXPECT_EQ(rules_of(inspection), "") << c.path;
    EXPECT_TRUE(inspection.incompletes.empty()) << c.path;
  }
  auto text = load_fixture("tensorflow/frozen.pbtxt");
  EXPECT_TRUE(formats::probe_tensorflow_text(bytes_of(text)));
  inspect_tensorflow_text(text);
  EXPECT_EQ(rules_of(text), "");
  EXPECT_TRUE(text.incompletes.empty());
  auto records = load_fixture("tensorflow/rows.tfrecord");
  EXPECT_TRUE(formats::probe_record_file(bytes_of(records)));
  inspect_records(records);
  EXPECT_TRUE(records.incompletes.empty());
  const Bytes fingerprint = bytes_of(load_fixture("savedmodel/adder/fingerprint.pb"));
  EXPECT_TRUE(formats::probe_fingerprint(ViewSource(fingerprint), fingerprint));
  for (const char* path :
       {"savedmodel/adder/variables/variables.index", "tensorflow/checkpoint/model.ckpt.index"}) {
    EXPECT_TRUE(formats::probe_checkpoint_index(bytes_of(load_fixture(path)))) << path;
  }
}

}  // namespace
}  // namespace saiph::detect
