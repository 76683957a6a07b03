// A whole server over temporary folders: real net, state, index and ledger; a scan service that
// does what the test tells it; a clock that stands where the test puts it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/index.h"
#include "control/state.h"
#include "crypto/sha256.h"
#include "identity/tokens.h"
#include "identity/totp.h"
#include "ledger/content_store.h"
#include "ledger/log_for_test.h"
#include "net/wire_for_test.h"
#include "server/api_server.h"
#include "server/cookies.h"
#include "server/operations.h"
#include "server/schema_check_for_test.h"

namespace saiph::server {

inline constexpr UnixMillis kStartForTest = 1'767'323'045'678;  // 2026-01-02T03:04:05.678Z
inline constexpr const char* kPasswordForTest = "correct horse battery";

/// Keeps uploads in memory; jobs move when the test says so.
class FakeScans final : public ScanService {
 public:
  class Upload final : public ScanUpload {
   public:
    Status write(ByteView part) override {
      bytes.insert(bytes.end(), part.begin(), part.end());
      if (bytes.size() > 1'000'000) return Error(ErrorCode::kLimit, "too large");
      return {};
    }
    std::uint64_t size() const override { return bytes.size(); }
    Bytes bytes;
  };

  std::function<control::ScanJobs&()> jobs;
  UnixMillis now = kStartForTest;
  bool full = false;

  Result<std::unique_ptr<ScanUpload>> begin_upload(std::optional<std::uint64_t>) override {
    if (full) return Error(ErrorCode::kLimit, "the queue is full");
    return std::make_unique<Upload>();
  }
  Result<std::string> submit(ScanOrder order) override {
    if (order.upload == nullptr && order.path.starts_with("/etc")) {
      return Error(ErrorCode::kDenied, "outside the configured roots");
    }
    if (order.upload == nullptr && order.path.starts_with("/none")) {
      return Error(ErrorCode::kNotFound, "no such path");
    }
    control::NewScanJob job;
    job.kind = order.upload ? ScanKind::kUpload : ScanKind::kPath;
    job.label = order.label.empty() ? "upload" : order.label;
    job.path = order.path;
    const auto actor = order.requested_by.by_token
                           ? control::Actor::token(order.requested_by.account)
                           : control::Actor::session(order.requested_by.account);
    SAIPH_TRY(const control::ScanJob made, jobs().create(job, actor, now));
    const std::lock_guard lock(mutex_);
    if (auto* upload = dynamic_cast<Upload*>(order.upload.get())) {
      uploads[made.id] = std::move(upload->bytes);
    }
    return made.id;
  }
  Status cancel(std::string_view job, const ScanRequester& by) override {
    SAIPH_TRY(const control::ScanJob row, jobs().get(job));
    if (is_final(row.state)) return Error(ErrorCode::kInvalidArgument, "it has ended");
    control::ScanOutcome outcome;
    outcome.state = ScanState::kCancelled;
    SAIPH_CHECK(jobs().finish(job, outcome, control::Actor::session(by.account), now));
    tell(std::string(job), ScanState::kCancelled);
    return {};
  }
  Result<ScanUpdate> current(std::string_view) const override {
    return Error(ErrorCode::kNotFound, "not running");
  }
  std::unique_ptr<ScanSubscription> watch(std::function<void(const ScanUpdate&)> take) override {
    const std::lock_guard lock(mutex_);
    take_ = std::move(take);
    return std::make_unique<ScanSubscription>();
  }
  Result<std::shared_ptr<const ByteSource>> report(std::string_view job) const override {
    const auto it = reports.find(job);
    if (it == reports.end()) return Error(ErrorCode::kNotFound, "no report");
    const ByteView view = as_bytes(it->second);
    return std::make_shared<const MemorySource>(Bytes(view.begin(), view.end()));
  }
  ScanFigures figures() const override { return {}; }

  void tell(const std::string& job, ScanState state) {
    ScanUpdate update;
    update.job = job;
    update.state = state;
    const std::lock_guard lock(mutex_);
    if (take_) take_(update);
  }

  std::map<std::string, Bytes, std::less<>> uploads;
  std::map<std::string, std::string, std::less<>> reports;

 private:
  std::mutex mutex_;
  std::function<void(const ScanUpdate&)> take_;
};

/// Finds the word "attack", wherever it stands.
class FakeTexts final : public TextInspector {
 public:
  TextReport inspect(std::string_view text, Channel channel,
                     const TextWishes& wishes) const override {
    TextReport report;
    report.verdict = TextVerdict::kAllow;
    report.views = 1;
    if (const std::size_t at = text.find("attack"); at != std::string_view::npos) {
      report.verdict = TextVerdict::kBlock;
      report.score = 0.9;
      report.rules = 90;
      report.reasons = {"the word is there, from " + std::string(name_of(channel))};
      report.findings.push_back({.rule = "test.attack",
                                 .title = "An attack",
                                 .severity = Severity::kHigh,
                                 .score = 90,
                                 .span = {at, 6},
                                 .view = {"base64 at 0..9"},
                                 .references = {"OWASP:LLM01"}});
      report.unlisted = 3;
    }
    if (wishes.views) {
      report.seen.push_back({{}, std::string(text.substr(0, TextReport::kViewBytes)), true});
      report.seen.push_back({{"base64 at 0..9"}, "attack", false});
    }
    if (wishes.redaction != TextRedaction::kNone) {
      report.redacted.emplace();
      report.redacted->text = std::string(name_of(wishes.redaction)) + "ed";
      report.redacted->places = 1;
      if (wishes.redaction == TextRedaction::kToken) report.redacted->tokens = {{"<A_1>", "b"}};
    }
    return report;
  }
  const std::string& version() const override { return version_; }

 private:
  std::string version_ = "rules 1, model 2";
};

/// An answer as a client sees it.
struct Reply {
  int status = 0;
  std::string head;
  std::string body;

  std::string header(std::string_view name) const {
    for (std::size_t at = head.find("\r\n"); at != std::string::npos;
         at = head.find("\r\n", at + 2)) {
      const std::string_view line = std::string_view(head).substr(at + 2);
      if (line.size() > name.size() && line[name.size()] == ':' &&
          net::equal_ignoring_case(line.substr(0, name.size()), name)) {
        const std::string_view rest = line.substr(name.size() + 2);
        return std::string(rest.substr(0, rest.find("\r\n")));
      }
    }
    return {};
  }
  /// A member of the body's object by a path like "/account/id".
  std::string text(std::string_view pointer) const {
    const auto document = SchemaCheck::parse(body);
    if (!document) return "no JSON";
    const codec::JsonValue* value = &document->root;
    while (!pointer.empty() && value != nullptr) {
      pointer.remove_prefix(1);
      const std::string_view step = pointer.substr(0, pointer.find('/'));
      pointer.remove_prefix(step.size());
      if (value->is_array()) {
        const std::size_t i = std::stoul(std::string(step));
        value = i < value->items().size() ? &value->items()[i] : nullptr;
      } else {
        value = value->find(step);
      }
    }
    if (value == nullptr) return "absent";
    if (value->is_string()) return std::string(value->string());
    if (value->kind() == codec::JsonKind::kNumber) return std::string(value->number());
    if (const auto boolean = value->boolean()) return *boolean ? "true" : "false";
    return value->kind() == codec::JsonKind::kNull ? "null" : "compound";
  }
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// Who a test speaks as.
struct Caller {
  std::string cookie;
  std::string csrf;
  std::string token;
  std::string account;
  std::string etag;  // of the account

  HeaderList headers() const {
    HeaderList list;
    if (!cookie.empty()) list.emplace_back("Cookie", "saiph=" + cookie);
    if (!csrf.empty()) list.emplace_back("X-Saiph-CSRF", csrf);
    if (!token.empty()) list.emplace_back("Authorization", "Bearer " + token);
    return list;
  }
};

class ApiFixture : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void TearDown() override { stop(); }

  /// A new server over new folders.
  void restart(ApiOptions options) {
    stop();
    start(std::move(options));
  }

  void start(ApiOptions options) {
    folder_.emplace();
    const std::string& path = folder_->path();
    std::filesystem::create_directories(path + "/scratch");
    signer_ = ledger::new_signer_for_test();
    ledger_folder_ = std::make_unique<ledger::DiskFolder>(path + "/ledger");
    const ledger::LedgerOptions ledger_options = ledger::options_for_test(*signer_);
    ledger::create_for_test(*ledger_folder_, *signer_, ledger_options);
    auto opened = ledger::Ledger::open(*ledger_folder_, ledger_options, signer_);
    ASSERT_TRUE(opened.has_value()) << opened.error().describe();
    ledger_ = std::move(*opened);
    journal_ = std::make_unique<control::LedgerJournal>(
        [this](const ledger::Statement& statement) -> Result<std::uint64_t> {
          SAIPH_TRY(const ledger::Receipt receipt, record(statement));
          return receipt.index;
        });
    auto state = control::State::open(path, *journal_);
    ASSERT_TRUE(state.has_value()) << state.error().describe();
    state_ = std::move(*state);
    auto index = control::Index::open(path + "/index.db");
    ASSERT_TRUE(index.has_value()) << index.error().describe();
    index_ = std::move(*index);
    identity::PasswordHasherOptions cheap;
    cheap.cost = {.memory_kib = 64, .passes = 1, .lanes = 1};
    passwords_ = std::move(*identity::PasswordHasher::make(cheap));
    throttle_ = std::move(*identity::LoginThrottle::make());
    scans_.jobs = [this]() -> control::ScanJobs& { return state_->scans(); };

    options.version = "0.0.0-test";
    options.scratch_folder = path + "/scratch";
    options.started = kStartForTest;
    options.scan_roots = {"/srv/models"};
    Services services{.state = *state_,
                      .index = *index_,
                      .ledger = *ledger_,
                      .ledger_folder = *ledger_folder_,
                      .scans = scans_,
                      .passwords = *passwords_,
                      .throttle = *throttle_};
    services.texts = with_texts_ ? &texts_ : nullptr;
    services.rules = rules_;
    services.console = console_;
    services.ledger_settings = [this] {
      return ledger::Settings{
          ledger::kOriginForTest, {ledger::verifier_for_test(*signer_)}, "", ""};
    };
    services.record = [this](const ledger::Statement& statement) { return record(statement); };
    services.record_report = [this](const ByteSource& report, int,
                                    std::string_view) -> Result<ledger::Receipt> {
      if (report.size() < 4) return Error(ErrorCode::kMalformed, "cut off");
      ledger::Statement statement;
      statement.subjects.push_back(ledger::Subject::of("report", Digest{}));
      statement.predicate_type = ledger::predicate_type_uri(ledger::PredicateType::kTestReport);
      return record(statement);
    };
    services.backup = [](UnixMillis) -> Result<BackupFile> {
      return BackupFile{"state-1.db", 4096, {}};
    };
    services.now = [this] { return now_.load(); };
    services.log = [this](std::string_view line) {
      const std::lock_guard lock(log_mutex_);
      log_.emplace_back(line);
    };
    api_ = std::make_unique<ApiServer>(std::move(services), std::move(options));
    net::ServerOptions net_options;
    net_options.listen = {{"127.0.0.1", 0}};
    net_options.limits.requests_per_second_per_address = 0;
    net_options.limits.connections_per_address = 400;
    auto server = net::Server::start(net_options, *api_);
    ASSERT_TRUE(server.has_value()) << server.error().describe();
    server_ = std::move(*server);
    api_->attach(server_.get());
  }

  void stop() {
    if (api_) api_->attach(nullptr);
    server_.reset();
    api_.reset();
    index_.reset();
    state_.reset();
    if (ledger_) {
      EXPECT_TRUE(ledger_->close());
    }
    ledger_.reset();
  }

  Result<ledger::Receipt> record(const ledger::Statement& statement) {
    if (ledger_fails_) return Error(ErrorCode::kUnavailable, "the disk is full");
    SAIPH_TRY(const std::string text, ledger::encode_statement(statement));
    SAIPH_TRY(const std::string sealed,
              ledger::seal_envelope(ledger::kInTotoPayloadType, as_bytes(text), *signer_));
    return ledger_->append(as_bytes(sealed));
  }
  void catch_up() {
    const auto done = index_->catch_up(*ledger_, *ledger_folder_);
    ASSERT_TRUE(done.has_value()) << done.error().describe();
  }

  std::uint16_t port() const { return server_->ports().at(0); }

  /// Sends a request and reads the whole answer, chunked ones too.
  Reply send(const std::string& method, const std::string& target, const HeaderList& headers = {},
             const std::string& body = "") {
    net::Wire wire = net::Wire::tcp(port());
    EXPECT_TRUE(wire.connected());
    std::string request =
        method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    wire.send(request + "\r\n" + body);
    return parse(wire.receive_all());
  }

  static Reply parse(const std::string& bytes) {
    Reply reply;
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos || bytes.size() < 12) return reply;
    reply.head = bytes.substr(0, end + 2);
    reply.body = bytes.substr(end + 4);
    reply.status = std::stoi(bytes.substr(9, 3));
    if (reply.header("Transfer-Encoding") != "chunked") return reply;
    std::string whole;
    std::size_t at = 0;
    while (at < reply.body.size()) {
      const std::size_t length = std::stoul(reply.body.substr(at), nullptr, 16);
      at = reply.body.find("\r\n", at) + 2;
      whole += reply.body.substr(at, length);
      at += length + 2;
      if (length == 0) break;
    }
    reply.body = whole;
    return reply;
  }

  /// A request as somebody, whose answer must be one of the document.
  Reply call(const Caller& caller, const std::string& method, const std::string& target,
             const std::string& body = "", HeaderList more = {}) {
    HeaderList headers = caller.headers();
    bool typed = false;
    for (auto& field : more) {
      typed |= field.first == "Content-Type";
      headers.push_back(std::move(field));
    }
    if (!typed && method != "GET" && method != "HEAD" && method != "DELETE") {
      headers.emplace_back("Content-Type", "application/json");
    }
    Reply reply = send(method, target, headers, body);
    check(method, target, reply);
    return reply;
  }

  /// The answer is one that the document has, and has the fields that every answer has.
  void check(const std::string& method, const std::string& target, const Reply& reply) {
    SCOPED_TRACE(method + " " + target);
    const auto known = net::method_from_name(method);
    ASSERT_TRUE(known.has_value());
    const Route found = route(*known, target.substr(0, target.find('?')));
    if (found.operation == nullptr || method == "HEAD") return;
    EXPECT_EQ(check_.complaint(found.operation->id, reply.status, reply.header("Content-Type"),
                               reply.body),
              "")
        << reply.body.substr(0, 400);
    EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
    EXPECT_FALSE(reply.header("Cache-Control").empty());
    EXPECT_FALSE(reply.header("Content-Security-Policy").empty());
    if (reply.status == 401) {
      EXPECT_TRUE(reply.header("Set-Cookie").empty());
    }
  }

  control::Account add_account(const std::string& name, identity::Role role) {
    control::NewAccount account;
    account.name = name;
    account.role = role;
    account.password_hash = *passwords_->hash(kPasswordForTest);
    auto made = state_->accounts().create(account, control::Actor::system(), now_);
    EXPECT_TRUE(made.has_value()) << made.error().describe();
    return *made;
  }

  /// An account of this role with a session, made beside HTTP.
  Caller caller_of(identity::Role role, const std::string& name = "") {
    const control::Account account =
        add_account(name.empty() ? std::string(identity::name_of(role)) : name, role);
    const auto secret = identity::new_token(identity::TokenKind::kSession);
    Caller caller;
    caller.cookie = secret->text();
    caller.csrf = csrf_token(secret->text());
    caller.account = account.id;
    caller.etag = "\"v" + std::to_string(account.version) + "\"";
    EXPECT_TRUE(state_->sessions().begin(account.id, secret->digest(), digest_of(caller.csrf),
                                         control::Actor::session(account.id), now_));
    return caller;
  }

  /// A token of an account with these scopes.
  Caller token_of(const Caller& owner, identity::PermissionSet scopes) {
    const auto secret = identity::new_token(identity::TokenKind::kApi);
    control::NewApiToken token;
    token.name = "test";
    token.owner = owner.account;
    token.scopes = scopes;
    token.token = secret->digest();
    token.expires = now_ + kDayMs;
    const auto made = state_->tokens().create(token, control::Actor::session(owner.account), now_);
    EXPECT_TRUE(made.has_value()) << made.error().describe();
    Caller caller;
    caller.token = secret->text();
    caller.account = owner.account;
    return caller;
  }

  bool logged(std::string_view part) {
    const std::lock_guard lock(log_mutex_);
    for (const std::string& line : log_) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  std::atomic<UnixMillis> now_ = kStartForTest;
  std::atomic<bool> ledger_fails_ = false;
  std::optional<TemporaryFolder> folder_;
  std::shared_ptr<crypto::SoftwareSigner> signer_;
  std::unique_ptr<ledger::DiskFolder> ledger_folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<control::LedgerJournal> journal_;
  std::unique_ptr<control::State> state_;
  std::unique_ptr<control::Index> index_;
  std::unique_ptr<identity::PasswordHasher> passwords_;
  std::unique_ptr<identity::LoginThrottle> throttle_;
  FakeScans scans_;
  FakeTexts texts_;
  bool with_texts_ = true;
  std::unique_ptr<ApiServer> api_;
  std::unique_ptr<net::Server> server_;
  SchemaCheck check_;
  std::mutex log_mutex_;
  std::vector<std::string> log_;

 private:
  static constexpr std::array<std::string_view, 1> kReferences{"CWE-502"};
  static constexpr Rule kFirst{"a-rule",  "First", Severity::kLow, Maturity::kBeta,
                               "Means a", "Do a",  kReferences};
  static constexpr Rule kSecond{"pickle-denied-callable",
                                "Second",
                                Severity::kCritical,
                                Maturity::kStable,
                                "Means b",
                                "Do b",
                                kReferences};
  static constexpr std::array<const Rule*, 2> rules_{&kFirst, &kSecond};
  static constexpr std::array<ConsoleAsset, 2> console_{{
      {"/assets/app-1234.js", "text/javascript; charset=utf-8", "\"a1\"", "let a = 1;", "GZIP",
       true},
      {"/index.html", "text/html; charset=utf-8", "\"i1\"", "<!doctype html>", "", false},
  }};
};

}  // namespace saiph::server
