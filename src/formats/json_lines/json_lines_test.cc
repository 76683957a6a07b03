#include "formats/json_lines/json_lines.h"

#include <gtest/gtest.h>

#include <vector>

namespace saiph::formats {
namespace {

struct Strings final : JsonLinesHandler {
  bool on_string(std::string_view value, std::uint64_t) override {
    values.emplace_back(value);
    return true;
  }
  std::vector<std::string> values;
};

TEST(JsonLines, ReadsRecordsAndGoesOnAfterBrokenOnes) {
  struct Case {
    std::string text;
    std::uint64_t records;
    std::uint64_t broken;
    std::vector<std::string> values;
  };
  const Case cases[] = {
      {"{\"a\":\"x\"}\n{\"a\":\"y\"}\n", 2, 0, {"x", "y"}},
      {"\xEF\xBB\xBF{\"a\":\"x\"}\r\n\r\n[\"y\"]", 2, 0, {"x", "y"}},
      {"{\"a\":\"x\"}\n{\"a\":}\n{\"a\":\"z\"}\n", 2, 1, {"x", "z"}},
      {"{\"a\":\"x\"} trailing\n{\"a\":\"z\"}\n", 2, 1, {"x", "z"}},
      {"{\"a\":\"x\n{\"a\":\"z\"}\n", 1, 1, {"z"}},
      {"", 0, 0, {}},
  };
  for (const Case& c : cases) {
    Strings strings;
    Budget budget(Limits::strict());
    const auto summary = read_json_lines(ViewSource(as_bytes(c.text)), strings, budget);
    ASSERT_TRUE(summary.has_value()) << c.text;
    EXPECT_EQ(summary->records, c.records) << c.text;
    EXPECT_EQ(summary->broken, c.broken) << c.text;
    EXPECT_EQ(strings.values, c.values) << c.text;
  }
}

TEST(JsonLines, IsToldFromOneDocument) {
  EXPECT_TRUE(probe_json_lines("{\"a\":1}\n{\"a\":2}\n", "x"));
  EXPECT_TRUE(probe_json_lines("{\"a\":1}\n{\"a\":2, \"b\": \"cut", "x"));
  EXPECT_TRUE(probe_json_lines("{\"a\":1}", "x.jsonl"));
  EXPECT_FALSE(probe_json_lines("{\"a\":1}", "x.json"));
  EXPECT_FALSE(probe_json_lines("{\n\"a\":1\n}\n", "x.json"));
  EXPECT_FALSE(probe_json_lines("[section]\nkey = 1\n", "x.ini"));
  EXPECT_FALSE(probe_json_lines("plain", "x.jsonl"));
}

}  // namespace
}  // namespace saiph::formats
