// WireWalker: the protobuf wire format read as a stream of fields, without a schema.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::codec {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroup = 3,  ///< start tag, content and end tag as one field; its content is not entered
  kFixed32 = 5,
};

/// One field, as it stands in the file. Offsets count from the start of the source.
struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t value = 0;    ///< of kVarint, kFixed32, kFixed64
  std::uint64_t offset = 0;   ///< of the tag
  std::uint64_t payload = 0;  ///< where the content of kBytes and kGroup starts
  std::uint64_t length = 0;   ///< of that content, checked against the enclosing message

  bool is(std::uint32_t n, WireType t) const { return number == n && type == t; }
};

/// A pull parser: `next` yields the fields of the current message in file order; `enter` descends
/// into the kBytes field just yielded, and the end of that message is yielded as kEnd. Fields that
/// are not entered are skipped by position, so a payload of gigabytes costs nothing. Depth is an
/// explicit stack, never recursion.
///
/// Errors end the walk for good: kMalformed (field number 0, reserved wire types 6 and 7, varint
/// over 64 bits, a length beyond the enclosing message, an end-group tag without its start,
/// truncation), kLimit (nesting over limits().nesting, work or time budget), kUnavailable (medium).
/// Cost: O(fields visited). One thread at a time; source and budget must outlive the walker.
/// Source: the Protocol Buffers encoding guide (protobuf.dev/programming-guides/encoding).
class WireWalker {
 public:
  enum class Step : std::uint8_t {
    kField,
    kEnd,     ///< the message entered last has ended; at depth 0 the walk is over
    kFailed,  ///< see error()
  };

  /// Structure is dense and payloads are skipped, so a window much smaller than a full pass's.
  static constexpr std::size_t kWindowBytes = 32U << 10;

  /// Walks [offset, offset + length) of the source, clipped to it.
  WireWalker(const ByteSource& source, Budget& budget, std::uint64_t offset = 0,
             std::uint64_t length = UINT64_MAX, std::size_t window_bytes = kWindowBytes);

  Step next(WireField& field);
  /// Descends into the kBytes field that `next` yielded last. False (and failed) over the limit.
  [[nodiscard]] bool enter();
  /// Leaves the current message without reading the rest of it.
  void leave();
  /// Messages entered and not yet ended.
  std::size_t depth() const { return ends_.size() - 1; }
  /// Bytes left in the current message after the field yielded last.
  std::uint64_t remaining() const { return ends_.back() - next_; }

  /// At most `max_bytes` (cut to the window) of the content of the kBytes field yielded last.
  /// Valid until the next call. Empty with failed() set when the medium fails.
  std::string_view text(std::size_t max_bytes = 4096);
  /// The content of that field read as packed varints, one after another; false at its end or, with
  /// failed() set, on a broken one.
  [[nodiscard]] bool packed_varint(std::uint64_t& value);

  bool failed() const { return error_.has_value(); }
  /// Only after failed().
  const Error& error() const { return *error_; }  // NOLINT(bugprone-unchecked-optional-access)

  /// Varints that are longer than their value needs. Encoders never write them; two readers can
  /// still agree on them, so this is a statement, not an error.
  std::uint64_t overlong_varints() const { return overlong_; }
  std::optional<std::uint64_t> first_overlong() const { return first_overlong_; }
  std::uint64_t groups() const { return groups_; }

 private:
  bool varint(std::uint64_t end, std::uint64_t& value, std::string_view what);
  bool tag(std::uint64_t end, std::uint32_t& number, std::uint32_t& type);
  bool skip_value(std::uint64_t end, std::uint32_t type);
  bool skip_group(std::uint32_t number, std::uint64_t end);
  bool fail(ErrorCode code, std::string message, std::uint64_t offset);
  bool fail_read(std::string_view what);

  SourceReader reader_;
  Budget* budget_;
  std::vector<std::uint64_t> ends_;
  std::vector<std::uint32_t> groups_open_;
  std::uint64_t next_ = 0;  ///< where the next tag of the current message stands
  WireField current_;
  std::uint64_t packed_ = 0;  ///< cursor of packed_varint
  std::uint64_t overlong_ = 0;
  std::uint64_t groups_ = 0;
  std::optional<std::uint64_t> first_overlong_;
  std::optional<Error> error_;
};

}  // namespace saiph::codec
