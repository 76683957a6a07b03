// Streams inside values: pickles in bytes and text become artefacts of their own.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "detect/pickle/grading.h"
#include "detect/rules/pickle.h"
#include "formats/executable/executable.h"
#include "formats/pickle/opcodes.h"

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

// Whether data begins as a program, a script or an archive does: then it is one, and no array.
bool is_file(ByteView head, const ByteSource& file) {
  if (head.size() < 4) return false;
  const std::string_view text = as_text(head);
  switch (text[0]) {
    case '\x7F':
      return formats::looks_like_elf(head);
    case 'M':
      return text[1] == 'Z' && formats::looks_like_pe(head, file);
    case '#':
      return text.starts_with("#!/") || text.starts_with("#! /");
    case 'P':
      return text.starts_with("PK\x03\x04");
    case '\x1F':
      return text.starts_with("\x1F\x8B\x08");
    default:
      return formats::looks_like_mach_o(head, file.size());
  }
}

// The length of a long binary operand stands right before it, behind its opcode.
std::optional<std::uint64_t> counted_text_length(const ByteSource& source, std::uint64_t payload) {
  constexpr std::uint64_t kHeader = 9;
  if (payload < kHeader) return std::nullopt;
  const auto header = read_range(source, payload - kHeader, kHeader, kHeader);
  if (!header || header->size() != kHeader) return std::nullopt;
  ByteCursor cursor(*header);
  std::uint8_t opcode = 0;
  std::uint64_t wide = 0;
  if (cursor.u8(opcode) && opcode == formats::pickle_op::kBinUnicode8 && cursor.u64le(wide) &&
      wide <= source.size() - payload)
    return wide;
  ByteCursor narrow(ByteView(*header).subspan(4));
  std::uint32_t length = 0;
  if (narrow.u8(opcode) && opcode == formats::pickle_op::kBinUnicode && narrow.u32le(length) &&
      length <= source.size() - payload)
    return length;
  return std::nullopt;
}

}  // namespace

void PickleGrading::on_data(std::uint64_t offset, std::uint64_t length) {
  constexpr std::size_t kMostFiles = 1000;
  constexpr std::uint64_t kTextHead = 2048;
  std::array<std::uint8_t, 64> first{};
  const ByteSource& source = inspection_.source();
  const auto got = source.read_at(offset, MutableByteView(first).first(static_cast<std::size_t>(
                                              std::min<std::uint64_t>(length, first.size()))));
  const ByteView head = ByteView(first).first(got ? *got : 0);
  bool found = is_file(head, SubSource(inspection_.source_ptr(), offset, length));
  bool text = false;
  if (found || as_text(head).starts_with("MZ") || as_text(head).starts_with("\x1F\xC2")) {
    text = counted_text_length(source, offset) == length;
    // The offset in a PE's first header counts characters, and gzip's magic is no ASCII.
    const auto decoded = text && !found
                             ? read_range(source, offset, std::min(length, kTextHead), kTextHead)
                             : Result<Bytes>(Bytes());
    if (decoded && !decoded->empty()) {
      const Bytes plain = latin1_of_utf8(*decoded);
      found = is_file(plain, ViewSource(plain));
    }
  }
  // Told twice where both readings of frames are followed.
  if (found && std::find(files_.begin(), files_.end(), offset) == files_.end()) {
    // Beyond that many, literal search goes over the bytes.
    if (files_.size() >= kMostFiles) return;
    files_.push_back(offset);
    member(offset, length, text, "");
  }
  inspection_.data_range(offset, length);
}

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
  const bool text = bytes.is(PickleKind::kString);
  for (Nested& nested : nested_) {
    if (nested.payload == bytes.text_offset() && !nested.claimed) {
      nested.claimed = true;
      member(nested.payload, nested.length, text, "");
      return;
    }
  }
  if (text && bytes.text_length() == PickleValue::kMaxTextLength) {
    // Its tail would not be text: what is loaded must be cut exactly.
    const auto counted = counted_text_length(inspection_.source(), bytes.text_offset());
    if (!counted) {
      inspection_.incomplete("limit", "the length of a text that is loaded cannot be told",
                             bytes.text_offset());
      return;
    }
    member(bytes.text_offset(), *counted, true, "");
    return;
  }
  // The value keeps 14 bits of its length; a longer one is cut at the end of the artefact, and what
  // follows it there is this stream's own tail.
  std::uint64_t length = bytes.text_length();
  if (length == PickleValue::kMaxTextLength)
    length = inspection_.source().size() - bytes.text_offset();
  member(bytes.text_offset(), length, text, "");
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
