#include "support/child_process.h"

#include "support/temporary_directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <ios>
#include <mutex>
#include <poll.h>
#include <pwd.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace pulsewatch::testing {
namespace {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

[[noreturn]] void fail(const std::string& what, int error = errno) { throw std::system_error(error, std::generic_category(), what); }

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
  }
  Descriptor read;
  Descriptor write;
};

Descriptor opened(const std::filesystem::path& path, int flags) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0600));
  if (file.get() < 0) fail("opening " + path.string());
  return file;
}

std::string programPath(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing here changes the environment
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  fail("no program " + name, ENOENT);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// All that the child does between fork and exec, prepared beforehand: only async-signal-safe calls are allowed there.
struct Launch {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::string working_directory;
  bool close_output = false;
  std::optional<User> user;
  std::array<int, 4> descriptors{};  // 0, 1, 2 and the pipe that tells of a failed exec
  pid_t parent = 0;

  [[noreturn]] void run() const {
    ::setpgid(0, 0);
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // Out of the way of 0 to 3 first, so that no dup2 overwrites one that is still needed.
    std::array<int, 4> moved{};
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = ::fcntl(descriptors[i], F_DUPFD, 10);
    for (std::size_t i = 0; i < moved.size(); ++i) ::dup2(moved[i], static_cast<int>(i));
    ::fcntl(3, F_SETFD, FD_CLOEXEC);
    ::syscall(SYS_close_range, 4U, ~0U, 0U);
    if (close_output) ::close(1);
    bool fine = working_directory.empty() || ::chdir(working_directory.c_str()) == 0;
    if (fine && user) fine = ::setgroups(0, nullptr) == 0 && ::setgid(user->gid) == 0 && ::setuid(user->uid) == 0;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setuid, which clears it
    if (::getppid() != parent) ::_exit(127);
    if (fine) ::execve(program.c_str(), argv.data(), environment.data());
    const int error = errno;
    (void)!::write(3, &error, sizeof error);
    ::_exit(127);
  }
};

}  // namespace

std::optional<User> unprivilegedUser() {
  if (::geteuid() != 0) return std::nullopt;
  const passwd* nobody = ::getpwnam("nobody");  // NOLINT(concurrency-mt-unsafe): tests start servers one at a time
  if (nobody == nullptr) fail("no user nobody", ENOENT);
  return User{nobody->pw_uid, nobody->pw_gid};
}

Environment plainEnvironment() {
  Environment environment;
  for (const char* name : {"PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here changes the environment
    if (value != nullptr) environment[name] = value;
  }
  return environment;
}

class ChildProcess::Impl {
 public:
  Impl(const std::vector<std::string>& argv, const Environment& environment, const ChildOptions& options) {
    std::vector<std::string> arguments = argv;
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
    Launch launch;
    launch.program = programPath(argv.at(0));
    launch.argv = pointers(arguments);
    launch.environment = pointers(variables);
    launch.working_directory = options.working_directory.string();
    launch.close_output = options.close_output;
    launch.user = options.user;
    launch.parent = ::getpid();

    const Descriptor input = opened(options.input_file, O_RDONLY);
    Descriptor output = redirected(options.output_file, output_pipe_);
    Descriptor errors = redirected(options.error_file, error_pipe_);
    Pipe exec_failure;
    launch.descriptors = {input.get(), output.get(), errors.get(), exec_failure.write.get()};

    pid_ = ::fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) launch.run();
    ::setpgid(pid_, pid_);
    output.reset();
    errors.reset();
    exec_failure.write.reset();
    int error = 0;
    if (::read(exec_failure.read.get(), &error, sizeof error) == sizeof error) {
      ::waitpid(pid_, nullptr, 0);
      fail("starting " + launch.program, error);
    }
    process_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    reader_ = std::thread([this] { collect(); });
  }

  ~Impl() {
    ::kill(-pid_, SIGKILL);
    reap(std::chrono::seconds(10));
    stop_.write.reset();
    reader_.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  void signal(int number) {
    const std::lock_guard lock(mutex_);
    if (!exit_code_) ::kill(pid_, number);
  }

  std::optional<int> waitForExit(std::chrono::milliseconds timeout) {
    const std::optional<int> code = reap(timeout);
    // A grandchild may hold the pipes open: then what has come within a second is all.
    if (code) {
      pollfd done{collected_.read.get(), POLLIN, 0};
      ::poll(&done, 1, 1000);
    }
    return code;
  }

  [[nodiscard]] std::string output() const {
    const std::lock_guard lock(mutex_);
    return output_;
  }

  [[nodiscard]] std::string errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  static Descriptor redirected(const std::filesystem::path& file, Descriptor& collected) {
    if (!file.empty()) return opened(file, O_WRONLY | O_CREAT | O_APPEND);
    Pipe pipe;
    collected = std::move(pipe.read);
    return std::move(pipe.write);
  }

  std::optional<int> reap(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    pollfd ended{process_.get(), POLLIN, 0};
    const bool over = ::poll(&ended, 1, static_cast<int>(timeout.count())) > 0;
    // One that is traced has ended before its tracer leaves it to us.
    while (!lookForExit() && over && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex_);
    return exit_code_;
  }

  // Whether its exit code is known now.
  bool lookForExit() {
    const std::lock_guard lock(mutex_);
    int status = 0;
    if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
      exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return exit_code_.has_value();
  }

  void collect() {
    std::array<pollfd, 3> watched{pollfd{output_pipe_.get(), POLLIN, 0}, pollfd{error_pipe_.get(), POLLIN, 0},
                                  pollfd{stop_.read.get(), POLLIN, 0}};
    while (watched[0].fd >= 0 || watched[1].fd >= 0) {
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) break;
      if (watched[0].revents != 0 && !append(watched[0].fd, output_)) watched[0].fd = -1;
      if (watched[1].revents != 0 && !append(watched[1].fd, errors_)) watched[1].fd = -1;
      if (watched[2].revents != 0) break;
    }
    collected_.write.reset();
  }

  bool append(int fd, std::string& text) {
    std::array<char, 16384> buffer{};
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0) return count < 0 && errno == EINTR;
    const std::lock_guard lock(mutex_);
    text.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  pid_t pid_ = -1;
  Descriptor process_;  // a pidfd: readable once the process has ended
  Descriptor output_pipe_;
  Descriptor error_pipe_;
  Pipe stop_;       // its write end closes to end the reader
  Pipe collected_;  // its write end closes when the reader is done
  std::thread reader_;
  mutable std::mutex mutex_;  // the three below
  std::string output_;
  std::string errors_;
  std::optional<int> exit_code_;
};

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const Environment& environment, const ChildOptions& options)
    : impl_(std::make_unique<Impl>(argv, environment, options)) {}
ChildProcess::~ChildProcess() = default;
pid_t ChildProcess::pid() const { return impl_->pid(); }
void ChildProcess::signal(int number) { impl_->signal(number); }
std::optional<int> ChildProcess::waitForExit(std::chrono::milliseconds timeout) { return impl_->waitForExit(timeout); }
std::string ChildProcess::output() const { return impl_->output(); }
std::string ChildProcess::errors() const { return impl_->errors(); }

std::string processFile(const std::string& pid, const std::string& file) {
  try {
    return readFile("/proc/" + pid + "/" + file);
  } catch (const std::ios_base::failure&) {  // it went while it was read
    return {};
  }
}

Ended runToEnd(const std::vector<std::string>& argv, const Environment& environment, const ChildOptions& options,
               std::chrono::milliseconds timeout) {
  ChildProcess child(argv, environment, options);
  const std::optional<int> code = child.waitForExit(timeout);
  if (!code) throw std::runtime_error(argv.at(0) + " does not end");
  return {*code, child.output(), child.errors()};
}

}  // namespace pulsewatch::testing
