// Key files: one private signing key in a small text file, plain or sealed with a passphrase.
// Every byte is described in docs/formats/ledger.md, "Key file".
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/signature.h"

namespace saiph::crypto {

/// Cost of scrypt (RFC 7914) for a sealed file: memory is 128 * r * 2^log2_n bytes.
struct ScryptCost {
  std::uint32_t log2_n = 16;  ///< with r = 8: 64 MiB and about 0.2 s, once at start
  std::uint32_t r = 8;
  std::uint32_t p = 1;
};

/// A load never spends more than this, whatever a file asks for.
inline constexpr std::uint64_t kMaxScryptMemory = std::uint64_t{256} << 20;
/// Larger is no key file.
inline constexpr std::size_t kMaxKeyFileBytes = 4096;

/// The text of a key file. An empty passphrase makes a plain one. Errors: kInvalidArgument for a
/// cost over the limits, kUnavailable without randomness, kInternal. Any thread.
Result<SecretBytes> encode_key_file(const SoftwareSigner& signer, ByteView passphrase,
                                    ScryptCost cost = {});

/// Whether such a text is sealed. Errors: kMalformed, kUnsupported (another version). Any thread.
Result<bool> key_file_is_sealed(std::string_view text);

/// The key in such a text. `passphrase` is ignored when the text is plain. Errors: kMalformed
/// (also when the public key named in the file is not the secret's), kUnsupported, kDenied when it
/// is sealed and the passphrase is missing or wrong (or the file was changed: one cannot tell),
/// kLimit when it asks for more scrypt memory than kMaxScryptMemory. Any thread.
Result<std::unique_ptr<SoftwareSigner>> decode_key_file(std::string_view text, ByteView passphrase);

/// Writes a new key file with mode 0600. Written and synced under another name in the same folder,
/// then linked, and the folder synced: after success it survives a power cut, and no half-written
/// file ever has the name. Never overwrites: kDenied when something of that name exists.
/// Other errors: as encode_key_file; kNotFound, kDenied, kUnavailable from the file system.
Status save_key_file(const std::string& path, const SoftwareSigner& signer, ByteView passphrase,
                     ScryptCost cost = {});

/// Reads and checks a key file. A file that group or others may touch, or that belongs to neither
/// this process' user nor root, is kDenied with what to do about it. Other errors: as
/// decode_key_file; kNotFound, kUnavailable.
Result<std::unique_ptr<SoftwareSigner>> load_key_file(const std::string& path, ByteView passphrase);

/// As key_file_is_sealed, for a file; checks its permissions as load_key_file does.
Result<bool> key_file_at_is_sealed(const std::string& path);

/// A signer by name: a path, or a PKCS#11 URI (RFC 7512), which is kUnsupported in this build.
Result<std::unique_ptr<Signer>> open_signer(const std::string& name, ByteView passphrase);

}  // namespace saiph::crypto
