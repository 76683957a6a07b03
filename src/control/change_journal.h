// ChangeJournal: where every change of the state that people make is told before it takes effect.
//
// Order of a change: transaction begins, rows are written, the journal records (the event is
// durable in the ledger), the row that names the event is written, the transaction commits. So
// * what was not recorded does not happen: a failed record rolls the change back;
// * a change that is acknowledged stands in the ledger and in the state;
// * a crash between record and commit leaves an event of a change that did not happen. At the next
//   start State::reconcile finds it and records that it was not applied. The same is recorded at
//   once when only the commit fails.
// There is evidence of too much, never of too little.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "control/actor.h"
#include "ledger/format/statement.h"

namespace saiph::control {

/// One change. No personal data: accounts appear as keyed digests only.
struct Change {
  std::string id = {};  ///< UUIDv7 of the change; empty: not one of a State
  UnixMillis time = 0;
  ActorKind actor_kind = ActorKind::kSystem;
  /// HMAC-SHA-256 of the actor's account id under a key of the state; none for no account.
  std::optional<Digest> actor = {};
  std::string what = {};  ///< stable: "account-created", "suppression-revoked", ...
  std::string object_kind =
      {};                   ///< "account", "session", "token", "suppression", "scan", "settings"
  std::string object = {};  ///< its id; of accounts and sessions "hmac-sha256:" and a keyed digest
  /// HMAC-SHA-256, under the same key, of the object's JSON without secrets, before and after.
  /// None: it did not exist, does not any more, or no such form exists.
  std::optional<Digest> before = {};
  std::optional<Digest> after = {};
};

/// `what` of the record that a change, the `object`, was recorded but not made.
inline constexpr std::string_view kChangeNotApplied = "change-not-applied";

/// Any thread; one call at a time is made by one State.
class ChangeJournal {
 public:
  virtual ~ChangeJournal() = default;
  /// Durable when this answers. Answers the ledger's index. Errors: any; the change is then undone.
  virtual Result<std::uint64_t> record(const Change& change) = 0;
};

/// "hmac-sha256:" and 64 hexadecimal digits: how a keyed digest is written. Any thread.
std::string keyed_text(const Digest& digest);

/// The `configuration-change` statement of a change. Its predicate:
/// {"time": RFC 3339, "change": id (if it has one), "what": ..., "actor": {"kind": ..., "digest":
/// "hmac-sha256:..." or null}, "object": {"kind": ..., "id": ...}, "before": digest or null,
/// "after": digest or null}. Its subject is "OBJECT_KIND" with SHA-256 of the object's id. Errors:
/// of sha256.
Result<ledger::Statement> statement_of(const Change& change);

/// A journal over anything that signs and appends a statement and answers its index.
class LedgerJournal final : public ChangeJournal {
 public:
  using Append = std::function<Result<std::uint64_t>(const ledger::Statement&)>;
  explicit LedgerJournal(Append append) : append_(std::move(append)) {}
  Result<std::uint64_t> record(const Change& change) override;

 private:
  Append append_;
};

}  // namespace saiph::control
