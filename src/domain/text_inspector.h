// TextInspector: the port through which commands, the server and the gateway have texts inspected,
// with what they ask and what they get. detect/text/engine implements it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/text.h"

namespace saiph {

/// What follows from findings of one kind, on top of the score.
enum class TextAction : std::uint8_t {
  kIgnore,  ///< not stated at all
  kNote,    ///< stated; changes nothing
  kFlag,    ///< the text is at least flagged
  kBlock,   ///< the text is blocked
};
std::string_view name_of(TextAction action);  ///< "ignore", "note", "flag", "block"

/// How texts are judged. The defaults are those of the built-in policy "balanced".
struct TextPolicy {
  /// Findings whose id this is ("pii.iban"), or begins with what stands before ".*" ("pii.*").
  struct Choice {
    std::string finding;
    TextAction action = TextAction::kNote;
  };

  std::string name = "balanced";
  double flag_at = 0.6;   ///< score from which a text is flagged
  double block_at = 0.8;  ///< score from which it is blocked
  bool enforce = true;    ///< false: what would be blocked is flagged, and says so
  std::uint8_t paranoia = 1;
  std::size_t max_bytes = std::size_t{16} << 20;  ///< of one text; longer ones are incomplete
  std::vector<Choice> choices;                    ///< the last one that fits wins

  /// The choice for a finding, or `otherwise`. Linear in the choices; any thread.
  TextAction action_for(std::string_view finding, TextAction otherwise) const;
};

/// One reading of a text, for people who want to see what was looked at.
struct TextView {
  std::vector<std::string> how;  ///< empty: the canonical text itself
  std::string text;              ///< its beginning, at most TextReport::kViewBytes
  bool cut = false;              ///< it is longer than that
};

/// How a copy of a text shows what was found of personal data and credentials.
enum class TextRedaction : std::uint8_t {
  kNone,   ///< no copy is made
  kLabel,  ///< "[EMAIL]"
  kMask,   ///< letters and digits as '*', the form kept
  kToken,  ///< "<EMAIL_5QK2MZ4T7A3XW6HD>", with a list that turns tokens back
};
inline constexpr std::size_t kTextRedactionCount = 4;
std::string_view name_of(TextRedaction redaction);  ///< "none", "label", "mask", "token"

/// What a report shall hold of the text besides places.
struct TextWishes {
  bool views = false;  ///< the readings
  TextRedaction redaction = TextRedaction::kNone;
};

/// A copy of a text without the personal data and credentials that were found. What the policy
/// ignores stays in it.
struct RedactedText {
  struct Token {
    std::string token;
    std::string value;
  };
  std::string text;
  std::size_t places = 0;     ///< exchanged stretches
  std::vector<Token> tokens;  ///< for kToken, in the order of the tokens
};

/// What a second tier said, where it was asked.
struct SecondLook {
  std::string model;
  std::optional<double> score;  ///< nothing when there was no answer
  std::string problem;          ///< why there was none
};

struct TextReport {
  static constexpr std::size_t kViewBytes = 4096;
  /// Findings beyond this are counted in `unlisted`, lightest first to go; the score holds all.
  static constexpr std::size_t kMaxFindings = 256;

  TextVerdict verdict = TextVerdict::kIncomplete;
  double score = 0;       ///< 0 to 1; docs/formats/text-report.md says how it is made
  double rules = 0;       ///< anomaly score of rules and characters, 0 to 100
  double classifier = 0;  ///< the classifier's highest, 0 to 1
  TextAction demanded = TextAction::kIgnore;  ///< what findings ask for, whatever the score
  std::string demanded_by;                    ///< the title of the one that asks for most
  std::vector<TextFinding> findings;          ///< in order of place
  std::size_t unlisted = 0;
  std::vector<std::string> reasons;     ///< why this verdict, in words
  std::vector<std::string> incomplete;  ///< what was not looked at, and why
  std::size_t views = 0;                ///< readings inspected
  std::vector<TextView> seen;           ///< when asked for
  std::optional<SecondLook> second;     ///< its score then stands in the place of `score`
  /// When asked for, and every place was found: else `incomplete` says why there is none.
  std::optional<RedactedText> redacted;
};

/// Sets verdict and reasons from score, demands and what is incomplete. Any thread.
void judge(const TextPolicy& policy, TextReport& report);

class TextInspector {
 public:
  virtual ~TextInspector() = default;
  /// Never fails: what could not be looked at stands in the report, whose verdict then is not
  /// "allow". Any thread, many at a time. Linear in the text.
  virtual TextReport inspect(std::string_view text, Channel channel,
                             const TextWishes& wishes) const = 0;
  /// Names the rules and the model in force: "rules 3f2a..., model 91bc...".
  virtual const std::string& version() const = 0;
};

}  // namespace saiph
