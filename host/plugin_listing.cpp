#include "plugin_listing.h"

#include "config/text_parts.h"
#include "plugin/check_settings.h"
#include "setup.h"
#include "text_layout.h"

namespace pulsewatch {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::vector<std::string> oneLines(std::vector<std::string> texts) {
  for (std::string& text : texts) text = oneLine(text);
  return texts;
}

std::string typeOf(const SettingDescription& setting) {
  switch (setting.type) {
    case SettingType::text:
      return "text";
    case SettingType::secret:
      return "secret";
    case SettingType::url:
      return setting.choices.empty() ? "URL" : "URL (" + joinedWords(oneLines(setting.choices)) + ")";
    case SettingType::integer:
      return "integer";
    case SettingType::number:
      return "number";
    case SettingType::boolean:
      return "boolean";
    case SettingType::duration:
      return "duration";
    case SettingType::choice:
      return "one of " + joinedWords(oneLines(setting.choices), " and ");
  }
  return "";
}

std::string typeOf(const MetricDescription& metric) {
  return metric.type == MetricType::counter ? "counter" : metric.type == MetricType::gauge ? "gauge" : "histogram";
}

std::string defaultOf(const std::string& plugin, const SettingDescription& setting) {
  const std::string host_key = connectionKey(plugin, setting.key);
  if (!host_key.empty()) return "default: the value of " + host_key;
  if (!setting.default_value) return setting.required ? "" : "no default";
  const bool secret = setting.hidden || setting.type == SettingType::secret;
  return "default: " + (secret ? "***" : setting.default_value->empty() ? "\"\"" : oneLine(*setting.default_value));
}

std::string settings(const PluginDescription& plugin) {
  std::string text = plugin.settings.empty() ? "" : "  settings\n";
  for (const SettingDescription& setting : plugin.settings) {
    std::string kind = setting.key + ": " + typeOf(setting);
    if (setting.required) kind += ", required";
    if (setting.hidden) kind += ", never shown";
    if (const std::string by_default = defaultOf(plugin.name, setting); !by_default.empty()) kind += ", " + by_default;
    text += wrapped(kind, 4) + wrapped(oneLine(setting.meaning), 8);
  }
  return text;
}

std::string metrics(const PluginDescription& plugin) {
  std::string text = plugin.metrics.empty() ? "" : "  metrics\n";
  for (const MetricDescription& metric : plugin.metrics) {
    const std::string labels = metric.labels.empty() ? "no labels" : "by " + joinedWords(metric.labels, " and ");
    text += wrapped(metric.name + ": " + typeOf(metric) + ", " + labels, 4) + wrapped(oneLine(metric.help), 8);
  }
  return text;
}

bool isTaken(const CatalogEntry& entry) { return entry.refusal.empty() && !entry.disabled; }

std::string block(const CatalogEntry& entry) {
  const std::string name = oneLine(entry.name);
  Rows rows{{"file", oneLine(entry.file)}};
  if (entry.disabled) rows.push_back({"disabled", "by plugin." + name + ".enabled"});
  if (!isTaken(entry)) {
    std::string text = name + (entry.version.empty() ? "" : " " + oneLine(entry.version)) + "\n" + columns(rows, "  ");
    return entry.refusal.empty() ? text : text + wrapped("refused: " + oneLine(entry.refusal), 2);
  }
  const PluginDescription& plugin = entry.description;
  rows.push_back({"default check", plugin.default_check.value_or("none")});
  return name + " " + oneLine(plugin.version) + "\n" + wrapped(oneLine(plugin.description), 2) + columns(rows, "  ") + settings(plugin) +
         metrics(plugin);
}

// The blocks of one name, or of all; a mistake where nothing was taken of the one that was asked for.
std::string blocks(const Catalog& catalog, const std::optional<std::string>& name, Mistakes& mistakes) {
  std::string text;
  bool taken = false;
  bool found = false;
  std::vector<std::string> names;
  for (const CatalogEntry& entry : catalog.entries) {
    if (names.empty() || names.back() != entry.name) names.push_back(entry.name);
    if (name && *name != entry.name) continue;
    found = true;
    taken = taken || isTaken(entry);
    text += (text.empty() ? "" : "\n") + block(entry);
  }
  if (!name || taken) return text.empty() ? "no plugins\n" : text;
  for (const CatalogEntry& entry : catalog.entries) {
    if (*name != entry.name) continue;
    const std::string key = "plugin." + entry.name + ".enabled";
    mistakes.add(entry.file, entry.disabled ? "disabled by " + key + "; add -D " + key + "=true to see it" : "refused: " + entry.refusal);
  }
  if (found) return {};
  const std::string near = nearest(*name, names);
  const std::string there = names.empty() ? "there is none" : "there are " + joinedWords(names, " and ");
  mistakes.add("--describe", "no plugin " + quoted(*name) + " was found" +
                                 (near.empty() ? " (" + there + "); put it into one of plugins.directories, or correct the name"
                                               : "; did you mean " + near + "?"));
  return {};
}

std::string headline(const Properties& properties, const HostConfig& config) {
  Mistakes none;
  const auto directories = properties.value("plugins.directories", none);
  return "Plugins in " + oneLine(joinedWords(config.plugin_directories, " and ")) +
         "\n(plugins.directories: " + oneLine(directories ? directories->origin : "") + ")\n";
}

}  // namespace

PluginListing listPlugins(const ConfigInput& input, const std::optional<std::string>& name, const PluginInspector& inspector) {
  PluginListing listing;
  const Properties properties = Properties::load(input, listing.mistakes);
  const Mistakes unrelated = listing.mistakes;
  HostConfig config;
  Catalog catalog;
  const bool known = readPluginKeys(properties, config, listing.mistakes);
  if (known) {
    const PluginSources sources = pluginSources(properties, config, listing.mistakes);
    catalog = readCatalog(properties, sources, inspector, listing.mistakes);
  }
  // A file that could not be read may have had the directories.
  if (!known || !properties.allRead() || listing.mistakes.lines().size() > unrelated.lines().size()) return listing;

  listing.mistakes = {};
  listing.warnings = unrelated.lines();
  listing.text = blocks(catalog, name, listing.mistakes);
  if (!name) {
    listing.text = headline(properties, config) + "\n" + listing.text;
    listing.text += catalog.notes.empty() ? "" : "\n";
    for (const std::string& note : catalog.notes) listing.text += "note: " + oneLine(note) + "\n";
  } else if (!listing.mistakes.empty()) {
    listing.warnings.insert(listing.warnings.end(), catalog.notes.begin(), catalog.notes.end());
  }
  return listing;
}

}  // namespace pulsewatch
