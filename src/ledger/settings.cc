#include "ledger/settings.h"

#include "base/limits.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"

namespace saiph::ledger {

namespace {

constexpr std::string_view kFormat = "saiph-ledger/1";
constexpr std::uint64_t kMaxSettingsBytes = 1U << 20;

Error malformed(const std::string& what) {
  return {ErrorCode::kMalformed, std::string(kSettingsFile) + ": " + what};
}

}  // namespace

Result<Settings> load_settings(Folder& folder) {
  auto bytes = read_file(folder, std::string(kSettingsFile), kMaxSettingsBytes);
  if (!bytes) {
    if (bytes.error().code() != ErrorCode::kNotFound) return bytes.error();
    return Error(ErrorCode::kNotFound,
                 "no ledger at " + folder.path("") + "; `saiph ledger init` makes one");
  }
  Budget budget{Limits::strict()};
  auto document = codec::load_json(ViewSource(*bytes), budget);
  if (!document) return document.error().wrap(std::string(kSettingsFile));
  if (!document->root.is_object() || !document->duplicate_keys.empty()) {
    return malformed("not one object with every key once");
  }
  Settings settings;
  std::string format;
  for (std::size_t i = 0; i < document->root.keys().size(); ++i) {
    const std::string& key = document->root.keys()[i];
    const codec::JsonValue& value = document->root.values()[i];
    if (key == "keys" && value.is_array()) {
      for (const codec::JsonValue& item : value.items()) {
        auto parsed = VerifierKey::parse(item.string());
        if (!parsed) return malformed("a key: " + parsed.error().describe());
        settings.keys.push_back(std::move(*parsed));
      }
    } else if (!value.is_string()) {
      return malformed("\"" + key + "\" is not known or of the wrong kind");
    } else if (key == "format") {
      format = value.string();
    } else if (key == "origin") {
      settings.origin = value.string();
    } else if (key == "key") {
      settings.key = value.string();
    } else if (key == "next_key") {
      settings.next_key = value.string();
    } else {
      return malformed("\"" + key + "\" is not known");
    }
  }
  if (format != kFormat) {
    return Error(ErrorCode::kUnsupported,
                 std::string(kSettingsFile) + ": not of the format " + std::string(kFormat));
  }
  if (settings.origin.empty() || settings.keys.empty()) {
    return malformed("origin or keys are missing");
  }
  return settings;
}

std::string encode_settings(const Settings& settings, bool with_key_places) {
  std::string text;
  codec::JsonWriter writer(text, 2);
  writer.begin_object();
  writer.member("format", kFormat);
  writer.member("origin", settings.origin);
  writer.array("keys");
  for (const VerifierKey& key : settings.keys) writer.string(key.text());
  writer.end_array();
  if (with_key_places) {
    writer.member("key", settings.key);
    if (!settings.next_key.empty()) writer.member("next_key", settings.next_key);
  }
  writer.end_object();
  text += '\n';
  return text;
}

Status save_settings(Folder& folder, const Settings& settings) {
  const std::string text = encode_settings(settings, true);
  return write_file(folder, std::string(kSettingsFile), as_bytes(text), Durability::kSynced);
}

}  // namespace saiph::ledger
