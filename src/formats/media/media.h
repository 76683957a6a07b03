// Harmless media and fonts: by magic number, and where the format says it ends.
//
// Sources: PNG (ISO/IEC 15948), JPEG (ITU-T T.81 annex B), GIF89a, RIFF. Other formats are only
// recognised.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/limits.h"

namespace saiph::formats {

enum class MediaKind : std::uint8_t {
  kPng,
  kJpeg,
  kGif,
  kBmp,
  kWebp,
  kWav,
  kAvi,
  kMp3,
  kOgg,
  kFlac,
  kMp4,
  kPdf,
  kIcon,
  kFont,
  kTiff,
  kMatroska,
  kPsd,
};

std::string_view media_name(MediaKind kind);

/// What the head announces; nothing when it is no media. `size` of the whole source. Any thread.
std::optional<MediaKind> media_kind(ByteView head, std::uint64_t size);

/// The offset behind the format's own last byte, for formats that have one (PNG, JPEG, GIF, BMP,
/// RIFF); nothing when the format has none, or the file breaks off before. Charges the budget.
/// Cost: PNG and RIFF one read a chunk, JPEG and GIF linear.
std::optional<std::uint64_t> media_end(const ByteSource& source, MediaKind kind, Budget& budget);

}  // namespace saiph::formats
