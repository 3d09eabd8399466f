#include "schedule/run_schedule.h"

#include <cmath>

namespace pulsewatch {

namespace {

// The golden ratio's multiples fill the interval evenly, however many checks come. The first check keeps its whole interval.
Nanoseconds spreadOf(std::uint64_t index, Milliseconds interval) {
  const double fraction = 1 - std::fmod(static_cast<double>(index) * 0.618033988749895, 1.0);
  return Nanoseconds(static_cast<std::int64_t>(fraction * static_cast<double>(Nanoseconds(interval).count())));
}

}  // namespace

void RunSchedule::add(CheckId check, CheckTiming timing, SteadyTime now) {
  Entry entry;
  entry.timing = timing;
  entry.spread = spreadOf(added_++, timing.interval);
  entry.due = now;
  if (entries_.emplace(check, entry).second) turns_.push({now, check, 0});
}

void RunSchedule::remove(CheckId check) { entries_.erase(check); }

RunSchedule::Due RunSchedule::advance(SteadyTime now) {
  Due due;
  while (!turns_.empty() && turns_.top().at <= now) {
    const Turn turn = turns_.top();
    turns_.pop();
    if (outdated(turn)) continue;
    Entry& entry = entries_.at(turn.check);
    if (turn.sequence == 0) {
      startDue(turn.check, entry, now, due);
    } else {
      entry.phase = Phase::overdue;
      due.overdue.push_back({turn.check, turn.sequence});
    }
  }
  dropOutdated();
  return due;
}

void RunSchedule::startDue(CheckId check, Entry& entry, SteadyTime now, Due& due) {
  if (entry.phase == Phase::idle) {
    entry.phase = Phase::requested;
    entry.since = entry.due;
    ++entry.sequence;
    due.starts.push_back({check, entry.sequence});
  }
  entry.due += entry.spread;
  entry.spread = entry.timing.interval;
  if (entry.due <= now) entry.due += entry.timing.interval * ((now - entry.due) / entry.timing.interval + 1);
  turns_.push({entry.due, check, 0});
}

std::optional<Nanoseconds> RunSchedule::started(Run run, SteadyTime now) {
  const auto found = entries_.find(run.check);
  if (found == entries_.end() || found->second.phase != Phase::requested || found->second.sequence != run.sequence) return std::nullopt;
  Entry& entry = found->second;
  entry.phase = Phase::running;
  turns_.push({now + entry.timing.timeout, run.check, run.sequence});
  return now - entry.since;
}

RunSchedule::End RunSchedule::ended(Run run) {
  const auto found = entries_.find(run.check);
  if (found == entries_.end() || found->second.sequence != run.sequence || found->second.phase == Phase::idle) return End::unknown;
  const End end = found->second.phase == Phase::overdue ? End::late : End::inTime;
  found->second.phase = Phase::idle;
  return end;
}

bool RunSchedule::outdated(const Turn& turn) const {
  const auto found = entries_.find(turn.check);
  if (found == entries_.end()) return true;
  const Entry& entry = found->second;
  if (turn.sequence == 0) return turn.at != entry.due;
  return entry.phase != Phase::running || entry.sequence != turn.sequence;
}

void RunSchedule::dropOutdated() {
  while (!turns_.empty() && outdated(turns_.top())) turns_.pop();
}

SteadyTime RunSchedule::next() const { return turns_.empty() ? SteadyTime::max() : turns_.top().at; }

std::vector<CheckId> RunSchedule::stuckChecks() const {
  std::vector<CheckId> stuck;
  for (const auto& [check, entry] : entries_) {
    if (entry.phase == Phase::overdue) stuck.push_back(check);
  }
  return stuck;
}

}  // namespace pulsewatch
