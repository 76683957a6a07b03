// Whole files of pickles: several streams, gaps, PyTorch's legacy layout; the probe; storage keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "formats/pickle/machine.h"

namespace saiph::formats {

/// One tensor storage that a torch pickle refers to by persistent id:
/// ('storage', type, key, location, number of items).
struct PickleStorage {
  std::string type;  ///< "FloatStorage"
  std::string key;   ///< in zip archives the member "data/<key>"
  std::uint64_t items = 0;
  std::uint64_t item_bytes = 0;  ///< 0 when the type is unknown
  std::uint64_t offset = 0;      ///< of the opcode
};

/// Distinct storages of one artefact, in order of appearance. Bounded.
class PickleStorages {
 public:
  static constexpr std::size_t kMost = 200'000;
  /// False when the value has not the shape of a storage id.
  bool add(const PickleMachine& machine, PickleValue id, std::uint64_t offset);
  const std::vector<PickleStorage>& all() const { return storages_; }
  bool overflowed() const { return overflowed_; }

 private:
  std::vector<PickleStorage> storages_;
  std::unordered_set<std::string> keys_;
  bool overflowed_ = false;
};

enum class PicklePlace : std::uint8_t {
  kFirst,   ///< at the start of the artefact
  kNext,    ///< right behind another stream, as repeated dumps write
  kHidden,  ///< behind bytes that belong to no stream
};

/// An observer of a whole artefact.
class PickleFileObserver : public PickleObserver {
 public:
  virtual void on_stream_begin(std::uint64_t /*offset*/, PicklePlace /*place*/,
                               PickleFrames /*frames*/) {}
  virtual void on_stream_end(const PickleMachine& /*machine*/, const PickleOutcome& /*outcome*/) {}
  /// A persistent id that names no tensor storage.
  virtual void on_foreign_persistent_id(const PickleMachine& /*machine*/, PickleValue /*id*/,
                                        std::uint64_t /*offset*/) {}
  void on_persistent_id(const PickleMachine& machine, PickleValue id,
                        std::uint64_t offset) override {
    if (!storages_.add(machine, id, offset)) on_foreign_persistent_id(machine, id, offset);
  }
  const PickleStorages& storages() const { return storages_; }

 private:
  PickleStorages storages_;
};

/// Outcome of a walk: not this format, malformed (partial: everything before was told), or parsed.
struct PickleFile {
  enum class Outcome : std::uint8_t { kNotThisFormat, kMalformed, kParsed };
  Outcome outcome = Outcome::kNotThisFormat;
  std::uint64_t offset = 0;  ///< where it became malformed
  std::string reason;
  ErrorCode code = ErrorCode::kMalformed;  ///< kLimit, kUnavailable when the walk could not go on
  std::uint64_t streams = 0;
  std::uint64_t effective_streams = 0;  ///< streams that import, call or name persistent ids
  std::uint64_t gap_offset = 0;         ///< bytes behind the last stream that are no stream
  std::uint64_t gap_bytes = 0;
  bool gap_searched = true;   ///< false: more gap than may be searched
  bool torch_legacy = false;  ///< PyTorch's layout from before 1.6: five streams, then storages
  bool torch_magic_computed = false;  ///< ... whose magic number is the result of a call
};

struct PickleWalkOptions {
  /// Bytes behind or between streams that are searched for hidden streams.
  std::uint64_t most_gap_bytes = UINT64_MAX;
  /// The artefact need not begin with a stream: search it all.
  bool search_only = false;
};

/// Interprets every stream of the source. Linear time: hidden streams are tried with a total cost
/// of a few times the gap. Memory as PickleMachine. One thread; observer, source and budget must
/// outlive it.
PickleFile walk_pickle(const ByteSource& source, Budget& budget, PickleFileObserver& observer,
                       PickleWalkOptions options = {});

/// True when a Python unpickler would take the source for a pickle that matters: it begins with
/// PROTO and plausible opcodes; or, without PROTO, it reaches STOP or calls a resolved name before
/// it fails. Text that only happens to begin with opcodes is none. Cost: a few opcodes for anything
/// else; long streams without PROTO are followed for 64 Ki opcodes at most.
bool probe_pickle(ByteView head, const ByteSource& source);

/// The tensor storages that data.pkl of a torch archive names, whether or not the stream is sound.
/// Errors: kLimit (budget, or more than PickleStorages::kMost), kMalformed with the place where the
/// stream breaks; kUnavailable.
Result<std::vector<PickleStorage>> collect_persistent_ids(const ByteSource& source, Budget& budget);

}  // namespace saiph::formats
