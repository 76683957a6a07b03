#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/gguf/inspect_gguf.h"

namespace saiph::detect {
namespace {

// Writes GGUF field by field; every number can be a lie.
class Writer {
 public:
  explicit Writer(std::uint32_t version = 3, bool big = false) : version_(version), big_(big) {}
  Writer& raw(std::string_view text) {
    bytes.insert(bytes.end(), text.begin(), text.end());
    return *this;
  }
  Writer& number(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) {
      const int shift = 8 * (big_ ? width - 1 - i : i);
      bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    return *this;
  }
  Writer& u32(std::uint64_t value) { return number(value, 4); }
  Writer& count(std::uint64_t value) { return number(value, version_ == 1 ? 4 : 8); }
  Writer& text(std::string_view value) { return count(value.size()).raw(value); }
  Writer& header(std::uint64_t tensors, std::uint64_t keys) {
    return raw("GGUF").u32(version_).count(tensors).count(keys);
  }
  Writer& string_pair(std::string_view key, std::string_view value) {
    return text(key).u32(8).text(value);
  }
  Writer& u32_pair(std::string_view key, std::uint64_t value) {
    return text(key).u32(4).u32(value);
  }
  Writer& tensor(std::string_view name, std::vector<std::uint64_t> dimensions, std::uint32_t type,
                 std::uint64_t offset) {
    text(name).u32(dimensions.size());
    for (const std::uint64_t size : dimensions) count(size);
    return u32(type).number(offset, 8);
  }
  Writer& data(std::size_t n, std::size_t alignment = 32) {
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment + n, 0x11);
    return *this;
  }
  Bytes bytes;

 private:
  std::uint32_t version_;
  bool big_;
};

RecordingInspection scan(Bytes bytes) {
  RecordingInspection inspection(std::move(bytes), "model.gguf");
  inspect_gguf(inspection);
  return inspection;
}

TEST(Gguf, EveryVersionAndByteOrder) {
  for (const std::uint32_t version : {1U, 2U, 3U}) {
    for (const bool big : {false, true}) {
      Writer writer(version, big);
      writer.header(2, 4)
          .string_pair("general.architecture", "llama")
          .u32_pair("general.alignment", 64);
      writer.text("tokenizer.ggml.tokens").u32(9).u32(8).count(3).text("a").text("b").text("c");
      writer.text("tokenizer.ggml.scores").u32(9).u32(6).count(3).u32(0).u32(0).u32(0);
      writer.tensor("a", {32, 2}, 2, 0).tensor("b", {4}, 0, 64).data(80, 64);
      const RecordingInspection inspection = scan(writer.bytes);
      EXPECT_TRUE(inspection.stated.empty()) << version << big << inspection.stated[0].rule->id;
      EXPECT_TRUE(inspection.incompletes.empty())
          << version << big << inspection.incompletes[0].message;
      EXPECT_EQ(inspection.data_ranges.size(), 2U);
    }
  }
}

TEST(Gguf, FilesOfTheLibraryAreQuiet) {
  std::size_t seen = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(SAIPH_SOURCE_DIR "/tests/fixtures/benign/gguf")) {
    std::ifstream in(entry.path(), std::ios::binary);
    const RecordingInspection inspection = scan(Bytes(std::istreambuf_iterator<char>(in), {}));
    EXPECT_TRUE(inspection.stated.empty()) << entry.path() << inspection.stated[0].draft.detail;
    EXPECT_TRUE(inspection.incompletes.empty()) << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 2U);
}

struct Sample {
  const char* what;
  Bytes file;
  const char* rule;
  bool incomplete;
};

void check(const std::vector<Sample>& samples) {
  for (const Sample& sample : samples) {
    const RecordingInspection inspection = scan(sample.file);
    EXPECT_TRUE(inspection.has(sample.rule)) << sample.what;
    EXPECT_EQ(!inspection.incompletes.empty(), sample.incomplete) << sample.what;
  }
}

constexpr std::uint64_t kHuge = std::uint64_t{1} << 62;

TEST(Gguf, CVE_2025_53630_PaddedSizeOverflow) {
  check({{"sum of sizes wraps",
          Writer().header(1, 0).tensor("a", {32}, 0, UINT64_MAX - 200).data(128).bytes,
          "gguf-size-overflow", false},
         {"offset at the signed limit",
          Writer().header(1, 0).tensor("a", {8}, 0, (kHuge << 1U) - 32).data(32).bytes,
          "gguf-size-overflow", false}});
}

TEST(Gguf, CVE_2026_27940_ProductWrapsToSmall) {
  check({{"wraps to zero", Writer().header(1, 0).tensor("a", {kHuge, 4}, 0, 0).data(128).bytes,
          "gguf-size-overflow", false},
         {"wraps to 64", Writer().header(1, 0).tensor("a", {kHuge + 16, 4}, 0, 0).data(256).bytes,
          "gguf-size-overflow", false}});
}

TEST(Gguf, CVE_2026_33298_BytesOfTensorOverflow) {
  check({{"elements fit, bytes do not",
          Writer().header(1, 0).tensor("a", {kHuge}, 0, 0).data(128).bytes, "gguf-size-overflow",
          false},
         {"negative dimension",
          Writer().header(1, 0).tensor("a", {UINT64_MAX}, 24, 0).data(128).bytes,
          "gguf-size-overflow", false}});
}

TEST(Gguf, CVE_2026_7482_ExtentOutsideFile) {
  check({{"one tensor larger than the file",
          Writer().header(1, 0).tensor("a", {1024, 1024}, 1, 0).data(64).bytes, "gguf-outside-file",
          true},
         {"offset outside", Writer().header(1, 0).tensor("a", {8}, 0, 4096).data(64).bytes,
          "gguf-outside-file", true}});
}

TEST(Gguf, EveryRuleHasItsSample) {
  const std::string long_name(80, 'n');
  check({
      {"keys", Writer().header(0, kHuge).bytes, "gguf-count-over-file", true},
      {"tensors", Writer().header(kHuge, 0).bytes, "gguf-count-over-file", true},
      {"elements", Writer().header(0, 1).text("k").u32(9).u32(10).count(kHuge + 1).bytes,
       "gguf-count-over-file", true},
      {"elements of strings", Writer().header(0, 1).text("k").u32(9).u32(8).count(kHuge).bytes,
       "gguf-count-over-file", true},
      {"string", Writer().header(0, 1).text("k").u32(8).count(UINT64_MAX).raw("abc").bytes,
       "gguf-count-over-file", true},
      {"string in array",
       Writer()
           .header(0, 1)
           .text("k")
           .u32(9)
           .u32(8)
           .count(1)
           .count(UINT64_MAX - 3)
           .raw("abc")
           .bytes,
       "gguf-count-over-file", true},
      {"key", Writer().header(0, 1).count(UINT64_MAX).raw("some key that is short").bytes,
       "gguf-count-over-file", true},
      {"dimensions",
       Writer().header(1, 0).text("t").u32(UINT32_MAX).count(1).count(1).count(1).bytes,
       "gguf-count-over-file", true},
      {"alignment zero", Writer().header(0, 1).u32_pair("general.alignment", 0).bytes,
       "gguf-bad-alignment", false},
      {"alignment odd", Writer().header(0, 1).u32_pair("general.alignment", 24).bytes,
       "gguf-bad-alignment", false},
      {"alignment of another type",
       Writer().header(0, 1).text("general.alignment").u32(10).number(32, 8).bytes,
       "gguf-bad-alignment", false},
      {"misaligned", Writer().header(1, 0).tensor("a", {4}, 0, 7).data(64).bytes,
       "gguf-bad-alignment", false},
      {"key twice",
       Writer()
           .header(0, 2)
           .string_pair("general.name", "a")
           .string_pair("general.name", "b")
           .bytes,
       "gguf-duplicate-name", false},
      {"template twice",
       Writer()
           .header(0, 2)
           .string_pair("tokenizer.chat_template", "a")
           .string_pair("tokenizer.chat_template", "b")
           .bytes,
       "gguf-duplicate-name", false},
      {"tensor twice",
       Writer().header(2, 0).tensor("a", {8}, 0, 0).tensor("a", {8}, 0, 32).data(64).bytes,
       "gguf-duplicate-name", false},
      {"overlap",
       Writer().header(2, 0).tensor("a", {16}, 0, 0).tensor("b", {8}, 0, 32).data(64).bytes,
       "gguf-overlap", false},
      {"five dimensions", Writer().header(1, 0).tensor("a", {1, 1, 1, 1, 8}, 0, 0).data(32).bytes,
       "gguf-bad-tensor", false},
      {"no dimensions", Writer().header(1, 0).tensor("a", {}, 0, 0).data(4).bytes,
       "gguf-bad-tensor", false},
      {"half a block", Writer().header(1, 0).tensor("a", {16, 4}, 2, 0).data(36).bytes,
       "gguf-bad-tensor", false},
      {"long name", Writer().header(1, 0).tensor(long_name, {8}, 0, 0).data(32).bytes,
       "gguf-bad-tensor", false},
      {"unknown type", Writer().header(1, 0).tensor("a", {8}, 9999, 0).bytes, "gguf-unknown-type",
       false},
      {"nested array",
       Writer()
           .header(0, 1)
           .text("k")
           .u32(9)
           .u32(9)
           .count(2)
           .u32(0)
           .count(2)
           .raw("ab")
           .u32(8)
           .count(1)
           .text("x")
           .bytes,
       "gguf-odd-value", false},
      {"odd bool", Writer().header(0, 1).text("k").u32(7).raw("\x02").bytes, "gguf-odd-value",
       false},
      {"unknown value type", Writer().header(0, 1).text("k").u32(13).u32(0).bytes, "gguf-odd-value",
       true},
      {"gap", Writer().header(2, 0).tensor("a", {8}, 0, 0).tensor("b", {8}, 0, 128).data(160).bytes,
       "gguf-unclaimed-bytes", false},
      {"trailing", Writer().header(1, 0).tensor("a", {8}, 0, 0).data(500).bytes,
       "gguf-unclaimed-bytes", false},
      {"path", Writer().header(1, 0).tensor("../../x", {8}, 0, 0).data(32).bytes,
       "gguf-suspicious-name", false},
      {"lone part", Writer().header(0, 1).text("split.count").u32(2).number(3, 2).bytes,
       "gguf-split-incomplete", false},
      {"payload",
       Writer()
           .header(0, 1)
           .string_pair("general.notes", "#!/bin/sh\ntrue # nothing else stands here")
           .bytes,
       "metadata-carries-payload", false},
  });
}

TEST(Gguf, BrokenHeadersAreIncomplete) {
  const Bytes whole = Writer()
                          .header(1, 2)
                          .string_pair("a", "b")
                          .u32_pair("c", 1)
                          .tensor("t", {8}, 0, 0)
                          .data(32)
                          .bytes;
  for (std::size_t length = 4; length < whole.size(); ++length) {
    const RecordingInspection inspection =
        scan(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_FALSE(inspection.incompletes.empty()) << length;
  }
  EXPECT_EQ(scan(Writer(9).header(0, 0).bytes).incompletes.at(0).code, "unsupported");
  EXPECT_FALSE(scan(Bytes{'G', 'G', 'U'}).incompletes.empty());
}

TEST(Gguf, ChatTemplatesBecomeJinjaMembers) {
  Writer writer;
  writer.header(0, 3).string_pair("tokenizer.chat_template", "{{ messages }}");
  writer.string_pair("tokenizer.chat_template.tool_use", "{{ tools }}");
  writer.text("tokenizer.chat_templates").u32(9).u32(8).count(1).text("tool_use");
  const RecordingInspection inspection = scan(writer.bytes);
  ASSERT_EQ(inspection.members.size(), 3U);
  for (const MemberDraft& member : inspection.members) EXPECT_EQ(member.role, "as:jinja");
  EXPECT_EQ(inspection.members[1].name, "tokenizer.chat_template.tool_use");
  EXPECT_EQ(as_text(*(*inspection.members[0].open())->contiguous()), "{{ messages }}");
}

TEST(Gguf, SplitWithAllPartsIsQuiet) {
  const Bytes file = Writer().header(0, 1).text("split.count").u32(2).number(2, 2).bytes;
  RecordingInspection inspection(file, "m-00001-of-00002.gguf");
  inspection.files = {{"m-00001-of-00002.gguf", file}, {"m-00002-of-00002.gguf", file}};
  inspect_gguf(inspection);
  EXPECT_TRUE(inspection.stated.empty());
  inspection.files.erase("m-00002-of-00002.gguf");
  inspect_gguf(inspection);
  EXPECT_TRUE(inspection.has("gguf-split-incomplete"));
}

TEST(Gguf, DeepArraysStopAtTheLimit) {
  Writer writer;
  writer.header(0, 1).text("k").u32(9);
  for (int i = 0; i < 2000; ++i) writer.u32(9).count(1);
  EXPECT_EQ(scan(writer.bytes).incompletes.at(0).code, "limit");
}

Writer legacy(std::string_view magic, std::uint32_t version, bool scores) {
  Writer writer;
  writer.raw(magic);
  if (version != 0) writer.u32(version);
  for (const std::uint32_t number : {2U, 64U, 256U, 4U, 2U, 16U, 1U}) writer.u32(number);
  for (const std::string_view token : {"ab", "c"}) {
    writer.u32(token.size()).raw(token);
    if (scores) writer.u32(0);
  }
  return writer;
}

TEST(Ggml, FamiliesOfTheLlamaLayout) {
  const struct {
    std::string_view magic;
    std::uint32_t version;
    bool scores;
    bool padded;
  } families[] = {{"lmgg", 0, false, false}, {"fmgg", 1, true, false}, {"tjgg", 3, true, true}};
  for (const auto& family : families) {
    Writer writer = legacy(family.magic, family.version, family.scores);
    for (int i = 0; i < 2; ++i) {
      writer.u32(2).u32(5).u32(1).u32(8).u32(2).raw("a.b.c");
      writer.data(32, family.padded ? 32 : 1);
    }
    RecordingInspection inspection(writer.bytes);
    inspect_ggml(inspection);
    EXPECT_TRUE(inspection.stated.empty()) << family.magic;
    EXPECT_TRUE(inspection.incompletes.empty())
        << family.magic << inspection.incompletes[0].message;
    EXPECT_EQ(inspection.data_ranges.size(), 2U);

    writer.bytes.pop_back();
    RecordingInspection cut(writer.bytes);
    inspect_ggml(cut);
    EXPECT_TRUE(cut.has("gguf-outside-file"));
    EXPECT_EQ(cut.incompletes.at(0).code, "truncated");
  }
}

TEST(Ggml, OverflowAndForeignLayouts) {
  Writer overflow = legacy("tjgg", 3, true);
  overflow.u32(4).u32(1).u32(0);
  for (int i = 0; i < 4; ++i) overflow.u32(0x7FFFFFFF);
  overflow.raw("x").data(32);
  RecordingInspection first(overflow.bytes);
  inspect_ggml(first);
  EXPECT_TRUE(first.has("gguf-size-overflow"));

  Writer foreign;
  foreign.raw("lmgg");
  for (int i = 0; i < 20; ++i) foreign.u32(0xFFFFFFF0);
  RecordingInspection second(foreign.bytes);
  inspect_ggml(second);
  EXPECT_EQ(second.incompletes.at(0).code, "unsupported");
}

}  // namespace
}  // namespace saiph::detect
