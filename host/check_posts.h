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

class CheckPosts {
 public:
  // The SHA-256 of all that the configuration says of a check: another one is a change. Ten thousand checks' whole texts, and the secrets
  // in them, needn't be kept for that.
  using Terms = std::array<unsigned char, 32>;
  struct Post {
    CheckId id = 0;
    std::string plugin;
    Terms terms{};
    std::shared_ptr<CheckRunner> runner;
  };

  // All must outlive it.
  CheckPosts(const Clock& clock, ActiveTime& active_time, Scheduler& scheduler, ResultBoard& board, RunLog& run_log, PluginMetrics& metrics)
      : clock_(clock), active_time_(active_time), scheduler_(scheduler), board_(board), run_log_(run_log), metrics_(metrics) {}

  [[nodiscard]] const std::map<std::string, Post>& all() const { return posts_; }  // by name
  // The check's id, or the one that it will get.
  [[nodiscard]] CheckId idOf(const std::string& name);

  // Brings the check to this spec and employer; nothing happens when it is there already. A run that is going on is waited for, so that
  // none is lost or made twice.
  void set(const CheckSpec& spec, const Employer& employer);
  void remove(const std::string& name);

 private:
  void change(Post& post, const CheckSpec& spec, const Employer& employer);

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
