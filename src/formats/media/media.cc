#include "formats/media/media.h"

#include <algorithm>
#include <array>

#include "base/byte_reader.h"

namespace saiph::formats {

namespace {

using std::string_view_literals::operator""sv;

bool at(ByteView head, std::string_view magic, std::size_t offset = 0) {
  return head.size() >= offset + magic.size() &&
         as_text(head.subspan(offset, magic.size())) == magic;
}

std::optional<std::uint64_t> png_end(SourceReader& reader, Budget& budget) {
  if (!reader.seek(8)) return std::nullopt;
  for (;;) {
    std::uint32_t length = 0;
    ByteView type;
    if (!budget.take_work(8) || !reader.u32be(length) || !reader.take(4, type)) return std::nullopt;
    const bool last = as_text(type) == "IEND";
    if (!reader.skip(std::uint64_t{length} + 4)) return std::nullopt;
    if (last) return reader.offset();
  }
}

// Marker segments, and after SOS entropy-coded data in which 0xFF is followed by 0 or RSTn.
std::optional<std::uint64_t> jpeg_end(SourceReader& reader, Budget& budget) {
  if (!reader.seek(2)) return std::nullopt;
  for (;;) {
    std::uint8_t byte = 0;
    do {
      if (!budget.take_work(1) || !reader.u8(byte)) return std::nullopt;
    } while (byte != 0xFF);
    do {
      if (!reader.u8(byte)) return std::nullopt;
    } while (byte == 0xFF);
    if (byte == 0xD9) return reader.offset();
    if (byte == 0 || byte == 1 || (byte >= 0xD0 && byte <= 0xD7)) continue;
    std::uint16_t length = 0;
    if (!reader.u16be(length) || length < 2 || !reader.skip(length - 2U)) return std::nullopt;
  }
}

bool skip_gif_blocks(SourceReader& reader, Budget& budget) {
  for (;;) {
    std::uint8_t length = 0;
    if (!budget.take_work(1) || !reader.u8(length)) return false;
    if (length == 0) return true;
    if (!reader.skip(length)) return false;
  }
}

std::optional<std::uint64_t> gif_end(SourceReader& reader, Budget& budget) {
  std::uint8_t flags = 0;
  if (!reader.seek(10) || !reader.u8(flags) || !reader.skip(2)) return std::nullopt;
  if ((flags & 0x80) != 0 && !reader.skip(std::uint64_t{3} << ((flags & 7U) + 1U)))
    return std::nullopt;
  for (;;) {
    std::uint8_t kind = 0;
    if (!reader.u8(kind)) return std::nullopt;
    if (kind == 0x3B) return reader.offset();
    if (kind == 0x21) {
      if (!reader.skip(1) || !skip_gif_blocks(reader, budget)) return std::nullopt;
    } else if (kind == 0x2C) {
      if (!reader.skip(8) || !reader.u8(flags)) return std::nullopt;
      if ((flags & 0x80) != 0 && !reader.skip(std::uint64_t{3} << ((flags & 7U) + 1U)))
        return std::nullopt;
      if (!reader.skip(1) || !skip_gif_blocks(reader, budget)) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
}

}  // namespace

std::string_view media_name(MediaKind kind) {
  switch (kind) {
    case MediaKind::kPng:
      return "PNG";
    case MediaKind::kJpeg:
      return "JPEG";
    case MediaKind::kGif:
      return "GIF";
    case MediaKind::kBmp:
      return "BMP";
    case MediaKind::kWebp:
      return "WebP";
    case MediaKind::kWav:
      return "WAV";
    case MediaKind::kAvi:
      return "AVI";
    case MediaKind::kMp3:
      return "MP3";
    case MediaKind::kOgg:
      return "Ogg";
    case MediaKind::kFlac:
      return "FLAC";
    case MediaKind::kMp4:
      return "MP4";
    case MediaKind::kPdf:
      return "PDF";
    case MediaKind::kIcon:
      return "icon";
    case MediaKind::kFont:
      return "font";
    case MediaKind::kTiff:
      return "TIFF";
    case MediaKind::kMatroska:
      return "Matroska";
    case MediaKind::kPsd:
      return "PSD";
  }
  return "media";
}

std::optional<MediaKind> media_kind(ByteView head, std::uint64_t size) {
  if (at(head, "\x89PNG\r\n\x1A\n")) return MediaKind::kPng;
  if (at(head, "\xFF\xD8\xFF")) return MediaKind::kJpeg;
  if (at(head, "GIF87a") || at(head, "GIF89a")) return MediaKind::kGif;
  if (at(head, "RIFF")) {
    if (at(head, "WEBP", 8)) return MediaKind::kWebp;
    if (at(head, "WAVE", 8)) return MediaKind::kWav;
    if (at(head, "AVI ", 8)) return MediaKind::kAvi;
  }
  if (at(head, "BM") && head.size() >= 26) {
    // Two letters are no magic: the size field and the header size must fit too.
    ByteReader reader(head);
    std::uint32_t told = 0;
    std::uint32_t zero = 0;
    std::uint32_t pixels = 0;
    std::uint32_t header = 0;
    if (reader.skip(2) && reader.u32le(told) && reader.u32le(zero) && reader.u32le(pixels) &&
        reader.u32le(header) && told <= size && zero == 0 && pixels <= size &&
        (header == 12 || header == 40 || header == 108 || header == 124)) {
      return MediaKind::kBmp;
    }
  }
  if (at(head, "ID3") && head.size() >= 10 && head[3] <= 4 && head[4] != 0xFF)
    return MediaKind::kMp3;
  if (at(head, "OggS\0"sv)) return MediaKind::kOgg;
  if (at(head, "fLaC\0"sv)) return MediaKind::kFlac;
  if (at(head, "ftyp", 4) && head.size() >= 12 && head[0] == 0) return MediaKind::kMp4;
  if (at(head, "%PDF-")) return MediaKind::kPdf;
  if (at(head, "\0\0\1\0"sv) && head.size() >= 22 && head[4] != 0 && head[4] <= 64 &&
      head[5] == 0 && head[9] == 0 && (head[10] <= 1) &&
      (head[21] == 0 || size > (std::uint64_t{head[21]} << 24))) {
    return MediaKind::kIcon;
  }
  if (at(head, "wOFF") || at(head, "wOF2") || at(head, "OTTO\0"sv) || at(head, "true\0"sv))
    return MediaKind::kFont;
  if (at(head, "\0\1\0\0\0"sv) && head.size() >= 16 && head[5] >= 4 && head[5] < 64 &&
      head[12] >= 'A' && head[12] <= 'z' && head[13] >= ' ' && head[13] <= 'z' && head[14] >= ' ' &&
      head[14] <= 'z') {
    return MediaKind::kFont;
  }
  if (at(head, "II*\0\x08\0\0\0"sv) || at(head, "MM\0*\0\0\0\x08"sv)) return MediaKind::kTiff;
  if (at(head, "\x1A\x45\xDF\xA3")) return MediaKind::kMatroska;
  if (at(head, "8BPS\0\1"sv)) return MediaKind::kPsd;
  return std::nullopt;
}

std::optional<std::uint64_t> media_end(const ByteSource& source, MediaKind kind, Budget& budget) {
  SourceReader reader(source, 0, 64U << 10);
  switch (kind) {
    case MediaKind::kPng:
      return png_end(reader, budget);
    case MediaKind::kJpeg:
      return jpeg_end(reader, budget);
    case MediaKind::kGif:
      return gif_end(reader, budget);
    case MediaKind::kBmp:
    case MediaKind::kWebp:
    case MediaKind::kWav:
    case MediaKind::kAvi: {
      std::uint32_t length = 0;
      const bool bmp = kind == MediaKind::kBmp;
      if (!reader.skip(bmp ? 2 : 4) || !reader.u32le(length)) return std::nullopt;
      // RIFF counts what follows its header and pads to an even length.
      const std::uint64_t end = bmp ? length : std::uint64_t{length} + 8 + (length & 1U);
      if (end > source.size() || end < 12) return std::nullopt;
      return end;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace saiph::formats
