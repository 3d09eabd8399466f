// The board: the latest state and the tallies of every check. Runs write to it, the judge and the metrics read from it.
#pragma once

#include "base/mutex.h"
#include "result/check_state.h"
#include "result/histogram.h"
#include "result/run_history.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pulsewatch {

// One check on a snapshot. Shared with the board: nothing in it ever changes.
struct BoardRow {
  CheckId check = 0;
  std::shared_ptr<const CheckPolicy> policy;
  std::shared_ptr<const CheckState> state;
};
using BoardSnapshot = std::vector<BoardRow>;  // by name

// What has been counted of one check since it was made.
struct CheckTally {
  std::array<std::uint64_t, kRunOutcomes> runs{};
  std::array<std::uint64_t, 3> transitions{};  // by the CheckStatus it turned to
  Histogram durations{kCheckBuckets};
};

// One result as it changed the board.
struct BoardChange {
  const CheckPolicy& policy;
  const CheckState& before;
  const CheckState& after;
  const RunReport& report;
  [[nodiscard]] bool turned() const { return after.has_result && (!before.has_result || before.status != after.status); }
};

// A check that has been blocked, or for another reason than before.
struct BoardBlock {
  std::shared_ptr<const CheckPolicy> policy;
  std::shared_ptr<const CheckState> before;
  std::shared_ptr<const CheckState> after;
};

// Told of every result, on the thread that brought it, with no lock held.
class BoardListener {
 public:
  virtual ~BoardListener() = default;
  virtual void resultCame(const BoardChange& change) = 0;
};

// What changes about checks on the board in one step, as whoever takes a snapshot sees it.
struct BoardEdit {
  std::vector<std::pair<CheckId, CheckPolicy>> policies;
  std::vector<CheckId> removed;
};

// Any thread.
class ResultBoard {
 public:
  explicit ResultBoard(BoardListener& listener) : listener_(listener) {}

  // A check that is `unavailable` has that as its result at once and for good. One that depends on others begins blocked. One that comes
  // `later` is in no snapshot until it is let in, and not blocked before it has a result.
  enum class Comes { now, later };
  void add(CheckId check, CheckPolicy policy, WallTime now, Comes comes = Comes::now) EXCLUDES(mutex_);

  // Other terms for a check that keeps its state and tallies. One that becomes unavailable has that as its result at once; one that becomes
  // available stays as it is until its next result, and is blocked when it depends on others.
  void setPolicy(CheckId check, CheckPolicy policy, ResultTime now) EXCLUDES(mutex_);
  void remove(CheckId check) EXCLUDES(mutex_);

  // Waits until each check that comes later has its first result, or hurry() was called, to `until` at the latest.
  void waitForNewcomers(SteadyTime until) EXCLUDES(mutex_);
  void hurry() EXCLUDES(mutex_);  // nobody waits for newcomers any more
  // Lets the newcomers in, and makes the edit, all in one step.
  void letIn(BoardEdit&& edit, ResultTime now) EXCLUDES(mutex_);

  // Gives how the check is to be run from here on.
  Pace apply(const RunReport& report, ResultTime time) EXCLUDES(mutex_);

  // It is unhealthy for this reason, and no result changes that, until it is released. Nothing when it is so already, or can't run at all.
  std::optional<BoardBlock> block(CheckId check, Block block, const std::string& why, WallTime now) EXCLUDES(mutex_);
  void release(CheckId check) EXCLUDES(mutex_);

  [[nodiscard]] std::shared_ptr<const BoardSnapshot> snapshot() const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);
  [[nodiscard]] PastRuns history(const std::string& name) const EXCLUDES(mutex_);  // empty of a check that isn't there

  // Visits each check in order of name with its latest state, some hundred at a time under the lock, so that a scrape holds up no result
  // for long.
  void visit(const std::function<void(const BoardRow&, const CheckTally&)>& visitor) const EXCLUDES(mutex_);

 private:
  struct Entry {
    std::shared_ptr<const CheckPolicy> policy;
    std::shared_ptr<const CheckState> state;
    CheckTally tally;
    RunHistory history;
    CheckId check = 0;
    bool comes_later = false;
  };
  static void setPolicy(Entry& entry, CheckPolicy policy, ResultTime now);
  void erase(CheckId check) REQUIRES(mutex_);

  BoardListener& listener_;
  mutable Mutex mutex_;
  std::map<std::string, Entry> entries_ GUARDED_BY(mutex_);  // by name
  std::unordered_map<CheckId, Entry*> by_id_ GUARDED_BY(mutex_);
  std::size_t awaited_ GUARDED_BY(mutex_) = 0;  // newcomers without a result
  bool hurried_ GUARDED_BY(mutex_) = false;
  CondVar arrived_;                    // the last of them has one
  TextPool texts_ GUARDED_BY(mutex_);  // of the histories
};

}  // namespace pulsewatch
