#include "match/rules/rule_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "match/canonical/canonical_form.h"

namespace saiph::match {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Hits {
  std::vector<RuleHit> hits;
  std::vector<std::string> reasons;
};

class Kept final : public RuleHitSink {
 public:
  explicit Kept(Hits& into) : into_(into) {}
  void hit(const RuleHit& hit) override { into_.hits.push_back(hit); }
  void incomplete(std::string_view reason) override { into_.reasons.emplace_back(reason); }

 private:
  Hits& into_;
};

std::shared_ptr<const RuleSet> load(std::string_view text) {
  const RuleSource source{"team.toml", text};
  auto set = RuleSet::load({&source, 1});
  EXPECT_TRUE(set) << (set ? "" : set.error().message());
  return set ? *set : nullptr;
}

Hits search(const RuleSet& set, std::string_view text, Channel channel = Channel::kUser,
            bool derived = false, std::uint8_t paranoia = 1) {
  Hits out;
  Kept sink(out);
  RuleScratch scratch;
  RuleLimits limits;
  limits.paranoia = paranoia;
  set.match(canonical_form(text), derived, channel, limits, scratch, sink);
  return out;
}

std::string rule(std::string_view more) {
  return R"([[rule]]
id = "team-word"
title = "Names the project"
meaning = "It names it."
remedy = "Ask."
severity = "low"
score = 40
hits = ["project falcon is here", "about project falcon"]
misses = ["a falcon is a bird", "a project"]
)" + std::string(more);
}

TEST(RuleSet, EveryRuleOfOursHoldsItsExamples) {
  ASSERT_FALSE(RuleSet::own_sources().empty());
  for (const RuleSource& source : RuleSet::own_sources()) {
    for (const RuleProblem& problem : check_rules(source)) {
      ADD_FAILURE() << source.name << ":" << problem.position.line << ":" << problem.position.column
                    << ": " << problem.message;
    }
  }
}

TEST(RuleSet, OurSetHoldsEveryRuleOfItsFiles) {
  std::size_t tables = 0;
  for (const RuleSource& source : RuleSet::own_sources()) {
    for (std::size_t at = 0; (at = source.text.find("[[rule]]", at)) != std::string_view::npos;
         ++at) {
      if (at == 0 || source.text[at - 1] == '\n') ++tables;
    }
  }
  EXPECT_EQ(RuleSet::own()->rules().size(), tables);
  EXPECT_EQ(RuleSet::own()->version().size(), 12U);
}

TEST(RuleSet, ALiteralIsAMatchAndAPatternConfirms) {
  const auto words = load(rule("literals = [\"project falcon\"]\n"));
  ASSERT_NE(words, nullptr);
  const Hits hits = search(*words, "See Project  Falcon, and project falcon again.");
  ASSERT_EQ(hits.hits.size(), 2U);
  EXPECT_EQ(hits.hits[0].score, 40);
  EXPECT_EQ(hits.hits[0].begin, 4U);
  EXPECT_EQ(hits.hits[0].end, 18U);

  const auto pattern =
      load(rule("literals = [\"falcon\"]\npattern = '\\bproject (?:the )?falcon\\b'\n"));
  ASSERT_NE(pattern, nullptr);
  EXPECT_EQ(search(*pattern, "project the falcon").hits.size(), 1U);
  EXPECT_THAT(search(*pattern, "the falcon of the project").hits, IsEmpty());
}

TEST(RuleSet, ChannelsParanoiaContextAndViewsCount) {
  const auto set = load(rule(R"(literals = ["project falcon"]
scores = { document = 70, output = 0 }
paranoia = 2
hidden = 15
near = [{ pattern = '\bsecret\b', within = 40, add = 20 }]
not = [{ pattern = '\bpublic\b', within = 40, subtract = 30 }]
)"));
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(search(*set, "project falcon").hits, IsEmpty());
  const auto score = [&](std::string_view text, Channel channel, bool derived = false) {
    const Hits found = search(*set, text, channel, derived, 2);
    return found.hits.empty() ? -1 : found.hits.front().score;
  };
  EXPECT_EQ(score("project falcon", Channel::kUser), 40);
  EXPECT_EQ(score("project falcon", Channel::kDocument), 70);
  EXPECT_EQ(score("project falcon", Channel::kOutput), -1);
  EXPECT_EQ(score("the secret project falcon", Channel::kUser), 60);
  EXPECT_EQ(score("the public project falcon", Channel::kUser), 10);
  EXPECT_EQ(score("project falcon", Channel::kUser, true), 55);
}

TEST(RuleSet, LaterFilesReplaceAndChange) {
  const std::string first = rule("literals = [\"project falcon\"]\n");
  const std::string second = "[[change]]\nid = \"team-word\"\nscore = 10\n";
  const RuleSource sources[] = {{"a.toml", first}, {"b.toml", second}};
  const auto set = RuleSet::load(sources);
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ(search(**set, "project falcon").hits.at(0).score, 10);
  const std::string off = "[[change]]\nid = \"team-word\"\nenabled = false\n";
  const RuleSource without[] = {{"a.toml", first}, {"b.toml", off}};
  const auto less = RuleSet::load(without);
  ASSERT_TRUE(less) << less.error().message();
  EXPECT_THAT(search(**less, "project falcon").hits, IsEmpty());
}

struct Wrong {
  std::string text;
  std::uint32_t line;
  std::string_view says;
};

TEST(RuleSet, MistakesAreNamedWithTheirPlace) {
  const std::string good = rule("literals = [\"project falcon\"]\n");
  const Wrong rows[] = {
      {"[[rule]\n", 1, ""},
      {rule("literals = [\"project falcon\"]\nscroe = 3\n"), 11, "score"},
      {rule("literals = [\"project falcon\"]\npattern = '(unclosed'\n"), 11, ""},
      {rule("literals = [\"ab\"]\n"), 10, ""},
      {rule("literals = []\n"), 10, ""},
      {rule("literals = [\"project falcon\"]\nparanoia = 9\n"), 11, ""},
      {rule("literals = [\"project falcon\"]\naction = \"explode\"\n"), 11, "explode"},
      {rule("literals = [\"project falcon\"]\nscores = { documant = 3 }\n"), 11, "document"},
      {rule("literals = [\"{nobody}\"]\n"), 10, "nobody"},
      {rule("literals = [\"project falcon\"]\nnear = [{ within = 3, add = 1 }]\n"), 11, "pattern"},
      {good + good, 11, "team-word"},
      {"[[change]]\nid = \"no-such-rule\"\nscore = 1\n", 2, "no-such-rule"},
      {"[[rule]]\nid = \"a-b\"\ntitle = \"t\"\n", 1, "meaning"},
  };
  for (const Wrong& row : rows) {
    const auto problems = check_rules({"team.toml", row.text});
    ASSERT_FALSE(problems.empty()) << row.text;
    EXPECT_EQ(problems.front().file, "team.toml");
    EXPECT_FALSE(problems.front().warning) << row.text << problems.front().message;
    EXPECT_EQ(problems.front().position.line, row.line) << row.text << "\n"
                                                        << problems.front().message;
    EXPECT_THAT(problems.front().message, HasSubstr(std::string(row.says))) << row.text;
    const RuleSource source{"team.toml", row.text};
    const std::vector<RuleSource> own(RuleSet::own_sources().begin(), RuleSet::own_sources().end());
    std::vector<RuleSource> all = own;
    all.push_back(source);
    const auto set = RuleSet::load(all);
    ASSERT_FALSE(set) << row.text;
    EXPECT_THAT(set.error().message(), HasSubstr("team.toml:" + std::to_string(row.line) + ":"));
  }
}

TEST(RuleSet, AnExampleThatDoesNotHoldIsAProblem) {
  const auto problems = check_rules({"team.toml", rule("literals = [\"project eagle\"]\n")});
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0].message, HasSubstr("project falcon is here"));
  EXPECT_FALSE(problems[0].warning);
}

TEST(RuleSet, WhatATextMayCostIsBoundedAndTold) {
  const auto set =
      load(rule("literals = [\"falcon\"]\npattern = '(?:falcon[^x]{0,200})+x'\n"
                "window = [2000, 2000]\n"));
  ASSERT_NE(set, nullptr);
  std::string text;
  while (text.size() < (1U << 20)) text += "falcon ";
  Hits out;
  Kept sink(out);
  RuleScratch scratch;
  RuleLimits limits;
  limits.confirm_factor = 0;
  set->match(text, false, Channel::kUser, limits, scratch, sink);
  EXPECT_LE(out.reasons.size(), 1U);
}

TEST(RuleSet, SetsAreSwappedUnderReaders) {
  const std::string one = rule("literals = [\"project falcon\"]\n");
  std::atomic<std::shared_ptr<const RuleSet>> present(load(one));
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> found{0};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      RuleScratch scratch;
      while (!stop) {
        Hits out;
        Kept sink(out);
        present.load()->match("about project falcon", false, Channel::kUser, {}, scratch, sink);
        found += out.hits.size();
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    present.store(load(
        rule("literals = [\"project falcon\"]\nthreshold = " + std::to_string(1 + i % 9) + "\n")));
  }
  while (found == 0) std::this_thread::yield();
  stop = true;
}

TEST(AnomalyScore, ARuleCountsOnceWithItsBest) {
  TextRule first;
  TextRule second;
  AnomalyScore score;
  score.add({&first, 30, 0, 1});
  score.add({&first, 50, 2, 3});
  score.add({&first, 40, 4, 5});
  EXPECT_EQ(score.total(), 50);
  score.add({&second, 45, 0, 1});
  EXPECT_EQ(score.total(), 95);
  score.add({&second, 80, 0, 1});
  EXPECT_EQ(score.total(), 100);
}

}  // namespace
}  // namespace saiph::match
