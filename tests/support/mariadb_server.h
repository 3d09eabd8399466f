// A real MariaDB of a test's own: mariadbd on 127.0.0.1 and a unix socket, with a data directory that goes with it.
//
// It has the database `pulsewatch_dev` and the user `pulsewatch`, whose password holds what URLs, shells and connection strings choke on.
// The port stays the same over stop(), kill() and start(). One thread at a time. Throws std::runtime_error, with the server's own log,
// when it doesn't start or a statement fails.
#pragma once

#include "support/child_process.h"
#include "support/temporary_directory.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace pulsewatch::testing {

class MariaDbServer {
 public:
  // Starts it; `options` are further ones of mariadbd, such as "--max-connections=10".
  explicit MariaDbServer(std::vector<std::string> options = {});
  MariaDbServer(const MariaDbServer&) = delete;
  MariaDbServer& operator=(const MariaDbServer&) = delete;
  ~MariaDbServer();

  static const std::string& user();      // pulsewatch
  static const std::string& password();  // p;a@s:s/w%rd'"\ ü
  static const std::string& database();  // pulsewatch_dev

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::filesystem::path socketPath() const;
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }  // may be read by the server's user

  // mysql://user:password@127.0.0.1:port/database, percent-encoded.
  [[nodiscard]] std::string url() const { return url(user(), password(), database()); }
  [[nodiscard]] std::string url(const std::string& user, const std::string& password, const std::string& database) const;

  void start();   // returns when it takes connections
  void stop();    // cleanly: waits for the end
  void kill();    // SIGKILL
  void freeze();  // SIGSTOP: the kernel still accepts connections, nobody answers
  void thaw();
  [[nodiscard]] bool running() const { return process_ != nullptr; }

  // Runs one statement as the administrator over the unix socket; its rows as text, NULL as "NULL".
  std::vector<std::vector<std::string>> sql(const std::string& statement) const;
  // A value of SHOW GLOBAL STATUS.
  [[nodiscard]] long long status(const std::string& name) const;
  [[nodiscard]] std::string errorLog() const;

 private:
  [[nodiscard]] std::vector<std::string> commandLine() const;
  [[nodiscard]] bool answers() const;

  TemporaryDirectory directory_;
  std::vector<std::string> options_;
  std::uint16_t port_ = 0;
  bool port_is_settled_ = false;  // it has served once on port_
  std::unique_ptr<ChildProcess> process_;
};

// A free TCP port of 127.0.0.1, at this moment.
std::uint16_t freePort();

// Every byte but the unreserved ones of RFC 3986 as %XX.
std::string percentEncoded(const std::string& text);

// A server's own directory in the hands of the user it runs as.
void giveTo(const std::filesystem::path& directory, const std::optional<User>& user);

}  // namespace pulsewatch::testing
