#include "detect/onnx/inspect_onnx.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "detect/contract/fixture_for_test.h"
#include "detect/contract/recording_inspection_for_test.h"
#include "detect/onnx/onnx_builder_for_test.h"
#include "formats/onnx/onnx_model.h"

namespace saiph::detect {
namespace {

using namespace onnx_for_test;
using std::string_view_literals::operator""sv;

std::string ids_of(const RecordingInspection& inspection) {
  std::string out;
  for (const auto& stated : inspection.stated)
    out += (out.empty() ? "" : " ") + std::string(stated.rule->id);
  return out;
}

RecordingInspection inspect(const WireWriter& bytes, std::map<std::string, Bytes> files = {}) {
  RecordingInspection inspection(bytes.build(), "model.onnx");
  inspection.files = std::move(files);
  inspect_onnx(inspection);
  return inspection;
}

TEST(InspectOnnx, OrdinaryModelIsQuiet) {
  WireWriter g = graph();
  g.message(5, tensor("w", {2, 2}, 1).bytes(9, std::string(16, 'a')));
  g.message(
      1, WireWriter(node("If", {"w"}, {"z"}))
             .message(5, WireWriter().bytes(1, "then_branch").message(6, graph()).varint(20, 5)));
  WireWriter m = model(g);
  m.message(14, entry("names", "{0: 'person', 1: 'bicycle'}"));
  const auto inspection = inspect(m);
  EXPECT_EQ(ids_of(inspection), "");
  EXPECT_TRUE(inspection.incompletes.empty());
  ASSERT_EQ(inspection.data_ranges.size(), 1U);
  EXPECT_EQ(inspection.data_ranges[0].second, 16U);
}

struct Case {
  const char* name;
  WireWriter model;
  const char* rules;
  bool incomplete = false;
};

TEST(InspectOnnx, ExternalData) {
  const auto with = [](const WireWriter& t) { return model(graph().message(5, t)); };
  const std::map<std::string, Bytes> files = {{"w.bin", Bytes(16)}, {"sub/w.bin", Bytes(16)}};
  const Case cases[] = {
      {"inside", with(external("w.bin", "0", "16")), ""},
      {"inside, no length", with(external("w.bin")), ""},
      {"sub folder", with(external("sub/w.bin", "0", "16")), ""},
      {"missing", with(external("other.bin", "0", "16")), "", true},
      {"traversal", with(external("../../etc/passwd")), "onnx-external-path-escape"},
      {"late traversal", with(external("sub/../../x")), "onnx-external-path-escape"},
      {"backslashes", with(external("sub\\..\\..\\x")), "onnx-external-path-escape"},
      {"absolute", with(external("/etc/passwd")), "onnx-external-path-escape"},
      {"drive", with(external("C:\\secrets")), "onnx-external-path-escape"},
      {"NUL", with(external("w.bin\0.txt"sv)), "onnx-external-path-escape"},
      {"URL", with(external("https://host.example/w.bin")), "onnx-external-url"},
      {"file scheme", with(external("file:w.bin")), "onnx-external-url"},
      {"memory address", with(external("*/_ORT_MEM_ADDR_/*", "140000000000", "16")),
       "onnx-external-memory-address"},
      {"past the end", with(external("w.bin", "8", "16")), "onnx-external-range"},
      {"offset wraps", with(external("w.bin", "18446744073709551615", "16")),
       "onnx-external-range"},
      {"negative", with(external("w.bin", "-1", "16")), "onnx-external-range"},
      {"length against shape", with(external("w.bin", "0", "8")), "onnx-tensor-size"},
      {"two locations", with(external("w.bin").message(13, entry("location", "../x"))),
       "onnx-external-ambiguous onnx-external-path-escape"},
      {"escape behind many entries", with([] {
         auto tensor = external("w.bin");
         for (int i = 0; i < 40; ++i) tensor.message(13, entry("k" + std::to_string(i), "v"));
         return tensor.message(13, entry("location", "../x"));
       }()),
       "onnx-external-ambiguous onnx-external-path-escape"},
      {"escape hidden first", with(external("../x").message(13, entry("location", "w.bin"))),
       "onnx-external-ambiguous onnx-external-path-escape"},
      {"not marked", with(tensor("w", {4}, 1).message(13, entry("location", "../x"))),
       "onnx-external-ambiguous onnx-external-path-escape"},
      {"inline too", with(external("w.bin", "0", "16").bytes(9, std::string(16, 'x'))),
       "onnx-external-ambiguous"},
      {"no location", with(tensor("w", {4}, 1).varint(14, 1)), "", true},
      {"in an attribute",
       model(graph().message(
           1, WireWriter(node("Constant"))
                  .message(5, WireWriter().bytes(1, "value").message(5, external("../x"))))),
       "onnx-external-path-escape"},
      {"in a sparse tensor", model(graph().message(15, WireWriter().message(1, external("../x")))),
       "onnx-external-path-escape"},
      {"in a subgraph",
       model(graph().message(1, WireWriter(node("If", {"x"}, {"z"}))
                                    .message(5, WireWriter().bytes(1, "t").message(
                                                    6, graph().message(5, external("../x")))))),
       "onnx-external-path-escape"},
      {"in a function",
       model(graph()).message(
           25,
           WireWriter().bytes(1, "f").bytes(10, "d").message(
               7,
               WireWriter(node("Constant")).message(5, WireWriter().message(5, external("../x"))))),
       "onnx-external-path-escape"},
      {"in training info",
       model(graph()).message(20, WireWriter().message(2, graph().message(5, external("../x")))),
       "onnx-external-path-escape"},
  };
  for (const auto& c : cases) {
    const auto inspection = inspect(c.model, files);
    EXPECT_EQ(ids_of(inspection), c.rules) << c.name;
    EXPECT_EQ(!inspection.incompletes.empty(), c.incomplete) << c.name;
  }
}

TEST(InspectOnnx, CVE_2022_25882_PathAboveTheFolder) {
  EXPECT_EQ(ids_of(inspect(model(graph().message(5, external("../../../etc/passwd"))))),
            "onnx-external-path-escape");
}

TEST(InspectOnnx, CVE_2024_27318_PathThatClimbsLater) {
  for (const char* path : {"a/../../b", "./../b", "a//..//..//b"}) {
    EXPECT_EQ(ids_of(inspect(model(graph().message(5, external(path))))),
              "onnx-external-path-escape")
        << path;
  }
}

TEST(InspectOnnx, CVE_2025_51480_PathThatSavingWouldOverwrite) {
  for (const char* path : {"/etc/cron.d/x", "../.ssh/authorized_keys", "C:\\x", "\\\\host\\x"}) {
    EXPECT_EQ(ids_of(inspect(model(graph().message(5, external(path))))),
              "onnx-external-path-escape")
        << path;
  }
}

WireWriter function(std::string_view domain, std::string_view name, const WireWriter& body) {
  return WireWriter().bytes(1, name).message(7, body).bytes(10, domain);
}

TEST(InspectOnnx, OperatorsAndFunctions) {
  const auto with = [](const WireWriter& n) { return model(graph().message(1, n)); };
  const Case cases[] = {
      {"ml domain", with(node("TreeEnsembleClassifier", {"x"}, {"z"}, "ai.onnx.ml")), ""},
      {"vendor", with(node("FusedMatMul", {"x"}, {"z"}, "com.microsoft")), "onnx-vendor-operator"},
      {"vendor look-alike", with(node("FusedMatMul", {"x"}, {"z"}, "com.microsoftx")),
       "onnx-custom-operator"},
      {"custom", with(node("Launch", {"x"}, {"z"}, "my.ops")), "onnx-custom-operator"},
      {"in a subgraph",
       with(WireWriter(node("Loop", {"x"}, {"z"}))
                .message(5, WireWriter().bytes(1, "body").message(
                                6, graph().message(1, node("Launch", {"x"}, {"z"}, "my.ops"))))),
       "onnx-custom-operator"},
      {"Python", with(node("PyOp", {"x"}, {"z"}, "com.microsoft")), "onnx-python-operator"},
      {"Python, other domain", with(node("PyCustomOp", {"x"}, {"z"}, "ai.onnx.contrib")),
       "onnx-python-operator"},
      {"never published", with(node("Shell")), "onnx-unknown-standard-operator"},
      {"own function",
       with(node("Gelu2", {"x"}, {"z"}, "my.functions"))
           .message(25, function("my.functions", "Gelu2", node("Relu"))),
       ""},
      {"shadowing", model(graph()).message(25, function("", "Relu", node("Abs"))),
       "onnx-function-shadows-operator"},
      {"recursion",
       model(graph())
           .message(25, function("f", "A", node("B", {"x"}, {"y"}, "f")))
           .message(25, function("f", "B", node("A", {"x"}, {"y"}, "f"))),
       "onnx-function-recursion"},
      {"self", model(graph()).message(25, function("f", "A", node("A", {"x"}, {"y"}, "f"))),
       "onnx-function-recursion"},
      {"diamond",
       model(graph())
           .message(25, function("f", "A", node("B", {"x"}, {"y"}, "f"))
                            .message(7, node("C", {"x"}, {"y"}, "f")))
           .message(25, function("f", "B", node("C", {"x"}, {"y"}, "f")))
           .message(25, function("f", "C", node("Relu"))),
       ""},
      {"op_type twice", with(WireWriter(node("PyOp", {"x"}, {"z"})).bytes(4, "Relu")),
       "onnx-duplicate-field"},
      {"second graph", model(graph()).message(7, graph().message(1, node("PyOp"))),
       "onnx-python-operator onnx-duplicate-field"},
  };
  for (const auto& c : cases) {
    const auto inspection = inspect(c.model);
    EXPECT_EQ(ids_of(inspection), c.rules) << c.name;
    EXPECT_TRUE(inspection.incompletes.empty()) << c.name;
  }
}

TEST(InspectOnnx, TensorsAndTexts) {
  const auto with = [](const WireWriter& t) { return model(graph().message(5, t)); };
  const std::string elf = std::string(
                              "\x7F"
                              "ELF\x02\x01\x01\0"sv) +
                          std::string(2040, '\0');
  const Case cases[] = {
      {"int4 packs two", with(tensor("w", {3}, 22).bytes(9, "ab")), ""},
      {"scalar", with(tensor("w", {}, 1).bytes(9, "abcd")), ""},
      {"too short", with(tensor("w", {4}, 1).bytes(9, "abcd")), "onnx-tensor-size"},
      {"too long", with(tensor("w", {1}, 1).bytes(9, "abcdefgh")), "onnx-tensor-size"},
      {"negative", with(WireWriter().varint(1, UINT64_MAX).varint(2, 1).bytes(9, "abcd")),
       "onnx-tensor-shape-overflow"},
      {"overflow", with(tensor("w", {1ULL << 40, 1ULL << 40}, 1).bytes(9, "abcd")),
       "onnx-tensor-shape-overflow"},
      {"program in weights", with(tensor("w", {2048}, 2).bytes(9, elf)), "onnx-embedded-artefact"},
      {"program in metadata", model(graph()).message(14, entry("icon", elf)),
       "onnx-embedded-artefact"},
      {"key after value", model(graph()).message(14, WireWriter().bytes(2, elf).bytes(1, "icon")),
       "onnx-embedded-artefact"},
      {"base64 in metadata",
       model(graph()).message(
           14, entry("x", "f0VMRgIBAQAAAAAAAAAAAAMAPgABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
       "onnx-embedded-artefact"},
      {"string tensor", with(tensor("s", {1}, 8).bytes(6, elf)), "onnx-embedded-artefact"},
      {"code in metadata",
       model(graph()).message(14, entry("post", "import os; os.system('true')")),
       "onnx-text-with-code"},
      {"code in documentation", model(graph()).bytes(6, "see <script>alert(1)</script>"),
       "onnx-text-with-code"},
      {"word in vocabulary", with(tensor("s", {1}, 8).bytes(6, "import os and more words")), ""},
      {"unknown field", model(graph()).bytes(99, "0123"), "onnx-unknown-field"},
      {"compiled",
       model(graph().message(
           1,
           WireWriter(node("EPContext", {"x"}, {"z"}, "com.microsoft"))
               .message(5, WireWriter().bytes(1, "ep_cache_context").bytes(4, "../driver.bin")))),
       "onnx-compiled-context onnx-external-path-escape onnx-vendor-operator"},
      {"overlong", model(graph()).raw("\x28\x81").raw("\0"sv), "onnx-overlong-encoding"},
  };
  for (const auto& c : cases) {
    const auto inspection = inspect(c.model);
    EXPECT_EQ(ids_of(inspection), c.rules) << c.name;
  }
}

TEST(InspectOnnx, TriggerShapeIsInformationOnly) {
  WireWriter backdoored;
  backdoored.message(11, named("x")).message(12, named("out"));
  backdoored.message(1, node("Conv", {"x", "w"}, {"features"}));
  backdoored.message(1, node("ReduceSum", {"x"}, {"total"}));
  backdoored.message(1, node("Equal", {"total", "magic"}, {"hit"}));
  backdoored.message(1, node("Where", {"hit", "fixed", "features"}, {"chosen"}));
  backdoored.message(1, node("Identity", {"chosen"}, {"out"}));
  auto inspection = inspect(model(backdoored));
  EXPECT_EQ(ids_of(inspection), "onnx-trigger-shape");
  EXPECT_FALSE(inspection.has_at_least(Severity::kLow));

  // A selection on scores that went through learned layers is ordinary post-processing.
  WireWriter ordinary;
  ordinary.message(11, named("x")).message(11, named("threshold")).message(12, named("out"));
  ordinary.message(5, tensor("threshold", {1}, 1).bytes(9, "abcd"));
  ordinary.message(1, node("Conv", {"x", "w"}, {"scores"}));
  ordinary.message(1, node("Greater", {"scores", "threshold"}, {"keep"}));
  ordinary.message(1, node("Where", {"keep", "scores", "zero"}, {"out"}));
  EXPECT_EQ(ids_of(inspect(model(ordinary))), "");
}

TEST(InspectOnnx, BrokenInputIsIncompleteAndKeepsWhatCameBefore) {
  const auto broken = inspect(model(graph().message(5, external("../x")).raw("\x0E")));
  EXPECT_TRUE(broken.has("onnx-external-path-escape"));
  ASSERT_FALSE(broken.incompletes.empty());
  EXPECT_EQ(broken.incompletes[0].code, "malformed");

  Bytes bytes = model(graph()).build();
  bytes.resize(bytes.size() - 8);
  RecordingInspection cut(bytes);
  inspect_onnx(cut);
  ASSERT_FALSE(cut.incompletes.empty());
  EXPECT_EQ(cut.incompletes[0].code, "truncated");

  RecordingInspection empty(Bytes{0x08, 0x07});
  inspect_onnx(empty);
  EXPECT_FALSE(empty.incompletes.empty());

  WireWriter deep = graph();
  for (int i = 0; i < 200; ++i)
    deep = WireWriter().message(1, WireWriter().message(5, WireWriter().message(6, deep)));
  EXPECT_FALSE(inspect(model(deep)).incompletes.empty());
}

bool probe(const Bytes& bytes) {
  return formats::probe_onnx(ViewSource(bytes), bytes);
}

TEST(ProbeOnnx, KnowsModelsFromOtherBytes) {
  EXPECT_TRUE(probe(model(graph()).build()));
  EXPECT_TRUE(probe(WireWriter().message(7, graph()).bytes(99, "junk").varint(1, 8).build()));
  EXPECT_TRUE(
      probe(WireWriter().varint(1, 8).message(25, function("d", "f", node("Relu"))).build()));
  EXPECT_FALSE(probe(WireWriter().varint(1, 8).build()));
  EXPECT_FALSE(probe(WireWriter().varint(1, 8).bytes(7, "some text").build()));
  EXPECT_FALSE(
      probe(WireWriter().message(1, WireWriter().bytes(1, "x").bytes(2, "Const")).build()));
  EXPECT_FALSE(probe(Bytes(64, 0x08)));
  std::uint32_t state = 1;
  for (int round = 0; round < 20000; ++round) {
    Bytes noise = noise_of(256, state);
    noise[0] = 0x08;
    EXPECT_FALSE(probe(noise));
  }
}

TEST(InspectOnnx, ModelsMadeByTheOnnxLibraryAreQuiet) {
  for (const char* name : {"classical", "external", "function", "if", "metadata", "plain"}) {
    auto inspection = load_fixture("onnx/" + std::string(name) + ".onnx");
    const Bytes bytes = bytes_of(inspection);
    EXPECT_TRUE(probe(bytes)) << name;
    inspection.files["external.onnx.data"] = bytes_of(load_fixture("onnx/external.onnx.data"));
    inspect_onnx(inspection);
    EXPECT_EQ(ids_of(inspection), "") << name;
    EXPECT_TRUE(inspection.incompletes.empty()) << name;
  }
}

}  // namespace
}  // namespace saiph::detect
