// JsonWriter: JSON text in order, correct by construction (RFC 8259). The only way in which Saiph
// makes JSON: no call takes ready-made JSON text.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saiph::codec {

/// Appends to a string that the caller owns and may empty between calls (so that a long document is
/// written in pieces). Strings may hold any bytes: see append_json of base/escape.h. Order of calls
/// is the caller's duty; a wrong one is a defect of Saiph and ends the debug build.
/// One thread at a time. Cost: linear in the text.
class JsonWriter {
 public:
  /// `indent` spaces a level and one member a line; 0: everything on one line.
  explicit JsonWriter(std::string& out, unsigned indent = 0) : out_(&out), indent_(indent) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  void key(std::string_view name);
  void string(std::string_view text);
  void number(std::integral auto value) {
    if constexpr (std::signed_integral<decltype(value)>) {
      signed_number(value);
    } else {
      unsigned_number(value);
    }
  }
  /// Six digits behind the point at most; not-a-number and infinity become null.
  void real(double value);
  void boolean(bool value);
  void null();

  /// key and value in one call.
  void member(std::string_view name, std::string_view text) { key(name), string(text); }
  void member(std::string_view name, const char* text) { key(name), string(text); }
  void member(std::string_view name, bool value) { key(name), boolean(value); }
  void member(std::string_view name, double value) { key(name), real(value); }
  void member(std::string_view name, std::integral auto value) { key(name), number(value); }
  /// key and begin_object or begin_array.
  void object(std::string_view name) { key(name), begin_object(); }
  void array(std::string_view name) { key(name), begin_array(); }

  /// Everything that was begun is ended, and something was written.
  bool complete() const { return open_.empty() && started_; }

 private:
  struct Level {
    bool empty = true;
  };
  void separate();
  void line_break();
  void begin(char bracket);
  void end(char bracket);
  void signed_number(std::int64_t value);
  void unsigned_number(std::uint64_t value);

  std::string* out_;
  unsigned indent_;
  std::vector<Level> open_;
  bool after_key_ = false;
  bool started_ = false;
};

}  // namespace saiph::codec
