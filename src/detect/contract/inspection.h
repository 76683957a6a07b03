// Inspection: what a detector sees of the world. One artefact comes in, findings, incomplete
// reasons and nested artefacts go out. The scan engine implements it; tests have a recording one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "domain/finding.h"
#include "domain/rule.h"
#include "formats/format.h"

namespace saiph::detect {

/// A finding before the engine completes it (location path, caps, suppression, policy).
struct FindingDraft {
  std::optional<Severity> severity{};  ///< the rule's own when absent
  Confidence confidence = Confidence::kHigh;
  std::optional<std::uint64_t> offset{};
  std::optional<std::uint64_t> line{};
  std::string part{};
  std::string detail{};   ///< one sentence, raw text of the input allowed
  std::string excerpt{};  ///< cut to 200 bytes by the engine; secrets must be masked already
  std::vector<std::string> references{};
};

class Inspection;

/// A nested artefact, opened only when its turn comes (so that one is in memory at a time).
struct MemberDraft {
  std::string name{};  ///< as the container gives it
  std::function<Result<std::shared_ptr<const ByteSource>>()> open{};
  /// What the container knows about it: "" or a role such as "torch-storage".
  std::string role{};
  /// Called after `open` succeeded, with the member's own inspection, before any detector runs: the
  /// container states what opening showed (a wrong CRC, a broken stream whose readable part is
  /// still inspected). May be empty.
  std::function<void(Inspection&)> remark{};
};

/// Opens bytes [offset, offset + length) of `parent`, clipped to it, as a member. Any thread.
std::function<Result<std::shared_ptr<const ByteSource>>()> open_part(
    std::shared_ptr<const ByteSource> parent, std::uint64_t offset, std::uint64_t length);

struct Sibling {
  std::string name;  ///< relative to the folder of the artefact
  std::uint64_t size = 0;
};

/// Trust that the user's policy adds to the built-in lists.
struct Trust {
  std::vector<std::string>
      modules;  ///< "mylib" trusts mylib and mylib.* ; exact or prefix with dot
  std::vector<std::string> classes;  ///< exact "module.Name"
};

/// One thread at a time. Everything is valid until the detector returns, except source_ptr().
class Inspection {
 public:
  virtual ~Inspection() = default;

  virtual const ByteSource& source() const = 0;
  /// For members that refer to a part of this artefact and outlive the call.
  virtual std::shared_ptr<const ByteSource> source_ptr() const = 0;
  /// Leaf name ("data.pkl"), as stored.
  virtual std::string_view name() const = 0;
  /// Full display path ("model.pt!archive/data.pkl").
  virtual std::string_view path() const = 0;
  virtual std::string_view role() const = 0;
  virtual const std::vector<formats::FormatId>& types() const = 0;
  /// False for `--fast`: structure only, no pass over payload bytes.
  virtual bool full() const = 0;
  virtual Budget& budget() = 0;
  virtual const Trust& trust() const = 0;
  const Limits& limits() { return budget().limits(); }

  virtual void finding(const Rule& rule, FindingDraft draft) = 0;
  /// This artefact was not fully examined. Codes are stable: see docs/formats/scan-report.md.
  virtual void incomplete(std::string_view code, std::string message,
                          std::optional<std::uint64_t> offset = std::nullopt) = 0;
  /// The same from an Error (kMalformed -> "malformed", "truncated" when its message starts so,
  /// kLimit -> "limit", kUnavailable -> "unreadable", kUnsupported -> "unsupported").
  void incomplete(const Error& error);
  /// Queues a nested artefact. Refused (with an incomplete reason) over the depth or member limit.
  virtual void member(MemberDraft draft) = 0;
  /// These bytes are tensor or array data: literal search leaves them out.
  virtual void data_range(std::uint64_t offset, std::uint64_t length) = 0;

  /// Files (or members) beside this artefact, for repository rules. Empty for stdin.
  virtual std::vector<Sibling> siblings() const = 0;
  /// Opens a path relative to this artefact's folder; never leaves the scanned root.
  virtual Result<std::shared_ptr<const ByteSource>> open_sibling(
      std::string_view relative) const = 0;
};

using InspectFunction = void (*)(Inspection&);

}  // namespace saiph::detect
