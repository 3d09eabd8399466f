#include "result/check_state.h"

#include "config/duration.h"

#include <utility>

namespace pulsewatch {

RunOutcome outcomeOf(const RunReport& report, const CheckPolicy& policy) {
  const bool slow = policy.degraded_after && report.duration > *policy.degraded_after;
  return report.outcome == RunOutcome::healthy && slow ? RunOutcome::degraded : report.outcome;
}

Pace paceOf(const CheckState& state) {
  if (state.consecutive_failures > 0) return Pace::failing;
  return state.status == CheckStatus::unhealthy ? Pace::turning : Pace::normal;
}

namespace {

SettledStatus settledOf(const CheckState& state) {
  if (!state.flapping()) return {state.status, state.message};
  return {state.turns->settled, state.turns->messages[static_cast<std::size_t>(state.turns->settled)]};
}

// The status by the thresholds, after a run of which `next` has the counters.
SettledStatus settledAfter(const CheckState& state, const CheckState& next, const CheckPolicy& policy, const RunReport& report) {
  SettledStatus before = settledOf(state);
  const RunOutcome outcome = outcomeOf(report, policy);
  const bool passed = next.consecutive_passes > 0;
  const bool was_passing = before.status != CheckStatus::unhealthy;
  const bool turns = !state.has_result || (passed ? next.consecutive_passes >= policy.rise : next.consecutive_failures >= policy.fall);
  if (passed != was_passing && !turns) return before;

  SettledStatus now;
  now.status = !passed ? CheckStatus::unhealthy : outcome == RunOutcome::degraded ? CheckStatus::degraded : CheckStatus::healthy;
  now.message = report.message;
  if (outcome == RunOutcome::degraded && report.outcome == RunOutcome::healthy)
    now.message += " (slower than " + describeDuration(*policy.degraded_after) + ")";
  return now;
}

}  // namespace

CheckState after(const CheckState& state, const CheckPolicy& policy, const RunReport& report, ResultTime time) {
  if (report.sequence <= state.sequence) return state;
  CheckState next = state;
  next.sequence = report.sequence;
  next.latency_ms = milliseconds(report.duration);
  next.last_run = time;
  const RunOutcome outcome = outcomeOf(report, policy);
  const bool passed = outcome == RunOutcome::healthy || outcome == RunOutcome::degraded;
  next.consecutive_failures = passed ? 0 : state.consecutive_failures + 1;
  next.consecutive_passes = passed ? state.consecutive_passes + 1 : 0;
  if (passed) next.last_success = time.wall;
  if (state.block != Block::none) return next;

  next.has_result = true;
  SettledStatus now = settledAfter(state, next, policy, report);
  const bool looks = policy.flap_window.count() > 0 && state.has_result;
  next.turns = looks ? remembered(state.turns, settledOf(state), now, policy.flap_window, time.active) : nullptr;
  if (next.flapping()) {
    now.status = next.turns->worst;
    now.message = next.turns->messages[static_cast<std::size_t>(now.status)] + " (flapping)";
  }
  next.status = now.status;
  next.message = std::move(now.message);
  if (!state.has_result || next.status != state.status) next.since = time.wall;
  return next;
}

CheckState blocked(const CheckState& state, Block block, const std::string& why, WallTime now) {
  CheckState next = state;
  if (state.status != CheckStatus::unhealthy) next.since = now;
  next.has_result = false;
  next.status = CheckStatus::unhealthy;
  next.block = block;
  next.message = why;
  next.turns = nullptr;
  return next;
}

CheckState released(const CheckState& state) {
  CheckState next = state;
  next.has_result = false;
  next.block = Block::none;
  next.message = kNoResultYet;
  return next;
}

}  // namespace pulsewatch
