// The verdict: a pure function of what is known, the policy and the time.
#pragma once

#include "readiness/mute_list.h"
#include "result/result_board.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pulsewatch {

struct ReadinessPolicy {
  bool degraded_is_ready = true;
};

// The moment and the host's own condition at it.
struct JudgeInput {
  WallTime wall;
  Nanoseconds active{0};                            // of ActiveTime
  bool draining = false;                            // shutting down: never ready
  bool drained = false;                             // an operator took it out: not ready either
  bool scheduler_alive = true;                      // when it isn't, no result can be trusted to be renewed
  std::shared_ptr<const MuteList> mutes = nullptr;  // these checks don't vote; null: none
};

// Why a check counts as it does.
enum class VoteReason { none, noResult, stale, failed, degraded, unavailable };

struct CheckVerdict {
  const BoardRow* row = nullptr;                // of the snapshot
  CheckStatus status = CheckStatus::unhealthy;  // as shown: unhealthy too while there is no result, or a stale one
  VoteReason reason = VoteReason::none;
  bool excluded = false;
  const Mute* mute = nullptr;  // of the verdict's mutes; its time is not over
  bool against = false;        // it makes the verdict not ready
};

struct Verdict {
  bool ready = false;
  WallTime judged_at;
  Nanoseconds judged_active{0};
  std::shared_ptr<const BoardSnapshot> snapshot;  // what `checks` points into,
  std::shared_ptr<const MuteList> mutes;          // and into these
  std::vector<CheckVerdict> checks;               // in the snapshot's order
  std::vector<std::string> reasons;               // why it is not ready; empty when it is
};

// `excluded` and muted checks don't vote; when they are all there is, the verdict is ready (unless draining). Pure.
Verdict judge(std::shared_ptr<const BoardSnapshot> snapshot, const ReadinessPolicy& policy, const JudgeInput& input,
              const std::set<std::string>& excluded = {});

// The message a check is shown with: its own, or that of having no fresh result.
std::string shownMessage(const CheckVerdict& check);

}  // namespace pulsewatch
