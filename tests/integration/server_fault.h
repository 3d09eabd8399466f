// One server's trouble from beginning to end, as a running daemon shows it: it breaks, /ready, the metrics and the log say so, it stays
// broken for some runs, it is mended, and the daemon recovers by itself. /ready is asked all the while and must stay quick.
#pragma once

#include "support/pulsewatch_process.h"

#include <functional>
#include <string>

namespace pulsewatch::testing {

struct ServerFault {
  std::string check;              // the one that turns
  std::string other_check;        // the one that must not
  std::function<void()> breakIt;  // when it throws, mend is not called
  std::function<void()> mend;
  std::string message;   // that of the check while the fault lasts, or a part of it
  int further_runs = 3;  // how many more failed runs to wait for: the message must stay
};

// Throws (CppUnit's assertions) where the daemon shows something else. The daemon is ready before and after.
void showFault(PulsewatchProcess& daemon, const ServerFault& fault);

}  // namespace pulsewatch::testing
