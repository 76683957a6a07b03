#include "detect/text/secrets/find_secrets.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "codec/base64/encode_for_test.h"
#include "detect/text/secrets/confirm.h"
#include "detect/text/secrets/places_for_test.h"
#include "detect/text/secrets/secret_table.h"
#include "detect/text/spans/span_list.h"

namespace saiph::detect {
namespace {

// Every credential here is made up at run time, so that the tree holds none.
std::string body(std::size_t length, std::string_view alphabet, std::uint32_t seed = 12345) {
  std::uint32_t state = seed;
  std::string out;
  while (out.size() < length) {
    state = state * 1664525U + 1013904223U;
    out.push_back(alphabet[(state >> 16) % alphabet.size()]);
  }
  return out;
}
constexpr std::string_view kAlnum =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kHex = "0123456789abcdef";

std::string with_checksum(std::string text) {
  auto crc =
      static_cast<std::uint64_t>(crc32(0, as_bytes(text).data(), static_cast<uInt>(text.size())));
  std::string digits(6, '0');
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, crc /= 62) *it = kAlnum[crc % 62];
  return text + digits;
}

/// What the spans of a text cover.
std::vector<std::string> found(std::string_view text) {
  SpanList list;
  find_secrets(text, {}, list);
  std::vector<std::string> out;
  for (const FoundSpan& span : without_overlaps(std::move(list.spans), text.size()))
    out.emplace_back(text.substr(span.where.offset, span.where.length));
  return out;
}

using Texts = std::vector<std::string>;

std::string alphabet_of(Charset charset) {
  std::string out;
  for (int c = 0x21; c < 0x7F; ++c) {
    if (in_charset(charset, static_cast<std::uint8_t>(c)) && c != '=')
      out.push_back(static_cast<char>(c));
  }
  return out;
}

TEST(FindSecrets, KnowsEveryTokenFormatItLists) {
  std::size_t tokens = 0;
  for (std::uint32_t i = 0; i < secret_literals().size(); ++i) {
    const SecretPattern& pattern = secret_pattern_of(i);
    if (pattern.check != SecretCheck::kToken) continue;
    const TokenFormat& format = *pattern.token;
    const std::string alphabet = alphabet_of(format.charset);
    // A body that is no placeholder by chance.
    std::string secret;
    for (std::uint32_t seed = 1; seed < 9; ++seed) {
      secret = format.checksum == Checksum::kGitHub
                   ? with_checksum(body(format.min - 6U, alphabet, seed))
                   : body(format.min, alphabet, seed);
      if (!is_placeholder(secret)) break;
    }
    const std::string front = format.prefix[0] == '.' ? "abcdefghijklmn" : "";
    const std::string token = body(format.back, alphabet, 77) + std::string(format.prefix) + secret;
    ++tokens;
    EXPECT_EQ(found("token = \"" + front + token + "\"\n"), Texts{token}) << format.name;
    EXPECT_EQ(found(front + token), Texts{token}) << format.name;
    // Too short, too long, in the middle of a word, a placeholder.
    const std::string head = front + body(format.back, alphabet, 77) + std::string(format.prefix);
    EXPECT_EQ(found(head + secret.substr(0, format.min / 2U)), Texts{}) << format.name;
    EXPECT_EQ(found(head + body(std::size_t{format.max} + 3U, alphabet)), Texts{}) << format.name;
    if (format.prefix[0] != '.') {
      EXPECT_EQ(found("x" + token), Texts{}) << format.name;
    }
    EXPECT_EQ(found(head + std::string(format.min, 'x')), Texts{}) << format.name;
  }
  EXPECT_GT(tokens, 130U);
}

TEST(FindSecrets, KnowsProvidersWhoseKeysHaveNoMark) {
  std::size_t formats = 0;
  for (std::uint32_t i = 0; i < secret_literals().size(); ++i) {
    const SecretPattern& pattern = secret_pattern_of(i);
    if (pattern.check != SecretCheck::kNear) continue;
    const NearFormat& format = *pattern.near;
    ++formats;
    std::string key = body(format.length, alphabet_of(format.charset), 5);
    if (format.charset == Charset::kUuid) {
      key = body(36, kHex, 5);
      for (const std::size_t at : {8U, 13U, 18U, 23U}) key[at] = '-';
    }
    const std::string name(format.name);
    EXPECT_EQ(found(name + "_api_key = '" + key + "'"), Texts{key}) << format.title;
    EXPECT_EQ(found(name + " digest '" + key + "'"), Texts{}) << format.title;
    EXPECT_EQ(found(name + " sid '" + key + "7'"), Texts{}) << format.title;
    EXPECT_EQ(found("my" + name + " sid '" + key + "'"), Texts{}) << format.title;
  }
  EXPECT_GT(formats, 20U);
}

TEST(FindSecrets, CoversCredentialsOfManyForms) {
  const std::string jwt = codec::encode_base64_for_test(R"({"alg":"HS256","typ":"JWT"})", true) +
                          "." +
                          codec::encode_base64_for_test(R"({"sub":"u1","exp":1999999999})", true) +
                          "." + body(43, kAlnum);
  const std::string aws = body(40, kAlnum);
  const std::string openai = "sk-" + body(20, kAlnum) + "T3BlbkFJ" + body(20, kAlnum);
  const std::string account = body(86, kAlnum) + "==";
  const std::string directory = "aB38Q~" + body(34, kAlnum);
  const std::string telegram = "123987456:AA" + body(33, kAlnum);
  const std::string sendgrid = "SG." + body(22, kAlnum) + "." + body(43, kAlnum);
  const std::string webhook =
      "https://discord.com/api/webhooks/112233445566778899/" + body(60, kAlnum);
  const std::string bearer = body(40, kAlnum);
  const std::string basic = codec::encode_base64_for_test("svc-user:q7Lw9zTbV2", false);
  const std::string signature = body(43, kAlnum) + "%3D";
  const std::pair<std::string, std::string> samples[] = {
      {"use " + jwt + ".", jwt},
      {"aws_secret_access_key = " + aws, aws},
      {"key " + openai + " ok", openai},
      {"AccountName=a;AccountKey=" + account + ";", account},
      {"\"" + directory + "\"", directory},
      {" " + telegram + " ", telegram},
      {sendgrid, sendgrid},
      {"postgres://svc:q7Lw9zTbV2@db.corp-data.net:5432/x", "q7Lw9zTbV2"},
      {"see " + webhook + " now", webhook},
      {"db_password = \"q7Lw9zTbV2mK4xRt8\"", "q7Lw9zTbV2mK4xRt8"},
      {"Authorization: Bearer " + bearer, bearer},
      {"Authorization: Basic " + basic, basic},
      {"https://a.blob.core.windows.net/c?sv=2022-11-02&sp=r&sig=" + signature, signature},
      {"my password is q7Lw9zTb!V2 thanks", "q7Lw9zTb!V2"},
      {"DB_PASSWORD=q7Lw9zTbV2mK4\nX=1", "q7Lw9zTbV2mK4"},
  };
  for (const auto& [text, secret] : samples) EXPECT_EQ(found(text), Texts{secret}) << text;
}

TEST(FindSecrets, TakesPrivateKeysWhole) {
  std::string der("\x30\x82\x01\x00\x02\x01\x00", 7);
  der += body(256 - 3, kAlnum);
  std::string encoded = codec::encode_base64_for_test(der, false);
  std::string lines;
  for (std::size_t i = 0; i < encoded.size(); i += 64) lines += encoded.substr(i, 64) + "\n";
  const std::string key = std::string("-----BEGIN ") + "RSA PRIVATE KEY-----\n" + lines +
                          "-----END " + "RSA PRIVATE KEY-----";
  EXPECT_EQ(found("x\n" + key + "\ny"), Texts{key});
  const std::string putty = std::string("PuTTY-User-Key-") + "File-2: ssh-rsa\nEncryption: none\n" +
                            "Private-Lines: 8\nAAAA\nPrivate-MAC: 0123";
  EXPECT_EQ(found("x\n" + putty + "\ny"), Texts{putty});
}

TEST(FindSecrets, LeavesPlaceholdersAndCodeAlone) {
  for (const std::string& text : Texts{"AKIAIOSFODNN7EXAMPLE",
                                       "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                       "ghp_" + body(36, kAlnum),
                                       "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                       "sk-ant-your-key-here-" + body(80, kAlnum),
                                       "sk-proj-123456789012345678901234567890123456789012345",
                                       "postgres://user:password@db.host.org/x",
                                       "https://user:hunter2hunter2@www.host.org",
                                       "postgres://me:${PASSWORD}@db.host.org/x",
                                       "password = \"password12345678\"",
                                       "password = get_password(user)",
                                       "my password is wrong",
                                       "password: required",
                                       "api_key=settings.API_KEY_V2",
                                       "access_token = resp.json()[\"access_token\"]",
                                       "password = PasswordField(max_length=128)",
                                       "Bearer token123",
                                       "the Basic idea",
                                       "Basic authentication is required",
                                       "apikey: ApiKeyHeaderV2Schema",
                                       "secretkey=$SECRET1aB",
                                       "Twilio docs: https://www.twilio.com/docs/usage/api"}) {
    EXPECT_EQ(found(text), Texts{}) << text;
  }
}

TEST(FindSecrets, FindsOverBordersOfPieces) {
  const std::string token = "ghp_" + with_checksum(body(30, kAlnum));
  for (const std::size_t at : {65'530U, 65'532U, 65'533U, 65'535U, 65'536U, 131'071U}) {
    std::string text(200'000, '.');
    text.replace(at, token.size() + 2, " " + token + " ");
    EXPECT_EQ(found(text), Texts{token}) << at;
  }
}

TEST(FindSecrets, StopsWhenTheSinkDoes) {
  const std::string token = "ghp_" + with_checksum(body(30, kAlnum));
  SpanList list(1);
  find_secrets(token + " " + token, {}, list);
  EXPECT_EQ(list.spans.size(), 1U);
  EXPECT_TRUE(list.full());
}

TEST(FindSecrets, KeepsThePlacesOfItsLiterals) {
  if (std::getenv("SAIPH_UPDATE") != nullptr) {
    update_places_for_test(secret_literals(),
                           SAIPH_SOURCE_DIR "/src/detect/text/secrets/secret_places.cc");
  }
  ASSERT_EQ(secret_places().size(), secret_literals().size())
      << "run this test once with SAIPH_UPDATE=1 and build again";
  EXPECT_LT(match::candidate_rate(secret_literals(), secret_places()), 0.006);
}

}  // namespace
}  // namespace saiph::detect
