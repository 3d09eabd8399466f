#include "base/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace pulsewatch {

namespace {

// The last so many decimal digits of a number.
char* digits(char* at, std::int64_t number, std::size_t count) {
  for (std::size_t i = count; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
  return at + count;
}

}  // namespace

// What was seen a moment ago is near enough to tell a second's standstill by: so those who ask often share no lock.
SteadyTime SystemClock::running() const {
  constexpr Nanoseconds kMostStep = std::chrono::seconds(1);
  constexpr Nanoseconds kMoment = Milliseconds(10);
  const auto ran = [this](SteadyTime now) { return now - Nanoseconds(stood_still_ns_.load(std::memory_order_relaxed)); };
  const auto last = [this] { return SteadyTime(Nanoseconds(last_ns_.load(std::memory_order_acquire))); };
  if (const SteadyTime before = last(), now = steady(); before != SteadyTime() && now - before <= kMoment) return ran(now);
  const std::lock_guard lock(mutex_);
  const SteadyTime before = last();
  const SteadyTime now = steady();
  if (before != SteadyTime() && now - before > kMostStep) stood_still_ns_ += (now - before - kMostStep).count();
  last_ns_.store(now.time_since_epoch().count(), std::memory_order_release);
  return ran(now);
}

// Without gmtime_r, which takes a lock of the whole process.
std::string timestamp(WallTime time) {
  const auto since_epoch = std::chrono::floor<std::chrono::microseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(since_epoch - day);
  std::array<char, 27> text{};
  char* at = digits(text.data(), static_cast<int>(date.year()), 4);
  const auto add = [&at](char before, std::int64_t number, std::size_t count) {
    *at++ = before;
    at = digits(at, number, count);
  };
  add('-', static_cast<unsigned>(date.month()), 2);
  add('-', static_cast<unsigned>(date.day()), 2);
  add('T', clock.hours().count(), 2);
  add(':', clock.minutes().count(), 2);
  add(':', clock.seconds().count(), 2);
  add('.', clock.subseconds().count(), 6);
  *at = 'Z';
  return {text.data(), text.size()};
}

}  // namespace pulsewatch
