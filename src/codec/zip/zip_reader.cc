#include "codec/zip/zip_reader.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/checked.h"

namespace saiph::codec {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint32_t kLocalMagic = 0x04034B50;
constexpr std::size_t kLocalBytes = 30;
constexpr std::uint32_t kDescriptorMagic = 0x08074B50;
constexpr std::uint32_t kWide = 0xFFFFFFFF;
// Members up to this size are read past rather than skipped: one read then serves many headers.
constexpr std::uint64_t kSmallMember = 32U << 10;
constexpr std::size_t kLargeAhead = 512;
constexpr std::uint16_t kComparedFlags =
    kZipEncrypted | kZipDataDescriptor | kZipPatched | kZipStrongEncryption | kZipMaskedHeaders;

std::string differs(std::string_view what, std::uint64_t directory, std::uint64_t local) {
  return "directory says " + std::string(what) + " " + std::to_string(directory) +
         ", local header " + std::to_string(local);
}

}  // namespace

std::string_view zip_issue_name(ZipIssue issue) {
  switch (issue) {
    case ZipIssue::kNameDiffers:
      return "name-differs";
    case ZipIssue::kMethodDiffers:
      return "method-differs";
    case ZipIssue::kFlagsDiffer:
      return "flags-differ";
    case ZipIssue::kCrcDiffers:
      return "crc-differs";
    case ZipIssue::kSizeDiffers:
      return "size-differs";
    case ZipIssue::kLocalHeaderMissing:
      return "local-header-missing";
    case ZipIssue::kNotInDirectory:
      return "not-in-directory";
    case ZipIssue::kOnlyInOtherDirectory:
      return "only-in-other-directory";
    case ZipIssue::kDuplicateName:
      return "duplicate-name";
    case ZipIssue::kOverlap:
      return "overlap";
    case ZipIssue::kDirectoryCount:
      return "directory-count";
    case ZipIssue::kDirectoryOffset:
      return "directory-offset";
    case ZipIssue::kSeveralEndRecords:
      return "several-end-records";
    case ZipIssue::kZip64Differs:
      return "zip64-differs";
    case ZipIssue::kMultiDisk:
      return "multi-disk";
    case ZipIssue::kBrokenDirectory:
      return "broken-directory";
    case ZipIssue::kNoDirectory:
      return "no-directory";
    case ZipIssue::kNameOddity:
      return "name-oddity";
    case ZipIssue::kDescriptorDiffers:
      return "descriptor-differs";
    case ZipIssue::kStoredSizes:
      return "stored-sizes";
    case ZipIssue::kLimit:
      return "limit";
  }
  return "unknown";
}

Result<ZipArchive> read_zip(const ByteSource& source, Budget& budget) {
  return ZipReader(source, budget).run();
}

Result<ZipArchive> ZipReader::run() {
  const auto ends = find_ends();
  if (ends.empty()) {
    LocalHeader header;
    if (!parse_local(0, kLargeAhead, header)) {
      if (window_.medium_failed())
        return Error(ErrorCode::kUnavailable, "cannot read the archive", 0);
      return Error(ErrorCode::kMalformed, "neither an end record nor a local header: not a ZIP", 0);
    }
    issue(ZipIssue::kNoDirectory, size_);
  }
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (i == 0) {
      read_end(ends[0], true);
      merge_ranges();
      continue;
    }
    // The end record of a stored inner archive stands inside a member: that is its own affair.
    if (covered(ends[i])) continue;
    issue(ZipIssue::kSeveralEndRecords, ends[i]);
    read_end(ends[i], false);
    merge_ranges();
  }
  find_duplicates();
  find_gaps();
  if (window_.medium_failed()) return Error(ErrorCode::kUnavailable, "cannot read the archive");
  return std::move(archive_);
}

void ZipReader::issue(ZipIssue what, std::uint64_t offset, std::uint32_t entry, std::string text) {
  if (archive_.discrepancies.size() >= ZipArchive::kMaxDiscrepancies) {
    ++archive_.discrepancies_dropped;
    return;
  }
  archive_.discrepancies.push_back({what, offset, entry, std::move(text)});
}

bool ZipReader::parse_local(std::uint64_t offset, std::size_t ahead, LocalHeader& out) {
  ByteReader reader(window_.at(offset, kLocalBytes, ahead));
  std::uint32_t magic = 0;
  std::uint32_t compressed = 0;
  std::uint32_t size = 0;
  std::uint16_t name_length = 0;
  std::uint16_t extra_length = 0;
  if (!reader.u32le(magic) || magic != kLocalMagic || !reader.skip(2) ||
      !reader.u16le(out.facts.flags) || !reader.u16le(out.facts.method) || !reader.skip(4) ||
      !reader.u32le(out.facts.crc) || !reader.u32le(compressed) || !reader.u32le(size) ||
      !reader.u16le(name_length) || !reader.u16le(extra_length)) {
    return false;
  }
  out.facts.compressed = compressed;
  out.facts.size = size;
  out.data_offset = offset + kLocalBytes + name_length + extra_length;
  out.sizes_known = (out.facts.flags & kZipDataDescriptor) == 0 || compressed != 0 || size != 0;
  if (out.data_offset > size_) return false;
  if (extra_length != 0 && (compressed == kWide || size == kWide)) {
    ByteReader extra(window_.at(offset + kLocalBytes + name_length, extra_length, ahead));
    while (extra.remaining() >= 4) {
      std::uint16_t id = 0;
      std::uint16_t length = 0;
      ByteView body;
      if (!extra.u16le(id) || !extra.u16le(length) || !extra.take(length, body)) break;
      if (id != 0x0001) continue;
      ByteReader wide(body);
      if (size == kWide && !wide.u64le(out.facts.size)) break;
      if (compressed == kWide && !wide.u64le(out.facts.compressed)) break;
    }
    if ((out.facts.flags & kZipDataDescriptor) != 0 && out.facts.compressed == 0 &&
        out.facts.size == 0) {
      out.sizes_known = false;
    }
  }
  out.name = window_.at(offset + kLocalBytes, name_length, ahead);
  return out.name.size() == name_length;
}

// Reads the local header of every entry from `first_entry` on, in the order of their offsets.
void ZipReader::read_locals(std::size_t first_entry) {
  auto& entries = archive_.entries;
  const auto by_offset = [](const ZipEntry& a, const ZipEntry& b) {
    return a.header_offset < b.header_offset;
  };
  const auto first = entries.begin() + static_cast<std::ptrdiff_t>(first_entry);
  // Discrepancies name entries by index, so entries only move before any local one is recorded;
  // those that the directory pass recorded are few and are moved along.
  if (!std::is_sorted(first, entries.end(), by_offset)) {
    std::vector<std::uint32_t> order(entries.size() - first_entry);
    std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(first_entry));
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::tuple(entries[a].header_offset, a) < std::tuple(entries[b].header_offset, b);
    });
    std::vector<ZipEntry> sorted(order.size());
    std::vector<std::uint32_t> moved(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      sorted[i] = entries[order[i]];
      moved[order[i] - first_entry] = static_cast<std::uint32_t>(first_entry + i);
    }
    std::copy(sorted.begin(), sorted.end(), first);
    for (ZipDiscrepancy& d : archive_.discrepancies) {
      if (d.entry != ZipDiscrepancy::kNoEntry && d.entry >= first_entry &&
          d.entry - first_entry < moved.size()) {
        d.entry = moved[d.entry - first_entry];
      }
    }
  }

  std::uint64_t reached = 0;
  for (std::size_t i = first_entry; i < entries.size(); ++i) {
    ZipEntry& entry = entries[i];
    const auto index = static_cast<std::uint32_t>(i);
    if (!budget_.take_work(16)) {
      issue(ZipIssue::kLimit, entry.header_offset, index, budget_.reason());
      full_ = true;
      return;
    }
    const bool small = entry.facts.compressed < kSmallMember;
    LocalHeader local;
    if (!parse_local(entry.header_offset, small ? ZipWindow::kBytes : kLargeAhead, local)) {
      issue(ZipIssue::kLocalHeaderMissing, entry.header_offset, index);
      continue;
    }
    entry.local_readable = true;
    entry.data_offset = local.data_offset;
    compare(index, local);
    const std::uint64_t data_end =
        std::min(size_, checked_add(entry.data_offset, entry.facts.compressed).value_or(size_));
    std::uint64_t end = data_end;
    if (((entry.facts.flags | local.facts.flags) & kZipDataDescriptor) != 0) {
      end += descriptor_length(index, data_end);
    }
    if (entry.header_offset < reached && end > entry.header_offset) {
      issue(ZipIssue::kOverlap, entry.header_offset, index);
    }
    reached = std::max(reached, end);
    if (!ranges_.empty() && ranges_.back().end == entry.header_offset) {
      ranges_.back().end = end;
    } else {
      ranges_.push_back({entry.header_offset, end});
    }
  }
}

void ZipReader::compare(std::uint32_t index, const LocalHeader& local) {
  const ZipEntry& entry = archive_.entries[index];
  const ZipFacts& told = entry.facts;
  const std::string_view name = archive_.name(entry);
  bool payload_differs = false;
  if (as_text(local.name) != name) {
    issue(ZipIssue::kNameDiffers, entry.header_offset, index, std::string(as_text(local.name)));
  }
  if (name.find('\0') != std::string_view::npos) {
    issue(ZipIssue::kNameOddity, entry.header_offset, index, "NUL byte in the name");
  }
  if (told.method != local.facts.method) {
    issue(ZipIssue::kMethodDiffers, entry.header_offset, index,
          differs("method", told.method, local.facts.method));
    payload_differs = true;
  }
  if (((told.flags ^ local.facts.flags) & kComparedFlags) != 0) {
    issue(ZipIssue::kFlagsDiffer, entry.header_offset, index,
          differs("flags", told.flags, local.facts.flags));
  }
  if (local.sizes_known) {
    if (told.compressed != local.facts.compressed || told.size != local.facts.size) {
      issue(ZipIssue::kSizeDiffers, entry.header_offset, index,
            differs("compressed size", told.compressed, local.facts.compressed) + "; " +
                differs("size", told.size, local.facts.size));
      payload_differs = true;
    }
    const bool deferred = (local.facts.flags & kZipDataDescriptor) != 0 && local.facts.crc == 0;
    if (told.crc != local.facts.crc && !deferred) {
      issue(ZipIssue::kCrcDiffers, entry.header_offset, index,
            differs("CRC", told.crc, local.facts.crc));
    }
  }
  if (told.method == 0 && told.compressed != told.size && (told.flags & kZipEncrypted) == 0) {
    issue(ZipIssue::kStoredSizes, entry.header_offset, index,
          "stored with " + std::to_string(told.compressed) + " bytes but a size of " +
              std::to_string(told.size));
  }
  if (payload_differs && archive_.local_views.size() < ZipArchive::kMaxDiscrepancies) {
    archive_.local_views.push_back({index, local.facts});
  }
}

// The descriptor has an optional magic and 32- or 64-bit sizes, and nothing says which: the layout
// that agrees with the directory is taken (APPNOTE 4.3.9).
std::uint64_t ZipReader::descriptor_length(std::uint32_t index, std::uint64_t offset) {
  const ZipFacts& told = archive_.entries[index].facts;
  const ByteView bytes = window_.at(offset, 24, kLargeAhead);
  bool has_magic = false;
  for (const bool magic : {true, false}) {
    for (const bool wide : {false, true}) {
      ByteReader reader(bytes);
      std::uint32_t value = 0;
      std::uint32_t crc = 0;
      std::uint64_t compressed = 0;
      std::uint64_t size = 0;
      if (magic && (!reader.u32le(value) || value != kDescriptorMagic)) continue;
      has_magic = has_magic || magic;
      if (!reader.u32le(crc)) continue;
      if (wide) {
        if (!reader.u64le(compressed) || !reader.u64le(size)) continue;
      } else {
        std::uint32_t narrow_compressed = 0;
        std::uint32_t narrow_size = 0;
        if (!reader.u32le(narrow_compressed) || !reader.u32le(narrow_size)) continue;
        compressed = narrow_compressed;
        size = narrow_size;
      }
      if (crc == told.crc && compressed == told.compressed && size == told.size)
        return reader.offset();
    }
  }
  issue(ZipIssue::kDescriptorDiffers, offset, index,
        has_magic ? "data descriptor contradicts the directory"
                  : "no data descriptor after the member");
  return has_magic ? 16 : 0;
}

void ZipReader::find_duplicates() {
  const auto& entries = archive_.entries;
  std::vector<std::uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int compared = archive_.name(entries[a]).compare(archive_.name(entries[b]));
    return compared != 0 ? compared < 0 : a < b;
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const ZipEntry& entry = entries[order[i]];
    if (archive_.name(entry) == archive_.name(entries[order[i - 1]])) {
      issue(ZipIssue::kDuplicateName, entry.header_offset, order[i]);
    }
  }
}

void ZipReader::merge_ranges() {
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::vector<Range> merged;
  for (const Range& range : ranges_) {
    if (range.end <= range.begin) continue;
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(range);
    }
  }
  ranges_ = std::move(merged);
}

bool ZipReader::covered(std::uint64_t position) const {
  auto it = std::upper_bound(ranges_.begin(), ranges_.end(), position,
                             [](std::uint64_t p, const Range& r) { return p < r.begin; });
  return it != ranges_.begin() && position < std::prev(it)->end;
}

void ZipReader::find_gaps() {
  merge_ranges();
  const std::uint64_t members_end = first_directory_;
  std::vector<Range> gaps;
  std::uint64_t reached = 0;
  for (const Range& range : ranges_) {
    if (range.begin > reached) gaps.push_back({reached, range.begin});
    reached = std::max(reached, range.end);
  }
  if (reached < size_) gaps.push_back({reached, size_});
  for (Range gap : gaps) {
    if (gap.begin >= comment_begin_ && gap.begin < comment_end_) {
      const Range comment{gap.begin, std::min(gap.end, comment_end_)};
      read_gap(comment, ZipGap::Place::kComment);
      gap.begin = comment.end;
    }
    if (gap.begin >= gap.end) continue;
    ZipGap::Place place = ZipGap::Place::kBetween;
    if (comment_end_ != 0 && gap.begin >= comment_end_) {
      place = ZipGap::Place::kSuffix;
    } else if (gap.begin == 0) {
      place = ZipGap::Place::kPrefix;
    } else if (members_end != 0 && gap.begin >= members_end) {
      place = ZipGap::Place::kBeforeEnd;
    }
    read_gap(gap, place);
  }
}

// A local header in a gap, judged by the bytes at hand before anything else is read for it.
bool ZipReader::add_hidden(ByteView seen, std::uint64_t at, const Range& gap, std::uint64_t& next) {
  ByteReader quick(seen);
  std::uint16_t name_length = 0;
  std::uint16_t extra_length = 0;
  if (!quick.skip(26) || !quick.u16le(name_length) || !quick.u16le(extra_length)) return false;
  if (name_length == 0 || name_length > 4096 ||
      gap.end - at < kLocalBytes + std::uint64_t{name_length} + extra_length) {
    return false;
  }
  LocalHeader local;
  if (!parse_local(at, kLargeAhead, local) || local.data_offset > gap.end) return false;
  if (archive_.entries.size() >= budget_.limits().members) {
    issue(ZipIssue::kLimit, at, ZipDiscrepancy::kNoEntry,
          "more than " + std::to_string(budget_.limits().members) + " entries");
    full_ = true;
    return false;
  }
  ZipEntry entry;
  entry.facts = local.facts;
  entry.header_offset = at;
  entry.data_offset = local.data_offset;
  entry.origin = ZipOrigin::kLocalOnly;
  entry.local_readable = true;
  if (!append_name(local.name, entry)) return false;
  const std::uint64_t room = gap.end - local.data_offset;
  if (!local.sizes_known || local.facts.compressed > room) {
    entry.facts.compressed = room;
    next = local.data_offset;
  } else {
    next = local.data_offset + local.facts.compressed;
  }
  const auto index = static_cast<std::uint32_t>(archive_.entries.size());
  archive_.entries.push_back(entry);
  issue(ZipIssue::kNotInDirectory, at, index);
  return true;
}

// Looks through a gap: is it only padding, and do local headers stand in it?
void ZipReader::read_gap(Range gap, ZipGap::Place place) {
  bool zeros = true;
  ZipWindow pass(source_);
  std::uint64_t position = gap.begin;
  while (position < gap.end) {
    const ByteView seen = pass.at(position, ZipWindow::kBytes, ZipWindow::kBytes);
    const ByteView view = seen.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(seen.size(), gap.end - position)));
    if (view.empty()) break;
    if (!budget_.take_work(view.size() / 64 + 1)) {
      issue(ZipIssue::kLimit, position, ZipDiscrepancy::kNoEntry, budget_.reason());
      break;
    }
    if (zeros) zeros = std::all_of(view.begin(), view.end(), [](std::uint8_t b) { return b == 0; });
    // Headers that start in the last bytes of a view are seen whole by the next, overlapping one.
    const bool last = position + view.size() == gap.end;
    const std::uint64_t judged =
        last ? view.size() : view.size() - std::min(kLocalBytes, view.size() - 1);
    std::uint64_t from = 0;
    while (from < judged) {
      const std::size_t found = as_text(view).find("PK\x03\x04"sv, static_cast<std::size_t>(from));
      if (found >= judged || full_) {  // npos is larger than any view
        from = judged;
        break;
      }
      std::uint64_t next = position + found + 4;
      add_hidden(view.subspan(found), position + found, gap, next);
      from = next - position;
    }
    position += from;
  }
  if (zeros) return;
  if (archive_.gaps.size() >= ZipArchive::kMaxGaps) {
    ++archive_.gaps_dropped;
    return;
  }
  archive_.gaps.push_back({place, gap.begin, gap.end - gap.begin});
}

}  // namespace saiph::codec
