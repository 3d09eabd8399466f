// When which check runs: the scheduler's whole mind, without a thread, a lock or a clock of its own. Time is handed in and only moves
// forward.
//
// Runs are due on a grid of one interval, start to start. The first run is due at once; the second at a point of the first interval that
// differs from check to check, where the grid begins: checks added together don't run together for ever. A check whose run is still going
// when the next is due misses that turn; turns missed (a stall, a slow run) are not caught up.
//
// While a check is failing or turning, the grid has points between, a fast interval apart, counted back from the next of its own, so that
// checks that fail together are spread as they were. After two minutes the distance doubles with each such run, up to the interval; what
// turns the check's pace begins that anew. A run may be wanted besides: at once, but only so many in a row (kWanted), then one in
// kWantedAgain; one that found a check failing that was well before doesn't count. One thread at a time.
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
  Milliseconds fast_interval{0};  // 0, or the interval or more: as the interval
};

class RunSchedule {
 public:
  static constexpr std::chrono::minutes kFastFor{2};
  static constexpr int kWanted = 5;
  static constexpr std::chrono::seconds kWantedAgain{10};  // or the interval, where that is less

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
  // A run is wanted out of turn; the grid stays. It is given when it is to be started now; else it is due when one that is going on has
  // ended, the check is released, or, unless somebody insists, enough time has passed since others that were wanted. Nothing while it is
  // paused.
  std::optional<Run> want(CheckId check, SteadyTime now, bool insist = false);
  // The run is really under way: its timeout counts from `at`, from the later one when it is told again (it was begun anew). Gives how late
  // that is after it was due, the first time.
  std::optional<Nanoseconds> started(Run run, SteadyTime at);
  End ended(Run run);
  // What the result of the run has made of the check. Later than ended(); an older run's says nothing.
  void setPace(Run run, Pace pace, SteadyTime now);

  // For so long until now nothing was done here: the process, or the machine, stood still. Runs in progress have that much longer.
  void stall(Nanoseconds length, SteadyTime now);
  // How much of the run in progress was stalled, where that is a quarter of its timeout or more; less is nothing.
  [[nodiscard]] Nanoseconds stalled(Run run) const;
  // Instead of ended(): such a run, to be started anew as the same one. False when it is none.
  bool repeat(Run run, SteadyTime now);

  // No run of the check is begun between hold() and release(); one that was due meanwhile is due at the release. A run that is overdue then
  // is let go of.
  void hold(CheckId check);
  void release(CheckId check, CheckTiming timing, SteadyTime now);
  // Another interval: a run that would be later than one of those from now is due now, and the grid stays as far as it can. A run that is
  // going on keeps its timeout.
  void retime(CheckId check, CheckTiming timing, SteadyTime now);
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
  static constexpr SteadyTime kNever = SteadyTime::max();

  enum class Phase { idle, requested, running, overdue };
  struct Entry {
    CheckTiming timing;
    Nanoseconds spread{0};  // from the next run to the one after it
    Phase phase = Phase::idle;
    bool held = false;
    bool owed = false;          // a run was due while it was held
    bool wanted_after = false;  // one was wanted while one was going on
    bool by_want = false;       // the present run, or the last one
    Pace pace = Pace::failing;  // before the first result too
    std::uint64_t sequence = 0;
    std::uint64_t paced = 0;     // the run that set the pace
    SteadyTime due;              // of the next run on the grid
    SteadyTime fast = kNever;    // of the next one between
    SteadyTime wanted = kNever;  // of one that is wanted, once it may be; never during a run
    Nanoseconds step{0};         // of the points between
    SteadyTime pace_since;
    SteadyTime spent;        // runs that were wanted are paid for until then
    SteadyTime since;        // due time of the present run
    SteadyTime deadline;     // of the present run, while running
    Nanoseconds stalled{0};  // of the present run
    [[nodiscard]] SteadyTime next() const { return std::min({due, fast, wanted}); }
  };
  using Turns = std::set<std::pair<SteadyTime, CheckId>>;

  static SteadyTime first(const Turns& turns) { return turns.empty() ? kNever : turns.begin()->first; }
  void startDue(CheckId check, Entry& entry, SteadyTime now, Due& due);
  static Run begin(CheckId check, Entry& entry, SteadyTime since, bool by_want);
  static void beginPace(Entry& entry, Pace pace, SteadyTime now);
  static SteadyTime nextFast(const Entry& entry, SteadyTime now);
  static SteadyTime mayBeWanted(const Entry& entry);
  // Changes when the check's next run is.
  template <class Change>
  void move(CheckId check, Entry& entry, Change change) {
    starts_.erase({entry.next(), check});
    change();
    starts_.insert({entry.next(), check});
  }

  std::unordered_map<CheckId, Entry> entries_;
  std::unordered_set<CheckId> paused_;
  Turns starts_;     // of each check, its next run
  Turns deadlines_;  // of each check whose run is under way
  std::uint64_t added_ = 0;
  SteadyTime stall_end_;
  Nanoseconds stall_length_{0};  // of the last stall
};

}  // namespace pulsewatch
