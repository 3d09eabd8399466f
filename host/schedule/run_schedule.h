// When which check runs: the scheduler's whole mind, without a thread, a lock or a clock of its own. Time is handed in and only moves
// forward.
//
// Runs are due on a grid of one interval, start to start. The first run is due at once; the second at a point of the first interval that
// differs from check to check, where the grid begins: checks added together don't run together for ever. A check whose run is still going
// when the next is due misses that turn; turns missed (a stall, a slow run) are not caught up. One thread at a time.
#pragma once

#include "base/check_result.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace pulsewatch {

struct CheckTiming {
  Milliseconds interval{10000};
  Milliseconds timeout{2000};
};

class RunSchedule {
 public:
  struct Run {
    CheckId check = 0;
    std::uint64_t sequence = 0;
  };
  struct Due {
    std::vector<Run> starts;   // to be started now
    std::vector<Run> overdue;  // running for longer than their timeout: failed from now on
  };
  enum class End {
    inTime,   // its result counts
    late,     // it was overdue: its result was made already
    unknown,  // not a run in progress
  };

  void add(CheckId check, CheckTiming timing, SteadyTime now);
  void remove(CheckId check);

  // What is due by now. Each run is named once.
  Due advance(SteadyTime now);
  // A run out of turn, now; the grid stays. Nothing while one is going on or the check is held.
  std::optional<Run> startNow(CheckId check, SteadyTime now);
  // The run is really under way: its timeout counts from `at`, from the later one when it is told again (it was begun anew). Gives how late
  // that is after it was due, the first time.
  std::optional<Nanoseconds> started(Run run, SteadyTime at);
  End ended(Run run);

  // No run of the check is begun between hold() and release(); one that was due meanwhile is due at the release. A run that is overdue then
  // is let go of.
  void hold(CheckId check);
  void release(CheckId check, CheckTiming timing, SteadyTime now);
  // Between pause() and resume() no run of the check is begun and none is owed; its turns go by. It may be paused before it is added.
  void pause(CheckId check) { paused_.insert(check); }
  void resume(CheckId check) { paused_.erase(check); }
  [[nodiscard]] bool isIdle(CheckId check) const;  // no run is going on; true of an unknown check

  // When advance() has something to say next, and when next a run is overdue; far in the future when nothing is known.
  [[nodiscard]] SteadyTime next() const { return std::min(first(starts_), nextDeadline()); }
  [[nodiscard]] SteadyTime nextDeadline() const { return first(deadlines_); }
  // Where the check stands; nothing of an unknown one.
  struct Turn {
    SteadyTime due;  // of the next run
    bool running = false;
    bool paused = false;
  };
  [[nodiscard]] std::optional<Turn> turnOf(CheckId check) const;
  // The checks whose run is overdue and still going.
  [[nodiscard]] std::vector<CheckId> stuckChecks() const;

 private:
  enum class Phase { idle, requested, running, overdue };
  struct Entry {
    CheckTiming timing;
    Nanoseconds spread{0};  // from the first run to the second
    Phase phase = Phase::idle;
    bool held = false;
    bool owed = false;  // a run was due while it was held
    std::uint64_t sequence = 0;
    SteadyTime due;       // of the next run
    SteadyTime since;     // due time of the present run
    SteadyTime deadline;  // of the present run, while running
  };
  using Turns = std::set<std::pair<SteadyTime, CheckId>>;

  static SteadyTime first(const Turns& turns) { return turns.empty() ? SteadyTime::max() : turns.begin()->first; }
  void startDue(CheckId check, Entry& entry, SteadyTime now, Due& due);
  static Run begin(CheckId check, Entry& entry, SteadyTime since);

  std::unordered_map<CheckId, Entry> entries_;
  std::unordered_set<CheckId> paused_;
  Turns starts_;     // of each check, its next run
  Turns deadlines_;  // of each check whose run is under way
  std::uint64_t added_ = 0;
};

}  // namespace pulsewatch
