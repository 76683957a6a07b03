#include "ledger/diagnosis.h"

#include <algorithm>

namespace saiph::ledger {

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
/// Copies of one leaf that are tried; equal entries are rare, many of them are somebody's play.
constexpr std::size_t kMaxCopies = 16;

/// What is left of a region between two entries that stand where they should.
struct Gap {
  std::uint64_t begin = 0;             ///< index of the first expected entry behind the gap's start
  std::uint64_t end = 0;               ///< and one behind its last
  std::vector<std::uint64_t> missing;  ///< indices
  std::vector<Digest> missing_leaves;  ///< of the same
  std::vector<const FoundLeaf*> extra;
};

/// The positions that stay in order: a longest increasing subsequence; true for its members.
std::vector<bool> in_order(const std::vector<std::size_t>& positions) {
  std::vector<std::size_t> ends;  // index of the smallest end for each length
  std::vector<std::size_t> before(positions.size(), kNone);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto it = std::lower_bound(
        ends.begin(), ends.end(), positions[i],
        [&](std::size_t end, std::size_t position) { return positions[end] < position; });
    before[i] = it == ends.begin() ? kNone : *(it - 1);
    if (it == ends.end()) {
      ends.push_back(i);
    } else {
      *it = i;
    }
  }
  std::vector<bool> members(positions.size(), false);
  for (std::size_t i = ends.empty() ? kNone : ends.back(); i != kNone; i = before[i]) {
    members[i] = true;
  }
  return members;
}

/// Finds what stands in place and what moved within the region; the rest goes to `gaps`.
void match(const Region& region, std::vector<Gap>& gaps, std::vector<Difference>& out) {
  std::map<Digest, std::vector<std::size_t>> where;
  for (std::size_t f = region.found.size(); f-- > 0;) {
    if (region.found[f].readable) where[region.found[f].leaf].push_back(f);
  }
  // The longest common subsequence (Hunt and Szymanski): every pair of equal leaves, the positions
  // of one expected leaf from the back, so that an increasing run takes at most one of them.
  std::vector<std::size_t> expected;
  std::vector<std::size_t> positions;
  for (std::size_t e = 0; e < region.expected.size(); ++e) {
    const auto it = where.find(region.expected[e]);
    if (it == where.end()) continue;
    const std::size_t copies = std::min(it->second.size(), kMaxCopies);
    for (std::size_t i = it->second.size() - copies; i < it->second.size(); ++i) {
      expected.push_back(e);
      positions.push_back(it->second[i]);
    }
  }
  std::vector<bool> used(region.found.size(), false);
  std::vector<std::size_t> place_of(region.expected.size(), kNone);
  const std::vector<bool> stays = in_order(positions);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!stays[i]) continue;
    place_of[expected[i]] = positions[i];
    used[positions[i]] = true;
  }
  std::vector<bool> accounted(region.expected.size(), false);
  for (std::size_t e = 0; e < region.expected.size(); ++e) {
    if (place_of[e] != kNone) continue;
    const auto it = where.find(region.expected[e]);
    if (it == where.end()) continue;
    const auto free = std::find_if(it->second.begin(), it->second.end(),
                                   [&](std::size_t place) { return !used[place]; });
    if (free == it->second.end()) continue;
    used[*free] = true;
    accounted[e] = true;
    out.push_back({Manipulation::kMoved, region.begin + e, region.found[*free].place});
  }
  Gap gap;
  gap.begin = region.begin;
  std::size_t f = 0;
  const auto take_found = [&](std::size_t until) {
    for (; f < until; ++f) {
      if (!used[f]) gap.extra.push_back(&region.found[f]);
    }
  };
  for (std::size_t e = 0; e < region.expected.size(); ++e) {
    if (place_of[e] == kNone) {
      if (accounted[e]) continue;
      gap.missing.push_back(region.begin + e);
      gap.missing_leaves.push_back(region.expected[e]);
      continue;
    }
    take_found(place_of[e]);
    gap.end = region.begin + e;
    gaps.push_back(std::move(gap));
    gap = Gap();
    gap.begin = region.begin + e + 1;
    f = place_of[e] + 1;
  }
  take_found(region.found.size());
  gap.end = region.begin + region.expected.size();
  gaps.push_back(std::move(gap));
}

/// What is missing in one gap and stands in another has moved.
void match_across(std::vector<Gap>& gaps, std::vector<Difference>& out) {
  std::map<Digest, std::pair<std::size_t, std::size_t>> missing;
  for (std::size_t g = 0; g < gaps.size(); ++g) {
    for (std::size_t i = 0; i < gaps[g].missing.size(); ++i) {
      missing.emplace(gaps[g].missing_leaves[i], std::pair(g, i));
    }
  }
  std::set<std::pair<std::size_t, std::size_t>> moved;
  for (Gap& gap : gaps) {
    std::erase_if(gap.extra, [&](const FoundLeaf* found) {
      if (!found->readable) return false;
      const auto it = missing.find(found->leaf);
      if (it == missing.end() || !moved.insert(it->second).second) return false;
      const auto& [g, i] = it->second;
      out.push_back({Manipulation::kMoved, gaps[g].missing[i], found->place});
      return true;
    });
  }
  for (std::size_t g = 0; g < gaps.size(); ++g) {
    std::vector<std::uint64_t> rest;
    for (std::size_t i = 0; i < gaps[g].missing.size(); ++i) {
      if (!moved.contains({g, i})) rest.push_back(gaps[g].missing[i]);
    }
    gaps[g].missing = std::move(rest);
  }
}

}  // namespace

std::optional<std::uint64_t> Vacancies::take(const Digest& leaf) {
  // Equal leaves stand in the order in which they were added.
  const auto it = indices_.lower_bound(leaf);
  if (it == indices_.end() || it->first != leaf) return std::nullopt;
  const std::uint64_t index = it->second;
  indices_.erase(it);
  return index;
}

Result<std::vector<Difference>> diagnose(
    const std::vector<Region>& regions,
    const std::function<Result<std::set<Digest>>(const std::set<Digest>&)>& is_signed) {
  std::vector<Difference> out;
  std::vector<Gap> gaps;
  for (const Region& region : regions) match(region, gaps, out);
  match_across(gaps, out);

  std::set<Digest> unknown;
  for (const Gap& gap : gaps) {
    for (const FoundLeaf* found : gap.extra) {
      if (found->readable) unknown.insert(found->leaf);
    }
  }
  std::set<Digest> known;
  if (!unknown.empty()) {
    for (const Region& region : regions) {
      for (const Digest& leaf : region.expected) {
        if (unknown.erase(leaf) != 0) known.insert(leaf);
      }
    }
    if (!unknown.empty()) {
      SAIPH_TRY(const std::set<Digest> elsewhere, is_signed(unknown));
      known.insert(elsewhere.begin(), elsewhere.end());
    }
  }
  for (const Gap& gap : gaps) {
    std::size_t next = 0;
    for (const FoundLeaf* found : gap.extra) {
      if (found->readable && known.contains(found->leaf)) {
        out.push_back({Manipulation::kDuplicated, gap.end, found->place});
      } else if (next < gap.missing.size()) {
        out.push_back({Manipulation::kChanged, gap.missing[next++], found->place});
      } else {
        out.push_back({Manipulation::kInserted, gap.end, found->place});
      }
    }
    for (; next < gap.missing.size(); ++next) {
      out.push_back({Manipulation::kRemoved, gap.missing[next], ""});
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.index < b.index; });
  return out;
}

}  // namespace saiph::ledger
