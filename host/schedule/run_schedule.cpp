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

// What a run that is wanted costs, in time until it is paid for.
Nanoseconds wantCost(const CheckTiming& timing) { return std::min<Nanoseconds>(timing.interval, RunSchedule::kWantedAgain); }

}  // namespace

void RunSchedule::add(CheckId check, CheckTiming timing, SteadyTime now) {
  Entry entry;
  entry.timing = timing;
  entry.spread = spreadOf(added_++, timing.interval);
  entry.due = now;
  beginPace(entry, Pace::failing, now);
  if (entries_.emplace(check, entry).second) starts_.insert({now, check});
}

void RunSchedule::remove(CheckId check) {
  paused_.erase(check);
  const auto found = entries_.find(check);
  if (found == entries_.end()) return;
  starts_.erase({found->second.next(), check});
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
    Entry& entry = entries_.at(check);
    move(check, entry, [&] { startDue(check, entry, now, due); });
  }
  return due;
}

void RunSchedule::startDue(CheckId check, Entry& entry, SteadyTime now, Due& due) {
  const bool paused = paused_.count(check) > 0;
  const SteadyTime on_grid = std::min(entry.due, entry.fast);
  const bool by_want = on_grid > now;
  if (entry.held && !paused)
    entry.owed = true;
  else if (!paused && entry.phase == Phase::idle)
    due.starts.push_back(begin(check, entry, by_want ? now : on_grid, by_want));
  entry.wanted = kNever;
  if (entry.fast <= now && now - entry.pace_since >= kFastFor) entry.step *= 2;
  if (entry.due <= now) {
    entry.due += entry.spread;
    entry.spread = entry.timing.interval;
    if (entry.due <= now) entry.due += entry.timing.interval * ((now - entry.due) / entry.timing.interval + 1);
  }
  if (!by_want) entry.fast = nextFast(entry, now);
}

RunSchedule::Run RunSchedule::begin(CheckId check, Entry& entry, SteadyTime since, bool by_want) {
  entry.phase = Phase::requested;
  entry.since = since;
  entry.wanted_after = false;
  entry.stalled = Nanoseconds(0);
  entry.by_want = by_want;
  if (by_want) entry.spent = std::max(entry.spent, since) + wantCost(entry.timing);
  return {check, ++entry.sequence};
}

void RunSchedule::beginPace(Entry& entry, Pace pace, SteadyTime now) {
  entry.pace = pace;
  entry.pace_since = now;
  const bool slow = entry.timing.fast_interval <= Milliseconds(0);
  entry.step = slow ? entry.timing.interval : entry.timing.fast_interval;
}

// Half a step away at least: the first one comes soon after the run that turned the pace, not with it.
SteadyTime RunSchedule::nextFast(const Entry& entry, SteadyTime now) {
  if (entry.pace == Pace::normal || entry.step >= entry.timing.interval) return kNever;
  const std::int64_t steps = (entry.due - (now + entry.step / 2)) / entry.step;
  return steps < 1 ? kNever : entry.due - steps * entry.step;
}

SteadyTime RunSchedule::mayBeWanted(const Entry& entry) { return entry.spent - (kWanted - 1) * wantCost(entry.timing); }

std::optional<RunSchedule::Run> RunSchedule::want(CheckId check, SteadyTime now, bool insist) {
  const auto found = entries_.find(check);
  if (found == entries_.end() || paused_.count(check) > 0) return std::nullopt;
  Entry& entry = found->second;
  std::optional<Run> run;
  if (entry.held) {
    entry.owed = true;
  } else if (entry.phase != Phase::idle) {
    entry.wanted_after = true;
  } else {
    move(check, entry, [&] {
      const SteadyTime may = insist ? now : mayBeWanted(entry);
      entry.wanted = may <= now ? kNever : may;
      if (may <= now) run = begin(check, entry, now, !insist);
    });
  }
  return run;
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
  // A worker may have begun it while we stood still.
  if (at < stall_end_) entry.deadline += std::min(stall_length_, Nanoseconds(stall_end_ - at));
  deadlines_.insert({entry.deadline, run.check});
  if (again) return std::nullopt;
  return std::max(Nanoseconds(0), Nanoseconds(at - entry.since));
}

void RunSchedule::stall(Nanoseconds length, SteadyTime now) {
  stall_end_ = now;
  stall_length_ = length;
  for (auto& [check, entry] : entries_) {
    if (entry.phase == Phase::idle || entry.phase == Phase::overdue) continue;
    entry.stalled += length;
    if (entry.phase != Phase::running) continue;
    deadlines_.erase({entry.deadline, check});
    entry.deadline += length;
    deadlines_.insert({entry.deadline, check});
  }
}

Nanoseconds RunSchedule::stalled(Run run) const {
  const auto found = entries_.find(run.check);
  if (found == entries_.end() || found->second.sequence != run.sequence) return Nanoseconds(0);
  const Entry& entry = found->second;
  return entry.stalled * 4 < entry.timing.timeout ? Nanoseconds(0) : entry.stalled;
}

bool RunSchedule::repeat(Run run, SteadyTime now) {
  if (stalled(run) == Nanoseconds(0)) return false;
  Entry& entry = entries_.at(run.check);
  if (entry.phase != Phase::running) return false;
  deadlines_.erase({entry.deadline, run.check});
  entry.phase = Phase::requested;
  entry.since = now;
  entry.stalled = Nanoseconds(0);
  return true;
}

void RunSchedule::setPace(Run run, Pace pace, SteadyTime now) {
  const auto found = entries_.find(run.check);
  if (found == entries_.end() || run.sequence < found->second.paced) return;
  Entry& entry = found->second;
  entry.paced = run.sequence;
  if (pace == entry.pace) return;
  const bool news = entry.pace == Pace::normal && entry.by_want && entry.sequence == run.sequence;
  move(run.check, entry, [&] {
    if (news) entry.spent -= wantCost(entry.timing);
    if (entry.wanted != kNever) entry.wanted = std::max(entry.since, mayBeWanted(entry));
    beginPace(entry, pace, now);
    entry.fast = nextFast(entry, now);
  });
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
  retime(check, timing, now);
  if (std::exchange(entry.owed, false)) move(check, entry, [&] { entry.due = now; });
}

void RunSchedule::retime(CheckId check, CheckTiming timing, SteadyTime now) {
  const auto found = entries_.find(check);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const bool other = timing.interval != entry.timing.interval;
  move(check, entry, [&] {
    entry.timing = timing;
    const Nanoseconds left = entry.due - now;
    if (other) entry.spread = timing.interval;
    if (other && left > timing.interval) {
      // Checks that are retimed together keep their distance.
      if (const Nanoseconds rest = left % Nanoseconds(timing.interval); rest > Nanoseconds(0)) entry.spread = rest;
      entry.due = now;
    }
    beginPace(entry, entry.pace, now);
    entry.fast = nextFast(entry, now);
  });
}

std::optional<RunSchedule::Turn> RunSchedule::turnOf(CheckId check) const {
  const auto found = entries_.find(check);
  if (found == entries_.end()) return std::nullopt;
  return Turn{found->second.next(), found->second.phase != Phase::idle, paused_.count(check) > 0};
}

bool RunSchedule::isIdle(CheckId check) const {
  const auto found = entries_.find(check);
  return found == entries_.end() || found->second.phase == Phase::idle;
}

RunSchedule::End RunSchedule::ended(Run run) {
  const auto found = entries_.find(run.check);
  if (found == entries_.end() || found->second.sequence != run.sequence || found->second.phase == Phase::idle) return End::unknown;
  Entry& entry = found->second;
  const End end = entry.phase == Phase::overdue ? End::late : End::inTime;
  if (entry.phase == Phase::running) deadlines_.erase({entry.deadline, run.check});
  entry.phase = Phase::idle;
  if (entry.wanted_after) move(run.check, entry, [&] { entry.wanted = std::max(entry.since, mayBeWanted(entry)); });
  entry.wanted_after = false;
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
