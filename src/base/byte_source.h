// ByteSource: random access to the bytes of an artefact, whatever holds them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace saiph {

/// Immutable bytes with positional reads. Implementations: memory, file (pread), a part of
/// another source, spooled decompressor output. Any thread may call; no state is shared.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  virtual std::uint64_t size() const = 0;
  /// Fills `out` from `offset`. Short only when the range passes the end of the source, so the
  /// answer is min(out.size(), size() - offset), 0 at or after the end.
  /// Errors: kUnavailable when the medium fails or the file has shrunk since it was opened.
  virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const = 0;
  /// All bytes at once, when they already stand in memory; valid while the source lives.
  virtual std::optional<ByteView> contiguous() const { return std::nullopt; }

 protected:
  ByteSource() = default;
};

/// Owned bytes in memory.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override;
  std::optional<ByteView> contiguous() const override { return ByteView(bytes_); }

 private:
  Bytes bytes_;
};

/// Bytes owned by somebody else, who must outlive this object.
class ViewSource final : public ByteSource {
 public:
  explicit ViewSource(ByteView bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override;
  std::optional<ByteView> contiguous() const override { return bytes_; }

 private:
  ByteView bytes_;
};

/// A range of another source, kept alive. The range is clipped to the parent's size.
class SubSource final : public ByteSource {
 public:
  SubSource(std::shared_ptr<const ByteSource> parent, std::uint64_t offset, std::uint64_t length);
  std::uint64_t size() const override { return length_; }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override;
  std::optional<ByteView> contiguous() const override;

 private:
  std::shared_ptr<const ByteSource> parent_;
  std::uint64_t offset_;
  std::uint64_t length_;
};

/// Copies [offset, offset + length) out. `limit` bounds the allocation: kLimit when length is over
/// it, kMalformed when the range leaves the source, kUnavailable when the medium fails.
Result<Bytes> read_range(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                         std::uint64_t limit);
/// The whole source, under the same rules.
Result<Bytes> read_all(const ByteSource& source, std::uint64_t limit);

}  // namespace saiph
