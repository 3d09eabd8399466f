#include "host_operations.h"

#include "config/mistakes.h"

#include <algorithm>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.control";
constexpr std::string_view kStopping = "pulsewatchd is stopping, and not ready because of that";

std::string shownMute(const std::string& check, const Mute& mute) {
  return "check " + check + " is muted until " + timestamp(mute.until) + (mute.reason.empty() ? "" : ": ") + mute.reason;
}

}  // namespace

void HostOperations::start() {
  if (const std::string fault = parts_.mutes.load(); !fault.empty())
    parts_.log.write({LogLevel::error, kLogger, "mutes_unreadable", fault, {}});
  const auto mutes = parts_.mutes.list();
  for (const auto& [check, mute] : *mutes) {
    if (mute.until > parts_.clock.wall())
      parts_.log.write({LogLevel::warning, kLogger, "mute", shownMute(check, mute) + " (from before the start)", {{"check", check}}});
  }
  parts_.judge.setMutes(mutes);
}

void HostOperations::judged(const Verdict& verdict) {
  for (const std::string& check : parts_.mutes.ended(judged_at_, verdict.judged_at))
    parts_.log.write(
        {LogLevel::info, kLogger, "mute_ended", "check " + check + " votes again: the time of its mute is over", {{"check", check}}});
  judged_at_ = verdict.judged_at;
}

HostCondition HostOperations::condition() {
  HostCondition host;
  host.verdict = parts_.verdict.get();
  host.mutes = parts_.mutes.list();
  host.drained = parts_.judge.drained();
  host.stopping = parts_.judge.draining();
  host.uptime = parts_.clock.steady() - started_;
  host.now = parts_.clock.wall();
  return host;
}

std::vector<std::string> HostOperations::explain() {
  const auto verdict = parts_.verdict.get();
  if (verdict == nullptr) return {"not ready: starting"};
  Explanation explanation = pulsewatch::explain(*verdict, parts_.next_runs);
  std::vector<std::string> sentences = std::move(explanation.sentences);
  // All that has not been said yet.
  for (CheckExplanation& check : explanation.checks) {
    if (std::find(sentences.begin(), sentences.end(), check.sentence) == sentences.end()) sentences.push_back(std::move(check.sentence));
  }
  return sentences;
}

std::vector<PluginCondition> HostOperations::plugins() {
  std::vector<PluginCondition> plugins;
  for (const PluginInfo& info : parts_.roster.plugins()) {
    PluginCondition& plugin = plugins.emplace_back(PluginCondition{info.plugin, info.version, info.state, info.file, info.refusal, {}, 0});
    if (info.state != "loaded") continue;
    plugin.workers = parts_.roster.workersOf(info.plugin);
    plugin.restarts = parts_.metrics.workerEnds(info.plugin);
  }
  return plugins;
}

std::optional<BoardRow> HostOperations::rowOf(const std::string& check) const {
  const auto snapshot = parts_.board.snapshot();
  const auto row = std::find_if(snapshot->begin(), snapshot->end(), [&](const BoardRow& each) { return each.policy->name == check; });
  return row == snapshot->end() ? std::nullopt : std::optional(*row);
}

std::string HostOperations::unknown(const std::string& check) const {
  std::vector<std::string> names;
  const auto snapshot = parts_.board.snapshot();
  for (const BoardRow& row : *snapshot) names.push_back(row.policy->name);
  const std::string near = nearest(check, names);
  return "there is no check " + quoted(check) + (near.empty() ? "; pulsewatchctl status lists them" : "; did you mean " + near + "?");
}

AskedRun HostOperations::run(const std::string& check) {
  AskedRun asked;
  const auto row = rowOf(check);
  if (!row) {
    asked.refusal = unknown(check);
    return asked;
  }
  if (!row->policy->unavailable.empty()) {
    asked.refusal = "check " + check + " cannot run: " + row->policy->unavailable;
    return asked;
  }
  if (row->state->block != Block::none) {
    asked.refusal = "check " + check + " does not run meanwhile: " + row->state->message;
    return asked;
  }
  asked.after = row->state->sequence;
  parts_.asked_runs.expect(check, asked.after);
  const Scheduler::Prospect prospect = parts_.scheduler.runForSomebody(row->check);
  asked.timeout = prospect.timeout;
  asked.waits_first = prospect.going_on;
  if (!prospect.known) asked.refusal = "check " + check + " is being taken away or brought back; try again";
  if (prospect.stuck) asked.refusal = "check " + check + " hangs: its run was given up but has not ended, and no other begins before";
  return asked;
}

std::string HostOperations::drain() {
  if (parts_.judge.draining()) return std::string(kStopping);
  parts_.judge.setDrained(true);
  return {};
}

std::string HostOperations::undrain() {
  if (parts_.judge.draining()) return std::string(kStopping);
  parts_.judge.setDrained(false);
  return {};
}

std::string HostOperations::mute(const std::string& check, Milliseconds time, const std::string& reason) {
  if (!rowOf(check)) return unknown(check);
  std::string refusal = parts_.mutes.mute(check, time, reason);
  parts_.judge.setMutes(parts_.mutes.list());
  return refusal;
}

std::string HostOperations::unmute(const std::string& check) {
  std::string refusal = parts_.mutes.unmute(check);
  parts_.judge.setMutes(parts_.mutes.list());
  return refusal;
}

}  // namespace pulsewatch
