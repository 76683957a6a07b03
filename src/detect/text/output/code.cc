// Code blocks that harm, and packages that are on no list.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "detect/rules/output.h"
#include "detect/text/output/checks.h"

namespace saiph::detect {

namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string small(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) out += small_letter(c);
  return out;
}

/// Whether `line` holds all of `parts`, one after the other.
bool holds(std::string_view line, std::initializer_list<std::string_view> parts) {
  std::size_t at = 0;
  for (const std::string_view part : parts) {
    at = line.find(part, at);
    if (at == std::string_view::npos) return false;
    at += part.size();
  }
  return true;
}

/// Something fetched or decoded goes through a pipe into an interpreter.
bool is_piped_to_shell(std::string_view line) {
  bool fetched = false;
  std::size_t at = 0;
  for (std::size_t bar = line.find('|'); bar != std::string_view::npos; bar = line.find('|', at)) {
    const std::string_view before = line.substr(at, bar - at);
    for (const std::string_view source : {"curl", "wget", "base64", "fetch ", "xxd -r"})
      fetched = fetched || before.find(source) != std::string_view::npos;
    at = bar + 1;
    std::string_view next = line.substr(at);
    for (const std::string_view skipped : {" ", "sudo ", "-e ", "env "}) {
      while (next.starts_with(skipped)) next.remove_prefix(skipped.size());
    }
    const std::string_view program = next.substr(0, next.find_first_of(" |;&)`\"'"));
    const std::string_view name = program.substr(program.rfind('/') + 1);
    for (const std::string_view shell :
         {"sh", "bash", "zsh", "dash", "python", "python3", "perl", "node", "ruby", "php"}) {
      if (fetched && name == shell) return true;
    }
  }
  return false;
}

/// "rm -rf /", "rm -rf ~", "rm -fr /*": not of a folder below.
bool deletes_everything(std::string_view line) {
  const std::size_t rm = line.find("rm -");
  if (rm == std::string_view::npos || (rm > 0 && is_word_byte(line[rm - 1]))) return false;
  std::size_t at = rm + 3;
  bool force = false;
  bool recursive = false;
  while (at < line.size()) {
    while (at < line.size() && is_blank(line[at])) ++at;
    std::size_t end = at;
    while (end < line.size() && !is_blank(line[end])) ++end;
    const std::string_view word = line.substr(at, end - at);
    if (word.starts_with("-")) {
      force = force || word.find('f') != std::string_view::npos;
      recursive = recursive || word.find('r') != std::string_view::npos;
      if (word == "--no-preserve-root") return true;
    } else if (force && recursive &&
               (word == "/" || word == "/*" || word == "~" || word == "~/" || word == "$home" ||
                word == "$home/" || word == "*")) {
      return true;
    }
    at = end;
  }
  return false;
}

/// 0: nothing; else what it adds to the score.
double danger_of(std::string_view line) {
  if (is_piped_to_shell(line) || deletes_everything(line)) return 60;
  if (holds(line, {"/dev/tcp/"}) || holds(line, {"nc ", " -e "}) || holds(line, {":(){"}))
    return 60;
  if (holds(line, {"powershell", "-enc"}) || holds(line, {"iex", "downloadstring"}) ||
      holds(line, {"invoke-expression", "http"}) || holds(line, {"iwr ", "| iex"}) ||
      holds(line, {"certutil", "-urlcache"}) || holds(line, {"mshta ", "http"}))
    return 60;
  if (holds(line, {"dd ", "of=/dev/"}) || holds(line, {"mkfs", "/dev/"}) ||
      holds(line, {"> /dev/sd"}) || holds(line, {"chmod -r 777 /"}))
    return 50;
  if (holds(line, {"socket", "subprocess", "/bin/"}) || holds(line, {"os.dup2("}) ||
      holds(line, {"exec(", "base64.b64decode"}) || holds(line, {"eval(", "atob("}) ||
      holds(line, {"exec(", "requests.get"}) || holds(line, {"eval(", "urlopen"}) ||
      holds(line, {"exec(", "urlopen"}) || holds(line, {"pickle.loads", "b64decode"}))
    return 55;
  if (holds(line, {"os.system("}) || holds(line, {"shell=true"}) ||
      holds(line, {"pickle.loads("}) || holds(line, {"runtime.getruntime().exec("}) ||
      holds(line, {"child_process"}) || holds(line, {"xp_cmdshell"}) ||
      holds(line, {"drop database"}))
    return 15;
  return 0;
}

/// The command that installs packages, and where its arguments begin.
std::optional<std::size_t> install_arguments(std::string_view line) {
  struct Installer {
    std::string_view program;
    std::array<std::string_view, 2> verbs;
  };
  constexpr std::array<Installer, 12> kInstallers = {{{"pip", {"install", ""}},
                                                      {"pip3", {"install", ""}},
                                                      {"uv", {"add", ""}},
                                                      {"poetry", {"add", ""}},
                                                      {"conda", {"install", ""}},
                                                      {"npm", {"install", "i"}},
                                                      {"pnpm", {"add", "install"}},
                                                      {"yarn", {"add", ""}},
                                                      {"bun", {"add", "install"}},
                                                      {"gem", {"install", ""}},
                                                      {"cargo", {"add", "install"}},
                                                      {"pipx", {"install", "run"}}}};
  for (const Installer& installer : kInstallers) {
    std::size_t at = 0;
    while ((at = line.find(installer.program, at)) != std::string_view::npos) {
      const std::size_t begin = at;
      at += installer.program.size();
      if (begin > 0 && (is_word_byte(line[begin - 1]) || line[begin - 1] == '-')) continue;
      for (const std::string_view verb : installer.verbs) {
        const std::string_view rest = line.substr(at);
        if (!verb.empty() && rest.size() > verb.size() + 2 && rest.front() == ' ' &&
            rest.substr(1).starts_with(verb) && is_blank(rest[1 + verb.size()]))
          return at + 2 + verb.size();
      }
    }
  }
  return std::nullopt;
}

/// "Requests[socks]>=2.0" gives "requests"; "@scope/name@1.2" "@scope/name".
std::string package_name(std::string_view word) {
  const std::size_t start = word.starts_with("@") ? 1 : 0;
  const std::size_t end = word.find_first_of("=<>!~[@;,", start);
  std::string name = small(word.substr(0, end));
  return name;
}

void check_packages(std::string_view line, std::size_t offset, const OutputContext& context,
                    OutputFindings& out) {
  const std::string lower = small(line);
  const auto arguments = install_arguments(lower);
  if (!arguments) return;
  bool skip_next = false;
  std::size_t at = *arguments;
  while (at < line.size()) {
    while (at < line.size() && is_blank(line[at])) ++at;
    std::size_t end = at;
    while (end < line.size() && !is_blank(line[end]) && line[end] != '`' && line[end] != '|' &&
           line[end] != '&')
      ++end;
    if (end == at) return;
    std::string_view word = line.substr(at, end - at);
    const std::size_t begin = offset + at;
    at = end;
    while (!word.empty() && (word.front() == '"' || word.front() == '\'')) word.remove_prefix(1);
    while (!word.empty() && (word.back() == '"' || word.back() == '\'' || word.back() == '.'))
      word.remove_suffix(1);
    if (word.starts_with("#")) return;
    if (std::exchange(skip_next, false) || word.empty()) continue;
    if (word.starts_with("-")) {
      skip_next = word == "-r" || word == "-c" || word == "-i" || word == "--index-url" ||
                  word == "--extra-index-url" || word == "-n" || word == "--requirement";
      continue;
    }
    if (word.find("://") != std::string_view::npos || word.starts_with("./") ||
        word.starts_with("/") || word.starts_with("git+"))
      continue;
    const std::string name = package_name(word);
    if (!std::binary_search(context.known_packages.begin(), context.known_packages.end(), name))
      out.add(rules::kOutputUnknownPackage, 40, begin, begin + word.size());
  }
}

}  // namespace

void check_code(std::string_view answer, const OutputContext& context, OutputFindings& out) {
  bool in_block = false;
  std::size_t at = 0;
  while (at < answer.size()) {
    const std::size_t end = std::min(answer.find('\n', at), answer.size());
    const std::string_view line = answer.substr(at, end - at);
    const std::size_t begin = at;
    at = end + 1;
    std::string_view bare = line;
    while (!bare.empty() && is_blank(bare.front())) bare.remove_prefix(1);
    if (bare.starts_with("```") || bare.starts_with("~~~")) {
      in_block = !in_block;
      continue;
    }
    // Commands also stand indented, after a prompt, or between backticks.
    const bool code = in_block || line.starts_with("    ") || bare.starts_with("$ ") ||
                      line.find('`') != std::string_view::npos;
    if (!code) continue;
    if (const double score = danger_of(small(line)); score > 0)
      out.add(rules::kOutputDangerousCode, score, begin, end);
    if (!context.known_packages.empty()) check_packages(line, begin, context, out);
  }
}

}  // namespace saiph::detect
