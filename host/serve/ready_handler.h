// /ready, /ready/<check> and /ready/group/<group>. The plain /ready is rendered once for each verdict, on the judge's thread, and only
// handed out here; with a query, or of a group, the verdict is judged again from the same snapshot.
#pragma once

#include "base/published.h"
#include "readiness/explanation.h"
#include "readiness/judge_loop.h"
#include "serve/route.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace pulsewatch {

// What it asks beyond the verdict. Any thread.
struct ReadySources {
  const ResultBoard& board;
  NextRuns next_runs;
};

class ReadyHandler final : public Route {
 public:
  // A verdict older than this is no answer any more: the judge has stopped.
  static constexpr Milliseconds kOldest{2000};
  using Groups = std::map<std::string, CheckGroup>;  // by name

  ReadyHandler(const Clock& clock, JudgeLoop& judge, const Published<Verdict>& verdict, ReadySources sources, std::string version)
      : clock_(clock), judge_(judge), verdict_(verdict), sources_(std::move(sources)), version_(std::move(version)) {}

  void setGroups(Groups groups) { groups_.set(std::make_shared<const Groups>(std::move(groups))); }

  // On the judge's thread, as a rule.
  void judged(const std::shared_ptr<const Verdict>& verdict);

  HttpAnswer answer(const HttpTarget& target) override;

 private:
  struct Rendered {
    HttpAnswer answer;
    std::shared_ptr<const Verdict> verdict;  // to say the same, not ready, on the day the judge stops
    SteadyTime at;
    SteadyTime running_at;
  };

  [[nodiscard]] bool fresh() const;
  void judgeAfterStall();
  HttpAnswer answerJudged(const HttpTarget& target, const CheckGroup* group) const;
  HttpAnswer answerGroup(const HttpTarget& target, const std::string& name) const;
  HttpAnswer answerCheck(const HttpTarget& target, const std::string& name) const;

  const Clock& clock_;
  JudgeLoop& judge_;
  const Published<Verdict>& verdict_;
  const ReadySources sources_;
  const std::string version_;
  Published<Rendered> rendered_;
  Published<Groups> groups_;
};

}  // namespace pulsewatch
