#include "identity/passwords.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/byte_scan.h"
#include "base/bytes.h"
#include "base/text.h"
#include "crypto/secret.h"

namespace saiph::identity {

namespace {

/// Passwords that everybody tries first and that are long enough for the rule of length.
constexpr std::array<std::string_view, 20> kCommonest = {
    "1q2w3e4r5t6y",
    "q1w2e3r4t5y6",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "zaq12wsxcde3",
    "zaq1zaq1xsw2xsw2",
    "qazwsxedcrfv",
    "qazwsxedc123",
    "123qweasdzxc",
    "qweasdzxc123",
    "abc123abc123",
    "123456789abc",
    "123123123123",
    "112233445566",
    "121212343434",
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "correct-horse-battery-staple",
    "thequickbrownfox",
    "itsasecret12",
};

/// Words that are a password's only letters too often: "Password2024!!".
constexpr std::array<std::string_view, 46> kCommonWords = {
    "admin",      "administrator", "asdfgh",   "asdfghjkl",  "baseball", "changeit",   "changeme",
    "charlie",    "computer",      "default",  "dragon",     "football", "guest",      "hello",
    "iloveyou",   "internet",      "letmein",  "login",      "master",   "michael",    "monkey",
    "mustang",    "p@ssw0rd",      "p@ssword", "pa$$w0rd",   "pa$$word", "passw0rd",   "password",
    "passphrase", "princess",      "qwerty",   "qwertyuiop", "qwertz",   "qwertzuiop", "root",
    "saiph",      "secret",        "shadow",   "summer",     "sunshine", "superman",   "temporary",
    "test",       "welcome",       "winter",   "zxcvbnm",
};
/// More digits and signs around a common word than this make a password of their own.
constexpr std::size_t kMostAround = 10;
/// "abcabcabcabc": patterns as short as this are the first that a guesser repeats.
constexpr std::size_t kLongestPattern = 4;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

/// A folded copy that is wiped.
crypto::SecretBytes folded(std::string_view text) {
  crypto::SecretBytes out(text.size());
  std::ranges::transform(text, out.mutable_view().begin(),
                         [](char c) { return static_cast<std::uint8_t>(lower(c)); });
  return out;
}

/// Code points, or nothing when it is not valid UTF-8 or has a control character.
std::optional<std::size_t> characters(std::string_view text) {
  ByteView rest = as_bytes(text);
  std::size_t count = 0;
  while (!rest.empty()) {
    if (rest.front() < 0x20 || rest.front() == 0x7F) return std::nullopt;
    const std::size_t length = rest.front() < 0x80 ? 1 : utf8_sequence_length(rest);
    if (length == 0) return std::nullopt;
    rest = rest.subspan(length);
    ++count;
  }
  return count;
}

/// The text is a pattern of this many bytes over and over (the last one may be cut).
bool repeats(std::string_view text, std::size_t period) {
  for (std::size_t i = period; i < text.size(); ++i) {
    if (text[i] != text[i - period]) return false;
  }
  return true;
}

/// "123456789012", "abcdefghijkl" and backwards; digits go on from 9 to 0.
bool counts_up_or_down(std::string_view text) {
  const auto steps = [text](int step) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      const int difference = text[i] - text[i - 1];
      const bool turn = (text[i - 1] == '9' && text[i] == '0' && step == 1) ||
                        (text[i - 1] == '0' && text[i] == '9' && step == -1);
      if (difference != step && !turn) return false;
    }
    return true;
  };
  return steps(1) || steps(-1);
}

/// The text without ASCII digits and signs at both ends.
std::string_view core(std::string_view text) {
  while (!text.empty() && !is_letter(text.front())) text.remove_prefix(1);
  while (!text.empty() && !is_letter(text.back())) text.remove_suffix(1);
  return text;
}

Error refused(const char* reason) {
  return {ErrorCode::kInvalidArgument, reason};
}

}  // namespace

Status check_password_policy(std::string_view password, std::string_view account_name) {
  if (password.size() > crypto::kMaxPasswordBytes) {
    return refused("a password has at most 256 characters");
  }
  const auto length = characters(password);
  if (!length) return refused("a password is text (UTF-8) without control characters");
  if (*length < kMinPasswordCharacters) return refused("a password has at least 12 characters");
  if (*length > kMaxPasswordCharacters) return refused("a password has at most 256 characters");
  const crypto::SecretBytes copy = folded(password);
  const std::string_view text = as_text(copy.view());
  const crypto::SecretBytes name_copy = folded(account_name);
  const std::string_view name = as_text(name_copy.view());
  const std::string_view letters = core(text);
  const bool little_around = text.size() - letters.size() <= kMostAround;
  if (!name.empty() && (text == name || (text.starts_with(name) && repeats(text, name.size())) ||
                        (little_around && !core(name).empty() && letters == core(name)))) {
    return refused("a password is not the account's name, with or without digits around it");
  }
  for (std::size_t period = 1; period <= kLongestPattern; ++period) {
    if (repeats(text, period)) return refused("a password is not a short pattern repeated");
  }
  if (counts_up_or_down(text)) return refused("a password is not a sequence of neighbours");
  if (one_of(kCommonest, text) || (little_around && one_of(kCommonWords, letters))) {
    return refused("this password is among the first that others would try");
  }
  for (const std::string_view word : kCommonWords) {
    if (text.starts_with(word) && repeats(text, word.size())) {
      return refused("this password is among the first that others would try");
    }
  }
  return {};
}

PasswordHasher::PasswordHasher(const PasswordHasherOptions& options, std::string decoy)
    : options_(options), decoy_(std::move(decoy)) {}

Result<std::unique_ptr<PasswordHasher>> PasswordHasher::make(const PasswordHasherOptions& options) {
  if (options.at_once == 0) {
    return Error(ErrorCode::kInvalidArgument, "one password at a time at least must be hashed");
  }
  crypto::SecretBytes random(32);
  SAIPH_CHECK(crypto::random_bytes(random.mutable_view()));
  SAIPH_TRY(std::string decoy, crypto::hash_password(random.view(), options.cost));
  return std::unique_ptr<PasswordHasher>(new PasswordHasher(options, std::move(decoy)));
}

Status PasswordHasher::enter() {
  std::unique_lock lock(mutex_);
  if (running_ >= options_.at_once) {
    if (waiting_ >= options_.waiting) {
      return Error(ErrorCode::kLimit, "too many passwords are being checked at the moment");
    }
    ++waiting_;
    free_.wait(lock, [this] { return running_ < options_.at_once; });
    --waiting_;
  }
  ++running_;
  return {};
}

void PasswordHasher::leave() {
  {
    const std::scoped_lock lock(mutex_);
    --running_;
  }
  free_.notify_one();
}

Result<std::string> PasswordHasher::hash(std::string_view password) {
  SAIPH_CHECK(enter());
  auto result = crypto::hash_password(as_bytes(password), options_.cost);
  leave();
  return result;
}

Result<crypto::PasswordCheck> PasswordHasher::verify(std::string_view phc,
                                                     std::string_view password) {
  SAIPH_CHECK(enter());
  auto result = crypto::verify_password(phc, as_bytes(password), options_.cost);
  leave();
  return result;
}

Status PasswordHasher::verify_nobody(std::string_view password) {
  SAIPH_TRY([[maybe_unused]] const crypto::PasswordCheck check, verify(decoy_, password));
  return {};
}

}  // namespace saiph::identity
