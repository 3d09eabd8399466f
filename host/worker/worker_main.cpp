#include "worker/worker_main.h"

#include "base/mutex.h"
#include "base/text.h"
#include "plugin/hosted_check.h"
#include "plugin/local_runner.h"
#include "plugin/refusal.h"
#include "worker/channel.h"
#include "worker/crash_report.h"
#include "worker/messages.h"
#include "worker/worker_process.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <malloc.h>
#include <memory>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostFromHost = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kMostQueuedLog = std::size_t{1} << 20U;
constexpr std::size_t kThreadStack = std::size_t{1} << 20U;  // counts against memory_max for each thread
constexpr int kSoonMs = 1;

std::atomic<bool> forked_child{false};

void limit(decltype(RLIMIT_CORE) what, rlim_t most) {
  rlimit now{};
  getrlimit(what, &now);
  now.rlim_cur = std::min(most, now.rlim_max);
  now.rlim_max = std::min(most, now.rlim_max);
  setrlimit(what, &now);
}

// Nothing that is gained here is ever given back.
void confine() {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);  // a library's initialiser has been at it
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // nor may another worker of the same user look into this one
  limit(RLIMIT_CORE, 0);
  mallopt(M_ARENA_MAX, 2);        // one for each thread would reserve what memory_max counts
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): as in the host
  // A child that the plugin forks has our code and our channel, but must never speak for us.
  pthread_atfork(nullptr, nullptr, [] { forked_child = true; });
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kThreadStack);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

class Worker final : public RunnerEvents {
 public:
  explicit Worker(Channel& channel) : channel_(channel) {}

  [[noreturn]] void serve();

  void runStarted(CheckId check, std::uint64_t sequence, SteadyTime at) override;
  void runEnded(RunReport report) override { tell(std::move(report)); }
  void runWanted(CheckId check) override { tell(RunWanted{check}); }
  void seriesAdded(SeriesReport series) override { tell(std::move(series)); }
  void pluginLogged(PluginLogLine line) override;

  // Any thread: without any secret of the checks that are here.
  [[nodiscard]] std::string redacted(std::string text) EXCLUDES(secrets_mutex_) {
    const MutexLock lock(secrets_mutex_);
    return secrets_.redacted(std::move(text));
  }

 private:
  void take(std::string_view message);
  void load(const Load& message);
  [[noreturn]] void stop(Milliseconds within);
  void tell(const ToHost& message) {
    leaveForkedChild();
    say(encoded(message));
  }
  [[gnu::noinline]] void say(const std::string& message) {
    channel_.send(message);
    if (channel_.lost()) _exit(WorkerProcess::kChannelLost);  // the serving thread may be waiting for what was the channel
  }
  static void leaveForkedChild() {
    if (forked_child.load(std::memory_order_relaxed)) _exit(0);
  }

  Channel& channel_;
  std::unique_ptr<LocalRunner> runner_;
  bool looks_soon_ = false;  // the serving thread's
  std::atomic<std::uint64_t> lines_dropped_{0};

  Mutex secrets_mutex_;
  Redactor secrets_ GUARDED_BY(secrets_mutex_);
};

void Worker::serve() {
  for (;;) {
    const bool blocked = !looks_soon_ && channel_.queued() > 0;
    pollfd ready{channel_.fd(), static_cast<short>(blocked ? POLLIN | POLLOUT : POLLIN), 0};
    const int count = ::poll(&ready, 1, looks_soon_ ? kSoonMs : -1);
    leaveForkedChild();
    if (count < 0 && errno != EINTR) _exit(1);
    if (count > 0 && (ready.revents & POLLNVAL) != 0) _exit(WorkerProcess::kChannelLost);
    looks_soon_ = false;
    channel_.flush();
    if (count <= 0 || (ready.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    try {
      if (channel_.receive([this](std::string_view message) { take(message); }) == Channel::State::closed) _exit(0);
    } catch (const BadMessage&) {
      _exit(1);  // the host is never wrong about this, so the plugin has been at our memory
    }
  }
}

void Worker::take(std::string_view message) {
  const ToWorker decodedMessage = decoded<ToWorker>(message);
  if (const auto* to_load = std::get_if<Load>(&decodedMessage)) return load(*to_load);
  if (std::holds_alternative<Ping>(decodedMessage)) return tell(Pong{});
  if (const auto* to_stop = std::get_if<Stop>(&decodedMessage)) stop(to_stop->within);
  if (runner_ == nullptr) return;
  if (const auto* request = std::get_if<RunRequest>(&decodedMessage)) {
    // The start of a quick run goes with its end, in one piece.
    looks_soon_ = true;
    channel_.promiseFlush();
    runner_->start(*request);
  } else if (const auto* to_add = std::get_if<AddCheck>(&decodedMessage)) {
    {
      const MutexLock lock(secrets_mutex_);
      secrets_.add(to_add->spec.settings);
    }
    runner_->add(to_add->check, to_add->spec);
  } else if (const auto* to_remove = std::get_if<RemoveCheck>(&decodedMessage)) {
    runner_->remove(to_remove->check);
  } else if (const auto* run = std::get_if<GiveUpRun>(&decodedMessage)) {
    runner_->giveUp(run->check, run->sequence);
  } else if (const auto* to_set = std::get_if<SetLogLevel>(&decodedMessage)) {
    runner_->setLogLevel(to_set->level);
  }
}

void Worker::load(const Load& message) {
#if !defined(PULSEWATCH_SANITIZED)  // which map terabytes
  if (message.memory_max > 0) limit(RLIMIT_DATA, message.memory_max);
#endif
  limit(RLIMIT_NOFILE, message.files_max);
  try {
    auto library = std::make_shared<PluginLibrary>(channel_.takeDescriptor());
    LocalRunnerOptions options;
    options.log_level = message.log_level;
    options.on_thread = prepareThreadForCrash;
    options.on_run = setCrashCheck;
    tell(Loaded{library->description()});
    runner_ = std::make_unique<LocalRunner>(std::move(library), *this, options);
  } catch (const Refusal& refusal) {
    tell(Refused{refusal.what(), refusal.plugin(), refusal.version()});
  }
}

void Worker::stop(Milliseconds within) {
  if (runner_ != nullptr) runner_->stop(std::chrono::steady_clock::now() + within);
  // What is still to be said goes as far as the host takes it; whoever hangs is left behind.
  while (!channel_.flush()) {
    pollfd ready{channel_.fd(), POLLOUT, 0};
    if (::poll(&ready, 1, static_cast<int>(within.count())) <= 0) break;
  }
  _exit(0);
}

void Worker::runStarted(CheckId check, std::uint64_t sequence, SteadyTime at) {
  leaveForkedChild();
  channel_.sendSoon(encoded(ToHost(RunStarted{check, sequence, at.time_since_epoch()})));
}

void Worker::pluginLogged(PluginLogLine line) {
  if (channel_.queued() > kMostQueuedLog) {
    lines_dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (const std::uint64_t dropped = lines_dropped_.exchange(0); dropped > 0) {
    PluginLogLine note = line;
    note.level = LogLevel::warning;
    note.event = "log_dropped";
    note.message = std::to_string(dropped) + " log lines were dropped: the host could not take them as fast as they came";
    note.error.clear();
    tell(std::move(note));
  }
  tell(std::move(line));
}

}  // namespace

int runWorker() {
  int type = 0;
  socklen_t size = sizeof(type);
  if (::getsockopt(WorkerProcess::kChannelDescriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
    std::cerr << "command line: " << WorkerProcess::kWorkerArgument << " is for pulsewatchd's own use; --help lists the options\n";
    return 78;
  }
  confine();
  // Never destroyed, whatever a plugin that calls exit() destroys.
  static Channel& channel = *new Channel(FileDescriptor(WorkerProcess::kChannelDescriptor), kMostFromHost);
  channel.acceptDescriptors();
  static Worker& worker = *new Worker(channel);
  installCrashReport([](const Crash& crash) {
    if (forked_child) return;
    Crash bounded = crash;
    bounded.what = cleanText(worker.redacted(bounded.what), 500);  // an exception's words may have any
    bounded.stack_trace = cleanText(bounded.stack_trace, 16000);
    channel.send(encoded(ToHost(bounded)));
  });
  channel.send(encoded(ToHost(Hello{})));
  worker.serve();
}

}  // namespace pulsewatch
