// What a crash may do: the process killed at any moment, the power cut at any byte. Nothing that
// was acknowledged may be gone, and a torn tail must never be taken for damage, nor damage for a
// torn tail. SAIPH_SLOW=1 in the environment runs ten times as many trials.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "base/byte_reader.h"
#include "ledger/ledger.h"
#include "ledger/log_for_test.h"
#include "ledger/storage/little_endian.h"
#include "ledger/storage/unstable_folder_for_test.h"
#include "ledger/verify.h"

namespace saiph::ledger {
namespace {

using testing::HasSubstr;

int trials(int fast) {
  return std::getenv("SAIPH_SLOW") != nullptr ? 10 * fast : fast;
}

void expect_verified(Folder& folder, const VerifierKey& key) {
  VerifyOptions options;
  options.key = key;
  const auto report = verify(folder, options);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->defect_count, 0U)
      << (report->defects.empty() ? "" : report->defects.front().detail);
}

TEST(Crash, PowerCutAtAnyByteLosesNothingAcknowledged) {
  const auto signer = new_signer_for_test();
  // Envelopes are made once: their signatures are the slow part.
  std::vector<Bytes> envelopes;
  for (std::uint64_t i = 0; i < 400; ++i) envelopes.push_back(envelope_for_test(*signer, i));
  for (int trial = 0; trial < trials(60); ++trial) {
    SCOPED_TRACE(trial);
    std::mt19937_64 random(static_cast<std::uint64_t>(trial));
    auto folder = std::make_unique<UnstableFolder>();
    const LedgerOptions options = options_for_test(*signer, 8'000 + random() % 60'000);
    create_for_test(*folder, *signer, options, "signing.key");
    std::map<std::uint64_t, Digest> acknowledged;
    std::size_t sent = 0;
    // Several lives in a row, each ended by a power cut.
    for (int life = 0; life < 3; ++life) {
      folder->cut_power_after(1 + random() % 150'000);
      auto ledger = Ledger::open(*folder, options, signer);
      if (ledger) {
        std::mutex mutex;
        while (!folder->power_is_cut() && sent < envelopes.size()) {
          const auto taken = (*ledger)->submit(envelopes[sent++], [&](const auto& receipt) {
            if (!receipt) return;
            const std::lock_guard lock(mutex);
            acknowledged[receipt->index] = receipt->leaf;
          });
          if (!taken) break;
          if (random() % 8 == 0) std::this_thread::yield();
        }
        // Fails when the power is cut; what was acknowledged counts.
        static_cast<void>((*ledger)->close());
      }
      folder = folder->after_power_cut(random);
    }
    const auto ledger = Ledger::open(*folder, options, signer);
    ASSERT_TRUE(ledger) << ledger.error().describe();
    for (const auto& [index, leaf] : acknowledged) {
      const auto entry = (*ledger)->entry(index);
      ASSERT_TRUE(entry) << entry.error().describe();
      ASSERT_EQ(crypto::leaf_hash(*entry), leaf);
      ASSERT_TRUE((*ledger)->inclusion(index));
    }
    ASSERT_TRUE((*ledger)->append(envelopes[0]));
    ASSERT_TRUE((*ledger)->close());
    expect_verified(*folder, options.keys[0]);
  }
}

TEST(Crash, ATailTornAtEveryByteIsCutOff) {
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer);
  UnstableFolder folder;
  create_for_test(folder, *signer, options, "signing.key");
  std::uint64_t before = 0;
  Bytes whole;
  Bytes checkpoint_before;
  {
    auto ledger = Ledger::open(folder, options, signer);
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, 0)));
    ASSERT_TRUE((*ledger)->close());
    before = (*folder.open(segment_name(0), OpenMode::kRead))->size();
    checkpoint_before = *read_file(folder, "checkpoint", kMaxNoteBytes);
  }
  {
    auto ledger = Ledger::open(folder, options, signer);
    ASSERT_TRUE(ledger);
    const std::string long_predicate = "{\"text\":\"" + std::string(1500, 'x') + "\"}";
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, 1, long_predicate)));
    ASSERT_TRUE((*ledger)->close());
    whole = *read_file(folder, segment_name(0), 1U << 20);
  }
  for (std::uint64_t length = before; length <= whole.size(); ++length) {
    for (const std::size_t zeros : {std::size_t{0}, std::size_t{4000}}) {
      Bytes torn(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      torn.resize(torn.size() + zeros);
      ASSERT_TRUE(write_file(folder, segment_name(0), torn, Durability::kSynced));
      const auto reader = Ledger::open_to_read(folder, options);
      ASSERT_TRUE(reader) << length << " " << reader.error().describe();
      EXPECT_EQ((*reader)->head()->size, length == whole.size() ? 2U : 1U) << length;
      const bool torn_somewhere = length != before && length != whole.size();
      EXPECT_EQ((*reader)->recovery().torn_bytes != 0, torn_somewhere) << length;
    }
  }
  // Also when the end of the batch reached the medium and a sector before it did not.
  Bytes hole = whole;
  const std::size_t sector = (before / 512 + 1) * 512;
  ASSERT_LT(sector + 512, hole.size());
  std::fill_n(hole.begin() + static_cast<std::ptrdiff_t>(sector), 512, std::uint8_t{0});
  ASSERT_TRUE(write_file(folder, segment_name(0), hole, Durability::kSynced));
  ASSERT_TRUE(write_file(folder, "checkpoint", checkpoint_before, Durability::kSynced));
  auto ledger = Ledger::open(folder, options, signer);
  ASSERT_TRUE(ledger) << ledger.error().describe();
  EXPECT_EQ((*ledger)->head()->size, 1U);
  EXPECT_GT((*ledger)->recovery().torn_bytes, 0U);
  ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, 2)));
  ASSERT_TRUE((*ledger)->close());
  expect_verified(folder, options.keys[0]);
}

TEST(Crash, DamageIsNeverTakenForATornTail) {
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer);
  UnstableFolder folder;
  create_for_test(folder, *signer, options, "signing.key");
  auto ledger = Ledger::open(folder, options, signer);
  ASSERT_TRUE(ledger);
  for (std::uint64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, i)));
  }
  ASSERT_TRUE((*ledger)->close());
  const Bytes whole = *read_file(folder, segment_name(0), 1U << 20);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes changed = whole;
    changed[i] ^= 0x04U;
    ASSERT_TRUE(write_file(folder, segment_name(0), changed, Durability::kSynced));
    const auto reader = read_log(folder, options.origin, options.keys);
    // A length field that now reaches beyond the end is a record cut off: with nothing behind it,
    // this one case cannot be told from a crash. The file `checkpoint` shows it to `verify`.
    if (reader) {
      EXPECT_EQ(reader->checkpoint.checkpoint.size, 2U) << i;
      VerifyOptions verify_options;
      verify_options.key = options.keys[0];
      const auto report = verify(folder, verify_options);
      ASSERT_TRUE(report) << i;
      EXPECT_GT(report->defect_count, 0U) << i;
      continue;
    }
    EXPECT_EQ(reader.error().code(), ErrorCode::kMalformed) << i;
    EXPECT_THAT(reader.error().describe(), HasSubstr("segments/00000000000000000000.seg")) << i;
  }
}

/// Appends until it is killed; tells the parent of every acknowledged entry.
[[noreturn]] void append_until_killed(const std::string& path, const LedgerOptions& options,
                                      const std::shared_ptr<crypto::SoftwareSigner>& signer,
                                      int pipe, std::uint64_t seed) {
  DiskFolder folder(path);
  auto ledger = Ledger::open(folder, options, signer);
  if (!ledger) {
    // Not an assertion: the child of a test must not go on as a test.
    static_cast<void>(!::write(STDERR_FILENO, "open failed\n", 12));
    ::_exit(9);
  }
  for (std::uint64_t i = 0;; ++i) {
    const Bytes entry = envelope_for_test(*signer, seed * 1'000'000 + i);
    const auto taken = (*ledger)->submit(entry, [pipe](const Result<Receipt>& receipt) {
      if (!receipt) return;
      Bytes line;
      append_le(line, receipt->index);
      line.insert(line.end(), receipt->leaf.bytes.begin(), receipt->leaf.bytes.end());
      static_cast<void>(!::write(pipe, line.data(), line.size()));
    });
    if (!taken) std::this_thread::yield();
  }
}

TEST(Crash, KilledAtAnyMomentUnderLoad) {
  const TemporaryFolder temporary;
  const std::string path = temporary.path() + "/ledger";
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer, 200'000);
  DiskFolder folder(path);
  create_for_test(folder, *signer, options, "signing.key");
  std::mt19937_64 random(7);
  std::map<std::uint64_t, Digest> acknowledged;
  std::uint64_t torn = 0;
  for (int kill = 0; kill < trials(20); ++kill) {
    SCOPED_TRACE(kill);
    int pipe[2] = {-1, -1};
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      append_until_killed(path, options, signer, pipe[1], static_cast<std::uint64_t>(kill));
    }
    ::close(pipe[1]);
    std::thread killer([&, wait = 1 + random() % 60] {
      std::this_thread::sleep_for(std::chrono::milliseconds(wait));
      ::kill(child, SIGKILL);
    });
    Bytes told;
    Bytes block(4096);
    while (true) {
      const ::ssize_t n = ::read(pipe[0], block.data(), block.size());
      if (n <= 0) break;
      told.insert(told.end(), block.begin(), block.begin() + n);
    }
    killer.join();
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    ByteReader lines(told);
    while (lines.remaining() >= 40) {
      std::uint64_t index = 0;
      ByteView leaf;
      ASSERT_TRUE(lines.u64le(index) && lines.take(32, leaf));
      std::copy(leaf.begin(), leaf.end(), acknowledged[index].bytes.begin());
    }
    const auto ledger = Ledger::open_to_read(folder, options);
    ASSERT_TRUE(ledger) << ledger.error().describe();
    torn += (*ledger)->recovery().torn_bytes != 0 ? 1 : 0;
    if (acknowledged.empty()) continue;
    ASSERT_GT((*ledger)->head()->size, acknowledged.rbegin()->first);
  }
  const auto ledger = Ledger::open(folder, options, signer);
  ASSERT_TRUE(ledger) << ledger.error().describe();
  std::map<std::uint64_t, Digest> found;
  ASSERT_TRUE((*ledger)->entries(0, (*ledger)->head()->size, [&](std::uint64_t i, ByteView entry) {
    if (acknowledged.contains(i)) found[i] = crypto::leaf_hash(entry);
    return Status();
  }));
  EXPECT_EQ(found, acknowledged);
  EXPECT_FALSE(acknowledged.empty());
  RecordProperty("acknowledged", static_cast<int>(acknowledged.size()));
  RecordProperty("torn_tails", static_cast<int>(torn));
}

}  // namespace
}  // namespace saiph::ledger
