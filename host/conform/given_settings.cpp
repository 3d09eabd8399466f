#include "conform/given_settings.h"

#include "config/properties.h"
#include "config/schema.h"
#include "config/text_parts.h"
#include "plugin/check_settings.h"

#include <algorithm>
#include <optional>

namespace pulsewatch::conform {

namespace {

constexpr const char* kArgument = "the command line";

using Environment = std::map<std::string, std::string>;
using Values = std::map<std::string, PropertyValue>;  // by the setting's key

std::string variableOfSetting(const std::string& key) {
  std::string name = "PULSEWATCH_SETTING_";
  for (const char c : key) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

const SettingDescription* declared(const PluginDescription& plugin, const std::string& key) {
  const auto found = std::find_if(plugin.settings.begin(), plugin.settings.end(), [&](const auto& setting) { return setting.key == key; });
  return found == plugin.settings.end() ? nullptr : &*found;
}

void addFile(const std::string& where, const std::string& path, const std::string& key, Values& values, Mistakes& mistakes) {
  const auto text = valueFromFile(where, path, mistakes);
  values[key] = {.text = text.value_or(""), .shown = {}, .origin = text ? where : "", .where = where};
}

void readArguments(const PluginDescription& plugin, const std::vector<std::string>& arguments, Values& values, Mistakes& mistakes) {
  constexpr std::string_view kFile = "_file";
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) {  // it may be a secret, and isn't quoted
      mistakes.add("command line", "an argument behind the file has no =; write KEY=VALUE");
      continue;
    }
    const std::string key = argument.substr(0, equals);
    const std::string value = argument.substr(equals + 1);
    const std::string stem = key.size() > kFile.size() && lowerCase(key).ends_with(kFile) ? key.substr(0, key.size() - kFile.size()) : "";
    if (declared(plugin, key) != nullptr) {
      values[key] = {.text = std::string(trimmed(value)), .shown = {}, .origin = kArgument, .where = key};
    } else if (declared(plugin, stem) != nullptr) {
      addFile(key, value, stem, values, mistakes);
    } else {
      std::vector<std::string> keys;
      for (const SettingDescription& setting : plugin.settings) keys.push_back(setting.key);
      const std::string near = nearest(key, keys);
      const std::string there = keys.empty() ? "it has none" : "it has " + joinedWords(keys, " and ");
      mistakes.add(quoted(key).substr(1, quoted(key).size() - 2),
                   "plugin " + plugin.name + " declares no such setting; " + (near.empty() ? there : "did you mean " + near + "?"));
    }
  }
}

// A variable or the one with _FILE.
void readVariable(const std::string& variable, const std::string& key, const Environment& environment, Values& values, Mistakes& mistakes) {
  const auto given = environment.find(variable);
  const auto file = environment.find(variable + "_FILE");
  if (given != environment.end() && file != environment.end())
    mistakes.add(variable, "given together with " + variable + "_FILE; keep one of the two");
  if (given != environment.end())
    values[key] = {.text = given->second, .shown = {}, .origin = variable, .where = variable};
  else if (file != environment.end())
    addFile(variable + "_FILE", file->second, key, values, mistakes);
}

void readEnvironment(const PluginDescription& plugin, const Environment& environment, Values& values, Mistakes& mistakes) {
  for (const SettingDescription& setting : plugin.settings) {
    if (values.count(setting.key) == 0) readVariable(variableOfSetting(setting.key), setting.key, environment, values, mistakes);
    const std::string host_key = connectionKey(plugin.name, setting.key);
    if (values.count(setting.key) == 0 && !host_key.empty())
      readVariable(variableOf(*findHostKey(host_key)), setting.key, environment, values, mistakes);
  }
}

bool isSecret(const SettingDescription& setting) { return setting.hidden || setting.type == SettingType::secret; }

std::string wayToGive(const PluginDescription& plugin, const SettingDescription& setting) {
  const std::string host_key = connectionKey(plugin.name, setting.key);
  return (isSecret(setting) ? "" : setting.key + "=VALUE, ") + setting.key + "_file=PATH, or " + variableOfSetting(setting.key) +
         (host_key.empty() ? "" : " or " + variableOf(*findHostKey(host_key))) + " in the environment";
}

}  // namespace

std::vector<SettingValue> readGivenSettings(const PluginDescription& plugin, const std::vector<std::string>& arguments,
                                            const Environment& environment, Mistakes& mistakes) {
  Values values;
  readArguments(plugin, arguments, values, mistakes);
  readEnvironment(plugin, environment, values, mistakes);
  std::vector<SettingValue> settings;
  for (const SettingDescription& setting : plugin.settings) {
    const auto found = values.find(setting.key);
    PropertyValue value;
    if (found != values.end())
      value = found->second;
    else if (setting.default_value)
      value = {.text = *setting.default_value, .shown = *setting.default_value, .origin = "default", .where = setting.key};
    else if (setting.required)
      mistakes.add(setting.key, "plugin " + plugin.name + " needs it (" + setting.meaning + "); give it as " + wayToGive(plugin, setting));
    if (value.origin.empty()) continue;
    if (setting.required && value.text.empty()) {
      mistakes.add(value.where, "is empty, and required; give it as " + wayToGive(plugin, setting));
      continue;
    }
    auto typed = readSetting(value, plugin.name, setting, mistakes);
    if (!typed) continue;
    if (value.origin == kArgument && typed->secret) {
      mistakes.add(setting.key,
                   "a secret, or a URL with a password, is not taken from the command line: it would show in the process list; "
                   "give it as " +
                       setting.key + "_file=PATH, or " + variableOfSetting(setting.key) + " in the environment");
      continue;
    }
    settings.push_back(std::move(*typed));
  }
  return settings;
}

}  // namespace pulsewatch::conform
