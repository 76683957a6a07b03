#include "formats/tensorflow/tensorflow_graph.h"

#include <algorithm>
#include <optional>

#include "codec/protobuf/wire_walker.h"
#include "formats/tensorflow/operator_tally.h"

namespace saiph::formats {

namespace {

using codec::WireField;
using codec::WireType;
using codec::WireWalker;

constexpr std::size_t kNameBytes = 256;
constexpr std::size_t kStringBytes = 1024;
constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kInputsKept = 4;
constexpr std::size_t kStringsKept = 32;
// TensorFlow registers 1,900 operators; more different ones than this is a memory attack.
// The largest SavedModels have some 50,000 functions.
constexpr std::size_t kFunctionsKept = 200'000;
constexpr std::size_t kAssetsKept = 10'000;
constexpr std::size_t kDuplicatesKept = 32;

enum class Message : std::uint8_t {
  kSavedModel,
  kMetaGraph,
  kMetaInfo,
  kGraph,
  kLibrary,
  kFunction,
  kSignature,
  kNode,
  kAttribute,
  kValue,
  kList,
  kTensor,
  kCall,
  kAsset,
  kObjects,
  kObject,
  kUserObject,
  kCollection,
  kCollectionDef,
  kBytesList,
  kKerasMetadata,
  kKerasObject,
};

Message outermost(TfKind kind) {
  switch (kind) {
    case TfKind::kSavedModel:
      return Message::kSavedModel;
    case TfKind::kMetaGraph:
      return Message::kMetaGraph;
    case TfKind::kGraphDef:
      return Message::kGraph;
    case TfKind::kKerasMetadata:
      break;
  }
  return Message::kKerasMetadata;
}

class Parser {
 public:
  Parser(const ByteSource& source, TfKind kind, Budget& budget, TfVisitor& visitor)
      : walker_(source, budget), visitor_(visitor), stack_{outermost(kind)} {}

  Outcome<TfGraphs> run();

 private:
  bool field(const WireField& f);
  bool bytes_field(const WireField& f);
  bool graph(const WireField& f);
  bool node(const WireField& f);
  bool value(const WireField& f);
  bool tensor(const WireField& f);
  bool begin_node();
  void end();
  bool enter(Message message) {
    if (!walker_.enter()) return false;
    stack_.push_back(message);
    return true;
  }
  bool unknown(const WireField& f) {
    if (out_.unknown_fields++ == 0) out_.first_unknown = f.offset;
    out_.unknown_bytes += f.length;
    return true;
  }
  void duplicate(const char* what) {
    if (out_.duplicates.size() < kDuplicatesKept)
      out_.duplicates.emplace_back(what, current_.offset);
  }
  bool limit(const char* what) {
    error_ = Error(ErrorCode::kLimit, std::string("more ") + what + " than may be held",
                   current_.offset);
    return false;
  }
  void string_value();
  void visit(TfTextPlace place, std::string_view name) {
    const std::string_view head = walker_.text(kHeadBytes);
    visitor_.text(place, name, current_.payload, current_.length, head);
  }

  WireWalker walker_;
  TfVisitor& visitor_;
  std::vector<Message> stack_;
  WireField current_;
  TfGraphs out_;
  std::optional<Error> error_;
  TfNode node_;
  std::size_t inputs_ = 0;  // used slots of node_.inputs and node_.strings, whose storage is kept
  std::size_t strings_ = 0;
  bool op_seen_ = false;
  bool name_seen_ = false;
  std::string key_;
  std::string function_;
  std::string identifier_;
  bool in_node_ = false;
  OperatorTally operators_;
};

void Parser::string_value() {
  const std::string_view head = walker_.text(kHeadBytes);
  // "_class" and other attributes of this spelling are allowed on every operator and read by none.
  if (in_node_ && strings_ == kStringsKept) node_.strings_cut = true;
  if (in_node_ && strings_ < kStringsKept && !key_.starts_with('_')) {
    if (strings_ == node_.strings.size()) node_.strings.emplace_back();
    TfString& s = node_.strings[strings_++];
    s.attribute = key_;
    s.value = head.substr(0, kStringBytes);
    s.length = current_.length;
  }
  visitor_.text(TfTextPlace::kStringValue, key_, current_.payload, current_.length, head);
}

bool Parser::begin_node() {
  node_.name.clear();
  node_.op.clear();
  node_.offset = current_.offset;
  node_.strings_cut = false;
  inputs_ = strings_ = 0;
  op_seen_ = name_seen_ = false;
  in_node_ = true;
  ++out_.nodes;
  return enter(Message::kNode);
}

bool Parser::graph(const WireField& f) {
  if (f.is(3, WireType::kVarint)) return true;
  if (f.type != WireType::kBytes) return unknown(f);
  switch (f.number) {
    case 1:
      return begin_node();
    case 2:
      return enter(Message::kLibrary);
    case 4:
    case 5:
      return true;
    default:
      return unknown(f);
  }
}

bool Parser::node(const WireField& f) {
  if (f.type != WireType::kBytes) return unknown(f);
  switch (f.number) {
    case 1:
      node_.name = walker_.text(kNameBytes);
      if (std::exchange(name_seen_, true)) duplicate("name of a node");
      return true;
    case 2:
      node_.op = walker_.text(kNameBytes);
      if (std::exchange(op_seen_, true)) duplicate("op of a node");
      return true;
    case 3:
      if (inputs_ < kInputsKept) {
        if (inputs_ == node_.inputs.size()) node_.inputs.emplace_back();
        node_.inputs[inputs_++] = walker_.text(kNameBytes);
      }
      return true;
    case 5:
      key_.clear();
      return enter(Message::kAttribute);
    case 4:
    case 6:
    case 7:
      return true;
    default:
      return unknown(f);
  }
}

bool Parser::value(const WireField& f) {
  // AttrValue and its ListValue share the numbers of what matters here.
  const bool list = stack_.back() == Message::kList;
  if (f.type == WireType::kBytes) {
    switch (f.number) {
      case 1:
        return list ? unknown(f) : enter(Message::kList);
      case 2:
        string_value();
        return true;
      case 8:
        return enter(Message::kTensor);
      case 9:
        if (list) return enter(Message::kCall);
        return true;
      case 10:
        return list ? unknown(f) : enter(Message::kCall);
      case 3:
      case 4:
      case 5:
      case 6:
        return list || unknown(f);
      case 7:
        return true;
      default:
        return unknown(f);
    }
  }
  const bool number =
      f.type == WireType::kVarint && (f.number == 3 || f.number == 5 || f.number == 6);
  return number || f.is(4, WireType::kFixed32) || unknown(f);
}

bool Parser::tensor(const WireField& f) {
  if (f.number == 0 || f.number > 18) return unknown(f);
  if (f.is(8, WireType::kBytes)) {
    string_value();
  } else if (f.type == WireType::kBytes && f.number != 2 && f.number != 14 && f.number != 15 &&
             f.length != 0) {
    visitor_.tensor_data(f.payload, f.length);  // tensor_content or a packed list of numbers
  }
  return true;
}

bool Parser::bytes_field(const WireField& f) {
  const std::uint32_t n = f.number;
  switch (stack_.back()) {
    case Message::kSavedModel:
      if (n != 2) return unknown(f);
      ++out_.meta_graphs;
      return enter(Message::kMetaGraph);
    case Message::kMetaGraph:
      if (n == 1) return enter(Message::kMetaInfo);
      if (n == 2) return enter(Message::kGraph);
      if (n == 4) {
        key_.clear();
        return enter(Message::kCollection);
      }
      if (n == 6) return enter(Message::kAsset);
      if (n == 7) return enter(Message::kObjects);
      return n == 3 || n == 5 || unknown(f);
    case Message::kMetaInfo:
      if (n == 5) out_.producer_version = walker_.text(64);
      return n <= 8 || unknown(f);
    case Message::kLibrary:
      if (n != 1) return n <= 3 || unknown(f);
      function_.clear();
      return enter(Message::kFunction);
    case Message::kFunction:
      if (n == 1) return enter(Message::kSignature);
      if (n == 3) return begin_node();
      if (n == 5) {
        key_.clear();
        return enter(Message::kAttribute);
      }
      return n <= 8 || unknown(f);
    case Message::kSignature:
      if (n != 1) return true;
      function_ = walker_.text(kNameBytes);
      if (out_.functions.size() >= kFunctionsKept) return limit("functions");
      out_.functions.push_back(function_);
      return true;
    case Message::kAttribute:
      if (n == 1) key_ = walker_.text(128);
      return n == 2 ? enter(Message::kValue) : n == 1 || unknown(f);
    case Message::kCall:
      if (n == 2) {
        key_.clear();
        return enter(Message::kAttribute);
      }
      return n == 1 || unknown(f);
    case Message::kAsset:
      if (n == 2) {
        if (out_.assets.size() >= kAssetsKept) return limit("assets");
        out_.assets.emplace_back(walker_.text(kStringBytes), f.offset);
      }
      return n <= 2 || unknown(f);
    case Message::kObjects:
      if (n == 1) return enter(Message::kObject);
      return n == 2 || unknown(f);
    case Message::kObject:
      if (n != 4) return true;
      identifier_.clear();
      return enter(Message::kUserObject);
    case Message::kUserObject:
      if (n == 1) identifier_ = walker_.text(128);
      if (n == 3) {
        ++out_.keras_nodes;
        visit(TfTextPlace::kKerasMetadata, identifier_);
      }
      return n <= 3 || unknown(f);
    case Message::kCollection:
      if (n == 1) key_ = walker_.text(128);
      return n == 2 ? enter(Message::kCollectionDef) : n == 1 || unknown(f);
    case Message::kCollectionDef:
      return n == 2 ? enter(Message::kBytesList) : n <= 5 || unknown(f);
    case Message::kBytesList:
      if (n == 1) visit(TfTextPlace::kCollection, key_);
      return n == 1 || unknown(f);
    case Message::kKerasMetadata:
      if (n != 1) return unknown(f);
      identifier_.clear();
      return enter(Message::kKerasObject);
    case Message::kKerasObject:
      if (n == 4) identifier_ = walker_.text(128);
      if (n == 5) {
        ++out_.keras_nodes;
        visit(TfTextPlace::kKerasMetadata, identifier_);
      }
      return n <= 6 || unknown(f);
    default:
      return true;
  }
}

bool Parser::field(const WireField& f) {
  switch (stack_.back()) {
    case Message::kGraph:
      return graph(f);
    case Message::kNode:
      return node(f);
    case Message::kValue:
    case Message::kList:
      return value(f);
    case Message::kTensor:
      return tensor(f);
    default:
      break;
  }
  if (f.type == WireType::kBytes) return bytes_field(f);
  // Numbers of these messages are of no interest; OpDef and SavedObject have the highest fields.
  const bool wide = stack_.back() == Message::kSignature || stack_.back() == Message::kObject;
  const bool known = f.type == WireType::kVarint && f.number <= (wide ? 32U : 8U);
  return known || unknown(f);
}

void Parser::end() {
  const Message ended = stack_.back();
  stack_.pop_back();
  if (ended == Message::kFunction) {
    function_.clear();
  } else if (ended == Message::kNode) {
    in_node_ = false;
    node_.inputs.resize(inputs_);
    node_.strings.resize(strings_);
    node_.function = function_;
    if (!operators_.count(node_, out_)) {
      (void)limit("different operators");
      return;
    }
    visitor_.node(node_);
  }
}

Outcome<TfGraphs> Parser::run() {
  while (!error_) {
    const auto step = walker_.next(current_);
    if (step == WireWalker::Step::kFailed) break;
    if (step == WireWalker::Step::kEnd) {
      if (stack_.size() == 1) break;
      end();
    } else if (!field(current_)) {
      break;
    }
  }
  if (!error_ && walker_.failed()) error_ = walker_.error();
  Outcome<TfGraphs> out;
  if (error_) {
    while (stack_.size() > 1) end();
    out.state = ParseState::kMalformed;
    out.error = std::move(error_);
  } else {
    const bool evidence =
        out_.nodes + out_.meta_graphs + out_.keras_nodes + out_.functions.size() > 0;
    out.state = evidence ? ParseState::kParsed : ParseState::kNotThisFormat;
  }
  out_.overlong_varints = walker_.overlong_varints();
  out.view = std::move(out_);
  return out;
}

// ---- Probes -------------------------------------------------------------------------------------

constexpr int kFieldsLookedAt = 64;

bool is_op_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !text.empty() && text.size() < kNameBytes && letter(text[0]) &&
         std::all_of(
             text.begin(), text.end(),
             [&](char c) {
               return letter(c) || (c >= '0' && c <= '9') || c == '>' || c == '.' || c == '-' ||
                      c == '/';
             });
}

bool is_node_name(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Runs `accept` on the fields of the message just entered, in any order, until it answers; leaves
/// the message. False when nothing was accepted, or the wire format breaks.
template <typename Accept>
bool any_field(WireWalker& walker, Accept accept) {
  const std::size_t depth = walker.depth();
  WireField f;
  bool accepted = false;
  for (int looked = 0; looked < kFieldsLookedAt && !accepted; ++looked) {
    if (walker.next(f) != WireWalker::Step::kField) return false;
    accepted = accept(f);
    if (walker.failed()) return false;
  }
  while (depth != 0 && walker.depth() >= depth) walker.leave();
  return accepted;
}

/// The message just entered is a NodeDef: a name and an operator, both of their alphabets.
bool probe_node(WireWalker& walker) {
  bool name = false;
  bool op = false;
  bool bad = false;
  const bool found = any_field(walker, [&](const WireField& f) {
    if (f.is(1, WireType::kBytes)) name = is_node_name(walker.text(kNameBytes));
    if (f.is(2, WireType::kBytes)) op = is_op_name(walker.text(kNameBytes));
    if (f.number <= 2 && f.type != WireType::kBytes) bad = true;
    return bad || (name && op);
  });
  return found && !bad;
}

/// The message just entered is a GraphDef: its first node, or a node of its first function.
bool probe_graph_body(WireWalker& walker) {
  return any_field(walker, [&](const WireField& f) {
    if (f.is(1, WireType::kBytes)) return walker.enter() && probe_node(walker);
    if (!f.is(2, WireType::kBytes) || !walker.enter()) return false;
    return any_field(walker, [&](const WireField& g) {
      if (!g.is(1, WireType::kBytes) || !walker.enter()) return false;
      return any_field(walker, [&](const WireField& h) {
        return h.is(3, WireType::kBytes) && walker.enter() && probe_node(walker);
      });
    });
  });
}

bool probe_meta_graph_body(WireWalker& walker) {
  return any_field(walker, [&](const WireField& f) {
    return f.is(2, WireType::kBytes) && walker.enter() && probe_graph_body(walker);
  });
}

template <typename Body>
bool probe(const ByteSource& source, ByteView head, Body body) {
  // A first tag of these formats is a field of at most 15; most other files end here.
  if (head.size() < 4 || head[0] < 8 || head[0] > 0x7F) return false;
  // A brace is the tag of a group, so any JSON text may look like one that goes on to its end.
  constexpr std::uint64_t kProbeWork = 1U << 18;
  Limits limits = Limits::strict();
  limits.work_units = kProbeWork;
  Budget budget(limits);
  WireWalker walker(source, budget, 0, UINT64_MAX, 4096);
  return body(walker);
}

}  // namespace

Outcome<TfGraphs> parse_tensorflow(const ByteSource& source, TfKind kind, Budget& budget,
                                   TfVisitor& visitor) {
  return Parser(source, kind, budget, visitor).run();
}

bool probe_graph_def(const ByteSource& source, ByteView head) {
  return probe(source, head, [](WireWalker& walker) { return probe_graph_body(walker); });
}

bool probe_meta_graph(const ByteSource& source, ByteView head) {
  return probe(source, head, [](WireWalker& walker) { return probe_meta_graph_body(walker); });
}

bool probe_saved_model(const ByteSource& source, ByteView head) {
  return probe(source, head, [](WireWalker& walker) {
    return any_field(walker, [&](const WireField& f) {
      return f.is(2, WireType::kBytes) && walker.enter() && probe_meta_graph_body(walker);
    });
  });
}

bool probe_keras_metadata(const ByteSource& source, ByteView head) {
  return probe(source, head, [](WireWalker& walker) {
    return any_field(walker, [&](const WireField& f) {
      if (!f.is(1, WireType::kBytes) || !walker.enter()) return false;
      return any_field(walker, [&](const WireField& g) {
        return g.is(4, WireType::kBytes) && walker.text(64).starts_with("_tf_keras_");
      });
    });
  });
}

bool probe_fingerprint(const ByteSource& source, ByteView head) {
  if (source.size() < 8 || source.size() > 512 || head[0] != 0x08) return false;
  Budget budget(Limits::strict());
  WireWalker walker(source, budget, 0, UINT64_MAX, 512);
  WireField f;
  int hashes = 0;
  while (true) {
    const auto step = walker.next(f);
    if (step == WireWalker::Step::kFailed) return false;
    if (step == WireWalker::Step::kEnd) return hashes >= 4;
    if (f.number <= 5 && f.type == WireType::kVarint) {
      ++hashes;
    } else if (!f.is(6, WireType::kBytes) && !f.is(7, WireType::kBytes)) {
      return false;
    }
  }
}

bool probe_checkpoint_index(ByteView tail) {
  // table/format.cc: a footer of 48 bytes that ends in this number, little endian.
  constexpr std::string_view kMagic("\x57\xFB\x80\x8B\x24\x75\x47\xDB", 8);
  return tail.size() >= 48 && as_text(tail.last(8)) == kMagic;
}

}  // namespace saiph::formats
