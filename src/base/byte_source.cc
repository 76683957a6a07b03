#include "base/byte_source.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/checked.h"

namespace saiph {

namespace {

std::size_t copy_from(ByteView bytes, std::uint64_t offset, MutableByteView out) {
  if (offset >= bytes.size()) return 0;
  const auto rest = bytes.subspan(static_cast<std::size_t>(offset));
  const std::size_t n = std::min(rest.size(), out.size());
  if (n != 0) std::memcpy(out.data(), rest.data(), n);
  return n;
}

}  // namespace

Result<std::size_t> MemorySource::read_at(std::uint64_t offset, MutableByteView out) const {
  return copy_from(bytes_, offset, out);
}

Result<std::size_t> ViewSource::read_at(std::uint64_t offset, MutableByteView out) const {
  return copy_from(bytes_, offset, out);
}

SubSource::SubSource(std::shared_ptr<const ByteSource> parent, std::uint64_t offset,
                     std::uint64_t length)
    : parent_(std::move(parent)),
      offset_(std::min(offset, parent_->size())),
      length_(std::min(length, parent_->size() - offset_)) {}

Result<std::size_t> SubSource::read_at(std::uint64_t offset, MutableByteView out) const {
  if (offset >= length_) return std::size_t{0};
  const std::uint64_t n = std::min<std::uint64_t>(out.size(), length_ - offset);
  return parent_->read_at(offset_ + offset, out.first(static_cast<std::size_t>(n)));
}

std::optional<ByteView> SubSource::contiguous() const {
  const auto all = parent_->contiguous();
  if (!all) return std::nullopt;
  return all->subspan(static_cast<std::size_t>(offset_), static_cast<std::size_t>(length_));
}

Result<Bytes> read_range(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                         std::uint64_t limit) {
  if (!range_inside(offset, length, source.size())) {
    return Error(ErrorCode::kMalformed,
                 "range of " + std::to_string(length) + " bytes leaves the data (size " +
                     std::to_string(source.size()) + ")",
                 offset);
  }
  if (length > limit) {
    return Error(ErrorCode::kLimit,
                 std::to_string(length) + " bytes are over the limit of " + std::to_string(limit),
                 offset);
  }
  Bytes bytes(static_cast<std::size_t>(length));
  SAIPH_TRY(const std::size_t got, source.read_at(offset, bytes));
  if (got != bytes.size()) return Error(ErrorCode::kUnavailable, "short read", offset + got);
  return bytes;
}

Result<Bytes> read_all(const ByteSource& source, std::uint64_t limit) {
  return read_range(source, 0, source.size(), limit);
}

}  // namespace saiph
