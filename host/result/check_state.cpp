#include "result/check_state.h"

#include "config/duration.h"

namespace pulsewatch {

RunOutcome outcomeOf(const RunReport& report, const CheckPolicy& policy) {
  const bool slow = policy.degraded_after && report.duration > *policy.degraded_after;
  return report.outcome == RunOutcome::healthy && slow ? RunOutcome::degraded : report.outcome;
}

Pace paceOf(const CheckState& state) {
  if (state.consecutive_failures > 0) return Pace::failing;
  return state.status == CheckStatus::unhealthy ? Pace::turning : Pace::normal;
}

CheckState after(const CheckState& state, const CheckPolicy& policy, const RunReport& report, ResultTime time) {
  if (report.sequence <= state.sequence) return state;
  CheckState next = state;
  next.has_result = true;
  next.sequence = report.sequence;
  next.latency_ms = milliseconds(report.duration);
  next.last_run = time;

  const RunOutcome outcome = outcomeOf(report, policy);
  const bool passed = outcome == RunOutcome::healthy || outcome == RunOutcome::degraded;
  next.consecutive_failures = passed ? 0 : state.consecutive_failures + 1;
  next.consecutive_passes = passed ? state.consecutive_passes + 1 : 0;
  if (passed) next.last_success = time.wall;

  const bool was_passing = state.status != CheckStatus::unhealthy;
  const bool turns = !state.has_result || (passed ? next.consecutive_passes >= policy.rise : next.consecutive_failures >= policy.fall);
  if (passed != was_passing && !turns) return next;

  next.status = !passed ? CheckStatus::unhealthy : outcome == RunOutcome::degraded ? CheckStatus::degraded : CheckStatus::healthy;
  next.message = report.message;
  if (outcome == RunOutcome::degraded && report.outcome == RunOutcome::healthy)
    next.message += " (slower than " + describeDuration(*policy.degraded_after) + ")";
  if (!state.has_result || next.status != state.status) next.since = time.wall;
  return next;
}

}  // namespace pulsewatch
