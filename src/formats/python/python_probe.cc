#include "formats/python/python_probe.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace saiph::formats {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  });
}

// "import a.b", "from a import b": the words behind are names, as in no sentence of a language.
bool is_import(std::string_view line) {
  if (line.starts_with("import ")) {
    line.remove_prefix(7);
    const std::size_t end = std::min(line.find_first_of(", #"), line.size());
    const std::string_view rest = line.substr(end);
    return is_name(line.substr(0, end)) && (rest.empty() || rest.starts_with(",") ||
                                            rest.starts_with(" as ") || rest.starts_with(" #"));
  }
  if (line.starts_with("from ")) {
    line.remove_prefix(5);
    const std::size_t end = line.find(" import ");
    return end != std::string_view::npos && is_name(line.substr(0, end));
  }
  return false;
}

bool is_definition(std::string_view line) {
  const bool starts =
      line.starts_with("def ") || line.starts_with("class ") || line.starts_with("async def ");
  return starts && (line.ends_with(":") || line.ends_with("(") || line.ends_with(","));
}

}  // namespace

bool looks_like_python(std::string_view head, std::string_view name, bool is_text) {
  if (name.ends_with(".py") || name.ends_with(".pyw") || name.ends_with(".pyi")) return true;
  if (!is_text) return false;
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  if (head.starts_with("#!") &&
      head.substr(0, std::min(head.find('\n'), head.size())).find("python") !=
          std::string_view::npos)
    return true;
  std::size_t imports = 0;
  std::size_t definitions = 0;
  std::size_t lines = 0;
  std::size_t prose = 0;
  while (!head.empty() && lines < 200) {
    const std::string_view line = take_line(head);
    ++lines;
    if (line.starts_with("```") || line.starts_with("# ") || line.starts_with("## ")) {
      // Markdown with Python in it is judged as text.
      prose += line.starts_with("```") || line.starts_with("## ") ? 4U : 0U;
      continue;
    }
    imports += is_import(line) ? 1U : 0U;
    definitions += is_definition(line) ? 1U : 0U;
    if (line.ends_with(".") || line.ends_with(";") || line.ends_with("{")) ++prose;
  }
  return imports + definitions >= 2 && imports >= 1 && prose <= (imports + definitions);
}

}  // namespace saiph::formats
