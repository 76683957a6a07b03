#include "crypto/hmac.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace saiph::crypto {
namespace {

std::string hex(ByteView bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 15U]);
  }
  return out;
}

struct Case {
  std::string key;
  std::string message;
  std::string sha256;
  std::string sha1;
};

/// RFC 4231, sections 4.2 to 4.4 and 4.7; RFC 2202, section 3 (its cases 1, 2, 3 and 6).
const Case kCases[] = {
    {std::string(20, '\x0b'), "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
     "b617318655057264e28bc0b6fb378c8ef146be00"},
    {"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {std::string(20, '\xaa'), std::string(50, '\xdd'),
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
     "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", ""},
    {std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First", "",
     "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
};

TEST(Hmac, GivesTheVectorsOfItsRfcs) {
  for (const Case& c : kCases) {
    if (!c.sha256.empty()) {
      EXPECT_EQ(hex(hmac_sha256(as_bytes(c.key), as_bytes(c.message)).bytes), c.sha256);
    }
    if (!c.sha1.empty()) {
      const auto made = hmac_sha1(as_bytes(c.key), as_bytes(c.message));
      ASSERT_TRUE(made);
      EXPECT_EQ(hex(*made), c.sha1);
    }
  }
}

TEST(Hmac, PartsAreOneMessage) {
  const std::array<ByteView, 3> parts = {
      as_bytes("what do ya "), {}, as_bytes("want for nothing?")};
  EXPECT_EQ(hmac_sha256(as_bytes("Jefe"), parts),
            hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")));
}

TEST(Hmac, AnEmptyKeyIsAKeyAndNotTheLastOne) {
  const Digest empty = hmac_sha256({}, as_bytes("message"));
  EXPECT_NE(hmac_sha256(as_bytes("key"), as_bytes("message")), empty);
  EXPECT_EQ(hmac_sha256({}, as_bytes("message")), empty);
  // RFC 2104: a key is padded with zeros, so one zero byte is the same key.
  EXPECT_EQ(hmac_sha256(as_bytes(std::string_view("\0", 1)), as_bytes("message")), empty);
}

}  // namespace
}  // namespace saiph::crypto
