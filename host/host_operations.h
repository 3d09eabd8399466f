// What an operator can have the host do, done with its parts. See control/operations.h for who calls what.
#pragma once

#include "control/asked_runs.h"
#include "control/operations.h"
#include "readiness/explanation.h"
#include "readiness/judge_loop.h"
#include "readiness/mutes.h"
#include "roster.h"
#include "schedule/scheduler.h"
#include "serve/host_metrics.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

// What it works with; all must outlive it.
struct HostOperationsParts {
  const Clock& clock;
  Log& log;
  Scheduler& scheduler;
  const ResultBoard& board;
  const Published<Verdict>& verdict;
  JudgeLoop& judge;
  Mutes& mutes;
  AskedRuns& asked_runs;
  const Roster& roster;
  const HostMetrics& metrics;
  const NextRuns& next_runs;
  std::function<std::vector<std::string>()> reload;  // as of Operations
};

class HostOperations final : public Operations {
 public:
  explicit HostOperations(HostOperationsParts parts) : parts_(std::move(parts)), started_(parts_.clock.steady()) {}

  // Takes up the mutes of an earlier daemon; before the first verdict.
  void start();
  // After each verdict, one at a time: tells of mutes that are over.
  void judged(const Verdict& verdict);

  HostCondition condition() override;
  std::vector<std::string> explain() override;
  std::vector<PluginCondition> plugins() override;
  AskedRun run(const std::string& check) override;
  std::optional<RunEnd> runEnd(const std::string& check, std::uint64_t after) override { return parts_.asked_runs.end(check, after); }
  std::string drain() override;
  std::string undrain() override;
  std::string mute(const std::string& check, Milliseconds time, const std::string& reason) override;
  std::string unmute(const std::string& check) override;
  std::vector<std::string> reload() override { return parts_.reload(); }

 private:
  [[nodiscard]] std::optional<BoardRow> rowOf(const std::string& check) const;
  [[nodiscard]] std::string unknown(const std::string& check) const;

  const HostOperationsParts parts_;
  const SteadyTime started_;
  WallTime judged_at_ = WallTime::min();
};

}  // namespace pulsewatch
