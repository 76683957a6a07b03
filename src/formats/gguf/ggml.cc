#include "formats/gguf/ggml.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/checked.h"

namespace saiph::formats {

namespace {

constexpr std::uint64_t kMaxName = 1024;
constexpr std::uint64_t kMaxToken = 65535;

class Reader {
 public:
  Reader(const ByteSource& source, GgufSink& sink, Budget& budget)
      : reader_(source), sink_(sink), budget_(budget) {}

  Outcome<GgmlSummary> run() {
    if (header() && vocabulary() && tensors()) outcome_.state = ParseState::kParsed;
    if (outcome_.state == ParseState::kMalformed && !outcome_.error)
      stop(reader_.failure("GGML file"));
    return std::move(outcome_);
  }

 private:
  bool header();
  bool vocabulary();
  bool tensors();
  bool tensor();

  bool stop(Error error) {
    if (!outcome_.error) outcome_.error = std::move(error);
    return false;
  }
  bool unsupported(std::string_view why) {
    return stop({ErrorCode::kUnsupported,
                 std::string(outcome_.view.family) + " file: " + std::string(why),
                 reader_.offset()});
  }
  /// Before the first tensor a wrong number means another program's layout, after it a broken file.
  bool wrong(std::string_view why) {
    return outcome_.view.tensors == 0
               ? unsupported(why)
               : stop({ErrorCode::kMalformed, "GGML file: " + std::string(why), reader_.offset()});
  }

  SourceReader reader_;
  GgufSink& sink_;
  Budget& budget_;
  Outcome<GgmlSummary> outcome_;
  std::uint64_t padding_ = 1;
};

bool Reader::header() {
  std::uint32_t magic = 0;
  if (reader_.size() < 4 || !reader_.u32le(magic)) return false;
  GgmlSummary& view = outcome_.view;
  switch (magic) {
    case 0x67676d6c:
      view.family = "ggml";
      break;
    case 0x67676d66:
      view.family = "ggmf";
      break;
    case 0x67676a74:
      view.family = "ggjt";
      break;
    case 0x67676c61:
      view.family = "ggla";
      break;
    default:
      return false;
  }
  outcome_.state = ParseState::kMalformed;
  if (view.family != "ggml" && !reader_.u32le(view.version)) return false;
  const bool padded = view.family == "ggjt" || view.family == "ggla";
  padding_ = padded ? 32 : 1;
  const std::uint32_t newest = view.family == "ggjt" ? 3 : 1;
  if (view.family != "ggml" && (view.version == 0 || view.version > newest)) {
    return unsupported("unknown version " + std::to_string(view.version));
  }
  if (view.family == "ggla") {
    std::uint32_t rank = 0;
    std::uint32_t scale = 0;
    return reader_.u32le(rank) && reader_.u32le(scale);
  }
  // vocabulary, embedding, multiple, heads, layers, rotary, type
  std::uint32_t numbers[7] = {};
  for (std::uint32_t& number : numbers) {
    if (!reader_.u32le(number)) return false;
  }
  view.vocabulary = numbers[0];
  const std::uint64_t token_bytes = view.family == "ggml" ? 4 : 8;
  if (numbers[0] == 0 || numbers[1] == 0 || numbers[1] > (1U << 20U) || numbers[3] > (1U << 16U) ||
      numbers[4] > (1U << 16U) || view.vocabulary > reader_.remaining() / token_bytes) {
    return unsupported("not the LLaMA layout");
  }
  return true;
}

bool Reader::vocabulary() {
  const bool scored = outcome_.view.family != "ggml";
  for (std::uint64_t i = 0; i < outcome_.view.vocabulary; ++i) {
    std::uint32_t length = 0;
    if (!reader_.u32le(length)) return false;
    if (length > kMaxToken) return unsupported("a token of " + std::to_string(length) + " bytes");
    if (!reader_.skip(std::uint64_t{length} + (scored ? 4 : 0))) return false;
    if (!budget_.take_work(1)) return stop({ErrorCode::kLimit, budget_.reason(), reader_.offset()});
  }
  return true;
}

bool Reader::tensor() {
  const std::uint64_t at = reader_.offset();
  std::uint32_t dimensions = 0;
  std::uint32_t name_bytes = 0;
  std::uint32_t type = 0;
  if (!reader_.u32le(dimensions) || !reader_.u32le(name_bytes) || !reader_.u32le(type))
    return false;
  if (dimensions == 0 || dimensions > 4)
    return wrong("a tensor of " + std::to_string(dimensions) + " dimensions");
  if (name_bytes > kMaxName)
    return wrong("a tensor name of " + std::to_string(name_bytes) + " bytes");
  const GgmlType row = ggml_type(type);
  if (row.block == 0) return wrong("unknown tensor type " + std::to_string(type));
  std::uint64_t elements = 1;
  bool overflow = false;
  bool aligned = true;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    std::uint32_t size = 0;
    if (!reader_.u32le(size)) return false;
    if (i == 0) aligned = size % row.block == 0;
    const auto product = checked_mul<std::uint64_t>(elements, size);
    overflow |= !product || size >> 31U != 0;
    elements = product.value_or(0);
  }
  ByteView name_view;
  if (!reader_.take(name_bytes, name_view)) return false;
  const std::string name(as_text(name_view));
  sink_.on_tensor_name(name, at + 12 + std::uint64_t{dimensions} * 4);
  const auto bytes = checked_mul(elements / row.block, row.bytes);
  if (overflow || !bytes) {
    sink_.on_problem(GgufProblem::kSizeOverflow, at, elements, name);
    return stop({ErrorCode::kMalformed, "GGML tensor size overflows", at});
  }
  if (!aligned) sink_.on_problem(GgufProblem::kBlockShape, at, elements, name);
  const std::uint64_t pad = (padding_ - reader_.offset() % padding_) % padding_;
  if (pad > reader_.remaining() || *bytes > reader_.remaining() - pad) {
    const std::uint64_t left = reader_.remaining() - std::min(pad, reader_.remaining());
    sink_.on_problem(GgufProblem::kOutside, at, *bytes - std::min(left, *bytes), name);
    return stop({ErrorCode::kMalformed, "truncated GGML tensor data", reader_.size()});
  }
  if (!reader_.skip(pad)) return false;
  sink_.on_data(reader_.offset(), *bytes);
  return reader_.skip(*bytes);
}

bool Reader::tensors() {
  while (!reader_.at_end()) {
    if (!budget_.take_work(8)) return stop({ErrorCode::kLimit, budget_.reason(), reader_.offset()});
    if (!tensor()) return false;
    ++outcome_.view.tensors;
  }
  return true;
}

}  // namespace

Outcome<GgmlSummary> read_ggml(const ByteSource& source, GgufSink& sink, Budget& budget) {
  return Reader(source, sink, budget).run();
}

}  // namespace saiph::formats
