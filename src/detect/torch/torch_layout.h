// What a ZIP means to PyTorch: which members are raw tensor storages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "codec/zip/zip.h"

namespace saiph::detect {

/// An archive as torch.save and torch.jit.save write it (torch/csrc/jit/serialization: one top
/// folder with data.pkl and version or byteorder; storages in data/ and constants/).
struct TorchLayout {
  /// A storage of which the pickle claims more bytes than its member holds.
  struct ShortStorage {
    std::uint32_t entry = 0;
    std::uint64_t claimed = 0;  ///< UINT64_MAX: more than can be counted
  };
  bool is_torch = false;
  std::string root;  ///< the top folder with its slash
  /// Indices of the entries that a pickle of the archive names as a storage, ascending. Only these
  /// hold tensors; a member elsewhere in data/ is a file like any other.
  std::vector<std::uint32_t> storages;
  /// Ascending by entry, each entry in `storages`. Loaders that trust the pickle's count read past
  /// the member (CVE-2026-24747).
  std::vector<ShortStorage> short_storages;

  bool is_storage(std::uint32_t entry) const;
  /// "torchscript" for source text under code/, "" for everything else.
  std::string_view role_of(std::string_view name) const;
};

/// Recognises the layout and reads the persistent ids of data.pkl and constants.pkl. An unreadable
/// pickle names no storages: then every member is examined as a file. One thread at a time for one
/// budget. Cost: that of walking the two pickles.
TorchLayout torch_layout(const codec::ZipArchive& archive,
                         const std::shared_ptr<const ByteSource>& source, Budget& budget);

/// True for the members of torch's first archive format, a tar of sys_info, pickle, storages and
/// tensors (torch 0.1.0 to 0.1.9).
bool is_torch_tar(const std::vector<std::string_view>& names);

}  // namespace saiph::detect
