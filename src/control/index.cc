#include "control/index.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "control/index_impl.h"
#include "control/index_schema.h"
#include "control/index_writer.h"

namespace saiph::control {

namespace {

constexpr std::uint64_t kBatch = 256;
constexpr std::size_t kHashBytes = 32;

Status remove_file(const std::string& path) {
  for (const char* const suffix : {"-wal", "-shm", ""}) {
    if (::unlink((path + suffix).c_str()) != 0 && errno != ENOENT) {
      return Error(ErrorCode::kUnavailable, path + " cannot be removed: " + system_message(errno));
    }
  }
  return {};
}

}  // namespace

Status Index::Impl::open_connections() {
  SAIPH_TRY(writer, store::Database::open(
                        path, {.durability = store::DatabaseOptions::Durability::kNormal}));
  SAIPH_CHECK(store::migrate(*writer, kIndexApplicationId, index_layout()));
  SAIPH_CHECK(load_progress());
  const std::lock_guard lock(read_mutex);
  SAIPH_TRY(reader, store::Database::open(path, {.read_only = true}));
  return {};
}

Status Index::Impl::check_writer() const {
  if (!writer) return not_open();
  return {};
}

Status Index::Impl::begin_anew() {
  {
    const std::lock_guard lock(read_mutex);
    reader.reset();
  }
  writer.reset();
  SAIPH_CHECK(remove_file(path));
  edge = crypto::CompactRange();
  return open_connections();
}

Status Index::Impl::open_file() {
  Status opened = open_connections();
  // What is damaged can be made again; what is another's or of a later version is left alone.
  if (opened || opened.error().code() != ErrorCode::kMalformed) return opened;
  made_anew = true;
  return begin_anew();
}

Status Index::Impl::load_progress() {
  SAIPH_TRY(store::Statement select, writer->prepare("SELECT size, edge FROM progress"));
  SAIPH_TRY(const bool row, select.step());
  const Error malformed(ErrorCode::kMalformed, path + " does not say how far it is");
  if (!row || select.integer(0) < 0) return malformed;
  const Bytes bytes = select.blob(1);
  if (bytes.size() % kHashBytes != 0) return malformed;
  std::vector<Digest> hashes(bytes.size() / kHashBytes);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * kHashBytes), kHashBytes,
                hashes[i].bytes.begin());
  }
  const auto loaded =
      crypto::CompactRange::from(static_cast<std::uint64_t>(select.integer(0)), hashes);
  if (!loaded) return malformed;
  edge = *loaded;
  return {};
}

Status Index::Impl::save_progress(const crypto::CompactRange& edge_now) const {
  Bytes bytes;
  for (const Digest& hash : edge_now.hashes()) {
    bytes.insert(bytes.end(), hash.bytes.begin(), hash.bytes.end());
  }
  SAIPH_TRY(store::Statement update, writer->prepare("UPDATE progress SET size = ?1, edge = ?2"));
  update.bind(1, static_cast<std::int64_t>(edge_now.size())).bind_blob(2, bytes);
  return update.run();
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::~Index() = default;

Result<std::unique_ptr<Index>> Index::open(const std::string& path) {
  auto impl = std::make_unique<Impl>(path);
  {
    const std::lock_guard lock(impl->write_mutex);
    SAIPH_CHECK(impl->open_file());
  }
  return std::unique_ptr<Index>(new Index(std::move(impl)));
}

bool Index::made_anew() const {
  return impl_->made_anew;
}

Result<std::uint64_t> Index::size() const {
  return impl_->read([](store::Database& database) -> Result<std::uint64_t> {
    SAIPH_TRY(store::Statement select, database.prepare("SELECT size FROM progress"));
    SAIPH_CHECK(select.step());
    return static_cast<std::uint64_t>(select.integer(0));
  });
}

Result<Digest> Index::root() const {
  const std::lock_guard lock(impl_->write_mutex);
  return impl_->edge.root();
}

Status Index::apply(std::uint64_t index, ByteView entry, ledger::Folder& content) {
  const std::lock_guard lock(impl_->write_mutex);
  SAIPH_CHECK(impl_->check_writer());
  if (index != impl_->edge.size()) {
    return Error(ErrorCode::kConflict, fmt::format("entry {} does not follow: the index has {}",
                                                   index, impl_->edge.size()));
  }
  SAIPH_TRY(store::Transaction transaction, store::Transaction::begin(*impl_->writer));
  crypto::CompactRange edge = impl_->edge;
  IndexWriter writer(*impl_->writer, impl_->active);
  SAIPH_CHECK(writer.apply(index, entry, content));
  edge.append(crypto::leaf_hash(entry));
  SAIPH_CHECK(impl_->save_progress(edge));
  SAIPH_CHECK(transaction.commit());
  impl_->edge = std::move(edge);
  return {};
}

Result<CatchUp> Index::catch_up(const ledger::Ledger& ledger, ledger::Folder& content,
                                const std::function<bool()>& go_on) {
  bool rebuilt = false;
  {
    const std::lock_guard lock(impl_->write_mutex);
    const std::uint64_t size = impl_->edge.size();
    bool past = size <= ledger.head()->size;
    if (past && size != 0) {
      SAIPH_TRY(const Digest root, ledger.root_at(size));
      past = root == impl_->edge.root();
    }
    if (!past) {
      SAIPH_CHECK(impl_->begin_anew());
      rebuilt = true;
    }
  }
  SAIPH_TRY(CatchUp done, take_over(ledger, content, go_on));
  done.rebuilt = rebuilt;
  return done;
}

Result<CatchUp> Index::rebuild(const ledger::Ledger& ledger, ledger::Folder& content,
                               const std::function<bool()>& go_on) {
  {
    const std::lock_guard lock(impl_->write_mutex);
    SAIPH_CHECK(impl_->begin_anew());
  }
  SAIPH_TRY(CatchUp done, take_over(ledger, content, go_on));
  done.rebuilt = true;
  return done;
}

Result<CatchUp> Index::take_over(const ledger::Ledger& ledger, ledger::Folder& content,
                                 const std::function<bool()>& go_on) {
  CatchUp done;
  while (true) {
    {
      // Others may write between two batches.
      const std::lock_guard lock(impl_->write_mutex);
      SAIPH_CHECK(impl_->check_writer());
      const std::uint64_t begin = impl_->edge.size();
      const std::uint64_t end = std::min(begin + kBatch, ledger.head()->size);
      done.size = begin;
      if (begin >= end) return done;
      SAIPH_TRY(store::Transaction transaction, store::Transaction::begin(*impl_->writer));
      crypto::CompactRange edge = impl_->edge;
      IndexWriter writer(*impl_->writer, impl_->active);
      std::uint64_t incomplete = 0;
      const Status taken =
          ledger.entries(begin, end, [&](std::uint64_t index, ByteView entry) -> Status {
            SAIPH_TRY(const bool whole, writer.apply(index, entry, content));
            incomplete += whole ? 0U : 1U;
            edge.append(crypto::leaf_hash(entry));
            return {};
          });
      if (!taken) return taken.error();
      SAIPH_CHECK(impl_->save_progress(edge));
      SAIPH_CHECK(transaction.commit());
      impl_->edge = std::move(edge);
      done.size = end;
      done.applied += end - begin;
      done.incomplete += incomplete;
    }
    if (go_on && !go_on()) return done;
  }
}

Result<std::uint64_t> Index::set_suppressions(std::vector<Suppression> active) {
  const std::lock_guard lock(impl_->write_mutex);
  SAIPH_CHECK(impl_->check_writer());
  SAIPH_TRY(store::Transaction transaction, store::Transaction::begin(*impl_->writer));
  IndexWriter writer(*impl_->writer, active);
  SAIPH_TRY(const std::uint64_t changed, writer.apply_suppressions());
  SAIPH_CHECK(transaction.commit());
  impl_->active = std::move(active);
  return changed;
}

}  // namespace saiph::control
