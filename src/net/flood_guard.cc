#include "net/flood_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>

#include "crypto/secret.h"

namespace saiph::net {
namespace {

/// 0 when no randomness can be had: then collisions could be chosen, and nothing worse.
std::uint64_t random_seed() {
  std::array<std::uint8_t, 8> bytes{};
  if (!crypto::random_bytes(bytes)) return 0;
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : bytes) seed = (seed << 8U) | byte;
  return seed;
}

/// The finaliser of splitmix64: every bit of the input reaches every bit of the output.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

}  // namespace

ClientKey ClientKey::from(std::string_view address) {
  ClientKey key;
  const std::string text(address);
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    key.bytes[0] = 4;
    const std::uint32_t number = ntohl(v4.s_addr);
    for (std::size_t i = 0; i < 4; ++i) {
      key.bytes[i + 1] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    }
  } else if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6);
    key.bytes[0] = mapped ? 4 : 6;
    std::copy_n(&v6.s6_addr[mapped ? 12 : 0], mapped ? 4 : 8, key.bytes.begin() + 1);
  }
  return key;
}

std::size_t FloodGuard::Hash::operator()(const ClientKey& key) const {
  std::uint64_t value = key.bytes[8];
  for (std::size_t i = 0; i < 8; ++i) value = mix(value ^ seed) + key.bytes[i];
  return mix(value ^ seed);
}

FloodGuard::FloodGuard(std::size_t connections_per_client, double requests_per_second, double burst)
    : clients_(64, Hash{random_seed()}),
      connections_per_client_(connections_per_client),
      rate_(requests_per_second),
      burst_(std::max(burst, 1.0)) {}

double FloodGuard::tokens(const Entry& entry, Clock::time_point now) const {
  const std::chrono::duration<double> passed = now - entry.filled;
  return std::min(burst_, entry.tokens + std::max(passed.count(), 0.0) * rate_);
}

void FloodGuard::forget_idle(Clock::time_point now) {
  last_sweep_ = now;
  std::erase_if(clients_, [&](const auto& item) {
    const Entry& entry = item.second;
    return entry.connections == 0 && (rate_ <= 0 || tokens(entry, now) >= burst_);
  });
}

bool FloodGuard::enter(const ClientKey& client, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  if (now - last_sweep_ > std::chrono::seconds(1)) forget_idle(now);
  auto found = clients_.find(client);
  if (found == clients_.end()) {
    if (clients_.size() >= kMaxClients) return false;
    found = clients_.emplace(client, Entry{0, burst_, now}).first;
  }
  if (found->second.connections >= connections_per_client_) return false;
  ++found->second.connections;
  return true;
}

void FloodGuard::leave(const ClientKey& client) {
  const std::scoped_lock lock(mutex_);
  const auto found = clients_.find(client);
  if (found != clients_.end() && found->second.connections > 0) --found->second.connections;
}

bool FloodGuard::take_request(const ClientKey& client, Clock::time_point now) {
  if (rate_ <= 0) return true;
  const std::scoped_lock lock(mutex_);
  const auto found = clients_.find(client);
  if (found == clients_.end()) return true;
  Entry& entry = found->second;
  entry.tokens = tokens(entry, now);
  entry.filled = now;
  if (entry.tokens < 1) return false;
  entry.tokens -= 1;
  return true;
}

std::size_t FloodGuard::known_clients() const {
  const std::scoped_lock lock(mutex_);
  return clients_.size();
}

}  // namespace saiph::net
