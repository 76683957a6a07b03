// PickleValue: what the interpreter knows of one object, in eight bytes.
#pragma once

#include <algorithm>
#include <cstdint>

namespace saiph::formats {

enum class PickleKind : std::uint8_t {
  kUnset,    ///< an empty memo slot; never on the stack
  kUnknown,  ///< any object: too old, too far, or not decidable
  kNone,
  kBool,        ///< payload 0 or 1
  kInteger,     ///< as_integer()
  kBigInteger,  ///< payload: offset of its opcode
  kFloat,       ///< payload: offset of its opcode
  kString,      ///< where its bytes stand, see operand(); PickleMachine::text() decodes it
  kBytes,       ///< the same; bytes and bytearray
  kComputed,    ///< text computed by a folded call; payload: index into the machine's table
  kTuple,       ///< arena reference, see below
  kList,        ///< payload: offset of the opcode that made it
  kDict,
  kSet,
  kGlobal,      ///< payload: name id
  kObject,      ///< result of a call: arena reference of (callable, arguments) and name id
  kPersistent,  ///< result of persistent_load; payload: offset of its opcode
  kExtension,   ///< copyreg extension; payload: code
  kBuffer,      ///< out-of-band buffer
  kDtype,       ///< numpy.dtype('<literal>'); payload: item bytes, or kObjectDtype
};

/// How the bytes of a string operand mean text.
enum class PickleText : std::uint8_t {
  kUtf8,
  kRaw,            ///< bytes, and Python 2 strings: taken as they stand
  kQuoted,         ///< STRING: a Python literal in quotes
  kUnicodeEscape,  ///< UNICODE: raw-unicode-escape
};

/// Layout: taint (1 bit), kind (5), payload (58). Taint says that the value is, holds or came from
/// something that the observer did not recognise as inert.
class PickleValue {
 public:
  static constexpr std::uint64_t kTaint = std::uint64_t{1} << 63;
  static constexpr unsigned kPayloadBits = 58;
  static constexpr std::uint64_t kPayloadMask = (std::uint64_t{1} << kPayloadBits) - 1;
  static constexpr std::uint32_t kNoName = (1U << 24) - 1;
  static constexpr std::uint64_t kObjectDtype = kPayloadMask;
  static constexpr std::uint64_t kMaxTupleLength = 0xFFFF;
  static constexpr std::uint64_t kMaxTextLength = 0x3FFF;
  static constexpr std::uint64_t kOffsetMask = (std::uint64_t{1} << 40) - 1;
  static constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << 36) - 1;
  static constexpr std::uint64_t kObjectSequenceMask = (std::uint64_t{1} << 34) - 1;

  constexpr PickleValue() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a kind alone is a value
  constexpr PickleValue(PickleKind kind, std::uint64_t payload = 0)
      : bits_((static_cast<std::uint64_t>(kind) << kPayloadBits) | (payload & kPayloadMask)) {}
  static constexpr PickleValue integer(std::int64_t v) {
    const std::int64_t limit = std::int64_t{1} << (kPayloadBits - 1);
    if (v >= limit || v < -limit) return {PickleKind::kBigInteger, 0};
    return {PickleKind::kInteger, static_cast<std::uint64_t>(v)};
  }
  /// A tuple of `length` elements whose first kept ones stand in the arena from `sequence`.
  /// `doubling` counts how often on its way down an element stood twice (expansion attacks).
  static constexpr PickleValue tuple(std::uint64_t sequence, std::uint64_t length,
                                     std::uint32_t doubling) {
    length = std::min(length, kMaxTupleLength);
    return {PickleKind::kTuple,
            ((sequence & kSequenceMask) << 22) | (length << 6) | (doubling & 63U)};
  }
  static constexpr PickleValue object(std::uint64_t sequence, std::uint32_t name) {
    return {PickleKind::kObject, ((sequence & kObjectSequenceMask) << 24) | name};
  }

  /// A string or bytes operand at `offset` (40 bits kept), of `length` bytes (16383 kept).
  static constexpr PickleValue operand(PickleKind kind, PickleText text, std::uint64_t offset,
                                       std::uint64_t length) {
    length = std::min(length, kMaxTextLength);
    return {kind,
            ((offset & kOffsetMask) << 18) | (length << 4) | static_cast<std::uint64_t>(text)};
  }

  constexpr PickleKind kind() const {
    return static_cast<PickleKind>((bits_ >> kPayloadBits) & 31U);
  }
  constexpr std::uint64_t payload() const { return bits_ & kPayloadMask; }
  constexpr bool is(PickleKind kind) const { return this->kind() == kind; }
  constexpr std::int64_t as_integer() const {
    return static_cast<std::int64_t>(bits_ << (64 - kPayloadBits)) >> (64 - kPayloadBits);
  }
  constexpr std::uint64_t text_offset() const { return payload() >> 18; }
  constexpr std::uint64_t text_length() const { return (payload() >> 4) & kMaxTextLength; }
  constexpr PickleText text_form() const { return static_cast<PickleText>(payload() & 15U); }
  constexpr std::uint64_t tuple_sequence() const { return payload() >> 22; }
  constexpr std::uint64_t tuple_length() const { return (payload() >> 6) & kMaxTupleLength; }
  constexpr std::uint32_t tuple_doubling() const {
    return static_cast<std::uint32_t>(payload() & 63U);
  }
  constexpr std::uint64_t object_sequence() const { return payload() >> 24; }
  /// Of an object: the name of what made it, or kNoName. Of a global: its own.
  constexpr std::uint32_t name_id() const {
    return static_cast<std::uint32_t>(payload() & kNoName);
  }

  constexpr bool tainted() const { return (bits_ & kTaint) != 0; }
  constexpr PickleValue with_taint(std::uint64_t taint_bits) const {
    PickleValue v = *this;
    v.bits_ |= taint_bits & kTaint;
    return v;
  }
  constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool same(PickleValue other) const { return ((bits_ ^ other.bits_) & ~kTaint) == 0; }

 private:
  std::uint64_t bits_ = 0;
};

static_assert(sizeof(PickleValue) == 8);

}  // namespace saiph::formats
