// Idempotency keys: a POST that is sent twice is done once. Source: IETF draft
// idempotency-key-header, section 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"

namespace saiph::control {

class StateCore;

/// What was answered. Kept sealed under the key of the state: it may hold a secret shown once.
struct StoredResponse {
  int status = 0;
  std::string content_type = {};
  std::string location = {};  ///< may be empty, as etag
  std::string etag = {};
  std::string body = {};  ///< at most 64 KiB
};

/// Which request: the client's key counts for its account and route only.
struct IdempotencyKey {
  std::string key = {};  ///< 1 to 255 printable ASCII characters
  std::string account = {};
  std::string route = {};  ///< operation id
};

/// Errors of all: as Accounts. Any thread. Not journalled.
class IdempotencyKeys {
 public:
  static constexpr std::int64_t kKeptMs = kDayMs;
  /// A request that was begun and never completed (a crash) gives its key free after this.
  static constexpr std::int64_t kAbandonedMs = 10 * kMinuteMs;
  static constexpr std::size_t kMaxBody = 64U << 10;

  explicit IdempotencyKeys(StateCore& core) : core_(core) {}

  /// Nothing: go on, and complete or abandon it; of several at once only one is told so. A value:
  /// answer that. Errors: kInvalidArgument (key), kConflict (the key came with another request:
  /// `request` is the digest of its body and target), kUnavailable with the message "in progress"
  /// (the first one is not done), kLimit (1,000 kept for the account).
  Result<std::optional<StoredResponse>> begin(const IdempotencyKey& key, const Digest& request,
                                              UnixMillis now);
  /// Errors: kNotFound (not begun, or given free), kLimit (body; the key is then given free).
  Status complete(const IdempotencyKey& key, const StoredResponse& response, UnixMillis now);
  /// The key is free again (the request failed without effect).
  Status abandon(const IdempotencyKey& key);

 private:
  StateCore& core_;
};

}  // namespace saiph::control
