#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "detect/literals/confirm.h"
#include "detect/rules/secrets.h"

namespace saiph::detect {

namespace {

Confirmed executable(std::string detail, std::int64_t shift) {
  return {&rules::kEmbeddedExecutable, std::move(detail), {}, std::nullopt, shift};
}

template <typename T>
bool one_of(T value, std::initializer_list<T> known) {
  return std::find(known.begin(), known.end(), value) != known.end();
}

/// ELF header (System V gABI, chapter 4): every field that has few legal values has one of them.
std::optional<Confirmed> confirm_elf(const Around& around) {
  ByteReader reader(around.after);
  std::uint8_t bits = 0;
  std::uint8_t order = 0;
  std::uint8_t version = 0;
  if (!reader.skip(4) || !reader.u8(bits) || !reader.u8(order) || !reader.u8(version) ||
      !reader.skip(9))
    return std::nullopt;
  if (bits < 1 || bits > 2 || order < 1 || order > 2 || version != 1) return std::nullopt;
  const bool little = order == 1;
  const auto u16 = [&](std::uint16_t& v) { return little ? reader.u16le(v) : reader.u16be(v); };
  const auto u32 = [&](std::uint32_t& v) { return little ? reader.u32le(v) : reader.u32be(v); };
  std::uint16_t type = 0;
  std::uint16_t machine = 0;
  std::uint32_t version4 = 0;
  std::uint16_t header = 0;
  std::uint16_t entry = 0;
  if (!u16(type) || !u16(machine) || !u32(version4) || !reader.skip(bits == 1 ? 12 : 24) ||
      !reader.skip(4) || !u16(header) || !u16(entry))
    return std::nullopt;
  if (type < 1 || type > 3 || machine == 0 || machine > 300 || version4 != 1) return std::nullopt;
  if (header != (bits == 1 ? 52 : 64) || (entry != 0 && entry != (bits == 1 ? 32 : 56)))
    return std::nullopt;
  return executable(std::string("ELF ") + (bits == 1 ? "32" : "64") + "-bit " +
                        (type == 1   ? "object"
                         : type == 2 ? "executable"
                                     : "shared object") +
                        ", machine " + std::to_string(machine),
                    0);
}

/// "PE\0\0" with the DOS header that points at it (PE format, "MS-DOS Stub" and "COFF File
/// Header").
std::optional<Confirmed> confirm_portable(const Around& around) {
  ByteReader reader(around.after);
  std::uint16_t machine = 0;
  std::uint16_t sections = 0;
  std::uint16_t optional_size = 0;
  std::uint16_t magic = 0;
  if (!reader.skip(4) || !reader.u16le(machine) || !reader.u16le(sections) || !reader.skip(12) ||
      !reader.u16le(optional_size) || !reader.skip(2) || !reader.u16le(magic))
    return std::nullopt;
  if (!one_of<std::uint16_t>(machine, {0x14C, 0x8664, 0xAA64, 0x1C0, 0x1C4, 0x200}) ||
      sections == 0 || sections > 96)
    return std::nullopt;
  if (magic != 0x10B && magic != 0x20B) return std::nullopt;
  constexpr std::size_t kDosHeader = 0x40;
  for (std::size_t distance = kDosHeader; distance <= around.before.size(); ++distance) {
    const ByteView dos = around.before.last(distance);
    if (dos[0] != 'M' || dos[1] != 'Z') continue;
    ByteReader header(dos);
    std::uint32_t pointer = 0;
    if (header.skip(0x3C) && header.u32le(pointer) && pointer == distance) {
      return executable("PE image, machine " + std::to_string(machine) + ", " +
                            std::to_string(sections) + " sections",
                        -static_cast<std::int64_t>(distance));
    }
  }
  return std::nullopt;
}

std::optional<Confirmed> confirm_mach_o(const Around& around) {
  ByteReader reader(around.after);
  std::uint32_t cpu = 0;
  std::uint32_t file_type = 0;
  std::uint32_t commands = 0;
  std::uint32_t commands_size = 0;
  if (!reader.skip(4) || !reader.u32le(cpu) || !reader.skip(4) || !reader.u32le(file_type) ||
      !reader.u32le(commands) || !reader.u32le(commands_size))
    return std::nullopt;
  if (!one_of<std::uint32_t>(cpu, {7, 0x01000007, 12, 0x0100000C, 18, 0x01000012}) ||
      file_type < 1 || file_type > 12)
    return std::nullopt;
  if (commands == 0 || commands > 4096 || commands_size < commands * 8 ||
      commands_size > (1U << 22))
    return std::nullopt;
  return executable("Mach-O image with " + std::to_string(commands) + " load commands", 0);
}

}  // namespace

std::optional<Confirmed> confirm_executable(Check check, const Around& around) {
  if (check == Check::kElf) return confirm_elf(around);
  if (check == Check::kPortable) return confirm_portable(around);
  return confirm_mach_o(around);
}

}  // namespace saiph::detect
