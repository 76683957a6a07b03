#include "match/canonical/folder.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>

#include "match/canonical/ascii.h"

namespace saiph::match {

namespace {

/// Copies `in` to `out`, which has room for 16 bytes more than `in`, in small letters, up to the
/// first place where spaces are no single ' ' or '\n' within the text. Answers how many bytes.
std::size_t copy_level(std::string_view in, char* out) {
  std::size_t at = 0;
  const __m128i blank = _mm_set1_epi8(' ');
  const __m128i line_end = _mm_set1_epi8('\n');
  while (in.size() - at >= 16) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(in.data() + at));  // raw: vector load
    // Signed comparison: bytes from 0x80 on are negative and neither letters nor spaces.
    const __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('A' - 1)),
                                          _mm_cmplt_epi8(bytes, _mm_set1_epi8('Z' + 1)));
    const __m128i small = _mm_or_si128(bytes, _mm_and_si128(letters, blank));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), small);  // raw: vector store
    const __m128i good_spaces =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, blank), _mm_cmpeq_epi8(bytes, line_end));
    const __m128i low = _mm_and_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21)),
                                      _mm_cmpgt_epi8(bytes, _mm_set1_epi8(-1)));
    const auto spaces = static_cast<unsigned>(_mm_movemask_epi8(good_spaces));
    const auto all = static_cast<unsigned>(_mm_movemask_epi8(low));
    // A run starts where two neighbours are spaces, or a space is none of the two.
    const unsigned runs = (all & (all >> 1U)) | (all & ~spaces);
    if (runs != 0) return at + static_cast<std::size_t>(std::countr_zero(runs));
    // The last byte may start a run that the next block shows.
    at += (all & 0x8000U) != 0 ? 15 : 16;
  }
  while (at < in.size()) {
    const char c = in[at];
    if (is_space(c) && (c == '\t' || c == '\r' || at + 1 == in.size() || is_space(in[at + 1])))
      return at;
    out[at] = lower(c);
    ++at;
  }
  return at;
}

}  // namespace

void Folder::feed(std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    if (spaces_ != 0 || is_space(piece[at])) {
      if (spaces_ == 0) {
        spaces_begin_ = fed_ + at;
        line_ends_ = 0;
        before_ = 0;
      }
      while (at < piece.size() && is_space(piece[at])) {
        const char c = piece[at];
        if (c == '\r' || (c == '\n' && before_ != '\r')) ++line_ends_;
        before_ = c;
        ++spaces_;
        ++at;
      }
      if (at == piece.size()) break;
      end_spaces();
    }
    const std::size_t before = out_.size();
    const std::size_t rest = piece.size() - at;
    // Room for what a step may write; a long piece is taken in steps, so that memory is not filled
    // twice over.
    const std::size_t step = std::min<std::size_t>(rest, std::size_t{16} << 10);
    out_.resize(before + step + 16);
    const std::size_t copied = copy_level(piece.substr(at, step), out_.data() + before);
    // A space at the end of a step that is not the end of the piece: the next round looks at it.
    out_.resize(before + copied);
    map_.append_same(copied, fed_ + at);
    at += copied;
    // A control character other than a space stops the copy without being one.
    if (at < piece.size() && copied < step && !is_space(piece[at])) {
      out_.push_back(piece[at]);
      map_.append_same(1, fed_ + at);
      ++at;
    }
  }
  fed_ += piece.size();
}

void Folder::end_spaces() {
  if (spaces_ == 0) return;
  const std::size_t out = line_ends_ > 1 ? 2 : 1;
  out_.append(out, line_ends_ != 0 ? '\n' : ' ');
  if (out == spaces_)
    map_.append_same(out, spaces_begin_);
  else
    map_.append(out, spaces_begin_, spaces_);
  spaces_ = 0;
}

void Folder::finish() {
  end_spaces();
}

void Folder::clear() {
  out_.clear();
  map_.clear();
  fed_ = spaces_ = line_ends_ = 0;
}

}  // namespace saiph::match
