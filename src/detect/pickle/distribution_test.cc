#include "detect/pickle/distribution.h"

#include <gtest/gtest.h>

#include <string>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/pickle/inspect.h"

namespace saiph::detect {
namespace {

const std::string kText =
    "\ndef _parse_args(self, a,  loc=0, scale=1):\n    return (a, ), loc, scale\n\n"
    "def _parse_args_rvs(self, a,  loc=0, scale=1, size=None):\n"
    "    return self._argcheck_rvs(a,  loc, scale, size=size)\n\n"
    "def _parse_args_stats(self, a,  loc=0, scale=1, moments='mv'):\n"
    "    return (a, ), loc, scale, moments\n";

std::string text_operand(const std::string& text) {
  std::string out = "X";
  for (unsigned shift = 0; shift < 32; shift += 8)
    out += static_cast<char>((text.size() >> shift) & 0xFFU);
  return out + text;
}

/// A distribution whose state carries `text` under the template's key.
std::string sample(const std::string& text, const std::string& builds = "b") {
  return "\x80\x02"
         "cscipy.stats._continuous_distns\ngamma_gen\n)\x81}(" +
         text_operand("name") + text_operand("gamma") + text_operand("_parse_arg_template") +
         text_operand(text) + "u" + builds + ".";
}

RecordingInspection inspected(const std::string& bytes) {
  RecordingInspection inspection(Bytes(bytes.begin(), bytes.end()), "sample.pkl");
  inspect_pickle(inspection);
  return inspection;
}

TEST(Distribution, ScipysOwnTextIsNoAlarm) {
  EXPECT_TRUE(is_argument_parser_text(kText));
  EXPECT_FALSE(inspected(sample(kText)).has_at_least(Severity::kMedium));
}

TEST(Distribution, AnyOtherTextIs) {
  std::string call = kText;
  call.replace(call.find("loc=0"), 5, "loc=exit()");
  std::string seventh = kText + "import os\n";
  std::string decorated = "\n@exit" + kText;
  std::string lambda = kText;
  lambda.replace(lambda.find("(a, )"), 5, "(a.b)");
  for (const std::string& text :
       {call, seventh, decorated, lambda, std::string(), std::string("exit()")}) {
    EXPECT_FALSE(is_argument_parser_text(text));
    EXPECT_TRUE(inspected(sample(text)).has_at_least(Severity::kHigh)) << text;
  }
}

TEST(Distribution, EvasionsOfTheCheck) {
  // No state at all; a second state after a right one; the key set once more by another opcode.
  EXPECT_TRUE(inspected("\x80\x02"
                        "cscipy.stats._continuous_distns\ngamma_gen\n)\x81.")
                  .has_at_least(Severity::kHigh));
  EXPECT_TRUE(inspected(sample(kText, "b}(" + text_operand("_parse_arg_template") +
                                          text_operand("exit()") + "ub"))
                  .has_at_least(Severity::kHigh));
  EXPECT_TRUE(
      inspected(sample(kText, text_operand("_parse_arg_template") + text_operand("exit()") + "sb"))
          .has_at_least(Severity::kHigh));
  // Arguments reach the constructor, which executes text of its own.
  EXPECT_TRUE(inspected("\x80\x02"
                        "cscipy.stats._continuous_distns\ngamma_gen\n" +
                        text_operand("x") + "\x85\x81.")
                  .has_at_least(Severity::kHigh));
}

TEST(MadeByNumber, AMemberOfAnUnknownEnumerationIsReviewedNotStopped) {
  const auto member = inspected(
      "\x80\x02"
      "cproject.settings\nStage\nK\x01\x85R.");
  EXPECT_TRUE(member.has_at_least(Severity::kMedium));
  EXPECT_FALSE(member.has_at_least(Severity::kHigh));
  // A function, a text, two arguments, a known package: calls of unknown effect.
  EXPECT_TRUE(inspected("\x80\x02"
                        "cproject.settings\nstage\nK\x01\x85R.")
                  .has_at_least(Severity::kHigh));
  EXPECT_TRUE(inspected("\x80\x02"
                        "cproject.settings\nStage\n" +
                        text_operand("x") + "\x85R.")
                  .has_at_least(Severity::kHigh));
  EXPECT_TRUE(inspected("\x80\x02"
                        "cproject.settings\nStage\nK\x01K\x02\x86R.")
                  .has_at_least(Severity::kHigh));
  EXPECT_TRUE(inspected("\x80\x02"
                        "csubprocess\nPopen\nK\x01\x85R.")
                  .has_at_least(Severity::kHigh));
}

}  // namespace
}  // namespace saiph::detect
