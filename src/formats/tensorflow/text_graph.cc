#include "formats/tensorflow/text_graph.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/byte_reader.h"
#include "formats/tensorflow/operator_tally.h"

namespace saiph::formats {

namespace {

constexpr std::size_t kStringBytes = 1U << 20;
constexpr std::size_t kNameBytes = 256;
constexpr std::size_t kFunctionsKept = 200'000;
constexpr std::size_t kStringsKept = 32;

bool is_word(std::uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c == '.' || c == '-' || c == '+' || c == '/';
}

enum class Token : std::uint8_t { kWord, kString, kOpen, kClose, kColon, kOther, kEnd, kFailed };

/// Tokens of the text format, one look ahead at a time.
class Lexer {
 public:
  Lexer(SourceReader& reader, Budget& budget) : reader_(reader), budget_(budget) {}

  Token next() {
    while (true) {
      if (!budget_.take_work(1)) return fail(ErrorCode::kLimit, budget_.reason());
      if (reader_.at_end()) return Token::kEnd;
      start = reader_.offset();
      std::uint8_t c = 0;
      if (!reader_.u8(c)) return fail_read();
      if (c == ' ' || c == '\n' || c == '\t' || c == '\r') continue;
      if (c == '#') {
        while (!reader_.at_end() && c != '\n') {
          if (!reader_.u8(c)) return fail_read();
        }
        continue;
      }
      if (c == '{' || c == '<') return Token::kOpen;
      if (c == '}' || c == '>') return Token::kClose;
      if (c == ':') return Token::kColon;
      if (c == '"' || c == '\'') return string(c);
      if (!is_word(c)) return Token::kOther;
      return word(c);
    }
  }

  std::string text;
  std::uint64_t start = 0;
  std::optional<Error> error;

 private:
  Token fail(ErrorCode code, std::string message) {
    error.emplace(code, std::move(message), reader_.offset());
    return Token::kFailed;
  }
  Token fail_read() {
    error = reader_.failure("text graph");
    return Token::kFailed;
  }
  Token word(std::uint8_t first) {
    text.assign(1, static_cast<char>(first));
    while (!reader_.at_end()) {
      ByteView ahead;
      if (!reader_.peek(1, ahead)) return fail_read();
      if (!is_word(ahead[0])) break;
      if (text.size() < kStringBytes) text.push_back(static_cast<char>(ahead[0]));
      (void)reader_.skip(1);
    }
    return Token::kWord;
  }
  Token string(std::uint8_t quote) {
    text.clear();
    while (true) {
      std::uint8_t c = 0;
      if (reader_.at_end()) return fail(ErrorCode::kMalformed, "truncated string in a text graph");
      if (!reader_.u8(c)) return fail_read();
      if (c == quote) return Token::kString;
      if (text.size() >= kStringBytes)
        return fail(ErrorCode::kLimit, "string of a text graph is longer than may be held");
      if (c != '\\') {
        text.push_back(static_cast<char>(c));
        continue;
      }
      if (!escape()) return fail(ErrorCode::kMalformed, "truncated string in a text graph");
    }
  }
  bool escape() {
    std::uint8_t c = 0;
    if (!reader_.u8(c)) return false;
    const bool hex = c == 'x' || c == 'X';
    if (!hex && (c < '0' || c > '7')) {
      constexpr std::string_view kFrom = "abfnrtv";
      constexpr std::string_view kTo = "\a\b\f\n\r\t\v";
      const std::size_t at = kFrom.find(static_cast<char>(c));
      text.push_back(at == std::string_view::npos ? static_cast<char>(c) : kTo[at]);
      return true;
    }
    const unsigned base = hex ? 16 : 8;
    unsigned value = hex ? 0 : c - '0';
    for (int digits = hex ? 0 : 1; digits < (hex ? 2 : 3); ++digits) {
      ByteView ahead;
      if (reader_.at_end() || !reader_.peek(1, ahead)) break;
      const std::uint8_t d = ahead[0];
      unsigned digit = 99;
      if (d >= '0' && d <= '9') digit = d - '0';
      if (d >= 'a' && d <= 'f') digit = d - 'a' + 10U;
      if (d >= 'A' && d <= 'F') digit = d - 'A' + 10U;
      if (digit >= base) break;
      value = value * base + digit;
      (void)reader_.skip(1);
    }
    text.push_back(static_cast<char>(static_cast<std::uint8_t>(value & 0xFFU)));
    return true;
  }

  SourceReader& reader_;
  Budget& budget_;
};

class Parser {
 public:
  Parser(const ByteSource& source, Budget& budget, TfVisitor& visitor)
      : reader_(source), lexer_(reader_, budget), budget_(budget), visitor_(visitor) {}

  Outcome<TfGraphs> run();

 private:
  void open();
  void close();
  void value(std::string_view key, const std::string& text, std::uint64_t offset);
  bool inside(std::string_view message) const {
    return !stack_.empty() && stack_.back() == message;
  }

  SourceReader reader_;
  Lexer lexer_;
  Budget& budget_;
  TfVisitor& visitor_;
  std::vector<std::string> stack_;
  std::string key_;
  TfGraphs out_;
  std::optional<Error> error_;
  TfNode node_;
  std::size_t node_depth_ = 0;  // stack size inside the open node; 0 when none is open
  std::string attribute_;
  std::string function_;
  OperatorTally operators_;
};

void Parser::open() {
  stack_.push_back(key_.substr(0, 64));
  if (key_ == "meta_graphs") ++out_.meta_graphs;
  if (key_ == "function") function_.clear();
  if ((key_ == "node" || key_ == "node_def") && node_depth_ == 0) {
    node_ = TfNode{};
    node_.offset = lexer_.start;
    node_depth_ = stack_.size();
    ++out_.nodes;
  }
  key_.clear();
}

void Parser::close() {
  if (node_depth_ == stack_.size() && node_depth_ != 0) {
    node_depth_ = 0;
    if (!node_.op.empty()) {
      node_.function = function_;
      if (!operators_.count(node_, out_)) {
        error_ =
            Error(ErrorCode::kLimit, "more different operators than may be held", lexer_.start);
        return;
      }
      visitor_.node(node_);
    }
  }
  stack_.pop_back();
}

void Parser::value(std::string_view key, const std::string& text, std::uint64_t offset) {
  if (node_depth_ != 0) {
    if (stack_.size() == node_depth_) {
      if (key == "name") node_.name = text.substr(0, kNameBytes);
      if (key == "op") node_.op = text.substr(0, kNameBytes);
      if (key == "input" && node_.inputs.size() < 4)
        node_.inputs.push_back(text.substr(0, kNameBytes));
    } else if (key == "key") {
      attribute_ = text.substr(0, 128);
    } else if (key == "s" || key == "string_val") {
      if (node_.strings.size() == kStringsKept)
        node_.strings_cut = true;
      else if (!attribute_.starts_with('_'))
        node_.strings.push_back({attribute_, text.substr(0, 1024), text.size()});
      visitor_.text(TfTextPlace::kStringValue, attribute_, offset, lexer_.start - offset,
                    std::string_view(text).substr(0, 4096));
    }
    return;
  }
  if (key == "name" && inside("signature")) {
    function_ = text.substr(0, kNameBytes);
    if (out_.functions.size() < kFunctionsKept) out_.functions.push_back(function_);
  }
  if (key == "filename" && inside("asset_file_def"))
    out_.assets.emplace_back(text.substr(0, 1024), offset);
  if (key == "metadata" && (inside("user_object") || inside("nodes"))) {
    ++out_.keras_nodes;
    visitor_.text(TfTextPlace::kKerasMetadata, "object", offset, reader_.offset() - offset, text);
  }
}

Outcome<TfGraphs> Parser::run() {
  std::string joined;
  std::uint64_t joined_at = 0;
  bool after_colon = false;
  bool strings = false;
  while (!error_) {
    const Token token = lexer_.next();
    if (token == Token::kString) {
      if (!strings) joined_at = lexer_.start;
      if (joined.size() + lexer_.text.size() <= kStringBytes) joined += lexer_.text;
      strings = true;
      after_colon = false;
      continue;
    }
    if (strings) value(key_, joined, joined_at);
    strings = false;
    joined.clear();
    if (token == Token::kEnd) break;
    if (token == Token::kFailed) {
      error_ = lexer_.error;
    } else if (token == Token::kOpen) {
      if (stack_.size() >= budget_.limits().nesting) {
        error_ = Error(ErrorCode::kLimit, "text graph nested too deeply", lexer_.start);
      } else {
        open();
      }
    } else if (token == Token::kClose) {
      if (stack_.empty()) {
        error_ = Error(ErrorCode::kMalformed, "text graph closes a message that is not open",
                       lexer_.start);
      } else {
        close();
      }
    } else if (token == Token::kWord && !after_colon) {
      key_ = lexer_.text.substr(0, 64);
    }
    after_colon = token == Token::kColon;
  }
  if (!error_ && !stack_.empty())
    error_ = Error(ErrorCode::kMalformed, "truncated text graph", reader_.offset());
  while (!stack_.empty()) close();
  Outcome<TfGraphs> out;
  out.state = error_                               ? ParseState::kMalformed
              : out_.nodes + out_.meta_graphs != 0 ? ParseState::kParsed
                                                   : ParseState::kNotThisFormat;
  out.error = std::move(error_);
  out.view = std::move(out_);
  return out;
}

}  // namespace

Outcome<TfGraphs> parse_tensorflow_text(const ByteSource& source, Budget& budget,
                                        TfVisitor& visitor) {
  return Parser(source, budget, visitor).run();
}

bool probe_tensorflow_text(ByteView head) {
  const ViewSource source(head);
  SourceReader reader(source);
  Budget budget(Limits::strict());
  Lexer lexer(reader, budget);
  constexpr auto kMessages = std::to_array<std::string_view>(
      {"node", "meta_graphs", "graph_def", "library", "meta_info_def"});
  std::string key;
  std::size_t depth = 0;
  bool after_colon = false;
  for (int looked = 0; looked < 256; ++looked) {
    const Token token = lexer.next();
    if (token == Token::kEnd || token == Token::kFailed || token == Token::kOther) return false;
    if (token == Token::kOpen) {
      const bool graph = std::find(kMessages.begin(), kMessages.end(), key) != kMessages.end();
      if (depth == 0 && graph) {
        // One field inside decides: prose and programs have no "word:" or "word {" here.
        const Token field = lexer.next();
        const Token then = lexer.next();
        return field == Token::kWord && (then == Token::kColon || then == Token::kOpen);
      }
      ++depth;
    } else if (token == Token::kClose) {
      if (depth-- == 0) return false;
    } else if (token == Token::kWord && !after_colon) {
      if (depth == 0 && !key.empty() && lexer.text.size() > 64) return false;
      key = lexer.text;
    }
    after_colon = token == Token::kColon;
  }
  return false;
}

}  // namespace saiph::formats
