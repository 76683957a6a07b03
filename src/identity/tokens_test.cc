#include "identity/tokens.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "codec/decompress/crc32.h"
#include "crypto/sha256.h"

namespace saiph::identity {
namespace {

constexpr std::array kKinds = {TokenKind::kSession, TokenKind::kApi, TokenKind::kSetup,
                               TokenKind::kCsrf};
constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Prefix and 43 digits, with the CRC that belongs to them; written another way than the product's.
std::string with_check(const std::string& body) {
  std::uint64_t crc = codec::crc32(as_bytes(body));
  std::string check;
  for (int i = 0; i < 6; ++i, crc /= 62) check.insert(check.begin(), kDigits[crc % 62]);
  return body + check;
}

TEST(Tokens, AreRecognisedAsTheirKindAlone) {
  for (const TokenKind kind : kKinds) {
    auto token = new_token(kind);
    ASSERT_TRUE(token);
    const std::string text(token->text());
    ASSERT_EQ(text.size(), kTokenCharacters);
    EXPECT_EQ(text.find_first_not_of(std::string(kDigits) + "_"), std::string::npos) << text;
    EXPECT_EQ(text.substr(10).find('_'), std::string::npos);
    EXPECT_EQ(with_check(text.substr(0, 53)), text);
    for (const TokenKind other : kKinds) {
      const auto digest = token_digest(text, other);
      EXPECT_EQ(digest.has_value(), other == kind);
    }
    EXPECT_EQ(token_digest(text, kind), token->digest());
    EXPECT_EQ(*crypto::sha256(as_bytes(text)), token->digest());
  }
}

TEST(Tokens, AnyWrongCharacterIsNoticedWithoutATable) {
  const auto token = new_token(TokenKind::kApi);
  ASSERT_TRUE(token);
  const std::string good(token->text());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'0', 'A', 'z', '_', '-', ' ', '\0', '\xFF'}) {
      if (good[i] == c) continue;
      std::string changed = good;
      changed[i] = c;
      EXPECT_FALSE(token_digest(changed, TokenKind::kApi)) << changed;
    }
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(token_digest(good.substr(0, size), TokenKind::kApi));
  }
  EXPECT_FALSE(token_digest(good + "0", TokenKind::kApi));
  EXPECT_FALSE(token_digest(std::string(1 << 20, 'a'), TokenKind::kApi));
}

TEST(Tokens, NumbersAbove256BitsAreNone) {
  EXPECT_TRUE(token_digest(with_check("saiph_api_" + std::string(43, '0')), TokenKind::kApi));
  EXPECT_FALSE(token_digest(with_check("saiph_api_" + std::string(43, 'z')), TokenKind::kApi));
  EXPECT_FALSE(
      token_digest(with_check("saiph_api_" + std::string(42, '0') + "_"), TokenKind::kApi));
}

TEST(Tokens, NoTwoAreTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(std::string(new_token(TokenKind::kSession)->text()));
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace saiph::identity
