// POST /api/v1/inspect: what is taken, what comes back, and that nothing of a text stays anywhere.
#include <gtest/gtest.h>

#include "server/api_fixture_for_test.h"

namespace saiph::server {
namespace {

using identity::PermissionSet;
using identity::Role;

class InspectionTest : public ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    caller_ = caller_of(Role::kReporter);
  }
  Reply inspect(const std::string& body) { return call(caller_, "POST", kPath, body); }

  static constexpr const char* kPath = "/api/v1/inspect";
  Caller caller_;
};

TEST_F(InspectionTest, AnswersWhatTheInspectorSays) {
  const Reply plain = inspect(R"({"text":"good morning"})");
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(plain.text("/verdict"), "allow");
  EXPECT_EQ(plain.text("/channel"), "user");
  EXPECT_EQ(plain.text("/bytes"), "12");
  EXPECT_EQ(plain.text("/version"), "rules 1, model 2");
  EXPECT_EQ(plain.text("/seen"), "absent");
  EXPECT_EQ(plain.text("/id"), "absent");

  const Reply bad = inspect(R"({"text":"é attack","channel":"tool_result","views":true})");
  EXPECT_EQ(bad.status, 200);
  EXPECT_EQ(bad.text("/verdict"), "block");
  EXPECT_EQ(bad.text("/score"), "0.9");
  EXPECT_EQ(bad.text("/channel"), "tool_result");
  EXPECT_EQ(bad.text("/reasons/0"), "the word is there, from tool_result");
  EXPECT_EQ(bad.text("/findings/0/rule"), "test.attack");
  EXPECT_EQ(bad.text("/findings/0/offset"), "3");
  EXPECT_EQ(bad.text("/findings/0/length"), "6");
  EXPECT_EQ(bad.text("/findings/0/view/0"), "base64 at 0..9");
  EXPECT_EQ(bad.text("/unlisted_findings"), "3");
  EXPECT_EQ(bad.text("/seen/1/how/0"), "base64 at 0..9");
}

TEST_F(InspectionTest, ACopyWithoutWhatWasFoundIsGivenWhenAskedFor) {
  EXPECT_EQ(inspect(R"({"text":"a","redact":"none"})").text("/redacted"), "absent");
  const Reply label = inspect(R"({"text":"a","redact":"label"})");
  EXPECT_EQ(label.status, 200);
  EXPECT_EQ(label.text("/redacted/text"), "labeled");
  EXPECT_EQ(label.text("/redacted/places"), "1");
  EXPECT_EQ(label.text("/redacted/tokens"), "absent");
  const Reply token = inspect(R"({"text":"a","redact":"token"})");
  EXPECT_EQ(token.text("/redacted/tokens/0/token"), "<A_1>");
  EXPECT_EQ(token.text("/redacted/tokens/0/value"), "b");
  EXPECT_EQ(inspect(R"({"text":"a","redact":"all"})").text("/errors/0/name"), "/redact");
}

TEST_F(InspectionTest, EveryChannelIsTaken) {
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const std::string name(name_of(static_cast<Channel>(i)));
    const Reply reply = inspect(R"({"text":"attack","channel":")" + name + "\"}");
    EXPECT_EQ(reply.status, 200) << name;
    EXPECT_EQ(reply.text("/channel"), name);
  }
}

TEST_F(InspectionTest, OddTextsAreTaken) {
  struct Row {
    const char* text;  // as it stands in the JSON
    const char* bytes;
  };
  for (const Row& row : {Row{"", "0"}, Row{R"(\u0000\u001b[31m\r\n\t)", "9"}, Row{"\x7f", "1"},
                         Row{R"(\ud83d\ude00)", "4"},
                         // Halves of surrogate pairs: three bytes each that are no UTF-8.
                         Row{R"(\ud83d)", "3"}, Row{R"(\ude00\ud83d)", "6"},
                         Row{"\xe2\x80\x8b\xf3\xa0\x81\x81", "7"}}) {
    const Reply reply = inspect(std::string(R"({"views":true,"text":")") + row.text + "attack\"}");
    EXPECT_EQ(reply.status, 200) << row.text << reply.body;
    EXPECT_EQ(reply.text("/bytes"), std::to_string(std::stoi(row.bytes) + 6)) << row.text;
    EXPECT_EQ(reply.text("/findings/0/offset"), row.bytes) << row.text;
  }
}

TEST_F(InspectionTest, WrongBodiesAreRefusedWithTheirPlace) {
  struct Row {
    const char* body;
    const char* name;
  };
  for (const Row& row :
       {Row{"", ""}, Row{"{", ""}, Row{"[]", ""}, Row{"{}", "/text"}, Row{R"({"text":1})", "/text"},
        Row{R"({"text":null})", "/text"}, Row{R"({"text":["a"]})", "/text"},
        Row{R"({"text":"a","text":"b"})", "/text"},
        Row{R"({"text":"a","channel":"User"})", "/channel"},
        Row{R"({"text":"a","channel":1})", "/channel"},
        Row{R"({"text":"a","channel":null})", "/channel"},
        Row{R"({"text":"a","views":"yes"})", "/views"}, Row{R"({"text":"a","view":true})", "/view"},
        Row{"{\"text\":\"\xff\"}", ""}, Row{"{\"text\":\"\n\"}", ""}}) {
    const Reply reply = inspect(row.body);
    EXPECT_EQ(reply.status, 400) << row.body;
    EXPECT_EQ(reply.text("/errors/0/name"), row.name) << row.body;
  }
  EXPECT_EQ(call(caller_, "POST", std::string(kPath) + "?text=a", R"({"text":"a"})").status, 400);
  EXPECT_EQ(call(caller_, "POST", kPath, "a", {{"Content-Type", "text/plain"}}).status, 415);
}

TEST_F(InspectionTest, TakesOneMebibyteFromThoseWhoMayAsk) {
  const auto body = [](std::size_t bytes) {
    const std::string frame = R"({"text":""})";
    return R"({"text":")" + std::string(bytes - frame.size(), 'a') + "\"}";
  };
  for (const std::size_t bytes : {kMaxJsonBody, kMaxJsonBody + 1, kMaxTextBody}) {
    EXPECT_EQ(inspect(body(bytes)).status, 200) << bytes;
  }
  EXPECT_EQ(inspect(body(kMaxTextBody + 1)).status, 413);
  // Strangers, and pages of other sites, send no large bodies at all.
  EXPECT_EQ(call({}, "POST", kPath, body(kMaxTextBody)).status, 401);
  Caller without = caller_;
  without.csrf.clear();
  EXPECT_EQ(call(without, "POST", kPath, body(kMaxTextBody)).status, 403);
  // In pieces, without a length.
  net::Wire wire = net::Wire::tcp(port());
  std::string head =
      "POST /api/v1/inspect HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
  for (const auto& [name, value] : caller_.headers()) head += name + ": " + value + "\r\n";
  wire.send(head + "\r\n" + "f\r\n{\"text\":\"attack\r\n2\r\n\"}\r\n0\r\n\r\n");
  EXPECT_EQ(parse(wire.receive_all()).text("/verdict"), "block");
}

TEST_F(InspectionTest, ProgramsNeedTheScopeRead) {
  const Caller admin = caller_of(Role::kAdmin);
  const std::string body = R"({"text":"attack"})";
  const Caller reader = token_of(admin, PermissionSet{identity::Permission::kRead});
  EXPECT_EQ(call(reader, "POST", kPath, body).status, 200);
  const Caller scanner = token_of(admin, PermissionSet{identity::Permission::kScan});
  EXPECT_EQ(call(scanner, "POST", kPath, body).status, 403);
}

TEST_F(InspectionTest, NothingOfATextStaysOrIsRepeated) {
  const Caller auditor = caller_of(Role::kAuditor);
  const std::uint64_t entries = ledger_->head()->size;
  const std::string secret = "a-word-that-nobody-should-see-again";
  for (const std::string& body :
       {R"({"text":"attack )" + secret + "\"}", R"({"text":"attack )" + secret,
        R"({"text":"attack )" + secret + R"(","channel":7})"}) {
    for (const Caller& caller : {caller_, auditor}) {
      EXPECT_EQ(call(caller, "POST", kPath, body).body.find(secret), std::string::npos) << body;
    }
  }
  ASSERT_TRUE(api_->flush());
  EXPECT_EQ(ledger_->head()->size, entries);
  EXPECT_FALSE(logged(secret));
}

TEST_F(InspectionTest, WithoutAnInspectorItSaysSo) {
  with_texts_ = false;
  restart({});
  const Caller caller = caller_of(Role::kOperator);
  const Reply reply = call(caller, "POST", kPath, R"({"text":"attack"})");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.text("/type"), "urn:saiph:problem:unavailable");
  EXPECT_EQ(reply.text("/detail"), "This server inspects no texts.");
  EXPECT_FALSE(reply.header("Retry-After").empty());
}

}  // namespace
}  // namespace saiph::server
