// How many log lines a check may write: a burst, then so many a second; the rest is counted, to be told in one line every few seconds.
// Pure; one thread at a time.
#pragma once

#include "base/clock.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace pulsewatch {

class LogLimiter {
 public:
  static constexpr std::int64_t kBurst = 500;
  static constexpr std::int64_t kPerSecond = 200;
  static constexpr std::chrono::seconds kTellEvery{5};

  explicit LogLimiter(SteadyTime now) : full_at_(now), told_(now - kTellEvery) {}

  // Whether a line may be written; one that may not is counted.
  bool allow(SteadyTime now) {
    if (full_at_ - now > (kBurst - 1) * kLine) {
      if (dropped_++ == 0) first_dropped_ = now;
      return false;
    }
    full_at_ = std::max(full_at_, now) + kLine;
    return true;
  }

  // The dropped lines that are to be told of now, once: in a pause of the writing, or when it goes on and on. 0: none.
  std::uint64_t toTell(SteadyTime now, bool pause) {
    if (dropped_ == 0 || now - (pause ? told_ : first_dropped_) < kTellEvery) return 0;
    told_ = now;
    return std::exchange(dropped_, 0);
  }

 private:
  static constexpr Nanoseconds kLine = Nanoseconds(std::chrono::seconds(1)) / kPerSecond;

  SteadyTime full_at_;  // when the whole burst is free again
  SteadyTime told_;
  SteadyTime first_dropped_;  // of those not told of yet
  std::uint64_t dropped_ = 0;
};

}  // namespace pulsewatch
