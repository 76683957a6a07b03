#include "codec/tar/tar.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "base/checked.h"

namespace saiph::codec {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kBlock = 512;
constexpr std::size_t kWindow = 64U << 10;
constexpr std::size_t kNamesLimit = 16U << 20;
constexpr std::size_t kMaxDiscrepancies = 4096;
// One pax header or long name. Real ones are below 64 KiB; xattrs of container layers reach more.
constexpr std::uint64_t kExtendedLimit = 1U << 20;

// Field positions of a header block: name 0, size 124, checksum 148, type 156, link 157, magic 257,
// prefix 345, GNU sparse extension flag 482.
std::string_view field(ByteView block, std::size_t at, std::size_t length) {
  return as_text(block.subspan(at, length));
}

std::string_view until_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

// Octal with spaces and NULs around, or base 256 when the top bit of the first byte is set.
std::optional<std::uint64_t> number(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text.front());
  if ((first & 0x80) != 0) {
    if (first != 0x80) return std::nullopt;  // negative, or over 2^88
    std::uint64_t value = 0;
    for (const char c : text.substr(1)) {
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | static_cast<std::uint8_t>(c);
    }
    return value;
  }
  const std::size_t begin = text.find_first_not_of(" \0"sv);
  if (begin == std::string_view::npos) return 0;
  std::uint64_t value = 0;
  for (const char c : text.substr(begin)) {
    if (c == ' ' || c == '\0') break;
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(c - '0');  // at most 12 digits of 3 bits
  }
  return value;
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

bool checksum_right(ByteView block) {
  const auto told = number(field(block, 148, 8));
  if (!told) return false;
  // Old writers summed signed characters; both sums are in use.
  std::int64_t plain = std::int64_t{8} * ' ';
  std::int64_t with_sign = std::int64_t{8} * ' ';
  for (std::size_t i = 0; i < kBlock; ++i) {
    if (i >= 148 && i < 156) continue;
    plain += block[i];
    with_sign += static_cast<std::int8_t>(block[i]);
  }
  const auto value = checked_cast<std::int64_t>(*told);
  return value && (*value == plain || *value == with_sign);
}

std::uint64_t padded(std::uint64_t size) {
  return (size + (kBlock - 1)) / kBlock * kBlock;
}

// What extended headers say about the next member.
struct Extended {
  std::optional<std::string> name;
  std::optional<std::string> link;
  std::optional<std::uint64_t> size;
  bool sparse = false;
};

class TarReader {
 public:
  TarReader(const ByteSource& source, Budget& budget)
      : budget_(budget), reader_(source, 0, kWindow) {}

  Result<TarArchive> run() {
    ByteView block;
    if (!reader_.peek(kBlock, block) || (!all_zero(block) && !checksum_right(block))) {
      if (reader_.failure("tar").code() == ErrorCode::kUnavailable) return reader_.failure("tar");
      return Error(ErrorCode::kMalformed, "no tar header", 0);
    }
    while (!stopped_ && step()) {
    }
    if (!ended_ && !stopped_) issue(TarIssue::kNoEnd, reader_.offset());
    if (reader_.failed() && reader_.failure("tar").code() == ErrorCode::kUnavailable)
      return reader_.failure("tar");
    return std::move(archive_);
  }

 private:
  void issue(TarIssue what, std::uint64_t offset, std::string text = {}) {
    if (archive_.discrepancies.size() >= kMaxDiscrepancies) {
      ++archive_.discrepancies_dropped;
      return;
    }
    archive_.discrepancies.push_back({what, offset, std::move(text)});
  }

  bool stop(std::uint64_t offset, std::string text) {
    issue(TarIssue::kLimit, offset, std::move(text));
    stopped_ = true;
    return false;
  }

  bool step() {
    if (reader_.remaining() == 0) return false;
    if (!budget_.take_work(8)) return stop(reader_.offset(), budget_.reason());
    const std::uint64_t offset = reader_.offset();
    ByteView block;
    if (reader_.remaining() < kBlock) {
      if (!reader_.peek(reader_.remaining(), block)) return false;
      if (!all_zero(block)) outside(offset, reader_.remaining());
      (void)reader_.skip(reader_.remaining());
      return false;
    }
    if (!reader_.take(kBlock, block)) return false;
    if (all_zero(block)) {
      ended_ = true;
      return true;
    }
    if (!checksum_right(block)) {
      // Readers differ: some stop here, some go on at the next right header.
      if (!ended_ && !lost_) issue(TarIssue::kBadHeader, offset);
      lost_ = true;
      outside(offset, kBlock);
      return true;
    }
    return member(block, offset);
  }

  // Bytes that belong to no member: remembered as one range from the first to the last.
  void outside(std::uint64_t offset, std::uint64_t length) {
    if (archive_.trailing_length == 0) {
      archive_.trailing_offset = offset;
      if (ended_) issue(TarIssue::kDataAfterEnd, offset);
    }
    archive_.trailing_length = offset + length - archive_.trailing_offset;
  }

  bool member(ByteView block, std::uint64_t offset) {
    const char type = static_cast<char>(block[156]);
    auto size = number(field(block, 124, 12));
    if (!size) {
      issue(TarIssue::kBadNumber, offset + 124);
      size = 0;
    }
    TarEntry entry;
    entry.header_offset = offset;
    entry.after_end = ended_ || lost_;
    std::string name(until_nul(field(block, 0, 100)));
    std::string link(until_nul(field(block, 157, 100)));
    const bool is_ustar = field(block, 257, 6) == "ustar\0"sv;
    if (is_ustar) {
      const std::string_view prefix = until_nul(field(block, 345, 155));
      if (!prefix.empty()) name = std::string(prefix) + "/" + name;
    }
    bool more_sparse = type == 'S' && block[482] != 0;

    if (type == 'x' || type == 'g' || type == 'X' || type == 'L' || type == 'K') {
      return extended(type, *size, offset);
    }
    Extended next = std::exchange(next_, {});
    if (next.name) name = std::move(*next.name);
    if (next.link) link = std::move(*next.link);
    if (next.size && *next.size != *size) {
      // Sizes of 8 GiB and more do not fit the octal field, so there the pax size is the only one.
      if (*next.size < (std::uint64_t{1} << 33)) {
        issue(TarIssue::kSizeDiffers, offset,
              "pax says " + std::to_string(*next.size) + " bytes, the header " +
                  std::to_string(*size));
      }
      size = next.size;
    }
    switch (type) {
      case '1':
        entry.kind = TarKind::kHardLink;
        break;
      case '2':
        entry.kind = TarKind::kSymbolicLink;
        break;
      case '3':
      case '4':
        entry.kind = TarKind::kDevice;
        break;
      case '5':
        entry.kind = TarKind::kDirectory;
        break;
      case '6':
        entry.kind = TarKind::kFifo;
        break;
      case 'S':
        entry.kind = TarKind::kSparse;
        break;
      default:
        entry.kind = next.sparse ? TarKind::kSparse : TarKind::kFile;
    }
    if (type == '\0' && name.ends_with('/')) entry.kind = TarKind::kDirectory;  // v7
    if (entry.kind == TarKind::kSparse) issue(TarIssue::kSparse, offset);
    while (more_sparse) {
      ByteView map;
      if (!budget_.take_work(8)) return stop(offset, budget_.reason());
      if (!reader_.take(kBlock, map)) {
        issue(TarIssue::kTruncated, offset);
        return false;
      }
      more_sparse = map[504] != 0;
    }
    const bool has_data = entry.kind == TarKind::kFile || entry.kind == TarKind::kSparse;
    if (!has_data && *size != 0) {
      issue(TarIssue::kLinkWithData, offset, std::to_string(*size) + " bytes");
      size = 0;
    }
    if (name.find('\0') != std::string::npos) issue(TarIssue::kNameOddity, offset);
    entry.data_offset = reader_.offset();
    entry.size = std::min(*size, reader_.remaining());
    if (*size > reader_.remaining())
      issue(TarIssue::kTruncated, offset, std::to_string(*size) + " bytes claimed");
    if (archive_.entries.size() >= budget_.limits().members) {
      return stop(offset, "more than " + std::to_string(budget_.limits().members) + " entries");
    }
    if (archive_.names.size() + name.size() + link.size() > kNamesLimit) {
      return stop(offset, "member names take over 16 MiB");
    }
    entry.name_offset = static_cast<std::uint32_t>(archive_.names.size());
    entry.name_length = static_cast<std::uint32_t>(name.size());
    archive_.names += name;
    entry.link_offset = static_cast<std::uint32_t>(archive_.names.size());
    entry.link_length = static_cast<std::uint32_t>(link.size());
    archive_.names += link;
    archive_.entries.push_back(entry);
    return reader_.skip(std::min(padded(entry.size), reader_.remaining()));
  }

  bool extended(char type, std::uint64_t size, std::uint64_t offset) {
    if (size > reader_.remaining()) {
      issue(TarIssue::kTruncated, offset);
      return reader_.skip(reader_.remaining());
    }
    Bytes body;
    if (size > kExtendedLimit) {
      issue(TarIssue::kBadExtended, offset,
            "extended header of " + std::to_string(size) + " bytes");
      return reader_.skip(std::min(padded(size), reader_.remaining()));
    }
    if (!reader_.copy(size, kExtendedLimit, body)) return false;
    if (!budget_.take_work(size / 16 + 1)) return stop(offset, budget_.reason());
    const std::string_view text = as_text(body);
    if (type == 'L') next_.name = std::string(until_nul(text));
    if (type == 'K') next_.link = std::string(until_nul(text));
    // Global records give defaults that each reader treats in its own way; only names and sizes
    // matter here, and those are meaningless for more than one member.
    if (type == 'x' || type == 'X') pax(text, offset);
    return reader_.skip(std::min(padded(size) - size, reader_.remaining()));
  }

  // Records "LENGTH KEY=VALUE\n" where LENGTH counts the whole record.
  void pax(std::string_view text, std::uint64_t offset) {
    while (!text.empty() && text.front() != '\0') {
      std::size_t length = 0;
      const char* const begin = text.data();
      const auto [after, code] =
          std::from_chars(begin, begin + std::min<std::size_t>(text.size(), 20), length);
      const auto digits = static_cast<std::size_t>(after - begin);
      if (code != std::errc() || digits >= text.size() || text[digits] != ' ' ||
          length <= digits + 2 || length > text.size() || text[length - 1] != '\n') {
        issue(TarIssue::kBadExtended, offset);
        return;
      }
      const std::string_view record = text.substr(digits + 1, length - digits - 2);
      text.remove_prefix(length);
      const std::size_t equals = record.find('=');
      if (equals == std::string_view::npos) {
        issue(TarIssue::kBadExtended, offset);
        return;
      }
      const std::string_view key = record.substr(0, equals);
      const std::string_view value = record.substr(equals + 1);
      if (key == "path") next_.name = std::string(value);
      if (key == "linkpath") next_.link = std::string(value);
      if (key == "GNU.sparse.name") next_.name = std::string(value);
      if (key.starts_with("GNU.sparse.")) next_.sparse = true;
      if (key == "size") {
        std::uint64_t size = 0;
        const auto [end, bad] = std::from_chars(value.data(), value.data() + value.size(), size);
        if (bad != std::errc() || end != value.data() + value.size()) {
          issue(TarIssue::kBadNumber, offset);
        } else {
          next_.size = size;
        }
      }
    }
  }

  Budget& budget_;
  SourceReader reader_;
  TarArchive archive_;
  Extended next_;
  bool ended_ = false;
  bool lost_ = false;
  bool stopped_ = false;
};

}  // namespace

std::string_view tar_issue_name(TarIssue issue) {
  switch (issue) {
    case TarIssue::kBadHeader:
      return "bad-header";
    case TarIssue::kTruncated:
      return "truncated";
    case TarIssue::kSizeDiffers:
      return "size-differs";
    case TarIssue::kLinkWithData:
      return "link-with-data";
    case TarIssue::kBadNumber:
      return "bad-number";
    case TarIssue::kBadExtended:
      return "bad-extended-header";
    case TarIssue::kDataAfterEnd:
      return "data-after-end";
    case TarIssue::kNoEnd:
      return "no-end";
    case TarIssue::kSparse:
      return "sparse";
    case TarIssue::kNameOddity:
      return "name-oddity";
    case TarIssue::kLimit:
      return "limit";
  }
  return "unknown";
}

Result<TarArchive> read_tar(const ByteSource& source, Budget& budget) {
  return TarReader(source, budget).run();
}

bool is_tar_header(ByteView head) {
  if (head.size() < kBlock) return false;
  const ByteView block = head.first(kBlock);
  return !all_zero(block) && checksum_right(block) && block[0] != 0;
}

}  // namespace saiph::codec
