// Scanner: goes through a cleaned text once, token by token, and hands what looks written in
// another way to the decoders. Private to this folder.
//
// A token is what stands between spaces. Most tokens are words and cost a look at their bytes and
// one table; the rest depends on the classes of bytes in them. Runs (letters by themselves,
// numbers, pairs of digits, words that are no language) are collected over tokens and decided when
// they end; each byte belongs to at most one run of a kind, so everything is linear.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  struct Token {
    std::size_t begin = 0;  ///< with punctuation around it
    std::size_t end = 0;
    std::uint32_t any = 0;  ///< classes of some byte
    std::uint32_t all = 0;  ///< classes of every byte
  };
  /// Neighbouring tokens of one kind.
  struct Run {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t tokens = 0;
    std::size_t letters = 0;

    void add(std::size_t from, std::size_t to) {
      if (tokens++ == 0) begin = from;
      end = to;
    }
    void clear() { *this = Run{}; }
  };

  void take(const Token& token);
  void take_word(std::string_view word, std::size_t begin, const Token& token);
  void take_special(const Token& token, std::size_t begin, std::size_t end);
  void take_long(const Token& token, std::size_t begin, std::size_t end);
  void take_lines();

  // Runs.
  void run_of_letters(const Token& token, std::size_t begin, std::size_t end);
  void end_letters();
  void run_of_numbers(const Token& token, std::size_t begin, std::size_t end);
  void end_numbers();
  void run_of_hex(const Token& token, std::size_t begin, std::size_t end);
  void end_hex();
  void run_of_morse(const Token& token);
  void end_morse();
  void end_spelling();
  void end_strange();
  void end_reversed();
  void end_upside_down();
  void run_of_base64(const Token& token, std::size_t begin, std::size_t end);
  void end_base64();

  // Single tokens.
  void base64_within(std::size_t begin, std::size_t end);
  bool try_base64(std::size_t begin, std::size_t end);
  void try_base32(std::size_t begin, std::size_t end);
  void try_base85(const Token& token);
  void try_uuencode(std::size_t begin, std::size_t end);
  void escapes(const Token& token);
  void leet(std::size_t begin, std::size_t end);
  void dotted_letters(std::size_t begin, std::size_t end);
  void separated_words(std::size_t begin, std::size_t end);
  void run_together(std::size_t begin, std::size_t end);
  void joined_strings(const Token& token);
  void markup(const Token& token);
  void not_ascii(const Token& token);

  /// A decoded piece becomes part of a reading when it is text, or compressed text.
  bool accept_bytes(Reading reading, std::size_t begin, std::size_t end);
  bool accept_inflated(Reading reading, std::size_t begin, std::size_t end);
  void accept(Reading reading, std::size_t begin, std::size_t end, bool strong = true,
              int parameter = 0, std::optional<Reading> inner = std::nullopt);
  /// Letters of `piece_` become words with spaces between, when they can be told.
  bool space_out_piece();
  char at(std::size_t i) const { return i < source_.size() ? source_[i] : '\0'; }
  std::string_view part(std::size_t begin, std::size_t end) const {
    return source_.substr(begin, end - begin);
  }

  std::string_view source_;
  Allowance* allowance_;
  std::vector<Derived> derived_;
  Piece piece_;
  std::string begins_;

  Run letters_;
  std::vector<std::size_t> letter_places_;
  Run numbers_;
  Run hex_;
  Run morse_;
  Run base64_;
  Run strange_;   ///< words since the last common one
  Run reversed_;  ///< from the first reversed word to the last
  std::size_t tokens_since_reversed_ = 0;
  std::size_t common_since_reversed_ = 0;
  Run upside_down_;
  std::size_t tokens_since_upside_down_ = 0;
  Run spelling_;
  std::vector<std::size_t> spelling_places_;
};

}  // namespace saiph::match
