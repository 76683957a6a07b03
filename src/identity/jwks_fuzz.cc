// Key sets from anywhere: bounded, every entry is taken or skipped with a reason, names are unique.
#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

#include "identity/jwt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const auto set = identity::Jwks::parse(ByteView(data, size));
  if (!set) return 0;
  const auto demand = [](bool holds) {
    if (!holds) std::abort();
  };
  demand(set->keys().size() + set->skipped().size() <= identity::kMaxJwksKeys);
  std::set<std::string> names;
  for (const identity::Jwk& key : set->keys()) {
    demand(key.id.empty() || names.insert(key.id).second);
    demand(key.id.empty() || set->find(key.id) == &key.key);
    demand(!key.key.verify(as_bytes("message"), ByteView(data, std::min<std::size_t>(size, 64))));
  }
  return 0;
}
