#include "readiness/explanation.h"

#include "config/duration.h"
#include "config/text_parts.h"

#include <algorithm>
#include <utility>

namespace pulsewatch {

namespace {

std::vector<std::string> namesOf(const std::vector<const CheckVerdict*>& checks) {
  std::vector<std::string> names;
  for (const CheckVerdict* check : checks) names.push_back(check->row->policy->name);
  return names;
}

Vote voteOf(const CheckVerdict& check) {
  if (check.excluded) return Vote::excluded;
  if (!check.row->policy->critical) return Vote::notCritical;
  if (check.mute != nullptr) return Vote::muted;
  return check.against ? Vote::notReady : check.spared ? Vote::spared : Vote::ready;
}

// The status, with the reason for it.
std::string condition(const CheckVerdict& check, const std::vector<std::string>& root_causes) {
  const CheckState& state = *check.row->state;
  const CheckPolicy& policy = *check.row->policy;
  const std::string since = " since " + timestamp(state.since) + ": ";
  switch (check.reason) {
    case VoteReason::none:
    case VoteReason::degraded:
    case VoteReason::failed:
      return "is " + std::string(name(check.status)) + since + shownMessage(check);
    case VoteReason::flapping:
      return "is held " + std::string(name(check.status)) + since + shownMessage(check) + "; it turned more than " +
             std::to_string(FlapMemory::kFine) + " times within " + describeDuration(policy.flap_window) + " and is " +
             std::string(name(state.turns->settled)) + " by its last runs";
    case VoteReason::noResult:
      return "has no result yet";
    case VoteReason::stale:
      return "is unhealthy: " + shownMessage(check);
    case VoteReason::unavailable:
      return "cannot run: " + shownMessage(check);
    case VoteReason::notChecked:
      break;
  }
  const bool direct = std::all_of(root_causes.begin(), root_causes.end(), [&](const std::string& root) {
    return std::find(policy.depends_on.begin(), policy.depends_on.end(), root) != policy.depends_on.end();
  });
  const std::string cause = direct ? "" : "; the root cause is " + joinedWords(root_causes, " and ");
  return "is " + shownMessage(check) + cause;
}

// Where its counters stand towards the thresholds; "" where they say nothing.
std::string counters(const CheckVerdict& check) {
  const CheckState& state = *check.row->state;
  const CheckPolicy& policy = *check.row->policy;
  if (state.sequence == 0 || check.reason == VoteReason::notChecked || check.reason == VoteReason::unavailable) return {};
  const auto failures = [](unsigned count) { return std::to_string(count) + (count == 1 ? " failure" : " failures"); };
  const CheckStatus settled = state.flapping() ? state.turns->settled : state.status;
  if (settled == CheckStatus::unhealthy && state.consecutive_passes > 0 && policy.rise > 1)
    return "; " + std::to_string(std::min(state.consecutive_passes, policy.rise)) + " of " + std::to_string(policy.rise) + " passes";
  if (settled != CheckStatus::unhealthy && state.consecutive_failures > 0)
    return "; " + std::to_string(state.consecutive_failures) + " of " + failures(policy.fall);
  return state.consecutive_failures > 0 ? "; " + failures(state.consecutive_failures) + " in a row" : std::string();
}

std::string lastSuccess(const CheckVerdict& check) {
  const CheckState& state = *check.row->state;
  if (check.status != CheckStatus::unhealthy || check.reason == VoteReason::unavailable || state.sequence == 0) return {};
  return state.last_success ? "; last success " + timestamp(*state.last_success) : std::string("; no success yet");
}

std::string nextRun(const NextRun& next) {
  if (!next.known) return {};
  if (next.running) return "; running now";
  return next.paused ? "; not run meanwhile" : "; next run " + timestamp(next.at);
}

std::string sentenceEnd(Vote vote, const Mute* mute) {
  switch (vote) {
    case Vote::muted:
      return "; muted until " + timestamp(mute->until) + ", so it doesn't vote";
    case Vote::ready:
      return "; votes ready";
    case Vote::notReady:
      return "; votes not ready";
    case Vote::spared:
      return "; shared by every instance, so it leaves this one ready";
    case Vote::excluded:
      return "; excluded, so it doesn't vote";
    case Vote::notCritical:
      break;
  }
  return "; not critical, so it doesn't vote";
}

std::string voteCount(const Verdict& verdict) {
  std::size_t voting = 0;
  std::size_t against = 0;
  std::size_t spared = 0;
  for (const CheckVerdict& check : verdict.checks) {
    if (!check.listed || check.excluded || check.mute != nullptr || !check.row->policy->critical) continue;
    ++voting;
    if (check.against) ++against;
    if (check.spared) ++spared;
  }
  std::string text = verdict.ready ? verdict.degraded ? "ready, but degraded: " : "ready: " : "not ready: ";
  text += std::to_string(against) + " of " + std::to_string(voting) + (voting == 1 ? " vote" : " votes") +
          (voting == 1 || against == 1 ? " is" : " are") + " against it";
  if (spared > 0) text += ", " + std::to_string(spared) + (spared == 1 ? " shared failure" : " shared failures") + " left out";
  return text;
}

// Those that are not well and have no part in the verdict.
bool isAside(const CheckVerdict& check) {
  return check.listed && !check.against && !check.spared && (check.status != CheckStatus::healthy || check.reason != VoteReason::none);
}

}  // namespace

std::string_view name(Vote vote) {
  switch (vote) {
    case Vote::muted:
      return "muted";
    case Vote::ready:
      return "ready";
    case Vote::notReady:
      return "not_ready";
    case Vote::spared:
      return "shared_failure";
    case Vote::excluded:
      return "excluded";
    case Vote::notCritical:
      break;
  }
  return "not_critical";
}

std::string_view name(VoteReason reason) {
  switch (reason) {
    case VoteReason::none:
      return "passed";
    case VoteReason::noResult:
      return "no_result";
    case VoteReason::stale:
      return "stale";
    case VoteReason::failed:
      return "failed";
    case VoteReason::degraded:
      return "degraded";
    case VoteReason::flapping:
      return "flapping";
    case VoteReason::notChecked:
      return "not_checked";
    case VoteReason::unavailable:
      break;
  }
  return "unavailable";
}

CheckExplanation explainCheck(const Verdict& verdict, const CheckVerdict& check, const NextRuns& next_runs) {
  CheckExplanation explanation;
  explanation.check = &check;
  explanation.vote = voteOf(check);
  explanation.root_causes = namesOf(rootCauses(verdict, {&check}));
  if (next_runs && check.reason != VoteReason::unavailable) explanation.next = next_runs(check.row->check);
  explanation.sentence = check.row->policy->name + " " + condition(check, explanation.root_causes) + counters(check) + lastSuccess(check) +
                         nextRun(explanation.next);
  if (check.listed) explanation.sentence += sentenceEnd(explanation.vote, check.mute);
  return explanation;
}

std::string summary(const Verdict& verdict, std::size_t most_reasons) {
  std::vector<std::string> reasons = verdict.reasons;
  for (const CheckVerdict* check : verdict.degraded ? decisiveChecks(verdict) : std::vector<const CheckVerdict*>())
    reasons.push_back(check->row->policy->name + ": " + shownMessage(*check));
  std::string sentence = !verdict.ready ? "not ready" : verdict.degraded ? "ready, but degraded" : "ready";
  for (std::size_t i = 0; i < reasons.size() && i < most_reasons; ++i) sentence += (i == 0 ? ": " : "; ") + reasons[i];
  if (reasons.size() > most_reasons) sentence += "; and " + std::to_string(reasons.size() - most_reasons) + " more";
  return sentence;
}

std::vector<const CheckVerdict*> tellingChecks(const Verdict& verdict) {
  std::vector<const CheckVerdict*> telling = decisiveChecks(verdict);
  std::vector<const CheckVerdict*> told = telling;
  std::sort(told.begin(), told.end());
  for (const CheckVerdict& check : verdict.checks) {
    if (isAside(check) && !std::binary_search(told.begin(), told.end(), &check)) telling.push_back(&check);
  }
  return telling;
}

Explanation explain(const Verdict& verdict, const NextRuns& next_runs) {
  Explanation explanation;
  explanation.sentences = verdict.host_reasons;
  const std::vector<const CheckVerdict*> telling = tellingChecks(verdict);
  for (const CheckVerdict* check : telling) explanation.sentences.push_back(explainCheck(verdict, *check, next_runs).sentence);
  explanation.sentences.push_back(voteCount(verdict));
  explanation.root_causes = namesOf(rootCauses(verdict, telling));
  for (const CheckVerdict& check : verdict.checks) {
    if (check.listed) explanation.checks.push_back(explainCheck(verdict, check, next_runs));
  }
  return explanation;
}

}  // namespace pulsewatch
