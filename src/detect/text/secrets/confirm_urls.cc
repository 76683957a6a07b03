#include <algorithm>
#include <array>

#include "detect/rules/secrets.h"
#include "detect/text/secrets/confirm.h"
#include "detect/text/secrets/confirm_url.h"

namespace saiph::detect {

namespace {

using std::string_view_literals::operator""sv;

/// Hosts (and their sub-domains) that hand out or collect data for anybody, with the path that
/// makes them do so. An empty path means any.
struct Collector {
  std::string_view host;
  std::string_view path;
  std::string_view what;
};

constexpr auto kCollectors = std::to_array<Collector>({
    {"pastebin.com", "/raw/", "raw paste"},
    {"paste.ee", "/r/", "raw paste"},
    {"hastebin.com", "/raw/", "raw paste"},
    {"rentry.co", "/raw/", "raw paste"},
    {"termbin.com", "", "paste service"},
    {"ix.io", "", "paste service"},
    {"0x0.st", "", "file drop"},
    {"transfer.sh", "", "file drop"},
    {"file.io", "/", "file drop"},
    {"anonfiles.com", "", "file drop"},
    {"gofile.io", "", "file drop"},
    {"ngrok.io", "", "tunnel"},
    {"ngrok.app", "", "tunnel"},
    {"ngrok-free.app", "", "tunnel"},
    {"ngrok-free.dev", "", "tunnel"},
    {"trycloudflare.com", "", "tunnel"},
    {"serveo.net", "", "tunnel"},
    {"localhost.run", "", "tunnel"},
    {"lhr.life", "", "tunnel"},
    {"loca.lt", "", "tunnel"},
    {"webhook.site", "/", "request catcher"},
    {"requestbin.net", "", "request catcher"},
    {"requestcatcher.com", "", "request catcher"},
    {"pipedream.net", "", "request catcher"},
    {"beeceptor.com", "", "request catcher"},
    {"burpcollaborator.net", "", "request catcher"},
    {"oastify.com", "", "request catcher"},
    {"oast.pro", "", "request catcher"},
    {"oast.live", "", "request catcher"},
    {"oast.site", "", "request catcher"},
    {"oast.online", "", "request catcher"},
    {"oast.fun", "", "request catcher"},
    {"oast.me", "", "request catcher"},
    {"interact.sh", "", "request catcher"},
    {"dnslog.cn", "", "request catcher"},
    {"canarytokens.com", "", "request catcher"},
    {"discord.com", "/api/webhooks/", "chat webhook"},
    {"discordapp.com", "/api/webhooks/", "chat webhook"},
    {"hooks.slack.com", "/services/", "chat webhook"},
    {"hooks.slack.com", "/workflows/", "chat webhook"},
    {"api.telegram.org", "/bot", "chat bot interface"},
});

constexpr auto kWeakPasswords = std::to_array<std::string_view>({
    "password", "passwd",        "pass",         "pwd",        "secret",   "user",    "username",
    "token",    "test",          "guest",        "admin",      "root",     "hunter2", "key",
    "foo",      "bar",           "baz",          "letmein",    "postgres", "mysql",   "redis",
    "mongo",    "x-oauth-basic", "access_token", "credential", "api_key",  "apikey",
});

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

/// user, password and host of what follows "://".
struct Authority {
  std::string_view user;
  std::string_view password;
  std::string_view host;
  std::string_view rest;
};

std::optional<Authority> read_authority(std::string_view text) {
  text = text.substr(0, 512);
  const std::size_t end = text.find_first_of("/\\?# \t\r\n\"'<>`|,;)]}");
  std::string_view authority = text.substr(0, end);
  Authority out;
  out.rest = end == std::string_view::npos ? std::string_view() : text.substr(end);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view userinfo = authority.substr(0, at);
    const std::size_t colon = userinfo.find(':');
    out.user = userinfo.substr(0, colon);
    if (colon != std::string_view::npos) out.password = userinfo.substr(colon + 1);
    authority = authority.substr(at + 1);
  }
  out.host = authority.substr(0, authority.find(':'));
  if (out.host.empty() || out.host.size() > 253) return std::nullopt;
  return out;
}

std::string_view scheme_before(ByteView before) {
  std::size_t length = 0;
  const auto in_scheme = [](std::uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '.' || c == '-';
  };
  while (length < 20 && length < before.size() && in_scheme(before[before.size() - 1 - length]))
    ++length;
  return as_text(before.last(length));
}

bool is_real_host(std::string_view host) {
  const std::string name = lowered(host);
  if (name.find('.') == std::string::npos) return false;  // "localhost", "db", "host"
  for (const std::string_view part :
       {"example"sv, "localhost"sv, "127.0.0.1"sv, "0.0.0.0"sv, "foo."sv, "host."sv, "server."sv,
        "domain."sv, "your"sv, "test."sv, ".test"sv, ".invalid"sv, ".local"sv, ".."sv}) {
    if (name.find(part) != std::string::npos) return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

}  // namespace

std::optional<Confirmed> confirm_url_password(const Around& around) {
  const std::string_view scheme = scheme_before(around.before);
  if (scheme.size() < 2) return std::nullopt;
  const auto authority = read_authority(as_text(around.after).substr(around.literal));
  if (!authority || authority->password.size() < 8 || authority->password.size() > 128 ||
      !is_real_host(authority->host))
    return std::nullopt;
  const std::string password = lowered(authority->password);
  if (password == lowered(authority->user) || is_placeholder(password)) return std::nullopt;
  for (const std::string_view weak : kWeakPasswords) {
    if (password.starts_with(weak) || password.ends_with(weak)) return std::nullopt;
  }
  // Format fields and variables of templates and shells.
  if (authority->password.find_first_of("${}<>()[]*") != std::string_view::npos ||
      authority->password.find("%s") != std::string_view::npos)
    return std::nullopt;
  const bool digit = authority->password.find_first_of("0123456789") != std::string_view::npos;
  if (!digit || entropy(authority->password) < 2.7) return std::nullopt;
  Confirmed out{&rules::kSecretUrlPassword,
                "a password of " + std::to_string(authority->password.size()) +
                    " characters in an address of " + std::string(scheme),
                std::string(scheme) + "://...:(" + std::to_string(authority->password.size()) +
                    " characters)@" + std::string(authority->host),
                std::nullopt, -static_cast<std::int64_t>(scheme.size())};
  out.inner = static_cast<std::int64_t>(scheme.size() + around.literal + authority->user.size() +
                                        1);  // the colon
  out.length = authority->password.size();
  out.name = "password in an address";
  out.confidence = 0.9;
  return out;
}

std::optional<Confirmed> confirm_data_collector(const Around& around) {
  const std::string_view scheme = scheme_before(around.before);
  if (scheme.empty()) return std::nullopt;
  const auto authority = read_authority(as_text(around.after).substr(around.literal));
  if (!authority) return std::nullopt;
  const std::string host = lowered(authority->host);
  std::string path(authority->rest.substr(0, 200));
  std::erase(path, '\\');  // slashes may be escaped in JSON
  for (const Collector& collector : kCollectors) {
    if (!std::string_view(host).ends_with(collector.host)) continue;
    if (host.size() > collector.host.size() && host[host.size() - collector.host.size() - 1] != '.')
      continue;
    if (!std::string_view(path).starts_with(collector.path) ||
        path.size() < collector.path.size() + (collector.path.empty() ? 0U : 4U))
      continue;
    const auto shift = -static_cast<std::int64_t>(scheme.size());
    // The path of a chat webhook is the credential itself.
    if (collector.what == "chat webhook") {
      const std::string_view id = std::string_view(path).substr(collector.path.size());
      const std::size_t last = id.substr(0, id.find_first_of(" \t\r\n\"'<>)")).rfind('/');
      const std::string_view key =
          last == std::string_view::npos
              ? std::string_view()
              : id.substr(last + 1, id.find_first_of(" \t\r\n\"'<>)") - last - 1);
      if (key.size() >= 24 && !is_placeholder(key) && entropy(key) >= 3.2) {
        Confirmed out{&rules::kSecretServiceToken, "webhook address of " + host,
                      "https://" + host + std::string(collector.path) + "...", std::nullopt, shift};
        const std::size_t end = as_text(around.after).find_first_of(" \t\r\n\"'<>)");
        out.length = scheme.size() + std::min(end, std::min<std::size_t>(around.after.size(), 512));
        out.name = "chat webhook";
        return out;
      }
      continue;  // examples in documentation
    }
    return Confirmed{&rules::kUrlDataCollector, std::string(collector.what) + " at " + host,
                     std::string(scheme) + "://" + host + std::string(collector.path), std::nullopt,
                     shift};
  }
  return std::nullopt;
}

}  // namespace saiph::detect
