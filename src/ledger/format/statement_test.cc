#include "ledger/format/statement.h"

#include <gtest/gtest.h>

#include <set>

#include "ledger/format/envelope.h"

namespace saiph::ledger {
namespace {

Statement sample() {
  Statement statement;
  statement.subjects.push_back(Subject::of("model.safetensors", Digest()));
  statement.subjects.push_back({"", {{"gitCommit", "abc"}, {"sha512", "00"}}});
  statement.predicate_type = predicate_type_uri(PredicateType::kScanReport);
  statement.predicate = R"({"verdict":"clean","n":1.50,"s":"}\"{"})";
  return statement;
}

TEST(Statement, RoundTrip) {
  const std::string text = encode_statement(sample()).value();
  EXPECT_EQ(text, R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":)"
                  R"("model.safetensors","digest":{"sha256":")" +
                      std::string(64, '0') +
                      R"("}},{"digest":{"gitCommit":"abc","sha512":"00"}}],"predicateType":)"
                      R"("urn:saiph:predicate:scan-report:v1","predicate":)"
                      R"({"verdict":"clean","n":1.50,"s":"}\"{"}})");
  const Statement read = decode_statement(as_bytes(text)).value();
  EXPECT_EQ(read, sample());
  EXPECT_EQ(read.subjects[0].sha256(), Digest());
  EXPECT_EQ(read.subjects[1].sha256(), std::nullopt);
}

TEST(Statement, PredicateKeepsItsText) {
  Statement statement = sample();
  for (const std::string_view predicate :
       {"{}", "{ \"a\" : [1, 2,\n {\"b\": \"\\\\\"}] }", R"({"a":{"b":{"c":"]}"}}})"}) {
    statement.predicate = predicate;
    const auto text = encode_statement(statement);
    ASSERT_TRUE(text) << predicate << text.error().describe();
    EXPECT_EQ(decode_statement(as_bytes(*text)).value().predicate, predicate);
  }
  statement.predicate = "\n {\"a\":1} \n";
  EXPECT_EQ(decode_statement(as_bytes(encode_statement(statement).value())).value().predicate,
            "{\"a\":1}");
}

TEST(Statement, NothingElseIsWritten) {
  for (const std::string_view predicate :
       {"", "1", "[]", "null", "\"{}\"", "{", "{}}", "{},\"_type\":\"x\"", "{} {}",
        "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":NaN}", "{\"a\":\"\xFF\"}",
        "{'a':1}", "{\"a\":1,}"}) {
    Statement statement = sample();
    statement.predicate = predicate;
    EXPECT_EQ(encode_statement(statement).error().code(), ErrorCode::kInvalidArgument) << predicate;
  }
  const auto refuse = [](auto change) {
    Statement statement = sample();
    change(statement);
    EXPECT_FALSE(encode_statement(statement));
  };
  refuse([](Statement& s) { s.subjects.clear(); });
  refuse([](Statement& s) { s.subjects[0].digests.clear(); });
  refuse([](Statement& s) { s.subjects[0].digests["sha256"] = std::string(64, 'A'); });
  refuse([](Statement& s) { s.subjects[0].digests["sha256"] = "00"; });
  refuse([](Statement& s) { s.subjects[0].name = "\xC0\x80"; });
  refuse([](Statement& s) { s.predicate_type.clear(); });
  refuse([](Statement& s) {
    s.predicate = "{\"a\":\"" + std::string(kMaxEnvelopeBytes, 'x') + "\"}";
  });
}

TEST(Statement, OtherProducersAreRead) {
  const std::string hex(64, 'a');
  const auto read = decode_statement(as_bytes(
      R"({"predicateType":"https://slsa.dev/provenance/v1","_type":"https://in-toto.io/Statement/v1",)"
      R"("subject":[{"uri":"pkg:x","annotations":{"k":[1]},"digest":{"sha256":")" +
      hex + R"("}}],"extension":{"deep":[{}]}})"));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->predicate, "{}");
  EXPECT_EQ(read->subjects.at(0).digests.at("sha256"), hex);
  EXPECT_FALSE(parse_predicate_type_uri(read->predicate_type));
}

TEST(Statement, WhatIsNoStatementIsRefused) {
  const std::string head = R"({"_type":"https://in-toto.io/Statement/v1",)";
  const std::string subject = R"("subject":[{"digest":{"a":"b"}}],)";
  const std::string type = R"("predicateType":"u")";
  EXPECT_TRUE(decode_statement(as_bytes(head + subject + type + "}")));
  for (const std::string& text : std::initializer_list<std::string>{
           std::string(),
           std::string("{}"),
           std::string("[1]"),
           "{" + subject + type + "}",
           head + type + "}",
           head + R"("subject":[],)" + type + "}",
           head + R"("subject":{},)" + type + "}",
           head + R"("subject":[1],)" + type + "}",
           head + R"("subject":[{"name":"n"}],)" + type + "}",
           head + R"("subject":[{"digest":{}}],)" + type + "}",
           head + R"("subject":[{"digest":{"a":1}}],)" + type + "}",
           head + R"("subject":[{"digest":{"a":""}}],)" + type + "}",
           head + R"("subject":[{"digest":{"sha256":"00"}}],)" + type + "}",
           head + R"("subject":[{"name":1,"digest":{"a":"b"}}],)" + type + "}",
           head + subject + R"("predicateType":""})",
           head + subject + R"("predicateType":1})",
           head + subject + R"("x":1})",
           head + subject + type + R"(,"predicate":[]})",
           head + subject + type + R"(,"predicate":null})",
           head + subject + type + R"(,"predicate":{"a":1,"a":1}})",
           head + subject + type + R"(,"predicateType":"v"})",
           head + subject + type + "}}",
           R"({"_type":1,)" + subject + type + "}",
       }) {
    EXPECT_FALSE(decode_statement(as_bytes(text))) << text;
  }
  EXPECT_EQ(decode_statement(
                as_bytes(R"({"_type":"https://in-toto.io/Statement/v0.1",)" + subject + type + "}"))
                .error()
                .code(),
            ErrorCode::kUnsupported);
}

TEST(Statement, PredicateTypes) {
  std::set<std::string_view> uris;
  for (std::size_t i = 0; i < kPredicateTypeCount; ++i) {
    const auto type = static_cast<PredicateType>(i);
    uris.insert(predicate_type_uri(type));
    EXPECT_EQ(parse_predicate_type_uri(predicate_type_uri(type)), type);
    EXPECT_EQ(parse_predicate_type_name(predicate_type_name(type)), type);
  }
  EXPECT_EQ(uris.size(), kPredicateTypeCount);
  EXPECT_EQ(predicate_type_name(PredicateType::kKeyRotation), "key-rotation");
  EXPECT_FALSE(parse_predicate_type_uri("urn:saiph:predicate:heartbeat:v2"));
  EXPECT_FALSE(parse_predicate_type_uri("URN:saiph:predicate:heartbeat:v1"));
}

}  // namespace
}  // namespace saiph::ledger
