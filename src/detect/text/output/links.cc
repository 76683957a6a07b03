// Ways out for data: addresses, active HTML, terminal sequences.
#include <algorithm>
#include <array>

#include "detect/rules/output.h"
#include "detect/text/output/checks.h"

namespace saiph::detect {

namespace {

constexpr std::size_t kLongestUrl = 4096;
/// A value in an address from here on can be a message rather than a name or a number.
constexpr std::size_t kLongValue = 24;
constexpr std::size_t kLongestHost = 253;

constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
constexpr bool ends_url(char c) {
  return is_space(c) || c == '"' || c == '\'' || c == '<' || c == '>' || c == ')' || c == '`' ||
         c == ']' || c == '\0';
}

bool starts_with_small(std::string_view text, std::string_view small) {
  return text.size() >= small.size() &&
         std::equal(small.begin(), small.end(), text.begin(),
                    [](char a, char b) { return a == small_letter(b); });
}

/// Encoded data: long, letters and digits mixed, no words between separators.
bool looks_encoded(std::string_view value) {
  if (value.size() < kLongValue) return false;
  std::size_t digits = 0;
  std::size_t upper = 0;
  std::size_t lower = 0;
  std::size_t escapes = 0;
  std::size_t run = 0;
  std::size_t longest = 0;
  for (const char c : value) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    digits += digit ? 1 : 0;
    upper += c >= 'A' && c <= 'Z' ? 1 : 0;
    lower += c >= 'a' && c <= 'z' ? 1 : 0;
    escapes += c == '%' || c == '+' ? 1 : 0;
    run = letter || digit ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  if (escapes >= 3) return true;  // a sentence, written for an address
  return longest >= kLongValue && (digits >= 2 || (upper >= 3 && lower >= 3));
}

/// What an address can tell whoever gets it, beyond which page is asked for.
bool carries_data(std::string_view url) {
  const std::size_t scheme = url.find("//");
  const std::size_t path =
      url.find_first_of("/?#", scheme == std::string_view::npos ? 0 : scheme + 2);
  const std::string_view host =
      url.substr(0, path).substr(scheme == std::string_view::npos ? 0 : scheme + 2);
  std::size_t label = 0;
  for (std::size_t i = 0; i <= host.size(); ++i) {
    if (i != host.size() && host[i] != '.') continue;
    if (looks_encoded(host.substr(label, i - label))) return true;
    label = i + 1;
  }
  if (path == std::string_view::npos) return false;
  const std::string_view rest = url.substr(path);
  // A place for data that the model was told to fill in.
  if (rest.find_first_of("{}") != std::string_view::npos) return true;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= rest.size(); ++i) {
    constexpr std::string_view kBetween = "/?#&=;";
    if (i != rest.size() && kBetween.find(rest[i]) == std::string_view::npos) continue;
    if (looks_encoded(rest.substr(begin, i - begin))) return true;
    begin = i + 1;
  }
  return false;
}

bool is_allowed(std::string_view url, const OutputContext& context) {
  const std::size_t scheme = url.find("//");
  if (scheme == std::string_view::npos) return false;
  std::string host;
  for (const char c : url.substr(scheme + 2, kLongestHost)) {
    if (c == '/' || c == '?' || c == '#' || c == ':') break;
    host += small_letter(c);
  }
  // Whoever writes "allowed.org@elsewhere.org" goes elsewhere.
  if (const std::size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  return std::any_of(
      context.allowed_hosts.begin(), context.allowed_hosts.end(), [&](const std::string& allowed) {
        return host == allowed || (host.size() > allowed.size() && host.ends_with(allowed) &&
                                   host[host.size() - allowed.size() - 1] == '.');
      });
}

/// Whether what stands before an address makes clients fetch it by themselves.
bool is_fetched(std::string_view answer, std::size_t url, bool pictures_by_name) {
  const std::string_view before =
      answer.substr(url - std::min<std::size_t>(url, 64), std::min<std::size_t>(url, 64));
  if (before.ends_with("](") || before.ends_with("](<")) {
    const std::size_t open = before.rfind('[');
    return open != std::string_view::npos && open > 0 && before[open - 1] == '!';
  }
  if (before.ends_with("]: ") || before.ends_with("]:")) return pictures_by_name;
  for (const std::string_view attribute :
       {"src=", "src=\"", "src='", "background=\"", "url(", "srcset=\"", "poster=\"", "data=\""}) {
    if (before.size() >= attribute.size() &&
        starts_with_small(before.substr(before.size() - attribute.size()), attribute))
      return true;
  }
  return false;
}

void check_urls(std::string_view answer, const OutputContext& context, OutputFindings& out) {
  // "![text][name]" shows the picture whose address a line "[name]: address" gives.
  const bool pictures_by_name =
      answer.find("![") != std::string_view::npos && answer.find("][") != std::string_view::npos;
  std::size_t at = 0;
  while ((at = answer.find("//", at)) != std::string_view::npos) {
    std::size_t begin = at;
    while (begin > 0 && at - begin < 8 &&
           (is_word_byte(answer[begin - 1]) || answer[begin - 1] == ':'))
      --begin;
    std::size_t end = at + 2;
    while (end < answer.size() && end - begin < kLongestUrl && !ends_url(answer[end])) ++end;
    const std::string_view url = answer.substr(begin, end - begin);
    const bool web = starts_with_small(url, "http://") || starts_with_small(url, "https://") ||
                     starts_with_small(url, "ftp://") || starts_with_small(url, "ws");
    const bool fetched = is_fetched(answer, begin, pictures_by_name);
    at = end;
    if ((!web && !fetched) || end - begin < 8 || is_allowed(url, context)) continue;
    const bool data = carries_data(url);
    double score = 0;
    if (fetched) score = data ? 75 : context.allowed_hosts.empty() ? 0 : 45;
    if (!fetched) score = data ? 30 : context.allowed_hosts.empty() ? 0 : 10;
    if (score > 0) out.add(rules::kOutputLinkCarriesData, score, begin, end);
  }
}

void check_html(std::string_view answer, OutputFindings& out) {
  constexpr std::array<std::string_view, 6> kTags = {"<script", "<iframe", "<object",
                                                     "<embed",  "<svg/",   "<base "};
  constexpr std::array<std::string_view, 6> kHandlers = {
      "onerror=", "onload=", "onclick=", "onmouseover=", "onfocus=", "javascript:"};
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const char c = small_letter(answer[i]);
    const std::string_view rest = answer.substr(i, 16);
    if (c == '<') {
      for (const std::string_view tag : kTags) {
        if (starts_with_small(rest, tag))
          out.add(rules::kOutputActiveContent, 40, i, i + tag.size());
      }
    } else if (c == 'o' || c == 'j') {
      if (i > 0 && is_word_byte(answer[i - 1])) continue;
      for (const std::string_view handler : kHandlers) {
        if (starts_with_small(rest, handler))
          out.add(rules::kOutputActiveContent, 40, i, i + handler.size());
      }
    }
  }
}

void check_terminal(std::string_view answer, OutputFindings& out) {
  for (std::size_t i = 0; i < answer.size(); ++i) {
    // ESC, and the one-character CSI (U+009B).
    const bool escape = answer[i] == '\x1B';
    const bool csi = answer[i] == '\xC2' && i + 1 < answer.size() && answer[i + 1] == '\x9B';
    if (!escape && !csi) continue;
    std::size_t end = i + 1;
    while (end < answer.size() && end - i < 32 && !is_space(answer[end]) && answer[end] != '\x1B')
      ++end;
    // "ESC ]" talks to the terminal itself: titles, links, the clipboard.
    const bool to_terminal = escape && i + 1 < answer.size() && answer[i + 1] == ']';
    out.add(rules::kOutputTerminalControl, to_terminal ? 70 : 40, i, end);
    i = end - 1;
  }
}

}  // namespace

void check_links(std::string_view answer, const OutputContext& context, OutputFindings& out) {
  check_urls(answer, context, out);
  check_html(answer, out);
  check_terminal(answer, out);
}

}  // namespace saiph::detect
