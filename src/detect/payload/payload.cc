#include "detect/payload/payload.h"

#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "base/text.h"

namespace saiph::detect {

namespace {

using std::string_view_literals::operator""sv;

bool is_elf(ByteReader reader) {
  // e_ident: class 1-2, data 1-2, version 1 (System V ABI, chapter 4).
  ByteView magic;
  std::uint8_t word = 0;
  std::uint8_t order = 0;
  std::uint8_t version = 0;
  return reader.take(4, magic) &&
         as_text(magic) ==
             "\x7F"
             "ELF"sv &&
         reader.u8(word) && reader.u8(order) && reader.u8(version) && (word == 1 || word == 2) &&
         (order == 1 || order == 2) && version == 1;
}

bool is_pe(ByteView head) {
  ByteReader reader(head);
  ByteView magic;
  std::uint32_t header = 0;
  return reader.take(2, magic) && as_text(magic) == "MZ" && reader.seek(0x3C) &&
         reader.u32le(header) && reader.seek(header) && reader.take(4, magic) &&
         as_text(magic) == "PE\0\0"sv;
}

bool is_mach_o(ByteReader reader) {
  // mach_header: magic, cputype (x86, ARM, PowerPC; with or without the 64-bit flag), file type.
  std::uint32_t magic = 0;
  std::uint32_t cpu = 0;
  std::uint32_t subtype = 0;
  std::uint32_t type = 0;
  if (!reader.u32le(magic) || !reader.u32le(cpu) || !reader.u32le(subtype) || !reader.u32le(type)) {
    return false;
  }
  const std::uint32_t family = cpu & ~0x03000000U;
  return (magic == 0xFEEDFACE || magic == 0xFEEDFACF) &&
         (family == 7 || family == 12 || family == 18) && type >= 1 && type <= 12;
}

bool is_zip(ByteReader reader, std::uint64_t length) {
  // Local file header: version needed up to 6.3, a known method, a name.
  std::uint32_t magic = 0;
  std::uint16_t version = 0;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint16_t name = 0;
  return reader.u32le(magic) && magic == 0x04034B50 && reader.u16le(version) &&
         (version & 0xFFU) <= 63 && reader.u16le(flags) && reader.u16le(method) && method <= 99 &&
         reader.seek(26) && reader.u16le(name) && name != 0 && name + 30U <= length;
}

bool is_pickle(ByteReader reader, std::uint64_t length) {
  std::uint8_t proto = 0;
  std::uint8_t version = 0;
  std::uint8_t next = 0;
  if (!reader.u8(proto) || !reader.u8(version) || !reader.u8(next) || proto != 0x80) return false;
  if (version == 4 || version == 5) {
    std::uint64_t frame = 0;
    return next == 0x95 && reader.u64le(frame) && frame != 0 && frame <= length - 11;
  }
  // Protocols 2 and 3 have no frame: a GLOBAL with its two printable lines is what a payload needs.
  if ((version != 2 && version != 3) || next != 'c') return false;
  ByteView module;
  return reader.take_until('\n', 128, module) && !module.empty() &&
         std::all_of(module.begin(), module.end(),
                     [](std::uint8_t c) { return c > 0x20 && c < 0x7F; });
}

/// The first 192 decoded bytes, or nothing when the head is not base64 throughout.
Bytes base64_head(std::string_view text) {
  Bytes out;
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (const char c : text.substr(0, 256)) {
    if (c == '\n' || c == '\r') continue;
    const int value = base64_digit(c);
    if (value < 0) return c == '=' ? out : Bytes();
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> have));
    }
  }
  return out;
}

PayloadKind raw_kind(ByteView head, std::uint64_t length) {
  if (is_elf(ByteReader(head))) return PayloadKind::kElf;
  if (is_pe(head)) return PayloadKind::kPe;
  if (is_mach_o(ByteReader(head))) return PayloadKind::kMachO;
  if (is_zip(ByteReader(head), length)) return PayloadKind::kZip;
  if (is_pickle(ByteReader(head), length)) return PayloadKind::kPickle;
  const std::string_view text = as_text(head);
  if (text.starts_with("#!/") || text.starts_with("#! /")) return PayloadKind::kScript;
  return PayloadKind::kNone;
}

// Each is long enough, and odd enough in prose, to be worth a person's look.
constexpr std::array kMarkers = std::to_array<std::string_view>({
    "<script",     "javascript:",    "#!/bin/",           "#!/usr/bin/",
    "__import__(", "import os",      "import subprocess", "import socket",
    "os.system(",  "os.popen(",      "subprocess.",       "eval(",
    "exec(",       "powershell ",    "cmd.exe",           "/bin/sh",
    "/bin/bash",   "base64 -d",      "pickle.loads",      "marshal.loads",
    "__globals__", "__subclasses__", "curl http",         "wget http",
});

}  // namespace

PayloadKind payload_kind(ByteView head, std::uint64_t length) {
  if (head.size() < 12) return PayloadKind::kNone;
  const PayloadKind kind = raw_kind(head, length);
  if (kind != PayloadKind::kNone || head.size() < 64) return kind;
  const Bytes decoded = base64_head(as_text(head));
  if (decoded.size() < 12 || raw_kind(decoded, UINT64_MAX) == PayloadKind::kNone) return kind;
  return PayloadKind::kBase64;
}

Result<PayloadKind> payload_in_weights(const ByteSource& source, std::uint64_t offset,
                                       std::uint64_t length) {
  constexpr std::uint64_t kLeastBytes = 64;
  constexpr std::uint64_t kHeadBytes = 4096;
  if (length < kLeastBytes) return PayloadKind::kNone;
  std::array<std::uint8_t, kHeadBytes> buffer{};
  const auto wanted = static_cast<std::size_t>(std::min(length, kHeadBytes));
  SAIPH_TRY(const std::size_t got, source.read_at(offset, std::span(buffer).first(wanted)));
  const ByteView head = ByteView(buffer).first(got);
  const PayloadKind kind = payload_kind(head, length);
  if (kind == PayloadKind::kScript) {
    const std::string_view text = as_text(head);
    const std::string_view line = text.substr(0, std::min<std::size_t>(text.find('\n'), 128));
    const bool printable =
        std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    return printable && line.find("bin/") != std::string_view::npos ? kind : PayloadKind::kNone;
  }
  if (kind == PayloadKind::kBase64) return PayloadKind::kNone;
  // The header behind a DOS program of any length.
  ByteReader reader(head);
  std::uint32_t header = 0;
  if (kind == PayloadKind::kNone && as_text(head).starts_with("MZ") && reader.seek(0x3C) &&
      reader.u32le(header) && header >= head.size() && header <= length - 4) {
    std::array<std::uint8_t, 4> magic{};
    SAIPH_TRY(const std::size_t read, source.read_at(offset + header, magic));
    if (read == magic.size() && as_text(magic) == "PE\0\0"sv) return PayloadKind::kPe;
  }
  return kind;
}

std::string_view payload_name(PayloadKind kind) {
  switch (kind) {
    case PayloadKind::kNone:
      break;
    case PayloadKind::kElf:
      return "an ELF executable";
    case PayloadKind::kPe:
      return "a Windows executable";
    case PayloadKind::kMachO:
      return "a Mach-O executable";
    case PayloadKind::kZip:
      return "a zip archive";
    case PayloadKind::kPickle:
      return "a pickle";
    case PayloadKind::kScript:
      return "a script";
    case PayloadKind::kBase64:
      return "base64 text of an executable, archive, script or pickle";
  }
  return "data";
}

bool is_executable(PayloadKind kind) {
  return kind == PayloadKind::kElf || kind == PayloadKind::kPe || kind == PayloadKind::kMachO ||
         kind == PayloadKind::kScript || kind == PayloadKind::kBase64;
}

std::string_view code_marker(std::string_view text) {
  for (const std::string_view marker : kMarkers) {
    const std::size_t at = text.find(marker);
    if (at == std::string_view::npos) continue;
    // "eval(" inside "Retrieval(" is prose.
    const char before = at == 0 ? ' ' : text[at - 1];
    const bool word =
        (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z') || before == '_';
    if (!word) return marker;
  }
  return {};
}

PathKind path_kind(std::string_view path) {
  if (path.empty()) return PathKind::kControl;
  if (std::any_of(path.begin(), path.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
    return PathKind::kControl;
  }
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (path[0] == '/' || path[0] == '\\' || path[0] == '~') return PathKind::kAbsolute;
  if (path.size() >= 2 && letter(path[0]) && path[1] == ':') return PathKind::kAbsolute;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t stop = std::min(path.find_first_of("/\\", start), path.size());
    if (path.substr(start, stop - start) == "..") return PathKind::kTraversal;
    start = stop + 1;
  }
  const std::size_t colon = path.find(':');
  if (colon != std::string_view::npos && colon > 1 && letter(path[0]) &&
      std::all_of(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(colon), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-';
      })) {
    return PathKind::kUrl;
  }
  return PathKind::kPlain;
}

std::string_view path_word(PathKind kind) {
  switch (kind) {
    case PathKind::kPlain:
      break;
    case PathKind::kAbsolute:
      return "absolute";
    case PathKind::kTraversal:
      return "traversing";
    case PathKind::kUrl:
      return "remote or scheme";
    case PathKind::kControl:
      return "empty or unprintable";
  }
  return "plain";
}

}  // namespace saiph::detect
