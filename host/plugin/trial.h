// Between a plugin's runner and whoever takes its events: a new version of a plugin runs each of its checks once before it takes over, and
// until then nobody hears of it. What a check on trial says is kept here (its series, that it wants a run) or dropped (that run's result:
// it is no run of the schedule's); an admitted check's events go on as if this weren't here. Any thread.
#pragma once

#include "base/mutex.h"
#include "plugin/check_runner.h"

#include <atomic>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace pulsewatch {

class Trial final : public RunnerEvents {
 public:
  // `next` must outlive the runner. Every check is admitted unless it is put on trial.
  explicit Trial(RunnerEvents& next) : next_(next) {}

  // Puts the check on trial: it is added to the runner, and its one run started.
  void begin(CheckRunner& runner, CheckId check, const CheckSpec& spec) EXCLUDES(mutex_);
  // Waits until each check on trial has ended its run, which is given up at its timeout. "" or the sentence's end why the plugin isn't fit:
  // a run crashed, or went on for longer than `grace` beyond its timeout or until it was killed; the latter is no fault where runs
  // `may_hang`. What the runs found doesn't matter.
  std::string outcome(CheckRunner& runner, Milliseconds grace, bool may_hang = false) EXCLUDES(mutex_);
  // What is said of the check from now on goes on, after the series it has made. False when it was not on trial.
  bool admit(CheckId check) EXCLUDES(mutex_);

  void runStarted(CheckId check, std::uint64_t sequence, SteadyTime at) override EXCLUDES(mutex_);
  void runEnded(RunReport report) override EXCLUDES(mutex_);
  void runWanted(CheckId check) override EXCLUDES(mutex_);
  void seriesAdded(SeriesReport series) override EXCLUDES(mutex_);
  void pluginLogged(PluginLogLine line) override { next_.pluginLogged(std::move(line)); }

 private:
  struct Check {
    std::string name;
    Milliseconds timeout{0};
    std::uint64_t sequence = 0;
    std::optional<SteadyTime> started;
    bool given_up = false;
    bool wanted = false;
    std::optional<RunReport> report;
    std::vector<SeriesReport> series;
  };
  [[nodiscard]] Check* onTrial(CheckId check) REQUIRES(mutex_);
  void forgiveStall(SteadyTime now) REQUIRES(mutex_);
  [[nodiscard]] std::string judge(SteadyTime now, Milliseconds grace, bool may_hang, bool& over) REQUIRES(mutex_);

  RunnerEvents& next_;
  std::atomic<bool> none_{true};  // on trial

  Mutex mutex_;
  CondVar news_;
  std::unordered_map<CheckId, Check> checks_ GUARDED_BY(mutex_);
  SteadyTime last_news_ GUARDED_BY(mutex_);
  SteadyTime looked_ GUARDED_BY(mutex_);  // by outcome()
};

}  // namespace pulsewatch
