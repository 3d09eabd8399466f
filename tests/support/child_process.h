// A program started by a test: its environment is exactly what it is given, its output is collected, and it doesn't outlive the test.
//
// It leads a process group of its own, with every signal unblocked and at its default, and no descriptor beyond the standard three. The
// destructor kills the group; so does the kernel when the thread that started it ends (start it from one that lives). Every function
// may be called from any thread. Throws std::system_error when the program can't be started.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pulsewatch::testing {

struct User {
  uid_t uid;
  gid_t gid;
};

// Who a private server runs as: `nobody` for root (servers refuse root), nobody else for anyone else.
std::optional<User> unprivilegedUser();

using Environment = std::map<std::string, std::string>;

// The variables a program needs to work at all: PATH, TMPDIR and the sanitizers' options, as they are here.
Environment plainEnvironment();

struct ChildOptions {
  std::filesystem::path working_directory = {};  // empty: this process' own
  std::filesystem::path input_file = "/dev/null";
  std::filesystem::path output_file = {};  // empty: collected in output()
  std::filesystem::path error_file = {};   // empty: collected in errors()
  bool close_output = false;               // it has no standard output at all
  std::optional<User> user = {};           // empty: this process' own
};

// A file of a process in /proc; "" once it is gone.
std::string processFile(const std::string& pid, const std::string& file);

class ChildProcess {
 public:
  // argv[0] is a path, or a name that is looked up in this process' PATH and the system's directories.
  ChildProcess(const std::vector<std::string>& argv, const Environment& environment, const ChildOptions& options = {});
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const;
  void signal(int number);  // to the process alone; nothing once it has ended

  // The exit code, or 128 and the number of the signal that ended it; none when it still runs at the end of the timeout. Once it has
  // ended, output() and errors() are complete.
  std::optional<int> waitForExit(std::chrono::milliseconds timeout);
  bool running() { return !waitForExit(std::chrono::milliseconds(0)).has_value(); }

  // All it has written so far.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What a program said, and how it ended.
struct Ended {
  int code = -1;
  std::string output;
  std::string errors;
};

// Runs a program to its end. Throws std::runtime_error when that doesn't come within the time.
Ended runToEnd(const std::vector<std::string>& argv, const Environment& environment = plainEnvironment(), const ChildOptions& options = {},
               std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace pulsewatch::testing
