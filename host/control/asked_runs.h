// The ends of runs that somebody asked for: the board shows a check's status, he wants to know of his run. Any thread.
#pragma once

#include "base/mutex.h"
#include "control/operations.h"

#include <atomic>
#include <deque>
#include <string>

namespace pulsewatch {

class AskedRuns {
 public:
  static constexpr std::size_t kMost = 256;  // runs that are remembered; older ones are forgotten

  // From now on the end of this check's next run above `after` is kept.
  void expect(const std::string& check, std::uint64_t after) EXCLUDES(mutex_);
  void resultCame(const BoardChange& change) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<RunEnd> end(const std::string& check, std::uint64_t after) const EXCLUDES(mutex_);

 private:
  struct Asked {
    std::string check;
    std::uint64_t after = 0;
    std::optional<RunEnd> end;
  };

  std::atomic<bool> any_{false};  // so that who never asks pays nothing
  mutable Mutex mutex_;
  std::deque<Asked> asked_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
