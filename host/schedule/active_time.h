// Time in which the host really ran. A stall (the process stopped, the machine suspended or overloaded) counts as one second at most, so
// that a result doesn't grow stale because nobody was there to renew it. The scheduler's thread ticks; any thread reads.
#pragma once

#include "base/clock.h"

#include <atomic>
#include <cstdint>

namespace pulsewatch {

class ActiveTime {
 public:
  static constexpr Nanoseconds kMostStep = std::chrono::seconds(1);

  // One thread. Forward only.
  void tick(SteadyTime now) {
    if (last_ != SteadyTime()) {
      const Nanoseconds step = now - last_;
      elapsed_ns_.fetch_add((step < kMostStep ? step : kMostStep).count(), std::memory_order_relaxed);
    }
    last_ = now;
  }
  [[nodiscard]] Nanoseconds now() const { return Nanoseconds(elapsed_ns_.load(std::memory_order_relaxed)); }

 private:
  SteadyTime last_;
  std::atomic<std::int64_t> elapsed_ns_{0};
};

}  // namespace pulsewatch
