#include "identity/throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "crypto/hmac.h"
#include "crypto/secret.h"

namespace saiph::identity {

namespace {

/// A name may stand in any of this many neighbouring entries.
constexpr std::size_t kWays = 8;
constexpr std::size_t kMaxCapacity = 1U << 20;
/// Names longer than this are cut before they are hashed: accounts and addresses are shorter.
constexpr std::size_t kMaxName = 512;

bool in_range(const ThrottleRule& rule) {
  return rule.free <= 1'000'000 && rule.first_ms >= 1 && rule.longest_ms >= rule.first_ms &&
         rule.longest_ms <= kDayMs;
}

/// Milliseconds from the last attempt until the next one may be made.
std::int64_t wait_after(const ThrottleRule& rule, std::uint32_t failures) {
  if (failures < rule.free) return 0;
  std::int64_t wait = rule.first_ms;
  for (std::uint32_t i = rule.free; i < failures && wait < rule.longest_ms; ++i) wait *= 2;
  return std::min(wait, rule.longest_ms);
}

std::string lower(std::string_view text) {
  std::string out(text.substr(0, kMaxName));
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// What counts as one address: an IPv4 address, the /64 that one subscriber has, or the text
/// itself.
std::string network_of(std::string_view address) {
  std::string text(address.substr(0, kMaxName));
  if (const std::size_t zone = text.find('%'); zone != std::string::npos) text.resize(zone);
  in6_addr six{};
  if (::inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  const std::span<const std::uint8_t, 16> bytes(six.s6_addr);
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                           0, 0, 0, 0, 0xFF, 0xFF};
  if (std::ranges::equal(bytes.first(12), kMapped)) {
    std::string four;
    for (const std::uint8_t byte : bytes.last(4)) {
      if (!four.empty()) four.push_back('.');
      four += std::to_string(byte);
    }
    return four;
  }
  return "/64:" + std::string(as_text(bytes.first(8)));
}

}  // namespace

Result<std::unique_ptr<LoginThrottle>> LoginThrottle::make(const ThrottleOptions& options) {
  if (!in_range(options.account) || !in_range(options.address) || options.capacity == 0 ||
      options.capacity > kMaxCapacity || options.forget_ms < options.account.longest_ms ||
      options.forget_ms < options.address.longest_ms || options.forget_ms > 366 * kDayMs) {
    return Error(ErrorCode::kInvalidArgument, "the limits of logins are outside their range");
  }
  std::array<std::uint8_t, 32> key{};
  SAIPH_CHECK(crypto::random_bytes(key));
  return std::unique_ptr<LoginThrottle>(new LoginThrottle(options, key));
}

LoginThrottle::LoginThrottle(const ThrottleOptions& options, std::array<std::uint8_t, 32> key)
    : options_(options),
      key_(key),
      accounts_((options.capacity + kWays - 1) / kWays * kWays),
      addresses_(accounts_.size()) {}

LoginThrottle::Name LoginThrottle::name_of(char table, std::string_view text) const {
  const std::array<std::uint8_t, 1> tag = {static_cast<std::uint8_t>(table)};
  const std::array<ByteView, 2> parts = {ByteView(tag), as_bytes(text)};
  const Digest digest = crypto::hmac_sha256(key_, parts);
  Name name{};
  std::copy_n(digest.bytes.begin(), name.size(), name.begin());
  return name;
}

std::span<LoginThrottle::Entry> LoginThrottle::bucket(Table& table, const Name& name) {
  // The digest is keyed: nobody outside chooses the bucket.
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < 8; ++i) hash = hash << 8 | name[i];
  const std::size_t buckets = table.size() / kWays;
  return std::span(table).subspan(hash % buckets * kWays, kWays);
}

LoginThrottle::Entry* LoginThrottle::find(Table& table, const Name& name, UnixMillis now) const {
  for (Entry& entry : bucket(table, name)) {
    if (entry.failures == 0 || entry.name != name) continue;
    // A clock that was set back must not lock anybody out for longer than a rule says.
    entry.last = std::min(entry.last, now);
    if (now - entry.last < options_.forget_ms) return &entry;
    entry.failures = 0;
  }
  return nullptr;
}

LoginThrottle::Entry& LoginThrottle::place(Table& table, const Name& name, UnixMillis now) {
  if (Entry* const known = find(table, name, now)) return *known;
  Entry* least = nullptr;
  for (Entry& entry : bucket(table, name)) {
    if (entry.failures > 0 && now - entry.last >= options_.forget_ms) entry.failures = 0;
    if (least == nullptr || entry.failures < least->failures ||
        (entry.failures == least->failures && entry.last < least->last)) {
      least = &entry;
    }
  }
  if (least->failures > 0) ++figures_.evicted;
  *least = Entry{name, now, 0};
  return *least;
}

std::int64_t LoginThrottle::admit(std::string_view account, std::string_view address,
                                  UnixMillis now) {
  const Name account_name = name_of('a', lower(account));
  const Name address_name = name_of('n', network_of(address));
  const std::scoped_lock lock(mutex_);
  const auto left = [&](const Entry* entry, const ThrottleRule& rule) -> std::int64_t {
    if (entry == nullptr) return 0;
    return std::max<std::int64_t>(0, wait_after(rule, entry->failures) - (now - entry->last));
  };
  const std::int64_t wait = std::max(left(find(accounts_, account_name, now), options_.account),
                                     left(find(addresses_, address_name, now), options_.address));
  if (wait > 0) {
    ++figures_.refused;
    return wait;
  }
  ++figures_.admitted;
  for (Entry* const entry :
       {&place(accounts_, account_name, now), &place(addresses_, address_name, now)}) {
    if (entry->failures < std::numeric_limits<std::uint32_t>::max()) ++entry->failures;
    entry->last = now;
  }
  return 0;
}

void LoginThrottle::succeeded(std::string_view account, std::string_view address, UnixMillis now) {
  const Name account_name = name_of('a', lower(account));
  const Name address_name = name_of('n', network_of(address));
  const std::scoped_lock lock(mutex_);
  if (Entry* const entry = find(accounts_, account_name, now)) *entry = Entry{};
  if (Entry* const entry = find(addresses_, address_name, now)) --entry->failures;
}

LoginThrottle::Figures LoginThrottle::figures() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

std::size_t LoginThrottle::memory_bytes() const {
  return (accounts_.size() + addresses_.size()) * sizeof(Entry);
}

}  // namespace saiph::identity
