// Rule: one row of data per statement that a sensor can make.
#pragma once

#include <span>
#include <string_view>

#include "domain/severity.h"

namespace saiph {

/// Rows are generated from catalogue/rules/*.toml and live for the whole program, so a Rule is
/// passed by reference and identified by its address or its id.
struct Rule {
  std::string_view id;     ///< stable, kebab-case, e.g. "pickle-denied-callable"
  std::string_view title;  ///< one line, no full stop
  Severity severity;       ///< default; a finding may grade itself lower or higher
  Maturity maturity;
  std::string_view meaning;  ///< what it means for the reader, plain sentences
  std::string_view remedy;   ///< what to do
  /// "EN-304-223:5.2.1-1", "ATLAS:AML.T0010", "OWASP:LLM03", "CWE-502", "CVE-...", "GHSA-...".
  std::span<const std::string_view> references;
};

}  // namespace saiph
