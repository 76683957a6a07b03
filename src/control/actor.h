// Actor: who causes a change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace saiph::control {

enum class ActorKind : std::uint8_t {
  kSystem,   ///< the program itself (start, retention)
  kSetup,    ///< whoever held the setup link
  kSession,  ///< a person
  kToken,    ///< a program with a person's API token
  kCommand,  ///< a command on the machine (`saiph state ...`)
};
std::string_view name_of(ActorKind kind);  ///< "system", "setup", "session", "token", "command"

struct Actor {
  ActorKind kind = ActorKind::kSystem;
  std::string account;  ///< id of the account for kSession and kToken, else empty

  static Actor system() { return {}; }
  static Actor session(std::string account) { return {ActorKind::kSession, std::move(account)}; }
  static Actor token(std::string account) { return {ActorKind::kToken, std::move(account)}; }
};

}  // namespace saiph::control
