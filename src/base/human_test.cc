#include "base/human.h"

#include <gtest/gtest.h>

#include "base/glob.h"
#include "base/limit_names.h"
#include "base/suggest.h"

namespace saiph {
namespace {

TEST(Human, SizesAndCounts) {
  struct Row {
    const char* text;
    std::optional<std::uint64_t> bytes;
  };
  const Row rows[] = {{"0", 0},
                      {"17", 17},
                      {"64M", 64ULL << 20},
                      {"64m", 64ULL << 20},
                      {"2G", 2ULL << 30},
                      {"2GiB", 2ULL << 30},
                      {"1kb", 1024},
                      {"3T", 3ULL << 40},
                      {"5b", 5},
                      {"", {}},
                      {"M", {}},
                      {"-1", {}},
                      {"1.5G", {}},
                      {"64MM", {}},
                      {"12Q", {}},
                      {"99999999999999999999", {}},
                      {"20000000T", {}},
                      {" 1", {}},
                      {"1 M", {}}};
  for (const Row& row : rows) {
    const auto parsed = parse_size(row.text);
    EXPECT_EQ(parsed.has_value(), row.bytes.has_value()) << row.text;
    if (parsed && row.bytes) {
      EXPECT_EQ(*parsed, *row.bytes) << row.text;
    }
  }
  EXPECT_EQ(parse_size("12Q").error().message(),
            "\"12Q\" is not a size: write bytes or a number with K, M, G or T, as in 64M");
  EXPECT_TRUE(parse_count("1000").has_value());
  EXPECT_FALSE(parse_count("1k").has_value());
}

TEST(Human, Durations) {
  EXPECT_EQ(parse_duration("30s")->count(), 30'000);
  EXPECT_EQ(parse_duration("500ms")->count(), 500);
  EXPECT_EQ(parse_duration("2m")->count(), 120'000);
  EXPECT_EQ(parse_duration("1h")->count(), 3'600'000);
  for (const char* text : {"30", "0s", "s", "1d", "25h", "-1s", "1.5s", ""}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(Human, Formatting) {
  EXPECT_EQ(format_size(1), "1 byte");
  EXPECT_EQ(format_size(1023), "1023 bytes");
  EXPECT_EQ(format_size(1536), "1.5 KiB");
  EXPECT_EQ(format_size(1048575), "1.0 MiB");
  EXPECT_EQ(format_size(~std::uint64_t{0}), "16.0 EiB");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(Suggest, NearestWord) {
  const std::string_view words[] = {"format", "fail-on", "policy", "jobs"};
  EXPECT_EQ(closest_word("fromat", words), "format");
  EXPECT_EQ(closest_word("failon", words), "fail-on");
  EXPECT_EQ(closest_word("job", words), "jobs");
  EXPECT_EQ(closest_word("zzzz", words), "");
  EXPECT_EQ(closest_word("", words), "");
  EXPECT_EQ(closest_word(std::string(65, 'a'), words), "");
}

TEST(Glob, Table) {
  struct Row {
    const char* pattern;
    const char* path;
    bool matches;
  };
  const Row rows[] = {{"*.pt", "model.pt", true},
                      {"*.pt", "a/b/model.pt", true},
                      {"*.pt", "a/model.pth", false},
                      {"a/*.pt", "a/model.pt", true},
                      {"a/*.pt", "a/b/model.pt", false},
                      {"a/**/*.pt", "a/b/c/model.pt", true},
                      {"a/**/*.pt", "a/model.pt", true},
                      {"**/x.pt", "x.pt", true},
                      {"**/x.pt", "a/b/x.pt", true},
                      {"**/x.pt", "a/bx.pt", false},
                      {"a/**", "a/b/c", true},
                      {"a/**", "b/a", false},
                      {"m?del.pt", "model.pt", true},
                      {"m?del.pt", "m/del.pt", false},
                      {"[a].pt", "[a].pt", true},
                      {"[a].pt", "a.pt", false},
                      {"", "", true},
                      {"", "a", false},
                      {"a/b**c", "a/bx/yc", true},
                      {"/abs/*", "/abs/x", true},
                      {"***", "a", true},
                      {"**/**/z", "z", true}};
  for (const Row& row : rows) {
    EXPECT_EQ(glob_match(row.pattern, row.path), row.matches) << row.pattern << " on " << row.path;
  }
  // No exponential pattern: this ends at once.
  EXPECT_FALSE(glob_match(std::string(2000, '*') + "b", std::string(20000, 'a')));
}

TEST(LimitNames, EveryNameSetsItsOwnLimitOnly) {
  for (const LimitName& row : limit_names()) {
    Limits limits;
    ASSERT_TRUE(set_limit(limits, {row.name, 7}).has_value()) << row.name;
    EXPECT_EQ(limit_value(limits, row.name), 7U) << row.name;
    for (const LimitName& other : limit_names()) {
      if (other.name == row.name) continue;
      EXPECT_EQ(limit_value(limits, other.name), limit_value(Limits{}, other.name)) << other.name;
    }
  }
  Limits limits;
  EXPECT_TRUE(set_limit(limits, {"depth", 0}).has_value());
  EXPECT_FALSE(set_limit(limits, {"members", 0}).has_value());
  EXPECT_FALSE(set_limit(limits, {"depth", 1ULL << 32}).has_value());
  EXPECT_FALSE(set_limit(limits, {"width", 1}).has_value());
  EXPECT_FALSE(parse_limit(*find_limit("wall_time"), "30").has_value());
  EXPECT_EQ(*parse_limit(*find_limit("string_bytes"), "1M"), 1ULL << 20);
}

}  // namespace
}  // namespace saiph
