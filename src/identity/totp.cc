#include "identity/totp.h"

#include <algorithm>
#include <array>

#include "codec/base32/base32.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"
#include "identity/url.h"

namespace saiph::identity {

namespace {

constexpr std::size_t kRecoveryBytes = 10;
constexpr std::size_t kRecoveryCharacters = 16;
constexpr std::size_t kRecoveryGroup = 4;
/// Nobody types more than a code with a few spaces; longer texts are not even normalised.
constexpr std::size_t kMaxTyped = 64;

/// What a person typed without spaces and hyphens, in upper case.
std::string normalised(std::string_view typed) {
  std::string out;
  if (typed.size() > kMaxTyped) return out;
  for (const char c : typed) {
    if (c == ' ' || c == '-') continue;
    out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return out;
}

Digest recovery_digest(std::string_view code) {
  crypto::Sha256 hash;
  hash.update(as_bytes("saiph recovery code\n"));
  hash.update(as_bytes(code));
  return hash.finish();
}

}  // namespace

Result<crypto::SecretBytes> new_totp_secret() {
  crypto::SecretBytes secret(kTotpSecretBytes);
  SAIPH_CHECK(crypto::random_bytes(secret.mutable_view()));
  return secret;
}

std::string totp_secret_text(ByteView secret) {
  return codec::encode_base32(secret);
}

std::string totp_uri(ByteView secret, std::string_view issuer, std::string_view account) {
  std::string uri = "otpauth://totp/";
  append_percent(uri, issuer);
  uri.push_back(':');
  append_percent(uri, account);
  uri += "?secret=" + codec::encode_base32(secret);
  append_parameter(uri, "issuer", issuer);
  uri += "&algorithm=SHA1&digits=6&period=30";
  return uri;
}

Result<std::string> totp_code(ByteView secret, std::uint64_t step, std::size_t digits) {
  if (secret.empty() || digits < 6 || digits > 8) {
    return Error(ErrorCode::kInvalidArgument, "no secret, or a code of other than 6 to 8 digits");
  }
  std::array<std::uint8_t, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<std::uint8_t>(step >> (56 - 8 * i));
  }
  SAIPH_TRY(const auto hash, crypto::hmac_sha1(secret, counter));
  // Dynamic truncation, RFC 4226, 5.3.
  const std::size_t at = hash.back() & 15U;
  std::uint32_t value = (std::uint32_t{hash[at]} & 0x7FU) << 24 |
                        std::uint32_t{hash[at + 1]} << 16 | std::uint32_t{hash[at + 2]} << 8 |
                        hash[at + 3];
  std::string code(digits, '0');
  for (std::size_t i = digits; i-- > 0; value /= 10) code[i] = static_cast<char>('0' + value % 10);
  return code;
}

Result<std::optional<std::uint64_t>> verify_totp(ByteView secret, std::string_view code,
                                                 UnixMillis now,
                                                 std::optional<std::uint64_t> last_used_step) {
  if (secret.empty() || now < 0) {
    return Error(ErrorCode::kInvalidArgument, "no secret, or a time before 1970");
  }
  std::string digits;
  for (const char c : code.substr(0, kMaxTyped)) {
    if (c == ' ') continue;
    if (c < '0' || c > '9') return std::optional<std::uint64_t>();
    digits.push_back(c);
  }
  if (digits.size() != kTotpDigits || code.size() > kMaxTyped) {
    return std::optional<std::uint64_t>();
  }
  const auto present = static_cast<std::uint64_t>(now / kTotpStepMs);
  std::optional<std::uint64_t> found;
  // All steps of the window are computed, so that the time does not tell which one it was.
  for (std::uint64_t step = present == 0 ? 0 : present - 1; step <= present + 1; ++step) {
    SAIPH_TRY(const std::string expected, totp_code(secret, step));
    const bool same = crypto::constant_time_equal(as_bytes(expected), as_bytes(digits));
    if (same && (!last_used_step || step > *last_used_step)) found = step;
  }
  return found;
}

Result<std::vector<RecoveryCode>> new_recovery_codes() {
  std::vector<RecoveryCode> codes;
  for (std::size_t i = 0; i < kRecoveryCodeCount; ++i) {
    crypto::SecretBytes random(kRecoveryBytes);
    SAIPH_CHECK(crypto::random_bytes(random.mutable_view()));
    const std::string plain = codec::encode_base32(random.view());
    RecoveryCode code;
    code.digest = recovery_digest(plain);
    for (std::size_t at = 0; at < plain.size(); at += kRecoveryGroup) {
      if (at > 0) code.text.push_back('-');
      code.text += plain.substr(at, kRecoveryGroup);
    }
    codes.push_back(std::move(code));
  }
  return codes;
}

std::optional<Digest> recovery_code_digest(std::string_view typed) {
  const std::string plain = normalised(typed);
  if (plain.size() != kRecoveryCharacters || !codec::decode_base32_exact(plain)) {
    return std::nullopt;
  }
  return recovery_digest(plain);
}

}  // namespace saiph::identity
