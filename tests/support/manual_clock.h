// A clock that stands still until the test moves it. Begins at an arbitrary steady time and at 2025-10-31T10:30:00Z. Any thread.
#pragma once

#include "base/clock.h"

#include <atomic>
#include <cstdint>

namespace pulsewatch::testing {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime steady() const override { return SteadyTime(Nanoseconds(kSteadyBegin + moved_ns_.load())); }
  [[nodiscard]] WallTime wall() const override {
    return WallTime(std::chrono::duration_cast<WallTime::duration>(Nanoseconds(kWallBegin + moved_ns_.load())));
  }

  [[nodiscard]] SteadyTime running() const override { return steady() - Nanoseconds(stood_still_ns_.load()); }

  void advance(Nanoseconds by) { moved_ns_ += by.count(); }
  // So much time in which the process didn't run.
  void standStill(Nanoseconds by) {
    stood_still_ns_ += by.count();
    moved_ns_ += by.count();
  }

 private:
  static constexpr std::int64_t kSteadyBegin = 1'000'000'000'000;
  static constexpr std::int64_t kWallBegin = 1'761'906'600'000'000'000;
  std::atomic<std::int64_t> moved_ns_{0};
  std::atomic<std::int64_t> stood_still_ns_{0};
};

}  // namespace pulsewatch::testing
