#include "detect/gguf/inspect_gguf.h"

#include <vector>

#include "base/escape.h"
#include "detect/embedded/embedded.h"
#include "detect/payload/payload.h"
#include "detect/rules/gguf.h"
#include "formats/gguf/ggml.h"
#include "formats/gguf/gguf.h"

namespace saiph::detect {

namespace {

using formats::GgufProblem;

// More parts than any published model has by a factor of ten; a claim beyond it is not looked up.
constexpr std::uint64_t kMostParts = 10'000;

class Statements final : public formats::GgufSink {
 public:
  explicit Statements(Inspection& inspection) : inspection_(inspection), texts_(inspection) {}

  void on_string(std::string_view key, std::string_view value, std::uint64_t offset) override {
    // tokenizer.chat_template, .chat_template.NAME and .chat_templates (names, or texts in arrays).
    if (key.starts_with("tokenizer.chat_template")) {
      texts_.submit(shorten(key, 120), as_bytes(value), "as:jinja", offset);
      return;
    }
    texts_.look(shorten(key, 120), value, offset);
  }
  void on_integer(std::string_view key, std::uint64_t value, std::uint64_t) override {
    if (key == "split.count") split_count_ = value;
  }
  void on_tensor_name(std::string_view name, std::uint64_t offset) override {
    const PathKind kind = path_kind(name);
    if (kind == PathKind::kPlain || kind == PathKind::kUrl) return;
    state(rules::kGgufSuspiciousName, offset, name,
          "the tensor name is " + std::string(path_word(kind)) + " as a path");
  }
  void on_data(std::uint64_t offset, std::uint64_t length) override {
    inspection_.data_range(offset, length);
  }
  void on_problem(GgufProblem problem, std::uint64_t offset, std::uint64_t amount,
                  std::string_view what) override;

  /// The other parts of a split model, by the naming that its tools use: NAME-00001-of-00003.gguf.
  void check_split();

 private:
  void state(const Rule& rule, std::uint64_t offset, std::string_view part, std::string detail) {
    inspection_.finding(
        rule, {.offset = offset, .part = shorten(part, 120), .detail = std::move(detail)});
  }
  void unclaimed(std::string_view what, std::uint64_t offset, std::uint64_t length);

  Inspection& inspection_;
  EmbeddedTexts texts_;
  std::uint64_t split_count_ = 0;
  bool truncated_ = false;
};

void Statements::unclaimed(std::string_view what, std::uint64_t offset, std::uint64_t length) {
  state(rules::kGgufUnclaimedBytes, offset, {},
        std::to_string(length) + " bytes " + std::string(what));
  texts_.submit_range("unclaimed@" + std::to_string(offset), "unclaimed", offset, length);
}

void Statements::on_problem(GgufProblem problem, std::uint64_t offset, std::uint64_t amount,
                            std::string_view what) {
  const std::string number = std::to_string(amount);
  switch (problem) {
    case GgufProblem::kCountOverFile:
      state(rules::kGgufCountOverFile, offset, {},
            std::string(what) + " is " + number + ", more than the file can hold");
      break;
    case GgufProblem::kLengthOverFile:
      state(rules::kGgufCountOverFile, offset, {},
            std::string(what) + " claims " + number + " bytes, more than the file has");
      break;
    case GgufProblem::kUnknownValueType:
      state(rules::kGgufOddValue, offset, what, "the value type " + number + " does not exist");
      break;
    case GgufProblem::kNestedArray:
      state(rules::kGgufOddValue, offset, what, "an array of arrays");
      break;
    case GgufProblem::kBadBool:
      state(rules::kGgufOddValue, offset, what, "a bool of value " + number);
      break;
    case GgufProblem::kDuplicateKey:
      state(rules::kGgufDuplicateName, offset, what, "the key stands twice");
      break;
    case GgufProblem::kDuplicateTensor:
      state(rules::kGgufDuplicateName, offset, what, "two tensors have this name");
      break;
    case GgufProblem::kBadAlignment:
      state(rules::kGgufBadAlignment, offset, what,
            "the alignment is " + number + ", not a 32-bit power of two of 8 or more");
      break;
    case GgufProblem::kMisaligned:
      state(rules::kGgufBadAlignment, offset, what,
            "the tensor's offset " + number + " is not aligned");
      break;
    case GgufProblem::kDimensions:
      state(rules::kGgufBadTensor, offset, what, "the tensor has " + number + " dimensions");
      break;
    case GgufProblem::kBlockShape:
      state(rules::kGgufBadTensor, offset, what,
            "the first dimension is not whole blocks of the type");
      break;
    case GgufProblem::kLongName:
      state(rules::kGgufBadTensor, offset, what,
            "the name has " + number + " bytes; loaders hold 63");
      break;
    case GgufProblem::kSizeOverflow:
      state(rules::kGgufSizeOverflow, offset, what,
            "the tensor's size or end does not fit a signed 64-bit number");
      break;
    case GgufProblem::kUnknownTensorType:
      state(rules::kGgufUnknownType, offset, what, "tensor type " + number);
      break;
    case GgufProblem::kOutside:
      state(rules::kGgufOutsideFile, offset, what,
            "the tensor ends " + number + " bytes after the file");
      if (!truncated_)
        inspection_.incomplete("truncated", "tensor data passes the end of the file", offset);
      truncated_ = true;
      break;
    case GgufProblem::kOverlap:
      state(rules::kGgufOverlap, offset, what, number + " bytes belong to an earlier tensor too");
      break;
    case GgufProblem::kGap:
      unclaimed("between tensors belong to none", offset, amount);
      break;
    case GgufProblem::kTrailing:
      unclaimed("follow the last tensor", offset, amount);
      break;
  }
}

void Statements::check_split() {
  if (split_count_ < 2) return;
  const std::string_view name = inspection_.name();
  const std::size_t of = name.rfind("-of-");
  const auto state_missing = [&](std::string detail) {
    inspection_.finding(rules::kGgufSplitIncomplete,
                        {.part = "split.count", .detail = std::move(detail)});
  };
  if (split_count_ > kMostParts || of == std::string_view::npos || of < 6) {
    state_missing("one of " + std::to_string(split_count_) + " parts; the name does not say which");
    return;
  }
  std::vector<bool> present(static_cast<std::size_t>(split_count_));
  const std::string_view stem = name.substr(0, of - 5);
  const std::string_view tail = name.substr(of);
  for (const Sibling& sibling : inspection_.siblings()) {
    const std::string_view other = sibling.name;
    if (!other.starts_with(stem) || !other.ends_with(tail) || other.size() != name.size()) continue;
    std::size_t number = 0;
    for (const char digit : other.substr(stem.size(), 5)) {
      number = digit >= '0' && digit <= '9' ? number * 10 + static_cast<std::size_t>(digit - '0')
                                            : SIZE_MAX / 16;
    }
    if (number >= 1 && number <= present.size()) present[number - 1] = true;
  }
  std::size_t missing = 0;
  for (const bool here : present) missing += here ? 0 : 1;
  // The artefact itself may or may not be among its siblings.
  if (missing > 1 || (missing == 1 && !inspection_.siblings().empty())) {
    state_missing(std::to_string(missing) + " of " + std::to_string(split_count_) +
                  " parts are not in this folder");
  }
}

template <typename View>
void finish(Inspection& inspection, const formats::Outcome<View>& outcome,
            std::string_view format) {
  if (outcome.state == formats::ParseState::kNotThisFormat) {
    inspection.incomplete("malformed", "not a " + std::string(format) + " header", 0);
  } else if (outcome.error) {
    inspection.incomplete(*outcome.error);
  }
}

}  // namespace

void inspect_gguf(Inspection& inspection) {
  Statements statements(inspection);
  const auto outcome = formats::read_gguf(inspection.source(), statements, inspection.budget());
  finish(inspection, outcome, "GGUF");
  if (outcome.state == formats::ParseState::kParsed) statements.check_split();
}

void inspect_ggml(Inspection& inspection) {
  Statements statements(inspection);
  finish(inspection, formats::read_ggml(inspection.source(), statements, inspection.budget()),
         "GGML");
}

}  // namespace saiph::detect
