#include "server/input.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/byte_source.h"
#include "base/escape.h"
#include "base/suggest.h"
#include "base/time_text.h"

namespace saiph::server {

namespace {

/// Deep enough for every body of the interface (they are flat), shallow enough to cost nothing.
constexpr std::uint32_t kNesting = 16;
/// A value costs about 100 bytes; bodies are at most 64 KiB of values, or 1 MiB of one text.
constexpr std::uint64_t kBodyMemory = 8U << 20;
constexpr std::size_t kMaxErrors = 16;

bool all_of(std::string_view text, bool (*take)(char)) {
  return std::all_of(text.begin(), text.end(), take);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alnum(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

std::string pointer_of(std::string_view member) {
  std::string out = "/";
  for (const char c : member) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unknown(std::string_view what, std::string_view name,
                    const std::vector<std::string_view>& known) {
  std::string message = "there is no such " + std::string(what);
  const std::string_view near = closest_word(name, known);
  if (!near.empty()) message += "; did you mean \"" + std::string(near) + "\"?";
  return message;
}

/// What is wrong with a text, or nothing.
std::optional<std::string> complaint(std::string_view text, const TextRule& rule) {
  const auto length = count_characters(text);
  if (!length) return "is not UTF-8";
  if (has_control(text)) return "must not hold control characters";
  if (*length < rule.min) {
    return rule.min == 1 ? "must not be empty"
                         : "must have at least " + std::to_string(rule.min) + " characters";
  }
  if (*length > rule.max) {
    return "must have at most " + std::to_string(rule.max) + " characters";
  }
  if (rule.form != nullptr && !rule.form(text)) return std::string(rule.advice);
  return std::nullopt;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  if (text.empty() || text.size() > 16 || !all_of(text, is_digit)) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

std::string words_advice(std::span<const std::string_view> words) {
  std::string message = "must be one of";
  for (std::size_t i = 0; i < words.size(); ++i) {
    message += i == 0 ? " " : ", ";
    message += words[i];
  }
  return message;
}

std::string range_advice(std::int64_t min, std::int64_t max) {
  return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

bool is_uuid7(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return text[14] == '7' && std::string_view("89ab").find(text[19]) != std::string_view::npos;
}

bool is_word_of_url(std::string_view text) {
  return !text.empty() && all_of(text, [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
}
bool is_index_key(std::string_view text) {
  return text.size() <= 64 && is_word_of_url(text);
}
bool is_header_key(std::string_view text) {
  return !text.empty() && all_of(text, [](char c) {
    return is_alnum(c) || c == '.' || c == '_' || c == ':' || c == '-';
  });
}
bool is_digest_text(std::string_view text) {
  return text.size() == 71 && text.starts_with("sha256:") && all_of(text.substr(7), is_hex);
}
bool is_account_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_alnum(text.front()) && all_of(text, [](char c) {
    return is_alnum(c) || c == '.' || c == '_' || c == '@' || c == '-';
  });
}
bool is_rule_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text.front() != '-' &&
         all_of(text, [](char c) { return is_digit(c) || is_lower(c) || c == '-'; });
}

std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80             ? 1
                               : (lead & 0xE0) == 0xC0 ? 2
                               : (lead & 0xF0) == 0xE0 ? 3
                                                       : 4;
    i += length;
  }
  // What the strict parsers let through is UTF-8 already; this guards their callers.
  if (to_valid_utf8(text) != text) return std::nullopt;
  return count;
}

std::optional<UnixMillis> parse_time(std::string_view text) {
  constexpr std::size_t kWithMilliseconds = 24;
  return text.size() == kWithMilliseconds ? parse_rfc3339(text) : std::nullopt;
}

BodyReader::BodyReader(std::string_view body, HalfPairs half_pairs) {
  Limits limits = Limits::strict();
  limits.nesting = kNesting;
  limits.memory_bytes = kBodyMemory;
  Budget budget(limits);
  const ViewSource source(as_bytes(body));
  auto document = codec::load_json(
      source, budget, {.allow_bom = false, .keep_lone_surrogates = half_pairs == HalfPairs::kKept});
  if (!document) {
    errors_.push_back({"body", "", "is not JSON: " + document.error().describe()});
    return;
  }
  if (!document->root.is_object()) {
    errors_.push_back({"body", "", "must be an object"});
    return;
  }
  for (const auto& [key, offset] : document->duplicate_keys) {
    if (errors_.size() < kMaxErrors) {
      errors_.push_back({"body", pointer_of(key),
                         "stands twice, the second time at byte " + std::to_string(offset)});
    }
  }
  document_ = std::move(*document);
}

bool BodyReader::has(std::string_view member) const {
  return document_ && document_->root.find(member) != nullptr;
}

void BodyReader::fail(std::string_view member, std::string message) {
  errors_.push_back({"body", member.empty() ? "" : pointer_of(member), std::move(message)});
}

const codec::JsonValue* BodyReader::take(std::string_view member, Presence presence) {
  known_.push_back(member);
  if (!document_) return nullptr;
  const codec::JsonValue* value = document_->root.find(member);
  if (value == nullptr && presence == Presence::kRequired) fail(member, "is required");
  return value;
}

bool BodyReader::check_text(const std::string& pointer, const codec::JsonValue& value,
                            const TextRule& rule) {
  auto wrong = value.is_string() ? complaint(value.string(), rule)
                                 : std::optional<std::string>("must be a text");
  if (!wrong) return true;
  errors_.push_back({"body", pointer, std::move(*wrong)});
  return false;
}

Given<std::string> BodyReader::text(std::string_view member, const TextRule& rule,
                                    Presence presence) {
  const codec::JsonValue* value = take(member, presence);
  if (value == nullptr || !check_text(pointer_of(member), *value, rule)) return std::nullopt;
  return std::string(value->string());
}

Given<std::string_view> BodyReader::any_text(std::string_view member) {
  const codec::JsonValue* value = take(member, Presence::kRequired);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->string();
  fail(member, "must be a text");
  return std::nullopt;
}

Given<std::size_t> BodyReader::word(std::string_view member,
                                    std::span<const std::string_view> words, Presence presence) {
  const codec::JsonValue* value = take(member, presence);
  if (value == nullptr) return std::nullopt;
  for (std::size_t i = 0; value->is_string() && i < words.size(); ++i) {
    if (words[i] == value->string()) return i;
  }
  fail(member, words_advice(words));
  return std::nullopt;
}

Given<std::int64_t> BodyReader::integer(std::string_view member, std::int64_t min, std::int64_t max,
                                        Presence presence) {
  const codec::JsonValue* value = take(member, presence);
  if (value == nullptr) return std::nullopt;
  const auto number = value->integer();
  if (number && *number >= min && *number <= max) return number;
  fail(member, range_advice(min, max));
  return std::nullopt;
}

Given<bool> BodyReader::boolean(std::string_view member, Presence presence) {
  const codec::JsonValue* value = take(member, presence);
  if (value == nullptr) return std::nullopt;
  const auto boolean = value->boolean();
  if (!boolean) fail(member, "must be true or false");
  return boolean;
}

Given<UnixMillis> BodyReader::time(std::string_view member, Presence presence) {
  constexpr std::string_view kAdvice =
      "must be a moment in UTC with milliseconds, like \"2026-01-02T03:04:05.678Z\"";
  const TextRule rule{24, 24, [](std::string_view text) { return parse_time(text).has_value(); },
                      kAdvice};
  const auto value = text(member, rule, presence);
  return value ? parse_time(*value) : std::nullopt;
}

const codec::JsonValue* BodyReader::array(std::string_view member, std::string_view items,
                                          std::size_t min_items, std::size_t max_items) {
  const codec::JsonValue* value = take(member, Presence::kRequired);
  if (value == nullptr || (value->is_array() && value->items().size() >= min_items &&
                           value->items().size() <= max_items)) {
    return value;
  }
  fail(member, "must be an array of " + std::to_string(min_items) + " to " +
                   std::to_string(max_items) + " " + std::string(items));
  return nullptr;
}

Given<std::vector<std::string>> BodyReader::texts(std::string_view member, const TextRule& rule,
                                                  std::size_t min_items, std::size_t max_items) {
  const codec::JsonValue* value = array(member, "texts", min_items, max_items);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < value->items().size(); ++i) {
    const codec::JsonValue& item = value->items()[i];
    const std::string pointer = pointer_of(member) + "/" + std::to_string(i);
    if (!check_text(pointer, item, rule)) return std::nullopt;
    if (!seen.insert(item.string()).second) {
      errors_.push_back({"body", pointer, "stands twice"});
      return std::nullopt;
    }
    texts.emplace_back(item.string());
  }
  return texts;
}

Given<std::vector<std::uint64_t>> BodyReader::integers(std::string_view member, std::uint64_t max,
                                                       std::size_t min_items,
                                                       std::size_t max_items) {
  const codec::JsonValue* value = array(member, "numbers", min_items, max_items);
  if (value == nullptr) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  std::set<std::uint64_t> seen;
  for (std::size_t i = 0; i < value->items().size(); ++i) {
    const auto number = value->items()[i].integer();
    const std::string pointer = pointer_of(member) + "/" + std::to_string(i);
    if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > max) {
      errors_.push_back({"body", pointer, range_advice(0, static_cast<std::int64_t>(max))});
      return std::nullopt;
    }
    if (!seen.insert(static_cast<std::uint64_t>(*number)).second) {
      errors_.push_back({"body", pointer, "stands twice"});
      return std::nullopt;
    }
    numbers.push_back(static_cast<std::uint64_t>(*number));
  }
  return numbers;
}

bool BodyReader::finish() {
  if (document_) {
    for (const std::string& key : document_->root.keys()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      if (errors_.size() >= kMaxErrors) break;
      fail(key, unknown("member", key, known_));
    }
  }
  return errors_.empty();
}

Problem BodyReader::problem() && {
  return {.kind = ProblemKind::kInvalidRequest, .errors = std::move(errors_)};
}

std::optional<std::string_view> QueryReader::take(std::string_view name, Presence presence) {
  known_.push_back(name);
  std::optional<std::string_view> value;
  for (const auto& [key, text] : head_.query) {
    if (key != name) continue;
    if (value) {
      fail(name, "stands twice");
      return std::nullopt;
    }
    value = text;
  }
  if (!value && presence == Presence::kRequired) fail(name, "is required");
  return value;
}

void QueryReader::fail(std::string_view name, std::string message) {
  errors_.push_back({"query", std::string(name), std::move(message)});
}

Given<std::string> QueryReader::text(std::string_view name, const TextRule& rule,
                                     Presence presence) {
  const auto value = take(name, presence);
  if (!value) return std::nullopt;
  if (auto wrong = complaint(*value, rule)) {
    fail(name, std::move(*wrong));
    return std::nullopt;
  }
  return std::string(*value);
}

Given<std::uint64_t> QueryReader::integer(std::string_view name, std::uint64_t min,
                                          std::uint64_t max, Presence presence) {
  const auto value = take(name, presence);
  if (!value) return std::nullopt;
  const auto number = parse_unsigned(*value);
  if (number && *number >= min && *number <= max) return number;
  fail(name, range_advice(static_cast<std::int64_t>(min), static_cast<std::int64_t>(max)));
  return std::nullopt;
}

Given<bool> QueryReader::boolean(std::string_view name) {
  constexpr std::array<std::string_view, 2> kWords{"false", "true"};
  const auto index = word(name, kWords);
  if (!index) return std::nullopt;
  return *index == 1;
}

Given<std::size_t> QueryReader::word(std::string_view name,
                                     std::span<const std::string_view> words) {
  const auto value = take(name, Presence::kOptional);
  if (!value) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == *value) return i;
  }
  fail(name, words_advice(words));
  return std::nullopt;
}

bool QueryReader::finish() {
  for (const auto& [name, value] : head_.query) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    if (errors_.size() >= kMaxErrors) break;
    fail(name, unknown("parameter", name, known_));
  }
  return errors_.empty();
}

Problem QueryReader::problem() && {
  return {.kind = ProblemKind::kInvalidRequest, .errors = std::move(errors_)};
}

}  // namespace saiph::server
