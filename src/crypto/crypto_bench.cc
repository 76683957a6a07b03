// What signing, verifying and hashing cost on this machine.
#include <benchmark/benchmark.h>

#include "crypto/dsse.h"
#include "crypto/merkle.h"
#include "crypto/sha256.h"
#include "crypto/signature.h"

namespace {

using namespace saiph;
using namespace saiph::crypto;

constexpr SignatureAlgorithm algorithm_of(std::int64_t number) {
  return number == 0 ? SignatureAlgorithm::kEd25519 : SignatureAlgorithm::kEcdsaP256Sha256;
}

void sign(benchmark::State& state) {
  const auto signer = SoftwareSigner::generate(algorithm_of(state.range(0))).value();
  const Bytes payload(static_cast<std::size_t>(state.range(1)), 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(dsse_sign(*signer, "application/vnd.in-toto+json", payload));
  }
  state.SetLabel(std::string(signature_algorithm_name(algorithm_of(state.range(0)))));
}
BENCHMARK(sign)->ArgsProduct({{0, 1}, {100, 1500, 40'000}});

void verify(benchmark::State& state) {
  const auto signer = SoftwareSigner::generate(algorithm_of(state.range(0))).value();
  const Bytes payload(static_cast<std::size_t>(state.range(1)), 'x');
  const Bytes signature = dsse_sign(*signer, "t", payload).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(dsse_verify(signer->public_key(), "t", payload, signature));
  }
  state.SetLabel(std::string(signature_algorithm_name(algorithm_of(state.range(0)))));
}
BENCHMARK(verify)->ArgsProduct({{0, 1}, {1500}});

void hash_leaf(benchmark::State& state) {
  const Bytes entry(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(leaf_hash(entry));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash_leaf)->Arg(64)->Arg(1500)->Arg(60'000);

void hash_node(benchmark::State& state) {
  Digest digest;
  for (auto _ : state) digest = node_hash(digest, digest);
  benchmark::DoNotOptimize(digest);
}
BENCHMARK(hash_node);

void append_leaf(benchmark::State& state) {
  CompactRange range;
  const Digest leaf = leaf_hash(as_bytes("x"));
  for (auto _ : state) range.append(leaf);
  benchmark::DoNotOptimize(range.root());
}
BENCHMARK(append_leaf);

void check_inclusion(benchmark::State& state) {
  std::vector<Digest> levels = {leaf_hash(as_bytes("same"))};
  while (levels.size() < 64) levels.push_back(node_hash(levels.back(), levels.back()));
  const NodeReader read = [&](TreeNode node) -> Result<Digest> { return levels[node.level]; };
  constexpr std::uint64_t kSize = 1'000'003;
  const Digest root = stored_root(kSize, read).value();
  const auto proof = inclusion_proof(77'777, kSize, read).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(verify_inclusion(levels[0], 77'777, kSize, proof, root));
  }
}
BENCHMARK(check_inclusion);

}  // namespace
