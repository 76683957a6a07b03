// Every decoder by itself on any bytes: no crash, and a map that covers what was made and leads
// into the source.
#include <cstdlib>

#include "base/bytes.h"
#include "match/decode/byte_decoders.h"
#include "match/decode/ciphers.h"
#include "match/decode/words.h"

using saiph::TextSpan;
using saiph::match::Base85;
using saiph::match::Piece;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Piece& piece, std::size_t source) {
  require(piece.map.view_bytes() == piece.text.size());
  const TextSpan all = piece.map.original(0, piece.text.size());
  require(all.offset + all.length <= source);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = saiph::as_text(saiph::ByteView{data, size});
  const auto attempt = [&](auto decode) {
    Piece piece;
    decode(piece);
    check(piece, size);
  };
  using namespace saiph::match;
  attempt([&](Piece& out) { decode_base64_text(text, 0, size, out); });
  attempt([&](Piece& out) { decode_base32_text(text, 0, size, out); });
  attempt([&](Piece& out) { decode_hex_text(text, 0, size, out); });
  for (const Base85 alphabet : {Base85::kAscii85, Base85::kRfc1924, Base85::kZ85})
    attempt([&](Piece& out) { decode_base85_text(text, 0, size, alphabet, out); });
  for (const unsigned base : {2U, 8U, 10U})
    attempt([&](Piece& out) { decode_numbers(text, 0, size, base, out); });
  attempt([&](Piece& out) { decode_letter_numbers(text, 0, size, out); });
  attempt([&](Piece& out) { decode_morse(text, 0, size, out); });
  attempt([&](Piece& out) { decode_braille(text, 0, size, out); });
  attempt([&](Piece& out) { decode_uu_line(text, 0, size, out); });
  attempt([&](Piece& out) { reverse_text(text, 0, size, false, out); });
  attempt([&](Piece& out) { reverse_text(text, 0, size, true, out); });
  attempt([&](Piece& out) { turn_text(text, 0, size, out); });
  std::size_t steps = 0;
  const CipherGuess guess = guess_cipher(text, steps);
  attempt([&](Piece& out) { decipher(text, 0, size, guess, out); });
  for (std::size_t i = 0; i < size; ++i) {
    const std::string_view rest = text.substr(i);
    require(url_escape(rest).length <= rest.size());
    require(html_entity(rest).length <= rest.size());
    require(backslash_escape(rest).length <= rest.size());
    require(quoted_printable_escape(rest).length <= rest.size());
  }
  std::string begins;
  split_words(text, begins);
  looks_like_text(text);
  return 0;
}
