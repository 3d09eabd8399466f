// One run of the load generator wrk against a server of this machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace pulsewatch::bench {

struct Load {
  std::string path;
  int connections = 8;
  bool keep_alive = true;  // else a connection for each request, which asks for its end with `Connection: close`
};

struct LoadResult {
  double requests = 0;
  double requests_per_second = 0;
  double cpu_us_per_request = 0;  // of the server and its descendants
};

// Throws std::runtime_error when wrk fails, or when an answer was missing or wasn't 200. Any thread.
LoadResult runLoad(const Load& load, std::uint16_t port, pid_t server, std::chrono::seconds time);

}  // namespace pulsewatch::bench
