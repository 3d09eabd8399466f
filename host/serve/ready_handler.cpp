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

HttpAnswer ReadyHandler::rendered(const Verdict& verdict, bool ready) const {
  HttpAnswer answer = jsonAnswer(ready ? 200 : 503, readyBody(verdict, ready, version_));
  return ready ? marked(std::move(answer), verdict) : answer;
}

void ReadyHandler::judged(const std::shared_ptr<const Verdict>& verdict) {
  auto made = std::make_shared<Rendered>();
  made->with_messages.body = nullptr;
  made->neutral.body = nullptr;
  if (with_messages_) made->with_messages = rendered(*verdict, verdict->ready);
  if (neutral_) made->neutral = rendered(neutral(*verdict), verdict->ready);
  made->verdict = verdict;
  made->at = clock_.steady();
  made->running_at = clock_.running();
  rendered_.set(std::move(made));
}

bool ReadyHandler::fresh() const {
  const auto rendered = rendered_.get();
  return rendered != nullptr && isFresh(*rendered);
}

bool ReadyHandler::prepared(OwnCopies* copies) const {
  const auto rendered = newest(rendered_, copies);
  return rendered == nullptr || isFresh(*rendered);
}

// After the process stood still a request may be quicker than the judge, who has not stopped: then neither an old verdict nor one against
// the judge is true.
void ReadyHandler::judgeAfterStall() {
  const auto rendered = rendered_.get();
  if (rendered != nullptr && !isFresh(*rendered) && clock_.running() - rendered->running_at <= kOldest) judge_.judgeNow();
}

HttpAnswer ReadyHandler::answer(const HttpTarget& target) {
  if (!prepared(target.copies)) judgeAfterStall();
  if (target.path.rfind(kGroups, 0) == 0) return answerGroup(target, target.path.substr(kGroups.size()));
  if (target.path.size() > kPath.size()) return answerCheck(target, target.path.substr(kPath.size() + 1));
  if (target.has("verbose") || target.has("exclude") || target.has("explain")) return answerJudged(target, nullptr);
  return answerPlain(target);
}

HttpAnswer ReadyHandler::answerPlain(const HttpTarget& target) const {
  const auto kept = newest(rendered_, target.copies);
  if (kept == nullptr) return errorAnswer(503, "starting");
  const HttpAnswer& made = kept->answer(target.messages);
  if (!isFresh(*kept) || made.body == nullptr)
    return rendered(target.messages ? *kept->verdict : neutral(*kept->verdict), isFresh(*kept) && kept->verdict->ready);
  HttpAnswer answer;
  answer.status = made.status;
  answer.headers = made.headers;
  answer.body = std::shared_ptr<const std::string>(kept, made.body.get());  // counted where the thread's own copy is
  return answer;
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
  if (!target.messages) verdict = neutral(std::move(verdict));
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
  const auto published = verdict_.get();
  if (published == nullptr) return errorAnswer(503, "starting");
  const Verdict hidden = target.messages ? Verdict() : neutral(*published);
  const Verdict& verdict = target.messages ? *published : hidden;
  const CheckVerdict* const check = findCheck(verdict, name);
  if (check == nullptr) return errorAnswer(404, "no such check");
  const int status = check->status != CheckStatus::unhealthy && fresh() ? 200 : 503;
  if (target.has("explain")) return jsonAnswer(status, checkExplanationBody(explainCheck(verdict, *check, sources_.next_runs)));
  if (!target.has("history")) return jsonAnswer(status, checkBody(verdict, *check, target.has("verbose")));
  const PastRuns history = sources_.board.history(name);
  return jsonAnswer(status, checkBody(verdict, *check, target.has("verbose"), &history));
}

}  // namespace pulsewatch
