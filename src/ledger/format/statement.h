// The in-toto Statement v1: what a piece of evidence says, about which bytes.
// Source: in-toto attestation framework, spec/v1 (Statement, ResourceDescriptor, DigestSet).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace saiph::ledger {

inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";

/// What an entry is. The number is internal; the URI is what is stored.
enum class PredicateType : std::uint8_t {
  kScanReport,
  kRequestBatch,
  kTestReport,
  kHostReport,
  kAttestation,
  kConfigurationChange,
  kIncidentStateChange,
  kAssessment,
  kHeartbeat,
  kAuditorRead,
  kKeyRotation,
};
inline constexpr std::size_t kPredicateTypeCount = 11;

/// "urn:saiph:predicate:scan-report:v1": a TypeURI (RFC 3986, lower case) that claims nobody's
/// domain and does not resolve. Any thread.
std::string_view predicate_type_uri(PredicateType type);
/// "scan-report". Any thread.
std::string_view predicate_type_name(PredicateType type);
/// The type of exactly such a URI, or nothing: later versions and other people's are not ours.
std::optional<PredicateType> parse_predicate_type_uri(std::string_view uri);
/// The type of such a name, or nothing.
std::optional<PredicateType> parse_predicate_type_name(std::string_view name);

/// What the statement is about. Matched by digest alone.
struct Subject {
  std::string name;  ///< may be empty: then the member is left out
  /// algorithm -> value, at least one. "sha256" is 64 lower-case hexadecimal digits.
  std::map<std::string, std::string, std::less<>> digests;

  static Subject of(std::string name, const Digest& digest);
  /// The sha256 digest, when there is one.
  std::optional<Digest> sha256() const;
  bool operator==(const Subject&) const = default;
};

struct Statement {
  std::vector<Subject> subjects;  ///< at least one
  std::string predicate_type;     ///< a URI
  std::string predicate = "{}";   ///< JSON text of one object, kept as it is
  bool operator==(const Statement&) const = default;
};

/// JSON without spaces outside the predicate: _type, subject, predicateType, predicate. The
/// predicate's text goes in unchanged after it was checked. The same value gives the same bytes.
/// Errors: kInvalidArgument (no subject, no digest, a bad sha256, empty predicate type, text that
/// is not UTF-8, a predicate that is not one strict JSON object or repeats a key), kLimit when
/// longer than kMaxEnvelopeBytes. Any thread; linear.
Result<std::string> encode_statement(const Statement& statement);

/// Reads a statement. Strict JSON, no key twice in any object, `_type` exactly kStatementType.
/// Unknown members of the statement and of subjects are ignored, as in-toto's parsing rules ask;
/// they are signed and stay in the leaf. An absent predicate is "{}". Digest algorithms are kept
/// unjudged, except that sha256 must have its form.
/// Errors: kMalformed, kUnsupported (another _type), kLimit. Any thread; linear.
Result<Statement> decode_statement(ByteView bytes);

}  // namespace saiph::ledger
