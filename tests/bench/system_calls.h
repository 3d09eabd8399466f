// How many system calls a server makes for a request, as strace counts them.
#pragma once

#include "bench/wrk.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace pulsewatch::bench {

// All of these processes' calls, of all their threads, by the requests of the load. None where strace may not attach to them. Throws
// std::runtime_error when the load fails.
std::optional<double> systemCalls(const Load& load, std::uint16_t port, const std::vector<pid_t>& processes, std::chrono::seconds time);

}  // namespace pulsewatch::bench
