// The log lines about runs and verdicts: a change of status is INFO or ERROR, a run that changes nothing DEBUG, each with the run's request
// id. Any thread.
#pragma once

#include "base/log.h"
#include "base/mutex.h"
#include "plugin/check_runner.h"
#include "readiness/readiness.h"
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
  void pluginLogged(const PluginLogLine& line) EXCLUDES(mutex_);
  void judged(const Verdict& verdict) EXCLUDES(mutex_);  // a line when it has changed

 private:
  struct Names {
    std::string check;
    std::string plugin;
  };

  Log& log_;
  Mutex mutex_;
  std::map<CheckId, Names> names_ GUARDED_BY(mutex_);
  enum class Last { none, ready, notReady } last_ GUARDED_BY(mutex_) = Last::none;
};

}  // namespace pulsewatch
