#include "detect/tensorflow/inspect_tensorflow.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "detect/payload/payload.h"
#include "detect/rules/tensorflow.h"
#include "detect/tensorflow/op_classes.h"
#include "formats/tensorflow/record_file.h"
#include "formats/tensorflow/tensorflow_graph.h"
#include "formats/tensorflow/text_graph.h"

namespace saiph::detect {

namespace {

using formats::FormatId;
using formats::TfGraphs;
using formats::TfKind;
using formats::TfNode;
using formats::TfTextPlace;

// String operators remembered for resolving checkpoint paths; 100 bytes each.
constexpr std::size_t kStringNodesKept = 100'000;
constexpr int kHopsToConstant = 8;
constexpr std::uint64_t kUnknownBytesOfNote = 4096;
constexpr std::uint64_t kCarrierBytes = 1024;

std::uint64_t hash_of(std::string_view scope, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  };
  add(scope);
  add("\n");
  add(name);
  return hash;
}

/// The node that an input names: "^name" is control, "name:1" and "name:out:0" are outputs.
std::string_view node_of(std::string_view input) {
  if (input.starts_with('^')) return {};
  return input.substr(0, input.find(':'));
}

bool is_save(std::string_view op) {
  return op == "Save" || op == "SaveV2" || op == "SaveSlices" || op == "MergeV2Checkpoints";
}

bool is_restore(std::string_view op) {
  return op == "Restore" || op == "RestoreV2" || op == "RestoreSlice" || op == "DTensorRestoreV2";
}

/// Operators through which a path reaches a checkpoint operator.
bool passes_strings(std::string_view op) {
  constexpr auto kOps = std::to_array<std::string_view>(
      {"Const", "Identity", "Pack", "PlaceholderWithDefault", "Reshape", "Select", "SelectV2",
       "ShardedFilename", "ShardedFilespec", "StringJoin", "StringStrip", "ExpandDims"});
  return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

bool is_debug(std::string_view op) {
  return op.starts_with("Debug") && is_tf_operator(op);
}

class TensorflowInspector final : public formats::TfVisitor {
 public:
  explicit TensorflowInspector(Inspection& inspection) : inspection_(inspection) {}

  void run(TfKind kind);
  void run_text();
  void node(const TfNode& node) override;
  void text(TfTextPlace place, std::string_view name, std::uint64_t offset, std::uint64_t length,
            std::string_view head) override;
  void tensor_data(std::uint64_t offset, std::uint64_t length) override;

 private:
  struct StringNode {
    std::uint64_t inputs[4] = {0, 0, 0, 0};
    std::string constant;
  };
  struct CheckpointUse {
    std::uint64_t path;
    bool save;
    std::string op;
    std::string name;
    std::uint64_t offset;
  };

  void outputs_of(const TfNode& node);
  void remember(const TfNode& node);
  void checkpoint_paths();
  void state(const formats::Outcome<TfGraphs>& outcome);
  void operators(const TfGraphs& graphs);
  void keras(std::string_view name, std::uint64_t offset, std::uint64_t length,
             std::string_view head);
  void carried(PayloadKind kind, std::string part, std::uint64_t offset, std::uint64_t length);
  void submit(std::string name, std::uint64_t offset, std::uint64_t length);

  Inspection& inspection_;
  std::unordered_map<std::uint64_t, StringNode> strings_;
  std::vector<CheckpointUse> uses_;
  bool text_form_ = false;  // texts are unescaped copies, not ranges of the file
};

void TensorflowInspector::submit(std::string name, std::uint64_t offset, std::uint64_t length) {
  inspection_.member(
      {.name = std::move(name), .open = open_part(inspection_.source_ptr(), offset, length)});
}

void TensorflowInspector::carried(PayloadKind kind, std::string part, std::uint64_t offset,
                                  std::uint64_t length) {
  FindingDraft draft{.offset = offset, .part = part};
  draft.detail = std::to_string(length) + " bytes start like " + std::string(payload_name(kind));
  if (!is_executable(kind)) draft.severity = Severity::kMedium;  // its own detector grades the rest
  inspection_.finding(rules::kTensorflowEmbeddedArtefact, std::move(draft));
  submit(std::move(part), offset, length);
}

void TensorflowInspector::keras(std::string_view name, std::uint64_t offset, std::uint64_t length,
                                std::string_view head) {
  Bytes json;
  std::string_view text = head;
  if (!text_form_ && length > head.size()) {
    auto read = read_range(inspection_.source(), offset, length, inspection_.limits().string_bytes);
    if (!read) {
      inspection_.incomplete(read.error());
      return;
    }
    json = std::move(*read);
    text = as_text(json);
  }
  // The class name as a JSON value, however much space stands around the colon. The JSON itself is
  // handed on when it matches; here the question is only whether the layer is there.
  if (!inspection_.budget().take_work(length / 64 + 1)) return;
  for (std::size_t at = text.find("\"Lambda\""); at != std::string_view::npos;
       at = text.find("\"Lambda\"", at + 1)) {
    std::size_t before = at;
    while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == ':' ||
                          text[before - 1] == '\n' || text[before - 1] == '\t'))
      --before;
    if (!text.substr(0, before).ends_with("\"class_name\"")) continue;
    const bool code = text.find("\"function_type\"") != std::string_view::npos ||
                      text.find("\"module\"") != std::string_view::npos ||
                      text.find("\"function\"") != std::string_view::npos;
    FindingDraft draft{.offset = offset + at, .part = std::string(name)};
    draft.detail = code ? "a Lambda layer with a stored function" : "a Lambda layer";
    if (!code) draft.severity = Severity::kHigh;
    inspection_.finding(rules::kTensorflowKerasLambda, std::move(draft));
    if (!text_form_) submit("keras metadata " + std::string(name) + ".json", offset, length);
    return;
  }
}

void TensorflowInspector::text(TfTextPlace place, std::string_view name, std::uint64_t offset,
                               std::uint64_t length, std::string_view head) {
  if (place == TfTextPlace::kKerasMetadata) {
    keras(name, offset, length, head);
    return;
  }
  if (head.size() < 12) return;
  const PayloadKind kind = payload_kind(as_bytes(head), length);
  if (kind == PayloadKind::kNone) return;
  carried(kind,
          (place == TfTextPlace::kCollection ? "collection " : "attribute ") + std::string(name),
          offset, length);
}

void TensorflowInspector::tensor_data(std::uint64_t offset, std::uint64_t length) {
  inspection_.data_range(offset, length);
  if (!inspection_.full() || length < kCarrierBytes) return;
  std::array<std::uint8_t, 512> head{};
  const auto got = inspection_.source().read_at(offset, head);
  if (!got) {
    inspection_.incomplete(got.error());
    return;
  }
  const auto seen = std::min<std::size_t>(
      *got, static_cast<std::size_t>(std::min<std::uint64_t>(length, head.size())));
  const PayloadKind kind = payload_kind(ByteView(head).first(seen), length);
  if (kind != PayloadKind::kNone && kind != PayloadKind::kBase64)
    carried(kind, "constant", offset, length);
}

void TensorflowInspector::outputs_of(const TfNode& node) {
  const auto state = [&](const Rule& rule, std::string detail, const std::string& excerpt) {
    inspection_.finding(rule, {.offset = node.offset,
                               .part = node.name,
                               .detail = std::move(detail),
                               .excerpt = excerpt});
  };
  if (node.strings_cut && (node.op == "PrintV2" || is_debug(node.op)))
    inspection_.incomplete("limit", node.op + " has more text attributes than are kept",
                           node.offset);
  for (const auto& s : node.strings) {
    // An attribute's name may stand behind its value in the file, so the value alone decides.
    if (node.op == "PrintV2" && s.value.starts_with("file://")) {
      state(rules::kTensorflowDebugOutput, "PrintV2 writes what it prints to a file", s.value);
    } else if (is_debug(node.op) && s.value.find("://") != std::string::npos) {
      state(rules::kTensorflowDebugOutput, node.op + " publishes a tensor", s.value);
    } else if ((node.op == "DecodeProtoV2" || node.op == "EncodeProto") &&
               s.attribute == "descriptor_source" && !s.value.empty() && s.value != "local://" &&
               !s.value.starts_with("bytes://")) {
      state(rules::kTensorflowDatasetReader, node.op + " reads a descriptor file", s.value);
    }
  }
}

void TensorflowInspector::remember(const TfNode& node) {
  const bool save = is_save(node.op);
  if (save || is_restore(node.op)) {
    // MergeV2Checkpoints writes to its second input.
    const std::size_t path = node.op == "MergeV2Checkpoints" ? 1 : 0;
    if (node.inputs.size() > path && uses_.size() < kStringNodesKept) {
      uses_.push_back({hash_of(node.function, node_of(node.inputs[path])), save, node.op, node.name,
                       node.offset});
    }
    return;
  }
  if (!passes_strings(node.op) || strings_.size() >= kStringNodesKept) return;
  const bool constant = node.op == "Const";
  if (constant && (node.strings.empty() || node.strings[0].value.size() > 512)) return;
  StringNode kept;
  if (constant) {
    kept.constant = node.strings[0].value;
  } else {
    for (std::size_t i = 0; i < std::min(node.inputs.size(), std::size(kept.inputs)); ++i) {
      kept.inputs[i] = hash_of(node.function, node_of(node.inputs[i]));
    }
  }
  strings_.emplace(hash_of(node.function, node.name), std::move(kept));
}

void TensorflowInspector::node(const TfNode& node) {
  if (!node.strings.empty()) outputs_of(node);
  remember(node);
}

void TensorflowInspector::checkpoint_paths() {
  for (const auto& use : uses_) {
    if (!inspection_.budget().take_work(8)) return;
    std::vector<std::uint64_t> open{use.path};
    std::unordered_set<std::uint64_t> seen;
    for (int hop = 0; hop < kHopsToConstant * 4 && !open.empty(); ++hop) {
      const std::uint64_t value = open.back();
      open.pop_back();
      const auto it = strings_.find(value);
      if (it == strings_.end() || !seen.insert(value).second) continue;
      for (const std::uint64_t input : it->second.inputs) {
        if (input != 0) open.push_back(input);
      }
      const std::string& path = it->second.constant;
      if (path.empty()) continue;
      const PathKind kind = path_kind(path);
      // "/part-00001" is what savers append to the loader's path.
      if (kind == PathKind::kPlain || kind == PathKind::kControl || path.starts_with("/part"))
        continue;
      FindingDraft draft{.offset = use.offset, .part = use.name, .excerpt = path};
      draft.detail = use.op + " uses " +
                     std::string(kind == PathKind::kUrl        ? "a remote"
                                 : kind == PathKind::kAbsolute ? "an absolute"
                                                               : "a traversing") +
                     " path that stands in the graph";
      if (use.save) draft.severity = Severity::kHigh;
      inspection_.finding(rules::kTensorflowCheckpointPath, std::move(draft));
      break;
    }
  }
}

void TensorflowInspector::operators(const TfGraphs& graphs) {
  const std::unordered_set<std::string_view> functions(graphs.functions.begin(),
                                                       graphs.functions.end());
  for (const auto& op : graphs.operators) {
    FindingDraft draft{.offset = op.first_offset, .part = op.first_node};
    const std::string count = op.count == 1 ? "1 node" : std::to_string(op.count) + " nodes";
    const std::string where =
        op.first_function.empty() ? "" : " (first in function " + op.first_function + ")";
    if (const TfOpClass* row = tf_op_class(op.op)) {
      draft.severity = row->severity;
      draft.detail = op.op + " " + std::string(row->does) + ": " + count + where;
      inspection_.finding(*row->rule, std::move(draft));
    } else if (!is_tf_operator(op.op) && !functions.contains(op.op)) {
      draft.detail = "operator \"" + op.op + "\": " + count + where;
      inspection_.finding(is_tf_addon_operator(op.op) ? rules::kTensorflowAddonOperator
                                                      : rules::kTensorflowCustomOperator,
                          std::move(draft));
    }
  }
}

void TensorflowInspector::run(TfKind kind) {
  state(formats::parse_tensorflow(inspection_.source(), kind, inspection_.budget(), *this));
}

void TensorflowInspector::run_text() {
  text_form_ = true;
  state(formats::parse_tensorflow_text(inspection_.source(), inspection_.budget(), *this));
}

void TensorflowInspector::state(const formats::Outcome<TfGraphs>& outcome) {
  if (outcome.state == formats::ParseState::kNotThisFormat) {
    inspection_.incomplete("malformed", "no graph in the file", 0);
    return;
  }
  if (outcome.state == formats::ParseState::kMalformed) inspection_.incomplete(*outcome.error);
  const TfGraphs& graphs = outcome.view;
  operators(graphs);
  checkpoint_paths();
  for (const auto& [name, offset] : graphs.assets) {
    const PathKind path = path_kind(name);
    if (path == PathKind::kPlain) continue;
    inspection_.finding(rules::kTensorflowAssetPath,
                        {.offset = offset,
                         .detail = "the asset's file name is " + std::string(path_word(path)),
                         .excerpt = name});
  }
  for (const auto& [what, offset] : graphs.duplicates) {
    inspection_.finding(rules::kTensorflowDuplicateField,
                        {.offset = offset, .detail = what + " stands more than once"});
  }
  if (graphs.unknown_fields != 0) {
    FindingDraft draft{.offset = graphs.first_unknown};
    if (graphs.unknown_bytes > kUnknownBytesOfNote) draft.severity = Severity::kMedium;
    draft.detail = std::to_string(graphs.unknown_fields) + " unknown fields with " +
                   std::to_string(graphs.unknown_bytes) + " bytes";
    inspection_.finding(rules::kTensorflowUnknownField, std::move(draft));
  }
  if (graphs.overlong_varints != 0) {
    inspection_.finding(
        rules::kTensorflowOverlongEncoding,
        {.detail = std::to_string(graphs.overlong_varints) + " numbers are longer than needed"});
  }
}

}  // namespace

void inspect_tensorflow(Inspection& inspection) {
  TfKind kind = TfKind::kGraphDef;
  for (const FormatId type : inspection.types()) {
    if (type == FormatId::kTfSavedModel) kind = TfKind::kSavedModel;
    if (type == FormatId::kTfMetaGraph) kind = TfKind::kMetaGraph;
    if (type == FormatId::kTfKerasMetadata) kind = TfKind::kKerasMetadata;
  }
  TensorflowInspector(inspection).run(kind);
}

void inspect_tensorflow_text(Inspection& inspection) {
  TensorflowInspector(inspection).run_text();
}

void inspect_records(Inspection& inspection) {
  const auto records = formats::walk_records(inspection.source(), inspection.budget());
  if (!records) inspection.incomplete(records.error());
}

}  // namespace saiph::detect
