#include "plugin/check_plan.h"

#include "config/named_keys.h"
#include "config/schema.h"
#include "config/text_parts.h"
#include "config/typed_value.h"
#include "plugin/check_relations.h"
#include "plugin/check_settings.h"
#include <pulsewatch/plugin_rules.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace pulsewatch {

namespace {

// Default names that are promised to users. A plugin that was refused or disabled can't say its own.
constexpr std::pair<std::string_view, std::string_view> kPromisedNames[] = {
    {"database", "mysql"}, {"migrations", "migrations"}, {"redis", "redis"}};

bool isCheckName(const std::string& name) { return isName(name) && name != "group"; }

class Planner {
 public:
  Planner(const Properties& properties, const std::vector<PluginState>& plugins, Mistakes& mistakes)
      : properties_(properties), mistakes_(mistakes) {
    for (const PluginState& plugin : plugins) {
      const PluginState*& known = plugins_[plugin.name];
      if (known == nullptr || (!known->loaded && plugin.loaded)) known = &plugin;
    }
    for (const auto& [name, plugin] : plugins_) {
      if (!pluginEnabled(properties, name, mistakes)) disabled_.insert(name);
    }
  }

  CheckPlan plan() {
    checkPluginKeys();
    chooseDefaults();
    configured_ = namedKeys(properties_, "check", mistakes_);
    for (const auto& [name, keys] : configured_) planConfigured(name, keys);
    for (const auto& [name, plugin] : plugins_) planDefault(*plugin);
    for (const CheckSpec& check : plan_.checks) {
      if (plan_.plugins.count(check.plugin) == 0) plan_.plugins[check.plugin] = pluginSpec(properties_, check.plugin, mistakes_);
    }
    std::sort(plan_.checks.begin(), plan_.checks.end(), [](const CheckSpec& a, const CheckSpec& b) { return a.name < b.name; });
    readRelations(properties_, absentChecks(), plan_, mistakes_);
    return std::move(plan_);
  }

 private:
  [[nodiscard]] bool enabled(const std::string& plugin) const { return disabled_.count(plugin) == 0; }
  [[nodiscard]] bool usable(const PluginState& plugin) const { return plugin.loaded && enabled(plugin.name); }

  [[nodiscard]] std::vector<std::string> pluginNames() const {
    std::vector<std::string> names;
    for (const auto& [name, plugin] : plugins_) names.push_back(name);
    return names;
  }

  // "; did you mean mysql?", or else which there are.
  [[nodiscard]] std::string pluginAdvice(const std::string& name) const {
    const std::string near = nearest(name, pluginNames());
    if (!near.empty()) return "; did you mean " + near + "?";
    const std::string there = plugins_.empty() ? "there is none" : "there are " + joinedWords(pluginNames(), " and ");
    return " (" + there + "); put it into one of plugins.directories, or remove the key";
  }

  void reportNoPlugin(const std::string& where, const std::string& check, const std::string& plugin) {
    mistakes_.add(where, "check " + check + ": no plugin " + (plugin.empty() ? "of this name" : pulsewatch::quoted(plugin)) + " was found" +
                             pluginAdvice(plugin));
  }

  void checkPluginKeys() {
    for (const auto& [name, keys] : namedKeys(properties_, "plugin", mistakes_)) {
      const bool known = plugins_.count(name) > 0;
      if (!known)
        mistakes_.add(placeOf(*keys.begin()->second), "no plugin " + pulsewatch::quoted(name) + " was found" + pluginAdvice(name));
      for (const auto& [key, property] : keys) {
        const KeyDescription* description = findKey(pluginKeys(), key);
        if (description == nullptr) {
          const std::string near = nearest(key, keyNames(pluginKeys()));
          mistakes_.add(placeOf(*property), "unknown key; " + (near.empty() ? "a plugin has " + joinedWords(keyNames(pluginKeys()), " and ")
                                                                            : "did you mean plugin." + name + "." + near + "?"));
        } else if (const auto value = properties_.value(property->key, mistakes_)) {
          typedValue(*description, *value, mistakes_);
        }
        if (description != nullptr && !description->acted_on) plan_.not_acted_on.push_back(property->key);
      }
    }
  }

  // Whose a default name is.
  void chooseDefaults() {
    for (const auto& [name, plugin] : plugins_) {
      if (!usable(*plugin) || !plugin->description.default_check) continue;
      const std::string& check = *plugin->description.default_check;
      const std::string& taken_by = plugin->default_taken_by;
      const std::string& owner = taken_by.empty() ? default_owners_.try_emplace(check, name).first->second : taken_by;
      if (owner != name)
        plan_.notes.push_back("plugin " + name + " gets no default check: the name " + check + " is that of plugin " + owner);
    }
    for (const auto& [name, plugin] : plugins_) {
      if (!usable(*plugin)) default_owners_.try_emplace(promisedCheckName(name).empty() ? name : promisedCheckName(name), name);
    }
  }

  // The plugin of a configured check; nothing after a mistake.
  std::optional<std::string> pluginOf(const std::string& name, const KeysOfOne& keys) {
    if (keys.count("plugin") > 0) {
      const auto value = properties_.value("check." + name + ".plugin", mistakes_);
      if (value && plugins_.count(value->text) > 0) return value->text;
      const bool shown = value && !value->secret && value->text.find(':') == std::string::npos;  // a name has no colon, a URL has
      if (value) reportNoPlugin(value->where, name, shown ? value->text : "");
      return std::nullopt;
    }
    const auto owner = default_owners_.find(name);
    if (owner != default_owners_.end()) return owner->second;
    const std::string where = placeOf(*keys.begin()->second);
    for (const auto& [check, plugin] : kPromisedNames) {
      if (check == name) {
        reportNoPlugin(where, name, std::string(plugin));
        return std::nullopt;
      }
    }
    std::vector<std::string> names;
    for (const auto& [check, plugin] : default_owners_) names.push_back(check);
    const std::string near = nearest(name, names);
    mistakes_.add(where, "check " + name + " has no plugin; add check." + name + ".plugin = PLUGIN" +
                             (near.empty() ? "" : " (or did you mean check." + near + "?)"));
    return std::nullopt;
  }

  void planConfigured(const std::string& name, const KeysOfOne& keys) {
    if (!isCheckName(name)) {
      mistakes_.add(placeOf(*keys.begin()->second),
                    name == "group" ? "a check cannot be named group, the word is reserved; name it otherwise"
                                    : "is not a check's name; write lower-case letters, digits, _ and -, 63 at most and a letter first");
      return;
    }
    const auto plugin_name = pluginOf(name, keys);
    if (!plugin_name) return;
    const PluginState& plugin = *plugins_.at(*plugin_name);
    with_checks_.insert(plugin.name);
    if (!enabled(plugin.name)) {
      plan_.notes.push_back("check " + name + " is not made: its plugin " + plugin.name + " is disabled");
      not_made_.push_back(name);
      return;
    }
    CheckSpec spec = hostPart(name, plugin);
    if (plugin.loaded) {
      reportUnknownSettings(name, keys, plugin);
      spec.settings = readSettings(properties_, name, plugin.description, mistakes_);
    }
    plan_.checks.push_back(std::move(spec));
  }

  // The check that a plugin gets without having been asked.
  void planDefault(const PluginState& plugin) {
    const auto owner =
        std::find_if(default_owners_.begin(), default_owners_.end(), [&](const auto& entry) { return entry.second == plugin.name; });
    if (owner == default_owners_.end() || !enabled(plugin.name)) return;
    const std::string& name = owner->first;
    if (configured_.count(name) > 0) {
      if (with_checks_.count(plugin.name) == 0)
        plan_.notes.push_back("plugin " + plugin.name + " gets no default check: check " + name + " is another plugin's");
      return;
    }
    if (plugin.loaded && !canMakeDefault(name, plugin)) return;
    // A refused plugin's check stays, unhealthy: without it the verdict would be better than with the plugin.
    if (!plugin.loaded && (plugin.gone || promisedCheckName(plugin.name).empty() || !hasConnection(properties_, plugin.name))) return;
    CheckSpec spec = hostPart(name, plugin);
    if (plugin.loaded) spec.settings = readSettings(properties_, name, plugin.description, mistakes_);
    plan_.checks.push_back(std::move(spec));
  }

  bool canMakeDefault(const std::string& name, const PluginState& plugin) {
    const std::vector<std::string> missing = missingSettings(properties_, name, plugin.description);
    if (missing.empty()) return true;
    const bool must = plugin.name == "mysql" || plugin.name == "redis";
    if (must && with_checks_.count(plugin.name) == 0)
      for (const std::string& key : missing) reportMissing(name, plugin.description, key, mistakes_);
    else if (!must)
      plan_.notes.push_back("plugin " + plugin.name + " gets no default check: " + joinedWords(missing, " and ") + " of check " + name +
                            " has no value");
    return false;
  }

  // Of the names that are no check's now.
  [[nodiscard]] AbsentChecks absentChecks() const {
    AbsentChecks absent;
    for (const auto& [name, plugin] : default_owners_) {
      if (!enabled(plugin))
        absent.left_out.insert(name);
      else if (!plugins_.at(plugin)->loaded || !promisedCheckName(plugin).empty())
        absent.missing.insert(name);  // and if its settings are, that was told
    }
    for (const auto& [name, keys] : configured_) absent.missing.insert(name);
    for (const std::string& name : not_made_) absent.left_out.insert(name);
    for (const auto& [name, plugin] : plugins_) absent.some_gone = absent.some_gone || plugin->gone;
    return absent;
  }

  CheckSpec hostPart(const std::string& name, const PluginState& plugin) {
    CheckSpec spec = readHostKeys(properties_, name, mistakes_);
    spec.plugin = plugin.name;
    if (!plugin.loaded) spec.unavailable = plugin.refusal.empty() ? "plugin " + plugin.name + " was not loaded" : plugin.refusal;
    return spec;
  }

  void reportUnknownSettings(const std::string& name, const KeysOfOne& keys, const PluginState& plugin) {
    std::vector<std::string> known = keyNames(checkKeys());
    for (const SettingDescription& setting : plugin.description.settings) known.push_back(setting.key);
    for (const auto& [key, property] : keys) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      const std::string near = nearest(key, known);
      mistakes_.add(placeOf(*property),
                    "unknown key of a check of plugin " + plugin.name + "; " +
                        (near.empty() ? "it has " + joinedWords(known, " and ") : "did you mean check." + name + "." + near + "?"));
    }
  }

  const Properties& properties_;
  Mistakes& mistakes_;
  std::map<std::string, const PluginState*> plugins_;
  std::set<std::string> disabled_;
  std::map<std::string, std::string> default_owners_;  // plugin by the default name it has
  NamedKeys configured_;
  std::set<std::string> with_checks_;  // plugins that a configured check is of
  std::vector<std::string> not_made_;  // configured checks of disabled plugins
  CheckPlan plan_;
};

}  // namespace

std::string promisedCheckName(std::string_view plugin) {
  for (const auto& [check, owner] : kPromisedNames) {
    if (owner == plugin) return std::string(check);
  }
  return {};
}

bool pluginHasChecks(const Properties& properties, const std::string& plugin) {
  constexpr std::string_view kSuffix = ".plugin";
  Mistakes found;  // told when the checks are planned
  const auto& all = properties.properties();
  return std::any_of(all.lower_bound("check."), all.end(), [&](const auto& entry) {
    const std::string& key = entry.first;
    if (key.rfind("check.", 0) != 0 || key.size() <= kSuffix.size() || key.substr(key.size() - kSuffix.size()) != kSuffix) return false;
    const auto value = properties.value(key, found);
    return value && value->text == plugin;
  });
}

bool pluginEnabled(const Properties& properties, const std::string& plugin, Mistakes& mistakes) {
  const std::string key = "plugin." + plugin + ".enabled";
  if (!properties.given(key)) return true;
  const auto value = properties.value(key, mistakes);
  const auto typed = value ? typedValue(*findKey(pluginKeys(), "enabled"), *value, mistakes) : std::nullopt;
  return !typed || typed->integer != 0;
}

PluginSpec pluginSpec(const Properties& properties, const std::string& plugin, Mistakes& mistakes) {
  const auto read = [&](std::string_view key) -> std::optional<TypedValue> {
    const std::string own = "plugin." + plugin + "." + std::string(key);
    const auto value = properties.given(own) ? properties.value(own, mistakes) : std::nullopt;
    return value ? typedValue(*findKey(pluginKeys(), key), *value, mistakes) : std::nullopt;
  };
  PluginSpec spec;
  const auto isolation = read("isolation");
  const auto common = isolation ? std::nullopt : properties.value("plugins.isolation", mistakes);
  const auto common_typed = common ? typedValue(*findHostKey("plugins.isolation"), *common, mistakes) : std::nullopt;
  if (const auto& typed = isolation ? isolation : common_typed) spec.isolated = typed->text == "process";
  if (const auto typed = read("memory_max")) spec.limits.memory_max = static_cast<std::uint64_t>(typed->integer);
  if (const auto typed = read("files_max")) spec.limits.files_max = static_cast<std::uint64_t>(typed->integer);
  if (const auto typed = read("kill_after")) spec.limits.kill_after = std::chrono::milliseconds(typed->integer);
  return spec;
}

CheckPlan planChecks(const Properties& properties, const std::vector<PluginState>& plugins, Mistakes& mistakes) {
  return Planner(properties, plugins, mistakes).plan();
}

}  // namespace pulsewatch
