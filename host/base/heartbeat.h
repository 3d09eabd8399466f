// A thread's sign of life: it ticks each time round its loop, others see how long ago that was, both on Clock::running(). Any thread.
#pragma once

#include "base/clock.h"

#include <atomic>
#include <cstdint>

namespace pulsewatch {

class Heartbeat {
 public:
  static constexpr std::chrono::seconds kAlive{5};  // an older one is of a thread that makes no progress

  void tick(SteadyTime now) { last_ns_.store(now.time_since_epoch().count(), std::memory_order_relaxed); }
  [[nodiscard]] Nanoseconds age(SteadyTime now) const {
    return now.time_since_epoch() - Nanoseconds(last_ns_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] bool alive(SteadyTime now) const { return age(now) < kAlive; }

 private:
  std::atomic<std::int64_t> last_ns_{0};
};

}  // namespace pulsewatch
