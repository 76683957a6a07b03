// Thrift's compact protocol (Apache Thrift, doc/specs/thrift-compact-protocol.md), as far as file
// footers need it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"
#include "base/limits.h"

namespace saiph::formats {

enum class ThriftType : std::uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
  kUuid = 13,
};

struct ThriftField {
  ThriftType type = ThriftType::kStop;
  std::int32_t id = 0;
};

struct ThriftList {
  ThriftType type = ThriftType::kStop;
  std::uint64_t size = 0;  ///< at most the bytes that are left: every element has one at least
};

/// Reads over bytes in memory; every function answers false when the bytes are broken, and the
/// reader stays failed. One thread at a time.
class ThriftReader {
 public:
  static constexpr std::size_t kNesting = 32;
  ThriftReader(ByteView bytes, Budget& budget) : reader_(bytes), budget_(&budget) {}

  /// The next field of a struct; `field` holds the one before (id 0 at the start). kStop at the
  /// end.
  [[nodiscard]] bool field(ThriftField& field);
  [[nodiscard]] bool list(ThriftList& list);
  [[nodiscard]] bool integer(std::int64_t& value);  ///< zigzag varint: i16, i32, i64
  [[nodiscard]] bool binary(std::string_view& value);
  /// Passes over one value, whatever it nests (at most kNesting deep).
  [[nodiscard]] bool skip(ThriftType type);

  std::uint64_t offset() const { return reader_.offset(); }
  bool at_end() const { return reader_.at_end(); }

 private:
  [[nodiscard]] bool varint(std::uint64_t& value);
  [[nodiscard]] bool skip_scalar(ThriftType type);

  ByteReader reader_;
  Budget* budget_;
};

}  // namespace saiph::formats
