// Any bytes as an answer, with prints and lists made of other parts of the input: places lie in the
// answer, counts agree, and an answer is always an echo of itself.
#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "detect/text/output/output_checks.h"

using saiph::detect::check_output;
using saiph::detect::OutputContext;
using saiph::detect::OutputReport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = saiph::as_text(saiph::ByteView{data, size});
  const std::string_view prompt = text.substr(0, text.find('\0'));
  const std::string_view answer = text.substr(std::min(text.size(), prompt.size()));
  const saiph::detect::ShinglePrint print(prompt);
  saiph::detect::ProtectedTexts texts;
  texts.add("prompt", prompt);
  texts.finish();
  const std::vector<std::string> known = {"numpy", "requests"};
  const std::vector<std::string> hosts = {"example.org"};
  const std::vector<std::string> canaries = {"canary"};
  const std::string_view passages[] = {prompt};
  OutputContext context;
  context.system_prompt = &print;
  context.protected_texts = &texts;
  context.known_packages = known;
  context.allowed_hosts = hosts;
  context.canaries = canaries;
  context.passages = passages;
  const OutputReport report = check_output(answer, context);
  for (const auto& finding : report.findings) {
    if (finding.span.offset + finding.span.length > answer.size()) std::abort();
    if (!(finding.score >= 0 && finding.score <= 100) || finding.rule.empty()) std::abort();
  }
  if (report.supported > report.claims || !(report.echo >= 0 && report.echo <= 1)) std::abort();
  const OutputReport itself = check_output(prompt, context);
  if (itself.supported != itself.claims) std::abort();
  return 0;
}
