// The end of what a run may do: a moment, or earlier when the host gives the run up. Everything that may block waits here, so that the
// time of the parts adds up to no more than the whole. On the run's thread only, and no longer than the run.
#pragma once

#include <pulsewatch/plugin.h>

#include <algorithm>
#include <chrono>

namespace pulsewatch::net {

class Deadline {
 public:
  explicit Deadline(const Run& run) : run_(&run), at_(Clock::now() + run.remaining()) {}
  explicit Deadline(std::chrono::milliseconds time) : at_(Clock::now() + time) {}

  // The same, but over after `time` at the latest.
  [[nodiscard]] Deadline within(std::chrono::milliseconds time) const {
    Deadline shorter = *this;
    shorter.at_ = std::min(at_, Clock::now() + time);
    return shorter;
  }

  [[nodiscard]] bool over() const { return Clock::now() >= at_ || (run_ != nullptr && run_->cancelled()); }
  [[nodiscard]] std::chrono::milliseconds remaining() const {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()), std::chrono::milliseconds(0));
  }

  // Waits for poll()'s `events` on a descriptor; what poll() says of it, or 0 once the time is over.
  [[nodiscard]] short wait(int fd, short events) const;

 private:
  using Clock = std::chrono::steady_clock;

  const Run* run_ = nullptr;
  Clock::time_point at_;
};

}  // namespace pulsewatch::net
