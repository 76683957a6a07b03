// FlatbufferView: bounds-checked reads of a FlatBuffers file, without a schema and without copying.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::codec {

/// A table whose offset and vtable have been checked to lie inside the file.
struct FlatTable {
  std::uint64_t offset = 0;
  std::uint64_t vtable = 0;
  std::uint16_t fields = 0;  ///< slots in the vtable
  std::uint16_t size = 0;    ///< bytes of the table itself
};

/// A vector whose elements have been checked to lie inside the file.
struct FlatVector {
  std::uint64_t offset = 0;  ///< of the first element
  std::uint32_t length = 0;  ///< in elements
};

/// Every accessor checks what it follows, so a caller verifies as it walks. Offsets in FlatBuffers
/// only point forward, except to vtables, and tables may be shared; the cost of a hostile file is
/// therefore bounded by the number of accesses, each of which takes one work unit, and by the
/// caller's own nesting, which has a fixed depth for a fixed schema.
///
/// Errors (by value of the Result): kMalformed with the offset of the broken reference, kLimit when
/// the budget is spent, kUnavailable when the medium fails. An absent field is not an error.
/// Memory: the whole file when it has at most 4 MiB, else a page cache of 64 KiB. One thread at a
/// time; source and budget must outlive the view. Source: FlatBuffers internals ("Format",
/// flatbuffers.dev/internals).
class FlatbufferView {
 public:
  FlatbufferView(const ByteSource& source, Budget& budget) : source_(source), budget_(budget) {}

  /// The root table and, when `identifier` is not empty, the check of the four bytes at 4.
  Result<FlatTable> root(std::string_view identifier = {});

  /// A scalar field of a table, or `fallback` when slot `index` is absent.
  Result<std::uint64_t> scalar(const FlatTable& table, std::uint16_t index, unsigned bytes,
                               std::uint64_t fallback = 0);
  /// A sub-table, vector or string of a table; nothing when slot `index` is absent.
  Result<std::optional<FlatTable>> table(const FlatTable& table, std::uint16_t index);
  Result<std::optional<FlatVector>> vector(const FlatTable& table, std::uint16_t index,
                                           unsigned element_bytes);
  /// At most `max_bytes` of the string; empty when slot `index` is absent. Checks the length of
  /// all.
  Result<std::string> string(const FlatTable& table, std::uint16_t index,
                             std::size_t max_bytes = 256);

  /// Element `index` of a vector of tables, of strings or of scalars.
  Result<FlatTable> table_at(const FlatVector& vector, std::uint32_t index);
  Result<std::uint64_t> scalar_at(const FlatVector& vector, std::uint32_t index, unsigned bytes);

  std::uint64_t size() const { return source_.size(); }

 private:
  static constexpr std::uint64_t kWholeBytes = 4U << 20;
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kPages = 16;
  struct Page {
    std::uint64_t number = UINT64_MAX;
    Bytes bytes;
  };

  Result<std::uint64_t> read(std::uint64_t offset, unsigned bytes);
  Result<std::uint64_t> read_small(std::uint64_t offset, unsigned bytes);
  Result<FlatTable> table_from(std::uint64_t offset);
  /// Where the slot's value stands, 0 when absent.
  Result<std::uint64_t> slot(const FlatTable& table, std::uint16_t slot, unsigned bytes);
  /// Follows the forward offset that stands at `offset`.
  Result<std::uint64_t> follow(std::uint64_t offset);
  static Error malformed(std::string message, std::uint64_t offset) {
    return {ErrorCode::kMalformed, std::move(message), offset};
  }

  const ByteSource& source_;
  Budget& budget_;
  Bytes whole_;
  bool loaded_ = false;
  std::optional<ByteView> bytes_;
  std::array<Page, kPages> pages_;
};

}  // namespace saiph::codec
