#include "detect/dataset/cells.h"
#include "detect/dataset/inspect_dataset.h"
#include "detect/rules/dataset.h"
#include "formats/csv/csv.h"
#include "formats/json_lines/json_lines.h"

namespace saiph::detect {

namespace {

class CsvInspector final : public formats::CsvHandler {
 public:
  explicit CsvInspector(Inspection& inspection)
      : inspection_(inspection), cells_(inspection), full_(inspection.full()) {}

  void on_field(std::string_view value, std::uint64_t offset, std::uint64_t row,
                std::uint64_t column) override {
    if (!full_) return;
    cells_.look(value, true, offset, [&] {
      return "row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1);
    });
  }

  void on_row(std::uint64_t fields, std::uint64_t row, std::uint64_t offset) override {
    if (row == 0) expected_ = fields;
    if (fields == expected_) return;
    if (ragged_++ != 0) return;
    first_ragged_ = {row, fields, offset};
  }

  void finish() {
    if (ragged_ == 0) return;
    inspection_.finding(
        rules::kDatasetRaggedRows,
        {.offset = first_ragged_.offset,
         .part = "row " + std::to_string(first_ragged_.row + 1),
         .detail = std::to_string(ragged_) + " rows differ from the first, which has " +
                   std::to_string(expected_) + " fields; the first of them has " +
                   std::to_string(first_ragged_.fields)});
  }

 private:
  struct Ragged {
    std::uint64_t row = 0;
    std::uint64_t fields = 0;
    std::uint64_t offset = 0;
  };
  Inspection& inspection_;
  CellInspector cells_;
  bool full_;
  std::uint64_t expected_ = 0;
  std::uint64_t ragged_ = 0;
  Ragged first_ragged_;
};

class RecordInspector final : public formats::JsonLinesHandler {
 public:
  explicit RecordInspector(Inspection& inspection) : cells_(inspection), full_(inspection.full()) {}

  void on_record(std::uint64_t index, std::uint64_t) override {
    record_ = index;
    key_.clear();
  }
  bool on_key(std::string_view key, std::uint64_t) override {
    if (full_) key_.assign(key.substr(0, kKeyBytes));
    return true;
  }
  bool on_string(std::string_view value, std::uint64_t offset) override {
    if (full_) {
      cells_.look(value, true, offset, [&] {
        return "record " + std::to_string(record_ + 1) + (key_.empty() ? "" : ", \"" + key_ + "\"");
      });
    }
    return true;
  }

 private:
  static constexpr std::size_t kKeyBytes = 80;
  CellInspector cells_;
  bool full_;
  std::uint64_t record_ = 0;
  std::string key_;
};

}  // namespace

void inspect_csv(Inspection& inspection) {
  CsvInspector inspector(inspection);
  const auto summary = formats::read_csv(inspection.source(), inspector, inspection.budget());
  inspector.finish();
  if (!summary) {
    inspection.incomplete(summary.error());
    return;
  }
  if (summary->nul_bytes != 0) {
    inspection.finding(rules::kDatasetRaggedRows,
                       {.detail = std::to_string(summary->nul_bytes) +
                                  " NUL bytes stand in the table; some readers end there"});
  }
}

void inspect_json_lines(Inspection& inspection) {
  RecordInspector inspector(inspection);
  const auto summary =
      formats::read_json_lines(inspection.source(), inspector, inspection.budget());
  if (!summary) {
    inspection.incomplete(summary.error());
    return;
  }
  if (const std::optional<Error>& broken = summary->first_broken) {
    inspection.incomplete(
        "malformed",
        std::to_string(summary->broken) + " records are not JSON; the first: " + broken->message(),
        broken->offset());
  }
}

}  // namespace saiph::detect
