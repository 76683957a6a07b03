// Tokens of Python source, 2.7 to 3.13 in one tolerant grammar. Nothing is executed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saiph::formats {

enum class PythonTokenKind : std::uint8_t {
  kName,
  kNumber,
  kString,
  kOperator,
  kNewline,  ///< end of a logical line
  kIndent,
  kDedent,
  kEnd,
};

/// One token. Views point into the source and live as long as it does.
struct PythonToken {
  PythonTokenKind kind = PythonTokenKind::kEnd;
  bool is_bytes = false;   ///< string prefix b
  bool is_raw = false;     ///< string prefix r
  bool is_format = false;  ///< string prefix f or t
  std::uint32_t line = 0;  ///< from 1
  std::string_view text;   ///< the token; for a string: its body without prefix and quotes
  std::uint64_t offset = 0;

  bool is(PythonTokenKind k, std::string_view t) const { return kind == k && text == t; }
  bool op(std::string_view t) const { return is(PythonTokenKind::kOperator, t); }
  bool name(std::string_view t) const { return is(PythonTokenKind::kName, t); }
};

/// Splits source into tokens, one at a time: linear time, memory bounded by the open brackets and
/// the indentation levels (both at most 400; deeper is `problem()`).
/// Tolerant: after an error it goes on with the next line, so a broken tail hides nothing before
/// it. A carriage return ends a line (as in Python's universal newlines) and an f-string's fields
/// may hold quotes (PEP 701). Source: The Python Language Reference, chapter 2. The source must
/// outlive the tokenizer. One thread at a time.
class PythonTokenizer {
 public:
  explicit PythonTokenizer(std::string_view source);

  /// The next token; kEnd for ever at the end (after the DEDENTs).
  PythonToken next();

  /// What broke the grammar first ("unterminated string"), or empty; with its offset.
  std::string_view problem() const { return problem_; }
  std::uint64_t problem_offset() const { return problem_offset_; }

 private:
  void note(std::string_view problem, std::size_t offset);
  bool at(std::size_t position, char c) const {
    return position < source_.size() && source_[position] == c;
  }
  void skip_line_end();
  bool begin_line(PythonToken& token);
  PythonToken make(PythonTokenKind kind, std::size_t begin, std::size_t end);
  PythonToken read_string(std::size_t quote);
  PythonToken read_name();
  PythonToken read_number();
  PythonToken read_operator();
  std::size_t skip_format_field(std::size_t position, std::size_t line_limit);

  std::string_view source_;
  std::size_t position_ = 0;
  std::uint32_t line_ = 1;
  std::vector<std::uint32_t> indents_;
  std::uint32_t pending_dedents_ = 0;
  std::size_t field_work_ = 0;  ///< what looking for the ends of f-string fields may still cost
  std::vector<char> brackets_;
  bool line_start_ = true;
  bool line_has_tokens_ = false;
  std::string_view problem_;
  std::uint64_t problem_offset_ = 0;
};

/// The encoding that the first two lines declare (PEP 263), lower case, or empty.
std::string declared_encoding(std::string_view source);

}  // namespace saiph::formats
