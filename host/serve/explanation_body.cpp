#include "serve/explanation_body.h"

#include "base/json_writer.h"
#include "serve/json_parts.h"

namespace pulsewatch {

namespace {

void writeCounter(JsonWriter& json, std::string_view key, unsigned count, std::string_view threshold, unsigned at) {
  json.key(key).beginObject();
  json.key("count").integer(count);
  json.key(threshold).integer(at);
  json.endObject();
}

void writeCheck(JsonWriter& json, const CheckExplanation& explanation) {
  const CheckVerdict& check = *explanation.check;
  const CheckPolicy& policy = *check.row->policy;
  const CheckState& state = *check.row->state;
  const bool next_known = explanation.next.known && !explanation.next.running && !explanation.next.paused;
  json.beginObject();
  json.field("status", name(check.status));
  json.field("reason", name(check.reason));
  json.field("vote", name(explanation.vote));
  json.key("critical").boolean(policy.critical);
  json.field("scope", policy.shared ? "shared" : "local");
  json.field("message", shownMessage(check));
  writeTime(json.key("since"), state.since);
  writeTime(json.key("last_run"), state.sequence > 0 ? std::optional(state.last_run.wall) : std::nullopt);
  writeTime(json.key("last_success"), state.last_success);
  writeTime(json.key("next_run"), next_known ? std::optional(explanation.next.at) : std::nullopt);
  writeCounter(json, "failures", state.consecutive_failures, "fall", policy.fall);
  writeCounter(json, "passes", state.consecutive_passes, "rise", policy.rise);
  json.key("flapping").boolean(check.reason == VoteReason::flapping);
  writeList(json, "depends_on", policy.depends_on);
  writeList(json, "root_causes", explanation.root_causes);
  json.field("sentence", explanation.sentence);
  json.endObject();
}

}  // namespace

std::string explanationBody(const Verdict& verdict, const Explanation& explanation, const std::string& version, const ReadyDetail& detail) {
  JsonWriter json;
  json.reserve(256 + explanation.checks.size() * 700);
  json.beginObject();
  json.field("status", verdict.ready ? "ready" : "not_ready");
  json.field("timestamp", timestamp(verdict.judged_at));
  json.field("version", version);
  writeList(json, "sentences", explanation.sentences);
  writeList(json, "root_causes", explanation.root_causes);
  json.key("checks").beginObject();
  for (const CheckExplanation& check : explanation.checks) writeCheck(json.key(check.check->row->policy->name), check);
  json.endObject();
  if (!detail.excluded.empty() || !detail.ignored.empty()) {
    writeList(json, "excluded", detail.excluded);
    writeList(json, "ignored", detail.ignored);
  }
  json.endObject();
  return json.take();
}

std::string checkExplanationBody(const CheckExplanation& explanation) {
  JsonWriter json;
  writeCheck(json, explanation);
  return json.take();
}

}  // namespace pulsewatch
