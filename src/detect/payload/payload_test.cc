#include "detect/payload/payload.h"

#include <gtest/gtest.h>

namespace saiph::detect {
namespace {

using std::string_view_literals::operator""sv;

PayloadKind kind_of(std::string text, std::size_t pad = 256) {
  if (text.size() < pad) text.resize(pad, '\0');
  return payload_kind(as_bytes(text), text.size());
}

PayloadKind in_weights(std::string text, std::size_t pad = 8192) {
  if (text.size() < pad) text.resize(pad, '\0');
  // Something in front: the offset counts.
  const std::string whole = "prefix" + text;
  const auto kind = payload_in_weights(ViewSource(as_bytes(whole)), 6, text.size());
  return kind ? *kind : PayloadKind::kNone;
}

TEST(PayloadInWeights, HeadersCount) {
  const std::string elf(
      "\x7F"
      "ELF\x02\x01\x01"sv);
  EXPECT_EQ(in_weights(elf), PayloadKind::kElf);
  EXPECT_EQ(in_weights(elf, 64), PayloadKind::kElf);
  EXPECT_EQ(in_weights(elf, 63), PayloadKind::kNone);
  EXPECT_EQ(in_weights("#!/usr/bin/env python3\n"), PayloadKind::kScript);
  EXPECT_EQ(in_weights(std::string("\xCF\xFA\xED\xFE\x07\0\0\x01\3\0\0\0\2\0\0\0"sv)),
            PayloadKind::kMachO);
  // The header stands behind what is read first.
  std::string pe(8192, '\0');
  pe.replace(0, 2, "MZ");
  pe.replace(0x3C, 4, "\0\x18\0\0"sv);
  EXPECT_EQ(in_weights(pe), PayloadKind::kNone);
  pe.replace(0x1800, 4, "PE\0\0"sv);
  EXPECT_EQ(in_weights(pe), PayloadKind::kPe);
}

TEST(PayloadInWeights, ChanceDoesNot) {
  EXPECT_EQ(in_weights("\x7F"
                       "ELF\x40\x41\x42"),
            PayloadKind::kNone);
  EXPECT_EQ(in_weights("MZ"), PayloadKind::kNone);
  EXPECT_EQ(in_weights("#!/\x91\xA0\x07"), PayloadKind::kNone);
  EXPECT_EQ(in_weights(std::string(8192, 'A')), PayloadKind::kNone);
  // Weights of a generator; each start is tried as a tensor's.
  std::string noise;
  std::uint64_t state = 88172645463325252U;
  while (noise.size() < 100'000) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    noise.push_back(static_cast<char>(state >> 32U));
  }
  const ViewSource source(as_bytes(noise));
  for (std::uint64_t at = 0; at + 128 < noise.size(); ++at)
    ASSERT_EQ(payload_in_weights(source, at, 128).value_or(PayloadKind::kElf), PayloadKind::kNone);
}

TEST(PayloadKind, NeedsStructureBehindTheMagic) {
  EXPECT_EQ(kind_of(std::string("\x7F"
                                "ELF\x02\x01\x01"sv)),
            PayloadKind::kElf);
  EXPECT_EQ(kind_of(std::string("\x7F"
                                "ELF\x09\x01\x01"sv)),
            PayloadKind::kNone);
  std::string pe(256, '\0');
  pe.replace(0, 2, "MZ");
  pe[0x3C] = char(0x80);
  EXPECT_EQ(kind_of(pe), PayloadKind::kNone);
  pe.replace(0x80, 4, "PE\0\0"sv);
  EXPECT_EQ(kind_of(pe), PayloadKind::kPe);
  EXPECT_EQ(kind_of("#!/bin/sh\n"), PayloadKind::kScript);
  EXPECT_EQ(kind_of(std::string("\x80\x04\x95\x10\0\0\0\0\0\0\0"sv)), PayloadKind::kPickle);
  EXPECT_EQ(kind_of(std::string("\x80\x04\x95\x10\0\0\0\0\0\0\x7F"sv)), PayloadKind::kNone);
  EXPECT_EQ(kind_of(std::string("\x80\x02"
                                "cmodule\nname\n"sv)),
            PayloadKind::kPickle);
  EXPECT_EQ(
      kind_of(
          std::string("PK\x03\x04\x14\0\0\0\x08\0"sv).append(16, '\0').append("\x04\0\0\0name"sv)),
      PayloadKind::kZip);
  EXPECT_EQ(kind_of("plain text of some length that says nothing of interest at all"),
            PayloadKind::kNone);
  EXPECT_EQ(payload_kind(as_bytes("MZ"), 2), PayloadKind::kNone);
}

TEST(PayloadKind, LooksThroughBase64) {
  EXPECT_EQ(kind_of("f0VMRgIBAQAAAAAAAAAAAAMAPgABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0),
            PayloadKind::kBase64);
  EXPECT_EQ(kind_of("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZ", 0),
            PayloadKind::kNone);
}

TEST(CodeMarker, IgnoresWordsThatOnlyEndAlike) {
  EXPECT_EQ(code_marker("x = eval(input())"), "eval(");
  EXPECT_EQ(code_marker("DenseRetrieval(dim=3)"), "");
  EXPECT_EQ(code_marker("{0: 'person', 1: 'bicycle'}"), "");
}

TEST(PathKind, TellsWhatLeavesTheFolder) {
  EXPECT_EQ(path_kind("weights.bin"), PathKind::kPlain);
  EXPECT_EQ(path_kind("sub/we..ights.bin"), PathKind::kPlain);
  EXPECT_EQ(path_kind("/etc/passwd"), PathKind::kAbsolute);
  EXPECT_EQ(path_kind("C:\\x"), PathKind::kAbsolute);
  EXPECT_EQ(path_kind("\\\\host\\share"), PathKind::kAbsolute);
  EXPECT_EQ(path_kind("~/x"), PathKind::kAbsolute);
  EXPECT_EQ(path_kind("../x"), PathKind::kTraversal);
  EXPECT_EQ(path_kind("a/../../x"), PathKind::kTraversal);
  EXPECT_EQ(path_kind("a\\..\\x"), PathKind::kTraversal);
  EXPECT_EQ(path_kind("a/.."), PathKind::kTraversal);
  EXPECT_EQ(path_kind("https://host/x"), PathKind::kUrl);
  EXPECT_EQ(path_kind("file:x"), PathKind::kUrl);
  EXPECT_EQ(path_kind(""), PathKind::kControl);
  EXPECT_EQ(path_kind("a\nb"), PathKind::kControl);
}

}  // namespace
}  // namespace saiph::detect
