#include "control/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/time_text.h"
#include "codec/json/json_writer.h"
#include "control/identifier.h"
#include "control/state_for_test.h"
#include "ledger/content_store.h"
#include "ledger/log_for_test.h"
#include "store/database.h"

namespace saiph::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr UnixMillis kNow = kNowForTest;

struct FindingForTest {
  std::string rule = "pickle-denied-callable";
  std::string severity = "critical";
  std::string detail = "calls os.system";
  std::string suppressed_by = {};
};
struct FileForTest {
  std::string name = {};
  std::string bytes = {};  ///< of which the digest is taken; empty: no digest
  std::vector<FindingForTest> findings = {};
  bool incomplete = false;
};
struct ScanForTest {
  std::vector<FileForTest> files = {};
  UnixMillis time = kNow;
  std::string mode = "full";
  std::string job = {};
  std::string source = {};
  bool with_summary = true;
};

std::string body_of(const ScanForTest& scan) {
  std::string body;
  for (const FileForTest& file : scan.files) {
    codec::JsonWriter json(body);
    json.begin_object();
    json.member("path", file.name);
    if (file.bytes.empty()) {
      json.key("digest");
      json.null();
    } else {
      json.member("digest", digest_for_test(file.bytes).text());
    }
    json.member("size", file.bytes.size());
    json.array("types");
    json.string("pickle");
    json.end_array();
    json.member("verdict", !file.findings.empty() ? "findings"
                           : file.incomplete      ? "incomplete"
                                                  : "clean");
    json.array("reasons");
    if (file.incomplete) {
      json.begin_object();
      json.member("code", "limit");
      json.end_object();
    }
    json.end_array();
    json.array("findings");
    for (const FindingForTest& finding : file.findings) {
      json.begin_object();
      json.member("rule", finding.rule);
      json.member("severity", finding.severity);
      json.object("location");
      json.member("path", file.name + "!data.pkl");
      json.member("offset", 17);
      json.end_object();
      json.member("detail", finding.detail);
      json.member("title", "A title");
      json.array("references");
      json.string("CWE-502");
      json.string("OWASP:LLM03");
      json.end_array();
      json.member("fingerprint", "sha256:" + finding.rule + finding.detail);
      if (!finding.suppressed_by.empty()) json.member("suppressed_by", finding.suppressed_by);
      json.end_object();
    }
    json.end_array();
    json.end_object();
    body += '\n';
  }
  if (scan.with_summary) body += "{\"summary\":{\"files\":1}}\n";
  return body;
}

/// A ledger with real envelopes on disk, and an index over it.
class IndexTest : public testing::Test {
 protected:
  IndexTest()
      : content(folder.path() + "/ledger"),
        signer(ledger::new_signer_for_test()),
        options(ledger::options_for_test(*signer)) {
    ledger::create_for_test(content, *signer, options);
    auto opened = ledger::Ledger::open(content, options, signer);
    EXPECT_TRUE(opened) << opened.error().describe();
    log = std::move(*opened);
    index = open_index("index.db");
  }
  std::unique_ptr<Index> open_index(const std::string& name) const {
    auto opened = Index::open(folder.path() + "/" + name);
    EXPECT_TRUE(opened) << opened.error().describe();
    return std::move(*opened);
  }
  std::uint64_t append(const ledger::Statement& statement) const {
    const auto text = ledger::encode_statement(statement);
    EXPECT_TRUE(text) << text.error().describe();
    const auto sealed = ledger::seal_envelope(ledger::kInTotoPayloadType, as_bytes(*text), *signer);
    EXPECT_TRUE(sealed);
    const auto receipt = log->append(as_bytes(*sealed));
    EXPECT_TRUE(receipt) << receipt.error().describe();
    return receipt->index;
  }
  std::uint64_t record(const ScanForTest& scan) {
    const std::string body = body_of(scan);
    const auto digest = ledger::put_content(content, ViewSource(as_bytes(body)));
    EXPECT_TRUE(digest);
    last_body = *digest;
    ledger::Statement statement;
    statement.predicate_type = ledger::predicate_type_uri(ledger::PredicateType::kScanReport);
    for (const FileForTest& file : scan.files) {
      if (file.bytes.empty()) continue;
      statement.subjects.push_back(ledger::Subject::of(file.name, digest_for_test(file.bytes)));
    }
    if (statement.subjects.empty()) {
      statement.subjects.push_back(ledger::Subject::of("scan report", *digest));
    }
    statement.predicate.clear();
    codec::JsonWriter json(statement.predicate);
    json.begin_object();
    json.member("started_at", rfc3339_text(scan.time));
    json.member("mode", scan.mode);
    if (!scan.job.empty()) json.member("job", scan.job);
    if (!scan.source.empty()) json.member("source", scan.source);
    json.array("content");
    json.begin_object();
    json.member("name", "report.jsonl");
    json.member("mediaType", "application/jsonl");
    json.object("digest");
    json.member("sha256", digest->text().substr(7));
    json.end_object();
    json.end_object();
    json.end_array();
    json.end_object();
    return append(statement);
  }
  CatchUp catch_up() const {
    const auto done = index->catch_up(*log, content);
    EXPECT_TRUE(done) << done.error().describe();
    return done.value_or(CatchUp{});
  }
  std::vector<IndexedFinding> findings(const FindingFilter& filter = {}) const {
    const auto page = index->findings(filter, {200, ""});
    EXPECT_TRUE(page) << page.error().describe();
    return page->items;
  }
  std::vector<std::string> states() const {
    std::vector<std::string> all;
    for (const IndexedFinding& finding : findings()) {
      all.push_back(finding.rule + " " + std::string(name_of(finding.state)));
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  std::vector<Asset> assets(const AssetFilter& filter = {}) const {
    const auto page = index->assets(filter, {200, ""});
    EXPECT_TRUE(page) << page.error().describe();
    return page->items;
  }

  TemporaryFolder folder;
  mutable ledger::DiskFolder content;
  std::shared_ptr<crypto::SoftwareSigner> signer;
  ledger::LedgerOptions options;
  std::unique_ptr<ledger::Ledger> log;
  std::unique_ptr<Index> index;
  Digest last_body;
};

/// Everything that can be asked, as text, in order.
std::string dump(const std::string& path) {
  const auto database = store::Database::open(path, {.read_only = true});
  std::string all;
  for (const char* const table : {"progress", "assets", "findings", "events"}) {
    auto select = (*database)->prepare("SELECT * FROM " + std::string(table) + " ORDER BY 1");
    auto names = (*database)->prepare("SELECT count(*) FROM pragma_table_info('" +
                                      std::string(table) + "')");
    EXPECT_TRUE(*names->step());
    while (*select->step()) {
      for (int i = 0; i < static_cast<int>(names->integer(0)); ++i) all += select->text(i) + "|";
      all += "\n";
    }
  }
  return all;
}

TEST_F(IndexTest, AReportBecomesAssetsFindingsAndAnEvent) {
  const std::string job = *new_identifier(kNow);
  record({.files = {{"models/M.pkl", "bad", {{}, {"format-polyglot", "medium", "two", {}}}},
                    {"b.safetensors", "good", {}}},
          .job = job});
  EXPECT_EQ(catch_up().applied, 1U);
  const auto all = assets();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "b.safetensors");
  EXPECT_EQ(all[0].verdict, Verdict::kClean);
  EXPECT_EQ(all[1].verdict, Verdict::kFindings);
  EXPECT_EQ(all[1].digest, digest_for_test("bad"));
  EXPECT_EQ(all[1].open, (BySeverity{0, 0, 1, 0, 1}));
  EXPECT_EQ(all[1].scan_job, job);
  EXPECT_THAT(all[1].types, ElementsAre("pickle"));
  EXPECT_EQ(all[1].first_seen, kNow);
  EXPECT_EQ(index->asset(all[1].id)->name, "models/M.pkl");
  EXPECT_EQ(index->asset("none").error().code(), ErrorCode::kNotFound);
  const auto found = findings();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].severity, Severity::kCritical);
  EXPECT_EQ(found[0].path, "models/M.pkl!data.pkl");
  EXPECT_EQ(found[0].offset, 17U);
  EXPECT_EQ(found[0].asset, all[1].id);
  EXPECT_THAT(found[0].references, ElementsAre("CWE-502", "OWASP:LLM03"));
  EXPECT_EQ(index->finding(found[0].id)->detail, "calls os.system");
  EXPECT_EQ(findings({.severity = Severity::kMedium}).size(), 2U);
  EXPECT_EQ(findings({.severity = Severity::kHigh}).size(), 1U);
  EXPECT_EQ(findings({.rule = "format-polyglot"}).size(), 1U);
  EXPECT_EQ(findings({.asset = all[0].id}).size(), 0U);
  EXPECT_EQ(assets({.name = "m.PKL"}).size(), 1U);
  EXPECT_EQ(assets({.verdict = Verdict::kClean}).size(), 1U);
  EXPECT_EQ(assets({.digest = digest_for_test("good")}).size(), 1U);
  const auto event = index->event(0);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->predicate_type, "urn:saiph:predicate:scan-report:v1");
  EXPECT_EQ(event->subject, "models/M.pkl and 1 more");
  EXPECT_EQ(event->time, kNow);
  EXPECT_THAT(event->incomplete, IsEmpty());
  const auto overview = index->overview(kNow, 30);
  ASSERT_TRUE(overview) << overview.error().describe();
  EXPECT_EQ(overview->assets, 2U);
  EXPECT_EQ(overview->assets_with_findings, 1U);
  EXPECT_EQ(overview->open[4], 1U);
  ASSERT_EQ(overview->days.size(), 30U);
  EXPECT_EQ(overview->days.back().scans, 1U);
  EXPECT_EQ(overview->days.back().findings[2], 1U);
  EXPECT_EQ(overview->newest.size(), 1U);
  EXPECT_FALSE(index->overview(kNow, 32));
}

TEST_F(IndexTest, FindingsGoWhenAWholeScanDoesNotSeeThem) {
  record({.files = {{"m.pkl", "bad", {{}, {"format-polyglot", "medium", "two", {}}}}}});
  catch_up();
  // Structure only: absence says nothing.
  record({.files = {{"m.pkl", "bad", {{}}}}, .time = kNow + 1, .mode = "fast"});
  catch_up();
  EXPECT_THAT(states(), ElementsAre("format-polyglot open", "pickle-denied-callable open"));
  // Not fully examined: neither.
  record({.files = {{"m.pkl", "bad", {{}}, true}}, .time = kNow + 2});
  catch_up();
  EXPECT_THAT(states(), ElementsAre("format-polyglot open", "pickle-denied-callable open"));
  record({.files = {{"m.pkl", "bad", {{}}}}, .time = kNow + 3});
  catch_up();
  EXPECT_THAT(states(), ElementsAre("format-polyglot gone", "pickle-denied-callable open"));
  EXPECT_EQ(findings({.state = FindingState::kOpen})[0].last_seen, kNow + 3);
  EXPECT_EQ(findings({.state = FindingState::kOpen})[0].first_seen, kNow);
  // It comes back.
  record({.files = {{"m.pkl", "bad", {{}, {"format-polyglot", "medium", "two", {}}}}},
          .time = kNow + 4});
  catch_up();
  EXPECT_THAT(states(), ElementsAre("format-polyglot open", "pickle-denied-callable open"));
  // A file that could not be read says nothing about the one before.
  record({.files = {{"m.pkl", "", {}, true}}, .time = kNow + 5});
  catch_up();
  EXPECT_THAT(states(), ElementsAre("format-polyglot open", "pickle-denied-callable open"));
  // An upload's label says nothing about a place.
  record({.files = {{"m.pkl", "benign", {}}}, .time = kNow + 6, .source = "upload"});
  catch_up();
  EXPECT_THAT(states(), ElementsAre("format-polyglot open", "pickle-denied-callable open"));
  // Another content in its place.
  record({.files = {{"m.pkl", "repaired", {}}}, .time = kNow + 7});
  catch_up();
  EXPECT_THAT(states(), ElementsAre("format-polyglot gone", "pickle-denied-callable gone"));
  EXPECT_EQ(assets({.with_replaced = false}).size(), 1U);
  EXPECT_EQ(assets().size(), 4U);
  EXPECT_EQ(index->overview(kNow, 1)->assets, 1U);
}

TEST_F(IndexTest, SuppressionsDecideWhatIsOpen) {
  record(
      {.files = {{"a/m.pkl", "bad", {{}}},
                 {"b/m.pkl", "worse", {{}, {"format-polyglot", "medium", "two", "baseline X"}}}}});
  catch_up();
  EXPECT_EQ(findings({.state = FindingState::kOpen}).size(), 2U);
  Suppression suppression;
  suppression.id = "s1";
  suppression.rule = "pickle-denied-callable";
  suppression.path = "a/*.pkl";
  EXPECT_EQ(*index->set_suppressions({suppression}), 1U);
  EXPECT_EQ(*index->set_suppressions({suppression}), 0U);
  EXPECT_EQ(findings({.state = FindingState::kSuppressed}).size(), 2U);
  EXPECT_EQ(index->overview(kNow, 1)->suppressed, 2U);
  // Those that come later are judged as they come.
  record({.files = {{"a/n.pkl", "new", {{}}}}, .time = kNow + 1});
  catch_up();
  const auto hidden =
      findings({.state = FindingState::kSuppressed, .severity = Severity::kCritical});
  ASSERT_EQ(hidden.size(), 2U);
  EXPECT_EQ(hidden[0].suppression, "s1");
  // After a restart the rows still know; the first call decides anew.
  index.reset();
  index = open_index("index.db");
  EXPECT_EQ(findings({.state = FindingState::kSuppressed}).size(), 3U);
  EXPECT_EQ(*index->set_suppressions({}), 2U);
  EXPECT_EQ(findings({.state = FindingState::kOpen}).size(), 3U);
  EXPECT_EQ(findings({.state = FindingState::kSuppressed})[0].suppressed_by, "baseline X");
}

TEST_F(IndexTest, BodiesThatAreGoneChangedOrCutAreSaid) {
  record({.files = {{"gone.pkl", "bad1", {{}}}}});
  std::filesystem::remove(content.path(ledger::content_name(last_body)));
  record({.files = {{"changed.pkl", "bad2", {{}}}}});
  std::ofstream(content.path(ledger::content_name(last_body)), std::ios::app) << "x";
  record({.files = {{"first.pkl", "bad3", {{}}}, {"second.pkl", "bad4", {{}}}},
          .with_summary = false});
  EXPECT_EQ(catch_up().incomplete, 3U);
  EXPECT_THAT(index->event(0)->incomplete, HasSubstr("missing"));
  EXPECT_THAT(index->event(1)->incomplete, HasSubstr("not the one that was signed"));
  EXPECT_THAT(index->event(2)->incomplete, HasSubstr("cut off"));
  const auto all = assets();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[3].name, "gone.pkl");
  EXPECT_EQ(all[3].verdict, Verdict::kIncomplete);
  EXPECT_EQ(all[2].verdict, Verdict::kIncomplete);
  // Rows that stand there count, whatever follows.
  EXPECT_EQ(all[0].verdict, Verdict::kFindings);
  EXPECT_EQ(findings().size(), 2U);
}

TEST_F(IndexTest, EntriesThatAreNoStatementsAreEvents) {
  ASSERT_TRUE(log->append(as_bytes("{\"not\":\"an envelope\"}")));
  const auto sealed = ledger::seal_envelope("text/plain", as_bytes("no statement"), *signer);
  ASSERT_TRUE(log->append(as_bytes(*sealed)));
  ASSERT_TRUE(
      log->append(ledger::envelope_for_test(*signer, 1, "{\"time\":\"2026-01-02T03:04:05Z\"}")));
  EXPECT_EQ(catch_up().incomplete, 2U);
  const auto page = index->events({}, {10, ""});
  ASSERT_EQ(page->items.size(), 3U);
  EXPECT_EQ(page->items[0].time, 1'767'323'045'000);
  EXPECT_THAT(page->items[1].incomplete, HasSubstr("no statement"));
  EXPECT_THAT(page->items[2].incomplete, HasSubstr("no envelope"));
  EXPECT_EQ(
      index->events({.predicate_type = "urn:saiph:predicate:heartbeat:v1"}, {10, ""})->items.size(),
      1U);
  EXPECT_EQ(index->events({.after = 0}, {10, ""})->items.size(), 2U);
}

TEST_F(IndexTest, AtOnceOrOneByOneIsTheSame) {
  for (int i = 0; i < 40; ++i) {
    const std::string name = "m" + std::to_string(i % 7) + ".pkl";
    const std::string bytes = "bytes" + std::to_string(i % 11);
    if (i % 5 == 0) {
      ASSERT_TRUE(log->append(ledger::envelope_for_test(*signer, static_cast<std::uint64_t>(i))));
    }
    record(
        {.files = {{name, bytes, {{"rule-" + std::to_string(i % 3), "high", "d", {}}}, i % 4 == 0}},
         .time = kNow + i});
    if (i % 3 == 0) catch_up();
  }
  catch_up();
  EXPECT_EQ(*index->root(), log->head()->root);
  const auto singly = open_index("singly.db");
  ASSERT_TRUE(log->entries(0, log->head()->size, [&](std::uint64_t number, ByteView entry) {
    return singly->apply(number, entry, content);
  }));
  const auto anew = open_index("anew.db");
  EXPECT_TRUE(anew->rebuild(*log, content)->rebuilt);
  const std::string expected = dump(folder.path() + "/index.db");
  EXPECT_EQ(dump(folder.path() + "/singly.db"), expected);
  EXPECT_EQ(dump(folder.path() + "/anew.db"), expected);
  ASSERT_TRUE(index->rebuild(*log, content));
  EXPECT_EQ(dump(folder.path() + "/index.db"), expected);
  EXPECT_EQ(singly->apply(3, as_bytes("x"), content).error().code(), ErrorCode::kConflict);
}

TEST_F(IndexTest, GoesOnWhereItStoppedAndNoticesAnotherLedger) {
  for (std::uint64_t i = 0; i < 600; ++i) {
    ASSERT_TRUE(log->submit(ledger::envelope_for_test(*signer, i), [](const auto&) {}));
  }
  ASSERT_TRUE(log->append(ledger::envelope_for_test(*signer, 600)));
  const auto stopped = index->catch_up(*log, content, [] { return false; });
  EXPECT_EQ(stopped->applied, 256U);
  EXPECT_EQ(*index->size(), 256U);
  index.reset();
  index = open_index("index.db");
  const CatchUp rest = catch_up();
  EXPECT_EQ(rest.applied, 345U);
  EXPECT_FALSE(rest.rebuilt);
  EXPECT_EQ(*index->root(), log->head()->root);
  // Another history of at least the same length, and a shorter one.
  for (const std::uint64_t length : {std::uint64_t{650}, std::uint64_t{3}}) {
    ledger::DiskFolder other_folder(folder.path() + "/other" + std::to_string(length));
    ledger::create_for_test(other_folder, *signer, options);
    const auto other = ledger::Ledger::open(other_folder, options, signer);
    for (std::uint64_t i = 1; i <= length; ++i) {
      ASSERT_TRUE((*other)->submit(ledger::envelope_for_test(*signer, i), [](const auto&) {}));
    }
    ASSERT_TRUE((*other)->append(ledger::envelope_for_test(*signer, 0)));
    const auto anew = index->catch_up(**other, other_folder);
    ASSERT_TRUE(anew) << anew.error().describe();
    EXPECT_TRUE(anew->rebuilt);
    EXPECT_EQ(anew->applied, length + 1);
    EXPECT_EQ(*index->root(), (*other)->head()->root);
  }
}

TEST_F(IndexTest, ADamagedFileIsMadeAnew) {
  record({.files = {{"m.pkl", "bad", {{}}}}});
  catch_up();
  index.reset();
  std::ofstream(folder.path() + "/index.db", std::ios::binary) << std::string(8192, 'x');
  index = open_index("index.db");
  EXPECT_TRUE(index->made_anew());
  EXPECT_EQ(*index->size(), 0U);
  EXPECT_EQ(catch_up().applied, 1U);
  EXPECT_EQ(findings().size(), 1U);
  index.reset();
  {
    const auto database = store::Database::open(folder.path() + "/index.db");
    ASSERT_TRUE((*database)->execute("PRAGMA user_version = 99"));
  }
  EXPECT_EQ(Index::open(folder.path() + "/index.db").error().code(), ErrorCode::kUnsupported);
  const TemporaryFolder state;
  JournalForTest journal;
  ASSERT_TRUE(State::open(state.path(), journal));
  EXPECT_EQ(Index::open(state.path() + "/state.db").error().code(), ErrorCode::kDenied);
}

TEST_F(IndexTest, PagesAreSteadyWhileReportsCome) {
  int number = 0;
  const auto add = [&] {
    const std::string text = std::to_string(number);
    record({.files = {{"m" + text,
                       "bytes" + text,
                       {{"rule", number % 3 == 0 ? "critical" : "low", "d" + text, {}}}}},
            .time = kNow + number});
    ++number;
  };
  for (int i = 0; i < 25; ++i) add();
  catch_up();
  std::set<std::string> expected;
  for (const IndexedFinding& finding : findings()) expected.insert(finding.id);
  std::set<std::string> seen;
  std::set<std::string> seen_assets;
  int last = 5;
  PageRequest page{4, ""};
  PageRequest asset_page{4, ""};
  do {
    const auto found = index->findings({}, page);
    ASSERT_TRUE(found) << found.error().describe();
    for (const IndexedFinding& finding : found->items) {
      EXPECT_TRUE(seen.insert(finding.id).second);
      EXPECT_LE(static_cast<int>(finding.severity), last);
      last = static_cast<int>(finding.severity);
    }
    page.cursor = found->next;
    if (!asset_page.cursor.empty() || seen_assets.empty()) {
      const auto some = index->assets({}, asset_page);
      ASSERT_TRUE(some);
      for (const Asset& asset : some->items) EXPECT_TRUE(seen_assets.insert(asset.name).second);
      asset_page.cursor = some->next;
    }
    add();
    // A file that is scanned again does not change its place.
    record({.files = {{"m3", "bytes3", {{"rule", "critical", "d3", {}}}}}, .time = kNow + 1000});
    catch_up();
  } while (!page.cursor.empty());
  for (const std::string& id : expected) EXPECT_TRUE(seen.contains(id));
  for (int i = 0; i < 25; ++i) EXPECT_TRUE(seen_assets.contains("m" + std::to_string(i))) << i;
}

/// A journal that appends by `append` and then calls `then`.
LedgerJournal journal_over(std::function<std::uint64_t(const ledger::Statement&)> append,
                           std::function<void()> then) {
  return LedgerJournal([append = std::move(append), then = std::move(then)](
                           const ledger::Statement& statement) -> Result<std::uint64_t> {
    const std::uint64_t number = append(statement);
    then();
    return number;
  });
}

TEST_F(IndexTest, ACrashBetweenEventAndCommitIsFoundAndSaid) {
  const std::string place = folder.path() + "/state";
  std::filesystem::create_directory(place);
  const auto append_here = [this](const ledger::Statement& s) { return append(s); };
  NewAccount wanted;
  wanted.role = identity::Role::kAdmin;
  {
    LedgerJournal journal = journal_over(append_here, [] {});
    const auto state = State::open(place, journal);
    ASSERT_TRUE(state) << state.error().describe();
    EXPECT_EQ(*(*state)->reconcile(*index, kNow), 0U);
    wanted.name = "before";
    ASSERT_TRUE((*state)->accounts().create(wanted, Actor::system(), kNow));
  }
  // The process dies when the event is on disk and the change is not; and, another time, at once
  // after the change was acknowledged.
  ASSERT_TRUE(log->close());
  log.reset();
  for (const bool acknowledged : {false, true}) {
    const ::pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto opened = ledger::Ledger::open(content, options, signer);
      if (!opened) ::_exit(2);
      log = std::move(*opened);
      LedgerJournal journal = journal_over(append_here, [&] {
        if (!acknowledged) ::_exit(0);
      });
      const auto state = State::open(place, journal);
      if (!state) ::_exit(3);
      wanted.name = acknowledged ? "acknowledged" : "lost";
      if (!(*state)->accounts().create(wanted, Actor::system(), kNow)) ::_exit(4);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }
  auto opened = ledger::Ledger::open(content, options, signer);
  ASSERT_TRUE(opened) << opened.error().describe();
  log = std::move(*opened);
  EXPECT_EQ(log->head()->size, 3U);
  catch_up();
  LedgerJournal journal = journal_over(append_here, [] {});
  const auto state = State::open(place, journal);
  ASSERT_TRUE(state) << state.error().describe();
  EXPECT_TRUE((*state)->accounts().find_by_name("before"));
  EXPECT_TRUE((*state)->accounts().find_by_name("acknowledged"));
  EXPECT_EQ((*state)->accounts().find_by_name("lost").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(*(*state)->reconcile(*index, kNow), 1U);
  catch_up();
  const auto newest = index->events({}, {1, ""});
  EXPECT_EQ(newest->items[0].what, kChangeNotApplied);
  const auto entry = log->entry(3);
  ASSERT_TRUE(entry);
  const auto envelope = ledger::decode_envelope(*entry);
  EXPECT_THAT(std::string(as_text(envelope->payload)), HasSubstr(index->event(1)->change));
  // Once said is enough.
  EXPECT_EQ(*(*state)->reconcile(*index, kNow), 0U);
}

}  // namespace
}  // namespace saiph::control
