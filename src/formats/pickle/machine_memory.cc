// The machine's input window, stack, memo and containers.
#include <algorithm>
#include <cstring>

#include "formats/pickle/machine.h"

namespace saiph::formats {

// Makes the chunk begin at `offset` with at least n bytes. False when the stream ends before, the
// budget is spent or the medium fails.
bool PickleMachine::load(std::uint64_t offset, std::size_t n) {
  if (offset > end_ || end_ - offset < n) return false;
  if (offset < window_offset_ || offset + n > window_offset_ + window_.size() || window_.empty() ||
      offset == window_offset_ + window_.size()) {
    if (!input_.seek(offset) || !input_.refill(std::max<std::size_t>(n, 1))) {
      medium_failed_ = input_.failed();
      return false;
    }
    window_ = input_.buffered();
    window_offset_ = offset;
  }
  const std::uint64_t stop = std::min(end_, std::max(frame_end_, offset));
  const ByteView rest = window_.subspan(static_cast<std::size_t>(offset - window_offset_));
  const auto length =
      static_cast<std::size_t>(std::min<std::uint64_t>({kChunk, rest.size(), stop - offset}));
  reader_ = ByteCursor(rest.first(length));
  chunk_offset_ = offset;
  if (length < n) return false;  // the medium shrank
  if (!budget_->take_work(length / 8 + 1)) {
    out_of_budget_ = true;
    return false;
  }
  return true;
}

void PickleMachine::note_frame_crossed() {
  if (frames_ == PickleFrames::kLinear) {
    observer_->on_oddity(PickleOddity::kFrameCrossed, op_offset_);
    outcome_.frames_disagree = true;
  }
}

// The chunk has fewer than n bytes left: the next fixed-width operand or opcode needs more.
bool PickleMachine::ensure(std::size_t n) {
  std::uint64_t at = position();
  if (at >= frame_end_) {
    frame_end_ = UINT64_MAX;
  } else if (frame_end_ - at < n) {
    note_frame_crossed();
    if (frames_ == PickleFrames::kBuffered) at = frame_end_;
    frame_end_ = UINT64_MAX;
  }
  return load(at, n);
}

// Passes an operand of n bytes that the chunk does not hold. `linear`: the C unpickler copies what
// its buffer still has before it reads on (bytes); for text it drops the rest of the buffer.
bool PickleMachine::skip_operand(std::uint64_t n, bool linear, std::uint64_t& start) {
  start = position();
  if (start >= frame_end_) {
    frame_end_ = UINT64_MAX;
  } else if (frame_end_ - start < n) {
    note_frame_crossed();
    if (frames_ == PickleFrames::kBuffered && !linear) start = frame_end_;
    frame_end_ = UINT64_MAX;
  }
  if (n > end_ - start) return false;
  if (n >= 4) {
    Bytes scratch;
    const ByteView head =
        view_at(start, static_cast<std::size_t>(std::min<std::uint64_t>(n, 64)), scratch);
    if (head.size() >= 4 && (head[0] == 0x80 ? head[1] <= 5
                                             : head[0] == 'c' || head[0] == '(' ||
                                                   (head[0] == 0xC2 && head[1] == 0x80))) {
      look_inside(start, n, !linear, head);
    }
  }
  return load(start + n, 0);
}

// One line operand, without its end. Lines have no length limit; only their place is kept.
bool PickleMachine::line(std::uint64_t& start, std::uint64_t& length) {
  start = position();
  std::uint64_t at = start;
  while (true) {
    const ByteView rest = reader_.rest();
    const std::uint64_t have = rest.size();
    const std::size_t end = as_text(rest).find('\n');
    if (end != std::string_view::npos) {
      (void)reader_.skip(end + 1);
      length = at - start + end;
      return true;
    }
    at += have;
    if (at >= frame_end_) {
      if (at != start) {
        note_frame_crossed();
        if (frames_ == PickleFrames::kBuffered) start = at;
      }
      frame_end_ = UINT64_MAX;
    }
    if (!load(at, 1)) return false;
  }
}

ByteView PickleMachine::view_at(std::uint64_t offset, std::size_t n, Bytes& scratch) const {
  if (offset >= window_offset_ && offset - window_offset_ <= window_.size() &&
      n <= window_.size() - (offset - window_offset_)) {
    return window_.subspan(static_cast<std::size_t>(offset - window_offset_), n);
  }
  scratch.resize(n);
  const auto got = source_->read_at(offset, scratch);
  if (!got) return {};
  return ByteView(scratch).first(*got);
}

bool PickleMachine::push(PickleValue value) {
  if (sp_ == stack_.data() + stack_.capacity()) make_room();
  *sp_++ = value;
  return true;
}

// False: the loader raises. A stack whose bottom was forgotten answers unknown values instead.
bool PickleMachine::pop(PickleValue& value) {
  if (sp_ == fence_) {
    if (forgot_stack_ && fence_ == stack_.data()) {
      value = PickleKind::kUnknown;
      return true;
    }
    return false;
  }
  value = *--sp_;
  return true;
}

// Grows the stack, or at its cap forgets the oldest half: what stands there is popped as unknown.
bool PickleMachine::make_room() {
  const auto depth = static_cast<std::size_t>(sp_ - stack_.data());
  const auto fence = static_cast<std::size_t>(fence_ - stack_.data());
  if (stack_.grow()) {
    sp_ = stack_.data() + depth;
    fence_ = stack_.data() + fence;
    return true;
  }
  const std::size_t half = depth / 2;
  std::copy(stack_.data() + half, stack_.data() + depth, stack_.data());
  sp_ = stack_.data() + (depth - half);
  const auto kept =
      std::lower_bound(marks_.begin(), marks_.end(), static_cast<std::uint32_t>(half));
  const bool inner_mark = kept != marks_.begin();
  marks_.erase(marks_.begin(), kept);
  for (std::uint32_t& mark : marks_) mark -= static_cast<std::uint32_t>(half);
  // The mark under the forgotten half still exists for the loader: it stays at the new bottom.
  if (inner_mark) marks_.insert(marks_.begin(), 0);
  base_ = base_ > half ? base_ - half : 0;
  forgot_stack_ = true;
  refence();
  oddity_once(told_deep_, PickleOddity::kTooDeep);
  return true;
}

bool PickleMachine::push_mark() {
  if (marks_.size() >= kMostMarks) {
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(marks_.size() / 2));
    forgot_stack_ = true;
    oddity_once(told_deep_, PickleOddity::kTooDeep);
  }
  marks_.push_back(static_cast<std::uint32_t>(sp_ - stack_.data()));
  refence();
  return true;
}

void PickleMachine::refence() {
  fence_ = stack_.data() + (marks_.empty() ? base_ : marks_.back());
}

bool PickleMachine::pop_mark(const PickleValue*& from, std::size_t& n) {
  if (marks_.empty()) return false;
  from = fence_;
  n = static_cast<std::size_t>(sp_ - fence_);
  sp_ = fence_;
  marks_.pop_back();
  refence();
  return true;
}

void PickleMachine::remember_items(PickleValue container, const PickleValue* from, std::size_t n) {
  constexpr std::size_t kFew = 64;
  if (n > kFew) return;
  items_sequence_ = arena_.append(from, n);
  items_count_ = n;
  items_owner_ = container;
}

void PickleMachine::store(PickleValue& target, const PickleValue* from, std::size_t n) {
  std::uint64_t taint = 0;
  for (std::size_t i = 0; i < n; ++i) taint |= from[i].bits();
  target = target.with_taint(taint);
  if (n > 1 || target.is(PickleKind::kGlobal)) remember_items(target, from, n);
  if (target.is(PickleKind::kGlobal) || target.is(PickleKind::kExtension)) {
    ++outcome_.effects;
    observer_->on_store(*this, target, {from, n}, op_offset_);
  } else if (target.is(PickleKind::kObject) || target.is(PickleKind::kPersistent)) {
    observer_->on_object_store(*this, target, op_offset_);
  }
}

bool PickleMachine::put(std::uint64_t index) {
  PickleValue top;
  if (sp_ == fence_) {
    if (!pop(top)) return false;
    push(top);
  }
  if (!memo_.put(index, sp_[-1])) oddity_once(told_memo_, PickleOddity::kMemoOverwritten);
  return true;
}

PickleMachine::Step PickleMachine::get(std::uint64_t index) {
  const PickleValue value = memo_.get(index);
  switch (value.kind()) {
    case PickleKind::kUnset:
      return broken("memo key " + std::to_string(index) + " is not set");
    case PickleKind::kList:
    case PickleKind::kDict:
      // The same container fetched twice in a row, then the next one, and so on: exponential when
      // the loaded object is walked (compared, hashed, printed).
      if (value.bits() == last_repeat_) {
        ++repeats_;
        if (repeats_ == 48) oddity_once(told_expansion_, PickleOddity::kExpansion);
        last_repeat_ = UINT64_MAX;
      } else {
        last_repeat_ = value.bits();
      }
      break;
    default:
      break;
  }
  push(value);
  return Step::kContinue;
}

}  // namespace saiph::formats
