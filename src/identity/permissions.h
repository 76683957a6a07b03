// Roles and what they permit: one table, which the server, the tokens and the tests read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saiph::identity {

/// What a person or a program is here. One account has one role.
enum class Role : std::uint8_t {
  kAdmin,     ///< everything
  kOperator,  ///< scans, suppresses, reads; its own tokens
  kAuditor,   ///< reads all, changes nothing; what it reads is recorded
  kReporter,  ///< reads results and hands in reports made elsewhere (a build pipeline)
};
inline constexpr std::size_t kRoleCount = 4;

/// What an operation asks for. The numbers are not stored; the names are (scopes of tokens).
enum class Permission : std::uint8_t {
  kRead,          ///< "read": assets, findings, scans and their reports, rules, live updates
  kReadLedger,    ///< "read-ledger": events, entries, proofs, checkpoints, export, evidence packs
  kReadSettings,  ///< "read-settings": accounts, tokens, suppressions' authors, settings; no
                  ///< secrets
  kReadMetrics,   ///< "read-metrics": /metrics and the detailed health
  kScan,          ///< "scan": start scans (upload or path) and cancel them
  kReport,        ///< "report": hand in a scan report made elsewhere, to be recorded
  kSuppress,      ///< "suppress": make and revoke suppressions
  kOwnTokens,     ///< "own-tokens": make and revoke API tokens of one's own account
  kAdminister,    ///< "administer": accounts, everybody's tokens, settings, backup
};
inline constexpr std::size_t kPermissionCount = 9;

/// A set of permissions: a value.
class PermissionSet {
 public:
  constexpr PermissionSet() = default;
  constexpr PermissionSet(std::initializer_list<Permission> permissions) {
    for (const Permission permission : permissions) add(permission);
  }
  constexpr bool has(Permission permission) const { return (bits_ & bit(permission)) != 0; }
  constexpr void add(Permission permission) { bits_ |= bit(permission); }
  constexpr bool empty() const { return bits_ == 0; }
  /// Whether every permission of this set is in `other`.
  constexpr bool within(PermissionSet other) const { return (bits_ & ~other.bits_) == 0; }
  constexpr PermissionSet operator&(PermissionSet other) const {
    PermissionSet both;
    both.bits_ = bits_ & other.bits_;
    return both;
  }
  constexpr bool operator==(const PermissionSet&) const = default;

 private:
  static constexpr std::uint32_t bit(Permission permission) {
    return std::uint32_t{1} << static_cast<unsigned>(permission);
  }
  std::uint32_t bits_ = 0;
};

/// "admin", "operator", "auditor", "reporter". Any thread, as all here.
std::string_view name_of(Role role);
std::optional<Role> parse_role(std::string_view name);
/// All roles and permissions, in the order of the enumerations.
std::span<const Role> all_roles();
std::span<const Permission> all_permissions();

std::string_view name_of(Permission permission);
std::optional<Permission> parse_permission(std::string_view name);

/// What the role permits. An API token permits permissions_of(owner's present role) & its scopes: a
/// demotion reaches the tokens at once.
PermissionSet permissions_of(Role role);

/// Reads of this role are recorded in the ledger.
constexpr bool reads_are_recorded(Role role) {
  return role == Role::kAuditor;
}

/// Names to a set. Errors: kInvalidArgument for an unknown or repeated name, and for none at all.
Result<PermissionSet> parse_scopes(std::span<const std::string> names);
/// The names, in the order of the enumeration.
std::vector<std::string_view> scope_names(PermissionSet scopes);

}  // namespace saiph::identity
