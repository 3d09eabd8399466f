#include "plugin/local_runner.h"

#include "unit/plugin/fixture_plugin.h"
#include "unit/plugin/runner_recorder.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;
using testing::waitFor;

SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

LocalRunnerOptions threads(std::size_t most, std::size_t most_stuck, std::chrono::seconds idle = std::chrono::seconds(60)) {
  LocalRunnerOptions options;
  options.most_threads = most;
  options.most_stuck = most_stuck;
  options.idle = idle;
  return options;
}

// A runner of a fixture with its recorder: the recorder goes last.
struct Run {
  explicit Run(const std::string& fixture, const LocalRunnerOptions& options = {})
      : library(testing::fixtureLibrary(fixture)), runner(library, recorder, options) {}

  void add(CheckId check, const std::vector<std::pair<std::string, std::string>>& settings = {}) {
    runner.add(check, testing::fixtureSpec(*library, "check-" + std::to_string(check), settings));
  }
  void start(CheckId check, std::uint64_t sequence = 1) { runner.start({check, sequence, "run-" + std::to_string(sequence)}); }

  testing::RunnerRecorder recorder;
  std::shared_ptr<PluginLibrary> library;
  LocalRunner runner;
};

class LocalRunnerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LocalRunnerTest);
  CPPUNIT_TEST(reportsRuns);
  CPPUNIT_TEST(failuresAndLogLines);
  CPPUNIT_TEST(startsThatAreNone);
  CPPUNIT_TEST(neverTwoRunsOfOneCheck);
  CPPUNIT_TEST(manyChecksFewThreads);
  CPPUNIT_TEST(everyBurstIsTakenUp);
  CPPUNIT_TEST(heldRunHoldsUpNoOther);
  CPPUNIT_TEST(givenUpRunsAreReplaced);
  CPPUNIT_TEST(givenUpRunEndsAfterAll);
  CPPUNIT_TEST(threadsAreBounded);
  CPPUNIT_TEST(refusedWhenAllAreStuck);
  CPPUNIT_TEST(waitingRunsAreRefusedWhenAllBecomeStuck);
  CPPUNIT_TEST(surplusThreadTakesNoJobAway);
  CPPUNIT_TEST(idleThreadsEnd);
  CPPUNIT_TEST(removed);
  CPPUNIT_TEST(removedDuringARun);
  CPPUNIT_TEST(stopWithNothingToDo);
  CPPUNIT_TEST(stopReturnsByItsDeadline);
  CPPUNIT_TEST(stopDoesNotWaitForGivenUpRuns);
  CPPUNIT_TEST(noEventAfterStop);
  CPPUNIT_TEST_SUITE_END();

 public:
  void reportsRuns() {
    Run run("ok");
    run.add(1, {{"message", "all good"}});
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, run.runner.threads());
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
      run.start(1, sequence);
      CPPUNIT_ASSERT(run.recorder.waitForReports(1, sequence));
    }
    const std::vector<RunReport> reports = run.recorder.reports();
    for (std::size_t i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{i + 1}, reports[i].sequence);
      CPPUNIT_ASSERT_EQUAL("run-" + std::to_string(i + 1), reports[i].request_id);
      CPPUNIT_ASSERT_EQUAL(std::string("all good"), reports[i].message);
      CPPUNIT_ASSERT(reports[i].outcome == RunOutcome::healthy && reports[i].observations.size() == 1);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, run.recorder.starts(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.recorder.series().size());
    CPPUNIT_ASSERT(run.recorder.seriesBeforeEnd());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.runner.threads());
  }

  void failuresAndLogLines() {
    Run run("throws");
    run.add(1);
    run.start(1);
    CPPUNIT_ASSERT(run.recorder.waitForReports(1));
    const RunReport report = run.recorder.reports()[0];
    CPPUNIT_ASSERT(report.outcome == RunOutcome::unhealthy);
    CPPUNIT_ASSERT_EQUAL(std::string("out of luck"), report.message);
    CPPUNIT_ASSERT(!report.stack_trace.empty());

    Run chatty("chatty");
    chatty.add(2, {{"token", "tok3n-value"}});
    chatty.start(2, 5);
    CPPUNIT_ASSERT(chatty.recorder.waitForReports(2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, chatty.recorder.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("run-5"), chatty.recorder.lines()[0].request_id);
    CPPUNIT_ASSERT(chatty.recorder.lines()[0].message.find("tok3n") == std::string::npos);

    LocalRunnerOptions quiet;
    quiet.log_level = LogLevel::warning;
    Run silent("chatty", quiet);
    silent.add(3);
    silent.start(3);
    CPPUNIT_ASSERT(silent.recorder.waitForReports(3));
    CPPUNIT_ASSERT(silent.recorder.lines().empty());
  }

  void startsThatAreNone() {
    Run run("ok");
    run.add(1);
    run.start(99);
    run.runner.giveUp(99, 1);
    run.runner.giveUp(1, 1);  // nothing runs
    run.runner.remove(99);
    run.start(1, 1);
    CPPUNIT_ASSERT(run.recorder.waitForReports(1));
    run.runner.giveUp(1, 1);  // it is over
    run.start(1, 2);
    CPPUNIT_ASSERT(run.recorder.waitForReports(1, 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, run.recorder.reports().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.runner.threads());
  }

  void neverTwoRunsOfOneCheck() {
    Run run("ok");
    run.add(1);
    run.recorder.hold(1);
    run.start(1, 1);
    CPPUNIT_ASSERT(run.recorder.waitForStart(1));
    for (std::uint64_t sequence = 2; sequence <= 10; ++sequence) run.start(1, sequence);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.runner.threads());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.recorder.starts(1));
    run.recorder.release(1);
    CPPUNIT_ASSERT(run.recorder.waitForReports(1));
    CPPUNIT_ASSERT(waitFor(
        [&] {
          run.start(1, 11);
          return run.recorder.reports(1).size() >= 2;
        },
        milliseconds(20'000)));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{11}, run.recorder.reports(1)[1].sequence);
  }

  void manyChecksFewThreads() {
    Run run("ok", threads(4, 4));
    for (CheckId check = 1; check <= 300; ++check) run.add(check);
    for (CheckId check = 1; check <= 300; ++check) run.start(check);
    CPPUNIT_ASSERT(waitFor([&] { return run.recorder.reports().size() == 300; }, milliseconds(30'000)));
    CPPUNIT_ASSERT(run.runner.threads() <= 4);
  }

  // Threads are called one at a time, by each other: none must be forgotten, whatever comes between.
  void everyBurstIsTakenUp() {
    Run run("ok", threads(4, 4));
    for (CheckId check = 1; check <= 10; ++check) run.add(check);
    for (std::uint64_t sequence = 1; sequence <= 300; ++sequence) {
      const auto all = [&] { return run.recorder.reports().size() == sequence * 10; };
      for (CheckId check = 1; check <= 10; ++check) run.start(check, sequence);
      const SteadyTime until = in(milliseconds(20'000));
      while (!all() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
      CPPUNIT_ASSERT(all());
    }
  }

  // The first of a burst hangs: the others don't wait for it.
  void heldRunHoldsUpNoOther() {
    for (int round = 0; round < 50; ++round) {
      Run run("ok", threads(2, 2));
      for (CheckId check = 1; check <= 5; ++check) run.add(check);
      run.recorder.hold(1);
      for (CheckId check = 1; check <= 5; ++check) run.start(check);
      for (CheckId check = 2; check <= 5; ++check) CPPUNIT_ASSERT(run.recorder.waitForReports(check));
      run.recorder.release(1);
      CPPUNIT_ASSERT(run.recorder.waitForReports(1));
    }
  }

  // With one thread: another check of the same plugin runs once the first one's run is given up.
  void givenUpRunsAreReplaced() {
    Run run("ok", threads(1, 2));
    for (CheckId check = 1; check <= 3; ++check) run.add(check);
    run.recorder.hold(1);
    run.start(1);
    CPPUNIT_ASSERT(run.recorder.waitForStart(1));
    run.start(2);  // waits for the thread
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.runner.threads());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, run.recorder.starts(2));
    run.runner.giveUp(1, 7);  // another run: nothing
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.runner.threads());
    run.runner.giveUp(1, 1);
    run.runner.giveUp(1, 1);  // once is enough
    CPPUNIT_ASSERT(run.recorder.waitForReports(2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, run.runner.threads());
    for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
      run.start(3, sequence);
      CPPUNIT_ASSERT(run.recorder.waitForReports(3, sequence));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, run.runner.threads());
    run.recorder.release(1);
  }

  void givenUpRunEndsAfterAll() {
    Run run("ok", threads(1, 1));
    run.add(1);
    run.recorder.hold(1);
    run.start(1);
    CPPUNIT_ASSERT(run.recorder.waitForStart(1));
    run.runner.giveUp(1, 1);
    run.start(1, 2);  // still busy: ignored
    run.recorder.release(1);
    CPPUNIT_ASSERT(run.recorder.waitForReports(1));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, run.recorder.reports(1)[0].sequence);
    CPPUNIT_ASSERT(waitFor(
        [&] {
          run.start(1, 3);
          return run.recorder.reports(1).size() >= 2;
        },
        milliseconds(20'000)));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, run.recorder.reports(1)[1].sequence);
  }

  void threadsAreBounded() {
    Run run("hang", threads(3, 2));
    for (CheckId check = 1; check <= 20; ++check) run.add(check);
    for (CheckId check = 1; check <= 20; ++check) run.start(check);
    CPPUNIT_ASSERT(waitFor([&] { return run.recorder.starts() == 3; }, milliseconds(20'000)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, run.runner.threads());
    for (CheckId check = 1; check <= 2; ++check) run.runner.giveUp(check, 1);
    CPPUNIT_ASSERT(waitFor([&] { return run.recorder.starts() == 5; }, milliseconds(20'000)));
    run.runner.giveUp(3, 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, run.runner.threads());
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, run.recorder.starts());
    CPPUNIT_ASSERT(run.recorder.reports().empty());
  }

  void refusedWhenAllAreStuck() {
    Run run("hang", threads(2, 1));
    for (CheckId check = 1; check <= 4; ++check) run.add(check);
    for (CheckId check = 1; check <= 3; ++check) {
      run.start(check);
      if (check == 3) run.runner.giveUp(1, 1);
      CPPUNIT_ASSERT(run.recorder.waitForStart(check));
    }
    run.runner.giveUp(2, 1);
    run.runner.giveUp(3, 1);
    run.start(4, 8);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.recorder.reports(4).size());  // at once
    const RunReport report = run.recorder.reports(4)[0];
    CPPUNIT_ASSERT_EQUAL(std::string("not run: every thread of plugin hang is stuck"), report.message);
    CPPUNIT_ASSERT(report.outcome == RunOutcome::unhealthy && report.sequence == 8 && report.request_id == "run-8");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.recorder.starts(4));
    run.start(4, 9);  // it isn't busy for that
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, run.recorder.reports(4).size());
  }

  // A run that waited for a thread when the last one got stuck: nobody would ever take it up, and its check would never have a result
  // again.
  void waitingRunsAreRefusedWhenAllBecomeStuck() {
    Run run("hang", threads(1, 0));
    run.add(1);
    run.add(2);
    run.start(1);
    CPPUNIT_ASSERT(run.recorder.waitForStart(1));
    run.start(2);
    run.runner.giveUp(1, 1);
    CPPUNIT_ASSERT_MESSAGE("the waiting run was never answered", run.recorder.waitForReports(2, 1, milliseconds(1500)));
    CPPUNIT_ASSERT_EQUAL(std::string("not run: every thread of plugin hang is stuck"), run.recorder.reports(2)[0].message);
  }

  // A thread that is one too many, since a given-up run has ended, ends; the job that it was called for is another one's then.
  void surplusThreadTakesNoJobAway() {
    for (int round = 0; round < 5; ++round) {
      Run run("ok", threads(1, 1));
      for (CheckId check = 1; check <= 3; ++check) run.add(check);
      run.recorder.hold(1);
      run.start(1);
      CPPUNIT_ASSERT(run.recorder.waitForStart(1));
      run.runner.giveUp(1, 1);
      run.start(2);
      CPPUNIT_ASSERT(run.recorder.waitForReports(2));
      run.recorder.release(1);
      CPPUNIT_ASSERT(run.recorder.waitForReports(1));
      run.start(3);
      CPPUNIT_ASSERT_MESSAGE("the run waited for a thread that was idle", run.recorder.waitForReports(3, 1, milliseconds(1500)));
    }
  }

  void idleThreadsEnd() {
    Run run("ok", threads(8, 8, std::chrono::seconds(1)));
    for (CheckId check = 1; check <= 8; ++check) {
      run.add(check);
      run.recorder.hold(check);
      run.start(check);
    }
    CPPUNIT_ASSERT(waitFor([&] { return run.recorder.starts() == 8; }, milliseconds(20'000)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{8}, run.runner.threads());
    for (CheckId check = 1; check <= 8; ++check) run.recorder.release(check);
    CPPUNIT_ASSERT(waitFor([&] { return run.runner.threads() == 0; }, milliseconds(20'000)));
    run.start(1, 2);  // and come again
    CPPUNIT_ASSERT(run.recorder.waitForReports(1, 2));
  }

  void removed() {
    Run run("ok");
    run.add(1);
    run.start(1);
    CPPUNIT_ASSERT(run.recorder.waitForReports(1));
    run.runner.remove(1);
    run.start(1, 2);
    run.add(2);
    run.start(2);
    CPPUNIT_ASSERT(run.recorder.waitForReports(2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.recorder.reports(1).size());
    run.runner.stop(in(milliseconds(10'000)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, run.runner.threads());
  }

  void removedDuringARun() {
    Run run("ok");
    run.add(1);
    run.recorder.hold(1);
    run.start(1);
    CPPUNIT_ASSERT(run.recorder.waitForStart(1));
    run.runner.remove(1);
    run.start(1, 2);
    run.recorder.release(1);
    CPPUNIT_ASSERT(run.recorder.waitForReports(1));  // its result is told all the same
    run.runner.stop(in(milliseconds(10'000)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, run.runner.threads());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.recorder.reports().size());
  }

  void stopWithNothingToDo() {
    Run fresh("ok");
    fresh.runner.stop(in(milliseconds(10'000)));
    Run run("ok", threads(8, 8));
    for (CheckId check = 1; check <= 50; ++check) {
      run.add(check);
      run.start(check);
    }
    CPPUNIT_ASSERT(waitFor([&] { return run.recorder.reports().size() == 50; }, milliseconds(20'000)));
    const SteadyTime begin = std::chrono::steady_clock::now();
    run.runner.stop(in(milliseconds(30'000)));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < milliseconds(10'000));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, run.runner.threads());
    run.runner.stop(in(milliseconds(0)));  // again is fine
    run.start(1, 2);                       // and so is a start that comes too late
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, run.recorder.starts());
  }

  void stopReturnsByItsDeadline() {
    Run run("hang");
    run.add(1);
    run.start(1);
    CPPUNIT_ASSERT(run.recorder.waitForStart(1));
    const SteadyTime begin = std::chrono::steady_clock::now();
    run.runner.stop(begin + milliseconds(200));
    const auto took = std::chrono::steady_clock::now() - begin;
    CPPUNIT_ASSERT(took >= milliseconds(200) && took < milliseconds(5000));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, run.runner.threads());
    CPPUNIT_ASSERT(run.recorder.reports().empty());
  }

  void stopDoesNotWaitForGivenUpRuns() {
    Run run("hang");
    run.add(1);
    run.add(2);  // never started
    run.start(1);
    CPPUNIT_ASSERT(run.recorder.waitForStart(1));
    run.runner.giveUp(1, 1);
    const SteadyTime begin = std::chrono::steady_clock::now();
    run.runner.stop(begin + milliseconds(60'000));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < milliseconds(20'000));
  }

  void noEventAfterStop() {
    for (int round = 0; round < 20; ++round) {
      Run run("chatty", threads(4, 4));
      for (CheckId check = 1; check <= 8; ++check) run.add(check);
      std::atomic<bool> over{false};
      std::thread starter([&] {
        for (std::uint64_t sequence = 1; !over; ++sequence) {
          for (CheckId check = 1; check <= 8; ++check) run.start(check, sequence);
        }
      });
      const bool began = waitFor([&] { return run.recorder.reports().size() > 20; }, milliseconds(20'000));
      run.runner.stop(round % 2 == 0 ? in(milliseconds(0)) : in(milliseconds(10'000)));
      run.recorder.end();
      over = true;
      starter.join();
      CPPUNIT_ASSERT(began);
      CPPUNIT_ASSERT(waitFor([&] { return run.runner.threads() == 0; }, milliseconds(20'000)));
      CPPUNIT_ASSERT(!run.recorder.eventAfterEnd());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LocalRunnerTest);

}  // namespace

}  // namespace pulsewatch
