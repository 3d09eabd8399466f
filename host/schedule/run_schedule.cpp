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
  if (entries_.emplace(check, entry).second) starts_.insert({now, check});
}

void RunSchedule::remove(CheckId check) {
  const auto found = entries_.find(check);
  if (found == entries_.end()) return;
  starts_.erase({found->second.due, check});
  deadlines_.erase({found->second.deadline, check});
  entries_.erase(found);
}

RunSchedule::Due RunSchedule::advance(SteadyTime now) {
  Due due;
  while (first(deadlines_) <= now) {
    const CheckId check = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    Entry& entry = entries_.at(check);
    entry.phase = Phase::overdue;
    due.overdue.push_back({check, entry.sequence});
  }
  while (first(starts_) <= now) {
    const CheckId check = starts_.begin()->second;
    starts_.erase(starts_.begin());
    startDue(check, entries_.at(check), now, due);
  }
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
  starts_.insert({entry.due, check});
}

std::optional<Nanoseconds> RunSchedule::started(Run run, SteadyTime now) {
  const auto found = entries_.find(run.check);
  if (found == entries_.end() || found->second.phase != Phase::requested || found->second.sequence != run.sequence) return std::nullopt;
  Entry& entry = found->second;
  entry.phase = Phase::running;
  entry.deadline = now + entry.timing.timeout;
  deadlines_.insert({entry.deadline, run.check});
  return now - entry.since;
}

RunSchedule::End RunSchedule::ended(Run run) {
  const auto found = entries_.find(run.check);
  if (found == entries_.end() || found->second.sequence != run.sequence || found->second.phase == Phase::idle) return End::unknown;
  const End end = found->second.phase == Phase::overdue ? End::late : End::inTime;
  if (found->second.phase == Phase::running) deadlines_.erase({found->second.deadline, run.check});
  found->second.phase = Phase::idle;
  return end;
}

std::vector<CheckId> RunSchedule::stuckChecks() const {
  std::vector<CheckId> stuck;
  for (const auto& [check, entry] : entries_) {
    if (entry.phase == Phase::overdue) stuck.push_back(check);
  }
  return stuck;
}

}  // namespace pulsewatch
