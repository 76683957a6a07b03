#include "detect/torch/torch_layout.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/checked.h"
#include "formats/pickle/walk.h"

namespace saiph::detect {

namespace {

using codec::ZipArchive;
using codec::ZipEntry;

// A torch archive whose pickles are larger than this names no storages: everything is then
// examined as a file. Real ones are below 100 MiB for the largest models.
constexpr std::uint64_t kPickleLimit = 512U << 20;

std::optional<std::string_view> root_of(std::string_view name, std::string_view leaf) {
  if (!name.ends_with(leaf)) return std::nullopt;
  const std::string_view root = name.substr(0, name.size() - leaf.size());
  if (!root.empty() && (root.back() != '/' || root.find('/') != root.size() - 1))
    return std::nullopt;
  return root;
}

struct NamedStorage {
  std::string key;
  std::uint64_t bytes = 0;  ///< as the pickle claims; 0 when its type is unknown
};

bool operator<(const NamedStorage& a, const NamedStorage& b) {
  return a.key < b.key;
}

std::uint64_t claimed_bytes(const formats::PickleStorage& storage) {
  return checked_mul(storage.items, storage.item_bytes).value_or(UINT64_MAX);
}

// Marks `folder`KEY for each key that the pickle `leaf` names.
void add_storages(const ZipArchive& archive, std::string_view leaf, std::string_view folder,
                  const std::shared_ptr<const ByteSource>& source, Budget& budget,
                  TorchLayout& layout) {
  const std::string pickle_name = layout.root + std::string(leaf);
  std::vector<NamedStorage> keys;
  // Several pickles of one name: a storage must be named by each that could be loaded.
  bool first = true;
  for (const ZipEntry& entry : archive.entries) {
    if (archive.name(entry) != pickle_name || !entry.local_readable) continue;
    std::vector<NamedStorage> found;
    const auto opened = codec::open_zip_payload(source, entry.data_offset, entry.facts, budget);
    if (opened && !opened->error && opened->output->size() <= kPickleLimit) {
      auto storages = formats::collect_persistent_ids(*opened->output, budget);
      if (storages) {
        for (formats::PickleStorage& storage : *storages) {
          const std::uint64_t bytes = claimed_bytes(storage);
          found.push_back({std::move(storage.key), bytes});
        }
      }
    }
    std::sort(found.begin(), found.end());
    if (first) {
      keys = std::move(found);
    } else {
      std::vector<NamedStorage> both;
      std::set_intersection(keys.begin(), keys.end(), found.begin(), found.end(),
                            std::back_inserter(both));
      keys = std::move(both);
    }
    first = false;
  }
  if (keys.empty()) return;
  const std::string prefix = layout.root + std::string(folder);
  for (std::uint32_t i = 0; i < archive.entries.size(); ++i) {
    std::string_view name = archive.name(archive.entries[i]);
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    const auto named =
        std::lower_bound(keys.begin(), keys.end(), name,
                         [](const NamedStorage& a, std::string_view b) { return a.key < b; });
    if (named == keys.end() || named->key != name) continue;
    layout.storages.push_back(i);
    if (named->bytes > archive.entries[i].facts.size)
      layout.short_storages.push_back({i, named->bytes});
  }
}

}  // namespace

bool TorchLayout::is_storage(std::uint32_t entry) const {
  return std::binary_search(storages.begin(), storages.end(), entry);
}

std::string_view TorchLayout::role_of(std::string_view name) const {
  if (!is_torch || !name.starts_with(root)) return "";
  name.remove_prefix(root.size());
  return name.starts_with("code/") && name.ends_with(".py") ? "torchscript" : "";
}

TorchLayout torch_layout(const ZipArchive& archive, const std::shared_ptr<const ByteSource>& source,
                         Budget& budget) {
  TorchLayout layout;
  for (const ZipEntry& entry : archive.entries) {
    if (const auto root = root_of(archive.name(entry), "data.pkl")) {
      layout.root = *root;
      layout.is_torch = true;
      break;
    }
  }
  if (!layout.is_torch) return layout;
  // A pickle and one of the files that only torch writes beside it.
  constexpr std::array kMarks =
      std::to_array<std::string_view>({"version", ".data/version", "byteorder", ".format_version",
                                       "constants.pkl", ".data/serialization_id"});
  const auto is_mark = [&](const ZipEntry& entry) {
    const std::string_view name = archive.name(entry);
    return name.starts_with(layout.root) &&
           std::find(kMarks.begin(), kMarks.end(), name.substr(layout.root.size())) != kMarks.end();
  };
  layout.is_torch = std::any_of(archive.entries.begin(), archive.entries.end(), is_mark);
  if (!layout.is_torch) return layout;
  add_storages(archive, "data.pkl", "data/", source, budget, layout);
  add_storages(archive, "constants.pkl", "constants/", source, budget, layout);
  std::sort(layout.storages.begin(), layout.storages.end());
  std::sort(layout.short_storages.begin(), layout.short_storages.end(),
            [](const auto& a, const auto& b) { return a.entry < b.entry; });
  return layout;
}

bool is_torch_tar(const std::vector<std::string_view>& names) {
  const auto has = [&](std::string_view wanted) {
    return std::find(names.begin(), names.end(), wanted) != names.end();
  };
  return has("sys_info") && has("pickle") && has("storages") && has("tensors");
}

}  // namespace saiph::detect
