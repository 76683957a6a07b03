// What must not be mistaken for an attack, opcode for opcode as benign picklers write it.
#include "detect/pickle/inspected_for_test.h"
#include "formats/pickle/walk.h"

namespace saiph::detect {
namespace {

using formats::PickleAssembler;

TEST(Benign, ReconstructionPatternsAreQuiet) {
  const std::pair<const char*, Bytes> rows[] = {
      {"numpy array, protocol 2", PickleAssembler(2)
                                      .global("numpy.core.multiarray", "_reconstruct")
                                      .put(0)
                                      .global("numpy", "ndarray")
                                      .put(1)
                                      .integer(0)
                                      .tuple1()
                                      .put(2)
                                      .global("_codecs", "encode")
                                      .put(3)
                                      .long_text("b")
                                      .long_text("latin1")
                                      .tuple2()
                                      .reduce()
                                      .tuple3()
                                      .put(4)
                                      .reduce()
                                      .put(5)
                                      .mark()
                                      .integer(1)
                                      .integer(3)
                                      .tuple1()
                                      .global("numpy", "dtype")
                                      .long_text("f8")
                                      .op(0x89)
                                      .op(0x88)
                                      .tuple3()
                                      .reduce()
                                      .mark()
                                      .integer(3)
                                      .long_text("<")
                                      .none()
                                      .none()
                                      .none()
                                      .integer(9)
                                      .integer(9)
                                      .integer(0)
                                      .tuple()
                                      .build()
                                      .op(0x89)
                                      .data(Bytes(24))
                                      .tuple()
                                      .build()
                                      .stop()
                                      .bytes()},
      {"numpy 2 array", PickleAssembler(4)
                            .stack_global("numpy._core.multiarray", "_reconstruct")
                            .stack_global("numpy", "ndarray")
                            .integer(0)
                            .tuple1()
                            .op('C')
                            .u8(1)
                            .raw("b")
                            .tuple3()
                            .reduce()
                            .stop()
                            .bytes()},
      {"torch tensor", PickleAssembler(2)
                           .global("torch._utils", "_rebuild_tensor_v2")
                           .mark()
                           .mark()
                           .long_text("storage")
                           .global("torch", "FloatStorage")
                           .long_text("0")
                           .long_text("cpu")
                           .integer(4)
                           .tuple()
                           .op('Q')
                           .integer(0)
                           .integer(4)
                           .tuple1()
                           .integer(1)
                           .tuple1()
                           .op(0x89)
                           .global("collections", "OrderedDict")
                           .empty_tuple()
                           .reduce()
                           .tuple()
                           .reduce()
                           .stop()
                           .bytes()},
      {"datetime", PickleAssembler(4)
                       .stack_global("datetime", "datetime")
                       .op('C')
                       .u8(10)
                       .raw("\x07\xE8\x01\x01\x01\x01\x01\x01\x01\x01")
                       .tuple1()
                       .reduce()
                       .stop()
                       .bytes()},
      {"old object", PickleAssembler()
                         .global("copy_reg", "_reconstructor")
                         .mark()
                         .global("argparse", "Namespace")
                         .global("__builtin__", "object")
                         .none()
                         .tuple()
                         .reduce()
                         .empty_dict()
                         .build()
                         .stop()
                         .bytes()},
      {"defaultdict", PickleAssembler(2)
                          .global("collections", "defaultdict")
                          .global("__builtin__", "int")
                          .tuple1()
                          .reduce()
                          .stop()
                          .bytes()},
      {"path", PickleAssembler(4)
                   .stack_global("pathlib", "PosixPath")
                   .text("/")
                   .text("tmp")
                   .tuple2()
                   .reduce()
                   .stop()
                   .bytes()},
      {"two dumps",
       PickleAssembler(4).none().stop().raw(PickleAssembler(4).integer(1).stop().bytes()).bytes()},
  };
  for (const auto& [what, bytes] : rows) {
    const auto result = inspected(bytes);
    EXPECT_TRUE(result.stated.empty() && result.incompletes.empty()) << what << ":\n"
                                                                     << describe(result);
    EXPECT_TRUE(formats::probe_pickle(bytes, ViewSource(bytes))) << what;
  }
}

TEST(Benign, ModelScan_356_JoblibArraysBetweenOpcodesAreSkipped) {
  for (const bool aligned : {false, true}) {
    PickleAssembler file(3);
    file.global("joblib.numpy_pickle", "NumpyArrayWrapper")
        .put(0)
        .empty_tuple()
        .new_object()
        .put(1)
        .empty_dict()
        .put(2)
        .mark()
        .long_text("subclass")
        .global("numpy", "ndarray")
        .long_text("shape")
        .integer(5)
        .integer(2)
        .tuple2()
        .long_text("order")
        .long_text("C")
        .long_text("dtype")
        .global("numpy", "dtype")
        .long_text("f8")
        .op(0x89)
        .op(0x88)
        .tuple3()
        .reduce();
    if (aligned) file.long_text("numpy_array_alignment_bytes").integer(16);
    file.op('u').build();
    if (aligned) file.u8(3).raw("\xFF\xFF\xFF");
    file.raw(std::string(80, '\x80')).put(9).pop().call("os", "system").stop();
    const auto result = inspected(file.bytes());
    EXPECT_TRUE(result.has("pickle-dangerous-callable")) << "the stream goes on behind the array\n"
                                                         << describe(result);
    ASSERT_EQ(result.data_ranges.size(), 1U);
    EXPECT_EQ(result.data_ranges[0].second, 80U);
  }
}

TEST(Benign, TorchLegacyStoragesAreSkipped) {
  PickleAssembler file;
  file.raw(PickleAssembler(2)
               .op(0x8A)
               .u8(10)
               .raw("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")
               .stop()
               .bytes());
  file.raw(PickleAssembler(2).op('M').u16(1001).stop().bytes())
      .raw(PickleAssembler(2).empty_dict().stop().bytes());
  file.raw(PickleAssembler(2)
               .mark()
               .long_text("storage")
               .global("torch", "FloatStorage")
               .long_text("1")
               .long_text("cpu")
               .integer(100)
               .none()
               .tuple()
               .op('Q')
               .stop()
               .bytes());
  file.raw(PickleAssembler(2).empty_list().long_text("1").op('a').stop().bytes());
  file.u64(100).raw(std::string(400, '\x80'));
  const auto result = inspected(file.bytes());
  EXPECT_TRUE(result.stated.empty() && result.incompletes.empty()) << describe(result);
  EXPECT_EQ(result.data_ranges.size(), 1U);
  PickleAssembler cut = file;
  Bytes bytes = file.bytes();
  bytes.pop_back();
  EXPECT_FALSE(inspected(bytes).incompletes.empty());
}

TEST(Probe, TakesPicklesAndLeavesText) {
  const auto probe = [](std::string_view text) {
    return formats::probe_pickle(as_bytes(text), ViewSource(as_bytes(text)));
  };
  for (const std::string_view text :
       {"# Title\n\nSome text.\n", "import os\nos.system('x')\n", "I am here.\n",
        "Version 1.2\nNew things.\n", "{\"a\": 1}", "(a + b).\n", "config:\n  path: x\n",
        "Name,Value\n1,2\n", "P5 2 2 255\n....", "name: x\n", "\x80\x03\x00\x00\x12\x34\x56",
        "G\xFF\xFF", "class A:\n  pass\n", "cat\nis a program."}) {
    EXPECT_FALSE(probe(text)) << text;
  }
  EXPECT_TRUE(probe("cos\nsystem\n(S'true'\ntR."));
  EXPECT_TRUE(probe("(S'true'\nios\nsystem\n."));
  EXPECT_TRUE(probe("cos\nsystem\n(S'true'\ntR garbage behind the call"));
  EXPECT_TRUE(probe("\x80\x04N."));
  EXPECT_TRUE(probe("(lp0\nI1\naI2\na."));
}

}  // namespace
}  // namespace saiph::detect
