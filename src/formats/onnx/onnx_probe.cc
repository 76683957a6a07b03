// Recognising a model, which has no signature.
#include <algorithm>

#include "codec/protobuf/wire_walker.h"
#include "formats/onnx/onnx_model.h"

namespace saiph::formats {

namespace {

using codec::WireField;
using codec::WireType;
using codec::WireWalker;

// A brace is the tag of a group, so any JSON text may look like one that goes on to its end.
constexpr std::uint64_t kProbeWork = 1U << 18;

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() < 256 &&
         std::all_of(
             text.begin(), text.end(),
             [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      c == '_' || c == '.' || c == '-' || c == ':';
             });
}

/// Whether the message just entered (a graph or a function whose nodes are field `nodes`) starts
/// like one: a node with an operator name, or only known fields.
bool probe_body(WireWalker& walker, std::uint32_t nodes) {
  WireField f;
  std::size_t known = 0;
  for (int looked = 0; looked < 16; ++looked) {
    const auto step = walker.next(f);
    if (step == WireWalker::Step::kFailed) return false;
    if (step == WireWalker::Step::kEnd) return known > 0;
    if (f.type != WireType::kBytes || f.number > 32) continue;
    ++known;
    if (f.number != nodes) continue;
    if (!walker.enter()) return false;
    for (int inner = 0; inner < 64; ++inner) {
      const auto inner_step = walker.next(f);
      if (inner_step == WireWalker::Step::kFailed) return false;
      if (inner_step == WireWalker::Step::kEnd) break;
      if (f.is(4, WireType::kBytes)) return is_identifier(walker.text(256));
    }
    return false;
  }
  return known >= 8;
}

}  // namespace

bool probe_onnx(const ByteSource& source, ByteView head) {
  // Any field of a model may come first; most other files end here.
  if (head.size() < 4 || head[0] == 0) return false;
  Limits limits = Limits::strict();
  limits.work_units = kProbeWork;
  Budget budget(limits);
  WireWalker walker(source, budget, 0, UINT64_MAX, 4096);
  WireField f;
  bool version = false;
  bool body = false;
  for (int looked = 0; looked < 64 && !(version && body); ++looked) {
    if (walker.next(f) != WireWalker::Step::kField) return false;
    if (f.is(1, WireType::kVarint)) {
      if (f.value == 0 || f.value > 64) return false;
      version = true;
    } else if (!body && (f.is(7, WireType::kBytes) || f.is(25, WireType::kBytes))) {
      const std::size_t depth = walker.depth();
      const std::uint32_t nodes = f.number == 7 ? 1 : 7;
      if (!walker.enter() || !probe_body(walker, nodes)) return false;
      while (walker.depth() > depth) walker.leave();
      body = true;
    }
  }
  return version && body;
}

}  // namespace saiph::formats
