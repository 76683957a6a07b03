// The one number that text inspection gives a text.
#pragma once

#include <algorithm>

namespace saiph::detect {

/// 0 to 1 from the rules' anomaly score (0 to 100) and the classifier's score (0 to 1): the share
/// that is left when both have taken theirs, 1 - (1 - rules/100)(1 - classifier). Rises with each
/// of them and is never below either, so that no weak sign can hide a strong one. Any thread.
inline double combined_score(double rules, double classifier) {
  const double by_rules = std::clamp(rules / 100, 0.0, 1.0);
  const double by_classifier = std::clamp(classifier, 0.0, 1.0);
  return 1 - (1 - by_rules) * (1 - by_classifier);
}

}  // namespace saiph::detect
