// Strict reading of what a client sent: JSON bodies and query parameters. Everything that is wrong
// is collected, so that one answer names every place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "codec/json/json.h"
#include "net/http.h"
#include "server/problem.h"

namespace saiph::server {

/// Which texts are taken. Lengths in code points, as JSON Schema counts them.
struct TextRule {
  std::size_t min = 0;
  std::size_t max = 256;
  /// Whether the text has the form; null: any text. Control characters are never taken.
  bool (*form)(std::string_view) = nullptr;
  /// What to write instead, for the answer: "must be ...".
  std::string_view advice = {};
};

// Forms that several operations share. Any thread, linear.
bool is_uuid7(std::string_view text);
bool is_index_key(std::string_view text);     ///< [A-Za-z0-9_-]{1,64}
bool is_digest_text(std::string_view text);   ///< "sha256:" and 64 lower-case digits
bool is_account_name(std::string_view text);  ///< [A-Za-z0-9][A-Za-z0-9._@-]{0,63}
bool is_rule_id(std::string_view text);       ///< [a-z0-9][a-z0-9-]{0,127}
bool is_word_of_url(std::string_view text);   ///< [A-Za-z0-9_-]+
bool is_header_key(std::string_view text);    ///< [A-Za-z0-9._:-]+

/// "2026-01-02T03:04:05.678Z", exactly; years 1970 to 9999. Any thread.
std::optional<UnixMillis> parse_time(std::string_view text);

/// Code points of valid UTF-8, else nothing.
std::optional<std::size_t> count_characters(std::string_view text);

enum class Presence : std::uint8_t { kOptional, kRequired };

/// What a request gave for a member or parameter, or that it gave nothing usable. Unlike
/// std::optional it may be read at any time: `*given` is an empty value when nothing was given. So
/// handlers read required members after finish() said that everything was right, and a mistake in
/// that order gives an empty text, not undefined behaviour.
template <typename T>
class Given {
 public:
  Given() = default;
  Given(std::nullopt_t) {}  // NOLINT(google-explicit-constructor): `return std::nullopt`
  Given(T value)            // NOLINT(google-explicit-constructor): `return value`
      : value_(std::move(value)), there_(true) {}
  // NOLINTNEXTLINE(google-explicit-constructor): what parsers of a value answer
  Given(std::optional<T> value) : there_(value.has_value()) {
    if (value) value_ = std::move(*value);
  }

  explicit operator bool() const { return there_; }
  bool has_value() const { return there_; }
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }
  T value_or(const T& otherwise) const { return there_ ? value_ : otherwise; }
  // NOLINTNEXTLINE(google-explicit-constructor): filters of lower rooms take std::optional
  operator std::optional<T>() const { return there_ ? std::optional<T>(value_) : std::nullopt; }
  template <typename U>
  friend bool operator==(const Given& given, const U& value) {
    return given.there_ && given.value_ == value;
  }
  friend bool operator==(const Given& given, std::nullopt_t) { return !given.there_; }

 private:
  T value_{};
  bool there_ = false;
};

/// Reads the members of one JSON object. Each member is asked for once; finish() names those that
/// nobody asked for. One thread at a time. Answers of wrong or absent members are empty; good()
/// says whether anything was wrong. Views into the value's strings live as long as this object.
class BodyReader {
 public:
  /// What becomes of escaped halves of surrogate pairs: no JSON, or taken into texts as their three
  /// bytes, which are no UTF-8.
  enum class HalfPairs : std::uint8_t { kRefused, kKept };
  /// `body` as application/json (RFC 8259), at most 16 levels deep. Not JSON, a member twice, or no
  /// object: one error, and every member is absent.
  explicit BodyReader(std::string_view body, HalfPairs half_pairs = HalfPairs::kRefused);

  /// Any text, whatever it holds; a view into this object. The body's size is the limit.
  Given<std::string_view> any_text(std::string_view member);
  /// The index of one of these words.
  Given<std::size_t> word(std::string_view member, std::span<const std::string_view> words,
                          Presence presence = Presence::kRequired);

  Given<std::string> text(std::string_view member, const TextRule& rule,
                          Presence presence = Presence::kRequired);
  Given<std::int64_t> integer(std::string_view member, std::int64_t min, std::int64_t max,
                              Presence presence = Presence::kRequired);
  Given<bool> boolean(std::string_view member, Presence presence = Presence::kRequired);
  Given<UnixMillis> time(std::string_view member, Presence presence = Presence::kRequired);
  /// No element twice.
  Given<std::vector<std::string>> texts(std::string_view member, const TextRule& rule,
                                        std::size_t min_items, std::size_t max_items);
  Given<std::vector<std::uint64_t>> integers(std::string_view member, std::uint64_t max,
                                             std::size_t min_items, std::size_t max_items);
  /// Whether the body has the member, wrong or not.
  bool has(std::string_view member) const;
  /// Adds an error of the caller's own; of the whole body when `member` is empty.
  void fail(std::string_view member, std::string message);

  /// Names unknown members. Answers whether everything was right.
  bool finish();
  /// After finish() said no.
  Problem problem() &&;

 private:
  const codec::JsonValue* take(std::string_view member, Presence presence);
  const codec::JsonValue* array(std::string_view member, std::string_view items,
                                std::size_t min_items, std::size_t max_items);
  bool check_text(const std::string& pointer, const codec::JsonValue& value, const TextRule& rule);

  std::optional<codec::JsonDocument> document_;
  std::vector<std::string_view> known_;
  std::vector<FieldError> errors_;
};

/// Reads query parameters in the same manner; a parameter twice is wrong.
class QueryReader {
 public:
  explicit QueryReader(const net::RequestHead& head) : head_(head) {}

  Given<std::string> text(std::string_view name, const TextRule& rule,
                          Presence presence = Presence::kOptional);
  Given<std::uint64_t> integer(std::string_view name, std::uint64_t min, std::uint64_t max,
                               Presence presence = Presence::kOptional);
  Given<bool> boolean(std::string_view name);
  /// One of these words; answers its index.
  Given<std::size_t> word(std::string_view name, std::span<const std::string_view> words);
  void fail(std::string_view name, std::string message);

  bool finish();
  Problem problem() &&;

 private:
  std::optional<std::string_view> take(std::string_view name, Presence presence);

  const net::RequestHead& head_;
  std::vector<std::string_view> known_;
  std::vector<FieldError> errors_;
};

}  // namespace saiph::server
