#include "match/canonical/sign.h"

namespace saiph::match {

namespace {

struct Names {
  std::string_view id;
  std::string_view title;
};
constexpr std::array<Names, kSignKindCount> kNames = {{
    {"tag_characters", "invisible tag characters"},
    {"variation_selectors", "variation selectors that carry data"},
    {"zero_width", "zero-width characters within text"},
    {"bidi_controls", "characters that change the direction of text"},
    {"soft_hyphen", "soft hyphens that cut words up"},
    {"fillers", "blank characters that count as letters"},
    {"controls", "control characters"},
    {"nul", "NUL characters"},
    {"invalid_utf8", "bytes that are not UTF-8"},
    {"mixed_scripts", "words of Latin letters and look-alikes"},
    {"combining_noise", "stacked combining marks"},
    {"styled_letters", "letters in mathematical or other styled forms"},
    {"private_use", "private use or unassigned code points"},
}};

}  // namespace

std::string_view id_of(SignKind kind) {
  return kNames[static_cast<std::size_t>(kind)].id;
}

std::string_view title_of(SignKind kind) {
  return kNames[static_cast<std::size_t>(kind)].title;
}

}  // namespace saiph::match
