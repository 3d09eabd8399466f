// What --describe prints, for people: what the plugins of the plugin directories say they are, or why a file was refused. It needs no
// complete configuration: of a plugin one wants to know what it needs before that is there.
#pragma once

#include "config/mistakes.h"
#include "config/properties.h"
#include "plugin/plugin_inspector.h"

#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

struct PluginListing {
  std::string text;
  std::vector<std::string> warnings;  // mistakes of the configuration that did not stand in the way
  Mistakes mistakes;                  // not empty: what stood in the way, beside all others; then there is no text
};

// All plugins, or the one of this name. The inspector looks into the plugins' libraries; one thread.
PluginListing listPlugins(const ConfigInput& input, const std::optional<std::string>& name, const PluginInspector& inspector);

}  // namespace pulsewatch
