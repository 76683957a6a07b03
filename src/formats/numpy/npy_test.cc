#include "formats/numpy/npy.h"

#include <gtest/gtest.h>

namespace saiph::formats {
namespace {

Bytes npy(std::string_view literal, std::size_t data_bytes, std::uint8_t major = 1) {
  Bytes out = {0x93, 'N', 'U', 'M', 'P', 'Y', major, 0};
  const std::size_t n = literal.size();
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i)
    out.push_back(static_cast<std::uint8_t>(n >> (8 * i)));
  out.insert(out.end(), literal.begin(), literal.end());
  out.resize(out.size() + data_bytes, 0);
  return out;
}

NpyOutcome parse(const Bytes& bytes) {
  const ViewSource source(bytes);
  Budget budget(Limits::strict());
  return parse_npy(source, 0, budget);
}

TEST(Npy, ReadsWhatNumpyWrites) {
  for (const std::uint8_t major : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}}) {
    const auto out = parse(
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }      \n", 96, major));
    ASSERT_EQ(out.kind, NpyOutcome::Kind::kParsed);
    EXPECT_EQ(out.header.data_bytes, 96U);
    EXPECT_EQ(out.header.shape, (std::vector<std::uint64_t>{3, 4}));
    EXPECT_FALSE(out.header.has_objects);
  }
}

TEST(Npy, ReadsScalarsRecordsTimesAndPython2Numbers) {
  EXPECT_EQ(
      parse(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (), }", 4)).header.data_bytes,
      4U);
  EXPECT_EQ(parse(npy("{'descr': '<M8[ns]', 'fortran_order': True, 'shape': (2L,), }", 16))
                .header.data_bytes,
            16U);
  const auto record =
      parse(npy("{'descr': [('a', '<f4', (2,)), ('b', [('c', '|u1'), (('title', 'd'), '<U3')]), ], "
                "'fortran_order': False, "
                "'shape': (2,), }",
                42));
  ASSERT_EQ(record.kind, NpyOutcome::Kind::kParsed) << record.error->describe();
  EXPECT_EQ(record.header.item_bytes, 21U);
  EXPECT_EQ(record.header.data_bytes, 42U);
}

TEST(Npy, SeesObjectsAnywhere) {
  EXPECT_TRUE(parse(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 10))
                  .header.has_objects);
  EXPECT_TRUE(
      parse(npy("{'descr': [('a', '<f4'), ('b', '|O')], 'fortran_order': False, 'shape': (1,), }",
                10))
          .header.has_objects);
}

TEST(Npy, RefusesWhatIsNoLiteral) {
  for (const std::string_view text :
       {"{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}",
        "{'descr': '<f8', 'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}", "{}", "", "[1]"}) {
    const auto out = parse(npy(text, 24));
    EXPECT_EQ(out.kind, NpyOutcome::Kind::kMalformed) << text;
    EXPECT_TRUE(out.not_literal) << text;
  }
}

TEST(Npy, ChecksExtents) {
  EXPECT_EQ(parse(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", 23)).kind,
            NpyOutcome::Kind::kMalformed);
  EXPECT_EQ(
      parse(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 8))
          .kind,
      NpyOutcome::Kind::kMalformed);
  EXPECT_EQ(
      parse(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 99999999999), }", 0)).kind,
      NpyOutcome::Kind::kParsed);
}

TEST(Npy, TruncatedAndForeign) {
  const Bytes whole = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 8);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto out = parse(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
    EXPECT_NE(out.kind, NpyOutcome::Kind::kParsed) << n;
    EXPECT_EQ(out.error.has_value(), n >= 6) << n;
  }
}

}  // namespace
}  // namespace saiph::formats
