// The checks that an operator has muted: each runs and is shown, but doesn't vote, until its time is over. Plain values.
#pragma once

#include "base/clock.h"

#include <map>
#include <string>

namespace pulsewatch {

struct Mute {
  WallTime until;
  std::string reason;  // one line of visible text; may be empty
  bool operator==(const Mute&) const = default;
};
using MuteList = std::map<std::string, Mute>;  // by check; those whose time is over count no more

}  // namespace pulsewatch
