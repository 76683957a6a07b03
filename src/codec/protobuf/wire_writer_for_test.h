// WireWriter: builds protobuf messages for tests and fuzz seeds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace saiph::codec {

class WireWriter {
 public:
  WireWriter& raw(std::string_view bytes) {
    out_.append(bytes);
    return *this;
  }
  WireWriter& number(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80U));
      value >>= 7U;
    }
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  WireWriter& tag(std::uint32_t field, unsigned type) {
    return number((std::uint64_t{field} << 3U) | type);
  }
  WireWriter& varint(std::uint32_t field, std::uint64_t value) {
    return tag(field, 0).number(value);
  }
  WireWriter& bytes(std::uint32_t field, std::string_view content) {
    return tag(field, 2).number(content.size()).raw(content);
  }
  WireWriter& message(std::uint32_t field, const WireWriter& inner) {
    return bytes(field, inner.out_);
  }
  WireWriter& fixed32(std::uint32_t field, std::uint32_t value) {
    tag(field, 5);
    for (unsigned i = 0; i < 4; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
    return *this;
  }
  const std::string& str() const { return out_; }
  Bytes build() const { return {out_.begin(), out_.end()}; }

 private:
  std::string out_;
};

}  // namespace saiph::codec
