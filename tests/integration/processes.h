// The processes that a daemon has started, as /proc shows them, and plugins that arrive while it runs. Plain functions; one thread.
#pragma once

#include "support/pulsewatch_process.h"

#include <filesystem>
#include <set>
#include <string>
#include <sys/types.h>

namespace pulsewatch::testing {

// The living children of a process.
std::set<pid_t> processesOf(pid_t parent);

// Whether a living process is in one of these process groups.
bool anyInGroups(const std::set<pid_t>& groups);

// The daemon's worker for this plugin; waits for it. Throws when there comes to be none.
pid_t workerOf(PulsewatchProcess& daemon, const std::string& plugin);

std::filesystem::path fixturePath(const std::string& fixture);

// Puts a file into the daemon's plugin directory in one piece, as an installation does.
void dropPlugin(PulsewatchProcess& daemon, const std::string& file, const std::string& content);

}  // namespace pulsewatch::testing
