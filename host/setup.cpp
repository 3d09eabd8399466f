#include "setup.h"

#include "config/typed_value.h"
#include "plugin/file_trust.h"
#include "plugin/plugin_checksums.h"
#include "serve/log_file.h"
#include "serve/tls_context.h"

namespace pulsewatch {

void addLogFileFault(const LogFileConfig& file, const std::string& fault, Mistakes& mistakes) {
  if (!fault.empty()) mistakes.add(file.where, file.shown + " " + fault);
}

PluginSources pluginSources(const Properties& properties, const HostConfig& config, Mistakes& mistakes) {
  const auto owners = properties.value("plugins.owners", mistakes);
  PluginSources sources{config.plugin_directories, resolveOwners(config.plugin_owners, owners.value_or(PropertyValue()), mistakes), {}};
  sources.checksums.required = config.plugin_checksums;
  if (config.plugin_signature_key.empty()) return sources;
  std::string fault;
  sources.checksums.signature_key = readSignatureKey(config.plugin_signature_key, sources.owners, fault);
  const auto key = properties.value("plugins.signature_key", mistakes);
  if (!fault.empty() && key) mistakes.add(key->where, shownValue(*key) + " " + fault);
  return sources;
}

CatalogOptions catalogOptions(const Properties& properties, const PluginSources& sources, const PluginInspector& inspector) {
  CatalogOptions options;
  options.directories = sources.directories;
  options.owners = sources.owners;
  options.checksums = sources.checksums;
  options.enabled = [&](const std::string& plugin) {
    Mistakes found;  // told when the checks are planned
    return pluginEnabled(properties, plugin, found);
  };
  options.inspector = &inspector;
  options.has_checks = [&](const std::string& plugin) { return pluginHasChecks(properties, plugin); };
  return options;
}

Catalog readCatalog(const Properties& properties, const PluginSources& sources, const PluginInspector& inspector, Mistakes& mistakes) {
  Catalog catalog = loadCatalog(catalogOptions(properties, sources, inspector));
  for (const CatalogEntry& entry : catalog.entries) pluginEnabled(properties, entry.name, mistakes);
  return catalog;
}

Setup readKeys(const ConfigInput& input) {
  Setup setup;
  setup.input = input;
  setup.properties = std::make_shared<const Properties>(Properties::load(input, setup.mistakes));
  const Properties& properties = *setup.properties;
  setup.config = readHostConfig(properties, setup.mistakes);
  // They are looked at again and again, also when --daemon has changed to /.
  for (std::string& directory : setup.config.plugin_directories) directory = (input.directory / directory).string();
  const LogFileConfig& log_file = setup.config.log_file;
  if (!log_file.path.empty()) addLogFileFault(log_file, logFileFault(log_file), setup.mistakes);
  checkTls(setup.config.https, setup.mistakes);
  // Without directories, which is itself a mistake, what is missing for want of them is none.
  if (!setup.config.plugin_directories.empty()) setup.sources = pluginSources(properties, setup.config, setup.mistakes);
  return setup;
}

Setup readSetup(const ConfigInput& input, const PluginInspector& inspector) {
  Setup setup = readKeys(input);
  if (setup.config.plugin_directories.empty()) return setup;
  setup.catalog = readCatalog(*setup.properties, setup.sources, inspector, setup.mistakes);
  setup.plan = planChecks(*setup.properties, pluginStates(setup.catalog), setup.mistakes);
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
