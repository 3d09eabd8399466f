#include "ctl/answer_text.h"

#include "base/text.h"
#include "text_layout.h"

#include <Poco/JSON/Array.h>

#include <array>
#include <sstream>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using Object = Poco::JSON::Object;
using Rows = std::vector<std::vector<std::string>>;

std::string textOf(const Object& object, const std::string& key) { return visibleText(object.getValue<std::string>(key)); }

// The two largest units: "2 h 5 min", "29 min 59 s", "4 s".
std::string span(std::int64_t ms) {
  constexpr std::array<std::pair<std::int64_t, const char*>, 4> kUnits{{{86'400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  std::int64_t seconds = (ms + 999) / 1000;
  std::string text;
  int shown = 0;
  for (const auto& [length, unit] : kUnits) {
    const std::int64_t count = seconds / length;
    seconds %= length;
    if (count == 0 && (shown == 0 || shown > 1)) continue;
    if (count > 0) text += (text.empty() ? "" : " ") + std::to_string(count) + " " + unit;
    if (++shown == 2) break;
  }
  return text.empty() ? "0 s" : text;
}

std::string duration(const Object& object, const std::string& key) {
  std::ostringstream text;
  text << object.getValue<double>(key) << " ms";
  return text.str();
}

std::string muteLine(const Object& mute) {
  const std::string reason = textOf(mute, "reason");
  return "for another " + span(mute.getValue<std::int64_t>("left_ms")) + ", until " + textOf(mute, "until") +
         (reason.empty() ? "" : ": " + reason);
}

std::string vote(const Object& check) {
  if (check.has("muted")) return "muted";
  if (!check.getValue<bool>("critical")) return "no";
  return check.getValue<bool>("against") ? "against" : "yes";
}

std::string checksTable(const Object& answer) {
  Rows rows{{"CHECK", "STATUS", "VOTES", "SINCE", "LATENCY", "MESSAGE"}};
  const auto checks = answer.getArray("checks");
  for (std::size_t i = 0; i < checks->size(); ++i) {
    const Object& check = *checks->getObject(static_cast<unsigned>(i));
    rows.push_back({textOf(check, "name"), textOf(check, "status"), vote(check), textOf(check, "since"), duration(check, "latency_ms"),
                    textOf(check, "message")});
  }
  return rows.size() == 1 ? "no checks\n" : columns(rows);
}

}  // namespace

std::string mutesText(const Object& answer) {
  Rows rows;
  const auto mutes = answer.getObject("mutes");
  for (const auto& [check, mute] : *mutes) rows.push_back({visibleText(check), muteLine(*mute.extract<Object::Ptr>())});
  return rows.empty() ? "no check is muted\n" : "muted:\n" + columns(rows, "  ");
}

std::string statusText(const Object& answer) {
  std::string text = answer.getValue<bool>("ready") ? "ready\n" : "not ready\n";
  const auto reasons = answer.getArray("reasons");
  for (std::size_t i = 0; i < reasons->size(); ++i)
    text += "  " + visibleText(reasons->getElement<std::string>(static_cast<unsigned>(i))) + "\n";
  text += "pulsewatchd " + textOf(answer, "version") + ", up for " + span(answer.getValue<std::int64_t>("uptime_ms")) + "\n";
  if (answer.getValue<bool>("drained")) text += "drained: pulsewatchctl undrain ends it\n";
  text += "\n" + checksTable(answer);
  if (answer.getObject("mutes")->size() > 0) text += "\n" + mutesText(answer);
  return text;
}

std::string explainText(const Object& answer) {
  std::string text;
  const auto sentences = answer.getArray("sentences");
  for (std::size_t i = 0; i < sentences->size(); ++i)
    text += visibleText(sentences->getElement<std::string>(static_cast<unsigned>(i))) + "\n";
  return text;
}

std::string pluginsText(const Object& answer) {
  Rows rows{{"PLUGIN", "VERSION", "STATE", "WORKER", "RESTARTS", "FILE"}};
  std::string refusals;
  const auto plugins = answer.getArray("plugins");
  for (std::size_t i = 0; i < plugins->size(); ++i) {
    const Object& plugin = *plugins->getObject(static_cast<unsigned>(i));
    const std::string version = textOf(plugin, "version");
    const bool loaded = textOf(plugin, "state") == "loaded";
    std::string workers;
    const auto pids = plugin.getArray("workers");
    for (std::size_t k = 0; k < pids->size(); ++k) workers += (k == 0 ? "" : ",") + pids->get(static_cast<unsigned>(k)).toString();
    rows.push_back({textOf(plugin, "name"), version.empty() ? "-" : version, textOf(plugin, "state"), workers.empty() ? "-" : workers,
                    loaded ? std::to_string(plugin.getValue<std::int64_t>("restarts")) : "-", textOf(plugin, "file")});
    const std::string refusal = textOf(plugin, "refusal");
    if (!refusal.empty()) refusals += wrapped(textOf(plugin, "file") + ": " + refusal, 0);
  }
  if (rows.size() == 1) return "no plugins\n";
  return columns(rows) + (refusals.empty() ? "" : "\nrefused:\n" + refusals);
}

std::string runEndText(const std::string& check, const Object& answer) {
  const std::string outcome = textOf(answer, "outcome");
  std::string text = check + ": " + outcome + " after " + duration(answer, "duration_ms") + ": " + textOf(answer, "message") + "\n";
  const std::string status = textOf(answer, "status");
  const bool passed = outcome == "healthy" || outcome == "degraded";
  if (passed != (status != "unhealthy")) text += "the check stays " + status + " until more runs in a row say otherwise\n";
  return text;
}

std::string mutedText(const std::string& check, const Object& answer) {
  return check + " is muted " + muteLine(*answer.getObject("muted")) + "\n";
}

}  // namespace pulsewatch
