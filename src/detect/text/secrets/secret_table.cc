#include "detect/text/secrets/secret_table.h"

#include <array>

#include "detect/rules/secrets.h"

namespace saiph::detect {

namespace {

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
    {"glcbt-", Charset::kUrlSafe, 20, 64, kCode, "GitLab job token"},
    {"glagent-", Charset::kUrlSafe, 40, 64, kCode, "GitLab agent token"},
    {"gloas-", Charset::kLowerHex, 64, 64, kCode, "GitLab application secret"},
    {"glsoat-", Charset::kUrlSafe, 20, 64, kCode, "GitLab SCIM token"},
    {"glft-", Charset::kUrlSafe, 20, 64, kCode, "GitLab feed token"},
    {"glimt-", Charset::kAlnum, 20, 64, kCode, "GitLab incoming mail token"},
    {"ATCTT3xFfGN0", Charset::kBase64, 160, 240, kCode, "Bitbucket access token"},
    {"CCIPAT_", Charset::kUrlSafe, 60, 70, kCode, "CircleCI token"},
    {"bkua_", Charset::kLowerHex, 40, 40, kCode, "Buildkite token"},
    {"sgp_", Charset::kLowerHex, 40, 40, kCode, "Sourcegraph token"},
    {"squ_", Charset::kLowerHex, 40, 40, kCode, "SonarQube user token"},
    {"sqp_", Charset::kLowerHex, 40, 40, kCode, "SonarQube project token"},
    {"CLOJARS_", Charset::kLowerAlnum, 60, 60, kCode, "Clojars token"},
    {"cmVmdGtu", Charset::kAlnum, 56, 56, kCode, "Artifactory reference token"},
    {"phx_", Charset::kAlnum, 43, 48, kService, "PostHog personal key"},
    {"SWMTKN-1-", Charset::kUrlSafe, 70, 90, kCode, "Docker Swarm token"},
    {"tskey-auth-", Charset::kUrlSafe, 30, 64, kCloud, "Tailscale key"},
    {"tskey-api-", Charset::kUrlSafe, 30, 64, kCloud, "Tailscale API key"},
    {"pul-", Charset::kLowerHex, 40, 40, kCloud, "Pulumi token"},
    {"dt0c01.", Charset::kDotted, 80, 100, kCloud, "Dynatrace token"},
    {"flyv1 fm2_", Charset::kBase64, 100, 1000, kCloud, "Fly.io token"},
    {"fo1_", Charset::kUrlSafe, 43, 43, kCloud, "Fly.io organisation token"},
    {"dor_v1_", Charset::kLowerHex, 64, 64, kCloud, "DigitalOcean refresh token"},
    {"sb_secret_", Charset::kUrlSafe, 30, 40, kCloud, "Supabase secret key"},
    {"amzn.mws.", Charset::kDotted, 36, 36, kCloud, "Amazon MWS token"},
    {"ABSKQmVkcm9ja0FQSUtleS", Charset::kBase64, 80, 160, kCloud, "Amazon Bedrock key"},
    {"JQQJ99", Charset::kAlnum, 26, 26, kCloud, "Azure service key", Severity::kHigh,
     Checksum::kNone, 52},
    {"AzSe", Charset::kAlnum, 6, 6, kCloud, "Azure search key", Severity::kHigh, Checksum::kNone,
     42},
    {"+ASt", Charset::kBase64, 8, 8, kCloud, "Azure storage account key", Severity::kHigh,
     Checksum::kNone, 76},
    {":APA91b", Charset::kUrlSafe, 134, 134, kCloud, "Firebase registration token",
     Severity::kMedium, Checksum::kNone, 22},
    {"EAACEdEose0cBA", Charset::kAlnum, 40, 300, kService, "Facebook access token"},
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
    {"csk-", Charset::kLowerAlnum, 48, 48, kAi, "Cerebras key"},
    {"esecret_", Charset::kAlnum, 24, 40, kAi, "Anyscale key"},
    {"sk_car_", Charset::kAlnum, 20, 40, kAi, "Cartesia key"},
    {"e2b_", Charset::kLowerHex, 40, 40, kAi, "E2B key"},
    {"wandb_v1_", Charset::kUrlSafe, 60, 90, kAi, "Weights & Biases key"},
    {"zpka_", Charset::kUrlSafe, 32, 64, kService, "Zuplo key"},
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
    {"rk_test_", Charset::kAlnum, 24, 120, kService, "Stripe restricted test key", Severity::kLow},
    {"shpca_", Charset::kHex, 32, 32, kService, "Shopify custom app token"},
    {"sq0idp-", Charset::kUrlSafe, 22, 22, kService, "Square application id", Severity::kLow},
    {"EAAAE", Charset::kUrlSafe, 59, 59, kService, "Square access token"},
    {"EZAK", Charset::kAlnum, 54, 54, kService, "EasyPost key"},
    {"shippo_live_", Charset::kLowerHex, 40, 40, kService, "Shippo token"},
    {"access_token$production$", Charset::kLowerAlnum, 48, 52, kService, "PayPal Braintree token"},
    {"FLWSECK-", Charset::kUrlSafe, 32, 48, kService, "Flutterwave secret key"},
    {"duffel_live_", Charset::kUrlSafe, 43, 43, kService, "Duffel token"},
    {"xkeysib-", Charset::kUrlSafe, 81, 81, kService, "Brevo key"},
    {"pat-na1-", Charset::kUrlSafe, 36, 36, kService, "HubSpot token"},
    {"pat-eu1-", Charset::kUrlSafe, 36, 36, kService, "HubSpot token"},
    {"tfp_", Charset::kDotted, 55, 64, kService, "Typeform token"},
    {"secret_", Charset::kAlnum, 43, 43, kService, "Notion token"},
    {"lin_oauth_", Charset::kLowerHex, 64, 64, kService, "Linear OAuth token"},
    {"rdme_", Charset::kLowerAlnum, 70, 70, kService, "ReadMe key"},
    {"ops_eyJ", Charset::kBase64, 200, 1000, kService, "1Password service account token"},
    {"pnu_", Charset::kAlnum, 36, 36, kService, "Prefect key"},
    {"sl.u.", Charset::kUrlSafe, 130, 1200, kService, "Dropbox token"},
    {"fio-u-", Charset::kUrlSafe, 64, 64, kService, "Frame.io token"},
    {"sk.eyJ1Ijoi", Charset::kDotted, 50, 160, kService, "Mapbox secret token"},
    {"xoxc-", Charset::kUrlSafe, 60, 120, kService, "Slack client token"},
    {"NRAA-", Charset::kLowerHex, 27, 27, kService, "New Relic administrator key"},
    {"glc_eyJ", Charset::kBase64, 60, 400, kService, "Grafana Cloud token"},
    {"PNU-", Charset::kUrlSafe, 36, 36, kService, "PagerDuty key"},
    {"live_sk_", Charset::kAlnum, 30, 60, kService, "payment service live key"},
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

// Providers whose keys have no mark of their own.
constexpr auto kNears = std::to_array<NearFormat>({
    {"twilio", Charset::kLowerHex, 32, kService, "Twilio auth token"},
    {"datadog", Charset::kLowerHex, 32, kService, "Datadog API key"},
    {"datadog", Charset::kLowerHex, 40, kService, "Datadog application key"},
    {"mailgun", Charset::kLowerHex, 32, kService, "Mailgun key"},
    {"mailchimp", Charset::kLowerHex, 32, kService, "Mailchimp key"},
    {"algolia", Charset::kLowerHex, 32, kService, "Algolia key"},
    {"fastly", Charset::kUrlSafe, 32, kCloud, "Fastly token"},
    {"cloudflare", Charset::kUrlSafe, 40, kCloud, "Cloudflare token"},
    {"cloudflare", Charset::kLowerHex, 37, kCloud, "Cloudflare global key"},
    {"heroku", Charset::kUuid, 36, kCloud, "Heroku key"},
    {"splunk", Charset::kUuid, 36, kService, "Splunk token"},
    {"okta", Charset::kUrlSafe, 42, kService, "Okta token"},
    {"trello", Charset::kLowerHex, 64, kService, "Trello token"},
    {"discord", Charset::kDotted, 72, kService, "Discord bot token"},
    {"fireworks_", Charset::kUrlSafe, 25, kAi, "Fireworks AI key"},
    {"voyage_", Charset::kUrlSafe, 46, kAi, "Voyage AI key"},
    {"firecrawl", Charset::kUrlSafe, 35, kAi, "Firecrawl key"},
    {"together_", Charset::kLowerHex, 64, kAi, "Together AI key"},
    {"mistral", Charset::kAlnum, 32, kAi, "Mistral AI key"},
    {"cohere", Charset::kAlnum, 40, kAi, "Cohere key"},
    {"deepseek", Charset::kUrlSafe, 35, kAi, "DeepSeek key"},
    {"elevenlabs", Charset::kUrlSafe, 51, kAi, "ElevenLabs key"},
    {"wandb", Charset::kLowerHex, 40, kAi, "Weights & Biases key"},
    {"deepgram", Charset::kLowerHex, 40, kAi, "Deepgram key"},
    {"assemblyai", Charset::kLowerHex, 32, kAi, "AssemblyAI key"},
    {"pinecone", Charset::kUuid, 36, kAi, "Pinecone key"},
});

struct Other {
  std::string_view text;
  SecretCheck check;
  bool fold_case = false;
};

constexpr auto kOthers = std::to_array<Other>({
    {"T3BlbkFJ", SecretCheck::kOpenAi},
    {"PRIVATE KEY-----", SecretCheck::kPrivateKey},
    {"PRIVATE KEY BLOCK-----", SecretCheck::kPrivateKey},
    {"PuTTY-User-Key-File-", SecretCheck::kPutty},
    // What "{" and a first member of a JOSE header become in Base64.
    {"eyJhbGci", SecretCheck::kJsonWebToken},  // {"alg"
    {"eyJ0eXAi", SecretCheck::kJsonWebToken},  // {"typ"
    {"eyJraWQi", SecretCheck::kJsonWebToken},  // {"kid"
    {"eyJqa3Ui", SecretCheck::kJsonWebToken},  // {"jku"
    {"eyJjdHki", SecretCheck::kJsonWebToken},  // {"cty"
    {"eyJ4NXQi", SecretCheck::kJsonWebToken},  // {"x5t"
    {"eyAiYWxn", SecretCheck::kJsonWebToken},  // { "alg
    {"eyAidHlw", SecretCheck::kJsonWebToken},  // { "typ
    {"://", SecretCheck::kUrl},
    {":\\/\\/", SecretCheck::kUrl},
    {"password", SecretCheck::kAssignment, true},
    {"passwd", SecretCheck::kAssignment, true},
    {"api_key", SecretCheck::kAssignment, true},
    {"apikey", SecretCheck::kAssignment, true},
    {"api-key", SecretCheck::kAssignment, true},
    {"secret_key", SecretCheck::kAssignment, true},
    {"client_secret", SecretCheck::kAssignment, true},
    {"access_token", SecretCheck::kAssignment, true},
    {"auth_token", SecretCheck::kAssignment, true},
    {"secret_access_key", SecretCheck::kAwsSecret, true},
    {"secretaccesskey", SecretCheck::kAwsSecret, true},
    {"AccountKey=", SecretCheck::kAzureAccount, true},
    {"7Q~", SecretCheck::kAzureAd},
    {"8Q~", SecretCheck::kAzureAd},
    {":AA", SecretCheck::kTelegram},
    {"SG.", SecretCheck::kSendGrid},
    {"secretkey", SecretCheck::kAssignment, true},
    {"private_key", SecretCheck::kAssignment, true},
    {"sig=", SecretCheck::kAzureSas},
});

// Looked for in texts alone: in files they cost more than they find.
constexpr auto kTextOthers = std::to_array<Other>({
    {"bearer ", SecretCheck::kBearer, true},
    {"Basic ", SecretCheck::kBasic},
});

constexpr std::size_t kForFiles = kTokens.size() + kOthers.size();
constexpr std::size_t kAll = kForFiles + kTextOthers.size() + kNears.size();

constexpr auto kLiterals = [] {
  std::array<match::Literal, kAll> all{};
  std::size_t next = 0;
  for (const TokenFormat& token : kTokens) all[next++] = {token.prefix, false};
  for (const Other& other : kOthers) all[next++] = {other.text, other.fold_case};
  for (const Other& other : kTextOthers) all[next++] = {other.text, other.fold_case};
  for (const NearFormat& near : kNears) all[next++] = {near.name, true};
  return all;
}();

constexpr auto kPatterns = [] {
  std::array<SecretPattern, kAll> all{};
  std::size_t next = 0;
  for (const TokenFormat& token : kTokens) all[next++] = {SecretCheck::kToken, &token, nullptr};
  for (const Other& other : kOthers) all[next++] = {other.check, nullptr, nullptr};
  for (const Other& other : kTextOthers) all[next++] = {other.check, nullptr, nullptr};
  for (const NearFormat& near : kNears) all[next++] = {SecretCheck::kNear, nullptr, &near};
  return all;
}();

}  // namespace

std::span<const match::Literal> secret_literals() {
  return kLiterals;
}

std::span<const match::Literal> secret_literals_for_files() {
  return std::span(kLiterals).first(kForFiles);
}

const SecretPattern& secret_pattern_of(std::uint32_t literal) {
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
    case Charset::kLowerAlnum:
      return digit || lower;
    case Charset::kUuid:
      return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-';
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
