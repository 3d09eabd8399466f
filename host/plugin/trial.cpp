#include "plugin/trial.h"

#include "base/uuid.h"
#include "config/duration.h"

#include <algorithm>
#include <utility>

namespace pulsewatch {

namespace {

constexpr Milliseconds kLook{20};
constexpr Milliseconds kStall{100};  // beyond that: this process didn't run
// A runner whose threads are all busy starts the next runs as others end; one that says nothing at all for so long is not at work.
constexpr std::chrono::seconds kSilence{15};

}  // namespace

void Trial::begin(CheckRunner& runner, CheckId check, const CheckSpec& spec) {
  {
    const MutexLock lock(mutex_);
    checks_[check] = {spec.name, spec.timeout, 0, std::nullopt, false, false, std::nullopt, {}};
    last_news_ = std::chrono::steady_clock::now();
    none_ = false;
  }
  runner.add(check, spec);
  runner.start({check, 1, randomUuid()});
}

Trial::Check* Trial::onTrial(CheckId check) {
  const auto found = checks_.find(check);
  return found == checks_.end() ? nullptr : &found->second;
}

std::string Trial::outcome(CheckRunner& runner, Milliseconds grace, bool may_hang) {
  {
    const MutexLock lock(mutex_);
    looked_ = std::chrono::steady_clock::now();
  }
  for (;;) {
    std::vector<std::pair<CheckId, std::uint64_t>> overdue;
    {
      const MutexLock lock(mutex_);
      const SteadyTime now = std::chrono::steady_clock::now();
      forgiveStall(now);
      bool over = false;
      std::string fault = judge(now, grace, may_hang, over);
      if (over) return fault;
      for (auto& [id, check] : checks_) {
        if (check.report || check.given_up || !check.started || now - *check.started < check.timeout) continue;
        check.given_up = true;
        overdue.emplace_back(id, check.sequence);
      }
      if (overdue.empty()) news_.waitUntil(mutex_, now + kLook);
    }
    for (const auto& [check, sequence] : overdue) runner.giveUp(check, sequence);
  }
}

// Time in which the process or the machine stood still is no check's.
void Trial::forgiveStall(SteadyTime now) {
  const Nanoseconds late = now - looked_ - kLook;
  looked_ = now;
  if (late < kStall) return;
  last_news_ += late;
  for (auto& [id, check] : checks_) {
    if (check.started) *check.started += late;
  }
}

// Whether the trial is over, and then how: "" is well.
std::string Trial::judge(SteadyTime now, Milliseconds grace, bool may_hang, bool& over) {
  over = true;
  bool all = true;
  Milliseconds longest{0};
  for (const auto& [id, check] : checks_) {
    if (check.report && check.report->outcome == RunOutcome::crash) return "its check " + check.name + ": " + check.report->message;
    const bool killed = check.report && check.report->outcome == RunOutcome::timeout && !may_hang;
    if (killed || (!check.report && check.started && now - *check.started > check.timeout + grace))
      return "its check " + check.name + " did not end its run within " + describeDuration(check.timeout + grace);
    all = all && check.report;
    longest = std::max(longest, check.timeout);
  }
  if (all) return {};
  if (now - last_news_ > longest + grace + kSilence) return "its checks do not run";
  over = false;
  return {};
}

bool Trial::admit(CheckId check) {
  std::vector<SeriesReport> series;
  bool was_on_trial = false;
  bool wanted = false;
  {
    const MutexLock lock(mutex_);
    if (Check* on_trial = onTrial(check)) {
      series = std::move(on_trial->series);
      wanted = on_trial->wanted;
    }
    was_on_trial = checks_.erase(check) > 0;
    none_ = checks_.empty();
  }
  for (SeriesReport& each : series) next_.seriesAdded(std::move(each));
  if (wanted) next_.runWanted(check);
  return was_on_trial;
}

void Trial::runStarted(CheckId check, std::uint64_t sequence, SteadyTime at) {
  if (!none_) {
    const MutexLock lock(mutex_);
    if (Check* on_trial = onTrial(check)) {
      on_trial->started = at;
      on_trial->sequence = sequence;
      last_news_ = std::chrono::steady_clock::now();
      return news_.notifyAll();
    }
  }
  next_.runStarted(check, sequence, at);
}

void Trial::runEnded(RunReport report) {
  if (!none_) {
    const MutexLock lock(mutex_);
    if (Check* on_trial = onTrial(report.check)) {
      on_trial->report = std::move(report);
      last_news_ = std::chrono::steady_clock::now();
      return news_.notifyAll();
    }
  }
  next_.runEnded(std::move(report));
}

void Trial::runWanted(CheckId check) {
  if (!none_) {
    const MutexLock lock(mutex_);
    if (Check* on_trial = onTrial(check)) {
      on_trial->wanted = true;
      return;
    }
  }
  next_.runWanted(check);
}

void Trial::seriesAdded(SeriesReport series) {
  if (!none_) {
    const MutexLock lock(mutex_);
    if (Check* on_trial = onTrial(series.check)) {
      on_trial->series.push_back(std::move(series));
      return;
    }
  }
  next_.seriesAdded(std::move(series));
}

}  // namespace pulsewatch
