// The log lines about runs and verdicts: a change of status is INFO or ERROR, a run that changes nothing DEBUG, each with the run's request
// id. Any thread.
#pragma once

#include "base/log.h"
#include "base/mutex.h"
#include "plugin/check_runner.h"
#include "readiness/dependents.h"
#include "readiness/explanation.h"
#include "worker/worker_runner.h"

#include <map>
#include <string>

namespace pulsewatch {

class RunLog {
 public:
  explicit RunLog(Log& log) : log_(log) {}

  void addCheck(CheckId check, const std::string& name, const std::string& plugin) EXCLUDES(mutex_);

  void removeCheck(CheckId check) EXCLUDES(mutex_);
  void unavailable(const CheckPolicy& policy);  // the check can't run
  void workerEnded(const WorkerEnd& end) EXCLUDES(mutex_);
  void hostStalled(Nanoseconds length);

  void resultCame(const BoardChange& change);
  void blocked(const BlockedCheck& blocked);  // a line when it has become unhealthy by that
  void pluginLogged(const PluginLogLine& line) EXCLUDES(mutex_);
  // A line when it has changed, with what a reader needs to know why.
  void judged(const Verdict& verdict, const NextRuns& next_runs) EXCLUDES(mutex_);

 private:
  struct Names {
    std::string check;
    std::string plugin;
  };

  void flapping(const BoardChange& change);

  Log& log_;
  Mutex mutex_;
  std::map<CheckId, Names> names_ GUARDED_BY(mutex_);
  enum class Last { none, ready, degraded, notReady } last_ GUARDED_BY(mutex_) = Last::none;
};

}  // namespace pulsewatch
