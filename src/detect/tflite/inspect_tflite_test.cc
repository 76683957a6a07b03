#include "detect/tflite/inspect_tflite.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "codec/flatbuffers/flat_writer_for_test.h"
#include "detect/contract/fixture_for_test.h"
#include "detect/contract/recording_inspection_for_test.h"

namespace saiph::detect {
namespace {

using codec::FlatNode;
using codec::FlatWriter;
using std::string_view_literals::operator""sv;

FlatNode code(std::int64_t builtin, std::string_view custom = "") {
  return FlatNode::table(
      {FlatNode::scalar(static_cast<std::uint64_t>(std::min<std::int64_t>(builtin, 127)), 1),
       custom.empty() ? FlatNode{} : FlatNode::string(custom), FlatNode::scalar(1, 4),
       FlatNode::scalar(static_cast<std::uint64_t>(builtin), 4)});
}

FlatNode tensor(std::vector<std::uint64_t> shape, std::uint64_t type, std::uint64_t buffer) {
  return FlatNode::table({FlatNode::scalars(std::move(shape), 4), FlatNode::scalar(type, 1),
                          FlatNode::scalar(buffer, 4)});
}

FlatNode operation(std::uint64_t index, std::vector<std::uint64_t> inputs,
                   std::vector<std::uint64_t> outputs, std::string_view options = "") {
  return FlatNode::table({FlatNode::scalar(index, 4), FlatNode::scalars(std::move(inputs), 4),
                          FlatNode::scalars(std::move(outputs), 4), FlatNode{}, FlatNode{},
                          options.empty() ? FlatNode{} : FlatNode::string(options)});
}

/// One ADD from tensors 0 (constant of four floats) and 1 to tensor 2, which a test changes.
struct Model {
  std::vector<FlatNode> codes{code(0)};
  std::vector<FlatNode> tensors{tensor({4}, 0, 1), tensor({4}, 0, 0), tensor({4}, 0, 0)};
  std::vector<FlatNode> operations{operation(0, {0, 1}, {2})};
  std::vector<FlatNode> buffers{FlatNode::table({}),
                                FlatNode::table({FlatNode::string(std::string(16, 'w'))})};
  std::vector<FlatNode> metadata{};
  std::vector<FlatNode> signatures{};

  Bytes build() const {
    return FlatWriter::build(
        FlatNode::table(
            {FlatNode::scalar(3, 4), FlatNode::tables(codes),
             FlatNode::tables({FlatNode::table(
                 {FlatNode::tables(tensors), FlatNode::scalars({1}, 4), FlatNode::scalars({2}, 4),
                  FlatNode::tables(operations), FlatNode::string("main")})}),
             FlatNode::string("test"), FlatNode::tables(buffers), FlatNode{},
             FlatNode::tables(metadata), FlatNode::tables(signatures)}),
        "TFL3");
  }
};

RecordingInspection inspect(Bytes bytes) {
  RecordingInspection inspection(std::move(bytes), "model.tflite");
  inspect_tflite(inspection);
  return inspection;
}

TEST(InspectTflite, OrdinaryModelIsQuiet) {
  Model m;
  m.signatures.push_back(
      FlatNode::table({FlatNode{}, FlatNode{}, FlatNode::string("serving_default"), FlatNode{},
                       FlatNode::scalar(0, 4)}));
  m.metadata.push_back(
      FlatNode::table({FlatNode::string("min_runtime_version"), FlatNode::scalar(0, 4)}));
  const auto inspection = inspect(m.build());
  EXPECT_EQ(rules_of(inspection), "");
  EXPECT_TRUE(inspection.incompletes.empty());
  ASSERT_EQ(inspection.data_ranges.size(), 1U);
  EXPECT_EQ(inspection.data_ranges[0].second, 16U);
}

struct Case {
  const char* name;
  std::function<void(Model&)> change;
  const char* rules;
};

TEST(InspectTflite, StatesWhatDoesNotHold) {
  const std::string elf = std::string(
                              "\x7F"
                              "ELF\x02\x01\x01\0"sv) +
                          std::string(2040, '\0');
  const auto custom = [](std::string_view name, std::string_view options = "") {
    return [name = std::string(name), options = std::string(options)](Model& m) {
      m.codes.push_back(code(32, name));
      m.operations.push_back(operation(1, {0, 1}, {2}, options));
    };
  };
  const std::string write_node = std::string("\x08WriteFile\0\x0C\x0A\x01n\x12\x09WriteFile"sv);
  const Case cases[] = {
      {"private operator", custom("Exfil"), "tflite-custom-operator/medium"},
      {"published operator", custom("TFLite_Detection_PostProcess"),
       "tflite-published-custom-operator/info"},
      {"Flex", custom("FlexErf"), "tflite-flex-operator/info"},
      {"Flex write", custom("FlexWriteFile"), "tensorflow-file-write/critical"},
      {"Flex read", custom("FlexReadFile"), "tensorflow-file-read/high"},
      {"Flex Python", custom("FlexPyFunc"), "tensorflow-python-function/high"},
      {"Flex unknown", custom("FlexNobody"), "tflite-custom-operator/medium"},
      {"Flex hiding", custom("FlexIdentity", write_node),
       "tflite-flex-mismatch/critical tflite-flex-operator/info"},
      {"Flex as it is", custom("FlexWriteFile", write_node), "tensorflow-file-write/critical"},
      {"nameless", [](Model& m) { m.codes.push_back(code(32)); },
       "tflite-custom-operator/medium tflite-bad-reference/high"},
      {"operator code", [](Model& m) { m.operations.push_back(operation(7, {0}, {2})); },
       "tflite-bad-reference/high"},
      {"tensor index", [](Model& m) { m.operations.push_back(operation(0, {9}, {2})); },
       "tflite-bad-reference/high"},
      {"negative index", [](Model& m) { m.operations.push_back(operation(0, {0xFFFFFFFE}, {2})); },
       "tflite-bad-reference/high"},
      {"absent optional input",
       [](Model& m) { m.operations.push_back(operation(0, {0, 0xFFFFFFFF}, {2})); }, ""},
      {"buffer index", [](Model& m) { m.tensors.push_back(tensor({1}, 0, 9)); },
       "tflite-bad-reference/high"},
      {"signature",
       [](Model& m) {
         m.signatures.push_back(FlatNode::table(
             {FlatNode{}, FlatNode{}, FlatNode::string("x"), FlatNode{}, FlatNode::scalar(5, 4)}));
       },
       "tflite-bad-reference/high"},
      {"metadata",
       [](Model& m) {
         m.metadata.push_back(FlatNode::table({FlatNode::string("x"), FlatNode::scalar(5, 4)}));
       },
       "tflite-bad-reference/high"},
      {"buffer outside",
       [](Model& m) {
         m.buffers.push_back(
             FlatNode::table({FlatNode{}, FlatNode::scalar(1U << 30, 8), FlatNode::scalar(16, 8)}));
       },
       "tflite-buffer-range/high"},
      {"buffer wraps",
       [](Model& m) {
         m.buffers.push_back(FlatNode::table(
             {FlatNode{}, FlatNode::scalar(UINT64_MAX, 8), FlatNode::scalar(16, 8)}));
       },
       "tflite-buffer-range/high"},
      {"too few bytes", [](Model& m) { m.tensors.push_back(tensor({5}, 0, 1)); },
       "tflite-tensor-size/medium"},
      {"int4", [](Model& m) { m.tensors.push_back(tensor({31}, 17, 1)); }, ""},
      {"negative shape", [](Model& m) { m.tensors.push_back(tensor({0xFFFFFFFF}, 0, 1)); },
       "tflite-tensor-shape-overflow/high"},
      {"overflow",
       [](Model& m) { m.tensors.push_back(tensor({1U << 30, 1U << 30, 1U << 30}, 0, 1)); },
       "tflite-tensor-shape-overflow/high"},
      {"program in weights",
       [&](Model& m) { m.buffers.push_back(FlatNode::table({FlatNode::string(elf)})); },
       "tflite-embedded-artefact/high"},
      {"program in metadata",
       [&](Model& m) {
         m.buffers.push_back(FlatNode::table({FlatNode::string(elf)}));
         m.metadata.push_back(FlatNode::table({FlatNode::string("x"), FlatNode::scalar(2, 4)}));
       },
       "tflite-embedded-artefact/high"},
  };
  for (const auto& c : cases) {
    Model m;
    c.change(m);
    const auto inspection = inspect(m.build());
    EXPECT_EQ(rules_of(inspection), c.rules) << c.name;
    EXPECT_TRUE(inspection.incompletes.empty()) << c.name;
  }
}

TEST(InspectTflite, BrokenInputIsIncomplete) {
  const Bytes bytes = Model().build();
  for (std::size_t cut = 0; cut < bytes.size(); cut += 4) {
    EXPECT_FALSE(inspect(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)))
                     .incompletes.empty())
        << cut;
  }
  Limits limits;
  limits.items = 3;
  RecordingInspection small(bytes, "model.tflite", limits);
  inspect_tflite(small);
  ASSERT_FALSE(small.incompletes.empty());
  EXPECT_EQ(small.incompletes[0].code, "limit");
}

TEST(InspectTflite, ModelsMadeByTensorflowAreQuiet) {
  for (const char* path : {"tflite/adder.tflite", "tflite/image.tflite"}) {
    auto inspection = load_fixture(path);
    inspect_tflite(inspection);
    EXPECT_EQ(rules_of(inspection), "") << path;
    EXPECT_TRUE(inspection.incompletes.empty()) << path;
  }
}

}  // namespace
}  // namespace saiph::detect
