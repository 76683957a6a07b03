// Proofs: any index, sizes and hashes are answered; a tree and a proof taken from it verify, and
// the same proof with one changed byte does not.
#include <cstdint>
#include <cstdlib>

#include "base/byte_reader.h"
#include "crypto/merkle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  using namespace saiph::crypto;
  ByteReader reader(ByteView(data, size));
  std::uint64_t index = 0;
  std::uint64_t leaves = 0;
  std::uint8_t change = 0;
  if (!reader.u64le(index) || !reader.u64le(leaves) || !reader.u8(change)) return 0;
  std::vector<Digest> hashes;
  ByteView bytes;
  while (hashes.size() < 70 && reader.remaining() >= 32 && reader.take(32, bytes)) {
    Digest digest;
    std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
    hashes.push_back(digest);
  }
  const Digest leaf = hashes.empty() ? empty_root() : hashes.front();
  if (const auto root = root_from_inclusion(leaf, index, leaves, hashes)) {
    if (!verify_inclusion(leaf, index, leaves, hashes, *root)) std::abort();
    if (inclusion_nodes(index, leaves).value().size() != hashes.size()) std::abort();
  }
  (void)verify_consistency(index, leaves, leaf, empty_root(), hashes);

  leaves = 1 + leaves % 300;
  index %= leaves;
  std::vector<std::vector<Digest>> levels(1);
  CompactRange range;
  Digest first_root = empty_root();
  for (std::uint64_t i = 0; i < leaves; ++i) {
    if (i == index) first_root = range.root();
    range.append(hashes.empty() ? leaf : hashes[i % hashes.size()],
                 [&](TreeNode node, const Digest& hash) {
                   if (levels.size() <= node.level) levels.resize(node.level + 1);
                   levels[node.level].push_back(hash);
                 });
  }
  const NodeReader read = [&](TreeNode node) -> Result<Digest> {
    return levels.at(node.level).at(node.index);
  };
  auto proof = inclusion_proof(index, leaves, read).value();
  const Digest& own = levels[0][index];
  if (!verify_inclusion(own, index, leaves, proof, range.root())) std::abort();
  if (!proof.empty()) {
    proof[change % proof.size()].bytes[change % 32] ^= 1;
    if (verify_inclusion(own, index, leaves, proof, range.root())) std::abort();
  }
  const auto older = consistency_proof(index, leaves, read).value();
  if (!verify_consistency(index, leaves, first_root, range.root(), older)) std::abort();
  return 0;
}
