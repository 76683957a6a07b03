#include "formats/tflite/tflite_model.h"

#include <algorithm>

#include "base/checked.h"
#include "codec/flatbuffers/flatbuffer_view.h"

namespace saiph::formats {

namespace {

using codec::FlatbufferView;
using codec::FlatTable;
using codec::FlatVector;

constexpr std::uint64_t kBuffersKept = 1'000'000;
constexpr std::size_t kCodesKept = 100'000;
constexpr std::size_t kNamesKept = 10'000;
constexpr std::size_t kProblemsKept = 100;
constexpr std::uint64_t kCustom = 32;  // BuiltinOperator CUSTOM

/// Twice the bytes of one element (int4 is 1); 0 for strings, resources, variants and unknown.
unsigned half_bytes(std::uint64_t type) {
  switch (type) {
    case 0:
    case 2:
    case 15:
      return 8;
    case 1:
    case 7:
    case 16:
    case 18:
      return 4;
    case 3:
    case 6:
    case 9:
      return 2;
    case 4:
    case 8:
    case 10:
    case 12:
      return 16;
    case 11:
      return 32;
    case 17:
      return 1;
    default:
      return 0;
  }
}

std::int64_t signed_32(std::uint64_t raw) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(raw));
}

class Parser {
 public:
  Parser(const ByteSource& source, Budget& budget, TfliteVisitor& visitor)
      : view_(source, budget), budget_(budget), visitor_(visitor), size_(source.size()) {}

  Status walk();
  TfliteModel take() { return std::move(model_); }

 private:
  Status operator_codes(const FlatTable& root);
  Status buffers(const FlatTable& root);
  Status subgraphs(const FlatTable& root);
  Status tensor(const FlatTable& table);
  Status operation(const FlatTable& table, std::uint32_t tensors);
  Status references(const FlatTable& table, std::uint16_t slot, std::uint32_t tensors,
                    const char* what);
  Status metadata(const FlatTable& root);
  Status signatures(const FlatTable& root);
  void problem(TfliteProblem::Kind kind, std::string what, std::uint64_t offset) {
    if (model_.problems.size() < kProblemsKept)
      model_.problems.push_back({kind, std::move(what), offset});
  }
  /// Tables may share vectors, so elements are counted as they are visited.
  Status charge(std::uint64_t elements, std::uint64_t offset) {
    items_ += elements;
    if (items_ > budget_.limits().items) {
      return Error(ErrorCode::kLimit,
                   "more than " + std::to_string(budget_.limits().items) +
                       " items in one model (--max-items)",
                   offset);
    }
    return {};
  }
  Result<std::optional<FlatVector>> counted(const FlatTable& table, std::uint16_t slot,
                                            unsigned bytes) {
    SAIPH_TRY(auto vector, view_.vector(table, slot, bytes));
    if (vector) SAIPH_CHECK(charge(vector->length, vector->offset));
    return vector;
  }

  FlatbufferView view_;
  Budget& budget_;
  TfliteVisitor& visitor_;
  std::uint64_t size_;
  TfliteModel model_;
  std::vector<TfliteBuffer> buffers_;
  std::uint64_t items_ = 0;
};

Status Parser::operator_codes(const FlatTable& root) {
  SAIPH_TRY(const auto codes, counted(root, 1, 4));
  if (!codes) return {};
  if (codes->length > kCodesKept)
    return Error(ErrorCode::kLimit, "too many operator codes", codes->offset);
  for (std::uint32_t i = 0; i < codes->length; ++i) {
    SAIPH_TRY(const FlatTable table, view_.table_at(*codes, i));
    TfliteOperatorCode code;
    code.offset = table.offset;
    SAIPH_TRY(const std::uint64_t old_code, view_.scalar(table, 0, 1));
    SAIPH_TRY(const std::uint64_t new_code, view_.scalar(table, 3, 4));
    // The loader takes the larger of the two: the byte is what files had before code 127.
    const auto narrow = static_cast<std::int8_t>(static_cast<std::uint8_t>(old_code));
    code.builtin = static_cast<std::int32_t>(std::max<std::int64_t>(narrow, signed_32(new_code)));
    SAIPH_TRY(code.custom, view_.string(table, 1));
    if (code.builtin < 0) {
      problem(TfliteProblem::Kind::kReference,
              "operator code " + std::to_string(i) + " is negative", table.offset);
    } else if (static_cast<std::uint64_t>(code.builtin) == kCustom && code.custom.empty()) {
      problem(TfliteProblem::Kind::kReference, "custom operator without a name", table.offset);
    }
    model_.operator_codes.push_back(std::move(code));
  }
  return {};
}

Status Parser::buffers(const FlatTable& root) {
  SAIPH_TRY(const auto list, counted(root, 4, 4));
  if (!list) return {};
  if (list->length > kBuffersKept)
    return Error(ErrorCode::kLimit, "too many buffers", list->offset);
  model_.buffers = list->length;
  for (std::uint32_t i = 0; i < list->length; ++i) {
    SAIPH_TRY(const FlatTable table, view_.table_at(*list, i));
    SAIPH_TRY(const auto data, view_.vector(table, 0, 1));
    SAIPH_TRY(const std::uint64_t offset, view_.scalar(table, 1, 8));
    SAIPH_TRY(const std::uint64_t length, view_.scalar(table, 2, 8));
    TfliteBuffer buffer;
    // Offset 1 is the placeholder that writers put before the offsets are known.
    if (offset > 1) {
      if (data && data->length != 0) {
        problem(TfliteProblem::Kind::kRange,
                "buffer " + std::to_string(i) + " states its data twice", table.offset);
      }
      if (range_inside(offset, length, size_)) {
        buffer = {offset, length};
      } else {
        problem(TfliteProblem::Kind::kRange,
                "buffer " + std::to_string(i) + " at " + std::to_string(offset) + " + " +
                    std::to_string(length) + " leaves the file",
                table.offset);
      }
    } else if (data) {
      buffer = {data->offset, data->length};
    }
    buffers_.push_back(buffer);
  }
  return {};
}

Status Parser::tensor(const FlatTable& table) {
  ++model_.tensors;
  SAIPH_TRY(const std::uint64_t type, view_.scalar(table, 1, 1));
  SAIPH_TRY(const std::uint64_t index, view_.scalar(table, 2, 4));
  if (index >= buffers_.size() && !(index == 0 && buffers_.empty())) {
    problem(TfliteProblem::Kind::kReference,
            "tensor refers to buffer " + std::to_string(index) + " of " +
                std::to_string(buffers_.size()),
            table.offset);
    return {};
  }
  SAIPH_TRY(const auto shape, counted(table, 0, 4));
  SAIPH_TRY(const auto sparsity, view_.table(table, 6));
  if (buffers_.empty() || buffers_[index].length == 0) return {};
  std::optional<std::uint64_t> elements = 1;
  for (std::uint32_t i = 0; shape && i < shape->length; ++i) {
    SAIPH_TRY(const std::uint64_t raw, view_.scalar_at(*shape, i, 4));
    const std::int64_t dimension = signed_32(raw);
    if (dimension < 0) elements.reset();
    if (elements) elements = checked_mul(*elements, static_cast<std::uint64_t>(dimension));
  }
  const unsigned half = half_bytes(type);
  if (elements && half != 0) elements = checked_mul<std::uint64_t>(*elements, half);
  if (!elements) {
    problem(TfliteProblem::Kind::kOverflow, "constant with a negative or overflowing shape",
            table.offset);
  } else if (half != 0 && !sparsity && *elements / 2 + *elements % 2 != buffers_[index].length) {
    problem(TfliteProblem::Kind::kSize,
            "constant of " + std::to_string(buffers_[index].length) + " bytes, its shape needs " +
                std::to_string(*elements / 2 + *elements % 2),
            table.offset);
  }
  return {};
}

Status Parser::references(const FlatTable& table, std::uint16_t slot, std::uint32_t tensors,
                          const char* what) {
  SAIPH_TRY(const auto list, counted(table, slot, 4));
  for (std::uint32_t i = 0; list && i < list->length; ++i) {
    SAIPH_TRY(const std::uint64_t raw, view_.scalar_at(*list, i, 4));
    const std::int64_t index = signed_32(raw);
    if (index < -1 || index >= tensors) {  // -1: an optional input that is absent
      problem(TfliteProblem::Kind::kReference,
              std::string(what) + " refers to tensor " + std::to_string(index) + " of " +
                  std::to_string(tensors),
              list->offset);
    }
  }
  return {};
}

Status Parser::operation(const FlatTable& table, std::uint32_t tensors) {
  ++model_.operators;
  SAIPH_TRY(const std::uint64_t index, view_.scalar(table, 0, 4));
  SAIPH_CHECK(references(table, 1, tensors, "operator input"));
  SAIPH_CHECK(references(table, 2, tensors, "operator output"));
  SAIPH_CHECK(references(table, 8, tensors, "operator intermediate"));
  if (index >= model_.operator_codes.size()) {
    problem(TfliteProblem::Kind::kReference,
            "operator refers to code " + std::to_string(index) + " of " +
                std::to_string(model_.operator_codes.size()),
            table.offset);
    return {};
  }
  TfliteOperatorCode& code = model_.operator_codes[index];
  ++code.uses;
  SAIPH_TRY(const auto options, view_.vector(table, 5, 1));
  if (options && options->length != 0)
    visitor_.custom_options(code, {options->offset, options->length});
  SAIPH_TRY(const std::uint64_t offset, view_.scalar(table, 9, 8));
  SAIPH_TRY(const std::uint64_t length, view_.scalar(table, 10, 8));
  if (offset > 1 && length != 0) {
    if (range_inside(offset, length, size_)) {
      visitor_.custom_options(code, {offset, length});
    } else {
      problem(TfliteProblem::Kind::kRange, "custom options leave the file", table.offset);
    }
  }
  return {};
}

Status Parser::subgraphs(const FlatTable& root) {
  SAIPH_TRY(const auto graphs, counted(root, 2, 4));
  if (!graphs) return {};
  model_.subgraphs = graphs->length;
  for (std::uint32_t g = 0; g < graphs->length; ++g) {
    SAIPH_TRY(const FlatTable graph, view_.table_at(*graphs, g));
    SAIPH_TRY(const auto tensors, counted(graph, 0, 4));
    std::uint32_t count = 0;
    if (tensors) {
      count = tensors->length;
      for (std::uint32_t i = 0; i < count; ++i) {
        SAIPH_TRY(const FlatTable table, view_.table_at(*tensors, i));
        SAIPH_CHECK(tensor(table));
      }
    }
    SAIPH_CHECK(references(graph, 1, count, "subgraph input"));
    SAIPH_CHECK(references(graph, 2, count, "subgraph output"));
    SAIPH_TRY(const auto operators, counted(graph, 3, 4));
    if (!operators) continue;
    for (std::uint32_t i = 0; i < operators->length; ++i) {
      SAIPH_TRY(const FlatTable table, view_.table_at(*operators, i));
      SAIPH_CHECK(operation(table, count));
    }
  }
  return {};
}

Status Parser::metadata(const FlatTable& root) {
  std::vector<bool> named(buffers_.size());
  SAIPH_TRY(const auto entries, counted(root, 6, 4));
  for (std::uint32_t i = 0; entries && i < entries->length; ++i) {
    SAIPH_TRY(const FlatTable table, view_.table_at(*entries, i));
    SAIPH_TRY(std::string name, view_.string(table, 0));
    SAIPH_TRY(const std::uint64_t index, view_.scalar(table, 1, 4));
    if (index >= buffers_.size()) {
      problem(TfliteProblem::Kind::kReference,
              "metadata \"" + name + "\" refers to buffer " + std::to_string(index), table.offset);
    } else {
      if (!named[index] && buffers_[index].length != 0) {
        visitor_.buffer(static_cast<std::uint32_t>(index),
                        name.empty() ? "unnamed" : std::string_view(name), buffers_[index]);
      }
      named[index] = true;
    }
    if (model_.metadata.size() < kNamesKept) model_.metadata.push_back(std::move(name));
  }
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    if (!named[i] && buffers_[i].length != 0)
      visitor_.buffer(static_cast<std::uint32_t>(i), {}, buffers_[i]);
  }
  return {};
}

Status Parser::signatures(const FlatTable& root) {
  SAIPH_TRY(const auto list, counted(root, 7, 4));
  for (std::uint32_t i = 0; list && i < list->length; ++i) {
    SAIPH_TRY(const FlatTable table, view_.table_at(*list, i));
    SAIPH_TRY(std::string key, view_.string(table, 2));
    SAIPH_TRY(const std::uint64_t graph, view_.scalar(table, 4, 4));
    if (graph >= model_.subgraphs) {
      problem(TfliteProblem::Kind::kReference,
              "signature \"" + key + "\" refers to subgraph " + std::to_string(graph),
              table.offset);
    }
    if (model_.signatures.size() < kNamesKept) model_.signatures.push_back(std::move(key));
  }
  return {};
}

Status Parser::walk() {
  SAIPH_TRY(const FlatTable root, view_.root("TFL3"));
  SAIPH_TRY(const std::uint64_t version, view_.scalar(root, 0, 4));
  model_.version = static_cast<std::uint32_t>(version);
  SAIPH_TRY(model_.description, view_.string(root, 3));
  SAIPH_CHECK(operator_codes(root));
  SAIPH_CHECK(buffers(root));
  SAIPH_CHECK(subgraphs(root));
  SAIPH_CHECK(metadata(root));
  return signatures(root);
}

}  // namespace

Outcome<TfliteModel> parse_tflite(const ByteSource& source, Budget& budget,
                                  TfliteVisitor& visitor) {
  Outcome<TfliteModel> out;
  Bytes magic(8);
  const auto got = source.read_at(0, magic);
  if (got && (*got < 8 || as_text(ByteView(magic).subspan(4)) != "TFL3")) return out;
  Parser parser(source, budget, visitor);
  auto status = parser.walk();
  out.view = parser.take();
  out.state = status ? ParseState::kParsed : ParseState::kMalformed;
  if (!status) out.error = std::move(status).error();
  return out;
}

}  // namespace saiph::formats
