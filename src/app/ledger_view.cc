#include "app/ledger_view.h"

#include <fmt/format.h>

#include <charconv>
#include <unordered_set>

#include "base/byte_reader.h"
#include "base/escape.h"
#include "base/human.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "ledger/format/envelope.h"
#include "ledger/format/statement.h"

namespace saiph::app {

namespace {

constexpr std::uint64_t kMaxIndices = 1'000'000;

struct EntryView {
  Digest leaf;
  std::string payload_type;
  std::string signed_by;
  std::optional<ledger::Statement> statement;

  std::string kind() const {
    if (!statement) return payload_type;
    const auto type = ledger::parse_predicate_type_uri(statement->predicate_type);
    return type ? std::string(ledger::predicate_type_name(*type)) : statement->predicate_type;
  }
};

Result<EntryView> view_of(ByteView entry) {
  EntryView view;
  view.leaf = crypto::leaf_hash(entry);
  SAIPH_TRY(const auto envelope, ledger::decode_envelope(entry));
  view.payload_type = envelope.payload_type;
  view.signed_by = envelope.signatures.front().keyid;
  if (auto statement = ledger::decode_statement(envelope.payload)) {
    view.statement = std::move(*statement);
  }
  return view;
}

/// Writes what it hears of again, for a reader's eyes.
class Rewriter final : public codec::JsonHandler {
 public:
  explicit Rewriter(codec::JsonWriter& json) : json_(json) {}
  bool on_object_begin(std::uint64_t /*offset*/) override { return json_.begin_object(), true; }
  bool on_key(std::string_view key, std::uint64_t /*offset*/) override {
    return json_.key(key), true;
  }
  bool on_object_end() override { return json_.end_object(), true; }
  bool on_array_begin(std::uint64_t /*offset*/) override { return json_.begin_array(), true; }
  bool on_array_end() override { return json_.end_array(), true; }
  bool on_string(std::string_view value, std::uint64_t /*offset*/) override {
    return json_.string(value), true;
  }
  bool on_number(std::string_view text, std::uint64_t /*offset*/) override {
    std::int64_t whole = 0;
    double real = 0;
    const std::string digits(text);
    const char* const begin = digits.c_str();
    const char* const end = begin + digits.size();
    if (std::from_chars(begin, end, whole).ptr == end) {
      json_.number(whole);
    } else if (std::from_chars(begin, end, real).ptr == end) {
      json_.real(real);
    } else {
      json_.string(text);
    }
    return true;
  }
  bool on_bool(bool value, std::uint64_t /*offset*/) override { return json_.boolean(value), true; }
  bool on_null(std::uint64_t /*offset*/) override { return json_.null(), true; }

 private:
  codec::JsonWriter& json_;
};

/// A predicate, which decode_statement has found to be one whole object.
Status rewrite(std::string_view predicate, codec::JsonWriter& json) {
  Budget budget{Limits::strict()};
  const ViewSource source(as_bytes(predicate));
  SourceReader reader(source);
  Rewriter rewriter(json);
  SAIPH_TRY(const bool whole, codec::parse_json(reader, rewriter, budget));
  return whole ? Status() : Error(ErrorCode::kInternal, "a predicate that stops");
}

Status write_entry(codec::JsonWriter& json, std::uint64_t index, const EntryView& view,
                   bool predicate) {
  json.begin_object();
  json.member("index", index);
  json.member("leaf", view.leaf.text());
  json.member("type", view.kind());
  json.member("signed_by", view.signed_by);
  if (view.statement) {
    json.member("predicate_type", view.statement->predicate_type);
    json.array("subjects");
    for (const ledger::Subject& subject : view.statement->subjects) {
      json.begin_object();
      if (!subject.name.empty()) json.member("name", subject.name);
      json.object("digest");
      for (const auto& [algorithm, value] : subject.digests) json.member(algorithm, value);
      json.end_object();
      json.end_object();
    }
    json.end_array();
    if (predicate) {
      json.key("predicate");
      SAIPH_CHECK(rewrite(view.statement->predicate, json));
    }
  }
  json.end_object();
  return {};
}

Result<std::uint64_t> parse_index(std::string_view text, std::uint64_t size) {
  if (text == "last" && size != 0) return size - 1;
  const auto number = parse_count(text);
  if (!number) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("\"{}\" is no index of an entry", shorten(text, 60)));
  }
  if (*number >= size) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("there is no entry {}: the ledger has {}", *number,
                             counted(size, "entry", "entries")));
  }
  return *number;
}

}  // namespace

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

Result<std::vector<std::uint64_t>> parse_indices(const std::vector<std::string>& texts,
                                                 std::uint64_t size) {
  std::vector<std::uint64_t> indices;
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t asked = 0;
  for (const std::string& text : texts) {
    const std::size_t dash = text.find('-');
    SAIPH_TRY(const std::uint64_t first, parse_index(std::string_view(text).substr(0, dash), size));
    std::uint64_t last = first;
    if (dash != std::string::npos) {
      SAIPH_TRY(last, parse_index(std::string_view(text).substr(dash + 1), size));
    }
    if (last < first || asked + (last - first) >= kMaxIndices) {
      return Error(ErrorCode::kInvalidArgument, "\"" + text + "\" runs backwards or is too long");
    }
    asked += last - first + 1;
    for (std::uint64_t index = first; index <= last; ++index) {
      if (seen.insert(index).second) indices.push_back(index);
    }
  }
  return indices;
}

Status show_list(const ledger::Ledger& ledger, std::uint64_t begin, std::uint64_t end, bool json,
                 std::ostream& out) {
  if (!json) {
    out << fmt::format("{}: {}, root {}\n", escape_terminal(ledger.origin()),
                       counted(ledger.head()->size, "entry", "entries"),
                       ledger.head()->root.text());
  }
  return ledger.entries(begin, end, [&](std::uint64_t index, ByteView entry) -> Status {
    SAIPH_TRY(const EntryView view, view_of(entry));
    if (json) {
      std::string text;
      codec::JsonWriter writer(text);
      SAIPH_CHECK(write_entry(writer, index, view, false));
      out << text << "\n";
      return {};
    }
    std::string about;
    if (view.statement) {
      const auto& subjects = view.statement->subjects;
      about = subjects.front().name.empty() && subjects.front().sha256()
                  ? subjects.front().sha256()->text()
                  : subjects.front().name;
      if (subjects.size() > 1) about += fmt::format(" and {} more", subjects.size() - 1);
    }
    out << fmt::format("{:>8}  {:<22}  {}\n", index, escape_terminal(view.kind()),
                       escape_terminal(shorten(about, 90)));
    return {};
  });
}

Status show_entry(const ledger::Ledger& ledger, std::uint64_t index, bool json, std::ostream& out) {
  SAIPH_TRY(const Bytes entry, ledger.entry(index));
  SAIPH_TRY(const EntryView view, view_of(entry));
  if (json) {
    std::string text;
    codec::JsonWriter writer(text, 2);
    SAIPH_CHECK(write_entry(writer, index, view, true));
    out << text << "\n";
    return {};
  }
  out << fmt::format("entry      {}\ntype       {}\nleaf       {}\nsigned by  {}\n", index,
                     escape_terminal(view.kind()), view.leaf.text(),
                     escape_terminal(view.signed_by));
  if (!view.statement) return {};
  for (const ledger::Subject& subject : view.statement->subjects) {
    for (const auto& [algorithm, value] : subject.digests) {
      out << fmt::format("about      {} {}:{}\n", escape_terminal(subject.name),
                         escape_terminal(algorithm), escape_terminal(value));
    }
  }
  std::string text;
  codec::JsonWriter writer(text, 2);
  SAIPH_CHECK(rewrite(view.statement->predicate, writer));
  out << text << "\n";
  return {};
}

void show_verification(const ledger::VerifyReport& report, const std::string& path, bool as_json,
                       std::ostream& out) {
  const bool fresh = report.freshness == ledger::Freshness::kEstablished;
  const char* const verdict =
      report.disproved() ? "disproved" : (report.decided() ? "verified" : "undecided");
  if (as_json) {
    std::string text;
    codec::JsonWriter json(text, 2);
    json.begin_object();
    json.member("verdict", verdict);
    json.member("origin", report.origin);
    json.member("layout", report.layout);
    json.member("entries", report.entries);
    json.member("tree_size", report.size);
    json.member("root", report.root.text());
    json.member("checkpoints", report.checkpoints);
    json.member("bodies", report.bodies);
    json.object("freshness");
    json.member("established", fresh);
    json.member("detail", report.freshness_detail);
    json.end_object();
    json.object("predicate_types");
    for (const auto& [type, count] : report.predicate_types) json.member(type, count);
    json.end_object();
    json.member("defect_count", report.defect_count);
    json.array("defects");
    for (const ledger::Defect& defect : report.defects) {
      json.begin_object();
      json.member("kind", ledger::defect_name(defect.kind));
      if (defect.index) {
        json.member("index", *defect.index);
        json.member("count", defect.count);
      }
      json.member("place", defect.place);
      json.member("detail", defect.detail);
      json.end_object();
    }
    json.end_array();
    for (const auto& [name, texts] :
         {std::pair("key_rotations", &report.key_rotations),
          std::pair("undecided", &report.undecided), std::pair("notes", &report.notes)}) {
      json.array(name);
      for (const std::string& one : *texts) json.string(one);
      json.end_array();
    }
    json.end_object();
    out << text << "\n";
    return;
  }
  out << fmt::format("{}  {} ({})\n", escape_terminal(report.origin), escape_terminal(path),
                     report.layout);
  out << fmt::format(
      "{}, {} and {} read; {} signed, root {}\n", counted(report.entries, "entry", "entries"),
      counted(report.checkpoints, "checkpoint", "checkpoints"),
      counted(report.bodies, "body", "bodies"), format_count(report.size), report.root.text());
  for (const ledger::Defect& defect : report.defects) {
    std::string where;
    if (defect.index) {
      where = defect.count > 1 ? fmt::format(" entries {} to {}", *defect.index,
                                             *defect.index + defect.count - 1)
                               : fmt::format(" entry {}", *defect.index);
    }
    out << fmt::format("  {}{}: {}{}\n", ledger::defect_name(defect.kind), where,
                       escape_terminal(defect.detail),
                       defect.place.empty() ? "" : " (" + escape_terminal(defect.place) + ")");
  }
  if (report.defect_count > report.defects.size()) {
    out << fmt::format("  and {} more\n", report.defect_count - report.defects.size());
  }
  for (const std::string& text : report.key_rotations) {
    out << "key rotation: " << escape_terminal(text) << "\n";
  }
  for (const std::string& text : report.notes) out << "note: " << escape_terminal(text) << "\n";
  for (const std::string& text : report.undecided) {
    out << "undecided: " << escape_terminal(text) << "\n";
  }
  out << (fresh ? "freshness: " : "freshness not established: ")
      << escape_terminal(report.freshness_detail) << "\n";
  out << verdict << "\n";
}

}  // namespace saiph::app
