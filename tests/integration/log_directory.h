// A directory for a log, apart from the daemon's own so that it can be moved away or be a disk of its own, and what stands in it. One
// thread.
#pragma once

#include "integration/daemon.h"
#include "support/child_process.h"
#include "support/json_lines.h"
#include "support/temporary_directory.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pulsewatch::testing {

class LogDirectory {
 public:
  // `owner` comes to own it.
  explicit LogDirectory(const std::optional<User>& owner = {});

  [[nodiscard]] std::filesystem::path path() const { return outer_ / "logs"; }
  [[nodiscard]] std::string file() const { return path() / "pulsewatch.log"; }

  // A daemon that logs into it, with one check `steady`; `further` goes into the main file.
  [[nodiscard]] PulsewatchOptions options(const std::string& further = {}) const;

  // Each file's lines; throws unless all of them parse. In no particular order.
  [[nodiscard]] std::map<std::string, JsonLines> files() const;
  [[nodiscard]] JsonLines lines() const;

  void moveAway() const { std::filesystem::rename(path(), outer_ / "away"); }
  void moveBack() const { std::filesystem::rename(outer_ / "away", path()); }

 private:
  TemporaryDirectory outer_;
};

// Sends requests that are logged (404), and gives their ids.
std::vector<std::string> sendLoggedRequests(std::uint16_t port, int threads, int each);

// How often each id is in these lines.
std::map<std::string, int> countRequests(const JsonLines& lines);

}  // namespace pulsewatch::testing
