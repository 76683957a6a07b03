// What reads, changes and catching up cost.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "control/index.h"
#include "control/state.h"
#include "crypto/sha256.h"
#include "crypto/signature.h"
#include "ledger/format/envelope.h"
#include "ledger/format/statement.h"

namespace saiph::control {
namespace {

constexpr UnixMillis kNow = 1'767'323'045'678;

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "saiph-bench-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string path;
};

class NoJournal final : public ChangeJournal {
 public:
  Result<std::uint64_t> record(const Change& /*change*/) override { return next_++; }

 private:
  std::uint64_t next_ = 0;
};

struct OpenState {
  OpenState() : state(std::move(*State::open(folder.path, journal))) {
    NewAccount admin;
    admin.name = "admin";
    admin.role = identity::Role::kAdmin;
    account = state->accounts().create(admin, Actor::system(), kNow)->id;
  }
  Folder folder;
  NoJournal journal;
  std::unique_ptr<State> state;
  std::string account;
};

void session_lookup(benchmark::State& bench) {
  OpenState open;
  const Digest token = *crypto::sha256(as_bytes("token"));
  (void)open.state->sessions().begin(open.account, token, token, Actor::system(), kNow);
  for (auto _ : bench) benchmark::DoNotOptimize(open.state->sessions().use(token, kNow));
}
BENCHMARK(session_lookup);

void change_of_an_account(benchmark::State& bench) {
  OpenState open;
  for (auto _ : bench) {
    const auto changed =
        open.state->accounts().change(open.account, {}, {.display = "A"}, Actor::system(), kNow);
    if (!changed) bench.SkipWithError("no change");
  }
}
BENCHMARK(change_of_an_account)->UseRealTime();

Bytes heartbeat(const crypto::Signer& signer) {
  ledger::Statement statement;
  statement.subjects.push_back(ledger::Subject::of("saiph", *crypto::sha256(as_bytes("saiph"))));
  statement.predicate_type = ledger::predicate_type_uri(ledger::PredicateType::kHeartbeat);
  statement.predicate = "{\"time\":\"2026-01-02T03:04:05Z\",\"sequence\":0}";
  const auto text = ledger::encode_statement(statement);
  const auto sealed = ledger::seal_envelope(ledger::kInTotoPayloadType, as_bytes(*text), signer);
  const ByteView bytes = as_bytes(*sealed);
  return {bytes.begin(), bytes.end()};
}

/// One entry a transaction: the cost of following a live ledger.
void apply_one_entry(benchmark::State& bench) {
  const Folder folder;
  const auto signer = crypto::SoftwareSigner::generate(crypto::SignatureAlgorithm::kEd25519);
  const Bytes entry = heartbeat(**signer);
  ledger::DiskFolder content(folder.path + "/ledger");
  const auto index = std::move(*Index::open(folder.path + "/index.db"));
  std::uint64_t number = 0;
  for (auto _ : bench) {
    if (!index->apply(number++, entry, content)) bench.SkipWithError("not applied");
  }
}
BENCHMARK(apply_one_entry);

void catch_up(benchmark::State& bench) {
  const Folder folder;
  const std::shared_ptr<const crypto::SoftwareSigner> signer =
      std::move(*crypto::SoftwareSigner::generate(crypto::SignatureAlgorithm::kEd25519));
  const Bytes entry = heartbeat(*signer);
  ledger::DiskFolder content(folder.path + "/ledger");
  ledger::LedgerOptions options;
  options.origin = "bench.example/log";
  options.keys = {*ledger::VerifierKey::of_log(options.origin, signer->public_key())};
  (void)ledger::Ledger::create(content, options, *signer);
  const auto log = std::move(*ledger::Ledger::open(content, options, signer));
  const std::uint64_t entries = 20'000;
  for (std::uint64_t i = 1; i < entries; ++i) (void)log->submit(entry, [](const auto&) {});
  (void)log->append(entry);
  for (auto _ : bench) {
    bench.PauseTiming();
    for (const char* const suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(folder.path + "/index.db" + suffix);
    }
    const auto index = std::move(*Index::open(folder.path + "/index.db"));
    bench.ResumeTiming();
    if (!index->catch_up(*log, content)) bench.SkipWithError("not caught up");
  }
  bench.SetItemsProcessed(static_cast<std::int64_t>(entries) * bench.iterations());
}
BENCHMARK(catch_up)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace saiph::control
