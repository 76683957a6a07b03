// What verification of segments and of tiles share: keys, envelopes, bodies, defects.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/merkle.h"
#include "ledger/content_store.h"
#include "ledger/diagnosis.h"
#include "ledger/format/checkpoint.h"
#include "ledger/verify.h"

namespace saiph::ledger {

/// An entry as it was read, before it is known whether it belongs there.
struct ReadEntry {
  FoundLeaf found;
  std::string problem;  ///< of its envelope; empty: none
  std::string predicate_type;
  std::optional<VerifierKey> next_key;
  std::vector<ContentReference> content;
};

/// The places of a tree's history that somebody asks for: the root when it had a size.
class RootWatch {
 public:
  void want(std::uint64_t size) { wanted_.insert(size); }
  void saw(std::uint64_t size, const crypto::CompactRange& edge) {
    if (wanted_.contains(size)) roots_.emplace(size, edge.root());
  }
  std::optional<Digest> root(std::uint64_t size) const {
    const auto it = roots_.find(size);
    return it == roots_.end() ? std::nullopt : std::optional(it->second);
  }

 private:
  std::set<std::uint64_t> wanted_;
  std::map<std::uint64_t, Digest> roots_;
};

/// One thread at a time. `folder` and `report` must outlive it.
class Examiner {
 public:
  Examiner(Folder& folder, std::string origin, std::vector<VerifierKey> keys, VerifyReport& report)
      : folder_(folder), origin_(std::move(origin)), keys_(std::move(keys)), report_(report) {}

  /// Hashes an entry and examines its envelope; nothing is believed yet.
  ReadEntry read(ByteView entry, std::string place) const;
  /// The entry stands at `index` of the signed tree: what it says counts now.
  Status accept(std::uint64_t index, const ReadEntry& entry);
  void defect(DefectKind kind, std::optional<std::uint64_t> index, std::uint64_t count,
              std::string place, std::string detail);
  /// Regions of the log that are not what was signed.
  Status differences(
      const std::vector<Region>& regions,
      const std::function<Result<std::set<Digest>>(const std::set<Digest>&)>& is_signed);
  /// A checkpoint signed by the key that counts for a tree of its size.
  Result<SignedCheckpoint> open(std::string_view note) const;

  const std::vector<VerifierKey>& keys() const { return keys_; }
  const std::string& origin() const { return origin_; }
  VerifyReport& report() { return report_; }
  Folder& folder() { return folder_; }
  RootWatch& watch() { return watch_; }

 private:
  struct Rotation {
    std::uint64_t index = 0;
  };
  Folder& folder_;
  std::string origin_;
  std::vector<VerifierKey> keys_;    // in order; the last one signs now
  std::vector<Rotation> rotations_;  // rotations_[i] made keys_[i + 1] the key
  VerifyReport& report_;
  RootWatch watch_;
  std::set<Digest> bodies_;
};

/// Read, compare, report: every entry, checkpoint and body of the layout. `file_note` is the text
/// of the file `checkpoint`. Answers the newest good checkpoint. Errors: kUnavailable.
Result<std::optional<SignedCheckpoint>> check_segments(Examiner& examiner, bool is_copy,
                                                       const std::optional<std::string>& file_note);
Result<std::optional<SignedCheckpoint>> check_tiles(Examiner& examiner,
                                                    const std::optional<std::string>& file_note);

}  // namespace saiph::ledger
