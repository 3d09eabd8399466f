// A real MariaDB of a test's own: mariadbd on 127.0.0.1 and a unix socket, with a data directory that goes with it.
//
// It has the database `pulsewatch_dev` and the user `pulsewatch`, whose password holds what URLs, shells and connection strings choke on.
// One thread at a time. Throws std::runtime_error when a statement fails.
#pragma once

#include "support/private_server.h"

#include <filesystem>
#include <string>
#include <vector>

namespace pulsewatch::testing {

class MariaDbServer final : public PrivateServer {
 public:
  // Starts it; `options` are further ones of mariadbd, such as "--max-connections=10".
  explicit MariaDbServer(std::vector<std::string> options = {});

  static const std::string& user();      // pulsewatch
  static const std::string& password();  // p;a@s:s/w%rd'"\ ü
  static const std::string& database();  // pulsewatch_dev

  [[nodiscard]] std::filesystem::path socketPath() const { return path("socket"); }

  // mysql://user:password@127.0.0.1:port/database, percent-encoded.
  [[nodiscard]] std::string url() const { return url(user(), password(), database()); }
  [[nodiscard]] std::string url(const std::string& user, const std::string& password, const std::string& database) const;

  // Runs one statement as the administrator over the unix socket; its rows as text, NULL as "NULL".
  std::vector<std::vector<std::string>> sql(const std::string& statement) const;
  // A value of SHOW GLOBAL STATUS.
  [[nodiscard]] long long status(const std::string& name) const;

 private:
  std::vector<std::string> commandLine() override;
  [[nodiscard]] bool answers() const override;

  std::vector<std::string> options_;
};

// Every byte but the unreserved ones of RFC 3986 as %XX.
std::string percentEncoded(const std::string& text);

}  // namespace pulsewatch::testing
