#include "formats/python/compatibility_letters.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace saiph::formats {

namespace {

// Every code point that may stand in an identifier and whose NFKC form is pure ASCII (Unicode 14,
// UAX 31 and UAX 15), as runs whose letters count upwards together with the code points.
struct Run {
  std::uint32_t first;
  std::uint32_t count;
  char letter;
};
constexpr auto kRuns = std::to_array<Run>(
    {{0xAA, 1, 'a'},     {0xBA, 1, 'o'},     {0x17F, 1, 's'},    {0x2B0, 1, 'h'},
     {0x2B2, 1, 'j'},    {0x2B3, 1, 'r'},    {0x2B7, 1, 'w'},    {0x2B8, 1, 'y'},
     {0x2E1, 1, 'l'},    {0x2E2, 1, 's'},    {0x2E3, 1, 'x'},    {0x1D2C, 1, 'A'},
     {0x1D2E, 1, 'B'},   {0x1D30, 2, 'D'},   {0x1D33, 8, 'G'},   {0x1D3C, 1, 'O'},
     {0x1D3E, 1, 'P'},   {0x1D3F, 1, 'R'},   {0x1D40, 2, 'T'},   {0x1D42, 1, 'W'},
     {0x1D43, 1, 'a'},   {0x1D47, 1, 'b'},   {0x1D48, 2, 'd'},   {0x1D4D, 1, 'g'},
     {0x1D4F, 1, 'k'},   {0x1D50, 1, 'm'},   {0x1D52, 1, 'o'},   {0x1D56, 1, 'p'},
     {0x1D57, 2, 't'},   {0x1D5B, 1, 'v'},   {0x1D62, 1, 'i'},   {0x1D63, 1, 'r'},
     {0x1D64, 2, 'u'},   {0x1D9C, 1, 'c'},   {0x1DA0, 1, 'f'},   {0x1DBB, 1, 'z'},
     {0x2071, 1, 'i'},   {0x207F, 1, 'n'},   {0x2090, 1, 'a'},   {0x2091, 1, 'e'},
     {0x2092, 1, 'o'},   {0x2093, 1, 'x'},   {0x2095, 1, 'h'},   {0x2096, 4, 'k'},
     {0x209A, 1, 'p'},   {0x209B, 2, 's'},   {0x2102, 1, 'C'},   {0x210A, 1, 'g'},
     {0x210B, 1, 'H'},   {0x210C, 1, 'H'},   {0x210D, 1, 'H'},   {0x210E, 1, 'h'},
     {0x2110, 1, 'I'},   {0x2111, 1, 'I'},   {0x2112, 1, 'L'},   {0x2113, 1, 'l'},
     {0x2115, 1, 'N'},   {0x2119, 3, 'P'},   {0x211C, 1, 'R'},   {0x211D, 1, 'R'},
     {0x2124, 1, 'Z'},   {0x2128, 1, 'Z'},   {0x212A, 1, 'K'},   {0x212C, 2, 'B'},
     {0x212F, 1, 'e'},   {0x2130, 2, 'E'},   {0x2133, 1, 'M'},   {0x2134, 1, 'o'},
     {0x2139, 1, 'i'},   {0x2145, 1, 'D'},   {0x2146, 2, 'd'},   {0x2148, 2, 'i'},
     {0x2160, 1, 'I'},   {0x2164, 1, 'V'},   {0x2169, 1, 'X'},   {0x216C, 1, 'L'},
     {0x216D, 2, 'C'},   {0x216F, 1, 'M'},   {0x2170, 1, 'i'},   {0x2174, 1, 'v'},
     {0x2179, 1, 'x'},   {0x217C, 1, 'l'},   {0x217D, 2, 'c'},   {0x217F, 1, 'm'},
     {0x2C7C, 1, 'j'},   {0x2C7D, 1, 'V'},   {0xA7F2, 1, 'C'},   {0xA7F3, 1, 'F'},
     {0xA7F4, 1, 'Q'},   {0xFE33, 1, '_'},   {0xFE34, 1, '_'},   {0xFE4D, 1, '_'},
     {0xFE4E, 1, '_'},   {0xFE4F, 1, '_'},   {0xFF10, 10, '0'},  {0xFF21, 26, 'A'},
     {0xFF3F, 1, '_'},   {0xFF41, 26, 'a'},  {0x107A5, 1, 'q'},  {0x1D400, 26, 'A'},
     {0x1D41A, 26, 'a'}, {0x1D434, 26, 'A'}, {0x1D44E, 7, 'a'},  {0x1D456, 18, 'i'},
     {0x1D468, 26, 'A'}, {0x1D482, 26, 'a'}, {0x1D49C, 1, 'A'},  {0x1D49E, 2, 'C'},
     {0x1D4A2, 1, 'G'},  {0x1D4A5, 2, 'J'},  {0x1D4A9, 4, 'N'},  {0x1D4AE, 8, 'S'},
     {0x1D4B6, 4, 'a'},  {0x1D4BB, 1, 'f'},  {0x1D4BD, 7, 'h'},  {0x1D4C5, 11, 'p'},
     {0x1D4D0, 26, 'A'}, {0x1D4EA, 26, 'a'}, {0x1D504, 2, 'A'},  {0x1D507, 4, 'D'},
     {0x1D50D, 8, 'J'},  {0x1D516, 7, 'S'},  {0x1D51E, 26, 'a'}, {0x1D538, 2, 'A'},
     {0x1D53B, 4, 'D'},  {0x1D540, 5, 'I'},  {0x1D546, 1, 'O'},  {0x1D54A, 7, 'S'},
     {0x1D552, 26, 'a'}, {0x1D56C, 26, 'A'}, {0x1D586, 26, 'a'}, {0x1D5A0, 26, 'A'},
     {0x1D5BA, 26, 'a'}, {0x1D5D4, 26, 'A'}, {0x1D5EE, 26, 'a'}, {0x1D608, 26, 'A'},
     {0x1D622, 26, 'a'}, {0x1D63C, 26, 'A'}, {0x1D656, 26, 'a'}, {0x1D670, 26, 'A'},
     {0x1D68A, 26, 'a'}, {0x1D7CE, 10, '0'}, {0x1D7D8, 10, '0'}, {0x1D7E2, 10, '0'},
     {0x1D7EC, 10, '0'}, {0x1D7F6, 10, '0'}, {0x1FBF0, 10, '0'}});

struct Ligature {
  std::uint32_t code_point;
  std::string_view text;
};
constexpr auto kLigatures = std::to_array<Ligature>(
    {{0x132, "IJ"},    {0x133, "ij"},    {0x1C7, "LJ"},   {0x1C8, "Lj"},   {0x1C9, "lj"},
     {0x1CA, "NJ"},    {0x1CB, "Nj"},    {0x1CC, "nj"},   {0x1F1, "DZ"},   {0x1F2, "Dz"},
     {0x1F3, "dz"},    {0x2161, "II"},   {0x2162, "III"}, {0x2163, "IV"},  {0x2165, "VI"},
     {0x2166, "VII"},  {0x2167, "VIII"}, {0x2168, "IX"},  {0x216A, "XI"},  {0x216B, "XII"},
     {0x2171, "ii"},   {0x2172, "iii"},  {0x2173, "iv"},  {0x2175, "vi"},  {0x2176, "vii"},
     {0x2177, "viii"}, {0x2178, "ix"},   {0x217A, "xi"},  {0x217B, "xii"}, {0xFB00, "ff"},
     {0xFB01, "fi"},   {0xFB02, "fl"},   {0xFB03, "ffi"}, {0xFB04, "ffl"}, {0xFB05, "st"},
     {0xFB06, "st"}});

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// One code point of well-formed UTF-8, or the single byte when it is not.
std::uint32_t decode_one(std::string_view text, std::size_t at, std::size_t& length) {
  const std::uint32_t lead = byte_at(text, at);
  std::size_t n = 1;
  std::uint32_t value = lead;
  if (lead >= 0xC2 && lead < 0xE0) {
    n = 2;
    value = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead < 0xF0) {
    n = 3;
    value = lead & 0x0FU;
  } else if (lead >= 0xF0 && lead < 0xF5) {
    n = 4;
    value = lead & 0x07U;
  }
  length = 1;
  if (n == 1 || n > text.size() - at) return lead;
  for (std::size_t i = 1; i < n; ++i) {
    const std::uint32_t next = byte_at(text, at + i);
    if ((next & 0xC0U) != 0x80U) return lead;
    value = (value << 6U) | (next & 0x3FU);
  }
  length = n;
  return value;
}

void append_folded(std::uint32_t code_point, std::string_view original, std::string& out) {
  const auto run = std::upper_bound(
      kRuns.begin(), kRuns.end(), code_point,
      [](std::uint32_t value, const Run& candidate) { return value < candidate.first; });
  if (run != kRuns.begin()) {
    const Run& candidate = *std::prev(run);
    if (code_point - candidate.first < candidate.count) {
      out.push_back(static_cast<char>(static_cast<unsigned char>(candidate.letter) +
                                      (code_point - candidate.first)));
      return;
    }
  }
  for (const Ligature& ligature : kLigatures) {
    if (ligature.code_point == code_point) {
      out.append(ligature.text);
      return;
    }
  }
  out.append(original);
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string fold_compatibility(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    const std::uint32_t code_point = decode_one(text, at, length);
    if (length == 1) {
      out.push_back(text[at]);
    } else {
      append_folded(code_point, text.substr(at, length), out);
    }
    at += length;
  }
  return out;
}

}  // namespace saiph::formats
