// What a process and all its descendants have used, from /proc. Any thread. A process that ends while it is looked at counts as nothing.
#pragma once

#include <sys/types.h>
#include <vector>

namespace pulsewatch::bench {

// The process itself first.
std::vector<pid_t> processTree(pid_t root);

// Seconds of CPU, user and system (utime and stime of /proc/PID/stat: whole hundredths).
double cpuSeconds(pid_t root);

struct Memory {
  double resident_mib = 0;       // VmRSS: pages that several of the processes share count in each
  double proportional_mib = 0;   // Pss: a shared page counts once, divided among those who have it
  double private_dirty_mib = 0;  // what it has written itself, and has alone
};
Memory memoryOf(pid_t root);
Memory memoryOfOne(pid_t pid);  // of the process without its descendants

}  // namespace pulsewatch::bench
