#include "crypto/signature.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "crypto/dsse.h"
#include "crypto/secret.h"

namespace saiph::crypto {
namespace {

Bytes from_hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1])));
  }
  return out;
}

constexpr SignatureAlgorithm kBoth[] = {SignatureAlgorithm::kEd25519,
                                        SignatureAlgorithm::kEcdsaP256Sha256};

// RFC 8032, section 7.1, tests 1 to 3.
TEST(Signature, Ed25519KnownAnswers) {
  const struct {
    const char* secret;
    const char* key;
    const char* message;
    const char* signature;
  } vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9"
       "b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "1"
       "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
       "d"
       "c6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  for (const auto& vector : vectors) {
    const auto signer =
        SoftwareSigner::from_secret(SignatureAlgorithm::kEd25519, from_hex(vector.secret));
    ASSERT_TRUE(signer) << signer.error().describe();
    EXPECT_EQ((*signer)->public_key().raw(), from_hex(vector.key));
    const Bytes message = from_hex(vector.message);
    EXPECT_EQ((*signer)->sign(message).value(), from_hex(vector.signature));
    EXPECT_TRUE((*signer)->public_key().verify(message, from_hex(vector.signature)));
  }
}

// RFC 6979, A.2.5: the key of P-256 (its deterministic signature, in DER, verifies with ours).
TEST(Signature, P256KnownKeyAndSignature) {
  const auto signer = SoftwareSigner::from_secret(
      SignatureAlgorithm::kEcdsaP256Sha256,
      from_hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"));
  ASSERT_TRUE(signer) << signer.error().describe();
  EXPECT_EQ((*signer)->public_key().raw(),
            from_hex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"));
  const Bytes signature = from_hex(
      "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
      "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
  EXPECT_TRUE((*signer)->public_key().verify(as_bytes("sample"), signature));
  EXPECT_FALSE((*signer)->public_key().verify(as_bytes("Sample"), signature));
}

TEST(Signature, RoundTripAndEveryBitCounts) {
  for (const auto algorithm : kBoth) {
    const auto signer = SoftwareSigner::generate(algorithm).value();
    const PublicKey& key = signer->public_key();
    const Bytes message = {1, 2, 3, 4, 5};
    const Bytes signature = signer->sign(message).value();
    EXPECT_TRUE(key.verify(message, signature));
    for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
      Bytes changed = message;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      EXPECT_FALSE(key.verify(changed, signature));
    }
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
      Bytes changed = signature;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      EXPECT_FALSE(key.verify(message, changed));
    }
    for (std::size_t length = 0; length < signature.size(); ++length) {
      EXPECT_FALSE(key.verify(message, ByteView(signature).first(length)));
    }
    Bytes longer = signature;
    longer.push_back(0);
    EXPECT_FALSE(key.verify(message, longer));
    const auto other = SoftwareSigner::generate(algorithm).value();
    EXPECT_FALSE(other->public_key().verify(message, signature));
    EXPECT_FALSE(other->public_key() == key);
  }
}

// S + L is another signature of the same message unless S is checked (RFC 8032, 5.1.7).
TEST(Signature, Ed25519RefusesUnreducedS) {
  const auto signer = SoftwareSigner::generate(SignatureAlgorithm::kEd25519).value();
  Bytes signature = signer->sign(as_bytes("m")).value();
  const Bytes order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature[32 + i] + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8U;
  }
  EXPECT_FALSE(signer->public_key().verify(as_bytes("m"), signature));
}

TEST(Signature, KeysInEveryForm) {
  for (const auto algorithm : kBoth) {
    const auto signer = SoftwareSigner::generate(algorithm).value();
    const PublicKey& key = signer->public_key();
    EXPECT_EQ(PublicKey::from_raw(algorithm, key.raw()).value(), key);
    EXPECT_EQ(PublicKey::from_spki(key.spki()).value(), key);
    EXPECT_EQ(PublicKey::from_pem(key.pem()).value(), key);
    EXPECT_EQ(PublicKey::from_pem("note\n" + key.pem() + "note\n").value(), key);
    EXPECT_EQ(PublicKey::from_pem(key.pem()).value().fingerprint(), key.fingerprint());
    Bytes longer = key.spki();
    longer.push_back(0);
    EXPECT_FALSE(PublicKey::from_spki(longer));
    for (std::size_t length = 0; length < key.spki().size(); ++length) {
      EXPECT_FALSE(PublicKey::from_spki(ByteView(key.spki()).first(length)));
    }
    EXPECT_FALSE(PublicKey::from_raw(algorithm, ByteView(key.raw()).subspan(1)));
    EXPECT_EQ(parse_signature_algorithm(signature_algorithm_name(algorithm)), algorithm);
    const auto again = SoftwareSigner::from_secret(algorithm, signer->secret()).value();
    EXPECT_EQ(again->public_key(), key);
  }
  EXPECT_FALSE(parse_signature_algorithm("rsa"));
  EXPECT_FALSE(PublicKey::from_pem("hello"));
  EXPECT_FALSE(PublicKey::from_pem(""));
  EXPECT_EQ(PublicKey::from_raw(SignatureAlgorithm::kEcdsaP256Sha256, Bytes(65, 4)).error().code(),
            ErrorCode::kMalformed);
  EXPECT_FALSE(SoftwareSigner::from_secret(SignatureAlgorithm::kEcdsaP256Sha256, Bytes(32, 0)));
  EXPECT_FALSE(SoftwareSigner::from_secret(SignatureAlgorithm::kEcdsaP256Sha256, Bytes(32, 0xFF)));
  EXPECT_FALSE(SoftwareSigner::from_secret(SignatureAlgorithm::kEd25519, Bytes(31, 1)));
}

TEST(Signature, ManyThreadsShareOneSigner) {
  const auto signer = SoftwareSigner::generate(SignatureAlgorithm::kEd25519).value();
  std::vector<std::thread> threads;
  std::vector<int> good(4, 0);
  for (std::size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::uint8_t i = 0; i < 50; ++i) {
        const Bytes message(100, i);
        good[t] += signer->public_key().verify(message, signer->sign(message).value()) ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int count : good) EXPECT_EQ(count, 50);
}

TEST(Secret, CompareMoveAndRandom) {
  EXPECT_TRUE(constant_time_equal(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("ab")));
  EXPECT_TRUE(constant_time_equal({}, {}));
  SecretBytes a(32);
  ASSERT_TRUE(random_bytes(a.mutable_view()));
  const Bytes copy(a.view().begin(), a.view().end());
  EXPECT_NE(copy, Bytes(32));
  SecretBytes b = std::move(a);
  EXPECT_TRUE(constant_time_equal(b.view(), copy));
  b = SecretBytes(as_bytes("x"));
  EXPECT_EQ(b.size(), 1U);
  EXPECT_TRUE(random_bytes({}));
}

// DSSE protocol, "Test Vectors": the encoding; the signature there is r || s, ours would be DER.
TEST(Dsse, EncodingOfTheSpecification) {
  EXPECT_EQ(as_text(dsse_encoding("http://example.com/HelloWorld", as_bytes("hello world"))),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(as_text(dsse_encoding("", {})), "DSSEv1 0  0 ");
}

TEST(Dsse, VerifiesTheSpecificationsSignatureInDer) {
  const auto signer = SoftwareSigner::from_secret(
      SignatureAlgorithm::kEcdsaP256Sha256,
      from_hex("d73ec437fd6346e3619c5ebfdfff0f6916804955ad32ac9ac492b0ede1f6ffb7"));
  ASSERT_TRUE(signer);
  const PublicKey& key = (*signer)->public_key();
  EXPECT_EQ(key.raw(),
            from_hex("0467cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238"
                     "0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74"));
  const Bytes signature = from_hex(
      "3044022003726ab101ad56c2763b6c6aac8e487275e2a79193a09dc5f859d9f8ef3c4a3b"
      "022051eab0c06a369b64a7222537d4887a893dc200ae21060074d57825235b624864");
  constexpr std::string_view kType = "http://example.com/HelloWorld";
  EXPECT_TRUE(dsse_verify(key, kType, as_bytes("hello world"), signature));
  EXPECT_FALSE(dsse_verify(key, kType, as_bytes("hello worle"), signature));
  EXPECT_FALSE(dsse_verify(key, "", as_bytes("hello world"), signature));
  const Bytes own = dsse_sign(**signer, kType, as_bytes("hello world")).value();
  EXPECT_TRUE(dsse_verify(key, kType, as_bytes("hello world"), own));
}

}  // namespace
}  // namespace saiph::crypto
