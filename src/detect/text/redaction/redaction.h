// What is done with spans of a text: taken out, masked with their form kept, or exchanged for
// tokens that the caller's own map turns back.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/secret.h"
#include "detect/text/spans/span.h"

namespace saiph::detect {

/// "write to [EMAIL]": every span becomes its type's label. Spans in any order; overlaps are
/// resolved as without_overlaps does. Any thread; linear but for sorting the spans.
std::string redact(std::string_view text, std::span<const FoundSpan> spans);

/// "4*** **** **** **14": letters and digits become '*', signs and spaces stay, of the last
/// characters at most four and at most a quarter stay for types that people tell apart by them
/// (cards, accounts, phones), of e-mail addresses the first letter and the domain; everything of
/// secrets and of values under eight characters goes. One '*' a character, not a byte.
std::string mask_spans(std::string_view text, std::span<const FoundSpan> spans);

/// What tokens stand for. Kept by the caller, as long as answers are to be restored; never logged.
/// One thread at a time.
class RestoreMap {
 public:
  std::size_t size() const { return values_.size(); }
  std::size_t bytes() const { return bytes_; }
  /// The value of a token, or nullptr.
  const std::string* find(std::string_view token) const;
  /// Every token with its value, in the order of the tokens.
  std::vector<std::pair<std::string, std::string>> entries() const;
  /// False when the token stands for another value already.
  bool add(std::string_view token, std::string_view value);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> values_;
  std::size_t bytes_ = 0;
};

/// Exchanges spans for tokens such as "<EMAIL_5QK2MZ4T7A3XW6HD>": label and the first 80 bits of
/// HMAC-SHA-256(key, type and value) in base 32. The same value gets the same token under the same
/// key, so that a text keeps its sense; without the key a token says nothing and cannot be forged.
/// Immutable once made; any thread may use it, each call with a map of its own.
class Tokeniser {
 public:
  /// Errors: kInvalidArgument for a key of fewer than 16 bytes.
  static Result<Tokeniser> with_key(ByteView key);

  /// The text with tokens for spans; `map` takes their values. Text that has the form of a token
  /// already is exchanged too, so that restore(tokenise(x)) is x for every x. Errors: kLimit when
  /// the map would hold more than `most_bytes`.
  Result<std::string> tokenise(std::string_view text, std::span<const FoundSpan> spans,
                               RestoreMap& map, std::size_t most_bytes = 16U << 20) const;

 private:
  explicit Tokeniser(ByteView key) : key_(key) {}
  crypto::SecretBytes key_;
};

/// The text with the map's tokens turned back into their values; other text stays, tokens of other
/// maps too. Any thread; linear.
std::string restore(std::string_view text, const RestoreMap& map);

/// The same for a text that comes in pieces: what may be the beginning of a token is held back, at
/// most kLongestToken bytes. The map must outlive it. One thread at a time.
class RestoreStream {
 public:
  static constexpr std::size_t kLongestToken = 64;
  explicit RestoreStream(const RestoreMap& map) : map_(&map) {}
  /// What can be passed on now.
  std::string feed(std::string_view piece);
  /// The rest.
  std::string finish();

 private:
  const RestoreMap* map_;
  std::string held_;
};

}  // namespace saiph::detect
