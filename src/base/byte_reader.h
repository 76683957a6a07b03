// ByteReader and SourceReader: the only code that touches input bytes.
//
// Both share one interface, so a parser can be a template over its reader. Every read is checked;
// after the first failure the reader stays failed and `failure()` says why and where, which lets
// a parser read a whole header and check once.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/result.h"

namespace saiph {

namespace detail {

template <typename T, std::endian Order>
inline T load(const std::uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  if constexpr (Order != std::endian::native && sizeof(T) > 1) {
    if constexpr (sizeof(T) == 2) value = static_cast<T>(__builtin_bswap16(value));
    if constexpr (sizeof(T) == 4) value = static_cast<T>(__builtin_bswap32(value));
    if constexpr (sizeof(T) == 8) value = static_cast<T>(__builtin_bswap64(value));
  }
  return value;
}

/// Fixed-width reads on top of `Derived::need(n)`, which answers a pointer to n readable bytes at
/// the cursor (or nullptr) and `Derived::advance(n)`.
template <typename Derived>
class FixedWidthReads {
  FixedWidthReads() = default;
  friend Derived;

 public:
  [[nodiscard]] bool u8(std::uint8_t& v) { return get<std::uint8_t, std::endian::little>(v); }
  [[nodiscard]] bool u16le(std::uint16_t& v) { return get<std::uint16_t, std::endian::little>(v); }
  [[nodiscard]] bool u32le(std::uint32_t& v) { return get<std::uint32_t, std::endian::little>(v); }
  [[nodiscard]] bool u64le(std::uint64_t& v) { return get<std::uint64_t, std::endian::little>(v); }
  [[nodiscard]] bool u16be(std::uint16_t& v) { return get<std::uint16_t, std::endian::big>(v); }
  [[nodiscard]] bool u32be(std::uint32_t& v) { return get<std::uint32_t, std::endian::big>(v); }
  [[nodiscard]] bool u64be(std::uint64_t& v) { return get<std::uint64_t, std::endian::big>(v); }
  [[nodiscard]] bool i32le(std::int32_t& v) {
    std::uint32_t raw = 0;
    if (!u32le(raw)) return false;
    v = static_cast<std::int32_t>(raw);
    return true;
  }
  [[nodiscard]] bool i64le(std::int64_t& v) {
    std::uint64_t raw = 0;
    if (!u64le(raw)) return false;
    v = static_cast<std::int64_t>(raw);
    return true;
  }

 private:
  template <typename T, std::endian Order>
  bool get(T& v) {
    auto& self = static_cast<Derived&>(*this);
    const std::uint8_t* p = self.need(sizeof(T));
    if (p == nullptr) return false;
    v = load<T, Order>(p);
    self.advance(sizeof(T));
    return true;
  }
};

}  // namespace detail

/// A checked cursor over bytes in memory. Does not own them. One thread at a time.
class ByteReader : public detail::FixedWidthReads<ByteReader> {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  std::uint64_t offset() const { return position_; }
  std::uint64_t size() const { return bytes_.size(); }
  std::uint64_t remaining() const { return bytes_.size() - position_; }
  bool at_end() const { return position_ == bytes_.size(); }

  /// The next n bytes, consumed. A view into the input.
  [[nodiscard]] bool take(std::uint64_t n, ByteView& out) {
    if (n > remaining()) return fail();
    out = bytes_.subspan(position_, static_cast<std::size_t>(n));
    position_ += static_cast<std::size_t>(n);
    return true;
  }
  /// The next n bytes, not consumed.
  [[nodiscard]] bool peek(std::uint64_t n, ByteView& out) {
    if (n > remaining()) return fail();
    out = bytes_.subspan(position_, static_cast<std::size_t>(n));
    return true;
  }
  [[nodiscard]] bool skip(std::uint64_t n) {
    if (n > remaining()) return fail();
    position_ += static_cast<std::size_t>(n);
    return true;
  }
  [[nodiscard]] bool seek(std::uint64_t offset) {
    if (offset > bytes_.size()) return fail();
    position_ = static_cast<std::size_t>(offset);
    return true;
  }
  /// Bytes up to (without) the next `delimiter`, which is consumed too; at most `max_bytes`.
  [[nodiscard]] bool take_until(std::uint8_t delimiter, std::uint64_t max_bytes, ByteView& out);

  bool failed() const { return failed_at_.has_value(); }
  /// The failure as an error: "truncated WHAT" at the offset of the first failed read.
  Error failure(std::string_view what) const;

 private:
  friend class detail::FixedWidthReads<ByteReader>;
  const std::uint8_t* need(std::size_t n) {
    if (n > remaining()) {
      fail();
      return nullptr;
    }
    return bytes_.data() + position_;
  }
  void advance(std::size_t n) { position_ += n; }
  bool fail() {
    if (!failed_at_) failed_at_ = position_;
    return false;
  }

  ByteView bytes_;
  std::size_t position_ = 0;
  std::optional<std::size_t> failed_at_;
};

/// A checked cursor without a memory of failures: three pointers that stay in registers, for loops
/// that take a few bytes a step. A failed read moves nothing. Does not own the bytes. One thread at
/// a time.
class ByteCursor : public detail::FixedWidthReads<ByteCursor> {
 public:
  ByteCursor() = default;
  explicit ByteCursor(ByteView bytes)
      : begin_(bytes.data()), cursor_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint64_t offset() const { return static_cast<std::uint64_t>(cursor_ - begin_); }
  std::uint64_t remaining() const { return static_cast<std::uint64_t>(end_ - cursor_); }
  /// Everything not consumed yet.
  ByteView rest() const { return {cursor_, end_}; }
  /// True when the next byte exists and is this one; it is consumed then.
  [[nodiscard]] bool take_if(std::uint8_t byte) {
    if (cursor_ == end_ || *cursor_ != byte) return false;
    ++cursor_;
    return true;
  }
  [[nodiscard]] bool take(std::uint64_t n, ByteView& out) {
    if (n > remaining()) return false;
    out = ByteView(cursor_, static_cast<std::size_t>(n));
    cursor_ += n;
    return true;
  }
  [[nodiscard]] bool skip(std::uint64_t n) {
    if (n > remaining()) return false;
    cursor_ += n;
    return true;
  }

 private:
  friend class detail::FixedWidthReads<ByteCursor>;
  const std::uint8_t* need(std::size_t n) const { return remaining() >= n ? cursor_ : nullptr; }
  void advance(std::size_t n) { cursor_ += n; }

  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* cursor_ = nullptr;
  const std::uint8_t* end_ = nullptr;
};

/// ByteReader's interface over a ByteSource, through one window of bounded memory (none of its own
/// when the source is contiguous). Sequential use reads every byte once; `skip` and `seek` read
/// nothing. Views from take/peek are valid until the next call. One thread at a time; the source
/// must outlive the reader.
class SourceReader : public detail::FixedWidthReads<SourceReader> {
 public:
  /// 256 KiB stays in the L2 cache and costs one system call per 256 KiB.
  static constexpr std::size_t kWindowBytes = 256U << 10;

  explicit SourceReader(const ByteSource& source, std::uint64_t offset = 0,
                        std::size_t window_bytes = kWindowBytes);

  std::uint64_t offset() const {
    return window_offset_ + static_cast<std::uint64_t>(cursor_ - begin_);
  }
  std::uint64_t size() const { return size_; }
  std::uint64_t remaining() const { return size_ - offset(); }
  bool at_end() const { return offset() == size_; }
  const ByteSource& source() const { return *source_; }

  /// The next n bytes, consumed. n must be at most `max_take()`, larger asks fail as kLimit:
  /// use `skip`, `copy` or read in steps.
  [[nodiscard]] bool take(std::uint64_t n, ByteView& out) {
    const std::uint8_t* p = need_large(n);
    if (p == nullptr) return false;
    out = ByteView(p, static_cast<std::size_t>(n));
    cursor_ += n;
    return true;
  }
  [[nodiscard]] bool peek(std::uint64_t n, ByteView& out) {
    const std::uint8_t* p = need_large(n);
    if (p == nullptr) return false;
    out = ByteView(p, static_cast<std::size_t>(n));
    return true;
  }
  [[nodiscard]] bool skip(std::uint64_t n) {
    if (n > remaining()) return fail(Why::kEnd);
    return move_to(offset() + n);
  }
  [[nodiscard]] bool seek(std::uint64_t offset) {
    if (offset > size_) return fail(Why::kEnd);
    return move_to(offset);
  }
  /// As in ByteReader; fails as kLimit when `max_bytes` (at most max_take()) hold no delimiter.
  [[nodiscard]] bool take_until(std::uint8_t delimiter, std::uint64_t max_bytes, ByteView& out);
  /// Copies the next n bytes out, consumed; n at most `limit`, grown as data arrives.
  [[nodiscard]] bool copy(std::uint64_t n, std::uint64_t limit, Bytes& out);
  /// What stands readable in the window now, without I/O: the hot loop's fast path.
  ByteView buffered() const { return {cursor_, end_}; }
  /// Consumes n bytes of buffered(). n must be at most buffered().size().
  void consume_buffered(std::size_t n) {
    cursor_ += std::min(n, static_cast<std::size_t>(end_ - cursor_));
  }
  /// Makes at least min(n, remaining()) bytes buffered; false only when the medium fails.
  [[nodiscard]] bool refill(std::size_t n);

  std::uint64_t max_take() const { return contiguous_ ? size_ : window_bytes_; }
  bool failed() const { return why_ != Why::kNone; }
  /// The failure: kMalformed "truncated WHAT", kLimit, or kUnavailable when the medium failed.
  Error failure(std::string_view what) const;

 private:
  friend class detail::FixedWidthReads<SourceReader>;
  enum class Why : std::uint8_t { kNone, kEnd, kLimit, kMedium };

  const std::uint8_t* need(std::size_t n) {
    if (static_cast<std::size_t>(end_ - cursor_) >= n) [[likely]]
      return cursor_;
    return need_large(n);
  }
  const std::uint8_t* need_large(std::uint64_t n);
  void advance(std::size_t n) { cursor_ += n; }
  bool move_to(std::uint64_t offset);
  bool fail(Why why);

  const ByteSource* source_;
  std::uint64_t size_;
  std::size_t window_bytes_;
  bool contiguous_ = false;
  Bytes window_;
  std::uint64_t window_offset_ = 0;
  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* cursor_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  Why why_ = Why::kNone;
  std::uint64_t failed_at_ = 0;
  std::optional<Error> medium_error_;
};

}  // namespace saiph
