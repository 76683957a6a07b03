// Techniques that hide a stream: behind another, in gaps, in data, or between two readings of
// frames.
#include "detect/pickle/inspected_for_test.h"

namespace saiph::detect {
namespace {

using formats::PickleAssembler;

TEST(Evasion, NullifAi_BrokenTailAfterExecution) {
  const auto result = inspected(PickleAssembler(2).call("os", "system").raw("\xFF\xFF").bytes());
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
    const auto result = inspected(file.bytes());
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
  const auto in_bytes = inspected(PickleAssembler(4).data(inner).stop().bytes());
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
  const auto in_text = inspected(PickleAssembler(2)
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
  const auto old = inspected(PickleAssembler(4)
                                 .data(PickleAssembler().call("os", "system").stop().bytes())
                                 .stop()
                                 .bytes());
  EXPECT_EQ(old.members.size(), 1U);
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
  const auto result = inspected(stream.bytes());
  EXPECT_TRUE(result.has("pickle-frame-disagreement")) << describe(result);
  EXPECT_TRUE(result.has("pickle-dangerous-callable")) << describe(result);
}

TEST(Evasion, FramesThatOverlapOrReachBeyondTheEnd) {
  EXPECT_RULE(PickleAssembler(4).frame(11).frame(2).none().stop(), "pickle-frame-disagreement");
  EXPECT_RULE(PickleAssembler(4).frame(500).none().stop(), "pickle-frame-disagreement");
}

}  // namespace
}  // namespace saiph::detect
