// One-time passwords by time (RFC 6238: SHA-1, six digits, 30 seconds) and recovery codes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "crypto/secret.h"

namespace saiph::identity {

inline constexpr std::size_t kTotpSecretBytes = 20;  ///< RFC 4226, section 4, R6
inline constexpr std::int64_t kTotpStepMs = 30'000;
inline constexpr std::size_t kTotpDigits = 6;

/// A new shared secret. Errors: kUnavailable without randomness. Any thread, as all here.
Result<crypto::SecretBytes> new_totp_secret();

/// The secret as people type it: base32, no padding.
std::string totp_secret_text(ByteView secret);

/// "otpauth://totp/ISSUER:ACCOUNT?secret=...&issuer=ISSUER&algorithm=SHA1&digits=6&period=30" for a
/// QR code; names are percent-encoded (a colon in them too).
std::string totp_uri(ByteView secret, std::string_view issuer, std::string_view account);

/// The code of a step (unix seconds / 30), `digits` 6 to 8 (8 for RFC 6238's own examples). Errors:
/// kUnavailable (SHA-1 forbidden), kInvalidArgument.
Result<std::string> totp_code(ByteView secret, std::uint64_t step,
                              std::size_t digits = kTotpDigits);

/// The step whose code this is, among the present one and its neighbours, each compared in constant
/// time; nothing when it is none of them, when the text is not six digits (spaces are ignored), or
/// when the step is not later than `last_used_step` (RFC 6238, 5.2: one code, one use). On success
/// the caller stores the step as the new last used one BEFORE it lets the person in, by a
/// conditional update, so that two logins at once cannot both win. Errors: kUnavailable,
/// kInvalidArgument (an empty secret, a time before 1970).
Result<std::optional<std::uint64_t>> verify_totp(ByteView secret, std::string_view code,
                                                 UnixMillis now,
                                                 std::optional<std::uint64_t> last_used_step);

/// A code for the day the phone is lost: 80 random bits. With so many a plain hash suffices at
/// rest.
struct RecoveryCode {
  std::string text;  ///< "ABCD-EFGH-IJKL-MNOP", shown once
  Digest digest;     ///< stored; the row is deleted when it is used
};
inline constexpr std::size_t kRecoveryCodeCount = 10;
/// Ten of them. Errors: kUnavailable without randomness.
Result<std::vector<RecoveryCode>> new_recovery_codes();
/// The digest to look up for what a person typed (any case, spaces and hyphens anywhere); nothing
/// when it is no recovery code.
std::optional<Digest> recovery_code_digest(std::string_view typed);

}  // namespace saiph::identity
