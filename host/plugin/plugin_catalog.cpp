#include "plugin/plugin_catalog.h"

#include "base/text.h"
#include "plugin/plugin_file.h"
#include "plugin/refusal.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

namespace pulsewatch {

namespace {

constexpr std::string_view kReservedKeys[] = {"plugin", "interval", "timeout",        "critical",   "fall",        "rise",
                                              "alias",  "scope",    "degraded_after", "depends_on", "flap_window", "fast_interval"};

// The names of a directory's *.so, sorted.
std::vector<std::string> candidates(const std::string& directory, std::vector<std::string>& notes) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".so") names.push_back(entry->path().filename().string());
  }
  if (error) notes.push_back("plugin directory " + directory + " cannot be read: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

CatalogEntry openEntry(const std::string& directory, const std::string& file_name, const CatalogOptions& options) {
  CatalogEntry entry;
  entry.file = (std::filesystem::path(directory) / file_name).string();
  entry.name = cleanText(std::filesystem::path(file_name).stem().string(), 63);
  if (!options.enabled(entry.name)) {
    entry.disabled = true;
    return entry;
  }
  try {
    auto library = std::make_shared<PluginLibrary>(openPluginFile(directory, file_name, options.owners));
    entry.name = library->description().name;
    entry.version = library->description().version;
    for (const SettingDescription& setting : library->description().settings) {
      if (std::find(std::begin(kReservedKeys), std::end(kReservedKeys), setting.key) != std::end(kReservedKeys))
        throw Refusal("declares a setting " + setting.key + ", a key of the host's own; name it otherwise");
    }
    entry.disabled = !options.enabled(entry.name);
    if (entry.disabled) return entry;
    entry.description = library->description();
    entry.library = std::move(library);
  } catch (const Refusal& refusal) {
    entry.refusal = refusal.what();
  }
  return entry;
}

void refuse(CatalogEntry& entry, const std::string& why) {
  entry.refusal = why;
  entry.description = {};
  entry.library = nullptr;
}

// Of entries of one name the last that was opened stays.
void refuseTakenNames(std::vector<CatalogEntry>& entries) {
  std::map<std::string, CatalogEntry*> taken;
  for (CatalogEntry& entry : entries) {
    if (entry.library == nullptr) continue;
    CatalogEntry*& winner = taken[entry.name];
    if (winner != nullptr) refuse(*winner, "the name " + entry.name + " is taken by " + entry.file + "; remove one of the two");
    winner = &entry;
  }
}

using Families = std::map<std::string, std::pair<MetricDescription, std::string>>;  // with the plugin that declared it first

// Why the plugin's metrics can't be taken beside those of `families`; "" when they can.
std::string metricsRefusal(const PluginDescription& plugin, const Families& families) {
  for (const MetricDescription& metric : plugin.metrics) {
    if (isHostMetric(metric.name)) return "declares metric " + metric.name + ", which is the host's own; name it otherwise";
    const auto found = families.find(metric.name);
    if (found != families.end() && found->second.first != metric)
      return "declares metric " + metric.name + " otherwise than plugin " + found->second.second +
             " does; declare it alike or name it otherwise";
  }
  return {};
}

// A family must be declared alike by all; the first by plugin name decides.
void refuseOtherwiseDeclaredMetrics(std::vector<CatalogEntry>& entries) {
  Families families;
  for (CatalogEntry& entry : entries) {
    if (entry.library == nullptr) continue;
    const PluginDescription& plugin = entry.description;
    if (const std::string refusal = metricsRefusal(plugin, families); !refusal.empty()) {
      refuse(entry, refusal);
      continue;
    }
    for (const MetricDescription& metric : plugin.metrics) families.try_emplace(metric.name, metric, entry.name);
  }
}

}  // namespace

bool isHostMetric(const std::string& family) {
  const auto starts = [&](std::string_view prefix) { return family.rfind(prefix, 0) == 0; };
  return starts("pulsewatch_") || starts("process_") || starts("django_http_");
}

Catalog loadCatalog(const CatalogOptions& options) {
  Catalog catalog;
  for (const std::string& directory : options.directories) {
    for (const std::string& file_name : candidates(directory, catalog.notes))
      catalog.entries.push_back(openEntry(directory, file_name, options));
  }
  refuseTakenNames(catalog.entries);
  std::stable_sort(catalog.entries.begin(), catalog.entries.end(), [](const CatalogEntry& a, const CatalogEntry& b) {
    return a.name != b.name ? a.name < b.name : a.refusal.empty() && !b.refusal.empty();
  });
  refuseOtherwiseDeclaredMetrics(catalog.entries);
  return catalog;
}

std::vector<PluginState> pluginStates(const Catalog& catalog) {
  std::vector<PluginState> states;
  for (const CatalogEntry& entry : catalog.entries) {
    const bool known =
        std::any_of(states.begin(), states.end(), [&](const PluginState& state) { return state.name == entry.name && state.loaded; });
    if (known) continue;  // refused only because the name is taken
    PluginState state;
    state.name = entry.name;
    state.loaded = entry.library != nullptr;
    state.refusal = entry.refusal.empty() ? "" : "plugin refused: " + entry.refusal;
    state.description = entry.description;
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace pulsewatch
