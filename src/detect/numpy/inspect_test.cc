#include "detect/numpy/inspect.h"

#include <gtest/gtest.h>

#include "detect/contract/recording_inspection_for_test.h"

namespace saiph::detect {
namespace {

Bytes npy(std::string_view literal, std::size_t data_bytes) {
  Bytes out = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  out.push_back(static_cast<std::uint8_t>(literal.size()));
  out.push_back(0);
  out.insert(out.end(), literal.begin(), literal.end());
  out.resize(out.size() + data_bytes, '.');
  return out;
}

constexpr std::string_view kFloats = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";

TEST(InspectNpy, PlainArraysAreQuietAndData) {
  Bytes two = npy(kFloats, 16);
  const Bytes second = two;
  two.insert(two.end(), second.begin(), second.end());
  RecordingInspection inspection(two);
  inspect_npy(inspection);
  EXPECT_TRUE(inspection.stated.empty());
  EXPECT_TRUE(inspection.incompletes.empty());
  EXPECT_EQ(inspection.data_ranges.size(), 2U);
}

TEST(InspectNpy, CVE_2019_6446_ObjectArraysAreOpenedAsPickles) {
  RecordingInspection inspection(
      npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 4));
  inspect_npy(inspection);
  EXPECT_TRUE(inspection.has("numpy-object-array"));
  ASSERT_EQ(inspection.members.size(), 1U);
  EXPECT_EQ(inspection.members[0].role, "as:pickle");
  EXPECT_EQ((*inspection.members[0].open())->size(), 4U);
}

TEST(InspectNpy, HeadersThatComputeAreStated) {
  RecordingInspection inspection(
      npy("{'descr': __import__('os').getcwd(), 'fortran_order': False, 'shape': (2,)}", 16));
  inspect_npy(inspection);
  EXPECT_TRUE(inspection.has("numpy-header-not-literal"));
  EXPECT_FALSE(inspection.incompletes.empty());
}

TEST(InspectNpy, TruncatedIsIncompleteAndTailIsStated) {
  RecordingInspection cut(npy(kFloats, 15));
  inspect_npy(cut);
  ASSERT_EQ(cut.incompletes.size(), 1U);
  EXPECT_EQ(cut.incompletes[0].code, "truncated");
  RecordingInspection tail(npy(kFloats, 17));
  inspect_npy(tail);
  EXPECT_TRUE(tail.has("numpy-trailing-bytes"));
}

}  // namespace
}  // namespace saiph::detect
