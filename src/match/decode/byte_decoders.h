// Decoders of bytes that are written as other characters. Each takes a stretch [begin, end) of a
// source that looks so, and appends what it says to a piece, with offsets of the source. They are
// lenient where readers are: a wrong character ends the decoding or is left as it is. All are
// linear in the stretch and answer false when it does not decode; the piece then holds rubbish. Any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "match/decode/piece.h"

namespace saiph::match {

/// RFC 4648, sections 4 and 5, both alphabets; spaces and line ends between characters are skipped.
bool decode_base64_text(std::string_view source, std::size_t begin, std::size_t end, Piece& out);
/// RFC 4648, section 6, either case.
bool decode_base32_text(std::string_view source, std::size_t begin, std::size_t end, Piece& out);
/// Pairs of hexadecimal digits with anything else between them; "0x" and "\x" do not count as
/// digits.
bool decode_hex_text(std::string_view source, std::size_t begin, std::size_t end, Piece& out);
enum class Base85 : std::uint8_t { kAscii85, kRfc1924, kZ85 };
bool decode_base85_text(std::string_view source, std::size_t begin, std::size_t end,
                        Base85 alphabet, Piece& out);
/// Numbers of the base (2, 8 or 10), separated by anything else, each a byte. Base 2 without
/// separators is cut into eights, or sevens if those do not fit.
bool decode_numbers(std::string_view source, std::size_t begin, std::size_t end, unsigned base,
                    Piece& out);
/// Numbers from 1 to 26, each a letter.
bool decode_letter_numbers(std::string_view source, std::size_t begin, std::size_t end, Piece& out);
/// ITU-R M.1677-1: letters, digits and the commonest signs; '/', '|', line ends and wide gaps end a
/// word.
bool decode_morse(std::string_view source, std::size_t begin, std::size_t end, Piece& out);
/// Six-dot English Braille, uncontracted, with the number sign; other characters are kept.
bool decode_braille(std::string_view source, std::size_t begin, std::size_t end, Piece& out);
/// One line of uuencoded data (POSIX uuencode), the count first.
bool decode_uu_line(std::string_view source, std::size_t begin, std::size_t end, Piece& out);

/// One escape at the start of `text`: how many bytes it takes (0: none) and what it stands for.
struct Escape {
  std::size_t length = 0;
  std::uint32_t value = 0;  ///< a byte for kUrl and kQuotedPrintable, else a code point
  bool nothing = false;     ///< stands for nothing: a soft line end
};
/// "%41" (RFC 3986, section 2.1) and the non-standard "%u0041".
Escape url_escape(std::string_view text);
/// "&#65;", "&#x41;", "&lt;" (HTML 5; the commonest names), also without the semicolon after
/// digits.
Escape html_entity(std::string_view text);
/// "\u0041", "\u{41}", "\U00000041", "\x41", "\101", "\n", "U+0041".
Escape backslash_escape(std::string_view text);
/// "=41" and "=" at a line end (RFC 2045, section 6.7).
Escape quoted_printable_escape(std::string_view text);

/// Whether decoded bytes are a text rather than chance: nearly all printable, most of them letters.
/// Invalid UTF-8 counts against it. Linear.
bool looks_like_text(std::string_view bytes);

}  // namespace saiph::match
