#include "configurations/effective.h"

#include "check_listing.h"
#include "config/schema.h"
#include "config/text_parts.h"
#include "plugin/plugin_file.h"
#include "unit/plugin/fixture_plugin.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace pulsewatch::testing {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string shownFlag(bool flag) { return flag ? "true" : "false"; }
std::string shownMs(std::chrono::milliseconds duration) { return std::to_string(duration.count()) + "ms"; }

using Values = std::map<std::string, std::string>;

// What the host took; of the keys that it does not act on yet, their text.
void addHost(const Properties& properties, const HostConfig& config, Values& values) {
  for (const KeyDescription& key : hostKeys()) {
    Mistakes ignored;
    const auto value = properties.value(std::string(key.key), ignored);
    if (!value) continue;
    values[std::string(key.key)] = value->text;
    values[std::string(key.key) + " origin"] = value->origin;
  }
  values["http.address"] = config.http_address;
  values["http.port"] = std::to_string(config.http_port);
  values["http.allowed_hosts"] = joined(config.allowed_hosts);
  values["http.ssl_redirect"] = shownFlag(config.ssl_redirect);
  values["http.ssl_redirect_exempt"] = joined(config.ssl_redirect_exempt);
  values["http.trusted_proxies"] = joined(config.trusted_proxies);
  values["metrics.enabled"] = shownFlag(config.metrics_enabled);
  values["http.header_timeout"] = shownMs(config.http_limits.header_timeout);
  values["http.body_timeout"] = shownMs(config.http_limits.body_timeout);
  values["http.send_timeout"] = shownMs(config.http_limits.send_timeout);
  values["http.keepalive_timeout"] = shownMs(config.http_limits.keepalive_timeout);
  values["http.body_limit"] = std::to_string(config.http_limits.body_limit) + "B";
  values["http.max_connections"] = std::to_string(config.http_limits.max_connections);
  values["http.max_connections_per_address"] = std::to_string(config.http_limits.max_connections_per_address);
  values["https.port"] = std::to_string(config.https.port);
  values["https.certificate"] = config.https.certificate.path;
  values["https.key"] = config.https.key.path;
  values["https.client_ca"] = config.https.client_ca.path;
  values["https.ciphers"] = config.https.ciphers;
  values["http.auth.token"] = config.auth.token;
  std::string users;
  for (const auto& [name, hash] : config.auth.users) users += (users.empty() ? "" : ",") + name + ":" + hash;
  values["http.auth.users"] = users;
  values["admin.address"] = config.admin.address;
  values["admin.port"] = std::to_string(config.admin.port);
  values["readiness.public_messages"] = shownFlag(config.public_messages);
  values["debug"] = shownFlag(config.debug);
  values["plugins.directories"] = joined(config.plugin_directories);
  values["plugins.owners"] = joined(config.plugin_owners);
  values["readiness.degraded_is_ready"] = shownFlag(config.degraded_is_ready);
  values["readiness.shared_failure"] = config.shared_failure_is_ready ? "degraded" : "not_ready";
  values["shutdown.drain"] = shownMs(config.shutdown_drain);
  values["log.level"] =
      std::vector<std::string>{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}.at(static_cast<std::size_t>(config.log_level) - 1);
  values["log.access"] = config.log_access == AccessLog::all ? "all" : config.log_access == AccessLog::none ? "none" : "errors";
  values["secret_key"] = config.secret_key;
  values["profile"] = config.profile;
}

std::string typed(const SettingValue& setting) {
  std::ostringstream text;
  switch (setting.type) {
    case SettingType::integer:
      text << setting.integer;
      break;
    case SettingType::number:
      text << setting.number;
      break;
    case SettingType::boolean:
      text << shownFlag(setting.integer != 0);
      break;
    case SettingType::duration:
      text << setting.integer << "ms";
      break;
    default:
      text << setting.text;
  }
  return text.str();
}

void addCheck(const CheckSpec& check, Values& values) {
  const std::string prefix = "check." + check.name + ".";
  values[prefix + "plugin"] = check.plugin;
  values[prefix + "interval"] = shownMs(check.interval);
  values[prefix + "timeout"] = shownMs(check.timeout);
  values[prefix + "fast_interval"] = shownMs(check.fast_interval);
  values[prefix + "critical"] = shownFlag(check.critical);
  values[prefix + "fall"] = std::to_string(check.fall);
  values[prefix + "rise"] = std::to_string(check.rise);
  values[prefix + "flap_window"] = shownMs(check.flap_window);
  values[prefix + "depends_on"] = joined(check.depends_on);
  values[prefix + "scope"] = check.shared ? "shared" : "local";
  values[prefix + "degraded_after"] = check.degraded_after ? shownMs(*check.degraded_after) : "none";
  values[prefix + "alias"] = check.alias;
  for (const auto& [key, origin] : check.origins) values[prefix + key + " origin"] = origin;
  for (const SettingValue& setting : check.settings) {
    values[prefix + setting.key] = typed(setting);
    values[prefix + setting.key + " shown"] = setting.shown;
    values[prefix + setting.key + " origin"] = setting.origin;
  }
}

}  // namespace

ConfigurationPlugins::ConfigurationPlugins() {
  for (const std::string file : {"kinds.so", "celery.so"})
    std::filesystem::copy_file(std::filesystem::path(FIXTURE_PLUGINS) / file, fixtures_.path() / file);
  Mistakes mistakes;
  CatalogOptions options;
  options.directories = {PULSEWATCH_PLUGINS, fixtures_.path().string()};
  options.owners = resolveOwners({}, {}, mistakes);
  options.enabled = [](const std::string&) { return true; };
  const testing::LocalInspector inspector;
  options.inspector = &inspector;
  options.has_checks = [](const std::string&) { return false; };
  catalog_ = loadCatalog(options);
  for (const CatalogEntry& entry : catalog_.entries) {
    if (!entry.refusal.empty()) throw std::runtime_error(entry.file + ": " + entry.refusal);
  }
}

std::string ConfigurationPlugins::directories() const { return std::string(PULSEWATCH_PLUGINS) + "," + fixtures_.path().string(); }

ReadConfiguration readConfiguration(const Configuration& row, const ConfigurationPlugins& plugins) {
  const TemporaryDirectory directory;
  const std::string path = directory.path().string();
  const auto write = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories((directory.path() / name).parent_path());
    std::ofstream(directory.path() / name, std::ios::binary) << replaced(text, "@DIR@", path);
  };
  write("pulsewatch.properties", row.main);
  for (const auto& [name, text] : row.files) write(name, text);

  ConfigInput input{.file = directory.path() / "pulsewatch.properties", .overrides = row.overrides, .environment = usualEnvironment()};
  input.environment["PULSEWATCH_PLUGINS_DIRECTORIES"] = plugins.directories();
  for (const auto& [name, value] : row.environment) {
    input.environment.erase(name);
    if (value) input.environment[name] = replaced(*value, "@DIR@", path);
  }

  ReadConfiguration read;
  Mistakes mistakes;
  const Properties properties = Properties::load(input, mistakes);
  read.setup.config = readHostConfig(properties, mistakes);
  read.setup.catalog = plugins.catalog();
  if (const auto owners = properties.value("plugins.owners", mistakes)) resolveOwners(read.setup.config.plugin_owners, *owners, mistakes);
  if (!read.setup.config.plugin_directories.empty()) read.setup.plan = planChecks(properties, pluginStates(plugins.catalog()), mistakes);
  addHost(properties, read.setup.config, read.effective);
  for (const auto& [key, property] : properties.properties()) {
    Mistakes ignored;
    const auto value = properties.value(key, ignored);
    if (value && key.rfind("plugin.", 0) == 0) read.effective[key] = value->text;
  }
  for (const GroupSpec& group : read.setup.plan.groups) {
    read.effective["group." + group.name + ".checks"] = joined(group.checks);
    read.effective["group." + group.name + ".fail_status"] = std::to_string(group.fail_status);
  }
  for (const CheckSpec& check : read.setup.plan.checks) {
    read.effective["checks"] += (read.effective["checks"].empty() ? "" : " ") + check.name;
    addCheck(check, read.effective);
  }
  for (auto& [key, value] : read.effective) value = replaced(value, path, "@DIR@");
  read.listing = replaced(checkListing(read.setup, {}), path, "@DIR@");
  for (const std::string& line : mistakes.lines()) {
    const std::string plain = replaced(line, path, "@DIR@");
    const std::size_t colon = plain.find(": ");
    read.setup.mistakes.add(plain.substr(0, colon), plain.substr(colon + 2));
  }
  return read;
}

}  // namespace pulsewatch::testing
