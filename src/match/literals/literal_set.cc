#include "match/literals/literal_set.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>

namespace saiph::match {

namespace {

constexpr std::size_t kBuckets = 8;

constexpr std::uint8_t fold(std::uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte | 0x20) : byte;
}

// 0x20 is set in every byte, letters or not: both sides of the comparison lose the same bit, and
// the hash needs no branch.
constexpr std::uint32_t slot_of(std::uint8_t a, std::uint8_t b, std::uint8_t c, unsigned bits) {
  const std::uint32_t key = (a | 0x20U) | ((b | 0x20U) << 8) | ((c | 0x20U) << 16);
  return (key * 2654435761U) >> (32 - bits);
}

// How often a byte stands in what is scanned: half English and code, half binary. Only an estimate
// that steers the choice of anchors and buckets; a wrong weight costs speed, never a match.
constexpr std::array<float, 256> make_weights() {
  std::array<float, 256> weights{};
  for (auto& weight : weights) weight = 0.002F;
  weights[0] = 0.08F;
  weights[0xFF] = 0.01F;
  constexpr std::string_view kOrder = " etaoinsrlhdcupmfgyb";
  float weight = 0.07F;
  for (const char letter : kOrder) {
    weights[static_cast<std::uint8_t>(letter)] = weight;
    weight *= 0.9F;
  }
  for (const char c : std::string_view("vkwxqjz0123456789._-,/:=()\"'\n"))
    weights[static_cast<std::uint8_t>(c)] = 0.01F;
  for (char c = 'A'; c <= 'Z'; ++c) weights[static_cast<std::uint8_t>(c)] = 0.004F;
  return weights;
}
constexpr auto kWeights = make_weights();

struct Nibbles {
  std::uint16_t low = 0;
  std::uint16_t high = 0;
};

float probability(Nibbles set) {
  float sum = 0;
  for (unsigned high = set.high; high != 0; high &= high - 1) {
    const auto row = static_cast<std::size_t>(std::countr_zero(high)) * 16;
    for (unsigned low = set.low; low != 0; low &= low - 1)
      sum += kWeights[row + static_cast<std::size_t>(std::countr_zero(low))];
  }
  return sum;
}

}  // namespace

bool LiteralSet::has_avx2() {
  return __builtin_cpu_supports("avx2") != 0;
}

LiteralSet::LiteralSet(std::span<const Literal> literals, Kernel kernel)
    : avx2_(kernel == Kernel::kAvx2 || (kernel == Kernel::kBest && has_avx2())) {
  entries_.reserve(literals.size());
  for (const Literal& literal : literals) {
    Entry entry;
    entry.text = literal.text;
    entry.fold_case = literal.fold_case;
    if (literal.fold_case) {
      for (const std::uint8_t byte : as_bytes(literal.text))
        entry.folded.push_back(static_cast<char>(fold(byte)));
    }
    if (literal.text.size() < kMinLength || literal.text.size() > kMaxLength) {
      usable_ = false;
      entries_.push_back(std::move(entry));
      continue;
    }
    longest_ = std::max(longest_, literal.text.size());
    // The rarest window of the literal is the one to look for.
    const ByteView text = as_bytes(literal.text);
    float best = 1e9F;
    for (std::size_t at = 0; at + std::min(kWindow, text.size()) <= text.size(); ++at) {
      float product = 1;
      for (std::size_t i = at; i < std::min(at + kWindow, text.size()); ++i)
        product *= kWeights[literal.fold_case ? fold(text[i]) : text[i]];
      if (product < best) {
        best = product;
        entry.anchor = static_cast<std::uint8_t>(at);
      }
    }
    const std::uint32_t slot =
        slot_of(text[entry.anchor], text[entry.anchor + 1U], text[entry.anchor + 2U], kHashBits);
    present_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    entry.next = heads_[slot];
    entries_.push_back(std::move(entry));
    heads_[slot] = static_cast<std::uint16_t>(entries_.size());
  }
  assign_buckets();
}

void LiteralSet::assign_buckets() {
  std::array<std::array<Nibbles, kWindow>, kBuckets> buckets{};
  std::array<float, kBuckets> costs{};
  for (const Entry& entry : entries_) {
    if (entry.text.size() < kMinLength || entry.text.size() > kMaxLength) continue;
    std::array<Nibbles, kWindow> wanted{};
    const ByteView text = as_bytes(entry.text);
    for (std::size_t i = 0; i < kWindow; ++i) {
      if (entry.anchor + i >= text.size()) {
        wanted[i] = {0xFFFF, 0xFFFF};  // a literal of three bytes does not care about the fourth
        continue;
      }
      const std::uint8_t byte = text[entry.anchor + i];
      wanted[i].low = static_cast<std::uint16_t>(1U << (byte & 15U));
      wanted[i].high = static_cast<std::uint16_t>(1U << (byte >> 4));
      const bool letter = fold(byte) >= 'a' && fold(byte) <= 'z';
      if (entry.fold_case && letter)
        wanted[i].high = static_cast<std::uint16_t>(wanted[i].high | (1U << ((byte ^ 0x20U) >> 4)));
    }
    std::size_t chosen = 0;
    float least = 1e9F;
    std::array<Nibbles, kWindow> merged{};
    float chosen_cost = 0;
    for (std::size_t b = 0; b < kBuckets; ++b) {
      std::array<Nibbles, kWindow> trial = buckets[b];
      float cost = 1;
      for (std::size_t i = 0; i < kWindow; ++i) {
        trial[i].low |= wanted[i].low;
        trial[i].high |= wanted[i].high;
        cost *= probability(trial[i]);
      }
      if (cost - costs[b] < least) {
        least = cost - costs[b];
        chosen = b;
        merged = trial;
        chosen_cost = cost;
      }
    }
    buckets[chosen] = merged;
    costs[chosen] = chosen_cost;
  }
  for (std::size_t b = 0; b < kBuckets; ++b) {
    for (std::size_t i = 0; i < kWindow; ++i) {
      for (std::size_t nibble = 0; nibble < 16; ++nibble) {
        if ((buckets[b][i].low >> nibble & 1U) != 0)
          masks_.low[i][nibble] |= static_cast<std::uint8_t>(1U << b);
        if ((buckets[b][i].high >> nibble & 1U) != 0)
          masks_.high[i][nibble] |= static_cast<std::uint8_t>(1U << b);
      }
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
    low[i] = _mm_load_si128(reinterpret_cast<const __m128i*>(masks_.low[i].data()));
    high[i] = _mm_load_si128(reinterpret_cast<const __m128i*>(masks_.high[i].data()));
  }
  const __m128i nibble = _mm_set1_epi8(0x0F);
  std::size_t at = 0;
  for (; at + kLanes + kWindow - 1 <= bytes.size(); at += kLanes) {
    const std::uint8_t* p = bytes.data() + at;
    __m128i buckets = _mm_set1_epi8(-1);
    for (std::size_t i = 0; i < kWindow; ++i) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
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
    low[i] = _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(masks_.low[i].data())));
    high[i] = _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(masks_.high[i].data())));
  }
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  std::size_t at = 0;
  for (; at + kLanes + kWindow - 1 <= bytes.size(); at += kLanes) {
    const std::uint8_t* p = bytes.data() + at;
    __m256i buckets = _mm256_set1_epi8(-1);
    for (std::size_t i = 0; i < kWindow; ++i) {
      const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i));
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
