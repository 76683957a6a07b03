#include <algorithm>
#include <array>
#include <utility>

#include "base/byte_reader.h"
#include "formats/bytecode/bytecode.h"

namespace saiph::formats {

namespace {

constexpr std::size_t kMaxObjects = 300'000;
constexpr std::size_t kMaxDepth = 1'000;  // CPython's own limit is 2,000
constexpr std::size_t kMaxText = 64U << 10;
constexpr std::uint32_t kNoRef = 0xFFFFFFFFU;

// What a code object is made of, in order: i = 32-bit number, o = object.
enum class Layout : std::uint8_t { kPython2, kPython30, kPython38, kPython311 };
constexpr auto kFields =
    std::to_array<std::string_view>({"iiiioooooooo"
                                     "io",
                                     "iiiiioooooooo"
                                     "io",
                                     "iiiiiioooooooo"
                                     "io",
                                     "iiiiiooooooooi"
                                     "oo"});

std::string_view fields_of(Layout layout) {
  return kFields[static_cast<std::size_t>(layout)];
}

Layout layout_of(PythonVersion version) {
  if (version < 300) return Layout::kPython2;
  if (version < 308) return Layout::kPython30;
  if (version < 311) return Layout::kPython38;
  return Layout::kPython311;
}

struct Object {
  enum class Kind : std::uint8_t { kOther, kText, kTuple, kCode };
  Kind kind = Kind::kOther;
  std::uint32_t first = 0;  // text: offset; tuple: first child; code: index in Bytecode::codes
  std::uint32_t count = 0;  // text: length; tuple: children
};

class Reader {
 public:
  Reader(ByteView input, std::uint64_t start, PythonVersion version, Layout layout, Budget& budget)
      : input_(input),
        reader_(input),
        layout_(layout),
        budget_(budget),
        start_ok_(reader_.seek(start)) {
    out_.version = version;
  }

  Result<Bytecode> run() {
    if (!start_ok_) return truncated();
    bool finished = false;
    while (!finished) {
      if (!budget_.take_work(1)) return Error(ErrorCode::kLimit, budget_.reason());
      if (objects_.size() > kMaxObjects)
        return Error(ErrorCode::kLimit, "more objects than may be held", reader_.offset());
      SAIPH_CHECK(read_numbers());
      SAIPH_TRY(const bool complete, read_value());
      if (complete) {
        SAIPH_TRY(finished, deliver());
      }
    }
    if (objects_[current_].kind != Object::Kind::kCode) {
      return Error(ErrorCode::kMalformed, "marshalled value is no code object", reader_.offset());
    }
    out_.bytes_read = reader_.offset();
    return std::move(out_);
  }

 private:
  struct Frame {
    enum class Kind : std::uint8_t { kTuple, kDict, kCode };
    Kind kind = Kind::kTuple;
    std::uint32_t left = 0;
    std::uint32_t ref = kNoRef;
    std::size_t field = 0;
    std::vector<std::uint32_t> items;
    std::uint32_t first_line = 0;
  };

  Error truncated() const { return reader_.failure("marshalled data"); }
  Error malformed(std::string reason) const {
    return {ErrorCode::kMalformed, std::move(reason), reader_.offset()};
  }

  // The 32-bit fields of a code object that stand before its next object.
  Status read_numbers() {
    if (stack_.empty() || stack_.back().kind != Frame::Kind::kCode) return {};
    Frame& frame = stack_.back();
    const std::string_view fields = fields_of(layout_);
    while (frame.field < fields.size() && fields[frame.field] == 'i') {
      std::int32_t value = 0;
      if (!reader_.i32le(value)) return truncated();
      // Argument counts and stack sizes are small and never negative in any compiler's output.
      if (value < 0 && frame.field < 3) return malformed("code object with negative counts");
      if (frame.field > 6) frame.first_line = static_cast<std::uint32_t>(value);
      ++frame.field;
    }
    return {};
  }

  void complete(Object object) {
    objects_.push_back(object);
    current_ = static_cast<std::uint32_t>(objects_.size() - 1);
  }

  Status text(std::uint64_t length, bool interned) {
    ByteView bytes;
    const std::uint64_t offset = reader_.offset();
    if (!reader_.take(length, bytes)) return truncated();
    complete({Object::Kind::kText, static_cast<std::uint32_t>(offset),
              static_cast<std::uint32_t>(length)});
    if (interned && layout_ == Layout::kPython2) strings_.push_back(current_);
    return {};
  }

  Status skip(std::uint64_t n) {
    if (!reader_.skip(n)) return truncated();
    complete({});
    return {};
  }

  Status open(Frame::Kind kind, std::uint64_t count, bool ref) {
    if (stack_.size() >= kMaxDepth)
      return Error(ErrorCode::kLimit, "marshalled data nests deeper than may be followed",
                   reader_.offset());
    if (kind == Frame::Kind::kTuple && count > reader_.remaining())
      return malformed("container longer than the data");
    Frame frame;
    frame.kind = kind;
    frame.left = static_cast<std::uint32_t>(count);
    if (ref) {
      frame.ref = static_cast<std::uint32_t>(refs_.size());
      refs_.push_back(kNoRef);
    }
    stack_.push_back(std::move(frame));
    return {};
  }

  // Reads one value; true when it is complete, false when its parts follow.
  Result<bool> read_value() {
    std::uint8_t code = 0;
    if (!reader_.u8(code)) return truncated();
    const bool ref = (code & 0x80U) != 0 && layout_ != Layout::kPython2;
    const char type = static_cast<char>(code & 0x7FU);
    std::int32_t n = 0;
    std::uint8_t small = 0;
    switch (type) {
      case '0':
        if (!stack_.empty() && stack_.back().kind == Frame::Kind::kDict) {
          stack_.back().left = 0;
          return close();
        }
        complete({});
        return true;
      case 'N':
      case 'F':
      case 'T':
      case 'S':
      case '.':
        complete({});
        break;
      case 'i':
        SAIPH_CHECK(skip(4));
        break;
      case 'I':
      case 'g':
        SAIPH_CHECK(skip(8));
        break;
      case 'y':
        SAIPH_CHECK(skip(16));
        break;
      case 'f':
        if (!reader_.u8(small)) return truncated();
        SAIPH_CHECK(skip(small));
        break;
      case 'x':
        if (!reader_.u8(small) || !reader_.skip(small) || !reader_.u8(small)) return truncated();
        SAIPH_CHECK(skip(small));
        break;
      case 'l': {
        if (!reader_.i32le(n)) return truncated();
        const std::uint64_t digits = n < 0
                                         ? static_cast<std::uint64_t>(-static_cast<std::int64_t>(n))
                                         : static_cast<std::uint64_t>(n);
        SAIPH_CHECK(skip(digits * 2));
        break;
      }
      case 's':
      case 't':
      case 'u':
      case 'a':
      case 'A':
        if (!reader_.i32le(n)) return truncated();
        if (n < 0) return malformed("text of negative length");
        SAIPH_CHECK(text(static_cast<std::uint64_t>(n), type == 't'));
        break;
      case 'z':
      case 'Z':
        if (!reader_.u8(small)) return truncated();
        SAIPH_CHECK(text(small, false));
        break;
      case '(':
      case '[':
      case '<':
      case '>':
        if (!reader_.i32le(n)) return truncated();
        if (n < 0) return malformed("container of negative length");
        SAIPH_CHECK(open(Frame::Kind::kTuple, static_cast<std::uint64_t>(n), ref));
        return n == 0 ? close() : Result<bool>(false);
      case ')':
        if (!reader_.u8(small)) return truncated();
        SAIPH_CHECK(open(Frame::Kind::kTuple, small, ref));
        return small == 0 ? close() : Result<bool>(false);
      case ':':
        SAIPH_CHECK(open(Frame::Kind::kTuple, 3, ref));
        return false;
      case '{':
        SAIPH_CHECK(open(Frame::Kind::kDict, 1, ref));
        return false;
      case 'c':
        SAIPH_CHECK(open(Frame::Kind::kCode, 1, ref));
        return false;
      case 'r':
      case 'R': {
        if (!reader_.i32le(n)) return truncated();
        const auto& table = type == 'r' ? refs_ : strings_;
        if (n < 0 || static_cast<std::size_t>(n) >= table.size())
          return malformed("reference to nothing");
        current_ = table[static_cast<std::size_t>(n)];
        if (current_ == kNoRef) complete({});  // a container that refers to itself
        return true;
      }
      default:
        return malformed("unknown marshal type");
    }
    if (ref) refs_.push_back(current_);
    return true;
  }

  // The finished value goes into the container around it; true when it was the outermost.
  Result<bool> deliver() {
    while (true) {
      if (stack_.empty()) return true;
      Frame& frame = stack_.back();
      if (frame.kind == Frame::Kind::kDict) return false;
      if (frame.kind == Frame::Kind::kTuple) {
        frame.items.push_back(current_);
        if (--frame.left > 0) return false;
      } else {
        frame.items.push_back(current_);
        ++frame.field;
        SAIPH_CHECK(read_numbers());
        if (frame.field < fields_of(layout_).size()) return false;
      }
      SAIPH_TRY(const bool closed, close());
      (void)closed;
    }
  }

  Result<bool> close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.kind == Frame::Kind::kCode) {
      SAIPH_CHECK(finish_code(frame));
    } else {
      const auto first = static_cast<std::uint32_t>(children_.size());
      children_.insert(children_.end(), frame.items.begin(), frame.items.end());
      complete({Object::Kind::kTuple, first, static_cast<std::uint32_t>(frame.items.size())});
    }
    if (frame.ref != kNoRef) refs_[frame.ref] = current_;
    return true;
  }

  std::string text_of(std::uint32_t index) {
    const Object& object = objects_[index];
    if (object.kind != Object::Kind::kText) return {};
    const std::size_t length = std::min<std::size_t>(object.count, kMaxText);
    if (length > text_left_) return {};
    text_left_ -= length;
    return std::string(as_text(input_.subspan(object.first, length)));
  }

  void texts_of(std::uint32_t index, std::vector<std::string>& out) {
    const Object& object = objects_[index];
    if (object.kind != Object::Kind::kTuple) return;
    for (std::uint32_t i = 0; i < object.count && text_left_ > 0; ++i) {
      if (names_left_ == 0) return;
      --names_left_;
      out.push_back(text_of(children_[object.first + i]));
    }
  }

  // Texts of a tuple of constants, also those inside its tuples, two levels deep.
  void constants_of(std::uint32_t index, std::vector<std::string>& out) {
    std::vector<std::pair<std::uint32_t, int>> todo{{index, 0}};
    for (std::size_t at = 0; at < todo.size(); ++at) {
      const auto [tuple, depth] = todo[at];
      const Object object = objects_[tuple];
      for (std::uint32_t i = 0; i < object.count && names_left_ > 0; ++i) {
        --names_left_;
        const std::uint32_t child = children_[object.first + i];
        if (objects_[child].kind == Object::Kind::kText) out.push_back(text_of(child));
        if (objects_[child].kind == Object::Kind::kTuple && depth < 2)
          todo.emplace_back(child, depth + 1);
      }
    }
  }

  Status finish_code(const Frame& frame) {
    // items: code, consts, names, varnames ... ; name is the eighth object before 3.11 (index 7),
    // and index 6 from 3.11 on.
    const bool late = layout_ == Layout::kPython311;
    const std::size_t name = late ? 6 : 7;
    const Object code = objects_[frame.items[0]];
    // s = text or bytes, t = tuple: what every compiler writes there.
    const std::string_view shape = late ? "sttts"
                                          "sssss"
                                        : "stttt"
                                          "tsss";
    for (std::size_t i = 0; i < shape.size() && i < frame.items.size(); ++i) {
      const auto wanted = shape[i] == 's' ? Object::Kind::kText : Object::Kind::kTuple;
      if (objects_[frame.items[i]].kind != wanted)
        return malformed("code object with parts of the wrong kind");
    }
    CodeObject out;
    out.code = input_.subspan(code.first, code.count);
    constants_of(frame.items[1], out.texts);
    texts_of(frame.items[2], out.names);
    texts_of(frame.items[3], out.variables);
    out.name = text_of(frame.items[name]);
    out.first_line = frame.first_line;
    out_.codes.push_back(std::move(out));
    complete({Object::Kind::kCode, static_cast<std::uint32_t>(out_.codes.size() - 1), 0});
    return {};
  }

  ByteView input_;
  ByteReader reader_;
  Layout layout_;
  Budget& budget_;
  bool start_ok_;
  Bytecode out_;
  std::vector<Object> objects_;
  std::vector<std::uint32_t> children_;
  std::vector<std::uint32_t> refs_;
  std::vector<std::uint32_t> strings_;
  std::vector<Frame> stack_;
  std::uint32_t current_ = 0;
  std::size_t text_left_ = 8U << 20;  // names and constants that are kept as text
  std::size_t names_left_ = 200'000;
};

struct MagicRow {
  std::uint16_t first;
  std::uint16_t last;
  PythonVersion version;
};
constexpr auto kMagic = std::to_array<MagicRow>({{62011, 62211, 207},
                                                 {3000, 3131, 300},
                                                 {3141, 3151, 301},
                                                 {3160, 3180, 302},
                                                 {3190, 3230, 303},
                                                 {3250, 3310, 304},
                                                 {3320, 3351, 305},
                                                 {3360, 3379, 306},
                                                 {3390, 3394, 307},
                                                 {3400, 3413, 308},
                                                 {3420, 3425, 309},
                                                 {3430, 3439, 310},
                                                 {3450, 3495, 311},
                                                 {3500, 3531, 312},
                                                 {3550, 3571, 313},
                                                 {3600, 3627, 314}});

}  // namespace

std::optional<PycHeader> read_pyc_header(ByteView head) {
  ByteReader reader(head);
  std::uint16_t magic = 0;
  std::uint16_t line_end = 0;
  if (!reader.u16le(magic) || !reader.u16le(line_end) || line_end != 0x0A0D) return std::nullopt;
  for (const MagicRow& row : kMagic) {
    if (magic < row.first || magic > row.last) continue;
    const std::uint32_t size = row.version < 303 ? 8 : row.version < 307 ? 12 : 16;
    return PycHeader{row.version, size};
  }
  return std::nullopt;
}

bool looks_like_pyc(ByteView head, std::string_view name) {
  const auto header = read_pyc_header(head);
  if (!header) return false;
  if (name.ends_with(".pyc") || name.ends_with(".pyo")) return true;
  return header->size < head.size() && (head[header->size] & 0x7FU) == 'c';
}

Result<Bytecode> read_bytecode(ByteView input, Budget& budget) {
  if (input.size() > 0xFFFFFFFFU) return Error(ErrorCode::kLimit, "bytecode over 4 GiB");
  if (const auto header = read_pyc_header(input)) {
    return Reader(input, header->size, header->version, layout_of(header->version), budget).run();
  }
  // Newest first: an object of the right layout ends exactly where the data ends.
  constexpr auto kTries = std::to_array<PythonVersion>({311, 308, 300, 207});
  Result<Bytecode> best = Error(ErrorCode::kMalformed, "no layout of a code object fits", 0);
  for (const PythonVersion version : kTries) {
    auto found = Reader(input, 0, version, layout_of(version), budget).run();
    if (!found) {
      if (found.error().code() == ErrorCode::kLimit && !best) best = std::move(found);
      continue;
    }
    found->version = 0;
    if (found->bytes_read == input.size()) return found;
    if (!best) best = std::move(found);
  }
  return best;
}

}  // namespace saiph::formats
