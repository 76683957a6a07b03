// The literal set against a plain sum over the same bytes (what reading memory costs), on random
// bytes, on zeros and on prose. 150 literals of four to ten characters, none of which occurs.
#include <benchmark/benchmark.h>

#include <numeric>
#include <random>

#include "match/literals/literal_set.h"

namespace {

using saiph::Bytes;
using saiph::match::Literal;
using saiph::match::LiteralMatch;
using saiph::match::LiteralSet;
using saiph::match::place_literals;

const std::vector<std::string>& texts() {
  static const std::vector<std::string> all = [] {
    std::mt19937 random(3);
    std::vector<std::string> out;
    constexpr std::string_view kPrefixes[] = {"sk-",      "gh", "xox",   "AK",  "\x80\x04",
                                              "\xE2\x80", "hf", "-----", "eyJ", "npm"};
    for (int i = 0; i < 150; ++i) {
      std::string text(kPrefixes[i % 10]);
      while (text.size() < 4U + static_cast<unsigned>(i) % 7U)
        text.push_back(static_cast<char>('A' + random() % 58));
      out.push_back(text);
    }
    return out;
  }();
  return all;
}

std::vector<Literal> literals() {
  std::vector<Literal> out;
  for (const auto& text : texts()) out.push_back({text, false});
  return out;
}

Bytes make_input(int kind) {
  Bytes bytes(16U << 20);
  std::mt19937 random(5);
  constexpr std::string_view kProse =
      "The model was trained for three epochs on a cleaned copy of the corpus, with a learning "
      "rate that falls linearly; "
      "the tokenizer is unchanged and its vocabulary holds 32,000 entries. See the table below for "
      "the results.\n";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (kind == 0) bytes[i] = static_cast<std::uint8_t>(random());
    if (kind == 2) bytes[i] = static_cast<std::uint8_t>(kProse[i % kProse.size()]);
  }
  return bytes;
}

void search(benchmark::State& state) {
  const auto kernel = state.range(0) == 0 ? LiteralSet::Kernel::kSsse3 : LiteralSet::Kernel::kBest;
  const LiteralSet set(literals(), place_literals(literals(), 3), kernel);
  const Bytes input = make_input(static_cast<int>(state.range(1)));
  std::vector<LiteralMatch> out;
  for (auto _ : state) {
    out.clear();
    for (std::size_t at = 0; at < input.size(); at += 256U << 10)
      set.search(saiph::ByteView(input).subspan(at, 256U << 10), at, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * input.size()));
  state.SetLabel(std::string(state.range(0) == 0 ? "ssse3 " : "best ") +
                 (state.range(1) == 0   ? "random"
                  : state.range(1) == 1 ? "zeros"
                                        : "prose"));
}
BENCHMARK(search)->ArgsProduct({{0, 1}, {0, 1, 2}});

void read_memory(benchmark::State& state) {
  const Bytes input = make_input(0);
  for (auto _ : state)
    benchmark::DoNotOptimize(std::accumulate(input.begin(), input.end(), std::uint64_t{0}));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * input.size()));
}
BENCHMARK(read_memory);

void build(benchmark::State& state) {
  const auto all = literals();
  const auto places = place_literals(all, 3);
  for (auto _ : state) {
    const LiteralSet set(all, places);
    benchmark::DoNotOptimize(set.longest());
  }
}
BENCHMARK(build)->Unit(benchmark::kMicrosecond);

}  // namespace
