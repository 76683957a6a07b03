#include "formats/csv/csv.h"

#include <gtest/gtest.h>

#include <vector>

namespace saiph::formats {
namespace {

struct Table final : CsvHandler {
  void on_field(std::string_view value, std::uint64_t offset, std::uint64_t row,
                std::uint64_t column) override {
    EXPECT_EQ(row, rows.size());
    EXPECT_EQ(column, current.size());
    current.emplace_back(value);
    offsets.push_back(offset);
  }
  void on_row(std::uint64_t fields, std::uint64_t row, std::uint64_t) override {
    EXPECT_EQ(fields, current.size());
    EXPECT_EQ(row, rows.size());
    rows.push_back(std::move(current));
    current.clear();
  }
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> current;
  std::vector<std::uint64_t> offsets;
};

Result<CsvSummary> read(std::string_view text, Table& table) {
  Budget budget(Limits::strict());
  return read_csv(ViewSource(as_bytes(text)), table, budget);
}

TEST(Csv, ReadsTables) {
  const std::pair<std::string, std::vector<std::vector<std::string>>> cases[] = {
      {"a,b\n1,2\n3,4\n", {{"a", "b"}, {"1", "2"}, {"3", "4"}}},
      {"a,b\r\n1,2\r\n\r\n3,4", {{"a", "b"}, {"1", "2"}, {"3", "4"}}},
      {"\xEF\xBB\xBF"
       "a;b\n1;2\n3;4\n",
       {{"a", "b"}, {"1", "2"}, {"3", "4"}}},
      {"a\tb\n1\t\"2\n\tx\"\n3\t\n", {{"a", "b"}, {"1", "2\n\tx"}, {"3", ""}}},
      {"a,\"b \"\"q\"\" c\",d\n", {{"a", "b \"q\" c", "d"}}},
      {"a,b\n1\n2,3,4\n", {{"a", "b"}, {"1"}, {"2", "3", "4"}}},
      {",\n", {{"", ""}}},
      {"a;b\n1;2\n", {{"a", "b"}, {"1", "2"}}},
      {"a\tb\n1\t2", {{"a", "b"}, {"1", "2"}}},
      {"a;b\n1;2\nx\ty\nz,1,2\n", {{"a", "b"}, {"1", "2"}, {"x", "y"}, {"z", "1", "2"}}},
      {"\"\"\n", {{""}}},
      {"a \"quoted\" word,b\n", {{"a \"quoted\" word", "b"}}},
      {"", {}},
  };
  for (const auto& [text, rows] : cases) {
    Table table;
    const auto summary = read(text, table);
    ASSERT_TRUE(summary.has_value()) << text;
    EXPECT_EQ(table.rows, rows) << text;
    EXPECT_EQ(summary->rows, rows.size());
  }
}

TEST(Csv, StatesWhatIsOdd) {
  Table open;
  const auto unclosed = read("a,b\n1,\"2\n3,4\n", open);
  ASSERT_FALSE(unclosed.has_value());
  EXPECT_EQ(unclosed.error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(unclosed.error().offset(), 6U);
  EXPECT_EQ(open.rows.back().back(), "2\n3,4\n");

  Table stray;
  const auto summary = read("a,b\n\"x\"y,2\n", stray);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->stray_quotes, 1U);
  EXPECT_EQ(stray.rows[1][0], "xy");

  Table wide;
  EXPECT_EQ(read("\xFF\xFE"
                 "a\0,\0",
                 wide)
                .error()
                .code(),
            ErrorCode::kUnsupported);
}

TEST(Csv, HandsLongFieldsOnInPieces) {
  const std::string text = "a,\"" + std::string(kFieldBytes * 2 + 5, 'x') + "\"\n";
  struct Count final : CsvHandler {
    void on_field(std::string_view value, std::uint64_t, std::uint64_t, std::uint64_t) override {
      bytes += value.size();
    }
    void on_row(std::uint64_t, std::uint64_t, std::uint64_t) override {}
    std::size_t bytes = 0;
  } count;
  Budget budget(Limits::strict());
  const auto summary = read_csv(ViewSource(as_bytes(text)), count, budget);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->long_fields, 2U);
  EXPECT_EQ(count.bytes, kFieldBytes * 2 + 6);
}

TEST(Csv, TellsTablesFromProse) {
  EXPECT_TRUE(probe_csv("id,name,x\n1,a,2\n2,b,3\n3,c,4\n", "data"));
  EXPECT_TRUE(probe_csv("anything", "x.CSV"));
  EXPECT_TRUE(probe_csv("a\tb\n1\t2\n3\t4\n5\t6\n", "data.txt2"));
  EXPECT_FALSE(
      probe_csv("Dear reader, this is prose.\nIt has commas, too, and more.\nBut not many.\nEnd.\n",
                "README"));
  EXPECT_FALSE(probe_csv("x = f(a, b)\ny = f(c, d)\nz = f(e, f)\nw = f(g, h)\n", "code.py"));
  EXPECT_EQ(sniff_delimiter("a;b,c\n1;2,3\n4;5,6\n"), ',');
  EXPECT_EQ(sniff_delimiter("a;b;c\n1;2;3\n4;5;6\n"), ';');
  EXPECT_FALSE(sniff_delimiter("a;b;c\n1;2\n4;5;6\n"));
}

}  // namespace
}  // namespace saiph::formats
