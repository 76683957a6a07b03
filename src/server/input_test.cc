#include "server/input.h"

#include <gtest/gtest.h>

namespace saiph::server {
namespace {

/// "name: message" of the first error, after reading a body as one operation would.
std::string complaint(std::string_view text) {
  BodyReader body(text);
  body.text("name", {1, 4});
  body.integer("count", 0, 10, Presence::kOptional);
  body.boolean("flag", Presence::kOptional);
  body.time("at", Presence::kOptional);
  if (body.finish()) return "";
  const Problem problem = std::move(body).problem();
  EXPECT_EQ(problem.kind, ProblemKind::kInvalidRequest);
  EXPECT_FALSE(problem.errors.empty());
  return problem.errors.front().name + ": " + problem.errors.front().message;
}

TEST(BodyReader, TakesWhatItKnows) {
  BodyReader body(
      R"({"name":"abc","list":["a","b"],"numbers":[3,1],"at":"2026-01-02T03:04:05.678Z"})");
  EXPECT_EQ(body.text("name", {1, 4}), "abc");
  EXPECT_EQ(body.texts("list", {1, 4}, 1, 3), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(body.integers("numbers", 9, 1, 3), (std::vector<std::uint64_t>{3, 1}));
  EXPECT_EQ(body.time("at"), 1'767'323'045'678);
  EXPECT_TRUE(body.finish());
}

TEST(BodyReader, NamesWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {R"({"name":"abc"})", ""},
      {R"({})", "/name: is required"},
      {R"({"name":"abcde"})", "/name: must have at most 4 characters"},
      {R"({"name":""})", "/name: must not be empty"},
      {R"({"name":7})", "/name: must be a text"},
      {R"({"name":null})", "/name: must be a text"},
      {R"({"name":"a\u0000b"})", "/name: must not hold control characters"},
      {R"({"name":"a\u007fb"})", "/name: must not hold control characters"},
      {R"({"name":"äöüß"})", ""},
      {R"({"name":"a","nmae":1})", "/nmae: there is no such member; did you mean \"name\"?"},
      {R"({"name":"a","x/y~":1})", "/x~1y~0: there is no such member"},
      {R"({"name":"a","count":"7"})", "/count: must be a whole number from 0 to 10"},
      {R"({"name":"a","count":11})", "/count: must be a whole number from 0 to 10"},
      {R"({"name":"a","count":-1})", "/count: must be a whole number from 0 to 10"},
      {R"({"name":"a","count":1.5})", "/count: must be a whole number from 0 to 10"},
      {R"({"name":"a","count":1e99})", "/count: must be a whole number from 0 to 10"},
      {R"({"name":"a","flag":"true"})", "/flag: must be true or false"},
      {R"({"name":"a","flag":0})", "/flag: must be true or false"},
  };
  for (const auto& [body, expected] : rows) EXPECT_EQ(complaint(body), expected) << body;
}

TEST(BodyReader, RefusesWhatIsNoObject) {
  for (const char* body :
       {"", " ", "[]", "7", "null", "\"a\"", "{", "{}x", "{\"name\":\"a\"}{}", "{\"name\":'a'}",
        "// {}", "{\"name\":\"a\",}", "\xEF\xBB\xBF{\"name\":\"a\"}", "{\"name\":\"\xff\"}",
        "{\"name\":\"\\ud800\"}"}) {
    EXPECT_EQ(complaint(body).substr(0, 2), ": ") << body;
  }
  EXPECT_EQ(complaint(R"({"name":"a","name":"b"})").substr(0, 20), "/name: stands twice,");
  EXPECT_EQ(
      complaint("{\"name\":" + std::string(100, '[') + std::string(100, ']') + "}").substr(0, 2),
      ": ");
}

TEST(BodyReader, TellsEveryWrongPlaceUpToALimit) {
  std::string body = "{";
  for (int i = 0; i < 100; ++i) body += "\"k" + std::to_string(i) + "\":1,";
  body.back() = '}';
  BodyReader reader(body);
  reader.text("name", {1, 4});
  EXPECT_FALSE(reader.finish());
  const Problem problem = std::move(reader).problem();
  EXPECT_EQ(problem.errors.size(), 16U);
  EXPECT_EQ(problem.errors.front().message, "is required");
}

TEST(BodyReader, ArraysAreBoundedAndHoldNothingTwice) {
  const auto texts = [](std::string_view text) {
    BodyReader body(text);
    const auto list = body.texts("l", {1, 2}, 1, 2);
    return body.finish() && list;
  };
  EXPECT_TRUE(texts(R"({"l":["a","b"]})"));
  for (const char* body : {R"({"l":[]})", R"({"l":["a","b","c"]})", R"({"l":["a","a"]})",
                           R"({"l":["abc"]})", R"({"l":[1]})", R"({"l":"a"})", R"({"l":{}})"}) {
    EXPECT_FALSE(texts(body)) << body;
  }
  const auto numbers = [](std::string_view text) {
    BodyReader body(text);
    const auto list = body.integers("l", 9, 1, 2);
    return body.finish() && list;
  };
  EXPECT_TRUE(numbers(R"({"l":[0,9]})"));
  for (const char* body : {R"({"l":[10]})", R"({"l":[-1]})", R"({"l":[1,1]})", R"({"l":["1"]})",
                           R"({"l":[1.5]})", R"({"l":[18446744073709551616]})"}) {
    EXPECT_FALSE(numbers(body)) << body;
  }
}

TEST(ParseTime, OneSpelling) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:00.000Z"), 0);
  EXPECT_EQ(parse_time("2024-02-29T23:59:59.999Z"), 1'709'251'199'999);
  for (const char* text :
       {"", "2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678",
        "2026-02-30T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-01-02T24:00:00.000Z",
        "2026-01-02T03:60:05.678Z", "2026-01-02 03:04:05.678Z", "2026-01-02T03:04:05.678+00:00",
        "1969-12-31T23:59:59.999Z"}) {
    EXPECT_FALSE(parse_time(text).has_value()) << text;
  }
}

net::RequestHead with_query(std::vector<std::pair<std::string, std::string>> query) {
  net::RequestHead head;
  head.query = std::move(query);
  return head;
}

TEST(QueryReader, NamesWhatIsWrong) {
  constexpr std::array<std::string_view, 2> kWords{"open", "gone"};
  struct Row {
    std::vector<std::pair<std::string, std::string>> query;
    std::string expected;
  };
  const std::vector<Row> rows{
      {{}, ""},
      {{{"limit", "1"}, {"state", "gone"}, {"name", "a b"}, {"active", "true"}}, ""},
      {{{"limit", "0"}}, "limit: must be a whole number from 1 to 200"},
      {{{"limit", "201"}}, "limit: must be a whole number from 1 to 200"},
      {{{"limit", "01"}}, "limit: must be a whole number from 1 to 200"},
      {{{"limit", "+1"}}, "limit: must be a whole number from 1 to 200"},
      {{{"limit", ""}}, "limit: must be a whole number from 1 to 200"},
      {{{"limit", "99999999999999999999"}}, "limit: must be a whole number from 1 to 200"},
      {{{"limit", "1"}, {"limit", "1"}}, "limit: stands twice"},
      {{{"state", "Open"}}, "state: must be one of open, gone"},
      {{{"active", "1"}}, "active: must be one of false, true"},
      {{{"limti", "1"}}, "limti: there is no such parameter; did you mean \"limit\"?"},
  };
  for (const Row& row : rows) {
    const net::RequestHead head = with_query(row.query);
    QueryReader query(head);
    query.integer("limit", 1, 200);
    query.word("state", kWords);
    query.text("name", {1, 8});
    query.boolean("active");
    std::string got;
    if (!query.finish()) {
      const Problem problem = std::move(query).problem();
      got = problem.errors.front().name + ": " + problem.errors.front().message;
    }
    EXPECT_EQ(got, row.expected);
  }
}

TEST(Forms, TellThemApart) {
  EXPECT_TRUE(is_uuid7("0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"));
  for (const char* text :
       {"", "0198a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b", "0198A1B2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        "0198a1b2-c3d4-7e5f-ca9b-0c1d2e3f4a5b", "0198a1b2c3d47e5f8a9b0c1d2e3f4a5b"}) {
    EXPECT_FALSE(is_uuid7(text)) << text;
  }
  EXPECT_TRUE(is_account_name("a.b_c@d-e"));
  EXPECT_FALSE(is_account_name(".a"));
  EXPECT_FALSE(is_account_name("a b"));
  EXPECT_TRUE(is_rule_id("pickle-denied-callable"));
  EXPECT_FALSE(is_rule_id("-a"));
  EXPECT_FALSE(is_rule_id("A"));
  EXPECT_TRUE(is_digest_text("sha256:" + std::string(64, 'a')));
  EXPECT_FALSE(is_digest_text("sha256:" + std::string(64, 'A')));
  EXPECT_FALSE(is_digest_text(std::string(64, 'a')));
  EXPECT_EQ(count_characters("äöü"), 3U);
  EXPECT_FALSE(count_characters("\xff").has_value());
}

}  // namespace
}  // namespace saiph::server
