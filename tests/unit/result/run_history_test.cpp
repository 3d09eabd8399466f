#include "result/run_history.h"

#include <cppunit/extensions/HelperMacros.h>

#include <iostream>
#include <malloc.h>
#include <string>
#include <vector>

namespace pulsewatch {

namespace {

using std::chrono::seconds;

RunReport report(const std::string& message, Nanoseconds duration = Milliseconds(2)) {
  RunReport report;
  report.message = message;
  report.duration = duration;
  return report;
}

class RunHistoryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RunHistoryTest);
  CPPUNIT_TEST(newestFirst);
  CPPUNIT_TEST(limits);
  CPPUNIT_TEST(failuresStayWhenRunsGo);
  CPPUNIT_TEST(textsAreKeptOnce);
  CPPUNIT_TEST(durations);
  CPPUNIT_TEST(memory);
  CPPUNIT_TEST_SUITE_END();

 public:
  void newestFirst() {
    TextPool texts;
    RunHistory history;
    CPPUNIT_ASSERT(history.told(texts).runs.empty());
    history.add(report("fine"), RunOutcome::healthy, WallTime(seconds(1)), texts);
    history.add(report("timed out"), RunOutcome::timeout, WallTime(seconds(2)), texts);
    history.add(report("slow"), RunOutcome::degraded, WallTime(seconds(3)), texts);
    const PastRuns told = history.told(texts);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, told.runs.size());
    CPPUNIT_ASSERT(told.runs[0].message == "slow" && told.runs[0].outcome == RunOutcome::degraded &&
                   told.runs[0].at == WallTime(seconds(3)));
    CPPUNIT_ASSERT(told.runs[2].message == "fine" && told.runs[2].latency_ms == 2);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, told.failures.size());
    CPPUNIT_ASSERT(told.failures[0].message == "timed out" && told.failures[0].outcome == RunOutcome::timeout);
  }

  void limits() {
    TextPool texts;
    RunHistory history;
    for (int i = 1; i <= 1234; ++i) history.add(report("run " + std::to_string(i)), RunOutcome::crash, WallTime(seconds(i)), texts);
    const PastRuns told = history.told(texts);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, told.runs.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, told.failures.size());
    for (std::size_t i = 0; i < 100; ++i) CPPUNIT_ASSERT_EQUAL("run " + std::to_string(1234 - i), told.runs[i].message);
    for (std::size_t i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL("run " + std::to_string(1234 - i), told.failures[i].message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, texts.size());
  }

  void failuresStayWhenRunsGo() {
    TextPool texts;
    RunHistory history;
    for (int i = 1; i <= 25; ++i) history.add(report("failed " + std::to_string(i)), RunOutcome::unhealthy, WallTime(seconds(i)), texts);
    for (int i = 0; i < 500; ++i) history.add(report("fine"), RunOutcome::healthy, WallTime(seconds(100 + i)), texts);
    const PastRuns told = history.told(texts);
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), told.runs.back().message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, told.failures.size());
    CPPUNIT_ASSERT_EQUAL(std::string("failed 25"), told.failures.front().message);
    CPPUNIT_ASSERT_EQUAL(std::string("failed 6"), told.failures.back().message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{21}, texts.size());
  }

  void textsAreKeptOnce() {
    TextPool texts;
    RunHistory a;
    RunHistory b;
    for (int i = 0; i < 150; ++i) {
      a.add(report("fine"), RunOutcome::healthy, WallTime(), texts);
      b.add(report(i % 2 == 0 ? "fine" : "down"), i % 2 == 0 ? RunOutcome::healthy : RunOutcome::unhealthy, WallTime(), texts);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, texts.size());
    b.clear(texts);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, texts.size());
    CPPUNIT_ASSERT(b.told(texts).runs.empty() && b.told(texts).failures.empty());
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), a.told(texts).runs.back().message);
    a.clear(texts);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, texts.size());
  }

  void durations() {
    TextPool texts;
    RunHistory history;
    history.add(report("", Nanoseconds(-5)), RunOutcome::healthy, WallTime(), texts);
    history.add(report("", std::chrono::hours(24)), RunOutcome::healthy, WallTime(), texts);
    history.add(report("", std::chrono::microseconds(1234)), RunOutcome::healthy, WallTime(), texts);
    const PastRuns told = history.told(texts);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(1.234, told.runs[0].latency_ms, 1e-9);
    CPPUNIT_ASSERT_MESSAGE("no more than there is room for", told.runs[1].latency_ms > 4'000'000);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0, told.runs[2].latency_ms, 1e-9);
  }

  // What a check's full history takes, and its beginnings.
  void memory() {
    constexpr std::size_t kChecks = 1000;
    TextPool texts;
    std::vector<RunHistory> histories(kChecks);
    const auto perCheck = [&](int runs, RunOutcome outcome, const std::string& message) {
      const std::size_t before = ::mallinfo2().uordblks;
      for (RunHistory& history : histories) {
        for (int i = 0; i < runs; ++i) history.add(report(message), outcome, WallTime(seconds(i)), texts);
      }
      return static_cast<double>(::mallinfo2().uordblks - before) / kChecks + sizeof(RunHistory);
    };
    const double few = perCheck(3, RunOutcome::healthy, "Redis connection successful");
    const double full = few + perCheck(200, RunOutcome::unhealthy, "Redis connection refused at 127.0.0.1:6379") - sizeof(RunHistory);
    std::cout << "\nbytes of a check's history: " << few << " after 3 runs, " << full << " when it is full\n";
    CPPUNIT_ASSERT(few < 200);
    CPPUNIT_ASSERT(full < 2300);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RunHistoryTest);

}  // namespace

}  // namespace pulsewatch
