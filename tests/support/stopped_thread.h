// One thread of another process that makes no step as long as this lives, while the others go on: it is held by ptrace(2), of which the
// process notices nothing. From one thread. Throws std::system_error when it can't be held: EPERM where one may not, as without
// CAP_SYS_PTRACE (pulsewatchd is not dumpable).
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace pulsewatch::testing {

// The threads of a process with this name, in the order in which they were begun.
std::vector<pid_t> threadsNamed(pid_t process, const std::string& name);

class StoppedThread {
 public:
  explicit StoppedThread(pid_t thread);
  StoppedThread(const StoppedThread&) = delete;
  StoppedThread& operator=(const StoppedThread&) = delete;
  ~StoppedThread();  // it goes on

 private:
  const pid_t thread_;
};

}  // namespace pulsewatch::testing
