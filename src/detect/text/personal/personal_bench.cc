// What finding personal data and secrets costs on ordinary text.
#include <benchmark/benchmark.h>

#include <string>

#include "detect/text/personal/find_personal.h"
#include "detect/text/secrets/find_secrets.h"
#include "detect/text/spans/span_list.h"

namespace {

std::string prose(std::size_t size) {
  constexpr std::string_view kText =
      "The committee met on Tuesday to look at the plans for the new library. Maria Keller, who "
      "has "
      "led the work since 2019, said that the building would open in the spring, about 14 months "
      "after the first stone was laid. Costs have risen by 8 percent; the town pays for most of "
      "it. Readers will find 120,000 books on three floors, a cafe, and rooms where groups can "
      "meet. \"We asked people what they need,\" Keller said, \"and most of them said quiet.\" The "
      "next meeting is open to everybody. Questions can be sent to the town hall before Friday. In "
      "the meantime the old library keeps its hours, from 9 to 18 on weekdays. Nobody has yet "
      "decided what becomes of its rooms; a school and a museum have both asked for them. The "
      "council's own experts think that either would be possible, and that the roof has to be "
      "mended first. That alone takes a summer, and the money for it stands in no budget. So the "
      "house may well be empty for a year, as the one beside it was. ";
  std::string out;
  while (out.size() < size) out += kText;
  out.resize(size);
  return out;
}

void personal(benchmark::State& state) {
  const std::string text = prose(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    saiph::detect::SpanList list;
    saiph::detect::find_personal(text, {}, list);
    benchmark::DoNotOptimize(list.spans.size());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(personal)->Arg(1024)->Arg(100 << 10);

void secrets(benchmark::State& state) {
  const std::string text = prose(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    saiph::detect::SpanList list;
    saiph::detect::find_secrets(text, {}, list);
    benchmark::DoNotOptimize(list.spans.size());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(secrets)->Arg(1024)->Arg(100 << 10);

}  // namespace
