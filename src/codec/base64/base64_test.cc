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

TEST(Base64, OptionsDo) {
  EXPECT_TRUE(decode_base64("_-8", {.url = true}));
  EXPECT_EQ(as_text(*decode_base64("Zm 9\nv", {.skip_space = true})), "foo");
  EXPECT_EQ(decode_base64("Zm9vYmFy", {.max_bytes = 4})->size(), 4U);
  EXPECT_EQ(base64_prefix("ab+/=\n"), 4U);
  EXPECT_EQ(base64_prefix("ab-_+", true), 4U);
}

}  // namespace
}  // namespace saiph::codec
