#include "schedule/run_schedule.h"

#include <algorithm>
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
  paused_.erase(check);
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
  const bool paused = paused_.count(check) > 0;
  if (entry.held && !paused)
    entry.owed = true;
  else if (!paused && entry.phase == Phase::idle)
    due.starts.push_back(begin(check, entry, entry.due));
  entry.due += entry.spread;
  entry.spread = entry.timing.interval;
  if (entry.due <= now) entry.due += entry.timing.interval * ((now - entry.due) / entry.timing.interval + 1);
  starts_.insert({entry.due, check});
}

RunSchedule::Run RunSchedule::begin(CheckId check, Entry& entry, SteadyTime since) {
  entry.phase = Phase::requested;
  entry.since = since;
  return {check, ++entry.sequence};
}

std::optional<RunSchedule::Run> RunSchedule::startNow(CheckId check, SteadyTime now) {
  const auto found = entries_.find(check);
  if (found == entries_.end() || found->second.phase != Phase::idle || paused_.count(check) > 0) return std::nullopt;
  if (!found->second.held) return begin(check, found->second, now);
  found->second.owed = true;
  return std::nullopt;
}

std::optional<Nanoseconds> RunSchedule::started(Run run, SteadyTime at) {
  const auto found = entries_.find(run.check);
  if (found == entries_.end() || found->second.sequence != run.sequence) return std::nullopt;
  Entry& entry = found->second;
  const bool again = entry.phase == Phase::running;
  if (entry.phase != Phase::requested && !again) return std::nullopt;
  if (again) deadlines_.erase({entry.deadline, run.check});
  entry.phase = Phase::running;
  entry.deadline = at + entry.timing.timeout;
  deadlines_.insert({entry.deadline, run.check});
  if (again) return std::nullopt;
  return std::max(Nanoseconds(0), Nanoseconds(at - entry.since));
}

void RunSchedule::hold(CheckId check) {
  const auto found = entries_.find(check);
  if (found != entries_.end()) found->second.held = true;
}

void RunSchedule::release(CheckId check, CheckTiming timing, SteadyTime now) {
  const auto found = entries_.find(check);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.held = false;
  if (entry.phase == Phase::overdue) entry.phase = Phase::idle;  // whoever had that run has it no more
  const bool longer = timing.interval != entry.timing.interval;
  entry.timing = timing;
  if (!entry.owed && (!longer || entry.due - now <= timing.interval)) return;
  entry.owed = false;
  starts_.erase({entry.due, check});
  entry.due = now;
  starts_.insert({entry.due, check});
}

std::optional<RunSchedule::Turn> RunSchedule::turnOf(CheckId check) const {
  const auto found = entries_.find(check);
  if (found == entries_.end()) return std::nullopt;
  return Turn{found->second.due, found->second.phase != Phase::idle, paused_.count(check) > 0};
}

bool RunSchedule::isIdle(CheckId check) const {
  const auto found = entries_.find(check);
  return found == entries_.end() || found->second.phase == Phase::idle;
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
