// What is known of one check: its status and how it came to it. Immutable once published.
#pragma once

#include "base/check_result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace pulsewatch {

// What of a check's configuration its state and its vote depend on.
struct CheckPolicy {
  std::string name;
  std::string plugin;
  bool critical = true;
  unsigned fall = 1;  // so many failed runs in a row turn it unhealthy
  unsigned rise = 1;  // so many passed runs in a row turn it back
  std::optional<Milliseconds> degraded_after;
  Nanoseconds stale_after{0};  // of active time, without a result; see ActiveTime
  std::string unavailable;     // why it cannot run at all; empty: it can
};

// When a result came, on each clock that somebody asks for.
struct ResultTime {
  WallTime wall;
  Nanoseconds active{0};
};

struct CheckState {
  bool has_result = false;
  CheckStatus status = CheckStatus::unhealthy;
  std::string message = "no result yet";  // of the last run that agreed with the status
  double latency_ms = 0;                  // of the last run
  std::uint64_t sequence = 0;             // of the last run
  WallTime since;                         // of the status
  ResultTime last_run;
  std::optional<WallTime> last_success;
  unsigned consecutive_failures = 0;
  unsigned consecutive_passes = 0;
};

// The state after one more run: thresholds and `degraded_after` applied. A report older than the state changes nothing. Pure.
CheckState after(const CheckState& state, const CheckPolicy& policy, const RunReport& report, ResultTime time);

// How the check is to be run from here on. Pure.
Pace paceOf(const CheckState& state);

// What the run counts as: its own word, but `degraded` when it passed slower than `degraded_after`. Pure.
RunOutcome outcomeOf(const RunReport& report, const CheckPolicy& policy);

}  // namespace pulsewatch
