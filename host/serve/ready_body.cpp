#include "serve/ready_body.h"

#include "base/json_writer.h"

#include <string_view>

namespace pulsewatch {

namespace {

std::string_view name(VoteReason reason) {
  switch (reason) {
    case VoteReason::none:
      return "passed";
    case VoteReason::noResult:
      return "no_result";
    case VoteReason::stale:
      return "stale";
    case VoteReason::failed:
      return "failed";
    case VoteReason::degraded:
      return "degraded";
    case VoteReason::unavailable:
      break;
  }
  return "unavailable";
}

void writeTime(JsonWriter& json, bool known, WallTime time) {
  if (known)
    json.text(timestamp(time));
  else
    json.null();
}

void writeVerbose(JsonWriter& json, const Verdict& verdict, const CheckVerdict& check) {
  const CheckState& state = *check.row->state;
  const bool ran = state.sequence > 0;
  json.key("critical").boolean(check.row->policy->critical);
  json.field("plugin", check.row->policy->plugin);
  writeTime(json.key("since"), true, state.since);
  writeTime(json.key("last_run"), ran, state.last_run.wall);
  writeTime(json.key("last_success"), state.last_success.has_value(), state.last_success.value_or(WallTime()));
  json.key("consecutive_failures").integer(state.consecutive_failures);
  json.key("age_ms");
  if (ran)
    json.rounded(milliseconds(verdict.judged_active - state.last_run.active));
  else
    json.null();
  json.field("reason", name(check.reason));
  json.key("muted");
  if (check.mute == nullptr) {
    json.null();
  } else {
    json.beginObject().field("until", timestamp(check.mute->until)).field("reason", check.mute->reason).endObject();
  }
}

void writeCheck(JsonWriter& json, const Verdict& verdict, const CheckVerdict& check, bool verbose) {
  json.beginObject();
  json.field("status", name(check.status));
  json.key("latency_ms").rounded(check.row->state->latency_ms);
  json.field("message", shownMessage(check));
  if (verbose) writeVerbose(json, verdict, check);
  json.endObject();
}

void writeList(JsonWriter& json, std::string_view key, const std::vector<std::string>& entries) {
  json.key(key).beginArray();
  for (const std::string& entry : entries) json.text(entry);
  json.endArray();
}

}  // namespace

std::string readyBody(const Verdict& verdict, bool ready, const std::string& version, const ReadyDetail& detail) {
  JsonWriter json;
  json.reserve(128 + verdict.checks.size() * (detail.verbose ? 400 : 120));
  json.beginObject();
  json.field("status", ready ? "ready" : "not_ready");
  json.field("timestamp", timestamp(verdict.judged_at));
  json.field("version", version);
  json.key("checks").beginObject();
  for (const CheckVerdict& check : verdict.checks) writeCheck(json.key(check.row->policy->name), verdict, check, detail.verbose);
  json.endObject();
  if (detail.verbose) {
    writeList(json, "reasons", verdict.reasons);
    writeList(json, "excluded", detail.excluded);
    writeList(json, "ignored", detail.ignored);
  }
  json.endObject();
  return json.take();
}

std::string checkBody(const Verdict& verdict, const CheckVerdict& check, bool verbose) {
  JsonWriter json;
  writeCheck(json, verdict, check, verbose);
  return json.take();
}

}  // namespace pulsewatch
