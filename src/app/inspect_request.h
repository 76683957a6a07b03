// What `saiph inspect` is asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "app/scan_request.h"
#include "app/text_setup.h"
#include "domain/text.h"

namespace saiph::app {

enum class InspectFormat : std::uint8_t { kText, kJson, kJsonl };
enum class InspectInput : std::uint8_t {
  kAuto,   ///< JSON Lines for --format jsonl and files named *.jsonl, else text
  kText,   ///< the whole input is one text
  kJsonl,  ///< one {"id", "text", "channel"} a line
};

struct InspectRequest {
  /// A file, "-" for standard input, or else the text itself; empty: standard input.
  std::string input;
  std::optional<std::string> text;  ///< --text: never a file's name
  InspectInput input_kind = InspectInput::kAuto;
  InspectFormat format = InspectFormat::kText;
  Channel channel = Channel::kUser;  ///< of texts that name none
  std::string policy;                ///< a built-in policy's name or a file; empty: balanced
  TextSources sources;               ///< the model, and what answers are held against
  TextWishes wishes;                 ///< readings, a redacted copy
  unsigned jobs = 0;                 ///< 0: one a processor core
  ColourMode colour = ColourMode::kAuto;
  bool confine = true;  ///< off in tests only: a test's process has more to do afterwards
};

/// Inspects and reports in the order of the input. Answers 0 (nothing blocked), 1 (something is
/// blocked), 2 (usage or configuration), 3 (something could not be looked at, nothing is blocked),
/// 4. One thread at a time.
int run_inspect(const InspectRequest& request, std::ostream& out, std::ostream& err);

}  // namespace saiph::app
