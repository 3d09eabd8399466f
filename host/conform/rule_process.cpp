#include "conform/rule_process.h"

#include "config/duration.h"
#include "worker/worker_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::conform {

namespace {

void check(bool fine, const char* what) {
  if (!fine) throw std::system_error(errno, std::generic_category(), what);
}

void limit(decltype(RLIMIT_CORE) what, rlim_t most) {
  rlimit now{};
  ::getrlimit(what, &now);
  now.rlim_cur = now.rlim_max = std::min(most, now.rlim_max);
  ::setrlimit(what, &now);
}

// As in a worker, as far as a plugin sees it.
void confine(int output) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // what the plugin leaves behind is found
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
#if !defined(PULSEWATCH_SANITIZED)  // whose reports go to standard error, and which map terabytes
  ::dup2(output, STDERR_FILENO);
  limit(RLIMIT_DATA, PluginLimits().memory_max);
#endif
  limit(RLIMIT_NOFILE, PluginLimits().files_max);
  limit(RLIMIT_CORE, 0);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): as in a worker
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    std::signal(signal, SIG_DFL);  // NOLINT(cert-err33-c): Poco, sanitizers
}

std::string phaseWords(Phase phase) {
  switch (phase) {
    case Phase::none:
      return "";
    case Phase::load:
      return "while it was loaded";
    case Phase::create:
      return "in create";
    case Phase::run:
      return "in run";
    case Phase::destroy:
      return "in destroy";
    case Phase::unload:
      return "while it was unloaded";
  }
  return "";
}

}  // namespace

RuleProcess::RuleProcess(const Rule& rule, const Subject& subject)
    : board_(static_cast<Board*>(::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  check(board_ != MAP_FAILED, "a rule's process cannot be prepared");
  new (board_) Board();
  const FileDescriptor output(::memfd_create("output", MFD_CLOEXEC));
  check(output.valid(), "a rule's process cannot be prepared");
  pid_ = ::fork();
  check(pid_ >= 0, "a rule's process cannot be started");
  if (pid_ == 0) runRule(rule, subject, output.get());
  ::setpgid(pid_, pid_);
  // By its number: glibc 2.36 declares pidfd_open() without extern "C".
  pid_descriptor_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

RuleProcess::~RuleProcess() {
  if (!reaped_) {
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  ::munmap(board_, sizeof(Board));
}

void RuleProcess::runRule(const Rule& rule, const Subject& subject, int output) {
  confine(output);
  Progress progress(*board_, subject.timeout + PluginLimits().kill_after + std::chrono::seconds(1));
  try {
    progress.end(Verdict::ok, rule.holds(subject, progress));
  } catch (const Broken& broken) {
    progress.end(Verdict::failed, broken.what());
  } catch (const Skipped& skipped) {
    progress.end(Verdict::skipped, skipped.what());
  } catch (const std::exception& e) {
    progress.end(Verdict::failed, std::string("cannot be tried: ") + e.what());
  } catch (...) {
    progress.end(Verdict::failed, "an exception that is no std::exception left the plugin; catch it there");
  }
  ::_exit(0);
}

void RuleProcess::kill() const {
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
}

// "in create, with path="""; what stands there before the plugin was asked for anything isn't the plugin's.
std::string RuleProcess::place() const {
  const std::string step(board_->step.data());
  const std::string phase = phaseWords(board_->phase);
  return phase + (phase.empty() || step.empty() ? "" : ", ") + step;
}

bool RuleProcess::over() {
  if (reaped_) return true;
  const std::int64_t now = std::chrono::floor<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  if (!too_long_ && board_->since_ms != 0 && now - board_->since_ms > board_->limit_ms) {
    too_long_ = true;
    kill();
  }
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return false;
  kill();  // its group: the number is its own until it is waited for
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
  reaped_ = true;
  verdict_ = board_->verdict;
  sentence_ = board_->sentence.data();
  if (verdict_ != Verdict::none) return true;

  const ProcessEnd end{info.si_code != CLD_EXITED, info.si_status};
  verdict_ = Verdict::failed;
  if (too_long_)
    sentence_ = "it did not return within " + describeDuration(Milliseconds(board_->limit_ms)) + " (" + place() +
                "); give every wait an end, by remaining_ms() and cancelled()";
  else if (end.by_signal)
    sentence_ = "it crashed with " + describeEnd(end) + " (" + place() + "); run it in a debugger, or with -fsanitize=address";
  else
    sentence_ = "it ended the process with " + describeEnd(end) + " (" + place() + "); a plugin returns, the process is the host's";
  return true;
}

}  // namespace pulsewatch::conform
