#include "match/literals/literal_set.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>

namespace saiph::match {

namespace {

constexpr std::uint8_t fold(std::uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte | 0x20) : byte;
}

// 0x20 is set in every byte, letters or not: both sides of the comparison lose the same bit, and
// the hash needs no branch.
constexpr std::uint32_t slot_of(std::uint8_t a, std::uint8_t b, std::uint8_t c, unsigned bits) {
  const std::uint32_t key = (a | 0x20U) | ((b | 0x20U) << 8) | ((c | 0x20U) << 16);
  return (key * 2654435761U) >> (32 - bits);
}

// Vector loads take a pointer to a vector; the callers below keep all its bytes inside the view.
inline __m128i load16(const std::uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));  // raw: vector load
}
__attribute__((target("avx2"))) inline __m256i load32(const std::uint8_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));  // raw: vector load
}

}  // namespace

bool LiteralSet::has_avx2() {
  // An int in g++, a bool in clang.
  return __builtin_cpu_supports("avx2") != 0;  // NOLINT(readability-implicit-bool-conversion)
}

std::pair<std::uint16_t, std::uint16_t> LiteralSet::nibbles_at(ByteView text, std::size_t at,
                                                               bool fold_case) {
  if (at >= text.size()) return {0xFFFF, 0xFFFF};
  const std::uint8_t byte = text[at];
  auto high = static_cast<std::uint16_t>(1U << (byte >> 4));
  if (fold_case && fold(byte) >= 'a' && fold(byte) <= 'z')
    high = static_cast<std::uint16_t>(high | 1U << ((byte ^ 0x20U) >> 4));
  return {static_cast<std::uint16_t>(1U << (byte & 15U)), high};
}

LiteralSet::LiteralSet(std::span<const Literal> literals, std::span<const LiteralPlace> places,
                       Kernel kernel)
    : avx2_(kernel == Kernel::kAvx2 || (kernel == Kernel::kBest && has_avx2())) {
  std::vector<LiteralPlace> found;
  if (places.size() != literals.size()) {
    found = place_literals(literals, 1);
    places = found;
  }
  entries_.reserve(literals.size());
  for (std::size_t i = 0; i < literals.size(); ++i) {
    const Literal& literal = literals[i];
    const std::size_t length = literal.text.size();
    Entry entry;
    entry.text = literal.text;
    entry.fold_case = literal.fold_case;
    if (length < kMinLength || length > kMaxLength) {
      usable_ = false;
      entries_.push_back(std::move(entry));
      continue;
    }
    if (literal.fold_case) {
      for (const std::uint8_t byte : as_bytes(literal.text))
        entry.folded.push_back(static_cast<char>(fold(byte)));
    }
    longest_ = std::max(longest_, length);
    // A place that does not fit its literal is no reason to read outside of it.
    entry.anchor =
        static_cast<std::uint8_t>(std::min<std::size_t>(places[i].anchor, length - kMinLength));
    const ByteView window = as_bytes(literal.text).subspan(entry.anchor, kMinLength);
    const std::uint32_t slot = slot_of(window[0], window[1], window[2], kHashBits);
    present_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    entry.next = heads_[slot];
    entries_.push_back(std::move(entry));
    heads_[slot] = static_cast<std::uint16_t>(entries_.size());
    fill_masks(i, static_cast<std::uint8_t>(places[i].bucket % kBuckets));
  }
}

void LiteralSet::fill_masks(std::size_t index, std::uint8_t bucket) {
  const Entry& entry = entries_[index];
  const auto bit = static_cast<std::uint8_t>(1U << bucket);
  for (std::size_t i = 0; i < kWindow; ++i) {
    const auto [low, high] = nibbles_at(as_bytes(entry.text), entry.anchor + i, entry.fold_case);
    for (std::size_t nibble = 0; nibble < 16; ++nibble) {
      if ((low >> nibble & 1U) != 0) masks_.low[i][nibble] |= bit;
      if ((high >> nibble & 1U) != 0) masks_.high[i][nibble] |= bit;
    }
  }
}

inline void LiteralSet::verify(ByteView bytes, std::size_t at, std::uint64_t base,
                               std::vector<LiteralMatch>& out) const {
  const std::uint8_t* p = bytes.data() + at;  // the caller guarantees three bytes here
  const std::uint32_t slot = slot_of(p[0], p[1], p[2], kHashBits);
  if ((present_[slot / 64] >> (slot % 64) & 1U) == 0) [[likely]]
    return;
  for (std::uint32_t index = heads_[slot]; index != 0;) {
    const Entry& entry = entries_[index - 1];
    const std::uint32_t literal = index - 1;
    index = entry.next;
    if (at < entry.anchor) continue;
    const std::size_t start = at - entry.anchor;
    if (entry.text.size() > bytes.size() - start) continue;
    const ByteView here = bytes.subspan(start, entry.text.size());
    const bool equal = entry.fold_case
                           ? std::equal(here.begin(), here.end(), entry.folded.begin(),
                                        [](std::uint8_t a, char b) {
                                          return fold(a) == static_cast<std::uint8_t>(b);
                                        })
                           : as_text(here) == entry.text;
    if (equal) out.push_back({literal, base + start});
  }
}

// The two kernels read whole vectors at `at`, `at + 1`, `at + 2` and `at + 3`; the loop conditions
// keep the last of them inside `bytes`. They answer the first position they did not look at.
std::size_t LiteralSet::scan_ssse3(ByteView bytes, std::uint64_t base,
                                   std::vector<LiteralMatch>& out) const {
  constexpr std::size_t kLanes = 16;
  __m128i low[kWindow];
  __m128i high[kWindow];
  for (std::size_t i = 0; i < kWindow; ++i) {
    low[i] = load16(masks_.low[i].data());
    high[i] = load16(masks_.high[i].data());
  }
  const __m128i nibble = _mm_set1_epi8(0x0F);
  std::size_t at = 0;
  for (; at + kLanes + kWindow - 1 <= bytes.size(); at += kLanes) {
    const std::uint8_t* p = bytes.data() + at;
    __m128i buckets = _mm_set1_epi8(-1);
    for (std::size_t i = 0; i < kWindow; ++i) {
      const __m128i block = load16(p + i);
      const __m128i by_low = _mm_shuffle_epi8(low[i], _mm_and_si128(block, nibble));
      const __m128i by_high =
          _mm_shuffle_epi8(high[i], _mm_and_si128(_mm_srli_epi16(block, 4), nibble));
      buckets = _mm_and_si128(buckets, _mm_and_si128(by_low, by_high));
    }
    auto hits =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(buckets, _mm_setzero_si128()))) ^
        0xFFFFU;
    for (; hits != 0; hits &= hits - 1)
      verify(bytes, at + static_cast<std::size_t>(std::countr_zero(hits)), base, out);
  }
  return at;
}

__attribute__((target("avx2"))) std::size_t LiteralSet::scan_avx2(
    ByteView bytes, std::uint64_t base, std::vector<LiteralMatch>& out) const {
  constexpr std::size_t kLanes = 32;
  __m256i low[kWindow];
  __m256i high[kWindow];
  for (std::size_t i = 0; i < kWindow; ++i) {
    low[i] = _mm256_broadcastsi128_si256(load16(masks_.low[i].data()));
    high[i] = _mm256_broadcastsi128_si256(load16(masks_.high[i].data()));
  }
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  std::size_t at = 0;
  for (; at + kLanes + kWindow - 1 <= bytes.size(); at += kLanes) {
    const std::uint8_t* p = bytes.data() + at;
    __m256i buckets = _mm256_set1_epi8(-1);
    for (std::size_t i = 0; i < kWindow; ++i) {
      const __m256i block = load32(p + i);
      const __m256i by_low = _mm256_shuffle_epi8(low[i], _mm256_and_si256(block, nibble));
      const __m256i by_high =
          _mm256_shuffle_epi8(high[i], _mm256_and_si256(_mm256_srli_epi16(block, 4), nibble));
      buckets = _mm256_and_si256(buckets, _mm256_and_si256(by_low, by_high));
    }
    auto hits = ~static_cast<unsigned>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(buckets, _mm256_setzero_si256())));
    for (; hits != 0; hits &= hits - 1)
      verify(bytes, at + static_cast<std::size_t>(std::countr_zero(hits)), base, out);
  }
  return at;
}

void LiteralSet::search(ByteView bytes, std::uint64_t base, std::vector<LiteralMatch>& out) const {
  std::size_t at = avx2_ ? scan_avx2(bytes, base, out) : scan_ssse3(bytes, base, out);
  for (; at + kMinLength <= bytes.size(); ++at) verify(bytes, at, base, out);
}

void LiteralStream::feed(ByteView chunk, std::vector<LiteralMatch>& out) {
  const std::size_t reach = set_->longest() == 0 ? 0 : set_->longest() - 1;
  if (!carry_.empty()) {
    const ByteView head = chunk.first(std::min(reach, chunk.size()));
    border_.assign(carry_.begin(), carry_.end());
    border_.insert(border_.end(), head.begin(), head.end());
    found_.clear();
    set_->search(border_, 0, found_);
    for (const LiteralMatch& match : found_) {
      if (match.offset < carry_.size() &&
          match.offset + set_->length_of(match.literal) > carry_.size())
        out.push_back({match.literal, offset_ - carry_.size() + match.offset});
    }
  }
  set_->search(chunk, offset_, out);
  offset_ += chunk.size();
  if (chunk.size() >= reach) {
    const ByteView tail = chunk.last(reach);
    carry_.assign(tail.begin(), tail.end());
  } else {
    carry_.insert(carry_.end(), chunk.begin(), chunk.end());
    if (carry_.size() > reach)
      carry_.erase(carry_.begin(), carry_.end() - static_cast<std::ptrdiff_t>(reach));
  }
}

void LiteralStream::jump(std::uint64_t offset) {
  offset_ = offset;
  carry_.clear();
}

}  // namespace saiph::match
