#include "control/asked_runs.h"

namespace pulsewatch {

void AskedRuns::expect(const std::string& check, std::uint64_t after) {
  const MutexLock lock(mutex_);
  for (const Asked& asked : asked_) {
    if (asked.check == check && asked.after == after) return;
  }
  asked_.push_back({check, after, std::nullopt});
  if (asked_.size() > kMost) asked_.pop_front();
  any_ = true;
}

void AskedRuns::resultCame(const BoardChange& change) {
  if (!any_) return;
  const MutexLock lock(mutex_);
  for (Asked& asked : asked_) {
    if (asked.end || asked.check != change.policy.name || change.report.sequence <= asked.after) continue;
    asked.end = RunEnd{change.report.sequence, outcomeOf(change.report, change.policy), change.report.message,
                       milliseconds(change.report.duration), change.after.status};
  }
}

std::optional<RunEnd> AskedRuns::end(const std::string& check, std::uint64_t after) const {
  const MutexLock lock(mutex_);
  for (const Asked& asked : asked_) {
    if (asked.check == check && asked.after == after) return asked.end;
  }
  return std::nullopt;
}

}  // namespace pulsewatch
