#include "match/rules/literal_gate.h"

#include <algorithm>

namespace saiph::match {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr std::uint32_t folded(char c) {
  return static_cast<std::uint8_t>(c) | 0x20U;
}

/// How common a byte is in text, roughly; the deciding group is the one with the smallest sum.
unsigned commonness(char c) {
  constexpr std::string_view kByFrequency = " etaoinsrhldcumfpgwybvkxjqz";
  const std::size_t at = kByFrequency.find(lower(c));
  if (at != std::string_view::npos) return 30 - static_cast<unsigned>(at);
  // In alphabets of two bytes a letter, lead bytes say little.
  if ((static_cast<std::uint8_t>(c) & 0xE0U) == 0xC0U) return 25;
  return 4;
}

}  // namespace

std::uint32_t LiteralGate::add(std::string_view literal) {
  Entry entry;
  entry.text.resize(literal.size());
  std::transform(literal.begin(), literal.end(), entry.text.begin(), lower);
  const auto number = static_cast<std::uint32_t>(entries_.size());
  if (entry.text.size() < kMinLength || entry.text.size() > kMaxLength) {
    entries_.push_back(std::move(entry));
    return number;
  }
  unsigned best = ~0U;
  for (std::size_t at = 0; at + kGroup <= entry.text.size(); ++at) {
    unsigned sum = 0;
    for (std::size_t k = 0; k < kGroup; ++k) sum += commonness(entry.text[at + k]);
    if (sum >= best) continue;
    best = sum;
    entry.anchor = static_cast<std::uint8_t>(at);
  }
  for (std::size_t k = 0; k < kGroup; ++k) {
    entry.group = (entry.group << 8) | folded(entry.text[entry.anchor + k]);
  }
  const std::uint32_t h = hash(entry.group);
  std::uint32_t& head = heads_[h >> (32 - kHeadBits)];
  for (std::uint32_t at = head; at != 0; at = entries_[at - 1].next) {
    if (entries_[at - 1].text == entry.text) return at - 1;
  }
  const std::uint32_t bit = h >> (32 - kFilterBits);
  filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  entry.next = head;
  head = number + 1;
  entries_.push_back(std::move(entry));
  return number;
}

void LiteralGate::compare(std::string_view text, std::size_t group_begin, std::uint32_t group,
                          std::vector<Place>& out) const {
  for (std::uint32_t at = heads_[hash(group) >> (32 - kHeadBits)]; at != 0;) {
    const Entry& entry = entries_[at - 1];
    at = entry.next;
    if (entry.group != group || group_begin < entry.anchor) continue;
    const std::size_t begin = group_begin - entry.anchor;
    if (text.size() - begin < entry.text.size()) continue;
    const std::string_view there = text.substr(begin, entry.text.size());
    if (!std::equal(there.begin(), there.end(), entry.text.begin(),
                    [](char a, char b) { return lower(a) == b; })) {
      continue;
    }
    out.push_back({static_cast<std::uint32_t>(&entry - entries_.data()), begin, entry.text.size()});
  }
}

void LiteralGate::search(std::string_view text, std::size_t from, std::size_t to,
                         std::vector<Place>& out) const {
  to = std::min(to, text.size());
  std::size_t at = std::max(from, kGroup - 1);
  if (at >= to) return;
  std::uint32_t group = 0;
  for (std::size_t k = at - (kGroup - 1); k < at; ++k) group = (group << 8) | folded(text[k]);
  for (; at < to; ++at) {
    group = (group << 8) | folded(text[at]);
    const std::uint32_t bit = hash(group) >> (32 - kFilterBits);
    if (((filter_[bit / 64] >> (bit % 64)) & 1U) != 0) compare(text, at - (kGroup - 1), group, out);
  }
}

}  // namespace saiph::match
