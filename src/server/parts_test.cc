// The small parts: cookies, problems, metrics, workers, second factors that wait, forms of bodies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "server/cookies.h"
#include "server/metrics.h"
#include "server/operations.h"
#include "server/pending_totps.h"
#include "server/problem.h"
#include "server/schema_check_for_test.h"
#include "server/worker_pool.h"

namespace saiph::server {
namespace {

net::Headers with(std::string name, std::string value) {
  net::Headers headers;
  headers.add(std::move(name), std::move(value));
  return headers;
}

TEST(Cookies, OneOfThisNameOrNone) {
  const std::vector<std::pair<std::string, std::optional<std::string>>> rows{
      {"saiph=a", "a"},
      {"x=1; saiph=a; y=2", "a"},
      {"x=1;saiph=a", "a"},
      {"saiph=", ""},
      {"saiph=a=b", "a=b"},
      {"saiph", std::nullopt},
      {"xsaiph=a", std::nullopt},
      {"saiph2=a", std::nullopt},
      {"Saiph=a", std::nullopt},
      {"saiph=a; saiph=b", std::nullopt},
      {"saiph=a; saiph=a", std::nullopt},
      {"", std::nullopt},
      {";;; ;", std::nullopt},
      {"=a", std::nullopt},
  };
  for (const auto& [field, expected] : rows) {
    const net::Headers headers = with("Cookie", field);
    const auto found = find_cookie(headers, "saiph");
    EXPECT_EQ(found ? std::optional(std::string(*found)) : std::nullopt, expected) << field;
  }
  EXPECT_FALSE(find_cookie(net::Headers(), "saiph").has_value());
}

TEST(Cookies, OverTlsTheyAreBoundToTheHost) {
  EXPECT_EQ(make_cookie(session_cookie_name(true), "v", true, "Strict", 60),
            "__Host-saiph=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure");
  EXPECT_EQ(make_cookie(session_cookie_name(false), "", false, "Strict", 0),
            "saiph=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST(Cookies, TheCsrfTokenFollowsFromTheSessionAndTellsNothingOfIt) {
  EXPECT_EQ(csrf_token("a").size(), 43U);
  EXPECT_EQ(csrf_token("a"), csrf_token("a"));
  EXPECT_NE(csrf_token("a"), csrf_token("b"));
}

TEST(Cookies, PagesOfThisServerOnly) {
  const auto judge = [](const char* host, const char* origin, const char* site) {
    net::RequestHead head;
    head.headers.add("Host", host);
    if (origin != nullptr) head.headers.add("Origin", origin);
    if (site != nullptr) head.headers.add("Sec-Fetch-Site", site);
    return is_same_origin(head);
  };
  EXPECT_TRUE(judge("a.example:8700", nullptr, nullptr));
  EXPECT_TRUE(judge("a.example:8700", "https://A.example:8700", "same-origin"));
  EXPECT_TRUE(judge("a.example", nullptr, "none"));
  EXPECT_FALSE(judge("a.example:8700", "https://a.example", nullptr));
  EXPECT_FALSE(judge("a.example", "https://a.example.evil", nullptr));
  EXPECT_FALSE(judge("a.example", "null", nullptr));
  EXPECT_FALSE(judge("a.example", "a.example", nullptr));
  EXPECT_FALSE(judge("a.example", nullptr, "same-site"));
  EXPECT_FALSE(judge("a.example", nullptr, "cross-site"));
}

TEST(Problem, EveryKindIsOneOfTheDocument) {
  for (std::size_t i = 0; i < kProblemKinds; ++i) {
    const auto kind = static_cast<ProblemKind>(i);
    EXPECT_EQ(problem_row(kind).kind, kind);
    const net::Response response =
        problem_response({kind, std::string(10'000, 'x'), {{"body", "/a", "\xff\n"}}}, "12ab");
    const auto document = SchemaCheck::parse(std::get<std::string>(response.body));
    ASSERT_TRUE(document.has_value());
    EXPECT_EQ(document->root.find("status")->integer(), problem_row(kind).status);
    EXPECT_LE(document->root.find("detail")->string().size(), 2048U);
    const bool waits = response.status == 429 || response.status == 503;
    EXPECT_EQ(response.headers.find("Retry-After").has_value(), waits);
  }
}

TEST(Problem, TellsNothingOfTheInside) {
  for (const ErrorCode code : {ErrorCode::kInternal, ErrorCode::kMalformed, ErrorCode::kUnsupported,
                               ErrorCode::kUnavailable}) {
    const Problem problem = problem_of(Error(code, "/var/lib/saiph/state.db: disk I/O error"));
    EXPECT_EQ(problem.detail.find("/var"), std::string::npos);
    EXPECT_GE(problem_row(problem.kind).status, 500);
  }
  EXPECT_EQ(problem_of(Error(ErrorCode::kConflict, "taken")).kind, ProblemKind::kConflict);
  EXPECT_EQ(problem_of(Error(ErrorCode::kNotFound, "no")).kind, ProblemKind::kNotFound);
}

TEST(Metrics, AreWrittenAsPrometheusReadsThem) {
  Metrics metrics;
  metrics.answered(0, 200, std::chrono::milliseconds(3));
  metrics.answered(0, 404, std::chrono::seconds(90));
  metrics.login(true);
  Exposition out;
  metrics.write(out);
  const std::string text = out.take();
  const std::string id(operations()[0].id);
  for (const std::string& line : std::vector<std::string>{
           "# TYPE saiph_api_request_seconds histogram\n",
           "saiph_api_requests_total{operation=\"" + id + "\",status=\"2xx\"} 1\n",
           "saiph_api_requests_total{operation=\"" + id + "\",status=\"4xx\"} 1\n",
           "saiph_api_request_seconds_bucket{operation=\"" + id + "\",le=\"0.001\"} 0\n",
           "saiph_api_request_seconds_bucket{operation=\"" + id + "\",le=\"0.005\"} 1\n",
           "saiph_api_request_seconds_bucket{operation=\"" + id + "\",le=\"60\"} 1\n",
           "saiph_api_request_seconds_bucket{operation=\"" + id + "\",le=\"+Inf\"} 2\n",
           "saiph_api_request_seconds_sum{operation=\"" + id + "\"} 90.003\n",
           "saiph_api_request_seconds_count{operation=\"" + id + "\"} 2\n",
           std::string("saiph_logins_total{result=\"in\"} 1\n")}) {
    EXPECT_THAT(text, ::testing::HasSubstr(line));
  }
}

TEST(WorkerPool, AFullQueueRefuses) {
  std::mutex mutex;
  std::condition_variable changed;
  bool go = false;
  std::atomic<int> done = 0;
  WorkerPool pool(1, 2);
  const auto job = [&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return go; });
    ++done;
  };
  ASSERT_TRUE(pool.submit(job));
  while (pool.figures().running == 0) std::this_thread::yield();
  EXPECT_TRUE(pool.submit(job));
  EXPECT_TRUE(pool.submit(job));
  EXPECT_FALSE(pool.submit(job));
  EXPECT_EQ(pool.figures().waiting, 2U);
  EXPECT_EQ(pool.figures().refused, 1U);
  {
    const std::lock_guard lock(mutex);
    go = true;
  }
  changed.notify_all();
  while (pool.figures().done < 3) std::this_thread::yield();
  EXPECT_EQ(done, 3);
}

TEST(WorkerPool, WhatWaitsIsDroppedAtTheEnd) {
  const auto held = std::make_shared<int>(1);
  {
    std::mutex mutex;
    mutex.lock();
    WorkerPool pool(1, 10);
    ASSERT_TRUE(pool.submit([&] { const std::lock_guard lock(mutex); }));
    while (pool.figures().running == 0) std::this_thread::yield();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.submit([held] {}));
    EXPECT_EQ(held.use_count(), 6);
    mutex.unlock();
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(PendingTotps, EndAndAreBounded) {
  PendingTotps totps;
  ASSERT_TRUE(totps.put("a", crypto::SecretBytes(20), 0));
  EXPECT_TRUE(totps.get("a", 1).has_value());
  EXPECT_FALSE(totps.get("b", 1).has_value());
  EXPECT_FALSE(totps.get("a", PendingTotps::kValidMs).has_value());
  totps.drop("a");
  EXPECT_FALSE(totps.get("a", 1).has_value());
  for (std::size_t i = 0; i < PendingTotps::kMost; ++i) {
    ASSERT_TRUE(totps.put(std::to_string(i), crypto::SecretBytes(20), 0));
  }
  EXPECT_FALSE(totps.put("one more", crypto::SecretBytes(20), 0));
  EXPECT_TRUE(totps.put("7", crypto::SecretBytes(20), 0));
  EXPECT_TRUE(totps.put("one more", crypto::SecretBytes(20), PendingTotps::kValidMs));
}

}  // namespace
}  // namespace saiph::server
