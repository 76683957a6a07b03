// Counters of the server, and the Prometheus text exposition format (version 0.0.4) of all figures.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace saiph::server {

/// Writes the format. One metric's samples follow its head. One thread at a time.
class Exposition {
 public:
  /// `type`: "counter", "gauge", "histogram".
  void metric(std::string_view name, std::string_view type, std::string_view help);
  /// `labels` as the format has them ("a=\"b\""), of texts of our own only; may be empty.
  void sample(std::string_view name, std::string_view labels, double value);
  void sample(std::string_view name, std::string_view labels, std::uint64_t value);
  /// metric and sample of a metric without labels.
  void single(std::string_view name, std::string_view type, std::string_view help,
              std::uint64_t value);
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Any thread; counting is two additions.
class Metrics {
 public:
  Metrics();

  /// A request of operation number `operation` (its place in operations()) was answered.
  void answered(std::size_t operation, int status, std::chrono::nanoseconds took);
  void login(bool succeeded) { ++(succeeded ? logins_ : refused_logins_); }

  void write(Exposition& out) const;

 private:
  static constexpr std::size_t kBuckets = 8;
  /// Upper bounds in seconds.
  static constexpr std::array<double, kBuckets> kBounds{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};
  struct Row {
    std::array<std::atomic<std::uint64_t>, 4> by_class{};  // 2xx to 5xx
    std::array<std::atomic<std::uint64_t>, kBuckets + 1> buckets{};
    std::atomic<std::uint64_t> nanoseconds = 0;
  };

  std::size_t rows_count_;
  std::unique_ptr<Row[]> rows_;  // NOLINT(modernize-avoid-c-arrays): atomics cannot move
  std::atomic<std::uint64_t> logins_ = 0;
  std::atomic<std::uint64_t> refused_logins_ = 0;
};

}  // namespace saiph::server
