#include "app/report_progress.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/byte_source.h"
#include "base/limits.h"
#include "codec/json/json.h"

namespace saiph::app {

namespace {

/// One row: {"path": ..., "size": N, "findings": [{...}, ...]}, or {"summary": {...}}.
class RowFigures final : public codec::JsonHandler {
 public:
  bool on_object_begin(std::uint64_t /*offset*/) override {
    ++depth_;
    if (depth_ == 3 && in_findings_) ++findings_;
    return true;
  }
  bool on_array_begin(std::uint64_t /*offset*/) override {
    ++depth_;
    return true;
  }
  bool on_object_end() override {
    --depth_;
    return true;
  }
  bool on_array_end() override {
    --depth_;
    return true;
  }
  bool on_key(std::string_view key, std::uint64_t /*offset*/) override {
    if (depth_ == 1) {
      in_findings_ = key == "findings";
      at_size_ = key == "size";
      is_file_ = is_file_ || key == "path";
    }
    if (depth_ == 3 && in_findings_ && key == "suppressed_by" && findings_ > 0) --findings_;
    return true;
  }
  bool on_number(std::string_view text, std::uint64_t /*offset*/) override {
    if (depth_ != 1 || !at_size_) return true;
    for (const char c : text) {
      if (c < '0' || c > '9') break;
      if (size > (UINT64_MAX - 9) / 10) {
        size = UINT64_MAX;
        break;
      }
      size = size * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return true;
  }

  bool is_file() const { return is_file_; }
  std::uint64_t findings() const { return findings_; }
  std::uint64_t size = 0;

 private:
  std::size_t depth_ = 0;
  bool in_findings_ = false;
  bool at_size_ = false;
  bool is_file_ = false;
  std::uint64_t findings_ = 0;
};

/// Figures never fall, whatever a row claims.
void add(std::uint64_t& sum, std::uint64_t value) {
  sum = value > UINT64_MAX - sum ? UINT64_MAX : sum + value;
}

}  // namespace

void ReportProgress::take(ByteView block) {
  while (!block.empty()) {
    const auto end = std::find(block.begin(), block.end(), std::uint8_t{'\n'});
    const auto length = static_cast<std::size_t>(end - block.begin());
    too_long_ = too_long_ || row_.size() + length > kMaxRow;
    if (!too_long_) row_.insert(row_.end(), block.begin(), end);
    if (end == block.end()) return;
    end_row();
    block = block.subspan(length + 1);
  }
}

void ReportProgress::end_row() {
  if (too_long_) {
    add(files_, 1);
  } else {
    const ViewSource source(row_);
    SourceReader reader(source);
    Budget budget{Limits::strict()};
    RowFigures figures;
    const auto parsed = codec::parse_json(reader, figures, budget, {});
    if (parsed && *parsed && figures.is_file()) {
      add(files_, 1);
      add(bytes_, figures.size);
      add(findings_, figures.findings());
    }
  }
  row_.clear();
  too_long_ = false;
}

}  // namespace saiph::app
