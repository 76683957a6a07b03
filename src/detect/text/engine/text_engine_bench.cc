// What the whole engine costs, everything on.
#include <benchmark/benchmark.h>

#include <string>

#include "detect/text/engine/text_engine.h"

namespace {

constexpr std::string_view kProse =
    "The committee met on Tuesday to look at the plans for the new library. The building would "
    "open in the spring, about 14 months after the first stone was laid. Costs have risen by 8 "
    "percent; the town pays for most of it. Readers will find 120,000 books on three floors, a "
    "cafe, and rooms where groups can meet. \"We asked people what they need,\" she said, \"and "
    "most "
    "of them said quiet.\" Questions can be sent to the town hall before Friday.\n";

void inspect(benchmark::State& state, saiph::Channel channel) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::string text;
  while (text.size() < size) text += kProse;
  text.resize(size);
  const saiph::detect::TextEngine engine{saiph::TextPolicy{}};
  for (auto _ : state) benchmark::DoNotOptimize(engine.inspect(text, channel, {}).score);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(inspect, user, saiph::Channel::kUser)->Arg(1024)->Arg(100 << 10);
BENCHMARK_CAPTURE(inspect, document, saiph::Channel::kDocument)->Arg(1024)->Arg(100 << 10);
BENCHMARK_CAPTURE(inspect, output, saiph::Channel::kOutput)->Arg(1024)->Arg(100 << 10);

}  // namespace
