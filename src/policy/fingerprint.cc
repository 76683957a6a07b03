#include "policy/fingerprint.h"

#include <fmt/format.h>

#include <string_view>

#include "crypto/sha256.h"

namespace saiph::policy {

Result<std::string> fingerprint_of(const Finding& finding, const FileReport& report) {
  std::string text = "saiph-finding-v1";
  // Length before content: no two lists of fields can give the same text.
  const auto add = [&](std::string_view field) {
    text += fmt::format("\n{}:", field.size());
    text += field;
  };
  add(finding.rule->id);
  add(report.digest ? "digest" : "path");
  add(report.digest ? report.digest->text() : report.path);
  std::string_view place = finding.location.path;
  if (place.starts_with(report.path)) place.remove_prefix(report.path.size());
  add(place);
  add(finding.location.part);
  add(finding.detail);
  add(finding.excerpt);
  SAIPH_TRY(const Digest digest, crypto::sha256(as_bytes(text)));
  return digest.text();
}

Status stamp_fingerprints(FileReport& report) {
  for (Finding& finding : report.findings) {
    SAIPH_TRY(finding.fingerprint, fingerprint_of(finding, report));
  }
  return {};
}

}  // namespace saiph::policy
