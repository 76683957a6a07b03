#include "formats/pickle/machine.h"

#include <algorithm>

#include "formats/pickle/opcodes.h"

namespace saiph::formats {

namespace op = pickle_op;

namespace {

/// Operands of this size are data to skip, not text to look at.
constexpr std::uint64_t kDataBytes = 4096;

/// Cheap and on every operand: could a stream begin here? PROTO and its version; the same as text
/// in UTF-8 (U+0080 is C2 80); or a text stream's usual first opcodes with a line end near.
inline bool may_begin_stream(ByteView head) {
  const std::uint8_t first = head[0];
  if (first == 0x80) return head[1] <= 5;
  if (first == 0xC2) return head[1] == 0x80;
  return first == 'c' || first == '(';
}

}  // namespace

PickleMachine::PickleMachine(const ByteSource& source, Budget& budget, PickleObserver& observer)
    : source_(&source),
      budget_(&budget),
      observer_(&observer),
      input_(source, 0,
             static_cast<std::size_t>(std::min<std::uint64_t>(
                 SourceReader::kWindowBytes, std::max<std::uint64_t>(source.size(), 64)))),
      size_(source.size()) {}

PickleOutcome PickleMachine::run(std::uint64_t offset, PickleFrames frames,
                                 std::uint64_t end_limit) {
  outcome_ = {};
  end_ = std::min(size_, end_limit);
  offset = std::min(offset, end_);
  frames_ = frames;
  frame_end_ = UINT64_MAX;
  frame_beyond_end_ = false;
  out_of_budget_ = medium_failed_ = false;
  base_ = 0;
  sp_ = fence_ = stack_.data();
  marks_.clear();
  forgot_stack_ = false;
  memo_.clear();
  contexts_.clear();
  protocol_ = 0;
  repeats_ = 0;
  last_repeat_ = UINT64_MAX;
  op_offset_ = offset;
  window_ = {};
  Step step = Step::kBroken;
  if (load(offset, 1)) {
    step = loop();
  } else {
    step = truncated("stream");
  }
  if (step == Step::kStop) {
    outcome_.end = PickleEnd::kStop;
    outcome_.offset = position();
    if (frame_beyond_end_) observer_->on_oddity(PickleOddity::kFrameBeyondEnd, outcome_.offset);
  } else if (out_of_budget_) {
    outcome_.end = PickleEnd::kExhausted;
    outcome_.reason = budget_->reason();
  } else if (medium_failed_) {
    outcome_.end = PickleEnd::kUnreadable;
    outcome_.reason = input_.failure("pickle stream").describe();
  }
  return outcome_;
}

// Here because the loop below is where it is called by the million.
PickleValue PickleMachine::make_tuple(const PickleValue* from, std::size_t n) {
  std::uint64_t taint = 0;
  std::uint32_t doubling = 0;
  for (std::size_t i = 0; i < n; ++i) taint |= from[i].bits();
  if (n <= 3) {
    for (std::size_t i = 0; i < n; ++i) {
      if (!from[i].is(PickleKind::kTuple)) continue;
      const bool twice = i != 0 && from[i].same(from[i - 1]) && from[i].tuple_length() != 0;
      doubling = std::max(doubling, std::min(from[i].tuple_doubling() + (twice ? 1U : 0U), 63U));
    }
    if (doubling >= 20) [[unlikely]]
      oddity_once(told_expansion_, PickleOddity::kExpansion);
  }
  return PickleValue::tuple(arena_.append(from, n), n, doubling).with_taint(taint);
}

// The opcodes that picklers write by the million. Everything lives in locals here; the rest of the
// machine works on the members, so both are synchronised around each call into it.
PickleMachine::Step PickleMachine::loop() {
  ByteCursor r = reader_;
  PickleValue* sp = sp_;
  PickleValue* fence = fence_;
  PickleValue* limit = stack_.data() + stack_.capacity();
  std::uint64_t chunk_offset = chunk_offset_;
  std::uint64_t opcodes = 0;
  std::uint64_t at = op_offset_;

  // Macros and not closures: what a closure captures by reference does not stay in a register.
#define SAIPH_PICKLE_SAVE()      \
  do {                           \
    op_offset_ = at;             \
    outcome_.opcodes += opcodes; \
    opcodes = 0;                 \
    reader_ = r;                 \
    sp_ = sp;                    \
    fence_ = fence;              \
  } while (false)
#define SAIPH_PICKLE_RESTORE()                 \
  do {                                         \
    r = reader_;                               \
    sp = sp_;                                  \
    fence = fence_;                            \
    limit = stack_.data() + stack_.capacity(); \
    chunk_offset = chunk_offset_;              \
  } while (false)
#define SAIPH_PICKLE_PUSH(...)             \
  do {                                     \
    const PickleValue pushed(__VA_ARGS__); \
    if (sp == limit) [[unlikely]] {        \
      SAIPH_PICKLE_SAVE();                 \
      make_room();                         \
      SAIPH_PICKLE_RESTORE();              \
    }                                      \
    *sp++ = pushed;                        \
  } while (false)
  // Protocol 4 remembers nearly every text and tuple: one dispatch for both opcodes.
#define SAIPH_PICKLE_MEMOIZE_IF_NEXT()                           \
  do {                                                           \
    if (r.take_if(op::kMemoize)) {                               \
      ++opcodes;                                                 \
      if (!memo_.put(memo_.count(), sp[-1])) [[unlikely]] {      \
        oddity_once(told_memo_, PickleOddity::kMemoOverwritten); \
      }                                                          \
    }                                                            \
  } while (false)
#define SAIPH_PICKLE_READ(method, value, width)               \
  if (!r.method(value)) [[unlikely]] {                        \
    SAIPH_PICKLE_SAVE();                                      \
    if (!ensure(width)) return truncated("opcode operand");   \
    SAIPH_PICKLE_RESTORE();                                   \
    if (!r.method(value)) return truncated("opcode operand"); \
  }
#define SAIPH_PICKLE_COLD(expression)         \
  {                                           \
    SAIPH_PICKLE_SAVE();                      \
    const Step step = (expression);           \
    if (step != Step::kContinue) [[unlikely]] \
      return step;                            \
    SAIPH_PICKLE_RESTORE();                   \
    break;                                    \
  }
#define SAIPH_PICKLE_FAIL(expression) \
  {                                   \
    SAIPH_PICKLE_SAVE();              \
    return (expression);              \
  }

  struct Operand {
    PickleKind kind = PickleKind::kString;
    PickleText form = PickleText::kUtf8;
    bool linear = false;  // read through the end of a frame by the C unpickler
  };
  Operand text;
  std::uint64_t length = 0;
  while (true) {
    std::uint8_t opcode = 0;
    if (!r.u8(opcode)) [[unlikely]] {
      SAIPH_PICKLE_SAVE();
      op_offset_ = position();
      if (!ensure(1)) return truncated("stream");
      SAIPH_PICKLE_RESTORE();
      if (!r.u8(opcode)) return truncated("stream");
    }
    at = chunk_offset + r.offset() - 1;
    ++opcodes;
    switch (opcode) {
      case op::kNone:
        SAIPH_PICKLE_PUSH(PickleKind::kNone);
        break;
      case op::kNewTrue:
        SAIPH_PICKLE_PUSH(PickleKind::kBool, 1);
        break;
      case op::kNewFalse:
        SAIPH_PICKLE_PUSH(PickleKind::kBool, 0);
        break;
      case op::kBinInt: {
        std::int32_t v = 0;
        SAIPH_PICKLE_READ(i32le, v, 4)
        SAIPH_PICKLE_PUSH(PickleValue::integer(v));
        break;
      }
      case op::kBinInt1: {
        std::uint8_t v = 0;
        SAIPH_PICKLE_READ(u8, v, 1)
        SAIPH_PICKLE_PUSH(PickleKind::kInteger, v);
        break;
      }
      case op::kBinInt2: {
        std::uint16_t v = 0;
        SAIPH_PICKLE_READ(u16le, v, 2)
        SAIPH_PICKLE_PUSH(PickleKind::kInteger, v);
        break;
      }
      case op::kBinFloat: {
        std::uint64_t v = 0;
        SAIPH_PICKLE_READ(u64le, v, 8)
        SAIPH_PICKLE_PUSH(PickleKind::kFloat, at);
        break;
      }
      case op::kShortBinUnicode: {
        std::uint8_t n = 0;
        SAIPH_PICKLE_READ(u8, n, 1)
        text = {PickleKind::kString, PickleText::kUtf8, false};
        length = n;
        goto operand;
      }
      case op::kBinUnicode: {
        std::uint32_t n = 0;
        SAIPH_PICKLE_READ(u32le, n, 4)
        text = {PickleKind::kString, PickleText::kUtf8, false};
        length = n;
        goto operand;
      }
      case op::kShortBinString: {
        std::uint8_t n = 0;
        SAIPH_PICKLE_READ(u8, n, 1)
        text = {PickleKind::kString, PickleText::kRaw, false};
        length = n;
        goto operand;
      }
      case op::kBinString: {
        // Signed for Python, unsigned for C: lengths over 2 GiB never occur otherwise.
        std::uint32_t n = 0;
        SAIPH_PICKLE_READ(u32le, n, 4)
        text = {PickleKind::kString, PickleText::kRaw, false};
        length = n;
        goto operand;
      }
      case op::kShortBinBytes: {
        std::uint8_t n = 0;
        SAIPH_PICKLE_READ(u8, n, 1)
        text = {PickleKind::kBytes, PickleText::kRaw, true};
        length = n;
        goto operand;
      }
      case op::kBinBytes: {
        std::uint32_t n = 0;
        SAIPH_PICKLE_READ(u32le, n, 4)
        text = {PickleKind::kBytes, PickleText::kRaw, true};
        length = n;
        goto operand;
      }
      case op::kBinUnicode8:
      case op::kBinBytes8:
      case op::kByteArray8: {
        std::uint64_t n = 0;
        SAIPH_PICKLE_READ(u64le, n, 8)
        text = opcode == op::kBinUnicode8 ? Operand{PickleKind::kString, PickleText::kUtf8, false}
                                          : Operand{PickleKind::kBytes, PickleText::kRaw, true};
        length = n;
        goto operand;
      }
      case op::kLong1: {
        std::uint8_t n = 0;
        SAIPH_PICKLE_READ(u8, n, 1)
        if (n <= r.remaining()) [[likely]] {
          SAIPH_PICKLE_PUSH(PickleKind::kBigInteger, chunk_offset + r.offset());
          (void)r.skip(n);
          break;
        }
        SAIPH_PICKLE_SAVE();
        std::uint64_t start = 0;
        if (!skip_operand(n, false, start)) return truncated("number");
        SAIPH_PICKLE_RESTORE();
        SAIPH_PICKLE_PUSH(PickleKind::kBigInteger, start);
        break;
      }
      case op::kEmptyTuple:
        SAIPH_PICKLE_PUSH(PickleValue::tuple(0, 0, 0));
        break;
      case op::kEmptyList:
        SAIPH_PICKLE_PUSH(PickleKind::kList, at);
        break;
      case op::kEmptyDict:
        SAIPH_PICKLE_PUSH(PickleKind::kDict, at);
        break;
      case op::kEmptySet:
        SAIPH_PICKLE_PUSH(PickleKind::kSet, at);
        break;
      case op::kTuple1:
      case op::kTuple2:
      case op::kTuple3: {
        const std::ptrdiff_t n = opcode - op::kTuple1 + 1;
        if (sp - fence < n) SAIPH_PICKLE_COLD(cold(opcode))
        sp -= n;
        *sp = make_tuple(sp, static_cast<std::size_t>(n));
        ++sp;
        SAIPH_PICKLE_MEMOIZE_IF_NEXT();
        break;
      }
      case op::kMark:
        if (marks_.size() < marks_.capacity()) [[likely]] {
          marks_.push_back(static_cast<std::uint32_t>(sp - stack_.data()));
          fence = sp;
          break;
        }
        SAIPH_PICKLE_COLD(push_mark() ? Step::kContinue : broken("too many marks"))
      case op::kTuple: {
        if (marks_.empty()) SAIPH_PICKLE_FAIL(broken("TUPLE without MARK"))
        const auto n = static_cast<std::size_t>(sp - fence);
        sp = fence;
        marks_.pop_back();
        fence = stack_.data() + (marks_.empty() ? base_ : marks_.back());
        const PickleValue tuple = make_tuple(sp, n);
        SAIPH_PICKLE_PUSH(tuple);
        SAIPH_PICKLE_MEMOIZE_IF_NEXT();
        break;
      }
      case op::kAppends:
      case op::kSetItems:
      case op::kAddItems: {
        if (marks_.empty()) SAIPH_PICKLE_FAIL(broken("items without MARK"))
        const PickleValue* from = fence;
        const auto n = static_cast<std::size_t>(sp - fence);
        sp = fence;
        marks_.pop_back();
        fence = stack_.data() + (marks_.empty() ? base_ : marks_.back());
        if (opcode == op::kSetItems && n % 2 != 0)
          SAIPH_PICKLE_FAIL(broken("odd number of items for SETITEMS"))
        if (sp == fence) {
          if (forgot_stack_ && fence == stack_.data()) break;
          SAIPH_PICKLE_FAIL(underflow())
        }
        op_offset_ = at;
        store(sp[-1], from, n);
        break;
      }
      case op::kAppend:
        if (sp - fence < 2) SAIPH_PICKLE_COLD(cold(opcode))
        --sp;
        op_offset_ = at;
        store(sp[-1], sp, 1);
        break;
      case op::kSetItem:
        if (sp - fence < 3) SAIPH_PICKLE_COLD(cold(opcode))
        sp -= 2;
        op_offset_ = at;
        store(sp[-1], sp, 2);
        break;
      case op::kMemoize:
        if (sp == fence) SAIPH_PICKLE_COLD(cold(opcode))
        if (!memo_.put(memo_.count(), sp[-1])) [[unlikely]]
          oddity_once(told_memo_, PickleOddity::kMemoOverwritten);
        break;
      case op::kBinPut: {
        std::uint8_t index = 0;
        SAIPH_PICKLE_READ(u8, index, 1)
        if (sp == fence) SAIPH_PICKLE_COLD(put(index) ? Step::kContinue : underflow())
        if (!memo_.put(index, sp[-1])) [[unlikely]]
          oddity_once(told_memo_, PickleOddity::kMemoOverwritten);
        break;
      }
      case op::kLongBinPut: {
        std::uint32_t index = 0;
        SAIPH_PICKLE_READ(u32le, index, 4)
        if (sp == fence) SAIPH_PICKLE_COLD(put(index) ? Step::kContinue : underflow())
        if (!memo_.put(index, sp[-1])) [[unlikely]]
          oddity_once(told_memo_, PickleOddity::kMemoOverwritten);
        break;
      }
      case op::kBinGet: {
        std::uint8_t index = 0;
        SAIPH_PICKLE_READ(u8, index, 1)
        SAIPH_PICKLE_COLD(get(index))
      }
      case op::kLongBinGet: {
        std::uint32_t index = 0;
        SAIPH_PICKLE_READ(u32le, index, 4)
        SAIPH_PICKLE_COLD(get(index))
      }
      default:
        SAIPH_PICKLE_COLD(cold(opcode))
    }
    continue;

  // The shared end of all opcodes with a counted string operand.
  operand: {
    std::uint64_t start = chunk_offset + r.offset();
    ByteView bytes;
    if (r.take(length, bytes)) [[likely]] {
      if (length >= 4 && may_begin_stream(bytes)) [[unlikely]] {
        SAIPH_PICKLE_SAVE();
        look_inside(start, length, text.kind == PickleKind::kString,
                    bytes.first(std::min<std::size_t>(bytes.size(), 64)));
      }
    } else {
      SAIPH_PICKLE_SAVE();
      if (!skip_operand(length, text.linear, start)) return truncated("string operand");
      SAIPH_PICKLE_RESTORE();
    }
    if (length >= kDataBytes) observer_->on_data(start, length);
    SAIPH_PICKLE_PUSH(PickleValue::operand(text.kind, text.form, start, length));
    SAIPH_PICKLE_MEMOIZE_IF_NEXT();
  }
  }
#undef SAIPH_PICKLE_SAVE
#undef SAIPH_PICKLE_RESTORE
#undef SAIPH_PICKLE_PUSH
#undef SAIPH_PICKLE_MEMOIZE_IF_NEXT
#undef SAIPH_PICKLE_READ
#undef SAIPH_PICKLE_COLD
#undef SAIPH_PICKLE_FAIL
}

void PickleMachine::look_inside(std::uint64_t payload, std::uint64_t length, bool text,
                                ByteView head) {
  const bool binary = head[0] == 0x80 || head[0] == 0xC2;
  if (!binary && std::find(head.begin(), head.end(), '\n') == head.end()) return;
  observer_->on_nested(payload, length, text);
}

void PickleMachine::oddity_once(bool& told, PickleOddity oddity) {
  if (told) return;
  told = true;
  observer_->on_oddity(oddity, op_offset_);
}

PickleMachine::Step PickleMachine::broken(std::string_view reason) {
  outcome_.end = PickleEnd::kBroken;
  outcome_.offset = op_offset_;
  outcome_.reason = reason;
  return Step::kBroken;
}

PickleMachine::Step PickleMachine::underflow() {
  return broken("stack underflow");
}

PickleMachine::Step PickleMachine::truncated(std::string_view what) {
  outcome_.truncated = true;
  return broken("truncated " + std::string(what));
}

}  // namespace saiph::formats
