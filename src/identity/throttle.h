// LoginThrottle: guessing gets slow, per account and per address, in memory of a fixed size.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unix_time.h"

namespace saiph::identity {

/// From failure number `free + 1` on, the wait is first_ms * 2^n, at most longest_ms.
struct ThrottleRule {
  std::uint32_t free = 5;
  std::int64_t first_ms = kSecondMs;
  std::int64_t longest_ms = kMinuteMs;
};

struct ThrottleOptions {
  /// The longest wait of an account is short: whoever knows a name can make its owner wait.
  ThrottleRule account{5, kSecondMs, kMinuteMs};
  /// Many people may share an address, so more is free; then it gets longer.
  ThrottleRule address{20, kSecondMs, 15 * kMinuteMs};
  /// Failures are forgotten when none came for so long.
  std::int64_t forget_ms = 24 * kHourMs;
  /// Entries of each of the two tables; rounded up to a multiple of 8. 32 bytes each.
  std::size_t capacity = 8192;
};

/// Any thread. Constant cost (about 2 microseconds) and constant memory: when a table is full the
/// entry with the fewest failures goes, so a flood of addresses does not wash out the one that
/// guesses most. Holds keyed digests of names and addresses, not themselves. Time must be a clock
/// that people set as rarely as possible; one that jumps backwards only lengthens waits up to
/// longest_ms.
class LoginThrottle {
 public:
  /// Errors: kUnavailable without randomness, kInvalidArgument for options out of range.
  static Result<std::unique_ptr<LoginThrottle>> make(const ThrottleOptions& options = {});

  /// Asks before a password or code is checked. 0: go ahead, and the attempt already counts as a
  /// failure until succeeded() is called, so that attempts made at once count each. Otherwise the
  /// milliseconds to wait (Retry-After); the attempt is not counted and must not be made.
  /// `account` is the name as typed (compared without case, whether it exists or not), `address`
  /// the peer's IP address as text: IPv6 counts by its /64, IPv4-mapped as IPv4, anything else as
  /// it is.
  std::int64_t admit(std::string_view account, std::string_view address, UnixMillis now);

  /// The person is in (all factors): the account's failures are forgotten, and the address gets
  /// this one attempt back, no more: somebody with an account of their own must not clean the slate
  /// of an address that guesses others.
  void succeeded(std::string_view account, std::string_view address, UnixMillis now);

  struct Figures {
    std::uint64_t admitted = 0;
    std::uint64_t refused = 0;  ///< told to wait
    std::uint64_t evicted = 0;  ///< entries that had to go for others
  };
  Figures figures() const;
  std::size_t memory_bytes() const;

 private:
  using Name = std::array<std::uint8_t, 16>;  ///< keyed digest, cut
  struct Entry {
    Name name{};
    UnixMillis last = 0;         ///< of the last counted attempt
    std::uint32_t failures = 0;  ///< 0: free
  };
  using Table = std::vector<Entry>;

  LoginThrottle(const ThrottleOptions& options, std::array<std::uint8_t, 32> key);
  Name name_of(char table, std::string_view text) const;
  static std::span<Entry> bucket(Table& table, const Name& name);
  Entry* find(Table& table, const Name& name, UnixMillis now) const;
  Entry& place(Table& table, const Name& name, UnixMillis now);

  const ThrottleOptions options_;
  const std::array<std::uint8_t, 32> key_;
  mutable std::mutex mutex_;
  Table accounts_;   ///< guarded by mutex_
  Table addresses_;  ///< guarded by mutex_
  Figures figures_;  ///< guarded by mutex_
};

}  // namespace saiph::identity
