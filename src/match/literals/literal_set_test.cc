#include "match/literals/literal_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace saiph::match {
namespace {

std::vector<LiteralMatch> search(const LiteralSet& set, std::string_view text) {
  std::vector<LiteralMatch> out;
  set.search(as_bytes(text), 0, out);
  std::sort(out.begin(), out.end());
  return out;
}

TEST(LiteralSet, FindsEveryOverlappingMatch) {
  const std::vector<Literal> literals = {{"abc"},
                                         {"bcab"},
                                         {"PassWord", true},
                                         {"\x7F"
                                          "ELF"}};
  for (const auto kernel : {LiteralSet::Kernel::kSsse3, LiteralSet::Kernel::kBest}) {
    const LiteralSet set(literals, {}, kernel);
    EXPECT_EQ(search(set, "abcabc"), (std::vector<LiteralMatch>{{0, 0}, {0, 3}, {1, 1}}));
    EXPECT_EQ(search(set, std::string(40, '.') + "pAsSwOrD=" + std::string(40, '.')),
              (std::vector<LiteralMatch>{{2, 40}}));
    EXPECT_EQ(search(set,
                     "x\x7F"
                     "ELF"),
              (std::vector<LiteralMatch>{{3, 1}}));
    EXPECT_TRUE(search(set, "ab").empty());
    EXPECT_TRUE(search(set, "").empty());
    EXPECT_TRUE(search(set, "ABC").empty());
  }
}

TEST(LiteralSet, RefusesLengthsItCannotLookFor) {
  const std::vector<Literal> literals = {{"ab"}, {"abcd"}};
  const LiteralSet set(literals);
  EXPECT_FALSE(set.usable());
  EXPECT_EQ(search(set, "abcd"), (std::vector<LiteralMatch>{{1, 0}}));
}

TEST(LiteralStream, CutsChangeNothing) {
  const std::vector<Literal> literals = {
      {"aab"}, {"abaaba"}, {"bbbbbbbbbbbbbbbbbbbbbbbb"}, {"AbA", true}};
  const LiteralSet set(literals);
  std::mt19937 random(7);
  std::string text;
  for (int i = 0; i < 4000; ++i) text.push_back(random() % 3 == 0 ? 'a' : 'b');
  text.replace(1000, 30, std::string(30, 'b'));
  const auto whole = search(set, text);
  EXPECT_FALSE(whole.empty());
  for (const std::size_t step : {1U, 2U, 3U, 5U, 22U, 23U, 24U, 64U, 1000U, 5000U}) {
    LiteralStream stream(set);
    std::vector<LiteralMatch> out;
    for (std::size_t at = 0; at < text.size(); at += step)
      stream.feed(as_bytes(std::string_view(text).substr(at, step)), out);
    std::sort(out.begin(), out.end());
    EXPECT_EQ(out, whole) << step;
  }
}

TEST(LiteralStream, JumpForgetsWhatCameBefore) {
  const std::vector<Literal> literals = {{"abcdef"}};
  const LiteralSet set(literals);
  LiteralStream stream(set);
  std::vector<LiteralMatch> out;
  stream.feed(as_bytes("..abc"), out);
  stream.jump(100);
  stream.feed(as_bytes("def.abcdef"), out);
  EXPECT_EQ(out, (std::vector<LiteralMatch>{{0, 104}}));
}

}  // namespace
}  // namespace saiph::match
