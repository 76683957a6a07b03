#include "crypto/password_hash.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace saiph::crypto {
namespace {

/// Small, so that tests are quick; the defaults are tested once.
constexpr Argon2Cost kSmall{64, 1, 1};

TEST(PasswordHash, GivesTheVectorOfRfc9106) {
  const Bytes password(32, 1);
  const Bytes salt(16, 2);
  const Bytes secret(8, 3);
  const Bytes associated(12, 4);
  Bytes out(32);
  ASSERT_TRUE(argon2id(password, salt, {32, 3, 4}, out, {secret, associated}));
  const Bytes expected = {0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37,
                          0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75,
                          0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59};
  EXPECT_EQ(out, expected);
}

TEST(PasswordHash, VerifiesWhatItWrote) {
  auto phc = hash_password(as_bytes("a long pass phrase"));
  ASSERT_TRUE(phc);
  EXPECT_TRUE(phc->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *phc;
  auto right = verify_password(*phc, as_bytes("a long pass phrase"));
  ASSERT_TRUE(right);
  EXPECT_TRUE(right->matches);
  EXPECT_FALSE(right->rehash);
  auto wrong = verify_password(*phc, as_bytes("a long pass phrasE"));
  ASSERT_TRUE(wrong);
  EXPECT_FALSE(wrong->matches);
}

TEST(PasswordHash, AskedForOtherCostsItSaysRehash) {
  auto phc = hash_password(as_bytes("a long pass phrase"), kSmall);
  ASSERT_TRUE(phc);
  EXPECT_FALSE(verify_password(*phc, as_bytes("a long pass phrase"), kSmall)->rehash);
  for (const Argon2Cost& wanted : {Argon2Cost{128, 1, 1}, Argon2Cost{64, 2, 1}}) {
    const auto check = verify_password(*phc, as_bytes("a long pass phrase"), wanted);
    ASSERT_TRUE(check);
    EXPECT_TRUE(check->matches && check->rehash);
  }
}

TEST(PasswordHash, TwoHashesOfOnePasswordDiffer) {
  EXPECT_NE(*hash_password(as_bytes("p"), kSmall), *hash_password(as_bytes("p"), kSmall));
}

TEST(PasswordHash, BrokenStringsAreErrorsAndNeverMatches) {
  const std::string good = *hash_password(as_bytes("p"), kSmall);
  const std::string salt_and_hash = good.substr(good.find("p=1$") + 3);
  struct Row {
    std::string phc;
    ErrorCode code;
  };
  const std::vector<Row> rows = {
      {"", ErrorCode::kMalformed},
      {"password", ErrorCode::kMalformed},
      {"$", ErrorCode::kUnsupported},
      {"$2b$12$abcdefghijklmnopqrstuv", ErrorCode::kUnsupported},
      {"$argon2i$v=19$m=64,t=1,p=1" + salt_and_hash, ErrorCode::kUnsupported},
      {"$argon2id$v=16$m=64,t=1,p=1" + salt_and_hash, ErrorCode::kUnsupported},
      {"$argon2id$m=64,t=1,p=1" + salt_and_hash, ErrorCode::kUnsupported},
      {"$argon2id$v=19$m=64,t=1" + salt_and_hash, ErrorCode::kMalformed},
      {"$argon2id$v=19$m=064,t=1,p=1" + salt_and_hash, ErrorCode::kMalformed},
      {"$argon2id$v=19$m=+64,t=1,p=1" + salt_and_hash, ErrorCode::kMalformed},
      {"$argon2id$v=19$m=64,t=1,p=1,keyid=a" + salt_and_hash, ErrorCode::kMalformed},
      {"$argon2id$v=19$m=99999999999,t=1,p=1" + salt_and_hash, ErrorCode::kMalformed},
      {"$argon2id$v=19$m=4194304,t=1,p=1" + salt_and_hash, ErrorCode::kLimit},
      {"$argon2id$v=19$m=64,t=17,p=1" + salt_and_hash, ErrorCode::kLimit},
      {"$argon2id$v=19$m=64,t=1,p=9" + salt_and_hash, ErrorCode::kLimit},
      {"$argon2id$v=19$m=64,t=0,p=1" + salt_and_hash, ErrorCode::kLimit},
      {"$argon2id$v=19$m=7,t=1,p=1" + salt_and_hash, ErrorCode::kLimit},
      {good + "=", ErrorCode::kMalformed},
      {good + " ", ErrorCode::kMalformed},
      {good + "$", ErrorCode::kMalformed},
      {good.substr(0, good.size() - 2), ErrorCode::kMalformed},  // no length of base64
      {"$argon2id$v=19$m=64,t=1,p=1$c2FsdA$c2FsdHNhbHQ", ErrorCode::kMalformed},
      {good + std::string(300, 'A'), ErrorCode::kMalformed},
  };
  for (const Row& row : rows) {
    const auto check = verify_password(row.phc, as_bytes("p"), kSmall);
    ASSERT_FALSE(check) << row.phc;
    EXPECT_EQ(check.error().code(), row.code) << row.phc << ": " << check.error().describe();
  }
}

TEST(PasswordHash, LimitsHold) {
  const std::string longest(kMaxPasswordBytes, 'x');
  const std::string longer(kMaxPasswordBytes + 1, 'x');
  const std::string phc = *hash_password(as_bytes(longest), kSmall);
  EXPECT_TRUE(verify_password(phc, as_bytes(longest), kSmall)->matches);
  EXPECT_FALSE(verify_password(phc, as_bytes(longer), kSmall)->matches);
  EXPECT_EQ(hash_password(as_bytes(longer), kSmall).error().code(), ErrorCode::kInvalidArgument);
  Bytes out(32);
  for (const Argon2Cost& cost :
       {Argon2Cost{0, 1, 1}, Argon2Cost{64, 0, 1}, Argon2Cost{64, 1, 0}, Argon2Cost{15, 1, 2},
        Argon2Cost{kMaxArgon2MemoryKib + 1, 1, 1}, Argon2Cost{64, kMaxArgon2Passes + 1, 1}}) {
    EXPECT_FALSE(argon2id({}, Bytes(16), cost, out));
  }
  EXPECT_FALSE(argon2id({}, Bytes(7), kSmall, out));
  Bytes three(3);
  EXPECT_FALSE(argon2id({}, Bytes(16), kSmall, three));
}

}  // namespace
}  // namespace saiph::crypto
