// A state in a folder of its own, with a journal that remembers and can fail.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/temporary_folder_for_test.h"
#include "control/change_journal.h"
#include "control/state.h"
#include "crypto/sha256.h"

namespace saiph::control {

inline constexpr UnixMillis kNowForTest = 1'767'323'045'678;  // 2026-01-02T03:04:05.678Z

class JournalForTest final : public ChangeJournal {
 public:
  Result<std::uint64_t> record(const Change& change) override {
    if (fail) return Error(ErrorCode::kUnavailable, "the disk is full");
    changes.push_back(change);
    if (then) then();
    return static_cast<std::uint64_t>(changes.size()) - 1;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Change& change : changes) all.push_back(change.what);
    return all;
  }

  bool fail = false;
  std::function<void()> then;
  std::vector<Change> changes;
};

inline Digest digest_for_test(std::string_view text) {
  return *crypto::sha256(as_bytes(text));
}

class StateForTest {
 public:
  StateForTest() { reopen(); }
  void reopen() {
    state.reset();
    auto opened = State::open(folder.path(), journal);
    EXPECT_TRUE(opened) << opened.error().describe();
    if (opened) state = std::move(*opened);
  }
  Account account(const std::string& name, identity::Role role) const {
    NewAccount wanted;
    wanted.name = name;
    wanted.role = role;
    const auto created = state->accounts().create(wanted, Actor::system(), kNowForTest);
    EXPECT_TRUE(created) << created.error().describe();
    return *created;
  }

  TemporaryFolder folder;
  JournalForTest journal;
  std::unique_ptr<State> state;
};

}  // namespace saiph::control
