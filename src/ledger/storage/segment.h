// Segments: the append-only truth of a ledger. Every byte: docs/formats/ledger.md, "Segments".
//
// A segment is a header and records, each with its own CRC. It begins with the last commit of the
// segment before (its *base*), so that it can be read alone. Then batches: entries, and the commit
// that acknowledges them, written by one write and one sync. What follows the last commit never
// counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace saiph::ledger {

inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::size_t kRecordHeaderBytes = 12;
/// Longest payload of an entry record: what a bundle of tlog-tiles can hold.
inline constexpr std::size_t kMaxEntryBytes = 0xFFFF;
/// Entries of one batch: its commit, 32 bytes an entry, stays well below kMaxCommitBytes.
inline constexpr std::size_t kMaxBatchEntries = 8192;
inline constexpr std::size_t kMaxCommitBytes = 1U << 20;
inline constexpr std::string_view kSegmentFolder = "segments";

enum class RecordType : std::uint8_t { kEntry = 1, kCommit = 2 };

struct SegmentHeader {
  std::uint64_t first = 0;  ///< index of the first entry
  Digest origin;            ///< SHA-256 of the ledger's origin: segments of two ledgers never mix
  bool operator==(const SegmentHeader&) const = default;
};

/// What a commit record says. `leaves` and `edge` are not signed themselves; they are true when the
/// edge before, extended by the leaves, is this edge and its root is the checkpoint's.
struct Commit {
  std::uint64_t old_size = 0;  ///< tree before the batch
  std::uint64_t new_size = 0;  ///< and after it; equal for a base and for a new signature
  std::string checkpoint;      ///< signed note over the tree of new_size
  std::vector<Digest> edge;    ///< compact range of the tree of new_size
  std::vector<Digest> leaves;  ///< leaf hashes of the batch, in order
  bool operator==(const Commit&) const = default;
};

/// "segments/00000000000000000000.seg". Any thread.
std::string segment_name(std::uint64_t first);
/// The first index of exactly such a name without its folder, or nothing. Any thread.
std::optional<std::uint64_t> parse_segment_name(std::string_view name);

/// Any thread. Errors of parse: kMalformed (also a wrong CRC), kUnsupported (another version).
Bytes encode_segment_header(const SegmentHeader& header);
Result<SegmentHeader> parse_segment_header(ByteView bytes);

/// Appends a record. The caller keeps to the limits. Any thread; linear.
void append_record(Bytes& out, RecordType type, ByteView payload);
/// The payload of a commit record. Any thread.
Bytes encode_commit(const Commit& commit);
/// Errors: kMalformed with the offset in the payload. Any thread; linear.
Result<Commit> parse_commit(ByteView payload);

/// One record, as a view that is valid until the reader's next call.
struct Record {
  RecordType type = RecordType::kEntry;
  std::uint64_t offset = 0;  ///< of the record's header in the segment
  ByteView payload;
};

enum class ReadOutcome : std::uint8_t {
  kRecord,
  kEnd,     ///< end of file, or zeros where a record would begin
  kBroken,  ///< bytes that are no record; see reason()
};

/// Reads the records of a segment in order, in one window of about 1.3 MB. One thread at a time;
/// the source must outlive it.
class RecordReader {
 public:
  explicit RecordReader(const ByteSource& source, std::uint64_t offset = kSegmentHeaderBytes);

  /// The next record. After kEnd and kBroken the reader stays where it is.
  /// Errors: kUnavailable when the medium fails.
  Result<ReadOutcome> next(Record& record);
  /// From a place that is no record to the next whole record behind it; false when there is none
  /// (the reader then stands at the end). No entry can hold bytes that look like a record: entries
  /// hold no control characters. Errors: kUnavailable.
  Result<bool> find_next();
  /// Where the next record would begin.
  std::uint64_t offset() const { return offset_; }
  /// Why the last outcome was kBroken.
  std::string_view reason() const { return reason_; }

 private:
  ReadOutcome examine(Record& record);
  SourceReader reader_;
  std::uint64_t offset_;
  std::string_view reason_;
};

}  // namespace saiph::ledger
