// /ready and /ready/<check>. The plain /ready is rendered once for each verdict, on the judge's thread, and only handed out here; with a
// query the verdict is judged again from the same snapshot.
#pragma once

#include "base/published.h"
#include "readiness/judge_loop.h"
#include "serve/route.h"

#include <memory>
#include <string>

namespace pulsewatch {

class ReadyHandler final : public Route {
 public:
  // A verdict older than this is no answer any more: the judge has stopped.
  static constexpr Milliseconds kOldest{2000};

  ReadyHandler(const Clock& clock, JudgeLoop& judge, const Published<Verdict>& verdict, std::string version)
      : clock_(clock), judge_(judge), verdict_(verdict), version_(std::move(version)) {}

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
  HttpAnswer answerQuery(const HttpTarget& target) const;
  HttpAnswer answerCheck(const std::string& name, bool verbose) const;

  const Clock& clock_;
  JudgeLoop& judge_;
  const Published<Verdict>& verdict_;
  const std::string version_;
  Published<Rendered> rendered_;
};

}  // namespace pulsewatch
