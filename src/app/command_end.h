// How the commands that answer for a ledger, a state or a server end, and what they take for now.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unix_time.h"

namespace saiph::app {

// Exit codes, as `saiph COMMAND --help` states them.
inline constexpr int kExitDone = 0;
inline constexpr int kExitDisproved = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUndecided = 3;
inline constexpr int kExitInternal = 4;

/// The exit code that tells of an error. Any thread.
int exit_of(const Error& error);

/// The system's clock. Any thread.
UnixMillis now_millis();
/// The same in whole seconds: "2026-01-02T03:04:05Z". Any thread.
std::string now_text();

}  // namespace saiph::app
