#include "result/result_board.h"

#include <utility>

namespace pulsewatch {

namespace {

constexpr int kVisitedAtATime = 256;

}  // namespace

void ResultBoard::add(CheckId check, CheckPolicy policy, WallTime now, Comes comes) {
  CheckState state;
  state.since = now;
  if (!policy.unavailable.empty()) {
    state.has_result = true;
    state.message = policy.unavailable;
    state.last_run.wall = now;
  }
  const MutexLock lock(mutex_);
  Entry& entry = entries_[policy.name];
  entry.check = check;
  entry.comes_later = comes == Comes::later;
  if (entry.comes_later && !state.has_result) ++awaited_;
  entry.policy = std::make_shared<const CheckPolicy>(std::move(policy));
  entry.state = std::make_shared<const CheckState>(std::move(state));
  by_id_[check] = &entry;
}

void ResultBoard::setPolicy(CheckId check, CheckPolicy policy, ResultTime now) {
  const MutexLock lock(mutex_);
  const auto found = by_id_.find(check);
  if (found != by_id_.end()) setPolicy(*found->second, std::move(policy), now);
}

void ResultBoard::setPolicy(Entry& entry, CheckPolicy policy, ResultTime now) {
  CheckState state = *entry.state;
  state.last_run.active = now.active;
  if (!policy.unavailable.empty()) {
    if (!state.has_result || state.status != CheckStatus::unhealthy) {
      state.since = now.wall;
      ++entry.tally.transitions[static_cast<std::size_t>(CheckStatus::unhealthy)];
    }
    state.has_result = true;
    state.status = CheckStatus::unhealthy;
    state.message = policy.unavailable;
    state.last_run.wall = now.wall;
  }
  entry.policy = std::make_shared<const CheckPolicy>(std::move(policy));
  entry.state = std::make_shared<const CheckState>(std::move(state));
}

void ResultBoard::remove(CheckId check) {
  const MutexLock lock(mutex_);
  erase(check);
}

void ResultBoard::erase(CheckId check) {
  const auto found = by_id_.find(check);
  if (found == by_id_.end()) return;
  if (found->second->comes_later && !found->second->state->has_result) --awaited_;
  const std::string name = found->second->policy->name;
  by_id_.erase(found);
  entries_.erase(name);
}

void ResultBoard::waitForNewcomers(SteadyTime until) {
  const MutexLock lock(mutex_);
  while (awaited_ > 0 && !hurried_ && std::chrono::steady_clock::now() < until) arrived_.waitUntil(mutex_, until);
}

void ResultBoard::hurry() {
  const MutexLock lock(mutex_);
  hurried_ = true;
  arrived_.notifyAll();
}

void ResultBoard::letIn(BoardEdit edit, ResultTime now) {
  const MutexLock lock(mutex_);
  for (auto& [name, entry] : entries_) entry.comes_later = false;
  awaited_ = 0;
  for (auto& [check, policy] : edit.policies) {
    const auto found = by_id_.find(check);
    if (found != by_id_.end()) setPolicy(*found->second, std::move(policy), now);
  }
  for (const CheckId check : edit.removed) erase(check);
}

Pace ResultBoard::apply(const RunReport& report, ResultTime time) {
  std::shared_ptr<const CheckPolicy> policy;
  std::shared_ptr<const CheckState> before;
  std::shared_ptr<const CheckState> now;
  {
    const MutexLock lock(mutex_);
    const auto found = by_id_.find(report.check);
    if (found == by_id_.end()) return Pace::normal;
    Entry& entry = *found->second;
    policy = entry.policy;
    before = entry.state;
    now = std::make_shared<const CheckState>(after(*before, *policy, report, time));
    entry.state = now;
    if (entry.comes_later && !before->has_result && now->has_result && --awaited_ == 0) arrived_.notifyAll();
    ++entry.tally.runs[static_cast<std::size_t>(outcomeOf(report, *policy))];
    entry.tally.durations.observe(seconds(report.duration));
    if (before->has_result ? before->status != now->status : now->has_result)
      ++entry.tally.transitions[static_cast<std::size_t>(now->status)];
  }
  listener_.resultCame({*policy, *before, *now, report});
  return paceOf(*now);
}

std::shared_ptr<const BoardSnapshot> ResultBoard::snapshot() const {
  auto rows = std::make_shared<BoardSnapshot>();
  const MutexLock lock(mutex_);
  rows->reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    if (!entry.comes_later) rows->push_back({entry.check, entry.policy, entry.state});
  }
  return rows;
}

std::size_t ResultBoard::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

void ResultBoard::visit(const std::function<void(const BoardRow&, const CheckTally&)>& visitor) const {
  std::string next;
  for (bool more = true; more;) {
    const MutexLock lock(mutex_);
    auto entry = entries_.lower_bound(next);
    for (int i = 0; i < kVisitedAtATime && entry != entries_.end(); ++i, ++entry)
      visitor({entry->second.check, entry->second.policy, entry->second.state}, entry->second.tally);
    more = entry != entries_.end();
    if (more) next = entry->first;
  }
}

}  // namespace pulsewatch
