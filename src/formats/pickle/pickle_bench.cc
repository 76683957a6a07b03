// Rates of the interpreter: array-laden pickles, dense opcodes, many small objects.
#include <benchmark/benchmark.h>

#include <string>

#include "formats/pickle/walk.h"

namespace saiph::formats {
namespace {

class Quiet final : public PickleFileObserver {
 public:
  PickleTraits on_new_name(const PickleName& /*name*/) override {
    return {false, PickleTraits::kImport | PickleTraits::kRebuild | PickleTraits::kCall};
  }
};

void text(Bytes& out, std::string_view s) {
  out.insert(out.end(), s.begin(), s.end());
}
void short_text(Bytes& out, std::string_view s) {
  out.push_back(0x8C);
  out.push_back(static_cast<std::uint8_t>(s.size()));
  text(out, s);
  out.push_back(0x94);
}

// [(i, "s<i>", i * 0.5, True), ...] as protocol 4 writes it, in batches of 1000.
Bytes dense(std::size_t bytes) {
  Bytes out = {0x80, 4, ']', 0x94};
  std::uint32_t i = 0;
  while (out.size() < bytes) {
    out.push_back('(');
    for (int k = 0; k < 1000; ++k, ++i) {
      out.push_back('(');
      if (i < 256) {
        out.push_back('K');
        out.push_back(static_cast<std::uint8_t>(i));
      } else {
        out.push_back('J');
        for (int b = 0; b < 4; ++b) out.push_back(static_cast<std::uint8_t>(i >> (8 * b)));
      }
      short_text(out, "s" + std::to_string(i));
      out.push_back('K');
      out.push_back(static_cast<std::uint8_t>(i));
      out.push_back('M');
      out.push_back(1);
      out.push_back(2);
      out.push_back(0x88);
      out.push_back('t');
      out.push_back(0x94);
    }
    out.push_back('e');
  }
  out.push_back('.');
  return out;
}

// Small integers alone: the densest stream there is.
Bytes integers(std::size_t bytes) {
  Bytes out = {0x80, 4, ']', 0x94};
  while (out.size() < bytes) {
    out.push_back('(');
    for (int k = 0; k < 1000; ++k) {
      out.push_back('K');
      out.push_back(static_cast<std::uint8_t>(k));
    }
    out.push_back('e');
  }
  out.push_back('.');
  return out;
}

Bytes arrays(std::size_t bytes, std::size_t each) {
  Bytes out = {0x80, 4, ']', 0x94, '('};
  while (out.size() < bytes) {
    text(out, "cnumpy.core.multiarray\n_reconstruct\n");
    text(out, "cnumpy\nndarray\nK");
    out.push_back(0);
    out.push_back(0x85);
    text(out, std::string("C\x01") + "b");
    out.push_back(0x87);
    out.push_back('R');
    out.push_back(0x94);
    out.push_back('B');
    for (int b = 0; b < 4; ++b) out.push_back(static_cast<std::uint8_t>(each >> (8 * b)));
    out.resize(out.size() + each, 7);
    out.push_back(0x85);
    out.push_back('b');
  }
  out.push_back('e');
  out.push_back('.');
  return out;
}

void run(benchmark::State& state, const Bytes& bytes) {
  const ViewSource source(bytes);
  std::uint64_t opcodes = 0;
  for (auto _ : state) {
    Budget budget(Limits::strict());
    Quiet observer;
    PickleMachine machine(source, budget, observer);
    const PickleOutcome outcome = machine.run(0);
    if (outcome.end != PickleEnd::kStop) state.SkipWithError(outcome.reason.c_str());
    opcodes = outcome.opcodes;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
  state.counters["opcodes/s"] = benchmark::Counter(
      static_cast<double>(opcodes * state.iterations()), benchmark::Counter::kIsRate);
}

void dense_36_mb(benchmark::State& state) {
  run(state, dense(36'000'000));
}
void integers_36_mb(benchmark::State& state) {
  run(state, integers(36'000'000));
}
void arrays_of_4_kb(benchmark::State& state) {
  run(state, arrays(64'000'000, 4096));
}
void arrays_of_1_mb(benchmark::State& state) {
  run(state, arrays(256'000'000, 1'000'000));
}
void small_file(benchmark::State& state) {
  run(state, arrays(1000, 100));
}

BENCHMARK(dense_36_mb)->Unit(benchmark::kMillisecond);
BENCHMARK(integers_36_mb)->Unit(benchmark::kMillisecond);
BENCHMARK(arrays_of_4_kb)->Unit(benchmark::kMillisecond);
BENCHMARK(arrays_of_1_mb)->Unit(benchmark::kMillisecond);
BENCHMARK(small_file);

}  // namespace
}  // namespace saiph::formats
