#include "ledger/format/envelope.h"

#include <gtest/gtest.h>

#include "ledger/format/example_for_test.h"

namespace saiph::ledger {
namespace {

Envelope sample() {
  return {"text/plain", {'h', 'i'}, {{"sha256:00", {1, 2, 3}}, {"", {4}}}};
}

TEST(Envelope, OneSpelling) {
  const std::string text = encode_envelope(sample()).value();
  EXPECT_EQ(text, R"({"payloadType":"text/plain","payload":"aGk=","signatures":[)"
                  R"({"keyid":"sha256:00","sig":"AQID"},{"keyid":"","sig":"BA=="}]})");
  EXPECT_EQ(decode_envelope(as_bytes(text)).value(), sample());
}

TEST(Envelope, OtherSpellingsOfDsseAreRead) {
  for (const std::string_view text : {
           R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":"AQID"}]})",
           " {\n \"signatures\": [ { \"sig\": \"-_8=\" } ], \"payloadType\": \"t\", \"payload\": "
           "\"\" }\n",
           R"({"payload":"+/8=","payloadType":"\u0074","signatures":[{"sig":"AQID","keyid":"k"}]})",
       }) {
    const auto envelope = decode_envelope(as_bytes(text));
    ASSERT_TRUE(envelope) << text << envelope.error().describe();
    EXPECT_EQ(envelope->payload_type, "t");
  }
}

TEST(Envelope, WhatIsNoEnvelopeIsRefused) {
  for (
      const std::string_view text : {
          "",
          "{",
          "[]",
          "null",
          "{}",
          "\"\"",
          R"({"payload":"aGk=","payloadType":"t"})",
          R"({"payload":"aGk=","payloadType":"t","signatures":[]})",
          R"({"payload":"aGk=","payloadType":"t","signatures":{}})",
          R"({"payload":"aGk=","payloadType":"t","signatures":["AQID"]})",
          R"({"payload":"aGk=","payloadType":"t","signatures":[{}]})",
          R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":""}]})",
          R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":7}]})",
          R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":"AQID","keyid":null}]})",
          R"({"payload":"aGk=","signatures":[{"sig":"AQID"}]})",
          R"({"payloadType":"t","signatures":[{"sig":"AQID"}]})",
          R"({"payload":null,"payloadType":"t","signatures":[{"sig":"AQID"}]})",
          // not canonical base64: no padding, spare bits, both alphabets at once, a space
          R"({"payload":"aGk","payloadType":"t","signatures":[{"sig":"AQID"}]})",
          R"({"payload":"aGl=","payloadType":"t","signatures":[{"sig":"AQID"}]})",
          R"({"payload":"+_8=","payloadType":"t","signatures":[{"sig":"AQID"}]})",
          R"({"payload":"aG k","payloadType":"t","signatures":[{"sig":"AQID"}]})",
          // a key twice, also where one of the two is escaped
          R"({"payload":"aGk=","payload":"aGk=","payloadType":"t","signatures":[{"sig":"AQID"}]})",
          R"({"payload":"aGk=","p\u0061yload":"AA==","payloadType":"t","signatures":[{"sig":"AQID"}]})",
          R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":"AQID","sig":"AQIE"}]})",
          // members nobody signed
          R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":"AQID"}],"note":1})",
          R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":"AQID","cert":"x"}]})",
          // after the end, before the beginning
          R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":"AQID"}]} 1)",
          "\xEF\xBB\xBF{\"payload\":\"aGk=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":"
          "\"AQID\"}]}",
      }) {
    EXPECT_FALSE(decode_envelope(as_bytes(text))) << text;
  }
  std::string deep = R"({"payload":)" + std::string(1000, '[');
  EXPECT_FALSE(decode_envelope(as_bytes(deep)));
}

TEST(Envelope, Limits) {
  Envelope envelope = sample();
  envelope.payload.resize(45'000);
  EXPECT_TRUE(encode_envelope(envelope));
  envelope.payload.resize(46'500);
  EXPECT_EQ(encode_envelope(envelope).error().code(), ErrorCode::kLimit);
  envelope = sample();
  envelope.signatures.resize(9, {"", {1}});
  EXPECT_EQ(encode_envelope(envelope).error().code(), ErrorCode::kLimit);
  envelope.signatures.clear();
  EXPECT_EQ(encode_envelope(envelope).error().code(), ErrorCode::kInvalidArgument);
  envelope = sample();
  envelope.payload_type = "\xFF";
  EXPECT_EQ(encode_envelope(envelope).error().code(), ErrorCode::kInvalidArgument);
  const std::string longer(kMaxEnvelopeBytes + 1, ' ');
  EXPECT_EQ(decode_envelope(as_bytes(longer)).error().code(), ErrorCode::kLimit);
  std::string nine = R"({"payload":"","payloadType":"t","signatures":[)";
  for (int i = 0; i < 9; ++i) nine += std::string(i == 0 ? "" : ",") + R"({"sig":"AA=="})";
  EXPECT_EQ(decode_envelope(as_bytes(nine + "]}")).error().code(), ErrorCode::kLimit);
}

TEST(Envelope, SealedAndVerified) {
  for (const auto algorithm :
       {crypto::SignatureAlgorithm::kEd25519, crypto::SignatureAlgorithm::kEcdsaP256Sha256}) {
    const auto signer = example_signer(1, algorithm);
    const auto other = example_signer(2, algorithm);
    const std::string text = seal_envelope("t", as_bytes("payload"), *signer).value();
    Envelope envelope = decode_envelope(as_bytes(text)).value();
    const std::vector<crypto::PublicKey> keys = {other->public_key(), signer->public_key()};
    EXPECT_EQ(verified_by(envelope, keys), 1U);
    EXPECT_EQ(verified_by(envelope, {}), std::nullopt);
    EXPECT_EQ(verified_by(envelope, std::span(keys).first(1)), std::nullopt);
    // The key id only narrows the search; it convinces nobody.
    envelope.signatures[0].keyid = "";
    EXPECT_EQ(verified_by(envelope, keys), 1U);
    envelope.signatures[0].keyid = other->public_key().fingerprint().text();
    EXPECT_EQ(verified_by(envelope, keys), std::nullopt);
    envelope.signatures[0].keyid = "";
    envelope.payload_type = "u";
    EXPECT_EQ(verified_by(envelope, keys), std::nullopt);
  }
}

}  // namespace
}  // namespace saiph::ledger
