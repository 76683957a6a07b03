// SparseSource: a source of any size of which only the head is real.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/byte_source.h"

namespace saiph {

/// Zeros stand behind `head`; positional reads only; counts what is read. One thread at a time.
class SparseSource final : public ByteSource {
 public:
  SparseSource(Bytes head, std::uint64_t size) : head_(std::move(head)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override {
    const auto n = static_cast<std::size_t>(
        std::min<std::uint64_t>(out.size(), size_ - std::min(offset, size_)));
    for (std::size_t i = 0; i < n; ++i) out[i] = offset + i < head_.size() ? head_[offset + i] : 0;
    read_ += n;
    return n;
  }
  std::uint64_t bytes_read() const { return read_; }

 private:
  Bytes head_;
  std::uint64_t size_;
  mutable std::uint64_t read_ = 0;
};

}  // namespace saiph
