#include "codec/json/json_writer.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

#include "base/escape.h"

namespace saiph::codec {

namespace {

template <typename Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

}  // namespace

void JsonWriter::line_break() {
  if (indent_ == 0) return;
  *out_ += '\n';
  out_->append(open_.size() * indent_, ' ');
}

void JsonWriter::separate() {
  started_ = true;
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (open_.empty()) return;
  if (!open_.back().empty) *out_ += ',';
  open_.back().empty = false;
  line_break();
}

void JsonWriter::begin(char bracket) {
  separate();
  *out_ += bracket;
  open_.emplace_back();
}

void JsonWriter::end(char bracket) {
  assert(!open_.empty() && !after_key_);
  const bool empty = open_.back().empty;
  open_.pop_back();
  if (!empty) line_break();
  *out_ += bracket;
}

void JsonWriter::key(std::string_view name) {
  assert(!open_.empty() && !after_key_);
  string(name);
  *out_ += indent_ == 0 ? ":" : ": ";
  after_key_ = true;
}

void JsonWriter::string(std::string_view text) {
  separate();
  *out_ += '"';
  append_json(*out_, text);
  *out_ += '"';
}

void JsonWriter::signed_number(std::int64_t value) {
  separate();
  append_integer(*out_, value);
}

void JsonWriter::unsigned_number(std::uint64_t value) {
  separate();
  append_integer(*out_, value);
}

void JsonWriter::real(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  std::array<char, 400> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::fixed, 6);
  std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  while (text.ends_with('0')) text.remove_suffix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  *out_ += text;
}

void JsonWriter::boolean(bool value) {
  separate();
  *out_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  *out_ += "null";
}

}  // namespace saiph::codec
