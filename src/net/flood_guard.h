// Who may connect and ask how often: counts connections and requests by client address.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace saiph::net {

/// What of an address counts as one client: all of an IPv4 address, the first 64 bits of an IPv6
/// one (whoever has one address there has all of them).
struct ClientKey {
  std::array<std::uint8_t, 9> bytes{};  // a family mark and up to eight bytes
  bool operator==(const ClientKey&) const = default;
  /// From a numeric address; IPv4-mapped IPv6 counts as IPv4. Any other text is one client.
  static ClientKey from(std::string_view address);
};

/// Limits of connections and request rates. Any thread. Memory is bounded: an address is forgotten
/// when it has no connection and its bucket is full again, and at most `kMaxClients` are known;
/// when that many are busy at once, further ones are refused.
class FloodGuard {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMaxClients = 16'384;

  /// `requests_per_second` 0: no rate limit.
  FloodGuard(std::size_t connections_per_client, double requests_per_second, double burst);

  /// Whether the client may have one more connection; then leave() must follow. Constant cost, but
  /// linear in known clients once a second.
  bool enter(const ClientKey& client, Clock::time_point now);
  void leave(const ClientKey& client);
  /// Takes one request from the client's bucket. Constant cost. The client must have entered.
  bool take_request(const ClientKey& client, Clock::time_point now);
  std::size_t known_clients() const;

 private:
  struct Entry {
    std::size_t connections = 0;
    double tokens = 0;
    Clock::time_point filled{};
  };
  struct Hash {
    // Keyed at random per process, so that nobody can choose addresses that collide.
    std::size_t operator()(const ClientKey& key) const;
    std::uint64_t seed = 0;
  };
  double tokens(const Entry& entry, Clock::time_point now) const;
  void forget_idle(Clock::time_point now);

  mutable std::mutex mutex_;
  std::unordered_map<ClientKey, Entry, Hash> clients_;  // guarded by mutex_
  Clock::time_point last_sweep_{};                      // guarded by mutex_
  const std::size_t connections_per_client_;
  const double rate_;
  const double burst_;
};

}  // namespace saiph::net
