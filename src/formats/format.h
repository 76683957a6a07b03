// FormatId: every kind of artefact that Saiph tells apart, and the table that identifies them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/bytes.h"

namespace saiph::formats {

enum class FormatId : std::uint8_t {
  kEmpty,
  kGitLfsPointer,
  kPickle,
  kZip,
  kTar,
  kGzip,
  kZlib,
  kBzip2,
  kXz,
  kLzma,
  kZstd,
  kLz4,
  kSevenZip,
  kRar,
  kNumpy,
  kHdf5,
  kSafetensors,
  kGguf,
  kGgml,
  kOnnx,
  kTfSavedModel,
  kTfMetaGraph,
  kTfGraphDef,
  kTfKerasMetadata,
  kTfFingerprint,
  kTfCheckpoint,
  kTfTextGraph,
  kTfRecord,
  kTflite,
  kTensorData,
  kElf,
  kPe,
  kMachO,
  kScript,
  kPython,
  kPythonBytecode,
  kJinja,
  kJson,
  kJsonLines,
  kNotebook,
  kYaml,
  kCsv,
  kParquet,
  kRequirements,
  kText,
  kMedia,
  kUnknown,
};

/// The stable name used in reports ("pickle", "zip", ...).
std::string_view format_name(FormatId id);

/// What identification looks at. Views live as long as the call.
struct Probe {
  const ByteSource& source;
  ByteView head;  ///< the first bytes, up to 8 KiB
  ByteView tail;  ///< the last bytes, up to 8 KiB
  std::string_view
      name;   ///< leaf file or member name: a hint for text formats, never a reason to skip
  bool text;  ///< head has no NUL and is nearly all printable or valid UTF-8
};

/// All formats whose signature matches, at the start, at the end and at 257 (tar); never empty:
/// kText or kUnknown when nothing else does. Cost: two small reads.
/// Errors: kUnavailable when the source cannot be read.
Result<std::vector<FormatId>> identify(const ByteSource& source, std::string_view name);

}  // namespace saiph::formats
