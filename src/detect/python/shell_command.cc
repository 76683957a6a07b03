#include "detect/python/shell_command.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

namespace saiph::detect {

namespace {

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word_char(text[at - 1])) &&
        (end == text.size() || !is_word_char(text[end])))
      return true;
  }
  return false;
}

bool any_word(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return has_word(text, word); });
}

constexpr auto kInterpreters = std::to_array<std::string_view>(
    {"sh", "bash", "zsh", "dash", "ksh", "python", "python2", "python3", "perl", "ruby", "node",
     "php", "powershell", "iex"});

// A program that runs its standard input stands behind a pipe.
bool pipes_into_interpreter(std::string_view text) {
  for (std::size_t at = text.find('|'); at != std::string_view::npos; at = text.find('|', at + 1)) {
    std::size_t begin = at + 1;
    while (true) {
      while (begin < text.size() &&
             (text[begin] == ' ' || text[begin] == '\t' || text[begin] == '|'))
        ++begin;
      std::size_t end = begin;
      while (end < text.size() && (is_word_char(text[end]) || text[end] == '/')) ++end;
      std::string_view word = text.substr(begin, end - begin);
      word = word.substr(word.rfind('/') == std::string_view::npos ? 0 : word.rfind('/') + 1);
      if (word == "sudo" || word == "exec" || word == "nohup" || word == "env") {
        begin = end;
        continue;
      }
      if (std::find(kInterpreters.begin(), kInterpreters.end(), word) != kInterpreters.end())
        return true;
      break;
    }
  }
  return false;
}

}  // namespace

ShellRisk shell_risk(std::string_view command) {
  std::string text(command.substr(0, 64U << 10));
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const bool fetches = any_word(text, {"curl", "wget", "invoke-webrequest", "iwr", "bitsadmin",
                                       "aria2c", "certutil"}) ||
                       has(text, "downloadstring") || has(text, "downloadfile") ||
                       has(text, "urlretrieve") || has(text, "urlopen");
  const bool netcat = any_word(text, {"nc", "ncat", "netcat", "nc.traditional"});
  if (has(text, "/dev/tcp/") || has(text, "/dev/udp/") ||
      (netcat && (has(text, " -e") || has(text, " -c ") || has(text, "mkfifo"))) ||
      (has_word(text, "socat") && has(text, "exec:")) ||
      (has(text, "mkfifo") && has(text, "telnet")) ||
      (has(text, "socket") && has(text, "dup2") && has(text, "-c"))) {
    return ShellRisk::kReverseShell;
  }
  const bool runs_result = pipes_into_interpreter(text) || has(text, "-c \"$(") ||
                           has(text, "-c '$(") || has(text, "<(") || has(text, "$(curl") ||
                           has(text, "`curl") || has(text, "$(wget") || has(text, "eval ") ||
                           has_word(text, "iex") || has(text, "chmod +x") || has(text, "chmod 7") ||
                           has(text, "&& ./") || has(text, "; ./") || has(text, "&& bash ") ||
                           has(text, "; bash ") || has(text, "&& sh ") || has(text, "; sh ") ||
                           has(text, "&& python") || has(text, "; python");
  if (fetches && runs_result) return ShellRisk::kDownloadAndRun;
  const bool decodes = has(text, "base64 -d") || has(text, "base64 --decode") ||
                       has(text, "xxd -r") || has(text, "openssl enc -d") ||
                       has(text, "-encodedcommand") || has(text, " -enc ");
  if (decodes && (runs_result || has(text, "powershell"))) return ShellRisk::kDecodeAndRun;
  if (has(text, ".bashrc") || has(text, ".profile") || has(text, ".zshrc") ||
      has(text, "authorized_keys") || has(text, "systemctl enable") || has(text, "/etc/cron") ||
      has(text, "/etc/ld.so.preload") || (has_word(text, "crontab") && !has(text, "crontab -l")) ||
      has(text, "schtasks /create")) {
    if (has(text, ">") || has_word(text, "crontab") || has_word(text, "tee") ||
        has_word(text, "cp") || has(text, "systemctl enable") || has(text, "schtasks")) {
      return ShellRisk::kStartup;
    }
  }
  if (has(text, "rm -rf /") || has(text, "rm -rf ~") || has(text, "mkfs") ||
      has(text, "dd if=/dev/zero of=/dev/") || has(text, ":(){")) {
    const std::size_t at = text.find("rm -rf /");
    const bool root =
        at == std::string::npos || at + 8 == text.size() || !is_word_char(text[at + 8]);
    if (root) return ShellRisk::kDestroy;
  }
  if (fetches) return ShellRisk::kDownload;
  if (has(text, "pip install") || has(text, "pip3 install") || has(text, "conda install") ||
      has(text, "apt install") || has(text, "apt-get install") || has(text, "npm install") ||
      has(text, "pip\ninstall")) {
    return ShellRisk::kInstall;
  }
  return ShellRisk::kNone;
}

std::string_view describe(ShellRisk risk) {
  switch (risk) {
    case ShellRisk::kNone:
      return "runs a command";
    case ShellRisk::kDownload:
      return "downloads something";
    case ShellRisk::kInstall:
      return "installs packages";
    case ShellRisk::kDestroy:
      return "destroys data";
    case ShellRisk::kStartup:
      return "changes what starts by itself";
    case ShellRisk::kDecodeAndRun:
      return "runs what it decodes";
    case ShellRisk::kDownloadAndRun:
      return "runs what it downloads";
    case ShellRisk::kReverseShell:
      return "gives a remote party a shell";
  }
  return "runs a command";
}

}  // namespace saiph::detect
