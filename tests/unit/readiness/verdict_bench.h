// A board of checks that depend on each other, with its judge and the one that blocks and releases; one step at a time, on times that the
// test moves. One thread.
#pragma once

#include "readiness/dependents.h"
#include "readiness/explanation.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

struct VerdictBench : public BoardListener {
  void resultCame(const BoardChange& /*change*/) override {}

  // Names are single words. Critical, local, stale after 32 s.
  static CheckPolicy policy(const std::string& name, std::vector<std::string> depends_on = {}) {
    CheckPolicy policy;
    policy.name = name;
    policy.stale_after = std::chrono::seconds(32);
    policy.depends_on = std::move(depends_on);
    return policy;
  }

  void add(CheckPolicy policy) {
    const CheckId id = static_cast<CheckId>(ids.size() + 1);
    ids[policy.name] = id;
    if (!policy.depends_on.empty()) paused.insert(id);
    board.add(id, std::move(policy), wall());
  }

  void result(const std::string& name, RunOutcome outcome, const std::string& message) {
    RunReport report;
    report.check = ids.at(name);
    report.sequence = ++sequences[name];
    report.outcome = outcome;
    report.message = message;
    board.apply(report, {wall(), active});
  }
  void good(const std::string& name) { result(name, RunOutcome::healthy, "fine"); }
  void bad(const std::string& name) { result(name, RunOutcome::unhealthy, "down"); }

  void run(Nanoseconds time) { active += time; }
  [[nodiscard]] WallTime wall() const { return WallTime(std::chrono::duration_cast<WallTime::duration>(active)); }

  // Judges until the board stays as it is, as the judge's thread does.
  const Verdict& judgeNow(const std::set<std::string>& excluded = {}, const CheckGroup* group = nullptr) {
    for (Dependents::Outcome outcome{true, {}}; outcome.changed;) {
      verdict = judge(board.snapshot(), readiness, input());
      outcome = dependents.judged(verdict);
      for (BlockedCheck& check : outcome.blocked) blocked.push_back(std::move(check));
    }
    verdict = judge(board.snapshot(), readiness, input(), excluded, group);
    return verdict;
  }
  [[nodiscard]] JudgeInput input() const {
    JudgeInput input;
    input.wall = wall();
    input.active = active;
    return input;
  }

  [[nodiscard]] const CheckVerdict& check(const std::string& name) const { return *findCheck(verdict, name); }
  [[nodiscard]] std::string message(const std::string& name) const { return shownMessage(check(name)); }
  [[nodiscard]] std::string roots(const std::string& name) const {
    std::string all;
    for (const CheckVerdict* root : rootCauses(verdict, {&check(name)})) all += (all.empty() ? "" : " ") + root->row->policy->name;
    return all;
  }
  [[nodiscard]] std::string reasons() const {
    std::string all;
    for (const std::string& reason : verdict.reasons) all += (all.empty() ? "" : " | ") + reason;
    return all;
  }

  Nanoseconds active{std::chrono::seconds(1000)};
  ReadinessPolicy readiness;
  std::map<std::string, CheckId> ids;
  std::map<std::string, std::uint64_t> sequences;
  ResultBoard board{*this};
  std::set<CheckId> paused;
  std::vector<CheckId> resumed;
  std::vector<BlockedCheck> blocked;
  Dependents dependents{board, [this](CheckId id) { paused.insert(id); },
                        [this](CheckId id) {
                          paused.erase(id);
                          resumed.push_back(id);
                        }};
  Verdict verdict;
};

}  // namespace pulsewatch::testing
