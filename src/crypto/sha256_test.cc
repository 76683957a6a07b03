#include "crypto/sha256.h"

#include <gtest/gtest.h>

namespace saiph::crypto {
namespace {

// FIPS 180-4 example values.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256(as_bytes("")).value().text(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).value().text(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const Bytes million(1'000'000, 'a');
  EXPECT_EQ(sha256(ByteView(million)).value().text(),
            "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, SourceInWindowsEqualsMemory) {
  Bytes bytes(700'001);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  const auto whole = sha256(ByteView(bytes)).value();
  const auto parent = std::make_shared<const MemorySource>(bytes);
  EXPECT_EQ(sha256(SubSource(parent, 0, bytes.size())).value(), whole);
  EXPECT_NE(sha256(SubSource(parent, 1, bytes.size())).value(), whole);
}

TEST(Digest, TextRoundTrip) {
  const auto digest = sha256(as_bytes("x")).value();
  EXPECT_EQ(Digest::parse(digest.text()), digest);
  EXPECT_EQ(Digest::parse(digest.text().substr(7)), digest);
  EXPECT_FALSE(Digest::parse("sha256:12"));
  EXPECT_FALSE(Digest::parse(digest.text() + "0"));
  EXPECT_FALSE(Digest::parse(std::string(63, 'a') + "g"));
}

}  // namespace
}  // namespace saiph::crypto
