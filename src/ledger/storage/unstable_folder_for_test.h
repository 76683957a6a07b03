// A file system in memory that behaves like the worst real one: what was not synced may be lost in
// any part at a power cut, and the power can be cut at any byte.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/storage/folder.h"

namespace saiph::ledger {

class UnstableFolder final : public Folder {
 public:
  UnstableFolder() : disk_(std::make_shared<Disk>()) {}

  /// After this many further written bytes every operation fails, the last write done in part.
  void cut_power_after(std::uint64_t bytes) {
    const std::lock_guard lock(disk_->mutex);
    disk_->allowance = bytes;
    disk_->limited = true;
  }
  bool power_is_cut() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->cut;
  }
  std::uint64_t bytes_written() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->written;
  }

  /// What a machine finds after the power came back: everything synced, and of the rest a random
  /// part: of writes any sectors, of names a beginning of what was done.
  std::unique_ptr<UnstableFolder> after_power_cut(std::mt19937_64& random) const {
    const std::lock_guard lock(disk_->mutex);
    auto after = std::make_unique<UnstableFolder>();
    std::map<std::string, std::shared_ptr<Node>> names = disk_->durable_names;
    const std::size_t kept =
        disk_->name_changes.empty() ? 0 : random() % (disk_->name_changes.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(names, disk_->name_changes[i]);
    std::map<const Node*, std::shared_ptr<Node>> copies;
    for (const auto& [name, node] : names) {
      auto& copy = copies[node.get()];
      if (!copy) copy = survive(*node, random);
      after->disk_->names[name] = copy;
    }
    after->disk_->durable_names = after->disk_->names;
    after->disk_->folders = disk_->folders;
    return after;
  }

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode) override {
    const std::lock_guard lock(disk_->mutex);
    SAIPH_CHECK(disk_->alive());
    auto it = disk_->names.find(name);
    if (it == disk_->names.end()) {
      if (mode == OpenMode::kRead) return Error(ErrorCode::kNotFound, "cannot open " + name);
      auto node = std::make_shared<Node>();
      change(Change{name, "", node});
      it = disk_->names.find(name);
    } else if (mode == OpenMode::kCreate) {
      it->second->resize(0);
    }
    return std::make_unique<OpenFile>(disk_, it->second, mode != OpenMode::kRead);
  }

  Result<std::vector<std::string>> list(const std::string& folder) const override {
    const std::lock_guard lock(disk_->mutex);
    std::set<std::string> found;
    const std::string prefix = folder.empty() ? "" : folder + "/";
    for (const auto& [name, node] : disk_->names) {
      if (!name.starts_with(prefix)) continue;
      const std::string rest = name.substr(prefix.size());
      found.insert(rest.substr(0, rest.find('/')));
    }
    return std::vector<std::string>(found.begin(), found.end());
  }
  bool exists(const std::string& name) const override {
    const std::lock_guard lock(disk_->mutex);
    return disk_->names.contains(name) || disk_->folders.contains(name);
  }
  Status make_folder(const std::string& name) override {
    const std::lock_guard lock(disk_->mutex);
    disk_->folders.insert(name);
    return disk_->alive();
  }
  Status rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(disk_->mutex);
    SAIPH_CHECK(disk_->alive());
    if (folder_of(from) != folder_of(to)) {
      return Error(ErrorCode::kUnsupported, "this file system moves no file to another folder");
    }
    const auto it = disk_->names.find(from);
    if (it == disk_->names.end()) return Error(ErrorCode::kNotFound, "cannot rename " + from);
    change(Change{to, from, it->second});
    return {};
  }
  Status remove(const std::string& name) override {
    const std::lock_guard lock(disk_->mutex);
    SAIPH_CHECK(disk_->alive());
    if (!disk_->names.contains(name)) return Error(ErrorCode::kNotFound, "cannot remove " + name);
    change(Change{"", name, nullptr});
    return {};
  }
  /// Of this folder only: names in other folders stay as uncertain as they were.
  Status sync_folder(const std::string& folder) override {
    const std::lock_guard lock(disk_->mutex);
    SAIPH_CHECK(disk_->alive());
    std::erase_if(disk_->name_changes, [&](const Change& step) {
      const bool here = folder_of(step.to.empty() ? step.from : step.to) == folder;
      if (here) apply(disk_->durable_names, step);
      return here;
    });
    return {};
  }
  Result<std::unique_ptr<FolderLock>> lock(const std::string& /*name*/) override {
    return std::make_unique<NoLock>();
  }
  std::string path(const std::string& name) const override { return "memory:" + name; }

 private:
  static constexpr std::uint64_t kSector = 512;

  struct Write {
    std::uint64_t offset = 0;
    Bytes bytes;
    bool resize = false;  ///< then offset is the new length
  };
  struct Node {
    Bytes content;
    Bytes durable;
    std::vector<Write> unsynced;
    void resize(std::uint64_t size) {
      content.resize(static_cast<std::size_t>(size));
      unsynced.push_back({size, {}, true});
    }
  };
  struct Change {
    std::string to;
    std::string from;
    std::shared_ptr<Node> node;
  };
  struct Disk {
    mutable std::mutex mutex;
    std::map<std::string, std::shared_ptr<Node>> names;
    std::map<std::string, std::shared_ptr<Node>> durable_names;
    std::vector<Change> name_changes;
    std::set<std::string> folders;
    bool limited = false;
    bool cut = false;
    std::uint64_t allowance = 0;
    std::uint64_t written = 0;

    Status alive() const {
      if (cut) return Error(ErrorCode::kUnavailable, "the power is cut");
      return {};
    }
  };
  class NoLock final : public FolderLock {};

  class OpenFile final : public File {
   public:
    OpenFile(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, bool writable)
        : disk_(std::move(disk)), node_(std::move(node)), writable_(writable) {}
    std::uint64_t size() const override {
      const std::lock_guard lock(disk_->mutex);
      return node_->content.size();
    }
    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override {
      const std::lock_guard lock(disk_->mutex);
      if (offset >= node_->content.size()) return std::size_t{0};
      const auto count = std::min<std::size_t>(
          out.size(), node_->content.size() - static_cast<std::size_t>(offset));
      std::copy_n(node_->content.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
      return count;
    }
    Status write_at(std::uint64_t offset, ByteView bytes) override {
      const std::lock_guard lock(disk_->mutex);
      SAIPH_CHECK(usable());
      if (disk_->limited && bytes.size() >= disk_->allowance) {
        bytes = bytes.first(static_cast<std::size_t>(disk_->allowance));
        disk_->cut = true;
      } else if (disk_->limited) {
        disk_->allowance -= bytes.size();
      }
      disk_->written += bytes.size();
      const auto end = static_cast<std::size_t>(offset) + bytes.size();
      if (end > node_->content.size()) node_->content.resize(end);
      std::copy(bytes.begin(), bytes.end(),
                node_->content.begin() + static_cast<std::ptrdiff_t>(offset));
      node_->unsynced.push_back({offset, Bytes(bytes.begin(), bytes.end()), false});
      return disk_->alive();
    }
    Status sync() override {
      const std::lock_guard lock(disk_->mutex);
      SAIPH_CHECK(usable());
      node_->durable = node_->content;
      node_->unsynced.clear();
      return {};
    }
    Status allocate(std::uint64_t wanted) override {
      const std::lock_guard lock(disk_->mutex);
      SAIPH_CHECK(usable());
      if (node_->content.size() < wanted) node_->resize(wanted);
      return {};
    }
    Status truncate(std::uint64_t wanted) override {
      const std::lock_guard lock(disk_->mutex);
      SAIPH_CHECK(usable());
      node_->resize(wanted);
      return {};
    }

   private:
    Status usable() const {
      if (!writable_) return Error(ErrorCode::kDenied, "opened for reading");
      return disk_->alive();
    }
    std::shared_ptr<Disk> disk_;
    std::shared_ptr<Node> node_;
    bool writable_;
  };

  static std::string folder_of(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string::npos ? "" : name.substr(0, slash);
  }
  static void apply(std::map<std::string, std::shared_ptr<Node>>& names, const Change& step) {
    if (!step.from.empty()) names.erase(step.from);
    if (!step.to.empty()) names[step.to] = step.node;
  }
  void change(Change step) {
    apply(disk_->names, step);
    disk_->name_changes.push_back(std::move(step));
  }

  /// One file after the cut: each sector of each unsynced write made it or not.
  static std::shared_ptr<Node> survive(const Node& node, std::mt19937_64& random) {
    auto after = std::make_shared<Node>();
    after->content = node.durable;
    // Sometimes nothing of it made it, sometimes all; else a coin for each sector.
    const std::uint64_t mood = random() % 4;
    for (const Write& write : node.unsynced) {
      if (write.resize) {
        if (mood != 0) after->content.resize(static_cast<std::size_t>(write.offset));
        continue;
      }
      for (std::uint64_t done = 0; done < write.bytes.size();) {
        const std::uint64_t place = write.offset + done;
        const auto step =
            std::min<std::uint64_t>(kSector - place % kSector, write.bytes.size() - done);
        if (mood == 1 || (mood > 1 && random() % 2 == 0)) {
          const auto end = static_cast<std::size_t>(place + step);
          if (end > after->content.size()) after->content.resize(end);
          std::copy_n(write.bytes.begin() + static_cast<std::ptrdiff_t>(done), step,
                      after->content.begin() + static_cast<std::ptrdiff_t>(place));
        }
        done += step;
      }
    }
    after->durable = after->content;
    return after;
  }

  std::shared_ptr<Disk> disk_;
};

}  // namespace saiph::ledger
