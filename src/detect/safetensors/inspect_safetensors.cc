#include "detect/safetensors/inspect_safetensors.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/escape.h"
#include "detect/embedded/embedded.h"
#include "detect/payload/payload.h"
#include "detect/rules/safetensors.h"
#include "formats/safetensors/safetensors.h"

namespace saiph::detect {

namespace {

using formats::SafetensorsProblem;

class Statements final : public formats::SafetensorsSink {
 public:
  explicit Statements(Inspection& inspection) : inspection_(inspection), texts_(inspection) {}

  void on_tensor_name(std::string_view name, std::uint64_t offset) override {
    // Names are dotted words; a slash is ordinary (JAX), leaving the folder is not.
    const PathKind kind = path_kind(name);
    if (kind == PathKind::kPlain || kind == PathKind::kUrl) return;
    if (name.empty()) return;
    inspection_.finding(
        rules::kSafetensorsSuspiciousName,
        {.offset = offset,
         .part = shorten(name, 120),
         .detail = "the tensor name is " + std::string(path_word(kind)) + " as a path"});
  }
  void on_metadata(std::string_view key, std::string_view value, std::uint64_t offset) override {
    texts_.look("__metadata__." + shorten(key, 120), value, offset);
  }
  void on_data(std::uint64_t offset, std::uint64_t length) override {
    inspection_.data_range(offset, length);
  }
  void on_tensor_data(std::uint64_t offset, std::uint64_t length,
                      std::uint64_t name_offset) override {
    if (!inspection_.full()) return;
    const auto kind = payload_in_weights(inspection_.source(), offset, length);
    if (!kind) {
      inspection_.incomplete(kind.error());
      return;
    }
    if (*kind == PayloadKind::kNone) return;
    const std::string name = formats::safetensors_name(inspection_.source(), name_offset);
    FindingDraft draft{.offset = offset, .part = shorten(name, 120)};
    draft.detail = std::to_string(length) + " bytes start like " + std::string(payload_name(*kind));
    // What the member's own detectors grade.
    if (!is_executable(*kind)) draft.severity = Severity::kMedium;
    inspection_.finding(rules::kSafetensorsEmbeddedArtefact, std::move(draft));
    texts_.submit_range("tensor " + shorten(name, 120), "", offset, length);
  }
  void on_problem(SafetensorsProblem problem, std::uint64_t offset, std::uint64_t length,
                  std::string_view detail) override {
    const std::string name = shorten(detail, 120);
    const auto state = [&](const Rule& rule, std::string text, bool named = true) {
      inspection_.finding(
          rule,
          {.offset = offset, .part = named ? name : std::string(), .detail = std::move(text)});
    };
    switch (problem) {
      case SafetensorsProblem::kHeaderTooLong:
        state(rules::kSafetensorsBadHeader,
              "the header claims " + std::to_string(length) + " bytes; loaders accept 100000000");
        break;
      case SafetensorsProblem::kDuplicateKey:
        state(rules::kSafetensorsDuplicateKey, "the key stands twice in one object");
        break;
      case SafetensorsProblem::kBadTensor:
        state(rules::kSafetensorsBadHeader,
              "the entry is not a tensor of dtype, shape and data_offsets");
        break;
      case SafetensorsProblem::kUnknownDtype:
        state(rules::kSafetensorsUnknownDtype, "the element type is unknown");
        break;
      case SafetensorsProblem::kSizeMismatch:
        state(rules::kSafetensorsSizeMismatch,
              "shape and type need another number of bytes than data_offsets give");
        break;
      case SafetensorsProblem::kSizeOverflow:
        state(rules::kSafetensorsSizeMismatch, "the size of the tensor does not fit in 64 bits");
        break;
      case SafetensorsProblem::kBadOffsets:
        state(rules::kSafetensorsBadHeader, "data_offsets run backwards");
        break;
      case SafetensorsProblem::kMetadataNotText:
        state(rules::kSafetensorsBadHeader, "__metadata__ holds something other than texts");
        break;
      case SafetensorsProblem::kOverlap:
        state(rules::kSafetensorsOverlap,
              std::to_string(length) + " bytes belong to an earlier tensor too");
        break;
      case SafetensorsProblem::kGap:
        state(rules::kSafetensorsUnclaimedBytes,
              std::to_string(length) + " bytes between tensors belong to none", false);
        texts_.submit_range("gap@" + std::to_string(offset), "unclaimed", offset, length);
        break;
      case SafetensorsProblem::kTrailing:
        state(rules::kSafetensorsUnclaimedBytes,
              std::to_string(length) + " bytes follow the last tensor", false);
        texts_.submit_range("trailing@" + std::to_string(offset), "unclaimed", offset, length);
        break;
      case SafetensorsProblem::kOutside:
        state(rules::kSafetensorsOutsideFile,
              "tensors need " + std::to_string(length) + " bytes more than the file has", false);
        inspection_.incomplete("truncated",
                               "safetensors data ends " + std::to_string(length) + " bytes early",
                               offset);
        break;
    }
  }

 private:
  Inspection& inspection_;
  EmbeddedTexts texts_;
};

}  // namespace

void inspect_safetensors(Inspection& inspection) {
  Statements statements(inspection);
  const auto outcome =
      formats::read_safetensors(inspection.source(), statements, inspection.budget());
  if (outcome.state == formats::ParseState::kNotThisFormat) {
    inspection.incomplete("malformed", "not a safetensors header", 0);
  } else if (outcome.error) {
    inspection.incomplete(*outcome.error);
  }
}

}  // namespace saiph::detect
