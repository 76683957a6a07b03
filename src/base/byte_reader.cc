#include "base/byte_reader.h"

namespace saiph {

bool ByteReader::take_until(std::uint8_t delimiter, std::uint64_t max_bytes, ByteView& out) {
  const auto rest = bytes_.subspan(position_);
  const auto span = rest.first(static_cast<std::size_t>(
      std::min<std::uint64_t>(rest.size(), max_bytes == UINT64_MAX ? max_bytes : max_bytes + 1)));
  const void* hit = span.empty() ? nullptr : std::memchr(span.data(), delimiter, span.size());
  if (hit == nullptr) return fail();
  const auto length = static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - span.data());
  out = span.first(length);
  position_ += length + 1;
  return true;
}

Error ByteReader::failure(std::string_view what) const {
  return {ErrorCode::kMalformed, "truncated " + std::string(what),
          failed_at_ ? *failed_at_ : position_};
}

SourceReader::SourceReader(const ByteSource& source, std::uint64_t offset, std::size_t window_bytes)
    : source_(&source),
      size_(source.size()),
      window_bytes_(std::max<std::size_t>(window_bytes, 64)) {
  if (const auto all = source.contiguous()) {
    contiguous_ = true;
    begin_ = cursor_ = all->data();
    end_ = begin_ + all->size();
  }
  if (offset > size_) {
    fail(Why::kEnd);
  } else if (offset != 0) {
    move_to(offset);
  }
}

bool SourceReader::fail(Why why) {
  if (why_ == Why::kNone) {
    why_ = why;
    failed_at_ = offset();
  }
  return false;
}

bool SourceReader::move_to(std::uint64_t offset) {
  const std::uint64_t window_end = window_offset_ + static_cast<std::uint64_t>(end_ - begin_);
  if (offset >= window_offset_ && offset <= window_end) {
    cursor_ = begin_ + (offset - window_offset_);
    return true;
  }
  window_offset_ = offset;  // contiguous sources never get here: their window is everything
  begin_ = cursor_ = end_ = window_.data();
  return true;
}

bool SourceReader::refill(std::size_t n) {
  if (static_cast<std::size_t>(end_ - cursor_) >= n || contiguous_) return true;
  if (window_.size() < window_bytes_) {
    // Grown once to what can be needed: a small source never pays for a large window.
    const auto have = static_cast<std::size_t>(end_ - cursor_);
    const auto position = static_cast<std::size_t>(cursor_ - begin_);
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(
        window_bytes_, std::max<std::uint64_t>(size_ - window_offset_, 64)));
    if (window_.size() < want) {
      window_.resize(want);
      begin_ = window_.data();
      cursor_ = begin_ + position;
      end_ = cursor_ + have;
    }
  }
  const auto have = static_cast<std::size_t>(end_ - cursor_);
  window_offset_ = offset();
  if (have != 0) std::memmove(window_.data(), cursor_, have);
  begin_ = cursor_ = window_.data();
  end_ = begin_ + have;
  const auto got = source_->read_at(window_offset_ + have, MutableByteView(window_).subspan(have));
  if (!got) {
    medium_error_ = got.error();
    return fail(Why::kMedium);
  }
  end_ += *got;
  return true;
}

const std::uint8_t* SourceReader::need_large(std::uint64_t n) {
  if (n > remaining()) {
    fail(Why::kEnd);
    return nullptr;
  }
  if (static_cast<std::uint64_t>(end_ - cursor_) >= n) return cursor_;
  if (n > window_bytes_) {
    fail(Why::kLimit);
    return nullptr;
  }
  if (!refill(static_cast<std::size_t>(n))) return nullptr;
  if (static_cast<std::uint64_t>(end_ - cursor_) < n) {
    fail(Why::kEnd);
    return nullptr;
  }
  return cursor_;
}

bool SourceReader::take_until(std::uint8_t delimiter, std::uint64_t max_bytes, ByteView& out) {
  max_bytes = std::min<std::uint64_t>(max_bytes, max_take());
  std::size_t looked = 0;
  std::size_t step = 256;
  while (true) {
    if (!refill(step)) return false;
    const auto view = buffered();
    const auto span =
        view.first(static_cast<std::size_t>(std::min<std::uint64_t>(view.size(), max_bytes)));
    if (span.size() > looked) {
      const void* hit = std::memchr(span.data() + looked, delimiter, span.size() - looked);
      if (hit != nullptr) {
        const auto length =
            static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - span.data());
        out = span.first(length);
        cursor_ += length + 1;
        return true;
      }
      looked = span.size();
    }
    if (looked >= max_bytes && looked < remaining()) return fail(Why::kLimit);
    if (view.size() == remaining()) return fail(Why::kEnd);
    step =
        static_cast<std::size_t>(std::min<std::uint64_t>(std::uint64_t{step} * 4, window_bytes_));
  }
}

bool SourceReader::copy(std::uint64_t n, std::uint64_t limit, Bytes& out) {
  out.clear();
  if (n > remaining()) return fail(Why::kEnd);
  if (n > limit) return fail(Why::kLimit);
  while (n != 0) {
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(n, max_take()));
    ByteView part;
    if (!take(step, part)) return false;
    out.insert(out.end(), part.begin(), part.end());
    n -= step;
  }
  return true;
}

Error SourceReader::failure(std::string_view what) const {
  switch (why_) {
    case Why::kMedium:
      if (medium_error_) return medium_error_->wrap("cannot read " + std::string(what));
      break;
    case Why::kLimit:
      return {ErrorCode::kLimit, std::string(what) + " is longer than may be held", failed_at_};
    case Why::kEnd:
    case Why::kNone:
      break;
  }
  return {ErrorCode::kMalformed, "truncated " + std::string(what),
          failed() ? failed_at_ : offset()};
}

}  // namespace saiph
