// From the name of a policy to an inspector: for `saiph inspect` and `saiph serve`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/text_inspector.h"

namespace saiph::app {

/// What answers are held against, and the model that looks: files and words as they were given.
/// What is empty is not checked.
struct TextSources {
  std::string model;                    ///< made by tools/train; empty: our own
  std::string system_prompt;            ///< a file
  std::vector<std::string> protecteds;  ///< files that answers must not quote
  std::vector<std::string> passages;    ///< files that answers should rest on
  std::string packages;                 ///< a file with a known package on each line
  std::vector<std::string> hosts;       ///< that links may point to
  std::vector<std::string> canaries;
  std::string token_key;  ///< a file, for redaction with tokens; empty: a key of this run
};

/// What a policy's name or file asks for, with the rules it names on top of our own.
struct TextSetup {
  TextPolicy policy;
  bool uses_network = false;  ///< a second tier is asked
  std::shared_ptr<const TextInspector> inspector;
};

/// `policy`: "observe", "balanced" (also when empty), "strict", or a file. Errors:
/// kInvalidArgument with the place and what to do, for a file that cannot be read, a policy or
/// rules that are wrong, or a name that stands for no finding. The same for
/// files of `sources`.
Result<TextSetup> set_up_text_inspection(const std::string& policy,
                                         const TextSources& sources = {});

/// The same for a server that may never be asked: rules and model of a built-in policy are loaded
/// with the first text; files are read and checked at once. Errors: as above.
Result<std::shared_ptr<const TextInspector>> text_inspector_when_needed(const std::string& policy);

}  // namespace saiph::app
