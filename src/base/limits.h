// Limits: what one artefact may cost. Budget: what is left of it for one top-level file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace saiph {

/// Upper bounds on the work that hostile input can cause. `strict()` is the default everywhere;
/// `--max-*` and `--timeout` change single numbers. Reaching one is *incomplete*, never clean.
struct Limits {
  /// Containers in containers. Real model packages nest 3 deep (tar in gzip with a torch zip).
  std::uint32_t depth = 8;
  /// Members of all containers of one file. The largest hub checkpoints have some 10,000; a queued
  /// member costs about 250 bytes, so this many stay under 25 MB.
  std::uint64_t members = 100'000;
  /// Items of one structure: keys, tensors, graph nodes, headers. Large graphs reach 10^5.
  std::uint64_t items = 4'000'000;
  /// Nesting inside one structure (JSON, protobuf, flatbuffers, HDF5 groups, pickle marks).
  std::uint32_t nesting = 256;
  /// One string that must be held whole (names, templates, code members).
  std::uint64_t string_bytes = 16U << 20;
  /// Bytes one parser may hold at a time; keeps the process under 96 MB resident.
  std::uint64_t memory_bytes = 40U << 20;
  /// Bytes all decompressors together may produce for one file.
  std::uint64_t inflated_bytes = std::uint64_t{16} << 30;
  /// Output over input of one compressed stream. Zeros reach 1030:1 in deflate, and real arrays of
  /// zeros do too, so this only judges streams over 32 MiB out; the absolute cap stops the rest.
  std::uint64_t inflation_ratio = 400;
  /// Findings kept per rule and file; the rest are counted (a report must not be a bomb either).
  std::uint32_t findings_per_rule = 25;
  /// Work units (opcodes, nodes, tokens) per input byte allowance; catches quadratic tricks.
  std::uint64_t work_units = std::uint64_t{1} << 36;
  /// Wall time for one top-level file.
  std::chrono::milliseconds wall_time{120'000};

  static Limits strict() { return {}; }
};

/// What is left of a top-level file's limits, shared by every parser and decompressor that works
/// on it. One thread at a time. Once anything is exhausted it stays exhausted and `reason()` says
/// what, so that every loop can end on one check.
class Budget {
 public:
  /// `now` lets tests supply a clock; it must never go backwards.
  using Now = std::chrono::steady_clock::time_point (*)();
  explicit Budget(const Limits& limits, Now now = &std::chrono::steady_clock::now);

  const Limits& limits() const { return limits_; }

  /// Takes n produced bytes. False (and exhausted) when over.
  [[nodiscard]] bool take_inflated(std::uint64_t n);
  /// Takes one container member. False when over.
  [[nodiscard]] bool take_member();
  /// Takes n work units and looks at the clock about every 2^16 units. False when over or late.
  [[nodiscard]] bool take_work(std::uint64_t n) {
    work_ += n;
    return work_ < next_check_ ? !exhausted_ : check_work();
  }
  /// True when anything ran out.
  bool exhausted() const { return exhausted_; }
  /// What ran out, as text for a report ("time limit of 120 s reached"); empty if nothing did.
  const std::string& reason() const { return reason_; }
  std::uint64_t inflated_bytes() const { return inflated_; }

 private:
  bool check_work();
  bool fail(std::string reason);

  Limits limits_;
  Now now_;
  std::chrono::steady_clock::time_point deadline_;
  std::uint64_t work_ = 0;
  std::uint64_t next_check_ = 0;
  std::uint64_t inflated_ = 0;
  std::uint64_t members_ = 0;
  bool exhausted_ = false;
  std::string reason_;
};

}  // namespace saiph
