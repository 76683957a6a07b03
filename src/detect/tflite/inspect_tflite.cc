#include "detect/tflite/inspect_tflite.h"

#include <algorithm>
#include <array>

#include "detect/payload/payload.h"
#include "detect/rules/tflite.h"
#include "detect/tensorflow/op_classes.h"
#include "formats/tflite/tflite_model.h"

namespace saiph::detect {

namespace {

using formats::TfliteBuffer;
using formats::TfliteModel;
using formats::TfliteOperatorCode;
using formats::TfliteProblem;

constexpr std::string_view kFlex = "Flex";
constexpr std::int32_t kCustom = 32;  // BuiltinOperator CUSTOM
constexpr std::uint64_t kCarrierBytes = 1024;
// A NodeDef with its attributes; constants do not stand in them.
constexpr std::uint64_t kOptionsRead = 64U << 10;

bool is_published(std::string_view name) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"AudioSpectrogram", "Convolution2DTransposeBias", "MaxPoolingWithArgmax2D", "MaxUnpooling2D",
       "Mfcc", "RandomStandardNormal", "RandomUniform", "TFLite_Detection_PostProcess",
       "TransformLandmarks", "TransformTensorBilinear", "Landmarks2TransformMatrix",
       "Landmarks2TransformMatrixV2", "edgetpu-custom-op", "TFSentencepieceTokenizeOp",
       "NumericVerify"});
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         is_tf_addon_operator(name) || name.starts_with("TFText>");
}

/// A string of a NodeDef or flexbuffer has its length in the byte before it.
const TfOpClass* class_inside(std::string_view options) {
  for (std::size_t i = 1; i + 1 < options.size(); ++i) {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(options[i - 1]));
    if (length < 3 || length > 40 || options[i] < 'A' || options[i] > 'Z' ||
        i + length > options.size())
      continue;
    if (const TfOpClass* row = tf_op_class(options.substr(i, length))) return row;
  }
  return nullptr;
}

class TfliteInspector final : public formats::TfliteVisitor {
 public:
  explicit TfliteInspector(Inspection& inspection) : inspection_(inspection) {}

  void run();
  void buffer(std::uint32_t index, std::string_view metadata, TfliteBuffer bytes) override;
  void custom_options(const TfliteOperatorCode& code, TfliteBuffer bytes) override;

 private:
  void look_at(std::string part, TfliteBuffer bytes, bool text_too);
  void operators(const TfliteModel& model);
  void problems(const TfliteModel& model);

  Inspection& inspection_;
};

void TfliteInspector::look_at(std::string part, TfliteBuffer bytes, bool text_too) {
  std::array<std::uint8_t, 512> head{};
  const auto got = inspection_.source().read_at(bytes.offset, head);
  if (!got) {
    inspection_.incomplete(got.error());
    return;
  }
  const auto seen = std::min<std::size_t>(
      *got, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.length, head.size())));
  const PayloadKind kind = payload_kind(ByteView(head).first(seen), bytes.length);
  if (kind == PayloadKind::kNone || (kind == PayloadKind::kBase64 && !text_too)) return;
  FindingDraft draft{.offset = bytes.offset, .part = part};
  draft.detail =
      std::to_string(bytes.length) + " bytes start like " + std::string(payload_name(kind));
  if (!is_executable(kind)) draft.severity = Severity::kMedium;  // its own detector grades the rest
  inspection_.finding(rules::kTfliteEmbeddedArtefact, std::move(draft));
  inspection_.member({.name = std::move(part),
                      .open = open_part(inspection_.source_ptr(), bytes.offset, bytes.length)});
}

void TfliteInspector::buffer(std::uint32_t index, std::string_view metadata, TfliteBuffer bytes) {
  if (metadata.empty()) {
    inspection_.data_range(bytes.offset, bytes.length);
    if (inspection_.full() && bytes.length >= kCarrierBytes)
      look_at("buffer " + std::to_string(index), bytes, false);
  } else if (bytes.length >= 64) {
    look_at("metadata " + std::string(metadata), bytes, true);
  }
}

void TfliteInspector::custom_options(const TfliteOperatorCode& code, TfliteBuffer bytes) {
  if (bytes.length >= kCarrierBytes) look_at("options of " + code.custom, bytes, true);
  if (!code.custom.starts_with(kFlex)) return;
  // The Flex delegate runs the node definition in the options, whatever the table calls it.
  const std::uint64_t length = std::min(bytes.length, kOptionsRead);
  if (!inspection_.budget().take_work(length)) return;
  const auto options = read_range(inspection_.source(), bytes.offset, length, kOptionsRead);
  if (!options) {
    inspection_.incomplete(options.error());
    return;
  }
  if (bytes.length > kOptionsRead) {
    inspection_.incomplete("limit", "options of " + code.custom + " are longer than is read",
                           bytes.offset);
  }
  const TfOpClass* row = class_inside(as_text(*options));
  if (row == nullptr || row->op == std::string_view(code.custom).substr(kFlex.size())) return;
  inspection_.finding(rules::kTfliteFlexMismatch,
                      {.severity = std::max(row->severity, Severity::kHigh),
                       .offset = bytes.offset,
                       .part = code.custom,
                       .detail = "the node definition names " + std::string(row->op) + ", which " +
                                 std::string(row->does)});
}

void TfliteInspector::operators(const TfliteModel& model) {
  std::string flex;
  std::size_t flex_count = 0;
  std::uint64_t first_flex = 0;
  for (const auto& code : model.operator_codes) {
    if (code.builtin != kCustom) continue;
    FindingDraft draft{.offset = code.offset, .part = code.custom};
    const std::string uses = std::to_string(code.uses) + (code.uses == 1 ? " use" : " uses");
    if (!code.custom.starts_with(kFlex)) {
      draft.detail = "custom operator \"" + code.custom + "\", " + uses;
      inspection_.finding(is_published(code.custom) ? rules::kTflitePublishedCustomOperator
                                                    : rules::kTfliteCustomOperator,
                          std::move(draft));
      continue;
    }
    const std::string_view op = std::string_view(code.custom).substr(kFlex.size());
    if (const TfOpClass* row = tf_op_class(op)) {
      draft.severity = row->severity;
      draft.detail = code.custom + " " + std::string(row->does) + ", " + uses;
      inspection_.finding(*row->rule, std::move(draft));
    } else if (!is_tf_operator(op)) {
      draft.detail = "Flex operator \"" + std::string(op) + "\" is none of TensorFlow's, " + uses;
      inspection_.finding(is_tf_addon_operator(op) ? rules::kTflitePublishedCustomOperator
                                                   : rules::kTfliteCustomOperator,
                          std::move(draft));
    } else {
      if (flex_count == 0) first_flex = code.offset;
      if (flex_count++ < 8) flex += (flex.empty() ? "" : ", ") + std::string(op);
    }
  }
  if (flex_count != 0) {
    if (flex_count > 8) flex += ", ...";
    inspection_.finding(rules::kTfliteFlexOperator,
                        {.offset = first_flex, .detail = "TensorFlow operators " + flex});
  }
}

void TfliteInspector::problems(const TfliteModel& model) {
  for (const auto& problem : model.problems) {
    const Rule* rule = &rules::kTfliteBadReference;
    if (problem.kind == TfliteProblem::Kind::kRange) rule = &rules::kTfliteBufferRange;
    if (problem.kind == TfliteProblem::Kind::kSize) rule = &rules::kTfliteTensorSize;
    if (problem.kind == TfliteProblem::Kind::kOverflow) rule = &rules::kTfliteTensorShapeOverflow;
    inspection_.finding(*rule, {.offset = problem.offset, .detail = problem.what});
  }
}

void TfliteInspector::run() {
  const auto outcome = formats::parse_tflite(inspection_.source(), inspection_.budget(), *this);
  if (outcome.state == formats::ParseState::kNotThisFormat) {
    inspection_.incomplete("malformed", "no TFLite identifier", 4);
    return;
  }
  if (outcome.state == formats::ParseState::kMalformed) inspection_.incomplete(*outcome.error);
  operators(outcome.view);
  problems(outcome.view);
}

}  // namespace

void inspect_tflite(Inspection& inspection) {
  TfliteInspector(inspection).run();
}

}  // namespace saiph::detect
