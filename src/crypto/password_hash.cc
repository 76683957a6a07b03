#include "crypto/password_hash.h"

#include <argon2.h>

#include <array>
#include <charconv>
#include <optional>

#include "crypto/openssl_owned.h"
#include "crypto/secret.h"

namespace saiph::crypto {

namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kMinPartBytes = 8;
constexpr std::size_t kMaxPartBytes = 64;
constexpr std::string_view kAlgorithm = "$argon2id$";
constexpr std::string_view kVersion = "v=19$";
/// Longer is no string of ours: two parts of 64 bytes and three numbers.
constexpr std::size_t kMaxPhcBytes = 256;

struct Stored {
  Argon2Cost cost;
  Bytes salt;
  Bytes hash;
};

/// Base64 without padding, as the PHC string format has it.
std::string base64(ByteView bytes) {
  Bytes text((bytes.size() + 2) / 3 * 4 + 1);
  const int length = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  std::string out(as_text(ByteView(text).first(static_cast<std::size_t>(length))));
  while (out.ends_with('=')) out.pop_back();
  return out;
}

/// The inverse for 8 to 64 bytes; whether the spelling is the only one is checked by the caller.
std::optional<Bytes> read_base64(std::string_view text) {
  std::string padded(text);
  if (text.empty() || text.size() > (kMaxPartBytes + 2) / 3 * 4 || text.size() % 4 == 1) {
    return std::nullopt;
  }
  while (padded.size() % 4 != 0) padded.push_back('=');
  Bytes out(padded.size() / 4 * 3);
  const ByteView digits = as_bytes(padded);
  const int length = EVP_DecodeBlock(out.data(), digits.data(), static_cast<int>(digits.size()));
  if (length < 0) {
    ERR_clear_error();
    return std::nullopt;
  }
  // The library counts the padding's zero bytes too.
  out.resize(static_cast<std::size_t>(length) - (padded.size() - text.size()));
  if (out.size() < kMinPartBytes || out.size() > kMaxPartBytes) return std::nullopt;
  return out;
}

std::string write_phc(const Stored& stored) {
  std::string out(kAlgorithm);
  out += kVersion;
  out += "m=" + std::to_string(stored.cost.memory_kib) +
         ",t=" + std::to_string(stored.cost.passes) + ",p=" + std::to_string(stored.cost.lanes) +
         "$";
  out += base64(stored.salt);
  out += "$";
  out += base64(stored.hash);
  return out;
}

/// Takes "NAME=NUMBER" and one character behind it.
bool take_number(std::string_view& rest, std::string_view name, char end, std::uint32_t& out) {
  if (!rest.starts_with(name)) return false;
  rest.remove_prefix(name.size());
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), out);
  if (read.ec != std::errc()) return false;
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  if (!rest.starts_with(end)) return false;
  rest.remove_prefix(1);
  return true;
}

Result<Stored> read_phc(std::string_view phc) {
  const auto malformed = [] { return Error(ErrorCode::kMalformed, "not a stored password"); };
  if (phc.size() > kMaxPhcBytes || !phc.starts_with('$')) return malformed();
  std::string_view rest = phc;
  if (!rest.starts_with(kAlgorithm)) {
    return Error(ErrorCode::kUnsupported, "a password stored with another algorithm");
  }
  rest.remove_prefix(kAlgorithm.size());
  if (!rest.starts_with(kVersion)) {
    return Error(ErrorCode::kUnsupported, "a password stored with another version of Argon2");
  }
  rest.remove_prefix(kVersion.size());
  Stored stored;
  if (!take_number(rest, "m=", ',', stored.cost.memory_kib) ||
      !take_number(rest, "t=", ',', stored.cost.passes) ||
      !take_number(rest, "p=", '$', stored.cost.lanes)) {
    return malformed();
  }
  const std::size_t middle = rest.find('$');
  if (middle == std::string_view::npos) return malformed();
  auto salt = read_base64(rest.substr(0, middle));
  auto hash = read_base64(rest.substr(middle + 1));
  if (!salt || !hash) return malformed();
  stored.salt = std::move(*salt);
  stored.hash = std::move(*hash);
  if (write_phc(stored) != phc) return malformed();
  return stored;
}

bool within(const Argon2Cost& cost) {
  return cost.passes >= 1 && cost.passes <= kMaxArgon2Passes && cost.lanes >= 1 &&
         cost.lanes <= kMaxArgon2Lanes && cost.memory_kib >= 8 * cost.lanes &&
         cost.memory_kib <= kMaxArgon2MemoryKib;
}

}  // namespace

Status argon2id(ByteView password, ByteView salt, const Argon2Cost& cost, MutableByteView out,
                const Argon2Extra& extra) {
  if (!within(cost) || password.size() > kMaxPasswordBytes || salt.size() < kMinPartBytes ||
      salt.size() > kMaxPartBytes || out.size() < 4 || out.size() > kMaxPartBytes ||
      extra.secret.size() > kMaxPasswordBytes || extra.associated.size() > kMaxPasswordBytes) {
    return Error(ErrorCode::kInvalidArgument, "outside the limits of password hashing");
  }
  // The library's fields are not const, so it gets copies; they are wiped.
  SecretBytes password_copy(password);
  SecretBytes secret_copy(extra.secret);
  Bytes salt_copy(salt.begin(), salt.end());
  Bytes associated_copy(extra.associated.begin(), extra.associated.end());
  argon2_context context{};
  context.out = out.data();
  context.outlen = static_cast<std::uint32_t>(out.size());
  context.pwd = password_copy.mutable_view().data();
  context.pwdlen = static_cast<std::uint32_t>(password_copy.size());
  context.salt = salt_copy.data();
  context.saltlen = static_cast<std::uint32_t>(salt_copy.size());
  context.secret = secret_copy.mutable_view().data();
  context.secretlen = static_cast<std::uint32_t>(secret_copy.size());
  context.ad = associated_copy.data();
  context.adlen = static_cast<std::uint32_t>(associated_copy.size());
  context.t_cost = cost.passes;
  context.m_cost = cost.memory_kib;
  context.lanes = cost.lanes;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int outcome = argon2_ctx(&context, Argon2_id);
  if (outcome == ARGON2_OK) return {};
  wipe(out);
  if (outcome == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return Error(ErrorCode::kUnavailable, "no memory for hashing a password");
  }
  return Error(ErrorCode::kInternal, "Argon2id failed");
}

Result<std::string> hash_password(ByteView password, const Argon2Cost& cost) {
  Stored stored{cost, Bytes(kSaltBytes), Bytes(kHashBytes)};
  SAIPH_CHECK(random_bytes(stored.salt));
  SAIPH_CHECK(argon2id(password, stored.salt, cost, stored.hash));
  return write_phc(stored);
}

Result<PasswordCheck> verify_password(std::string_view phc, ByteView password,
                                      const Argon2Cost& wanted) {
  SAIPH_TRY(const Stored stored, read_phc(phc));
  if (!within(stored.cost)) {
    return Error(ErrorCode::kLimit, "a stored password asks for more than one hash may cost");
  }
  if (password.size() > kMaxPasswordBytes) return PasswordCheck{};
  SecretBytes hash(stored.hash.size());
  SAIPH_CHECK(argon2id(password, stored.salt, stored.cost, hash.mutable_view()));
  PasswordCheck check;
  check.matches = constant_time_equal(hash.view(), stored.hash);
  check.rehash =
      stored.cost != wanted || stored.salt.size() != kSaltBytes || stored.hash.size() != kHashBytes;
  return check;
}

}  // namespace saiph::crypto
