#include "detect/literals/patterns.h"

#include <array>
#include <vector>

#include "detect/rules/secrets.h"

namespace saiph::detect {

namespace {

using std::string_view_literals::operator""sv;

constexpr const Rule* kAi = &rules::kSecretAiServiceKey;
constexpr const Rule* kCloud = &rules::kSecretCloudKey;
constexpr const Rule* kCode = &rules::kSecretCodeHostToken;
constexpr const Rule* kService = &rules::kSecretServiceToken;

// Lengths and alphabets as the issuers document or publicly known tokens show. A minimum is the
// shortest form in use; a run longer than the maximum is something else.
constexpr auto kTokens = std::to_array<TokenFormat>({
    {"ghp_", Charset::kAlnum, 36, 36, kCode, "GitHub personal access token", Severity::kHigh,
     Checksum::kGitHub},
    {"gho_", Charset::kAlnum, 36, 36, kCode, "GitHub OAuth token", Severity::kHigh,
     Checksum::kGitHub},
    {"ghu_", Charset::kAlnum, 36, 36, kCode, "GitHub user-to-server token", Severity::kHigh,
     Checksum::kGitHub},
    {"ghs_", Charset::kAlnum, 36, 36, kCode, "GitHub server-to-server token", Severity::kHigh,
     Checksum::kGitHub},
    {"ghr_", Charset::kAlnum, 36, 76, kCode, "GitHub refresh token", Severity::kHigh,
     Checksum::kGitHub},
    {"github_pat_", Charset::kUrlSafe, 82, 82, kCode, "GitHub fine-grained token"},
    {"glpat-", Charset::kDotted, 20, 64, kCode, "GitLab personal access token"},
    {"glrt-", Charset::kDotted, 20, 64, kCode, "GitLab runner token"},
    {"glptt-", Charset::kLowerHex, 40, 40, kCode, "GitLab trigger token"},
    {"gldt-", Charset::kUrlSafe, 20, 64, kCode, "GitLab deploy token"},
    {"npm_", Charset::kAlnum, 36, 36, kCode, "npm access token", Severity::kHigh,
     Checksum::kGitHub},
    {"pypi-AgEIcHlwaS5vcmc", Charset::kUrlSafe, 50, 400, kCode, "PyPI upload token"},
    {"pypi-AgENdGVzdC5weXBpLm9yZ", Charset::kUrlSafe, 50, 400, kCode, "TestPyPI upload token",
     Severity::kMedium},
    {"rubygems_", Charset::kLowerHex, 48, 48, kCode, "RubyGems key"},
    {"dckr_pat_", Charset::kUrlSafe, 27, 36, kCode, "Docker Hub access token"},
    {"ATATT3xFfGF0", Charset::kBase64, 160, 220, kCode, "Atlassian API token"},
    {"ATBB", Charset::kAlnum, 32, 32, kCode, "Bitbucket app password", Severity::kMedium},
    {"sbp_", Charset::kLowerHex, 40, 40, kCloud, "Supabase token"},
    {"AKCp", Charset::kAlnum, 69, 69, kCode, "Artifactory key"},

    // An identifier; its secret is found by kAwsSecret.
    {"AKIA", Charset::kUpper32, 16, 16, kCloud, "AWS access key id", Severity::kMedium},
    {"ASIA", Charset::kUpper32, 16, 16, kCloud, "AWS temporary access key id", Severity::kMedium},
    {"AIza", Charset::kUrlSafe, 35, 35, kCloud, "Google API key"},
    {"GOCSPX-", Charset::kUrlSafe, 28, 28, kCloud, "Google OAuth client secret"},
    {"ya29.", Charset::kUrlSafe, 60, 400, kCloud, "Google OAuth access token", Severity::kMedium},
    {"LTAI", Charset::kAlnum, 20, 26, kCloud, "Alibaba Cloud access key id", Severity::kMedium},
    {"dop_v1_", Charset::kLowerHex, 64, 64, kCloud, "DigitalOcean token"},
    {"doo_v1_", Charset::kLowerHex, 64, 64, kCloud, "DigitalOcean OAuth token"},
    {"dapi", Charset::kLowerHex, 32, 34, kCloud, "Databricks token"},
    {"SharedAccessKey=", Charset::kBase64, 44, 44, kCloud, "Azure shared access key"},
    {"hvs.", Charset::kUrlSafe, 90, 150, kCloud, "HashiCorp Vault token"},
    {"hvb.", Charset::kUrlSafe, 138, 300, kCloud, "HashiCorp Vault batch token"},
    {".atlasv1.", Charset::kUrlSafe, 60, 70, kCloud, "Terraform Cloud token"},
    {"pscale_tkn_", Charset::kDotted, 32, 64, kCloud, "PlanetScale token"},
    {"pscale_pw_", Charset::kDotted, 32, 64, kCloud, "PlanetScale password"},
    {"dp.pt.", Charset::kAlnum, 43, 43, kCloud, "Doppler token"},
    {"AGE-SECRET-KEY-1", Charset::kBech32, 58, 58, &rules::kSecretPrivateKey, "age private key"},

    {"sk-ant-", Charset::kUrlSafe, 80, 140, kAi, "Anthropic API key"},
    {"sk-proj-", Charset::kUrlSafe, 40, 220, kAi, "OpenAI project key"},
    {"sk-svcacct-", Charset::kUrlSafe, 40, 220, kAi, "OpenAI service account key"},
    {"sk-admin-", Charset::kUrlSafe, 40, 220, kAi, "OpenAI admin key"},
    {"sk-or-v1-", Charset::kLowerHex, 64, 64, kAi, "OpenRouter key"},
    {"sk-lf-", Charset::kUrlSafe, 36, 36, kAi, "Langfuse secret key"},
    {"hf_", Charset::kLetters, 34, 34, kAi, "Hugging Face token"},
    {"api_org_", Charset::kLetters, 34, 34, kAi, "Hugging Face organisation token"},
    {"gsk_", Charset::kAlnum, 52, 52, kAi, "Groq API key"},
    {"xai-", Charset::kAlnum, 70, 84, kAi, "xAI API key"},
    {"pplx-", Charset::kAlnum, 48, 56, kAi, "Perplexity API key"},
    {"r8_", Charset::kAlnum, 37, 37, kAi, "Replicate token"},
    {"nvapi-", Charset::kUrlSafe, 60, 70, kAi, "NVIDIA API key"},
    {"lsv2_pt_", Charset::kUrlSafe, 43, 43, kAi, "LangSmith key"},
    {"lsv2_sk_", Charset::kUrlSafe, 43, 43, kAi, "LangSmith service key"},
    {"pcsk_", Charset::kUrlSafe, 60, 80, kAi, "Pinecone key"},
    {"tvly-", Charset::kUrlSafe, 32, 48, kAi, "Tavily key"},
    {"jina_", Charset::kUrlSafe, 60, 60, kAi, "Jina key"},

    {"xoxb-", Charset::kUrlSafe, 40, 90, kService, "Slack bot token"},
    {"xoxp-", Charset::kUrlSafe, 60, 100, kService, "Slack user token"},
    {"xoxa-", Charset::kUrlSafe, 40, 100, kService, "Slack app token"},
    {"xoxs-", Charset::kUrlSafe, 40, 100, kService, "Slack session token"},
    {"xoxe-", Charset::kUrlSafe, 100, 200, kService, "Slack refresh token"},
    {"xapp-", Charset::kUrlSafe, 80, 130, kService, "Slack app-level token"},
    {"sk_live_", Charset::kAlnum, 24, 120, kService, "Stripe secret key"},
    {"rk_live_", Charset::kAlnum, 24, 120, kService, "Stripe restricted key"},
    {"sk_test_", Charset::kAlnum, 24, 120, kService, "Stripe test key", Severity::kLow},
    {"whsec_", Charset::kBase64, 32, 64, kService, "webhook signing secret"},
    {"shpat_", Charset::kHex, 32, 32, kService, "Shopify access token"},
    {"shpss_", Charset::kHex, 32, 32, kService, "Shopify shared secret"},
    {"shppa_", Charset::kHex, 32, 32, kService, "Shopify private app token"},
    {"sq0atp-", Charset::kUrlSafe, 22, 22, kService, "Square access token"},
    {"sq0csp-", Charset::kUrlSafe, 43, 43, kService, "Square application secret"},
    {"lin_api_", Charset::kAlnum, 40, 40, kService, "Linear key"},
    {"ntn_", Charset::kAlnum, 46, 46, kService, "Notion token"},
    {"PMAK-", Charset::kUrlSafe, 59, 59, kService, "Postman key"},
    {"NRAK-", Charset::kUpperAlnum, 27, 27, kService, "New Relic key"},
    {"glsa_", Charset::kUrlSafe, 41, 41, kService, "Grafana service account token"},
    {"figd_", Charset::kUrlSafe, 40, 46, kService, "Figma token"},
    {"sntrys_", Charset::kBase64, 100, 400, kService, "Sentry organisation token"},
    {"sntryu_", Charset::kLowerHex, 64, 64, kService, "Sentry user token"},
    {"nfp_", Charset::kAlnum, 36, 40, kService, "Netlify token"},
    {"CFPAT-", Charset::kUrlSafe, 43, 43, kService, "Contentful token"},
    {"HRKU-", Charset::kUrlSafe, 36, 64, kService, "Heroku key"},
});

struct Other {
  std::string_view text;
  Check check;
  bool fold_case = false;
};

constexpr auto kOthers = std::to_array<Other>({
    {"T3BlbkFJ", Check::kOpenAi},
    {"PRIVATE KEY-----", Check::kPrivateKey},
    {"PRIVATE KEY BLOCK-----", Check::kPrivateKey},
    {"PuTTY-User-Key-File-", Check::kPutty},
    // What "{" and a first member of a JOSE header become in Base64.
    {"eyJhbGci", Check::kJsonWebToken},  // {"alg"
    {"eyJ0eXAi", Check::kJsonWebToken},  // {"typ"
    {"eyJraWQi", Check::kJsonWebToken},  // {"kid"
    {"eyJqa3Ui", Check::kJsonWebToken},  // {"jku"
    {"eyJjdHki", Check::kJsonWebToken},  // {"cty"
    {"eyJ4NXQi", Check::kJsonWebToken},  // {"x5t"
    {"eyAiYWxn", Check::kJsonWebToken},  // { "alg
    {"eyAidHlw", Check::kJsonWebToken},  // { "typ
    {"://", Check::kUrl},
    {":\\/\\/", Check::kUrl},
    {"password", Check::kAssignment, true},
    {"passwd", Check::kAssignment, true},
    {"api_key", Check::kAssignment, true},
    {"apikey", Check::kAssignment, true},
    {"api-key", Check::kAssignment, true},
    {"secret_key", Check::kAssignment, true},
    {"client_secret", Check::kAssignment, true},
    {"access_token", Check::kAssignment, true},
    {"auth_token", Check::kAssignment, true},
    {"secret_access_key", Check::kAwsSecret, true},
    {"secretaccesskey", Check::kAwsSecret, true},
    {"AccountKey=", Check::kAzureAccount, true},
    {"7Q~", Check::kAzureAd},
    {"8Q~", Check::kAzureAd},
    {":AA", Check::kTelegram},
    {"SG.", Check::kSendGrid},

    {"\x7F"
     "ELF",
     Check::kElf},
    {"PE\0\0"sv, Check::kPortable},
    {"\xCF\xFA\xED\xFE", Check::kMachO},
    {"\xCE\xFA\xED\xFE", Check::kMachO},

    {"\x80\x02"
     "c",
     Check::kPickle},
    {"\x80\x02}", Check::kPickle},
    {"\x80\x02]", Check::kPickle},
    {"\x80\x02(", Check::kPickle},
    {"\x80\x02X", Check::kPickle},
    {"\x80\x03"
     "c",
     Check::kPickle},
    {"\x80\x03}", Check::kPickle},
    {"\x80\x03]", Check::kPickle},
    {"\x80\x03(", Check::kPickle},
    {"\x80\x03X", Check::kPickle},
    {"\x80\x04\x95", Check::kPickle},
    {"\x80\x05\x95", Check::kPickle},
    {"\x80\x04\x8c", Check::kPickle},
    {"\x80\x05\x8c", Check::kPickle},
    {"\x80\x04"
     "c",
     Check::kPickle},
    {"\x80\x05"
     "c",
     Check::kPickle},
    {"arrow.py_extension_type", Check::kArrowExtension},
    // Streams without a PROTO opcode, by the modules that do harm.
    {"cos\n", Check::kPickle},
    {"cposix\n", Check::kPickle},
    {"cnt\n", Check::kPickle},
    {"cbuiltins\n", Check::kPickle},
    {"c__builtin__\n", Check::kPickle},
    {"csubprocess\n", Check::kPickle},
    {"crunpy\n", Check::kPickle},
    {"csys\n", Check::kPickle},
    {"cimportlib\n", Check::kPickle},
    {"csocket\n", Check::kPickle},
    {"cpty\n", Check::kPickle},
    {"ccode\n", Check::kPickle},
    {"cwebbrowser\n", Check::kPickle},
    {"ctimeit\n", Check::kPickle},
    {"ccommands\n", Check::kPickle},
    {"\x8c\x02os", Check::kPickle},
    {"\x8c\x05posix", Check::kPickle},
    {"\x8c\x02nt", Check::kPickle},
    {"\x8c\x08"
     "builtins",
     Check::kPickle},
    {"\x8c\x0Asubprocess", Check::kPickle},

    // Tag characters U+E0000..E007F and the variation selectors U+E0100..E01EF.
    {"\xF3\xA0\x80", Check::kHiddenText},
    {"\xF3\xA0\x81", Check::kHiddenText},
    {"\xF3\xA0\x84", Check::kHiddenText},
    {"\xF3\xA0\x85", Check::kHiddenText},
    {"\xF3\xA0\x86", Check::kHiddenText},
    {"\xF3\xA0\x87", Check::kHiddenText},
    // Two zero-width characters in a row: single ones are ordinary typography.
    {"\xE2\x80\x8B\xE2", Check::kHiddenText},
    {"\xE2\x80\x8B\xEF", Check::kHiddenText},
    {"\xE2\x80\x8C\xE2", Check::kHiddenText},
    {"\xE2\x80\x8C\xEF", Check::kHiddenText},
    {"\xE2\x80\x8D\xE2", Check::kHiddenText},
    {"\xE2\x80\x8D\xEF", Check::kHiddenText},
    {"\xE2\x81\xA0\xE2", Check::kHiddenText},
    {"\xE2\x81\xA2\xE2", Check::kHiddenText},
    {"\xE2\x81\xA3\xE2", Check::kHiddenText},
    {"\xE2\x81\xA4\xE2", Check::kHiddenText},
    {"\xEF\xBB\xBF\xE2", Check::kHiddenText},
    {"\xEF\xBB\xBF\xEF", Check::kHiddenText},
    // Two variation selectors U+FE00..FE0F in a row.
    {"\xEF\xB8\x80\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x81\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x82\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x83\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x84\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x85\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x86\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x87\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x88\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x89\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8A\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8B\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8C\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8D\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8E\xEF\xB8", Check::kHiddenText},
    {"\xEF\xB8\x8F\xEF\xB8", Check::kHiddenText},
    {"\\udb40\\ud", Check::kHiddenEscape, true},
    {"\\u200b\\u", Check::kHiddenEscape, true},
    {"\\u200c\\u", Check::kHiddenEscape, true},
    {"\\u200d\\u", Check::kHiddenEscape, true},
    {"\\u2060\\u", Check::kHiddenEscape, true},
    {"\\ufeff\\u", Check::kHiddenEscape, true},
    {"\\ufe00\\ufe0", Check::kHiddenEscape, true},
    {"\\ufe01\\ufe0", Check::kHiddenEscape, true},
    // NOLINTBEGIN(misc-misleading-bidirectional): what is looked for
    {"\xE2\x80\xAA", Check::kBidirectional},
    {"\xE2\x80\xAB", Check::kBidirectional},
    {"\xE2\x80\xAD", Check::kBidirectional},
    {"\xE2\x80\xAE", Check::kBidirectional},
    {"\xE2\x81\xA6", Check::kBidirectional},
    {"\xE2\x81\xA7", Check::kBidirectional},
    {"\xE2\x81\xA8", Check::kBidirectional},
    // NOLINTEND(misc-misleading-bidirectional)
});

constexpr auto kLiterals = [] {
  std::array<match::Literal, kTokens.size() + kOthers.size()> all{};
  std::size_t next = 0;
  for (const TokenFormat& token : kTokens) all[next++] = {token.prefix, false};
  for (const Other& other : kOthers) all[next++] = {other.text, other.fold_case};
  return all;
}();

constexpr auto kPatterns = [] {
  std::array<Pattern, kTokens.size() + kOthers.size()> all{};
  std::size_t next = 0;
  for (const TokenFormat& token : kTokens) all[next++] = {Check::kToken, &token};
  for (const Other& other : kOthers) all[next++] = {other.check, nullptr};
  return all;
}();

}  // namespace

std::span<const match::Literal> literals() {
  return kLiterals;
}

const Pattern& pattern_of(std::uint32_t literal) {
  return kPatterns[literal];
}

bool in_charset(Charset charset, std::uint8_t c) {
  const bool digit = c >= '0' && c <= '9';
  const bool upper = c >= 'A' && c <= 'Z';
  const bool lower = c >= 'a' && c <= 'z';
  switch (charset) {
    case Charset::kAlnum:
      return digit || upper || lower;
    case Charset::kLetters:
      return upper || lower;
    case Charset::kLowerHex:
      return digit || (c >= 'a' && c <= 'f');
    case Charset::kHex:
      return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    case Charset::kUpper32:
      return upper || (c >= '2' && c <= '7');
    case Charset::kUpperAlnum:
      return digit || upper;
    case Charset::kUrlSafe:
      return digit || upper || lower || c == '-' || c == '_';
    case Charset::kBase64:
      return digit || upper || lower || c == '+' || c == '/' || c == '=' || c == '_' || c == '-';
    case Charset::kDotted:
      return digit || upper || lower || c == '-' || c == '_' || c == '.';
    case Charset::kBech32:
      return digit || upper;
  }
  return false;
}

}  // namespace saiph::detect
