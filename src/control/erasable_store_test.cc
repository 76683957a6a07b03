#include "control/erasable_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "control/state_for_test.h"

namespace saiph::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr UnixMillis kNow = kNowForTest;

std::string all_bytes(const std::string& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    all += std::string(std::istreambuf_iterator<char>(file), {});
  }
  return all;
}

TEST(ErasableStore, ErasedTextsLeaveNoBytes) {
  const TemporaryFolder folder;
  JournalForTest journal;
  const auto opened = ErasableStore::open(folder.path() + "/texts.db", journal);
  ASSERT_TRUE(opened) << opened.error().describe();
  ErasableStore& texts = **opened;
  const std::string text = "this is a name, and it is private";
  const auto digest = texts.put(as_bytes(text), kNow);
  ASSERT_TRUE(digest);
  const auto again = texts.put(as_bytes(text), kNow + 1);
  EXPECT_NE(*digest, *again);
  const auto found = texts.get(*digest);
  ASSERT_TRUE(found);
  EXPECT_EQ(as_text(found->text), text);
  EXPECT_EQ(ErasableStore::salted_digest(found->salt, found->text), *digest);
  EXPECT_THAT(all_bytes(folder.path()), HasSubstr("private"));
  EXPECT_EQ(*texts.count(), 2U);

  journal.fail = true;
  EXPECT_FALSE(texts.erase(*digest, Actor::system(), {}, kNow));
  EXPECT_TRUE(texts.get(*digest));
  journal.fail = false;
  const Digest who = digest_for_test("account");
  ASSERT_TRUE(texts.erase(*digest, Actor::session("account"), who, kNow));
  EXPECT_EQ(texts.erase(*digest, Actor::system(), {}, kNow).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(texts.erase(who, Actor::system(), {}, kNow).error().code(), ErrorCode::kNotFound);
  const auto gone = texts.get(*digest);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(gone.error().message(), HasSubstr("erased"));
  EXPECT_EQ(*texts.erase_older(kNow, kNow + 2), 0U);
  EXPECT_EQ(*texts.erase_older(kNow + 2, kNow + 2), 1U);
  EXPECT_THAT(all_bytes(folder.path()), Not(HasSubstr("private")));
  EXPECT_EQ(*texts.count(), 0U);
  EXPECT_THAT(journal.names(), ElementsAre("text-erased", "texts-erased"));
  EXPECT_EQ(journal.changes[0].actor, who);
}

TEST(ErasableStore, WhatWasBegunIsFinished) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/texts.db";
  JournalForTest journal;
  Digest first;
  {
    const auto texts = ErasableStore::open(path, journal);
    first = *(*texts)->put(as_bytes("the first text"), kNow);
    ASSERT_TRUE((*texts)->put(as_bytes("the second text"), kNow));
  }
  {
    // As a program leaves it that dies before or after its record.
    const auto database = store::Database::open(path);
    ASSERT_TRUE(
        (*database)->execute("UPDATE texts SET marked = 1 WHERE text = CAST('the first "
                             "text' AS BLOB)"));
  }
  const auto texts = ErasableStore::open(path, journal);
  EXPECT_EQ(*(*texts)->finish_erasures(kNow), 1U);
  EXPECT_EQ(*(*texts)->finish_erasures(kNow), 0U);
  EXPECT_FALSE((*texts)->get(first));
  EXPECT_EQ(*(*texts)->count(), 1U);
  EXPECT_THAT(journal.names(), ElementsAre("texts-erased"));
}

TEST(ErasableStore, LongTextsAndForeignFilesAreRefused) {
  const TemporaryFolder folder;
  JournalForTest journal;
  ASSERT_TRUE(State::open(folder.path(), journal));
  EXPECT_EQ(ErasableStore::open(folder.path() + "/state.db", journal).error().code(),
            ErrorCode::kDenied);
  const auto texts = ErasableStore::open(folder.path() + "/texts.db", journal);
  EXPECT_EQ((*texts)->put(Bytes(kMaxTextBytes + 1), kNow).error().code(), ErrorCode::kLimit);
  const auto digest = (*texts)->put(Bytes(kMaxTextBytes, 'x'), kNow);
  ASSERT_TRUE(digest) << digest.error().describe();
  EXPECT_EQ((*texts)->get(*digest)->text.size(), kMaxTextBytes);
  EXPECT_EQ((*texts)->get(*(*texts)->put({}, kNow))->text.size(), 0U);
}

}  // namespace
}  // namespace saiph::control
