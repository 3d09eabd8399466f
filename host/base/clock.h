// The two clocks of the host: steady time to measure and schedule with, wall time to stamp with. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace pulsewatch {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Milliseconds = std::chrono::milliseconds;
using Nanoseconds = std::chrono::nanoseconds;

// Where time comes from. Tests have one of their own that stands still until they move it.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime steady() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;
  // Steady time without that in which the whole process stood still: between two calls by anybody it goes on by a second at most. For how
  // long ago a thread gave a sign of life; not to be waited for.
  [[nodiscard]] virtual SteadyTime running() const { return steady(); }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] SteadyTime running() const override;

 private:
  mutable std::mutex mutex_;                      // of whoever writes what is below
  mutable std::atomic<std::int64_t> last_ns_{0};  // running() was called, give or take a moment
  mutable std::atomic<std::int64_t> stood_still_ns_{0};
};

// 2025-10-31T10:30:00.123456Z: UTC, microseconds, as the specification writes every timestamp.
std::string timestamp(WallTime time);

[[nodiscard]] inline double milliseconds(Nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }
[[nodiscard]] inline double seconds(Nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }
[[nodiscard]] inline double unixSeconds(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

}  // namespace pulsewatch
