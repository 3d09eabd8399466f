#include "readiness/dependents.h"

namespace pulsewatch {

Dependents::Outcome Dependents::judged(const Verdict& verdict) {
  Outcome outcome;
  for (const CheckVerdict& check : verdict.checks) {
    const CheckId id = check.row->check;
    const CheckState& state = *check.row->state;
    if (check.reason == VoteReason::notChecked) {
      const Block block = check.waits ? Block::waiting : Block::unhealthy;
      if (state.block == block && state.message == *check.not_checked) continue;
      pause_(id);
      if (auto change = board_.block(id, block, *check.not_checked, verdict.judged_at)) {
        outcome.changed = true;
        BlockedCheck blocked{std::move(*change), {}};
        if (check.cause >= 0) blocked.root_cause = verdict.checks[static_cast<std::size_t>(check.cause)].row->policy->name;
        outcome.blocked.push_back(std::move(blocked));
      }
    } else if (state.block != Block::none) {
      board_.release(id);
      resume_(id);
      outcome.changed = true;
    }
  }
  return outcome;
}

}  // namespace pulsewatch
