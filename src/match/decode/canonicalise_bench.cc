// What canonical text and all other readings cost.
#include <benchmark/benchmark.h>

#include <string>

#include "match/decode/canonicalise.h"

namespace {

class Counted final : public saiph::match::ViewSink {
 public:
  void view(const saiph::match::View& view) override { bytes += view.text.size(); }
  std::size_t bytes = 0;
};

constexpr std::string_view kProse =
    "The committee met on Tuesday to look at the plans for the new library. The building would "
    "open in the spring, about 14 months after the first stone was laid. Costs have risen by 8 "
    "percent; the town pays for most of it. Readers will find 120,000 books on three floors, a "
    "cafe, and rooms where groups can meet. \"We asked people what they need,\" she said, \"and "
    "most "
    "of them said quiet.\" Questions can be sent to the town hall before Friday.\n";
constexpr std::string_view kCode =
    "  for (std::size_t i = 0; i < rows.size(); ++i) {\n    const auto& row = rows[i];\n    if "
    "(row.kind == Kind::kLeaf && row.count != 0) out.push_back(index_of(row.name));\n  }\n"
    "  return fmt::format(\"{} of {}\", out.size(), rows.size());\n";
constexpr std::string_view kGerman =
    "Der Ausschuss hat sich am Dienstag getroffen, um die Pläne für die neue Bücherei zu prüfen. "
    "Das Gebäude soll im Frühjahr öffnen, etwa vierzehn Monate nach der Grundsteinlegung.\n";
constexpr std::string_view kChinese =
    "委员会周二开会，审议新图书馆的计划。该建筑将在春季开放，大约在奠基后十四个月。\n";

void canonicalise(benchmark::State& state, std::string_view kind, std::size_t size) {
  std::string text;
  while (text.size() < size) text += kind;
  text.resize(size);
  for (auto _ : state) {
    Counted sink;
    benchmark::DoNotOptimize(saiph::match::canonicalise(text, {}, sink).work);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}
BENCHMARK_CAPTURE(canonicalise, prose_1k, kProse, 1024);
BENCHMARK_CAPTURE(canonicalise, prose_100k, kProse, 100 << 10);
BENCHMARK_CAPTURE(canonicalise, code_100k, kCode, 100 << 10);
BENCHMARK_CAPTURE(canonicalise, german_100k, kGerman, 100 << 10);
BENCHMARK_CAPTURE(canonicalise, chinese_100k, kChinese, 100 << 10);

}  // namespace
