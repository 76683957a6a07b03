// What a string or blob inside a model file looks like: an executable, an archive, code, a path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/result.h"

namespace saiph::detect {

enum class PayloadKind : std::uint8_t { kNone, kElf, kPe, kMachO, kZip, kPickle, kScript, kBase64 };

/// What the first bytes of a blob of `length` bytes announce. Structural: a magic number of under
/// eight bytes alone never decides, so tensor bytes do not match by chance. kBase64: text whose
/// decoding announces one of the others. Any thread; constant cost.
PayloadKind payload_kind(ByteView head, std::uint64_t length);

/// The same for bytes [offset, offset + length) of a source that should be weights: any bytes occur
/// there, so a script counts only with an interpreter's path, base64 and less than 64 bytes never.
/// Errors: those of the source. Any thread; reads 4 KiB.
Result<PayloadKind> payload_in_weights(const ByteSource& source, std::uint64_t offset,
                                       std::uint64_t length);

/// "an ELF executable", "a pickle", ... for a sentence.
std::string_view payload_name(PayloadKind kind);

/// True for native code and scripts: what runs without another program's reader.
bool is_executable(PayloadKind kind);

/// The first sign of program code in a text that should hold prose or data ("import os",
/// "<script"), or empty. Any thread; linear.
std::string_view code_marker(std::string_view text);

enum class PathKind : std::uint8_t {
  kPlain,      ///< a relative path inside the artefact's folder
  kAbsolute,   ///< rooted: "/etc/x", "C:\\x", "\\\\server\\x", "~/x"
  kTraversal,  ///< a ".." component, by either slash
  kUrl,        ///< a scheme: "https://x", "gs://x", "file:x"
  kControl,    ///< empty, or holds NUL or control characters
};

/// How a path that a model file names for reading or writing leaves the model's folder.
PathKind path_kind(std::string_view path);

/// A word for the sentence: "absolute", "traversing", ...
std::string_view path_word(PathKind kind);

}  // namespace saiph::detect
