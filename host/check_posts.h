// The checks at work: puts one into the schedule, on the board and into the metrics, moves it to another runner, takes it away. One thread
// at a time; what is told of a check's runs may come from any.
#pragma once

#include "base/clock.h"
#include "plugin/check_plan.h"
#include "plugin/trial.h"
#include "result/result_board.h"
#include "schedule/scheduler.h"
#include "serve/plugin_metrics.h"
#include "serve/run_log.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pulsewatch {

// Who runs a check: a plugin's runner and what stands between it and the schedule. No runner: the check can't run, its spec says why.
struct Employer {
  std::shared_ptr<CheckRunner> runner;
  Trial* trial = nullptr;
  std::vector<MetricDescription> metrics;
};

// A check as it shall be.
struct Appointment {
  const CheckSpec* spec = nullptr;
  Employer employer;
};

// What became of checks, by name.
struct CheckChanges {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};

class CheckPosts {
 public:
  static constexpr std::chrono::seconds kArrival{10};  // for a newcomer's first result

  // A SHA-256: ten thousand checks' whole texts, and the secrets in them, needn't be kept to see that they are others.
  using Digest = std::array<unsigned char, 32>;
  struct Post {
    CheckId id = 0;
    std::string plugin;
    Digest terms{};  // of all that the configuration says of it: another one is a change
    Digest work{};   // of what its runner is told of that: with another one it is made anew
    std::shared_ptr<CheckRunner> runner;
  };

  // All must outlive it.
  CheckPosts(const Clock& clock, ActiveTime& active_time, Scheduler& scheduler, ResultBoard& board, RunLog& run_log, PluginMetrics& metrics)
      : clock_(clock), active_time_(active_time), scheduler_(scheduler), board_(board), run_log_(run_log), metrics_(metrics) {}

  // The check's id, or the one that it will get.
  [[nodiscard]] CheckId idOf(const std::string& name);

  // Brings the checks to these, and takes away all others; one that is as it shall be is not touched. The verdict changes in one step, once
  // each new check that comes `later` has its first result, or after kArrival. A changed check keeps its state until its next result, which
  // comes at once; a run that is going on is waited for, so that none is lost or made twice.
  CheckChanges appoint(const std::vector<Appointment>& all, ResultBoard::Comes comes);

 private:
  void add(const CheckSpec& spec, const Employer& employer, ResultBoard::Comes comes);
  void change(const Appointment& appointment, SteadyTime until);
  void rest(Post& post, SteadyTime until);
  void remove(const std::string& name);

  const Clock& clock_;
  ActiveTime& active_time_;
  Scheduler& scheduler_;
  ResultBoard& board_;
  RunLog& run_log_;
  PluginMetrics& metrics_;
  std::map<std::string, Post> posts_;
  std::map<std::string, CheckId> reserved_;  // of checks that are not made yet
  CheckId last_id_ = 0;
};

}  // namespace pulsewatch
