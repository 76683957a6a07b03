// Differential: our strict parser, simdjson and nlohmann must agree on what is JSON, and on the
// keys and leaves of what they accept.
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "codec/json/json.h"

namespace {

using namespace saiph;
using namespace saiph::codec;

[[noreturn]] void disagree(const char* what) {
  std::fprintf(stderr, "JSON parsers disagree: %s\n", what);
  std::abort();
}

struct Events : JsonHandler {
  bool on_object_begin(std::uint64_t) override { return add('{'); }
  bool on_object_end() override { return add('}'); }
  bool on_array_begin(std::uint64_t) override { return add('['); }
  bool on_array_end() override { return add(']'); }
  bool on_key(std::string_view text, std::uint64_t) override { return add('k', text); }
  bool on_string(std::string_view text, std::uint64_t) override { return add('s', text); }
  bool on_number(std::string_view text, std::uint64_t) override {
    number_out_of_range |= !std::isfinite(std::strtod(std::string(text).c_str(), nullptr));
    big_integer |= text.find_first_of(".eE") == std::string_view::npos && text.size() > 18;
    return add('n');
  }
  bool on_bool(bool value, std::uint64_t) override { return add(value ? 't' : 'f'); }
  bool on_null(std::uint64_t) override { return add('z'); }
  bool on_duplicate_key(std::string_view, std::uint64_t) override {
    duplicates = true;
    return true;
  }
  bool add(char kind, std::string_view text = {}) {
    out += kind;
    out += text;
    out += '\n';
    return true;
  }
  std::string out;
  bool duplicates = false;
  bool number_out_of_range = false;
  bool big_integer = false;
};

struct Sax : nlohmann::json_sax<nlohmann::json> {
  bool null() override { return events.add('z'); }
  bool boolean(bool value) override { return events.add(value ? 't' : 'f'); }
  bool number_integer(number_integer_t) override { return events.add('n'); }
  bool number_unsigned(number_unsigned_t) override { return events.add('n'); }
  bool number_float(number_float_t, const string_t&) override { return events.add('n'); }
  bool string(string_t& text) override { return events.add('s', text); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return events.add('{'); }
  bool key(string_t& text) override { return events.add('k', text); }
  bool end_object() override { return events.add('}'); }
  bool start_array(std::size_t) override { return events.add('['); }
  bool end_array() override { return events.add(']'); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }
  Events events;
};

// Hides that the bytes are contiguous, so that a small window is used.
class Windowed final : public ByteSource {
 public:
  explicit Windowed(ByteView bytes) : inner_(bytes) {}
  std::uint64_t size() const override { return inner_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override {
    return inner_.read_at(offset, out);
  }

 private:
  ViewSource inner_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const ViewSource source(bytes);
  Budget budget{Limits::strict()};
  SourceReader reader(source);
  Events ours;
  const auto result = parse_json(reader, ours, budget);

  const Windowed windowed(bytes);
  SourceReader small(windowed, 0, 64);
  Events narrow;
  const auto second = parse_json(small, narrow, budget);
  const bool limited = (!result && result.error().code() == ErrorCode::kLimit) ||
                       (!second && second.error().code() == ErrorCode::kLimit);
  if (limited) return 0;
  if (result.has_value() != second.has_value()) disagree("window changes the verdict");
  if (ours.out != narrow.out) disagree("window changes the events");
  if (!result && result.error().offset() != second.error().offset()) disagree("error offsets");

  const auto document = load_json(source, budget);
  if (!document && document.error().code() == ErrorCode::kLimit) return 0;
  if (document.has_value() != result.has_value()) disagree("document and stream");
  if (document && document->duplicate_keys.empty() == ours.duplicates) disagree("duplicates");

  std::string_view text = as_text(bytes);
  Sax sax;
  const bool theirs = nlohmann::json::sax_parse(text, &sax);
  // nlohmann refuses numbers that overflow a double; RFC 8259 leaves the range open.
  if (result && !theirs && !ours.number_out_of_range) disagree("only nlohmann refuses");
  // nlohmann takes a NUL between tokens for the end of its input.
  const std::uint64_t at = result ? 0 : result.error().offset().value_or(size);
  const bool at_nul = !result && at < size && data[at] == 0;
  if (!result && theirs && !at_nul) disagree("only nlohmann accepts");
  if (result && theirs && sax.events.out != ours.out) disagree("nlohmann sees other events");

  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // simdjson 3.0 refuses the mark
  simdjson::dom::parser parser;
  const auto element = parser.parse(simdjson::padded_string(text));
  const bool accepted = element.error() == simdjson::SUCCESS;
  if (result && !accepted && !ours.number_out_of_range && !ours.big_integer) {
    disagree("only simdjson refuses");
  }
  if (!result && accepted) disagree("only simdjson accepts");
  return 0;
}
