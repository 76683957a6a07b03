// View: one way of reading a text, in canonical form, with the way back to the original bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/text.h"
#include "match/canonical/offset_map.h"

namespace saiph::match {

/// How a view was obtained. docs/text-views.md says how each is recognised and what it costs.
enum class Reading : std::uint8_t {
  // Hidden in code points that are not shown.
  kTagCharacters,
  kVariationSelectors,
  kZeroWidthBits,
  // Letters moved, spaced or replaced.
  kJoinedLetters,
  kSeparatedWords,
  kSplitWords,
  kLeetspeak,
  kReversed,
  kReversedWords,
  kUpsideDown,
  kCaesar,
  kAtbash,
  kRot47,
  kJoinedStrings,
  kMarkupRemoved,
  // Bytes written as other characters.
  kBase64,
  kBase32,
  kBase16,
  kBase85,
  kUrl,
  kHtmlEntities,
  kEscapes,
  kQuotedPrintable,
  kUuencode,
  kBinary,
  kOctal,
  kDecimal,
  kLetterNumbers,
  kMorse,
  kBraille,
  kNato,
  // Within decoded bytes.
  kGzip,
  kZlib,
};

inline constexpr std::size_t kReadingCount = static_cast<std::size_t>(Reading::kZlib) + 1;

/// "base64", "quoted-printable": for people and for reports. Stable.
std::string_view name_of(Reading reading);

/// One decoding: what was done, and to which part of the original.
struct Step {
  Reading reading = Reading::kBase64;
  TextSpan where;     ///< bytes of the original text
  int parameter = 0;  ///< places moved back, for kCaesar
  bool operator==(const Step&) const = default;
};

/// "base64 at 120..480", "caesar 13 at 0..64": bytes of the original, the end not included.
std::string describe(const Step& step);

/// Owns its text. View 0 of a text has no steps: it is the whole text in canonical form. Others
/// hold the decoded part only, in canonical form too.
struct View {
  std::string text;
  OffsetMap map;  ///< onto the original text, whatever the number of steps
  std::vector<Step> how;

  /// Where [begin, end) of `text` comes from.
  TextSpan original(std::size_t begin, std::size_t end) const { return map.original(begin, end); }
  /// Whether this is a decoded or rejoined reading rather than the text itself.
  bool derived() const { return !how.empty(); }
  /// One text for each step.
  std::vector<std::string> steps() const;
};

/// Takes the views of one text as they are found, view 0 first.
class ViewSink {
 public:
  ViewSink() = default;
  ViewSink(const ViewSink&) = delete;
  ViewSink& operator=(const ViewSink&) = delete;
  virtual ~ViewSink() = default;
  /// `view` is valid during the call. Must not throw and must not call back.
  virtual void view(const View& view) = 0;
};

}  // namespace saiph::match
