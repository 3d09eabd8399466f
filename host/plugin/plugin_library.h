// An opened plugin: its code mapped, its description copied out and validated. Stays mapped for the program's life: unloading often doesn't
// unload (GNU_UNIQUE symbols, thread_local destructors), so nothing is ever unmapped from a live process.
#pragma once

#include "base/file_descriptor.h"
#include "plugin/plugin_description.h"
#include <pulsewatch/abi.h>

#include <filesystem>
#include <string>

namespace pulsewatch {

class PluginLibrary {
 public:
  // Opens a copy made by openPluginFile() and asks it what it is. Runs the library's own initialisers. Throws Refusal: no entry symbol,
  // another major, a newer minor, missing functions or text, declarations that don't hold. One thread at a time.
  explicit PluginLibrary(FileDescriptor copy);

  [[nodiscard]] const PluginDescription& description() const { return description_; }
  [[nodiscard]] const pw_plugin& plugin() const { return *plugin_; }  // any thread

 private:
  struct Mapped;
  static Mapped& map(FileDescriptor copy);

  Mapped& mapped_;  // never freed, see above
  const pw_plugin* const plugin_;
  const PluginDescription description_;
};

// Validates what a plugin says of itself (plugin_rules.h) and copies it. Throws Refusal. Pure; `plugin` may be null.
PluginDescription describePlugin(const pw_plugin* plugin);

// Whether a description that came from elsewhere is one that describePlugin() gives: "" or what is wrong with it. Pure.
std::string descriptionFault(const PluginDescription& description);

}  // namespace pulsewatch
