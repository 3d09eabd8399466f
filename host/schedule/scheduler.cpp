#include "schedule/scheduler.h"

#include "base/thread_name.h"
#include "base/uuid.h"
#include "config/duration.h"

#include <algorithm>
#include <utility>

namespace pulsewatch {

namespace {

constexpr Milliseconds kLongestWait{100};
// Runs that are due within so long of each other start in one go: a thousand a second don't need a thousand wake-ups.
constexpr Milliseconds kTogether{3};
// Later than it wanted to be by so much, the thread was kept from running; so much is no news to anybody else.
constexpr Milliseconds kStall{100};
constexpr std::chrono::seconds kStallToTell{1};

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
  while (!isAtRest(check) && clock_.steady() < until) idle_.waitUntil(mutex_, until);
  return isAtRest(check);
}

// No run is going on, and what the last one said has arrived.
bool Scheduler::isAtRest(CheckId check) const {
  const auto found = checks_.find(check);
  return schedule_.isIdle(check) && (found == checks_.end() || found->second.told == 0);
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

void Scheduler::retime(CheckId check, CheckTiming timing) {
  const MutexLock lock(mutex_);
  schedule_.retime(check, timing, clock_.steady());
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
  runNow(check, true);
}

void Scheduler::start() {
  heartbeat_.tick(clock_.running());
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
  nameThread("pw-scheduler");
  SteadyTime no_start_before = clock_.steady();
  for (;;) {
    std::vector<Start> starts;
    std::vector<GiveUp> given_up;
    Nanoseconds stalled{0};
    {
      const MutexLock lock(mutex_);
      const SteadyTime now = clock_.steady();
      const SteadyTime until = std::min({std::max(schedule_.next(), no_start_before), schedule_.nextDeadline(), now + kLongestWait});
      awake_by_ = std::max(now, until);
      if (!stopping_ && until > now) changed_.waitUntil(mutex_, until);
      if (stopping_) return;
      const SteadyTime awake = noticeStall();
      awake_by_ = awake + kLongestWait;
      heartbeat_.tick(clock_.running());
      active_time_.tick(awake);
      advance(awake, starts, given_up);
      if (!starts.empty()) no_start_before = awake + kTogether;
      std::swap(stalled, stalled_);
    }
    if (stalled >= kStallToTell) sink_.hostStalled(stalled);
    for (GiveUp& run : given_up) {
      runOver(run.report);
      run.runner->giveUp(run.report.check, run.report.sequence);
    }
    for (Start& start : starts) start.runner->start(std::move(start.request));
  }
}

// Whoever comes first after a stall notices it for all.
SteadyTime Scheduler::noticeStall() {
  const SteadyTime now = clock_.steady();
  if (now < awake_by_ || now - awake_by_ < kStall) return now;
  const Nanoseconds length = now - awake_by_;
  schedule_.stall(length, now);
  stalled_ += length;
  awake_by_ = now;
  return now;
}

void Scheduler::runOver(const RunReport& report) {
  const Pace pace = sink_.runOver(report);
  const MutexLock lock(mutex_);
  const SteadyTime before = schedule_.next();
  schedule_.setPace({report.check, report.sequence}, pace, clock_.steady());
  if (schedule_.next() < before) changed_.notifyOne();
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

void Scheduler::runWanted(CheckId check) { runNow(check, false); }

void Scheduler::runNow(CheckId check, bool insist) {
  std::optional<Start> start;
  {
    const MutexLock lock(mutex_);
    const SteadyTime before = schedule_.next();
    const auto run = stopping_ ? std::nullopt : schedule_.want(check, noticeStall(), insist);
    if (run) start = startOf(*run);
    if (schedule_.next() < before) changed_.notifyOne();
  }
  if (start) start->runner->start(std::move(start->request));
}

Scheduler::Prospect Scheduler::runForSomebody(CheckId check) {
  Prospect prospect;
  {
    const MutexLock lock(mutex_);
    const auto found = checks_.find(check);
    if (found == checks_.end()) return prospect;
    const std::vector<CheckId> stuck = schedule_.stuckChecks();
    prospect.known = true;
    prospect.going_on = !schedule_.isIdle(check);
    prospect.stuck = std::find(stuck.begin(), stuck.end(), check) != stuck.end();
    prospect.timeout = found->second.timeout;
  }
  runNow(check, true);
  return prospect;
}

void Scheduler::runStarted(CheckId check, std::uint64_t sequence, SteadyTime at) {
  std::optional<Nanoseconds> lateness;
  {
    const MutexLock lock(mutex_);
    noticeStall();
    const SteadyTime before = schedule_.next();
    lateness = schedule_.started({check, sequence}, at);
    if (schedule_.next() < before) changed_.notifyOne();
  }
  if (lateness) sink_.runLate(*lateness);
}

void Scheduler::runEnded(RunReport report) {
  const CheckId check = report.check;
  const RunSchedule::Run run{check, report.sequence};
  RunSchedule::End end{};
  std::optional<Start> again;
  {
    const MutexLock lock(mutex_);
    const SteadyTime now = noticeStall();
    const SteadyTime before = schedule_.next();
    // What passed took no longer than it did in the time that there was.
    const Nanoseconds stalled = schedule_.stalled(run);
    if (report.duration > stalled) report.duration -= stalled;
    if (report.outcome == RunOutcome::unhealthy && !stopping_ && schedule_.repeat(run, now)) {
      again = startOf(run);
    } else {
      end = schedule_.ended(run);
      if (end == RunSchedule::End::unknown) return;
      ++checks_.at(check).told;
    }
    if (schedule_.next() < before) changed_.notifyOne();
  }
  if (again) {
    sink_.lateRunEnded(report);
    return again->runner->start(std::move(again->request));
  }
  if (end == RunSchedule::End::inTime) runOver(report);
  if (end == RunSchedule::End::late) sink_.lateRunEnded(report);
  const MutexLock lock(mutex_);
  if (const auto found = checks_.find(check); found != checks_.end() && found->second.told > 0) --found->second.told;
  idle_.notifyAll();
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
