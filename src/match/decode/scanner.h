// Scanner: goes through a cleaned text once, token by token, and hands what looks written in
// another way to the decoders. Private to this folder.
//
// A token is what stands between spaces. Most tokens are words and cost a look at their bytes and
// one table; the rest depends on the classes of bytes in them. Runs (letters by themselves,
// numbers, words that are no language) are collected over tokens and decided when they end; each
// byte belongs to at most one run of a kind, so everything is linear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "match/decode/byte_decoders.h"
#include "match/decode/derived.h"
#include "match/decode/piece.h"

namespace saiph::match {

class Scanner {
 public:
  Scanner(std::string_view source, Allowance& allowance)
      : source_(source), allowance_(&allowance) {}

  /// All other readings of the source, by first mention. Call once.
  std::vector<Derived> scan();

 private:
  /// A token, or what is left of it without the punctuation around.
  struct Token {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint32_t any = 0;           ///< classes of some byte
    std::uint32_t all = 0xFFFFFFFF;  ///< classes of every byte
    std::size_t size() const { return end - begin; }
  };
  enum class RunKind : std::uint8_t { kNone, kLetters, kCodes, kMorse, kSpelling, kBase64 };
  /// Neighbouring tokens of one kind.
  struct Run {
    RunKind kind = RunKind::kNone;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t tokens = 0;
    std::uint32_t any = 0;

    void add(const Token& token) {
      if (tokens++ == 0) begin = token.begin;
      end = token.end;
      any |= token.any;
    }
  };

  Token trimmed(const Token& token) const;
  void take(const Token& token);
  void take_word(const Token& word);
  void take_special(const Token& token, const Token& core);
  void continue_run(RunKind kind, const Token& token);
  void end_run();

  // scanner_letters.cc: letters that were moved, spaced or replaced.
  void end_letters(const Run& run);
  void end_spelling(const Run& run);
  void add_strange(const Token& token);
  void end_strange();
  void note_reversed(const Token& word, std::uint8_t signs);
  void end_reversed();
  void long_word(const Token& word);
  void dotted_letters(const Token& core);
  void separated_words(const Token& core);
  void leet(const Token& core);
  void not_ascii(const Token& token);
  void end_upside_down();
  void joined_strings(const Token& token);
  void markup(const Token& token);
  bool space_out_piece();

  // scanner_bytes.cc: bytes written as other characters.
  void end_codes(const Run& run);
  void end_morse(const Run& run);
  void end_base64(const Run& run);
  void base64_within(const Token& token);
  bool try_base64(std::size_t begin, std::size_t end);
  void try_base32(const Token& core);
  void try_base85(const Token& token);
  void try_uuencode(std::size_t begin);
  void escapes(const Token& token);
  bool escapes_of(Reading reading, char sign, Escape (*read)(std::string_view), const Token& token);
  bool accept_bytes(Reading reading, std::size_t begin, std::size_t end);
  bool accept_inflated(Reading reading, std::size_t begin, std::size_t end);

  /// [begin, end) reads as `piece_`.
  void accept(Reading reading, std::size_t begin, std::size_t end, bool strong = true,
              int parameter = 0, std::optional<Reading> inner = std::nullopt);
  char at(std::size_t i) const { return i < source_.size() ? source_[i] : '\0'; }
  std::string_view part(std::size_t begin, std::size_t end) const {
    return source_.substr(begin, end - begin);
  }

  std::string_view source_;
  Allowance* allowance_;
  std::vector<Derived> derived_;
  Piece piece_;
  std::string begins_;  ///< of split_words()

  Run run_;
  Run strange_;   ///< tokens since the last common word
  Run reversed_;  ///< words that are common ones backwards
  std::size_t since_reversed_ = 0;
  Run upside_down_;
  std::size_t since_upside_down_ = 0;
  std::size_t last_leet_end_ = 0;
  std::size_t uu_until_ = 0;       ///< lines before this were tried as uuencoded
  std::size_t last_tag_end_ = 0;   ///< of a tag within a word
  std::size_t no_bracket_to_ = 0;  ///< no '>' stands before this
};

}  // namespace saiph::match
