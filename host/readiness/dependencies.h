// Settles which checks of a verdict are not checked, as one that they depend on has no result or is unhealthy: those first that others
// depend on, however long the chain. For judge() alone. Pure.
#pragma once

#include "readiness/readiness.h"

#include <vector>

namespace pulsewatch {

// `checks`, by name, have been judged each by itself.
void judgeDependents(std::vector<CheckVerdict>& checks);

}  // namespace pulsewatch
