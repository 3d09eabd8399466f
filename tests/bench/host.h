// pulsewatchd as the bench runs it: on a port known beforehand, so that its start can be watched from outside; with the shipped plugins
// on real servers, or with many checks of a plugin that answers at once.
//
// One thread. Throws std::runtime_error when something isn't as it should be: a figure of a broken run is none.
#pragma once

#include "support/mariadb_server.h"
#include "support/pulsewatch_process.h"
#include "support/redis_server.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>

namespace pulsewatch::bench {

// A private MariaDB and Redis.
struct Servers {
  testing::MariaDbServer mariadb;
  testing::RedisServer redis;
};

class Host {
 public:
  // `database` and `redis`, two real checks, as often as is the default; and what these options add to the configuration.
  explicit Host(const Servers& servers, testing::PulsewatchOptions options = {});
  // So many checks, each healthy at once, of one plugin with this `plugins.isolation`.
  Host(int checks, std::chrono::milliseconds interval, const std::string& isolation);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return process_->child().pid(); }
  // Since just before the program was started.
  [[nodiscard]] std::chrono::steady_clock::duration age() const { return std::chrono::steady_clock::now() - started_; }

  // Asks until the path is answered with this status, as quickly as that can be seen.
  void waitFor(const std::string& path, int status = 200) const;
  [[nodiscard]] testing::HttpResponse get(const std::string& path) const;

  void stop() { process_->stop(); }

 private:
  void start(testing::PulsewatchOptions options);

  std::uint16_t port_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::unique_ptr<testing::PulsewatchProcess> process_;
};

}  // namespace pulsewatch::bench
