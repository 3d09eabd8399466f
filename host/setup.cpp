#include "setup.h"

#include "plugin/plugin_file.h"

namespace pulsewatch {

Catalog openCatalog(const Properties& properties, const HostConfig& config, Mistakes& mistakes) {
  CatalogOptions options;
  options.directories = config.plugin_directories;
  const auto owners = properties.value("plugins.owners", mistakes);
  options.owners = resolveOwners(config.plugin_owners, owners.value_or(PropertyValue()), mistakes);
  options.enabled = [&](const std::string& plugin) { return pluginEnabled(properties, plugin, mistakes); };
  return loadCatalog(options);
}

Setup readSetup(const ConfigInput& input) {
  Setup setup;
  const Properties properties = Properties::load(input, setup.mistakes);
  setup.config = readHostConfig(properties, setup.mistakes);
  if (setup.config.plugin_directories.empty()) return setup;  // itself a mistake; what is missing for want of it is none

  setup.catalog = openCatalog(properties, setup.config, setup.mistakes);
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

}  // namespace pulsewatch
