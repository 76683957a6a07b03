// Writes the table of places for a set of literals anew: used by the tests that guard such tables.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "match/literals/literal_set.h"

namespace saiph::detect {

/// The best of several orders, written into `path` between "({\n" and "});".
inline void update_places_for_test(std::span<const match::Literal> literals,
                                   const std::string& path) {
  const std::vector<match::Literal> all(literals.begin(), literals.end());
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random(1);
  std::vector<match::LiteralPlace> best(all.size());
  double least = 1;
  for (int attempt = 0; attempt < 8; ++attempt) {
    std::vector<match::Literal> shuffled;
    for (const std::size_t i : order) shuffled.push_back(all[i]);
    const auto places = match::place_literals(shuffled, 6);
    if (const double rate = match::candidate_rate(shuffled, places); rate < least) {
      least = rate;
      for (std::size_t i = 0; i < order.size(); ++i) best[order[i]] = places[i];
    }
    std::shuffle(order.begin(), order.end(), random);
  }
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t begin = text.find("({\n") + 3;
  std::string rows;
  for (std::size_t i = 0; i < best.size(); ++i)
    rows += "{" + std::to_string(best[i].anchor) + ", " + std::to_string(best[i].bucket) + "}," +
            (i % 10 == 9 || i + 1 == best.size() ? "\n" : " ");
  std::ofstream(path) << text.replace(begin, text.find("});") - begin, rows);
}

}  // namespace saiph::detect
