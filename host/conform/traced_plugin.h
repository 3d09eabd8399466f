// A plugin whose every call is noted first, so that it is known where it was when it crashed or hung.
#pragma once

#include "conform/progress.h"
#include "conform/subject.h"
#include <pulsewatch/abi.h>

namespace pulsewatch::conform {

// Traced. One at a time in a process; `plugin` and `progress` must outlive it.
const pw_plugin* traced(const pw_plugin& plugin, Progress& progress);

// Opened as a host opens it, and traced; stays loaded for the process's life. Throws Refusal.
const pw_plugin* openTraced(const Subject& subject, Progress& progress);

// From now on the host takes no log lines and no observations: the fake one keeps them all, and would grow.
void hearNothing();

}  // namespace pulsewatch::conform
