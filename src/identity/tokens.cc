#include "identity/tokens.h"

#include <algorithm>
#include <array>

#include "codec/decompress/crc32.h"
#include "crypto/sha256.h"

namespace saiph::identity {

namespace {

constexpr std::size_t kPrefixCharacters = 10;
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kRandomCharacters = 43;  // 62^43 > 2^256 > 62^42
constexpr std::size_t kCheckCharacters = 6;    // 62^6 > 2^32
constexpr std::uint32_t kBase = 62;
static_assert(kPrefixCharacters + kRandomCharacters + kCheckCharacters == kTokenCharacters);

std::string_view prefix_of(TokenKind kind) {
  static constexpr std::array<std::string_view, 4> kPrefixes = {"saiph_ses_", "saiph_api_",
                                                                "saiph_set_", "saiph_csr_"};
  return kPrefixes[static_cast<std::size_t>(kind)];
}

/// '0'-'9', 'A'-'Z', 'a'-'z', computed: no cache line tells of a digit.
std::uint8_t digit_of(std::uint32_t value) {
  const std::uint32_t letter = (9U - value) >> 31U;  // 1 when value > 9
  const std::uint32_t small = (35U - value) >> 31U;  // 1 when value > 35
  return static_cast<std::uint8_t>('0' + value + letter * ('A' - '9' - 1U) +
                                   small * ('a' - 'Z' - 1U));
}

/// The value of a digit, or kBase.
std::uint32_t value_of(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - unsigned{'0'};
  if (c >= 'A' && c <= 'Z') return c - unsigned{'A'} + 10;
  if (c >= 'a' && c <= 'z') return c - unsigned{'a'} + 36;
  return kBase;
}

/// A big-endian number into digits, the most significant first; `number` is used up.
void write_digits(MutableByteView number, MutableByteView out) {
  for (std::size_t i = out.size(); i-- > 0;) {
    std::uint32_t remainder = 0;
    for (std::uint8_t& byte : number) {
      const std::uint32_t value = remainder << 8 | byte;
      byte = static_cast<std::uint8_t>(value / kBase);
      remainder = value % kBase;
    }
    out[i] = digit_of(remainder);
  }
}

/// False when a character is no digit or the number does not fit.
bool fits(ByteView digits, std::size_t bytes) {
  std::array<std::uint8_t, kRandomBytes> room{};
  const MutableByteView number = MutableByteView(room).first(bytes);
  bool good = true;
  for (const std::uint8_t digit : digits) {
    std::uint32_t carry = value_of(digit);
    good = good && carry < kBase;
    for (std::size_t i = number.size(); i-- > 0;) {
      carry += number[i] * kBase;
      number[i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    good = good && carry == 0;
  }
  crypto::wipe(room);
  return good;
}

void write_check(ByteView body, MutableByteView out) {
  const std::uint32_t crc = codec::crc32(body);
  std::array<std::uint8_t, 4> number = {
      static_cast<std::uint8_t>(crc >> 24), static_cast<std::uint8_t>(crc >> 16),
      static_cast<std::uint8_t>(crc >> 8), static_cast<std::uint8_t>(crc)};
  write_digits(number, out);
}

Digest digest_of(ByteView text) {
  crypto::Sha256 hash;
  hash.update(text);
  return hash.finish();
}

}  // namespace

Result<NewToken> new_token(TokenKind kind) {
  crypto::SecretBytes random(kRandomBytes);
  SAIPH_CHECK(crypto::random_bytes(random.mutable_view()));
  crypto::SecretBytes text(kTokenCharacters);
  const MutableByteView out = text.mutable_view();
  std::ranges::copy(as_bytes(prefix_of(kind)), out.begin());
  write_digits(random.mutable_view(), out.subspan(kPrefixCharacters, kRandomCharacters));
  write_check(out.first(kTokenCharacters - kCheckCharacters), out.last(kCheckCharacters));
  const Digest digest = digest_of(text.view());
  return NewToken(std::move(text), digest);
}

std::optional<Digest> token_digest(std::string_view text, TokenKind kind) {
  if (text.size() != kTokenCharacters || !text.starts_with(prefix_of(kind))) return std::nullopt;
  const ByteView bytes = as_bytes(text);
  if (!fits(bytes.subspan(kPrefixCharacters, kRandomCharacters), kRandomBytes)) {
    return std::nullopt;
  }
  std::array<std::uint8_t, kCheckCharacters> check{};
  write_check(bytes.first(kTokenCharacters - kCheckCharacters), check);
  if (!std::ranges::equal(check, bytes.last(kCheckCharacters))) return std::nullopt;
  return digest_of(bytes);
}

}  // namespace saiph::identity
