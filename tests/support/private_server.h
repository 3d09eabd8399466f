// What the real servers of the tests have in common: a process on a free port, with a directory that goes with it.
//
// The port stays the same over stop(), kill() and start(). One thread at a time. Throws std::runtime_error, with the server's own words,
// when it doesn't start or stop.
#pragma once

#include "support/child_process.h"
#include "support/temporary_directory.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch::testing {

class PrivateServer {
 public:
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }  // the server's user's own
  [[nodiscard]] std::string log() const;                                                      // what it has said since its last start

  void start();   // returns when it answers
  void stop();    // cleanly: waits for the end
  void kill();    // SIGKILL
  void freeze();  // SIGSTOP: the kernel still accepts connections, nobody answers
  void thaw();
  [[nodiscard]] bool running() const { return process_ != nullptr; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }  // while it runs

 protected:
  PrivateServer() = default;  // the constructor of the server itself ends with start()
  virtual ~PrivateServer();

  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return directory_ / name; }
  void write(const std::string& name, const std::string& content) const { directory_.write(name, content); }

 private:
  // Prepares the directory for a start on port(), and says how: the program writes to path("server.log") or to its output.
  virtual std::vector<std::string> commandLine() = 0;
  // Whether it does what it is for, at any time after the process was started.
  [[nodiscard]] virtual bool answers() const = 0;

  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  bool port_is_settled_ = false;  // it has served once on port_
  std::string program_;
  std::unique_ptr<ChildProcess> process_;
};

// The directory and all that is in it in the hands of the user the server runs as.
void giveTo(const std::filesystem::path& directory, const std::optional<User>& user);

// A free TCP port of 127.0.0.1, at this moment.
std::uint16_t freePort();

}  // namespace pulsewatch::testing
