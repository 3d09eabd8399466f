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
  } else if (!policy.depends_on.empty() && comes == Comes::now) {
    state.block = Block::waiting;
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
    state.block = Block::none;
    state.turns = nullptr;
  } else if (!entry.policy->unavailable.empty() && !policy.depends_on.empty()) {
    state.block = Block::waiting;
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
  found->second->history.clear(texts_);
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

void ResultBoard::letIn(BoardEdit&& edit, ResultTime now) {
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
    const RunOutcome outcome = outcomeOf(report, *policy);
    ++entry.tally.runs[static_cast<std::size_t>(outcome)];
    entry.history.add(report, outcome, time.wall, texts_);
    entry.tally.durations.observe(seconds(report.duration));
    if (before->has_result ? before->status != now->status : now->has_result)
      ++entry.tally.transitions[static_cast<std::size_t>(now->status)];
  }
  listener_.resultCame({*policy, *before, *now, report});
  return paceOf(*now);
}

std::optional<BoardBlock> ResultBoard::block(CheckId check, Block block, const std::string& why, WallTime now) {
  const MutexLock lock(mutex_);
  const auto found = by_id_.find(check);
  if (found == by_id_.end()) return std::nullopt;
  Entry& entry = *found->second;
  const std::shared_ptr<const CheckState> before = entry.state;
  if (!entry.policy->unavailable.empty() || (before->block == block && before->message == why)) return std::nullopt;
  entry.state = std::make_shared<const CheckState>(blocked(*before, block, why, now));
  if (before->has_result && before->status != CheckStatus::unhealthy)
    ++entry.tally.transitions[static_cast<std::size_t>(CheckStatus::unhealthy)];
  return BoardBlock{entry.policy, before, entry.state};
}

void ResultBoard::release(CheckId check) {
  const MutexLock lock(mutex_);
  const auto found = by_id_.find(check);
  if (found == by_id_.end() || found->second->state->block == Block::none) return;
  found->second->state = std::make_shared<const CheckState>(released(*found->second->state));
}

PastRuns ResultBoard::history(const std::string& name) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? PastRuns() : found->second.history.told(texts_);
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
