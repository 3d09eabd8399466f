// The seam between the scheduler and what runs checks. Ids and plain values go in, plain values come out, so the same interface fits a
// runner inside the host and one in a worker process. One runner has one plugin.
#pragma once

#include "base/check_result.h"
#include "base/log.h"
#include "plugin/check_plan.h"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pulsewatch {

struct RunRequest {
  CheckId check = 0;
  std::uint64_t sequence = 0;
  std::string request_id;
};

// A series a check has made: `number` is the check's own, `metric` the plugin's.
struct SeriesReport {
  CheckId check = 0;
  std::int32_t number = 0;
  std::uint32_t metric = 0;
  std::vector<std::string> label_values;
};

// A log line of a plugin's. Text is valid UTF-8, bounded, and without the check's secrets.
struct PluginLogLine {
  CheckId check = 0;
  std::string request_id;  // empty outside a run
  LogLevel level = LogLevel::info;
  std::string event;
  std::string message;
  std::string error;
  double duration_ms = -1;
};

// What a runner tells. Called on its threads, with none of its locks held; must not block. A check's calls come in order: its series before
// the run that observes them ends, runStarted before runEnded. A run that is begun anew after its worker's end is told as started again.
class RunnerEvents {
 public:
  virtual ~RunnerEvents() = default;
  virtual void runStarted(CheckId check, std::uint64_t sequence, SteadyTime at) = 0;  // a thread has taken it up: its time counts from `at`
  virtual void runEnded(RunReport report) = 0;
  virtual void runWanted(CheckId check) = 0;  // there is news of it: it should be run at once
  virtual void seriesAdded(SeriesReport series) = 0;
  virtual void pluginLogged(PluginLogLine line) = 0;
};

// Any thread may call; nothing blocks on a run, but for stop().
class CheckRunner {
 public:
  virtual ~CheckRunner() = default;
  virtual void add(CheckId check, const CheckSpec& spec) = 0;  // made at its first run, within that run's time
  virtual void remove(CheckId check) = 0;                      // destroyed once its run is over
  virtual void start(RunRequest request) = 0;
  // The run has been given up: it is told so, and its thread replaced. It still ends in runEnded, one day or never.
  virtual void giveUp(CheckId check, std::uint64_t sequence) = 0;
  // The least that its checks write from now on.
  virtual void setLogLevel(LogLevel /*level*/) {}
  // No more runs; checks that are not stuck are destroyed. Returns when all is over, or at `until`; false when what hangs had to be left
  // behind. No events after it.
  virtual bool stop(SteadyTime until) = 0;
  // The processes that it keeps for its plugin.
  [[nodiscard]] virtual std::vector<pid_t> workers() { return {}; }
};

}  // namespace pulsewatch
