#include "crypto/key_file.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/file.h"
#include "base/text.h"

namespace saiph::crypto {

namespace {

constexpr std::string_view kFirstLine = "saiph-key-file-v1";
constexpr std::string_view kFamily = "saiph-key-file-v";
constexpr std::string_view kPlain = "none";
constexpr std::string_view kSealed = "scrypt-aes-256-gcm";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct Seal {
  ScryptCost cost;
  Bytes salt;
  Bytes nonce;
};

struct KeyFile {
  SignatureAlgorithm algorithm{};
  Bytes public_raw;
  std::optional<Seal> seal;
  std::string_view authenticated;  ///< everything before the secret's digits
  SecretBytes secret;              ///< plain, or ciphertext and tag
};

Error malformed(std::string message) {
  return {ErrorCode::kMalformed, "not a key file: " + std::move(message)};
}

/// Hexadecimal written without a table, so that no cache line tells of a secret's digits.
char hex_character(unsigned value) {
  return static_cast<char>('0' + value + (((9U - value) >> 8U) & ('a' - '0' - 10U)));
}

template <typename Text>
void append_hex(Text& out, ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    out.push_back(hex_character(byte >> 4U));
    out.push_back(hex_character(byte & 15U));
  }
}

bool read_hex(std::string_view text, MutableByteView out) {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char high = text[2 * i];
    const char low = text[2 * i + 1];
    if ((high >= 'A' && high <= 'F') || (low >= 'A' && low <= 'F')) return false;
    const int value = hex_digit(high) * 16 + hex_digit(low);
    if (hex_digit(high) < 0 || hex_digit(low) < 0) return false;
    out[i] = static_cast<std::uint8_t>(value);
  }
  return true;
}

/// Takes "NAME: VALUE\n" off the text.
bool take_field(std::string_view& rest, std::string_view name, std::string_view& value) {
  if (!rest.starts_with(name) || !rest.substr(name.size()).starts_with(": ")) return false;
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  value = rest.substr(name.size() + 2, end - name.size() - 2);
  rest.remove_prefix(end + 1);
  return true;
}

/// Takes "NAME=VALUE", behind a space, off a list.
bool take_parameter(std::string_view& rest, std::string_view name, std::string_view& value) {
  if (!rest.starts_with(' ')) return false;
  rest.remove_prefix(1);
  if (!rest.starts_with(name) || !rest.substr(name.size()).starts_with('=')) return false;
  rest.remove_prefix(name.size() + 1);
  value = rest.substr(0, rest.find(' '));
  rest.remove_prefix(value.size());
  return true;
}

bool read_number(std::string_view text, std::uint32_t& out) {
  if (text.empty() || text.size() > 9 || (text[0] == '0' && text.size() > 1)) return false;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  return end.ec == std::errc() && end.ptr == text.data() + text.size();
}

Status check_cost(const ScryptCost& cost, ErrorCode code) {
  const auto refuse = [code] {
    return Error(code,
                 "scrypt cost outside the limits (log2n 10 to 20, r 1 to 32, p 1 to 4, "
                 "memory at most 256 MiB)");
  };
  if (cost.log2_n < 10 || cost.log2_n > 20 || cost.r < 1 || cost.r > 32 || cost.p < 1 ||
      cost.p > 4 || (std::uint64_t{128} * cost.r << cost.log2_n) > kMaxScryptMemory) {
    return refuse();
  }
  return {};
}

Result<Seal> parse_seal(std::string_view text) {
  text.remove_prefix(kSealed.size());
  Seal seal;
  seal.salt.resize(kSaltBytes);
  seal.nonce.resize(kNonceBytes);
  std::string_view log2_n;
  std::string_view r;
  std::string_view p;
  std::string_view salt;
  std::string_view nonce;
  if (!take_parameter(text, "log2n", log2_n) || !take_parameter(text, "r", r) ||
      !take_parameter(text, "p", p) || !take_parameter(text, "salt", salt) ||
      !take_parameter(text, "nonce", nonce) || !text.empty() ||
      !read_number(log2_n, seal.cost.log2_n) || !read_number(r, seal.cost.r) ||
      !read_number(p, seal.cost.p) || !read_hex(salt, seal.salt) || !read_hex(nonce, seal.nonce)) {
    return malformed("the line 'seal' is broken");
  }
  SAIPH_CHECK(check_cost(seal.cost, ErrorCode::kLimit));
  return seal;
}

Result<KeyFile> parse(std::string_view text) {
  if (text.size() > kMaxKeyFileBytes) return malformed("too long");
  std::string_view rest = text;
  const std::string_view first = rest.substr(0, rest.find('\n'));
  if (first != kFirstLine) {
    if (first.starts_with(kFamily)) {
      return Error(ErrorCode::kUnsupported, "this version of key file is not read");
    }
    return malformed("the first line is another");
  }
  if (first.size() == rest.size()) return malformed("it ends after the first line");
  rest.remove_prefix(first.size() + 1);
  std::string_view algorithm;
  std::string_view public_hex;
  std::string_view seal;
  std::string_view secret;
  if (!take_field(rest, "algorithm", algorithm) || !take_field(rest, "public", public_hex) ||
      !take_field(rest, "seal", seal)) {
    return malformed("a line is missing or out of order");
  }
  KeyFile file;
  file.authenticated =
      text.substr(0, text.size() - rest.size() + std::string_view("secret: ").size());
  if (!take_field(rest, "secret", secret) || !rest.empty()) {
    return malformed("the line 'secret' is missing, cut or not the last");
  }
  const auto known = parse_signature_algorithm(algorithm);
  if (!known) return Error(ErrorCode::kUnsupported, "a key file of an unknown algorithm");
  file.algorithm = *known;
  file.public_raw.resize(public_hex.size() / 2);
  if (!read_hex(public_hex, file.public_raw)) return malformed("the line 'public' is broken");
  std::size_t secret_bytes = kSecretBytes;
  if (seal.starts_with(kSealed)) {
    SAIPH_TRY(file.seal, parse_seal(seal));
    secret_bytes += kTagBytes;
  } else if (seal != kPlain) {
    return Error(ErrorCode::kUnsupported, "a key file sealed in an unknown way");
  }
  file.secret = SecretBytes(secret_bytes);
  if (!read_hex(secret, file.secret.mutable_view()))
    return malformed("the line 'secret' is broken");
  return file;
}

Result<SecretBytes> derive(ByteView passphrase, const Seal& seal) {
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> scrypt(
      EVP_KDF_fetch(nullptr, "SCRYPT", nullptr), &EVP_KDF_free);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
      scrypt ? EVP_KDF_CTX_new(scrypt.get()) : nullptr, &EVP_KDF_CTX_free);
  std::uint64_t n = std::uint64_t{1} << seal.cost.log2_n;
  std::uint32_t r = seal.cost.r;
  std::uint32_t p = seal.cost.p;
  std::uint64_t memory = kMaxScryptMemory + (std::uint64_t{1} << 20);
  SecretBytes secret(passphrase);
  Bytes salt = seal.salt;
  std::array parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, secret.mutable_view().data(),
                                        secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end(),
  };
  SecretBytes key(32);
  if (!context || EVP_KDF_derive(context.get(), key.mutable_view().data(), key.size(),
                                 parameters.data()) != 1) {
    ERR_clear_error();
    return Error(ErrorCode::kInternal, "scrypt failed (too little memory?)");
  }
  return key;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using Cipher = std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)>;

Result<SecretBytes> encrypt(ByteView plain, ByteView key, ByteView nonce, std::string_view aad) {
  const Cipher cipher(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), &EVP_CIPHER_free);
  const CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  SecretBytes out(plain.size() + kTagBytes);
  const MutableByteView bytes = out.mutable_view();
  const ByteView header = as_bytes(aad);
  int length = 0;
  if (!cipher || !context ||
      EVP_EncryptInit_ex2(context.get(), cipher.get(), key.data(), nonce.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &length, header.data(),
                        static_cast<int>(header.size())) != 1 ||
      EVP_EncryptUpdate(context.get(), bytes.data(), &length, plain.data(),
                        static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), bytes.data() + plain.size(), &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          bytes.data() + plain.size()) != 1) {
    ERR_clear_error();
    return Error(ErrorCode::kInternal, "AES-256-GCM failed");
  }
  return out;
}

Result<SecretBytes> decrypt(ByteView sealed, ByteView key, ByteView nonce, std::string_view aad) {
  const Cipher cipher(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), &EVP_CIPHER_free);
  const CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  SecretBytes out(kSecretBytes);
  Bytes tag(sealed.begin() + kSecretBytes, sealed.end());
  const ByteView header = as_bytes(aad);
  std::array<std::uint8_t, kTagBytes> end{};
  int length = 0;
  if (!cipher || !context ||
      EVP_DecryptInit_ex2(context.get(), cipher.get(), key.data(), nonce.data(), nullptr) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &length, header.data(),
                        static_cast<int>(header.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), out.mutable_view().data(), &length, sealed.data(),
                        kSecretBytes) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), end.data(), &length) != 1) {
    ERR_clear_error();
    return Error(ErrorCode::kDenied,
                 "the key file does not open: the passphrase is wrong, or the file was changed");
  }
  return out;
}

Error system_error(const std::string& what, int number) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (number == ENOENT || number == ENOTDIR) code = ErrorCode::kNotFound;
  if (number == EACCES || number == EPERM || number == EEXIST) code = ErrorCode::kDenied;
  return {code, what + ": " + system_message(number)};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status write_all(int descriptor, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ::ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return system_error("cannot write " + path, n < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

/// The whole text of a key file whose owner and mode are as they must be.
Result<SecretBytes> read_guarded(const std::string& path) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_error("cannot open the key file " + path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot stat " + path, errno);
  if (!S_ISREG(status.st_mode)) return malformed(path + " is no regular file");
  if ((status.st_mode & 077U) != 0) {
    std::string mode = "0";
    for (const unsigned shift : {6U, 3U, 0U}) {
      mode += static_cast<char>('0' + ((status.st_mode >> shift) & 7U));
    }
    return Error(ErrorCode::kDenied,
                 "the key file " + path + " has mode " + mode +
                     ", so that others than its owner may use it: "
                     "run 'chmod 600' on it, and replace the key if others did");
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return Error(ErrorCode::kDenied, "the key file " + path +
                                         " belongs to another user, who can change it at any time");
  }
  if (status.st_size < 0 || static_cast<std::uint64_t>(status.st_size) > kMaxKeyFileBytes) {
    return malformed(path + " is too long");
  }
  SecretBytes text(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < text.size()) {
    const ::ssize_t n = ::read(file.get(), text.mutable_view().data() + have, text.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("cannot read " + path, errno);
    if (n == 0) return Error(ErrorCode::kUnavailable, path + " shrank while it was read");
    have += static_cast<std::size_t>(n);
  }
  return text;
}

}  // namespace

Result<SecretBytes> encode_key_file(const SoftwareSigner& signer, ByteView passphrase,
                                    ScryptCost cost) {
  std::string head(kFirstLine);
  head += "\nalgorithm: ";
  head += signature_algorithm_name(signer.public_key().algorithm());
  head += "\npublic: ";
  append_hex(head, signer.public_key().raw());
  head += "\nseal: ";
  SecretBytes secret(signer.secret());
  if (passphrase.empty()) {
    head += kPlain;
    head += "\nsecret: ";
  } else {
    SAIPH_CHECK(check_cost(cost, ErrorCode::kInvalidArgument));
    Seal seal{cost, Bytes(kSaltBytes), Bytes(kNonceBytes)};
    SAIPH_CHECK(random_bytes(seal.salt));
    SAIPH_CHECK(random_bytes(seal.nonce));
    head += kSealed;
    head += " log2n=" + std::to_string(cost.log2_n) + " r=" + std::to_string(cost.r) +
            " p=" + std::to_string(cost.p) + " salt=";
    append_hex(head, seal.salt);
    head += " nonce=";
    append_hex(head, seal.nonce);
    head += "\nsecret: ";
    SAIPH_TRY(const SecretBytes key, derive(passphrase, seal));
    SAIPH_TRY(secret, encrypt(signer.secret(), key.view(), seal.nonce, head));
  }
  SecretBytes out(head.size() + 2 * secret.size() + 1);
  const MutableByteView bytes = out.mutable_view();
  std::size_t at = 0;
  for (const std::uint8_t c : as_bytes(head)) bytes[at++] = c;
  for (const std::uint8_t byte : secret.view()) {
    bytes[at++] = static_cast<std::uint8_t>(hex_character(byte >> 4U));
    bytes[at++] = static_cast<std::uint8_t>(hex_character(byte & 15U));
  }
  bytes[at] = '\n';
  return out;
}

Result<bool> key_file_is_sealed(std::string_view text) {
  SAIPH_TRY(const KeyFile file, parse(text));
  return file.seal.has_value();
}

Result<std::unique_ptr<SoftwareSigner>> decode_key_file(std::string_view text,
                                                        ByteView passphrase) {
  SAIPH_TRY(KeyFile file, parse(text));
  if (file.seal) {
    if (passphrase.empty()) {
      return Error(ErrorCode::kDenied, "the key file is sealed: its passphrase is needed");
    }
    SAIPH_TRY(const SecretBytes key, derive(passphrase, *file.seal));
    SAIPH_TRY(file.secret,
              decrypt(file.secret.view(), key.view(), file.seal->nonce, file.authenticated));
  }
  SAIPH_TRY(auto signer, SoftwareSigner::from_secret(file.algorithm, file.secret.view()));
  if (signer->public_key().raw() != file.public_raw) {
    return malformed("its public key is not that of its secret");
  }
  return signer;
}

Status save_key_file(const std::string& path, const SoftwareSigner& signer, ByteView passphrase,
                     ScryptCost cost) {
  SAIPH_TRY(const SecretBytes text, encode_key_file(signer, passphrase, cost));
  const std::string folder = folder_of(path);
  const FileHandle directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return system_error("cannot open the folder " + folder, errno);
  std::array<std::uint8_t, 8> random{};
  SAIPH_CHECK(random_bytes(random));
  std::string temporary = path + ".new-";
  append_hex(temporary, random);
  // O_EXCL with a random name: nobody's file or link is followed or overwritten.
  const FileHandle file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return system_error("cannot make " + temporary, errno);
  Status status = write_all(file.get(), text.view(), temporary);
  if (status && ::fsync(file.get()) != 0) status = system_error("cannot sync " + temporary, errno);
  // link, not rename: it fails when the name is taken.
  if (status && ::link(temporary.c_str(), path.c_str()) != 0) {
    status = errno == EEXIST
                 ? Error(ErrorCode::kDenied, path + " exists; a key file is never overwritten")
                 : system_error("cannot make " + path, errno);
  }
  ::unlink(temporary.c_str());
  if (status && ::fsync(directory.get()) != 0) {
    status = system_error("cannot sync the folder " + folder, errno);
  }
  return status;
}

Result<std::unique_ptr<SoftwareSigner>> load_key_file(const std::string& path,
                                                      ByteView passphrase) {
  SAIPH_TRY(const SecretBytes text, read_guarded(path));
  auto signer = decode_key_file(as_text(text.view()), passphrase);
  if (!signer) return signer.error().wrap("cannot use the key file " + path);
  return signer;
}

Result<bool> key_file_at_is_sealed(const std::string& path) {
  SAIPH_TRY(const SecretBytes text, read_guarded(path));
  return key_file_is_sealed(as_text(text.view()));
}

Result<std::unique_ptr<Signer>> open_signer(const std::string& name, ByteView passphrase) {
  if (name.starts_with("pkcs11:")) {
    return Error(ErrorCode::kUnsupported, "PKCS#11 URIs are not supported by this build");
  }
  SAIPH_TRY(auto signer, load_key_file(name, passphrase));
  return std::unique_ptr<Signer>(std::move(signer));
}

}  // namespace saiph::crypto
