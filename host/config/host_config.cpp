#include "config/host_config.h"

#include "config/http_keys.h"
#include "config/key_reader.h"
#include "config/network_text.h"
#include "config/schema.h"
#include "config/text_parts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <sys/random.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kLeastSecretCharacters = 50;

// 64 hexadecimal digits of the kernel's.
std::string randomSecret() {
  std::array<unsigned char, 32> bytes{};
  ssize_t got = 0;
  do got = ::getrandom(bytes.data(), bytes.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "no random bytes for a SECRET_KEY");
  std::string secret;
  for (const unsigned char byte : bytes) {
    secret += "0123456789abcdef"[byte >> 4U];
    secret += "0123456789abcdef"[byte & 15U];
  }
  return secret;
}

void readProfile(KeyReader& reader, HostConfig& config) {
  config.profile = reader.properties().profile();
  if (!config.profile.empty()) return;
  if (!reader.properties().given("settings_module")) {
    reader.mistakes().add(
        "DJANGO_SETTINGS_MODULE",
        "required and neither in the environment nor in a file (settings_module); set it, or DJANGO_SETTINGS_MODULE_FILE, to a "
        "module path whose last part is the profile, e.g. core.settings.prod");
    return;
  }
  const auto value = reader.properties().value("settings_module", reader.mistakes());
  if (value) reader.reject(*value, value->text, "is not a dotted module path; write e.g. core.settings.prod");
}

void readSecretKey(KeyReader& reader, HostConfig& config) {
  if (const auto value = reader.properties().value("secret_key", reader.mistakes())) {
    config.secret_key = value->text;
    const std::size_t length = characters(value->text);
    if (length < kLeastSecretCharacters)
      reader.mistakes().add(value->where, "has " + std::to_string(length) + " characters where " + std::to_string(kLeastSecretCharacters) +
                                              " or more are needed; set it to 50 or more random characters");
  } else if (!reader.properties().given("secret_key") && config.profile == "dev") {
    config.secret_key = randomSecret();
    config.secret_made_up = true;
    config.warnings.emplace_back("SECRET_KEY is not given: a random one was made up for this process, as the profile is dev");
  } else if (!reader.properties().given("secret_key")) {
    reader.mistakes().add(
        "SECRET_KEY",
        "required and neither in the environment nor in a file (secret_key); set it, or SECRET_KEY_FILE, to 50 or more random "
        "characters");
  }
}

void readLogFile(KeyReader& reader, LogFileConfig& file) {
  file.rotate_size = static_cast<std::uint64_t>(reader.integer("log.rotate_size"));
  file.rotate_count = static_cast<unsigned>(reader.integer("log.rotate_count"));
  const ConfiguredFile named = reader.file("log.file");
  file.path = named.path;
  file.where = named.where;
  file.shown = named.shown;
}

void readLog(KeyReader& reader, HostConfig& config) {
  config.debug = reader.flag("debug");
  const std::string level = reader.text("log.level");
  const std::array<std::string_view, 5> levels{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  const auto found = std::find(levels.begin(), levels.end(), level);
  if (found != levels.end()) config.log_level = static_cast<LogLevel>(1 + (found - levels.begin()));
  if (config.debug) config.log_level = LogLevel::debug;
  if (config.debug && config.profile == "prod")
    config.warnings.emplace_back("DEBUG is on while the profile is prod: HTTP answers show the details of errors");
  const std::string access = reader.text("log.access");
  config.log_access = access == "all" ? AccessLog::all : access == "none" ? AccessLog::none : AccessLog::errors;
  config.log_form = reader.text("log.format") == "text" ? LogForm::text : LogForm::json;
  readLogFile(reader, config.log_file);
}

void readPlaces(KeyReader& reader, HostConfig& config) {
  const auto state = reader.properties().value("state.directory", reader.mistakes());
  if (state && !reader.text("state.directory").empty()) config.state_directory = reader.absolutePath(*state);
  const std::string name = reader.text("control.socket");
  const auto socket = reader.properties().value("control.socket", reader.mistakes());
  if (name.empty() || name == "none" || !socket) return;
  config.control_socket = {reader.absolutePath(*socket), reader.properties().given("control.socket"), socket->where, shownValue(*socket)};
  reader.reject(*socket, socket->text, socketPathFault(config.control_socket.path));
}

// Keys of checks' connections are read when a check asks for them; secret_key has been.
bool isReadElsewhere(const KeyDescription& key) { return key.secret; }

void readWhatIsNotActedOn(KeyReader& reader, HostConfig& config) {
  for (const KeyDescription& key : hostKeys()) {
    if (key.acted_on || !reader.properties().given(std::string(key.key))) continue;
    config.not_acted_on.emplace_back(key.key);
    if (!isReadElsewhere(key)) reader.read(key.key);
  }
}

// After a mistake here no plugin may be opened with less proof than was meant.
void readChecksums(KeyReader& reader, HostConfig& config) {
  const auto required = reader.read("plugins.require_checksums");
  const bool on = required && required->integer != 0;
  config.plugin_checksums = !required || on;
  const auto key = reader.properties().value("plugins.signature_key", reader.mistakes());
  if (!key || key->text.empty()) return;
  if (on) {
    config.plugin_signature_key = key->text;
    return;
  }
  config.plugin_checksums = true;
  reader.reject(*key, key->text, "is not used while plugins.require_checksums is false; set that to true, or leave the key out");
}

}  // namespace

bool readPluginKeys(const Properties& properties, HostConfig& config, Mistakes& mistakes) {
  KeyReader reader(properties, mistakes);
  const std::size_t before = mistakes.lines().size();
  config.plugin_directories = reader.list("plugins.directories", [](const std::string&) { return std::string(); });
  const auto directories = properties.value("plugins.directories", mistakes);
  if (directories && trimmed(directories->text).empty()) mistakes.add(directories->where, "is empty; write one directory or more");
  config.plugins_watched = reader.flag("plugins.watch");
  reader.read("plugins.isolation");  // planChecks() asks for it, for each plugin
  config.plugin_owners = reader.list("plugins.owners", [](const std::string&) { return std::string(); });
  readChecksums(reader, config);
  // One whose NAME_FILE can't be read has no value, and that mistake was told before.
  return mistakes.lines().size() == before && directories && properties.value("plugins.owners", mistakes);
}

HostConfig readHostConfig(const Properties& properties, Mistakes& mistakes) {
  KeyReader reader(properties, mistakes);
  HostConfig config;
  readProfile(reader, config);
  readSecretKey(reader, config);
  readHttpKeys(reader, config);
  readPluginKeys(properties, config, mistakes);
  config.config_watched = reader.flag("config.watch");
  config.degraded_is_ready = reader.flag("readiness.degraded_is_ready");
  config.shared_failure_is_ready = reader.text("readiness.shared_failure") == "degraded";
  config.public_messages = reader.flag("readiness.public_messages");
  config.shutdown_drain = std::chrono::milliseconds(reader.integer("shutdown.drain"));
  readLog(reader, config);
  readPlaces(reader, config);
  readWhatIsNotActedOn(reader, config);
  return config;
}

std::map<std::string, std::string> processEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace pulsewatch
