// The single checks behind check_output(). Private to this folder.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detect/text/output/output_checks.h"
#include "domain/rule.h"

namespace saiph::detect {

/// Collects findings up to a limit.
class OutputFindings {
 public:
  OutputFindings(OutputReport& report, std::size_t most) : report_(report), most_(most) {}
  /// One of many of a rule at [begin, end) of the answer.
  void add(const Rule& rule, double score, std::size_t begin, std::size_t end);

 private:
  OutputReport& report_;
  std::size_t most_;
};

/// Letters, digits and all bytes of characters beyond ASCII.
constexpr bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c < 0;
}
constexpr char small_letter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// A word of a text, and the keyed hash of its small letters.
struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t hash = 0;
};
/// Linear. The key is made once a process, so that prints cannot be compared elsewhere.
std::vector<Word> words_of(std::string_view text);
std::uint64_t join_hashes(std::uint64_t hash, std::uint64_t next);
/// Hash of the small letters of one word, as words_of has it.
std::uint64_t hash_word(std::string_view word);

void check_links(std::string_view answer, const OutputContext& context, OutputFindings& out);
void check_code(std::string_view answer, const OutputContext& context, OutputFindings& out);
void check_echoes(std::string_view answer, const OutputContext& context, OutputReport& report,
                  OutputFindings& out);
void check_claims(std::string_view answer, const OutputContext& context, OutputReport& report,
                  OutputFindings& out);

}  // namespace saiph::detect
