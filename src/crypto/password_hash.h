// Password hashing: Argon2id (RFC 9106), written as a PHC string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace saiph::crypto {

/// What one hash costs. The defaults (19 MiB, two passes, one lane) are the first of the equivalent
/// settings that OWASP's password storage guidance names; about 25 ms here.
struct Argon2Cost {
  std::uint32_t memory_kib = 19'456;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;  ///< computed one after another: threads are not started

  bool operator==(const Argon2Cost&) const = default;
};

/// A stored hash never makes us spend more than this, whatever it asks for.
inline constexpr std::uint32_t kMaxArgon2MemoryKib = 256U << 10;
inline constexpr std::uint32_t kMaxArgon2Passes = 16;
inline constexpr std::uint32_t kMaxArgon2Lanes = 8;
/// Longer passwords are refused before anything is hashed.
inline constexpr std::size_t kMaxPasswordBytes = 1024;

/// The optional inputs of RFC 9106, section 3.1: secret value K and associated data X.
struct Argon2Extra {
  ByteView secret;
  ByteView associated;
};

/// Argon2id version 0x13 into `out` (4 to 64 bytes); salt 8 to 64 bytes. Errors: kInvalidArgument
/// for anything outside these ranges and the maxima above, kUnavailable without memory. Any thread;
/// allocates cost.memory_kib and wipes it.
Status argon2id(ByteView password, ByteView salt, const Argon2Cost& cost, MutableByteView out,
                const Argon2Extra& extra = {});

/// "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH": 16 random bytes of salt, 32 of hash, base64 without
/// padding. Errors: as argon2id, kInvalidArgument for a password over kMaxPasswordBytes,
/// kUnavailable without randomness. Any thread.
Result<std::string> hash_password(ByteView password, const Argon2Cost& cost = {});

struct PasswordCheck {
  bool matches = false;
  /// The hash was made with other parameters than `wanted`: hash anew while the password is here.
  bool rehash = false;
};

/// Compares in constant time; a password over kMaxPasswordBytes never matches. Errors: kMalformed
/// when `phc` is not exactly a string as hash_password writes it, kUnsupported for another
/// algorithm or version, kLimit when it asks for more than the maxima, kUnavailable. Any thread.
Result<PasswordCheck> verify_password(std::string_view phc, ByteView password,
                                      const Argon2Cost& wanted = {});

}  // namespace saiph::crypto
