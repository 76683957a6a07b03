#include "detect/pickle/inspect.h"

#include "base/escape.h"
#include "detect/pickle/grading.h"
#include "detect/rules/pickle.h"

namespace saiph::detect {

namespace {

using formats::PickleFile;

void state_outcome(Inspection& inspection, const PickleFile& file, const PickleGrading& grading) {
  if (file.torch_magic_computed) {
    inspection.finding(
        rules::kPickleTorchMagicComputed,
        {.offset = 0, .detail = "the first stream computes PyTorch's magic number by a call"});
  }
  if (file.outcome == PickleFile::Outcome::kMalformed) {
    if (file.effective_streams != 0 && grading.acted() && file.code == ErrorCode::kMalformed) {
      inspection.finding(
          rules::kPickleBrokenAfterExecution,
          {.offset = file.offset,
           .detail = "breaks after " + std::to_string(grading.calls()) + " calls: " + file.reason});
    }
    inspection.incomplete(Error(file.code, "pickle: " + file.reason, file.offset));
  }
  if (!file.gap_searched) {
    inspection.incomplete("limit", "bytes behind the pickle streams were not searched to their end",
                          file.gap_offset);
  } else if (file.gap_bytes != 0 && file.outcome == PickleFile::Outcome::kParsed) {
    inspection.finding(rules::kPickleTrailingBytes,
                       {.offset = file.gap_offset,
                        .detail = std::to_string(file.gap_bytes) + " bytes belong to no stream"});
  }
}

formats::PickleWalkOptions options_for(Inspection& inspection, bool search_only) {
  formats::PickleWalkOptions options;
  // Structure only: what a loader reaches without seeking far.
  if (!inspection.full()) options.most_gap_bytes = std::uint64_t{1} << 20;
  options.search_only = search_only;
  return options;
}

}  // namespace

void inspect_pickle(Inspection& inspection) {
  PickleGrading grading(inspection);
  const PickleFile file = formats::walk_pickle(inspection.source(), inspection.budget(), grading,
                                               options_for(inspection, false));
  grading.finish();
  if (file.outcome == PickleFile::Outcome::kNotThisFormat) {
    inspection.incomplete(
        Error(ErrorCode::kMalformed, "no pickle stream: " + file.reason, file.offset));
    return;
  }
  state_outcome(inspection, file, grading);
}

void inspect_unknown_for_pickles(Inspection& inspection) {
  if (!inspection.full()) return;
  PickleGrading grading(inspection);
  const PickleFile file = formats::walk_pickle(inspection.source(), inspection.budget(), grading,
                                               options_for(inspection, true));
  grading.finish();
  if (file.streams != 0 && file.outcome == PickleFile::Outcome::kMalformed) {
    inspection.incomplete(Error(file.code, "pickle: " + file.reason, file.offset));
  }
  if (!file.gap_searched)
    inspection.incomplete("limit", "not searched for pickle streams to the end", file.gap_offset);
  if (inspection.budget().exhausted()) inspection.incomplete("limit", inspection.budget().reason());
}

}  // namespace saiph::detect
