#include "ledger/export.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "ledger/content_store.h"
#include "ledger/storage/recovery.h"
#include "ledger/storage/segment.h"

namespace saiph::ledger {

namespace {

Status make_parent(Folder& folder, const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? Status() : folder.make_folder(name.substr(0, slash));
}

Result<std::uint64_t> copy_content(Folder& source, Folder& target) {
  std::uint64_t copied = 0;
  const std::string top(kContentFolder);
  SAIPH_TRY(const auto groups, source.list(top));
  for (const std::string& group : groups) {
    SAIPH_TRY(const auto names, source.list(top + "/" + group));
    for (const std::string& name : names) {
      const std::string whole = top + "/" + group + "/" + name;
      // Nothing but bodies in their places leaves the ledger: no body that is being written, and
      // no other file.
      const auto digest = Digest::parse(name);
      if (!digest || content_name(*digest) != whole) continue;
      SAIPH_TRY(const auto file, source.open(whole, OpenMode::kRead));
      SAIPH_CHECK(copy_file(source, target, whole, file->size()));
      ++copied;
    }
  }
  return copied;
}

}  // namespace

Status copy_file(Folder& source, Folder& target, const std::string& name, std::uint64_t bytes) {
  SAIPH_CHECK(make_parent(target, name));
  SAIPH_TRY(const auto from, source.open(name, OpenMode::kRead));
  SAIPH_TRY(const auto to, target.open(name, OpenMode::kCreate));
  Bytes block(1U << 20);
  for (std::uint64_t done = 0; done < bytes;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), bytes - done));
    SAIPH_TRY(const std::size_t got, from->read_at(done, MutableByteView(block).first(want)));
    if (got != want) {
      return Error(ErrorCode::kUnavailable, "the file shrank: " + source.path(name));
    }
    SAIPH_CHECK(to->write_at(done, ByteView(block).first(got)));
    done += got;
  }
  return to->sync();
}

Result<Exported> export_ledger(Folder& source, const Settings& settings, Folder& target,
                               ExportLayout layout) {
  SAIPH_TRY(const auto present, target.list(""));
  if (!present.empty()) {
    return Error(ErrorCode::kDenied, "the folder is not empty: " + target.path(""));
  }
  SAIPH_CHECK(target.make_folder(""));
  LedgerOptions options;
  options.origin = settings.origin;
  options.keys = settings.keys;
  Exported exported;
  std::string checkpoint;
  if (layout == ExportLayout::kSegments) {
    SAIPH_TRY(const LogState state, read_log_beside_writer(source, settings.origin, settings.keys));
    for (const SegmentMap& segment : state.segments) {
      SAIPH_CHECK(copy_file(source, target, segment_name(segment.first), segment.bytes));
    }
    exported.entries = state.checkpoint.checkpoint.size;
    checkpoint = state.checkpoint_note;
  } else {
    SAIPH_TRY(const auto ledger, Ledger::open_to_read(source, options));
    const auto head = ledger->head();
    SAIPH_CHECK(target.make_folder("tile"));
    for (const TileId& tile : new_tiles(0, head->size)) {
      SAIPH_TRY(const Bytes bytes, ledger->tile(tile));
      SAIPH_CHECK(make_parent(target, tile_path(tile)));
      SAIPH_CHECK(write_file(target, tile_path(tile), bytes, Durability::kLazy));
    }
    exported.entries = head->size;
    checkpoint = head->checkpoint;
  }
  SAIPH_TRY(exported.bodies, copy_content(source, target));
  const std::string text = encode_settings(settings, false);
  SAIPH_CHECK(write_file(target, std::string(kSettingsFile), as_bytes(text), Durability::kSynced));
  SAIPH_CHECK(
      write_file(target, std::string(kCheckpointFile), as_bytes(checkpoint), Durability::kSynced));
  return exported;
}

}  // namespace saiph::ledger
