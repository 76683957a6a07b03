// What an Index is made of. For this room only.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include "control/index.h"
#include "crypto/merkle.h"
#include "store/database.h"

namespace saiph::control {

struct Index::Impl {
  explicit Impl(std::string file) : path(std::move(file)) {}

  /// Opens both connections; a file that is damaged is thrown away.
  Status open_file();
  Status open_connections();
  /// Throws the file away and begins anew.
  Status begin_anew();
  Status load_progress();
  Status save_progress(const crypto::CompactRange& edge_now) const;

  /// Errors: kUnavailable when the file could not be opened again (disk full, no permission).
  Status check_writer() const;
  template <typename Read>
  std::invoke_result_t<Read, store::Database&> read(Read take) const {
    const std::lock_guard lock(read_mutex);
    if (!reader) return not_open();
    return take(*reader);
  }
  Error not_open() const { return {ErrorCode::kUnavailable, path + " is not open"}; }

  const std::string path;
  bool made_anew = false;

  std::mutex write_mutex;
  std::unique_ptr<store::Database> writer;  // guarded by write_mutex
  crypto::CompactRange edge;                // guarded by write_mutex
  std::vector<Suppression> active;          // guarded by write_mutex

  mutable std::mutex read_mutex;            // after write_mutex where both are taken
  std::unique_ptr<store::Database> reader;  // guarded by read_mutex
};

}  // namespace saiph::control
