#include "detect/embedded/embedded.h"

#include <utility>

#include "base/escape.h"
#include "codec/base64/base64.h"
#include "detect/payload/payload.h"
#include "detect/rules/metadata.h"

namespace saiph::detect {

namespace {

constexpr std::uint64_t kHeldBytes = 8U << 20;
// Values of this length have room for documents of their own (templates, configurations, pages).
constexpr std::size_t kLongText = 4096;
// Gaps between tensors are rare and each costs a member.
constexpr std::uint32_t kRanges = 64;

}  // namespace

void EmbeddedTexts::submit(std::string_view name, ByteView bytes, std::string_view role,
                           std::uint64_t offset) {
  if (bytes.size() > kHeldBytes - held_) {
    if (!full_) inspection_.incomplete("limit", "more embedded values than can be held", offset);
    full_ = true;
    return;
  }
  held_ += bytes.size();
  auto source = std::make_shared<const MemorySource>(Bytes(bytes.begin(), bytes.end()));
  inspection_.member({.name = std::string(name),
                      .open = [source]() -> Result<std::shared_ptr<const ByteSource>> {
                        return std::shared_ptr<const ByteSource>(source);
                      },
                      .role = std::string(role)});
}

void EmbeddedTexts::submit_range(std::string name, std::string_view role, std::uint64_t offset,
                                 std::uint64_t length) {
  if (ranges_ == kRanges) {
    inspection_.incomplete("limit", "more embedded parts than are examined one by one", offset);
  }
  if (ranges_++ >= kRanges) return;
  inspection_.member({.name = std::move(name),
                      .open = [source = inspection_.source_ptr(), offset,
                               length]() -> Result<std::shared_ptr<const ByteSource>> {
                        return std::make_shared<const SubSource>(source, offset, length);
                      },
                      .role = std::string(role)});
}

void EmbeddedTexts::look(std::string_view part, std::string_view text, std::uint64_t offset) {
  if (text.size() < 8) return;
  const ByteView bytes = as_bytes(text);
  const PayloadKind kind =
      payload_kind(bytes.first(std::min<std::size_t>(bytes.size(), 4096)), bytes.size());
  if (kind != PayloadKind::kNone) {
    inspection_.finding(rules::kMetadataCarriesPayload,
                        {.offset = offset,
                         .part = std::string(part),
                         .detail = "a metadata value of " + std::to_string(text.size()) +
                                   " bytes holds " + std::string(payload_name(kind)),
                         .excerpt = shorten(text, 120)});
    if (kind == PayloadKind::kBase64) {
      const auto decoded =
          codec::decode_base64(text, {.url = text.find_first_of("-_") != std::string_view::npos,
                                      .skip_space = true,
                                      .max_bytes = kHeldBytes});
      if (decoded) {
        submit(std::string(part) + ".base64", *decoded, "", offset);
        return;
      }
    }
    submit(part, bytes, "", offset);
    return;
  }
  if (const std::string_view marker = code_marker(text); !marker.empty()) {
    const std::size_t at = text.find(marker);
    inspection_.finding(
        rules::kMetadataCarriesCode,
        {.offset = offset,
         .part = std::string(part),
         .detail = "a metadata value holds program text (\"" + std::string(marker) + "\")",
         .excerpt = shorten(text.substr(at), 160)});
  }
  if (text.size() >= kLongText) submit(part, bytes, "metadata", offset);
}

}  // namespace saiph::detect
