#include "detect/onnx/inspect_onnx.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <unordered_map>

#include "base/checked.h"
#include "detect/onnx/operators.h"
#include "detect/onnx/trigger.h"
#include "detect/payload/payload.h"
#include "detect/rules/onnx.h"
#include "formats/onnx/onnx_model.h"

namespace saiph::detect {

namespace {

using formats::OnnxModel;
using formats::OnnxTensor;
using formats::OnnxTextPlace;

// Texts longer than what the parser hands over are examined whole, as members.
constexpr std::uint64_t kTextAsMember = 4096;
// A tensor smaller than this holds no program worth carrying.
constexpr std::uint64_t kUnknownBytesOfNote = 4096;
// Different external files of one model; the largest exports have one a tensor (some 10,000).
constexpr std::size_t kExternalFilesKept = 20'000;

std::string_view place_name(OnnxTextPlace place) {
  switch (place) {
    case OnnxTextPlace::kMetadata:
      return "metadata";
    case OnnxTextPlace::kDocString:
      return "documentation";
    case OnnxTextPlace::kAttribute:
      return "attribute";
    case OnnxTextPlace::kTensorString:
      return "string tensor";
  }
  return "text";
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || end != text.end()) return std::nullopt;
  return value;
}

/// Bytes that the shape and type of a tensor need; nothing for strings and unknown types.
std::optional<std::uint64_t> bytes_needed(const OnnxTensor& tensor) {
  const unsigned half = formats::onnx_half_bytes(tensor.data_type);
  if (half == 0 || !tensor.elements) return std::nullopt;
  const auto halves = checked_mul<std::uint64_t>(*tensor.elements, half);
  if (!halves) return std::nullopt;
  return *halves / 2 + *halves % 2;
}

class OnnxInspector final : public formats::OnnxVisitor {
 public:
  explicit OnnxInspector(Inspection& inspection) : inspection_(inspection) {}

  void run();
  void tensor(const OnnxTensor& tensor) override;
  void text(OnnxTextPlace place, std::string_view name, std::uint64_t offset, std::uint64_t length,
            std::string_view head) override;

 private:
  struct ExternalFile {
    std::optional<std::uint64_t> size;
  };

  void external(const OnnxTensor& tensor);
  void external_path(std::string_view location, std::string_view part, std::uint64_t offset);
  const ExternalFile* external_file(const std::string& location, std::string_view part,
                                    std::uint64_t offset);
  void inline_data(const OnnxTensor& tensor);
  void carried(PayloadKind kind, std::string part, std::uint64_t offset, std::uint64_t length);
  void operators(const OnnxModel& model);
  void functions(const OnnxModel& model);
  void encoding(const OnnxModel& model);

  Inspection& inspection_;
  std::map<std::string, ExternalFile> files_;
  bool compiled_stated_ = false;
};

void OnnxInspector::carried(PayloadKind kind, std::string part, std::uint64_t offset,
                            std::uint64_t length) {
  FindingDraft draft{.offset = offset, .part = part};
  draft.detail = std::to_string(length) + " bytes start like " + std::string(payload_name(kind));
  if (!is_executable(kind)) draft.severity = Severity::kMedium;  // its own detector grades the rest
  inspection_.finding(rules::kOnnxEmbeddedArtefact, std::move(draft));
  inspection_.member(
      {.name = std::move(part), .open = open_part(inspection_.source_ptr(), offset, length)});
}

void OnnxInspector::text(OnnxTextPlace place, std::string_view name, std::uint64_t offset,
                         std::uint64_t length, std::string_view head) {
  const auto part = [&] {
    return std::string(place_name(place)) + (name.empty() ? "" : " " + std::string(name));
  };
  if (place == OnnxTextPlace::kAttribute && name == "ep_cache_context") {
    if (!std::exchange(compiled_stated_, true)) {
      inspection_.finding(rules::kOnnxCompiledContext,
                          {.offset = offset,
                           .part = part(),
                           .detail = std::to_string(length) + " bytes of compiled context"});
    }
    // With embed_mode 0 the attribute is the path of the blob.
    const bool printable =
        std::all_of(head.begin(), head.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    if (length <= 1024 && printable) external_path(head, part(), offset);
    return;
  }
  if (head.size() < 12) return;
  const PayloadKind kind = payload_kind(as_bytes(head), length);
  if (kind != PayloadKind::kNone) {
    carried(kind, part(), offset, length);
    return;
  }
  // String tensors are vocabularies and attributes hold what operators need: any word may occur.
  if (place != OnnxTextPlace::kMetadata && place != OnnxTextPlace::kDocString) return;
  if (const std::string_view marker = code_marker(head); !marker.empty()) {
    inspection_.finding(rules::kOnnxTextWithCode,
                        {.confidence = Confidence::kMedium,
                         .offset = offset,
                         .part = part(),
                         .detail = "the text contains \"" + std::string(marker) + "\"",
                         .excerpt = std::string(head.substr(0, 200))});
  }
  if (place == OnnxTextPlace::kMetadata && length > kTextAsMember) {
    inspection_.member(
        {.name = part(), .open = open_part(inspection_.source_ptr(), offset, length)});
  }
}

void OnnxInspector::external_path(std::string_view location, std::string_view part,
                                  std::uint64_t offset) {
  const PathKind kind = path_kind(location);
  FindingDraft draft{.offset = offset, .part = std::string(part), .excerpt = std::string(location)};
  if (kind == PathKind::kUrl) {
    draft.detail = "external data comes from a location with a scheme";
    inspection_.finding(rules::kOnnxExternalUrl, std::move(draft));
  } else if (kind != PathKind::kPlain) {
    draft.detail = "external data path is " + std::string(path_word(kind));
    inspection_.finding(rules::kOnnxExternalPathEscape, std::move(draft));
  }
}

const OnnxInspector::ExternalFile* OnnxInspector::external_file(const std::string& location,
                                                                std::string_view part,
                                                                std::uint64_t offset) {
  if (const auto it = files_.find(location); it != files_.end()) return &it->second;
  if (files_.size() >= kExternalFilesKept) {
    inspection_.incomplete("limit", "more external files than are looked at", offset);
    return nullptr;
  }
  ExternalFile& file = files_[location];
  auto opened = inspection_.open_sibling(location);
  if (opened) {
    file.size = (*opened)->size();
  } else if (opened.error().code() == ErrorCode::kDenied) {
    inspection_.finding(rules::kOnnxExternalPathEscape,
                        {.offset = offset,
                         .part = std::string(part),
                         .detail = "external data path leads out of the folder through a link",
                         .excerpt = location});
  } else if (opened.error().code() == ErrorCode::kNotFound) {
    inspection_.incomplete("missing-file", "external data file \"" + location + "\" is not there",
                           offset);
  } else {
    inspection_.incomplete(opened.error().wrap("external data file \"" + location + "\""));
  }
  return &file;
}

void OnnxInspector::external(const OnnxTensor& tensor) {
  const auto draft = [&](std::string detail) {
    return FindingDraft{.offset = tensor.offset, .part = tensor.name, .detail = std::move(detail)};
  };
  const formats::OnnxExternalEntry* location = nullptr;
  std::optional<std::uint64_t> offset = 0;
  std::optional<std::uint64_t> length;
  bool length_given = false;
  for (const auto& entry : tensor.external_data) {
    if (entry.key == "location") {
      if (location != nullptr) {
        inspection_.finding(rules::kOnnxExternalAmbiguous, draft("location is given twice"));
        external_path(location->value, tensor.name, tensor.offset);
      }
      location = &entry;
    } else if (entry.key == "offset") {
      offset = parse_number(entry.value);
    } else if (entry.key == "length") {
      length_given = true;
      length = parse_number(entry.value);
    }
  }
  if (!tensor.external) {
    inspection_.finding(rules::kOnnxExternalAmbiguous,
                        draft("external data is described but the tensor is not marked external"));
  } else if ((tensor.has_raw && tensor.raw_length != 0) || tensor.has_typed) {
    inspection_.finding(rules::kOnnxExternalAmbiguous,
                        draft("data stands inline and in an external file"));
  }
  if (location == nullptr) {
    if (tensor.external)
      inspection_.incomplete("malformed", "external tensor without a location", tensor.offset);
    return;
  }
  if (location->value.find("_ORT_MEM_ADDR_") != std::string::npos) {
    inspection_.finding(rules::kOnnxExternalMemoryAddress,
                        draft("location is the in-memory marker"));
    return;
  }
  external_path(location->value, tensor.name, tensor.offset);
  if (!offset || (length_given && !length)) {
    inspection_.finding(rules::kOnnxExternalRange,
                        draft("offset or length is not a number of bytes"));
    return;
  }
  const auto needed = bytes_needed(tensor);
  if (length && needed && *length != *needed) {
    inspection_.finding(rules::kOnnxTensorSize,
                        draft("external length is " + std::to_string(*length) +
                              ", the shape needs " + std::to_string(*needed) + " bytes"));
  }
  if (location->cut || path_kind(location->value) != PathKind::kPlain) return;
  const ExternalFile* file = external_file(location->value, tensor.name, tensor.offset);
  if (file == nullptr || !file->size) return;
  const std::uint64_t claimed = length ? *length : needed.value_or(0);
  if (!range_inside(*offset, claimed, *file->size)) {
    inspection_.finding(rules::kOnnxExternalRange,
                        draft("bytes " + std::to_string(*offset) + " + " + std::to_string(claimed) +
                              " pass the end of a file of " + std::to_string(*file->size)));
  }
}

void OnnxInspector::inline_data(const OnnxTensor& tensor) {
  if (tensor.raw_length == 0) return;
  inspection_.data_range(tensor.raw_offset, tensor.raw_length);
  const auto needed = bytes_needed(tensor);
  if (needed && *needed != tensor.raw_length) {
    inspection_.finding(rules::kOnnxTensorSize,
                        {.offset = tensor.offset,
                         .part = tensor.name,
                         .detail = std::to_string(tensor.raw_length) +
                                   " bytes of data, the shape needs " + std::to_string(*needed)});
  }
  if (!inspection_.full()) return;
  const auto kind = payload_in_weights(inspection_.source(), tensor.raw_offset, tensor.raw_length);
  if (!kind) {
    inspection_.incomplete(kind.error());
  } else if (*kind != PayloadKind::kNone) {
    carried(*kind, "tensor " + tensor.name, tensor.raw_offset, tensor.raw_length);
  }
}

void OnnxInspector::tensor(const OnnxTensor& tensor) {
  const bool stored = tensor.external || tensor.raw_length != 0 || tensor.has_typed;
  if (!tensor.elements && stored) {
    inspection_.finding(rules::kOnnxTensorShapeOverflow,
                        {.offset = tensor.offset,
                         .part = tensor.name,
                         .detail = "a dimension is negative or the product passes 64 bits"});
  }
  if (tensor.external || !tensor.external_data.empty()) external(tensor);
  if (tensor.has_raw) inline_data(tensor);
}

bool is_standard_domain(std::string_view domain) {
  return domain.empty() || domain == "ai.onnx" || domain == "ai.onnx.ml" ||
         domain == "ai.onnx.training" || domain == "ai.onnx.preview.training" ||
         domain == "ai.onnx.preview";
}

bool is_vendor_domain(std::string_view domain) {
  constexpr auto kVendors = std::to_array<std::string_view>(
      {"com.microsoft", "com.ms", "org.pytorch.aten", "org.pytorch.prim", "ai.onnx.contrib"});
  return std::any_of(kVendors.begin(), kVendors.end(), [&](std::string_view vendor) {
    return domain == vendor || (domain.starts_with(vendor) && domain[vendor.size()] == '.');
  });
}

bool is_published(std::string_view domain, std::string_view type) {
  std::string key(domain.empty() ? "ai.onnx" : domain);
  key.append(1, ':').append(type);
  return std::binary_search(kOnnxOperators.begin(), kOnnxOperators.end(), std::string_view(key));
}

bool is_python_operator(std::string_view type) {
  constexpr auto kPython =
      std::to_array<std::string_view>({"PyOp", "PyCustomOp", "PythonOp", "PythonOpGrad", "PyFunc"});
  return std::find(kPython.begin(), kPython.end(), type) != kPython.end();
}

void OnnxInspector::operators(const OnnxModel& model) {
  std::map<std::string_view, std::vector<const formats::OnnxOperator*>> custom;
  std::map<std::string_view, const formats::OnnxOperator*> vendor;
  for (const auto& op : model.operators) {
    const bool local =
        std::any_of(model.functions.begin(), model.functions.end(),
                    [&](const auto& f) { return f.name == op.type && f.domain == op.domain; });
    FindingDraft draft{.offset = op.first_offset, .part = op.first_node};
    if (is_python_operator(op.type)) {
      draft.detail = "operator " + op.type + " of domain \"" + op.domain + "\" runs Python, " +
                     std::to_string(op.count) + " nodes";
      inspection_.finding(rules::kOnnxPythonOperator, std::move(draft));
    } else if (local) {
      continue;
    } else if (is_standard_domain(op.domain)) {
      if (is_published(op.domain, op.type)) continue;
      draft.detail = "no version of ONNX has an operator " + op.type;
      inspection_.finding(rules::kOnnxUnknownStandardOperator, std::move(draft));
    } else if (is_vendor_domain(op.domain)) {
      vendor.emplace(op.domain, &op);
    } else {
      custom[op.domain].push_back(&op);
    }
  }
  for (const auto& [domain, op] : vendor) {
    inspection_.finding(rules::kOnnxVendorOperator, {.offset = op->first_offset,
                                                     .part = op->first_node,
                                                     .detail = "domain " + std::string(domain) +
                                                               ", first operator " + op->type});
  }
  for (const auto& [domain, ops] : custom) {
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(ops.size(), 8); ++i)
      names += (i == 0 ? "" : ", ") + ops[i]->type;
    if (ops.size() > 8) names += ", ...";
    inspection_.finding(rules::kOnnxCustomOperator, {.offset = ops[0]->first_offset,
                                                     .part = ops[0]->first_node,
                                                     .detail = "domain \"" + std::string(domain) +
                                                               "\" with operators " + names});
  }
}

void OnnxInspector::functions(const OnnxModel& model) {
  // Functions by name, then a depth-first walk on an explicit stack: a grey callee is a cycle.
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> by_name;
  for (std::size_t i = 0; i < model.functions.size(); ++i) {
    const auto& function = model.functions[i];
    by_name.emplace(std::pair<std::string_view, std::string_view>(function.domain, function.name),
                    i);
    if (is_standard_domain(function.domain) && is_published(function.domain, function.name)) {
      inspection_.finding(
          rules::kOnnxFunctionShadowsOperator,
          {.offset = function.offset,
           .part = function.name,
           .detail = "a function of the model replaces the standard operator " + function.name});
    }
  }
  std::vector<std::size_t> callee_of(model.operators.size(), SIZE_MAX);
  for (std::size_t i = 0; i < model.operators.size(); ++i) {
    const auto it = by_name.find({model.operators[i].domain, model.operators[i].type});
    if (it != by_name.end()) callee_of[i] = it->second;
  }
  enum class Colour : std::uint8_t { kWhite, kGrey, kBlack };
  std::vector<Colour> colour(model.functions.size(), Colour::kWhite);
  std::vector<std::pair<std::size_t, std::size_t>> stack;
  for (std::size_t start = 0; start < model.functions.size(); ++start) {
    if (colour[start] != Colour::kWhite) continue;
    colour[start] = Colour::kGrey;
    stack.emplace_back(start, 0);
    while (!stack.empty()) {
      auto& [function, next] = stack.back();
      const auto& calls = model.functions[function].calls;
      if (next == calls.size()) {
        colour[function] = Colour::kBlack;
        stack.pop_back();
        continue;
      }
      const std::size_t callee = callee_of[calls[next++]];
      if (callee == SIZE_MAX || !inspection_.budget().take_work(1)) continue;
      if (colour[callee] == Colour::kGrey) {
        inspection_.finding(
            rules::kOnnxFunctionRecursion,
            {.offset = model.functions[callee].offset,
             .part = model.functions[callee].name,
             .detail = "the function reaches itself through " + model.functions[function].name});
      } else if (colour[callee] == Colour::kWhite) {
        colour[callee] = Colour::kGrey;
        stack.emplace_back(callee, 0);
      }
    }
  }
}

void OnnxInspector::encoding(const OnnxModel& model) {
  for (const auto& [what, offset] : model.duplicates) {
    inspection_.finding(rules::kOnnxDuplicateField,
                        {.offset = offset, .detail = what + " stands more than once"});
  }
  if (model.unknown_fields != 0) {
    FindingDraft draft{.offset = model.first_unknown};
    if (model.unknown_bytes > kUnknownBytesOfNote) draft.severity = Severity::kMedium;
    draft.detail = std::to_string(model.unknown_fields) + " unknown fields with " +
                   std::to_string(model.unknown_bytes) + " bytes";
    inspection_.finding(rules::kOnnxUnknownField, std::move(draft));
  }
  if (model.overlong_varints != 0) {
    inspection_.finding(
        rules::kOnnxOverlongEncoding,
        {.detail = std::to_string(model.overlong_varints) + " numbers are longer than needed"});
  }
  if (const auto node = find_input_trigger(model)) {
    const auto& edge = model.edges[*node];
    inspection_.finding(rules::kOnnxTriggerShape,
                        {.confidence = Confidence::kLow,
                         .offset = edge.offset,
                         .detail = model.operators[edge.operator_index].type +
                                   " next to the output selects by a comparison on a graph input"});
  }
}

void OnnxInspector::run() {
  const auto outcome = formats::parse_onnx(inspection_.source(), inspection_.budget(), *this);
  if (outcome.state == formats::ParseState::kNotThisFormat) {
    inspection_.incomplete("malformed", "no ONNX graph or function in the file", 0);
    return;
  }
  if (outcome.state == formats::ParseState::kMalformed) inspection_.incomplete(*outcome.error);
  operators(outcome.view);
  functions(outcome.view);
  encoding(outcome.view);
}

}  // namespace

void inspect_onnx(Inspection& inspection) {
  OnnxInspector(inspection).run();
}

}  // namespace saiph::detect
