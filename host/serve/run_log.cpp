#include "serve/run_log.h"

#include "config/duration.h"
#include "config/text_parts.h"

#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kHealthLogger = "pulsewatch.core.health";
constexpr std::size_t kMostTold = 20;  // of the checks behind a verdict

}  // namespace

void RunLog::addCheck(CheckId check, const std::string& name, const std::string& plugin) {
  const MutexLock lock(mutex_);
  names_[check] = {name, plugin};
}

void RunLog::removeCheck(CheckId check) {
  const MutexLock lock(mutex_);
  names_.erase(check);
}

void RunLog::unavailable(const CheckPolicy& policy) {
  log_.write({LogLevel::error,
              kHealthLogger,
              "health_check_failure",
              "check " + policy.name + " is unhealthy: " + policy.unavailable,
              {{"check", policy.name}, {"plugin", policy.plugin}, {"status", std::string("unhealthy")}, {"error", policy.unavailable}}});
}

void RunLog::workerEnded(const WorkerEnd& end) {
  LogRecord record{LogLevel::error, "pulsewatch.core.worker", "worker_ended", end.end.sentence, {}};
  const double wait = milliseconds(end.restart_in);
  if (end.on_trial)
    record.message += "; it was on trial and does not take over";
  else
    record.message += wait > 0
                          ? "; its worker starts again in " + describeDuration(std::chrono::duration_cast<Milliseconds>(end.restart_in))
                          : "; its worker starts again";
  record.fields = {{"plugin", end.plugin}, {"reason", std::string(end.end.reason)}};
  {
    const MutexLock lock(mutex_);
    const auto names = names_.find(end.end.check);
    if (names != names_.end()) record.fields.emplace_back("check", names->second.check);
  }
  if (!end.end.signal.empty()) record.fields.emplace_back("signal", end.end.signal);
  record.fields.emplace_back("error", end.end.details.empty() ? end.end.sentence : end.end.details);
  if (!end.end.stack_trace.empty()) record.fields.emplace_back("stack_trace", end.end.stack_trace);
  log_.write(record);
}

void RunLog::hostStalled(Nanoseconds length) {
  const auto shown = std::chrono::duration_cast<Milliseconds>(length);
  log_.write({LogLevel::warning,
              "pulsewatch.core.host",
              "host_stalled",
              "nothing ran here for " + describeDuration(shown) +
                  " (the process or the machine was stopped, or is overloaded); no check turns for that",
              {{"duration_ms", milliseconds(length)}}});
}

void RunLog::flapping(const BoardChange& change) {
  const CheckPolicy& policy = change.policy;
  const std::string status(name(change.after.status));
  LogRecord record{
      LogLevel::warning, kHealthLogger, "flapping_started", {}, {{"check", policy.name}, {"plugin", policy.plugin}, {"status", status}}};
  record.message = "check " + policy.name + " is flapping: it turned more than " + std::to_string(FlapMemory::kFine) + " times within " +
                   describeDuration(policy.flap_window) + " and is held " + status;
  if (!change.after.flapping()) {
    record.level = LogLevel::info;
    record.event = "flapping_ended";
    record.message = "check " + policy.name + " is not flapping any more, it is " + status + ": " + change.after.message;
  }
  log_.write(record);
}

// Waiting for the first result of another is no news.
void RunLog::blocked(const BlockedCheck& blocked) {
  const BoardBlock& change = blocked.change;
  if (change.after->block != Block::unhealthy || change.before->block == Block::unhealthy) return;
  const CheckPolicy& policy = *change.policy;
  log_.write({LogLevel::error,
              kHealthLogger,
              "health_check_failure",
              "check " + policy.name + " is unhealthy: " + change.after->message,
              {{"check", policy.name},
               {"plugin", policy.plugin},
               {"status", std::string("unhealthy")},
               {"root_cause", blocked.root_cause},
               {"error", change.after->message}}});
}

void RunLog::resultCame(const BoardChange& change) {
  if (change.before.flapping() != change.after.flapping()) flapping(change);
  const bool failed = change.after.status == CheckStatus::unhealthy;
  const bool run_failed = change.report.outcome != RunOutcome::healthy && change.report.outcome != RunOutcome::degraded;
  const LogLevel level = !change.turned() ? LogLevel::debug : failed ? LogLevel::error : LogLevel::info;
  if (!log_.enabled(level)) return;
  LogRecord record{level, kHealthLogger, run_failed ? "health_check_failure" : "health_check", {}, {}};
  const std::string& message = run_failed || !change.turned() ? change.report.message : change.after.message;
  record.message =
      "check " + change.policy.name + (change.turned() ? " is " : " ran, is ") + std::string(name(change.after.status)) + ": " + message;
  record.fields = {{"request_id", change.report.request_id},
                   {"check", change.policy.name},
                   {"plugin", change.policy.plugin},
                   {"status", std::string(name(change.after.status))},
                   {"outcome", std::string(name(outcomeOf(change.report, change.policy)))},
                   {"duration_ms", milliseconds(change.report.duration)}};
  if (run_failed) record.fields.emplace_back("error", change.report.error.empty() ? change.report.message : change.report.error);
  if (!change.report.stack_trace.empty()) record.fields.emplace_back("stack_trace", change.report.stack_trace);
  log_.write(record);
}

void RunLog::pluginLogged(const PluginLogLine& line) {
  if (!log_.enabled(line.level)) return;
  Names names;
  {
    const MutexLock lock(mutex_);
    const auto found = names_.find(line.check);
    if (found != names_.end()) names = found->second;
  }
  const std::string logger = "pulsewatch.plugin." + names.plugin;
  LogRecord record{line.level, logger, line.event, line.message, {}};
  if (!line.request_id.empty()) record.fields.emplace_back("request_id", line.request_id);
  record.fields.emplace_back("check", names.check);
  if (line.duration_ms >= 0) record.fields.emplace_back("duration_ms", line.duration_ms);
  if (!line.error.empty()) record.fields.emplace_back("error", line.error);
  log_.write(record);
}

void RunLog::judged(const Verdict& verdict, const NextRuns& next_runs) {
  {
    const MutexLock lock(mutex_);
    const Last now = verdict.degraded ? Last::degraded : verdict.ready ? Last::ready : Last::notReady;
    if (now == last_) return;
    last_ = now;
  }
  const bool well = verdict.ready && !verdict.degraded;
  LogRecord record{well ? LogLevel::info : LogLevel::warning, kHealthLogger, "ready_changed", {}, {}};
  record.message = summary(verdict, kMostTold);

  const std::vector<const CheckVerdict*> telling = tellingChecks(verdict);
  std::map<std::string, std::string> explanation;
  for (std::size_t i = 0; i < telling.size() && i < kMostTold; ++i)
    explanation.emplace(telling[i]->row->policy->name, explainCheck(verdict, *telling[i], next_runs).sentence);
  std::vector<std::string> causes;
  for (const CheckVerdict* root : rootCauses(verdict, telling)) {
    if (causes.size() < kMostTold) causes.push_back(root->row->policy->name);
  }
  std::map<std::string, std::string> checks;
  for (const CheckVerdict& check : verdict.checks) checks.emplace(check.row->policy->name, name(check.status));
  record.fields = {{"status", std::string(verdict.ready ? "ready" : "not_ready")}};
  if (!causes.empty()) record.fields.emplace_back("root_causes", joinedWords(causes, ", "));
  if (!explanation.empty()) record.fields.emplace_back("explanation", std::move(explanation));
  record.fields.emplace_back("checks", std::move(checks));
  log_.write(record);
}

}  // namespace pulsewatch
