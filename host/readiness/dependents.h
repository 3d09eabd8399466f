// Makes true what a verdict says of checks that depend on others: one that is not checked is blocked on the board and paused in the
// schedule; one that isn't any more is released and run at once. On the judge's thread, before the verdict is told, so that whoever reads
// of a check that it is not checked sees no further run of it begin.
#pragma once

#include "base/clock.h"
#include "readiness/readiness.h"
#include "result/result_board.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

// A check that has become blocked, for the log.
struct BlockedCheck {
  BoardBlock change;
  std::string root_cause;  // its name; "": it isn't there
};

class Dependents {
 public:
  using Call = std::function<void(CheckId)>;

  // The board must outlive it, and what is called.
  Dependents(ResultBoard& board, Call pause, Call resume) : board_(board), pause_(std::move(pause)), resume_(std::move(resume)) {}

  struct Outcome {
    bool changed = false;  // the board is another: judge again
    std::vector<BlockedCheck> blocked;
  };
  Outcome judged(const Verdict& verdict);

 private:
  ResultBoard& board_;
  const Call pause_;
  const Call resume_;
};

}  // namespace pulsewatch
