#include "readiness/explanation.h"

#include "unit/readiness/verdict_bench.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

using std::chrono::seconds;
using testing::VerdictBench;

// At 1000 s it is a quarter past midnight and a bit.
const std::string begin = "1970-01-01T00:16:40.000000Z";
const std::string later = "1970-01-01T00:16:50.000000Z";
const std::string next = "1970-01-01T00:17:00.000000Z";

struct Explained : VerdictBench {
  std::string sentence(const std::string& name) {
    judgeNow();
    return explainCheck(verdict, check(name), next_runs).sentence;
  }
  std::vector<std::string> sentences(const std::set<std::string>& excluded = {}, const CheckGroup* group = nullptr) {
    judgeNow(excluded, group);
    return explain(verdict, next_runs).sentences;
  }
  NextRun next_run{true, false, false, WallTime(seconds(1020))};
  NextRuns next_runs = [this](CheckId) { return next_run; };
};

void expect(const std::string& wanted, const std::string& said) { CPPUNIT_ASSERT_EQUAL(wanted, said); }

class ExplanationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ExplanationTest);
  CPPUNIT_TEST(statuses);
  CPPUNIT_TEST(counters);
  CPPUNIT_TEST(flapping);
  CPPUNIT_TEST(withoutAResult);
  CPPUNIT_TEST(notChecked);
  CPPUNIT_TEST(votes);
  CPPUNIT_TEST(nextRuns);
  CPPUNIT_TEST(ofTheVerdict);
  CPPUNIT_TEST(ofTheHost);
  CPPUNIT_TEST(ofAGroup);
  CPPUNIT_TEST(data);
  CPPUNIT_TEST(summaries);
  CPPUNIT_TEST_SUITE_END();

 public:
  void summaries() {
    Explained bench;
    for (const char* name : {"a", "b", "c"}) bench.add(VerdictBench::policy(name));
    bench.good("a");
    expect("not ready: b: no result yet; c: no result yet", summary(bench.judgeNow(), 3));
    bench.bad("b");
    bench.bad("a");
    expect("not ready: a: down; b: down; c: no result yet", summary(bench.judgeNow(), 3));
    expect("not ready: a: down; b: down; and 1 more", summary(bench.judgeNow(), 2));
    expect("not ready: a: down; and 2 more", summary(bench.judgeNow(), 1));
    for (const char* name : {"a", "b", "c"}) bench.good(name);
    expect("ready", summary(bench.judgeNow(), 3));
    Explained spared;
    spared.readiness.shared_failure_is_ready = true;
    CheckPolicy policy = VerdictBench::policy("a");
    policy.shared = true;
    spared.add(policy);
    spared.bad("a");
    expect("ready, but degraded: a: down", summary(spared.judgeNow(), 3));
  }

  void statuses() {
    Explained bench;
    bench.add(VerdictBench::policy("a"));
    bench.good("a");
    expect("a is healthy since " + begin + ": fine; next run " + next + "; votes ready", bench.sentence("a"));
    bench.run(seconds(10));
    bench.result("a", RunOutcome::degraded, "slow");
    expect("a is degraded since " + later + ": slow; next run " + next + "; votes ready", bench.sentence("a"));
    bench.bad("a");
    expect(
        "a is unhealthy since " + later + ": down; 1 failure in a row; last success " + later + "; next run " + next + "; votes not ready",
        bench.sentence("a"));
    bench.bad("a");
    expect(
        "a is unhealthy since " + later + ": down; 2 failures in a row; last success " + later + "; next run " + next + "; votes not ready",
        bench.sentence("a"));
    bench.run(seconds(33));
    expect("a is unhealthy: no result for more than 32 s; 2 failures in a row; last success " + later + "; next run " + next +
               "; votes not ready",
           bench.sentence("a"));
  }

  void counters() {
    Explained bench;
    CheckPolicy policy = VerdictBench::policy("a");
    policy.fall = 3;
    policy.rise = 2;
    bench.add(policy);
    bench.good("a");
    bench.bad("a");
    bench.bad("a");
    expect("a is healthy since " + begin + ": fine; 2 of 3 failures; next run " + next + "; votes ready", bench.sentence("a"));
    bench.bad("a");
    bench.good("a");
    expect("a is unhealthy since " + begin + ": down; 1 of 2 passes; last success " + begin + "; next run " + next + "; votes not ready",
           bench.sentence("a"));
    Explained never;
    policy.fall = 1;
    never.add(policy);
    never.bad("a");
    expect("a is unhealthy since " + begin + ": down; 1 failure in a row; no success yet; next run " + next + "; votes not ready",
           never.sentence("a"));
    Explained one;
    policy.fall = 2;
    one.add(policy);
    one.good("a");
    one.bad("a");
    expect("a is healthy since " + begin + ": fine; 1 of 2 failures; next run " + next + "; votes ready", one.sentence("a"));
  }

  void flapping() {
    Explained bench;
    CheckPolicy policy = VerdictBench::policy("a");
    policy.flap_window = seconds(600);
    bench.add(policy);
    for (int i = 0; i < 4; ++i) {
      bench.bad("a");
      bench.good("a");
    }
    expect("a is held unhealthy since " + begin +
               ": down (flapping); it turned more than 6 times within 10 min and is healthy by its last runs; "
               "last success " +
               begin + "; next run " + next + "; votes not ready",
           bench.sentence("a"));
    bench.bad("a");
    expect("a is held unhealthy since " + begin +
               ": down (flapping); it turned more than 6 times within 10 min and is unhealthy by its last "
               "runs; 1 failure in a row; last success " +
               begin + "; next run " + next + "; votes not ready",
           bench.sentence("a"));
  }

  void withoutAResult() {
    Explained bench;
    bench.add(VerdictBench::policy("a"));
    CheckPolicy refused = VerdictBench::policy("b");
    refused.unavailable = "plugin refused: is empty";
    bench.add(refused);
    expect("a has no result yet; next run " + next + "; votes not ready", bench.sentence("a"));
    expect("b cannot run: plugin refused: is empty; votes not ready", bench.sentence("b"));
  }

  void notChecked() {
    Explained bench;
    bench.add(VerdictBench::policy("a"));
    bench.add(VerdictBench::policy("b", {"a"}));
    bench.add(VerdictBench::policy("c", {"b"}));
    bench.next_run.paused = true;
    expect("b is not checked: a has no result yet; not run meanwhile; votes not ready", bench.sentence("b"));
    bench.good("a");
    bench.judgeNow();
    bench.good("b");
    bench.bad("a");
    expect("b is not checked: a is unhealthy; last success " + begin + "; not run meanwhile; votes not ready", bench.sentence("b"));
    expect("c is not checked: b is unhealthy; the root cause is a; not run meanwhile; votes not ready", bench.sentence("c"));
    Explained two;
    for (const char* name : {"a", "b"}) two.add(VerdictBench::policy(name));
    two.add(VerdictBench::policy("c", {"a", "b"}));
    two.add(VerdictBench::policy("d", {"c"}));
    two.bad("a");
    two.bad("b");
    two.next_run.known = false;
    expect("c is not checked: a is unhealthy and b is unhealthy; votes not ready", two.sentence("c"));
    expect("d is not checked: c is unhealthy; the root cause is a and b; votes not ready", two.sentence("d"));
  }

  void votes() {
    Explained bench;
    bench.next_run.known = false;
    bench.readiness.shared_failure_is_ready = true;
    CheckPolicy policy = VerdictBench::policy("optional");
    policy.critical = false;
    bench.add(policy);
    policy = VerdictBench::policy("shared");
    policy.shared = true;
    bench.add(policy);
    bench.add(VerdictBench::policy("well"));
    bench.good("well");
    bench.bad("shared");
    const std::string down = " is unhealthy since " + begin + ": down; 1 failure in a row; no success yet; ";
    expect("shared" + down + "shared by every instance, so it leaves this one ready", bench.sentence("shared"));
    expect("optional has no result yet; not critical, so it doesn't vote", bench.sentence("optional"));
    bench.judgeNow({"shared"});
    expect("shared" + down + "excluded, so it doesn't vote", explainCheck(bench.verdict, bench.check("shared"), {}).sentence);
  }

  void nextRuns() {
    Explained bench;
    bench.add(VerdictBench::policy("a"));
    bench.next_run.running = true;
    expect("a has no result yet; running now; votes not ready", bench.sentence("a"));
    bench.next_runs = {};
    expect("a has no result yet; votes not ready", bench.sentence("a"));
  }

  void ofTheVerdict() {
    Explained bench;
    bench.next_run.known = false;
    for (const char* name : {"database", "mail"}) bench.add(VerdictBench::policy(name));
    bench.add(VerdictBench::policy("cache", {"database"}));
    bench.judgeNow();
    for (const char* name : {"database", "mail"}) bench.good(name);
    bench.judgeNow();
    bench.good("cache");
    CPPUNIT_ASSERT((bench.sentences() == std::vector<std::string>{"ready: 0 of 3 votes are against it"}));
    bench.result("mail", RunOutcome::degraded, "slow");
    CPPUNIT_ASSERT((bench.sentences() == std::vector<std::string>{"mail is degraded since " + begin + ": slow; votes ready",
                                                                  "ready: 0 of 3 votes are against it"}));
    bench.bad("database");
    const std::vector<std::string> sentences = bench.sentences();
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, sentences.size());
    CPPUNIT_ASSERT_MESSAGE("the root cause first", sentences[0].rfind("database is unhealthy", 0) == 0);
    CPPUNIT_ASSERT(sentences[1].rfind("cache is not checked: database is unhealthy", 0) == 0);
    CPPUNIT_ASSERT(sentences[2].rfind("mail is degraded", 0) == 0);
    expect("not ready: 2 of 3 votes are against it", sentences[3]);
    expect("not ready: 1 of 1 vote is against it", bench.sentences({"cache", "mail"}).back());
  }

  void ofTheHost() {
    Explained bench;
    bench.add(VerdictBench::policy("a"));
    bench.good("a");
    bench.judgeNow();
    JudgeInput input = bench.input();
    input.draining = true;
    input.scheduler_alive = false;
    Verdict verdict = judge(bench.board.snapshot(), {}, input);
    addHostReason(verdict, "the judge makes no progress");
    CPPUNIT_ASSERT((explain(verdict, {}).sentences == std::vector<std::string>{"shutting down", "the scheduler makes no progress",
                                                                               "the judge makes no progress",
                                                                               "not ready: 0 of 1 vote is against it"}));
    Explained shared;
    shared.readiness.shared_failure_is_ready = true;
    CheckPolicy policy = VerdictBench::policy("b");
    policy.shared = true;
    shared.add(policy);
    shared.bad("b");
    expect("ready, but degraded: 0 of 1 vote is against it, 1 shared failure left out", shared.sentences().back());
  }

  void ofAGroup() {
    Explained bench;
    bench.next_run.known = false;
    bench.add(VerdictBench::policy("a"));
    bench.add(VerdictBench::policy("b", {"a"}));
    bench.bad("a");
    const CheckGroup group{"g", {"b"}, 503};
    CPPUNIT_ASSERT((bench.sentences({}, &group) ==
                    std::vector<std::string>{"a is unhealthy since " + begin + ": down; 1 failure in a row; no success yet",
                                             "b is not checked: a is unhealthy; votes not ready", "not ready: 1 of 1 vote is against it"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, explain(bench.verdict, {}).checks.size());
  }

  void data() {
    Explained bench;
    bench.add(VerdictBench::policy("a"));
    bench.add(VerdictBench::policy("b", {"a"}));
    bench.add(VerdictBench::policy("c", {"b"}));
    bench.bad("a");
    bench.judgeNow();
    const Explanation explanation = explain(bench.verdict, bench.next_runs);
    CPPUNIT_ASSERT(explanation.root_causes == std::vector<std::string>{"a"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, explanation.checks.size());
    CPPUNIT_ASSERT(explanation.checks[0].vote == Vote::notReady && explanation.checks[0].root_causes.empty());
    CPPUNIT_ASSERT(explanation.checks[2].root_causes == std::vector<std::string>{"a"});
    CPPUNIT_ASSERT(explanation.checks[0].next.at == WallTime(seconds(1020)));
    const std::pair<Vote, std::string> words[] = {{Vote::ready, "ready"},
                                                  {Vote::notReady, "not_ready"},
                                                  {Vote::spared, "shared_failure"},
                                                  {Vote::excluded, "excluded"},
                                                  {Vote::notCritical, "not_critical"}};
    for (const auto& [vote, word] : words) CPPUNIT_ASSERT_EQUAL(word, std::string(name(vote)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ExplanationTest);

}  // namespace

}  // namespace pulsewatch
