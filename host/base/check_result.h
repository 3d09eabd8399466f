// The words that pass between the stages about a check and its runs. Plain values: they cross a process boundary as they are.
#pragma once

#include "base/clock.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

using CheckId = std::uint32_t;  // of one check from its making to its end; never used again

enum class CheckStatus { unhealthy, degraded, healthy };

inline std::string_view name(CheckStatus status) {
  return status == CheckStatus::healthy ? "healthy" : status == CheckStatus::degraded ? "degraded" : "unhealthy";
}

// How often a check is to be run, by what its last result made of it.
enum class Pace {
  normal,
  failing,  // its last run failed
  turning,  // its last run passed, which has not turned it yet
};

// How a run ended: what it said, or what was done to it.
enum class RunOutcome { healthy, degraded, unhealthy, timeout, crash };
inline constexpr std::size_t kRunOutcomes = 5;

inline std::string_view name(RunOutcome outcome) {
  constexpr std::string_view kNames[kRunOutcomes] = {"healthy", "degraded", "unhealthy", "timeout", "crash"};
  return kNames[static_cast<std::size_t>(outcome)];
}

// One observation of a plugin's: into series number `series` of its check.
struct Observation {
  std::int32_t series = -1;
  double value = 0;
};

// What one run came to. Text is valid UTF-8, short, and without the check's secrets.
struct RunReport {
  CheckId check = 0;
  std::uint64_t sequence = 0;  // of the check's runs, from 1, without a gap
  std::string request_id;      // the run's own
  RunOutcome outcome = RunOutcome::unhealthy;
  std::string message;
  std::string error;        // the details, for the log only
  std::string stack_trace;  // of the exception behind it, from where it was thrown
  Nanoseconds duration{0};
  std::vector<Observation> observations;
};

}  // namespace pulsewatch
