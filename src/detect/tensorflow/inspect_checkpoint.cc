#include <algorithm>
#include <charconv>
#include <optional>

#include "detect/tensorflow/inspect_tensorflow.h"
#include "formats/tensorflow/tensorflow_graph.h"

namespace saiph::detect {

namespace {

constexpr std::string_view kIndexSuffix = ".index";
constexpr std::uint32_t kShardsLookedFor = 10'000;

/// "model.ckpt.data-00000-of-00002" -> prefix "model.ckpt", shard 0 of 2.
struct ShardName {
  std::string prefix;
  std::uint32_t shard = 0;
  std::uint32_t count = 0;
};

std::optional<ShardName> shard_name(std::string_view name) {
  constexpr std::string_view kData = ".data-";
  const std::size_t at = name.rfind(kData);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = name.substr(at + kData.size());
  if (rest.size() != 14 || rest.substr(5, 4) != "-of-") return std::nullopt;
  ShardName out{std::string(name.substr(0, at)), 0, 0};
  const auto number = [](std::string_view text, std::uint32_t& value) {
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    return error == std::errc() && end == text.end();
  };
  if (!number(rest.substr(0, 5), out.shard) || !number(rest.substr(9), out.count))
    return std::nullopt;
  return out;
}

std::string_view leaf(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

}  // namespace

void inspect_checkpoint_index(Inspection& inspection) {
  const std::string_view name = leaf(inspection.name());
  if (!name.ends_with(kIndexSuffix)) return;
  const std::string_view prefix = name.substr(0, name.size() - kIndexSuffix.size());
  std::uint32_t count = 0;
  std::uint32_t seen = 0;
  for (const Sibling& sibling : inspection.siblings()) {
    const auto shard = shard_name(leaf(sibling.name));
    if (!shard || shard->prefix != prefix) continue;
    count = std::max(count, std::min(shard->count, kShardsLookedFor));
    ++seen;
  }
  if (seen == 0) {
    inspection.incomplete("missing-file",
                          "no data file of this checkpoint stands beside its index");
  } else if (seen < count) {
    inspection.incomplete("missing-file", std::to_string(count - seen) + " of " +
                                              std::to_string(count) +
                                              " data files of this checkpoint are not there");
  }
}

void inspect_tensor_data(Inspection& inspection) {
  inspection.data_range(0, inspection.source().size());
  const std::string_view name = leaf(inspection.name());
  const auto shard = shard_name(name);
  const auto describes = [&](std::string_view sibling) {
    if (shard) return sibling == shard->prefix + std::string(kIndexSuffix);
    return sibling.ends_with(".onnx");
  };
  for (const Sibling& sibling : inspection.siblings()) {
    if (describes(leaf(sibling.name))) return;
  }
  inspection.incomplete("missing-file", "tensor data without the file that describes it");
}

void inspect_fingerprint(Inspection& /*inspection*/) {}

}  // namespace saiph::detect
