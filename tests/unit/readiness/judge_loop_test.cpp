#include "readiness/judge_loop.h"

#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>

namespace pulsewatch {

namespace {

using std::chrono::seconds;
using testing::waitFor;

struct Silent final : BoardListener {
  void resultCame(const BoardChange& /*change*/) override {}
};

struct Recorder final : VerdictSink {
  std::atomic<int> count{0};
  std::atomic<bool> ready{false};
  void judged(const std::shared_ptr<const Verdict>& verdict) override {
    ready = verdict->ready;
    ++count;
  }
};

// A judge over a board with one check.
struct Court {
  Court() {
    CheckPolicy policy;
    policy.name = "a";
    policy.stale_after = seconds(60);
    board.add(1, policy, clock.wall());
    scheduler.tick(clock.steady());
  }
  void result(std::uint64_t sequence, RunOutcome outcome) {
    RunReport report;
    report.check = 1;
    report.sequence = sequence;
    report.outcome = outcome;
    board.apply(report, {clock.wall(), active.now()});
    judge.wake();
  }

  SystemClock clock;
  ActiveTime active;
  Heartbeat scheduler;
  Silent silent;
  ResultBoard board{silent};
  Recorder recorder;
  JudgeLoop judge{clock, active, scheduler, board, {}, recorder};
};

class JudgeLoopTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JudgeLoopTest);
  CPPUNIT_TEST(aVerdictIsThereAfterTheStart);
  CPPUNIT_TEST(judgesByItself);
  CPPUNIT_TEST(aChangeIsPublishedAtOnce);
  CPPUNIT_TEST(drainIsPublishedWhenItReturns);
  CPPUNIT_TEST(anOperatorsDrainCanBeTakenBack);
  CPPUNIT_TEST(mutesArePublishedWhenTheyReturn);
  CPPUNIT_TEST(aDeadSchedulerIsNotReady);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aVerdictIsThereAfterTheStart() {
    Court court;
    court.judge.start();
    CPPUNIT_ASSERT(court.recorder.count >= 1);
    CPPUNIT_ASSERT(court.judge.heartbeat().age(court.clock.steady()) < seconds(5));
  }

  void judgesByItself() {
    Court court;
    court.judge.start();
    CPPUNIT_ASSERT(waitFor([&] { return court.recorder.count >= 3; }, seconds(10)));
  }

  void aChangeIsPublishedAtOnce() {
    Court court;
    court.judge.start();
    // By itself it judges twice a second: forty turns seen in order take it twenty seconds; woken, a moment.
    const SteadyTime begin = court.clock.steady();
    for (std::uint64_t i = 1; i <= 40; ++i) {
      const bool healthy = i % 2 == 1;
      court.result(i, healthy ? RunOutcome::healthy : RunOutcome::unhealthy);
      CPPUNIT_ASSERT(waitFor([&] { return court.recorder.ready == healthy; }, seconds(10)));
    }
    CPPUNIT_ASSERT(court.clock.steady() - begin < seconds(10));
  }

  void drainIsPublishedWhenItReturns() {
    Court court;
    court.result(1, RunOutcome::healthy);
    court.judge.start();
    CPPUNIT_ASSERT(court.recorder.ready);
    court.judge.drain();
    CPPUNIT_ASSERT(!court.recorder.ready);
    CPPUNIT_ASSERT(court.judge.draining() && court.judge.input().draining);
  }

  void anOperatorsDrainCanBeTakenBack() {
    Court court;
    court.result(1, RunOutcome::healthy);
    court.judge.start();
    court.judge.setDrained(true);
    CPPUNIT_ASSERT(!court.recorder.ready && court.judge.drained());
    court.judge.setDrained(false);
    CPPUNIT_ASSERT(court.recorder.ready && !court.judge.drained());
    court.judge.drain();
    court.judge.setDrained(false);
    CPPUNIT_ASSERT_MESSAGE("that of the end stays", !court.recorder.ready);
  }

  void mutesArePublishedWhenTheyReturn() {
    Court court;
    court.result(1, RunOutcome::unhealthy);
    court.judge.start();
    CPPUNIT_ASSERT(!court.recorder.ready);
    court.judge.setMutes(std::make_shared<const MuteList>(MuteList{{"a", {court.clock.wall() + seconds(60), ""}}}));
    CPPUNIT_ASSERT(court.recorder.ready);
    court.judge.setMutes(std::make_shared<const MuteList>());
    CPPUNIT_ASSERT(!court.recorder.ready);
  }

  void aDeadSchedulerIsNotReady() {
    Court court;
    court.result(1, RunOutcome::healthy);
    court.scheduler.tick(court.clock.steady() - Heartbeat::kAlive);
    court.judge.start();
    CPPUNIT_ASSERT(!court.recorder.ready);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JudgeLoopTest);

}  // namespace

}  // namespace pulsewatch
