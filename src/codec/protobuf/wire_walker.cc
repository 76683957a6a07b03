#include "codec/protobuf/wire_walker.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"

namespace saiph::codec {

WireWalker::WireWalker(const ByteSource& source, Budget& budget, std::uint64_t offset,
                       std::uint64_t length, std::size_t window_bytes)
    : reader_(source, std::min(offset, source.size()), window_bytes), budget_(&budget) {
  next_ = std::min(offset, source.size());
  ends_.push_back(next_ + std::min(length, source.size() - next_));
}

bool WireWalker::fail(ErrorCode code, std::string message, std::uint64_t offset) {
  if (!error_) error_.emplace(code, std::move(message), offset);
  return false;
}

bool WireWalker::fail_read(std::string_view what) {
  if (!error_) error_ = reader_.failure(what);
  return false;
}

bool WireWalker::varint(std::uint64_t end, std::uint64_t& value, std::string_view what) {
  const std::uint64_t start = reader_.offset();
  value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (reader_.offset() >= end) {
      return fail(ErrorCode::kMalformed, "truncated protobuf " + std::string(what), start);
    }
    std::uint8_t byte = 0;
    if (!reader_.u8(byte)) return fail_read("protobuf " + std::string(what));
    const std::uint64_t bits = byte & 0x7FU;
    // The tenth byte has room for one bit; loaders drop more, which lets two readings differ.
    if (shift == 63 && bits > 1) break;
    value |= bits << shift;
    if ((byte & 0x80U) == 0) {
      if (byte == 0 && shift != 0) {
        ++overlong_;
        if (!first_overlong_) first_overlong_ = start;
      }
      return true;
    }
  }
  return fail(ErrorCode::kMalformed, "protobuf " + std::string(what) + " over 64 bits", start);
}

bool WireWalker::tag(std::uint64_t end, std::uint32_t& number, std::uint32_t& type) {
  const std::uint64_t start = reader_.offset();
  std::uint64_t raw = 0;
  if (!varint(end, raw, "tag")) return false;
  if (raw > UINT32_MAX) return fail(ErrorCode::kMalformed, "protobuf tag over 32 bits", start);
  number = static_cast<std::uint32_t>(raw >> 3U);
  type = static_cast<std::uint32_t>(raw & 7U);
  if (number == 0) return fail(ErrorCode::kMalformed, "protobuf field number 0", start);
  if (type > 5) {
    return fail(ErrorCode::kMalformed, "protobuf wire type " + std::to_string(type), start);
  }
  return true;
}

bool WireWalker::skip_value(std::uint64_t end, std::uint32_t type) {
  std::uint64_t length = 0;
  switch (type) {
    case 0:
      return varint(end, length, "varint");
    case 1:
      length = 8;
      break;
    case 5:
      length = 4;
      break;
    default:
      if (!varint(end, length, "length")) return false;
      break;
  }
  if (length > end - reader_.offset()) {
    return fail(ErrorCode::kMalformed, "protobuf field passes the end of its message",
                reader_.offset());
  }
  return reader_.skip(length) || fail_read("protobuf field");
}

bool WireWalker::skip_group(std::uint32_t number, std::uint64_t end) {
  ++groups_;
  groups_open_.assign(1, number);
  while (!groups_open_.empty()) {
    if (!budget_->take_work(1)) {
      return fail(ErrorCode::kLimit, budget_->reason(), reader_.offset());
    }
    const std::uint64_t at = reader_.offset();
    std::uint32_t inner = 0;
    std::uint32_t type = 0;
    if (!tag(end, inner, type)) return false;
    if (type == 3) {
      if (groups_open_.size() + depth() >= budget_->limits().nesting) {
        return fail(ErrorCode::kLimit, "protobuf groups nested too deeply", at);
      }
      groups_open_.push_back(inner);
    } else if (type == 4) {
      if (inner != groups_open_.back()) {
        return fail(ErrorCode::kMalformed, "protobuf group ended by another field's tag", at);
      }
      groups_open_.pop_back();
    } else if (!skip_value(end, type)) {
      return false;
    }
  }
  return true;
}

WireWalker::Step WireWalker::next(WireField& field) {
  if (error_) return Step::kFailed;
  if (!budget_->take_work(1)) {
    fail(ErrorCode::kLimit, budget_->reason(), next_);
    return Step::kFailed;
  }
  const std::uint64_t end = ends_.back();
  if (next_ >= end) {
    if (ends_.size() > 1) ends_.pop_back();
    return Step::kEnd;
  }
  if (!reader_.seek(next_)) {
    fail_read("protobuf message");
    return Step::kFailed;
  }
  WireField& f = current_;
  f = WireField{};
  f.offset = next_;
  std::uint32_t type = 0;
  if (!tag(end, f.number, type)) return Step::kFailed;
  if (type == 4) {
    fail(ErrorCode::kMalformed, "protobuf group ends that never started", f.offset);
    return Step::kFailed;
  }
  f.type = static_cast<WireType>(type);
  if (f.type == WireType::kVarint) {
    if (!varint(end, f.value, "varint")) return Step::kFailed;
    next_ = reader_.offset();
  } else if (f.type == WireType::kFixed64 || f.type == WireType::kFixed32) {
    const std::uint64_t width = f.type == WireType::kFixed64 ? 8 : 4;
    if (width > end - reader_.offset()) {
      fail(ErrorCode::kMalformed, "truncated protobuf number", f.offset);
      return Step::kFailed;
    }
    std::uint32_t narrow = 0;
    if (!(width == 8 ? reader_.u64le(f.value) : reader_.u32le(narrow))) {
      fail_read("protobuf number");
      return Step::kFailed;
    }
    if (width == 4) f.value = narrow;
    next_ = reader_.offset();
  } else if (f.type == WireType::kGroup) {
    f.payload = reader_.offset();
    if (!skip_group(f.number, end)) return Step::kFailed;
    f.length = reader_.offset() - f.payload;
    next_ = reader_.offset();
  } else {
    if (!varint(end, f.length, "length")) return Step::kFailed;
    f.payload = reader_.offset();
    if (f.length > end - f.payload) {
      // A file cut short is told from a lie: at the outermost level the rest is simply missing.
      fail(ErrorCode::kMalformed,
           ends_.size() == 1
               ? "truncated protobuf field " + std::to_string(f.number)
               : "protobuf field " + std::to_string(f.number) + " passes the end of its message",
           f.offset);
      return Step::kFailed;
    }
    next_ = f.payload + f.length;
    packed_ = f.payload;
  }
  field = f;
  return Step::kField;
}

bool WireWalker::enter() {
  if (error_) return false;
  if (current_.type != WireType::kBytes) {
    return fail(ErrorCode::kMalformed, "protobuf message expected", current_.offset);
  }
  if (depth() >= budget_->limits().nesting) {
    return fail(ErrorCode::kLimit, "protobuf messages nested too deeply", current_.offset);
  }
  ends_.push_back(current_.payload + current_.length);
  next_ = current_.payload;
  return true;
}

void WireWalker::leave() {
  next_ = ends_.back();
  if (ends_.size() > 1) ends_.pop_back();
}

std::string_view WireWalker::text(std::size_t max_bytes) {
  if (error_ || current_.type != WireType::kBytes) return {};
  const std::uint64_t want = std::min<std::uint64_t>(
      current_.length, std::min<std::uint64_t>(max_bytes, reader_.max_take()));
  ByteView out;
  if (!reader_.seek(current_.payload) || !reader_.take(want, out)) {
    fail_read("protobuf text");
    return {};
  }
  return as_text(out);
}

bool WireWalker::packed_varint(std::uint64_t& value) {
  const std::uint64_t end = current_.payload + current_.length;
  if (error_ || current_.type != WireType::kBytes || packed_ >= end) return false;
  if (!budget_->take_work(1)) return fail(ErrorCode::kLimit, budget_->reason(), packed_);
  if (!reader_.seek(packed_)) return fail_read("packed varints");
  if (!varint(end, value, "packed varint")) return false;
  packed_ = reader_.offset();
  return true;
}

}  // namespace saiph::codec
