// When a worker that died may start again: a second after its death, twice that each time it dies again, up to a minute; and from the
// beginning once it has behaved for a minute. Pure; one thread.
#pragma once

#include "base/clock.h"

#include <algorithm>

namespace pulsewatch {

class RestartPolicy {
 public:
  static constexpr std::chrono::seconds kLeast{1};
  static constexpr std::chrono::seconds kMost{60};
  static constexpr std::chrono::seconds kGoodBehaviour{60};

  // It died at `now`, having worked since `since`. Gives how long it has to wait.
  Nanoseconds died(SteadyTime since, SteadyTime now) {
    next_ = now - since >= kGoodBehaviour ? Nanoseconds(kLeast) : std::clamp<Nanoseconds>(next_ * 2, kLeast, kMost);
    return next_;
  }

 private:
  Nanoseconds next_{0};
};

}  // namespace pulsewatch
