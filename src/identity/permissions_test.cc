#include "identity/permissions.h"

#include <gtest/gtest.h>

#include <string>

namespace saiph::identity {
namespace {

TEST(Permissions, TheTableIsWhatPeopleWereTold) {
  struct Row {
    Role role;
    std::string permissions;  ///< one digit a permission, in the order of the enumeration
  };
  const Row rows[] = {
      {Role::kAdmin, "111111111"},
      {Role::kOperator, "110111110"},
      {Role::kAuditor, "111100000"},
      {Role::kReporter, "100001010"},
  };
  ASSERT_EQ(std::size(rows), all_roles().size());
  for (const Row& row : rows) {
    std::string text;
    for (const Permission permission : all_permissions()) {
      text.push_back(permissions_of(row.role).has(permission) ? '1' : '0');
    }
    EXPECT_EQ(text, row.permissions) << name_of(row.role);
  }
}

TEST(Permissions, AnAuditorChangesNothingAndIsRecorded) {
  for (const Permission change : {Permission::kScan, Permission::kReport, Permission::kSuppress,
                                  Permission::kOwnTokens, Permission::kAdminister}) {
    EXPECT_FALSE(permissions_of(Role::kAuditor).has(change));
  }
  for (const Role role : all_roles()) {
    EXPECT_EQ(reads_are_recorded(role), role == Role::kAuditor);
  }
}

TEST(Permissions, NamesComeBack) {
  for (const Role role : all_roles()) EXPECT_EQ(parse_role(name_of(role)), role);
  for (const Permission permission : all_permissions()) {
    EXPECT_EQ(parse_permission(name_of(permission)), permission);
  }
  EXPECT_FALSE(parse_role("root"));
  EXPECT_FALSE(parse_role("Admin"));
  EXPECT_FALSE(parse_permission(""));
}

TEST(Permissions, ScopesAreNamedOnceEach) {
  const std::vector<std::string> good = {"scan", "read"};
  const auto scopes = parse_scopes(good);
  ASSERT_TRUE(scopes);
  EXPECT_EQ(*scopes, (PermissionSet{Permission::kRead, Permission::kScan}));
  EXPECT_EQ(scope_names(*scopes), (std::vector<std::string_view>{"read", "scan"}));
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{}, {"read", "read"}, {"everything"}, {""}, {"READ"}}) {
    EXPECT_FALSE(parse_scopes(bad));
  }
}

TEST(Permissions, ATokenNeverPermitsMoreThanItsOwnersRole) {
  const PermissionSet scopes = {Permission::kRead, Permission::kAdminister};
  EXPECT_FALSE(scopes.within(permissions_of(Role::kOperator)));
  EXPECT_TRUE(scopes.within(permissions_of(Role::kAdmin)));
  EXPECT_EQ(scopes & permissions_of(Role::kOperator), PermissionSet{Permission::kRead});
  EXPECT_TRUE(PermissionSet{}.empty());
}

}  // namespace
}  // namespace saiph::identity
