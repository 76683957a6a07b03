#include "match/decode/scanner.h"

#include <utility>

#include "match/decode/token_table.h"

namespace saiph::match {

namespace {

/// What readings that rewrite single words keep around them, so that phrases stay whole.
constexpr std::size_t kContext = 64;
constexpr std::size_t kLongWord = 14;
/// Shorter base64 says hardly a word, and chance makes too much of it.
constexpr std::size_t kShortBase64 = 8;
constexpr std::size_t kShortCode = 16;
constexpr std::size_t kLineOfBase64 = 40;

std::size_t context_of(Reading reading) {
  switch (reading) {
    case Reading::kJoinedLetters:
    case Reading::kSeparatedWords:
    case Reading::kSplitWords:
    case Reading::kLeetspeak:
    case Reading::kJoinedStrings:
    case Reading::kMarkupRemoved:
    case Reading::kUrl:
    case Reading::kHtmlEntities:
    case Reading::kEscapes:
    case Reading::kQuotedPrintable:
      return kContext;
    default:
      return 0;
  }
}

std::uint32_t class_of(char c) {
  return kByteClasses[static_cast<std::uint8_t>(c)];
}

}  // namespace

std::vector<Derived> Scanner::scan() {
  std::size_t at = 0;
  const std::size_t size = source_.size();
  while (at < size) {
    std::uint32_t bits = class_of(source_[at]);
    if ((bits & kSpace) != 0) {
      ++at;
      continue;
    }
    Token token;
    token.begin = at;
    do {
      token.any |= bits;
      token.all &= bits;
      if (++at == size) break;
      bits = class_of(source_[at]);
    } while ((bits & kSpace) == 0);
    token.end = at;
    take(token);
  }
  end_run();
  end_strange();
  end_reversed();
  end_upside_down();
  allowance_->work += size;
  std::erase_if(derived_, [](const Derived& derived) { return derived.strong() == 0; });
  for (Derived& derived : derived_) derived.finish(source_, *allowance_);
  return std::move(derived_);
}

Scanner::Token Scanner::trimmed(const Token& token) const {
  Token core;
  core.begin = token.begin;
  core.end = token.end;
  while (core.begin < core.end && (class_of(source_[core.begin]) & kAround) != 0) ++core.begin;
  while (core.begin < core.end && (class_of(source_[core.end - 1]) & kAround) != 0) --core.end;
  for (std::size_t i = core.begin; i < core.end; ++i) {
    core.any |= class_of(source_[i]);
    core.all &= class_of(source_[i]);
  }
  return core;
}

void Scanner::take(const Token& token) {
  if ((token.any & ~kLetterBits) == 0) return take_word(token);
  const Token core = (token.any & kAround) != 0 ? trimmed(token) : token;
  if (core.size() != 0 && (core.any & ~kLetterBits) == 0) {
    if ((token.any & (kQuote | kBracket)) != 0) {
      joined_strings(token);
      markup(token);
    }
    return take_word(core);
  }
  take_special(token, core);
}

void Scanner::take_word(const Token& word) {
  if (word.size() == 1) return continue_run(RunKind::kLetters, word);
  std::uint8_t signs = 0;
  if (word.size() >= 3) {
    const std::uint32_t packed = pack_letters(part(word.begin, word.end));
    signs = kWordSigns.of(packed);
    if (word.size() > 4) signs &= static_cast<std::uint8_t>(~(kCommonWord | kReversedWord));
    if (word.size() < 5) signs &= static_cast<std::uint8_t>(~kReversedStart);
    if (word.size() == 5 && packed == pack_letters("begi")) try_uuencode(word.begin);
  }
  if ((signs & kSpellingWord) != 0)
    continue_run(RunKind::kSpelling, word);
  else if (word.size() >= kLineOfBase64 ||
           (run_.kind == RunKind::kBase64 && at(run_.end) == '\n' && run_.end + 1 == word.begin))
    continue_run(RunKind::kBase64, word);
  else
    end_run();
  if (word.size() >= kLongWord) long_word(word);
  if ((word.any & kAlpha) == kAlpha && word.size() >= kShortBase64 && word.size() < kLongWord)
    base64_within(word);
  if ((signs & kCommonWord) != 0)
    end_strange();
  else
    add_strange(word);
  if (reversed_.tokens != 0 || (signs & (kReversedWord | kReversedStart)) != 0)
    note_reversed(word, signs);
  if (upside_down_.tokens != 0 && ++since_upside_down_ > 3) end_upside_down();
}

void Scanner::take_special(const Token& token, const Token& core) {
  const bool code =
      (token.all & kCodeChar) != 0 && ((token.any & kDigit) != 0 || run_.kind == RunKind::kCodes);
  if (code)
    continue_run(RunKind::kCodes, token);
  else if ((token.all & kMorseSign) != 0)
    return continue_run(RunKind::kMorse, token);
  else if ((core.all & kBase64Char) != 0 &&
           (core.size() >= kLineOfBase64 ||
            (run_.kind == RunKind::kBase64 && at(run_.end) == '\n' && run_.end + 1 == token.begin)))
    continue_run(RunKind::kBase64, core);
  else
    end_run();
  if (core.size() == 0) return joined_strings(token);

  if ((token.any & kNotAscii) != 0) not_ascii(token);
  if ((token.any & kEscapeSign) != 0) escapes(token);
  if ((token.any & kQuote) != 0) joined_strings(token);
  if ((token.any & kBracket) != 0) markup(token);
  if (core.size() >= kShortBase64 && !code && run_.kind != RunKind::kBase64) base64_within(token);
  if (token.size() >= kShortCode && !code) {
    try_base32(core);
    try_base85(token);
  }
  if ((core.any & kLeetSign) != 0 && core.size() <= 32) leet(core);
  if ((core.any & kSeparator) != 0 && (core.any & kAlpha) != 0) {
    dotted_letters(core);
    separated_words(core);
  }
  add_strange(token);
}

void Scanner::continue_run(RunKind kind, const Token& token) {
  if (run_.kind != kind) end_run();
  run_.kind = kind;
  run_.add(token);
}

void Scanner::end_run() {
  if (run_.kind == RunKind::kNone) return;
  const Run run = std::exchange(run_, {});
  switch (run.kind) {
    case RunKind::kLetters:
      return end_letters(run);
    case RunKind::kCodes:
      return end_codes(run);
    case RunKind::kMorse:
      return end_morse(run);
    case RunKind::kSpelling:
      return end_spelling(run);
    case RunKind::kBase64:
      return end_base64(run);
    case RunKind::kNone:
      return;
  }
}

void Scanner::accept(Reading reading, std::size_t begin, std::size_t end, bool strong,
                     int parameter, std::optional<Reading> inner) {
  for (Derived& derived : derived_) {
    if (derived.is(reading, parameter, inner))
      return derived.replace(source_, begin, end, piece_, strong, *allowance_);
  }
  derived_.emplace_back(reading, parameter, inner, context_of(reading));
  derived_.back().replace(source_, begin, end, piece_, strong, *allowance_);
}

}  // namespace saiph::match
