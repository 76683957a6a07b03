#include "server/metrics.h"

#include <fmt/format.h>

#include "server/operations.h"

namespace saiph::server {

void Exposition::metric(std::string_view name, std::string_view type, std::string_view help) {
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Exposition::sample(std::string_view name, std::string_view labels, double value) {
  text_ += labels.empty() ? fmt::format("{} {}\n", name, value)
                          : fmt::format("{}{{{}}} {}\n", name, labels, value);
}

void Exposition::sample(std::string_view name, std::string_view labels, std::uint64_t value) {
  text_ += labels.empty() ? fmt::format("{} {}\n", name, value)
                          : fmt::format("{}{{{}}} {}\n", name, labels, value);
}

void Exposition::single(std::string_view name, std::string_view type, std::string_view help,
                        std::uint64_t value) {
  metric(name, type, help);
  sample(name, "", value);
}

Metrics::Metrics() : rows_count_(operations().size()), rows_(new Row[rows_count_]) {}

void Metrics::answered(std::size_t operation, int status, std::chrono::nanoseconds took) {
  Row& row = rows_[operation];
  const int status_class = status / 100;
  if (status_class >= 2 && status_class <= 5) {
    ++row.by_class[static_cast<std::size_t>(status_class - 2)];
  }
  const double seconds = std::chrono::duration<double>(took).count();
  std::size_t bucket = 0;
  while (bucket < kBuckets && seconds > kBounds[bucket]) ++bucket;
  ++row.buckets[bucket];
  row.nanoseconds += static_cast<std::uint64_t>(took.count());
}

void Metrics::write(Exposition& out) const {
  out.metric("saiph_api_requests_total", "counter", "Answered requests by operation and status.");
  for (std::size_t i = 0; i < rows_count_; ++i) {
    for (std::size_t c = 0; c < rows_[i].by_class.size(); ++c) {
      const std::uint64_t count = rows_[i].by_class[c];
      if (count == 0) continue;
      out.sample("saiph_api_requests_total",
                 fmt::format("operation=\"{}\",status=\"{}xx\"", operations()[i].id, c + 2), count);
    }
  }
  out.metric("saiph_api_request_seconds", "histogram",
             "Time from the request's end to the answer.");
  for (std::size_t i = 0; i < rows_count_; ++i) {
    const Row& row = rows_[i];
    std::uint64_t sum = 0;
    const std::string label = fmt::format("operation=\"{}\"", operations()[i].id);
    std::array<std::uint64_t, kBuckets + 1> counts{};
    for (std::size_t b = 0; b <= kBuckets; ++b) sum += counts[b] = row.buckets[b];
    if (sum == 0) continue;
    std::uint64_t running = 0;
    for (std::size_t b = 0; b < kBuckets; ++b) {
      running += counts[b];
      out.sample("saiph_api_request_seconds_bucket", fmt::format("{},le=\"{}\"", label, kBounds[b]),
                 running);
    }
    out.sample("saiph_api_request_seconds_bucket", label + ",le=\"+Inf\"", sum);
    out.sample("saiph_api_request_seconds_sum", label, static_cast<double>(row.nanoseconds) / 1e9);
    out.sample("saiph_api_request_seconds_count", label, sum);
  }
  out.metric("saiph_logins_total", "counter", "Tries to log in by what came of them.");
  out.sample("saiph_logins_total", "result=\"in\"", logins_.load());
  out.sample("saiph_logins_total", "result=\"refused\"", refused_logins_.load());
}

}  // namespace saiph::server
