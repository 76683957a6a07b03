#include "crypto/seal.h"

#include <gtest/gtest.h>

#include <string>

namespace saiph::crypto {
namespace {

const Bytes kKey(32, 7);

TEST(Seal, OpensWithTheSameKeyAndContext) {
  for (const std::string& secret :
       {std::string(), std::string("s"), std::string(20, 'x'), std::string(100'000, 'y')}) {
    auto box = seal(kKey, as_bytes(secret), as_bytes("account 1 totp"));
    ASSERT_TRUE(box);
    EXPECT_EQ(box->size(), secret.size() + kSealOverhead);
    auto opened = unseal(kKey, *box, as_bytes("account 1 totp"));
    ASSERT_TRUE(opened) << opened.error().describe();
    EXPECT_EQ(as_text(opened->view()), secret);
  }
}

TEST(Seal, TwoBoxesOfOneSecretDiffer) {
  EXPECT_NE(*seal(kKey, as_bytes("s"), {}), *seal(kKey, as_bytes("s"), {}));
}

TEST(Seal, NothingElseOpensIt) {
  const Bytes box = *seal(kKey, as_bytes("secret"), as_bytes("row 1"));
  EXPECT_EQ(unseal(kKey, box, as_bytes("row 2")).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(unseal(kKey, box, {}).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(unseal(Bytes(32, 8), box, as_bytes("row 1")).error().code(), ErrorCode::kDenied);
  for (std::size_t i = 0; i < box.size(); ++i) {
    for (const int bit : {0, 7}) {
      Bytes changed = box;
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ 1U << bit);
      EXPECT_FALSE(unseal(kKey, changed, as_bytes("row 1"))) << i;
    }
  }
  for (std::size_t size = 0; size < box.size(); ++size) {
    EXPECT_FALSE(unseal(kKey, ByteView(box).first(size), as_bytes("row 1"))) << size;
  }
}

TEST(Seal, SaysWhatIsWrong) {
  EXPECT_EQ(seal(Bytes(16, 1), {}, {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(seal(kKey, Bytes((1U << 20) + 1), {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(unseal(Bytes(31, 1), Bytes(40), {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(unseal(kKey, Bytes(kSealOverhead - 1, 1), {}).error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(unseal(kKey, Bytes(kSealOverhead, 2), {}).error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace saiph::crypto
