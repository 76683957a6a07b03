#include <benchmark/benchmark.h>

#include "codec/json/json.h"

namespace saiph::codec {
namespace {

std::string tensors() {
  std::string text = "{\"__metadata__\":{\"format\":\"pt\"}";
  for (int i = 0; i < 20000; ++i) {
    text +=
        ",\"model.layers." + std::to_string(i) +
        ".self_attn.q_proj.weight\":{\"dtype\":\"BF16\",\"shape\":[4096,4096],\"data_offsets\":[" +
        std::to_string(i * 33554432LL) + "," + std::to_string((i + 1) * 33554432LL) + "]}";
  }
  return text + "}";
}

std::string vocabulary() {
  std::string text = "{";
  for (int i = 0; i < 100000; ++i) {
    if (i != 0) text += ',';
    text += "\"tok\xC4\xA0" + std::to_string(i * 7919) + "\": " + std::to_string(i);
  }
  return text + "}";
}

std::string prose() {
  std::string text = "[";
  for (int i = 0; i < 2000; ++i) {
    if (i != 0) text += ',';
    text += "{\"text\": \"";
    for (int j = 0; j < 40; ++j) text += "The quick brown fox jumps over the lazy dog.\\n";
    text += "\"}";
  }
  return text + "]";
}

void run(benchmark::State& state, const std::string& text) {
  const ViewSource source(as_bytes(text));
  for (auto _ : state) {
    SourceReader reader(source);
    Budget budget{Limits::strict()};
    JsonHandler handler;
    auto result = parse_json(reader, handler, budget);
    benchmark::DoNotOptimize(result);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void BM_Tensors(benchmark::State& state) {
  run(state, tensors());
}
void BM_Vocabulary(benchmark::State& state) {
  run(state, vocabulary());
}
void BM_Prose(benchmark::State& state) {
  run(state, prose());
}
BENCHMARK(BM_Tensors);
BENCHMARK(BM_Vocabulary);
BENCHMARK(BM_Prose);

}  // namespace
}  // namespace saiph::codec
