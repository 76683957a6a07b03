#include "formats/notebook/notebook.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "codec/json/json.h"

namespace saiph::formats {

namespace {

constexpr std::size_t kMaxCellBytes = 1U << 20;

class Reader final : public codec::JsonHandler {
 public:
  explicit Reader(NotebookHandler& handler) : handler_(handler) {}

  bool on_object_begin(std::uint64_t offset) override {
    const bool cell = !keys_.empty() && keys_.back() == "cells" && cell_depth_ == 0;
    keys_.push_back(key_);
    if (cell) {
      cell_depth_ = keys_.size();
      ++summary_.cells;
      type_.clear();
      source_.clear();
      whole_ = true;
      offset_ = offset;
    }
    return true;
  }
  bool on_array_begin(std::uint64_t) override {
    keys_.push_back(key_);
    return true;
  }
  bool on_object_end() override {
    if (cell_depth_ != 0 && keys_.size() == cell_depth_) {
      handler_.on_cell(summary_.cells, type_, source_, whole_, offset_);
      cell_depth_ = 0;
    }
    return on_array_end();
  }
  bool on_array_end() override {
    if (!keys_.empty()) {
      key_ = keys_.back();
      keys_.pop_back();
    }
    return true;
  }
  bool on_key(std::string_view key, std::uint64_t) override {
    key_.assign(key.substr(0, 256));
    return true;
  }
  bool on_duplicate_key(std::string_view, std::uint64_t) override {
    ++summary_.duplicate_keys;
    return true;
  }
  bool on_bool(bool value, std::uint64_t offset) override {
    if (value && key_ == "trusted")
      handler_.on_trusted(cell_depth_ == 0 ? 0 : summary_.cells, offset);
    return true;
  }

  bool on_string(std::string_view value, std::uint64_t offset) override {
    if (cell_depth_ == 0) {
      if (key_ == "language" || (key_ == "name" && inside("language_info"))) {
        summary_.language.assign(value.substr(0, 64));
        for (char& c : summary_.language) {
          if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
      }
      return true;
    }
    // Below the cell, an array element stands under the key of its array.
    const bool direct =
        keys_.size() == cell_depth_ || (keys_.size() == cell_depth_ + 1 && keys_.back() == key_);
    if (direct && key_ == "cell_type") {
      type_.assign(value.substr(0, 64));
    } else if (direct && (key_ == "source" || key_ == "input")) {
      if (source_.size() + value.size() <= kMaxCellBytes) {
        source_.append(value);
      } else {
        whole_ = false;
      }
    } else if (inside("outputs") || inside("attachments")) {
      const bool mime = key_.find('/') != std::string::npos;
      handler_.on_output(summary_.cells,
                         mime                   ? std::string_view(key_)
                         : key_ == "html"       ? "text/html"
                         : key_ == "javascript" ? "application/javascript"
                                                : "text/plain",
                         value, offset);
    }
    return true;
  }

  NotebookSummary take() { return std::move(summary_); }

 private:
  bool inside(std::string_view name) const {
    return std::find(keys_.begin(), keys_.end(), name) != keys_.end();
  }

  NotebookHandler& handler_;
  NotebookSummary summary_;
  std::vector<std::string> keys_;  // the key under which each open object or array stands
  std::string key_;
  std::size_t cell_depth_ = 0;
  std::string type_;
  std::string source_;
  bool whole_ = true;
  std::uint64_t offset_ = 0;
};

}  // namespace

Result<NotebookSummary> read_notebook(const ByteSource& source, NotebookHandler& handler,
                                      Budget& budget) {
  Reader reader(handler);
  SourceReader bytes(source);
  codec::JsonStreamOptions options;
  options.allow_nan = true;
  SAIPH_TRY(const bool complete, codec::parse_json(bytes, reader, budget, options));
  (void)complete;  // the handler never stops it
  return reader.take();
}

bool looks_like_notebook(std::string_view head, std::string_view name) {
  const std::size_t first = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == std::string_view::npos || head[first] != '{') return false;
  if (name.ends_with(".ipynb")) return true;
  return (head.find("\"cells\"") != std::string_view::npos &&
          head.find("\"cell_type\"") != std::string_view::npos) ||
         (head.find("\"nbformat\"") != std::string_view::npos &&
          head.find("\"worksheets\"") != std::string_view::npos);
}

}  // namespace saiph::formats
