// ZIP archives, read in every way that a loader might read them.
//
// A ZIP says everything twice: in its central directory and in a local header before each member.
// Loaders differ in which one they believe, where they look for the directory (absolute offset, or
// counted back from its end), and how many entries they read. This reader takes all views, compares
// them, and records each disagreement; it never prefers one, and a bad member never stops it.
//
// In: a byte source. Out: compact entries, discrepancies, and the byte ranges that belong to no
// member. Errors: read_zip answers kMalformed only when there is neither an end record nor a local
// header at the start (not a ZIP), kUnavailable when the medium fails. Everything else is a
// discrepancy in a parsed archive.
// Memory: entries (80 bytes each) up to Limits::members, names up to 16 MiB, 64 KiB window.
// Cost: one positional read per member (fewer when members are small); payloads are not read, gaps
// between members are read once.
// Source: APPNOTE.TXT 6.3.10, sections 4.3 to 4.6.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "codec/decompress/decompress.h"

namespace saiph::codec {

/// General purpose bits (APPNOTE 4.4.4).
inline constexpr std::uint16_t kZipEncrypted = 0x0001;
inline constexpr std::uint16_t kZipDataDescriptor = 0x0008;
inline constexpr std::uint16_t kZipPatched = 0x0020;
inline constexpr std::uint16_t kZipStrongEncryption = 0x0040;
inline constexpr std::uint16_t kZipUtf8 = 0x0800;
inline constexpr std::uint16_t kZipMaskedHeaders = 0x2000;

/// What one view says of a member's payload.
struct ZipFacts {
  std::uint64_t compressed = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  std::uint16_t method = 0;
  std::uint16_t flags = 0;

  bool operator==(const ZipFacts&) const = default;
};

/// Where an entry was found.
enum class ZipOrigin : std::uint8_t {
  kDirectory,       ///< the directory that the last end record names, counted back from its end
  kOtherDirectory,  ///< only in another directory (absolute offset, another end record, ZIP64)
  kLocalOnly,       ///< a local header in a gap that no directory lists
};

struct ZipEntry {
  /// The central directory's statement; the local header's when origin is kLocalOnly.
  ZipFacts facts;
  /// Of the local header, in this source (any prefix is already added).
  std::uint64_t header_offset = 0;
  /// Of the payload, by the local header's own lengths; 0 when the local header is unreadable.
  std::uint64_t data_offset = 0;
  std::uint32_t name_offset = 0;  ///< see ZipArchive::name
  std::uint16_t name_length = 0;
  ZipOrigin origin = ZipOrigin::kDirectory;
  bool local_readable = false;
  /// Unix mode says symbolic link.
  bool symlink = false;
};

enum class ZipIssue : std::uint8_t {
  kNameDiffers,    ///< local name is another one; `text` is the local name
  kMethodDiffers,  ///< `text` describes both
  kFlagsDiffer,
  kCrcDiffers,
  kSizeDiffers,
  kLocalHeaderMissing,    ///< no readable local header where the directory points
  kNotInDirectory,        ///< a local header in a gap that no directory lists
  kOnlyInOtherDirectory,  ///< an entry that only one of several directories lists
  kDuplicateName,
  kOverlap,          ///< two members share bytes
  kDirectoryCount,   ///< the end record counts other entries than the directory holds
  kDirectoryOffset,  ///< directory found at another place than the end record's offset says
  kSeveralEndRecords,
  kZip64Differs,  ///< ZIP64 end record and plain one (or its locator) disagree
  kMultiDisk,
  kBrokenDirectory,    ///< an entry of the directory cannot be read
  kNoDirectory,        ///< no end record: the archive is cut off, or meant for streaming readers
  kNameOddity,         ///< NUL byte in a name, or a Unicode path that names another member
  kDescriptorDiffers,  ///< data descriptor contradicts the directory
  kStoredSizes,        ///< stored member whose two sizes differ
  kLimit,              ///< members or names over the limit; the rest was not read
};

std::string_view zip_issue_name(ZipIssue issue);

struct ZipDiscrepancy {
  ZipIssue issue;
  std::uint64_t offset = 0;
  /// Index into entries, or kNoEntry.
  std::uint32_t entry = kNoEntry;
  /// Raw text of the input may be part of it.
  std::string text;

  static constexpr std::uint32_t kNoEntry = 0xFFFFFFFF;
};

/// Bytes of the source that belong to no member and no directory.
struct ZipGap {
  enum class Place : std::uint8_t { kPrefix, kBetween, kBeforeEnd, kComment, kSuffix };
  Place place = Place::kPrefix;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// What the local header says instead, for entries whose two views disagree about the payload.
struct ZipLocalView {
  std::uint32_t entry = 0;
  ZipFacts facts;
};

struct ZipArchive {
  std::vector<ZipEntry> entries;
  std::vector<ZipDiscrepancy> discrepancies;  ///< at most kMaxDiscrepancies, then counted
  std::uint64_t discrepancies_dropped = 0;
  /// Gaps that are not just zero bytes; at most kMaxGaps, then counted.
  std::vector<ZipGap> gaps;
  std::uint64_t gaps_dropped = 0;
  std::vector<ZipLocalView> local_views;
  std::string names;

  static constexpr std::size_t kMaxDiscrepancies = 4096;
  static constexpr std::size_t kMaxGaps = 4096;

  std::string_view name(const ZipEntry& entry) const {
    return std::string_view(names).substr(entry.name_offset, entry.name_length);
  }
};

/// One thread at a time for one budget. See the head of this file.
Result<ZipArchive> read_zip(const ByteSource& source, Budget& budget);

/// True when the last 68 KiB hold an end record that some reader would follow to a directory or to
/// a ZIP64 record, or one of an empty archive whose fields agree. Cost: one read of 68 KiB, and a
/// few of some bytes for each end record in them.
/// `inside_tar`: the source is a tar archive, so the record may be that of a member, which is read
/// on its own; a ZIP64 record beside a whole plain one (PyTorch writes both) then says nothing.
bool has_zip_end(const ByteSource& source, bool inside_tar = false);

/// The payload of a member as one of its views describes it, decompressed. The window is clipped to
/// the source. A stored member is a view into the source and costs nothing.
/// Errors: kUnsupported for a method that is not read; otherwise as decompress(). What was read
/// before an error is in the answer. Compare the size of the output with facts.size: it may differ.
Result<Decompressed> open_zip_payload(std::shared_ptr<const ByteSource> source,
                                      std::uint64_t data_offset, const ZipFacts& facts,
                                      Budget& budget);

}  // namespace saiph::codec
