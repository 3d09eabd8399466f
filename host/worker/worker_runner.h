// Runs one plugin's checks in a worker process, and keeps a worker there: one that dies is started again, at least a second later and ever
// later while it keeps dying; one whose run ignores its deadline and a grace is killed, its check gets a worker of its own from then on and
// the others are back at once. While there is no worker, runs are answered with why.
//
// A worker is never believed: what it says of checks or runs that are not its own is ignored, and what is no message ends it.
#pragma once

#include "plugin/check_runner.h"
#include "plugin/plugin_image.h"
#include "worker/worker_seat.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// The end of a worker that was not asked to end.
struct WorkerEnd {
  std::string plugin;
  SeatEnd end;
  Nanoseconds restart_in{0};
  bool on_trial = false;  // of a new version that has not taken over: it is not started again
};
inline constexpr std::string_view kWorkerEndReasons[] = {"crash", "exit", "hang", "protocol"};

// On the loop's thread, with no lock held; must not block.
class WorkerEvents {
 public:
  virtual ~WorkerEvents() = default;
  virtual void workerEnded(const WorkerEnd& end) = 0;
};

class WorkerRunner final : public CheckRunner, private WorkerLoopClient {
 public:
  static constexpr std::chrono::seconds kPatience{1};  // before a worker that has begun none of its runs is asked whether it is there
  static constexpr std::size_t kMostOwnSeats = 8;      // of checks that hung; more of them share these

  // Starts a worker at once. `loop` and the events must outlive stop().
  WorkerRunner(std::string plugin, std::shared_ptr<const PluginImage> image, WorkerLoop& loop, RunnerEvents& events,
               WorkerEvents& worker_events, WorkerRunnerOptions options);
  WorkerRunner(const WorkerRunner&) = delete;
  WorkerRunner& operator=(const WorkerRunner&) = delete;
  ~WorkerRunner() override;  // stops, without goodbyes

  void add(CheckId check, const CheckSpec& spec) override EXCLUDES(mutex_);
  void remove(CheckId check) override EXCLUDES(mutex_);
  void start(RunRequest request) override EXCLUDES(mutex_);
  void giveUp(CheckId check, std::uint64_t sequence) override EXCLUDES(mutex_);
  void setLogLevel(LogLevel level) override EXCLUDES(mutex_);
  [[nodiscard]] std::vector<pid_t> workers() override EXCLUDES(mutex_);
  bool stop(SteadyTime until) override EXCLUDES(mutex_);  // always all: what hangs is killed

 private:
  struct Run {
    RunRequest request;
    bool sent = false;
    bool started = false;
    std::optional<SteadyTime> kill_at;  // since it was given up
  };
  struct Check {
    std::string added;  // the message that makes it in a worker: smaller than its spec
    WorkerSeat* seat = nullptr;
    std::optional<Run> run;
  };
  // What is to be told once the lock is let go.
  class Told;

  SteadyTime attend(SteadyTime now) override EXCLUDES(mutex_);
  void ready(int fd, bool in, bool out) override EXCLUDES(mutex_);
  void stalled(Nanoseconds length) override EXCLUDES(mutex_);

  void seatChanged(WorkerSeat& seat, WorkerSeat::Change change, SteadyTime now, Told& told) REQUIRES(mutex_);
  void seatIsUp(WorkerSeat& seat, Told& told) REQUIRES(mutex_);
  void seatIsDown(WorkerSeat& seat, SteadyTime now, Told& told) REQUIRES(mutex_);
  SteadyTime killHung(WorkerSeat& seat, SteadyTime now) REQUIRES(mutex_);
  SteadyTime askForLife(WorkerSeat& seat, SteadyTime now) REQUIRES(mutex_);
  void afterHang(WorkerSeat& seat, SteadyTime now, Told& told) REQUIRES(mutex_);
  void afterCrash(WorkerSeat& seat, SteadyTime now, Told& told) REQUIRES(mutex_);
  void endRun(CheckId id, Check& check, RunReport report, Told& told) REQUIRES(mutex_);
  void sendRun(Check& check) REQUIRES(mutex_);
  WorkerSeat& newSeat() REQUIRES(mutex_);
  WorkerSeat& ownSeat() REQUIRES(mutex_);
  void retireEmptySeats(SteadyTime now) REQUIRES(mutex_);

  void take(WorkerSeat& seat, ToHost& message, Told& told) REQUIRES(mutex_);
  void takeStarted(WorkerSeat& seat, const RunStarted& started, Told& told) REQUIRES(mutex_);
  void takeReport(WorkerSeat& seat, RunReport& report, Told& told) REQUIRES(mutex_);
  [[nodiscard]] Check* checkOf(const WorkerSeat& seat, CheckId check) REQUIRES(mutex_);

  // Constant after construction.
  const std::string plugin_;
  const std::shared_ptr<const PluginImage> image_;
  WorkerLoop& loop_;
  RunnerEvents& events_;
  WorkerEvents& worker_events_;
  const WorkerRunnerOptions options_;

  Mutex mutex_;
  CondVar empty_;  // no seat has a worker any more
  std::map<CheckId, Check> checks_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<WorkerSeat>> seats_ GUARDED_BY(mutex_);  // the first is that of all checks that never hung
  LogLevel log_level_ GUARDED_BY(mutex_);
  std::size_t overdue_ GUARDED_BY(mutex_) = 0;  // runs that were given up and have not ended
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace pulsewatch
