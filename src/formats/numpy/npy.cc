#include "formats/numpy/npy.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/checked.h"

namespace saiph::formats {

namespace {

using std::string_view_literals::operator""sv;

constexpr auto kMagic = "\x93NUMPY"sv;
// NumPy itself refuses headers over 10,000 bytes unless told otherwise.
constexpr std::uint64_t kMostHeaderBytes = 1U << 20;
constexpr std::size_t kMostNesting = 64;
constexpr std::size_t kMostDimensions = 64;

/// A cursor over the header's literal. Every method skips blanks first.
class Literal {
 public:
  explicit Literal(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  bool take(char c) {
    blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool peek(char c) {
    blanks();
    return at_ < text_.size() && text_[at_] == c;
  }
  bool end() {
    blanks();
    return at_ >= text_.size();
  }
  bool word(std::string_view word) {
    blanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  /// A quoted string, with an optional prefix letter; escapes only pass a quote.
  bool string(std::string& out) {
    blanks();
    if (at_ + 1 < text_.size() && (text_[at_] == 'u' || text_[at_] == 'b')) ++at_;
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return false;
    const char quote = text_[at_++];
    out.clear();
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    return take_now(quote);
  }
  /// A whole number, Python 2's trailing L included.
  bool number(std::uint64_t& out) {
    blanks();
    std::optional<std::uint64_t> value = 0;
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      value = value ? checked_mul<std::uint64_t>(*value, 10) : value;
      value = value
                  ? checked_add<std::uint64_t>(*value, static_cast<std::uint64_t>(text_[at_] - '0'))
                  : value;
      ++at_;
    }
    if (at_ == from || !value) return false;
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;
    out = *value;
    return true;
  }
  /// (1, 2,) or ()
  bool tuple(std::vector<std::uint64_t>& out) {
    if (!take('(')) return false;
    out.clear();
    while (!take(')')) {
      std::uint64_t extent = 0;
      if (out.size() >= kMostDimensions || !number(extent)) return false;
      out.push_back(extent);
      if (!take(',') && !peek(')')) return false;
    }
    return true;
  }

 private:
  bool take_now(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// The name of a record's field, or (title, name), and the comma behind it.
bool take_field_name(Literal& in, std::string& text) {
  if (in.take('(')) {
    if (!in.string(text) || !in.take(',') || !in.string(text) || !in.take(')')) return false;
  } else if (!in.string(text)) {
    return false;
  }
  return in.take(',');
}

// descr: a dtype string, or a list of (name, descr[, shape]) for records, nested to any depth.
bool parse_descr(Literal& in, NpyHeader& header) {
  std::vector<std::uint64_t> open;  // bytes of the records that are being read
  std::string text;
  while (true) {
    // A value: either a leaf, or the start of a record whose first field follows.
    std::uint64_t bytes = 0;
    if (in.take('[')) {
      if (open.size() >= kMostNesting) return false;
      if (!in.take(']')) {
        open.push_back(0);
        if (!in.take('(')) return false;
        if (!take_field_name(in, text)) return false;
        continue;
      }
    } else {
      if (!in.string(text)) return false;
      const auto item = parse_npy_item(text);
      if (!item) return false;
      header.has_objects |= item->object;
      bytes = item->bytes;
    }
    // The value is complete: close fields and records until another field begins.
    while (true) {
      if (open.empty()) {
        header.item_bytes = bytes;
        return true;
      }
      if (in.take(',') && !in.peek(')')) {
        std::vector<std::uint64_t> shape;
        std::uint64_t extent = 0;
        if (in.peek('(')) {
          if (!in.tuple(shape)) return false;
        } else {
          if (!in.number(extent)) return false;
          shape.push_back(extent);
        }
        for (const std::uint64_t n : shape) {
          const auto product = checked_mul(bytes, n);
          if (!product) return false;
          bytes = *product;
        }
        (void)in.take(',');
      }
      if (!in.take(')')) return false;
      const auto sum = checked_add(open.back(), bytes);
      if (!sum) return false;
      open.back() = *sum;
      const bool more = in.take(',');
      if (in.take(']')) {
        bytes = open.back();
        open.pop_back();
        continue;
      }
      if (!more || !in.take('(')) return false;
      if (!take_field_name(in, text)) return false;
      break;
    }
  }
}

bool parse_literal(std::string_view text, NpyHeader& header) {
  Literal in(text);
  if (!in.take('{')) return false;
  bool have_descr = false;
  bool have_order = false;
  bool have_shape = false;
  std::string key;
  while (!in.take('}')) {
    if (!in.string(key) || !in.take(':')) return false;
    if (key == "descr" && !have_descr) {
      have_descr = true;
      if (!parse_descr(in, header)) return false;
    } else if (key == "fortran_order" && !have_order) {
      have_order = true;
      header.fortran_order = in.word("True");
      if (!header.fortran_order && !in.word("False")) return false;
    } else if (key == "shape" && !have_shape) {
      have_shape = true;
      if (!in.tuple(header.shape)) return false;
    } else {
      return false;
    }
    if (!in.take(',') && !in.peek('}')) return false;
  }
  return have_descr && have_order && have_shape && in.end();
}

}  // namespace

std::optional<NpyItem> parse_npy_item(std::string_view dtype) {
  if (!dtype.empty() && "<>=|"sv.find(dtype[0]) != std::string_view::npos) dtype.remove_prefix(1);
  if (dtype.empty() || "biufcmMOSaUVT?"sv.find(dtype[0]) == std::string_view::npos)
    return std::nullopt;
  const char kind = dtype[0];
  dtype.remove_prefix(1);
  std::uint64_t bytes = 0;
  std::size_t digits = 0;
  for (; digits < dtype.size() && dtype[digits] >= '0' && dtype[digits] <= '9'; ++digits) {
    if (digits >= 10) return std::nullopt;
    bytes = bytes * 10 + static_cast<std::uint64_t>(dtype[digits] - '0');
  }
  dtype.remove_prefix(digits);
  const bool unit = (kind == 'm' || kind == 'M') && dtype.size() >= 3 && dtype.front() == '[' &&
                    dtype.back() == ']';
  if (!dtype.empty() && !unit) return std::nullopt;
  if (kind == 'O' || kind == 'T') return NpyItem{8, true};
  if (digits == 0) {
    if (kind != '?' && kind != 'b' && kind != 'S' && kind != 'U' && kind != 'V' && kind != 'a')
      return std::nullopt;
    bytes = kind == '?' || kind == 'b' ? 1 : 0;
  }
  return NpyItem{kind == 'U' ? bytes * 4 : bytes, false};
}

NpyOutcome parse_npy(const ByteSource& source, std::uint64_t offset, Budget& budget) {
  NpyOutcome out;
  SourceReader reader(source, offset, 4096);
  ByteView magic;
  if (!reader.take(kMagic.size(), magic) || as_text(magic) != kMagic) return out;
  out.kind = NpyOutcome::Kind::kMalformed;
  NpyHeader& header = out.header;
  std::uint64_t length = 0;
  bool read = reader.u8(header.major) && reader.u8(header.minor);
  if (read && (header.major == 0 || header.major > 3)) {
    out.error = Error(ErrorCode::kUnsupported, "npy version " + std::to_string(header.major),
                      offset + kMagic.size());
    return out;
  }
  if (read && header.major == 1) {
    std::uint16_t v = 0;
    read = reader.u16le(v);
    length = v;
  } else if (read) {
    std::uint32_t v = 0;
    read = reader.u32le(v);
    length = v;
  }
  const std::uint64_t text_offset = reader.offset();
  Bytes text;
  if (!read || !reader.copy(length, kMostHeaderBytes, text)) {
    out.error = reader.failure("npy header");
    return out;
  }
  if (!budget.take_work(length / 8 + 1)) {
    out.error = Error(ErrorCode::kLimit, budget.reason(), text_offset);
    return out;
  }
  header.text = as_text(text);
  header.data_offset = reader.offset();
  if (!parse_literal(header.text, header)) {
    out.not_literal = true;
    out.error =
        Error(ErrorCode::kMalformed,
              "the npy header is no literal of descr, fortran_order and shape", text_offset);
    return out;
  }
  if (!header.has_objects) {
    std::optional<std::uint64_t> bytes = header.item_bytes;
    // A zero extent makes the product zero whatever the others are, as for NumPy.
    const bool empty =
        std::find(header.shape.begin(), header.shape.end(), 0U) != header.shape.end();
    for (const std::uint64_t extent : header.shape) {
      if (bytes && !empty) bytes = checked_mul(*bytes, extent);
    }
    if (!bytes) {
      out.error = Error(ErrorCode::kMalformed, "the npy shape overflows", text_offset);
      return out;
    }
    header.data_bytes = empty ? 0 : *bytes;
    if (header.data_bytes > source.size() - header.data_offset) {
      out.error = Error(ErrorCode::kMalformed, "truncated npy data", source.size());
      return out;
    }
  }
  out.kind = NpyOutcome::Kind::kParsed;
  return out;
}

}  // namespace saiph::formats
