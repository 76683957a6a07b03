#include "app/rules_command.h"

#include <fmt/format.h>

#include <string_view>

#include "base/escape.h"
#include "base/suggest.h"
#include "detect/rules.h"

namespace saiph::app {

int run_rules(const RulesRequest& request, std::ostream& out, std::ostream& err) {
  std::vector<const Rule*> chosen;
  for (const std::string& id : request.ids) {
    const Rule* rule = rules::find(id);
    if (rule == nullptr) {
      std::vector<std::string_view> known;
      for (const Rule* row : rules::all()) known.push_back(row->id);
      const std::string_view near = closest_word(id, known);
      err << fmt::format(
          "saiph rules: there is no rule \"{}\"{}\n", escape_terminal(id),
          near.empty() ? "; `saiph rules` lists all" : fmt::format("; did you mean \"{}\"?", near));
      return 2;
    }
    chosen.push_back(rule);
  }
  const bool all = request.ids.empty();
  if (all) chosen.assign(rules::all().begin(), rules::all().end());
  report::WriterOptions options;
  options.colour = request.colour;
  options.width = request.width;
  out << report::rules_text(chosen, request.format, request.explain || !all,
                            rules::catalogue_version(), options);
  out.flush();
  return out.good() ? 0 : 4;
}

int run_version(std::ostream& out) {
  out << fmt::format("saiph {}\nrule set {} ({} rules)\n", SAIPH_VERSION,
                     rules::catalogue_version(), rules::all().size());
  return 0;
}

}  // namespace saiph::app
