// Writing the index: one entry after another, in a transaction of the caller. For this room only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "control/index_entry.h"
#include "control/report_rows.h"
#include "control/suppressions.h"
#include "ledger/storage/folder.h"
#include "store/database.h"

namespace saiph::control {

/// Lower case of ASCII letters.
std::string name_key(std::string_view name);

class IndexWriter {
 public:
  /// Both must outlive it.
  IndexWriter(store::Database& database, const std::vector<Suppression>& active)
      : database_(database), active_(active) {}

  /// Answers whether all of the entry could be read. Errors: of the database; kUnavailable and
  /// kDenied when the content store cannot be read (not: a body is gone or changed).
  Result<bool> apply(std::uint64_t index, ByteView bytes, ledger::Folder& content);

  /// Judges the findings of the rules concerned anew; how many changed.
  Result<std::uint64_t> apply_suppressions();

 private:
  Result<UnixMillis> time_of(const IndexedEvent& event);
  Status write_event(const IndexedEvent& event);
  Status apply_report(IndexEntry& entry, UnixMillis seen, ledger::Folder& content);
  Status apply_file(const IndexEntry& entry, UnixMillis seen, const ReportedFile& file);
  Status apply_subjects(const IndexEntry& entry, UnixMillis seen);
  Result<std::int64_t> write_asset(const IndexEntry& entry, UnixMillis seen,
                                   const ReportedFile& file, std::string& id);
  Status write_finding(const IndexEntry& entry, UnixMillis seen, std::int64_t asset,
                       std::string_view id, const ReportedFile& file,
                       const ReportedFinding& finding);
  Status replace_others(std::string_view name, std::int64_t asset);
  std::string suppression_for(std::string_view rule, const std::optional<Digest>& digest,
                              std::string_view name) const;

  store::Database& database_;
  const std::vector<Suppression>& active_;
};

}  // namespace saiph::control
