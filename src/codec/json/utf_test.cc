#include "codec/json/utf.h"

#include <gtest/gtest.h>

namespace saiph::codec {
namespace {

using std::string_view_literals::operator""sv;

TEST(JsonUtf, LooksLikeJson) {
  const auto looks = [](std::string_view text, std::uint64_t size = 0) {
    return looks_like_json(as_bytes(text), size == 0 ? text.size() : size);
  };
  for (const std::string_view yes :
       {"{}"sv, " \n[1, NaN]"sv, "\xEF\xBB\xBF{\"a\":1}"sv, "{\"a\": tr"sv, "{\"a\""sv, "{\0}\0"sv,
        "\0{\0}"sv, "\xFF\xFE{\0}\0"sv, "\0\0\0{\0\0\0}"sv}) {
    EXPECT_TRUE(looks(yes)) << yes;
  }
  for (const std::string_view no :
       {""sv, "\"text\""sv, "12"sv, "[section]\nkey = 1\n"sv, "{% if x %}"sv,
        "{\"a\":1}\n{\"a\":2}\n"sv, "{a: 1}"sv, "# {}"sv}) {
    EXPECT_FALSE(looks(no)) << no;
  }
  // A multi-byte sequence cut by the end of the head is no reason to say no.
  EXPECT_TRUE(looks("{\"a\":\"\xE2\x82", 100));
  EXPECT_FALSE(looks("{\"a\":\"\xE2\x82"));
}

TEST(JsonUtf, Conversion) {
  const auto converted = [](std::string_view text) {
    const ViewSource source(as_bytes(text));
    const auto result = json_in_utf8(source, 1000);
    if (!result) return std::string("error");
    return *result == nullptr ? std::string("utf-8")
                              : std::string(as_text(*(*result)->contiguous()));
  };
  EXPECT_EQ(converted("{}"), "utf-8");
  EXPECT_EQ(converted("{\0\xAC\x20=\xD8\0\xDE}\0"sv), "{\xE2\x82\xAC\xF0\x9F\x98\x80}");
  EXPECT_EQ(converted("\xFE\xFF\0{\0}"sv), "{}");
  EXPECT_EQ(converted("\xFF\xFE\0\0{\0\0\0\x00\xF6\x01\0}\0\0\0"sv), "{\xF0\x9F\x98\x80}");
  EXPECT_EQ(converted("{\0\0\xD8}\0"sv), "{\xEF\xBF\xBD}");
  EXPECT_EQ(converted(std::string("{\0", 2) + std::string(2000, '\0')), "error");
}

}  // namespace
}  // namespace saiph::codec
