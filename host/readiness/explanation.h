// A verdict explained: what voted how and why, as sentences for people and as data. A pure function of the verdict and of what the schedule
// says; rendering is others'. The same sentences are in the log when the verdict changes and in what the operator's tools print.
#pragma once

#include "readiness/readiness.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// When a check runs next, as the schedule has it.
struct NextRun {
  bool known = false;
  bool running = false;
  bool paused = false;  // not before what it depends on is back
  WallTime at;
};
using NextRuns = std::function<NextRun(CheckId)>;  // empty: nothing is known

// How a check votes.
enum class Vote { ready, notReady, spared, excluded, muted, notCritical };
std::string_view name(Vote vote);
std::string_view name(VoteReason reason);

struct CheckExplanation {
  const CheckVerdict* check = nullptr;
  Vote vote = Vote::ready;
  std::vector<std::string> root_causes;  // names, of one that is not checked
  NextRun next;
  std::string sentence;  // all of it in words: status, since when, counters, last success, next run, vote
};

struct Explanation {
  // Why it is as it is: the host's own reasons, then the checks behind it with root causes first, then others that are not well, and the
  // count of votes last.
  std::vector<std::string> sentences;
  std::vector<std::string> root_causes;  // names
  std::vector<CheckExplanation> checks;  // in the verdict's order; of a group only its own
};

// The verdict in one sentence, `ready`, `ready, but degraded: …` or `not ready: …`, with so many of the reasons at most.
std::string summary(const Verdict& verdict, std::size_t most_reasons);

// The checks that the sentences are about: those behind the verdict, root causes first, then others that are not well.
std::vector<const CheckVerdict*> tellingChecks(const Verdict& verdict);

// What it points to is the verdict's.
Explanation explain(const Verdict& verdict, const NextRuns& next_runs);
CheckExplanation explainCheck(const Verdict& verdict, const CheckVerdict& check, const NextRuns& next_runs);

}  // namespace pulsewatch
