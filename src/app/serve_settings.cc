#include "app/serve_settings.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "base/byte_reader.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/human.h"
#include "codec/toml/toml.h"
#include "policy/settings_reader.h"
#include "policy/text_policy.h"

namespace saiph::app {

namespace {

using codec::TomlKind;
using codec::TomlMember;
using codec::TomlValue;

/// People write it; a larger one is a mistake.
constexpr std::uint64_t kFileBytes = 1U << 20;

/// What a text of a setting is.
enum class Meaning : std::uint8_t { kText, kPath, kTextPolicy };

struct TextRow {
  std::string_view section;
  std::string_view key;
  std::string ServeSettings::* place;
  Meaning meaning;
};
struct TextsRow {
  std::string_view section;
  std::string_view key;
  std::vector<std::string> ServeSettings::* place;
  Meaning meaning;
};
struct FlagRow {
  std::string_view section;
  std::string_view key;
  bool ServeSettings::* place;
};
enum class Unit : std::uint8_t { kCount, kSize };
struct NumberRow {
  std::string_view section;
  std::string_view key;
  std::uint64_t ServeSettings::* place;
  Unit unit;
  std::uint64_t least;
  std::uint64_t most;
};
struct TimeRow {
  std::string_view section;
  std::string_view key;
  std::chrono::milliseconds ServeSettings::* place;
  std::chrono::milliseconds least;
};

// Every key there is: reading, checking and printing go by these tables.
constexpr auto kTexts = std::to_array<TextRow>({
    {"", "data", &ServeSettings::data, Meaning::kPath},
    {"tls", "certificate", &ServeSettings::tls_certificate, Meaning::kPath},
    {"tls", "key", &ServeSettings::tls_key, Meaning::kPath},
    {"tls", "client_ca", &ServeSettings::tls_client_ca, Meaning::kPath},
    {"scan", "policy", &ServeSettings::scan_policy, Meaning::kPath},
    {"scan", "suppress", &ServeSettings::scan_suppress, Meaning::kPath},
    {"texts", "policy", &ServeSettings::text_policy, Meaning::kTextPolicy},
    {"ledger", "origin", &ServeSettings::origin, Meaning::kText},
    {"ledger", "passphrase_file", &ServeSettings::passphrase_file, Meaning::kPath},
    {"oidc", "issuer", &ServeSettings::oidc_issuer, Meaning::kText},
    {"oidc", "client_id", &ServeSettings::oidc_client_id, Meaning::kText},
    {"oidc", "client_secret_file", &ServeSettings::oidc_client_secret_file, Meaning::kPath},
    {"oidc", "redirect_uri", &ServeSettings::oidc_redirect_uri, Meaning::kText},
    {"oidc", "name", &ServeSettings::oidc_name, Meaning::kText},
    {"oidc", "ca_file", &ServeSettings::oidc_ca_file, Meaning::kPath},
});
constexpr auto kLists = std::to_array<TextsRow>({
    {"server", "listen", &ServeSettings::listen, Meaning::kText},
    {"server", "host_names", &ServeSettings::host_names, Meaning::kText},
    {"scan", "roots", &ServeSettings::scan_roots, Meaning::kPath},
    {"oidc", "scopes", &ServeSettings::oidc_scopes, Meaning::kText},
});
constexpr auto kFlags = std::to_array<FlagRow>({
    {"server", "allow_plain", &ServeSettings::allow_plain},
    {"tls", "require_client_certificate", &ServeSettings::tls_require_client_certificate},
    {"ledger", "public_tiles", &ServeSettings::public_tiles},
    {"oidc", "allow_plain_loopback", &ServeSettings::oidc_allow_plain_loopback},
});
constexpr std::uint64_t kTera = std::uint64_t{1} << 40;
constexpr auto kNumbers = std::to_array<NumberRow>({
    {"server", "threads", &ServeSettings::threads, Unit::kCount, 1, 64},
    {"limits", "connections", &ServeSettings::connections, Unit::kCount, 4, 100'000},
    {"limits", "connections_per_address", &ServeSettings::connections_per_address, Unit::kCount, 1,
     100'000},
    {"limits", "requests_per_second", &ServeSettings::requests_per_second, Unit::kCount, 0,
     1'000'000},
    {"limits", "request_burst", &ServeSettings::request_burst, Unit::kCount, 0, 1'000'000},
    {"scan", "workers", &ServeSettings::scan_workers, Unit::kCount, 1, 64},
    {"scan", "threads", &ServeSettings::scan_threads, Unit::kCount, 1, 64},
    {"scan", "queue", &ServeSettings::scan_queue, Unit::kCount, 1, 10'000},
    // A worker needs about 200 MiB of addresses before it reads the first byte.
    {"scan", "memory", &ServeSettings::scan_memory_bytes, Unit::kSize, std::uint64_t{256} << 20,
     kTera},
    {"scan", "upload_size", &ServeSettings::upload_bytes, Unit::kSize, 1024, 64 * kTera},
    {"scan", "uploads_size", &ServeSettings::uploads_bytes, Unit::kSize, 1024, 64 * kTera},
    {"scan", "report_size", &ServeSettings::report_bytes, Unit::kSize, 1U << 20, kTera},
});
constexpr auto kTimes = std::to_array<TimeRow>({
    {"server", "drain", &ServeSettings::drain, std::chrono::milliseconds(1)},
    {"limits", "header_time", &ServeSettings::header_time, std::chrono::milliseconds(100)},
    {"limits", "body_inactivity", &ServeSettings::body_inactivity, std::chrono::milliseconds(100)},
    {"limits", "keep_alive", &ServeSettings::keep_alive, std::chrono::milliseconds(100)},
    {"scan", "time", &ServeSettings::scan_time, std::chrono::milliseconds(1000)},
    {"ledger", "heartbeat", &ServeSettings::heartbeat, std::chrono::milliseconds(1000)},
});
constexpr std::array<std::string_view, 7> kSections = {"server", "tls",    "limits", "texts",
                                                       "scan",   "ledger", "oidc"};

template <typename Rows>
void add_keys(const Rows& rows, std::string_view section, std::vector<std::string_view>& keys) {
  for (const auto& row : rows) {
    if (row.section == section) keys.push_back(row.key);
  }
}

std::vector<std::string_view> keys_of(std::string_view section) {
  std::vector<std::string_view> keys;
  add_keys(kTexts, section, keys);
  add_keys(kLists, section, keys);
  add_keys(kFlags, section, keys);
  add_keys(kNumbers, section, keys);
  add_keys(kTimes, section, keys);
  return keys;
}

/// One file.
class Parser {
 public:
  explicit Parser(const std::string& name)
      : reader_(name, {}), folder_(std::filesystem::path(name).parent_path()) {}

  Result<ServeSettings> parse(const TomlValue& root) {
    std::vector<std::string_view> top = keys_of("");
    top.insert(top.end(), kSections.begin(), kSections.end());
    SAIPH_CHECK(reader_.only_keys(root, top));
    SAIPH_CHECK(read(root, ""));
    for (const std::string_view section : kSections) {
      const TomlMember* member = root.find(section);
      if (member == nullptr) continue;
      SAIPH_CHECK(reader_.expect(*member, TomlKind::kTable));
      SAIPH_CHECK(reader_.only_keys(member->value, keys_of(section)));
      SAIPH_CHECK(read(member->value, section));
    }
    return settings_;
  }

 private:
  std::string place(const std::string& text, Meaning meaning) const {
    if (meaning == Meaning::kText || text.empty()) return text;
    if (meaning == Meaning::kTextPolicy && policy::built_in_text_policy(text)) return text;
    return (folder_ / text).string();  // an absolute one stays as it is
  }

  Status read(const TomlValue& table, std::string_view section) {
    for (const TomlMember& member : table.members) {
      for (const TextRow& row : kTexts) {
        if (row.section == section && row.key == member.key) SAIPH_CHECK(text(row, member));
      }
      for (const TextsRow& row : kLists) {
        if (row.section == section && row.key == member.key) SAIPH_CHECK(texts(row, member));
      }
      for (const FlagRow& row : kFlags) {
        if (row.section != section || row.key != member.key) continue;
        SAIPH_CHECK(reader_.expect(member, TomlKind::kBoolean));
        settings_.*row.place = member.value.boolean;
      }
      for (const NumberRow& row : kNumbers) {
        if (row.section == section && row.key == member.key) SAIPH_CHECK(number(row, member));
      }
      for (const TimeRow& row : kTimes) {
        if (row.section == section && row.key == member.key) SAIPH_CHECK(time(row, member));
      }
    }
    return {};
  }

  Status text(const TextRow& row, const TomlMember& member) {
    SAIPH_CHECK(reader_.expect(member, TomlKind::kString));
    if (member.value.string.empty()) {
      return reader_.error(member.value.position,
                           fmt::format("{} is empty; leave it out", row.key));
    }
    settings_.*row.place = place(member.value.string, row.meaning);
    return {};
  }

  Status texts(const TextsRow& row, const TomlMember& member) {
    SAIPH_CHECK(reader_.expect(member, TomlKind::kArray));
    std::vector<std::string>& out = settings_.*row.place;
    out.clear();
    for (const TomlValue& item : member.value.items) {
      if (item.kind != TomlKind::kString || item.string.empty()) {
        return reader_.error(item.position, fmt::format("{} is a list of texts", row.key));
      }
      out.push_back(place(item.string, row.meaning));
    }
    return {};
  }

  Status number(const NumberRow& row, const TomlMember& member) {
    std::uint64_t value = 0;
    if (member.value.kind == TomlKind::kInteger && member.value.integer >= 0) {
      value = static_cast<std::uint64_t>(member.value.integer);
    } else if (member.value.kind == TomlKind::kString && row.unit == Unit::kSize) {
      const auto size = parse_size(member.value.string);
      if (!size) return reader_.error(member.value.position, size.error().message());
      value = *size;
    } else {
      return reader_.error(member.value.position,
                           row.unit == Unit::kSize
                               ? fmt::format("{} must be a size, as in \"512M\"", row.key)
                               : fmt::format("{} must be a whole number", row.key));
    }
    if (value < row.least || value > row.most) {
      return reader_.error(
          member.value.position,
          row.unit == Unit::kSize
              ? fmt::format("{} must be from {} to {}", row.key, format_size(row.least),
                            format_size(row.most))
              : fmt::format("{} must be from {} to {}", row.key, row.least, row.most));
    }
    settings_.*row.place = value;
    return {};
  }

  Status time(const TimeRow& row, const TomlMember& member) {
    if (member.value.kind != TomlKind::kString) {
      return reader_.error(member.value.position,
                           fmt::format("{} must be a duration in quotes, as in \"30s\"", row.key));
    }
    const auto value = parse_duration(member.value.string);
    if (!value) return reader_.error(member.value.position, value.error().message());
    if (*value < row.least) {
      return reader_.error(member.value.position,
                           fmt::format("{} must be at least {}ms", row.key, row.least.count()));
    }
    settings_.*row.place = *value;
    return {};
  }

  policy::SettingsReader reader_;
  std::filesystem::path folder_;
  ServeSettings settings_;
};

/// What single settings cannot say.
Status check_together(const ServeSettings& settings) {
  const auto wrong = [](std::string_view what) {
    return Error(ErrorCode::kInvalidArgument, std::string(what));
  };
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return wrong("TLS needs both: the certificate and its key");
  }
  if (!settings.tls_client_ca.empty() && settings.tls_certificate.empty()) {
    return wrong("a client CA without TLS does nothing: name a certificate and its key");
  }
  const bool provider = !settings.oidc_issuer.empty();
  if (provider && (settings.oidc_client_id.empty() || settings.oidc_redirect_uri.empty())) {
    return wrong("[oidc] needs issuer, client_id and redirect_uri");
  }
  if (!provider && (!settings.oidc_client_id.empty() || !settings.oidc_redirect_uri.empty() ||
                    !settings.oidc_client_secret_file.empty())) {
    return wrong("[oidc] without an issuer does nothing");
  }
  if (settings.uploads_bytes < settings.upload_bytes) {
    return wrong("scan.uploads_size must be at least scan.upload_size");
  }
  return {};
}

/// A TOML basic string.
std::string in_toml(std::string_view text) {
  std::string out = "\"";
  append_json(out, text);  // its escapes are TOML's, too
  return out + "\"";
}

std::string duration_text(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("\"{}s\"", time.count() / 1000)
                                  : fmt::format("\"{}ms\"", time.count());
}

}  // namespace

Result<ServeSettings> parse_serve_settings(ByteView bytes, const std::string& name) {
  SAIPH_TRY(const TomlValue root, codec::parse_toml(bytes, name));
  return Parser(name).parse(root);
}

Result<ServeSettings> read_serve_settings(const ServeRequest& request) {
  ServeSettings settings;
  if (!request.config_file.empty()) {
    auto file = FileSource::open(request.config_file);
    if (!file) return file.error().wrap(request.config_file);
    const auto bytes = read_all(**file, kFileBytes);
    if (!bytes) return bytes.error().wrap(request.config_file);
    SAIPH_TRY(settings, parse_serve_settings(*bytes, request.config_file));
  }
  if (request.data) settings.data = *request.data;
  if (!request.listen.empty()) settings.listen = request.listen;
  if (request.allow_plain) settings.allow_plain = true;
  if (!request.tls_certificate.empty()) settings.tls_certificate = request.tls_certificate;
  if (!request.tls_key.empty()) settings.tls_key = request.tls_key;
  if (!request.client_ca.empty()) settings.tls_client_ca = request.client_ca;
  if (!request.scan_roots.empty()) settings.scan_roots = request.scan_roots;
  if (!request.passphrase_file.empty()) settings.passphrase_file = request.passphrase_file;
  if (settings.listen.empty()) settings.listen = {"127.0.0.1:8700"};
  SAIPH_CHECK(check_together(settings));
  return settings;
}

std::string describe(const ServeSettings& settings) {
  std::string out;
  const auto section_lines = [&](std::string_view section) {
    for (const TextRow& row : kTexts) {
      const std::string& value = settings.*row.place;
      if (row.section == section && !value.empty()) {
        out += fmt::format("{} = {}\n", row.key, in_toml(value));
      }
    }
    for (const TextsRow& row : kLists) {
      if (row.section != section) continue;
      std::string items;
      for (const std::string& item : settings.*row.place) {
        items += (items.empty() ? "" : ", ") + in_toml(item);
      }
      out += fmt::format("{} = [{}]\n", row.key, items);
    }
    for (const FlagRow& row : kFlags) {
      if (row.section == section) out += fmt::format("{} = {}\n", row.key, settings.*row.place);
    }
    for (const NumberRow& row : kNumbers) {
      if (row.section == section) out += fmt::format("{} = {}\n", row.key, settings.*row.place);
    }
    for (const TimeRow& row : kTimes) {
      if (row.section == section) {
        out += fmt::format("{} = {}\n", row.key, duration_text(settings.*row.place));
      }
    }
  };
  section_lines("");
  for (const std::string_view section : kSections) {
    out += fmt::format("\n[{}]\n", section);
    section_lines(section);
  }
  return out;
}

}  // namespace saiph::app
