// Numbers as people write them in options and settings: sizes ("64M"), durations ("30s").
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace saiph {

/// A size in bytes: digits and at most one suffix K, M, G or T (powers of 1024; "KiB", "kb", "m"
/// and the like are the same). Errors: kInvalidArgument, with what was wrong and an example.
/// Any thread, as all below.
Result<std::uint64_t> parse_size(std::string_view text);

/// A plain count: decimal digits. Errors: kInvalidArgument.
Result<std::uint64_t> parse_count(std::string_view text);

/// A duration: digits and one suffix ms, s, m or h ("500ms", "30s", "2m"); never without one,
/// because "--timeout 30" is seconds to one reader and minutes to another.
/// Errors: kInvalidArgument, also for zero and for more than 24 hours.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "512 bytes", "1.5 KiB", "64.0 MiB": one decimal from KiB upwards.
std::string format_size(std::uint64_t bytes);

/// "1,234,567".
std::string format_count(std::uint64_t count);

}  // namespace saiph
