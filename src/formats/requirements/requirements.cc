#include "formats/requirements/requirements.h"

#include <algorithm>
#include <array>

#include "base/python_lines.h"
#include "base/text.h"

namespace saiph::formats {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

}  // namespace

bool is_usual_package_index(std::string_view address) {
  constexpr auto kHosts =
      std::to_array<std::string_view>({"pypi.org", "files.pythonhosted.org", "download.pytorch.org",
                                       "data.pyg.org", "pypi.nvidia.com", "pypi.ngc.nvidia.com"});
  constexpr std::string_view kScheme = "https://";
  if (!address.starts_with(kScheme) ||
      address.find_first_of(" \t\r\n\"'\\@") != std::string_view::npos)
    return false;
  address.remove_prefix(kScheme.size());
  return one_of(kHosts, address.substr(0, address.find_first_of("/?#")));
}

Requirement parse_requirement(std::string_view line) {
  Requirement out;
  line = trimmed(line);
  // A comment starts at the line's begin or behind white space.
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || is_blank(line[at - 1])) {
      line = trimmed(line.substr(0, at));
      break;
    }
  }
  if (line.empty()) return out;
  out.hashed = line.find("--hash=") != std::string_view::npos;
  if (line.front() == '-') {
    const std::size_t end = std::min(line.find_first_of(" \t="), line.size());
    out.option = line.substr(0, end);
    if (!out.option.starts_with("--") && out.option.size() > 2) {  // -ihttps://...
      out.option = line.substr(0, 2);
      out.value = trimmed(line.substr(2));
      return out;
    }
    out.value = trimmed(line.substr(std::min(end + 1, line.size())));
    return out;
  }
  if (line.find("://") != std::string_view::npos && line.find('@') > line.find("://")) {
    out.value = line;
    return out;
  }
  std::size_t end = 0;
  while (end < line.size() && is_name_char(line[end])) ++end;
  for (const char c : line.substr(0, std::min<std::size_t>(end, 200))) {
    out.name.push_back(c == '_' || c == '.'   ? '-'
                       : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a')
                                              : c);
  }
  const std::string_view rest = line.substr(end);
  const std::size_t at = rest.find('@');
  if (at != std::string_view::npos) out.value = trimmed(rest.substr(at + 1));
  out.pinned = out.hashed || rest.find("==") != std::string_view::npos || rest.starts_with("=");
  return out;
}

Status read_requirements(std::string_view text, RequirementHandler& handler, Budget& budget) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::size_t position = 0;
  std::uint32_t line = 1;
  std::string joined;
  while (position < text.size()) {
    if (!budget.take_work(1)) return Error(ErrorCode::kLimit, budget.reason());
    const std::size_t begin = position;
    const std::uint32_t first_line = line;
    joined.clear();
    bool continues = false;
    std::string_view one;
    // As pip joins lines: nothing is put between them, white space stays, a line that is only a
    // comment ends the joining.
    do {
      std::string_view rest = text.substr(position);
      one = take_python_line(rest);
      const bool comment = trimmed(one).starts_with('#');
      continues = one.ends_with('\\') && !comment;
      if (continues || !joined.empty()) {
        std::string_view part = one;
        while (continues && part.ends_with('\\')) part.remove_suffix(1);
        if (comment) joined.push_back(' ');
        if (joined.size() < (64U << 10)) joined.append(part);
        // Keeps an empty first part apart from no part at all.
        if (joined.empty()) joined.push_back(' ');
      }
      position = text.size() - rest.size();
      ++line;
    } while (continues && position < text.size());
    Requirement requirement = parse_requirement(joined.empty() ? one : std::string_view(joined));
    requirement.line = first_line;
    requirement.offset = begin;
    if (!requirement.name.empty() || !requirement.option.empty() || !requirement.value.empty()) {
      handler.on_requirement(requirement);
    }
  }
  return {};
}

bool is_requirements_name(std::string_view name) {
  if (!name.ends_with(".txt") && !name.ends_with(".in")) return false;
  return name.starts_with("requirements") || name.ends_with("requirements.txt") ||
         name.starts_with("constraints") || name.ends_with("-requirements.in");
}

}  // namespace saiph::formats
