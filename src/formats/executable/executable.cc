#include "formats/executable/executable.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/byte_reader.h"
#include "base/checked.h"

namespace saiph::formats {

namespace {

using std::string_view_literals::operator""sv;

// Section, segment and load-command tables of real programs are below 64 KiB.
constexpr std::uint64_t kTableLimit = 1U << 20;
constexpr std::size_t kHead = 4096;

bool starts(ByteView bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && as_text(bytes.first(magic.size())) == magic;
}

// The "MZ" of these is also the start of a shell assignment (Actually Portable Executable).
bool is_portable(ByteView head) {
  return starts(head, "MZqFpD='") || starts(head, "jartsr='");
}

Bytes table(const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  auto bytes = read_range(source, offset, length, kTableLimit);
  return bytes ? std::move(*bytes) : Bytes();
}

void extend(Executable& view, std::uint64_t offset, std::uint64_t length, const ByteSource& source,
            bool& outside) {
  if (length == 0) return;
  if (!range_inside(offset, length, source.size())) {
    outside = true;
    view.image_end = source.size();
    return;
  }
  view.image_end = std::max(view.image_end, offset + length);
}

std::string elf_machine(std::uint16_t machine) {
  switch (machine) {
    case 3:
      return "x86";
    case 8:
      return "MIPS";
    case 20:
    case 21:
      return "PowerPC";
    case 22:
      return "s390";
    case 40:
      return "ARM";
    case 62:
      return "x86-64";
    case 183:
      return "arm64";
    case 190:
      return "CUDA";
    case 224:
      return "AMD GPU";
    case 243:
      return "RISC-V";
    default:
      return "machine " + std::to_string(machine);
  }
}

// Reads of either byte order.
class OrderedReader {
 public:
  OrderedReader(ByteView bytes, bool big) : reader_(bytes), big_(big) {}
  bool seek(std::uint64_t offset) { return reader_.seek(offset); }
  bool skip(std::uint64_t n) { return reader_.skip(n); }
  bool u16(std::uint16_t& v) { return big_ ? reader_.u16be(v) : reader_.u16le(v); }
  bool u32(std::uint32_t& v) { return big_ ? reader_.u32be(v) : reader_.u32le(v); }
  bool u64(std::uint64_t& v) { return big_ ? reader_.u64be(v) : reader_.u64le(v); }
  /// A 32- or 64-bit field, by the file's class.
  bool word(bool wide, std::uint64_t& v) {
    if (wide) return u64(v);
    std::uint32_t narrow = 0;
    if (!u32(narrow)) return false;
    v = narrow;
    return true;
  }
  bool take(std::uint64_t n, ByteView& out) { return reader_.take(n, out); }
  std::uint64_t remaining() const { return reader_.remaining(); }

 private:
  ByteReader reader_;
  bool big_;
};

Error broken(std::string_view what, std::uint64_t offset) {
  return {ErrorCode::kMalformed, "executable: " + std::string(what) + " lies outside the file",
          offset};
}

Outcome<Executable> finish(Executable view, std::optional<Error> error) {
  const ParseState state = error ? ParseState::kMalformed : ParseState::kParsed;
  return {state, std::move(view), std::move(error)};
}

Outcome<Executable> parse_elf(const ByteSource& source, ByteView head) {
  Executable view;
  view.kind = ExecutableKind::kElf;
  const bool wide = head[4] == 2;
  const bool big = head[5] == 2;
  view.bits = wide ? 64 : 32;
  OrderedReader reader(head, big);
  std::uint16_t type = 0;
  std::uint16_t machine = 0;
  std::uint64_t ignored = 0;
  std::uint64_t segments = 0;
  std::uint64_t sections = 0;
  std::uint16_t header_size = 0;
  std::uint16_t segment_size = 0;
  std::uint16_t segment_count = 0;
  std::uint16_t section_size = 0;
  std::uint16_t section_count = 0;
  if (!reader.seek(16) || !reader.u16(type) || !reader.u16(machine) || !reader.skip(4) ||
      !reader.word(wide, ignored) || !reader.word(wide, segments) || !reader.word(wide, sections) ||
      !reader.skip(4) || !reader.u16(header_size) || !reader.u16(segment_size) ||
      !reader.u16(segment_count) || !reader.u16(section_size) || !reader.u16(section_count)) {
    return finish(std::move(view), broken("the ELF header", 0));
  }
  view.shared = type == 3;
  view.machine = elf_machine(machine);
  view.image_end = header_size;
  bool outside = false;
  const std::uint64_t segment_bytes = std::uint64_t{segment_size} * segment_count;
  const std::uint64_t section_bytes = std::uint64_t{section_size} * section_count;
  extend(view, segments, segment_bytes, source, outside);
  extend(view, sections, section_bytes, source, outside);
  if (outside) return finish(std::move(view), broken("a header table", 0));

  const Bytes rows = table(source, segments, segment_bytes);
  for (std::uint64_t i = 0; i < segment_count && segment_size >= (wide ? 56 : 32); ++i) {
    // p_type, (p_flags if 64 bits), p_offset, p_vaddr, p_paddr, p_filesz.
    OrderedReader row(rows, big);
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    if (!row.seek(i * segment_size) || !row.skip(wide ? 8 : 4) || !row.word(wide, offset) ||
        !row.skip(wide ? 16 : 8) || !row.word(wide, length)) {
      break;
    }
    extend(view, offset, length, source, outside);
  }
  const Bytes section_rows = table(source, sections, section_bytes);
  for (std::uint64_t i = 0; i < section_count && section_size >= (wide ? 64 : 40); ++i) {
    // sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size; type 8 (NOBITS) occupies no file.
    OrderedReader row(section_rows, big);
    std::uint32_t section_type = 0;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    if (!row.seek(i * section_size) || !row.skip(4) || !row.u32(section_type) ||
        !row.skip(wide ? 16 : 8) || !row.word(wide, offset) || !row.word(wide, length)) {
      break;
    }
    if (section_type != 8) extend(view, offset, length, source, outside);
  }
  if (outside) return finish(std::move(view), broken("a segment or section", 0));
  return finish(std::move(view), std::nullopt);
}

Outcome<Executable> parse_pe(const ByteSource& source, ByteView head) {
  Executable view;
  view.kind = is_portable(head) ? ExecutableKind::kPortable : ExecutableKind::kPe;
  ByteReader stub(head);
  std::uint32_t header = 0;
  if (!stub.seek(0x3C) || !stub.u32le(header))
    return finish(std::move(view), broken("the DOS header", 0));
  const std::uint64_t room = source.size() - std::min<std::uint64_t>(header, source.size());
  const Bytes bytes = table(source, header, std::min<std::uint64_t>(room, 64U << 10));
  ByteReader reader(bytes);
  std::uint32_t magic = 0;
  std::uint16_t machine = 0;
  std::uint16_t sections = 0;
  std::uint16_t optional_size = 0;
  std::uint16_t characteristics = 0;
  std::uint16_t optional_magic = 0;
  if (!reader.u32le(magic) || !reader.u16le(machine) || !reader.u16le(sections) ||
      !reader.skip(12) || !reader.u16le(optional_size) || !reader.u16le(characteristics) ||
      !reader.u16le(optional_magic)) {
    view.image_end = source.size();
    return finish(std::move(view), broken("the PE header", header));
  }
  if (magic != 0x00004550) {
    // A portable executable without a PE part: the shell part and the rest are all of it.
    view.image_end = source.size();
    return finish(std::move(view), std::nullopt);
  }
  const bool wide = optional_magic == 0x20B;
  view.bits = wide ? 64 : 32;
  view.shared = (characteristics & 0x2000) != 0;
  if (machine == 0x14C) view.machine = "x86";
  if (machine == 0x8664) view.machine = "x86-64";
  if (machine == 0xAA64) view.machine = "arm64";
  if (view.machine.empty()) view.machine = "machine " + std::to_string(machine);
  bool outside = false;
  // The certificate table is data directory 4; its address is a file offset.
  std::uint32_t certificate = 0;
  std::uint32_t certificate_size = 0;
  const std::uint64_t directories = 24 + (wide ? 112U : 96U);
  if (directories + 40 <= 24U + optional_size && reader.seek(directories + 32) &&
      reader.u32le(certificate) && reader.u32le(certificate_size)) {
    extend(view, certificate, certificate_size, source, outside);
  }
  for (std::uint64_t i = 0; i < sections; ++i) {
    std::uint32_t length = 0;
    std::uint32_t offset = 0;
    if (!reader.seek(24U + optional_size + i * 40 + 16) || !reader.u32le(length) ||
        !reader.u32le(offset)) {
      return finish(std::move(view), broken("the section table", header));
    }
    extend(view, offset, length, source, outside);
  }
  view.image_end = std::max<std::uint64_t>(view.image_end, header + 24U + optional_size);
  if (outside) return finish(std::move(view), broken("a section", header));
  return finish(std::move(view), std::nullopt);
}

// One image at `base` of a source; extends view.image_end.
bool parse_mach_image(const ByteSource& source, std::uint64_t base, Executable& view,
                      bool& outside) {
  const std::uint64_t room = source.size() - std::min(base, source.size());
  const Bytes head = table(source, base, std::min<std::uint64_t>(room, 32));
  if (head.size() < 28) return false;
  const bool big = head[0] == 0xFE;
  const bool wide = head[big ? 3 : 0] == 0xCF;
  OrderedReader reader(head, big);
  std::uint32_t cpu = 0;
  std::uint32_t type = 0;
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;
  if (!reader.skip(4) || !reader.u32(cpu) || !reader.skip(4) || !reader.u32(type) ||
      !reader.u32(count) || !reader.u32(bytes))
    return false;
  view.bits = wide ? 64 : 32;
  view.shared = type == 6 || type == 8;
  switch (cpu) {
    case 0x01000007:
      view.machine = "x86-64";
      break;
    case 0x0100000C:
      view.machine = "arm64";
      break;
    case 7:
      view.machine = "x86";
      break;
    default:
      view.machine = "machine " + std::to_string(cpu);
  }
  const std::uint64_t commands = base + (wide ? 32 : 28);
  extend(view, commands, bytes, source, outside);
  if (outside) return true;
  const Bytes rows = table(source, commands, bytes);
  OrderedReader row(rows, big);
  std::uint64_t at = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t command = 0;
    std::uint32_t length = 0;
    if (!row.seek(at) || !row.u32(command) || !row.u32(length) || length < 8) break;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    // LC_SEGMENT and LC_SEGMENT_64: name, address, size, file offset, file size.
    if ((command == 1 || command == 0x19) && row.skip(16) && row.skip(command == 1 ? 8 : 16) &&
        row.word(command == 0x19, offset) && row.word(command == 0x19, size)) {
      const auto place = checked_add(base, offset);
      if (place) extend(view, *place, size, source, outside);
    }
    at += length;
  }
  return true;
}

Outcome<Executable> parse_mach_o(const ByteSource& source, ByteView head) {
  Executable view;
  view.kind = ExecutableKind::kMachO;
  bool outside = false;
  if (starts(head, "\xCA\xFE\xBA\xBE") || starts(head, "\xCA\xFE\xBA\xBF")) {
    view.kind = ExecutableKind::kMachOFat;
    const bool wide = head[3] == 0xBF;
    OrderedReader reader(head, true);
    std::uint32_t count = 0;
    if (!reader.skip(4) || !reader.u32(count))
      return finish(std::move(view), broken("the fat header", 0));
    for (std::uint32_t i = 0; i < count && i < 32; ++i) {
      std::uint64_t offset = 0;
      std::uint64_t size = 0;
      if (!reader.skip(8) || !reader.word(wide, offset) || !reader.word(wide, size) ||
          !reader.skip(wide ? 8 : 4))
        break;
      extend(view, offset, size, source, outside);
    }
    view.machine = "several machines";
  } else if (!parse_mach_image(source, 0, view, outside)) {
    return finish(std::move(view), broken("the Mach-O header", 0));
  }
  if (outside) return finish(std::move(view), broken("a segment", 0));
  return finish(std::move(view), std::nullopt);
}

}  // namespace

std::string_view executable_kind_name(ExecutableKind kind) {
  switch (kind) {
    case ExecutableKind::kElf:
      return "ELF";
    case ExecutableKind::kPe:
      return "PE";
    case ExecutableKind::kMachO:
      return "Mach-O";
    case ExecutableKind::kMachOFat:
      return "fat Mach-O";
    case ExecutableKind::kPortable:
      return "portable (APE)";
  }
  return "unknown";
}

bool looks_like_elf(ByteView head) {
  return starts(head,
                "\x7F"
                "ELF"sv) &&
         head.size() >= 16 && (head[4] == 1 || head[4] == 2) && (head[5] == 1 || head[5] == 2);
}

bool looks_like_pe(ByteView head, const ByteSource& source) {
  if (is_portable(head)) return true;
  ByteReader reader(head);
  std::uint32_t header = 0;
  if (!starts(head, "MZ") || !reader.seek(0x3C) || !reader.u32le(header)) return false;
  Bytes magic(4);
  const auto got = source.read_at(header, magic);
  return got && *got == 4 && as_text(magic) == "PE\0\0"sv;
}

bool looks_like_mach_o(ByteView head, std::uint64_t size) {
  constexpr std::array kMagics = std::to_array<std::string_view>(
      {"\xCE\xFA\xED\xFE", "\xCF\xFA\xED\xFE", "\xFE\xED\xFA\xCE", "\xFE\xED\xFA\xCF"});
  const auto is_image = [&](ByteView bytes) {
    if (std::none_of(kMagics.begin(), kMagics.end(),
                     [&](std::string_view m) { return starts(bytes, m); }))
      return false;
    OrderedReader reader(bytes, bytes[0] == 0xFE);
    std::uint32_t cpu = 0;
    std::uint32_t type = 0;
    if (!reader.skip(4) || !reader.u32(cpu) || !reader.skip(4) || !reader.u32(type)) return false;
    // CPU families are small numbers, with flags in the top byte; file types are 1 to 12.
    return (cpu & 0x00FFFFFF) <= 64 && type >= 1 && type <= 12;
  };
  if (is_image(head)) return true;
  // A fat header; Java classes share the magic and have a version of 45 or more in the count's
  // place.
  if (!starts(head, "\xCA\xFE\xBA\xBE") && !starts(head, "\xCA\xFE\xBA\xBF")) return false;
  const bool wide = head[3] == 0xBF;
  OrderedReader reader(head, true);
  std::uint32_t count = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  return reader.skip(4) && reader.u32(count) && count >= 1 && count <= 32 && reader.skip(8) &&
         reader.word(wide, offset) && reader.word(wide, length) && offset >= 28 && offset < size;
}

Outcome<Executable> parse_executable(const ByteSource& source) {
  const Bytes head = table(source, 0, std::min<std::uint64_t>(source.size(), kHead));
  if (looks_like_elf(head)) return parse_elf(source, head);
  if (looks_like_pe(head, source)) return parse_pe(source, head);
  if (looks_like_mach_o(head, source.size())) return parse_mach_o(source, head);
  return {};
}

}  // namespace saiph::formats
