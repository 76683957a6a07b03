// ErasableStore: texts that may be personal (prompts, answers), kept beside the ledger and named
// there by a salted digest. Erasing takes text and salt away: what stays in the ledger for ever is
// then a number that nobody can connect with any text, not even by guessing.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "control/actor.h"
#include "control/change_journal.h"
#include "store/database.h"

namespace saiph::control {

inline constexpr std::string_view kTextsFile = "texts.db";
inline constexpr std::size_t kMaxTextBytes = std::size_t{4} << 20;

struct ErasableText {
  Bytes text;
  Bytes salt;  ///< 32 bytes: who has both can compare with the ledger
  UnixMillis created = 0;
};

/// Any thread. Errors of all: those of store/database.h. The file is no part of the state's backup,
/// so that what is erased does not come back with one.
class ErasableStore {
 public:
  /// Opens or makes the file. The journal must outlive it. Errors: kUnsupported (of a later
  /// version), kDenied (another kind of file).
  static Result<std::unique_ptr<ErasableStore>> open(const std::string& path,
                                                     ChangeJournal& journal);

  /// SHA-256(salt of 32 bytes || text): what a statement names. Any thread.
  static Digest salted_digest(ByteView salt, ByteView text);

  /// Keeps a text; on disk when this answers its digest, so that an entry that names it may follow.
  /// The same text twice has two digests. Errors: kLimit (longer than kMaxTextBytes), kUnavailable.
  Result<Digest> put(ByteView text, UnixMillis now);
  /// Errors: kNotFound (never here, or erased: the message says which), kMalformed (not what the
  /// digest says).
  Result<ErasableText> get(const Digest& digest) const;
  /// Marked, recorded as "text-erased", then done: text and salt are overwritten in the file and
  /// its log; what remains is that and when it was erased. Errors: kNotFound, kConflict (erased
  /// already), of the journal (nothing is erased then).
  Status erase(const Digest& digest, const Actor& actor, const std::optional<Digest>& actor_digest,
               UnixMillis now);
  /// The same for all that were kept before `before`, as one change ("texts-erased", with their
  /// number as the object). The caller asks whether there is a legal hold. Answers how many.
  Result<std::uint64_t> erase_older(UnixMillis before, UnixMillis now);
  /// At the start: what was marked when the program died is recorded (again, perhaps) and done.
  /// Answers how many texts.
  Result<std::uint64_t> finish_erasures(UnixMillis now);
  /// Texts that are here.
  Result<std::uint64_t> count() const;

 private:
  ErasableStore(std::unique_ptr<store::Database> database, ChangeJournal& journal)
      : journal_(journal), database_(std::move(database)) {}
  /// Records, and then does to the marked rows what is recorded, or takes the marks off.
  Status erase_marked(Change change, UnixMillis now);
  Status run(std::string_view sql, UnixMillis now);

  ChangeJournal& journal_;
  mutable std::mutex mutex_;
  std::unique_ptr<store::Database> database_;  // guarded by mutex_
};

}  // namespace saiph::control
