// Personal data in texts: numbers with a fixed form (payment cards, accounts, national and tax
// numbers, phones ...), addresses of machines and people, names. docs/personal-data.md lists every
// type with its pattern, its check and what must stand near it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "detect/text/spans/span.h"

namespace saiph::detect {

struct PersonalOptions {
  double least_confidence = 0.5;  ///< spans below are not stated
  bool names = true;              ///< people, by gazetteer and context
  bool addresses = true;          ///< postal addresses, by their words
  bool places = false;            ///< cities and countries: data about a person only with others
  bool dates = false;             ///< any date or time; dates of birth are found without this
  bool urls = false;              ///< any web address; those with credentials are found without
};

/// Every type that find_personal can state. Any thread, constant.
std::span<const SpanType> personal_types();

/// States what it finds, nearly in order of place; spans of different types may overlap
/// (without_overlaps decides). `text` is UTF-8 of any quality and of any length: bytes that are no
/// UTF-8 separate words. One pass, no allocation, linear time on every input: about 2 to 4
/// microseconds for 1 KB of ordinary prose. Any thread.
void find_personal(std::string_view text, const PersonalOptions& options, SpanSink& sink);

}  // namespace saiph::detect
