#include "support/stopped_thread.h"

#include "support/temporary_directory.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <system_error>

namespace pulsewatch::testing {

std::vector<pid_t> threadsNamed(pid_t process, const std::string& name) {
  std::vector<pid_t> threads;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
    if (readFile(task.path() / "comm") == name + "\n") threads.push_back(static_cast<pid_t>(std::stol(task.path().filename().string())));
  }
  std::sort(threads.begin(), threads.end());
  return threads;
}

StoppedThread::StoppedThread(pid_t thread) : thread_(thread) {
  const auto failed = [&](const char* what) {
    return std::system_error(errno, std::generic_category(), what + (" thread " + std::to_string(thread_)));
  };
  if (::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) != 0) throw failed("taking hold of");
  if (::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) != 0) throw failed("stopping");
  int status = 0;
  while (::waitpid(thread_, &status, __WALL) < 0) {
    if (errno != EINTR) throw failed("waiting for");
  }
}

StoppedThread::~StoppedThread() { ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr); }

}  // namespace pulsewatch::testing
