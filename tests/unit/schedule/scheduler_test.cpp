#include "schedule/scheduler.h"

#include "base/uuid.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;
using testing::waitFor;

// Remembers what it is asked for; the test answers, at once or when it likes.
class FakeRunner final : public CheckRunner {
 public:
  enum class Way { quick, hang, never, endsWhenGivenUp };

  void answerTo(RunnerEvents& events) { events_ = &events; }
  void onStart(std::function<void()> call) { on_start_ = std::move(call); }
  void setWay(CheckId check, Way way) {
    const MutexLock lock(mutex_);
    ways_[check] = way;
  }

  void add(CheckId /*check*/, const CheckSpec& /*spec*/) override {}
  void remove(CheckId /*check*/) override {}
  void start(RunRequest request) override {
    Way way{};
    {
      const MutexLock lock(mutex_);
      starts_.push_back({request, std::chrono::steady_clock::now()});
      way = ways_[request.check];
    }
    if (on_start_) on_start_();
    if (way == Way::never) return;
    events_->runStarted(request.check, request.sequence, std::chrono::steady_clock::now());
    if (way == Way::quick) end(request);
  }
  void giveUp(CheckId check, std::uint64_t sequence) override {
    Way way{};
    {
      const MutexLock lock(mutex_);
      given_up_.emplace_back(check, sequence);
      way = ways_[check];
    }
    if (way == Way::endsWhenGivenUp) end({check, sequence, "late"});
  }
  bool stop(SteadyTime /*until*/) override { return true; }

  void end(const RunRequest& request, RunOutcome outcome = RunOutcome::healthy) {
    RunReport report;
    report.check = request.check;
    report.sequence = request.sequence;
    report.request_id = request.request_id;
    report.outcome = outcome;
    report.message = outcome == RunOutcome::healthy ? "fine" : "not fine";
    events_->runEnded(std::move(report));
  }

  struct Start {
    RunRequest request;
    SteadyTime at;
  };
  std::vector<Start> starts(CheckId check) {
    const MutexLock lock(mutex_);
    std::vector<Start> own = starts_;
    std::erase_if(own, [check](const Start& start) { return start.request.check != check; });
    return own;
  }
  std::vector<std::pair<CheckId, std::uint64_t>> givenUp() {
    const MutexLock lock(mutex_);
    return given_up_;
  }

 private:
  RunnerEvents* events_ = nullptr;
  std::function<void()> on_start_;
  Mutex mutex_;
  std::map<CheckId, Way> ways_ GUARDED_BY(mutex_);
  std::vector<Start> starts_ GUARDED_BY(mutex_);
  std::vector<std::pair<CheckId, std::uint64_t>> given_up_ GUARDED_BY(mutex_);
};

class Sink final : public ResultSink {
 public:
  Pace runOver(const RunReport& report) override {
    const MutexLock lock(mutex_);
    over_.push_back(report);
    return report.outcome == RunOutcome::healthy ? Pace::normal : Pace::failing;
  }
  void hostStalled(Nanoseconds length) override {
    const MutexLock lock(mutex_);
    stalled_ += length;
  }
  void lateRunEnded(const RunReport& report) override {
    const MutexLock lock(mutex_);
    late_.push_back(report);
  }
  void runLate(Nanoseconds lateness) override {
    const MutexLock lock(mutex_);
    lateness_.push_back(lateness);
  }
  void seriesAdded(const SeriesReport& series) override {
    const MutexLock lock(mutex_);
    series_ += series.number;
  }
  void pluginLogged(const PluginLogLine& line) override {
    const MutexLock lock(mutex_);
    said_ += line.message;
  }

  std::vector<RunReport> over(CheckId check) {
    const MutexLock lock(mutex_);
    std::vector<RunReport> own = over_;
    std::erase_if(own, [check](const RunReport& report) { return report.check != check; });
    return own;
  }
  std::vector<RunReport> late() {
    const MutexLock lock(mutex_);
    return late_;
  }
  std::vector<Nanoseconds> lateness() {
    const MutexLock lock(mutex_);
    return lateness_;
  }
  Nanoseconds stalled() {
    const MutexLock lock(mutex_);
    return stalled_;
  }
  std::pair<int, std::string> handedOn() {
    const MutexLock lock(mutex_);
    return {series_, said_};
  }

 private:
  Mutex mutex_;
  std::vector<RunReport> over_ GUARDED_BY(mutex_);
  std::vector<RunReport> late_ GUARDED_BY(mutex_);
  std::vector<Nanoseconds> lateness_ GUARDED_BY(mutex_);
  int series_ GUARDED_BY(mutex_) = 0;
  std::string said_ GUARDED_BY(mutex_);
  Nanoseconds stalled_ GUARDED_BY(mutex_){0};
};

class SchedulerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SchedulerTest);
  CPPUNIT_TEST(runsAgainAndAgain);
  CPPUNIT_TEST(manyStartTogether);
  CPPUNIT_TEST(everyRunHasOneResult);
  CPPUNIT_TEST(timesOutAtOnce);
  CPPUNIT_TEST(hungChecksDelayNoOther);
  CPPUNIT_TEST(lateEnds);
  CPPUNIT_TEST(endsWhileItIsGivenUp);
  CPPUNIT_TEST(notTakenUpIsNotTimedOut);
  CPPUNIT_TEST(addedWhileItRuns);
  CPPUNIT_TEST(wanted);
  CPPUNIT_TEST(fastWhileItFails);
  CPPUNIT_TEST(stallsAreNoFailures);
  CPPUNIT_TEST(pausedAndResumed);
  CPPUNIT_TEST(strangersAreIgnored);
  CPPUNIT_TEST(handsOn);
  CPPUNIT_TEST(lifeSigns);
  CPPUNIT_TEST(stopped);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    active_time_ = std::make_unique<ActiveTime>();
    sink_ = std::make_unique<Sink>();
    runner_ = std::make_shared<FakeRunner>();
    scheduler_ = std::make_unique<Scheduler>(clock_, *active_time_, *sink_);
    runner_->answerTo(*scheduler_);
  }
  void tearDown() override { scheduler_->stop(); }

  void runsAgainAndAgain() {
    add(1, 20, 1000, FakeRunner::Way::quick);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(1).size() >= 20; }, milliseconds(20'000)));
    scheduler_->stop();
    const std::vector<FakeRunner::Start> starts = runner_->starts(1);
    std::set<std::string> ids;
    for (std::size_t i = 0; i < starts.size(); ++i) {
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{i + 1}, starts[i].request.sequence);
      CPPUNIT_ASSERT(isUuid(starts[i].request.request_id));
      ids.insert(starts[i].request.request_id);
    }
    CPPUNIT_ASSERT_EQUAL(starts.size(), ids.size());  // each run has one of its own
    // Start to start: so many runs take so many intervals, whatever each of them does.
    const auto took = starts.back().at - starts.front().at;
    CPPUNIT_ASSERT(took >= milliseconds(20) * (starts.size() - 2));
    CPPUNIT_ASSERT_EQUAL(starts.size(), sink_->lateness().size());
    for (const Nanoseconds lateness : sink_->lateness()) CPPUNIT_ASSERT(lateness >= Nanoseconds(0));
  }

  // Eight thousand runs a second: the thread doesn't wake for each.
  void manyStartTogether() {
    std::set<Nanoseconds> moments;  // at which it woke and started something; only its own thread touches it until it is stopped
    std::size_t runs = 0;
    runner_->onStart([&] {
      moments.insert(active_time_->now());
      ++runs;
    });
    for (CheckId check = 1; check <= 400; ++check) add(check, 50, 1000, FakeRunner::Way::quick);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(1).size() >= 10 && sink_->over(400).size() >= 10; }, milliseconds(20'000)));
    scheduler_->stop();
    CPPUNIT_ASSERT_MESSAGE(std::to_string(runs) + " runs at " + std::to_string(moments.size()) + " moments", moments.size() * 3 < runs);
  }

  void everyRunHasOneResult() {
    add(1, 10, 1000, FakeRunner::Way::quick);
    add(2, 10, 15, FakeRunner::Way::endsWhenGivenUp);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(1).size() >= 30 && sink_->over(2).size() >= 10; }, milliseconds(20'000)));
    scheduler_->stop();
    for (const CheckId check : {1U, 2U}) {
      const std::vector<RunReport> results = sink_->over(check);
      for (std::size_t i = 0; i < results.size(); ++i) CPPUNIT_ASSERT_EQUAL(std::uint64_t{i + 1}, results[i].sequence);
    }
    for (const RunReport& report : sink_->over(1)) CPPUNIT_ASSERT(report.outcome == RunOutcome::healthy);
    for (const RunReport& report : sink_->over(2)) CPPUNIT_ASSERT(report.outcome == RunOutcome::timeout);
  }

  void timesOutAtOnce() {
    add(1, 60'000, 200, FakeRunner::Way::hang);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return !sink_->over(1).empty(); }, milliseconds(20'000)));
    const auto took = std::chrono::steady_clock::now() - runner_->starts(1).at(0).at;
    CPPUNIT_ASSERT(took >= milliseconds(200) && took < milliseconds(5000));
    const RunReport report = sink_->over(1)[0];
    CPPUNIT_ASSERT(report.outcome == RunOutcome::timeout);
    CPPUNIT_ASSERT_EQUAL(std::string("timed out after 200 ms"), report.message);
    CPPUNIT_ASSERT_EQUAL(runner_->starts(1)[0].request.request_id, report.request_id);
    CPPUNIT_ASSERT(report.sequence == 1 && report.duration == milliseconds(200));
    CPPUNIT_ASSERT(waitFor([&] { return runner_->givenUp().size() == 1; }, milliseconds(5000)));
    CPPUNIT_ASSERT(runner_->givenUp()[0] == std::make_pair(CheckId{1}, std::uint64_t{1}));
    CPPUNIT_ASSERT(scheduler_->stuckChecks() == std::vector<CheckId>{1});
  }

  void hungChecksDelayNoOther() {
    for (CheckId check = 1; check <= 40; ++check) add(check, 50, 30, FakeRunner::Way::hang);
    for (CheckId check = 41; check <= 50; ++check) add(check, 50, 1000, FakeRunner::Way::quick);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(50).size() >= 20; }, milliseconds(20'000)));
    for (CheckId check = 41; check <= 50; ++check) CPPUNIT_ASSERT(sink_->over(check).size() >= 18);
    CPPUNIT_ASSERT_EQUAL(std::size_t{40}, scheduler_->stuckChecks().size());
    for (CheckId check = 1; check <= 40; ++check) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, runner_->starts(check).size());  // not again until it ends
      CPPUNIT_ASSERT_EQUAL(std::string("timed out after 30 ms"), sink_->over(check).at(0).message);
    }
  }

  void lateEnds() {
    add(1, 30, 20, FakeRunner::Way::hang);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return runner_->givenUp().size() == 1; }, milliseconds(20'000)));
    runner_->setWay(1, FakeRunner::Way::quick);
    runner_->end({1, 1, "late"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, sink_->late().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, sink_->late()[0].sequence);
    runner_->end({1, 1, "again"});  // once
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, sink_->late().size());
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(1).size() >= 2; }, milliseconds(20'000)));  // it runs again
    CPPUNIT_ASSERT(sink_->over(1)[1].outcome == RunOutcome::healthy && sink_->over(1)[1].sequence == 2);
    CPPUNIT_ASSERT(scheduler_->stuckChecks().empty());
  }

  void endsWhileItIsGivenUp() {
    add(1, 10, 10, FakeRunner::Way::endsWhenGivenUp);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->late().size() >= 5; }, milliseconds(20'000)));
    scheduler_->stop();
    CPPUNIT_ASSERT_EQUAL(sink_->over(1).size(), sink_->late().size());
    CPPUNIT_ASSERT(scheduler_->stuckChecks().empty());
  }

  // A run that no thread has taken up yet has used none of its time.
  void notTakenUpIsNotTimedOut() {
    add(1, 10, 10, FakeRunner::Way::never);
    add(2, 10, 10, FakeRunner::Way::quick);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(2).size() >= 10; }, milliseconds(20'000)));
    CPPUNIT_ASSERT(sink_->over(1).empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, runner_->starts(1).size());
    scheduler_->runStarted(1, 1, clock_.steady());
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(1).size() == 1; }, milliseconds(20'000)));
    CPPUNIT_ASSERT(sink_->over(1)[0].outcome == RunOutcome::timeout);
  }

  void addedWhileItRuns() {
    scheduler_->start();
    add(1, 60'000, 1000, FakeRunner::Way::quick);
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(1).size() == 1; }, milliseconds(20'000)));
  }

  // The checks' interval is an hour: what is wanted comes at once, also when it was wanted during a run.
  void wanted() {
    add(1, 3'600'000, 60'000, FakeRunner::Way::quick);
    add(2, 3'600'000, 60'000, FakeRunner::Way::hang);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(1).size() == 1 && runner_->starts(2).size() == 1; }, milliseconds(20'000)));
    scheduler_->runWanted(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, sink_->over(1).size());
    scheduler_->runWanted(2);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, runner_->starts(2).size());
    runner_->end({2, 1, ""});
    CPPUNIT_ASSERT(waitFor([&] { return runner_->starts(2).size() == 2; }, milliseconds(20'000)));
    scheduler_->runWanted(9);
  }

  void fastWhileItFails() {
    runner_->setWay(1, FakeRunner::Way::hang);
    scheduler_->add(1, {milliseconds(3'600'000), milliseconds(60'000), milliseconds(20)}, runner_);
    scheduler_->start();
    for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
      CPPUNIT_ASSERT(waitFor([&] { return runner_->starts(1).size() == sequence; }, milliseconds(20'000)));
      runner_->end({1, sequence, ""}, RunOutcome::unhealthy);
    }
  }

  // The scheduler's own thread is held up, as everything is while the process is stopped: by the start of check 2.
  void stallsAreNoFailures() {
    const auto hold_up = std::make_shared<std::atomic<bool>>(false);
    runner_->onStart([hold_up] {
      if (hold_up->exchange(false)) std::this_thread::sleep_for(milliseconds(2500));
    });
    add(1, 3'600'000, 2000, FakeRunner::Way::hang);
    add(3, 3'600'000, 2000, FakeRunner::Way::hang);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return runner_->starts(1).size() == 1 && runner_->starts(3).size() == 1; }, milliseconds(20'000)));
    *hold_up = true;
    add(2, 3'600'000, 60'000, FakeRunner::Way::hang);
    CPPUNIT_ASSERT(waitFor([&] { return runner_->starts(2).size() == 1; }, milliseconds(20'000)));
    // 1 fails meanwhile, by its own deadline: it is made again, as the same run, and that one counts.
    std::this_thread::sleep_for(milliseconds(1500));
    runner_->end({1, 1, ""}, RunOutcome::unhealthy);
    CPPUNIT_ASSERT(sink_->over(1).empty() && sink_->late().size() == 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, runner_->starts(1).size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, runner_->starts(1)[1].request.sequence);
    CPPUNIT_ASSERT(runner_->starts(1)[1].request.request_id != runner_->starts(1)[0].request.request_id);
    CPPUNIT_ASSERT(waitFor(
        [&] {
          runner_->end({1, 1, ""}, RunOutcome::unhealthy);
          return sink_->over(1).size() == 1;
        },
        milliseconds(20'000)));
    CPPUNIT_ASSERT_EQUAL(std::string("not fine"), sink_->over(1)[0].message);
    // 3 has its whole time, and no more.
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(3).size() == 1; }, milliseconds(20'000)));
    CPPUNIT_ASSERT(sink_->over(3)[0].outcome == RunOutcome::timeout);
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - runner_->starts(3)[0].at >= milliseconds(2000 + 1000));
    CPPUNIT_ASSERT(waitFor([&] { return sink_->stalled() > std::chrono::seconds(1); }, milliseconds(20'000)));
  }

  void pausedAndResumed() {
    scheduler_->pause(1);
    add(1, 60'000, 1000, FakeRunner::Way::quick);
    add(2, 20, 1000, FakeRunner::Way::quick);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(2).size() >= 5; }, milliseconds(20'000)));
    CPPUNIT_ASSERT(runner_->starts(1).empty());
    CPPUNIT_ASSERT(scheduler_->turnOf(1)->paused && !scheduler_->turnOf(9));
    scheduler_->resume(1);
    CPPUNIT_ASSERT_MESSAGE("at once", runner_->starts(1).size() == 1);
    CPPUNIT_ASSERT(!scheduler_->turnOf(1)->paused && !scheduler_->turnOf(1)->running);
  }

  void strangersAreIgnored() {
    add(1, 60'000, 60'000, FakeRunner::Way::hang);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return runner_->starts(1).size() == 1; }, milliseconds(20'000)));
    for (const RunRequest& request : {RunRequest{1, 2, ""}, RunRequest{9, 1, ""}, RunRequest{1, 0, ""}}) {
      scheduler_->runStarted(request.check, request.sequence, clock_.steady());
      runner_->end(request);
    }
    CPPUNIT_ASSERT(sink_->over(1).empty() && sink_->over(9).empty() && sink_->late().empty());
    CPPUNIT_ASSERT(sink_->lateness().size() <= 1);
  }

  void handsOn() {
    SeriesReport series;
    series.number = 3;
    scheduler_->seriesAdded(series);
    PluginLogLine line;
    line.message = "words";
    scheduler_->pluginLogged(line);
    CPPUNIT_ASSERT(sink_->handedOn() == std::make_pair(3, std::string("words")));
  }

  void lifeSigns() {
    CPPUNIT_ASSERT(scheduler_->heartbeat().age(clock_.steady()) > std::chrono::seconds(0));
    scheduler_->start();
    CPPUNIT_ASSERT(scheduler_->heartbeat().age(clock_.steady()) < std::chrono::seconds(2));
    // Without any check it ticks, and time goes on.
    CPPUNIT_ASSERT(waitFor([&] { return active_time_->now() > milliseconds(300); }, milliseconds(20'000)));
    CPPUNIT_ASSERT(scheduler_->heartbeat().age(clock_.steady()) < std::chrono::seconds(2));
  }

  void stopped() {
    add(1, 10, 1000, FakeRunner::Way::quick);
    scheduler_->start();
    CPPUNIT_ASSERT(waitFor([&] { return sink_->over(1).size() >= 3; }, milliseconds(20'000)));
    scheduler_->stop();
    const std::size_t starts = runner_->starts(1).size();
    scheduler_->stop();  // again is fine
    CPPUNIT_ASSERT_EQUAL(starts, runner_->starts(1).size());
    Scheduler never(clock_, *active_time_, *sink_);  // never started
  }

 private:
  void add(CheckId check, std::int64_t interval, std::int64_t timeout, FakeRunner::Way way) {
    runner_->setWay(check, way);
    scheduler_->add(check, {milliseconds(interval), milliseconds(timeout)}, runner_);
  }

  SystemClock clock_;
  std::unique_ptr<ActiveTime> active_time_;
  std::unique_ptr<Sink> sink_;
  std::shared_ptr<FakeRunner> runner_;
  std::unique_ptr<Scheduler> scheduler_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SchedulerTest);

}  // namespace

}  // namespace pulsewatch
