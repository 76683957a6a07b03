#include "ledger/format/statement.h"

#include <algorithm>
#include <array>

#include "base/byte_source.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "ledger/format/envelope.h"
#include "ledger/format/lines.h"

namespace saiph::ledger {

namespace {

constexpr std::string_view kUriStart = "urn:saiph:predicate:";
constexpr std::string_view kUriEnd = ":v1";

// In the order of PredicateType.
constexpr std::array<std::string_view, kPredicateTypeCount> kUris = {
    "urn:saiph:predicate:scan-report:v1",
    "urn:saiph:predicate:request-batch:v1",
    "urn:saiph:predicate:test-report:v1",
    "urn:saiph:predicate:host-report:v1",
    "urn:saiph:predicate:attestation:v1",
    "urn:saiph:predicate:configuration-change:v1",
    "urn:saiph:predicate:incident-state-change:v1",
    "urn:saiph:predicate:assessment:v1",
    "urn:saiph:predicate:heartbeat:v1",
    "urn:saiph:predicate:auditor-read:v1",
    "urn:saiph:predicate:key-rotation:v1",
};

Error malformed(std::string_view what, std::uint64_t offset) {
  return {ErrorCode::kMalformed, "statement: " + std::string(what), offset};
}

Error invalid(std::string_view what) {
  return {ErrorCode::kInvalidArgument, "statement: " + std::string(what)};
}

Budget json_budget() {
  Limits limits;
  limits.nesting = 64;
  limits.memory_bytes = 16U << 20;
  return Budget(limits);
}

/// Answers only whether the text is one object in which no object repeats a key.
class ObjectCheck final : public codec::JsonHandler {
 public:
  bool on_object_begin(std::uint64_t /*offset*/) override { return begin(true); }
  bool on_array_begin(std::uint64_t /*offset*/) override { return begin(false); }
  bool on_string(std::string_view /*value*/, std::uint64_t /*offset*/) override { return inside_; }
  bool on_number(std::string_view /*text*/, std::uint64_t /*offset*/) override { return inside_; }
  bool on_bool(bool /*value*/, std::uint64_t /*offset*/) override { return inside_; }
  bool on_null(std::uint64_t /*offset*/) override { return inside_; }
  bool on_duplicate_key(std::string_view /*key*/, std::uint64_t /*offset*/) override {
    return false;
  }

 private:
  bool begin(bool object) {
    inside_ = inside_ || object;
    return inside_;
  }
  bool inside_ = false;
};

Status check_predicate(std::string_view text) {
  Budget budget = json_budget();
  const ViewSource source(as_bytes(text));
  SourceReader reader(source);
  ObjectCheck check;
  const auto parsed = codec::parse_json(reader, check, budget, {.allow_bom = false});
  if (!parsed) {
    return Error(ErrorCode::kInvalidArgument,
                 "statement: the predicate is not JSON: " + parsed.error().describe());
  }
  if (!*parsed) return invalid("the predicate is no object, or repeats a key");
  return {};
}

/// The end of the object that starts at `begin` of a text that is known to be strict JSON.
std::size_t object_end(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return i + 1;
    }
  }
  return text.size();
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<Subject> read_subject(const codec::JsonValue& value) {
  if (!value.is_object()) return malformed("a subject is no object", value.offset());
  Subject subject;
  if (const codec::JsonValue* name = value.find("name")) {
    if (!name->is_string()) return malformed("a subject's name is no string", name->offset());
    subject.name = name->string();
  }
  const codec::JsonValue* digests = value.find("digest");
  if (digests == nullptr || !digests->is_object() || digests->values().empty()) {
    return malformed("a subject without digest", value.offset());
  }
  for (std::size_t i = 0; i < digests->keys().size(); ++i) {
    const codec::JsonValue& digest = digests->values()[i];
    if (!digest.is_string() || digest.string().empty()) {
      return malformed("a digest is no text", digest.offset());
    }
    if (digests->keys()[i] == "sha256" && !is_sha256_hex(digest.string())) {
      return malformed("a sha256 that is none", digest.offset());
    }
    subject.digests.emplace(digests->keys()[i], digest.string());
  }
  return subject;
}

}  // namespace

std::string_view predicate_type_uri(PredicateType type) {
  return kUris.at(static_cast<std::size_t>(type));
}

std::string_view predicate_type_name(PredicateType type) {
  std::string_view uri = predicate_type_uri(type);
  uri.remove_prefix(kUriStart.size());
  uri.remove_suffix(kUriEnd.size());
  return uri;
}

std::optional<PredicateType> parse_predicate_type_uri(std::string_view uri) {
  const auto found = std::ranges::find(kUris, uri);
  if (found == kUris.end()) return std::nullopt;
  return static_cast<PredicateType>(found - kUris.begin());
}

std::optional<PredicateType> parse_predicate_type_name(std::string_view name) {
  for (std::size_t i = 0; i < kUris.size(); ++i) {
    const auto type = static_cast<PredicateType>(i);
    if (predicate_type_name(type) == name) return type;
  }
  return std::nullopt;
}

Subject Subject::of(std::string name, const Digest& digest) {
  Subject subject;
  subject.name = std::move(name);
  subject.digests.emplace("sha256", digest.text().substr(std::string_view("sha256:").size()));
  return subject;
}

std::optional<Digest> Subject::sha256() const {
  const auto found = digests.find("sha256");
  if (found == digests.end() || !is_sha256_hex(found->second)) return std::nullopt;
  return Digest::parse(found->second);
}

Result<std::string> encode_statement(const Statement& statement) {
  if (statement.subjects.empty()) return invalid("no subject");
  if (statement.predicate_type.empty()) return invalid("no predicate type");
  if (statement.predicate.size() > kMaxEnvelopeBytes) {
    return Error(ErrorCode::kLimit, "statement: longer than 60 KiB");
  }
  SAIPH_CHECK(check_predicate(statement.predicate));
  std::string out;
  out.reserve(statement.predicate.size() + 512);
  codec::JsonWriter writer(out);
  bool utf8 = is_utf8(statement.predicate_type);
  writer.begin_object();
  writer.member("_type", kStatementType);
  writer.array("subject");
  for (const Subject& subject : statement.subjects) {
    if (subject.digests.empty()) return invalid("a subject without digest");
    writer.begin_object();
    utf8 = utf8 && is_utf8(subject.name);
    if (!subject.name.empty()) writer.member("name", subject.name);
    writer.object("digest");
    for (const auto& [algorithm, value] : subject.digests) {
      utf8 = utf8 && is_utf8(algorithm) && is_utf8(value);
      if (value.empty() || (algorithm == "sha256" && !is_sha256_hex(value))) {
        return invalid("a digest that is none");
      }
      writer.member(algorithm, value);
    }
    writer.end_object();
    writer.end_object();
  }
  writer.end_array();
  writer.member("predicateType", statement.predicate_type);
  if (!utf8) return invalid("text that is not UTF-8");
  // The predicate was found above to be one whole object: nothing in it can end ours.
  out += ",\"predicate\":";
  const std::size_t begin = statement.predicate.find('{');
  out += std::string_view(statement.predicate)
             .substr(begin, object_end(statement.predicate, begin) - begin);
  out += '}';
  if (out.size() > kMaxEnvelopeBytes) {
    return Error(ErrorCode::kLimit, "statement: longer than 60 KiB");
  }
  return out;
}

Result<Statement> decode_statement(ByteView bytes) {
  if (bytes.size() > kMaxEnvelopeBytes) {
    return Error(ErrorCode::kLimit, "statement: longer than 60 KiB");
  }
  Budget budget = json_budget();
  auto document = codec::load_json(ViewSource(bytes), budget, {.allow_bom = false});
  if (!document) return document.error().wrap("statement");
  if (!document->duplicate_keys.empty()) {
    return malformed("a key twice", document->duplicate_keys.front().second);
  }
  const codec::JsonValue& root = document->root;
  if (!root.is_object()) return malformed("not a JSON object", root.offset());
  const codec::JsonValue* type = root.find("_type");
  if (type == nullptr || !type->is_string()) return malformed("no '_type'", root.offset());
  if (type->string() != kStatementType) {
    return Error(ErrorCode::kUnsupported, "statement: another '_type' than in-toto Statement v1",
                 type->offset());
  }
  Statement statement;
  const codec::JsonValue* subjects = root.find("subject");
  if (subjects == nullptr || !subjects->is_array() || subjects->items().empty()) {
    return malformed("no 'subject'", root.offset());
  }
  for (const codec::JsonValue& item : subjects->items()) {
    SAIPH_TRY(Subject subject, read_subject(item));
    statement.subjects.push_back(std::move(subject));
  }
  const codec::JsonValue* predicate_type = root.find("predicateType");
  if (predicate_type == nullptr || predicate_type->string().empty()) {
    return malformed("no 'predicateType'", root.offset());
  }
  statement.predicate_type = predicate_type->string();
  if (const codec::JsonValue* predicate = root.find("predicate")) {
    if (!predicate->is_object())
      return malformed("the predicate is no object", predicate->offset());
    const std::string_view text = as_text(bytes);
    const auto begin = static_cast<std::size_t>(predicate->offset());
    statement.predicate = text.substr(begin, object_end(text, begin) - begin);
  }
  return statement;
}

}  // namespace saiph::ledger
