#include "formats/tensorflow/text_graph.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/byte_reader.h"
#include "formats/tensorflow/operator_tally.h"
#include "formats/text_proto/text_lexer.h"

namespace saiph::formats {

namespace {

constexpr std::size_t kNameBytes = 256;
constexpr std::size_t kFunctionsKept = 200'000;
constexpr std::size_t kStringsKept = 32;

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
  TextLexer lexer_;
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
    const TextToken token = lexer_.next();
    if (token == TextToken::kString) {
      if (!strings) joined_at = lexer_.start;
      if (joined.size() + lexer_.text.size() <= kTextProtoStringBytes) joined += lexer_.text;
      strings = true;
      after_colon = false;
      continue;
    }
    if (strings) value(key_, joined, joined_at);
    strings = false;
    joined.clear();
    if (token == TextToken::kEnd) break;
    if (token == TextToken::kFailed) {
      error_ = lexer_.error;
    } else if (token == TextToken::kOpen) {
      if (stack_.size() >= budget_.limits().nesting) {
        error_ = Error(ErrorCode::kLimit, "text graph nested too deeply", lexer_.start);
      } else {
        open();
      }
    } else if (token == TextToken::kClose) {
      if (stack_.empty()) {
        error_ = Error(ErrorCode::kMalformed, "text graph closes a message that is not open",
                       lexer_.start);
      } else {
        close();
      }
    } else if (token == TextToken::kWord && !after_colon) {
      key_ = lexer_.text.substr(0, 64);
    }
    after_colon = token == TextToken::kColon;
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
  TextLexer lexer(reader, budget);
  constexpr auto kMessages = std::to_array<std::string_view>(
      {"node", "meta_graphs", "graph_def", "library", "meta_info_def"});
  std::string key;
  std::size_t depth = 0;
  bool after_colon = false;
  for (int looked = 0; looked < 256; ++looked) {
    const TextToken token = lexer.next();
    if (token == TextToken::kEnd || token == TextToken::kFailed || token == TextToken::kOther)
      return false;
    if (token == TextToken::kOpen) {
      const bool graph = std::find(kMessages.begin(), kMessages.end(), key) != kMessages.end();
      if (depth == 0 && graph) {
        // One field inside decides: prose and programs have no "word:" or "word {" here.
        const TextToken field = lexer.next();
        const TextToken then = lexer.next();
        return field == TextToken::kWord && (then == TextToken::kColon || then == TextToken::kOpen);
      }
      ++depth;
    } else if (token == TextToken::kClose) {
      if (depth-- == 0) return false;
    } else if (token == TextToken::kWord && !after_colon) {
      if (depth == 0 && !key.empty() && lexer.text.size() > 64) return false;
      key = lexer.text;
    }
    after_colon = token == TextToken::kColon;
  }
  return false;
}

}  // namespace saiph::formats
