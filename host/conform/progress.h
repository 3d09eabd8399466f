// What the process of a rule says to the program, over memory that they share: where it is, and what came of it. A plugin that crashes,
// hangs, ends the process or closes its descriptors loses none of it.
#pragma once

#include "base/clock.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace pulsewatch::conform {

enum class Verdict : int { none, ok, failed, skipped };

// What the plugin is asked for.
enum class Phase : int { none, load, create, run, destroy, unload };

struct Board {
  std::atomic<Verdict> verdict{Verdict::none};
  std::atomic<Phase> phase{Phase::none};
  std::atomic<std::int64_t> since_ms{0};  // of the steady clock: the step's begin
  std::atomic<std::int64_t> limit_ms{0};  // how long it may take
  std::array<char, 400> step{};
  std::array<char, 4000> sentence{};
};

// The rule's side of it. Phases come from any thread, all else from one, while no other calls.
class Progress {
 public:
  // For the process that calls it.
  Progress(Board& board, Milliseconds limit);

  // What is tried from now on, as the end of "in create, …", and how long it may take; by default as long as a run may, and what a host
  // waits beyond. A child that the plugin has forked ends here.
  void at(const std::string& step) { at(step, limit_); }
  void at(const std::string& step, Milliseconds limit);
  void enter(Phase phase);
  // Whether phases are noted from now on: of calls at the same time the last one would tell nothing.
  void follow(bool calls);
  void end(Verdict verdict, const std::string& sentence);

 private:
  void leaveForkedChild() const;

  Board& board_;
  const Milliseconds limit_;
  const pid_t process_;
  bool follows_ = true;
};

}  // namespace pulsewatch::conform
