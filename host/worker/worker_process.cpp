#include "worker/worker_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pulsewatch {

namespace {

// What a program needs of its environment; everything else may be a secret.
constexpr std::string_view kEnvironment[] = {"PATH",
                                             "TZ",
                                             "LD_LIBRARY_PATH",
                                             "LD_PRELOAD",
                                             "SSL_CERT_FILE",
                                             "SSL_CERT_DIR",
                                             "RES_OPTIONS",
                                             "GLIBC_TUNABLES",
#if defined(PULSEWATCH_SANITIZED)
                                             "ASAN_OPTIONS",
                                             "UBSAN_OPTIONS",
                                             "TSAN_OPTIONS",
                                             "LSAN_OPTIONS"
#endif
};

std::vector<std::string> workerEnvironment() {
  std::vector<std::string> variables;
  for (const std::string_view name : kEnvironment) {
    if (name.empty()) continue;
    if (const char* value = std::getenv(std::string(name).c_str()); value != nullptr) variables.push_back(std::string(name) + "=" + value);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

class SpawnPlan {
 public:
  explicit SpawnPlan(int socket) {
    check(posix_spawn_file_actions_init(&actions_), "a worker cannot be prepared");
    check(posix_spawnattr_init(&attributes_), "a worker cannot be prepared");
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
#if !defined(PULSEWATCH_SANITIZED)  // whose reports go to standard error
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#endif
    posix_spawn_file_actions_adddup2(&actions_, socket, WorkerProcess::kChannelDescriptor);
    posix_spawn_file_actions_addclosefrom_np(&actions_, WorkerProcess::kChannelDescriptor + 1);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  pid_t spawn(const std::string& program, std::vector<std::string> arguments, std::vector<std::string> environment) {
    pid_t pid = 0;
    check(posix_spawn(&pid, program.c_str(), &actions_, &attributes_, pointers(arguments).data(), pointers(environment).data()),
          "a worker cannot be started");
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

std::string describeEnd(const ProcessEnd& end) {
  if (!end.by_signal) return "exit status " + std::to_string(end.number);
  const char* name = sigabbrev_np(end.number);
  return name == nullptr ? "signal " + std::to_string(end.number) : "SIG" + std::string(name);
}

WorkerProcess::WorkerProcess(const std::string& program, const std::string& name) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) check(errno, "a worker's channel cannot be made");
  channel_.emplace(FileDescriptor(pair[0]), kMostMessage);
  const FileDescriptor theirs(pair[1]);
  pid_ = SpawnPlan(theirs.get()).spawn(program, {"pulsewatchd", kWorkerArgument, name}, workerEnvironment());
  // By its number: glibc 2.36 declares pidfd_open() without extern "C".
  pid_descriptor_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (pid_descriptor_.valid()) return;
  const int error = errno;
  kill();
  ::waitpid(pid_, nullptr, 0);
  check(error, "a worker cannot be watched");
}

WorkerProcess::~WorkerProcess() {
  if (reaped_) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

void WorkerProcess::kill() const {
  if (reaped_) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // before it has its group
}

std::optional<ProcessEnd> WorkerProcess::reap() {
  siginfo_t info{};
  if (reaped_ || ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return std::nullopt;
  kill();  // its group: the number is its own until it is waited for
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
  reaped_ = true;
  return ProcessEnd{info.si_code != CLD_EXITED, info.si_status};
}

}  // namespace pulsewatch
