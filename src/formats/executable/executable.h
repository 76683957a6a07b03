// Native code: ELF, PE, Mach-O (fat too) and the "actually portable" mixture of them that llamafile
// uses. Only what tells an executable from random bytes, and where its image ends.
//
// Sources: System V ABI (ELF header, program headers), Microsoft PE/COFF specification (DOS stub,
// COFF header, section table, certificate table), Apple's mach-o/loader.h and fat.h structures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "formats/outcome.h"

namespace saiph::formats {

enum class ExecutableKind : std::uint8_t { kElf, kPe, kMachO, kMachOFat, kPortable };

struct Executable {
  ExecutableKind kind = ExecutableKind::kElf;
  unsigned bits = 0;            ///< 32 or 64; 0 for a fat file
  bool shared = false;          ///< a library rather than a program
  std::string machine;          ///< "x86-64", "arm64", or the number
  std::uint64_t image_end = 0;  ///< bytes from here on belong to no section or segment
};

std::string_view executable_kind_name(ExecutableKind kind);

/// Cheap structural probes for identification. `head` is the start of the source. A PE needs its
/// second header inside the file, so text that happens to begin with "MZ" is none. Any thread;
/// at most one small read.
bool looks_like_elf(ByteView head);
bool looks_like_pe(ByteView head, const ByteSource& source);
bool looks_like_mach_o(ByteView head, std::uint64_t size);

/// Reads headers and tables (at most 1 MiB of them). Malformed: a table or section lies outside the
/// file. Any thread; linear in the tables.
Outcome<Executable> parse_executable(const ByteSource& source);

}  // namespace saiph::formats
