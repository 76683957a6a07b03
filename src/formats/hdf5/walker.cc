#include "formats/hdf5/walker.h"

#include <algorithm>
#include <array>

#include "base/checked.h"

namespace saiph::formats {

namespace {

using std::string_view_literals::operator""sv;

constexpr auto kSignature = "\x89HDF\r\n\x1A\n"sv;
// Metadata is scattered between data; a small window keeps a jump cheap.
constexpr std::size_t kWindowBytes = 16U << 10;
// Beyond it the literal search simply looks at the data too.
constexpr std::uint64_t kDataRuns = 100'000;
// The first damage tells the story; the rest would repeat it.
constexpr std::uint32_t kUnreadReports = 32;

}  // namespace

std::uint64_t find_hdf5(const ByteSource& source, ByteView head) {
  for (std::uint64_t at = 0; at + kSignature.size() <= source.size(); at = at == 0 ? 512 : at * 2) {
    if (at + kSignature.size() <= head.size()) {
      if (as_text(head.subspan(static_cast<std::size_t>(at), kSignature.size())) == kSignature)
        return at;
      continue;
    }
    std::array<std::uint8_t, kSignature.size()> bytes{};
    const auto got = source.read_at(at, bytes);
    if (!got || *got != bytes.size()) break;
    if (as_text(bytes) == kSignature) return at;
  }
  return UINT64_MAX;
}

Hdf5Walker::Hdf5Walker(const ByteSource& source, Hdf5Sink& sink, Budget& budget)
    : reader_(source, 0, kWindowBytes), sink_(sink), budget_(budget) {}

bool Hdf5Walker::sized(ByteReader& reader, std::uint32_t width, std::uint64_t& value) const {
  ByteView bytes;
  if (!reader.take(width, bytes)) return false;
  value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | bytes[i];
  return true;
}

bool Hdf5Walker::sized(std::uint32_t width, std::uint64_t& value) {
  ByteView bytes;
  if (!reader_.take(width, bytes)) return false;
  ByteReader reader(bytes);
  return sized(reader, width, value);
}

std::uint64_t Hdf5Walker::absolute(std::uint64_t address) const {
  const std::uint64_t undefined =
      address_bytes_ == 8 ? UINT64_MAX : (std::uint64_t{1} << (address_bytes_ * 8)) - 1;
  if (address == undefined) return UINT64_MAX;
  return checked_add(address, base_).value_or(UINT64_MAX - 1);
}

bool Hdf5Walker::address(ByteReader& reader, std::uint64_t& value) const {
  if (!sized(reader, address_bytes_, value)) return false;
  value = absolute(value);
  return true;
}

bool Hdf5Walker::address(std::uint64_t& value) {
  if (!sized(address_bytes_, value)) return false;
  value = absolute(value);
  return true;
}

bool Hdf5Walker::seek(std::uint64_t offset) {
  return offset <= reader_.size() && reader_.seek(offset);
}

bool Hdf5Walker::signature(std::string_view expected) {
  ByteView bytes;
  return reader_.remaining() >= expected.size() && reader_.take(expected.size(), bytes) &&
         as_text(bytes) == expected;
}

bool Hdf5Walker::work(std::uint64_t n) {
  if (stopped_) return false;
  if (budget_.take_work(n)) return true;
  stopped_ = true;
  sink_.on_unread({ErrorCode::kLimit, budget_.reason(), reader_.offset()});
  return false;
}

void Hdf5Walker::unread(ErrorCode code, std::string message, std::uint64_t offset) {
  if (unread_++ < kUnreadReports) sink_.on_unread({code, std::move(message), offset});
}

void Hdf5Walker::truncated(std::string_view what) {
  unread(ErrorCode::kMalformed, "truncated or broken HDF5 " + std::string(what), reader_.offset());
}

void Hdf5Walker::data(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  if (run_length_ != 0 && offset == run_offset_ + run_length_) {
    run_length_ += length;
    return;
  }
  flush_data();
  run_offset_ = offset;
  run_length_ = length;
}

void Hdf5Walker::flush_data() {
  if (run_length_ != 0 && runs_++ < kDataRuns) sink_.on_data(run_offset_, run_length_);
  run_length_ = 0;
}

bool Hdf5Walker::superblock(std::uint64_t& root) {
  std::uint8_t version = 0;
  std::uint8_t byte = 0;
  if (!reader_.skip(kSignature.size()) || !reader_.u8(version)) return false;
  outcome_.view.version = version;
  const auto widths = [&] {
    std::uint8_t offsets = 0;
    std::uint8_t lengths = 0;
    if (!reader_.u8(offsets) || !reader_.u8(lengths)) return false;
    address_bytes_ = offsets;
    length_bytes_ = lengths;
    const auto legal = [](std::uint8_t n) { return n == 2 || n == 4 || n == 8; };
    return legal(offsets) && legal(lengths);
  };
  std::uint64_t end = 0;
  std::uint64_t ignored = 0;
  bool ok = false;
  if (version <= 1) {
    // Free-space, root entry, reserved and shared-header versions; widths; reserved, tree ranks and
    // flags. Then base, free space, end, driver, and the root's entry: its name and its header.
    ok = reader_.skip(4) && widths() && reader_.skip(version == 1 ? 13 : 9) && address(ignored) &&
         address(ignored) && sized(address_bytes_, end) && address(ignored) &&
         sized(address_bytes_, ignored) && address(root);
  } else if (version <= 3) {
    ok = widths() && reader_.u8(byte) && address(ignored) && address(ignored) &&
         sized(address_bytes_, end) && address(root);
  } else {
    outcome_.error =
        Error(ErrorCode::kUnsupported, "HDF5 superblock version " + std::to_string(version), base_);
    return false;
  }
  if (ok && absolute(end) != UINT64_MAX && end > reader_.size()) {
    unread(ErrorCode::kMalformed,
           "truncated HDF5 file: its end is recorded at " + std::to_string(end), reader_.size());
  }
  return ok;
}

Outcome<Hdf5Summary> Hdf5Walker::run() {
  Bytes head(static_cast<std::size_t>(std::min<std::uint64_t>(reader_.size(), 8)));
  const auto got = reader_.source().read_at(0, head);
  if (!got) {
    outcome_.state = ParseState::kMalformed;
    outcome_.error = got.error();
    return std::move(outcome_);
  }
  base_ = find_hdf5(reader_.source(), head);
  if (base_ == UINT64_MAX) return std::move(outcome_);
  outcome_.state = ParseState::kMalformed;
  outcome_.view.superblock = base_;
  std::uint64_t root = UINT64_MAX;
  if (!seek(base_) || !superblock(root)) {
    if (!outcome_.error)
      outcome_.error = Error(ErrorCode::kMalformed, "truncated or broken HDF5 superblock", base_);
    return std::move(outcome_);
  }
  pending_.push_back({root, "/", 0});
  pending_bytes_ = sizeof(Pending) + 1;
  while (!pending_.empty() && work(16)) {
    const Pending next = std::move(pending_.back());
    pending_.pop_back();
    pending_bytes_ -= next.path.size() + sizeof(Pending);
    object(next);
    if (reader_.failed()) {
      // A failed reader stays failed: go on with a fresh one.
      const Error error = reader_.failure("HDF5 object");
      if (error.code() == ErrorCode::kUnavailable) {
        outcome_.error = error;
        flush_data();
        return std::move(outcome_);
      }
      reader_ = SourceReader(reader_.source(), 0, kWindowBytes);
    }
  }
  flush_data();
  outcome_.state = ParseState::kParsed;
  return std::move(outcome_);
}

Outcome<Hdf5Summary> read_hdf5(const ByteSource& source, Hdf5Sink& sink, Budget& budget) {
  return Hdf5Walker(source, sink, budget).run();
}

}  // namespace saiph::formats
