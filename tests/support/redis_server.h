// A real Redis of a test's own, on 127.0.0.1 and a unix socket, with nothing kept on disk.
//
// The port stays the same over stop(), kill() and start(). One thread at a time. Throws std::runtime_error, with the server's own
// output, when it doesn't start or redis-cli fails.
#pragma once

#include "support/child_process.h"
#include "support/temporary_directory.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace pulsewatch::testing {

class RedisServer {
 public:
  // Starts it; `lines` go into its configuration file: "requirepass secret", "user reader on >pw ~* +ping +get", "tls-port 0", …
  explicit RedisServer(std::vector<std::string> lines = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::filesystem::path socketPath() const;
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }  // may be read by the server's user

  // redis://127.0.0.1:port/database, or with a user and password, percent-encoded.
  [[nodiscard]] std::string url(int database = 0) const;
  [[nodiscard]] std::string url(const std::string& user, const std::string& password, int database = 0) const;

  void start();   // returns when it answers
  void stop();    // cleanly: waits for the end
  void kill();    // SIGKILL
  void freeze();  // SIGSTOP: the kernel still accepts connections, nobody answers
  void thaw();
  [[nodiscard]] bool running() const { return process_ != nullptr; }

  // Runs a command as an administrator whom no requirepass or user line locks out; redis-cli's raw output without the last newline.
  std::string command(const std::vector<std::string>& words) const;
  [[nodiscard]] std::string log() const;

 private:
  void writeConfiguration() const;
  [[nodiscard]] bool answers() const;

  TemporaryDirectory directory_;
  std::vector<std::string> lines_;
  std::uint16_t port_ = 0;
  bool port_is_settled_ = false;  // it has served once on port_
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace pulsewatch::testing
