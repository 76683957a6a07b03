#include "identity/permissions.h"

#include <array>

namespace saiph::identity {

namespace {

using enum Permission;

struct RoleRow {
  Role role;
  std::string_view name;
  PermissionSet permissions;
};
/// The table. A change here changes docs and the console's texts too.
constexpr std::array<RoleRow, kRoleCount> kRoles = {{
    {Role::kAdmin,
     "admin",
     {kRead, kReadLedger, kReadSettings, kReadMetrics, kScan, kReport, kSuppress, kOwnTokens,
      kAdminister}},
    {Role::kOperator,
     "operator",
     {kRead, kReadLedger, kReadMetrics, kScan, kReport, kSuppress, kOwnTokens}},
    {Role::kAuditor, "auditor", {kRead, kReadLedger, kReadSettings, kReadMetrics}},
    {Role::kReporter, "reporter", {kRead, kReport, kOwnTokens}},
}};

struct PermissionRow {
  Permission permission;
  std::string_view name;
};
constexpr std::array<PermissionRow, kPermissionCount> kPermissions = {{
    {kRead, "read"},
    {kReadLedger, "read-ledger"},
    {kReadSettings, "read-settings"},
    {kReadMetrics, "read-metrics"},
    {kScan, "scan"},
    {kReport, "report"},
    {kSuppress, "suppress"},
    {kOwnTokens, "own-tokens"},
    {kAdminister, "administer"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (static_cast<std::size_t>(kRoles[i].role) != i) return false;
  }
  for (std::size_t i = 0; i < kPermissions.size(); ++i) {
    if (static_cast<std::size_t>(kPermissions[i].permission) != i) return false;
  }
  return true;
}
static_assert(in_order(), "rows stand in the order of the enumerations");

constexpr std::array<Role, kRoleCount> kRoleList = {Role::kAdmin, Role::kOperator, Role::kAuditor,
                                                    Role::kReporter};
constexpr std::array<Permission, kPermissionCount> kPermissionList = {
    kRead,   kReadLedger, kReadSettings, kReadMetrics, kScan,
    kReport, kSuppress,   kOwnTokens,    kAdminister};

}  // namespace

std::string_view name_of(Role role) {
  return kRoles[static_cast<std::size_t>(role)].name;
}

std::optional<Role> parse_role(std::string_view name) {
  for (const RoleRow& row : kRoles) {
    if (row.name == name) return row.role;
  }
  return std::nullopt;
}

std::span<const Role> all_roles() {
  return kRoleList;
}

std::span<const Permission> all_permissions() {
  return kPermissionList;
}

std::string_view name_of(Permission permission) {
  return kPermissions[static_cast<std::size_t>(permission)].name;
}

std::optional<Permission> parse_permission(std::string_view name) {
  for (const PermissionRow& row : kPermissions) {
    if (row.name == name) return row.permission;
  }
  return std::nullopt;
}

PermissionSet permissions_of(Role role) {
  return kRoles[static_cast<std::size_t>(role)].permissions;
}

Result<PermissionSet> parse_scopes(std::span<const std::string> names) {
  PermissionSet scopes;
  for (const std::string& name : names) {
    const auto permission = parse_permission(name);
    if (!permission) return Error(ErrorCode::kInvalidArgument, "an unknown scope");
    if (scopes.has(*permission)) return Error(ErrorCode::kInvalidArgument, "a scope stands twice");
    scopes.add(*permission);
  }
  if (scopes.empty()) return Error(ErrorCode::kInvalidArgument, "a token needs a scope");
  return scopes;
}

std::vector<std::string_view> scope_names(PermissionSet scopes) {
  std::vector<std::string_view> names;
  for (const PermissionRow& row : kPermissions) {
    if (scopes.has(row.permission)) names.push_back(row.name);
  }
  return names;
}

}  // namespace saiph::identity
