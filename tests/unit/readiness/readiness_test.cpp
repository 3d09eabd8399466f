#include "readiness/readiness.h"

#include <cppunit/extensions/HelperMacros.h>

#include <iterator>
#include <set>
#include <sstream>
#include <string>

namespace pulsewatch {

namespace {

using std::chrono::seconds;

// A board in words: "a=healthy b=unhealthy,optional c=stale d=none e=degraded f=refused". Judged at 100 s of active time, stale after 32 s.
std::shared_ptr<const BoardSnapshot> board(const std::string& words) {
  auto rows = std::make_shared<BoardSnapshot>();
  std::istringstream in(words);
  CheckId id = 0;
  for (std::string word; in >> word;) {
    const std::string kind = word.substr(word.find('=') + 1);
    CheckPolicy policy;
    policy.name = word.substr(0, word.find('='));
    policy.critical = kind.find(",optional") == std::string::npos;
    policy.stale_after = seconds(32);
    CheckState state;
    const std::string status = kind.substr(0, kind.find(','));
    if (status != "none") {
      state.has_result = true;
      state.status = status == "unhealthy" ? CheckStatus::unhealthy : status == "degraded" ? CheckStatus::degraded : CheckStatus::healthy;
      state.message = "said " + status;
      state.last_run.active = seconds(status == "stale" ? 67 : status == "fresh" ? 68 : 99);
    }
    if (status == "refused") {
      policy.unavailable = state.message = "plugin refused: is empty";
      state.status = CheckStatus::unhealthy;
      state.last_run.active = seconds(0);
    }
    rows->push_back({++id, std::make_shared<const CheckPolicy>(policy), std::make_shared<const CheckState>(state)});
  }
  return rows;
}

JudgeInput now() {
  JudgeInput input;
  input.active = seconds(100);
  return input;
}

std::set<std::string> wordsOf(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

class ReadinessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadinessTest);
  CPPUNIT_TEST(verdicts);
  CPPUNIT_TEST(theHostsOwnCondition);
  CPPUNIT_TEST(howChecksAreShown);
  CPPUNIT_TEST(reasonsNameEveryCheckAgainst);
  CPPUNIT_TEST(staleSentence);
  CPPUNIT_TEST(mutedChecksDoNotVote);
  CPPUNIT_TEST(drainedByAnOperator);
  CPPUNIT_TEST_SUITE_END();

 public:
  void verdicts() {
    const struct {
      const char* checks;
      const char* excluded;
      bool degraded_is_ready;
      bool ready;
    } rows[] = {
        {"", "", true, false},  // nobody to speak for it
        {"a=healthy", "", true, true},
        {"a=degraded", "", true, true},
        {"a=degraded", "", false, false},
        {"a=unhealthy", "", true, false},
        {"a=none", "", true, false},
        {"a=stale", "", true, false},
        {"a=fresh", "", true, true},  // exactly 32 s old
        {"a=refused", "", true, false},
        {"a=healthy b=healthy", "", true, true},
        {"a=healthy b=unhealthy", "", true, false},
        {"a=unhealthy b=healthy", "", true, false},
        {"a=healthy b=none", "", true, false},
        {"a=healthy b=stale", "", true, false},
        {"a=healthy b=degraded", "", true, true},
        {"a=healthy b=degraded", "", false, false},
        {"a=healthy b=unhealthy,optional", "", true, true},
        {"a=healthy b=none,optional", "", true, true},
        {"a=healthy b=stale,optional", "", true, true},
        {"a=healthy b=refused,optional", "", true, true},
        {"a=healthy b=degraded,optional", "", false, true},
        {"a=healthy,optional", "", true, false},  // no critical check at all
        {"a=healthy,optional b=healthy,optional", "", true, false},
        {"a=unhealthy b=unhealthy,optional", "", true, false},
        {"a=healthy b=unhealthy", "b", true, true},
        {"a=healthy b=none", "b", true, true},
        {"a=healthy b=stale", "b", true, true},
        {"a=healthy b=refused", "b", true, true},
        {"a=healthy b=degraded", "b", false, true},
        {"a=unhealthy b=healthy", "b", true, false},
        {"a=unhealthy", "a", true, true},  // with all excluded it is ready
        {"a=unhealthy b=unhealthy", "a b", true, true},
        {"a=unhealthy b=unhealthy", "a", true, false},
        {"a=unhealthy b=unhealthy,optional", "a", true, true},  // every critical one is excluded
        {"a=unhealthy,optional", "a", true, true},              // all there are
        {"a=unhealthy,optional b=healthy,optional", "a", true, false},
        {"a=healthy", "nobody", true, true},
        {"a=unhealthy", "nobody", true, false},
        {"a=healthy,optional", "nobody", true, false},
        {"", "nobody", true, false},
        {"a=healthy b=healthy c=unhealthy d=degraded", "c", true, true},
        {"a=healthy b=healthy c=unhealthy d=degraded", "c", false, false},
        {"a=healthy b=healthy c=unhealthy d=degraded", "c d", false, true},
    };
    for (const auto& row : rows) {
      const Verdict verdict = judge(board(row.checks), {row.degraded_is_ready}, now(), wordsOf(row.excluded));
      const std::string what =
          std::string(row.checks) + " without [" + row.excluded + "]" + (row.degraded_is_ready ? "" : ", degraded is not ready");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, row.ready, verdict.ready);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, row.ready, verdict.reasons.empty());
    }
  }

  void theHostsOwnCondition() {
    for (const char* excluded : {"", "a"}) {
      JudgeInput draining = now();
      draining.draining = true;
      CPPUNIT_ASSERT(!judge(board("a=healthy"), {}, draining, wordsOf(excluded)).ready);
      JudgeInput stuck = now();
      stuck.scheduler_alive = false;
      CPPUNIT_ASSERT(!judge(board("a=healthy"), {}, stuck, wordsOf(excluded)).ready);
    }
  }

  void howChecksAreShown() {
    const struct {
      const char* check;
      CheckStatus status;
      VoteReason reason;
      const char* message;
    } rows[] = {
        {"a=healthy", CheckStatus::healthy, VoteReason::none, "said healthy"},
        {"a=degraded", CheckStatus::degraded, VoteReason::degraded, "said degraded"},
        {"a=unhealthy", CheckStatus::unhealthy, VoteReason::failed, "said unhealthy"},
        {"a=none", CheckStatus::unhealthy, VoteReason::noResult, "no result yet"},
        {"a=stale", CheckStatus::unhealthy, VoteReason::stale, "no result for more than 32 s"},
        {"a=refused", CheckStatus::unhealthy, VoteReason::unavailable, "plugin refused: is empty"},  // and never stale
        {"a=stale,optional", CheckStatus::unhealthy, VoteReason::stale, "no result for more than 32 s"},
    };
    for (const auto& row : rows) {
      const Verdict verdict = judge(board(row.check), {}, now());
      CPPUNIT_ASSERT_MESSAGE(row.check, verdict.checks.at(0).status == row.status);
      CPPUNIT_ASSERT_MESSAGE(row.check, verdict.checks.at(0).reason == row.reason);
      CPPUNIT_ASSERT_EQUAL(std::string(row.message), shownMessage(verdict.checks.at(0)));
    }
  }

  void reasonsNameEveryCheckAgainst() {
    const Verdict verdict = judge(board("a=unhealthy b=healthy c=none d=unhealthy,optional"), {}, now());
    CPPUNIT_ASSERT((verdict.reasons == std::vector<std::string>{"a: said unhealthy", "c: no result yet"}));
    CPPUNIT_ASSERT(verdict.checks[0].against && !verdict.checks[1].against && verdict.checks[2].against && !verdict.checks[3].against);
  }

  void staleSentence() {
    auto rows = std::make_shared<BoardSnapshot>(*board("a=healthy"));
    CheckPolicy policy = *rows->front().policy;
    policy.stale_after = 3 * Milliseconds(500) + Milliseconds(250);
    rows->front().policy = std::make_shared<const CheckPolicy>(policy);
    JudgeInput later = now();
    later.active += seconds(5);
    CPPUNIT_ASSERT_EQUAL(std::string("no result for more than 1.75 s"), shownMessage(judge(rows, {}, later).checks.at(0)));
  }

  void mutedChecksDoNotVote() {
    const struct {
      const char* checks;
      const char* muted;
      bool ready;
    } rows[] = {
        {"a=unhealthy b=healthy", "a", true},
        {"a=unhealthy b=healthy", "b", false},
        {"a=none b=healthy", "a", true},
        {"a=stale b=healthy", "a", true},
        {"a=refused b=healthy", "a", true},
        {"a=unhealthy b=unhealthy", "a", false},
        {"a=unhealthy b=unhealthy", "a b", true},  // all that could vote
        {"a=unhealthy", "a", true},
        {"a=unhealthy", "other", false},
        {"a=unhealthy,optional", "a", false},
        {"", "a", false},
    };
    for (const auto& row : rows) {
      const std::string text = std::string(row.checks) + " without " + row.muted;
      JudgeInput input = now();
      MuteList mutes;
      for (const std::string& check : wordsOf(row.muted)) mutes[check] = {input.wall + seconds(1), "move"};
      input.mutes = std::make_shared<const MuteList>(mutes);
      const Verdict verdict = judge(board(row.checks), {}, input);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, row.ready, verdict.ready);
      for (const CheckVerdict& check : verdict.checks) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(text, mutes.count(check.row->policy->name) > 0, check.mute != nullptr);
        CPPUNIT_ASSERT_MESSAGE("it is shown as it is",
                               check.status == judge(board(row.checks), {}, now()).checks.at(0).status || check.row->policy->name != "a");
      }
      input.wall += seconds(1);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text + ", its time over", judge(board(row.checks), {}, now()).ready,
                                   judge(board(row.checks), {}, input).ready);
    }
  }

  void drainedByAnOperator() {
    JudgeInput drained = now();
    drained.drained = true;
    for (const char* excluded : {"", "a"}) {
      const Verdict verdict = judge(board("a=healthy"), {}, drained, wordsOf(excluded));
      CPPUNIT_ASSERT(!verdict.ready);
      CPPUNIT_ASSERT((verdict.reasons == std::vector<std::string>{"drained by operator"}));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadinessTest);

}  // namespace

}  // namespace pulsewatch
