#include "detect/pickle/tables.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace saiph::detect {

namespace {

struct AllowRow {
  std::uint32_t key;
  std::uint16_t key_length;
  std::uint8_t uses;
  PickleShape shape;
  bool core;
};
struct DenyRow {
  std::uint32_t key;
  std::uint32_t why;
  std::uint32_t references;
  std::uint16_t key_length;
  std::uint16_t why_length;
  std::uint16_t references_length;
};
struct ModuleRow {
  std::uint32_t key;
  std::uint16_t key_length;
  bool standard;
};

#include "detect/pickle/tables_data.h"

std::string_view text_at(std::uint32_t place, std::uint16_t length) {
  return std::string_view(kBlob, sizeof kBlob - 1).substr(place, length);
}

template <typename Row, std::size_t N>
const Row* find_row(const Row (&rows)[N], std::string_view key) {
  const Row* it = std::lower_bound(std::begin(rows), std::end(rows), key,
                                   [](const Row& row, std::string_view wanted) {
                                     return text_at(row.key, row.key_length) < wanted;
                                   });
  return it != std::end(rows) && text_at(it->key, it->key_length) == key ? it : nullptr;
}

std::string key_of(std::string_view module, std::string_view name) {
  std::string key(module);
  key += '\n';
  key += name;
  return key;
}

}  // namespace

std::optional<AllowedName> find_allowed(std::string_view module, std::string_view name) {
  std::string key = key_of(module, name);
  constexpr std::string_view kPrivateCore = "numpy._core";
  if (key.starts_with(kPrivateCore) &&
      (key[kPrivateCore.size()] == '.' || key[kPrivateCore.size()] == '\n')) {
    key.replace(0, kPrivateCore.size(), "numpy.core");
  }
  const AllowRow* row = find_row(kAllowRows, key);
  if (row == nullptr) return std::nullopt;
  return AllowedName{row->uses, row->shape, row->core};
}

std::optional<DeniedName> find_denied(std::string_view module, std::string_view name) {
  const auto answer = [](const DenyRow* row) {
    return DeniedName{text_at(row->why, row->why_length),
                      text_at(row->references, row->references_length)};
  };
  for (std::string_view part = name; !part.empty();) {
    if (const DenyRow* row = find_row(kDenyRows, key_of(module, part))) return answer(row);
    const auto dot = part.rfind('.');
    part = dot == std::string_view::npos ? std::string_view() : part.substr(0, dot);
  }
  for (std::string_view part = module; !part.empty();) {
    if (const DenyRow* row = find_row(kDenyRows, key_of(part, "*"))) return answer(row);
    const auto dot = part.rfind('.');
    part = dot == std::string_view::npos ? std::string_view() : part.substr(0, dot);
  }
  return std::nullopt;
}

PackageKind package_kind(std::string_view module) {
  const ModuleRow* row = find_row(kModuleRows, module.substr(0, module.find('.')));
  if (row == nullptr) return PackageKind::kUnknown;
  return row->standard ? PackageKind::kStandard : PackageKind::kFramework;
}

}  // namespace saiph::detect
