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
  std::string file;  // directory and file name; this and all text below is one line of UTF-8, whatever the file is called
  std::string name;  // the plugin's, or the file's stem while it has not said one
  std::string version;
  std::string refusal;                     // not empty: refused, why
  std::string default_taken_by;            // not empty: the plugin that has this one's default check name
  bool disabled = false;                   // by plugin.<name>.enabled
  std::shared_ptr<PluginLibrary> library;  // null when refused or disabled
};

struct CatalogOptions {
  std::vector<std::string> directories;  // of two plugins of one name the later directory's wins, then the later file name's
  std::set<uid_t> owners;
  std::function<bool(const std::string& plugin)>
      enabled;  // asked with the file's stem before the file is opened, and with the plugin's name after
  std::function<bool(const std::string& plugin)> has_checks;  // whether the configuration makes checks of it by name
};

struct Catalog {
  std::vector<CatalogEntry> entries;  // by name, the one that was taken first
  std::vector<std::string> notes;     // sentences for the log: directories that are not there, or there twice
};

// Opens all. One thread; the libraries' initialisers run here.
Catalog loadCatalog(const CatalogOptions& options);

// What planChecks() needs to know of each.
std::vector<PluginState> pluginStates(const Catalog& catalog);

}  // namespace pulsewatch
