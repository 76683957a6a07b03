#include "formats/pickle/machine.h"

#include <algorithm>

#include "formats/pickle/opcodes.h"

namespace saiph::formats {

namespace op = pickle_op;

namespace {

/// Operands of this size are data to skip, not text to look at.
constexpr std::uint64_t kDataBytes = 4096;

/// Cheap and on every operand: could a stream begin here? PROTO and its version; the same as text in
/// UTF-8 (U+0080 is C2 80); or a text stream's usual first opcodes with a line end near.
inline bool may_begin_stream(ByteView head) {
  const std::uint8_t first = head[0];
  if (first == 0x80) return head[1] <= 5;
  if (first == 0xC2) return head[1] == 0x80;
  return first == 'c' || first == '(';
}

}  // namespace

PickleMachine::PickleMachine(const ByteSource& source, Budget& budget, PickleObserver& observer)
    : source_(&source), budget_(&budget), observer_(&observer),
      input_(source, 0, static_cast<std::size_t>(std::min<std::uint64_t>(
                            SourceReader::kWindowBytes, std::max<std::uint64_t>(source.size(), 64)))),
      size_(source.size()) {}

PickleOutcome PickleMachine::run(std::uint64_t offset, PickleFrames frames, std::uint64_t end_limit) {
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

// The opcodes that picklers write by the million. Everything lives in locals here; the rest of the
// machine works on the members, so both are synchronised around each call into it.
PickleMachine::Step PickleMachine::loop() {
  ByteReader r = reader_;
  PickleValue* sp = sp_;
  PickleValue* fence = fence_;
  PickleValue* limit = stack_.data() + stack_.capacity();
  std::uint64_t chunk_offset = chunk_offset_;
  const auto save = [&] {
    reader_ = r;
    sp_ = sp;
    fence_ = fence;
  };
  const auto restore = [&] {
    r = reader_;
    sp = sp_;
    fence = fence_;
    limit = stack_.data() + stack_.capacity();
    chunk_offset = chunk_offset_;
  };
  const auto push_value = [&](PickleValue value) __attribute__((always_inline)) {
    if (sp == limit) [[unlikely]] {
      save();
      make_room();
      restore();
    }
    *sp++ = value;
  };
  // The operand of a string opcode: false when the file ends before it does.
  const auto operand = [&](PickleKind kind, PickleText form, std::uint64_t n, bool linear)
                           __attribute__((always_inline)) {
    std::uint64_t start = chunk_offset + r.offset();
    ByteView bytes;
    if (n <= r.remaining()) [[likely]] {
      (void)r.take(n, bytes);
      if (n >= 4 && may_begin_stream(bytes)) [[unlikely]] {
        save();
        look_inside(start, n, kind == PickleKind::kString, bytes.first(std::min<std::size_t>(bytes.size(), 64)));
      }
    } else {
      save();
      if (!skip_operand(n, linear, start)) return false;
      restore();
    }
    if (n >= kDataBytes) observer_->on_data(start, n);
    push_value(PickleValue::operand(kind, form, start, n));
    return true;
  };

#define SAIPH_PICKLE_READ(method, value, width)                        \
  if (!r.method(value)) [[unlikely]] {                                 \
    save();                                                            \
    if (!ensure(width)) return truncated("opcode operand");            \
    restore();                                                         \
    if (!r.method(value)) return truncated("opcode operand");          \
  }
#define SAIPH_PICKLE_COLD(expression)                     \
  {                                                       \
    save();                                               \
    const Step step = (expression);                       \
    if (step != Step::kContinue) [[unlikely]] return step; \
    restore();                                            \
    break;                                                \
  }
#define SAIPH_PICKLE_FAIL(expression) \
  {                                   \
    save();                           \
    return (expression);              \
  }

  while (true) {
    std::uint8_t opcode = 0;
    if (!r.u8(opcode)) [[unlikely]] {
      save();
      op_offset_ = position();
      if (!ensure(1)) return truncated("stream");
      restore();
      if (!r.u8(opcode)) return truncated("stream");
    }
    op_offset_ = chunk_offset + r.offset() - 1;
    ++outcome_.opcodes;
    switch (opcode) {
      case op::kNone: push_value(PickleKind::kNone); break;
      case op::kNewTrue: push_value({PickleKind::kBool, 1}); break;
      case op::kNewFalse: push_value({PickleKind::kBool, 0}); break;
      case op::kBinInt: {
        std::int32_t v = 0;
        SAIPH_PICKLE_READ(i32le, v, 4)
        push_value(PickleValue::integer(v));
        break;
      }
      case op::kBinInt1: {
        std::uint8_t v = 0;
        SAIPH_PICKLE_READ(u8, v, 1)
        push_value({PickleKind::kInteger, v});
        break;
      }
      case op::kBinInt2: {
        std::uint16_t v = 0;
        SAIPH_PICKLE_READ(u16le, v, 2)
        push_value({PickleKind::kInteger, v});
        break;
      }
      case op::kBinFloat: {
        std::uint64_t v = 0;
        SAIPH_PICKLE_READ(u64le, v, 8)
        push_value({PickleKind::kFloat, op_offset_});
        break;
      }
      case op::kShortBinUnicode: {
        std::uint8_t n = 0;
        SAIPH_PICKLE_READ(u8, n, 1)
        if (!operand(PickleKind::kString, PickleText::kUtf8, n, false)) return truncated("string");
        break;
      }
      case op::kBinUnicode: {
        std::uint32_t n = 0;
        SAIPH_PICKLE_READ(u32le, n, 4)
        if (!operand(PickleKind::kString, PickleText::kUtf8, n, false)) return truncated("string");
        break;
      }
      case op::kShortBinString: {
        std::uint8_t n = 0;
        SAIPH_PICKLE_READ(u8, n, 1)
        if (!operand(PickleKind::kString, PickleText::kRaw, n, false)) return truncated("string");
        break;
      }
      case op::kBinString: {
        // Signed for Python, unsigned for C: lengths over 2 GiB never occur otherwise.
        std::uint32_t n = 0;
        SAIPH_PICKLE_READ(u32le, n, 4)
        if (!operand(PickleKind::kString, PickleText::kRaw, n, false)) return truncated("string");
        break;
      }
      case op::kShortBinBytes: {
        std::uint8_t n = 0;
        SAIPH_PICKLE_READ(u8, n, 1)
        if (!operand(PickleKind::kBytes, PickleText::kRaw, n, true)) return truncated("bytes");
        break;
      }
      case op::kBinBytes: {
        std::uint32_t n = 0;
        SAIPH_PICKLE_READ(u32le, n, 4)
        if (!operand(PickleKind::kBytes, PickleText::kRaw, n, true)) return truncated("bytes");
        break;
      }
      case op::kBinUnicode8:
      case op::kBinBytes8:
      case op::kByteArray8: {
        std::uint64_t n = 0;
        SAIPH_PICKLE_READ(u64le, n, 8)
        const bool text = opcode == op::kBinUnicode8;
        if (!operand(text ? PickleKind::kString : PickleKind::kBytes, text ? PickleText::kUtf8 : PickleText::kRaw, n,
                     !text)) {
          return truncated(text ? "string" : "bytes");
        }
        break;
      }
      case op::kLong1: {
        std::uint8_t n = 0;
        SAIPH_PICKLE_READ(u8, n, 1)
        if (n <= r.remaining()) [[likely]] {
          push_value({PickleKind::kBigInteger, chunk_offset + r.offset()});
          (void)r.skip(n);
          break;
        }
        save();
        std::uint64_t start = 0;
        if (!skip_operand(n, false, start)) return truncated("number");
        restore();
        push_value({PickleKind::kBigInteger, start});
        break;
      }
      case op::kEmptyTuple: push_value(PickleValue::tuple(0, 0, 0)); break;
      case op::kEmptyList: push_value({PickleKind::kList, op_offset_}); break;
      case op::kEmptyDict: push_value({PickleKind::kDict, op_offset_}); break;
      case op::kEmptySet: push_value({PickleKind::kSet, op_offset_}); break;
      case op::kTuple1:
      case op::kTuple2:
      case op::kTuple3: {
        const std::ptrdiff_t n = opcode - op::kTuple1 + 1;
        if (sp - fence < n) SAIPH_PICKLE_COLD(cold(opcode))
        sp -= n;
        *sp = make_tuple(sp, static_cast<std::size_t>(n));
        ++sp;
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
        push_value(tuple);
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
        if (opcode == op::kSetItems && n % 2 != 0) SAIPH_PICKLE_FAIL(broken("odd number of items for SETITEMS"))
        if (sp == fence) {
          if (forgot_stack_ && fence == stack_.data()) break;
          SAIPH_PICKLE_FAIL(underflow())
        }
        store(sp[-1], from, n);
        break;
      }
      case op::kAppend:
        if (sp - fence < 2) SAIPH_PICKLE_COLD(cold(opcode))
        --sp;
        store(sp[-1], sp, 1);
        break;
      case op::kSetItem:
        if (sp - fence < 3) SAIPH_PICKLE_COLD(cold(opcode))
        sp -= 2;
        store(sp[-1], sp, 2);
        break;
      case op::kMemoize:
        if (sp == fence) SAIPH_PICKLE_COLD(cold(opcode))
        if (!memo_.put(memo_.count(), sp[-1])) [[unlikely]] oddity_once(told_memo_, PickleOddity::kMemoOverwritten);
        break;
      case op::kBinPut: {
        std::uint8_t index = 0;
        SAIPH_PICKLE_READ(u8, index, 1)
        if (sp == fence) SAIPH_PICKLE_COLD(put(index) ? Step::kContinue : underflow())
        if (!memo_.put(index, sp[-1])) [[unlikely]] oddity_once(told_memo_, PickleOddity::kMemoOverwritten);
        break;
      }
      case op::kLongBinPut: {
        std::uint32_t index = 0;
        SAIPH_PICKLE_READ(u32le, index, 4)
        if (sp == fence) SAIPH_PICKLE_COLD(put(index) ? Step::kContinue : underflow())
        if (!memo_.put(index, sp[-1])) [[unlikely]] oddity_once(told_memo_, PickleOddity::kMemoOverwritten);
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
      default: SAIPH_PICKLE_COLD(cold(opcode))
    }
  }
#undef SAIPH_PICKLE_READ
#undef SAIPH_PICKLE_COLD
#undef SAIPH_PICKLE_FAIL
}

void PickleMachine::look_inside(std::uint64_t payload, std::uint64_t length, bool text, ByteView head) {
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

PickleMachine::Step PickleMachine::underflow() { return broken("stack underflow"); }

PickleMachine::Step PickleMachine::truncated(std::string_view what) {
  outcome_.truncated = true;
  return broken("truncated " + std::string(what));
}

}  // namespace saiph::formats
