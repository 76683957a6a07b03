// Ciphers: letters that were moved or turned round. Linear in the stretch; any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "match/decode/piece.h"

namespace saiph::match {

/// What a stretch of letters that is no language might be.
struct CipherGuess {
  enum class Kind : unsigned char { kNone, kCaesar, kAtbash, kRot47 };
  Kind kind = Kind::kNone;
  int shift = 0;  ///< places the letters were moved forward, 1 to 25
};

/// Tries the three places at which the counts of letters fit those of English best, Atbash, and
/// ROT47 where there is much punctuation; a guess is one after which most letters stand in known
/// words. `steps` is increased by the bytes looked at.
CipherGuess guess_cipher(std::string_view stretch, std::size_t& steps);

/// Whether ASCII letters are as frequent in `text` as in a language that is written with them; at
/// least 20 letters. English, German, French and source code are, moved letters and chance are not.
bool has_natural_letters(std::string_view text);

/// Appends [begin, end) of `source`, deciphered.
void decipher(std::string_view source, std::size_t begin, std::size_t end, CipherGuess guess,
              Piece& out);

/// Appends the code points of [begin, end) in reverse order, each word for itself if `by_word`.
void reverse_text(std::string_view source, std::size_t begin, std::size_t end, bool by_word,
                  Piece& out);

/// Length of a letter that stands for one turned by half a circle, at the start of `text`, and that
/// letter; 0 for all others.
std::size_t upside_down_letter(std::string_view text, char& letter);
/// Appends [begin, end) turned round by half a circle: reversed, and every letter exchanged.
void turn_text(std::string_view source, std::size_t begin, std::size_t end, Piece& out);

}  // namespace saiph::match
