// The opcodes off the hot path: text operands, names, calls, persistent ids, frames.
#include <algorithm>

#include "base/checked.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/opcodes.h"

namespace saiph::formats {

namespace op = pickle_op;

namespace {

/// Names longer than this cannot be imported from any file system.
constexpr std::size_t kMostNameBytes = 4096;

bool is_number_text(ByteView text) {
  if (text.empty()) return false;
  return std::all_of(text.begin(), text.end(), [](std::uint8_t c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == 'x' ||
           c == 'X' || c == 'o' || c == 'O' || c == '_' || c == '+' || c == '-' || c == ' ' ||
           c == '\t' || c == '\r' || c == 'L';
  });
}

bool is_float_text(ByteView text) {
  if (text.empty()) return false;
  return std::all_of(text.begin(), text.end(), [](std::uint8_t c) {
    return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E' ||
           c == '_' || c == ' ' || c == '\t' || c == '\r' || c == 'n' || c == 'a' || c == 'i' ||
           c == 'f' || c == 't' || c == 'y' || c == 'N' || c == 'A' || c == 'I' || c == 'F';
  });
}

/// A decimal index as the loader reads it with int(); nothing when negative or over 63 bits.
std::optional<std::uint64_t> parse_index(ByteView text) {
  std::uint64_t value = 0;
  bool any = false;
  for (const std::uint8_t c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '+' || c == '_') continue;
    if (c < '0' || c > '9') return std::nullopt;
    const auto next = checked_mul<std::uint64_t>(value, 10);
    if (!next || *next > (std::uint64_t{1} << 62)) return std::nullopt;
    value = *next + (c - '0');
    any = true;
  }
  return any ? std::optional(value) : std::nullopt;
}

}  // namespace

#define SAIPH_PICKLE_POP(value) \
  if (!pop(value)) return underflow()

template <typename T>
bool PickleMachine::fixed(T& value) {
  const auto read = [&] {
    if constexpr (sizeof(T) == 1) return reader_.u8(value);
    if constexpr (sizeof(T) == 2) return reader_.u16le(value);
    if constexpr (sizeof(T) == 4) return reader_.u32le(value);
    if constexpr (sizeof(T) == 8) return reader_.u64le(value);
  };
  return read() || (ensure(sizeof(T)) && read());
}

PickleMachine::Step PickleMachine::cold(std::uint8_t opcode) {
  PickleValue a;
  PickleValue b;
  PickleValue c;
  const PickleValue* from = nullptr;
  std::size_t n = 0;
  switch (opcode) {
    case op::kStop: {
      SAIPH_PICKLE_POP(a);
      if (contexts_.empty()) {
        if (sp_ != stack_.data() + base_ || !marks_.empty()) {
          observer_->on_oddity(PickleOddity::kLeftOnStack, op_offset_);
        }
        outcome_.result = a;
        return Step::kStop;
      }
      // The end of a stream inside a joblib object array: the outer one goes on, the array in place
      // of its wrapper.
      Context outer = std::move(contexts_.back());
      contexts_.pop_back();
      sp_ = stack_.data() + base_;
      base_ = outer.base;
      memo_ = std::move(outer.memo);
      marks_ = std::move(outer.marks);
      protocol_ = outer.protocol;
      refence();
      frame_end_ = UINT64_MAX;
      return load(position(), 0) ? Step::kContinue : truncated("stream");
    }
    case op::kProto: {
      std::uint8_t version = 0;
      if (!fixed(version)) return truncated("protocol");
      if (version > 5) return broken("unsupported pickle protocol " + std::to_string(version));
      if (outcome_.opcodes == 1) outcome_.has_protocol = true;
      protocol_ = version;
      return Step::kContinue;
    }
    case op::kFrame: {
      std::uint64_t length = 0;
      if (!fixed(length)) return truncated("frame");
      std::uint64_t at = position();
      if (at < frame_end_ && frame_end_ != UINT64_MAX) {
        if (frames_ == PickleFrames::kLinear) {
          observer_->on_oddity(PickleOddity::kFrameOverlap, op_offset_);
          outcome_.frames_disagree = true;
        } else if (length > frame_end_ - at) {
          at = frame_end_;
          frame_end_ = UINT64_MAX;
        }
      }
      if (length > end_ - at) {
        // The C unpickler raises here, the one in Python reads on.
        frame_beyond_end_ = true;
        frame_end_ = UINT64_MAX;
      } else if (frames_ == PickleFrames::kLinear || frame_end_ == UINT64_MAX || at >= frame_end_) {
        frame_end_ = at + length;
      }
      return load(at, 0) ? Step::kContinue : truncated("frame");
    }
    case op::kPop:
      if (sp_ == fence_ && !marks_.empty()) {
        marks_.pop_back();
        refence();
        return Step::kContinue;
      }
      SAIPH_PICKLE_POP(a);
      if (a.is(PickleKind::kObject) && a.tainted())
        observer_->on_oddity(PickleOddity::kResultDropped, op_offset_);
      return Step::kContinue;
    case op::kPopMark:
      if (!pop_mark(from, n)) return broken("POP_MARK without MARK");
      return Step::kContinue;
    case op::kDup:
      SAIPH_PICKLE_POP(a);
      push(a);
      push(a);
      return Step::kContinue;
    case op::kTuple1:
    case op::kTuple2:
    case op::kTuple3: {
      PickleValue three[3];
      const std::size_t want = static_cast<std::size_t>(opcode) - op::kTuple1 + 1;
      for (std::size_t i = want; i-- > 0;) SAIPH_PICKLE_POP(three[i]);
      push(make_tuple(three, want));
      return Step::kContinue;
    }
    case op::kList:
    case op::kDict:
    case op::kFrozenSet: {
      if (!pop_mark(from, n)) return broken("items without MARK");
      if (opcode == op::kDict && n % 2 != 0) return broken("odd number of items for DICT");
      PickleValue made(opcode == op::kDict   ? PickleKind::kDict
                       : opcode == op::kList ? PickleKind::kList
                                             : PickleKind::kSet,
                       op_offset_);
      store(made, from, n);
      push(made);
      return Step::kContinue;
    }
    case op::kAppend:
      SAIPH_PICKLE_POP(b);
      SAIPH_PICKLE_POP(a);
      store(a, &b, 1);
      push(a);
      return Step::kContinue;
    case op::kSetItem: {
      PickleValue pair[2];
      SAIPH_PICKLE_POP(pair[1]);
      SAIPH_PICKLE_POP(pair[0]);
      SAIPH_PICKLE_POP(a);
      store(a, pair, 2);
      push(a);
      return Step::kContinue;
    }
    case op::kMemoize:
      return put(memo_.count()) ? Step::kContinue : underflow();
    case op::kLong4: {
      std::uint32_t length = 0;
      std::uint64_t start = 0;
      if (!fixed(length)) return truncated("number");
      if (length > 0x7FFFFFFF) return broken("negative length of LONG4");
      if (!skip_operand(length, false, start)) return truncated("number");
      push({PickleKind::kBigInteger, start});
      return Step::kContinue;
    }
    case op::kReduce:
      SAIPH_PICKLE_POP(b);
      SAIPH_PICKLE_POP(a);
      push(call(PickleCallKind::kReduce, a, b, {}));
      return Step::kContinue;
    case op::kNewObj:
      SAIPH_PICKLE_POP(b);
      SAIPH_PICKLE_POP(a);
      push(call(PickleCallKind::kNewObject, a, b, {}));
      return Step::kContinue;
    case op::kNewObjEx:
      SAIPH_PICKLE_POP(c);
      SAIPH_PICKLE_POP(b);
      SAIPH_PICKLE_POP(a);
      push(call(PickleCallKind::kNewObject, a, b, c));
      return Step::kContinue;
    case op::kObj:
      if (!pop_mark(from, n)) return broken("OBJ without MARK");
      if (n == 0) return underflow();
      a = from[0];
      b = make_tuple(from + 1, n - 1);
      push(call(PickleCallKind::kInstance, a, b, {}));
      return Step::kContinue;
    case op::kBuild:
      return build();
    case op::kBinPersId:
      SAIPH_PICKLE_POP(a);
      ++outcome_.effects;
      observer_->on_persistent_id(*this, a, op_offset_);
      // PyTorch's legacy loader answers ('module', class, file, source) with the class itself.
      if (const auto parts = elements(a);
          parts.size() >= 2 && parts[1].is(PickleKind::kGlobal) && text(parts[0], 8) == "module") {
        push(parts[1]);
      } else {
        push(PickleValue(PickleKind::kPersistent, op_offset_).with_taint(a.bits()));
      }
      return Step::kContinue;
    case op::kExt1:
    case op::kExt2:
    case op::kExt4: {
      std::uint64_t code = 0;
      if (opcode == op::kExt1) {
        std::uint8_t v = 0;
        if (!fixed(v)) return truncated("extension code");
        code = v;
      } else if (opcode == op::kExt2) {
        std::uint16_t v = 0;
        if (!fixed(v)) return truncated("extension code");
        code = v;
      } else {
        std::uint32_t v = 0;
        if (!fixed(v)) return truncated("extension code");
        code = v;
      }
      ++outcome_.effects;
      const auto known = extensions_.find(code);
      observer_->on_extension(code, known != extensions_.end(), op_offset_);
      if (known == extensions_.end()) {
        push(PickleValue(PickleKind::kExtension, code).with_taint(PickleValue::kTaint));
        return Step::kContinue;
      }
      ++outcome_.imports;
      observer_->on_import(*this, known->second, op_offset_);
      push(known->second);
      return Step::kContinue;
    }
    case op::kNextBuffer:
      push(PickleKind::kBuffer);
      return Step::kContinue;
    case op::kReadonlyBuffer:
      SAIPH_PICKLE_POP(a);
      push(a);
      return Step::kContinue;
    case op::kGlobal:
    case op::kInst:
    case op::kStackGlobal:
      return cold_global(opcode);
    default:
      return cold_text(opcode);
  }
}

PickleMachine::Step PickleMachine::cold_global(std::uint8_t opcode) {
  PickleValue global;
  if (opcode == op::kStackGlobal) {
    PickleValue name;
    PickleValue module;
    SAIPH_PICKLE_POP(name);
    SAIPH_PICKLE_POP(module);
    import_values(module, name, global, op_offset_);
    push(global);
    return Step::kContinue;
  }
  std::uint64_t module_at = 0;
  std::uint64_t module_length = 0;
  std::uint64_t name_at = 0;
  std::uint64_t name_length = 0;
  if (!line(module_at, module_length) || !line(name_at, name_length)) return truncated("name");
  if (module_length > kMostNameBytes || name_length > kMostNameBytes) {
    import_values(PickleKind::kUnknown, PickleKind::kUnknown, global, op_offset_);
  } else {
    Bytes module_scratch;
    Bytes name_scratch;
    const ByteView module =
        view_at(module_at, static_cast<std::size_t>(module_length), module_scratch);
    const ByteView name = view_at(name_at, static_cast<std::size_t>(name_length), name_scratch);
    import_name(as_text(module), as_text(name), global, op_offset_);
  }
  if (opcode == op::kGlobal) {
    push(global);
    return Step::kContinue;
  }
  const PickleValue* from = nullptr;
  std::size_t n = 0;
  if (!pop_mark(from, n)) return broken("INST without MARK");
  const PickleValue arguments = make_tuple(from, n);
  push(call(PickleCallKind::kInstance, global, arguments, {}));
  return Step::kContinue;
}

PickleMachine::Step PickleMachine::cold_text(std::uint8_t opcode) {
  switch (opcode) {
    case op::kInt:
    case op::kLong:
    case op::kFloat:
    case op::kString:
    case op::kUnicode:
    case op::kPersId:
    case op::kGet:
    case op::kPut:
      break;
    default:
      return broken("byte " + std::to_string(opcode) + " is no opcode");
  }
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  if (!line(start, length)) return truncated("line operand");
  Bytes scratch;
  const ByteView head =
      view_at(start, static_cast<std::size_t>(std::min<std::uint64_t>(length, 64)), scratch);
  switch (opcode) {
    case op::kInt: {
      if (as_text(head) == "00" || as_text(head) == "01") {
        push({PickleKind::kBool, head[1] == '1' ? 1U : 0U});
        return Step::kContinue;
      }
      if (!is_number_text(head)) return broken("INT operand is no number");
      const auto value = parse_index(head);
      push(value && *value < (std::uint64_t{1} << 56)
               ? PickleValue(PickleKind::kInteger, *value)
               : PickleValue(PickleKind::kBigInteger, start));
      return Step::kContinue;
    }
    case op::kLong:
      if (!is_number_text(head)) return broken("LONG operand is no number");
      push({PickleKind::kBigInteger, start});
      return Step::kContinue;
    case op::kFloat:
      if (!is_float_text(head)) return broken("FLOAT operand is no number");
      push({PickleKind::kFloat, start});
      return Step::kContinue;
    case op::kString: {
      // Python strips blanks, then wants one pair of quotes.
      if (head.empty() || (head[0] != '\'' && head[0] != '"' && head[0] != ' ')) {
        return broken("STRING operand is not quoted");
      }
      if (length >= 6)
        look_inside(start + 1, length - 2, true,
                    head.subspan(1).size() >= 2 ? head.subspan(1) : head);
      push(PickleValue::operand(PickleKind::kString, PickleText::kQuoted, start, length));
      return Step::kContinue;
    }
    case op::kUnicode:
      push(PickleValue::operand(PickleKind::kString, PickleText::kUnicodeEscape, start, length));
      return Step::kContinue;
    case op::kPersId: {
      if (std::any_of(head.begin(), head.end(), [](std::uint8_t c) { return c >= 0x80; })) {
        return broken("persistent id of protocol 0 is not ASCII");
      }
      const PickleValue id =
          PickleValue::operand(PickleKind::kString, PickleText::kUtf8, start, length);
      ++outcome_.effects;
      observer_->on_persistent_id(*this, id, op_offset_);
      push({PickleKind::kPersistent, op_offset_});
      return Step::kContinue;
    }
    case op::kGet: {
      const auto index = parse_index(head);
      if (!index) return broken("GET operand is no memo key");
      return get(*index);
    }
    default: {
      const auto index = parse_index(head);
      if (!index) return broken("PUT operand is no memo key");
      return put(*index) ? Step::kContinue : underflow();
    }
  }
}

bool PickleMachine::import_name(std::string_view module, std::string_view name, PickleValue& out,
                                std::uint64_t at) {
  ++outcome_.imports;
  const auto id = names_.intern(module, name, protocol_ < 3);
  if (!id) {
    oddity_once(told_names_, PickleOddity::kTooManyNames);
    out = PickleValue(PickleKind::kUnknown).with_taint(PickleValue::kTaint);
    return false;
  }
  PickleNames::Entry& entry = names_.at(id->first);
  if (id->second) entry.traits = observer_->on_new_name(entry.name);
  out = PickleValue(PickleKind::kGlobal, id->first)
            .with_taint(entry.traits.tainted ? PickleValue::kTaint : 0);
  if ((entry.traits.inert & PickleTraits::kImport) == 0) observer_->on_import(*this, out, at);
  return true;
}

bool PickleMachine::import_values(PickleValue module, PickleValue name, PickleValue& out,
                                  std::uint64_t at) {
  CachedName& cached = name_cache_[(module.payload() * 31 + name.payload()) % name_cache_.size()];
  if (cached.protocol == protocol_ && cached.module == module.bits() &&
      cached.name == name.bits() && module.is(PickleKind::kString) &&
      name.is(PickleKind::kString)) {
    const PickleNames::Entry& entry = names_.at(cached.id);
    ++outcome_.imports;
    out = PickleValue(PickleKind::kGlobal, cached.id)
              .with_taint(entry.traits.tainted ? PickleValue::kTaint : 0);
    if ((entry.traits.inert & PickleTraits::kImport) == 0) observer_->on_import(*this, out, at);
    return true;
  }
  const bool are_text = (module.is(PickleKind::kString) || module.is(PickleKind::kComputed)) &&
                        (name.is(PickleKind::kString) || name.is(PickleKind::kComputed));
  const auto module_text = are_text ? text(module, kMostNameBytes + 1) : std::nullopt;
  const auto name_text = are_text ? text(name, kMostNameBytes + 1) : std::nullopt;
  if (!module_text || !name_text || module_text->size() > kMostNameBytes ||
      name_text->size() > kMostNameBytes) {
    ++outcome_.imports;
    observer_->on_oddity(PickleOddity::kUnnamed, at);
    out = PickleValue(PickleKind::kUnknown).with_taint(PickleValue::kTaint);
    return false;
  }
  if (!import_name(*module_text, *name_text, out, at)) return false;
  cached = {module.bits(), name.bits(), out.name_id(), protocol_};
  return true;
}

PickleMachine::Step PickleMachine::build() {
  PickleValue state;
  PickleValue target;
  SAIPH_PICKLE_POP(state);
  SAIPH_PICKLE_POP(target);
  push(target.with_taint(state.bits()));
  switch (target.kind()) {
    case PickleKind::kObject: {
      const std::uint32_t id = target.name_id();
      if (id < names_.size() && names_.at(id).known == PickleKnown::kJoblibWrapper)
        return read_joblib_array(state);
      if (((state.bits() | target.bits()) & PickleValue::kTaint) != 0)
        observer_->on_build(*this, target, state, op_offset_);
      break;
    }
    case PickleKind::kGlobal:
    case PickleKind::kExtension:
    case PickleKind::kUnknown:
      ++outcome_.effects;
      observer_->on_build(*this, target, state, op_offset_);
      break;
    default:
      if (state.tainted()) observer_->on_build(*this, target, state, op_offset_);
      break;
  }
  return Step::kContinue;
}

PickleValue PickleMachine::call(PickleCallKind kind, PickleValue callable, PickleValue arguments,
                                PickleValue keywords) {
  ++outcome_.calls;
  const std::uint64_t taint = callable.bits() | arguments.bits() | keywords.bits();
  std::uint32_t id = PickleValue::kNoName;
  std::uint8_t inert = 0;
  PickleKnown known = PickleKnown::kNone;
  if (callable.is(PickleKind::kGlobal)) {
    id = callable.name_id();
    const PickleNames::Entry& entry = names_.at(id);
    inert = entry.traits.inert;
    known = entry.known;
  }
  const bool tainted_arguments = ((arguments.bits() | keywords.bits()) & PickleValue::kTaint) != 0;
  bool quiet = false;
  switch (kind) {
    case PickleCallKind::kReduce:
      quiet = (inert & PickleTraits::kCall) != 0;
      break;
    case PickleCallKind::kNewObject:
      quiet = (inert & PickleTraits::kRebuild) != 0;
      break;
    case PickleCallKind::kInstance:
      quiet = (inert & PickleTraits::kCall) != 0 ||
              ((inert & PickleTraits::kRebuild) != 0 && arguments.tuple_length() == 0);
      break;
  }
  if (!quiet || tainted_arguments || !arguments.is(PickleKind::kTuple)) {
    observer_->on_call(*this, {kind, callable, arguments, keywords, op_offset_});
  }
  if (known != PickleKnown::kNone) {
    const PickleValue folded = fold(known, arguments);
    if (!folded.is(PickleKind::kUnset)) return folded;
  }
  const PickleValue pair[2] = {callable, arguments};
  return PickleValue::object(arena_.append(pair, 2), id).with_taint(taint);
}

// joblib writes NumpyArrayWrapper by NEWOBJ and BUILD, and right behind BUILD the array itself:
// since 1.2 one byte of padding length and the padding, then raw items, or for object arrays a
// whole stream.
PickleMachine::Step PickleMachine::read_joblib_array(PickleValue state) {
  PickleValue shape;
  PickleValue dtype;
  bool aligned = false;
  const auto items = recent_items(state);
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const auto key = text(items[i], 64);
    if (!key) continue;
    if (*key == "shape") shape = items[i + 1];
    if (*key == "dtype") dtype = items[i + 1];
    if (*key == "numpy_array_alignment_bytes") aligned = items[i + 1].is(PickleKind::kInteger);
  }
  if (!shape.is(PickleKind::kTuple) || !dtype.is(PickleKind::kDtype)) {
    return broken("the size of a joblib array cannot be told");
  }
  if (dtype.payload() == PickleValue::kObjectDtype) {
    constexpr std::size_t kMostContexts = 8;
    if (contexts_.size() >= kMostContexts) return broken("joblib object arrays nest too deep");
    Context outer;
    std::swap(outer.memo, memo_);
    std::swap(outer.marks, marks_);
    outer.base = base_;
    outer.protocol = protocol_;
    contexts_.push_back(std::move(outer));
    base_ = static_cast<std::size_t>(sp_ - stack_.data());
    refence();
    frame_end_ = UINT64_MAX;
    return load(position(), 0) ? Step::kContinue : truncated("joblib object array");
  }
  std::optional<std::uint64_t> bytes = dtype.payload();
  const auto extents = elements(shape);
  if (extents.size() != shape.tuple_length())
    return broken("the size of a joblib array cannot be told");
  for (const PickleValue extent : extents) {
    if (!extent.is(PickleKind::kInteger) || extent.as_integer() < 0) {
      return broken("the size of a joblib array cannot be told");
    }
    bytes = checked_mul(*bytes, static_cast<std::uint64_t>(extent.as_integer()));
    if (!bytes) return broken("the size of a joblib array overflows");
  }
  frame_end_ = UINT64_MAX;
  if (!load(position(), 0)) return truncated("joblib array");
  std::uint64_t start = 0;
  if (aligned) {
    std::uint8_t padding = 0;
    if (!fixed(padding) || !skip_operand(padding, true, start)) return truncated("joblib padding");
  }
  start = position();
  if (*bytes > end_ - start || !load(start + *bytes, 0)) return truncated("joblib array");
  if (*bytes != 0) observer_->on_data(start, *bytes);
  return Step::kContinue;
}

#undef SAIPH_PICKLE_POP

}  // namespace saiph::formats
