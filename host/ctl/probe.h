// `pulsewatchctl probe`: asks /ready as a load balancer does and says what came of it in one line, in the form and with the exit code that
// Nagios wants of a plugin, or that a container's health check wants. One thread; ends the process by itself when the time is over.
#pragma once

#include "base/clock.h"

#include <string>

namespace pulsewatch {

struct ProbeOptions {
  std::string url = "http://127.0.0.1:8080/ready?verbose";
  Milliseconds timeout{2000};  // for all of it, from the name's lookup to the answer's last byte
  bool container = false;      // 0 and 1 alone, and degraded is 0
};

// "" when it is one that can be asked, else why not, as a sentence's end.
std::string probeUrlFault(const std::string& url);

// Prints the line; gives the exit code.
int probe(const ProbeOptions& options);

}  // namespace pulsewatch
