// Files inside values: programs in bytes, tensors that older protocols carry as latin-1 text.
#include <gtest/gtest.h>

#include <string>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/pickle/inspect.h"
#include "formats/pickle/pickle_assembler_for_test.h"
#include "formats/pickle/walk.h"

namespace saiph::detect {
namespace {

using formats::PickleAssembler;

RecordingInspection inspect(const PickleAssembler& stream) {
  RecordingInspection inspection(stream.bytes());
  inspect_pickle(inspection);
  return inspection;
}

std::string content(const MemberDraft& member) {
  const auto source = member.open();
  if (!source) return "unopened";
  const auto bytes = read_all(**source, 1U << 20);
  return bytes ? std::string(as_text(*bytes)) : "unread";
}

std::string elf() {
  std::string bytes(
      "\x7F"
      "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3E\0\x01\0\0\0",
      24);
  bytes.append(16, '\0');
  bytes += std::string("\0\0\0\0\x40\0\x38\0\x0D\0\x40\0\x1F\0\x1E\0", 16);
  bytes.resize(5000, '\xC9');
  return bytes;
}

std::string pe() {
  std::string bytes = "MZ";
  bytes.resize(0x3C);
  bytes += std::string("\x80\0\0\0", 4);
  bytes.resize(0x80);
  bytes += std::string("PE\0\0", 4);
  bytes.resize(5000, '\xC9');
  return bytes;
}

std::string padded(std::string bytes) {
  bytes.resize(5000, 'x');
  return bytes;
}

/// Latin-1 as UTF-8, as protocol 2 writes it.
std::string utf8_of(std::string_view latin1) {
  std::string out;
  for (const char c : latin1) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0U | (byte >> 6U));
      out += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return out;
}

TEST(CarriedFiles, ProgramsScriptsAndArchivesAreHandedOn) {
  for (const std::string& file :
       {elf(), pe(), padded("#!/bin/sh\ntrue\n"), padded("PK\x03\x04"), padded("\x1F\x8B\x08")}) {
    const auto bytes = inspect(PickleAssembler(3).op('B').u32(5000).raw(file).stop());
    ASSERT_EQ(bytes.members.size(), 1U) << file.substr(0, 4);
    EXPECT_EQ(bytes.members[0].role, "");
    EXPECT_EQ(bytes.members[0].name, "value@7");
    EXPECT_EQ(content(bytes.members[0]), file);
    const auto text = inspect(PickleAssembler(2)
                                  .global("_codecs", "encode")
                                  .long_text(utf8_of(file))
                                  .long_text("latin1")
                                  .tuple2()
                                  .reduce()
                                  .stop());
    ASSERT_EQ(text.members.size(), 1U) << file.substr(0, 4);
    EXPECT_EQ(content(text.members[0]), file);
    EXPECT_EQ(stated(text), "");
  }
}

TEST(CarriedFiles, ArraysStayData) {
  for (const std::string& data :
       {padded(""),
        padded("\x7F"
               "ELEVEN"),
        padded("MZ"), padded("# x"), padded("PK"), std::string(5000, '\0')}) {
    const auto result = inspect(PickleAssembler(3).op('B').u32(5000).raw(data).stop());
    EXPECT_TRUE(result.members.empty());
    EXPECT_EQ(result.data_ranges.size(), 1U);
  }
}

TEST(CarriedFiles, TooManyStayInTheLiteralSearch) {
  PickleAssembler stream(3);
  stream.empty_list();
  for (int i = 0; i < 1003; ++i) stream.op('B').u32(5000).raw(padded("#!/bin/sh\n")).op('a');
  const auto result = inspect(stream.stop());
  EXPECT_EQ(result.members.size(), 1000U);
  EXPECT_EQ(result.data_ranges.size(), 1000U);
}

PickleAssembler load_from_text(std::string_view inner, std::string_view encoding) {
  return PickleAssembler(2)
      .global("torch.storage", "_load_from_bytes")
      .global("_codecs", "encode")
      .long_text(utf8_of(inner))
      .long_text(encoding)
      .tuple2()
      .reduce()
      .tuple1()
      .reduce()
      .stop();
}

TEST(CarriedFiles, TensorsAsTextAreLoadedFromTheTextThatWasEncoded) {
  const auto stream_of = [](const PickleAssembler& inner) {
    return std::string(as_text(inner.bytes()));
  };
  for (const std::size_t size :
       {std::size_t{3}, std::size_t{300}, std::size_t{9000}, std::size_t{300'000}}) {
    const std::string inner = stream_of(PickleAssembler(2)
                                            .op('T')
                                            .u32(static_cast<std::uint32_t>(size))
                                            .raw(std::string(size, '\xE9'))
                                            .stop());
    const auto result = inspect(load_from_text(inner, "latin1"));
    EXPECT_EQ(stated(result), "") << size;
    ASSERT_EQ(result.members.size(), 1U) << size;
    EXPECT_EQ(content(result.members[0]), inner) << size;
    RecordingInspection member(Bytes(as_bytes(inner).begin(), as_bytes(inner).end()));
    inspect_pickle(member);
    EXPECT_EQ(stated(member), "");
  }
  // A call in it is found where the text is opened.
  const std::string hostile = stream_of(PickleAssembler(2).call("os", "system").stop());
  const auto result = inspect(load_from_text(hostile, "latin-1"));
  ASSERT_EQ(result.members.size(), 1U);
  EXPECT_EQ(result.members[0].role, "");
  const std::string opened = content(result.members[0]);
  RecordingInspection member(Bytes(as_bytes(opened).begin(), as_bytes(opened).end()));
  inspect_pickle(member);
  EXPECT_TRUE(member.has("pickle-dangerous-callable")) << stated(member);
}

TEST(CarriedFiles, AnotherEncodingIsNoKnownForm) {
  const std::string inner(400, '\x80');
  for (const std::string_view encoding : {"utf-8", "utf-7", "raw_unicode_escape"})
    EXPECT_TRUE(inspect(load_from_text(inner, encoding)).has_at_least(Severity::kHigh)) << encoding;
}

PickleAssembler attribute_of(std::string_view module, std::string_view name,
                             std::string_view attribute) {
  return PickleAssembler(2)
      .global("__builtin__", "getattr")
      .global(module, name)
      .empty_tuple()
      .new_object()
      .long_text(attribute)
      .tuple2()
      .reduce()
      .stop();
}

TEST(CarriedFiles, LazyModulesReferToTheirOwnHook) {
  const auto hook = attribute_of("torch.nn.modules.linear", "LazyLinear", "_infer_parameters");
  EXPECT_FALSE(inspect(hook).has_at_least(Severity::kHigh)) << stated(inspect(hook));
  for (const auto& other :
       {attribute_of("torch.nn.modules.linear", "LazyLinear", "__init__"),
        attribute_of("torch.nn.modules.linear", "LazyLinear", "_infer_parameters.__globals__"),
        attribute_of("torch.nn.modules.linear", "Linear", "_infer_parameters"),
        attribute_of("unknown.nn", "LazyLinear", "_infer_parameters")})
    EXPECT_TRUE(inspect(other).has_at_least(Severity::kHigh)) << stated(inspect(other));
}

TEST(CarriedFiles, ALongFirstLineIsStillAPickle) {
  const std::size_t kLong = 100U << 20;
  for (const std::string_view start : {"S'", "V", "I1"}) {
    Bytes bytes(kLong, start[0] == 'I' ? '1' : 'a');
    std::copy(start.begin(), start.end(), bytes.begin());
    for (const char c : std::string_view("'\n0cos\nsystem\n(S'true'\ntR."))
      bytes.push_back(static_cast<std::uint8_t>(c));
    EXPECT_TRUE(formats::probe_pickle(ByteView(bytes).first(8192), ViewSource(bytes))) << start;
  }
  Bytes prose(kLong, 'a');
  for (const std::string_view start : {"Some ", "In a "}) {
    std::copy(start.begin(), start.end(), prose.begin());
    EXPECT_FALSE(formats::probe_pickle(ByteView(prose).first(8192), ViewSource(prose))) << start;
  }
}

}  // namespace
}  // namespace saiph::detect
