// Streams inside values: pickles in bytes and text become artefacts of their own.
#include <algorithm>
#include <memory>

#include "base/checked.h"
#include "detect/pickle/grading.h"
#include "detect/rules/pickle.h"

namespace saiph::detect {

using formats::PickleKind;
using formats::PickleValue;

namespace {

/// Text values that hold bytes as latin-1 (protocol 0 to 2): UTF-8 back to one byte a character.
/// Stops at the first character beyond U+00FF, as a loader that encodes it back would fail there.
Bytes latin1_of_utf8(ByteView text) {
  Bytes out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x80) {
      out.push_back(text[i]);
    } else if ((text[i] == 0xC2 || text[i] == 0xC3) && i + 1 < text.size() &&
               (text[i + 1] & 0xC0) == 0x80) {
      out.push_back(static_cast<std::uint8_t>(((text[i] & 3U) << 6) | (text[i + 1] & 0x3FU)));
      ++i;
    } else {
      break;
    }
  }
  return out;
}

}  // namespace

void PickleGrading::on_nested(std::uint64_t payload, std::uint64_t length, bool text) {
  constexpr std::size_t kMostCandidates = 4096;
  if (nested_.size() < kMostCandidates) {
    nested_.push_back({payload, length, text, false});
  } else if (nested_.size() == kMostCandidates) {
    nested_.push_back({payload, length, text, true});
    inspection_.incomplete("limit", "more values that may hold pickles than are tried", payload);
  }
}

// Each candidate is tried before it is stated: arrays may begin with the bytes of PROTO by chance.
void PickleGrading::open_nested() {
  constexpr std::uint64_t kHead = 8192;
  for (const Nested& nested : nested_) {
    if (nested.claimed) continue;
    auto head =
        read_range(inspection_.source(), nested.payload, std::min(nested.length, kHead), kHead);
    if (!head) continue;
    if (nested.text) *head = latin1_of_utf8(*head);
    const ViewSource view(*head);
    if (!formats::probe_pickle(*head, view)) continue;
    state(rules::kPickleNested, PickleValue::kNoName, nested.payload,
          "a value holds a pickle stream", nullptr, {});
    member(nested.payload, nested.length, nested.text, "as:pickle");
  }
}

// The value is an artefact that the call loads: whatever it is, it is looked at as a file is.
void PickleGrading::open_bytes(PickleValue bytes) {
  constexpr std::uint64_t kMostOpened = 10'000;
  if (++opened_ > kMostOpened) {
    if (opened_ == kMostOpened + 1)
      inspection_.incomplete("limit", "more values are loaded as artefacts than are opened");
    return;
  }
  for (Nested& nested : nested_) {
    if (nested.payload == bytes.text_offset() && !nested.claimed) {
      nested.claimed = true;
      member(nested.payload, nested.length, false, "");
      return;
    }
  }
  // The value keeps 14 bits of its length; a longer one is cut at the end of the artefact, and what
  // follows it there is this stream's own tail.
  std::uint64_t length = bytes.text_length();
  if (length == PickleValue::kMaxTextLength)
    length = inspection_.source().size() - bytes.text_offset();
  member(bytes.text_offset(), length, false, "");
}

void PickleGrading::member(std::uint64_t payload, std::uint64_t length, bool text,
                           std::string role) {
  MemberDraft draft;
  draft.name = "value@" + std::to_string(payload);
  draft.role = std::move(role);
  const std::uint64_t most = inspection_.limits().string_bytes;
  draft.open = [source = inspection_.source_ptr(), payload, length, text,
                most]() -> Result<std::shared_ptr<const ByteSource>> {
    if (!text)
      return std::shared_ptr<const ByteSource>(
          std::make_shared<const SubSource>(source, payload, length));
    SAIPH_TRY(const Bytes raw, read_range(*source, payload, length, most));
    return std::shared_ptr<const ByteSource>(
        std::make_shared<const MemorySource>(latin1_of_utf8(raw)));
  };
  inspection_.member(std::move(draft));
}

}  // namespace saiph::detect
