// Suppressions, scans, live updates, the ledger, settings, metrics and the console's files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "codec/tar/tar.h"
#include "ledger/format/entry_proof.h"
#include "ledger/format/tiles.h"
#include "server/api_fixture_for_test.h"

namespace saiph::server {
namespace {

using identity::Permission;
using identity::PermissionSet;
using identity::Role;

class RecordsTest : public ApiFixture {
 protected:
  Caller operator_ = {};
  void SetUp() override {
    ApiFixture::SetUp();
    operator_ = caller_of(Role::kOperator, "op");
  }
  const std::string suppression_ =
      R"({"rule":"pickle-denied-callable","path":"models/**","reason":"our own loader","expires":"2026-04-02T03:04:05.678Z"})";

  std::string upload(const std::string& bytes, HeaderList more = {}) {
    more.emplace_back("Content-Type", "application/octet-stream");
    const Reply reply =
        call(operator_, "POST", "/api/v1/scans?label=model.pkl", bytes, std::move(more));
    EXPECT_EQ(reply.status, 202) << reply.body;
    return reply.text("/id");
  }
};

TEST_F(RecordsTest, Suppressions) {
  const Reply made = call(operator_, "POST", "/api/v1/suppressions", suppression_);
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = made.header("Location");
  EXPECT_EQ(made.text("/active"), "true");
  EXPECT_EQ(made.text("/author"), operator_.account);
  EXPECT_EQ(call(operator_, "GET", path).header("ETag"), "\"v1\"");
  EXPECT_EQ(call(operator_, "GET", "/api/v1/suppressions?active=true").text("/items/0/id"),
            made.text("/id"));
  EXPECT_EQ(call(operator_, "GET", "/api/v1/suppressions?active=false").text("/items/0"), "absent");
  const Reply changed = call(operator_, "PATCH", path, R"({"reason":"still our own loader"})",
                             {{"If-Match", "\"v1\""}});
  EXPECT_EQ(changed.text("/reason"), "still our own loader");
  EXPECT_EQ(call(operator_, "DELETE", path, "", {{"If-Match", "\"v1\""}}).status, 412);
  EXPECT_EQ(call(operator_, "DELETE", path).status, 428);
  EXPECT_EQ(call(operator_, "DELETE", path, "", {{"If-Match", "\"v2\""}}).status, 204);
  EXPECT_EQ(call(operator_, "GET", path).text("/active"), "false");
  const auto create = [&](const std::string& body) {
    return call(operator_, "POST", "/api/v1/suppressions", body).status;
  };
  EXPECT_EQ(create(R"({"rule":"a","reason":"long enough","expires":"2026-04-02T03:04:05.678Z"})"),
            422);
  EXPECT_EQ(
      create(R"({"rule":"a","path":"x","reason":"short","expires":"2026-04-02T03:04:05.678Z"})"),
      400);
  EXPECT_EQ(create(R"({"rule":"a","path":"x","reason":"long enough"})"), 400);
  EXPECT_EQ(
      create(
          R"({"rule":"a","path":"x","reason":"long enough","expires":"2036-04-02T03:04:05.678Z"})"),
      422);
}

TEST_F(RecordsTest, IdempotencyKeys) {
  const HeaderList key{{"Idempotency-Key", "k-1"}};
  const Reply first = call(operator_, "POST", "/api/v1/suppressions", suppression_, key);
  const Reply second = call(operator_, "POST", "/api/v1/suppressions", suppression_, key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.header("Location"), first.header("Location"));
  EXPECT_EQ(second.header("ETag"), first.header("ETag"));
  EXPECT_EQ(second.header("Idempotency-Replayed"), "true");
  std::string other = suppression_;
  other.replace(other.find("our own"), 3, "his");
  EXPECT_EQ(call(operator_, "POST", "/api/v1/suppressions", other, key).text("/type"),
            "urn:saiph:problem:idempotency-key-reused");
  // Somebody else's key is another key, and what failed may be sent again.
  EXPECT_EQ(call(caller_of(Role::kAdmin), "POST", "/api/v1/suppressions", suppression_, key).status,
            201);
  const HeaderList retry{{"Idempotency-Key", "k-2"}};
  EXPECT_EQ(call(operator_, "POST", "/api/v1/suppressions", "{}", retry).status, 400);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/suppressions", suppression_, retry).status, 201);
  EXPECT_EQ(
      call(operator_, "POST", "/api/v1/suppressions", suppression_, {{"Idempotency-Key", "a b"}})
          .status,
      400);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/suppressions", suppression_,
                 {{"Idempotency-Key", std::string(129, 'a')}})
                .status,
            400);
}

TEST_F(RecordsTest, UploadsAreScanned) {
  const std::string id = upload("cos\nsystem\n.");
  EXPECT_EQ(scans_.uploads[id].size(), 12U);
  const std::string path = "/api/v1/scans/" + id;
  EXPECT_EQ(call(operator_, "GET", path).text("/state"), "queued");
  EXPECT_EQ(call(operator_, "GET", path + "/report").status, 409);
  EXPECT_EQ(call(operator_, "GET", "/api/v1/scans?state=queued").text("/items/0/label"),
            "model.pkl");
  ASSERT_TRUE(state_->scans().start(id, now_));
  control::ScanOutcome outcome;
  outcome.verdict = Verdict::kFindings;
  outcome.ledger_index = 3;
  ASSERT_TRUE(state_->scans().finish(id, outcome, control::Actor::system(), now_));
  EXPECT_EQ(call(operator_, "GET", path + "/report").status, 404);
  scans_.reports[id] = "{\"path\":\"a\"}\n";
  const Reply report = call(operator_, "GET", path + "/report");
  EXPECT_EQ(report.status, 200);
  EXPECT_EQ(report.body, "{\"path\":\"a\"}\n");
  EXPECT_EQ(call(operator_, "DELETE", path).status, 409);
  EXPECT_EQ(call(operator_, "GET", path).text("/entry"), "3");
}

TEST_F(RecordsTest, UploadsHaveLimits) {
  EXPECT_EQ(call(operator_, "POST", "/api/v1/scans", "x", {{"Content-Type", "text/plain"}}).status,
            415);
  const HeaderList binary{{"Content-Type", "application/octet-stream"}};
  EXPECT_EQ(call({}, "POST", "/api/v1/scans", "x", binary).status, 401);
  EXPECT_EQ(call(caller_of(Role::kReporter), "POST", "/api/v1/scans", "x", binary).status, 403);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/scans", std::string(1'500'000, 'x'), binary).status,
            413);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/scans?label=", "x", binary).status, 400);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/scans?lable=a", "x", binary).status, 400);
  scans_.full = true;
  const Reply full = call(operator_, "POST", "/api/v1/scans", "x", binary);
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.header("Retry-After"), "5");
}

TEST_F(RecordsTest, AnUploadIsDoneOncePerKey) {
  const HeaderList key{{"Idempotency-Key", "u-1"}};
  EXPECT_EQ(upload("abc", key), upload("abc", key));
  EXPECT_EQ(scans_.uploads.size(), 1U);
  HeaderList other = key;
  other.emplace_back("Content-Type", "application/octet-stream");
  EXPECT_EQ(call(operator_, "POST", "/api/v1/scans?label=model.pkl", "abd", other).status, 422);
}

TEST_F(RecordsTest, PathsOfTheServerAreScanned) {
  const auto scan = [&](const std::string& body) {
    return call(operator_, "POST", "/api/v1/scans", body).status;
  };
  EXPECT_EQ(scan(R"({"path":"/srv/models/a.pt","label":"a"})"), 202);
  EXPECT_EQ(scan(R"({"path":"/etc/shadow"})"), 403);
  EXPECT_EQ(scan(R"({"path":"/none"})"), 422);
  EXPECT_EQ(scan(R"({"path":"relative"})"), 400);
  EXPECT_EQ(scan(R"({"path":"/srv/\u0000"})"), 400);
  EXPECT_EQ(scan(R"({})"), 400);
}

TEST_F(RecordsTest, ScansAreWatched) {
  const std::string id = upload("abc");
  net::Wire wire = net::Wire::tcp(port());
  wire.send("GET /api/v1/scans/" + id + "/events HTTP/1.1\r\nHost: localhost\r\nCookie: saiph=" +
            operator_.cookie + "\r\n\r\n");
  const std::string head = wire.receive_until("\r\n\r\n");
  EXPECT_NE(head.find("text/event-stream"), std::string::npos) << head;
  EXPECT_NE(wire.receive_until("\"state\":\"queued\"").find("event: scan"), std::string::npos);
  ASSERT_TRUE(state_->scans().start(id, now_));
  scans_.tell(id, ScanState::kRunning);
  EXPECT_NE(wire.receive_until("\"state\":\"running\"").find("event: scan"), std::string::npos);
  EXPECT_EQ(call(operator_, "DELETE", "/api/v1/scans/" + id).status, 204);
  const std::string rest = wire.receive_until("\r\n0\r\n\r\n");
  EXPECT_NE(rest.find("\"state\":\"cancelled\""), std::string::npos) << rest;
  // One that has ended says so and ends.
  const Reply late = call(operator_, "GET", "/api/v1/scans/" + id + "/events");
  EXPECT_NE(late.body.find("\"state\":\"cancelled\""), std::string::npos);
  EXPECT_EQ(call(operator_, "HEAD", "/api/v1/stream").status, 200);
}

TEST_F(RecordsTest, LiveUpdatesReachEveryConsoleAndAreLimited) {
  std::vector<net::Wire> wires;
  const std::string request =
      "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nCookie: saiph=" + operator_.cookie +
      "\r\n\r\n";
  for (int i = 0; i < 8; ++i) {
    wires.push_back(net::Wire::tcp(port()));
    wires.back().send(request);
    EXPECT_NE(wires.back().receive_until("retry: 3000").find("200 OK"), std::string::npos);
  }
  const Reply ninth = call(operator_, "GET", "/api/v1/stream");
  EXPECT_EQ(ninth.status, 429);
  EXPECT_EQ(call(caller_of(Role::kAuditor), "HEAD", "/api/v1/stream").status, 200);
  api_->index_changed();
  for (net::Wire& wire : wires) {
    EXPECT_NE(wire.receive_until("event: finding").find("event: ledger"), std::string::npos);
  }
  // A place is free again when its client is gone and was spoken to.
  wires.pop_back();
  for (int i = 0; i < 200; ++i) {
    api_->index_changed();
    net::Wire again = net::Wire::tcp(port());
    again.send(request);
    if (again.receive_until("\r\n\r\n").find("200 OK") != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "the place stays taken";
}

TEST_F(RecordsTest, StreamsEndWithTheirAccount) {
  ApiOptions options;
  options.heartbeat_ms = 20;
  restart(options);
  caller_of(Role::kAdmin);
  const Caller person = caller_of(Role::kReporter, "person");
  net::Wire wire = net::Wire::tcp(port());
  wire.send("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nCookie: saiph=" + person.cookie +
            "\r\n\r\n");
  EXPECT_NE(wire.receive_until(": \n\n").find("200 OK"), std::string::npos);
  control::AccountChange change;
  change.disabled = true;
  ASSERT_TRUE(state_->accounts().change(person.account, std::nullopt, change,
                                        control::Actor::system(), now_));
  EXPECT_NE(wire.receive_until("\r\n0\r\n\r\n").find("\r\n0\r\n\r\n"), std::string::npos);
}

TEST_F(RecordsTest, StreamsEndWithTheSession) {
  const Caller person = caller_of(Role::kReporter, "person");
  net::Wire wire = net::Wire::tcp(port());
  wire.send("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nCookie: saiph=" + person.cookie +
            "\r\n\r\n");
  EXPECT_NE(wire.receive_until("retry: 3000").find("200 OK"), std::string::npos);
  EXPECT_EQ(call(person, "DELETE", "/api/v1/session").status, 204);
  EXPECT_NE(wire.receive_until("\r\n0\r\n\r\n").find("\r\n0\r\n\r\n"), std::string::npos);
}

TEST_F(RecordsTest, TheLedgerIsServedWithProofs) {
  const Caller auditor = caller_of(Role::kAuditor);
  const Reply state = call(auditor, "GET", "/api/v1/ledger");
  ASSERT_EQ(state.status, 200);
  EXPECT_EQ(state.text("/origin"), ledger::kOriginForTest);
  EXPECT_EQ(state.text("/keys/0/current"), "true");
  EXPECT_EQ(state.text("/keys/0/fingerprint"), signer_->public_key().fingerprint().text());
  const Reply entry = call(auditor, "GET", "/api/v1/ledger/entries/0");
  const Reply proof = call(auditor, "GET", "/api/v1/ledger/entries/0/proof");
  const auto parsed = ledger::parse_entry_proof(proof.body);
  ASSERT_TRUE(parsed.has_value());
  const std::vector<ledger::VerifierKey> keys{ledger::verifier_for_test(*signer_)};
  EXPECT_TRUE(
      ledger::verify_entry_proof(*parsed, as_bytes(entry.body), ledger::kOriginForTest, keys));

  const Reply checkpoint = call(auditor, "GET", "/ledger/checkpoint");
  EXPECT_EQ(checkpoint.body, ledger_->head()->checkpoint);
  const std::string size = std::to_string(ledger_->head()->size);
  const Reply tile = call(auditor, "GET", "/ledger/tile/0/000.p/" + size);
  EXPECT_EQ(tile.body.size(), 32 * ledger_->head()->size);
  const Reply bundle = call(auditor, "GET", "/ledger/tile/entries/000.p/" + size);
  const auto entries = ledger::parse_bundle(as_bytes(bundle.body),
                                            static_cast<std::uint32_t>(ledger_->head()->size));
  ASSERT_TRUE(entries.has_value());
  EXPECT_EQ(as_text(entries->front()), entry.body);
  EXPECT_EQ(call(auditor, "GET", "/api/v1/ledger/consistency?from=1").status, 200);
  for (const char* target :
       {"/api/v1/ledger/entries/999", "/api/v1/ledger/entries/-1", "/api/v1/ledger/entries/00",
        "/api/v1/ledger/entries/99999999999999999999", "/ledger/tile/0/999", "/ledger/tile/64/000",
        "/ledger/tile/0/000.p/0", "/ledger/tile/x",
        "/api/v1/ledger/content/"
        "0000000000000000000000000000000000000000000000000000000000000000"}) {
    EXPECT_EQ(call(auditor, "GET", target).status, 404) << target;
  }
  for (const char* query : {"", "?from=2&to=1", "?from=99", "?from=0&to=99", "?from=a"}) {
    const int status =
        call(auditor, "GET", std::string("/api/v1/ledger/consistency") + query).status;
    EXPECT_TRUE(status == 400 || status == 422) << query;
  }
  EXPECT_EQ(call(caller_of(Role::kReporter), "GET", "/ledger/checkpoint").status, 403);
  EXPECT_EQ(call({}, "GET", "/ledger/checkpoint").status, 401);
}

TEST_F(RecordsTest, TilesForEverybodyWhenSetSo) {
  ApiOptions options;
  options.public_tiles = true;
  restart(options);
  caller_of(Role::kAdmin);
  EXPECT_EQ(call({}, "GET", "/ledger/checkpoint").status, 200);
  EXPECT_EQ(call({}, "GET", "/ledger/tile/0/000.p/1").status, 200);
  EXPECT_EQ(call({}, "GET", "/api/v1/ledger").status, 401);
}

TEST_F(RecordsTest, BodiesGoOutOnlyUnharmed) {
  const std::string text = "a whole report\n";
  const auto digest = ledger::put_content(*ledger_folder_, ViewSource(as_bytes(text)));
  ASSERT_TRUE(digest.has_value());
  const std::string path = "/api/v1/ledger/content/" + digest->text().substr(7);
  EXPECT_EQ(call(operator_, "GET", path).body, text);
  auto file = ledger_folder_->open(ledger::content_name(*digest), ledger::OpenMode::kWrite);
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE((*file)->write_at(0, as_bytes("A")));
  EXPECT_EQ(call(operator_, "GET", path).status, 500);
  EXPECT_TRUE(logged("is not the one that was recorded"));
}

TEST_F(RecordsTest, EvidencePacksAndExportsAreArchives) {
  const auto names = [&](const std::string& archive) {
    std::vector<std::string> list;
    Budget budget(Limits::strict());
    const auto read = codec::read_tar(ViewSource(as_bytes(archive)), budget);
    EXPECT_TRUE(read.has_value());
    EXPECT_TRUE(read->discrepancies.empty());
    for (const codec::TarEntry& entry : read->entries) list.emplace_back(read->name(entry));
    return list;
  };
  const Reply pack =
      call(operator_, "POST", "/api/v1/ledger/evidence-pack", R"({"entries":[0,1]})");
  ASSERT_EQ(pack.status, 200) << pack.body;
  EXPECT_THAT(names(pack.body),
              ::testing::IsSupersetOf({"evidence/README.md", "evidence/check.py",
                                       "evidence/entries/1.json", "evidence/proofs/0.tlog-proof"}));
  const Reply whole = call(operator_, "GET", "/api/v1/ledger/export");
  ASSERT_EQ(whole.status, 200);
  EXPECT_THAT(names(whole.body),
              ::testing::IsSupersetOf({"ledger/checkpoint", "ledger/ledger.json"}));
  const Reply tiles = call(operator_, "GET", "/api/v1/ledger/export?layout=tiles");
  const std::string leaf = "ledger/tile/0/000.p/" + std::to_string(ledger_->head()->size);
  EXPECT_THAT(names(tiles.body), ::testing::Contains(leaf));
  EXPECT_EQ(call(operator_, "GET", "/api/v1/ledger/export?layout=zip").status, 400);
  const auto refused = [&](const std::string& body) {
    return call(operator_, "POST", "/api/v1/ledger/evidence-pack", body).status;
  };
  EXPECT_EQ(refused(R"({"entries":[]})"), 400);
  EXPECT_EQ(refused(R"({"entries":[1,1]})"), 400);
  EXPECT_EQ(refused(R"({"entries":[99]})"), 422);
  // The folder goes after the last byte was handed over; the client may be first.
  const std::string scratch = folder_->path() + "/scratch";
  for (int i = 0; i < 500 && !std::filesystem::is_empty(scratch); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(std::filesystem::is_empty(scratch));
}

TEST_F(RecordsTest, ReportsMadeElsewhereAreRecorded) {
  const HeaderList lines{{"Content-Type", "application/jsonl"}};
  const std::uint64_t before = ledger_->head()->size;
  const Reply made = call(operator_, "POST", "/api/v1/reports?exit_code=1", "{\"a\":1}\n", lines);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text("/entry"), std::to_string(before));
  EXPECT_EQ(call(operator_, "POST", "/api/v1/reports?exit_code=1", "{}", lines).status, 422);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/reports", "{\"a\":1}\n", lines).status, 400);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/reports?exit_code=9", "{\"a\":1}\n", lines).status,
            400);
  EXPECT_EQ(
      call(caller_of(Role::kAuditor), "POST", "/api/v1/reports?exit_code=1", "x", lines).status,
      403);
}

TEST_F(RecordsTest, WhatAuditorsReadIsEvidence) {
  const Caller auditor = caller_of(Role::kAuditor);
  const std::uint64_t before = ledger_->head()->size;
  call(auditor, "GET", "/api/v1/findings");
  call(auditor, "GET", "/api/v1/rules/a-rule");
  call(operator_, "GET", "/api/v1/findings");
  ASSERT_TRUE(api_->flush());
  ASSERT_EQ(ledger_->head()->size, before + 1);
  const auto entry = ledger_->entry(before);
  const auto envelope = ledger::decode_envelope(*entry);
  ASSERT_TRUE(envelope.has_value());
  const auto statement = ledger::decode_statement(envelope->payload);
  ASSERT_TRUE(statement.has_value());
  EXPECT_EQ(statement->predicate_type, "urn:saiph:predicate:auditor-read:v1");
  EXPECT_NE(statement->predicate.find("\"operation\":\"listFindings\""), std::string::npos);
  EXPECT_NE(statement->predicate.find("\"object\":\"a-rule\""), std::string::npos);
  EXPECT_NE(statement->predicate.find("hmac-sha256:"), std::string::npos);
  EXPECT_EQ(statement->predicate.find(auditor.account), std::string::npos);
  ASSERT_TRUE(api_->flush());
  EXPECT_EQ(ledger_->head()->size, before + 1);
}

TEST_F(RecordsTest, ListsComeInPages) {
  for (int i = 0; i < 5; ++i) upload("x" + std::to_string(i));
  std::vector<std::string> seen;
  std::string target = "/api/v1/scans?limit=2";
  for (int page = 0; page < 5; ++page) {
    const Reply reply = call(operator_, "GET", target);
    for (int i = 0; i < 2; ++i) {
      const std::string id = reply.text("/items/" + std::to_string(i) + "/id");
      if (id != "absent") seen.push_back(id);
    }
    const std::string next = reply.text("/next");
    if (next == "null") break;
    target = "/api/v1/scans?limit=2&cursor=" + next;
  }
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 5U);
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(call(operator_, "GET", "/api/v1/rules?limit=1").text("/next"), "a-rule");
  EXPECT_EQ(call(operator_, "GET", "/api/v1/rules?limit=1&cursor=a-rule").text("/next"), "null");
  for (const char* query : {"limit=0", "limit=201", "limit=x", "cursor=%21", "cursor=", "page=2"}) {
    EXPECT_EQ(call(operator_, "GET", std::string("/api/v1/scans?") + query).status, 400) << query;
  }
  EXPECT_EQ(call(operator_, "GET", "/api/v1/scans?cursor=AAAA").text("/errors/0/name"), "cursor");
}

TEST_F(RecordsTest, WhatTheIndexKnowsIsShown) {
  catch_up();
  EXPECT_EQ(call(operator_, "GET", "/api/v1/overview").status, 200);
  EXPECT_EQ(call(operator_, "GET", "/api/v1/assets?verdict=clean&name=x").status, 200);
  EXPECT_EQ(call(operator_, "GET", "/api/v1/findings?state=open&severity=high").status, 200);
  EXPECT_EQ(call(operator_, "GET", "/api/v1/findings?severity=worst").status, 400);
  EXPECT_EQ(call(operator_, "GET", "/api/v1/assets/17").status, 404);
  EXPECT_EQ(call(operator_, "GET", "/api/v1/findings/%C3%A4").status, 404);
  const Reply events = call(operator_, "GET", "/api/v1/events?type=configuration-change");
  EXPECT_EQ(events.text("/items/0/what"), "session-begun") << events.body;
  EXPECT_EQ(call(operator_, "GET", "/api/v1/events?type=x").status, 400);
  EXPECT_EQ(call(operator_, "GET", "/api/v1/rules?severity=high").text("/items/0/id"),
            "pickle-denied-callable");
  EXPECT_EQ(call(operator_, "GET", "/api/v1/rules/none").status, 404);
}

TEST_F(RecordsTest, SettingsBackupsHealthAndMetrics) {
  const Caller admin = caller_of(Role::kAdmin);
  const Reply settings = call(admin, "GET", "/api/v1/settings");
  EXPECT_EQ(settings.text("/scan_roots/0"), "/srv/models");
  const HeaderList match{{"If-Match", settings.header("ETag")}};
  EXPECT_EQ(call(admin, "PATCH", "/api/v1/settings", R"({"retention_days":0})", match).status, 400);
  EXPECT_EQ(call(admin, "PATCH", "/api/v1/settings", R"({"version":7})", match).status, 400);
  EXPECT_EQ(
      call(admin, "PATCH", "/api/v1/settings", R"({"legal_hold":true})", match).text("/legal_hold"),
      "true");
  EXPECT_EQ(call(admin, "PATCH", "/api/v1/settings", R"({"legal_hold":false})", match).status, 412);
  EXPECT_EQ(call(admin, "POST", "/api/v1/backup").text("/file"), "state-1.db");
  catch_up();
  EXPECT_EQ(call(admin, "GET", "/api/v1/health").text("/status"), "ok");
  EXPECT_EQ(call({}, "GET", "/healthz").body, "{\"status\":\"ok\"}");
  const Reply metrics = call(admin, "GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  for (const char* line :
       {"# TYPE saiph_api_requests_total counter",
        "saiph_api_requests_total{operation=\"getSettings\",status=\"2xx\"} 1\n",
        "saiph_api_request_seconds_bucket{operation=\"makeBackup\",le=\"+Inf\"} 1\n",
        "saiph_info{version=\"0.0.0-test\"} 1\n", "saiph_http_requests_total "}) {
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line;
  }
}

TEST_F(RecordsTest, TheDocumentIsServedAsItStands) {
  const Reply document = call({}, "GET", "/api/v1/openapi.json");
  EXPECT_EQ(document.body, openapi_document());
  EXPECT_EQ(document.body.substr(0, 24), "{\n  \"openapi\": \"3.1.0\",\n");
}

TEST_F(RecordsTest, TheConsolesFiles) {
  const Reply index = send("GET", "/");
  EXPECT_EQ(index.status, 200);
  EXPECT_EQ(index.body, "<!doctype html>");
  EXPECT_EQ(index.header("Cache-Control"), "no-cache");
  EXPECT_NE(index.header("Content-Security-Policy").find("script-src 'self'"), std::string::npos);
  EXPECT_EQ(send("GET", "/findings/42").body, "<!doctype html>");
  EXPECT_EQ(send("GET", "/ledger").body, "<!doctype html>");
  EXPECT_EQ(send("GET", "/none.js").status, 404);
  const Reply script = send("GET", "/assets/app-1234.js", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(script.header("Content-Encoding"), "gzip");
  EXPECT_EQ(script.body, "GZIP");
  EXPECT_NE(script.header("Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(send("GET", "/assets/app-1234.js", {{"Accept-Encoding", "gzip;q=0"}}).body,
            "let a = 1;");
  EXPECT_EQ(send("GET", "/assets/app-1234.js", {{"If-None-Match", "\"a1\""}}).status, 304);
  const Reply head = send("HEAD", "/");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("Content-Length"), "15");
  EXPECT_EQ(send("POST", "/").status, 405);
}

TEST_F(RecordsTest, PathsAndMethodsThatAreNot) {
  EXPECT_EQ(send("GET", "/api/v1/none").status, 404);
  EXPECT_EQ(send("GET", "/api").status, 404);
  const Reply wrong = send("PUT", "/api/v1/scans");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "OPTIONS, GET, HEAD, POST");
  const Reply options = send("OPTIONS", "/api/v1/scans");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("Allow"), "OPTIONS, GET, HEAD, POST");
  EXPECT_TRUE(options.header("Access-Control-Allow-Origin").empty());
  const Reply malformed = send("GET", "/a/../b");
  EXPECT_EQ(malformed.status, 400);
  EXPECT_EQ(malformed.text("/type"), "urn:saiph:problem:http-400");
  EXPECT_EQ(call(operator_, "POST", "/api/v1/suppressions", suppression_,
                 {{"Content-Type", "text/plain"}})
                .status,
            415);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/suppressions", suppression_,
                 {{"Content-Type", "application/json; charset=latin1"}})
                .status,
            415);
  EXPECT_EQ(call(operator_, "POST", "/api/v1/suppressions", std::string(70'000, ' ')).status, 413);
}

TEST_F(RecordsTest, ManyAtOnceAreAllAnswered) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const Reply reply = t % 2 == 0 ? send("GET", "/api/v1/findings", operator_.headers())
                                       : send("GET", "/api/v1/ledger", operator_.headers());
        good += reply.status == 200 ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
}

}  // namespace
}  // namespace saiph::server
