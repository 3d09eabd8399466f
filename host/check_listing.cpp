#include "check_listing.h"

#include "config/duration.h"
#include "config/schema.h"
#include "config/text_parts.h"
#include "text_layout.h"

#include <vector>

namespace pulsewatch {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string versionOf(const Setup& setup, const std::string& plugin) {
  for (const CatalogEntry& entry : setup.catalog.entries) {
    if (entry.name == plugin && entry.refusal.empty() && !entry.disabled) return oneLine(entry.version);
  }
  return "-";
}

std::string yesOrNo(bool yes) { return yes ? "yes" : "no"; }

std::string overview(const Setup& setup) {
  Rows rows{{"CHECK", "PLUGIN", "VERSION", "INTERVAL", "TIMEOUT", "CRITICAL"}};
  for (const CheckSpec& check : setup.plan.checks) {
    rows.push_back({check.name, check.plugin, versionOf(setup, check.plugin), describeDuration(check.interval),
                    describeDuration(check.timeout), yesOrNo(check.critical)});
  }
  return setup.plan.checks.empty() ? "no checks\n" : columns(rows);
}

// One of the keys that every check has.
std::string shownKey(const CheckSpec& check, std::string_view key) {
  if (key == "plugin") return check.plugin;
  if (key == "interval") return describeDuration(check.interval);
  if (key == "timeout") return describeDuration(check.timeout);
  if (key == "fast_interval") return describeDuration(check.fast_interval);
  if (key == "critical") return yesOrNo(check.critical);
  if (key == "fall") return std::to_string(check.fall);
  if (key == "rise") return std::to_string(check.rise);
  if (key == "flap_window") return check.flap_window.count() > 0 ? describeDuration(check.flap_window) : "none";
  if (key == "depends_on") return check.depends_on.empty() ? "none" : joinedWords(check.depends_on, ", ");
  if (key == "scope") return check.shared ? "shared" : "local";
  if (key == "degraded_after") return check.degraded_after ? describeDuration(*check.degraded_after) : "none";
  return check.alias_secret ? "***" : oneLine(check.alias);
}

std::string shownSetting(const SettingValue& setting) {
  if (setting.type == SettingType::duration && !setting.secret) return describeDuration(std::chrono::milliseconds(setting.integer));
  return setting.shown.empty() ? "\"\"" : oneLine(setting.shown);
}

std::string keysAndSettings(const CheckSpec& check) {
  Rows rows;
  for (const KeyDescription& key : checkKeys()) {
    const auto origin = check.origins.find(std::string(key.key));
    rows.push_back({std::string(key.key), shownKey(check, key.key), origin == check.origins.end() ? "default" : oneLine(origin->second)});
  }
  for (const SettingValue& setting : check.settings) rows.push_back({setting.key, shownSetting(setting), oneLine(setting.origin)});
  std::string text = "\n" + check.name + "\n";
  if (!check.unavailable.empty()) text += wrapped("unhealthy for as long as it is so: " + oneLine(check.unavailable), 2);
  return text + columns(rows, "  ");
}

std::string groupTable(const CheckPlan& plan) {
  Rows rows{{"GROUP", "CHECKS", "FAIL STATUS"}};
  for (const GroupSpec& group : plan.groups)
    rows.push_back({group.name, group.checks.empty() ? "none" : joinedWords(group.checks, ", "), std::to_string(group.fail_status)});
  return plan.groups.empty() ? std::string() : "\n" + columns(rows);
}

}  // namespace

std::string checkListing(const Setup& setup, const std::map<std::string, std::string>& unfit) {
  std::string text = overview(setup);
  for (const CheckSpec& check : setup.plan.checks) text += keysAndSettings(check);
  text += groupTable(setup.plan);
  std::string rest;
  for (const CatalogEntry& entry : setup.catalog.entries) {
    if (!entry.refusal.empty()) rest += "refused: " + oneLine(entry.file) + ": " + oneLine(entry.refusal) + "\n";
    const auto fault = entry.taken() ? unfit.find(entry.name) : unfit.end();
    if (fault != unfit.end())
      rest += "fails: " + oneLine(entry.file) + ": " + oneLine(fault->second) + "; it would not take over from a version at work\n";
    if (entry.disabled) rest += "disabled: " + oneLine(entry.file) + "\n";
  }
  for (const std::string& warning : setup.config.warnings) rest += "warning: " + warning + "\n";
  if (const std::string idle = notActedOn(setup); !idle.empty()) rest += "warning: " + idle + "\n";
  for (const std::string& note : setup.catalog.notes) rest += "note: " + oneLine(note) + "\n";
  for (const std::string& note : setup.plan.notes) rest += "note: " + oneLine(note) + "\n";
  return rest.empty() ? text : text + "\n" + rest;
}

}  // namespace pulsewatch
