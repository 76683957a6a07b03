#include "formats/gguf/gguf.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "codec/json/key_set.h"

namespace saiph::formats {

namespace {

// Bytes of a value by GgufValueType; 0: string or array, which have lengths of their own.
constexpr auto kValueBytes = std::to_array<std::uint64_t>({1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8});
constexpr std::uint64_t kLongElement = 1024;
constexpr std::uint64_t kNameBytes = 64;
// Keys and names are words; longer ones are reported by a cut, never held whole.
constexpr std::uint64_t kKeyBytes = 65535;
// ggml keeps sizes in signed 64-bit numbers.
constexpr std::uint64_t kSizeLimit = UINT64_MAX >> 1U;

struct Extent {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t info_offset;
};

class Reader {
 public:
  Reader(const ByteSource& source, GgufSink& sink, Budget& budget)
      : reader_(source),
        sink_(sink),
        budget_(budget),
        names_(budget.limits().items, budget.limits().memory_bytes / 4) {}

  Outcome<GgufSummary> run();

 private:
  bool header();
  bool pair();
  bool value(GgufValueType type);
  bool integer(GgufValueType type);
  bool array();
  bool strings(std::uint64_t elements);
  bool tensor();
  void layout();

  bool u32(std::uint32_t& v) { return big_ ? reader_.u32be(v) : reader_.u32le(v); }
  bool u64(std::uint64_t& v) { return big_ ? reader_.u64be(v) : reader_.u64le(v); }
  /// Counts and lengths: 32 bits in version 1.
  bool count(std::uint64_t& v) {
    if (outcome_.view.version != 1) return u64(v);
    std::uint32_t narrow = 0;
    const bool ok = u32(narrow);
    v = narrow;
    return ok;
  }
  std::uint64_t count_bytes() const { return outcome_.view.version == 1 ? 4 : 8; }
  /// A length-prefixed text of at most `limit` bytes, copied.
  bool text(std::uint64_t limit, std::string& out, std::string_view what);

  bool stop(Error error) {
    if (!outcome_.error) outcome_.error = std::move(error);
    return false;
  }
  bool truncated(std::string_view what) { return stop(reader_.failure(what)); }
  bool over(GgufProblem problem, std::uint64_t amount, std::string_view what) {
    const std::uint64_t at = reader_.offset();
    sink_.on_problem(problem, at, amount, what);
    return stop({ErrorCode::kMalformed,
                 "truncated GGUF: " + std::string(what) + " of " + std::to_string(amount) +
                     " passes the end of the file",
                 at});
  }
  bool work(std::uint64_t n) {
    return budget_.take_work(n) || stop({ErrorCode::kLimit, budget_.reason(), reader_.offset()});
  }

  SourceReader reader_;
  GgufSink& sink_;
  Budget& budget_;
  codec::JsonKeySets names_;
  Outcome<GgufSummary> outcome_;
  bool big_ = false;
  std::string key_;
  Bytes bytes_;
  std::vector<Extent> extents_;
};

bool Reader::text(std::uint64_t limit, std::string& out, std::string_view what) {
  std::uint64_t length = 0;
  if (!count(length)) return truncated(what);
  if (length > reader_.remaining()) return over(GgufProblem::kLengthOverFile, length, what);
  if (length > limit) {
    return stop({ErrorCode::kLimit, std::string(what) + " of " + std::to_string(length) + " bytes",
                 reader_.offset()});
  }
  if (!reader_.copy(length, limit, bytes_)) return truncated(what);
  out = as_text(bytes_);
  return work(1 + (length >> 6U));
}

bool Reader::header() {
  ByteView magic;
  if (reader_.size() < 4 || !reader_.take(4, magic)) return false;
  const bool mirrored = as_text(magic) == "FUGG";
  if (!mirrored && as_text(magic) != "GGUF") return false;
  outcome_.state = ParseState::kMalformed;
  std::uint32_t version = 0;
  if (!reader_.u32le(version)) return truncated("GGUF header");
  // Big-endian files keep the magic and turn every number, so version 3 reads as 3 << 24.
  big_ = mirrored || ((version & 0xFFFFU) == 0 && version != 0);
  if (big_) version = __builtin_bswap32(version);
  outcome_.view.version = version;
  outcome_.view.big_endian = big_;
  if (version == 0 || version > 3) {
    return stop({ErrorCode::kUnsupported, "GGUF version " + std::to_string(version), 4});
  }
  if (!count(outcome_.view.tensors) || !count(outcome_.view.keys)) return truncated("GGUF header");
  // A key needs a length, a type and a byte; a tensor a length, a dimension count, a type, an
  // offset.
  const std::uint64_t key_bytes = count_bytes() + 5;
  const std::uint64_t tensor_bytes = count_bytes() + 16;
  if (outcome_.view.keys > reader_.remaining() / key_bytes) {
    return over(GgufProblem::kCountOverFile, outcome_.view.keys, "number of keys");
  }
  if (outcome_.view.tensors > reader_.remaining() / tensor_bytes) {
    return over(GgufProblem::kCountOverFile, outcome_.view.tensors, "number of tensors");
  }
  return true;
}

bool Reader::integer(GgufValueType type) {
  const std::uint64_t at = reader_.offset();
  std::uint64_t value = 0;
  std::uint8_t byte = 0;
  std::uint16_t half = 0;
  std::uint32_t word = 0;
  bool ok = false;
  switch (kValueBytes[static_cast<std::size_t>(type)]) {
    case 1:
      ok = reader_.u8(byte);
      value = byte;
      break;
    case 2:
      ok = big_ ? reader_.u16be(half) : reader_.u16le(half);
      value = half;
      break;
    case 4:
      ok = u32(word);
      value = word;
      break;
    default:
      ok = u64(value);
      break;
  }
  if (!ok) return truncated("GGUF value");
  if (type == GgufValueType::kBool && value > 1) {
    sink_.on_problem(GgufProblem::kBadBool, at, value, key_);
  }
  if (key_ == "general.alignment") {
    if (type != GgufValueType::kU32 || value < 8 || (value & (value - 1)) != 0 ||
        value > (1U << 30U)) {
      sink_.on_problem(GgufProblem::kBadAlignment, at, value, key_);
    } else {
      outcome_.view.alignment = value;
    }
  }
  sink_.on_integer(key_, value, at);
  return true;
}

bool Reader::strings(std::uint64_t elements) {
  const bool is_template = key_.starts_with("tokenizer.chat_template");
  std::string element;
  for (std::uint64_t i = 0; i < elements; ++i) {
    std::uint64_t length = 0;
    const std::uint64_t at = reader_.offset();
    if (!count(length)) return truncated("GGUF string");
    if (length > reader_.remaining())
      return over(GgufProblem::kLengthOverFile, length, "string in an array");
    if (!work(1)) return false;
    if (length <= kLongElement && !is_template) {
      if (!reader_.skip(length)) return truncated("GGUF string");
      continue;
    }
    if (!reader_.seek(at) || !text(budget_.limits().string_bytes, element, "GGUF string")) {
      return stop(reader_.failure("GGUF string"));
    }
    sink_.on_string(key_, element, at + count_bytes());
  }
  return true;
}

bool Reader::array() {
  // Open arrays of arrays: how many elements each still has.
  std::vector<std::uint64_t> open;
  while (true) {
    std::uint32_t raw = 0;
    std::uint64_t elements = 0;
    if (!u32(raw) || !count(elements)) return truncated("GGUF array");
    if (raw >= kValueBytes.size()) {
      sink_.on_problem(GgufProblem::kUnknownValueType, reader_.offset(), raw, key_);
      return stop({ErrorCode::kMalformed, "unknown GGUF value type " + std::to_string(raw),
                   reader_.offset()});
    }
    const auto type = static_cast<GgufValueType>(raw);
    const std::uint64_t least = type == GgufValueType::kString  ? count_bytes()
                                : type == GgufValueType::kArray ? count_bytes() + 4
                                                                : kValueBytes[raw];
    if (elements > reader_.remaining() / least) {
      return over(GgufProblem::kCountOverFile, elements, "number of array elements");
    }
    if (type == GgufValueType::kArray) {
      if (open.empty())
        sink_.on_problem(GgufProblem::kNestedArray, reader_.offset(), elements, key_);
      if (open.size() >= budget_.limits().nesting) {
        return stop({ErrorCode::kLimit, "GGUF arrays nested too deep", reader_.offset()});
      }
      open.push_back(elements);
    } else if (type == GgufValueType::kString) {
      if (!strings(elements)) return false;
    } else if (!reader_.skip(elements * least)) {  // no overflow: elements <= remaining / least
      return truncated("GGUF array");
    }
    while (!open.empty() && open.back() == 0) open.pop_back();
    if (open.empty()) return true;
    --open.back();
    if (!work(1)) return false;
  }
}

bool Reader::value(GgufValueType type) {
  switch (type) {
    case GgufValueType::kString: {
      const std::uint64_t at = reader_.offset() + count_bytes();
      std::string text_value;
      if (!text(budget_.limits().string_bytes, text_value, "GGUF string")) return false;
      sink_.on_string(key_, text_value, at);
      return true;
    }
    case GgufValueType::kArray:
      return array();
    case GgufValueType::kF32:
      return reader_.skip(4) || truncated("GGUF value");
    case GgufValueType::kF64:
      return reader_.skip(8) || truncated("GGUF value");
    default:
      return integer(type);
  }
}

bool Reader::pair() {
  const std::uint64_t at = reader_.offset();
  if (!text(kKeyBytes, key_, "GGUF key")) return false;
  switch (names_.add(key_)) {
    case codec::JsonKeySets::Added::kNew:
      break;
    case codec::JsonKeySets::Added::kDuplicate:
      sink_.on_problem(GgufProblem::kDuplicateKey, at, 0, key_);
      break;
    case codec::JsonKeySets::Added::kFull:
      return stop({ErrorCode::kLimit, "more GGUF keys than can be held", at});
  }
  std::uint32_t type = 0;
  if (!u32(type)) return truncated("GGUF key");
  if (type >= kValueBytes.size()) {
    sink_.on_problem(GgufProblem::kUnknownValueType, reader_.offset(), type, key_);
    return stop({ErrorCode::kMalformed, "unknown GGUF value type " + std::to_string(type),
                 reader_.offset()});
  }
  return value(static_cast<GgufValueType>(type));
}

bool Reader::tensor() {
  const std::uint64_t at = reader_.offset();
  if (!text(kKeyBytes, key_, "GGUF tensor name")) return false;
  const auto problem = [&](GgufProblem what, std::uint64_t amount) {
    sink_.on_problem(what, at, amount, key_);
  };
  sink_.on_tensor_name(key_, at + count_bytes());
  if (key_.size() >= kNameBytes) problem(GgufProblem::kLongName, key_.size());
  switch (names_.add(key_)) {
    case codec::JsonKeySets::Added::kNew:
      break;
    case codec::JsonKeySets::Added::kDuplicate:
      problem(GgufProblem::kDuplicateTensor, 0);
      break;
    case codec::JsonKeySets::Added::kFull:
      return stop({ErrorCode::kLimit, "more GGUF tensors than can be held", at});
  }
  std::uint32_t dimensions = 0;
  if (!u32(dimensions)) return truncated("GGUF tensor");
  if (dimensions == 0 || dimensions > 4) problem(GgufProblem::kDimensions, dimensions);
  if (dimensions > reader_.remaining() / count_bytes()) {
    return over(GgufProblem::kCountOverFile, dimensions, "number of dimensions");
  }
  std::uint64_t first = 1;
  std::uint64_t elements = 1;
  bool overflow = false;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    std::uint64_t size = 0;
    if (!count(size)) return truncated("GGUF tensor");
    if (!work(1)) return false;
    if (i == 0) first = size;
    const auto product = checked_mul(elements, size);
    overflow |= !product || *product > kSizeLimit || size > kSizeLimit;
    elements = product.value_or(0);
  }
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
  if (!u32(type) || !u64(offset)) return truncated("GGUF tensor");
  const GgmlType row = ggml_type(type);
  if (row.block == 0) {
    problem(GgufProblem::kUnknownTensorType, type);
    return true;
  }
  if (first % row.block != 0) problem(GgufProblem::kBlockShape, first);
  const auto bytes = checked_mul(elements / row.block, row.bytes);
  if (overflow || !bytes || *bytes > kSizeLimit) {
    problem(GgufProblem::kSizeOverflow, elements);
    return true;
  }
  const auto end = checked_add(offset, *bytes);
  // Loaders add the padding to a running size: that sum is what CVE-2025-53630 overflowed.
  const auto padded = end ? checked_add(*end, outcome_.view.alignment) : std::nullopt;
  if (!padded || *padded > kSizeLimit) {
    problem(GgufProblem::kSizeOverflow, offset);
    return true;
  }
  if (offset % outcome_.view.alignment != 0) problem(GgufProblem::kMisaligned, offset);
  if (extents_.size() >= budget_.limits().memory_bytes / 2 / sizeof(Extent)) {
    return stop({ErrorCode::kLimit, "more GGUF tensors than can be held", at});
  }
  extents_.push_back({offset, *end, at});
  return true;
}

void Reader::layout() {
  GgufSummary& view = outcome_.view;
  const std::uint64_t slack = view.alignment - 1;
  const std::uint64_t begin = (reader_.offset() + slack) / view.alignment * view.alignment;
  view.data_offset = begin;
  const std::uint64_t available = begin < reader_.size() ? reader_.size() - begin : 0;
  std::sort(extents_.begin(), extents_.end(), [](const Extent& a, const Extent& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t covered = 0;
  for (const Extent& extent : extents_) {
    if (extent.end > available) {
      sink_.on_problem(GgufProblem::kOutside, extent.info_offset, extent.end - available, {});
    }
    if (extent.begin < covered && extent.end > extent.begin) {
      sink_.on_problem(GgufProblem::kOverlap, extent.info_offset, covered - extent.begin, {});
    } else if (extent.begin > covered && extent.begin - covered > slack && covered < available) {
      sink_.on_problem(GgufProblem::kGap, begin + covered,
                       std::min(extent.begin, available) - covered, {});
    }
    const std::uint64_t from = std::max(extent.begin, covered);
    const std::uint64_t to = std::min(extent.end, available);
    if (to > from) sink_.on_data(begin + from, to - from);
    covered = std::max(covered, extent.end);
  }
  if (covered < available && available - covered > slack) {
    sink_.on_problem(GgufProblem::kTrailing, begin + covered, available - covered, {});
  }
}

Outcome<GgufSummary> Reader::run() {
  const auto finished = [this] {
    if (outcome_.state == ParseState::kMalformed && !outcome_.error)
      stop(reader_.failure("GGUF header"));
    return std::move(outcome_);
  };
  if (!header()) return finished();
  names_.open();
  for (std::uint64_t i = 0; i < outcome_.view.keys; ++i) {
    if (!pair()) return finished();
  }
  names_.close();
  names_.open();
  for (std::uint64_t i = 0; i < outcome_.view.tensors; ++i) {
    if (!tensor()) return finished();
  }
  layout();
  outcome_.state = ParseState::kParsed;
  return std::move(outcome_);
}

}  // namespace

Outcome<GgufSummary> read_gguf(const ByteSource& source, GgufSink& sink, Budget& budget) {
  return Reader(source, sink, budget).run();
}

}  // namespace saiph::formats
