#include "formats/csv/csv.h"

#include <algorithm>
#include <array>

#include "base/byte_reader.h"

namespace saiph::formats {

namespace {

constexpr std::size_t kSniffBytes = 8192;
constexpr std::size_t kSniffLines = 32;
constexpr std::string_view kDelimiters = ",\t;|";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Delimiters outside quotes in each complete line; false when a line has none or lines differ.
bool divides_evenly(std::string_view head, char delimiter, std::size_t& fields,
                    std::size_t& lines) {
  std::size_t count = 0;
  bool quoted = false;
  fields = 0;
  lines = 0;
  bool blank = true;
  for (const char c : head) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == delimiter) ++count;
    if (c != '\n') {
      blank = blank && c == '\r';
      continue;
    }
    if (!blank) {
      if (count == 0 || (lines != 0 && count + 1 != fields)) return false;
      fields = count + 1;
      if (++lines == kSniffLines) return true;
    }
    count = 0;
    blank = true;
  }
  // The last line counts when it is whole, which is so when the head is the whole text.
  if (!blank && !quoted && head.size() < kSniffBytes) {
    if (count == 0 || (lines != 0 && count + 1 != fields)) return false;
    fields = count + 1;
    ++lines;
  }
  return lines != 0;
}

bool ends_with_folded(std::string_view name, std::string_view ending) {
  if (name.size() < ending.size()) return false;
  return std::equal(
      ending.begin(), ending.end(), name.end() - static_cast<std::ptrdiff_t>(ending.size()),
      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : b); });
}

/// The state machine; one object a file.
class Reader {
 public:
  /// The first delimiter is the one that the summary names.
  Reader(CsvHandler& handler, std::string_view delimiters) : handler_(handler) {
    summary_.delimiter = delimiters[0];
    for (const char c : delimiters) {
      divides_[static_cast<std::uint8_t>(c)] = true;
      special_[static_cast<std::uint8_t>(c)] = true;
    }
    for (const char c : {'\n', '\r', '"', '\0'}) special_[static_cast<std::uint8_t>(c)] = true;
  }

  void feed(ByteView chunk, std::uint64_t offset) {
    std::size_t from = 0;  // what stands before `from` has been dealt with
    for (std::size_t at = 0; at < chunk.size();) {
      const std::uint8_t c = chunk[at];
      if (state_ == State::kQuoted) {
        const std::size_t quote = as_text(chunk).find('"', at);
        if (quote == std::string_view::npos) break;
        append(chunk.subspan(from, quote - from));
        from = at = quote + 1;
        state_ = State::kQuoteSeen;
        continue;
      }
      if (state_ == State::kQuoteSeen) {
        if (c == '"') {  // a doubled quote is one
          state_ = State::kQuoted;
          from = at++;
          continue;
        }
        state_ = State::kPlain;
        if (!divides_[c] && c != '\n' && c != '\r') {
          if (summary_.stray_quotes++ == 0) summary_.first_stray = offset + at;
        }
        continue;
      }
      if (!special_[c]) {
        ++at;
        while (at < chunk.size() && !special_[chunk[at]]) ++at;
        begun_ = true;
        continue;
      }
      if (c == '"') {
        if (!begun_) {
          field_offset_ = offset + at;
          begun_ = true;
          state_ = State::kQuoted;
          from = at + 1;
        }
        ++at;
        continue;
      }
      if (c == 0) {
        ++summary_.nul_bytes;
        begun_ = true;
        ++at;
        continue;
      }
      // The end of a field.
      end_field(chunk.subspan(from, at - from), divides_[c], offset + at + 1);
      from = ++at;
    }
    append(chunk.subspan(std::min(from, chunk.size())));
  }

  /// After the last byte. Where the quoted field that is still open starts, if one is.
  std::optional<std::uint64_t> finish(std::uint64_t offset) {
    std::optional<std::uint64_t> open;
    if (state_ == State::kQuoted) open = field_offset_;
    if (begun_ || column_ != 0) end_field({}, false, offset);
    return open;
  }

  CsvSummary& summary() { return summary_; }

 private:
  enum class State : std::uint8_t { kPlain, kQuoted, kQuoteSeen };

  void append(ByteView part) {
    while (!part.empty()) {
      const ByteView piece = part.first(std::min(part.size(), kFieldBytes - held_.size()));
      held_.append(as_text(piece));
      part = part.subspan(piece.size());
      if (held_.size() == kFieldBytes) {
        ++summary_.long_fields;
        handler_.on_field(held_, field_offset_, summary_.rows, column_);
        held_.clear();
      }
    }
  }

  void end_field(ByteView rest, bool more, std::uint64_t next) {
    const bool blank_line = !more && column_ == 0 && !begun_ && held_.empty() && rest.empty();
    if (!blank_line) {
      if (held_.empty()) {
        handler_.on_field(as_text(rest), field_offset_, summary_.rows, column_);
      } else {
        append(rest);
        handler_.on_field(held_, field_offset_, summary_.rows, column_);
        held_.clear();
      }
      ++column_;
      if (!more) {
        handler_.on_row(column_, summary_.rows, row_offset_);
        ++summary_.rows;
      }
    }
    if (!more) {
      column_ = 0;
      row_offset_ = next;
    }
    field_offset_ = next;
    begun_ = false;
    state_ = State::kPlain;
  }

  CsvHandler& handler_;
  CsvSummary summary_;
  std::array<bool, 256> divides_{};
  std::array<bool, 256> special_{};
  State state_ = State::kPlain;
  bool begun_ = false;
  std::string held_;
  std::uint64_t column_ = 0;
  std::uint64_t field_offset_ = 0;
  std::uint64_t row_offset_ = 0;
};

}  // namespace

namespace {

/// The delimiter that divides at least `least` lines evenly, into the most fields.
std::optional<char> even_delimiter(std::string_view head, std::size_t least) {
  std::optional<char> best;
  std::size_t most = 0;
  for (const char delimiter : kDelimiters) {
    std::size_t fields = 0;
    std::size_t lines = 0;
    if (divides_evenly(head.substr(0, kSniffBytes), delimiter, fields, lines) && lines >= least &&
        fields > most) {
      most = fields;
      best = delimiter;
    }
  }
  return best;
}

/// What ends a field. Where no single delimiter fits, a spreadsheet takes the one of its user's
/// country, so each of them does: a formula must not hide behind the one that was not guessed.
std::string_view delimiters_of(std::string_view head) {
  auto one = even_delimiter(head, 3);
  if (!one) one = even_delimiter(head, 1);
  if (!one) return ",;\t";
  return kDelimiters.substr(kDelimiters.find(*one), 1);
}

}  // namespace

std::optional<char> sniff_delimiter(std::string_view head) {
  return even_delimiter(head, 3);
}

bool probe_csv(std::string_view head, std::string_view name) {
  if (ends_with_folded(name, ".csv") || ends_with_folded(name, ".tsv")) return true;
  // Prose and code have commas too: without the name, tables are asked for more columns or tabs.
  for (const std::string_view other : {".py", ".json", ".jsonl", ".md", ".rst", ".yaml", ".yml",
                                       ".toml", ".txt", ".ipynb", ".html", ".js"}) {
    if (ends_with_folded(name, other)) return false;
  }
  const auto delimiter = sniff_delimiter(head);
  if (!delimiter) return false;
  std::size_t fields = 0;
  std::size_t lines = 0;
  return divides_evenly(head.substr(0, kSniffBytes), *delimiter, fields, lines) && lines >= 4 &&
         (fields >= 3 || *delimiter == '\t');
}

Result<CsvSummary> read_csv(const ByteSource& source, CsvHandler& handler, Budget& budget) {
  SourceReader reader(source);
  if (!reader.refill(kSniffBytes)) return reader.failure("table");
  const ByteView head = reader.buffered();
  if (head.size() >= 2 &&
      ((head[0] == 0xFF && head[1] == 0xFE) || (head[0] == 0xFE && head[1] == 0xFF)))
    return Error(ErrorCode::kUnsupported, "a table in UTF-16 is not read", 0);
  if (as_text(head).starts_with(kByteOrderMark)) reader.consume_buffered(kByteOrderMark.size());
  Reader machine(handler, delimiters_of(as_text(reader.buffered())));
  while (!reader.at_end()) {
    if (!reader.refill(1)) return reader.failure("table");
    const ByteView chunk = reader.buffered();
    if (chunk.empty()) return reader.failure("table");
    if (!budget.take_work(chunk.size() / 16 + 1))
      return Error(ErrorCode::kLimit, budget.reason(), reader.offset());
    machine.feed(chunk, reader.offset());
    reader.consume_buffered(chunk.size());
  }
  if (const auto open = machine.finish(reader.offset()))
    return Error(ErrorCode::kMalformed, "a quoted field has no end", *open);
  return machine.summary();
}

}  // namespace saiph::formats
