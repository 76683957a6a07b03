// What the finders of personal data and secrets state about a text, and what redaction acts on.
#pragma once

#include <string_view>

#include "domain/rule.h"
#include "domain/severity.h"
#include "domain/text.h"

namespace saiph::detect {

/// A kind of span. Rows are constants and live for the whole program; a type is identified by its
/// address or its id.
struct SpanType {
  std::string_view id;         ///< "pii.iban", "secret.cloud-key"
  std::string_view label;      ///< what stands for the value: "IBAN" gives "[IBAN]"
  std::string_view title;      ///< one line for people
  const Rule* rule = nullptr;  ///< severity, meaning, remedy and references
};

/// One place in one text. Holds no bytes of it.
struct FoundSpan {
  const SpanType* type = nullptr;
  TextSpan where;
  double confidence = 0;  ///< 0 to 1
  Severity severity = Severity::kInfo;
  std::string_view name;  ///< the exact kind, a constant: "GitHub personal access token"; may be ""
};

class SpanSink {
 public:
  virtual ~SpanSink() = default;
  /// Answers false to end the search.
  virtual bool span(const FoundSpan& found) = 0;
};

}  // namespace saiph::detect
