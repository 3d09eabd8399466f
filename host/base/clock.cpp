#include "base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace pulsewatch {

SteadyTime SystemClock::running() const {
  constexpr Nanoseconds kMostStep = std::chrono::seconds(1);
  const std::lock_guard lock(mutex_);
  const SteadyTime now = steady();
  if (last_ != SteadyTime() && now - last_ > kMostStep) stood_still_ += now - last_ - kMostStep;
  last_ = now;
  return now - stood_still_;
}

std::string timestamp(WallTime time) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  const auto whole = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const std::time_t unix_time = whole.count();
  std::tm utc{};
  gmtime_r(&unix_time, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>((since_epoch - whole).count()));
  return text.data();
}

}  // namespace pulsewatch
