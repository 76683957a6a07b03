#include "app/serve_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saiph::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ServeSettings, EveryKeyArrivesAndPathsStartAtTheFile) {
  const auto settings = parse_serve_settings(as_bytes(R"(
data = "state"
[server]
listen = ["0.0.0.0:443", "[::1]:8700"]
host_names = ["saiph.example.org"]
drain = "5s"
[tls]
certificate = "/etc/saiph/chain.pem"
key = "key.pem"
[limits]
connections = 100
header_time = "2s"
[scan]
roots = ["/srv/models"]
workers = 2
memory = "512M"
[ledger]
heartbeat = "1m"
public_tiles = true
)"),
                                             "/etc/saiph/saiph.toml");
  ASSERT_TRUE(settings) << settings.error().describe();
  EXPECT_EQ(settings->data, "/etc/saiph/state");
  EXPECT_THAT(settings->listen, ElementsAre("0.0.0.0:443", "[::1]:8700"));
  EXPECT_EQ(settings->tls_certificate, "/etc/saiph/chain.pem");
  EXPECT_EQ(settings->tls_key, "/etc/saiph/key.pem");
  EXPECT_EQ(settings->connections, 100U);
  EXPECT_EQ(settings->header_time.count(), 2000);
  EXPECT_THAT(settings->scan_roots, ElementsAre("/srv/models"));
  EXPECT_EQ(settings->scan_memory_bytes, 512U << 20);
  EXPECT_EQ(settings->heartbeat.count(), 60'000);
  EXPECT_TRUE(settings->public_tiles);
}

TEST(ServeSettings, MistakesAreNamedWithLineAndSuggestion) {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {"dat = \"x\"", "s.toml:1:1: \"dat\" is not a known key here; did you mean \"data\"?"},
      {"[servr]\n", "did you mean \"server\"?"},
      {"[server]\nlissten = []", "s.toml:2:1: \"lissten\""},
      {"[server]\nlisten = \"x\"", "listen must be an array, not a string"},
      {"[server]\nlisten = [1]", "listen is a list of texts"},
      {"[scan]\nworkers = 0", "workers must be from 1 to 64"},
      {"[scan]\nmemory = \"12Q\"", "is not a size"},
      {"[scan]\nmemory = \"1M\"", "memory must be from"},
      {"[scan]\ntime = 30", "time must be a duration in quotes"},
      {"[scan]\ntime = \"1ms\"", "time must be at least 1000ms"},
      {"[server]\nallow_plain = 1", "allow_plain must be true or false"},
      {"data = \"\"", "data is empty"},
      {"[server\n", "s.toml:1"},
  };
  for (const Row& row : rows) {
    const auto settings = parse_serve_settings(as_bytes(row.text), "s.toml");
    ASSERT_FALSE(settings) << row.text;
    EXPECT_THAT(settings.error().describe(), HasSubstr(row.message));
  }
}

TEST(ServeSettings, OptionsWinAndContradictionsAreRefused) {
  ServeRequest request;
  request.data = "elsewhere";
  const auto settings = read_serve_settings(request);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->data, "elsewhere");
  EXPECT_THAT(settings->listen, ElementsAre("127.0.0.1:8700"));
  request.tls_key = "key.pem";
  EXPECT_THAT(read_serve_settings(request).error().describe(), HasSubstr("TLS needs both"));
  request.tls_key.clear();
  request.client_ca = "ca.pem";
  EXPECT_THAT(read_serve_settings(request).error().describe(), HasSubstr("without TLS"));
  request.client_ca.clear();
  request.config_file = "/no/such/file.toml";
  EXPECT_FALSE(read_serve_settings(request));
}

TEST(ServeSettings, WhatIsPrintedIsReadBackAsTheSame) {
  ServeRequest request;
  request.listen = {"127.0.0.1:0"};
  request.scan_roots = {"/srv/a \"b\""};
  const auto settings = read_serve_settings(request);
  ASSERT_TRUE(settings);
  const std::string text = describe(*settings);
  const auto again = parse_serve_settings(as_bytes(text), "/x.toml");
  ASSERT_TRUE(again) << again.error().describe() << text;
  EXPECT_EQ(again->listen, settings->listen);
  EXPECT_EQ(again->scan_roots, settings->scan_roots);
  EXPECT_EQ(again->upload_bytes, settings->upload_bytes);
  EXPECT_EQ(again->scan_time, settings->scan_time);
}

}  // namespace
}  // namespace saiph::app
