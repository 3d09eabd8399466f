// A real Redis of a test's own, on 127.0.0.1 and a unix socket, with nothing kept on disk.
//
// One thread at a time. Throws std::runtime_error when redis-cli fails.
#pragma once

#include "support/private_server.h"

#include <filesystem>
#include <string>
#include <vector>

namespace pulsewatch::testing {

class RedisServer final : public PrivateServer {
 public:
  // Starts it; `lines` go into its configuration file: "requirepass secret", "user reader on >pw ~* +ping +get", "tls-port 0", …
  explicit RedisServer(std::vector<std::string> lines = {});

  [[nodiscard]] std::filesystem::path socketPath() const { return path("socket"); }

  // redis://127.0.0.1:port/database, or with a user and password, percent-encoded.
  [[nodiscard]] std::string url(int database = 0) const;
  [[nodiscard]] std::string url(const std::string& user, const std::string& password, int database = 0) const;

  // Runs a command as an administrator whom no requirepass or user line locks out; redis-cli's raw output without the last newline.
  std::string command(const std::vector<std::string>& words) const;

 private:
  std::vector<std::string> commandLine() override;
  [[nodiscard]] bool answers() const override;

  std::vector<std::string> lines_;
};

}  // namespace pulsewatch::testing
