// /ready, /ready/<check> and /ready/group/<group>. The plain /ready is rendered once for each verdict, on the judge's thread, and only
// handed out here; with a query, or of a group, the verdict is judged again from the same snapshot. Strangers from whom messages are kept
// are answered with neutral words in their place.
#pragma once

#include "base/published.h"
#include "readiness/explanation.h"
#include "readiness/judge_loop.h"
#include "serve/route.h"

#include <atomic>
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

  // Which forms of the plain /ready are worth rendering beforehand: with messages, with neutral words. The judge should be woken after it.
  void setForms(bool with_messages, bool neutral) {
    with_messages_ = with_messages;
    neutral_ = neutral;
  }
  void setGroups(Groups groups) { groups_.set(std::make_shared<const Groups>(std::move(groups))); }

  // On the judge's thread, as a rule.
  void judged(const std::shared_ptr<const Verdict>& verdict);

  HttpAnswer answer(const HttpTarget& target) override;
  [[nodiscard]] bool prepared(OwnCopies* copies) const override;

 private:
  struct Rendered {
    [[nodiscard]] const HttpAnswer& answer(bool messages) const { return messages ? with_messages : neutral; }
    HttpAnswer with_messages;  // without a body where it isn't worth it
    HttpAnswer neutral;
    std::shared_ptr<const Verdict> verdict;  // to say the same, not ready, on the day the judge stops
    SteadyTime at;
    SteadyTime running_at;
  };

  [[nodiscard]] bool isFresh(const Rendered& rendered) const { return clock_.steady() - rendered.at <= kOldest; }
  [[nodiscard]] bool fresh() const;
  void judgeAfterStall();
  [[nodiscard]] HttpAnswer rendered(const Verdict& verdict, bool ready) const;
  HttpAnswer answerPlain(const HttpTarget& target) const;
  HttpAnswer answerJudged(const HttpTarget& target, const CheckGroup* group) const;
  HttpAnswer answerGroup(const HttpTarget& target, const std::string& name) const;
  HttpAnswer answerCheck(const HttpTarget& target, const std::string& name) const;

  const Clock& clock_;
  JudgeLoop& judge_;
  const Published<Verdict>& verdict_;
  const ReadySources sources_;
  const std::string version_;
  std::atomic<bool> with_messages_{true};
  std::atomic<bool> neutral_{false};
  Published<Rendered> rendered_;
  Published<Groups> groups_;
};

}  // namespace pulsewatch
