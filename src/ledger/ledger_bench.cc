// Rates, latencies, opening, proofs and memory of a ledger on a real disk; bench/ledger/run.py runs
// it beside the disk's own limit and SQLite. Everything on one core.
//   ledger_bench FOLDER [ENTRIES] [SECONDS]    prints one JSON object a measurement
#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "crypto/sha256.h"
#include "crypto/signature.h"
#include "ledger/format/envelope.h"
#include "ledger/format/statement.h"
#include "ledger/ledger.h"

namespace saiph::ledger {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double resident_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

double percentile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto place = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return sorted[place];
}

[[noreturn]] void fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.describe());
  std::exit(4);
}

template <typename T>
T must(Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}

/// A request batch as the gateway will write one: about 700 bytes of statement.
std::string statement_text(std::uint64_t number) {
  Statement statement;
  statement.subjects.push_back(
      Subject::of(fmt::format("request {}", number), *crypto::sha256(as_bytes("x"))));
  statement.predicate_type = predicate_type_uri(PredicateType::kRequestBatch);
  statement.predicate = fmt::format(
      R"({{"number":{},"decision":"allow","rule":"none","tokens":1234,"channels":[{{"kind":"user","bytes":2048}}]}})",
      number);
  return must(encode_statement(statement));
}

Bytes envelope(const crypto::Signer& signer, std::uint64_t number) {
  const std::string text = statement_text(number);
  const std::string sealed = must(seal_envelope(kInTotoPayloadType, as_bytes(text), signer));
  const ByteView bytes = as_bytes(sealed);
  return Bytes(bytes.begin(), bytes.end());
}

void sync_floor(const std::string& folder) {
  DiskFolder disk(folder);
  const auto file = must(disk.open("floor", OpenMode::kCreate));
  if (!file->allocate(64U << 20)) return;
  if (!file->sync()) return;
  const Bytes block(65536, 0x5A);
  std::vector<double> took;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto start = Clock::now();
    if (!file->write_at(i * block.size(), block) || !file->sync()) return;
    took.push_back(seconds_since(start) * 1e3);
  }
  std::sort(took.begin(), took.end());
  fmt::print("{{\"what\":\"sync floor, 64 KiB\",\"p50_ms\":{:.3f},\"p99_ms\":{:.3f}}}\n",
             percentile(took, 0.5), percentile(took, 0.99));
}

/// As fast as it goes, `window` entries waiting at most.
void flood(Ledger& ledger, const std::vector<Bytes>& made, const crypto::Signer* sign,
           std::uint64_t count, std::string_view what) {
  constexpr std::uint64_t kWindow = 4096;
  std::atomic<std::uint64_t> done = 0;
  const auto start = Clock::now();
  const double cpu = cpu_seconds();
  for (std::uint64_t i = 0; i < count; ++i) {
    while (i - done.load(std::memory_order_relaxed) >= kWindow) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    Bytes entry = sign != nullptr ? envelope(*sign, i) : made[i % made.size()];
    if (const Status taken = ledger.submit(std::move(entry),
                                           [&](const Result<Receipt>& receipt) {
                                             if (!receipt) fail(receipt.error());
                                             done.fetch_add(1, std::memory_order_relaxed);
                                           });
        !taken) {
      fail(taken.error());
    }
  }
  while (done < count) std::this_thread::sleep_for(std::chrono::microseconds(200));
  const double took = seconds_since(start);
  fmt::print("{{\"what\":\"{}\",\"entries_per_s\":{:.0f},\"cpu_us_per_entry\":{:.2f}}}\n", what,
             static_cast<double>(count) / took,
             (cpu_seconds() - cpu) / static_cast<double>(count) * 1e6);
}

/// At a fixed rate; latency counts from the moment at which the entry was due.
void pace(Ledger& ledger, const std::vector<Bytes>& made, double rate, double duration) {
  const auto count = static_cast<std::uint64_t>(rate * duration);
  std::vector<double> took(count);
  std::atomic<std::uint64_t> done = 0;
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto due = start + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(static_cast<double>(i) / rate));
    if (due > Clock::now()) {
      std::this_thread::sleep_until(due);
    }
    if (const Status taken = ledger.submit(made[i % made.size()],
                                           [&took, &done, i, due](const auto& receipt) {
                                             if (!receipt) fail(receipt.error());
                                             took[i] = seconds_since(due) * 1e3;
                                             done.fetch_add(1, std::memory_order_relaxed);
                                           });
        !taken) {
      fail(taken.error());
    }
  }
  while (done < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::sort(took.begin(), took.end());
  fmt::print(
      "{{\"what\":\"append at {:.0f}/s\",\"p50_ms\":{:.2f},\"p99_ms\":{:.2f},\"p999_ms\":{:.2f},"
      "\"max_ms\":{:.2f}}}\n",
      rate, percentile(took, 0.5), percentile(took, 0.99), percentile(took, 0.999), took.back());
}

int run(const std::string& folder, std::uint64_t entries, double duration) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  const bool pinned = ::sched_setaffinity(0, sizeof one, &one) == 0;
  fmt::print("{{\"what\":\"setting\",\"one_core\":{},\"entries\":{}}}\n", pinned, entries);
  std::filesystem::create_directories(folder);
  sync_floor(folder);

  const std::shared_ptr<crypto::SoftwareSigner> signer =
      must(crypto::SoftwareSigner::generate(crypto::SignatureAlgorithm::kEd25519));
  LedgerOptions options;
  options.origin = "bench.example/ledger";
  options.keys = {must(VerifierKey::of_log(options.origin, signer->public_key()))};
  DiskFolder disk(folder + "/ledger");
  if (const Status created = Ledger::create(disk, options, *signer); !created) {
    fail(created.error());
  }
  std::vector<Bytes> made;
  for (std::uint64_t i = 0; i < 1000; ++i) made.push_back(envelope(*signer, i));
  fmt::print("{{\"what\":\"entry\",\"bytes\":{}}}\n", made.front().size());
  {
    const auto ledger = must(Ledger::open(disk, options, signer));
    const std::uint64_t with_signing = std::min<std::uint64_t>(entries / 10, 50'000);
    flood(*ledger, made, signer.get(), with_signing,
          "append, each envelope made and signed, Ed25519");
    const auto p256 =
        must(crypto::SoftwareSigner::generate(crypto::SignatureAlgorithm::kEcdsaP256Sha256));
    flood(*ledger, made, p256.get(), with_signing, "append, each envelope made and signed, P-256");
    pace(*ledger, made, 10'000, duration);
    const std::uint64_t present = ledger->head()->size;
    flood(*ledger, made, nullptr, entries > present ? entries - present : 1,
          "append, finished envelopes");
    if (const Status closed = ledger->close(); !closed) fail(closed.error());
  }
  for (const bool writing : {false, true}) {
    const auto start = Clock::now();
    const auto ledger = writing ? must(Ledger::open(disk, options, signer))
                                : must(Ledger::open_to_read(disk, options));
    const double took = seconds_since(start);
    fmt::print("{{\"what\":\"open to {}\",\"entries\":{},\"seconds\":{:.3f},\"rss_mb\":{:.1f}}}\n",
               writing ? "write" : "read", ledger->head()->size, took, resident_megabytes());
    if (writing) continue;
    std::mt19937_64 random(1);
    constexpr int kProofs = 20'000;
    const auto proofs = Clock::now();
    for (int i = 0; i < kProofs; ++i) {
      const auto inclusion = ledger->inclusion(random() % ledger->head()->size);
      if (!inclusion) fail(inclusion.error());
    }
    fmt::print("{{\"what\":\"proof, verified\",\"us\":{:.1f}}}\n",
               seconds_since(proofs) / kProofs * 1e6);
    const auto reads = Clock::now();
    for (int i = 0; i < 2'000; ++i) {
      const auto entry = ledger->entry(random() % ledger->head()->size);
      if (!entry) fail(entry.error());
    }
    fmt::print("{{\"what\":\"one entry read and checked\",\"us\":{:.1f}}}\n",
               seconds_since(reads) / 2'000 * 1e6);
  }
  return 0;
}

}  // namespace
}  // namespace saiph::ledger

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print(stderr, "usage: ledger_bench FOLDER [ENTRIES] [SECONDS]\n");
    return 2;
  }
  const std::uint64_t entries = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000'000;
  const double seconds = count > 3 ? std::strtod(arguments[3], nullptr) : 10;
  return saiph::ledger::run(arguments[1], entries, seconds);
}
