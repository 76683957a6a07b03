#include "codec/protobuf/wire_walker.h"

#include <gtest/gtest.h>

#include "base/sparse_source_for_test.h"
#include "codec/protobuf/wire_writer_for_test.h"

namespace saiph::codec {
namespace {

using Step = WireWalker::Step;

/// Walks everything, entering every field that is numbered 1 and of type bytes.
std::string trace(const Bytes& bytes, Limits limits = Limits::strict()) {
  const ViewSource source(bytes);
  Budget budget(limits);
  WireWalker walker(source, budget);
  std::string out;
  WireField field;
  std::size_t depth = 0;
  while (true) {
    const auto step = walker.next(field);
    if (step == Step::kFailed) return out + "!" + walker.error().message();
    if (step == Step::kEnd) {
      if (depth == 0) return out;
      --depth;
      out += ")";
      continue;
    }
    out += std::to_string(field.number) + "abxg?f"[static_cast<int>(field.type)];
    if (field.is(1, WireType::kBytes)) {
      if (!walker.enter()) return out + "!" + walker.error().message();
      ++depth;
      out += "(";
    }
  }
}

TEST(WireWalker, YieldsFieldsInOrderAndMessagesEntered) {
  WireWriter inner;
  inner.varint(3, 7).bytes(4, "hello");
  WireWriter w;
  w.varint(2, 300).message(1, inner).fixed32(9, 1).message(1, WireWriter());
  EXPECT_EQ(trace(w.build()), "2a1x(3a4x)9f1x()");
  EXPECT_EQ(trace({}), "");
}

TEST(WireWalker, SkipsGroupsWhole) {
  WireWriter w;
  w.tag(5, 3).varint(1, 1).tag(6, 3).bytes(2, "xx").tag(6, 4).tag(5, 4).varint(2, 1);
  EXPECT_EQ(trace(w.build()), "5g2a");
}

struct Broken {
  const char* name;
  WireWriter bytes;
  const char* says;
};

TEST(WireWalker, RejectsBrokenEncodings) {
  const Broken cases[] = {
      {"field number 0", WireWriter().raw(std::string_view("\x00\x01", 2)),
       "!protobuf field number 0"},
      {"wire type 6", WireWriter().raw("\x0E"), "!protobuf wire type 6"},
      {"wire type 7", WireWriter().raw("\x0F"), "!protobuf wire type 7"},
      {"end group alone", WireWriter().raw("\x0C"), "!protobuf group ends that never started"},
      {"other group's end", WireWriter().tag(5, 3).tag(6, 4),
       "!protobuf group ended by another field's tag"},
      {"open group", WireWriter().tag(5, 3), "!truncated protobuf tag"},
      {"long varint", WireWriter().raw("\x10").raw(std::string(9, '\xFF')).raw("\x02"),
       "!protobuf varint over 64 bits"},
      {"endless varint", WireWriter().raw("\x10").raw(std::string(20, '\x80')),
       "!protobuf varint over 64 bits"},
      {"cut varint", WireWriter().raw("\x10\xFF"), "!truncated protobuf varint"},
      {"cut payload",
       WireWriter().raw("\x12\x05"
                        "ab"),
       "!truncated protobuf field 2"},
      {"huge length", WireWriter().tag(2, 2).number(UINT64_MAX), "!truncated protobuf field 2"},
      {"inner too long",
       WireWriter().message(1, WireWriter().raw("\x12\x05"
                                                "ab")),
       "1x(!protobuf field 2 passes the end of its message"},
      {"cut fixed", WireWriter().raw("\x0D\x01"), "!truncated protobuf number"},
      {"large tag", WireWriter().number(std::uint64_t{1} << 33), "!protobuf tag over 32 bits"},
  };
  for (const auto& c : cases) EXPECT_EQ(trace(c.bytes.build()), c.says) << c.name;
}

TEST(WireWalker, StopsAtTheNestingLimit) {
  WireWriter w;
  for (int i = 0; i < 300; ++i) w = WireWriter().message(1, w);
  EXPECT_TRUE(trace(w.build()).ends_with("!protobuf messages nested too deeply"));
  WireWriter g;
  for (int i = 0; i < 300; ++i) g.tag(2, 3);
  EXPECT_EQ(trace(g.build()), "!protobuf groups nested too deeply");
}

TEST(WireWalker, CountsOverlongVarints) {
  const Bytes bytes = WireWriter().raw("\x10").raw(std::string_view("\x81\x00", 2)).build();
  const ViewSource source(bytes);
  Budget budget(Limits::strict());
  WireWalker walker(source, budget);
  WireField field;
  ASSERT_EQ(walker.next(field), Step::kField);
  EXPECT_EQ(field.value, 1U);
  EXPECT_EQ(walker.overlong_varints(), 1U);
  EXPECT_EQ(walker.first_overlong(), 1U);
}

TEST(WireWalker, ReadsTextPackedNumbersAndLeaves) {
  WireWriter w;
  w.message(1, WireWriter()
                   .bytes(2, "name")
                   .bytes(3, WireWriter().number(1).number(300).str())
                   .varint(4, 4));
  w.varint(7, 9);
  const Bytes bytes = w.build();
  const ViewSource source(bytes);
  Budget budget(Limits::strict());
  WireWalker walker(source, budget);
  WireField field;
  ASSERT_EQ(walker.next(field), Step::kField);
  ASSERT_TRUE(walker.enter());
  ASSERT_EQ(walker.next(field), Step::kField);
  EXPECT_EQ(walker.text(), "name");
  EXPECT_EQ(walker.text(2), "na");
  ASSERT_EQ(walker.next(field), Step::kField);
  std::uint64_t value = 0;
  ASSERT_TRUE(walker.packed_varint(value));
  EXPECT_EQ(value, 1U);
  ASSERT_TRUE(walker.packed_varint(value));
  EXPECT_EQ(value, 300U);
  EXPECT_FALSE(walker.packed_varint(value));
  EXPECT_FALSE(walker.failed());
  walker.leave();
  ASSERT_EQ(walker.next(field), Step::kField);
  EXPECT_EQ(field.number, 7U);
  EXPECT_EQ(walker.next(field), Step::kEnd);
}

TEST(WireWalker, SkipsAGiantPayloadWithoutReadingIt) {
  const std::uint64_t payload = std::uint64_t{2} << 30;
  const Bytes head = WireWriter().varint(1, 1).tag(2, 2).number(payload).build();
  const SparseSource source(head, head.size() + payload);
  Budget budget(Limits::strict());
  WireWalker walker(source, budget);
  WireField field;
  ASSERT_EQ(walker.next(field), Step::kField);
  ASSERT_EQ(walker.next(field), Step::kField);
  EXPECT_EQ(field.length, payload);
  EXPECT_EQ(walker.next(field), Step::kEnd);
  EXPECT_LE(source.bytes_read(), WireWalker::kWindowBytes);
}

}  // namespace
}  // namespace saiph::codec
