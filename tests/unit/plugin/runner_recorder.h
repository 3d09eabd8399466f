// What a runner told, in order, for the tests of it; and a gate at which a run can be held up: runStarted is called on the run's own
// thread, right before the plugin is. Any thread. An event after end() is remembered as a fault.
#pragma once

#include "base/mutex.h"
#include "plugin/check_runner.h"
#include "support/wait.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

class RunnerRecorder final : public RunnerEvents {
 public:
  void runStarted(CheckId check, std::uint64_t sequence, SteadyTime /*at*/) override {
    const MutexLock lock(mutex_);
    late_ = late_ || ended_;
    started_.emplace_back(check, sequence);
    while (held_.count(check) > 0) opened_.wait(mutex_);
  }
  void runEnded(RunReport report) override {
    const MutexLock lock(mutex_);
    late_ = late_ || ended_;
    reports_.push_back(std::move(report));
  }
  void runWanted(CheckId check) override {
    const MutexLock lock(mutex_);
    wanted_.push_back(check);
  }
  void seriesAdded(SeriesReport series) override {
    const MutexLock lock(mutex_);
    late_ = late_ || ended_;
    const bool over = std::any_of(reports_.begin(), reports_.end(), [&](const RunReport& report) { return report.check == series.check; });
    series_before_end_ = series_before_end_ || !over;
    series_.push_back(std::move(series));
  }
  void pluginLogged(PluginLogLine line) override {
    const MutexLock lock(mutex_);
    late_ = late_ || ended_;
    lines_.push_back(std::move(line));
  }

  void hold(CheckId check) {
    const MutexLock lock(mutex_);
    held_.insert(check);
  }
  void release(CheckId check) {
    const MutexLock lock(mutex_);
    held_.erase(check);
    opened_.notifyAll();
  }
  void end() {
    const MutexLock lock(mutex_);
    ended_ = true;
  }

  [[nodiscard]] std::size_t starts(CheckId check) {
    const MutexLock lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(started_.begin(), started_.end(), [check](const auto& run) { return run.first == check; }));
  }
  [[nodiscard]] std::size_t starts() {
    const MutexLock lock(mutex_);
    return started_.size();
  }
  [[nodiscard]] std::vector<RunReport> reports() {
    const MutexLock lock(mutex_);
    return reports_;
  }
  [[nodiscard]] std::vector<RunReport> reports(CheckId check) {
    std::vector<RunReport> own = reports();
    std::erase_if(own, [check](const RunReport& report) { return report.check != check; });
    return own;
  }
  [[nodiscard]] std::vector<CheckId> wanted() {
    const MutexLock lock(mutex_);
    return wanted_;
  }
  [[nodiscard]] std::vector<SeriesReport> series() {
    const MutexLock lock(mutex_);
    return series_;
  }
  [[nodiscard]] std::vector<PluginLogLine> lines() {
    const MutexLock lock(mutex_);
    return lines_;
  }
  [[nodiscard]] bool seriesBeforeEnd() {
    const MutexLock lock(mutex_);
    return series_before_end_;
  }
  [[nodiscard]] bool eventAfterEnd() {
    const MutexLock lock(mutex_);
    return late_;
  }

  bool waitForStart(CheckId check, std::size_t count = 1) {
    return waitFor([&] { return starts(check) >= count; }, std::chrono::seconds(20));
  }
  bool waitForReports(CheckId check, std::size_t count = 1, std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    return waitFor([&] { return reports(check).size() >= count; }, timeout);
  }

 private:
  Mutex mutex_;
  CondVar opened_;
  std::set<CheckId> held_ GUARDED_BY(mutex_);
  std::vector<std::pair<CheckId, std::uint64_t>> started_ GUARDED_BY(mutex_);
  std::vector<RunReport> reports_ GUARDED_BY(mutex_);
  std::vector<SeriesReport> series_ GUARDED_BY(mutex_);
  std::vector<PluginLogLine> lines_ GUARDED_BY(mutex_);
  std::vector<CheckId> wanted_ GUARDED_BY(mutex_);
  bool series_before_end_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool late_ GUARDED_BY(mutex_) = false;
};

}  // namespace pulsewatch::testing
