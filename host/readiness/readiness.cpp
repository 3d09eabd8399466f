#include "readiness/readiness.h"

#include "config/duration.h"

namespace pulsewatch {

namespace {

const Mute* muteOf(const std::string& check, const JudgeInput& input) {
  if (input.mutes == nullptr) return nullptr;
  const auto found = input.mutes->find(check);
  return found == input.mutes->end() || found->second.until <= input.wall ? nullptr : &found->second;
}

CheckVerdict judgeCheck(const BoardRow& row, const ReadinessPolicy& policy, const JudgeInput& input,
                        const std::set<std::string>& excluded) {
  const CheckState& state = *row.state;
  CheckVerdict verdict;
  verdict.row = &row;
  verdict.status = state.status;
  const bool available = row.policy->unavailable.empty();
  if (!available) {
    verdict.reason = VoteReason::unavailable;
  } else if (!state.has_result) {
    verdict.status = CheckStatus::unhealthy;
    verdict.reason = VoteReason::noResult;
  } else if (input.active - state.last_run.active > row.policy->stale_after) {
    verdict.status = CheckStatus::unhealthy;
    verdict.reason = VoteReason::stale;
  } else if (state.status == CheckStatus::unhealthy) {
    verdict.reason = VoteReason::failed;
  } else if (state.status == CheckStatus::degraded) {
    verdict.reason = VoteReason::degraded;
  }
  verdict.excluded = excluded.count(row.policy->name) > 0;
  const bool fails = verdict.status == CheckStatus::unhealthy || (verdict.status == CheckStatus::degraded && !policy.degraded_is_ready);
  verdict.mute = muteOf(row.policy->name, input);
  verdict.against = fails && row.policy->critical && !verdict.excluded && verdict.mute == nullptr;
  return verdict;
}

}  // namespace

std::string shownMessage(const CheckVerdict& check) {
  if (check.reason == VoteReason::stale)
    return "no result for more than " + describeDuration(std::chrono::duration_cast<Milliseconds>(check.row->policy->stale_after));
  return check.row->state->message;
}

Verdict judge(std::shared_ptr<const BoardSnapshot> snapshot, const ReadinessPolicy& policy, const JudgeInput& input,
              const std::set<std::string>& excluded) {
  Verdict verdict;
  verdict.judged_at = input.wall;
  verdict.judged_active = input.active;
  verdict.mutes = input.mutes;
  if (input.draining) verdict.reasons.emplace_back("shutting down");
  if (input.drained) verdict.reasons.emplace_back("drained by operator");
  if (!input.scheduler_alive) verdict.reasons.emplace_back("the scheduler makes no progress");
  std::size_t voting = 0;
  std::size_t silenced_critical = 0;
  std::size_t excluded_all = 0;
  verdict.checks.reserve(snapshot->size());
  for (const BoardRow& row : *snapshot) {
    verdict.checks.push_back(judgeCheck(row, policy, input, excluded));
    const CheckVerdict& check = verdict.checks.back();
    if (check.excluded) ++excluded_all;
    if (row.policy->critical) ++(check.excluded || check.mute != nullptr ? silenced_critical : voting);
    if (check.against) verdict.reasons.push_back(row.policy->name + ": " + shownMessage(check));
  }
  // Whoever excludes or mutes everything asks about the host alone; a host that has nothing to begin with can't speak for anything.
  const bool nothing_left = silenced_critical > 0 || (excluded_all > 0 && excluded_all == snapshot->size());
  if (voting == 0 && !nothing_left) verdict.reasons.emplace_back("there is no critical check");
  verdict.ready = verdict.reasons.empty();
  verdict.snapshot = std::move(snapshot);
  return verdict;
}

}  // namespace pulsewatch
