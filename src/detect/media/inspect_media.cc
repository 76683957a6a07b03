#include "detect/media/inspect_media.h"

#include <algorithm>
#include <string>

#include "base/byte_source.h"
#include "detect/payload/payload.h"
#include "detect/rules/executable.h"
#include "formats/media/media.h"

namespace saiph::detect {

void inspect_media(Inspection& inspection) {
  const ByteSource& source = inspection.source();
  constexpr std::size_t kHead = 512;
  const auto head = read_range(source, 0, std::min<std::uint64_t>(source.size(), kHead), kHead);
  if (!head) {
    inspection.incomplete(head.error());
    return;
  }
  const auto kind = formats::media_kind(*head, source.size());
  if (!kind) return;
  const auto end = formats::media_end(source, *kind, inspection.budget());
  if (!end || *end >= source.size()) return;
  const std::uint64_t rest = source.size() - *end;
  const auto behind = read_range(source, *end, std::min<std::uint64_t>(rest, kHead), kHead);
  if (!behind) {
    inspection.incomplete(behind.error());
    return;
  }
  // Cameras append previews and padding, so only what a loader or system would run is stated; all
  // of it is examined.
  const PayloadKind payload = payload_kind(*behind, rest);
  if (payload != PayloadKind::kNone) {
    inspection.finding(rules::kMediaHiddenPayload,
                       {.severity = is_executable(payload) || payload == PayloadKind::kPickle
                                        ? std::optional(Severity::kHigh)
                                        : std::nullopt,
                        .offset = end,
                        .detail = std::string(payload_name(payload)) + " behind the end of the " +
                                  std::string(formats::media_name(*kind))});
    inspection.member({.name = "(bytes at " + std::to_string(*end) + ")",
                       .open = [ptr = inspection.source_ptr(), begin = *end,
                                rest]() -> Result<std::shared_ptr<const ByteSource>> {
                         return std::shared_ptr<const ByteSource>(
                             std::make_shared<const SubSource>(ptr, begin, rest));
                       }});
  }
}

}  // namespace saiph::detect
