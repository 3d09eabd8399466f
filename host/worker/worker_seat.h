// A place where a worker is kept: started, loaded, watched, ended and started again. Which checks work in it is its owner's affair
// (worker_runner.h), and so is the lock: every call is made with the owner's held, and all but send() and the questions on the loop's
// thread.
#pragma once

#include "plugin/plugin_image.h"
#include "worker/messages.h"
#include "worker/restart_policy.h"
#include "worker/worker_loop.h"
#include "worker/worker_process.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

struct WorkerRunnerOptions {
  LogLevel log_level = LogLevel::info;
  PluginLimits limits;
  std::string program = WorkerProcess::kThisProgram;
};

// How a worker's end came about.
struct SeatEnd {
  std::string_view reason;  // crash, exit, hang, protocol
  std::string sentence;     // "plugin crashed: SIGSEGV"
  std::string details;
  CheckId check = 0;  // whose run it was, as far as the worker could tell
  std::string stack_trace;
  std::string signal = {};  // that it died of by itself: "SIGSEGV"
};

class WorkerSeat {
 public:
  static constexpr std::chrono::milliseconds kEndTime{500};  // from the channel's end to the process's
  static constexpr std::chrono::milliseconds kGoodbye{1000};

  WorkerSeat(std::string plugin, std::shared_ptr<const PluginImage> image, WorkerLoop& loop, WorkerLoopClient& client,
             const WorkerRunnerOptions& options)
      : plugin_(std::move(plugin)), image_(std::move(image)), loop_(loop), client_(client), options_(options) {}
  WorkerSeat(const WorkerSeat&) = delete;
  WorkerSeat& operator=(const WorkerSeat&) = delete;
  ~WorkerSeat() { dismiss(); }

  enum class Change { none, up, down };  // up: its plugin is loaded; down: it has ended, end() says how

  // Starts a worker if it is time for one; one that takes too long to load is condemned.
  Change attend(SteadyTime now);
  [[nodiscard]] SteadyTime next() const;  // when attend() has something to do
  void stalled(Nanoseconds length);       // its worker is given so much more time
  // What the worker says beyond the seat's own concerns is added to `said`, in order; it comes before a change to down.
  Change ready(int fd, bool in, bool out, SteadyTime now, std::vector<ToHost>& said);
  [[nodiscard]] bool has(int fd) const;

  // Kills the worker; its end will be told as this.
  void condemn(SeatEnd end);
  // Asks the worker whether it is there; called again and again for longer than `patience` without an answer, condemns it.
  void ask(SteadyTime now, Milliseconds patience);
  // After its end: when the next one comes, and whether runs wait for it or are answered with the end's sentence meanwhile.
  Nanoseconds restartLater(SteadyTime now);
  void restartNow(SteadyTime now);
  // No worker any more; the one that is there is killed and waited for.
  void dismiss();
  // No worker after this one; its end is no news.
  void close() { closed_ = true; }
  // The same, and the one that is there says goodbye, or is killed for taking too long over it.
  void retire(SteadyTime now);

  [[nodiscard]] bool up() const { return state_ == State::up; }
  [[nodiscard]] bool there() const { return process_ != nullptr; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }  // of the worker that is there
  [[nodiscard]] bool keepsRuns() const { return keeps_runs_; }
  [[nodiscard]] const SeatEnd& end() const { return end_; }
  [[nodiscard]] SteadyTime heard() const { return heard_; }  // the last word of the worker's
  void send(const ToWorker& message) { send(encoded(message)); }
  void send(const std::string& message);  // encoded
  void setLogLevel(LogLevel level);       // of this worker and the next ones

 private:
  enum class State { down, loading, up };

  Change start(SteadyTime now);
  Change receive(SteadyTime now, std::vector<ToHost>& said);
  Change reap(SteadyTime now, std::vector<ToHost>& said);
  bool takeOwn(ToHost& message);
  SeatEnd endOf(const ProcessEnd& end) const;

  // Constant after construction.
  const std::string plugin_;
  const std::shared_ptr<const PluginImage> image_;
  WorkerLoop& loop_;
  WorkerLoopClient& client_;
  WorkerRunnerOptions options_;  // the log level may change

  State state_ = State::down;
  std::unique_ptr<WorkerProcess> process_;
  RestartPolicy policy_;
  bool keeps_runs_ = true;
  bool closed_ = false;
  SteadyTime leave_by_ = SteadyTime::max();  // of a worker in retirement
  SteadyTime start_at_ = SteadyTime::min();
  SteadyTime since_;  // started
  SteadyTime heard_;
  SteadyTime asked_;
  Nanoseconds asked_for_{0};  // time in which we asked, so that a stall of our own isn't the worker's
  bool channel_closed_ = false;
  std::optional<SeatEnd> sentence_;  // why we killed it
  std::optional<Crash> last_words_;
  SeatEnd end_;
};

}  // namespace pulsewatch
