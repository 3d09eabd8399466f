// What a check says of a comparison. Pure; any thread.
#pragma once

#include "migrations/tool.h"
#include <pulsewatch/plugin.h>

#include <string>

namespace pulsewatch::migrations {

// The sentence for people has the first three names, the details for the log have more.
Result verdict(const Comparison& comparison, const Tool& tool, const std::string& path);

}  // namespace pulsewatch::migrations
