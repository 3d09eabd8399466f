// The list of mutes on disk: a line that says what it is, then one for each, `CHECK UNTIL REASON`, UNTIL in milliseconds since 1970.
// Replaced as a whole or not at all: whatever happens meanwhile, there is the old list or the new one. Blocks as long as the disk does.
#pragma once

#include "readiness/mute_list.h"

#include <string>

namespace pulsewatch {

inline constexpr std::size_t kMostMuteReason = 200;  // bytes, before what can't be seen is made visible

// A reason as it is kept: one line of visible text.
std::string shownReason(const std::string& reason);

// Gives why it can't be read, as a sentence's end; "" when it could, or is not there. A file that is no list of mutes, or that somebody
// else than root and ourselves could have written, gives none at all.
std::string readMuteFile(const std::string& path, MuteList& mutes);

// The same of writing. An empty list is no file, and needs no room. The directory is made if it isn't there.
std::string writeMuteFile(const std::string& path, const MuteList& mutes);

}  // namespace pulsewatch
