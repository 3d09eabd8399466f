// What is known of one check: its status and how it came to it. Immutable once published.
#pragma once

#include "base/check_result.h"
#include "result/flapping.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

// What of a check's configuration its state and its vote depend on.
struct CheckPolicy {
  std::string name;
  std::string plugin;
  bool critical = true;
  unsigned fall = 1;            // so many failed runs in a row turn it unhealthy
  unsigned rise = 1;            // so many passed runs in a row turn it back
  Milliseconds flap_window{0};  // one that turns too often in it is flapping; 0: nobody looks
  std::optional<Milliseconds> degraded_after;
  std::vector<std::string> depends_on;  // checks without which it is not run
  bool shared = false;                  // what it asks is every instance's
  Nanoseconds stale_after{0};           // of active time, without a result; see ActiveTime
  std::string unavailable;              // why it cannot run at all; empty: it can
};

// When a result came, on each clock that somebody asks for.
struct ResultTime {
  WallTime wall;
  Nanoseconds active{0};
};

// Whether the check is kept from running by one that it depends on.
enum class Block {
  none,
  waiting,    // that has no result yet
  unhealthy,  // that is unhealthy
};

inline constexpr const char* kNoResultYet = "no result yet";

struct CheckState {
  bool has_result = false;  // false again once it has been blocked, until a result of its own
  Block block = Block::none;
  CheckStatus status = CheckStatus::unhealthy;
  std::string message = kNoResultYet;  // of the last run that agreed with the status; of a blocked check, why it is
  double latency_ms = 0;               // of the last run
  std::uint64_t sequence = 0;          // of the last run
  WallTime since;                      // of the status
  ResultTime last_run;
  std::optional<WallTime> last_success;
  unsigned consecutive_failures = 0;
  unsigned consecutive_passes = 0;
  std::shared_ptr<const FlapMemory> turns;  // null: it hasn't turned of late, or nobody looks

  [[nodiscard]] bool flapping() const { return turns != nullptr && turns->held; }
};

// The state after one more run: thresholds, `degraded_after` and the flap window applied. A report older than the state changes nothing; of
// a blocked check only what is counted changes. Pure.
CheckState after(const CheckState& state, const CheckPolicy& policy, const RunReport& report, ResultTime time);

// The state from when the check is blocked, or for another reason than before; and from when it is free to run again: the first result
// after that decides at once, as at the start. Pure.
CheckState blocked(const CheckState& state, Block block, const std::string& why, WallTime now);
CheckState released(const CheckState& state);

// How the check is to be run from here on. Pure.
Pace paceOf(const CheckState& state);

// What the run counts as: its own word, but `degraded` when it passed slower than `degraded_after`. Pure.
RunOutcome outcomeOf(const RunReport& report, const CheckPolicy& policy);

}  // namespace pulsewatch
