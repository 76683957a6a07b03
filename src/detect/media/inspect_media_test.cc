#include "detect/media/inspect_media.h"

#include <gtest/gtest.h>

#include "detect/contract/recording_inspection_for_test.h"

namespace saiph::detect {
namespace {

using std::string_literals::operator""s;

std::string png() {
  return "\x89PNG\r\n\x1A\n"s + "\0\0\0\0IEND\xAE\x42\x60\x82"s;
}
std::string jpeg() {
  return "\xFF\xD8\xFF\xE0\0\x04"
         "ab\xFF\xDA\0\x02"
         "abc\xFF\0d\xFF\xD9"s;
}
std::string gif() {
  return "GIF89a\1\0\1\0\x80\0\0\0\0\0\xFF\xFF\xFF,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"s;
}
std::string wav() {
  return "RIFF\x08\0\0\0WAVEabcd"s;
}

RecordingInspection inspect(const std::string& text) {
  RecordingInspection inspection(Bytes(text.begin(), text.end()), "picture");
  inspect_media(inspection);
  return inspection;
}

TEST(InspectMedia, PlainFilesAndHarmlessTailsAreQuiet) {
  for (const std::string& media : {png(), jpeg(), gif(), wav()}) {
    EXPECT_TRUE(inspect(media).stated.empty());
    EXPECT_TRUE(inspect(media + std::string(64, '\0')).stated.empty());
    EXPECT_TRUE(inspect(media + "camera maker's notes, as text").stated.empty());
  }
}

TEST(InspectMedia, PayloadsBehindTheEndAreStatedAndHandedOn) {
  const std::string elf =
      "\x7F"
      "ELF\x02\x01\x01"s +
      std::string(60, '\0');
  const std::string zip = "PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0ax"s;
  const std::string pickle =
      "\x80\x02"
      "cbuiltins\nlen\n)R."s;
  for (const std::string& media : {png(), jpeg(), gif(), wav()}) {
    for (const std::string& payload : {elf, zip, pickle}) {
      const RecordingInspection inspection = inspect(media + payload);
      ASSERT_TRUE(inspection.has("media-hidden-payload"));
      ASSERT_EQ(inspection.members.size(), 1U);
      EXPECT_EQ((*inspection.members[0].open())->size(), payload.size());
    }
  }
}

}  // namespace
}  // namespace saiph::detect
