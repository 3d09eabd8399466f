#include "plugin/local_runner.h"

#include "base/mutex.h"
#include "base/thread_name.h"
#include "plugin/descriptor_watcher.h"
#include "plugin/hosted_check.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace pulsewatch {

namespace {

constexpr Milliseconds kMostMargin{100};

// The plugin's own deadline is a little before the host's, so that its own sentence beats "timed out".
Nanoseconds pluginTime(Milliseconds timeout) { return timeout - std::min<Nanoseconds>(Nanoseconds(timeout) / 10, kMostMargin); }

// What a run mustn't change of the thread it is lent: a mask without SIGTERM would make it the one that a stop kills the program through.
// And a child that a run has forked ends here: it has our memory and our sockets, but must never speak for us.
class ThreadKeeper {
 public:
  ThreadKeeper() : process_(::getpid()) { pthread_sigmask(SIG_SETMASK, nullptr, &signals_); }
  ThreadKeeper(const ThreadKeeper&) = delete;
  ThreadKeeper& operator=(const ThreadKeeper&) = delete;
  ~ThreadKeeper() {
    if (::getpid() != process_) ::_exit(0);
    pthread_sigmask(SIG_SETMASK, &signals_, nullptr);
  }

 private:
  const pid_t process_;
  sigset_t signals_{};
};

}  // namespace

class LocalRunner::Pool final : public HostedCheckEvents, public std::enable_shared_from_this<Pool> {
 public:
  Pool(std::shared_ptr<PluginLibrary> library, RunnerEvents& events, const LocalRunnerOptions& options)
      : library_(std::move(library)), options_(options), log_level_(options.log_level), events_(&events) {}

  void add(CheckId check, const CheckSpec& spec) EXCLUDES(mutex_) {
    auto slot = std::make_shared<Slot>(check, spec, library_, *this, log_level_.load());
    const MutexLock lock(mutex_);
    slots_.insert_or_assign(check, std::move(slot));  // one that was removed and hangs may still be there
  }

  void remove(CheckId check) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = slots_.find(check);
    if (found == slots_.end()) return;
    found->second->removed = true;
    if (found->second->busy) return;  // its run's end sees to it
    enqueue({found->second, std::nullopt, nullptr});
    slots_.erase(found);
  }

  void setLogLevel(LogLevel level) EXCLUDES(mutex_) {
    log_level_ = level;
    const MutexLock lock(mutex_);
    for (const auto& [check, slot] : slots_) slot->check.setLogLevel(level);
  }

  void start(RunRequest request) EXCLUDES(mutex_);
  void giveUp(CheckId check, std::uint64_t sequence) EXCLUDES(mutex_);
  bool stop(SteadyTime until) EXCLUDES(mutex_, events_mutex_);

  std::size_t threads() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return threads_;
  }

  void seriesAdded(SeriesReport series) override {
    tell([&](RunnerEvents& events) { events.seriesAdded(std::move(series)); });
  }
  void pluginLogged(PluginLogLine line) override {
    tell([&](RunnerEvents& events) { events.pluginLogged(std::move(line)); });
  }
  std::string watchFault(int fd) override { return watcher_.faultOf(fd); }

 private:
  struct Slot {
    Slot(CheckId id, const CheckSpec& spec, std::shared_ptr<PluginLibrary> library, HostedCheckEvents& events, LogLevel level)
        : check(id, spec, std::move(library), events, level) {}
    HostedCheck check;               // its thread's while busy
    bool busy = false;               // requested or running; guarded by Pool::mutex_, as all below
    bool stuck = false;              // running and given up
    bool removed = false;            // to be destroyed after the run
    std::uint64_t sequence = 0;      // of the present run
    std::shared_ptr<HostedRun> run;  // while running
  };
  struct Job {
    std::shared_ptr<Slot> slot;
    std::optional<RunRequest> request;  // none: destroy the check
    std::shared_ptr<HostedRun> run;     // of the request, once it is taken up
  };
  struct Idle {
    CondVar wake;
    bool called = false;
  };

  void refuse(const RunRequest& request);
  void enqueue(Job job) REQUIRES(mutex_);
  void callThread() REQUIRES(mutex_);
  void grow() REQUIRES(mutex_);
  [[nodiscard]] std::size_t allowedThreads() const REQUIRES(mutex_) {
    return options_.most_threads + std::min(stuck_, options_.most_stuck);
  }
  [[nodiscard]] bool allStuck() const REQUIRES(mutex_) { return idle_.empty() && threads_ >= allowedThreads() && stuck_ >= threads_; }
  std::optional<Job> nextJob(bool new_thread) EXCLUDES(mutex_);
  void waitForJob(SteadyTime until) REQUIRES(mutex_);
  void work();
  void execute(const Job& job) EXCLUDES(mutex_);
  std::vector<Job> takeWaitingRuns() REQUIRES(mutex_);
  void over(const std::shared_ptr<Slot>& slot) REQUIRES(mutex_);

  // Events end at stop(): whoever is inside is waited for, whoever comes later is silent.
  template <class Call>
  void tell(Call call) EXCLUDES(events_mutex_) {
    {
      const MutexLock lock(events_mutex_);
      if (events_ == nullptr) return;
      ++telling_;
    }
    call(*events_told_);
    const MutexLock lock(events_mutex_);
    if (--telling_ == 0) told_.notifyAll();
  }

  // Constant after construction.
  const std::shared_ptr<PluginLibrary> library_;
  const LocalRunnerOptions options_;
  std::atomic<LogLevel> log_level_;

  Mutex mutex_;
  std::unordered_map<CheckId, std::shared_ptr<Slot>> slots_ GUARDED_BY(mutex_);
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  std::vector<Idle*> idle_ GUARDED_BY(mutex_);  // the last to fall idle is called first, so that the others can end
  bool coming_ GUARDED_BY(mutex_) = false;      // a thread was called or begun, and has not looked for a job yet
  std::size_t threads_ GUARDED_BY(mutex_) = 0;
  std::size_t stuck_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  CondVar ended_;  // a thread has

  Mutex events_mutex_;
  RunnerEvents* events_ GUARDED_BY(events_mutex_);
  RunnerEvents* const events_told_ = events_;  // valid while telling_ > 0
  std::size_t telling_ GUARDED_BY(events_mutex_) = 0;
  CondVar told_;

  DescriptorWatcher watcher_{[this](CheckId check) { tell([&](RunnerEvents& events) { events.runWanted(check); }); }};
};

void LocalRunner::Pool::start(RunRequest request) {
  {
    const MutexLock lock(mutex_);
    const auto found = slots_.find(request.check);
    if (found == slots_.end() || found->second->busy || found->second->removed || stopping_) return;
    if (!allStuck()) {
      found->second->busy = true;
      found->second->sequence = request.sequence;
      return enqueue({found->second, std::move(request), nullptr});
    }
  }
  refuse(request);
}

void LocalRunner::Pool::refuse(const RunRequest& request) {
  RunReport report;
  report.check = request.check;
  report.sequence = request.sequence;
  report.request_id = request.request_id;
  report.message = "not run: every thread of plugin " + library_->description().name + " is stuck";
  tell([&](RunnerEvents& events) {
    events.runStarted(report.check, report.sequence, std::chrono::steady_clock::now());
    events.runEnded(std::move(report));
  });
}

void LocalRunner::Pool::giveUp(CheckId check, std::uint64_t sequence) {
  std::vector<Job> hopeless;
  {
    const MutexLock lock(mutex_);
    const auto found = slots_.find(check);
    if (found == slots_.end() || found->second->sequence != sequence || found->second->run == nullptr || found->second->stuck) return;
    found->second->run->cancel();
    found->second->stuck = true;
    ++stuck_;
    if (jobs_.empty()) return;
    callThread();
    if (!allStuck()) return;
    hopeless = takeWaitingRuns();
  }
  for (const Job& job : hopeless) refuse(*job.request);
}

std::vector<LocalRunner::Pool::Job> LocalRunner::Pool::takeWaitingRuns() {
  std::vector<Job> runs;
  std::copy_if(jobs_.begin(), jobs_.end(), std::back_inserter(runs), [](const Job& job) { return job.request.has_value(); });
  std::erase_if(jobs_, [](const Job& job) { return job.request.has_value(); });
  for (const Job& run : runs) over(run.slot);
  return runs;
}

// The slot's run is over, whether it ran or not.
void LocalRunner::Pool::over(const std::shared_ptr<Slot>& slot) {
  slot->busy = false;
  slot->run = nullptr;
  if (slot->stuck) --stuck_;
  slot->stuck = false;
  if (!slot->removed) return;
  const auto found = slots_.find(slot->check.id());
  if (found != slots_.end() && found->second == slot) slots_.erase(found);
  enqueue({slot, std::nullopt, nullptr});
}

void LocalRunner::Pool::enqueue(Job job) {
  jobs_.push_back(std::move(job));
  callThread();
}

// One thread at a time is on its way to the jobs that wait, and calls the next one if it leaves some behind: quick runs that are due
// together cost a wake-up or two, not one each, and slow ones still have a thread each at once.
void LocalRunner::Pool::callThread() {
  if (jobs_.empty() || coming_) return;
  if (idle_.empty()) return grow();
  coming_ = true;
  idle_.back()->called = true;
  idle_.back()->wake.notifyOne();
  idle_.pop_back();
}

void LocalRunner::Pool::grow() {
  if (threads_ >= allowedThreads()) return;
  try {
    std::thread([pool = shared_from_this()] { pool->work(); }).detach();
    ++threads_;
    coming_ = true;
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): no thread to be had: those that are there take the job
  }
}

void LocalRunner::Pool::waitForJob(SteadyTime until) {
  Idle self;
  idle_.push_back(&self);
  while (!self.called && !stopping_ && std::chrono::steady_clock::now() < until) self.wake.waitUntil(mutex_, until);
  if (self.called)
    coming_ = false;
  else
    std::erase(idle_, &self);
}

std::optional<LocalRunner::Pool::Job> LocalRunner::Pool::nextJob(bool new_thread) {
  const MutexLock lock(mutex_);
  if (new_thread) coming_ = false;
  const SteadyTime until = std::chrono::steady_clock::now() + options_.idle;
  while (jobs_.empty() && !stopping_ && std::chrono::steady_clock::now() < until) waitForJob(until);
  // More threads than are allowed: a given-up run has ended after all.
  if (jobs_.empty() || threads_ > allowedThreads()) {
    --threads_;
    callThread();
    ended_.notifyAll();
    return std::nullopt;
  }
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  callThread();
  if (job.request) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + pluginTime(job.slot->check.timeout());
    job.run = job.slot->run = std::make_shared<HostedRun>(*job.request, deadline);
  }
  return job;
}

void LocalRunner::Pool::work() {
  nameThread("pw-run");
  options_.on_thread();
  bool new_thread = true;
  while (const auto job = nextJob(std::exchange(new_thread, false))) execute(*job);
}

void LocalRunner::Pool::execute(const Job& job) {
  const CheckId check = job.slot->check.id();
  options_.on_run(check);
  watcher_.letGo(check);  // it may close its descriptors now, and get others of the same numbers
  if (!job.request) {
    job.slot->check.destroy();
    return options_.on_run(0);
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  tell([&](RunnerEvents& events) { events.runStarted(job.request->check, job.request->sequence, now); });
  RunReport report;
  {
    const ThreadKeeper keeper;
    report = job.slot->check.execute(*job.run);
  }
  options_.on_run(0);
  if (!job.run->watched().empty()) watcher_.watch(check, job.run->watched());
  {
    const MutexLock lock(mutex_);
    over(job.slot);
  }
  tell([&](RunnerEvents& events) { events.runEnded(std::move(report)); });
}

bool LocalRunner::Pool::stop(SteadyTime until) {
  bool all_ended = false;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    std::erase_if(jobs_, [](const Job& job) { return job.request.has_value(); });
    for (auto& [id, slot] : slots_) {
      slot->removed = true;
      if (slot->run != nullptr)
        slot->run->cancel();
      else
        jobs_.push_back({slot, std::nullopt, nullptr});
    }
    slots_.clear();
    for (Idle* idle : idle_) idle->wake.notifyOne();
    for (std::size_t i = 0; i < std::min<std::size_t>(jobs_.size(), 8); ++i) grow();  // goodbyes may each take a round trip
    // Threads of given-up runs are not waited for: they hang.
    while (threads_ > stuck_ && std::chrono::steady_clock::now() < until) ended_.waitUntil(mutex_, until);
    all_ended = threads_ == 0;
  }
  watcher_.stop();
  const MutexLock lock(events_mutex_);
  events_ = nullptr;
  while (telling_ > 0) told_.wait(events_mutex_);
  return all_ended;
}

LocalRunner::LocalRunner(std::shared_ptr<PluginLibrary> library, RunnerEvents& events, const LocalRunnerOptions& options)
    : pool_(std::make_shared<Pool>(std::move(library), events, options)) {}
LocalRunner::~LocalRunner() { pool_->stop(std::chrono::steady_clock::now()); }
void LocalRunner::add(CheckId check, const CheckSpec& spec) { pool_->add(check, spec); }
void LocalRunner::remove(CheckId check) { pool_->remove(check); }
void LocalRunner::start(RunRequest request) { pool_->start(std::move(request)); }
void LocalRunner::giveUp(CheckId check, std::uint64_t sequence) { pool_->giveUp(check, sequence); }
void LocalRunner::setLogLevel(LogLevel level) { pool_->setLogLevel(level); }
bool LocalRunner::stop(SteadyTime until) { return pool_->stop(until); }
std::size_t LocalRunner::threads() const { return pool_->threads(); }

}  // namespace pulsewatch
