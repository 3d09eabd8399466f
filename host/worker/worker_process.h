// The operating system's side of a worker: this program started again, with a channel to it and nothing else of ours. It is killed, with
// whatever it has started, when its owner goes, when the thread that started it ends, and when the host dies.
//
// One thread, but for the channel's sending.
#pragma once

#include "base/file_descriptor.h"
#include "worker/channel.h"

#include <optional>
#include <string>
#include <sys/types.h>

namespace pulsewatch {

// How a process ended.
struct ProcessEnd {
  bool by_signal = false;
  int number = 0;  // the signal's, or the exit status
};
// "SIGSEGV"; "exit status 3".
std::string describeEnd(const ProcessEnd& end);

class WorkerProcess {
 public:
  // The program of this very process, whatever has been put in its file's place since.
  static constexpr const char* kThisProgram = "/proc/self/exe";
  // What tells the program that it is a worker; the channel is descriptor 3.
  static constexpr const char* kWorkerArgument = "--worker";
  static constexpr int kChannelDescriptor = 3;
  static constexpr std::chrono::seconds kLoadTime{10};                  // for a library's initialisers
  static constexpr int kChannelLost = 113;                              // the exit status of a worker whose channel was closed inside it
  static constexpr std::size_t kMostMessage = std::size_t{256} * 1024;  // of a worker's

  // `name` is for the process list. Throws std::system_error.
  WorkerProcess(const std::string& program, const std::string& name);
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();

  [[nodiscard]] Channel& channel() { return *channel_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int endDescriptor() const { return pid_descriptor_.get(); }  // readable once it has ended

  // Its end comes soon after. The whole process group, so that what the plugin has started goes too.
  void kill() const;
  // Its end, once; nothing while it runs. What it has started is gone then too.
  std::optional<ProcessEnd> reap();

 private:
  std::optional<Channel> channel_;
  pid_t pid_ = 0;
  FileDescriptor pid_descriptor_;
  bool reaped_ = false;
};

}  // namespace pulsewatch
