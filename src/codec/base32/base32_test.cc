#include "codec/base32/base32.h"

#include <gtest/gtest.h>

namespace saiph::codec {
namespace {

TEST(Base32, GivesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},
      {"f", "MY"},
      {"fo", "MZXQ"},
      {"foo", "MZXW6"},
      {"foob", "MZXW6YQ"},
      {"fooba", "MZXW6YTB"},
      {"foobar", "MZXW6YTBOI"},
  };
  for (const auto& [plain, text] : rows) {
    EXPECT_EQ(encode_base32(as_bytes(plain)), text);
    const auto back = decode_base32_exact(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(as_text(*back), plain);
  }
}

TEST(Base32, EveryByteComesBack) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const ByteView part = ByteView(all).last(size);
    const auto back = decode_base32_exact(encode_base32(part));
    ASSERT_TRUE(back);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), back->begin(), back->end()));
  }
}

TEST(Base32, OtherSpellingsAreRefused) {
  for (const std::string_view text : {"MY======", "my", "M", "MZ", "MZX", "MZXW6Y", "M1", "M0",
                                      "M8", "MY ", "MZXW6YTBO", "M\xC3"}) {
    EXPECT_FALSE(decode_base32_exact(text)) << text;
  }
}

}  // namespace
}  // namespace saiph::codec
