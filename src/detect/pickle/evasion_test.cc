// Every published technique for hiding a call inside a pickle stream.
#include "detect/pickle/inspected_for_test.h"

namespace saiph::detect {
namespace {

using formats::PickleAssembler;

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
  EXPECT_TRUE(inspected(stream.bytes()).has_at_least(Severity::kHigh))
      << describe(inspected(stream.bytes()));
}

TEST(Evasion, KeyErrorFixtures_UnsetMemoAfterTheCall) {
  const auto result = inspected(PickleAssembler(2).call("os", "system").get(77).stop().bytes());
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
  EXPECT_TRUE(inspected(PickleAssembler(4)
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
  EXPECT_TRUE(inspected(builtins.bytes()).has("pickle-dangerous-callable"));
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
  EXPECT_TRUE(inspected(PickleAssembler(2)
                            .global("builtins", "type")
                            .text("X")
                            .empty_tuple()
                            .empty_dict()
                            .tuple3()
                            .reduce()
                            .stop()
                            .bytes())
                  .has_at_least(Severity::kHigh));
  EXPECT_TRUE(inspected(PickleAssembler(2)
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
  const auto result = inspected(file.bytes());
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
  EXPECT_FALSE(inspected(PickleAssembler(2).global("mylib", "relu").stop().bytes())
                   .has_at_least(Severity::kLow));
  EXPECT_FALSE(
      inspected(
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

}  // namespace
}  // namespace saiph::detect
