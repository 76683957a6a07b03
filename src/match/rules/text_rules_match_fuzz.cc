// Any bytes against our own rules, and against a rule of every kind: places lie in the text, scores
// in their range, and hits do not depend on what the scratch was used for before.
#include <cstdlib>
#include <vector>

#include "base/bytes.h"
#include "match/rules/rule_set.h"

using saiph::Channel;
using saiph::match::RuleHit;
using saiph::match::RuleScratch;
using saiph::match::RuleSet;

namespace {

struct Place {
  const saiph::match::TextRule* rule;
  double score;
  std::size_t begin;
  std::size_t end;
  bool operator==(const Place&) const = default;
};

class Sink final : public saiph::match::RuleHitSink {
 public:
  explicit Sink(std::size_t size) : size_(size) {}
  void hit(const RuleHit& hit) override {
    if (hit.rule == nullptr || hit.begin > hit.end || hit.end > size_) std::abort();
    if (!(hit.score >= 0 && hit.score <= 100)) std::abort();
    places.push_back({hit.rule, hit.score, hit.begin, hit.end});
  }
  void incomplete(std::string_view reason) override {
    if (reason.empty()) std::abort();
  }
  std::vector<Place> places;

 private:
  std::size_t size_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static RuleScratch used;
  const auto set = RuleSet::own();
  const auto channel = static_cast<Channel>(data[0] % saiph::kChannelCount);
  saiph::match::RuleLimits limits;
  limits.paranoia = static_cast<std::uint8_t>(1 + data[1] % 4);
  const std::string_view text = saiph::as_text(saiph::ByteView{data + 2, size - 2});
  Sink first(text.size());
  set->match(text, (data[1] & 8) != 0, channel, limits, used, first);
  RuleScratch fresh;
  Sink second(text.size());
  set->match(text, (data[1] & 8) != 0, channel, limits, fresh, second);
  if (first.places != second.places) std::abort();
  return 0;
}
