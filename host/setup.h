// Everything that is decided before anything runs: the configuration read, the plugins opened, the checks planned, and every mistake found
// on the way.
#pragma once

#include "config/host_config.h"
#include "plugin/check_plan.h"
#include "plugin/plugin_catalog.h"
#include "plugin/plugin_checksums.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pulsewatch {

// Where plugins come from, whose are taken, and what proves where they are from.
struct PluginSources {
  std::vector<std::string> directories;
  std::set<uid_t> owners;
  ChecksumPolicy checksums;
  bool operator==(const PluginSources&) const = default;
};

struct Setup {
  ConfigInput input;
  std::shared_ptr<const Properties> properties;
  HostConfig config;
  PluginSources sources;
  Catalog catalog;
  CheckPlan plan;
  Mistakes mistakes;  // not empty: nothing may be started
};

// All but the catalog and the plan: what the configuration says, and from where plugins come.
Setup readKeys(const ConfigInput& input);

// One thread. The inspector looks into the plugins' libraries.
Setup readSetup(const ConfigInput& input, const PluginInspector& inspector);

// The sources that the configuration names.
PluginSources pluginSources(const Properties& properties, const HostConfig& config, Mistakes& mistakes);

// How the catalog is made for this configuration. The properties and the inspector must outlive it.
CatalogOptions catalogOptions(const Properties& properties, const PluginSources& sources, const PluginInspector& inspector);

// The catalog as it is now, with the mistakes in the keys that say which plugins are enabled.
Catalog readCatalog(const Properties& properties, const PluginSources& sources, const PluginInspector& inspector, Mistakes& mistakes);

// Makes a mistake of what logFileFault() or LogFile::open() say; "" is none.
void addLogFileFault(const LogFileConfig& file, const std::string& fault, Mistakes& mistakes);

// A sentence that names the keys given that this version does not act on yet; "" when there are none.
std::string notActedOn(const Setup& setup);

}  // namespace pulsewatch
