#include "net/core.h"

#include <array>

namespace saiph::net {

ServerCounters Core::snapshot() const {
  using C = ServerCounters;
  static constexpr std::array<Counter, 24> kAll = {
      &C::connections_open,
      &C::streams_open,
      &C::connections_accepted,
      &C::connections_refused_total,
      &C::connections_refused_per_address,
      &C::accept_errors,
      &C::tls_failures,
      &C::requests,
      &C::requests_malformed,
      &C::requests_rate_limited,
      &C::requests_wrong_host,
      &C::timeouts_handshake,
      &C::timeouts_head,
      &C::timeouts_body,
      &C::timeouts_idle,
      &C::timeouts_write,
      &C::timeouts_answer,
      &C::streams_overrun,
      &C::responses_2xx,
      &C::responses_3xx,
      &C::responses_4xx,
      &C::responses_5xx,
      &C::bytes_received,
      &C::bytes_sent,
  };
  static_assert(sizeof(C) == kAll.size() * sizeof(std::uint64_t), "a counter is left out");
  ServerCounters copy;
  for (const Counter counter : kAll) {
    copy.*counter = std::atomic_ref(counters_.*counter).load(std::memory_order_relaxed);
  }
  return copy;
}

}  // namespace saiph::net
