#include "detect/notebook/notebook_detector.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/escape.h"
#include "detect/python/python_analysis.h"
#include "detect/python/python_policy.h"
#include "detect/python/shell_command.h"
#include "detect/rules/notebook.h"
#include "formats/notebook/notebook.h"
#include "formats/requirements/requirements.h"

namespace saiph::detect {

namespace {

constexpr std::size_t kMaxSource = 8U << 20;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, std::min(text.find_first_of(" \t\n\r"), text.size()));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_shell_magic(std::string_view name) {
  return name == "bash" || name == "sh" || name == "system" || name == "!" || name == "sx" ||
         name == "shell" || name == "script" || name == "cmd" || name == "powershell";
}

class Judge final : public formats::NotebookHandler {
 public:
  explicit Judge(Inspection& inspection) : inspection_(inspection) {}

  void on_cell(std::uint32_t number, std::string_view type, std::string_view source, bool whole,
               std::uint64_t offset) override {
    if (!whole)
      inspection_.incomplete("limit", "cell " + std::to_string(number) + " is longer than 1 MiB",
                             offset);
    if (type != "code" && !type.empty()) return;
    cell_ = number;
    offset_ = offset;
    if (python_.size() + source.size() + 16 > kMaxSource) {
      if (!overflowed_)
        inspection_.incomplete("limit", "more code than is read in one notebook", offset);
      overflowed_ = true;
      return;
    }
    context_.pieces.emplace_back(line_, "cell " + std::to_string(number));
    code_cell(source);
  }

  void on_output(std::uint32_t cell, std::string_view mime, std::string_view text,
                 std::uint64_t offset) override {
    if (mime == "application/javascript" || mime == "text/javascript") {
      if (cell != scripted_cell_) active(cell, offset, "a stored script", text);
      return;
    }
    if (mime != "text/html" && mime != "image/svg+xml" && mime != "text/markdown") return;
    const std::string low = lower(text.substr(0, 1U << 20));
    constexpr auto kActive = std::to_array<std::string_view>(
        {"<script", "javascript:", " onerror=", " onload=", " onclick=", " onmouseover=", "<iframe",
         "<object", "<embed", "srcdoc="});
    for (const std::string_view part : kActive) {
      if (low.find(part) == std::string::npos) continue;
      if (cell != scripted_cell_) active(cell, offset, part, text);
      return;
    }
  }

  void on_trusted(std::uint32_t cell, std::uint64_t offset) override {
    if (trusted_++ > 0) return;
    FindingDraft draft;
    draft.offset = offset;
    if (cell != 0) draft.part = "cell " + std::to_string(cell);
    draft.detail = "metadata says trusted";
    inspection_.finding(rules::kNotebookMarkedTrusted, std::move(draft));
  }

  void finish(const formats::NotebookSummary& summary) {
    if (commands_ > 0) {
      FindingDraft draft;
      draft.detail = std::to_string(commands_) + " shell commands";
      draft.excerpt = first_command_;
      inspection_.finding(rules::kNotebookCommand, std::move(draft));
    }
    if (summary.duplicate_keys > 0) {
      inspection_.incomplete(
          "malformed", "the notebook holds duplicate keys, of which readers take different ones",
          std::nullopt);
    }
    if (!summary.language.empty() && summary.language.find("python") == std::string::npos) {
      inspection_.incomplete(
          "unsupported", "cells in the language " + shorten(summary.language, 40) + " are not read",
          std::nullopt);
      return;
    }
    context_.as_program = true;
    analyse_python(python_, context_, inspection_);
  }

 private:
  void state(const Rule& rule, std::string detail, std::string_view excerpt,
             std::optional<Severity> severity = std::nullopt) {
    FindingDraft draft;
    draft.severity = severity;
    draft.offset = offset_;
    draft.part = "cell " + std::to_string(cell_);
    draft.detail = std::move(detail);
    draft.excerpt = shorten(excerpt, 160);
    inspection_.finding(rule, std::move(draft));
  }

  void active(std::uint32_t cell, std::uint64_t offset, std::string_view what,
              std::string_view text) {
    scripted_cell_ = cell;
    FindingDraft draft;
    draft.offset = offset;
    draft.part = "cell " + std::to_string(cell) + ", output";
    draft.detail = "holds " + std::string(what);
    draft.excerpt = shorten(text, 120);
    inspection_.finding(rules::kNotebookActiveOutput, std::move(draft));
  }

  void add_line(std::string_view text) {
    python_.append(text).push_back('\n');
    ++line_;
  }

  void code_cell(std::string_view source) {
    std::string_view rest = source;
    // A cell magic decides what the whole cell is.
    std::string_view head = rest;
    while (!head.empty() && (head.front() == '\n' || head.front() == '\r' || head.front() == ' '))
      head.remove_prefix(1);
    if (head.starts_with("%%")) {
      const std::size_t end = std::min(head.find('\n'), head.size());
      const std::string_view line = trimmed(head.substr(2, end - 2));
      const std::string_view body = head.substr(std::min(end + 1, head.size()));
      if (cell_magic(first_word(line), trimmed(line.substr(first_word(line).size())), body)) return;
      rest = body;
      add_line("pass");
    }
    bool in_text = false;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      // Lines inside triple quotes are text, whatever they begin with.
      const bool was_in_text = in_text;
      for (std::size_t at = line.find("\"\"\""); at != std::string_view::npos;
           at = line.find("\"\"\"", at + 3))
        in_text = !in_text;
      if (was_in_text) {
        add_line(line);
        continue;
      }
      python_line(line, rest);
    }
  }

  void python_line(std::string_view line, std::string_view& rest) {
    const std::string_view text = trimmed(line);
    const std::string indent(line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())));
    std::string joined;
    const auto whole = [&](std::string_view begin) {
      // A backslash carries a command on to the next line.
      joined.assign(begin);
      std::uint32_t extra = 0;
      while (joined.ends_with('\\') && !rest.empty() && joined.size() < (64U << 10)) {
        joined.pop_back();
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        joined.append(trimmed(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        ++extra;
      }
      return extra;
    };
    std::uint32_t extra = 0;
    if (text.starts_with("!")) {
      extra = whole(text.substr(text.starts_with("!!") ? 2 : 1));
      command(joined);
      add_line(indent + "pass");
    } else if (text.starts_with("%")) {
      extra = whole(text.substr(1));
      line_magic(joined);
      add_line(indent + "pass");
    } else if (const std::size_t at = shell_assignment(text); at != std::string_view::npos) {
      extra = whole(text.substr(at + 1));
      if (text[at] == '%') {
        line_magic(joined);
      } else {
        command(joined);
      }
      add_line(indent + std::string(trimmed(text.substr(0, at))) + " None");
    } else if (text.ends_with("?") || text.starts_with("?")) {
      add_line(indent + "pass");
    } else {
      add_line(line);
    }
    for (; extra > 0; --extra) add_line("");
  }

  // Position of the mark in `x = !command` or `x = %magic`.
  static std::size_t shell_assignment(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals + 1 >= text.size() || text[equals + 1] == '=')
      return std::string_view::npos;
    const std::string_view target = trimmed(text.substr(0, equals));
    if (target.empty() || target.find_first_of("\"'()#") != std::string_view::npos)
      return std::string_view::npos;
    std::size_t at = equals + 1;
    while (at < text.size() && text[at] == ' ') ++at;
    return at < text.size() && (text[at] == '!' || text[at] == '%') ? at : std::string_view::npos;
  }

  void command(std::string_view text) {
    if (commands_++ == 0) first_command_ = shorten(text, 120);
    const ShellRisk risk = shell_risk(text);
    if (risk >= ShellRisk::kDestroy) {
      state(rules::kNotebookShellCommand, "a command " + std::string(describe(risk)), text,
            risk == ShellRisk::kReverseShell ? std::optional(Severity::kCritical) : std::nullopt);
    }
    install(text);
  }

  void install(std::string_view text) {
    const std::string low = lower(text.substr(0, 16U << 10));
    if (low.find("install") == std::string::npos || low.find("pip") == std::string::npos) return;
    const auto has = [&](std::string_view part) { return low.find(part) != std::string::npos; };
    // Each address is judged by its own start: a usual name elsewhere in the line vouches for
    // nothing.
    bool usual_only = true;
    for (std::size_t at = low.find("https://"); at != std::string::npos;
         at = low.find("https://", at + 1)) {
      const std::string_view rest = std::string_view(low).substr(at);
      // Up to the end of the shell's or Python's word.
      usual_only = usual_only && formats::is_usual_package_index(
                                     rest.substr(0, rest.find_first_of(" \t\r\n\"'`,;)]}|&<>")));
    }
    const bool addressed = has("https://");
    if (has("--trusted-host") || has(" http://") || has("=http://") || has("git+http://")) {
      state(rules::kNotebookUntrustedInstall, "installs packages over an unprotected connection",
            text);
    } else if ((has("--index-url") || has("--extra-index-url") || has(" -i ") ||
                has("--find-links") || has(" -f ")) &&
               !(addressed && usual_only)) {
      state(rules::kNotebookUntrustedInstall, "installs packages from a changed source", text);
    } else if (addressed && !usual_only) {
      const bool forge = has("git+https://github.com/") || has("https://github.com/") ||
                         has("https://huggingface.co/");
      state(rules::kNotebookUntrustedInstall, "installs a package from an address", text,
            forge ? Severity::kLow : Severity::kMedium);
    }
  }

  void line_magic(std::string_view text) {
    const std::string_view name = first_word(text);
    const std::string_view rest = trimmed(text.substr(name.size()));
    if (name == "system" || name == "sx" || name == "sc" || name == "!") {
      command(rest);
    } else if (name == "pip" || name == "conda" || name == "mamba" || name == "uv") {
      if (commands_++ == 0) first_command_ = shorten(text, 120);
      install(text);
    } else if (name == "run" || name == "load" || name == "loadpy" || name == "load_ext") {
      const bool remote = rest.find("://") != std::string_view::npos;
      const bool usual = name == "load_ext" && (rest == "autoreload" || rest == "tensorboard" ||
                                                rest.starts_with("google.colab"));
      if (!usual) {
        state(rules::kNotebookLoadsCode, "%" + std::string(name) + " " + shorten(rest, 100), text,
              remote ? std::optional(Severity::kHigh) : std::nullopt);
      }
    }
  }

  // True when the cell's body is no Python.
  bool cell_magic(std::string_view name, std::string_view argument, std::string_view body) {
    if (is_shell_magic(name)) {
      if (name == "script" && argument.find("python") != std::string_view::npos) return false;
      command(name == "system" || name == "sx" || name == "!"
                  ? std::string(argument) + "\n" + std::string(body)
                  : std::string(body));
      return true;
    }
    if (name == "writefile" || name == "file") {
      const std::string_view file = argument.substr(argument.starts_with("-a ") ? 3 : 0);
      const std::string_view startup = startup_place(file);
      if (!startup.empty()) {
        state(rules::kNotebookWritesFile,
              "writes a " + std::string(startup) + ", " + shorten(file, 100), body,
              Severity::kHigh);
      } else if (file.starts_with("/") && !file.starts_with("/content/") &&
                 !file.starts_with("/tmp/") && !file.starts_with("/kaggle/")) {
        state(rules::kNotebookWritesFile, "writes " + shorten(file, 100), body);
      }
      if (!file.ends_with(".py")) return true;
      return false;  // its Python is analysed with the rest
    }
    if (name == "javascript" || name == "js" || name == "html" || name == "svg") {
      if (lower(body).find("fetch(") != std::string::npos ||
          lower(body).find("<script") != std::string::npos || name == "javascript" ||
          name == "js") {
        state(rules::kNotebookActiveOutput, "a cell of %%" + std::string(name), body,
              Severity::kLow);
      }
      return true;
    }
    return name == "latex" || name == "markdown" || name == "sql" || name == "bigquery" ||
           name == "perl" || name == "ruby" || name == "R" || name == "cython" || name == "cpp" ||
           name == "cu";
  }

  Inspection& inspection_;
  std::string python_;
  PythonContext context_;
  std::uint32_t line_ = 1;
  std::uint32_t cell_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t commands_ = 0;
  std::string first_command_;
  std::uint32_t scripted_cell_ = 0;
  std::uint32_t trusted_ = 0;
  bool overflowed_ = false;
};

}  // namespace

void inspect_notebook(Inspection& inspection) {
  Judge judge(inspection);
  const auto summary = formats::read_notebook(inspection.source(), judge, inspection.budget());
  if (!summary) {
    inspection.incomplete(summary.error());
    judge.finish({});
    return;
  }
  judge.finish(*summary);
}

}  // namespace saiph::detect
