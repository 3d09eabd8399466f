// Asks /ready, or another path, again and again on connections of its own from a thread of its own, from construction to finish(), and
// keeps how long each answer took: what a load balancer sees while a dependency is in trouble. Any thread may call finish(), once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch::testing {

class LatencyProbe {
 public:
  explicit LatencyProbe(std::uint16_t port, std::string path = "/ready");
  LatencyProbe(const LatencyProbe&) = delete;
  LatencyProbe& operator=(const LatencyProbe&) = delete;
  ~LatencyProbe();

  // Throws std::runtime_error when an answer was missing or was neither 200 nor 503, or when the answers were too slow: 99 of 100 must
  // take less than 50 ms, and none as long as the limit, by default a quarter of the shortest time-out there is. The hundredth is the
  // machine's: the tests share it with other work, and a probe that loses its turn on a processor sees that as latency.
  void finish(std::chrono::milliseconds limit = std::chrono::milliseconds(250));

 private:
  void run(std::uint16_t port);

  const std::string path_;
  std::vector<std::chrono::microseconds> durations_;  // the thread's until it is joined
  std::string failure_;                               // the same
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace pulsewatch::testing
