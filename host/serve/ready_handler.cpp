#include "serve/ready_handler.h"

#include "serve/explanation_body.h"
#include "serve/ready_body.h"

#include <set>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kPath = "/ready";
constexpr std::string_view kGroups = "/ready/group/";

HttpAnswer jsonAnswer(int status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::make_shared<const std::string>(std::move(body));
  return answer;
}

// Ready, but what every instance needs has failed: whoever sends requests here may want to know.
HttpAnswer marked(HttpAnswer answer, const Verdict& verdict) {
  if (verdict.degraded) answer.headers.emplace_back("X-Pulsewatch-Degraded", "true");
  return answer;
}

}  // namespace

void ReadyHandler::judged(const std::shared_ptr<const Verdict>& verdict) {
  auto rendered = std::make_shared<Rendered>();
  rendered->answer = marked(jsonAnswer(verdict->ready ? 200 : 503, readyBody(*verdict, verdict->ready, version_)), *verdict);
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
  if (target.path.rfind(kGroups, 0) == 0) return answerGroup(target, target.path.substr(kGroups.size()));
  if (target.path.size() > kPath.size()) return answerCheck(target, target.path.substr(kPath.size() + 1));
  if (target.has("verbose") || target.has("exclude") || target.has("explain")) return answerJudged(target, nullptr);
  const auto rendered = rendered_.get();
  if (rendered == nullptr) return errorAnswer(503, "starting");
  if (clock_.steady() - rendered->at <= kOldest) return rendered->answer;
  return jsonAnswer(503, readyBody(*rendered->verdict, false, version_));
}

HttpAnswer ReadyHandler::answerJudged(const HttpTarget& target, const CheckGroup* group) const {
  const int fail_status = group == nullptr ? 503 : group->fail_status;
  const auto published = verdict_.get();
  if (published == nullptr) return errorAnswer(fail_status, "starting");
  ReadyDetail detail;
  detail.verbose = target.has("verbose");
  std::set<std::string> excluded;
  for (const auto& [key, value] : target.query) {
    if (key == "exclude") excluded.insert(value);
  }
  for (const std::string& name : excluded) {
    const bool known = findCheck(*published, name) != nullptr && (group == nullptr || group->checks.count(name) > 0);
    (known ? detail.excluded : detail.ignored).push_back(name);
  }
  // Judged at the published verdict's moment: with and without a query, one answer.
  JudgeInput input = judge_.input();
  input.wall = published->judged_at;
  input.active = published->judged_active;
  Verdict verdict = judge(published->snapshot, judge_.policy(), input, excluded, group);
  if (!fresh()) addHostReason(verdict, "the judge makes no progress");
  std::string body = target.has("explain") ? explanationBody(verdict, explain(verdict, sources_.next_runs), version_, detail)
                                           : readyBody(verdict, verdict.ready, version_, detail);
  return marked(jsonAnswer(verdict.ready ? 200 : fail_status, std::move(body)), verdict);
}

HttpAnswer ReadyHandler::answerGroup(const HttpTarget& target, const std::string& name) const {
  const auto groups = groups_.get();
  const auto group = groups == nullptr ? Groups::const_iterator() : groups->find(name);
  if (groups == nullptr || group == groups->end()) return errorAnswer(404, "no such group");
  return answerJudged(target, &group->second);
}

HttpAnswer ReadyHandler::answerCheck(const HttpTarget& target, const std::string& name) const {
  const auto verdict = verdict_.get();
  if (verdict == nullptr) return errorAnswer(503, "starting");
  const CheckVerdict* const check = findCheck(*verdict, name);
  if (check == nullptr) return errorAnswer(404, "no such check");
  const int status = check->status != CheckStatus::unhealthy && fresh() ? 200 : 503;
  if (target.has("explain")) return jsonAnswer(status, checkExplanationBody(explainCheck(*verdict, *check, sources_.next_runs)));
  if (!target.has("history")) return jsonAnswer(status, checkBody(*verdict, *check, target.has("verbose")));
  const PastRuns history = sources_.board.history(name);
  return jsonAnswer(status, checkBody(*verdict, *check, target.has("verbose"), &history));
}

}  // namespace pulsewatch
