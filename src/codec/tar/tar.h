// Tar archives: v7, ustar, GNU (long names, old sparse members) and pax.
//
// In: a byte source. Out: compact entries, discrepancies with offsets, and where the archive ends.
// Errors: kMalformed when the first block is no header (not a tar), kUnavailable when the medium
// fails. Everything later is a discrepancy in a parsed archive: a bad header is passed by looking
// for the next block with a right checksum, and what stands behind the end mark is read as well,
// since readers differ in whether they do.
// Memory: entries (64 bytes) up to Limits::members, names up to 16 MiB, one window of 64 KiB.
// Cost: one read per header; payloads are skipped, bytes outside members are read once.
// Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::codec {

enum class TarKind : std::uint8_t {
  kFile,
  kHardLink,
  kSymbolicLink,
  kDirectory,
  kDevice,
  kFifo,
  kSparse
};

struct TarEntry {
  std::uint64_t header_offset = 0;
  std::uint64_t data_offset = 0;
  std::uint64_t size = 0;  ///< bytes stored in the archive; clipped to its end
  std::uint32_t name_offset = 0;
  std::uint32_t name_length = 0;
  std::uint32_t link_offset = 0;
  std::uint32_t link_length = 0;
  TarKind kind = TarKind::kFile;
  bool after_end = false;  ///< stands behind the end mark or behind a broken header
};

enum class TarIssue : std::uint8_t {
  kBadHeader,     ///< a block that should be a header has a wrong checksum
  kTruncated,     ///< a member passes the end of the archive
  kSizeDiffers,   ///< the pax size is another one than the header's (CVE-2025-62518 and others)
  kLinkWithData,  ///< a link or directory that claims data; readers differ in whether they skip it
  kBadNumber,     ///< a size that is no number, negative, or overflows
  kBadExtended,   ///< a broken pax record or long name
  kDataAfterEnd,  ///< bytes that are not zero behind the end mark
  kNoEnd,         ///< the archive stops without an end mark
  kSparse,        ///< a sparse member: its data is stored packed
  kNameOddity,    ///< NUL byte in a name
  kLimit,         ///< members, names or budget over the limit; the rest was not read
};

std::string_view tar_issue_name(TarIssue issue);

struct TarDiscrepancy {
  TarIssue issue;
  std::uint64_t offset = 0;
  std::string text;
};

struct TarArchive {
  std::vector<TarEntry> entries;
  std::vector<TarDiscrepancy> discrepancies;  ///< at most 4096, then counted
  std::uint64_t discrepancies_dropped = 0;
  std::string names;
  /// Bytes behind the end mark that are not zero; length 0 when there are none.
  std::uint64_t trailing_offset = 0;
  std::uint64_t trailing_length = 0;

  std::string_view name(const TarEntry& e) const {
    return std::string_view(names).substr(e.name_offset, e.name_length);
  }
  std::string_view link(const TarEntry& e) const {
    return std::string_view(names).substr(e.link_offset, e.link_length);
  }
};

/// One thread at a time for one budget. See the head of this file.
Result<TarArchive> read_tar(const ByteSource& source, Budget& budget);

/// True when `head` (at least 512 bytes) starts with a header block whose checksum is right, of any
/// tar variant; a block of zeros is none. Any thread, constant cost.
bool is_tar_header(ByteView head);

}  // namespace saiph::codec
