// Flap detection: a check that turns more than six times within its window is held at the worst status it turned to, until it has turned
// three times or less within the window. Fewer than made it begin, so that it doesn't come and go itself. Pure; any thread.
#pragma once

#include "base/check_result.h"

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace pulsewatch {

// A status by the thresholds alone, with the message of the last run that agreed with it.
struct SettledStatus {
  CheckStatus status = CheckStatus::unhealthy;
  std::string message;
};

// What is remembered of a check that has turned. Immutable once made.
struct FlapMemory {
  static constexpr std::size_t kFine = 6;  // turns in the window
  static constexpr std::size_t kCalm = 3;

  std::array<Nanoseconds, kFine + 1> turns{};  // when it turned, in active time, the latest last
  std::array<CheckStatus, kFine + 1> to{};     // what it turned to
  std::size_t known = 0;                       // how many of these, from the end
  bool held = false;
  CheckStatus worst = CheckStatus::unhealthy;    // while held
  CheckStatus settled = CheckStatus::unhealthy;  // what it would be if it weren't held
  std::array<std::string, 3> messages;           // by status, the last
};

// The memory after a run that left the check at `now`, before which it was at `before`, by the thresholds alone. Null when there is nothing
// to remember.
std::shared_ptr<const FlapMemory> remembered(const std::shared_ptr<const FlapMemory>& memory, const SettledStatus& before,
                                             const SettledStatus& now, Nanoseconds window, Nanoseconds at);

}  // namespace pulsewatch
