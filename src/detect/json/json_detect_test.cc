#include <gtest/gtest.h>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/json/inspect_json.h"

namespace saiph::detect {
namespace {

RecordingInspection scan(std::string_view text) {
  RecordingInspection inspection(Bytes(text.begin(), text.end()), "x.json");
  inspect_json(inspection);
  return inspection;
}

TEST(JsonDetector, OneReading) {
  const RecordingInspection quiet = scan(R"({"a":{"a":1},"b":[{"a":1},{"a":NaN}]})");
  EXPECT_TRUE(quiet.stated.empty());
  EXPECT_TRUE(quiet.incompletes.empty());
  const RecordingInspection twice = scan(R"({"auto_map":1,"auto_m\u0061p":2})");
  ASSERT_TRUE(twice.has("json-duplicate-key"));
  EXPECT_EQ(twice.stated[0].draft.offset, 14U);
}

TEST(JsonDetector, OtherEncodings) {
  using std::string_view_literals::operator""sv;
  EXPECT_TRUE(scan("{\0}\0"sv).has("json-not-utf8"));
  EXPECT_TRUE(scan("{\0}\0"sv).incompletes.empty());
}

TEST(JsonDetector, BrokenIsIncomplete) {
  EXPECT_EQ(scan("{\"a\":").incompletes.at(0).code, "truncated");
  EXPECT_EQ(scan("{\"a\":1} x").incompletes.at(0).code, "malformed");
  EXPECT_EQ(scan(std::string(300, '[')).incompletes.at(0).code, "limit");
}

}  // namespace
}  // namespace saiph::detect
