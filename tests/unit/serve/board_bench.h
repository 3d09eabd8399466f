// A board with checks and results, judged when the test says so, on a clock and an active time that the test moves. One thread.
#pragma once

#include "base/published.h"
#include "readiness/judge_loop.h"
#include "support/manual_clock.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace pulsewatch::testing {

// Default policy: critical, stale after 32 s, as interval 10s and timeout 2s make it.
inline CheckPolicy policy(const std::string& name, bool critical = true) {
  CheckPolicy policy;
  policy.name = name;
  policy.plugin = name + "-plugin";
  policy.critical = critical;
  policy.stale_after = std::chrono::seconds(32);
  return policy;
}

class BoardBench final : public BoardListener, public VerdictSink {
 public:
  explicit BoardBench(ReadinessPolicy readiness = {}) : board(*this), judge_loop(clock, active_time, scheduler, board, readiness, *this) {
    active_time.tick(clock.steady());
    scheduler.tick(clock.steady());
  }
  void resultCame(const BoardChange& /*change*/) override {}
  void judged(const std::shared_ptr<const Verdict>& verdict) override {
    published.set(verdict);
    if (also != nullptr) also->judged(verdict);
  }

  void add(CheckPolicy policy) {
    const CheckId check = next_check_++;
    ids_[policy.name] = check;
    board.add(check, std::move(policy), clock.wall());
  }
  [[nodiscard]] CheckId id(const std::string& name) const { return ids_.at(name); }

  void result(const std::string& name, RunOutcome outcome, const std::string& message,
              Nanoseconds duration = std::chrono::milliseconds(1)) {
    RunReport report;
    report.check = id(name);
    report.sequence = ++sequences_[name];
    report.outcome = outcome;
    report.message = message;
    report.duration = duration;
    board.apply(report, {clock.wall(), active_time.now()});
  }

  // The host runs on for that long: the scheduler ticks.
  void run(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= kStep) {
      clock.advance(std::min(time, kStep));
      active_time.tick(clock.steady());
      scheduler.tick(clock.steady());
    }
  }

  // As the judge's thread would.
  void judgeNow() { judged(std::make_shared<const Verdict>(judge(board.snapshot(), judge_loop.policy(), judge_loop.input()))); }

  ManualClock clock;
  ActiveTime active_time;
  Heartbeat scheduler;
  ResultBoard board;
  Published<Verdict> published;
  JudgeLoop judge_loop;
  VerdictSink* also = nullptr;  // told of each verdict, too

 private:
  static constexpr std::chrono::milliseconds kStep{500};
  CheckId next_check_ = 1;
  std::map<std::string, CheckId> ids_;
  std::map<std::string, std::uint64_t> sequences_;
};

}  // namespace pulsewatch::testing
