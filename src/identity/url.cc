#include "identity/url.h"

#include <algorithm>

#include "base/bytes.h"

namespace saiph::identity {

namespace {

constexpr std::size_t kMaxUrl = 2048;

Error refused(const char* reason) {
  return {ErrorCode::kInvalidArgument, reason};
}

/// "127.1.2.3": four numbers, the first 127. Other spellings of the address are no loopback here.
bool is_loopback_v4(std::string_view host) {
  std::size_t parts = 0;
  const bool right_start = host.starts_with("127.");
  while (!host.empty() && parts < 5) {
    const std::string_view part = host.substr(0, host.find('.'));
    if (part.empty() || part.size() > 3 ||
        part.find_first_not_of("0123456789") != std::string_view::npos) {
      return false;
    }
    host.remove_prefix(std::min(host.size(), part.size() + 1));
    ++parts;
  }
  return right_start && parts == 4;
}

/// Host and, behind a colon, port; the host is empty when this is neither a name nor an address.
std::string_view host_of(std::string_view authority) {
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return {};
    host = authority.substr(0, end + 1);
    port = authority.substr(end + 1);
    if (host.find_first_not_of("[]0123456789abcdefABCDEF:.") != std::string_view::npos) return {};
  } else {
    host = authority.substr(0, authority.find(':'));
    port = authority.substr(host.size());
    if (host.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") !=
        std::string_view::npos) {
      return {};
    }
  }
  if (!port.empty() && (port.size() < 2 || port.size() > 6 || port[0] != ':' ||
                        port.find_first_not_of("0123456789", 1) != std::string_view::npos)) {
    return {};
  }
  return host;
}

}  // namespace

void append_percent(std::string& out, std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const std::uint8_t c : as_bytes(text)) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(static_cast<char>(c));
    } else {
      out.push_back('%');
      out.push_back(kDigits[c >> 4U]);
      out.push_back(kDigits[c & 15U]);
    }
  }
}

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty() && out.back() != '?' && out.back() != '&') out.push_back('&');
  append_percent(out, name);
  out.push_back('=');
  append_percent(out, value);
}

Status check_url(std::string_view url, UrlRules rules) {
  if (url.size() > kMaxUrl) return refused("the URL is too long");
  for (const char c : url) {
    if (c <= ' ' || c > '~' || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos) {
      return refused("the URL holds a character that no URL may have");
    }
  }
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://"))
    return refused("the URL does not start with https://");
  const std::string_view rest = url.substr(url.find("//") + 2);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view host = host_of(authority);
  if (host.empty()) return refused("the URL names no host, or a user besides");
  if (url.find('#') != std::string_view::npos) return refused("the URL has a fragment");
  if (!rules.query && url.find('?') != std::string_view::npos)
    return refused("the URL has a query");
  const bool loopback = host == "localhost" || host == "[::1]" || is_loopback_v4(host);
  if (!secure && !(rules.plain_loopback && loopback)) {
    return refused("the URL is plain http: only https is used");
  }
  return {};
}

}  // namespace saiph::identity
