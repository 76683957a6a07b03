#include "app/command_end.h"

#include <fmt/chrono.h>

#include <chrono>
#include <ctime>

namespace saiph::app {

int exit_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kMalformed:
      return kExitDisproved;
    case ErrorCode::kUnavailable:
    case ErrorCode::kLimit:
      return kExitUndecided;
    case ErrorCode::kInternal:
      return kExitInternal;
    default:
      return kExitUsage;
  }
}

UnixMillis now_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string now_text() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

}  // namespace saiph::app
