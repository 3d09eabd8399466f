// What a running process holds, as /proc shows it. Plain functions; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <sys/types.h>

namespace pulsewatch::testing {

struct ProcessFigures {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t resident_kib = 0;
};

// Of a process that lives.
ProcessFigures figuresOf(pid_t pid);

// The processor time it has used, of all its threads.
std::chrono::milliseconds processorTimeOf(pid_t pid);

// The open TCP connections to a port of this machine that its server has accepted.
std::size_t acceptedConnections(std::uint16_t port);

std::ostream& operator<<(std::ostream& out, const ProcessFigures& figures);

}  // namespace pulsewatch::testing
