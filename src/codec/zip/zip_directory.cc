// End records and central directories (APPNOTE 4.3.12 to 4.3.16, 4.4, 4.5.3, 4.6.9).
#include <algorithm>
#include <string>

#include "base/checked.h"
#include "codec/decompress/crc32.h"
#include "codec/zip/zip_reader.h"

namespace saiph::codec {

namespace {

using std::string_view_literals::operator""sv;

constexpr auto kEndMagic = "PK\x05\x06"sv;
constexpr std::size_t kEndBytes = 22;
// The longest comment, and a block more: readers that step back by blocks of 4 KiB (miniz, which
// PyTorch uses) find a record that far in front of the longest one's place.
constexpr std::size_t kCommentBytes = 65535 + 4096;
constexpr std::uint32_t kCentralMagic = 0x02014B50;
constexpr std::size_t kCentralBytes = 46;
constexpr std::uint32_t kLocatorMagic = 0x07064B50;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::uint32_t kZip64Magic = 0x06064B50;
constexpr std::size_t kZip64Bytes = 56;
constexpr std::uint32_t kWide = 0xFFFFFFFF;
constexpr std::size_t kNamesLimit = 16U << 20;
// Earlier end records that are followed; more than one is already an anomaly.
constexpr std::size_t kMaxEnds = 8;

bool all_ascii(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b < 0x80; });
}

// Positions of end records in the tail, the last one first.
std::vector<std::uint64_t> ends_in(ByteView tail, std::uint64_t tail_offset) {
  std::vector<std::uint64_t> found;
  const std::string_view text = as_text(tail);
  for (std::size_t at = text.find(kEndMagic); at != std::string_view::npos;
       at = text.find(kEndMagic, at + 1)) {
    if (tail.size() - at >= kEndBytes) found.push_back(tail_offset + at);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

bool signature_at(const ByteSource& source, std::uint64_t offset, std::uint32_t magic) {
  Bytes bytes(4);
  const auto got = source.read_at(offset, bytes);
  if (!got || *got != 4) return false;
  ByteReader reader(bytes);
  std::uint32_t value = 0;
  return reader.u32le(value) && value == magic;
}

// Whether a ZIP64 record belongs to the end record at `position`: readers look directly before the
// locator or where it points, and prefer what they find to the plain record, whatever that says.
bool has_zip64_end(const ByteSource& source, std::uint64_t position) {
  if (position < kLocatorBytes) return false;
  const std::uint64_t locator = position - kLocatorBytes;
  Bytes bytes(kLocatorBytes);
  const auto got = source.read_at(locator, bytes);
  if (!got || *got != kLocatorBytes) return false;
  ByteReader reader(bytes);
  std::uint32_t magic = 0;
  std::uint64_t record = 0;
  if (!reader.u32le(magic) || magic != kLocatorMagic || !reader.skip(4) || !reader.u64le(record))
    return false;
  return (locator >= kZip64Bytes && signature_at(source, locator - kZip64Bytes, kZip64Magic)) ||
         (record < locator && signature_at(source, record, kZip64Magic));
}

}  // namespace

bool has_zip_end(const ByteSource& source, bool inside_tar) {
  const std::uint64_t length = std::min<std::uint64_t>(source.size(), kEndBytes + kCommentBytes);
  Bytes copy;
  ByteView tail;
  if (const auto all = source.contiguous()) {
    tail = all->last(static_cast<std::size_t>(length));
  } else {
    copy.resize(static_cast<std::size_t>(length));
    const auto got = source.read_at(source.size() - length, copy);
    if (!got) return false;
    tail = ByteView(copy).first(*got);
  }
  for (const std::uint64_t position : ends_in(tail, source.size() - length)) {
    ByteReader reader(tail);
    std::uint16_t disk = 0;
    std::uint16_t directory_disk = 0;
    std::uint16_t disk_count = 0;
    std::uint16_t count = 0;
    std::uint32_t directory_size = 0;
    std::uint32_t directory_offset = 0;
    if (!reader.seek(position - (source.size() - length) + 4) || !reader.u16le(disk) ||
        !reader.u16le(directory_disk) || !reader.u16le(disk_count) || !reader.u16le(count) ||
        !reader.u32le(directory_size) || !reader.u32le(directory_offset)) {
      continue;
    }
    // Nothing else in the file vouches for an empty archive, and the four bytes of the magic stand
    // in compiled code of zip readers with zeros behind; so its own fields must agree. A reader
    // that opens it regardless finds no member.
    if (count == 0 && disk_count == 0 && directory_size == 0 && (disk == 0 || disk == 0xFFFF) &&
        (directory_disk == 0 || directory_disk == 0xFFFF) && directory_offset <= position) {
      return true;
    }
    const bool wide = directory_size == kWide || directory_offset == kWide || count == 0xFFFF;
    if ((wide || !inside_tar) && has_zip64_end(source, position)) return true;
    if (directory_size <= position &&
        signature_at(source, position - directory_size, kCentralMagic))
      return true;
    if (signature_at(source, directory_offset, kCentralMagic)) return true;
  }
  return false;
}

std::vector<std::uint64_t> ZipReader::find_ends() {
  const std::uint64_t length = std::min<std::uint64_t>(size_, kEndBytes + kCommentBytes);
  Bytes tail(static_cast<std::size_t>(length));
  const auto got = source_.read_at(size_ - length, tail);
  if (!got) return {};
  auto found = ends_in(ByteView(tail).first(*got), size_ - length);
  if (found.size() > kMaxEnds) found.resize(kMaxEnds);
  return found;
}

// A directory may be looked for counted back from what follows it, or at its absolute offset.
void ZipReader::add_readings(std::uint64_t tail, std::uint64_t offset, Directory claimed,
                             std::vector<Directory>& out) {
  claimed.limit = tail;
  const auto back = checked_sub(tail, claimed.claimed_size);
  if (back && *back >= offset) {
    claimed.start = *back;
    claimed.base = *back - offset;
    out.push_back(claimed);
    if (claimed.base == 0) return;
  }
  if (claimed.claimed_count == 0 && claimed.claimed_size == 0) return;
  issue(ZipIssue::kDirectoryOffset, offset, ZipDiscrepancy::kNoEntry,
        "directory offset " + std::to_string(offset) + ", size " +
            std::to_string(claimed.claimed_size) + ", end at " + std::to_string(tail));
  // With other local offsets in the same directory too: some readers take them as absolute.
  if (back && *back >= offset) {
    claimed.base = 0;
    out.push_back(claimed);
  }
  if (offset < tail && signature_at(source_, offset, kCentralMagic)) {
    claimed.start = offset;
    claimed.base = 0;
    out.push_back(claimed);
  }
}

void ZipReader::read_zip64(std::uint64_t end_position, std::uint64_t record, const Directory& plain,
                           bool plain_is_whole, std::vector<Directory>& out) {
  const ByteView bytes = window_.at(record, kZip64Bytes, kZip64Bytes);
  ByteReader reader(bytes);
  std::uint32_t magic = 0;
  std::uint64_t record_size = 0;
  std::uint32_t disk = 0;
  std::uint32_t directory_disk = 0;
  std::uint64_t disk_count = 0;
  std::uint64_t offset = 0;
  Directory claimed;
  claimed.wide_count = true;
  if (!reader.u32le(magic) || magic != kZip64Magic || !reader.u64le(record_size) ||
      !reader.skip(4) || !reader.u32le(disk) || !reader.u32le(directory_disk) ||
      !reader.u64le(disk_count) || !reader.u64le(claimed.claimed_count) ||
      !reader.u64le(claimed.claimed_size) || !reader.u64le(offset)) {
    return;
  }
  if (disk != 0 || directory_disk != 0) issue(ZipIssue::kMultiDisk, record);
  if (plain_is_whole && (plain.claimed_size != claimed.claimed_size ||
                         plain.claimed_count != claimed.claimed_count)) {
    issue(ZipIssue::kZip64Differs, record, ZipDiscrepancy::kNoEntry,
          "plain and ZIP64 end records describe different directories");
  }
  ranges_.push_back({record, std::min(end_position, record + 12 + std::min(record_size, size_))});
  add_readings(record, offset, claimed, out);
}

void ZipReader::read_end(std::uint64_t position, bool primary) {
  ByteReader reader(window_.at(position, kEndBytes, kEndBytes));
  std::uint16_t disk = 0;
  std::uint16_t directory_disk = 0;
  std::uint16_t disk_count = 0;
  std::uint16_t count = 0;
  std::uint32_t directory_size = 0;
  std::uint32_t directory_offset = 0;
  std::uint16_t comment = 0;
  if (!reader.skip(4) || !reader.u16le(disk) || !reader.u16le(directory_disk) ||
      !reader.u16le(disk_count) || !reader.u16le(count) || !reader.u32le(directory_size) ||
      !reader.u32le(directory_offset) || !reader.u16le(comment)) {
    return;
  }
  if ((disk != 0 && disk != 0xFFFF) || (directory_disk != 0 && directory_disk != 0xFFFF)) {
    issue(ZipIssue::kMultiDisk, position);
  }
  const std::uint64_t comment_begin = position + kEndBytes;
  const std::uint64_t comment_end = std::min<std::uint64_t>(size_, comment_begin + comment);
  ranges_.push_back({position, comment_begin});
  if (primary) {
    comment_begin_ = comment_begin;
    comment_end_ = comment_end;
  }

  Directory plain;
  plain.claimed_count = count;
  plain.claimed_size = directory_size;
  const bool plain_is_whole =
      count != 0xFFFF && directory_size != kWide && directory_offset != kWide;

  std::vector<Directory> readings;
  bool has_zip64 = false;
  if (position >= kLocatorBytes) {
    ByteReader locator(window_.at(position - kLocatorBytes, kLocatorBytes, kLocatorBytes));
    std::uint32_t magic = 0;
    std::uint64_t record = 0;
    if (locator.u32le(magic) && magic == kLocatorMagic && locator.skip(4) &&
        locator.u64le(record)) {
      ranges_.push_back({position - kLocatorBytes, position});
      // One family of readers expects the record directly before the locator, the other follows
      // the locator's offset (CVE-2025-8291).
      const auto fixed = checked_sub(position, std::uint64_t{kLocatorBytes + kZip64Bytes});
      const bool at_fixed = fixed && signature_at(source_, *fixed, kZip64Magic);
      const bool at_record = record < position && signature_at(source_, record, kZip64Magic);
      has_zip64 = at_fixed || at_record;
      if (at_fixed) read_zip64(position, *fixed, plain, plain_is_whole, readings);
      if (at_record && (!at_fixed || record != *fixed)) {
        if (at_fixed) {
          issue(ZipIssue::kZip64Differs, position - kLocatorBytes, ZipDiscrepancy::kNoEntry,
                "the ZIP64 locator points to another record than the one before it");
        }
        read_zip64(position, record, plain, plain_is_whole, readings);
      }
    }
  }
  if (!has_zip64 || plain_is_whole) {
    std::uint64_t tail = position;
    if (has_zip64 && !readings.empty()) tail = readings.front().limit;
    add_readings(tail, directory_offset, plain, readings);
  }
  bool first = primary;
  for (const Directory& reading : readings) {
    const bool known = std::any_of(
        directories_.begin(), directories_.end(),
        [&](const Directory& d) { return d.start == reading.start && d.base == reading.base; });
    if (known) continue;
    directories_.push_back(reading);
    read_directory(reading, first);
    first = false;
  }
}

void ZipReader::read_directory(const Directory& directory, bool primary) {
  const std::size_t before = archive_.entries.size();
  const std::uint64_t claimed_end = directory.start + std::min(directory.claimed_size, size_);
  std::uint64_t position = directory.start;
  std::uint64_t count = 0;
  while (position < directory.limit && !full_) {
    ByteReader reader(window_.at(position, 4, ZipWindow::kBytes));
    std::uint32_t magic = 0;
    if (!reader.u32le(magic) || magic != kCentralMagic ||
        !read_central_entry(directory, position, primary)) {
      // Past its claimed end a directory may simply be over (a digital signature may follow).
      if (position >= claimed_end) break;
      if (magic == 0x05054B50) break;
      issue(ZipIssue::kBrokenDirectory, position);
      // Resume at the next entry's magic: one broken entry must not hide those behind it.
      bool resumed = false;
      for (std::uint64_t at = position + 1; at < claimed_end && !resumed;) {
        const ByteView view = window_.at(at, ZipWindow::kBytes, ZipWindow::kBytes);
        if (view.size() < kCentralBytes || !budget_.take_work(view.size() / 64 + 1)) break;
        const std::size_t found = as_text(view).find("PK\x01\x02"sv);
        if (found != std::string_view::npos) {
          position = at + found;
          resumed = true;
        } else {
          at += view.size() - 3;
        }
      }
      if (!resumed) break;
      continue;
    }
    ++count;
    if (!budget_.take_work(16)) {
      issue(ZipIssue::kLimit, position, ZipDiscrepancy::kNoEntry, budget_.reason());
      full_ = true;
    }
  }
  if (position > directory.start) {
    ranges_.push_back(
        {directory.start,
         std::min(std::max(position, std::min(claimed_end, directory.limit)), directory.limit)});
    if (primary) first_directory_ = directory.start;
  }
  const bool counts_agree = directory.wide_count ? count == directory.claimed_count
                                                 : (count & 0xFFFF) == directory.claimed_count ||
                                                       directory.claimed_count == 0xFFFF;
  if (!full_ && primary && (!counts_agree || position != claimed_end)) {
    issue(ZipIssue::kDirectoryCount, directory.start, ZipDiscrepancy::kNoEntry,
          "end record counts " + std::to_string(directory.claimed_count) + " entries in " +
              std::to_string(directory.claimed_size) + " bytes, directory holds " +
              std::to_string(count) + " in " + std::to_string(position - directory.start));
  }
  read_locals(before);
  if (primary) primary_entries_ = archive_.entries.size();
}

bool ZipReader::append_name(ByteView name, ZipEntry& entry) {
  if (archive_.names.size() + name.size() > kNamesLimit) {
    issue(ZipIssue::kLimit, entry.header_offset, ZipDiscrepancy::kNoEntry,
          "member names take over 16 MiB");
    full_ = true;
    return false;
  }
  entry.name_offset = static_cast<std::uint32_t>(archive_.names.size());
  entry.name_length = static_cast<std::uint16_t>(name.size());
  archive_.names += as_text(name);
  return true;
}

bool ZipReader::have_entry(const ZipEntry& entry) const {
  const auto end = archive_.entries.begin() + static_cast<std::ptrdiff_t>(primary_entries_);
  auto it = std::lower_bound(
      archive_.entries.begin(), end, entry.header_offset,
      [](const ZipEntry& e, std::uint64_t offset) { return e.header_offset < offset; });
  // Many entries at one offset are an overlap already; looking at a few keeps this linear.
  for (int looked = 0; it != end && it->header_offset == entry.header_offset && looked < 16;
       ++it, ++looked) {
    if (it->facts == entry.facts && archive_.name(*it) == archive_.name(entry)) return true;
  }
  return false;
}

bool ZipReader::read_central_entry(const Directory& directory, std::uint64_t& position,
                                   bool primary) {
  ByteReader reader(window_.at(position, kCentralBytes, ZipWindow::kBytes));
  ZipEntry entry;
  std::uint16_t made_by = 0;
  std::uint32_t raw_compressed = 0;
  std::uint32_t raw_size = 0;
  std::uint16_t name_length = 0;
  std::uint16_t extra_length = 0;
  std::uint16_t comment_length = 0;
  std::uint16_t disk = 0;
  std::uint32_t external = 0;
  std::uint32_t raw_offset = 0;
  if (!reader.skip(4) || !reader.u16le(made_by) || !reader.skip(2) ||
      !reader.u16le(entry.facts.flags) || !reader.u16le(entry.facts.method) || !reader.skip(4) ||
      !reader.u32le(entry.facts.crc) || !reader.u32le(raw_compressed) || !reader.u32le(raw_size) ||
      !reader.u16le(name_length) || !reader.u16le(extra_length) || !reader.u16le(comment_length) ||
      !reader.u16le(disk) || !reader.skip(2) || !reader.u32le(external) ||
      !reader.u32le(raw_offset)) {
    return false;
  }
  const std::uint64_t after_name = position + kCentralBytes + name_length;
  const std::uint64_t next = after_name + extra_length + comment_length;
  if (next > directory.limit) return false;
  if (archive_.entries.size() >= budget_.limits().members) {
    issue(ZipIssue::kLimit, position, ZipDiscrepancy::kNoEntry,
          "more than " + std::to_string(budget_.limits().members) + " entries");
    full_ = true;
    return true;
  }
  entry.facts.compressed = raw_compressed;
  entry.facts.size = raw_size;
  entry.header_offset = raw_offset;
  entry.origin = primary ? ZipOrigin::kDirectory : ZipOrigin::kOtherDirectory;
  entry.symlink = (made_by >> 8) == 3 && ((external >> 16) & 0170000) == 0120000;
  if (disk != 0 && disk != 0xFFFF) issue(ZipIssue::kMultiDisk, position);
  if (!append_name(window_.at(position + kCentralBytes, name_length, ZipWindow::kBytes), entry))
    return true;
  const auto index = static_cast<std::uint32_t>(archive_.entries.size());
  if (extra_length != 0) {
    read_central_extra(window_.at(after_name, extra_length, ZipWindow::kBytes), entry,
                       raw_compressed, raw_size, raw_offset, index);
  }
  entry.header_offset = checked_add(entry.header_offset, directory.base).value_or(size_);
  position = next;
  if (!primary) {
    if (have_entry(entry)) {
      archive_.names.resize(entry.name_offset);
      return true;
    }
    // Under a second base nearly no offset fits; only entries that do are another view.
    if (!signature_at(source_, entry.header_offset, 0x04034B50)) {
      archive_.names.resize(entry.name_offset);
      return true;
    }
    issue(ZipIssue::kOnlyInOtherDirectory, position, index);
  }
  archive_.entries.push_back(entry);
  return true;
}

void ZipReader::read_central_extra(ByteView extra, ZipEntry& entry, std::uint32_t raw_compressed,
                                   std::uint32_t raw_size, std::uint32_t raw_offset,
                                   std::uint32_t index) {
  ByteReader reader(extra);
  while (reader.remaining() >= 4) {
    std::uint16_t id = 0;
    std::uint16_t length = 0;
    ByteView body;
    if (!reader.u16le(id) || !reader.u16le(length) || !reader.take(length, body)) return;
    if (id == 0x0001) {
      ByteReader wide(body);
      // Present only for fields whose 32-bit value is all ones, in this order (APPNOTE 4.5.3).
      if (raw_size == kWide && !wide.u64le(entry.facts.size)) continue;
      if (raw_compressed == kWide && !wide.u64le(entry.facts.compressed)) continue;
      if (raw_offset == kWide && !wide.u64le(entry.header_offset)) continue;
    } else if (id == 0x7075 && body.size() > 5 && body[0] == 1) {
      const std::string_view name = archive_.name(entry);
      ByteReader path(body);
      std::uint32_t name_crc = 0;
      ByteView unicode;
      if (!path.skip(1) || !path.u32le(name_crc) || !path.take(path.remaining(), unicode)) continue;
      // A differing name in plain ASCII has no encoding to excuse it.
      if (as_text(unicode) != name && all_ascii(unicode) && crc32(as_bytes(name)) == name_crc) {
        issue(ZipIssue::kNameOddity, entry.header_offset, index,
              "Unicode path extra names it \"" + std::string(as_text(unicode)) + "\"");
      }
    }
  }
}

}  // namespace saiph::codec
