// The verdict: a pure function of what is known, the policy and the time.
//
// A check that depends on others counts by its own result only while each of these has one and is not unhealthy; else it is unhealthy,
// `not checked`. Its root causes are the checks at the other end: unhealthy ones that are so by themselves.
#pragma once

#include "readiness/mute_list.h"
#include "result/result_board.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

struct ReadinessPolicy {
  bool degraded_is_ready = true;
  bool shared_failure_is_ready = false;  // what is every instance's takes none of them out
};

// Checks that have a verdict of their own.
struct CheckGroup {
  std::string name;
  std::set<std::string> checks;
  int fail_status = 503;  // of HTTP, when it is not ready
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
enum class VoteReason { none, noResult, stale, failed, degraded, unavailable, flapping, notChecked };

struct CheckVerdict {
  const BoardRow* row = nullptr;                // of the snapshot
  CheckStatus status = CheckStatus::unhealthy;  // as shown: unhealthy too while there is no result, or a stale one
  VoteReason reason = VoteReason::none;
  bool waits = false;           // not checked, but only for first results that aren't there yet
  bool listed = true;           // false: not of the group that is judged, so that it doesn't vote
  bool excluded = false;        // doesn't vote
  const Mute* mute = nullptr;   // of the verdict's mutes, its time is not over: doesn't vote either
  bool against = false;         // it makes the verdict not ready
  bool spared = false;          // it would, but its failure is a shared one, and the policy is to let these pass
  bool shared_failure = false;  // what fails is every instance's; so of all that it isn't checked for
  std::int32_t cause = -1;      // not checked: where its first root cause is in the verdict's checks; -1: that isn't there
  std::shared_ptr<const std::string> not_checked;  // the sentence, when that is the reason
  bool neutral = false;                            // shown with a word for its status in its message's place
};

struct Verdict {
  bool ready = false;
  bool degraded = false;  // ready, but checks are spared
  WallTime judged_at;
  Nanoseconds judged_active{0};
  std::shared_ptr<const BoardSnapshot> snapshot;  // what `checks` points into,
  std::shared_ptr<const MuteList> mutes;          // and into these
  std::vector<CheckVerdict> checks;               // in the snapshot's order: by name
  std::vector<std::string> host_reasons;          // why it is not ready, whatever the checks say
  std::vector<std::string> reasons;               // why it is not ready, root causes before what they cause; empty when it is
};

// `excluded` and muted checks don't vote; when they are all there is, the verdict is ready (unless draining). Of a group, its checks alone
// vote. Pure.
Verdict judge(std::shared_ptr<const BoardSnapshot> snapshot, const ReadinessPolicy& policy, const JudgeInput& input,
              const std::set<std::string>& excluded = {}, const CheckGroup* group = nullptr);

// Not ready for a reason of the host's, from outside of judge().
void addHostReason(Verdict& verdict, const std::string& reason);

// The message a check is shown with: its own, or that of having no fresh result, or of not being run.
std::string shownMessage(const CheckVerdict& check);

// What strangers are shown in a message's place: ok, degraded, failing.
std::string_view neutralWord(CheckStatus status);

// The same verdict for strangers: nothing in it that a plugin, a server or an operator wrote.
Verdict neutral(Verdict verdict);

// The check of this name; null when there is none.
const CheckVerdict* findCheck(const Verdict& verdict, const std::string& name);

// Of checks that are not checked, the unhealthy ones that it comes from, by name; of others, none. `checks` are of the verdict.
std::vector<const CheckVerdict*> rootCauses(const Verdict& verdict, const std::vector<const CheckVerdict*>& checks);

// The checks behind a verdict that is not ready or degraded, in the order to tell them: the root causes of others first, then those that
// fail for themselves, then those that are not checked.
std::vector<const CheckVerdict*> decisiveChecks(const Verdict& verdict);

}  // namespace pulsewatch
