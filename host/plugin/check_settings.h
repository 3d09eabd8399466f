// One check's part of the configuration: the keys that every check has (check.<name>.interval and so on), and its settings: what the
// configuration gives it (`check.<name>.<setting>`, or the service's URL of the specification: DATABASE_URL and its like), checked against
// what its plugin declares. Pure but for the mistakes it adds; one thread.
#pragma once
#include "config/mistakes.h"
#include "config/properties.h"
#include "plugin/check_plan.h"
#include "plugin/plugin_description.h"

#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

// The host's own keys of a check; its plugin and settings are left alone.
CheckSpec readHostKeys(const Properties& properties, const std::string& check, Mistakes& mistakes);

// A value as its setting takes it; nothing, and a mistake, when it doesn't fit.
std::optional<SettingValue> readSetting(const PropertyValue& value, const std::string& plugin, const SettingDescription& setting,
                                        Mistakes& mistakes);

// Every setting that has a value. A required one without is a mistake, as is one that does not fit its type.
std::vector<SettingValue> readSettings(const Properties& properties, const std::string& check, const PluginDescription& plugin,
                                       Mistakes& mistakes);

// The required settings that nothing gives a value.
std::vector<std::string> missingSettings(const Properties& properties, const std::string& check, const PluginDescription& plugin);

// The mistake for one of them.
void reportMissing(const std::string& check, const PluginDescription& plugin, const std::string& setting, Mistakes& mistakes);

// The host's key that gives a plugin's setting its value when the check has none of its own: database.url; "" for most.
std::string connectionKey(const std::string& plugin, const std::string& setting);

// Whether the URL that checks of this plugin take by default is there.
bool hasConnection(const Properties& properties, const std::string& plugin);

}  // namespace pulsewatch
