#include "detect/executable/inspect_executable.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "detect/contract/recording_inspection_for_test.h"
#include "formats/executable/executable.h"

namespace saiph::detect {
namespace {

void put(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value = i < 8 ? value >> 8 : 0) {
    out.push_back(static_cast<std::uint8_t>(value));
  }
}

Bytes text(std::string_view t) {
  return Bytes(t.begin(), t.end());
}

/// A 64-bit ELF library with one segment that covers its headers.
Bytes elf() {
  Bytes out =
      text(std::string_view("\x7F"
                            "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
                            16));
  put(out, 3, 2);   // shared
  put(out, 62, 2);  // x86-64
  put(out, 1, 4);
  put(out, 0, 8);
  put(out, 64, 8);  // program headers
  put(out, 0, 8);
  put(out, 0, 4);
  put(out, 64, 2);
  put(out, 56, 2);
  put(out, 1, 2);
  put(out, 0, 6);
  put(out, 1, 4);  // PT_LOAD
  put(out, 5, 4);
  put(out, 0, 8);  // offset
  put(out, 0, 16);
  put(out, 120, 8);  // file size
  put(out, 120, 8);
  put(out, 4096, 8);
  return out;
}

Bytes pe() {
  Bytes out = text("MZ");
  out.resize(0x3C, 0);
  put(out, 0x40, 4);
  const Bytes magic = text(std::string_view("PE\0\0", 4));
  out.insert(out.end(), magic.begin(), magic.end());
  put(out, 0x8664, 2);
  put(out, 0, 2);  // no sections
  put(out, 0, 12);
  put(out, 112, 2);
  put(out, 0x2022, 2);
  put(out, 0x20B, 2);
  out.resize(out.size() + 110, 0);
  return out;
}

RecordingInspection inspect(Bytes bytes, std::string name) {
  RecordingInspection inspection(std::move(bytes), std::move(name));
  inspect_executable(inspection);
  return inspection;
}

TEST(InspectExecutable, NameAndPlaceDecide) {
  const struct {
    const char* name;
    const char* rule;
  } cases[] = {
      {"libops.so", "executable-native"},
      {"ops.cpython-311-x86_64-linux-gnu.so", "executable-native"},
      {"libops.so.1.2", "executable-native"},
      {"tool", "executable-native"},
      {"weights.bin", "executable-disguised"},
      {"model.pt", "executable-disguised"},
      {"logo.png", "executable-disguised"},
      {"(bytes at 512)", "executable-disguised"},
      {"README.md", "executable-disguised"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    for (const Bytes& bytes : {elf(), pe()}) {
      const RecordingInspection inspection = inspect(bytes, c.name);
      EXPECT_TRUE(inspection.has(c.rule));
      EXPECT_EQ(inspection.stated.size(), 1U);
    }
  }
}

TEST(InspectExecutable, InsideAModelArchiveItIsDisguised) {
  EXPECT_TRUE(inspect(elf(), "model.pt!archive/libops.so").has("executable-disguised"));
  EXPECT_TRUE(inspect(elf(), "package.whl!pkg/libops.so").has("executable-native"));
}

TEST(InspectExecutable, AppendedBytesAreHandedOn) {
  Bytes bytes = elf();
  const Bytes tail = text("PAYLOAD");
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  const RecordingInspection inspection = inspect(bytes, "a.so");
  ASSERT_EQ(inspection.members.size(), 1U);
  EXPECT_EQ((*inspection.members[0].open())->size(), 7U);
}

TEST(InspectExecutable, BrokenImageIsStated) {
  Bytes bytes = elf();
  bytes[64 + 32] = 0xFF;  // segment longer than the file
  bytes[64 + 33] = 0xFF;
  EXPECT_TRUE(inspect(bytes, "a.so").has("executable-broken"));
}

TEST(InspectExecutable, Llamafile) {
  EXPECT_TRUE(inspect(text("MZqFpD='\n\0 rest of the shell part and more bytes to fill the DOS "
                           "header, and more"),
                      "m.llamafile")
                  .has("executable-llamafile"));
}

TEST(InspectExecutable, TextThatBeginsLikeAProgramIsNone) {
  const Bytes mz = text(
      "MZ is how a text may begin, and it goes on for more than sixty-four bytes without a "
      "header.");
  EXPECT_FALSE(formats::looks_like_pe(mz, ViewSource(mz)));
  EXPECT_FALSE(
      formats::looks_like_elf(text("\x7F"
                                   "ELF is no header")));
  // A Java class shares its magic with fat binaries.
  const Bytes java = text(std::string_view(
      "\xCA\xFE\xBA\xBE\0\0\0\x41\0\x10\x0A\0\2\0\3\7\0\4\x0C\0\5\0\6\1\0\x10java/lang", 35));
  EXPECT_FALSE(formats::looks_like_mach_o(java, 1000));
}

TEST(InspectScript, NameDecides) {
  const struct {
    const char* name;
    Severity severity;
  } cases[] = {{"run.sh", Severity::kInfo},
               {"tool", Severity::kInfo},
               {"notes.txt", Severity::kLow},
               {"model.bin", Severity::kHigh}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    RecordingInspection inspection(text("#!/bin/sh\ntrue\n"), c.name);
    inspect_script(inspection);
    ASSERT_EQ(inspection.stated.size(), 1U);
    EXPECT_EQ(inspection.stated[0].severity(), c.severity);
  }
}

}  // namespace
}  // namespace saiph::detect
