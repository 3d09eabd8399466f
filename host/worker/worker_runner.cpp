#include "worker/worker_runner.h"

#include "base/text.h"
#include "plugin/hosted_check.h"
#include "worker/messages.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostTrace = 16000;
constexpr std::size_t kMostLabelValue = 256;

}  // namespace

class WorkerRunner::Told {
 public:
  template <class Event>
  void add(Event event) {
    events_.emplace_back(std::move(event));
  }
  void tell(RunnerEvents& events, WorkerEvents& worker_events) {
    for (Event& event : events_) {
      if (auto* started = std::get_if<RunStarted>(&event)) {
        events.runStarted(started->check, started->sequence, SteadyTime(std::chrono::duration_cast<SteadyTime::duration>(started->at)));
      } else if (auto* report = std::get_if<RunReport>(&event)) {
        events.runEnded(std::move(*report));
      } else if (auto* wanted = std::get_if<RunWanted>(&event)) {
        events.runWanted(wanted->check);
      } else if (auto* series = std::get_if<SeriesReport>(&event)) {
        events.seriesAdded(std::move(*series));
      } else if (auto* line = std::get_if<PluginLogLine>(&event)) {
        events.pluginLogged(std::move(*line));
      } else if (auto* end = std::get_if<WorkerEnd>(&event)) {
        worker_events.workerEnded(*end);
      }
    }
  }

 private:
  using Event = std::variant<RunStarted, RunReport, RunWanted, SeriesReport, PluginLogLine, WorkerEnd>;
  std::vector<Event> events_;
};

WorkerRunner::WorkerRunner(std::string plugin, std::shared_ptr<const PluginImage> image, WorkerLoop& loop, RunnerEvents& events,
                           WorkerEvents& worker_events, WorkerRunnerOptions options)
    : plugin_(std::move(plugin)),
      image_(std::move(image)),
      loop_(loop),
      events_(events),
      worker_events_(worker_events),
      options_(std::move(options)),
      log_level_(options_.log_level) {
  {
    const MutexLock lock(mutex_);
    newSeat();
  }
  loop_.add(*this);
}

WorkerRunner::~WorkerRunner() { stop(std::chrono::steady_clock::now()); }

void WorkerRunner::add(CheckId id, const CheckSpec& spec) {
  const MutexLock lock(mutex_);
  Check& check = checks_[id];
  check.added = encoded(ToWorker(AddCheck{id, spec}));
  check.seat = seats_.front().get();
  if (check.seat->up()) check.seat->send(check.added);
}

void WorkerRunner::remove(CheckId id) {
  {
    const MutexLock lock(mutex_);
    const auto found = checks_.find(id);
    if (found == checks_.end()) return;
    if (found->second.run && found->second.run->kill_at) --overdue_;
    if (found->second.seat->up()) found->second.seat->send(RemoveCheck{id});
    checks_.erase(found);
    if (seats_.size() == 1) return;
  }
  loop_.wake();  // it may have been the last of its seat
}

void WorkerRunner::start(RunRequest request) {
  Told told;
  {
    const MutexLock lock(mutex_);
    const auto found = checks_.find(request.check);
    if (found == checks_.end() || found->second.run || stopping_) return;
    Check& check = found->second;
    check.run = Run{std::move(request), false, false, std::nullopt};
    if (check.seat->up()) {
      sendRun(check);
    } else if (!check.seat->keepsRuns()) {
      RunReport report;
      report.outcome = RunOutcome::crash;
      report.message = check.seat->end().sentence;
      endRun(found->first, check, std::move(report), told);
    }
  }
  told.tell(events_, worker_events_);
}

void WorkerRunner::sendRun(Check& check) {
  check.run->sent = true;
  check.seat->send(check.run->request);
}

void WorkerRunner::giveUp(CheckId id, std::uint64_t sequence) {
  {
    const MutexLock lock(mutex_);
    const auto found = checks_.find(id);
    if (found == checks_.end() || !found->second.run || found->second.run->request.sequence != sequence || found->second.run->kill_at)
      return;
    found->second.run->kill_at = std::chrono::steady_clock::now() + options_.limits.kill_after;
    ++overdue_;
    found->second.seat->send(GiveUpRun{id, sequence});
  }
  loop_.wake();
}

// The run is over with this report, whatever the worker will still say of it.
void WorkerRunner::endRun(CheckId id, Check& check, RunReport report, Told& told) {
  const Run run = std::move(*std::exchange(check.run, std::nullopt));
  if (run.kill_at) --overdue_;
  report.check = id;
  report.sequence = run.request.sequence;
  report.request_id = run.request.request_id;
  if (!run.started) told.add(RunStarted{id, report.sequence, std::chrono::steady_clock::now().time_since_epoch()});
  told.add(std::move(report));
}

SteadyTime WorkerRunner::attend(SteadyTime now) {
  Told told;
  SteadyTime next = SteadyTime::max();
  {
    const MutexLock lock(mutex_);
    for (const auto& seat : seats_) {
      seatChanged(*seat, seat->attend(now), now, told);
      next = std::min({next, killHung(*seat, now), askForLife(*seat, now), seat->next()});
    }
    if (seats_.size() > 1) retireEmptySeats(now);
  }
  told.tell(events_, worker_events_);
  return next;
}

void WorkerRunner::ready(int fd, bool in, bool out) {
  Told told;
  {
    const MutexLock lock(mutex_);
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto found = std::find_if(seats_.begin(), seats_.end(), [fd](const auto& seat) { return seat->has(fd); });
    if (found == seats_.end()) return;
    WorkerSeat& seat = **found;
    std::vector<ToHost> said;
    const WorkerSeat::Change change = seat.ready(fd, in, out, now, said);
    for (ToHost& message : said) take(seat, message, told);
    seatChanged(seat, change, now, told);
  }
  told.tell(events_, worker_events_);
}

// Nobody is killed for time in which we were not there to see that it is over.
void WorkerRunner::stalled(Nanoseconds length) {
  const MutexLock lock(mutex_);
  for (auto& [id, check] : checks_) {
    if (check.run && check.run->kill_at) *check.run->kill_at += length;
  }
  for (const auto& seat : seats_) seat->stalled(length);
}

void WorkerRunner::seatChanged(WorkerSeat& seat, WorkerSeat::Change change, SteadyTime now, Told& told) {
  if (change == WorkerSeat::Change::up) seatIsUp(seat, told);
  if (change == WorkerSeat::Change::down) seatIsDown(seat, now, told);
}

void WorkerRunner::seatIsUp(WorkerSeat& seat, Told& told) {
  for (auto& [id, check] : checks_) {
    if (check.seat != &seat) continue;
    seat.send(check.added);
    if (check.run)
      sendRun(check);
    else if (!seat.keepsRuns())
      told.add(RunWanted{id});  // its last result is of the worker's death
  }
}

void WorkerRunner::seatIsDown(WorkerSeat& seat, SteadyTime now, Told& told) {
  if (stopping_) {
    if (std::none_of(seats_.begin(), seats_.end(), [](const auto& each) { return each->there(); })) empty_.notifyAll();
    return;
  }
  if (seat.closed()) return;
  const bool hung = seat.end().reason == "hang";
  if (hung && &seat == seats_.front().get() && overdue_ > 0)
    afterHang(seat, now, told);
  else
    afterCrash(seat, now, told);
  loop_.wake();  // for when the next one is to be started
}

// The common worker was killed for runs that hang: their checks move out, and the others go on where they were.
void WorkerRunner::afterHang(WorkerSeat& seat, SteadyTime now, Told& told) {
  seat.restartNow(now);
  CheckId culprit = 0;
  for (auto& [id, check] : checks_) {
    if (check.seat != &seat) continue;
    if (!check.run) {
      told.add(RunWanted{id});  // nobody watches its connection any more
      continue;
    }
    if (!check.run->kill_at) {
      check.run->sent = check.run->started = false;
      continue;
    }
    RunReport report;  // it was given up: that was its result
    if (*check.run->kill_at <= now) {
      check.seat = &ownSeat();
      culprit = id;
      report.outcome = RunOutcome::timeout;
    }
    endRun(id, check, std::move(report), told);
  }
  SeatEnd end = seat.end();
  end.check = culprit;
  told.add(WorkerEnd{plugin_, std::move(end), Nanoseconds(0)});
}

void WorkerRunner::afterCrash(WorkerSeat& seat, SteadyTime now, Told& told) {
  const Nanoseconds wait = seat.restartLater(now);
  const SeatEnd& end = seat.end();
  told.add(WorkerEnd{plugin_, end, wait});
  for (auto& [id, check] : checks_) {
    if (check.seat != &seat) continue;
    if (!check.run) {
      told.add(RunWanted{id});  // to be answered with this end
      continue;
    }
    RunReport report;
    report.outcome = RunOutcome::crash;
    report.message = end.sentence;
    report.error = id == end.check && !end.details.empty() ? end.details : end.sentence;
    if (id == end.check) report.stack_trace = end.stack_trace;
    endRun(id, check, std::move(report), told);
  }
}

WorkerSeat& WorkerRunner::newSeat() {
  WorkerLoopClient& self = *this;
  WorkerSeat& seat = *seats_.emplace_back(std::make_unique<WorkerSeat>(plugin_, image_, loop_, self, options_));
  seat.setLogLevel(log_level_);
  return seat;
}

void WorkerRunner::setLogLevel(LogLevel level) {
  const MutexLock lock(mutex_);
  log_level_ = level;
  for (const auto& seat : seats_) seat->setLogLevel(level);
}

// A seat for a check that hung; when there are many, one that has others of its kind.
WorkerSeat& WorkerRunner::ownSeat() {
  std::map<WorkerSeat*, std::size_t> checks;
  for (auto seat = seats_.begin() + 1; seat != seats_.end(); ++seat) {
    if (!(*seat)->closed()) checks[seat->get()] = 0;
  }
  if (checks.size() < kMostOwnSeats) return newSeat();
  for (const auto& [id, check] : checks_) {
    if (const auto own = checks.find(check.seat); own != checks.end()) ++own->second;
  }
  return *std::min_element(checks.begin(), checks.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
}

// Seats of checks that hung and are gone.
void WorkerRunner::retireEmptySeats(SteadyTime now) {
  for (auto seat = seats_.begin() + 1; seat != seats_.end();) {
    const bool empty = std::none_of(checks_.begin(), checks_.end(), [&](const auto& entry) { return entry.second.seat == seat->get(); });
    if (empty) (*seat)->retire(now);
    seat = empty && !(*seat)->there() ? seats_.erase(seat) : seat + 1;
  }
}

SteadyTime WorkerRunner::killHung(WorkerSeat& seat, SteadyTime now) {
  SteadyTime next = SteadyTime::max();
  if (overdue_ == 0 || !seat.there()) return next;
  for (const auto& [id, check] : checks_) {
    if (check.seat != &seat || !check.run || !check.run->kill_at) continue;
    if (*check.run->kill_at <= now)
      seat.condemn({"hang", "plugin killed: a run did not end after its timeout", {}, id, {}});
    else
      next = std::min(next, *check.run->kill_at);
  }
  return next;
}

// A worker that has begun none of its runs for a while may have no thread left that listens.
SteadyTime WorkerRunner::askForLife(WorkerSeat& seat, SteadyTime now) {
  if (!seat.up() || now - seat.heard() < kPatience) return SteadyTime::max();
  const bool waits = std::any_of(checks_.begin(), checks_.end(), [&](const auto& entry) {
    return entry.second.seat == &seat && entry.second.run && entry.second.run->sent && !entry.second.run->started;
  });
  if (waits) seat.ask(now, options_.limits.kill_after);
  return SteadyTime::max();
}

WorkerRunner::Check* WorkerRunner::checkOf(const WorkerSeat& seat, CheckId id) {
  const auto found = checks_.find(id);
  return found == checks_.end() || found->second.seat != &seat ? nullptr : &found->second;
}

void WorkerRunner::take(WorkerSeat& seat, ToHost& message, Told& told) {
  if (const auto* started = std::get_if<RunStarted>(&message)) return takeStarted(seat, *started, told);
  if (auto* report = std::get_if<RunReport>(&message)) return takeReport(seat, *report, told);
  if (auto* series = std::get_if<SeriesReport>(&message)) {
    const bool sane = checkOf(seat, series->check) != nullptr && series->number >= 0 &&
                      static_cast<std::size_t>(series->number) < HostedCheck::kMostSeries;
    for (std::string& value : series->label_values) value = cleanText(value, kMostLabelValue);
    if (sane) told.add(std::move(*series));
  } else if (const auto* wanted = std::get_if<RunWanted>(&message)) {
    if (checkOf(seat, wanted->check) != nullptr) told.add(*wanted);
  } else if (auto* line = std::get_if<PluginLogLine>(&message)) {
    if (checkOf(seat, line->check) == nullptr) return;
    line->event = cleanText(line->event, 64);
    line->message = cleanText(line->message, HostedCheck::kMostError);
    line->error = cleanText(line->error, HostedCheck::kMostError);
    told.add(std::move(*line));
  }
}

void WorkerRunner::takeStarted(WorkerSeat& seat, const RunStarted& started, Told& told) {
  Check* const check = checkOf(seat, started.check);
  if (check == nullptr || !check->run || !check->run->sent || check->run->started || check->run->request.sequence != started.sequence)
    return;
  check->run->started = true;
  const Nanoseconds now = std::chrono::steady_clock::now().time_since_epoch();
  told.add(RunStarted{started.check, started.sequence, std::min(started.at, now)});
}

void WorkerRunner::takeReport(WorkerSeat& seat, RunReport& report, Told& told) {
  Check* const check = checkOf(seat, report.check);
  if (check == nullptr || !check->run || !check->run->sent || check->run->request.sequence != report.sequence) return;
  report.message = cleanText(report.message, HostedCheck::kMostMessage);
  report.error = cleanText(report.error, HostedCheck::kMostError);
  report.stack_trace = cleanText(report.stack_trace, kMostTrace);
  report.duration = std::max(report.duration, Nanoseconds(0));
  const CheckId id = report.check;
  endRun(id, *check, std::move(report), told);
}

std::vector<pid_t> WorkerRunner::workers() {
  const MutexLock lock(mutex_);
  std::vector<pid_t> pids;
  for (const auto& seat : seats_) {
    if (seat->there()) pids.push_back(seat->pid());
  }
  return pids;
}

bool WorkerRunner::stop(SteadyTime until) {
  {
    const MutexLock lock(mutex_);
    if (!stopping_) {
      stopping_ = true;
      const auto left = std::max(Milliseconds(0), std::chrono::floor<Milliseconds>(until - std::chrono::steady_clock::now()));
      for (const auto& seat : seats_) {
        seat->close();
        if (seat->up()) seat->send(Stop{left});
      }
      const auto working = [&](const auto& seat) { return seat->up(); };
      while (std::any_of(seats_.begin(), seats_.end(), working) && std::chrono::steady_clock::now() < until)
        empty_.waitUntil(mutex_, until);
    }
  }
  loop_.remove(*this);
  const MutexLock lock(mutex_);
  for (const auto& seat : seats_) seat->dismiss();
  checks_.clear();
  overdue_ = 0;
  return true;
}

}  // namespace pulsewatch
