#include "plugin/check_settings.h"

#include "config/connection_url.h"
#include "config/duration.h"
#include "config/schema.h"
#include "config/typed_value.h"
#include <pulsewatch/service_url.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

namespace pulsewatch {

namespace {

// The host's key that a setting of a plugin's checks takes its value from when it has none of its own.
struct Connection {
  std::string_view plugin;
  std::string_view setting;
  std::string_view key;
  std::string (*fault)(const ServiceUrl&);  // null: any URL
};

constexpr Connection kConnections[] = {
    {"mysql", "url", "database.url", mysqlUrlFault},
    {"migrations", "url", "database.url", mysqlUrlFault},
    {"redis", "url", "redis.url", redisUrlFault},
    {"celery", "url", "celery.broker_url", nullptr},
    {"celery", "result_backend", "celery.result_backend", nullptr},
};

const Connection* connectionOf(const std::string& plugin, const std::string& setting) {
  const auto* const found = std::find_if(std::begin(kConnections), std::end(kConnections), [&](const Connection& connection) {
    return connection.plugin == plugin && connection.setting == setting;
  });
  return found == std::end(kConnections) ? nullptr : found;
}

std::string fullKey(const std::string& check, const std::string& setting) { return "check." + check + "." + setting; }

bool hasHostValue(const Properties& properties, const std::string& key) {
  if (properties.given(key)) return true;
  Mistakes found;
  if (properties.value(key, found)) return true;
  // One that is made of others and can't be, for a mistake in those, is there; celery's default is redis.url, and where that is missing it
  // is not.
  return key == "database.url" && !found.empty();
}

bool hasValue(const Properties& properties, const std::string& check, const PluginDescription& plugin, const SettingDescription& setting) {
  if (properties.given(fullKey(check, setting.key)) || setting.default_value) return true;
  const Connection* connection = connectionOf(plugin.name, setting.key);
  return connection != nullptr && hasHostValue(properties, std::string(connection->key));
}

KeyType keyType(SettingType type) {
  switch (type) {
    case SettingType::text:
      return KeyType::text;
    case SettingType::secret:
      return KeyType::secret;
    case SettingType::url:
      return KeyType::url;
    case SettingType::integer:
      return KeyType::integer;
    case SettingType::number:
      return KeyType::number;
    case SettingType::boolean:
      return KeyType::boolean;
    case SettingType::duration:
      return KeyType::duration;
    case SettingType::choice:
      return KeyType::choice;
  }
  return KeyType::text;
}

bool isSecret(const SettingDescription& setting) { return setting.hidden || setting.type == SettingType::secret; }

std::string joinedChoices(const SettingDescription& setting) {
  std::string joined;
  for (const std::string& word : setting.choices) joined += (joined.empty() ? "" : "|") + word;
  return joined;
}

// A URL that the type has been checked of, by the rules of its server; whether it holds a password is told too.
bool urlIsFine(const Connection* connection, const PropertyValue& value, bool& has_password, Mistakes& mistakes) {
  const ServiceUrl url = ServiceUrl::parse(value.text);
  has_password = url.password.has_value() || url.option("password").has_value();
  const std::string fault = connection == nullptr || connection->fault == nullptr ? "" : connection->fault(url);
  if (fault.empty()) return true;
  const bool mysql = connection->fault == mysqlUrlFault;
  mistakes.add(value.where, std::string("is not a ") + (mysql ? "MySQL" : "Redis") + " URL: " + fault + "; write " +
                                (mysql ? "mysql://user:password@host:port/database" : "redis://user:password@host:port/0"));
  return false;
}

// Of a URL in the wrong place the password is hidden too.
std::string shownText(const PropertyValue& value, const SettingDescription& setting) {
  if (isSecret(setting)) return "***";
  if (setting.type == SettingType::url) return shownUrl(value.shown);
  if (value.secret) return "***";
  return value.text.find("://") != std::string::npos && value.text.find('@') != std::string::npos ? shownUrl(value.text) : value.text;
}

// The value as the strongest of its sources has it; nothing where none has one, or after a mistake.
std::optional<PropertyValue> sourceOf(const Properties& properties, const std::string& check, const PluginDescription& plugin,
                                      const SettingDescription& setting, Mistakes& mistakes) {
  const std::string full_key = fullKey(check, setting.key);
  if (properties.given(full_key)) {
    auto value = properties.value(full_key, mistakes);
    if (value && value->origin == "-D" && (isSecret(setting) || setting.type == SettingType::url)) {
      mistakes.add(value->where, "a secret or a URL is not taken from here: it would show in the process list; write it into a file");
      return std::nullopt;
    }
    if (value && value->text.empty() && setting.required) {
      mistakes.add(value->where, "is empty; write a value");
      return std::nullopt;
    }
    return value;
  }
  const Connection* connection = connectionOf(plugin.name, setting.key);
  if (connection != nullptr && hasHostValue(properties, std::string(connection->key)))
    return properties.value(std::string(connection->key), mistakes);
  if (setting.default_value)
    return PropertyValue{.text = *setting.default_value,
                         .shown = *setting.default_value,
                         .origin = "default",
                         .where = "plugin " + plugin.name + ": " + setting.key};
  return std::nullopt;
}

std::optional<TypedValue> readHostKey(const Properties& properties, const std::string& check, const KeyDescription& description,
                                      CheckSpec& spec, Mistakes& mistakes) {
  const std::string key(description.key);
  const std::string full_key = fullKey(check, key);
  spec.origins[key] = "default";
  PropertyValue value{.text = std::string(description.default_value), .shown = {}, .origin = "default", .where = full_key};
  if (properties.given(full_key)) {
    const auto given = properties.value(full_key, mistakes);
    if (!given) return std::nullopt;
    value = *given;
    spec.origins[key] = value.origin;
    if (key == "alias") spec.alias_secret = value.secret;
  } else if (!description.has_default) {
    return std::nullopt;
  }
  if (key == "alias" && value.text.empty()) {
    mistakes.add(value.where, "is empty; write the alias, or remove the key");
    return std::nullopt;
  }
  return typedValue(description, value, mistakes);
}

// A second, or the interval where that is less, unless it is given.
void readFastInterval(CheckSpec& spec, const std::optional<TypedValue>& typed, const Properties& properties, Mistakes& mistakes) {
  spec.fast_interval = std::min<std::chrono::milliseconds>(spec.interval, std::chrono::seconds(1));
  if (!typed) return;
  const std::chrono::milliseconds given(typed->integer);
  if (given <= spec.interval) {
    spec.fast_interval = given;
  } else if (const auto value = properties.value(fullKey(spec.name, "fast_interval"), mistakes)) {
    mistakes.add(value->where,
                 "is more than the check's interval of " + describeDuration(spec.interval) + "; write that or less, or remove it");
  }
}

}  // namespace

CheckSpec readHostKeys(const Properties& properties, const std::string& check, Mistakes& mistakes) {
  CheckSpec spec;
  spec.name = check;
  const auto read = [&](std::string_view key) { return readHostKey(properties, check, *findKey(checkKeys(), key), spec, mistakes); };
  if (const auto typed = read("interval")) spec.interval = std::chrono::milliseconds(typed->integer);
  if (const auto typed = read("timeout")) spec.timeout = std::chrono::milliseconds(typed->integer);
  readFastInterval(spec, read("fast_interval"), properties, mistakes);
  if (const auto typed = read("critical")) spec.critical = typed->integer != 0;
  if (const auto typed = read("fall")) spec.fall = static_cast<unsigned>(typed->integer);
  if (const auto typed = read("rise")) spec.rise = static_cast<unsigned>(typed->integer);
  if (const auto typed = read("flap_window")) spec.flap_window = std::chrono::milliseconds(typed->integer);
  if (const auto typed = read("degraded_after")) spec.degraded_after = std::chrono::milliseconds(typed->integer);
  if (const auto typed = read("depends_on")) spec.depends_on = typed->list;
  if (const auto typed = read("scope")) spec.shared = typed->text == "shared";
  const auto alias = read("alias");
  spec.alias = alias ? alias->text : check == "database" ? "default" : check;
  const auto plugin = properties.properties().find(fullKey(check, "plugin"));
  spec.origins["plugin"] = plugin == properties.properties().end() ? "default" : plugin->second.origin;
  return spec;
}

std::optional<SettingValue> readSetting(const PropertyValue& value, const std::string& plugin, const SettingDescription& setting,
                                        Mistakes& mistakes) {
  const std::string choices = joinedChoices(setting);
  const Connection* connection = connectionOf(plugin, setting.key);
  // A server's own rules tell more than the scheme's alone.
  const bool own_rules = connection != nullptr && connection->fault != nullptr;
  const KeyDescription description{.key = setting.key,
                                   .type = keyType(setting.type),
                                   .secret = isSecret(setting),
                                   .choices = setting.type == SettingType::url && own_rules ? "" : std::string_view(choices),
                                   .least = setting.type == SettingType::duration ? 0 : std::numeric_limits<std::int64_t>::min(),
                                   .most = std::numeric_limits<std::int64_t>::max()};
  const auto typed = typedValue(description, value, mistakes);
  bool has_password = false;
  if (!typed || (setting.type == SettingType::url && !urlIsFine(connection, value, has_password, mistakes))) return std::nullopt;
  return SettingValue{.key = setting.key,
                      .type = setting.type,
                      .text = typed->text,
                      .shown = shownText(value, setting),
                      .integer = typed->integer,
                      .number = typed->number,
                      .secret = isSecret(setting) || has_password || value.secret,
                      .origin = value.origin};
}

std::vector<SettingValue> readSettings(const Properties& properties, const std::string& check, const PluginDescription& plugin,
                                       Mistakes& mistakes) {
  std::vector<SettingValue> settings;
  for (const SettingDescription& setting : plugin.settings) {
    const auto value = sourceOf(properties, check, plugin, setting, mistakes);
    if (value) {
      if (auto typed = readSetting(*value, plugin.name, setting, mistakes)) settings.push_back(std::move(*typed));
    } else if (setting.required && !hasValue(properties, check, plugin, setting)) {
      reportMissing(check, plugin, setting.key, mistakes);
    }
  }
  return settings;
}

std::vector<std::string> missingSettings(const Properties& properties, const std::string& check, const PluginDescription& plugin) {
  std::vector<std::string> missing;
  for (const SettingDescription& setting : plugin.settings) {
    if (setting.required && !hasValue(properties, check, plugin, setting)) missing.push_back(setting.key);
  }
  return missing;
}

void reportMissing(const std::string& check, const PluginDescription& plugin, const std::string& setting, Mistakes& mistakes) {
  const Connection* connection = connectionOf(plugin.name, setting);
  if (connection == nullptr) {
    mistakes.add(fullKey(check, setting), "required by plugin " + plugin.name + " and in no file; set it");
    return;
  }
  const std::string variable = variableOf(*findHostKey(connection->key));
  const std::string mysql = connection->key == "database.url" ? ", or MYSQL_PASSWORD and the other MYSQL_ variables" : "";
  mistakes.add(variable, "required by check " + check + " and neither in the environment nor in a file (" + std::string(connection->key) +
                             "); set it, or " + variable + "_FILE" + mysql + ", or " + fullKey(check, setting));
}

std::string connectionKey(const std::string& plugin, const std::string& setting) {
  const Connection* connection = connectionOf(plugin, setting);
  return connection == nullptr ? std::string() : std::string(connection->key);
}

bool hasConnection(const Properties& properties, const std::string& plugin) {
  const Connection* connection = connectionOf(plugin, "url");
  return connection != nullptr && hasHostValue(properties, std::string(connection->key));
}

}  // namespace pulsewatch
