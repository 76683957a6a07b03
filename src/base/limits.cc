#include "base/limits.h"

#include <algorithm>
#include <utility>

namespace saiph {

namespace {
// A clock read costs about 25 ns; 2^16 units of work at least 100 us. Under 0.1 % overhead.
constexpr std::uint64_t kUnitsBetweenChecks = 1U << 16;
}  // namespace

Budget::Budget(const Limits& limits, Now now)
    : limits_(limits),
      now_(now),
      deadline_(now() + limits.wall_time),
      next_check_(kUnitsBetweenChecks) {}

bool Budget::fail(std::string reason) {
  if (!exhausted_) {
    exhausted_ = true;
    reason_ = std::move(reason);
    next_check_ = 0;  // every later take_work() goes through the slow path and answers false
  }
  return false;
}

bool Budget::take_inflated(std::uint64_t n) {
  if (exhausted_) return false;
  if (n > limits_.inflated_bytes - std::min(inflated_, limits_.inflated_bytes)) {
    return fail("decompressed data over the limit of " + std::to_string(limits_.inflated_bytes) +
                " bytes (--max-inflated)");
  }
  inflated_ += n;
  return take_work(n >> 10);
}

bool Budget::take_member() {
  if (exhausted_) return false;
  if (members_ >= limits_.members) {
    return fail("more than " + std::to_string(limits_.members) +
                " members in containers (--max-members)");
  }
  ++members_;
  return take_work(1024);
}

bool Budget::check_work() {
  if (exhausted_) return false;
  if (work_ > limits_.work_units) {
    return fail("work limit of " + std::to_string(limits_.work_units) + " units reached");
  }
  if (now_() >= deadline_) {
    return fail("time limit of " + std::to_string(limits_.wall_time.count()) +
                " ms reached (--timeout)");
  }
  next_check_ = work_ + kUnitsBetweenChecks;
  return true;
}

}  // namespace saiph
