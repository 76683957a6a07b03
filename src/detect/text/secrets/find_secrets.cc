#include "detect/text/secrets/find_secrets.h"

#include <algorithm>
#include <array>
#include <vector>

#include "detect/rules/secrets.h"
#include "detect/text/secrets/confirm.h"
#include "detect/text/secrets/secret_table.h"
#include "match/literals/literal_set.h"

namespace saiph::detect {

namespace {

constexpr auto kTypes = std::to_array<SpanType>({
    {"secret.private-key", "PRIVATE_KEY", "private key", &rules::kSecretPrivateKey},
    {"secret.cloud-key", "CLOUD_KEY", "cloud access key", &rules::kSecretCloudKey},
    {"secret.ai-service-key", "AI_SERVICE_KEY", "key of an AI service",
     &rules::kSecretAiServiceKey},
    {"secret.code-host-token", "CODE_HOST_TOKEN", "token of a code host or package registry",
     &rules::kSecretCodeHostToken},
    {"secret.service-token", "SERVICE_TOKEN", "token of an online service",
     &rules::kSecretServiceToken},
    {"secret.url-password", "PASSWORD", "password in an address", &rules::kSecretUrlPassword},
    {"secret.json-web-token", "JSON_WEB_TOKEN", "JSON Web Token", &rules::kSecretJsonWebToken},
    {"secret.assignment", "SECRET", "value given to a name for secrets", &rules::kSecretAssignment},
});

const SpanType* type_of(const Rule* rule) {
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(),
                                         [&](const SpanType& type) { return type.rule == rule; });
  return found == kTypes.end() ? nullptr : found;
}

const match::LiteralSet& literal_set() {
  static const match::LiteralSet set(secret_literals(), secret_places());
  return set;
}

}  // namespace

std::span<const SpanType> secret_types() {
  return kTypes;
}

void find_secrets(std::string_view text, const SecretOptions& options, SpanSink& sink) {
  // Pieces bound the memory for hits; a literal on a border is found in the piece it ends in.
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  const match::LiteralSet& set = literal_set();
  const ByteView bytes = as_bytes(text);
  std::vector<match::LiteralMatch> matches;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::size_t start = at - std::min(at, set.longest() - 1);
    matches.clear();
    set.search(bytes.subspan(start, std::min(kPiece + at - start, bytes.size() - start)), start,
               matches);
    for (const match::LiteralMatch& match : matches) {
      const auto offset = static_cast<std::size_t>(match.offset);
      const std::size_t literal = set.length_of(match.literal);
      if (offset + literal <= at) continue;  // stands wholly in the piece before
      const SecretPattern& pattern = secret_pattern_of(match.literal);
      const std::size_t before = std::min(offset, Around::kBefore);
      const Around around{bytes.subspan(offset - before, before),
                          bytes.subspan(offset, std::min(bytes.size() - offset, Around::kAfter)),
                          literal};
      std::optional<Confirmed> confirmed;
      if (pattern.check == SecretCheck::kAssignment) {
        if (!options.assignments) continue;
        confirmed = confirm_secret(pattern, around);
        if (!confirmed) confirmed = confirm_plain_assignment(around);
      } else {
        confirmed = confirm_secret(pattern, around);
        if (!confirmed && pattern.check == SecretCheck::kUrl)
          confirmed = confirm_data_collector(around);
      }
      if (!confirmed || confirmed->length == 0 || confirmed->confidence < options.least_confidence)
        continue;
      const SpanType* const type = type_of(confirmed->rule);
      if (type == nullptr) continue;
      const std::int64_t begin =
          static_cast<std::int64_t>(offset) + confirmed->shift + confirmed->inner;
      const FoundSpan found{type,
                            {static_cast<std::size_t>(begin), confirmed->length},
                            confirmed->confidence,
                            confirmed->severity.value_or(confirmed->rule->severity),
                            confirmed->name};
      if (!sink.span(found)) return;
    }
  }
}

}  // namespace saiph::detect
