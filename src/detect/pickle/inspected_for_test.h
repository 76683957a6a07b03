// How the tests of this folder read a stream and say what was stated about it.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/pickle/inspect.h"
#include "formats/pickle/pickle_assembler_for_test.h"

namespace saiph::detect {

inline RecordingInspection inspected(const Bytes& bytes) {
  RecordingInspection inspection(bytes);
  inspect_pickle(inspection);
  return inspection;
}

inline std::string describe(const RecordingInspection& inspection) {
  std::string text;
  for (const auto& stated : inspection.stated)
    text += std::string(stated.rule->id) + ": " + stated.draft.detail + "\n";
  for (const auto& why : inspection.incompletes)
    text += "incomplete " + why.code + ": " + why.message + "\n";
  return text;
}

#define EXPECT_CRITICAL(assembler)                                             \
  EXPECT_TRUE(inspected((assembler).bytes()).has("pickle-dangerous-callable")) \
      << describe(inspected((assembler).bytes()))
#define EXPECT_RULE(assembler, rule) \
  EXPECT_TRUE(inspected((assembler).bytes()).has(rule)) << describe(inspected((assembler).bytes()))

}  // namespace saiph::detect
