// Index: what the ledger says, in tables that can be asked: assets, findings, events. `index.db`
// follows from the ledger and the content store and can be thrown away; the same ledger gives the
// same rows, whether entry by entry or at once.
//
// Bodies of reports were written by processes that read hostile bytes: they are read strictly and
// bounded, and what could not be read is said (an asset's verdict is then `incomplete`).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "control/page.h"
#include "control/suppressions.h"
#include "domain/severity.h"
#include "ledger/ledger.h"
#include "ledger/storage/folder.h"

namespace saiph::control {

inline constexpr std::string_view kIndexFile = "index.db";

/// Counts by severity; index: Severity.
using BySeverity = std::array<std::uint64_t, 5>;

/// One name with one content.
struct Asset {
  std::string id;    ///< 32 hexadecimal digits, of kind, name and digest: stable over rebuilds
  std::string kind;  ///< "artefact" for what `saiph scan` saw
  std::string name;
  std::optional<Digest> digest;
  std::uint64_t size_bytes = 0;
  std::vector<std::string> types;          ///< formats
  Verdict verdict = Verdict::kIncomplete;  ///< of its last scan, as the report said
  BySeverity open{};                       ///< open findings
  bool replaced = false;                   ///< the last scan of this name saw another content
  UnixMillis first_seen = 0;
  UnixMillis last_seen = 0;
  std::optional<std::string> scan_job;  ///< of the last scan, when the server ran it
  std::uint64_t ledger_index = 0;       ///< of the last scan's report
};

enum class FindingState : std::uint8_t { kOpen, kSuppressed, kGone };
std::string_view name_of(FindingState state);  ///< "open", "suppressed", "gone"
std::optional<FindingState> parse_finding_state(std::string_view text);

struct IndexedFinding {
  std::string id;  ///< 32 hexadecimal digits, of the asset and the fingerprint
  std::string rule;
  std::string title;  ///< as the report had it
  Severity severity = Severity::kInfo;
  FindingState state = FindingState::kOpen;
  std::string asset;  ///< id
  std::string asset_name;
  std::optional<Digest> digest;  ///< of the asset
  std::string path;              ///< containers from the outside in
  std::optional<std::uint64_t> offset;
  std::optional<std::uint64_t> line;
  std::string part;
  std::string detail;
  std::string excerpt;
  std::vector<std::string> references;
  std::string fingerprint;
  /// Id of the suppression of the state that hides it, or empty.
  std::string suppression;
  /// Reason of the scan's own suppression file or baseline, or empty.
  std::string suppressed_by;
  UnixMillis first_seen = 0;
  UnixMillis last_seen = 0;
  std::uint64_t ledger_index = 0;  ///< of the last report that has it
};

struct IndexedEvent {
  std::uint64_t index = 0;         ///< in the ledger
  std::optional<UnixMillis> time;  ///< that its predicate claims
  std::string predicate_type;      ///< URI; empty for an entry that is no statement
  std::string subject;             ///< "NAME" or "NAME and N more"
  std::string actor;               ///< "hmac-sha256:...", an actor kind, or empty
  std::string what;                ///< of a configuration change; else empty
  std::string change;              ///< id of a configuration change; else empty
  /// Why the index holds less than the entry says ("the report's body is missing"), or empty.
  std::string incomplete;
};

struct AssetFilter {
  std::optional<Verdict> verdict = {};
  std::optional<std::string> kind = {};
  std::optional<Digest> digest = {};
  std::optional<std::string> name = {};  ///< a part of it, ASCII case ignored
  bool with_replaced = true;
};
struct FindingFilter {
  std::optional<FindingState> state = {};
  std::optional<Severity> severity = {};  ///< this and worse
  std::optional<std::string> rule = {};
  std::optional<std::string> asset = {};  ///< id
};
struct EventFilter {
  std::optional<std::string> predicate_type = {};  ///< URI
  std::optional<std::uint64_t> after = {};         ///< only entries with a larger index
};

struct DayFigures {
  UnixMillis day = 0;  ///< its first moment
  std::uint64_t scans = 0;
  BySeverity findings{};  ///< first seen that day
};
struct Overview {
  std::uint64_t assets = 0;  ///< not replaced, as the three below
  std::uint64_t assets_clean = 0;
  std::uint64_t assets_with_findings = 0;
  std::uint64_t assets_incomplete = 0;
  BySeverity open{};
  std::uint64_t suppressed = 0;
  std::vector<IndexedFinding> newest;  ///< open ones, high or critical, at most 10
  std::vector<DayFigures> days;        ///< oldest first, the last is that of `now`
};

/// What catching up did.
struct CatchUp {
  std::uint64_t applied = 0;
  std::uint64_t size = 0;  ///< entries of the ledger that are in the index now
  bool rebuilt = false;    ///< the index was not of this ledger's past (or had to be made anew)
  std::uint64_t incomplete = 0;  ///< of the applied: entries of which not all could be read
};

/// Any thread. Reads see the last commit and do not wait for catching up. Errors of all: those of
/// store/database.h; kMalformed when the file was damaged after it was opened (rebuild helps).
class Index {
 public:
  /// Opens or makes the file. A damaged file is thrown away (made_anew), for it can be made again.
  /// Errors: kUnsupported (of a later version), kDenied (not an index), kUnavailable.
  static Result<std::unique_ptr<Index>> open(const std::string& path);

  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;
  ~Index();

  /// Whether `open` found a damaged file and threw it away.
  bool made_anew() const;

  /// Takes over what the ledger has beyond the index; bodies are read from `content` (the ledger's
  /// folder). When the index is not of the ledger's past, it is emptied and made anew. Commits
  /// every 256 entries, so that it can be stopped at any point. `go_on` (may be empty) is asked
  /// after each commit; false stops. Errors: of the ledger (nothing of the failed part is kept).
  /// Cost: see control_bench (some 20 microseconds an entry), plus reading the reports.
  Result<CatchUp> catch_up(const ledger::Ledger& ledger, ledger::Folder& content,
                           const std::function<bool()>& go_on = {});
  /// As catch_up from an empty index.
  Result<CatchUp> rebuild(const ledger::Ledger& ledger, ledger::Folder& content,
                          const std::function<bool()>& go_on = {});
  /// Takes over one entry. Errors: kConflict unless `index` is size(), as catch_up.
  Status apply(std::uint64_t index, ByteView entry, ledger::Folder& content);
  /// Entries of the ledger that are in the index, and the root of the tree over them.
  Result<std::uint64_t> size() const;
  Result<Digest> root() const;

  /// From now on these (all that are active) decide what is suppressed. Present findings are judged
  /// anew, later ones as they come. Call it after opening, after each change of a suppression, and
  /// when one expires. Answers how many findings changed state. Cost: linear in the findings of the
  /// rules concerned.
  Result<std::uint64_t> set_suppressions(std::vector<Suppression> active);

  /// Those first seen last come first.
  Result<Page<Asset>> assets(const AssetFilter& filter, const PageRequest& page) const;
  Result<Asset> asset(std::string_view id) const;
  /// Severest first, of one severity those first seen last.
  Result<Page<IndexedFinding>> findings(const FindingFilter& filter, const PageRequest& page) const;
  Result<IndexedFinding> finding(std::string_view id) const;
  /// Newest first.
  Result<Page<IndexedEvent>> events(const EventFilter& filter, const PageRequest& page) const;
  Result<IndexedEvent> event(std::uint64_t index) const;
  /// `days` (1 to 31) days up to that of `now`, in UTC.
  Result<Overview> overview(UnixMillis now, std::size_t days) const;

 private:
  struct Impl;
  Result<CatchUp> take_over(const ledger::Ledger& ledger, ledger::Folder& content,
                            const std::function<bool()>& go_on);
  explicit Index(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace saiph::control
