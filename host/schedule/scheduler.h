// Starts runs when they are due and gives them up when they are overdue, on one thread for all checks; hands every result on, exactly one
// for each run.
//
// Between RunSchedule, which decides, and CheckRunner, which runs: no run is waited for, and nobody is called with the lock held. A run may
// start up to 3 ms after it was due, together with others; a timeout is never put off, but by time in which this process didn't run. A run
// that failed while much of its time went to that says nothing, and is made again at once.
#pragma once

#include "base/heartbeat.h"
#include "base/mutex.h"
#include "plugin/check_runner.h"
#include "schedule/active_time.h"
#include "schedule/run_schedule.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace pulsewatch {

// Where results go. Called on the scheduler's and the runners' threads; must not block. Two calls for one check may overtake each other:
// report.sequence has the order.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  // A run is over, or was given up (outcome timeout). Gives how the check is to be run from now on.
  virtual Pace runOver(const RunReport& report) = 0;
  // A run that was given up has ended after all, or one is made again: only its observations still count.
  virtual void lateRunEnded(const RunReport& report) = 0;
  virtual void runLate(Nanoseconds lateness) = 0;    // of each run's start, from when it was due
  virtual void hostStalled(Nanoseconds length) = 0;  // the process, or the machine, stood still for so long: a second or more
  virtual void seriesAdded(const SeriesReport& series) = 0;
  virtual void pluginLogged(const PluginLogLine& line) = 0;
};

class Scheduler final : public RunnerEvents {
 public:
  // All must outlive stop().
  Scheduler(const Clock& clock, ActiveTime& active_time, ResultSink& sink) : clock_(clock), active_time_(active_time), sink_(sink) {}
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler() override { stop(); }

  // Any thread. The runner has been told of the check already.
  void add(CheckId check, CheckTiming timing, std::shared_ptr<CheckRunner> runner) EXCLUDES(mutex_);
  // No run of the check is begun any more, and what its runner still says of one is ignored.
  void remove(CheckId check) EXCLUDES(mutex_);
  // From one runner to another, without a run lost or made twice: hold() lets no run begin and returns when none is going on, false at
  // `until`; release() goes on with the runner and timing given.
  bool hold(CheckId check, SteadyTime until) EXCLUDES(mutex_);
  void release(CheckId check, CheckTiming timing, std::shared_ptr<CheckRunner> runner) EXCLUDES(mutex_);
  // Another interval, without a word to the runner.
  void retime(CheckId check, CheckTiming timing) EXCLUDES(mutex_);

  // No run of the check is begun between pause() and resume(), which begins one at once; what is running goes on. It may be paused before
  // it is added. Any thread.
  void pause(CheckId check) EXCLUDES(mutex_);
  void resume(CheckId check) EXCLUDES(mutex_);

  void start();
  void stop() EXCLUDES(mutex_);  // no more runs are started; what is running goes on

  // runWanted() for somebody who waits for the result, and what he may expect.
  struct Prospect {
    bool known = false;
    bool going_on = false;  // a run was under way: that one's result is the next
    bool stuck = false;     // it was given up and has not ended: no run begins before it has
    Milliseconds timeout{0};
  };
  Prospect runForSomebody(CheckId check) EXCLUDES(mutex_);

  // The checks whose run was given up and is still going.
  [[nodiscard]] std::vector<CheckId> stuckChecks() EXCLUDES(mutex_);
  // Where the check stands; nothing of an unknown one.
  [[nodiscard]] std::optional<RunSchedule::Turn> turnOf(CheckId check) EXCLUDES(mutex_);

  [[nodiscard]] const Heartbeat& heartbeat() const { return heartbeat_; }  // ticks at least ten times a second

  void runStarted(CheckId check, std::uint64_t sequence, SteadyTime at) override EXCLUDES(mutex_);
  void runEnded(RunReport report) override EXCLUDES(mutex_);
  void runWanted(CheckId check) override EXCLUDES(mutex_);
  void seriesAdded(SeriesReport series) override { sink_.seriesAdded(series); }
  void pluginLogged(PluginLogLine line) override { sink_.pluginLogged(line); }

 private:
  struct Check {
    std::shared_ptr<CheckRunner> runner;
    Milliseconds timeout{0};
    std::string request_id;  // of the present run
    unsigned told = 0;       // ends of runs that the sink is being told of
  };
  struct Start {
    std::shared_ptr<CheckRunner> runner;
    RunRequest request;
  };
  struct GiveUp {
    std::shared_ptr<CheckRunner> runner;
    RunReport report;
  };

  void runNow(CheckId check, bool insist) EXCLUDES(mutex_);
  void loop();
  void advance(SteadyTime now, std::vector<Start>& starts, std::vector<GiveUp>& given_up) REQUIRES(mutex_);
  SteadyTime noticeStall() REQUIRES(mutex_);  // gives the time
  void runOver(const RunReport& report) EXCLUDES(mutex_);
  Start startOf(const RunSchedule::Run& run) REQUIRES(mutex_);
  [[nodiscard]] bool isAtRest(CheckId check) const REQUIRES(mutex_);

  const Clock& clock_;
  ActiveTime& active_time_;
  ResultSink& sink_;
  Heartbeat heartbeat_;
  std::thread thread_;

  Mutex mutex_;
  CondVar changed_;
  CondVar idle_;  // a run is over
  RunSchedule schedule_ GUARDED_BY(mutex_);
  std::unordered_map<CheckId, Check> checks_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  SteadyTime awake_by_ GUARDED_BY(mutex_) = SteadyTime::max();  // when the thread is at work again, unless it is kept from it
  Nanoseconds stalled_ GUARDED_BY(mutex_){0};                   // not told yet
};

}  // namespace pulsewatch
