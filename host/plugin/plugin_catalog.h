// Which plugins there are: every *.so of the plugin directories, opened or refused with a sentence.
#pragma once

#include "plugin/check_plan.h"
#include "plugin/plugin_library.h"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pulsewatch {

struct CatalogEntry {
  std::string file;  // directory and file name
  std::string name;  // the plugin's, or the file's stem while it has not said one
  std::string version;
  PluginDescription description;           // when taken
  std::string refusal;                     // not empty: refused, why
  bool disabled = false;                   // by plugin.<name>.enabled
  std::shared_ptr<PluginLibrary> library;  // null when refused or disabled
};

struct CatalogOptions {
  std::vector<std::string> directories;  // of two plugins of one name the later directory's wins, then the later file name's
  std::set<uid_t> owners;
  std::function<bool(const std::string& plugin)>
      enabled;  // asked with the file's stem before the file is opened, and with the plugin's name after
};

struct Catalog {
  std::vector<CatalogEntry> entries;  // by name, the one that was taken first
  std::vector<std::string> notes;     // sentences for the log: directories that are not there
};

// Opens all. One thread; the libraries' initialisers run here.
Catalog loadCatalog(const CatalogOptions& options);

// What planChecks() needs to know of each.
std::vector<PluginState> pluginStates(const Catalog& catalog);

// Metric families that the host has of its own, or that a plugin may not have: refused when declared.
bool isHostMetric(const std::string& family);

}  // namespace pulsewatch
