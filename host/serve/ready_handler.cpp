#include "serve/ready_handler.h"

#include "serve/ready_body.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kPath = "/ready";

HttpAnswer jsonAnswer(bool good, std::string body) {
  HttpAnswer answer;
  answer.status = good ? 200 : 503;
  answer.body = std::make_shared<const std::string>(std::move(body));
  return answer;
}

}  // namespace

void ReadyHandler::judged(const std::shared_ptr<const Verdict>& verdict) {
  auto rendered = std::make_shared<Rendered>();
  rendered->answer = jsonAnswer(verdict->ready, readyBody(*verdict, verdict->ready, version_));
  rendered->verdict = verdict;
  rendered->at = clock_.steady();
  rendered->running_at = clock_.running();
  rendered_.set(std::move(rendered));
}

bool ReadyHandler::fresh() const {
  const auto rendered = rendered_.get();
  return rendered != nullptr && clock_.steady() - rendered->at <= kOldest;
}

// After the process stood still a request may be quicker than the judge, who has not stopped: then neither an old verdict nor one against
// the judge is true.
void ReadyHandler::judgeAfterStall() {
  const auto rendered = rendered_.get();
  if (rendered != nullptr && clock_.steady() - rendered->at > kOldest && clock_.running() - rendered->running_at <= kOldest)
    judge_.judgeNow();
}

HttpAnswer ReadyHandler::answer(const HttpTarget& target) {
  judgeAfterStall();
  if (target.path.size() > kPath.size()) return answerCheck(target.path.substr(kPath.size() + 1), target.has("verbose"));
  if (target.has("verbose") || target.has("exclude")) return answerQuery(target);
  const auto rendered = rendered_.get();
  if (rendered == nullptr) return errorAnswer(503, "starting");
  if (clock_.steady() - rendered->at <= kOldest) return rendered->answer;
  return jsonAnswer(false, readyBody(*rendered->verdict, false, version_));
}

HttpAnswer ReadyHandler::answerQuery(const HttpTarget& target) const {
  const auto published = verdict_.get();
  if (published == nullptr) return errorAnswer(503, "starting");
  ReadyDetail detail;
  detail.verbose = target.has("verbose");
  std::set<std::string> excluded;
  for (const auto& [key, value] : target.query) {
    if (key == "exclude") excluded.insert(value);
  }
  for (const std::string& name : excluded) {
    const auto& rows = *published->snapshot;
    const bool known = std::any_of(rows.begin(), rows.end(), [&](const BoardRow& row) { return row.policy->name == name; });
    (known ? detail.excluded : detail.ignored).push_back(name);
  }
  // Judged at the published verdict's moment: with and without a query, one answer.
  JudgeInput input = judge_.input();
  input.wall = published->judged_at;
  input.active = published->judged_active;
  Verdict verdict = judge(published->snapshot, judge_.policy(), input, excluded);
  if (!fresh()) verdict.reasons.emplace_back("the judge makes no progress");
  const bool ready = verdict.reasons.empty();
  return jsonAnswer(ready, readyBody(verdict, ready, version_, detail));
}

HttpAnswer ReadyHandler::answerCheck(const std::string& name, bool verbose) const {
  const auto verdict = verdict_.get();
  if (verdict == nullptr) return errorAnswer(503, "starting");
  for (const CheckVerdict& check : verdict->checks) {
    if (check.row->policy->name == name)
      return jsonAnswer(check.status != CheckStatus::unhealthy && fresh(), checkBody(*verdict, check, verbose));
  }
  return errorAnswer(404, "no such check");
}

}  // namespace pulsewatch
