// A private HAProxy whose health checks look at a Redis and a MariaDB, and which shows on a port for each what it makes of them: 200 or
// 503. Throws std::runtime_error, with HAProxy's own words, when it doesn't start. One thread.
#pragma once

#include "support/child_process.h"
#include "support/temporary_directory.h"

#include <cstdint>
#include <memory>
#include <string>

namespace pulsewatch::bench {

class HaProxy {
 public:
  // `option redis-check` and `option mysql-check user haproxy`, whom the MariaDB must know, without a password. `server_options` come
  // behind `check`; none: HAProxy's defaults (every 2 s; 3 failed checks take a server down, 2 good ones bring it up).
  HaProxy(std::uint16_t redis_port, std::uint16_t mariadb_port, const std::string& server_options);
  HaProxy(const HaProxy&) = delete;
  HaProxy& operator=(const HaProxy&) = delete;
  ~HaProxy();

  [[nodiscard]] std::uint16_t redisStatusPort() const { return redis_status_; }
  [[nodiscard]] std::uint16_t mariaDbStatusPort() const { return mariadb_status_; }

 private:
  testing::TemporaryDirectory directory_;
  std::uint16_t redis_status_ = 0;
  std::uint16_t mariadb_status_ = 0;
  std::unique_ptr<testing::ChildProcess> process_;
};

}  // namespace pulsewatch::bench
