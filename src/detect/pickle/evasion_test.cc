// Every published technique for hiding a call from a pickle scanner, and what must not be mistaken
// for one.
#include <gtest/gtest.h>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/pickle/inspect.h"
#include "formats/pickle/pickle_assembler_for_test.h"
#include "formats/pickle/walk.h"

namespace saiph::detect {
namespace {

using formats::PickleAssembler;

RecordingInspection inspect(const Bytes& bytes) {
  RecordingInspection inspection(bytes);
  inspect_pickle(inspection);
  return inspection;
}

std::string describe(const RecordingInspection& inspection) {
  std::string text;
  for (const auto& stated : inspection.stated)
    text += std::string(stated.rule->id) + ": " + stated.draft.detail + "\n";
  for (const auto& why : inspection.incompletes)
    text += "incomplete " + why.code + ": " + why.message + "\n";
  return text;
}

#define EXPECT_CRITICAL(assembler)                                           \
  EXPECT_TRUE(inspect((assembler).bytes()).has("pickle-dangerous-callable")) \
      << describe(inspect((assembler).bytes()))
#define EXPECT_RULE(assembler, rule) \
  EXPECT_TRUE(inspect((assembler).bytes()).has(rule)) << describe(inspect((assembler).bytes()))

TEST(Evasion, GHSA_9gvj_pp9x_gcfr_StackGlobalAtTheVeryStart) {
  EXPECT_CRITICAL(PickleAssembler()
                      .old_text("os")
                      .old_text("system")
                      .op(0x93)
                      .old_text("true")
                      .tuple1()
                      .reduce()
                      .stop());
  EXPECT_CRITICAL(PickleAssembler()
                      .quoted("os")
                      .quoted("system")
                      .op(0x93)
                      .quoted("true")
                      .tuple1()
                      .reduce()
                      .stop());
}

TEST(Evasion, Picklescan_22_MemoDecoys) {
  // Slots 0 and 1 hold harmless names, the ones that are fetched hold others.
  EXPECT_CRITICAL(PickleAssembler(4)
                      .text("collections")
                      .put(0)
                      .pop()
                      .text("OrderedDict")
                      .put(1)
                      .pop()
                      .text("os")
                      .put(9)
                      .pop()
                      .text("system")
                      .put(7)
                      .pop()
                      .get(9)
                      .get(7)
                      .op(0x93)
                      .text("true")
                      .tuple1()
                      .reduce()
                      .stop());
}

TEST(Evasion, Picklescan_22_MemoOverwritten) {
  const auto stream = PickleAssembler(4)
                          .text("collections")
                          .put(0)
                          .pop()
                          .text("os")
                          .put(0)
                          .pop()
                          .text("system")
                          .put(1)
                          .pop()
                          .get(0)
                          .get(1)
                          .op(0x93)
                          .text("true")
                          .tuple1()
                          .reduce()
                          .stop();
  EXPECT_CRITICAL(stream);
  EXPECT_RULE(stream, "pickle-memo-confusion");
}

TEST(Evasion, MemoHoldsTheStackTopNotThePreviousOpcode) {
  // PUT after POP stores what lies below; PUT after BUILD stores the object.
  EXPECT_CRITICAL(PickleAssembler(4)
                      .text("os")
                      .text("decoy")
                      .pop()
                      .put(0)
                      .pop()
                      .text("system")
                      .dup()
                      .pop()
                      .put(1)
                      .pop()
                      .get(0)
                      .get(1)
                      .op(0x93)
                      .text("true")
                      .tuple1()
                      .reduce()
                      .stop());
}

TEST(Evasion, InstTextThroughMemo) {
  // A text made by an instance opcode cannot be followed: what is imported is unknown, never
  // harmless.
  const auto stream = PickleAssembler(4)
                          .mark()
                          .text("os")
                          .inst("builtins", "str")
                          .put(0)
                          .pop()
                          .text("system")
                          .put(1)
                          .pop()
                          .get(0)
                          .get(1)
                          .op(0x93)
                          .text("true")
                          .tuple1()
                          .reduce()
                          .stop();
  EXPECT_TRUE(inspect(stream.bytes()).has_at_least(Severity::kHigh))
      << describe(inspect(stream.bytes()));
}

TEST(Evasion, KeyErrorFixtures_UnsetMemoAfterTheCall) {
  const auto result = inspect(PickleAssembler(2).call("os", "system").get(77).stop().bytes());
  EXPECT_TRUE(result.has("pickle-dangerous-callable"));
  EXPECT_TRUE(result.has("pickle-broken-after-execution"));
  ASSERT_FALSE(result.incompletes.empty());
  EXPECT_EQ(result.incompletes[0].code, "malformed");
}

TEST(Evasion, TypeConfusionFixtures_NonTextOperands) {
  EXPECT_RULE(
      PickleAssembler(4).integer(1).text("system").op(0x93).text("x").tuple1().reduce().stop(),
      "pickle-computed-name");
  EXPECT_RULE(PickleAssembler(5)
                  .op(0x96)
                  .u64(2)
                  .raw("os")
                  .text("system")
                  .op(0x93)
                  .text("x")
                  .tuple1()
                  .reduce()
                  .stop(),
              "pickle-computed-name");
}

TEST(Evasion, NullifAi_BrokenTailAfterExecution) {
  const auto result = inspect(PickleAssembler(2).call("os", "system").raw("\xFF\xFF").bytes());
  EXPECT_TRUE(result.has("pickle-dangerous-callable"));
  EXPECT_TRUE(result.has("pickle-broken-after-execution"));
  EXPECT_FALSE(result.incompletes.empty());
}

TEST(Evasion, SecondStreamRightBehind) {
  EXPECT_CRITICAL(
      PickleAssembler(4).none().stop().raw(PickleAssembler(4).call("os", "system").stop().bytes()));
  EXPECT_CRITICAL(
      PickleAssembler(4).none().stop().raw(PickleAssembler().call("os", "system").stop().bytes()));
}

TEST(Evasion, GapThenStream) {
  for (const Bytes& hidden :
       {PickleAssembler(4).call("os", "system").stop().bytes(),
        PickleAssembler().call("os", "system").stop().bytes(),
        PickleAssembler().mark().raw("cos\nsystem\n").text("true").obj().stop().bytes(),
        PickleAssembler()
            .stack_global("os", "system")
            .text("true")
            .tuple1()
            .reduce()
            .stop()
            .bytes()}) {
    PickleAssembler file(4);
    file.none().stop().raw(std::string(1000, '\xEE')).raw(hidden).raw("tail");
    const auto result = inspect(file.bytes());
    EXPECT_TRUE(result.has("pickle-hidden-stream")) << describe(result);
    EXPECT_TRUE(result.has("pickle-dangerous-callable")) << describe(result);
  }
}

TEST(Evasion, StreamInUnknownBytes) {
  PickleAssembler file;
  file.raw(std::string(300'000, '\x07'))
      .raw(PickleAssembler(2).call("os", "system").stop().bytes());
  RecordingInspection result(file.bytes());
  inspect_unknown_for_pickles(result);
  EXPECT_TRUE(result.has("pickle-dangerous-callable"));
  EXPECT_TRUE(result.has("pickle-hidden-stream"));
}

TEST(Evasion, NestedInBytesAndLatin1Text) {
  const Bytes inner = PickleAssembler(2).call("os", "system").stop().bytes();
  const auto in_bytes = inspect(PickleAssembler(4).data(inner).stop().bytes());
  ASSERT_EQ(in_bytes.members.size(), 1U);
  EXPECT_EQ(in_bytes.members[0].role, "as:pickle");
  std::string utf8;
  for (const std::uint8_t c : inner) {
    if (c < 0x80) {
      utf8 += static_cast<char>(c);
    } else {
      utf8 += static_cast<char>(static_cast<unsigned char>(0xC0 | (c >> 6)));
      utf8 += static_cast<char>(static_cast<unsigned char>(0x80 | (c & 0x3F)));
    }
  }
  const auto in_text = inspect(PickleAssembler(2)
                                   .global("_codecs", "encode")
                                   .long_text(utf8)
                                   .long_text("latin1")
                                   .tuple2()
                                   .reduce()
                                   .stop()
                                   .bytes());
  ASSERT_EQ(in_text.members.size(), 1U) << describe(in_text);
  const auto opened = in_text.members[0].open();
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ((*read_all(**opened, 1000)), inner);
  // Text streams too.
  const auto old = inspect(PickleAssembler(4)
                               .data(PickleAssembler().call("os", "system").stop().bytes())
                               .stop()
                               .bytes());
  EXPECT_EQ(old.members.size(), 1U);
}

TEST(Evasion, NewObjectAndKeywords) {
  EXPECT_CRITICAL(
      PickleAssembler(4).global("subprocess", "Popen").text("true").tuple1().new_object().stop());
  EXPECT_CRITICAL(PickleAssembler(4)
                      .global("subprocess", "Popen")
                      .text("true")
                      .tuple1()
                      .empty_dict()
                      .new_object_ex()
                      .stop());
}

TEST(Evasion, GHSA_mxhj_88fx_4pcv_ObjThenPop) {
  const auto stream =
      PickleAssembler(2).mark().global("os", "system").text("true").obj().pop().none().stop();
  EXPECT_CRITICAL(stream);
  EXPECT_RULE(stream, "pickle-stack-misuse");
}

TEST(Evasion, GHSA_h4rm_mm56_xf63_ResultKeptByBuild) {
  EXPECT_CRITICAL(PickleAssembler(2)
                      .global("collections", "OrderedDict")
                      .empty_tuple()
                      .reduce()
                      .empty_dict()
                      .text("k")
                      .call("os", "system")
                      .op('s')
                      .build()
                      .stop());
}

TEST(Evasion, GHSA_mhc9_48gj_9gp3_ReduceAndBuild) {
  EXPECT_CRITICAL(PickleAssembler(2).call("socket", "create_server").empty_dict().build().stop());
}

TEST(Evasion, GHSA_5j3x_jp52_966f_DottedNames) {
  EXPECT_CRITICAL(PickleAssembler(4)
                      .stack_global("pathlib", "os.system")
                      .text("true")
                      .tuple1()
                      .reduce()
                      .stop());
  EXPECT_CRITICAL(PickleAssembler(4)
                      .stack_global("random", "_os.system")
                      .text("true")
                      .tuple1()
                      .reduce()
                      .stop());
  EXPECT_CRITICAL(
      PickleAssembler(4).stack_global("site", "os.system").text("true").tuple1().reduce().stop());
  EXPECT_CRITICAL(PickleAssembler(4)
                      .stack_global("numpy", "f2py.crackfortran.myeval")
                      .text("1")
                      .tuple1()
                      .reduce()
                      .stop());
  EXPECT_RULE(PickleAssembler(4).stack_global("mylib.models", "Net.__init__.__globals__").stop(),
              "pickle-dotted-name");
  EXPECT_TRUE(inspect(PickleAssembler(4)
                          .stack_global("mylib.models", "Outer.Inner")
                          .empty_tuple()
                          .new_object()
                          .stop()
                          .bytes())
                  .has("pickle-unreviewed-class"));
}

TEST(Evasion, ModelScan_85_And_330_RegistryWrites) {
  const auto slots = PickleAssembler(2)
                         .global("numpy", "prod")
                         .none()
                         .empty_dict()
                         .text("size")
                         .text("x")
                         .op('s')
                         .tuple2()
                         .build()
                         .stop();
  EXPECT_RULE(slots, "pickle-registry-write");
  const auto builtins = PickleAssembler(4)
                            .stack_global("numpy", "__builtins__")
                            .empty_dict()
                            .text("shape")
                            .text("x")
                            .op('s')
                            .build()
                            .stop();
  EXPECT_RULE(builtins, "pickle-registry-write");
  EXPECT_TRUE(inspect(builtins.bytes()).has("pickle-dangerous-callable"));
  const auto registry = PickleAssembler(2)
                            .global("mylib", "HANDLERS")
                            .text("load")
                            .global("os", "system")
                            .op('s')
                            .stop();
  EXPECT_RULE(registry, "pickle-registry-write");
}

TEST(Evasion, ModelScan_331_NamesAssembledByCalls) {
  const auto joined = PickleAssembler(4)
                          .stack_global("builtins", "str.join")
                          .text("")
                          .mark()
                          .text("o")
                          .text("s")
                          .tuple()
                          .tuple2()
                          .reduce()
                          .text("system")
                          .op(0x93)
                          .text("true")
                          .tuple1()
                          .reduce()
                          .stop();
  EXPECT_CRITICAL(joined);
  const auto encoded = PickleAssembler(4)
                           .stack_global("codecs", "decode")
                           .text("bf")
                           .text("rot13")
                           .tuple2()
                           .reduce()
                           .text("system")
                           .op(0x93)
                           .text("true")
                           .tuple1()
                           .reduce()
                           .stop();
  EXPECT_CRITICAL(encoded);
  const auto hidden = PickleAssembler(4)
                          .stack_global("mylib", "name")
                          .empty_tuple()
                          .reduce()
                          .text("system")
                          .op(0x93)
                          .text("true")
                          .tuple1()
                          .reduce()
                          .stop();
  EXPECT_RULE(hidden, "pickle-computed-name");
}

TEST(Evasion, GetattrResolvesOrIsUnknown) {
  EXPECT_CRITICAL(PickleAssembler(4)
                      .stack_global("builtins", "getattr")
                      .stack_global("os", "path")
                      .text("os.system")
                      .tuple2()
                      .reduce()
                      .text("true")
                      .tuple1()
                      .reduce()
                      .stop());
  EXPECT_CRITICAL(PickleAssembler(4)
                      .stack_global("builtins", "getattr")
                      .stack_global("builtins", "object")
                      .text("__subclasses__")
                      .tuple2()
                      .reduce()
                      .empty_tuple()
                      .reduce()
                      .stop())
      << "object.__subclasses__";
  EXPECT_RULE(PickleAssembler(4)
                  .stack_global("builtins", "getattr")
                  .stack_global("mylib", "thing")
                  .text("run")
                  .tuple2()
                  .reduce()
                  .empty_tuple()
                  .reduce()
                  .stop(),
              "pickle-unknown-call");
  EXPECT_RULE(PickleAssembler(4)
                  .stack_global("builtins", "getattr")
                  .stack_global("builtins", "dict")
                  .text("__class__")
                  .tuple2()
                  .reduce()
                  .stop(),
              "pickle-unknown-standard-name");
}

TEST(Evasion, DangerousNamesAsArgumentsOfReviewedCalls) {
  EXPECT_CRITICAL(PickleAssembler(2)
                      .global("functools", "partial")
                      .global("os", "system")
                      .tuple1()
                      .reduce()
                      .stop());
  EXPECT_CRITICAL(PickleAssembler(2)
                      .global("collections", "defaultdict")
                      .global("builtins", "breakpoint")
                      .tuple1()
                      .reduce()
                      .stop());
  EXPECT_CRITICAL(PickleAssembler(2)
                      .global("copyreg", "_reconstructor")
                      .global("os", "system")
                      .global("builtins", "object")
                      .none()
                      .tuple3()
                      .reduce()
                      .stop());
  EXPECT_CRITICAL(PickleAssembler(2)
                      .global("collections", "OrderedDict")
                      .empty_tuple()
                      .reduce()
                      .empty_dict()
                      .text("f")
                      .global("os", "system")
                      .op('s')
                      .build()
                      .stop());
}

TEST(Evasion, ModelAudit_1061_TypeWithMagicMethods) {
  EXPECT_TRUE(inspect(PickleAssembler(2)
                          .global("builtins", "type")
                          .text("X")
                          .empty_tuple()
                          .empty_dict()
                          .tuple3()
                          .reduce()
                          .stop()
                          .bytes())
                  .has_at_least(Severity::kHigh));
  EXPECT_TRUE(inspect(PickleAssembler(2)
                          .global("builtins", "type")
                          .text("X")
                          .empty_tuple()
                          .empty_dict()
                          .tuple3()
                          .new_object()
                          .stop()
                          .bytes())
                  .has_at_least(Severity::kHigh));
}

TEST(Evasion, ExtensionCodes) {
  EXPECT_RULE(PickleAssembler(2).op(0x82).u8(7).text("true").tuple1().reduce().stop(),
              "pickle-extension-code");
  const auto registered = PickleAssembler(2)
                              .global("copyreg", "add_extension")
                              .text("os")
                              .text("system")
                              .integer(7)
                              .tuple3()
                              .reduce()
                              .pop()
                              .op(0x83)
                              .u16(7)
                              .text("true")
                              .tuple1()
                              .reduce()
                              .stop();
  EXPECT_RULE(registered, "pickle-extension-code");
  EXPECT_CRITICAL(registered);
}

TEST(Evasion, CPython_154848_FrameShorterThanItsContents) {
  // Linear readers see one bytes operand of 263 bytes; the C unpickler over a file drops the byte
  // that the frame holds of the length, reads the next four and finds a call instead.
  PickleAssembler inner;
  inner.call("os", "system").mark();
  while (inner.size() < 261) inner.none();
  const auto stream = PickleAssembler(5)
                          .mark()
                          .frame(2)
                          .op('B')
                          .u8(7)
                          .u8(1)
                          .u8(0)
                          .u8(0)
                          .u8(0)
                          .u8(0)
                          .raw(inner.bytes())
                          .op('1')
                          .none()
                          .stop();
  const auto result = inspect(stream.bytes());
  EXPECT_TRUE(result.has("pickle-frame-disagreement")) << describe(result);
  EXPECT_TRUE(result.has("pickle-dangerous-callable")) << describe(result);
}

TEST(Evasion, FramesThatOverlapOrReachBeyondTheEnd) {
  EXPECT_RULE(PickleAssembler(4).frame(11).frame(2).none().stop(), "pickle-frame-disagreement");
  EXPECT_RULE(PickleAssembler(4).frame(500).none().stop(), "pickle-frame-disagreement");
}

TEST(Evasion, Expansion) {
  PickleAssembler laughs(2);
  laughs.integer(1).tuple1();
  for (int level = 0; level < 40; ++level) laughs.dup().tuple2();
  EXPECT_RULE(laughs.stop(), "pickle-expansion");
}

TEST(Evasion, GHSA_97f8_7cmv_76j2_TorchMagicFromACall) {
  PickleAssembler file(2);
  file.call("builtins", "int").stop();
  file.raw(PickleAssembler(2).op('M').u16(1001).stop().bytes());
  file.raw(PickleAssembler(2).empty_dict().stop().bytes());
  file.raw(PickleAssembler(2).call("os", "system").stop().bytes());
  const auto result = inspect(file.bytes());
  EXPECT_TRUE(result.has("pickle-torch-magic-computed")) << describe(result);
  EXPECT_TRUE(result.has("pickle-dangerous-callable"));
}

TEST(Evasion, ModelAudit_1061_PersistentIdPayload) {
  EXPECT_CRITICAL(PickleAssembler(2).global("os", "system").text("x").tuple2().op('Q').stop());
}

TEST(Evasion, ModelAudit_1061_LongLineOperands) {
  PickleAssembler stream;
  stream.quoted(std::string(2'000'000, 'a')).pop().call("os", "system").stop();
  EXPECT_CRITICAL(stream);
}

TEST(Evasion, ArgumentsThatAreNoTuple) {
  // The unpickler in Python calls func(*args) with any iterable.
  EXPECT_CRITICAL(PickleAssembler(2).global("os", "system").empty_list().reduce().stop());
}

TEST(Evasion, UnicodeEscapesInNames) {
  EXPECT_CRITICAL(PickleAssembler()
                      .unicode("\\u006fs")
                      .unicode("s\\u0079stem")
                      .op(0x93)
                      .text("true")
                      .tuple1()
                      .reduce()
                      .stop());
  EXPECT_CRITICAL(PickleAssembler()
                      .quoted("\\x6fs")
                      .quoted("sy\\163tem")
                      .op(0x93)
                      .text("true")
                      .tuple1()
                      .reduce()
                      .stop());
}

TEST(Evasion, ScannersAsTargets) {
  EXPECT_CRITICAL(PickleAssembler(2).call("picklescan.scanner", "scan_bytes").stop());
}

TEST(Evasion, UnknownNames) {
  EXPECT_RULE(PickleAssembler(2).call("evilpackage.tools", "run").stop(), "pickle-unknown-call");
  EXPECT_RULE(PickleAssembler(2).call("colorsys", "rgb_to_hsv").stop(),
              "pickle-unknown-standard-name");
  EXPECT_RULE(PickleAssembler(2).call("torch.nn.something", "else_here").stop(),
              "pickle-unknown-standard-name");
  EXPECT_RULE(PickleAssembler(2)
                  .global("mylib", "Net")
                  .empty_tuple()
                  .new_object()
                  .empty_dict()
                  .build()
                  .stop(),
              "pickle-unreviewed-class");
  EXPECT_RULE(PickleAssembler(2).global("mylib", "relu").stop(), "pickle-import-only");
  EXPECT_FALSE(inspect(PickleAssembler(2).global("mylib", "relu").stop().bytes())
                   .has_at_least(Severity::kLow));
  EXPECT_FALSE(
      inspect(
          PickleAssembler(2).global("__main__", "Net").empty_tuple().new_object().stop().bytes())
          .has_at_least(Severity::kHigh));
}

TEST(Trust, LowersTheUnknownAndNeverTheDenied) {
  for (const auto& [module, name, quiet] :
       {std::tuple("mylib.tools", "rebuild", true), std::tuple("os", "system", false)}) {
    RecordingInspection inspection(PickleAssembler(2).call(module, name).stop().bytes());
    inspection.trust_.modules = {"mylib", "os"};
    inspect_pickle(inspection);
    EXPECT_EQ(inspection.stated.empty(), quiet) << module;
  }
}

// What benign picklers write, opcode for opcode.
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
    const auto result = inspect(bytes);
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
    const auto result = inspect(file.bytes());
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
  const auto result = inspect(file.bytes());
  EXPECT_TRUE(result.stated.empty() && result.incompletes.empty()) << describe(result);
  EXPECT_EQ(result.data_ranges.size(), 1U);
  PickleAssembler cut = file;
  Bytes bytes = file.bytes();
  bytes.pop_back();
  EXPECT_FALSE(inspect(bytes).incompletes.empty());
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
