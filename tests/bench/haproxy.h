// A private HAProxy whose health checks look at a Redis and a MariaDB, and which shows on a port for each what it makes of them: 200 or
// 503. Throws std::runtime_error, with HAProxy's own words, when it doesn't start. One thread.
#pragma once

#include "support/haproxy.h"

#include <cstdint>
#include <string>

namespace pulsewatch::bench {

class HaProxy {
 public:
  // `option redis-check` and `option mysql-check user haproxy`, whom the MariaDB must know, without a password. `server_options` come
  // behind `check`; none: HAProxy's defaults (every 2 s; 3 failed checks take a server down, 2 good ones bring it up).
  HaProxy(std::uint16_t redis_port, std::uint16_t mariadb_port, const std::string& server_options);

  [[nodiscard]] std::uint16_t redisStatusPort() const { return proxy_.port(); }
  [[nodiscard]] std::uint16_t mariaDbStatusPort() const { return mariadb_status_; }

 private:
  const std::uint16_t mariadb_status_;
  const testing::HaProxy proxy_;
};

}  // namespace pulsewatch::bench
