#include "crypto/jws_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "crypto/jws_signer_for_test.h"

namespace saiph::crypto {
namespace {

/// Base64url of vectors, which the room itself has no use for.
Bytes from_url(std::string_view text) {
  Bytes out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    bits = bits << 6 | static_cast<std::uint32_t>(base64_digit(c));
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  return out;
}

/// Header, dot and payload; signature.
struct Jws {
  std::string message;
  Bytes signature;
};
Jws split(std::string_view token) {
  const std::size_t dot = token.rfind('.');
  return {std::string(token.substr(0, dot)), from_url(token.substr(dot + 1))};
}

constexpr std::string_view kModulus7515 =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4"
    "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdb"
    "BYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D"
    "WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view kToken7515Rsa =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4"
    "Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xB"
    "ArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1"
    "phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
constexpr std::string_view kModulus7520 =
    "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCp"
    "MaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd"
    "1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKn"
    "S2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";
constexpr std::string_view kToken7520Rsa =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb"
    "3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGl"
    "mIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3Z"
    "XB0IG9mZiB0by4.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQ"
    "x996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrU"
    "CTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12pod"
    "GU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";
constexpr std::string_view kToken7515Ec =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfK"
    "TUJqPP3-Kg6NU1Q";
constexpr std::string_view kToken8037 =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3"
    "AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

TEST(JwsKey, VerifiesTheExamplesOfTheRfcs) {
  struct Row {
    const char* source;
    Result<JwsKey> key;
    std::string_view token;
  };
  const Row rows[] = {
      {"RFC 7515, A.2", JwsKey::rsa(JwsAlgorithm::kRs256, from_url(kModulus7515), from_url("AQAB")),
       kToken7515Rsa},
      {"RFC 7520, 4.1", JwsKey::rsa(JwsAlgorithm::kRs256, from_url(kModulus7520), from_url("AQAB")),
       kToken7520Rsa},
      {"RFC 7515, A.3",
       JwsKey::p256(from_url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                    from_url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")),
       kToken7515Ec},
      {"RFC 8037, A.4", JwsKey::ed25519(from_url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")),
       kToken8037},
  };
  for (const Row& row : rows) {
    ASSERT_TRUE(row.key) << row.source << row.key.error().describe();
    Jws jws = split(row.token);
    EXPECT_TRUE(row.key->verify(as_bytes(jws.message), jws.signature)) << row.source;
    for (std::size_t i = 0; i < jws.signature.size(); ++i) {
      jws.signature[i] ^= 1U;
      EXPECT_FALSE(row.key->verify(as_bytes(jws.message), jws.signature)) << row.source << i;
      jws.signature[i] ^= 1U;
    }
    jws.message[5] = 'x';
    EXPECT_FALSE(row.key->verify(as_bytes(jws.message), jws.signature)) << row.source;
  }
}

TEST(JwsKey, AKeyVerifiesItsOwnAlgorithmOnly) {
  const JwsSignerForTest pss(JwsAlgorithm::kPs256);
  const JwsKey right = pss.public_key();
  const JwsKey other = *JwsKey::rsa(JwsAlgorithm::kRs256, pss.modulus(), pss.exponent());
  const Bytes signature = pss.sign("message");
  EXPECT_TRUE(right.verify(as_bytes("message"), signature));
  EXPECT_FALSE(other.verify(as_bytes("message"), signature));
  // RFC 7518, 3.5: the salt has the digest's length, no other.
  EXPECT_FALSE(right.verify(as_bytes("message"), pss.sign("message", 0)));
  EXPECT_FALSE(right.verify(as_bytes("message"), pss.sign("message", 20)));
}

TEST(JwsKey, EveryAlgorithmSignsAndVerifies) {
  for (const auto algorithm :
       {JwsAlgorithm::kRs256, JwsAlgorithm::kPs256, JwsAlgorithm::kEs256, JwsAlgorithm::kEdDsa}) {
    const JwsSignerForTest signer(algorithm);
    const JwsKey key = signer.public_key();
    EXPECT_EQ(key.algorithm(), algorithm);
    for (int i = 0; i < 20; ++i) {
      const std::string message = "message " + std::to_string(i);
      const Bytes signature = signer.sign(message);
      EXPECT_TRUE(key.verify(as_bytes(message), signature)) << jws_algorithm_name(algorithm);
      Bytes longer = signature;
      longer.push_back(0);
      EXPECT_FALSE(key.verify(as_bytes(message), longer));
      EXPECT_FALSE(key.verify(as_bytes(message), ByteView(signature).first(signature.size() - 1)));
      EXPECT_FALSE(key.verify(as_bytes(message), {}));
    }
  }
}

TEST(JwsKey, Es256TakesNoDerAndNoZeros) {
  const JwsSignerForTest signer(JwsAlgorithm::kEs256);
  const JwsKey key = signer.public_key();
  EXPECT_FALSE(key.verify(as_bytes("m"), Bytes(64, 0)));  // r = s = 0
  Bytes zero_r = signer.sign("m");
  std::fill(zero_r.begin(), zero_r.begin() + 32, 0);
  EXPECT_FALSE(key.verify(as_bytes("m"), zero_r));
  EXPECT_FALSE(key.verify(as_bytes("m"), Bytes(64, 0xFF)));  // r, s >= n
}

TEST(JwsKey, RsaNumbersOutsideTheLimitsMakeNoKey) {
  const Bytes n = from_url(kModulus7515);
  const Bytes e = {1, 0, 1};
  const auto code = [](const Bytes& modulus, const Bytes& exponent) {
    const auto key = JwsKey::rsa(JwsAlgorithm::kRs256, modulus, exponent);
    return key ? ErrorCode::kInternal : key.error().code();
  };
  EXPECT_EQ(code({}, e), ErrorCode::kMalformed);
  EXPECT_EQ(code(n, {}), ErrorCode::kMalformed);
  Bytes zeros = n;
  zeros.insert(zeros.begin(), 0);
  EXPECT_EQ(code(zeros, e), ErrorCode::kMalformed);
  EXPECT_EQ(code(n, {0, 1, 0, 1}), ErrorCode::kMalformed);
  EXPECT_EQ(code(n, {1}), ErrorCode::kLimit);
  EXPECT_EQ(code(n, {3}), ErrorCode::kLimit);
  EXPECT_EQ(code(n, {1, 0, 0}), ErrorCode::kLimit);
  EXPECT_EQ(code(n, {1, 0, 2}), ErrorCode::kMalformed);  // even
  EXPECT_EQ(code(n, {1, 0, 0, 0, 1}), ErrorCode::kLimit);
  EXPECT_EQ(code(n, Bytes(256, 0xFF)), ErrorCode::kLimit);
  Bytes even = n;
  even.back() &= 0xFEU;
  EXPECT_EQ(code(even, e), ErrorCode::kMalformed);
  EXPECT_EQ(code(Bytes(128, 0xFF), e), ErrorCode::kLimit);  // 1024 bits
  Bytes just_under = n;
  just_under.front() = 0x7F;
  EXPECT_EQ(code(just_under, e), ErrorCode::kLimit);  // 2047 bits
  EXPECT_EQ(code(Bytes(1025, 0xFF), e), ErrorCode::kLimit);
  EXPECT_TRUE(JwsKey::rsa(JwsAlgorithm::kRs256, n, e));
  EXPECT_EQ(JwsKey::rsa(JwsAlgorithm::kEs256, n, e).error().code(), ErrorCode::kInvalidArgument);
}

TEST(JwsKey, PointsThatAreNoneMakeNoKey) {
  EXPECT_FALSE(JwsKey::p256(Bytes(32, 1), Bytes(32, 1)));
  EXPECT_FALSE(JwsKey::p256(Bytes(32, 0), Bytes(32, 0)));
  EXPECT_FALSE(JwsKey::p256(Bytes(31, 1), Bytes(32, 1)));
  EXPECT_FALSE(JwsKey::p256(Bytes(32, 0xFF), Bytes(32, 0xFF)));
  EXPECT_FALSE(JwsKey::ed25519(Bytes(31, 1)));
  EXPECT_FALSE(JwsKey::ed25519({}));
}

TEST(JwsKey, NamesAreExact) {
  for (const auto algorithm :
       {JwsAlgorithm::kRs256, JwsAlgorithm::kPs256, JwsAlgorithm::kEs256, JwsAlgorithm::kEdDsa}) {
    EXPECT_EQ(parse_jws_algorithm(jws_algorithm_name(algorithm)), algorithm);
  }
  for (const char* const name :
       {"", "none", "None", "HS256", "rs256", "RS512", "RS256 ", "ES384"}) {
    EXPECT_FALSE(parse_jws_algorithm(name)) << name;
  }
}

}  // namespace
}  // namespace saiph::crypto
