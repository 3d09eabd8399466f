#include "unit/readiness/verdict_bench.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

using std::chrono::seconds;
using testing::VerdictBench;

// database <- sessions <- pages, and mail on its own.
struct Site : VerdictBench {
  Site() {
    add(policy("database"));
    add(policy("mail"));
    add(policy("pages", {"sessions"}));
    add(policy("sessions", {"database"}));
  }
  void allGood() {
    for (const char* name : {"database", "mail", "sessions", "pages"}) {
      judgeNow();
      good(name);
    }
    judgeNow();
  }
};

class DependenciesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DependenciesTest);
  CPPUNIT_TEST(waitsForTheFirstResult);
  CPPUNIT_TEST(notCheckedWhileUnhealthy);
  CPPUNIT_TEST(votesByItsOwnResultAfterwards);
  CPPUNIT_TEST(neverStale);
  CPPUNIT_TEST(aStaleOneIsUnhealthyToo);
  CPPUNIT_TEST(degradedIsNoReason);
  CPPUNIT_TEST(whateverTheOthersVote);
  CPPUNIT_TEST(severalAndMissingOnes);
  CPPUNIT_TEST(refusedPlugins);
  CPPUNIT_TEST(rootCausesComeFirst);
  CPPUNIT_TEST(sharedFailures);
  CPPUNIT_TEST(groups);
  CPPUNIT_TEST(longChains);
  CPPUNIT_TEST(circlesEnd);
  CPPUNIT_TEST_SUITE_END();

 public:
  void waitsForTheFirstResult() {
    Site site;
    site.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string("no result yet"), site.message("database"));
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: database has no result yet"), site.message("sessions"));
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: sessions has no result yet"), site.message("pages"));
    CPPUNIT_ASSERT(site.paused == (std::set<CheckId>{site.ids["sessions"], site.ids["pages"]}));
    site.good("database");
    site.judgeNow();
    CPPUNIT_ASSERT(site.resumed == std::vector<CheckId>{site.ids["sessions"]});
    CPPUNIT_ASSERT_EQUAL(std::string("no result yet"), site.message("sessions"));
    CPPUNIT_ASSERT(site.check("sessions").reason == VoteReason::noResult);
  }

  void notCheckedWhileUnhealthy() {
    Site site;
    site.allGood();
    CPPUNIT_ASSERT(site.verdict.ready && site.paused.empty());
    site.run(seconds(5));
    site.bad("database");
    site.judgeNow();
    for (const char* name : {"sessions", "pages"}) {
      CPPUNIT_ASSERT(site.check(name).status == CheckStatus::unhealthy && site.check(name).reason == VoteReason::notChecked);
      CPPUNIT_ASSERT(site.check(name).row->state->since == site.wall());
    }
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: database is unhealthy"), site.message("sessions"));
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: sessions is unhealthy"), site.message("pages"));
    CPPUNIT_ASSERT_EQUAL(std::string("database"), site.roots("pages"));
    CPPUNIT_ASSERT_EQUAL(std::string(), site.roots("database"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, site.paused.size());
    CPPUNIT_ASSERT(!site.verdict.ready && site.check("mail").reason == VoteReason::none);
    // A run that was under way counts, but changes nothing.
    site.good("sessions");
    site.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: database is unhealthy"), site.message("sessions"));
    CPPUNIT_ASSERT_EQUAL(2U, site.check("sessions").row->state->consecutive_passes);
  }

  void votesByItsOwnResultAfterwards() {
    Site site;
    site.allGood();
    site.bad("database");
    site.judgeNow();
    site.resumed.clear();
    site.good("database");
    site.judgeNow();
    CPPUNIT_ASSERT_MESSAGE("what it said before isn't its word now", !site.verdict.ready);
    CPPUNIT_ASSERT_EQUAL(std::string("no result yet"), site.message("sessions"));
    CPPUNIT_ASSERT(site.resumed == std::vector<CheckId>{site.ids["sessions"]});
    site.bad("sessions");
    site.judgeNow();
    CPPUNIT_ASSERT(site.check("sessions").reason == VoteReason::failed);
    CPPUNIT_ASSERT_EQUAL(std::string("sessions"), site.roots("pages"));
    site.good("sessions");
    site.judgeNow();
    site.good("pages");
    CPPUNIT_ASSERT(site.judgeNow().ready);
  }

  void neverStale() {
    Site site;
    site.allGood();
    site.bad("database");
    site.judgeNow();
    for (int i = 0; i < 20; ++i) {
      site.run(seconds(30));
      site.bad("database");
      site.good("mail");
      site.judgeNow();
      CPPUNIT_ASSERT_EQUAL(std::string("not checked: database is unhealthy"), site.message("sessions"));
    }
    site.good("database");
    site.judgeNow();
    CPPUNIT_ASSERT(site.check("sessions").reason == VoteReason::noResult);
  }

  void aStaleOneIsUnhealthyToo() {
    Site site;
    site.allGood();
    site.run(seconds(33));
    site.good("sessions");
    site.judgeNow();
    CPPUNIT_ASSERT(site.check("database").reason == VoteReason::stale);
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: database is unhealthy"), site.message("sessions"));
  }

  void degradedIsNoReason() {
    Site site;
    site.allGood();
    site.result("database", RunOutcome::degraded, "slow");
    site.judgeNow();
    CPPUNIT_ASSERT(site.verdict.ready && site.paused.empty());
  }

  // It doesn't run because of one that has no vote, either, and speaks for itself.
  void whateverTheOthersVote() {
    VerdictBench bench;
    CheckPolicy optional = VerdictBench::policy("a");
    optional.critical = false;
    bench.add(optional);
    bench.add(VerdictBench::policy("b", {"a"}));
    bench.bad("a");
    bench.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string("a: down | b: not checked: a is unhealthy"), bench.reasons());
    CPPUNIT_ASSERT(!bench.check("a").against && bench.check("b").against);
    CPPUNIT_ASSERT(!bench.judgeNow({"a"}).ready);
    CPPUNIT_ASSERT(bench.judgeNow({"b"}).ready);
  }

  void severalAndMissingOnes() {
    VerdictBench bench;
    for (const char* name : {"a", "b", "c"}) bench.add(VerdictBench::policy(name));
    bench.add(VerdictBench::policy("d", {"c", "gone", "b", "a"}));
    bench.good("a");
    bench.bad("c");
    bench.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: c is unhealthy and gone is not there and b has no result yet"), bench.message("d"));
    CPPUNIT_ASSERT_EQUAL(std::string("b c"), bench.roots("d"));
    CPPUNIT_ASSERT_EQUAL(std::string("b: no result yet | c: down | "
                                     "d: not checked: c is unhealthy and gone is not there and b has no result yet"),
                         bench.reasons());
  }

  void refusedPlugins() {
    VerdictBench bench;
    CheckPolicy refused = VerdictBench::policy("a");
    refused.unavailable = "plugin refused: is empty";
    bench.add(refused);
    CheckPolicy dependent = VerdictBench::policy("b", {"a"});
    bench.add(dependent);
    dependent.name = "c";
    dependent.unavailable = "plugin refused: is damaged";
    bench.add(dependent);
    bench.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: a is unhealthy"), bench.message("b"));
    CPPUNIT_ASSERT_EQUAL(std::string("plugin refused: is damaged"), bench.message("c"));
    CPPUNIT_ASSERT_EQUAL(std::string("a"), bench.roots("b"));
  }

  void rootCausesComeFirst() {
    Site site;
    site.allGood();
    for (const char* name : {"database", "mail"}) site.bad(name);
    site.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string("database: down | mail: down | pages: not checked: sessions is unhealthy | "
                                     "sessions: not checked: database is unhealthy"),
                         site.reasons());
    site.good("database");
    site.judgeNow();
    site.bad("sessions");
    site.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string("sessions: down | mail: down | pages: not checked: sessions is unhealthy"), site.reasons());
  }

  void sharedFailures() {
    const struct {
      const char* what;
      bool policy;      // readiness.shared_failure = degraded
      bool shared;      // the database's scope
      const char* bad;  // which ones fail
      bool ready;
      bool degraded;
    } rows[] = {
        {"as the specification has it", false, true, "database", false, false},
        {"local", true, false, "database", false, false},
        {"shared, and what depends on it", true, true, "database", true, true},
        {"and another", true, true, "database mail", false, false},
        {"another alone", true, true, "mail", false, false},
        {"none", true, true, "", true, false},
    };
    for (const auto& row : rows) {
      VerdictBench bench;
      bench.readiness.shared_failure_is_ready = row.policy;
      CheckPolicy database = VerdictBench::policy("database");
      database.shared = row.shared;
      bench.add(database);
      bench.add(VerdictBench::policy("mail"));
      bench.add(VerdictBench::policy("sessions", {"database"}));
      for (const std::string name : {"database", "mail", "sessions"}) {
        bench.judgeNow();
        CPPUNIT_ASSERT_MESSAGE("without a result it isn't known to be shared", !bench.verdict.ready);
        bench.good(name);
      }
      for (const std::string name : {"database", "mail"}) {
        if (std::string(row.bad).find(name) != std::string::npos) bench.bad(name);
      }
      const Verdict& verdict = bench.judgeNow();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, row.ready, verdict.ready);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, row.degraded, verdict.degraded);
      if (!row.degraded) continue;
      CPPUNIT_ASSERT(bench.check("database").spared && bench.check("sessions").spared && verdict.reasons.empty());
      CPPUNIT_ASSERT(bench.check("database").status == CheckStatus::unhealthy);
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, decisiveChecks(verdict).size());
      bench.run(seconds(33));
      bench.good("mail");
      CPPUNIT_ASSERT_MESSAGE("that nothing is heard of it is this instance's own failure", !bench.judgeNow().ready);
      CPPUNIT_ASSERT(bench.judgeNow({"database", "sessions"}).ready && !bench.verdict.degraded);
    }
  }

  void groups() {
    Site site;
    site.allGood();
    site.bad("database");
    const CheckGroup front{"front", {"pages", "mail"}, 503};
    const Verdict& verdict = site.judgeNow({}, &front);
    CPPUNIT_ASSERT(!verdict.ready && !site.check("database").listed && !site.check("database").against);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the root cause, wherever it is",
                                 std::string("database: down | pages: not checked: sessions is unhealthy"), site.reasons());
    const CheckGroup post{"post", {"mail"}, 503};
    CPPUNIT_ASSERT(site.judgeNow({}, &post).ready);
    CPPUNIT_ASSERT(site.judgeNow({"pages"}, &front).ready);
    CPPUNIT_ASSERT(site.judgeNow({"pages", "mail"}, &front).ready);
    const CheckGroup nobody{"nobody", {"gone"}, 503};
    CPPUNIT_ASSERT(!site.judgeNow({}, &nobody).ready);
    CPPUNIT_ASSERT_EQUAL(std::string("there is no critical check"), site.reasons());
  }

  void longChains() {
    VerdictBench bench;
    const auto nameOf = [](int i) { return "c" + std::to_string(100'000 + i); };
    constexpr int kLength = 10'000;
    // Against the order of names, so that each waits for the next.
    for (int i = 0; i < kLength; ++i)
      bench.add(i + 1 < kLength ? VerdictBench::policy(nameOf(i), {nameOf(i + 1)}) : VerdictBench::policy(nameOf(i)));
    bench.bad(nameOf(kLength - 1));
    bench.judgeNow();
    CPPUNIT_ASSERT_EQUAL(nameOf(kLength - 1), bench.roots(nameOf(0)));
    CPPUNIT_ASSERT_EQUAL(nameOf(kLength - 1) + ": down", bench.verdict.reasons.front());
  }

  // The configuration has none; a board that is told of one is judged all the same.
  void circlesEnd() {
    VerdictBench bench;
    bench.add(VerdictBench::policy("a", {"b"}));
    bench.add(VerdictBench::policy("b", {"a"}));
    bench.judgeNow();
    CPPUNIT_ASSERT(!bench.verdict.ready && bench.roots("a").empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DependenciesTest);

}  // namespace

}  // namespace pulsewatch
