#include "formats/safetensors/safetensors.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/safetensors/inspect_safetensors.h"

namespace saiph::detect {
namespace {

Bytes file_of(std::string_view header, std::size_t data,
              std::optional<std::uint64_t> claimed = {}) {
  Bytes out;
  std::uint64_t length = claimed.value_or(header.size());
  for (int i = 0; i < 8; ++i, length >>= 8) out.push_back(static_cast<std::uint8_t>(length));
  out.insert(out.end(), header.begin(), header.end());
  out.resize(out.size() + data, 0x11);
  return out;
}

constexpr std::string_view kGood =
    R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
    R"("b":{"dtype":"I8","shape":[0,99],"data_offsets":[16,16]},)"
    R"("c":{"dtype":"BF16","shape":[],"data_offsets":[16,18]}}   )";

TEST(Safetensors, BenignIsQuiet) {
  RecordingInspection inspection(file_of(kGood, 18));
  inspect_safetensors(inspection);
  EXPECT_TRUE(inspection.stated.empty());
  EXPECT_TRUE(inspection.incompletes.empty());
  ASSERT_EQ(inspection.data_ranges.size(), 1U);
  EXPECT_EQ(inspection.data_ranges[0],
            std::make_pair(std::uint64_t{8 + kGood.size()}, std::uint64_t{18}));
}

TEST(Safetensors, FilesOfTheLibraryAreQuiet) {
  std::size_t seen = 0;
  const std::filesystem::path folder = SAIPH_SOURCE_DIR "/tests/fixtures/benign/safetensors";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    RecordingInspection inspection(Bytes(std::istreambuf_iterator<char>(in), {}));
    inspect_safetensors(inspection);
    EXPECT_TRUE(inspection.stated.empty()) << entry.path();
    EXPECT_TRUE(inspection.incompletes.empty()) << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 4U);
}

TEST(Safetensors, ProgramInATensor) {
  constexpr std::string_view kHeader =
      R"({"a":{"dtype":"U8","shape":[64],"data_offsets":[0,64]},)"
      R"("w":{"dtype":"U8","shape":[256],"data_offsets":[64,320]}})";
  using std::string_view_literals::operator""sv;
  const auto with = [&](std::string_view head, std::size_t at, bool full = true) {
    Bytes file = file_of(kHeader, 320);
    std::copy(head.begin(), head.end(),
              file.begin() + static_cast<std::ptrdiff_t>(8 + kHeader.size() + at));
    RecordingInspection inspection(std::move(file));
    inspection.full_ = full;
    inspect_safetensors(inspection);
    return inspection;
  };
  const std::string_view elf =
      "\x7F"
      "ELF\x02\x01\x01\0"sv;
  const auto found = with(elf, 64);
  EXPECT_EQ(rules_of(found), "safetensors-embedded-artefact/high");
  EXPECT_EQ(found.stated.at(0).draft.part, "w");
  EXPECT_EQ(found.members.size(), 1U);
  EXPECT_EQ(rules_of(with("#!/bin/sh\n", 0)), "safetensors-embedded-artefact/high");
  EXPECT_EQ(rules_of(with("PK\x03\x04\x14\0\0\0\0\0................\x04\0\0\0name"sv, 64)),
            "safetensors-embedded-artefact/medium");
  // The same bytes elsewhere are numbers, and so is a magic without its header.
  EXPECT_EQ(rules_of(with(elf, 65)), "");
  EXPECT_EQ(rules_of(with("\x7F"
                          "ELF\x11\x01\x01",
                          64)),
            "");
  EXPECT_EQ(rules_of(with("MZ", 64)), "");
  EXPECT_EQ(rules_of(with(elf, 64, false)), "");
}

TEST(Safetensors, EveryRuleHasItsSample) {
  const struct {
    const char* what;
    std::string header;
    std::size_t data;
    const char* rule;
    bool incomplete;
  } cases[] = {
      {"overlap",
       R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
       8, "safetensors-overlap", false},
      {"same extent twice",
       R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})",
       8, "safetensors-overlap", false},
      {"small shape", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 8,
       "safetensors-size-mismatch", false},
      {"shape product wraps to the size",
       R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4,
       "safetensors-size-mismatch", false},
      {"shape product overflows",
       R"({"a":{"dtype":"U8","shape":[4294967296,4294967296,8],"data_offsets":[0,8]}})", 8,
       "safetensors-size-mismatch", false},
      {"half a byte", R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", 1,
       "safetensors-size-mismatch", false},
      {"tensor twice",
       R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[8],"data_offsets":[8,16]}})",
       16, "safetensors-duplicate-key", false},
      {"field twice", R"({"a":{"dtype":"U8","shape":[8],"shape":[8],"data_offsets":[0,8]}})", 8,
       "safetensors-duplicate-key", false},
      {"escaped equal key",
       R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[8,8]}})",
       8, "safetensors-duplicate-key", false},
      {"tensor is a number", R"({"a":1})", 0, "safetensors-bad-header", false},
      {"tensor is a list", R"({"a":[1]})", 0, "safetensors-bad-header", false},
      {"no shape", R"({"a":{"dtype":"U8","data_offsets":[0,8]}})", 8, "safetensors-bad-header",
       false},
      {"negative dimension", R"({"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}})", 8,
       "safetensors-bad-header", false},
      {"fraction", R"({"a":{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}})", 8,
       "safetensors-bad-header", false},
      {"three offsets", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8,8]}})", 8,
       "safetensors-bad-header", false},
      {"extra field", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"code":"x"}})", 8,
       "safetensors-bad-header", false},
      {"backwards", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}})", 8,
       "safetensors-bad-header", false},
      {"metadata is a list", R"({"__metadata__":[1]})", 0, "safetensors-bad-header", false},
      {"metadata value nested", R"({"__metadata__":{"a":{"b":"c"}}})", 0, "safetensors-bad-header",
       false},
      {"gap at the start", R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", 8,
       "safetensors-unclaimed-bytes", false},
      {"gap in the middle",
       R"({"b":{"dtype":"U8","shape":[4],"data_offsets":[8,12]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
       12, "safetensors-unclaimed-bytes", false},
      {"trailing", R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 8,
       "safetensors-unclaimed-bytes", false},
      {"only metadata and bytes", R"({"__metadata__":{}})", 8, "safetensors-unclaimed-bytes",
       false},
      {"cut off", R"({"a":{"dtype":"U8","shape":[400],"data_offsets":[0,400]}})", 8,
       "safetensors-outside-file", true},
      {"starts outside", R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[400,404]}})", 8,
       "safetensors-outside-file", true},
      {"unknown type", R"({"a":{"dtype":"F7","shape":[4],"data_offsets":[0,4]}})", 4,
       "safetensors-unknown-dtype", false},
      {"path", R"({"../../etc/cron.d/x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4,
       "safetensors-suspicious-name", false},
      {"rooted path", R"({"/etc/x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4,
       "safetensors-suspicious-name", false},
      {"control characters", R"({"a\u001b[2J":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4,
       "safetensors-suspicious-name", false},
  };
  for (const auto& test : cases) {
    RecordingInspection inspection(file_of(test.header, test.data));
    inspect_safetensors(inspection);
    EXPECT_TRUE(inspection.has(test.rule)) << test.what;
    EXPECT_EQ(!inspection.incompletes.empty(), test.incomplete) << test.what;
  }
}

TEST(Safetensors, BrokenHeadersAreIncomplete) {
  const struct {
    const char* what;
    Bytes file;
    const char* code;
  } cases[] = {
      {"length over file", file_of(R"({"a":{"dtype")", 0, 1000), "truncated"},
      {"length over file, whole JSON", file_of("{}", 0, 1000), "truncated"},
      {"length under JSON", file_of(kGood, 18, 40), "malformed"},
      {"bytes after JSON", file_of("{}[]", 0), "malformed"},
      {"not UTF-8", file_of("{\"\xFF\":1}", 0), "malformed"},
      {"huge length", file_of("{\"a\":", 0, std::uint64_t{1} << 40), "truncated"},
      {"not safetensors", Bytes{1, 2, 3}, "malformed"},
  };
  for (const auto& test : cases) {
    RecordingInspection inspection(test.file);
    inspect_safetensors(inspection);
    ASSERT_FALSE(inspection.incompletes.empty()) << test.what;
    EXPECT_EQ(inspection.incompletes[0].code, test.code) << test.what;
  }
  RecordingInspection huge(file_of("{\"a\":", 0, std::uint64_t{1} << 40));
  inspect_safetensors(huge);
  EXPECT_TRUE(huge.has("safetensors-bad-header"));
}

TEST(Safetensors, UnclaimedBytesBecomeMembers) {
  RecordingInspection inspection(
      file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", 12));
  inspect_safetensors(inspection);
  ASSERT_EQ(inspection.members.size(), 2U);
  const auto gap = inspection.members[0].open();
  ASSERT_TRUE(gap);
  EXPECT_EQ((*gap)->size(), 4U);
}

TEST(Safetensors, PayloadsInMetadata) {
  // A pickle stream, protocol 4, as base64: what a second-stage loader would unpack.
  const std::string pickle =
      "gASVPAAAAAAAAACMCWNvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpQojAFhSwGMAWJLAowBY0sDjAFkSwR1Lg="
      "=";
  RecordingInspection inspection(file_of(R"({"__metadata__":{"notes":")" + pickle + R"("}})", 0));
  inspect_safetensors(inspection);
  EXPECT_TRUE(inspection.has("metadata-carries-payload"));
  ASSERT_EQ(inspection.members.size(), 1U);
  const auto member = inspection.members[0].open();
  ASSERT_TRUE(member);
  EXPECT_EQ((*member)->contiguous()->front(), 0x80);

  RecordingInspection code(
      file_of("{\"__metadata__\":{\"setup\":\"import os\\nos.system('true')\"}}", 0));
  inspect_safetensors(code);
  EXPECT_TRUE(code.has("metadata-carries-code"));
}

TEST(Safetensors, Probe) {
  const auto probe = [](const Bytes& file) {
    return formats::looks_like_safetensors(file, file.size());
  };
  EXPECT_TRUE(probe(file_of(kGood, 18)));
  EXPECT_TRUE(probe(file_of("{}", 0)));
  EXPECT_FALSE(probe(file_of("[]", 0)));
  EXPECT_FALSE(probe(Bytes(20, 0)));
  const std::string text = "1234567 {\"a\"";
  EXPECT_FALSE(probe(Bytes(text.begin(), text.end())));
}

}  // namespace
}  // namespace saiph::detect
