// Who a request is from: whoever shows the right credentials is known, all others are strangers. Guessing is slowed down for each client
// address. Passwords are hashed one at a time; of those that wait for it, beyond a few, the next is sent away, so that a flood of wrong
// passwords can't take all threads. No answer is remembered. Any thread.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "serve/credentials.h"
#include "serve/guess_throttle.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulsewatch {

class Gatekeeper {
 public:
  static constexpr int kMostHashing = 4;                 // the one that hashes, and those that wait for their turn
  static constexpr unsigned kMostLines = 20;             // of failures in the log,
  static constexpr std::chrono::seconds kLinesTime{60};  // within this time

  enum class Visitor {
    stranger,   // shows nothing
    known,      // the right credentials
    wrong,      // others
    throttled,  // must wait: nothing was compared
    busy,       // too many are being checked
  };
  struct Meeting {
    Visitor visitor = Visitor::stranger;
    std::int64_t wait_seconds = 0;  // throttled, busy: when to come again
  };

  Gatekeeper(Log& log, const Clock& clock) : log_(log), clock_(clock), throttle_(clock) {}

  Meeting meet(const Credentials& credentials, std::string_view authorization, const std::string& client) EXCLUDES(hashing_, log_mutex_);

 private:
  enum class Checked { right, wrong, busy };
  Checked check(const Credentials& credentials, const Presented& presented) EXCLUDES(hashing_);
  void tell(const Presented& presented, const std::string& client) EXCLUDES(log_mutex_);

  Log& log_;
  const Clock& clock_;
  GuessThrottle throttle_;
  std::atomic<int> checking_{0};
  Mutex hashing_;
  Mutex log_mutex_;
  SteadyTime lines_since_ GUARDED_BY(log_mutex_);
  unsigned lines_ GUARDED_BY(log_mutex_) = 0;
  std::int64_t untold_ GUARDED_BY(log_mutex_) = 0;
};

}  // namespace pulsewatch
