// The scanner's readings of bytes that are written as other characters.
#include <algorithm>
#include <array>
#include <utility>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/text.h"
#include "codec/decompress/decompress.h"
#include "match/canonical/ascii.h"
#include "match/decode/ciphers.h"
#include "match/decode/scanner.h"
#include "match/decode/token_table.h"
#include "match/decode/words.h"

namespace saiph::match {

namespace {

/// Four numbers, or four pairs of digits.
constexpr std::size_t kFewestCodeBytes = 8;
constexpr std::size_t kFewestMorse = 4;
constexpr std::size_t kShortBase64 = 8;
constexpr std::size_t kShortBase85 = 20;
/// What decodes to fewer may be chance.
constexpr std::size_t kChanceBytes = 12;

}  // namespace

bool Scanner::accept_bytes(Reading reading, std::size_t begin, std::size_t end) {
  allowance_->work += piece_.text.size();
  if (looks_like_text(piece_.text)) {
    // A few bytes come out as letters by chance; then a word has to be among them.
    const bool strong =
        piece_.text.size() >= kChanceBytes || known_letters(piece_.text).at_least(50);
    accept(reading, begin, end, strong);
    return true;
  }
  return accept_inflated(reading, begin, end);
}

bool Scanner::accept_inflated(Reading reading, std::size_t begin, std::size_t end) {
  const std::string& made = piece_.text;
  if (made.size() < 12) return false;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(made[i]); };
  const bool gzip = byte(0) == 0x1F && byte(1) == 0x8B && byte(2) == 8;
  const bool zlib = byte(0) == 0x78 && (byte(0) * 256U + byte(1)) % 31 == 0;
  if (!gzip && !zlib) return false;
  if (allowance_->inflations == 0) {
    allowance_->inflations_short = true;
    return false;
  }
  --allowance_->inflations;
  Limits limits = Limits::strict();
  limits.inflated_bytes = allowance_->inflated_bytes;
  Budget budget(limits);
  const ViewSource source(as_bytes(made));
  auto inflated =
      codec::decompress(gzip ? codec::Codec::kGzip : codec::Codec::kZlib, source, budget);
  if (!inflated) return false;
  // What was produced before an error is read: a reader would get that far too.
  if (const auto& error = inflated->error; error && error->code() == ErrorCode::kLimit)
    allowance_->inflations_short = true;
  auto bytes = read_all(*inflated->output, allowance_->inflated_bytes + (std::size_t{1} << 20));
  if (!bytes) return false;
  piece_.clear();
  piece_.put(as_text(*bytes), begin, end - begin);
  allowance_->work += piece_.text.size();
  if (!looks_like_text(piece_.text)) return false;
  accept(reading, begin, end, true, 0, gzip ? Reading::kGzip : Reading::kZlib);
  return true;
}

bool Scanner::try_base64(std::size_t begin, std::size_t end) {
  piece_.clear();
  allowance_->work += end - begin;
  return decode_base64_text(source_, begin, end, piece_) &&
         accept_bytes(Reading::kBase64, begin, end);
}

void Scanner::base64_within(const Token& token) {
  std::size_t at = token.begin;
  while (at < token.end) {
    const auto inside = [&](std::size_t i) {
      return (kByteClasses[static_cast<std::uint8_t>(source_[i])] & kBase64Char) != 0;
    };
    if (!inside(at)) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    std::uint32_t any = 0;
    while (at < token.end && inside(at)) {
      any |= kByteClasses[static_cast<std::uint8_t>(source_[at])];
      ++at;
    }
    // Words are of one case; base64 of a text never is.
    if (at - begin < kShortBase64 || (any & kAlpha) != kAlpha) continue;
    if (try_base64(begin, at)) continue;
    // "key=aGVsbG8gd29ybGQ": what stands before the sign is a name.
    const std::size_t equals = part(begin, at).find('=');
    if (equals != std::string_view::npos && at - begin - equals > kShortBase64)
      try_base64(begin + equals + 1, at);
  }
}

void Scanner::end_base64(const Run& run) {
  if (try_base64(run.begin, run.end) || run.tokens == 1) return;
  // Not one text in lines: every line for itself.
  std::size_t at = run.begin;
  while (at < run.end) {
    const std::size_t end = std::min(run.end, source_.find('\n', at));
    try_base64(at, end);
    at = end + 1;
  }
}

void Scanner::try_base32(const Token& core) {
  if ((core.all & kBase32Char) == 0 || (core.any & kAlpha) == kAlpha || core.size() < 16) return;
  piece_.clear();
  allowance_->work += core.size();
  if (decode_base32_text(source_, core.begin, core.end, piece_))
    accept_bytes(Reading::kBase32, core.begin, core.end);
}

void Scanner::try_base85(const Token& token) {
  if (token.size() < kShortBase85 || (token.any & kOther) == 0 || (token.any & kAlpha) == 0) return;
  for (const Base85 alphabet : {Base85::kAscii85, Base85::kRfc1924, Base85::kZ85}) {
    piece_.clear();
    allowance_->work += token.size();
    if (decode_base85_text(source_, token.begin, token.end, alphabet, piece_) &&
        accept_bytes(Reading::kBase85, token.begin, token.end))
      return;
  }
}

void Scanner::end_codes(const Run& run) {
  if (run.end - run.begin < kFewestCodeBytes) return;
  const std::size_t size = run.end - run.begin;
  const auto attempt = [&](bool decoded) {
    allowance_->work += size;
    return decoded && looks_like_text(piece_.text);
  };
  bool bits = true;
  bool digits = true;
  for (std::size_t i = run.begin; i < run.end; ++i) {
    const char c = source_[i];
    bits &= c == '0' || c == '1' || !(c >= '0' && c <= '9');
    digits &= !is_letter(c);
  }
  allowance_->work += size;
  piece_.clear();
  if (bits && digits && attempt(decode_numbers(source_, run.begin, run.end, 2, piece_)))
    return accept(Reading::kBinary, run.begin, run.end);
  piece_.clear();
  if (decode_hex_text(source_, run.begin, run.end, piece_)) {
    // Two digits a number could be decimal as well: then the words decide.
    allowance_->work += size;
    const bool words = !digits || run.tokens == 1 || known_letters(piece_.text).at_least(50);
    if (words && accept_bytes(Reading::kBase16, run.begin, run.end)) return;
  }
  if (!digits) return;
  constexpr std::array<std::pair<unsigned, Reading>, 2> kBases = {
      {{10, Reading::kDecimal}, {8, Reading::kOctal}}};
  for (const auto& [base, reading] : kBases) {
    piece_.clear();
    if (attempt(decode_numbers(source_, run.begin, run.end, base, piece_)) &&
        (known_letters(piece_.text).at_least(50) || has_natural_letters(piece_.text)))
      return accept(reading, run.begin, run.end);
  }
  piece_.clear();
  if (!attempt(decode_letter_numbers(source_, run.begin, run.end, piece_))) return;
  if (piece_.text.find(' ') == std::string::npos) space_out_piece();
  if (known_letters(piece_.text).at_least(50)) accept(Reading::kLetterNumbers, run.begin, run.end);
}

void Scanner::end_morse(const Run& run) {
  if (run.tokens < kFewestMorse) return;
  piece_.clear();
  allowance_->work += run.end - run.begin;
  if (!decode_morse(source_, run.begin, run.end, piece_)) return;
  if (piece_.text.find(' ') == std::string::npos) space_out_piece();
  if (known_letters(piece_.text).at_least(40) || has_natural_letters(piece_.text))
    accept(Reading::kMorse, run.begin, run.end);
}

void Scanner::try_uuencode(std::size_t begin) {
  // "begin 644 name": a mode and a name, then lines to "end".
  if (begin < uu_until_ || (begin != 0 && source_[begin - 1] != '\n')) return;
  const auto digit = [&](std::size_t i) { return at(i) >= '0' && at(i) <= '7'; };
  if (at(begin + 5) != ' ' || !digit(begin + 6) || !digit(begin + 7) || !digit(begin + 8)) return;
  piece_.clear();
  std::size_t line = source_.find('\n', begin);
  std::size_t end = begin;
  while (line != std::string_view::npos && line + 1 < source_.size()) {
    const std::size_t first = line + 1;
    line = source_.find('\n', first);
    std::size_t last = line == std::string_view::npos ? source_.size() : line;
    if (last > first && source_[last - 1] == '\r') --last;
    if (part(first, last) == "end" || part(first, last) == "`") break;
    if (!decode_uu_line(source_, first, last, piece_)) break;
    end = last;
  }
  uu_until_ = std::max(end, begin + 1);
  allowance_->work += end - begin;
  if (end != begin) accept_bytes(Reading::kUuencode, begin, end);
}

bool Scanner::escapes_of(Reading reading, char sign, Escape (*read)(std::string_view),
                         const Token& token) {
  piece_.clear();
  const bool byte = reading == Reading::kUrl || reading == Reading::kQuotedPrintable;
  std::size_t letters = 0;
  std::size_t high = 0;
  bool any = false;
  std::size_t at = token.begin;
  while (at < token.end) {
    const bool unicode = reading == Reading::kEscapes && source_[at] == 'U' && at + 1 < token.end &&
                         source_[at + 1] == '+';
    if (source_[at] != sign && !unicode) {
      piece_.keep(source_, at, at + 1);
      ++at;
      continue;
    }
    const Escape escape = read(source_.substr(at, 32));
    if (escape.length == 0) {
      piece_.keep(source_, at, at + 1);
      ++at;
      continue;
    }
    std::string made;
    if (!escape.nothing) {
      if (byte && escape.value < 0x100)
        made = static_cast<char>(escape.value);
      else
        append_utf8(made, escape.value);
    }
    // What needs no escape and has one is hidden; a line end or a quote that has one is usual.
    if (!escape.nothing) {
      high += escape.value >= 0x80 ? 1 : 0;
      letters +=
          escape.value == ' ' || (escape.value < 0x80 && is_letter(static_cast<char>(escape.value)))
              ? 1
              : 0;
    }
    any = true;
    piece_.put(made, at, escape.length);
    at += escape.length;
  }
  allowance_->work += token.size();
  if (!any) return false;
  // One byte beyond ASCII is no character ("%advance"), and "page=42" is no quoted-printable.
  const std::size_t fewest = reading == Reading::kQuotedPrintable ? 2 : 1;
  const bool strong = letters >= fewest || letters + high >= (byte ? 2U : 1U);
  accept(reading, token.begin, std::max(at, token.end), strong);
  return true;
}

void Scanner::escapes(const Token& token) {
  const std::string_view text = part(token.begin, token.end);
  if (text.find('%') != std::string_view::npos) escapes_of(Reading::kUrl, '%', &url_escape, token);
  if (text.find('&') != std::string_view::npos)
    escapes_of(Reading::kHtmlEntities, '&', &html_entity, token);
  if (text.find('\\') != std::string_view::npos || text.find("U+") != std::string_view::npos)
    escapes_of(Reading::kEscapes, '\\', &backslash_escape, token);
  if (text.find('=') != std::string_view::npos)
    escapes_of(Reading::kQuotedPrintable, '=', &quoted_printable_escape, token);
}

}  // namespace saiph::match
