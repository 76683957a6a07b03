#include "identity/totp.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

namespace saiph::identity {
namespace {

const std::string kSecretText = "12345678901234567890";
ByteView secret() {
  return as_bytes(kSecretText);
}

TEST(Totp, GivesTheVectorsOfRfc6238) {
  const std::pair<std::uint64_t, const char*> rows[] = {
      {59, "94287082"},
      {1'111'111'109, "07081804"},
      {1'111'111'111, "14050471"},
      {1'234'567'890, "89005924"},
      {2'000'000'000, "69279037"},
      {20'000'000'000, "65353130"},
  };
  for (const auto& [seconds, code] : rows) {
    EXPECT_EQ(*totp_code(secret(), seconds / 30, 8), code);
    EXPECT_EQ(*totp_code(secret(), seconds / 30), std::string(code).substr(2));
  }
}

/// RFC 4226, appendix D: the first ten counters.
TEST(Totp, GivesTheVectorsOfRfc4226) {
  const char* const codes[] = {"755224", "287082", "359152", "969429", "338314",
                               "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(*totp_code(secret(), i), codes[i]);
}

TEST(Totp, TheWindowIsOneStepToEitherSide) {
  const std::uint64_t step = 60'000'000;
  const UnixMillis now = static_cast<UnixMillis>(step) * kTotpStepMs + 12'345;
  for (int difference = -3; difference <= 3; ++difference) {
    const std::uint64_t other = step + static_cast<std::uint64_t>(difference);
    const auto found = verify_totp(secret(), *totp_code(secret(), other), now, std::nullopt);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->has_value(), difference >= -1 && difference <= 1) << difference;
    EXPECT_EQ(found->value_or(other), other);
  }
}

TEST(Totp, ACodeIsUsedOnce) {
  const std::uint64_t step = 60'000'000;
  const UnixMillis now = static_cast<UnixMillis>(step) * kTotpStepMs;
  const std::string code = *totp_code(secret(), step);
  EXPECT_TRUE(*verify_totp(secret(), code, now, step - 1));
  EXPECT_FALSE(*verify_totp(secret(), code, now, step));
  EXPECT_FALSE(*verify_totp(secret(), code, now, step + 1));
  // The step before it is over as well, once a later one was used.
  EXPECT_FALSE(*verify_totp(secret(), *totp_code(secret(), step - 1), now, step));
  EXPECT_TRUE(*verify_totp(secret(), *totp_code(secret(), step + 1), now, step));
}

TEST(Totp, WhatIsTypedMayHaveSpacesAndNothingElse) {
  const UnixMillis now = 59'000;
  EXPECT_TRUE(*verify_totp(secret(), "287082", now, std::nullopt));
  EXPECT_TRUE(*verify_totp(secret(), " 287 082 ", now, std::nullopt));
  for (const std::string& typed :
       {std::string(), std::string("28708"), std::string("2870820"), std::string("0287082"),
        std::string("287-082"), std::string("28708x"), std::string("94287082"),
        std::string("+28708"), "287082" + std::string(100, ' '), std::string(1 << 20, '2'),
        std::string("\xD9\xA2\xD9\xA8\xD9\xA7")}) {
    const auto found = verify_totp(secret(), typed, now, std::nullopt);
    ASSERT_TRUE(found);
    EXPECT_FALSE(*found) << typed.substr(0, 20);
  }
}

TEST(Totp, TheFirstStepHasNoneBeforeIt) {
  EXPECT_TRUE(*verify_totp(secret(), *totp_code(secret(), 0), 0, std::nullopt));
  EXPECT_FALSE(verify_totp(secret(), "123456", -1, std::nullopt));
  EXPECT_FALSE(verify_totp({}, "123456", 0, std::nullopt));
  EXPECT_FALSE(totp_code(secret(), 0, 5));
  EXPECT_FALSE(totp_code(secret(), 0, 9));
}

TEST(Totp, UriEscapesNames) {
  EXPECT_EQ(totp_uri(secret(), "Saiph", "ops"),
            "otpauth://totp/Saiph:ops?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Saiph"
            "&algorithm=SHA1&digits=6&period=30");
  EXPECT_EQ(totp_uri(secret(), "Sa:i&p h", "a?b/\xC3\xA9"),
            "otpauth://totp/Sa%3Ai%26p%20h:a%3Fb%2F%C3%A9?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            "&issuer=Sa%3Ai%26p%20h&algorithm=SHA1&digits=6&period=30");
  const auto made = new_totp_secret();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->size(), kTotpSecretBytes);
  EXPECT_EQ(totp_secret_text(made->view()).size(), 32U);
}

TEST(RecoveryCodes, AreTenDifferentOnesFoundAsTyped) {
  const auto codes = new_recovery_codes();
  ASSERT_TRUE(codes);
  ASSERT_EQ(codes->size(), kRecoveryCodeCount);
  std::set<Digest> digests;
  for (const RecoveryCode& code : *codes) {
    EXPECT_EQ(code.text.size(), 19U);
    digests.insert(code.digest);
    EXPECT_EQ(recovery_code_digest(code.text), code.digest);
    std::string typed;
    for (const char c : code.text) {
      if (c != '-') typed.push_back(static_cast<char>(std::tolower(c)));
      typed.push_back(' ');
    }
    EXPECT_EQ(recovery_code_digest(typed), code.digest);
    std::string other = code.text;
    other[0] = other[0] == 'A' ? 'B' : 'A';
    EXPECT_NE(recovery_code_digest(other), code.digest);
  }
  EXPECT_EQ(digests.size(), kRecoveryCodeCount);
}

TEST(RecoveryCodes, OtherTextsAreNone) {
  for (const std::string& typed :
       {std::string(), std::string("ABCD-EFGH-IJKL-MNO"), std::string("ABCD-EFGH-IJKL-MNOPQ"),
        std::string("ABCD-EFGH-IJKL-MN01"), std::string("ABCD_EFGH_IJKL_MNOP"),
        std::string(100, '-'), std::string(16, '\xC3')}) {
    EXPECT_FALSE(recovery_code_digest(typed)) << typed;
  }
}

}  // namespace
}  // namespace saiph::identity
