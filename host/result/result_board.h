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

// Any thread.
class ResultBoard {
 public:
  explicit ResultBoard(BoardListener& listener) : listener_(listener) {}

  // A check that is `unavailable` has that as its result at once and for good. One that depends on others begins blocked.
  void add(CheckId check, CheckPolicy policy, WallTime now) EXCLUDES(mutex_);

  // Other terms for a check that keeps its state and tallies. One that becomes unavailable has that as its result at once; one that becomes
  // available stays as it is until its next result, and is blocked when it depends on others.
  void setPolicy(CheckId check, CheckPolicy policy, ResultTime now) EXCLUDES(mutex_);
  void remove(CheckId check) EXCLUDES(mutex_);

  void apply(const RunReport& report, ResultTime time) EXCLUDES(mutex_);

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
  };

  BoardListener& listener_;
  mutable Mutex mutex_;
  std::map<std::string, Entry> entries_ GUARDED_BY(mutex_);  // by name
  std::unordered_map<CheckId, Entry*> by_id_ GUARDED_BY(mutex_);
  TextPool texts_ GUARDED_BY(mutex_);  // of the histories
};

}  // namespace pulsewatch
