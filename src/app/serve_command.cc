#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/command_end.h"
#include "app/data_folder.h"
#include "app/evidence_keeper.h"
#include "app/ledger_access.h"
#include "app/record_socket.h"
#include "app/report_evidence.h"
#include "app/scan_runner.h"
#include "app/serve_request.h"
#include "app/serve_settings.h"
#include "app/text_setup.h"
#include "base/byte_source.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/unix_time.h"
#include "control/index.h"
#include "control/state.h"
#include "crypto/sha256.h"
#include "detect/rules.h"
#include "identity/oidc.h"
#include "identity/passwords.h"
#include "identity/throttle.h"
#include "identity/tokens.h"
#include "net/client.h"
#include "net/server.h"
#include "server/api_server.h"
#include "server/console_assets.h"

namespace saiph::app {

namespace {

/// Suppressions that end, sessions that are over: nobody minds a few seconds.
constexpr std::chrono::seconds kExpiryPause{10};
constexpr std::chrono::minutes kPurgePause{10};
constexpr std::uint64_t kMaxSecretFile = 4096;
constexpr std::chrono::milliseconds kLastRequests{2000};

// Sanitisers trace their own process, which the kernel then refuses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitised = true;
#else
constexpr bool kSanitised = false;
#endif

/// Whatever went wrong here, the person can mend it: exit 2.
Error as_usage(const Error& error) {
  return error.code() == ErrorCode::kInternal
             ? error
             : Error(ErrorCode::kInvalidArgument, error.describe());
}

Result<std::string> read_secret(const std::string& file) {
  auto source = FileSource::open(file);
  if (!source) return source.error().wrap(file);
  SAIPH_TRY(const Bytes bytes, read_all(**source, kMaxSecretFile));
  std::string text(as_text(bytes));
  text.resize(std::min(text.size(), text.find_first_of("\r\n")));
  return text;
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

/// Signals that end or reload: taken by this thread alone, one after another.
class Signals {
 public:
  Signals() {
    (void)::sigemptyset(&set_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) (void)::sigaddset(&set_, number);
    (void)::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~Signals() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The next one, or 0 when none came in time.
  int wait(std::chrono::milliseconds time) const {
    const struct timespec patience{static_cast<::time_t>(time.count() / 1000),
                                   static_cast<long>(time.count() % 1000) * 1'000'000};
    const int number = ::sigtimedwait(&set_, nullptr, &patience);
    return number > 0 ? number : 0;
  }
  /// From now on they end the process at once, as they always do.
  void let_through() {
    for (const int number : {SIGTERM, SIGINT}) (void)std::signal(number, SIG_DFL);
    (void)::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  ::sigset_t set_{};
  ::sigset_t before_{};
};

/// Everything of a running server, in the order in which it is made; it goes the other way round.
class Serve {
 public:
  Serve(ServeSettings settings, bool quiet, std::ostream& err)
      : settings_(std::move(settings)), quiet_(quiet), err_(err) {}
  ~Serve() {
    // Its thread uses what goes before it.
    if (keeper_) keeper_->stop_following();
  }
  Serve(const Serve&) = delete;
  Serve& operator=(const Serve&) = delete;

  Status start();
  /// Until a signal says so.
  void run();
  Status stop();

 private:
  using Clock = std::chrono::steady_clock;

  Status open_ledger_folder();
  Status open_state();
  Status make_services();
  Status listen();
  /// The setup link, also in its file; empty when there are accounts.
  Result<std::string> make_setup_link();
  void tell_setup_link(const std::string& link);
  void heartbeat();
  void purge();
  void reload();
  void log(std::string_view line);
  void say(std::string_view line);
  std::string address(std::size_t listener) const;
  ScanRunnerOptions runner_options() const;
  server::Services services();
  server::ApiOptions api_options() const;
  Result<server::BackupFile> backup_state(UnixMillis now);

  Signals signals_;
  const ServeSettings settings_;
  const bool quiet_;
  std::ostream& err_;
  std::mutex err_mutex_;

  DataFolder folder_;
  std::vector<net::ListenAddress> addresses_;
  std::vector<std::string> roots_;
  std::unique_ptr<EvidenceKeeper> keeper_;
  std::unique_ptr<control::LedgerJournal> journal_;
  std::unique_ptr<control::State> state_;
  std::unique_ptr<control::Index> index_;
  std::unique_ptr<identity::PasswordHasher> passwords_;
  std::unique_ptr<identity::LoginThrottle> throttle_;
  std::unique_ptr<identity::OidcClient> oidc_;
  std::shared_ptr<const TextInspector> texts_;
  std::unique_ptr<ScanRunner> scans_;
  std::unique_ptr<server::ApiServer> api_;
  std::unique_ptr<RecordSocket> socket_;
  std::unique_ptr<net::Server> server_;
};

void Serve::log(std::string_view line) {
  const std::lock_guard lock(err_mutex_);
  err_ << now_text() << ' ' << line << '\n' << std::flush;
}

void Serve::say(std::string_view line) {
  if (!quiet_) log(line);
}

Status Serve::open_ledger_folder() {
  const std::string place = folder_.ledger();
  const ledger::DiskFolder ledger_folder(place);
  if (!ledger_folder.exists(std::string(ledger::kSettingsFile))) {
    std::string origin = settings_.origin;
    if (origin.empty()) {
      std::array<char, 256> host{};
      if (::gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') host = {"localhost"};
      origin = std::string(host.data()) + "/saiph";
    }
    SAIPH_TRY(const crypto::SecretBytes passphrase, read_passphrase(settings_.passphrase_file));
    SAIPH_TRY(const NewLedger made, create_ledger({place, origin, "", {}}, passphrase));
    say(fmt::format("made the ledger {}; its public key, which whoever verifies needs:",
                    escape_terminal(origin)));
    say(made.key.text());
  }
  auto access = open_ledger(place, settings_.passphrase_file);
  if (!access && access.error().code() == ErrorCode::kDenied) {
    return Error(ErrorCode::kInvalidArgument,
                 "another process uses this data folder: " + access.error().describe());
  }
  if (!access) return access.error();
  if (access->ledger->recovery().torn_bytes != 0) {
    say(
        fmt::format("a crash left {} bytes behind the last commit of the ledger, never "
                    "acknowledged and now cut off",
                    access->ledger->recovery().torn_bytes));
  }
  keeper_ = std::make_unique<EvidenceKeeper>(std::move(*access),
                                             [this](std::string_view line) { log(line); });
  return empty_passing_folders(folder_);
}

Status Serve::open_state() {
  journal_ = std::make_unique<control::LedgerJournal>(
      [this](const ledger::Statement& statement) -> Result<std::uint64_t> {
        SAIPH_TRY(const ledger::Receipt receipt, keeper_->record(statement));
        return receipt.index;
      });
  auto state = control::State::open(folder_.path, *journal_);
  if (!state) {
    // Damage of the state is no statement about the ledger.
    return state.error().code() == ErrorCode::kMalformed
               ? Error(ErrorCode::kUnavailable, state.error().describe())
               : state.error();
  }
  state_ = std::move(*state);
  auto index = control::Index::open(folder_.index_file());
  if (!index && index.error().code() == ErrorCode::kMalformed) {
    say("the index is damaged and is made anew from the ledger");
    for (const char* suffix : {"", "-wal", "-shm"}) {
      (void)::unlink((folder_.index_file() + suffix).c_str());
    }
    index = control::Index::open(folder_.index_file());
  }
  if (!index) return index.error();
  index_ = std::move(*index);
  const UnixMillis now = now_millis();
  SAIPH_TRY(auto suppressions, state_->suppressions().all_active(now));
  SAIPH_TRY([[maybe_unused]] const std::uint64_t judged,
            index_->set_suppressions(std::move(suppressions)));
  SAIPH_TRY(const control::CatchUp caught, index_->catch_up(keeper_->ledger(), keeper_->folder()));
  if (caught.rebuilt && caught.applied != 0) say("the index was made anew from the ledger");
  SAIPH_TRY(const std::uint64_t orphans, state_->reconcile(*index_, now));
  if (orphans != 0) {
    say(fmt::format("{} changes were recorded before a crash and not made; the ledger says so now",
                    orphans));
  }
  SAIPH_TRY([[maybe_unused]] const std::uint64_t failed,
            state_->scans().fail_unfinished(
                "the server ended before this was done; have it scanned again", now));
  return {};
}

ScanRunnerOptions Serve::runner_options() const {
  ScanRunnerOptions options;
  options.workers = settings_.scan_workers;
  options.threads = settings_.scan_threads;
  options.queue = settings_.scan_queue;
  options.wall_time = settings_.scan_time;
  options.memory_bytes = settings_.scan_memory_bytes;
  options.upload_bytes = settings_.upload_bytes;
  options.uploads_bytes = settings_.uploads_bytes;
  options.report_bytes = settings_.report_bytes;
  options.roots = roots_;
  options.policy_file = settings_.scan_policy;
  options.suppress_file = settings_.scan_suppress;
  options.upload_folder = folder_.uploads();
  options.spool_folder = folder_.spool();
  return options;
}

server::ApiOptions Serve::api_options() const {
  server::ApiOptions options;
  options.version = SAIPH_VERSION;
  if (oidc_) {
    options.oidc_name = settings_.oidc_name;
    options.oidc_issuer = settings_.oidc_issuer;
  }
  options.scan_roots = roots_;
  options.max_upload_bytes = settings_.upload_bytes;
  options.max_report_bytes = settings_.report_bytes;
  options.public_tiles = settings_.public_tiles;
  options.scratch_folder = folder_.scratch();
  options.started = now_millis();
  return options;
}

Result<server::BackupFile> Serve::backup_state(UnixMillis now) {
  server::BackupFile made;
  made.file = fmt::format("state-{:%Y%m%dT%H%M%S}.{:03}Z.db",
                          fmt::gmtime(static_cast<std::time_t>(now / 1000)), now % 1000);
  const std::string place = folder_.backups() + "/" + made.file;
  SAIPH_CHECK(state_->backup(place));
  SAIPH_TRY(const auto file, FileSource::open(place));
  made.bytes = file->size();
  SAIPH_TRY(made.digest, crypto::sha256(*file));
  return made;
}

server::Services Serve::services() {
  server::Services services{*state_, *index_,     keeper_->ledger(), keeper_->folder(),
                            *scans_, *passwords_, *throttle_};
  services.oidc = oidc_.get();
  services.texts = texts_.get();
  services.rules = rules::all();
  services.console = server::console_assets();
  services.ledger_settings = [this] { return keeper_->settings(); };
  services.record = [this](const ledger::Statement& statement) {
    return keeper_->record(statement);
  };
  services.record_report = [this](const ByteSource& report, int exit_code,
                                  std::string_view account) -> Result<ledger::Receipt> {
    ReportOrigin origin;
    origin.actor = "hmac-" + state_->actor_digest(account).text();
    SAIPH_TRY(const RecordedReport recorded,
              record_report(keeper_->folder(), report, exit_code, origin,
                            [this](const ledger::Statement& statement) {
                              return keeper_->record(statement);
                            }));
    return recorded.receipt;
  };
  services.backup = [this](UnixMillis now) { return backup_state(now); };
  services.now = now_millis;
  services.log = [this](std::string_view line) { log(line); };
  return services;
}

Status Serve::make_services() {
  SAIPH_TRY(passwords_, identity::PasswordHasher::make({}));
  SAIPH_TRY(throttle_, identity::LoginThrottle::make());
  if (!settings_.oidc_issuer.empty()) {
    identity::OidcSettings oidc;
    oidc.issuer = settings_.oidc_issuer;
    oidc.client_id = settings_.oidc_client_id;
    oidc.redirect_uri = settings_.oidc_redirect_uri;
    oidc.scopes = settings_.oidc_scopes;
    oidc.allow_plain_loopback = settings_.oidc_allow_plain_loopback;
    if (!settings_.oidc_client_secret_file.empty()) {
      SAIPH_TRY(oidc.client_secret, read_secret(settings_.oidc_client_secret_file));
    }
    const auto fetch = [ca = settings_.oidc_ca_file](
                           const identity::FetchRequest& asked) -> Result<identity::FetchAnswer> {
      net::ClientRequest request;
      request.method = asked.post ? net::Method::kPost : net::Method::kGet;
      request.url = asked.url;
      for (const auto& [name, value] : asked.headers) request.headers.add(name, value);
      request.body = asked.body;
      request.ca_file = ca;
      request.max_body_bytes = asked.longest_answer;
      request.total_time = std::chrono::seconds(10);
      SAIPH_TRY(net::ClientResponse answer, net::fetch(request));
      return identity::FetchAnswer{static_cast<unsigned>(answer.status), std::move(answer.body)};
    };
    auto client = identity::OidcClient::make(std::move(oidc), fetch);
    if (!client) return as_usage(client.error().wrap("[oidc]"));
    oidc_ = std::move(*client);
  }
  auto texts = text_inspector_when_needed(settings_.text_policy);
  if (!texts) return as_usage(texts.error().wrap("[texts]"));
  texts_ = std::move(*texts);
  scans_ = std::make_unique<ScanRunner>(runner_options(), *state_, *keeper_, now_millis,
                                        [this](std::string_view line) { log(line); });
  api_ = std::make_unique<server::ApiServer>(services(), api_options());
  keeper_->follow(*index_, [this] { api_->index_changed(); });
  SAIPH_TRY(socket_, RecordSocket::listen(folder_.ledger(), [this](ByteView statement) {
              return keeper_->record(statement);
            }));
  return {};
}

Status Serve::listen() {
  net::ServerOptions options;
  options.listen = addresses_;
  options.tls = {settings_.tls_certificate, settings_.tls_key, settings_.tls_client_ca,
                 settings_.tls_require_client_certificate};
  options.allow_plain = settings_.allow_plain;
  options.host_names = settings_.host_names;
  options.threads = settings_.threads;
  options.limits.connections = settings_.connections;
  options.limits.connections_per_address = settings_.connections_per_address;
  options.limits.requests_per_second_per_address =
      static_cast<double>(settings_.requests_per_second);
  options.limits.request_burst_per_address = static_cast<double>(settings_.request_burst);
  options.limits.header_time = settings_.header_time;
  options.limits.body_inactivity = settings_.body_inactivity;
  options.limits.keep_alive_idle = settings_.keep_alive;
  auto server = net::Server::start(options, *api_);
  if (!server) return as_usage(server.error());
  server_ = std::move(*server);
  api_->attach(server_.get());
  return {};
}

std::string Serve::address(std::size_t listener) const {
  const net::ListenAddress& place = addresses_.at(listener);
  const std::string_view scheme = settings_.tls_certificate.empty() ? "http" : "https";
  std::string host = place.address;
  if (!settings_.host_names.empty() && !is_loopback(host)) {
    host = settings_.host_names.front();
  } else if (host == "0.0.0.0" || host == "::") {
    host = "127.0.0.1";
  } else if (host.find(':') != std::string::npos) {
    host = "[" + host + "]";
  }
  return fmt::format("{}://{}:{}/", scheme, host, server_->ports().at(listener));
}

Result<std::string> Serve::make_setup_link() {
  SAIPH_TRY(const bool needed, state_->setup().needed());
  if (!needed) {
    (void)::unlink(folder_.setup_link().c_str());  // of no use any more
    return std::string();
  }
  SAIPH_TRY(const identity::NewToken token, identity::new_token(identity::TokenKind::kSetup));
  SAIPH_CHECK(state_->setup().issue(token.digest(), now_millis()));
  std::string link = fmt::format("{}setup#{}\n", address(0), token.text());
  SAIPH_CHECK(write_private_file(folder_.setup_link(), link));
  return link;
}

void Serve::tell_setup_link(const std::string& link) {
  const std::lock_guard lock(err_mutex_);
  err_ << "\nThere is no account yet. Within 15 minutes, open ";
  // A log that others read is not the place for it.
  if (::isatty(STDERR_FILENO) == 1) {
    err_ << "this link, which works once:\n\n  " << link;
  } else {
    err_ << "the link in " << escape_terminal(folder_.setup_link()) << ", which works once.\n";
  }
  err_ << '\n' << std::flush;
}

Status Serve::start() {
  for (const std::string& text : settings_.listen) {
    auto address = net::ListenAddress::parse(text);
    if (!address) return address.error();
    if (!is_loopback(address->address) && settings_.tls_certificate.empty() &&
        !settings_.allow_plain) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("{} is not loopback: name a TLS certificate and its key, or say "
                               "--allow-plain when something in front encrypts",
                               escape_terminal(text)));
    }
    addresses_.push_back(std::move(*address));
  }
  auto folder = make_data_folder(settings_.data);
  if (!folder) return as_usage(folder.error());
  folder_ = std::move(*folder);
  SAIPH_TRY(roots_, resolve_roots(settings_.scan_roots, folder_));
  SAIPH_CHECK(open_ledger_folder());
  SAIPH_CHECK(open_state());
  SAIPH_CHECK(make_services());
  SAIPH_CHECK(listen());
  heartbeat();
  SAIPH_TRY(const std::string link, make_setup_link());
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    say(fmt::format("saiph {} listens on {}", SAIPH_VERSION, address(i)));
  }
  if (!link.empty()) tell_setup_link(link);
  return {};
}

void Serve::heartbeat() {
  const auto recorded = keeper_->record_heartbeat(now_text());
  if (!recorded) {
    log("no heartbeat could be recorded: " + escape_terminal(recorded.error().describe()));
  }
}

void Serve::purge() {
  const auto purged = state_->purge(now_millis());
  if (!purged) log("what is over was not removed: " + escape_terminal(purged.error().describe()));
}

void Serve::reload() {
  if (settings_.tls_certificate.empty()) {
    say("there is no TLS to reload");
    return;
  }
  const Status reloaded = server_->reload_tls();
  log(reloaded ? std::string("TLS certificate and key were read again")
               : "TLS stays as it was: " + escape_terminal(reloaded.error().describe()));
}

void Serve::run() {
  auto next_heartbeat = Clock::now() + settings_.heartbeat;
  auto next_expiry = Clock::now() + kExpiryPause;
  auto next_purge = Clock::now() + kPurgePause;
  while (true) {
    const auto next = std::min({next_heartbeat, next_expiry, next_purge});
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now());
    const int number = signals_.wait(std::max(pause, std::chrono::milliseconds(1)));
    if (number == SIGHUP) reload();
    if (number == SIGTERM || number == SIGINT) return;
    const auto now = Clock::now();
    if (now >= next_heartbeat) {
      heartbeat();
      next_heartbeat = now + settings_.heartbeat;
    }
    if (now >= next_expiry) {
      api_->expire_suppressions();
      next_expiry = now + kExpiryPause;
    }
    if (now >= next_purge) {
      purge();
      next_purge = now + kPurgePause;
    }
  }
}

Status Serve::stop() {
  say("ending: nothing new is taken; a second signal ends at once");
  signals_.let_through();
  const auto end = Clock::now() + settings_.drain;
  const auto left = [end] {
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()),
                    std::chrono::milliseconds(0));
  };
  socket_.reset();
  scans_->stop(left());
  // What people wait for gets a moment, however long the scans took.
  if (!server_->drain(std::max(left(), kLastRequests)))
    say("requests that took too long were cut off");
  api_->attach(nullptr);
  server_.reset();
  if (const Status flushed = api_->flush(); !flushed) {
    log("reads of auditors were not recorded: " + escape_terminal(flushed.error().describe()));
  }
  keeper_->stop_following();
  api_.reset();
  scans_.reset();
  index_.reset();
  state_.reset();
  SAIPH_CHECK(keeper_->close());
  say("ended");
  return {};
}

}  // namespace

int run_serve(const ServeRequest& request, std::ostream& out, std::ostream& err) {
  const auto tell = [&err](const Error& error) {
    err << "saiph serve: " << escape_terminal(error.describe()) << "\n";
  };
  try {
    auto settings = read_serve_settings(request);
    if (!settings) {
      tell(settings.error());
      return kExitUsage;
    }
    if (request.check) {
      for (const std::string& text : settings->listen) {
        if (const auto address = net::ListenAddress::parse(text); !address) {
          tell(address.error());
          return kExitUsage;
        }
      }
      out << describe(*settings) << std::flush;
      return kExitDone;
    }
    // Keys are in this memory: no core dump, and no other process of the user looks into it.
    if (!kSanitised) (void)::prctl(PR_SET_DUMPABLE, 0);
    Serve serve(std::move(*settings), request.quiet, err);
    if (const Status started = serve.start(); !started) {
      tell(started.error());
      return exit_of(started.error());
    }
    serve.run();
    if (const Status stopped = serve.stop(); !stopped) {
      tell(stopped.error());
      return exit_of(stopped.error());
    }
    return kExitDone;
  } catch (const std::exception& thrown) {
    err << "saiph: internal error: " << escape_terminal(thrown.what()) << "\n";
    return kExitInternal;
  }
}

}  // namespace saiph::app
