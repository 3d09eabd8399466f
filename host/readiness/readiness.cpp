#include "readiness/readiness.h"

#include "config/duration.h"
#include "readiness/dependencies.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pulsewatch {

namespace {

const Mute* muteOf(const std::string& check, const JudgeInput& input) {
  if (input.mutes == nullptr) return nullptr;
  const auto found = input.mutes->find(check);
  return found == input.mutes->end() || found->second.until <= input.wall ? nullptr : &found->second;
}

// By itself: what it depends on comes later.
CheckVerdict judgeCheck(const BoardRow& row, const JudgeInput& input) {
  const CheckState& state = *row.state;
  CheckVerdict verdict;
  verdict.row = &row;
  verdict.status = state.status;
  if (!row.policy->unavailable.empty()) {
    verdict.reason = VoteReason::unavailable;
  } else if (!state.has_result) {
    verdict.status = CheckStatus::unhealthy;
    verdict.reason = VoteReason::noResult;
  } else if (input.active - state.last_run.active > row.policy->stale_after) {
    verdict.status = CheckStatus::unhealthy;
    verdict.reason = VoteReason::stale;
  } else if (state.flapping()) {
    verdict.reason = VoteReason::flapping;
  } else if (state.status == CheckStatus::unhealthy) {
    verdict.reason = VoteReason::failed;
  } else if (state.status == CheckStatus::degraded) {
    verdict.reason = VoteReason::degraded;
  }
  // It has run, and what it asks is to blame. What this instance can't know is its own failure.
  const bool ran = verdict.reason == VoteReason::failed || verdict.reason == VoteReason::flapping || verdict.reason == VoteReason::degraded;
  verdict.shared_failure = ran && row.policy->shared;
  verdict.mute = muteOf(row.policy->name, input);
  return verdict;
}

// Not checked for nothing but shared failures, it is spared with them: else they would take the instance out all the same.
void vote(CheckVerdict& check, const ReadinessPolicy& policy) {
  const bool fails = check.status == CheckStatus::unhealthy || (check.status == CheckStatus::degraded && !policy.degraded_is_ready);
  if (!fails || !check.row->policy->critical || check.excluded || check.mute != nullptr || !check.listed) return;
  check.spared = policy.shared_failure_is_ready && check.shared_failure;
  check.against = !check.spared;
}

// Whether anybody is there to vote. Whoever excludes or mutes everything asks about the host alone; a host that has nothing to begin with
// can't speak for anything.
bool hasVoters(const std::vector<CheckVerdict>& checks) {
  std::size_t listed = 0;
  std::size_t voting = 0;
  std::size_t silenced_critical = 0;
  std::size_t excluded_all = 0;
  for (const CheckVerdict& check : checks) {
    if (!check.listed) continue;
    ++listed;
    if (check.excluded) ++excluded_all;
    if (check.row->policy->critical) ++(check.excluded || check.mute != nullptr ? silenced_critical : voting);
  }
  return voting > 0 || silenced_critical > 0 || (excluded_all > 0 && excluded_all == listed);
}

}  // namespace

std::string_view neutralWord(CheckStatus status) {
  return status == CheckStatus::healthy ? "ok" : status == CheckStatus::degraded ? "degraded" : "failing";
}

std::string shownMessage(const CheckVerdict& check) {
  if (check.neutral) return std::string(neutralWord(check.status));
  if (check.reason == VoteReason::notChecked) return *check.not_checked;
  if (check.reason == VoteReason::noResult) return kNoResultYet;
  if (check.reason == VoteReason::stale)
    return "no result for more than " + describeDuration(std::chrono::duration_cast<Milliseconds>(check.row->policy->stale_after));
  return check.row->state->message;
}

std::vector<const CheckVerdict*> decisiveChecks(const Verdict& verdict) {
  std::vector<const CheckVerdict*> alone;
  std::vector<const CheckVerdict*> caused;
  for (const CheckVerdict& check : verdict.checks) {
    if (verdict.ready ? check.spared : check.against) (check.reason == VoteReason::notChecked ? caused : alone).push_back(&check);
  }
  std::vector<const CheckVerdict*> decisive = rootCauses(verdict, caused);
  const auto causes = static_cast<std::ptrdiff_t>(decisive.size());
  std::copy_if(alone.begin(), alone.end(), std::back_inserter(decisive),
               [&](const CheckVerdict* check) { return !std::binary_search(decisive.begin(), decisive.begin() + causes, check); });
  decisive.insert(decisive.end(), caused.begin(), caused.end());
  return decisive;
}

namespace {

void tellReasons(Verdict& verdict) {
  verdict.reasons = verdict.host_reasons;
  for (const CheckVerdict* check : decisiveChecks(verdict))
    verdict.reasons.push_back(check->row->policy->name + ": " + shownMessage(*check));
}

}  // namespace

Verdict neutral(Verdict verdict) {
  for (CheckVerdict& check : verdict.checks) check.neutral = true;
  if (!verdict.ready) tellReasons(verdict);
  return verdict;
}

Verdict judge(std::shared_ptr<const BoardSnapshot> snapshot, const ReadinessPolicy& policy, const JudgeInput& input,
              const std::set<std::string>& excluded, const CheckGroup* group) {
  Verdict verdict;
  verdict.judged_at = input.wall;
  verdict.judged_active = input.active;
  verdict.mutes = input.mutes;
  if (input.draining) verdict.host_reasons.emplace_back("shutting down");
  if (input.drained) verdict.host_reasons.emplace_back("drained by operator");
  if (!input.scheduler_alive) verdict.host_reasons.emplace_back("the scheduler makes no progress");
  verdict.checks.reserve(snapshot->size());
  for (const BoardRow& row : *snapshot) {
    CheckVerdict& check = verdict.checks.emplace_back(judgeCheck(row, input));
    check.excluded = !excluded.empty() && excluded.count(row.policy->name) > 0;
    check.listed = group == nullptr || group->checks.count(row.policy->name) > 0;
  }
  judgeDependents(verdict.checks);
  for (CheckVerdict& check : verdict.checks) vote(check, policy);
  if (!hasVoters(verdict.checks)) verdict.host_reasons.emplace_back("there is no critical check");

  tellReasons(verdict);
  verdict.ready = verdict.reasons.empty();
  const auto spared = [](const CheckVerdict& check) { return check.spared; };
  verdict.degraded = verdict.ready && std::any_of(verdict.checks.begin(), verdict.checks.end(), spared);
  verdict.snapshot = std::move(snapshot);
  return verdict;
}

void addHostReason(Verdict& verdict, const std::string& reason) {
  verdict.host_reasons.push_back(reason);
  verdict.reasons.insert(verdict.reasons.begin(), reason);
  verdict.ready = false;
  verdict.degraded = false;
}

}  // namespace pulsewatch
