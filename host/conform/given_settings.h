// The settings that the tested checks are made with: of the command line, else of the environment, else the defaults; read by the same
// rules as a host's configuration. A secret of the command line is refused. One thread.
#pragma once

#include "config/mistakes.h"
#include "plugin/check_plan.h"
#include "plugin/plugin_description.h"

#include <map>
#include <string>
#include <vector>

namespace pulsewatch::conform {

// `arguments` are KEY=VALUE or KEY_file=PATH. Every setting that has a value; a required one without is a mistake, as is one that doesn't
// fit its type, and one that isn't declared.
std::vector<SettingValue> readGivenSettings(const PluginDescription& plugin, const std::vector<std::string>& arguments,
                                            const std::map<std::string, std::string>& environment, Mistakes& mistakes);

}  // namespace pulsewatch::conform
