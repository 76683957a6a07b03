#include "formats/safetensors/safetensors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "codec/json/json.h"

namespace saiph::formats {

namespace {

constexpr std::uint64_t kPrefixBytes = 8;

struct Dtype {
  std::string_view name;
  std::uint64_t bits;
};

constexpr auto kDtypes = std::to_array<Dtype>({
    {"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
    {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
    {"I64", 64},        {"U64", 64},
});

std::optional<std::uint64_t> unsigned_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.begin(), text.end(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.end()) return std::nullopt;
  return value;
}

struct Extent {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t name_offset;  ///< in the header, to name the tensor when it matters
};

// The header as a state machine over JSON events.
class Header final : public codec::JsonHandler {
 public:
  Header(SafetensorsSink& sink, std::uint64_t max_tensors)
      : sink_(sink), max_tensors_(max_tensors) {}

  bool on_object_begin(std::uint64_t offset) override {
    ++depth_;
    if (depth_ == 1) return true;
    if (depth_ == 2) {
      tensor_ = {};
      return true;
    }
    return nested(offset);
  }
  bool on_object_end() override {
    --depth_;
    if (depth_ != 1 || in_metadata_) return true;
    return finish_tensor();
  }
  bool on_array_begin(std::uint64_t offset) override {
    ++depth_;
    if (depth_ == 1) return true;
    if (depth_ == 2) {
      not_an_object(offset);
    } else if (depth_ != 3 || in_metadata_ || field_ == Field::kDtype || field_ == Field::kOther) {
      return nested(offset);
    } else {
      (field_ == Field::kShape ? tensor_.has_shape : tensor_.has_offsets) = true;
    }
    return true;
  }
  bool on_array_end() override {
    --depth_;
    return true;
  }
  bool on_key(std::string_view key, std::uint64_t offset) override {
    if (depth_ == 1) {
      in_metadata_ = key == "__metadata__";
      name_ = key;
      name_offset_ = offset;
      if (!in_metadata_) sink_.on_tensor_name(key, kPrefixBytes + offset);
    } else if (depth_ == 2) {
      if (in_metadata_) {
        metadata_key_ = key;
      } else {
        field_ = key == "dtype"          ? Field::kDtype
                 : key == "shape"        ? Field::kShape
                 : key == "data_offsets" ? Field::kOffsets
                                         : Field::kOther;
        if (field_ == Field::kOther) tensor_.bad = true;
      }
    }
    return true;
  }
  bool on_duplicate_key(std::string_view key, std::uint64_t offset) override {
    problem(SafetensorsProblem::kDuplicateKey, offset, 0, key);
    return true;
  }
  bool on_string(std::string_view value, std::uint64_t offset) override {
    if (depth_ == 1) {
      not_an_object(offset);
    } else if (depth_ == 2 && in_metadata_) {
      sink_.on_metadata(metadata_key_, value, kPrefixBytes + offset);
    } else if (depth_ == 2 && field_ == Field::kDtype) {
      tensor_.dtype_seen = true;
      for (const Dtype& dtype : kDtypes) {
        if (dtype.name == value) tensor_.bits = dtype.bits;
      }
    } else {
      return other(offset);
    }
    return true;
  }
  bool on_number(std::string_view text, std::uint64_t offset) override {
    const auto value = unsigned_number(text);
    if (depth_ != 3 || in_metadata_ || !value ||
        (field_ != Field::kShape && field_ != Field::kOffsets)) {
      return other(offset);
    }
    if (field_ == Field::kShape) {
      const auto product = checked_mul(tensor_.elements, *value);
      // A zero dimension anywhere makes the product zero whatever else stands there.
      tensor_.zero |= *value == 0;
      if (product) tensor_.elements = *product;
      tensor_.overflow |= !product && *value != 0;
    } else {
      if (tensor_.offsets == 0) tensor_.begin = *value;
      if (tensor_.offsets == 1) tensor_.end = *value;
      ++tensor_.offsets;
    }
    return true;
  }
  bool on_bool(bool, std::uint64_t offset) override { return other(offset); }
  bool on_null(std::uint64_t offset) override { return other(offset); }

  std::vector<Extent>& extents() { return extents_; }
  bool full() const { return full_; }

 private:
  enum class Field : std::uint8_t { kDtype, kShape, kOffsets, kOther };
  struct Tensor {
    std::uint64_t bits = 0;
    std::uint64_t elements = 1;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint32_t offsets = 0;
    bool dtype_seen = false;
    bool has_shape = false;
    bool has_offsets = false;
    bool zero = false;
    bool overflow = false;
    bool bad = false;
  };

  void problem(SafetensorsProblem what, std::uint64_t offset, std::uint64_t length,
               std::string_view detail) {
    sink_.on_problem(what, kPrefixBytes + offset, length, detail);
  }
  void not_an_object(std::uint64_t offset) {
    problem(in_metadata_ ? SafetensorsProblem::kMetadataNotText : SafetensorsProblem::kBadTensor,
            offset, 0, name_);
  }
  // A value where the format has none.
  bool other(std::uint64_t offset) {
    if (depth_ == 1) {
      not_an_object(offset);
    } else if (in_metadata_) {
      problem(SafetensorsProblem::kMetadataNotText, offset, 0, metadata_key_);
    } else {
      tensor_.bad = true;
    }
    return true;
  }
  bool nested(std::uint64_t offset) { return other(offset); }

  bool finish_tensor() {
    const Tensor& tensor = tensor_;
    if (tensor.bad || !tensor.dtype_seen || !tensor.has_shape || !tensor.has_offsets ||
        tensor.offsets != 2) {
      problem(SafetensorsProblem::kBadTensor, name_offset_, 0, name_);
      return true;
    }
    if (tensor.end < tensor.begin) {
      problem(SafetensorsProblem::kBadOffsets, name_offset_, 0, name_);
      return true;
    }
    if (tensor.bits == 0) {
      problem(SafetensorsProblem::kUnknownDtype, name_offset_, 0, name_);
    } else {
      const std::uint64_t elements = tensor.zero ? 0 : tensor.elements;
      const auto bits = checked_mul(elements, tensor.bits);
      // The reference multiplies in order, so a product that overflows is refused even beside a 0.
      if (tensor.overflow || !bits) {
        problem(SafetensorsProblem::kSizeOverflow, name_offset_, 0, name_);
      } else if (*bits % 8 != 0 || *bits / 8 != tensor.end - tensor.begin) {
        problem(SafetensorsProblem::kSizeMismatch, name_offset_, 0, name_);
      }
    }
    if (extents_.size() >= max_tensors_) {
      full_ = true;
      return false;
    }
    extents_.push_back({tensor.begin, tensor.end, name_offset_});
    return true;
  }

  SafetensorsSink& sink_;
  std::uint64_t max_tensors_;
  std::vector<Extent> extents_;
  std::uint32_t depth_ = 0;
  bool in_metadata_ = false;
  bool full_ = false;
  Field field_ = Field::kOther;
  std::string name_;
  std::string metadata_key_;
  std::uint64_t name_offset_ = 0;
  Tensor tensor_;
};

void check_layout(const ByteSource& source, std::uint64_t data_begin, std::vector<Extent>& extents,
                  SafetensorsSink& sink) {
  const auto by_begin = [](const Extent& a, const Extent& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  };
  if (!std::is_sorted(extents.begin(), extents.end(), by_begin)) {
    std::sort(extents.begin(), extents.end(), by_begin);
  }
  const std::uint64_t available = source.size() - data_begin;
  std::uint64_t covered = 0;  // everything before it belongs to a tensor or was reported
  std::uint64_t run = 0;      // start of the present run of data
  for (const Extent& extent : extents) {
    if (extent.begin > covered) {
      if (covered < available) {
        if (covered > run) sink.on_data(data_begin + run, covered - run);
        const std::uint64_t length = std::min(extent.begin, available) - covered;
        sink.on_problem(SafetensorsProblem::kGap, data_begin + covered, length, {});
      }
      run = extent.begin;
    } else if (extent.begin < covered && extent.end > extent.begin) {
      sink.on_problem(SafetensorsProblem::kOverlap, data_begin + std::min(extent.begin, available),
                      covered - extent.begin,
                      safetensors_name(source, kPrefixBytes + extent.name_offset));
    }
    if (extent.end > extent.begin && extent.end <= available) {
      sink.on_tensor_data(data_begin + extent.begin, extent.end - extent.begin,
                          kPrefixBytes + extent.name_offset);
    }
    covered = std::max(covered, extent.end);
  }
  const std::uint64_t inside = std::min(covered, available);
  if (inside > run) sink.on_data(data_begin + run, inside - run);
  if (covered > available) {
    sink.on_problem(SafetensorsProblem::kOutside, source.size(), covered - available, {});
  } else if (covered < available) {
    sink.on_problem(SafetensorsProblem::kTrailing, data_begin + covered, available - covered, {});
  }
}

}  // namespace

std::string safetensors_name(const ByteSource& source, std::uint64_t name_offset) {
  constexpr std::uint64_t kNameBytes = 120;
  if (name_offset >= source.size()) return {};
  const std::uint64_t begin = name_offset + 1;  // behind the quote
  const auto bytes =
      read_range(source, begin, std::min(kNameBytes, source.size() - begin), kNameBytes);
  if (!bytes) return {};
  const std::string_view text = as_text(*bytes);
  return std::string(text.substr(0, text.find('"')));
}

bool looks_like_safetensors(ByteView head, std::uint64_t file_bytes) {
  ByteReader reader(head);
  std::uint64_t length = 0;
  std::uint8_t byte = 0;
  // 2^48 leaves room for lying lengths and none for text, whose eighth byte is a letter.
  if (!reader.u64le(length) || length < 2 || length >> 48 != 0 || file_bytes < kPrefixBytes + 2 ||
      !reader.u8(byte) || byte != '{') {
    return false;
  }
  do {
    if (!reader.u8(byte)) return true;
  } while (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t');
  return byte == '"' || byte == '}';
}

Outcome<SafetensorsSummary> read_safetensors(const ByteSource& source, SafetensorsSink& sink,
                                             Budget& budget) {
  Outcome<SafetensorsSummary> outcome;
  const auto malformed = [&](Error error) {
    outcome.state = ParseState::kMalformed;
    outcome.error = std::move(error);
    return outcome;
  };
  Bytes head(static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), 64)));
  const auto got = source.read_at(0, head);
  if (!got) return malformed(got.error());
  head.resize(*got);
  SafetensorsSummary& summary = outcome.view;
  ByteReader prefix(head);
  if (!looks_like_safetensors(head, source.size()) || !prefix.u64le(summary.header_bytes)) {
    return outcome;
  }
  if (summary.header_bytes > kSafetensorsHeaderBytes) {
    sink.on_problem(SafetensorsProblem::kHeaderTooLong, 0, summary.header_bytes, {});
  }
  const bool whole = summary.header_bytes <= source.size() - kPrefixBytes;
  const auto truncated = [&] {
    return Error(
        ErrorCode::kMalformed,
        "truncated safetensors header of " + std::to_string(summary.header_bytes) + " bytes",
        source.size());
  };

  // A view on the caller's source: it owns nothing and dies in this function.
  const SubSource json(std::shared_ptr<const ByteSource>(std::shared_ptr<void>(), &source),
                       kPrefixBytes, summary.header_bytes);
  SourceReader reader(json);
  // Half of the memory for tensors here; the other half is what the parser may use for keys.
  Header header(sink, budget.limits().memory_bytes / 2 / sizeof(Extent));
  const auto parsed = codec::parse_json(reader, header, budget, {.allow_bom = false});
  summary.tensors = header.extents().size();
  if (!parsed) {
    const Error& error = parsed.error();
    if (error.code() == ErrorCode::kUnavailable) return malformed(error);
    if (!whole && error.message().starts_with("truncated")) return malformed(truncated());
    return malformed({error.code(), "safetensors header: " + error.message(),
                      kPrefixBytes + error.offset().value_or(0)});
  }
  if (header.full()) {
    return malformed(
        {ErrorCode::kLimit, "more tensors than can be held", kPrefixBytes + reader.offset()});
  }
  if (!whole) return malformed(truncated());
  check_layout(source, kPrefixBytes + summary.header_bytes, header.extents(), sink);
  outcome.state = ParseState::kParsed;
  return outcome;
}

}  // namespace saiph::formats
