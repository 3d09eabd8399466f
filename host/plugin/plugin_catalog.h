// Which plugins there are: every *.so of the plugin directories, looked at or refused with a sentence.
#pragma once

#include "plugin/check_plan.h"
#include "plugin/file_trust.h"
#include "plugin/plugin_checksums.h"
#include "plugin/plugin_inspector.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pulsewatch {

// What decides about a plugin beside its file: when it is another, the file is looked at again.
struct Surroundings {
  std::vector<FolderState> folders;  // its directory and those above
  ChecksumFiles checksums;
  bool operator==(const Surroundings&) const = default;
};

struct CatalogEntry {
  std::size_t rank = 0;                  // in the order of the directories and names: the last of a name is taken
  std::string path;                      // directory and file name as they are
  std::optional<FileIdentity> identity;  // when it was looked at
  Surroundings surroundings;             // and what else decided
  std::string file;                      // the path for people; this and all text below is one line of UTF-8, whatever the file is called
  std::string name;                      // the plugin's, or the file's stem while it has not said one
  std::string version;
  std::string fault;             // not empty: what is wrong with the file by itself, or (it has its image then) beside those of that look
  std::string refusal;           // not empty: refused, why: its fault, or that it doesn't go with others
  std::string default_taken_by;  // not empty: the plugin that has this one's default check name
  bool disabled = false;         // by plugin.<name>.enabled
  bool superseded = false;       // its file has other bytes now, which are refused: this is the version that stays at work
  std::shared_ptr<const PluginImage> image;  // null when it is unfit by itself or disabled
  PluginDescription description;             // when it has an image

  [[nodiscard]] bool taken() const { return image != nullptr && refusal.empty(); }
};

struct CatalogOptions {
  std::vector<std::string> directories;  // of two plugins of one name the later directory's wins, then the later file name's
  std::set<uid_t> owners;
  ChecksumPolicy checksums;
  std::function<bool(const std::string& plugin)>
      enabled;  // asked with the file's stem before the file is opened, and with the plugin's name after
  const PluginInspector* inspector = nullptr;
  // Whether a file that is new or has changed is complete, as far as that can be seen; until it is, it stays as it was before.
  std::function<bool(const std::string& path, const FileIdentity& identity)> settled = [](const std::string&, const FileIdentity&) {
    return true;
  };
  std::function<bool(const std::string& plugin)> has_checks;  // whether the configuration makes checks of it by name
};

struct Catalog {
  std::vector<CatalogEntry> entries;  // by name, the one that was taken first
  std::vector<std::string> notes;     // sentences for the log: directories that are not there, or there twice
};

// Looks at all, several at a time. A file that is as it was in `before` is not looked at again. One thread.
Catalog loadCatalog(const CatalogOptions& options, const Catalog& before = {});

// Entries that don't go with others of theirs: names and default names that are taken, metrics declared otherwise. Puts them in order.
void settleCatalog(Catalog& catalog, const CatalogOptions& options);

// What planChecks() needs to know of each.
std::vector<PluginState> pluginStates(const Catalog& catalog);

}  // namespace pulsewatch
