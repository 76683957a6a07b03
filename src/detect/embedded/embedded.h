// EmbeddedTexts: what a model file's free text (metadata, configuration values) carries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// Looks at the metadata values of one artefact: executables, pickles, archives and base64 of them
/// are findings (metadata-carries-payload) and become members; program code is a finding
/// (metadata-carries-code); long values become members so that text detectors see them on their
/// own. Copies at most 8 MiB in all; what is left out after that is stated as incomplete. One
/// thread at a time; the inspection must outlive it. Cost: linear in the texts.
class EmbeddedTexts {
 public:
  explicit EmbeddedTexts(Inspection& inspection) : inspection_(inspection) {}

  /// `part` names the place ("__metadata__.notes"); `offset` is where the text stands.
  void look(std::string_view part, std::string_view text, std::uint64_t offset);
  /// Queues a copy of the bytes as a member, within the allowance. The role is the container's.
  void submit(std::string_view name, ByteView bytes, std::string_view role, std::uint64_t offset);
  /// Queues a range of the artefact itself, without a copy. At most 64 an artefact; more are stated
  /// as incomplete once.
  void submit_range(std::string name, std::string_view role, std::uint64_t offset,
                    std::uint64_t length);

 private:
  Inspection& inspection_;
  std::uint64_t held_ = 0;
  std::uint32_t ranges_ = 0;
  bool full_ = false;
};

}  // namespace saiph::detect
