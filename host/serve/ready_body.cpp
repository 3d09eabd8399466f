#include "serve/ready_body.h"

#include "base/json_writer.h"
#include "readiness/explanation.h"
#include "serve/json_parts.h"

#include <optional>
#include <string_view>

namespace pulsewatch {

namespace {

void writeVerbose(JsonWriter& json, const Verdict& verdict, const CheckVerdict& check) {
  const CheckState& state = *check.row->state;
  const bool ran = state.sequence > 0;
  json.key("critical").boolean(check.row->policy->critical);
  json.field("plugin", check.row->policy->plugin);
  writeTime(json.key("since"), state.since);
  writeTime(json.key("last_run"), ran ? std::optional(state.last_run.wall) : std::nullopt);
  writeTime(json.key("last_success"), state.last_success);
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
    json.beginObject()
        .field("until", timestamp(check.mute->until))
        .field("reason", check.neutral ? std::string() : check.mute->reason)
        .endObject();
  }
}

void writeFields(JsonWriter& json, const Verdict& verdict, const CheckVerdict& check, bool verbose) {
  json.field("status", name(check.status));
  json.key("latency_ms").rounded(check.row->state->latency_ms);
  json.field("message", shownMessage(check));
  if (verbose) writeVerbose(json, verdict, check);
}

void writeCheck(JsonWriter& json, const Verdict& verdict, const CheckVerdict& check, bool verbose) {
  json.beginObject();
  writeFields(json, verdict, check, verbose);
  json.endObject();
}

std::string_view neutralWord(RunOutcome outcome) {
  return pulsewatch::neutralWord(outcome == RunOutcome::healthy    ? CheckStatus::healthy
                                 : outcome == RunOutcome::degraded ? CheckStatus::degraded
                                                                   : CheckStatus::unhealthy);
}

void writeRuns(JsonWriter& json, std::string_view key, const std::vector<PastRun>& runs, bool neutral) {
  json.key(key).beginArray();
  for (const PastRun& run : runs) {
    json.beginObject();
    json.field("timestamp", timestamp(run.at));
    json.field("outcome", name(run.outcome));
    json.key("latency_ms").rounded(run.latency_ms);
    json.field("message", neutral ? neutralWord(run.outcome) : std::string_view(run.message));
    json.endObject();
  }
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
  for (const CheckVerdict& check : verdict.checks) {
    if (check.listed) writeCheck(json.key(check.row->policy->name), verdict, check, detail.verbose);
  }
  json.endObject();
  if (detail.verbose) {
    writeList(json, "reasons", verdict.reasons);
    writeList(json, "excluded", detail.excluded);
    writeList(json, "ignored", detail.ignored);
  }
  json.endObject();
  return json.take();
}

std::string checkBody(const Verdict& verdict, const CheckVerdict& check, bool verbose, const PastRuns* history) {
  JsonWriter json;
  json.beginObject();
  writeFields(json, verdict, check, verbose);
  if (history != nullptr) {
    writeRuns(json, "runs", history->runs, check.neutral);
    writeRuns(json, "failures", history->failures, check.neutral);
  }
  json.endObject();
  return json.take();
}

}  // namespace pulsewatch
