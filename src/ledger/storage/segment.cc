#include "ledger/storage/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/checked.h"
#include "crypto/merkle.h"
#include "ledger/format/note.h"
#include "ledger/storage/crc32c.h"
#include "ledger/storage/little_endian.h"

namespace saiph::ledger {

namespace {

constexpr std::string_view kSegmentMagic = "SAIPHSEG";
constexpr std::uint32_t kSegmentVersion = 1;
constexpr std::uint8_t kRecordMagic0 = 'S';
constexpr std::uint8_t kRecordMagic1 = 'R';
constexpr std::uint8_t kCommitEnd = '\n';
constexpr std::string_view kSegmentSuffix = ".seg";
constexpr std::size_t kNameDigits = 20;
/// The largest record and something, so that one window always holds a whole one.
constexpr std::size_t kWindowBytes = kMaxCommitBytes + (256U << 10);

std::size_t longest_payload(RecordType type) {
  return type == RecordType::kEntry ? kMaxEntryBytes : kMaxCommitBytes;
}

bool take_digests(ByteReader& reader, std::uint64_t count, std::vector<Digest>& out) {
  if (count > reader.remaining() / sizeof(Digest::bytes)) return false;
  out.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    ByteView bytes;
    if (!reader.take(sizeof(Digest::bytes), bytes)) return false;
    std::copy(bytes.begin(), bytes.end(), out.emplace_back().bytes.begin());
  }
  return true;
}

}  // namespace

std::string segment_name(std::uint64_t first) {
  return fmt::format("{}/{:020}{}", kSegmentFolder, first, kSegmentSuffix);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  if (name.size() != kNameDigits + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const char c : name.substr(0, kNameDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto shifted = checked_mul<std::uint64_t>(value, 10);
    if (!shifted) return std::nullopt;
    const auto sum = checked_add<std::uint64_t>(*shifted, static_cast<std::uint64_t>(c - '0'));
    if (!sum) return std::nullopt;
    value = *sum;
  }
  if (value > crypto::kMaxTreeSize) return std::nullopt;
  return value;
}

Bytes encode_segment_header(const SegmentHeader& header) {
  Bytes out;
  out.reserve(kSegmentHeaderBytes);
  const ByteView magic = as_bytes(kSegmentMagic);
  out.insert(out.end(), magic.begin(), magic.end());
  append_le<std::uint32_t>(out, kSegmentVersion);
  append_le<std::uint32_t>(out, kSegmentHeaderBytes);
  append_le<std::uint64_t>(out, header.first);
  out.insert(out.end(), header.origin.bytes.begin(), header.origin.bytes.end());
  append_le<std::uint32_t>(out, 0);
  append_le<std::uint32_t>(out, crc32c(out));
  return out;
}

Result<SegmentHeader> parse_segment_header(ByteView bytes) {
  ByteReader reader(bytes);
  ByteView magic;
  ByteView origin;
  std::uint32_t version = 0;
  std::uint32_t length = 0;
  std::uint32_t reserved = 0;
  std::uint32_t crc = 0;
  SegmentHeader header;
  const bool whole = reader.take(kSegmentMagic.size(), magic) && reader.u32le(version) &&
                     reader.u32le(length) && reader.u64le(header.first) &&
                     reader.take(header.origin.bytes.size(), origin) && reader.u32le(reserved) &&
                     reader.u32le(crc);
  if (!whole) return reader.failure("segment header");
  if (as_text(magic) != kSegmentMagic) {
    return Error(ErrorCode::kMalformed, "not a segment: its first bytes are wrong", 0);
  }
  if (version != kSegmentVersion) {
    return Error(ErrorCode::kUnsupported, fmt::format("segment of version {}", version), 8);
  }
  if (length != kSegmentHeaderBytes || reserved != 0 ||
      crc != crc32c(bytes.first(kSegmentHeaderBytes - sizeof crc))) {
    return Error(ErrorCode::kMalformed, "the segment's header was changed", 0);
  }
  std::copy(origin.begin(), origin.end(), header.origin.bytes.begin());
  return header;
}

void append_record(Bytes& out, RecordType type, ByteView payload) {
  const std::size_t start = out.size();
  out.push_back(kRecordMagic0);
  out.push_back(kRecordMagic1);
  out.push_back(static_cast<std::uint8_t>(type));
  out.push_back(0);
  append_le(out, static_cast<std::uint32_t>(payload.size()));
  append_le(out, crc32c(payload, crc32c(ByteView(out).subspan(start))));
  out.insert(out.end(), payload.begin(), payload.end());
}

Bytes encode_commit(const Commit& commit) {
  Bytes out;
  out.reserve(32 + commit.checkpoint.size() +
              (commit.edge.size() + commit.leaves.size()) * sizeof(Digest::bytes));
  append_le(out, commit.old_size);
  append_le(out, commit.new_size);
  append_le(out, static_cast<std::uint32_t>(commit.checkpoint.size()));
  const ByteView note = as_bytes(commit.checkpoint);
  out.insert(out.end(), note.begin(), note.end());
  for (const Digest& hash : commit.edge) {
    out.insert(out.end(), hash.bytes.begin(), hash.bytes.end());
  }
  for (const Digest& hash : commit.leaves) {
    out.insert(out.end(), hash.bytes.begin(), hash.bytes.end());
  }
  // Not zero, so that a commit whose end was never written is told from one that was changed.
  out.push_back(kCommitEnd);
  return out;
}

Result<Commit> parse_commit(ByteView payload) {
  ByteReader reader(payload);
  Commit commit;
  std::uint32_t note_bytes = 0;
  ByteView note;
  if (!reader.u64le(commit.old_size) || !reader.u64le(commit.new_size) ||
      !reader.u32le(note_bytes) || !reader.take(note_bytes, note)) {
    return reader.failure("commit record");
  }
  if (commit.new_size > crypto::kMaxTreeSize || commit.old_size > commit.new_size ||
      commit.new_size - commit.old_size > kMaxBatchEntries || note_bytes > kMaxNoteBytes) {
    return Error(ErrorCode::kMalformed, "a commit record with impossible sizes", 0);
  }
  commit.checkpoint = as_text(note);
  const auto edge = static_cast<std::uint64_t>(std::popcount(commit.new_size));
  std::uint8_t last = 0;
  if (!take_digests(reader, edge, commit.edge) ||
      !take_digests(reader, commit.new_size - commit.old_size, commit.leaves) || !reader.u8(last) ||
      last != kCommitEnd || !reader.at_end()) {
    return Error(ErrorCode::kMalformed, "a commit record of the wrong length", reader.offset());
  }
  return commit;
}

RecordReader::RecordReader(const ByteSource& source, std::uint64_t offset)
    : reader_(source, std::min(offset, source.size()), kWindowBytes),
      offset_(std::min(offset, source.size())) {}

/// Whether a whole record stands at the reader's place, which is left as it was.
ReadOutcome RecordReader::examine(Record& record) {
  const auto broken = [&](std::string_view why) {
    reason_ = why;
    return ReadOutcome::kBroken;
  };
  if (reader_.at_end()) return ReadOutcome::kEnd;
  ByteView head;
  const auto head_bytes = std::min<std::uint64_t>(reader_.remaining(), kRecordHeaderBytes);
  if (!reader_.peek(head_bytes, head)) return broken("cannot be read");
  if (std::all_of(head.begin(), head.end(), [](std::uint8_t byte) { return byte == 0; })) {
    return ReadOutcome::kEnd;
  }
  if (head.size() < kRecordHeaderBytes) return broken("a record's header is cut off");
  ByteCursor cursor(head);
  ByteView magic;
  std::uint8_t type = 0;
  std::uint8_t zero = 0;
  std::uint32_t length = 0;
  std::uint32_t crc = 0;
  const bool read = cursor.take(2, magic) && cursor.u8(type) && cursor.u8(zero) &&
                    cursor.u32le(length) && cursor.u32le(crc);
  if (!read || magic[0] != kRecordMagic0 || magic[1] != kRecordMagic1 || zero != 0 ||
      (type != static_cast<std::uint8_t>(RecordType::kEntry) &&
       type != static_cast<std::uint8_t>(RecordType::kCommit))) {
    return broken("no record begins here");
  }
  record.type = static_cast<RecordType>(type);
  if (length > longest_payload(record.type)) return broken("a record of impossible length");
  if (length > reader_.remaining() - kRecordHeaderBytes) return broken("a record is cut off");
  ByteView whole;
  if (!reader_.peek(kRecordHeaderBytes + std::uint64_t{length}, whole)) {
    return broken("cannot be read");
  }
  record.payload = whole.subspan(kRecordHeaderBytes);
  if (crc32c(record.payload, crc32c(whole.first(8))) != crc) {
    return broken("a record's check value is wrong");
  }
  record.offset = reader_.offset();
  return ReadOutcome::kRecord;
}

Result<ReadOutcome> RecordReader::next(Record& record) {
  if (!reader_.seek(offset_)) return reader_.failure("segment");
  const ReadOutcome outcome = examine(record);
  if (reader_.failed()) return reader_.failure("segment");
  if (outcome == ReadOutcome::kRecord) {
    offset_ = record.offset + kRecordHeaderBytes + record.payload.size();
  }
  return outcome;
}

Result<bool> RecordReader::find_next() {
  std::uint64_t place = offset_ + 1;
  while (place + kRecordHeaderBytes <= reader_.size()) {
    if (!reader_.seek(place) || !reader_.refill(kRecordHeaderBytes)) {
      return reader_.failure("segment");
    }
    const ByteView ahead = reader_.buffered();
    const auto it = std::find(ahead.begin(), ahead.end(), kRecordMagic0);
    place += static_cast<std::uint64_t>(it - ahead.begin());
    if (it == ahead.end()) continue;
    if (!reader_.seek(place)) return reader_.failure("segment");
    Record record;
    const ReadOutcome outcome = examine(record);
    if (reader_.failed()) return reader_.failure("segment");
    if (outcome == ReadOutcome::kRecord) {
      offset_ = place;
      return true;
    }
    ++place;
  }
  offset_ = reader_.size();
  return false;
}

}  // namespace saiph::ledger
