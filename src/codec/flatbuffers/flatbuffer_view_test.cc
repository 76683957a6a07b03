#include "codec/flatbuffers/flatbuffer_view.h"

#include <gtest/gtest.h>

#include "base/sparse_source_for_test.h"
#include "codec/flatbuffers/flat_writer_for_test.h"

namespace saiph::codec {
namespace {

Bytes sample() {
  return FlatWriter::build(
      FlatNode::table(
          {FlatNode::scalar(3, 4), FlatNode{}, FlatNode::string("hello"),
           FlatNode::tables({FlatNode::table({FlatNode::scalar(7, 8)}), FlatNode::table({})}),
           FlatNode::scalars({1, 2, 3}, 2), FlatNode::table({FlatNode::scalar(9, 1)})}),
      "TEST");
}

void check(const ByteSource& source) {
  Budget budget(Limits::strict());
  FlatbufferView view(source, budget);
  const auto root = view.root("TEST");
  ASSERT_TRUE(root);
  EXPECT_EQ(*view.scalar(*root, 0, 4), 3U);
  EXPECT_EQ(*view.scalar(*root, 1, 4, 42), 42U);
  EXPECT_EQ(*view.scalar(*root, 90, 4, 42), 42U);
  EXPECT_EQ(*view.string(*root, 2), "hello");
  EXPECT_EQ(*view.string(*root, 2, 3), "hel");
  EXPECT_EQ(*view.string(*root, 1), "");
  const auto tables = *view.vector(*root, 3, 4);
  ASSERT_TRUE(tables);
  EXPECT_EQ(tables->length, 2U);
  EXPECT_EQ(*view.scalar(*view.table_at(*tables, 0), 0, 8), 7U);
  EXPECT_FALSE(view.table_at(*tables, 2));
  const auto numbers = *view.vector(*root, 4, 2);
  EXPECT_EQ(*view.scalar_at(*numbers, 2, 2), 3U);
  EXPECT_FALSE(view.scalar_at(*numbers, 3, 2));
  EXPECT_EQ(*view.scalar(**view.table(*root, 5), 0, 1), 9U);
  EXPECT_FALSE(*view.table(*root, 1));
  EXPECT_FALSE(view.root("ELSE"));
}

TEST(FlatbufferView, ReadsWhatWasWritten) {
  const Bytes bytes = sample();
  check(ViewSource(bytes));
  check(SparseSource(bytes, bytes.size()));
  check(SparseSource(bytes, std::uint64_t{8} << 20));
}

TEST(FlatbufferView, RefusesWhatLeavesTheFile) {
  // Every single-byte change and every cut must end in values or errors, never outside the file.
  const Bytes bytes = sample();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    for (const int value : {0, 1, 0x7F, 0x80, 0xFF}) {
      Bytes changed = bytes;
      changed[cut] = static_cast<std::uint8_t>(value);
      const ViewSource source(changed);
      Budget budget(Limits::strict());
      FlatbufferView view(source, budget);
      const auto root = view.root();
      if (!root) continue;
      for (std::uint16_t slot = 0; slot < 6; ++slot) {
        (void)view.scalar(*root, slot, 4);
        (void)view.string(*root, slot);
        (void)view.table(*root, slot);
        const auto vector = view.vector(*root, slot, 4);
        if (vector && *vector && (*vector)->length > 0) (void)view.table_at(**vector, 0);
      }
    }
    const ViewSource source(ByteView(bytes).first(cut));
    Budget budget(Limits::strict());
    FlatbufferView view(source, budget);
    if (const auto root = view.root()) (void)view.vector(*root, 3, 4);
  }
  const ViewSource empty{ByteView()};
  Budget budget(Limits::strict());
  EXPECT_FALSE(FlatbufferView(empty, budget).root());
}

}  // namespace
}  // namespace saiph::codec
