// A plugin at work, or on trial for it: its runner, and what stands between that and whoever takes its events.
#pragma once

#include "plugin/check_plan.h"
#include "plugin/plugin_catalog.h"
#include "plugin/trial.h"
#include "worker/worker_runner.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

// The ends of a worker are told as those of one on trial until its plugin takes over. Any thread.
class TrialWorkerEvents final : public WorkerEvents {
 public:
  explicit TrialWorkerEvents(WorkerEvents& next) : next_(next) {}
  void takeOver() { on_trial_ = false; }
  void workerEnded(const WorkerEnd& end) override {
    WorkerEnd told = end;
    told.on_trial = on_trial_;
    next_.workerEnded(told);
  }

 private:
  WorkerEvents& next_;
  std::atomic<bool> on_trial_{true};
};

struct Crew {
  CatalogEntry entry;
  PluginSpec spec;
  std::unique_ptr<Trial> trial;
  std::unique_ptr<TrialWorkerEvents> worker_events;
  std::shared_ptr<CheckRunner> runner;
};

// What a crew works with; all must outlive its runner's stop().
struct CrewParts {
  RunnerEvents& events;
  WorkerEvents& worker_events;
  WorkerLoop& workers;
  LogLevel log_level = LogLevel::info;
};

// Starts the plugin's worker, or opens its library here; throws when it can't.
Crew makeCrew(const CatalogEntry& entry, const PluginSpec& spec, const CrewParts& parts);

// A plugin that runs inside the host is tried in a worker: one that crashes or hangs would take the host with it. It has the host's limits.
PluginSpec trialSpec(PluginSpec spec);

// Whose check is whose.
std::map<std::string, std::vector<const CheckSpec*>> byPlugin(const CheckPlan& plan);

}  // namespace pulsewatch
