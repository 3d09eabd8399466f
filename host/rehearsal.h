// Runs each check of a setup once, in workers, as a new version of a plugin does before it takes over: which plugins would crash or hang is
// known before they are at work.
#pragma once

#include "setup.h"

#include <map>
#include <string>

namespace pulsewatch {

using Unfit = std::map<std::string, std::string>;

// Why plugins aren't fit, by name, each the end of a sentence; what their checks found doesn't matter. All run at a time: it takes as long
// as the slowest check may, and its plugin's kill_after. One thread.
Unfit rehearse(const Setup& setup);

}  // namespace pulsewatch
