#include "setup.h"

#include "config/duration.h"
#include "plugin/plugin_file.h"
#include "serve/log_file.h"

#include <algorithm>
#include <array>

namespace pulsewatch {

namespace {

using Row = std::array<std::string, 6>;

std::string table(const std::vector<Row>& rows) {
  std::array<std::size_t, 6> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string versionOf(const Setup& setup, const std::string& plugin) {
  for (const CatalogEntry& entry : setup.catalog.entries) {
    if (entry.name == plugin && entry.taken()) return entry.version;
  }
  return "-";
}

}  // namespace

void addLogFileFault(const LogFileConfig& file, const std::string& fault, Mistakes& mistakes) {
  if (!fault.empty()) mistakes.add(file.where, file.shown + " " + fault);
}

CatalogOptions catalogOptions(const Properties& properties, const PluginSources& sources, const PluginInspector& inspector) {
  CatalogOptions options;
  options.directories = sources.directories;
  options.owners = sources.owners;
  options.enabled = [&](const std::string& plugin) {
    Mistakes found;  // told when the checks are planned
    return pluginEnabled(properties, plugin, found);
  };
  options.inspector = &inspector;
  options.has_checks = [&](const std::string& plugin) { return pluginHasChecks(properties, plugin); };
  return options;
}

Setup readSetup(const ConfigInput& input, const PluginInspector& inspector) {
  Setup setup;
  setup.properties = std::make_shared<const Properties>(Properties::load(input, setup.mistakes));
  const Properties& properties = *setup.properties;
  setup.config = readHostConfig(properties, setup.mistakes);
  const LogFileConfig& log_file = setup.config.log_file;
  if (!log_file.path.empty()) addLogFileFault(log_file, logFileFault(log_file), setup.mistakes);
  if (setup.config.plugin_directories.empty()) return setup;  // itself a mistake; what is missing for want of it is none

  setup.sources = {setup.config.plugin_directories, resolveOwners(setup.config.plugin_owners, setup.mistakes)};
  setup.catalog = loadCatalog(catalogOptions(properties, setup.sources, inspector));
  for (const CatalogEntry& entry : setup.catalog.entries) pluginEnabled(properties, entry.name, setup.mistakes);
  setup.plan = planChecks(properties, pluginStates(setup.catalog), setup.mistakes);
  return setup;
}

std::string notActedOn(const Setup& setup) {
  std::string keys;
  for (const auto* list : {&setup.config.not_acted_on, &setup.plan.not_acted_on}) {
    for (const std::string& key : *list) keys += " " + key;
  }
  return keys.empty() ? keys : "accepted, but this version does not act on it yet:" + keys;
}

std::string describeSetup(const Setup& setup) {
  std::vector<Row> rows{{"CHECK", "PLUGIN", "VERSION", "INTERVAL", "TIMEOUT", "CRITICAL"}};
  for (const CheckSpec& check : setup.plan.checks) {
    rows.push_back({check.name, check.plugin, versionOf(setup, check.plugin), describeDuration(check.interval),
                    describeDuration(check.timeout), check.critical ? "yes" : "no"});
  }
  std::string text = setup.plan.checks.empty() ? "no checks\n" : table(rows);
  for (const CatalogEntry& entry : setup.catalog.entries) {
    if (!entry.refusal.empty()) text += "refused: " + entry.file + ": " + entry.refusal + "\n";
    if (entry.disabled) text += "disabled: " + entry.file + "\n";
  }
  for (const std::string& warning : setup.config.warnings) text += "warning: " + warning + "\n";
  if (const std::string idle = notActedOn(setup); !idle.empty()) text += "warning: " + idle + "\n";
  for (const std::string& note : setup.catalog.notes) text += "note: " + note + "\n";
  for (const std::string& note : setup.plan.notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace pulsewatch
