#include "codec/base64/base64.h"

#include <gtest/gtest.h>

namespace saiph::codec {
namespace {

TEST(Base64, DecodesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"Zg==", "f"},
                                                                   {"Zm8=", "fo"},
                                                                   {"Zm9v", "foo"},
                                                                   {"Zm9vYg==", "foob"},
                                                                   {"Zm9vYmE=", "fooba"},
                                                                   {"Zm9vYmFy", "foobar"}};
  for (const auto& [text, plain] : vectors) {
    const auto bytes = decode_base64(text);
    ASSERT_TRUE(bytes.has_value()) << text;
    EXPECT_EQ(as_text(*bytes), plain);
  }
}

TEST(Base64, RefusesWhatIsNotBase64) {
  EXPECT_FALSE(decode_base64("Zm9v!"));
  EXPECT_FALSE(decode_base64("Zg==Zg=="));
  EXPECT_FALSE(decode_base64("Zm9vY"));
  EXPECT_FALSE(decode_base64("Zm9\nv"));
  EXPECT_FALSE(decode_base64("_-8="));
}

TEST(Base64, ExactTakesOneSpellingOnly) {
  for (const std::string_view plain :
       {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xFF\xFE"}) {
    const std::string text = encode_base64(as_bytes(plain));
    const auto bytes = decode_base64_exact(text);
    ASSERT_TRUE(bytes.has_value()) << text;
    EXPECT_EQ(as_text(*bytes), plain);
  }
  EXPECT_EQ(encode_base64(as_bytes("fooba")), "Zm9vYmE=");
  for (const std::string_view wrong : {"Zg", "Zg=", "Zh==", "Zm9=", "Zg===", "====", "=", "Zm9v\n",
                                       "Zg==Zg==", "Z===", "_-8=", "Zm=v"}) {
    EXPECT_FALSE(decode_base64_exact(wrong)) << wrong;
  }
  EXPECT_TRUE(decode_base64_exact("_-8=", true));
  EXPECT_FALSE(decode_base64_exact("/+8=", true));
}

TEST(Base64, TheUrlFormOfJoseHasOneSpelling) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\xFF\xEF\xFE", "_-_-"}};
  for (const auto& [plain, text] : rows) {
    EXPECT_EQ(encode_base64_url(as_bytes(plain)), text);
    const auto bytes = decode_base64_url_exact(text);
    ASSERT_TRUE(bytes) << text;
    EXPECT_EQ(as_text(*bytes), plain);
  }
  for (const std::string_view wrong :
       {"Zg==", "Zg=", "Zh", "Zm9", "Z", "Zm9vZ", "/+8", "Zm9v\n", " Zg", "Zm\x00v", "="}) {
    EXPECT_FALSE(decode_base64_url_exact(wrong)) << wrong;
  }
}

TEST(Base64, OptionsDo) {
  EXPECT_TRUE(decode_base64("_-8", {.url = true}));
  EXPECT_EQ(as_text(*decode_base64("Zm 9\nv", {.skip_space = true})), "foo");
  EXPECT_EQ(decode_base64("Zm9vYmFy", {.max_bytes = 4})->size(), 4U);
  EXPECT_EQ(base64_prefix("ab+/=\n"), 4U);
  EXPECT_EQ(base64_prefix("ab-_+", true), 4U);
}

}  // namespace
}  // namespace saiph::codec
