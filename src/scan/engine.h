// Engine: one top-level file in, its report row out. Runs every detector over the file and over
// everything nested in it, under one budget.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "detect/contract/inspection.h"
#include "domain/finding.h"

namespace saiph::scan {

enum class DigestMode : std::uint8_t { kAuto, kAlways, kNever };

struct EngineOptions {
  Limits limits = Limits::strict();
  detect::Trust trust;
  bool full = true;
  DigestMode digest = DigestMode::kAuto;
};

/// Files beside the artefact on disk.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual std::vector<detect::Sibling> siblings() const = 0;
  virtual Result<std::shared_ptr<const ByteSource>> open(std::string_view relative) const = 0;
};

/// Inspects the file at `path`; never fails: what cannot be read is an incomplete row. `root`
/// bounds which neighbouring files repository rules may open. Any thread; memory is bounded by the
/// limits.
FileReport scan_file(const std::string& path, const std::string& root,
                     const EngineOptions& options);

/// The same for bytes that are already a source (standard input, an upload).
FileReport scan_source(const std::shared_ptr<const ByteSource>& source, std::string display_path,
                       const EngineOptions& options, const Surroundings* surroundings = nullptr);

/// The row of something that could not be opened at all.
FileReport unreadable(std::string path, const Error& error);

}  // namespace saiph::scan
