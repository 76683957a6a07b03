#include "codec/json/json.h"

#include <gtest/gtest.h>

namespace saiph::codec {
namespace {

// Writes the events down as one line of text.
class Trace : public JsonHandler {
 public:
  bool on_object_begin(std::uint64_t offset) override { return add("{", offset); }
  bool on_key(std::string_view key, std::uint64_t offset) override {
    return add("k:" + std::string(key), offset);
  }
  bool on_object_end() override { return add("}"); }
  bool on_array_begin(std::uint64_t offset) override { return add("[", offset); }
  bool on_array_end() override { return add("]"); }
  bool on_string(std::string_view value, std::uint64_t offset) override {
    return add("s:" + std::string(value), offset);
  }
  bool on_number(std::string_view value, std::uint64_t offset) override {
    return add("n:" + std::string(value), offset);
  }
  bool on_bool(bool value, std::uint64_t offset) override { return add(value ? "t" : "f", offset); }
  bool on_null(std::uint64_t offset) override { return add("z", offset); }
  bool on_duplicate_key(std::string_view key, std::uint64_t offset) override {
    duplicates.emplace_back(std::string(key) + "@" + std::to_string(offset));
    return true;
  }
  bool add(std::string text, std::uint64_t offset = UINT64_MAX) {
    if (!out.empty()) out += ' ';
    out += text;
    if (offset != UINT64_MAX) out += "@" + std::to_string(offset);
    return ++count != stop_after;
  }
  std::string out;
  std::vector<std::string> duplicates;
  std::size_t count = 0;
  std::size_t stop_after = 0;
};

// A source that hides its contiguity, so that the reader goes through its window.
class Windowed final : public ByteSource {
 public:
  explicit Windowed(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override {
    return ViewSource(as_bytes(text_)).read_at(offset, out);
  }

 private:
  std::string text_;
};

std::string trace(const std::string& text, JsonStreamOptions options = {}, Limits limits = {},
                  std::size_t window = 0) {
  const Windowed windowed(text);
  const ViewSource plain(as_bytes(text));
  SourceReader reader = window == 0 ? SourceReader(plain) : SourceReader(windowed, 0, window);
  Budget budget(limits);
  Trace handler;
  const auto result = parse_json(reader, handler, budget, options);
  if (!result) return "error: " + result.error().describe();
  return handler.out;
}

TEST(Json, EventsAndOffsets) {
  EXPECT_EQ(trace(R"( {"a" : [1, -2.5e+3, true, false, null, "x\"y"], "":{}} )"),
            "{@1 k:a@2 [@8 n:1@9 n:-2.5e+3@12 t@21 f@27 z@34 s:x\"y@40 ] k:@49 {@52 } }");
  EXPECT_EQ(trace("\xEF\xBB\xBF[]"), "[@3 ]");
  EXPECT_EQ(trace("0"), "n:0@0");
}

TEST(Json, Escapes) {
  EXPECT_EQ(trace(R"("\u0041\b\f\n\r\t\/\\\u20AC\ud83d\ude00\u0000")"),
            "s:A\b\f\n\r\t/\\\xE2\x82\xAC\xF0\x9F\x98\x80" + std::string(1, '\0') + "@0");
}

TEST(Json, Refused) {
  const struct {
    std::string text;
    std::string reason;
  } cases[] = {
      {"", "truncated JSON"},
      {"  ", "truncated JSON"},
      {"[1", "truncated JSON"},
      {"{\"a\"", "truncated JSON"},
      {"{\"a", "truncated JSON"},
      {"tru", "truncated JSON"},
      {"[1,]", "not a JSON value"},
      {"[,1]", "not a JSON value"},
      {"{\"a\":1,}", "key expected"},
      {"{a:1}", "key expected"},
      {"{\"a\" 1}", "':' expected"},
      {"[1 2]", "',' or the end"},
      {"[1}", "',' or the end"},
      {"{\"a\":1]", "',' or the end"},
      {"[] []", "bytes after the JSON value"},
      {"1 1", "bytes after the JSON value"},
      {"01", "not a JSON number"},
      {"-", "not a JSON number"},
      {"1.", "not a JSON number"},
      {".5", "not a JSON value"},
      {"+1", "not a JSON value"},
      {"1e", "not a JSON number"},
      {"0x10", "bytes after"},
      {"NaN", "not a JSON value"},
      {"-Infinity", "not a JSON number"},
      {"nul", "truncated JSON"},
      {"nulL", "not a JSON value"},
      {"\"a\nb\"", "control character"},
      {"\"\\x\"", "unknown escape"},
      {"\"\\u12G4\"", "bad \\u escape"},
      {"\"\\u12", "truncated JSON"},
      {"\"\\ud800\"", "unpaired surrogate"},
      {"\"\\udc00\"", "unpaired surrogate"},
      {"\"\\ud800\\u0041\"", "unpaired surrogate"},
      {"\"\xC0\x80\"", "invalid UTF-8"},
      {"\"\xED\xA0\x80\"", "invalid UTF-8"},
      {"\"\xF5\x80\x80\x80\"", "invalid UTF-8"},
      {"\"\xE2\x82\"", "invalid UTF-8"},
      {"// c\n1", "not a JSON value"},
      {"'a'", "not a JSON value"},
      {std::string("[\0]", 3), "not a JSON value"},
      {"[1]\xEF\xBB\xBF", "bytes after"},
  };
  for (const auto& test : cases) {
    for (const std::size_t window : {std::size_t{0}, std::size_t{64}}) {
      const std::string got = trace(test.text, {}, {}, window);
      EXPECT_TRUE(got.starts_with("error: ") && got.find(test.reason) != std::string::npos)
          << test.text << " gave " << got;
    }
  }
}

TEST(Json, NanOnlyWhenAsked) {
  EXPECT_EQ(trace("[NaN,Infinity,-Infinity,-1]", {.allow_nan = true}),
            "[@0 n:NaN@1 n:Infinity@5 n:-Infinity@14 n:-1@24 ]");
  EXPECT_NE(trace("-Infinit", {.allow_nan = true}).find("truncated"), std::string::npos);
}

TEST(Json, TrailingBytesStayWhenAsked) {
  const std::string text = "{\"a\":1}\n{\"a\":2}\n";
  const ViewSource source(as_bytes(text));
  SourceReader reader(source);
  Budget budget{Limits::strict()};
  Trace first;
  ASSERT_TRUE(parse_json(reader, first, budget, {.allow_trailing = true}));
  EXPECT_EQ(reader.offset(), 7U);
  Trace second;
  ASSERT_TRUE(parse_json(reader, second, budget, {.allow_trailing = true}));
  EXPECT_EQ(second.out, "{@8 k:a@9 n:2@13 }");
  EXPECT_EQ(reader.offset(), 15U);
}

TEST(Json, SameThroughAnyWindow) {
  std::string text = "{";
  for (int i = 0; i < 200; ++i) {
    if (i != 0) text += ", ";
    text += "\"key \xE2\x82\xAC\xF0\x9F\x98\x80 \\n\\ud83d\\ude00 " +
            std::string(static_cast<std::size_t>(i), 'x') +
            "\": [12345678901234567890, -1.25e-7, true, false, null, \"\xC3\xA9\"]";
  }
  text += "}";
  const std::string whole = trace(text);
  ASSERT_FALSE(whole.starts_with("error")) << whole;
  for (std::size_t window = 64; window < 140; ++window) {
    ASSERT_EQ(trace(text, {}, {}, window), whole) << window;
  }
}

TEST(Json, DuplicateKeysOfAnyObjectSize) {
  for (const int keys : {1, 2, 15, 16, 17, 18, 63, 1000, 70000}) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) {
      text += "\"k" + std::to_string(i) + "\":{\"k0\":0,\"k1\":{\"k0\":1}},";
    }
    text += "\"n\\u0065w\":1}";
    Trace clean;
    Budget budget{Limits::strict()};
    const ViewSource source(as_bytes(text));
    SourceReader reader(source);
    ASSERT_TRUE(parse_json(reader, clean, budget));
    EXPECT_TRUE(clean.duplicates.empty());

    const auto at = text.size() - 1;
    text.back() = ',';
    text += "\"new\":2,\"k0\":1}";
    const ViewSource again(as_bytes(text));
    SourceReader second(again);
    Trace dirty;
    ASSERT_TRUE(parse_json(second, dirty, budget));
    EXPECT_EQ(dirty.duplicates, (std::vector<std::string>{"new@" + std::to_string(at + 1),
                                                          "k0@" + std::to_string(at + 9)}));
  }
}

TEST(Json, Limits) {
  Limits limits;
  limits.nesting = 3;
  EXPECT_EQ(trace("[[[1]]]", {}, limits), "[@0 [@1 [@2 n:1@3 ] ] ]");
  EXPECT_NE(trace("[[[[1]]]]", {}, limits).find("nested deeper"), std::string::npos);
  limits.string_bytes = 5;
  EXPECT_EQ(trace("\"12345\"", {}, limits), "s:12345@0");
  EXPECT_NE(trace("\"123456\"", {}, limits).find("longer"), std::string::npos);
  EXPECT_NE(trace("\"\\n23456\"", {}, limits).find("longer"), std::string::npos);
  limits.items = 2;
  EXPECT_EQ(trace(R"([{"a":1,"b":2},{"a":1,"b":2}])", {}, limits).find("error"), std::string::npos);
  EXPECT_NE(trace(R"({"a":1,"b":2,"c":3})", {}, limits).find("too many keys"), std::string::npos);
  EXPECT_NE(trace(std::string(70000, '1')).find("number of more than"), std::string::npos);
  limits = {};
  limits.work_units = 10;
  std::string many = "[";
  for (int i = 0; i < 100000; ++i) many += "1,";
  EXPECT_NE(trace(many + "1]", {}, limits).find("work limit"), std::string::npos);
}

TEST(Json, HandlerStops) {
  const ViewSource source(as_bytes("[1,2,3]"));
  SourceReader reader(source);
  Budget budget{Limits::strict()};
  Trace handler;
  handler.stop_after = 2;
  const auto result = parse_json(reader, handler, budget);
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result);
  EXPECT_EQ(handler.out, "[@0 n:1@1");
}

TEST(Json, MediumErrorIsUnavailable) {
  class Broken final : public ByteSource {
   public:
    std::uint64_t size() const override { return 100; }
    Result<std::size_t> read_at(std::uint64_t, MutableByteView) const override {
      return Error(ErrorCode::kUnavailable, "no medium");
    }
  } source;
  SourceReader reader(source);
  Budget budget{Limits::strict()};
  Trace handler;
  const auto result = parse_json(reader, handler, budget);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kUnavailable);
}

TEST(JsonDocument, Values) {
  const ViewSource source(
      as_bytes(R"({"a":1,"b":[true,null,-7,1.5,"s"],"a":"last","n":99999999999999999999})"));
  Budget budget{Limits::strict()};
  const auto document = load_json(source, budget);
  ASSERT_TRUE(document);
  const JsonValue& root = document->root;
  ASSERT_TRUE(root.is_object());
  EXPECT_EQ(root.find("a")->string(), "last");
  EXPECT_EQ(root.find("a")->offset(), 38U);
  EXPECT_EQ(root.keys().size(), 4U);
  EXPECT_EQ(root.values()[0].integer(), 1);
  ASSERT_EQ(document->duplicate_keys.size(), 1U);
  EXPECT_EQ(document->duplicate_keys[0].first, "a");
  const JsonValue& list = *root.find("b");
  EXPECT_EQ(list.items()[0].boolean(), true);
  EXPECT_EQ(list.items()[1].kind(), JsonKind::kNull);
  EXPECT_EQ(list.items()[2].integer(), -7);
  EXPECT_EQ(list.items()[3].real(), 1.5);
  EXPECT_FALSE(list.items()[3].integer());
  EXPECT_FALSE(root.find("n")->integer());
  EXPECT_EQ(root.find("n")->number(), "99999999999999999999");
  EXPECT_EQ(root.find("zz"), nullptr);
}

TEST(JsonDocument, MemoryIsCharged) {
  std::string text = "[";
  for (int i = 0; i < 10000; ++i) text += "0,";
  text += "0]";
  const ViewSource source(as_bytes(text));
  Limits limits;
  limits.memory_bytes = 100'000;
  Budget budget(limits);
  const auto document = load_json(source, budget);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code(), ErrorCode::kLimit);
}

TEST(Json, LoneSurrogatesAreKeptWhereAskedFor) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\"\\ud800\"", "\xED\xA0\x80"},
      {"\"a\\udc00b\"",
       "a\xED\xB0\x80"
       "b"},
      {"\"\\ud800\\u0041\"",
       "\xED\xA0\x80"
       "A"},
      {"\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80"},
  };
  for (const auto& [text, expected] : cases) {
    Budget budget(Limits::strict());
    const ViewSource source(as_bytes(text));
    const auto document = load_json(source, budget, {.keep_lone_surrogates = true});
    ASSERT_TRUE(document) << text;
    EXPECT_EQ(document->root.string(), expected) << text;
  }
}

}  // namespace
}  // namespace saiph::codec
