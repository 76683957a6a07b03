// Suppressions, scan jobs, settings, idempotency keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "control/state_for_test.h"

namespace saiph::control {
namespace {

using testing::ElementsAre;

constexpr UnixMillis kNow = kNowForTest;
const Actor kSystem = Actor::system();

NewSuppression suppression_for_test() {
  return {"pickle-denied-callable", digest_for_test("m"), {}, "built by ourselves", kNow + kDayMs};
}

TEST(Suppressions, NeedAReasonATimeAndOneTarget) {
  StateForTest test;
  Suppressions& all = test.state->suppressions();
  const auto refused = [&](const auto& spoil) {
    NewSuppression wanted = suppression_for_test();
    spoil(wanted);
    const auto created = all.create(wanted, kSystem, kNow);
    return !created && created.error().code() == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](auto& s) { s.reason = "short"; }));
  EXPECT_TRUE(refused([](auto& s) { s.reason = "with \x1B[31m colour"; }));
  EXPECT_TRUE(refused([](auto& s) { s.expires = kNow; }));
  EXPECT_TRUE(refused([](auto& s) { s.expires = kNow + kSuppressionMaxMs + 1; }));
  EXPECT_TRUE(refused([](auto& s) { s.path = "*.pt"; }));
  EXPECT_TRUE(refused([](auto& s) { s.digest.reset(); }));
  EXPECT_TRUE(refused([](auto& s) { s.rule = "Not A Rule"; }));
  EXPECT_TRUE(test.journal.changes.empty());
  EXPECT_TRUE(all.create(suppression_for_test(), kSystem, kNow));
}

TEST(Suppressions, ApplyToADigestOrAPath) {
  Suppression suppression;
  suppression.rule = "r";
  suppression.digest = digest_for_test("m");
  EXPECT_TRUE(suppression.applies("r", digest_for_test("m"), "any"));
  EXPECT_FALSE(suppression.applies("q", digest_for_test("m"), "any"));
  EXPECT_FALSE(suppression.applies("r", digest_for_test("n"), "any"));
  EXPECT_FALSE(suppression.applies("r", {}, "any"));
  suppression.digest.reset();
  suppression.path = "models/**/*.pt";
  EXPECT_TRUE(suppression.applies("r", {}, "models/a/b.pt"));
  EXPECT_FALSE(suppression.applies("r", {}, "other/a/b.pt"));
}

TEST(Suppressions, AreChangedRevokedAndListed) {
  StateForTest test;
  Suppressions& all = test.state->suppressions();
  const auto created = all.create(suppression_for_test(), Actor::session("someone"), kNow);
  ASSERT_TRUE(created);
  EXPECT_EQ(created->author, "someone");
  EXPECT_TRUE(created->active(kNow));
  EXPECT_FALSE(created->active(kNow + kDayMs));
  const auto changed = all.change(created->id, 1, {.expires = kNow + 2 * kDayMs}, kSystem, kNow);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->version, 2);
  EXPECT_EQ(changed->reason, "built by ourselves");
  EXPECT_EQ(all.revoke(created->id, 1, kSystem, kNow).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(*all.count_expiring(kNow, kNow + 2 * kDayMs), 1U);
  EXPECT_EQ(all.all_active(kNow)->size(), 1U);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(all.create(suppression_for_test(), kSystem, kNow + 1));
  ASSERT_TRUE(all.revoke(created->id, 2, kSystem, kNow));
  EXPECT_EQ(all.change(created->id, {}, {.reason = "another reason"}, kSystem, kNow).error().code(),
            ErrorCode::kConflict);
  const auto active = all.list(true, kNow, {3, ""});
  ASSERT_TRUE(active);
  EXPECT_EQ(active->items.size(), 3U);
  const auto rest = all.list(true, kNow, {3, active->next});
  EXPECT_EQ(rest->items.size(), 2U);
  EXPECT_TRUE(rest->next.empty());
  EXPECT_FALSE(all.list(false, kNow, {3, active->next}));
  EXPECT_EQ(all.list(false, kNow, {3, ""})->items.front().id, created->id);
  EXPECT_EQ(all.list({}, kNow, {200, ""})->items.size(), 6U);
  EXPECT_EQ(all.list(true, kNow + kDayMs, {200, ""})->items.size(), 0U);
}

TEST(ScanJobs, GoForwardOnly) {
  StateForTest test;
  ScanJobs& scans = test.state->scans();
  EXPECT_FALSE(scans.create({ScanKind::kPath, "label", ""}, kSystem, kNow));
  EXPECT_FALSE(scans.create({ScanKind::kUpload, "", ""}, kSystem, kNow));
  EXPECT_FALSE(scans.create({ScanKind::kUpload, "a\nb", ""}, kSystem, kNow));
  const auto job = scans.create({ScanKind::kPath, "m.pt", "/srv/m.pt"}, Actor::session("a"), kNow);
  ASSERT_TRUE(job) << job.error().describe();
  EXPECT_EQ(job->requested_by, "a");
  EXPECT_EQ(scans.progress(job->id, 1, 1, 1).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(scans.finish(job->id, {ScanState::kDone, {}, {}, ""}, kSystem, kNow).error().code(),
            ErrorCode::kConflict);
  ASSERT_TRUE(scans.start(job->id, kNow + 1));
  EXPECT_EQ(scans.start(job->id, kNow + 1).error().code(), ErrorCode::kConflict);
  ASSERT_TRUE(scans.progress(job->id, 10, 1000, 2));
  ASSERT_TRUE(scans.progress(job->id, 5, 2000, 2));
  const auto done =
      scans.finish(job->id, {ScanState::kDone, Verdict::kFindings, 12, ""}, kSystem, kNow + 2);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->files, 10U);
  EXPECT_EQ(done->bytes, 2000U);
  EXPECT_EQ(done->verdict, Verdict::kFindings);
  EXPECT_EQ(done->ledger_index, 12U);
  EXPECT_EQ(done->started, kNow + 1);
  EXPECT_EQ(scans.finish(job->id, {ScanState::kFailed, {}, {}, "x"}, kSystem, kNow).error().code(),
            ErrorCode::kConflict);
  EXPECT_EQ(scans.start("none", kNow).error().code(), ErrorCode::kNotFound);
  const auto cancelled = scans.create({ScanKind::kUpload, "u", ""}, kSystem, kNow + 3);
  ASSERT_TRUE(scans.finish(cancelled->id, {ScanState::kCancelled, {}, {}, ""}, kSystem, kNow + 4));
  ASSERT_TRUE(scans.create({ScanKind::kUpload, "v", ""}, kSystem, kNow + 5));
  EXPECT_EQ(scans.counts(kNow)->queued, 1U);
  EXPECT_EQ(*scans.fail_unfinished("the program was stopped", kNow + 6), 1U);
  EXPECT_EQ(scans.counts(kNow)->failed_since, 1U);
  EXPECT_EQ(scans.list(ScanState::kFailed, {10, ""})->items.front().error,
            "the program was stopped");
  EXPECT_EQ(scans.list({}, {10, ""})->items.back().id, job->id);
  EXPECT_THAT(test.journal.names(),
              ElementsAre("scan-requested", "scan-requested", "scan-cancelled", "scan-requested"));
  // Retention, and a legal hold before it.
  ASSERT_TRUE(test.state->settings().change(1, {.legal_hold = true}, kSystem, kNow));
  EXPECT_EQ(test.state->purge(kNow + 366 * kDayMs)->scan_jobs, 0U);
  ASSERT_TRUE(test.state->settings().change(2, {.legal_hold = false}, kSystem, kNow));
  EXPECT_EQ(test.state->purge(kNow + 366 * kDayMs)->scan_jobs, 3U);
}

TEST(Settings, AreVersioned) {
  StateForTest test;
  EXPECT_EQ(test.state->settings().get()->retention_days, 365);
  EXPECT_FALSE(test.state->settings().change(1, {.retention_days = 0}, kSystem, kNow));
  EXPECT_EQ(test.state->settings().change(1, {.retention_days = 30}, kSystem, kNow)->version, 2);
  EXPECT_EQ(test.state->settings().change(1, {}, kSystem, kNow).error().code(),
            ErrorCode::kConflict);
}

TEST(IdempotencyKeys, AreDoneOnce) {
  StateForTest test;
  IdempotencyKeys& keys = test.state->idempotency();
  const IdempotencyKey key{"k-1", "account", "createToken"};
  const Digest request = digest_for_test("body");
  std::atomic<int> first = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto begun = keys.begin(key, request, kNow);
      first += begun && !*begun ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(keys.begin(key, request, kNow).error().message(), "in progress");
  const std::string body("{\"secret\":\"saiph_api_x\"}\0\xFF", 26);
  ASSERT_TRUE(
      keys.complete(key, {201, "application/json", "/api/v1/tokens/1", "\"1\"", body}, kNow));
  test.reopen();
  IdempotencyKeys& again = test.state->idempotency();
  const auto replay = again.begin(key, request, kNow + kHourMs);
  ASSERT_TRUE(replay && replay->has_value());
  EXPECT_EQ((*replay)->status, 201);
  EXPECT_EQ((*replay)->body, body);
  EXPECT_EQ((*replay)->location, "/api/v1/tokens/1");
  EXPECT_EQ(again.begin(key, digest_for_test("another"), kNow).error().code(),
            ErrorCode::kConflict);
  EXPECT_FALSE(again.begin({"k-1", "account", "other"}, request, kNow)->has_value());
  EXPECT_FALSE(again.begin({"k-1", "other", "createToken"}, request, kNow)->has_value());
  EXPECT_FALSE(again.begin({"", "a", "r"}, request, kNow));
  EXPECT_FALSE(again.begin({"\n", "a", "r"}, request, kNow));
  EXPECT_FALSE(again.begin(key, request, kNow + kDayMs)->has_value());
  ASSERT_TRUE(again.abandon(key));
  EXPECT_FALSE(again.begin(key, request, kNow + kDayMs)->has_value());
  EXPECT_FALSE(
      again.begin(key, request, kNow + kDayMs + IdempotencyKeys::kAbandonedMs)->has_value());
  EXPECT_EQ(
      again.complete(key, {200, "", "", "", std::string(IdempotencyKeys::kMaxBody + 1, 'x')}, kNow)
          .error()
          .code(),
      ErrorCode::kLimit);
  EXPECT_EQ(again.complete(key, {}, kNow).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace saiph::control
