// Techniques of published advisories that take more than one callable, each under its id.
#include <gtest/gtest.h>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/pickle/inspect.h"
#include "formats/pickle/pickle_assembler_for_test.h"

namespace saiph::detect {
namespace {

using formats::PickleAssembler;

RecordingInspection inspect(const PickleAssembler& stream) {
  RecordingInspection inspection(stream.bytes());
  inspect_pickle(inspection);
  return inspection;
}

/// A tensor as torch.save writes it: _rebuild_tensor_v2 over a storage of one number.
PickleAssembler tensor() {
  PickleAssembler stream(2);
  stream.global("torch._utils", "_rebuild_tensor_v2")
      .mark()
      .mark()
      .long_text("storage")
      .global("torch", "FloatStorage")
      .long_text("0")
      .long_text("cpu")
      .integer(1)
      .tuple()
      .op('Q')
      .integer(0)
      .integer(1)
      .tuple1()
      .integer(1)
      .tuple1()
      .op(0x89)
      .global("collections", "OrderedDict")
      .empty_tuple()
      .reduce()
      .tuple()
      .reduce();
  return stream;
}

TEST(Technique, CVE_2026_24747_ItemsStoredIntoATensor) {
  EXPECT_TRUE(inspect(tensor().integer(0).integer(9).op('s').stop()).has("pickle-tensor-item"));
  EXPECT_TRUE(
      inspect(tensor().mark().integer(0).integer(9).op('u').stop()).has("pickle-tensor-item"));
  EXPECT_TRUE(inspect(PickleAssembler(2)
                          .mark()
                          .long_text("storage")
                          .global("torch", "FloatStorage")
                          .long_text("0")
                          .long_text("cpu")
                          .integer(1)
                          .tuple()
                          .op('Q')
                          .integer(0)
                          .integer(9)
                          .op('s')
                          .stop())
                  .has("pickle-tensor-item"));
  EXPECT_TRUE(inspect(tensor().stop()).stated.empty());
  // A state dictionary is an object that items are stored into.
  EXPECT_TRUE(inspect(PickleAssembler(2)
                          .global("collections", "OrderedDict")
                          .empty_tuple()
                          .reduce()
                          .text("weight")
                          .none()
                          .op('s')
                          .stop())
                  .stated.empty());
}

TEST(Technique, CVE_2025_23298_And_CVE_2026_24162_ACheckpointIsAnyPickle) {
  // A trainer state of a library, loaded by its own unpickler: the call stands where the state is.
  const auto inspection = inspect(PickleAssembler(2)
                                      .empty_dict()
                                      .text("model_class")
                                      .call("cloudpickle.cloudpickle", "_make_function")
                                      .op('s')
                                      .text("state")
                                      .call("os", "system")
                                      .op('s')
                                      .stop());
  EXPECT_TRUE(inspection.has("pickle-dangerous-callable"));
}

TEST(Technique, GHSA_cffv_grgg_g429_NothingIsForgottenBetweenStreams) {
  // The same reviewed name first, the same denied name in the second stream and in the next file.
  const auto stream = PickleAssembler(2)
                          .global("collections", "OrderedDict")
                          .stop()
                          .raw(PickleAssembler(2).global("os", "system").stop().bytes())
                          .raw(PickleAssembler(2).call("collections", "OrderedDict").stop().bytes())
                          .raw(PickleAssembler(2).call("os", "system").stop().bytes());
  for (int file = 0; file < 2; ++file)
    EXPECT_TRUE(inspect(stream).has("pickle-dangerous-callable"));
}

TEST(Technique, GHSA_9m3x_qqw2_h32h_EvalBehindGetattr) {
  EXPECT_TRUE(inspect(PickleAssembler(4)
                          .stack_global("builtins", "getattr")
                          .stack_global("cloudpickle.cloudpickle", "builtins")
                          .text("eval")
                          .tuple2()
                          .reduce()
                          .text("1")
                          .tuple1()
                          .reduce()
                          .stop())
                  .has_at_least(Severity::kCritical));
}

TEST(Technique, GHSA_84r2_jw7c_4r5q_LocateThenMethodcaller) {
  EXPECT_TRUE(inspect(PickleAssembler(4)
                          .stack_global("operator", "methodcaller")
                          .text("system")
                          .text("true")
                          .tuple2()
                          .reduce()
                          .stack_global("pydoc", "locate")
                          .text("os")
                          .tuple1()
                          .reduce()
                          .tuple1()
                          .reduce()
                          .stop())
                  .has_at_least(Severity::kCritical));
}

TEST(Technique, ModelScan_267_LoadsOfNestedBytes) {
  const Bytes inner = PickleAssembler(2).call("os", "system").stop().bytes();
  const auto inspection = inspect(
      PickleAssembler(4).stack_global("pickle", "loads").data(inner).tuple1().reduce().stop());
  EXPECT_TRUE(inspection.has("pickle-dangerous-callable"));
  ASSERT_EQ(inspection.members.size(), 1U);
  EXPECT_EQ(inspection.members[0].role, "as:pickle");
}

TEST(Technique, ModelAudit_1061_BuiltinsDictionaryAndGet) {
  EXPECT_TRUE(inspect(PickleAssembler(4)
                          .stack_global("builtins", "dict.get")
                          .stack_global("builtins", "__dict__")
                          .text("eval")
                          .tuple2()
                          .reduce()
                          .text("1")
                          .tuple1()
                          .reduce()
                          .stop())
                  .has_at_least(Severity::kCritical));
}

TEST(Technique, ModelAudit_1061_LazyModuleAttribute) {
  // A module that answers for any name: what is imported is unknown, and it is called.
  EXPECT_TRUE(inspect(PickleAssembler(4)
                          .stack_global("pydantic", "parse_raw_as")
                          .text("x")
                          .tuple1()
                          .reduce()
                          .stop())
                  .has_at_least(Severity::kHigh));
}

TEST(Technique, ModelAudit_1061_NamesFromOutOfBandBuffers) {
  for (const unsigned read_only : {0U, 1U}) {
    PickleAssembler stream(5);
    stream.op(0x97);  // NEXT_BUFFER
    if (read_only != 0) stream.op(0x98);
    stream.text("system").op(0x93).text("true").tuple1().reduce().stop();
    EXPECT_TRUE(inspect(stream).has("pickle-computed-name")) << read_only;
  }
}

TEST(Technique, ModelAudit_1061_LazyIteratorForcedLater) {
  EXPECT_TRUE(inspect(PickleAssembler(2)
                          .global("collections", "deque")
                          .global("builtins", "map")
                          .global("os", "system")
                          .mark()
                          .text("true")
                          .op('l')
                          .tuple2()
                          .reduce()
                          .tuple1()
                          .reduce()
                          .stop())
                  .has("pickle-dangerous-callable"));
}

}  // namespace
}  // namespace saiph::detect
