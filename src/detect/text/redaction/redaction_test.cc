#include "detect/text/redaction/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detect/text/personal/find_personal.h"
#include "detect/text/spans/span_list.h"

namespace saiph::detect {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kText =
    "Jane wrote to jane.doe@example.org and paid with 4111 1111 1111 1111, twice "
    "4111 1111 1111 1111.";
constexpr std::string_view kKey = "0123456789abcdef";

std::vector<FoundSpan> spans_of(std::string_view text) {
  SpanList list;
  find_personal(text, {}, list);
  return list.spans;
}

Tokeniser tokeniser(std::string_view key = kKey) {
  auto made = Tokeniser::with_key(as_bytes(key));
  EXPECT_TRUE(made);
  return std::move(*made);
}

TEST(Redaction, LabelsStandForSpans) {
  const std::string out = redact(kText, spans_of(kText));
  EXPECT_THAT(out, HasSubstr("to [EMAIL] and paid with [CARD], twice [CARD]."));
}

TEST(Redaction, MasksKeepTheForm) {
  const std::string out = mask_spans(kText, spans_of(kText));
  EXPECT_THAT(out, HasSubstr("j"));
  EXPECT_THAT(out, HasSubstr("@example.org"));
  EXPECT_THAT(out, Not(HasSubstr("jane.doe")));
  EXPECT_THAT(out, HasSubstr("**** **** **** 1111"));
  EXPECT_EQ(out.size(), kText.size());
}

TEST(Redaction, TokensAreKeyedAndComeBack) {
  RestoreMap map;
  const auto out = tokeniser().tokenise(kText, spans_of(kText), map);
  ASSERT_TRUE(out);
  EXPECT_THAT(*out, Not(HasSubstr("4111")));
  EXPECT_THAT(*out, Not(HasSubstr("jane.doe")));
  EXPECT_EQ(restore(*out, map), kText);
  // The same value has the same token, under another key another one.
  const std::size_t first = out->find("<CARD_");
  ASSERT_NE(first, std::string::npos);
  const std::string token = out->substr(first, out->find('>', first) + 1 - first);
  EXPECT_NE(out->find(token, first + 1), std::string::npos);
  RestoreMap other;
  const auto again = tokeniser("fedcba9876543210").tokenise(kText, spans_of(kText), other);
  ASSERT_TRUE(again);
  EXPECT_THAT(*again, Not(HasSubstr(token)));
  EXPECT_EQ(restore("see " + token, other), "see " + token) << "another map's";
}

TEST(Redaction, TextThatLooksLikeATokenComesBackToo) {
  RestoreMap first;
  const auto once = tokeniser().tokenise(kText, spans_of(kText), first);
  ASSERT_TRUE(once);
  RestoreMap second;
  const auto twice = tokeniser().tokenise(*once, {}, second);
  ASSERT_TRUE(twice);
  EXPECT_EQ(restore(*twice, second), *once);
}

TEST(Redaction, PiecesGiveWhatTheWholeGives) {
  RestoreMap map;
  const auto out = tokeniser().tokenise(std::string(kText) + " a < b <", spans_of(kText), map);
  ASSERT_TRUE(out);
  for (std::size_t step = 1; step < 40; ++step) {
    RestoreStream stream(map);
    std::string restored;
    for (std::size_t at = 0; at < out->size(); at += step)
      restored += stream.feed(std::string_view(*out).substr(at, step));
    restored += stream.finish();
    EXPECT_EQ(restored, restore(*out, map)) << step;
  }
}

TEST(Redaction, LimitsAndKeys) {
  EXPECT_FALSE(Tokeniser::with_key(as_bytes(std::string_view("short"))));
  RestoreMap map;
  const auto out = tokeniser().tokenise(kText, spans_of(kText), map, 10);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code(), ErrorCode::kLimit);
}

}  // namespace
}  // namespace saiph::detect
