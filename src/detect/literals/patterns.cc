#include "detect/literals/patterns.h"

#include <array>
#include <vector>

namespace saiph::detect {

namespace {

using std::string_view_literals::operator""sv;

struct Other {
  std::string_view text;
  Check check;
  bool fold_case = false;
};

constexpr auto kOthers = std::to_array<Other>({
    {"\x7F"
     "ELF",
     Check::kElf},
    {"PE\0\0"sv, Check::kPortable},
    {"\xCF\xFA\xED\xFE", Check::kMachO},
    {"\xCE\xFA\xED\xFE", Check::kMachO},

    {"\x80\x02"
     "c",
     Check::kPickle},
    {"\x80\x02}", Check::kPickle},
    {"\x80\x02]", Check::kPickle},
    {"\x80\x02(", Check::kPickle},
    {"\x80\x02X", Check::kPickle},
    {"\x80\x03"
     "c",
     Check::kPickle},
    {"\x80\x03}", Check::kPickle},
    {"\x80\x03]", Check::kPickle},
    {"\x80\x03(", Check::kPickle},
    {"\x80\x03X", Check::kPickle},
    {"\x80\x04\x95", Check::kPickle},
    {"\x80\x05\x95", Check::kPickle},
    {"\x80\x04\x8c", Check::kPickle},
    {"\x80\x05\x8c", Check::kPickle},
    {"\x80\x04"
     "c",
     Check::kPickle},
    {"\x80\x05"
     "c",
     Check::kPickle},
    {"arrow.py_extension_type", Check::kArrowExtension},
    // Streams without a PROTO opcode, by the modules that do harm.
    {"cos\n", Check::kPickle},
    {"cposix\n", Check::kPickle},
    {"cnt\n", Check::kPickle},
    {"cbuiltins\n", Check::kPickle},
    {"c__builtin__\n", Check::kPickle},
    {"csubprocess\n", Check::kPickle},
    {"crunpy\n", Check::kPickle},
    {"csys\n", Check::kPickle},
    {"cimportlib\n", Check::kPickle},
    {"csocket\n", Check::kPickle},
    {"cpty\n", Check::kPickle},
    {"ccode\n", Check::kPickle},
    {"cwebbrowser\n", Check::kPickle},
    {"ctimeit\n", Check::kPickle},
    {"ccommands\n", Check::kPickle},
    {"\x8c\x02os", Check::kPickle},
    {"\x8c\x05posix", Check::kPickle},
    {"\x8c\x02nt", Check::kPickle},
    {"\x8c\x08"
     "builtins",
     Check::kPickle},
    {"\x8c\x0Asubprocess", Check::kPickle},

    // Tag characters U+E0000..E007F and the variation selectors U+E0100..E01EF.
    {"\xF3\xA0\x80", Check::kHiddenText},
    {"\xF3\xA0\x81", Check::kHiddenText},
    {"\xF3\xA0\x84", Check::kHiddenText},
    {"\xF3\xA0\x85", Check::kHiddenText},
    {"\xF3\xA0\x86", Check::kHiddenText},
    {"\xF3\xA0\x87", Check::kHiddenText},
    // Two zero-width characters in a row: single ones are ordinary typography.
    {"\xE2\x80\x8B\xE2", Check::kHiddenText},
    {"\xE2\x80\x8B\xEF", Check::kHiddenText},
    {"\xE2\x80\x8C\xE2", Check::kHiddenText},
    {"\xE2\x80\x8C\xEF", Check::kHiddenText},
    {"\xE2\x80\x8D\xE2", Check::kHiddenText},
    {"\xE2\x80\x8D\xEF", Check::kHiddenText},
    {"\xE2\x81\xA0\xE2", Check::kHiddenText},
    {"\xE2\x81\xA2\xE2", Check::kHiddenText},
    {"\xE2\x81\xA3\xE2", Check::kHiddenText},
    {"\xE2\x81\xA4\xE2", Check::kHiddenText},
    {"\xEF\xBB\xBF\xE2", Check::kHiddenText},
    {"\xEF\xBB\xBF\xEF", Check::kHiddenText},
    // Two variation selectors U+FE00..FE0F in a row.
    {"\xEF\xB8\x80\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x81\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x82\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x83\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x84\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x85\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x86\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x87\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x88\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x89\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8A\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8B\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8C\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8D\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8E\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8F\xEF\xB8", Check::kHiddenText},
    {"\\udb40\\ud", Check::kHiddenEscape, true},
    {"\\u200b\\u", Check::kHiddenEscape, true},
    {"\\u200c\\u", Check::kHiddenEscape, true},
    {"\\u200d\\u", Check::kHiddenEscape, true},
    {"\\u2060\\u", Check::kHiddenEscape, true},
    {"\\ufeff\\u", Check::kHiddenEscape, true},
    {"\\ufe00\\ufe0", Check::kHiddenEscape, true},
    {"\\ufe01\\ufe0", Check::kHiddenEscape, true},
    // NOLINTBEGIN(misc-misleading-bidirectional): what is looked for
    {"\xE2\x80\xAA", Check::kBidirectional},
    {"\xE2\x80\xAB", Check::kBidirectional},
    {"\xE2\x80\xAD", Check::kBidirectional},
    {"\xE2\x80\xAE", Check::kBidirectional},
    {"\xE2\x81\xA6", Check::kBidirectional},
    {"\xE2\x81\xA7", Check::kBidirectional},
    {"\xE2\x81\xA8", Check::kBidirectional},
    // NOLINTEND(misc-misleading-bidirectional)
});

}  // namespace

// The secrets come first, in the order of their table.
std::span<const match::Literal> literals() {
  static const std::vector<match::Literal> known = [] {
    std::vector<match::Literal> all(secret_literals_for_files().begin(),
                                    secret_literals_for_files().end());
    for (const Other& other : kOthers) all.push_back({other.text, other.fold_case});
    return all;
  }();
  return known;
}

Pattern pattern_of(std::uint32_t literal) {
  const std::size_t secrets = secret_literals_for_files().size();
  if (literal < secrets) return {Check::kSecret, secret_pattern_of(literal)};
  return {kOthers[literal - secrets].check, {}};
}

}  // namespace saiph::detect
