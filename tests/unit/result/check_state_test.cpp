#include "result/check_state.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace pulsewatch {

namespace {

using std::chrono::seconds;

WallTime at(int second) { return WallTime(seconds(second)); }

// One letter a run: h healthy, d degraded, u unhealthy, t timeout, c crash.
RunReport runOf(char letter, std::uint64_t sequence) {
  RunReport report;
  report.sequence = sequence;
  report.outcome = letter == 'h'   ? RunOutcome::healthy
                   : letter == 'd' ? RunOutcome::degraded
                   : letter == 't' ? RunOutcome::timeout
                   : letter == 'c' ? RunOutcome::crash
                                   : RunOutcome::unhealthy;
  report.message = std::string("said ") + letter + std::to_string(sequence);
  report.duration = Milliseconds(5);
  return report;
}

CheckState afterAll(const std::string& runs, const CheckPolicy& policy) {
  CheckState state;
  for (std::size_t i = 0; i < runs.size(); ++i)
    state = after(state, policy, runOf(runs[i], i + 1), {at(static_cast<int>(i) + 1), seconds(static_cast<int>(i) + 1)});
  return state;
}

// The statuses shown after each run, one letter each.
std::string statuses(const std::string& runs, unsigned fall, unsigned rise) {
  CheckPolicy policy;
  policy.fall = fall;
  policy.rise = rise;
  std::string shown;
  for (std::size_t i = 1; i <= runs.size(); ++i) shown += name(afterAll(runs.substr(0, i), policy).status)[0];
  return shown;
}

class CheckStateTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CheckStateTest);
  CPPUNIT_TEST(thresholds);
  CPPUNIT_TEST(theMessageIsOfTheLastRunThatAgrees);
  CPPUNIT_TEST(countersAndTimes);
  CPPUNIT_TEST(degradedAfter);
  CPPUNIT_TEST(anOldReportChangesNothing);
  CPPUNIT_TEST(beforeTheFirstResult);
  CPPUNIT_TEST_SUITE_END();

 public:
  void thresholds() {
    const struct {
      const char* runs;
      unsigned fall;
      unsigned rise;
      const char* shown;
    } rows[] = {
        {"h", 3, 3, "h"},  // the first result decides at once
        {"u", 3, 3, "u"},         {"d", 3, 3, "d"},         {"t", 3, 3, "u"},           {"c", 1, 1, "u"},       {"huh", 1, 1, "huh"},
        {"hdhd", 1, 1, "hdhd"},  // between passed statuses nothing is awaited
        {"hdhd", 3, 3, "hdhd"},   {"hu", 2, 1, "hh"},       {"huu", 2, 1, "hhu"},       {"huhu", 2, 1, "hhhh"},  // in a row
        {"huhuu", 2, 1, "hhhhu"}, {"huduu", 2, 1, "hhddu"},  // degraded counts as passed
        {"hut", 2, 1, "hhu"},                                // however it failed
        {"hutc", 3, 1, "hhhu"},   {"uh", 1, 2, "uu"},       {"uhh", 1, 2, "uuh"},       {"uhuh", 1, 2, "uuuu"}, {"uhd", 1, 2, "uud"},
        {"udh", 1, 2, "uuh"},     {"uhhh", 1, 3, "uuuh"},   {"huuuhh", 3, 2, "hhhuuh"}, {"uuuh", 3, 1, "uuuh"},
    };
    for (const auto& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(row.runs) + " fall " + std::to_string(row.fall) + " rise " + std::to_string(row.rise),
                                   std::string(row.shown), statuses(row.runs, row.fall, row.rise));
  }

  void theMessageIsOfTheLastRunThatAgrees() {
    CheckPolicy policy;
    policy.fall = 2;
    policy.rise = 2;
    CPPUNIT_ASSERT_EQUAL(std::string("said h1"), afterAll("hu", policy).message);
    CPPUNIT_ASSERT_EQUAL(std::string("said u3"), afterAll("huu", policy).message);
    CPPUNIT_ASSERT_EQUAL(std::string("said u4"), afterAll("huuu", policy).message);
    CPPUNIT_ASSERT_EQUAL(std::string("said u3"), afterAll("huuh", policy).message);
    CPPUNIT_ASSERT_EQUAL(std::string("said h5"), afterAll("huuhh", policy).message);
  }

  void countersAndTimes() {
    CheckPolicy policy;
    policy.fall = 2;
    const CheckState state = afterAll("hhuuu", policy);
    CPPUNIT_ASSERT_EQUAL(3U, state.consecutive_failures);
    CPPUNIT_ASSERT_EQUAL(0U, state.consecutive_passes);
    CPPUNIT_ASSERT(state.since == at(4));  // it turned at the second failure
    CPPUNIT_ASSERT(state.last_success == at(2));
    CPPUNIT_ASSERT(state.last_run.wall == at(5));
    CPPUNIT_ASSERT(state.last_run.active == seconds(5));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, state.sequence);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(5.0, state.latency_ms, 1e-9);
    CPPUNIT_ASSERT(!afterAll("uu", policy).last_success);
    CPPUNIT_ASSERT(afterAll("uu", policy).since == at(1));
    CPPUNIT_ASSERT_EQUAL(2U, afterAll("uhd", policy).consecutive_passes);
  }

  void degradedAfter() {
    CheckPolicy policy;
    policy.degraded_after = Milliseconds(100);
    const auto run = [](char letter, int ms) {
      RunReport report = runOf(letter, 1);
      report.duration = Milliseconds(ms);
      return report;
    };
    const auto stateOf = [&](const RunReport& report) { return after(CheckState(), policy, report, {at(1), seconds(1)}); };
    CPPUNIT_ASSERT(stateOf(run('h', 100)).status == CheckStatus::healthy);
    CPPUNIT_ASSERT(stateOf(run('h', 101)).status == CheckStatus::degraded);
    CPPUNIT_ASSERT_EQUAL(std::string("said h1 (slower than 100 ms)"), stateOf(run('h', 101)).message);
    CPPUNIT_ASSERT(stateOf(run('d', 101)).status == CheckStatus::degraded);
    CPPUNIT_ASSERT_EQUAL(std::string("said d1"), stateOf(run('d', 101)).message);  // it has a reason of its own
    CPPUNIT_ASSERT(stateOf(run('u', 101)).status == CheckStatus::unhealthy);
    CPPUNIT_ASSERT_EQUAL(std::string("said u1"), stateOf(run('u', 101)).message);
    CPPUNIT_ASSERT(outcomeOf(run('h', 101), policy) == RunOutcome::degraded);
    CPPUNIT_ASSERT(outcomeOf(run('t', 5000), policy) == RunOutcome::timeout);
  }

  void anOldReportChangesNothing() {
    const CheckPolicy policy;
    CheckState state = after(CheckState(), policy, runOf('h', 2), {at(2), seconds(2)});
    for (const std::uint64_t sequence : {std::uint64_t{1}, std::uint64_t{2}}) {
      const CheckState same = after(state, policy, runOf('u', sequence), {at(3), seconds(3)});
      CPPUNIT_ASSERT(same.status == CheckStatus::healthy);
      CPPUNIT_ASSERT_EQUAL(0U, same.consecutive_failures);
      CPPUNIT_ASSERT(same.last_run.wall == at(2));
    }
  }

  void beforeTheFirstResult() {
    const CheckState state;
    CPPUNIT_ASSERT(!state.has_result);
    CPPUNIT_ASSERT(state.status == CheckStatus::unhealthy);
    CPPUNIT_ASSERT_EQUAL(std::string("no result yet"), state.message);
    CPPUNIT_ASSERT_EQUAL(0.0, state.latency_ms);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CheckStateTest);

}  // namespace

}  // namespace pulsewatch
