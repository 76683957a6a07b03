// Positional reads for an archive walk: small members share one read, large ones cost a small one.
// Internal to codec/zip.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/byte_source.h"

namespace saiph::codec {

/// Answers views of at most kBytes at any offset. One thread at a time; a view is valid until the
/// next call. Medium errors read as "nothing there" and are kept in `medium_failed`.
class ZipWindow {
 public:
  static constexpr std::size_t kBytes = 64U << 10;

  explicit ZipWindow(const ByteSource& source) : source_(source), whole_(source.contiguous()) {}

  /// The bytes at offset: at most `want` (<= kBytes), fewer at the end of the source. `ahead` is
  /// how much is worth reading at once.
  ByteView at(std::uint64_t offset, std::size_t want, std::size_t ahead) {
    if (offset >= source_.size()) return {};
    if (whole_) {
      return whole_->subspan(
          static_cast<std::size_t>(offset),
          static_cast<std::size_t>(std::min<std::uint64_t>(want, whole_->size() - offset)));
    }
    if (offset < start_ || offset - start_ > length_ || want > length_ - (offset - start_)) {
      if (start_ + length_ == source_.size() && offset >= start_ && offset < start_ + length_) {
        return ByteView(buffer_).first(length_).subspan(static_cast<std::size_t>(offset - start_));
      }
      const std::size_t ask = std::clamp(std::max(want, ahead), want, kBytes);
      if (buffer_.size() < ask) buffer_.resize(ask);
      const auto got = source_.read_at(offset, MutableByteView(buffer_).first(ask));
      start_ = offset;
      length_ = got ? *got : 0;
      if (!got) medium_failed_ = true;
    }
    const auto inside = static_cast<std::size_t>(offset - start_);
    return ByteView(buffer_).subspan(inside, std::min(want, length_ - inside));
  }

  bool medium_failed() const { return medium_failed_; }

 private:
  const ByteSource& source_;
  std::optional<ByteView> whole_;
  Bytes buffer_;
  std::uint64_t start_ = 0;
  std::size_t length_ = 0;
  bool medium_failed_ = false;
};

}  // namespace saiph::codec
