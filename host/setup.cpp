#include "setup.h"

#include "config/duration.h"
#include "plugin/plugin_file.h"

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
    if (entry.name == plugin && entry.library != nullptr) return entry.version;
  }
  return "-";
}

}  // namespace

Setup readSetup(const ConfigInput& input) {
  Setup setup;
  const Properties properties = Properties::load(input, setup.mistakes);
  setup.config = readHostConfig(properties, setup.mistakes);
  if (setup.config.plugin_directories.empty()) return setup;  // itself a mistake; what is missing for want of it is none

  CatalogOptions options;
  options.directories = setup.config.plugin_directories;
  options.owners = resolveOwners(setup.config.plugin_owners, setup.mistakes);
  options.enabled = [&](const std::string& plugin) { return pluginEnabled(properties, plugin, setup.mistakes); };
  options.has_checks = [&](const std::string& plugin) { return pluginHasChecks(properties, plugin); };
  setup.catalog = loadCatalog(options);
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
