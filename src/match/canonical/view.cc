#include "match/canonical/view.h"

#include <array>

namespace saiph::match {

namespace {

constexpr std::array<std::string_view, kReadingCount> kNames = {"tag characters",
                                                                "variation selectors",
                                                                "zero-width bits",
                                                                "joined letters",
                                                                "separated words",
                                                                "split words",
                                                                "leetspeak",
                                                                "reversed",
                                                                "reversed words",
                                                                "upside down",
                                                                "caesar",
                                                                "atbash",
                                                                "rot47",
                                                                "joined strings",
                                                                "markup removed",
                                                                "base64",
                                                                "base32",
                                                                "hex",
                                                                "base85",
                                                                "url escapes",
                                                                "html entities",
                                                                "escapes",
                                                                "quoted-printable",
                                                                "uuencode",
                                                                "binary",
                                                                "octal",
                                                                "decimal",
                                                                "letter numbers",
                                                                "morse",
                                                                "braille",
                                                                "spelling alphabet",
                                                                "gzip",
                                                                "zlib"};

}  // namespace

std::string_view name_of(Reading reading) {
  return kNames[static_cast<std::size_t>(reading)];
}

std::string describe(const Step& step) {
  std::string out(name_of(step.reading));
  if (step.parameter != 0) out += " " + std::to_string(step.parameter);
  return out + " at " + std::to_string(step.where.offset) + ".." +
         std::to_string(step.where.offset + step.where.length);
}

std::vector<std::string> View::steps() const {
  std::vector<std::string> out;
  out.reserve(how.size());
  for (const Step& step : how) out.push_back(describe(step));
  return out;
}

}  // namespace saiph::match
