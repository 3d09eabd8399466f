#include "schedule/scheduler.h"

#include "base/uuid.h"
#include "config/duration.h"

#include <algorithm>
#include <utility>

namespace pulsewatch {

namespace {

constexpr Milliseconds kLongestWait{100};
// Runs that are due within so long of each other start in one go: a thousand a second don't need a thousand wake-ups.
constexpr Milliseconds kTogether{3};

}  // namespace

void Scheduler::add(CheckId check, CheckTiming timing, std::shared_ptr<CheckRunner> runner) {
  const MutexLock lock(mutex_);
  checks_[check] = {std::move(runner), timing.timeout, {}};
  schedule_.add(check, timing, clock_.steady());
  changed_.notifyOne();
}

void Scheduler::remove(CheckId check) {
  const MutexLock lock(mutex_);
  checks_.erase(check);
  schedule_.remove(check);
  idle_.notifyAll();
}

bool Scheduler::hold(CheckId check, SteadyTime until) {
  const MutexLock lock(mutex_);
  schedule_.hold(check);
  while (!schedule_.isIdle(check) && clock_.steady() < until) idle_.waitUntil(mutex_, until);
  return schedule_.isIdle(check);
}

void Scheduler::release(CheckId check, CheckTiming timing, std::shared_ptr<CheckRunner> runner) {
  const MutexLock lock(mutex_);
  const auto found = checks_.find(check);
  if (found == checks_.end()) return;
  found->second.runner = std::move(runner);
  found->second.timeout = timing.timeout;
  schedule_.release(check, timing, clock_.steady());
  changed_.notifyOne();
}

void Scheduler::pause(CheckId check) {
  const MutexLock lock(mutex_);
  schedule_.pause(check);
}

void Scheduler::resume(CheckId check) {
  {
    const MutexLock lock(mutex_);
    schedule_.resume(check);
  }
  runWanted(check);
}

void Scheduler::start() {
  heartbeat_.tick(clock_.steady());
  thread_ = std::thread([this] { loop(); });
}

void Scheduler::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void Scheduler::loop() {
  SteadyTime no_start_before = clock_.steady();
  for (;;) {
    std::vector<Start> starts;
    std::vector<GiveUp> given_up;
    {
      const MutexLock lock(mutex_);
      const SteadyTime now = clock_.steady();
      const SteadyTime until = std::min({std::max(schedule_.next(), no_start_before), schedule_.nextDeadline(), now + kLongestWait});
      if (!stopping_ && until > now) changed_.waitUntil(mutex_, until);
      if (stopping_) return;
      const SteadyTime awake = clock_.steady();
      heartbeat_.tick(awake);
      active_time_.tick(awake);
      advance(awake, starts, given_up);
      if (!starts.empty()) no_start_before = awake + kTogether;
    }
    for (GiveUp& run : given_up) {
      sink_.runOver(run.report);
      run.runner->giveUp(run.report.check, run.report.sequence);
    }
    for (Start& start : starts) start.runner->start(std::move(start.request));
  }
}

void Scheduler::advance(SteadyTime now, std::vector<Start>& starts, std::vector<GiveUp>& given_up) {
  const RunSchedule::Due due = schedule_.advance(now);
  for (const RunSchedule::Run& run : due.starts) starts.push_back(startOf(run));
  for (const RunSchedule::Run& run : due.overdue) {
    const Check& check = checks_.at(run.check);
    RunReport report;
    report.check = run.check;
    report.sequence = run.sequence;
    report.request_id = check.request_id;
    report.outcome = RunOutcome::timeout;
    report.message = "timed out after " + describeDuration(check.timeout);
    report.duration = check.timeout;
    given_up.push_back({check.runner, std::move(report)});
  }
}

Scheduler::Start Scheduler::startOf(const RunSchedule::Run& run) {
  Check& check = checks_.at(run.check);
  check.request_id = randomUuid();
  return {check.runner, {run.check, run.sequence, check.request_id}};
}

void Scheduler::runWanted(CheckId check) {
  std::optional<Start> start;
  {
    const MutexLock lock(mutex_);
    const auto run = stopping_ ? std::nullopt : schedule_.startNow(check, clock_.steady());
    if (run) start = startOf(*run);
  }
  if (start) start->runner->start(std::move(start->request));
}

void Scheduler::runStarted(CheckId check, std::uint64_t sequence, SteadyTime at) {
  std::optional<Nanoseconds> lateness;
  {
    const MutexLock lock(mutex_);
    const SteadyTime before = schedule_.next();
    lateness = schedule_.started({check, sequence}, at);
    if (schedule_.next() < before) changed_.notifyOne();
  }
  if (lateness) sink_.runLate(*lateness);
}

void Scheduler::runEnded(RunReport report) {
  RunSchedule::End end{};
  {
    const MutexLock lock(mutex_);
    end = schedule_.ended({report.check, report.sequence});
    idle_.notifyAll();
  }
  if (end == RunSchedule::End::inTime) sink_.runOver(report);
  if (end == RunSchedule::End::late) sink_.lateRunEnded(report);
}

std::optional<RunSchedule::Turn> Scheduler::turnOf(CheckId check) {
  const MutexLock lock(mutex_);
  return schedule_.turnOf(check);
}

std::vector<CheckId> Scheduler::stuckChecks() {
  const MutexLock lock(mutex_);
  return schedule_.stuckChecks();
}

}  // namespace pulsewatch
