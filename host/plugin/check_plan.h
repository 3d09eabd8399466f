// Which checks there are: the configuration's `check.*`, `plugin.*` and `group.*` keys brought together with what the plugins declare. Pure
// but for the mistakes it adds; one thread.
#pragma once
#include "config/mistakes.h"
#include "config/properties.h"
#include "plugin/plugin_description.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

// One setting of one check, checked against its declaration.
struct SettingValue {
  std::string key;
  SettingType type = SettingType::text;
  std::string text;          // as the plugin reads it
  std::string shown;         // as people may see it: what is secret in it is ***
  std::int64_t integer = 0;  // integer, boolean (0, 1), duration (ms)
  double number = 0;         // number, integer
  bool secret = false;       // type secret or url with a password, hidden, or made from a secret: never shown
  std::string origin;        // "file:line", a variable, "default"
};

// One check as it shall run. Plain values, so that it can be sent to a worker process.
struct CheckSpec {
  std::string name;
  std::string plugin;
  std::string alias;
  std::chrono::milliseconds interval{10000};
  std::chrono::milliseconds timeout{2000};
  std::chrono::milliseconds fast_interval{1000};
  bool critical = true;
  unsigned fall = 1;
  unsigned rise = 1;
  std::chrono::milliseconds flap_window{0};  // 0: nobody looks whether it flaps
  std::optional<std::chrono::milliseconds> degraded_after;
  std::vector<std::string> depends_on;  // names of checks
  bool shared = false;                  // its scope
  std::vector<SettingValue> settings;
  bool alias_secret = false;                   // made from a secret: not to be shown
  std::string unavailable;                     // not empty: the plugin was refused, the check stays unhealthy with this reason
  std::map<std::string, std::string> origins;  // of the keys above, by key
};

// A plugin file as the catalog found it.
struct PluginState {
  std::string name;  // the plugin's, or the file's stem while refused before it said one
  bool loaded = false;
  bool gone = false;              // it was there and isn't any more: checks that are configured stay, its default one goes
  std::string refusal;            // a sentence; not empty when refused
  std::string default_taken_by;   // not empty: the plugin that has this one's default check name
  PluginDescription description;  // when loaded
};

// What a plugin's worker may have (plugin.<name>.…).
struct PluginLimits {
  std::uint64_t memory_max = std::uint64_t{256} << 20U;  // bytes of its own, 0: no limit
  std::uint64_t files_max = 4096;                        // open descriptors
  std::chrono::milliseconds kill_after{2000};            // from a run's timeout to the worker's end
  bool operator==(const PluginLimits&) const = default;
};

struct PluginSpec {
  bool isolated = true;  // a worker of its own, or inside the host
  PluginLimits limits;
  bool operator==(const PluginSpec&) const = default;
};

// Checks that have a verdict of their own (group.<name>.…).
struct GroupSpec {
  std::string name;
  std::vector<std::string> checks;
  int fail_status = 503;  // of HTTP, when it is not ready
};

struct CheckPlan {
  std::vector<CheckSpec> checks;              // by name
  std::vector<GroupSpec> groups;              // by name
  std::map<std::string, PluginSpec> plugins;  // of all that have a check, by name
  std::vector<std::string> notes;             // sentences for the log, e.g. why a plugin got no default check
  std::vector<std::string> not_acted_on;      // check.* and plugin.* keys given that this version does not act on yet
};

// `plugin.<p>.enabled`, true unless set; a mistake when its value is none. Asked before a file is opened, with the file's stem too.
bool pluginEnabled(const Properties& properties, const std::string& plugin, Mistakes& mistakes);

// Whether a `check.<name>.plugin` is this plugin.
bool pluginHasChecks(const Properties& properties, const std::string& plugin);

// The default check name that users are promised of this plugin, whoever else wants it; "" when none is.
std::string promisedCheckName(std::string_view plugin);

// `plugin.<p>.isolation`, `.memory_max`, `.files_max` and `.kill_after`.
PluginSpec pluginSpec(const Properties& properties, const std::string& plugin, Mistakes& mistakes);

CheckPlan planChecks(const Properties& properties, const std::vector<PluginState>& plugins, Mistakes& mistakes);

}  // namespace pulsewatch
