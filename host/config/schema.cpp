#include "config/schema.h"

#include <algorithm>
#include <array>

namespace pulsewatch {

namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kTiB = kKiB * kKiB * kKiB * kKiB;

constexpr KeyDescription flag(std::string_view key, std::string_view variable, std::string_view default_value, bool acted_on = true) {
  return {.key = key,
          .variable = variable,
          .type = KeyType::boolean,
          .default_value = default_value,
          .has_default = true,
          .acted_on = acted_on};
}
constexpr KeyDescription text(std::string_view key, std::string_view variable, std::string_view default_value) {
  return {.key = key, .variable = variable, .type = KeyType::text, .default_value = default_value, .has_default = true};
}
constexpr KeyDescription secret(std::string_view key, std::string_view variable, KeyType type = KeyType::secret, bool acted_on = true) {
  return {.key = key, .variable = variable, .type = type, .secret = true, .acted_on = acted_on};
}
constexpr KeyDescription list(std::string_view key, std::string_view variable, std::string_view default_value,
                              std::string_view advice = {}) {
  return {.key = key, .variable = variable, .type = KeyType::list, .default_value = default_value, .has_default = true, .advice = advice};
}
constexpr KeyDescription choice(std::string_view key, std::string_view variable, std::string_view choices, std::string_view default_value,
                                bool acted_on = true) {
  return {.key = key,
          .variable = variable,
          .type = KeyType::choice,
          .default_value = default_value,
          .has_default = true,
          .acted_on = acted_on,
          .choices = choices};
}
constexpr KeyDescription duration(std::string_view key, std::string_view default_value, std::int64_t least, std::int64_t most) {
  return {.key = key, .type = KeyType::duration, .default_value = default_value, .has_default = true, .least = least, .most = most};
}
constexpr KeyDescription count(std::string_view key, std::string_view variable, std::string_view default_value, std::int64_t least,
                               std::int64_t most, std::string_view advice) {
  return {.key = key,
          .variable = variable,
          .type = KeyType::integer,
          .default_value = default_value,
          .has_default = true,
          .least = least,
          .most = most,
          .advice = advice};
}
constexpr KeyDescription derived(std::string_view key, std::string_view variable, std::string_view default_value) {
  KeyDescription description = secret(key, variable, KeyType::url, false);
  description.default_value = default_value;
  description.has_default = true;
  return description;
}

constexpr std::int64_t kLeastTimeoutMs = 100;
constexpr std::int64_t kMostConnections = 1'000'000;
constexpr std::string_view kPortAdvice = "write a port, or 0 to pick a free one";
constexpr std::string_view kHostListAdvice = "write hosts with commas between them, without an empty one";

constexpr std::array kHostKeys{
    secret("secret_key", "SECRET_KEY"),
    secret("database.url", "DATABASE_URL", KeyType::url),
    secret("redis.url", "REDIS_URL", KeyType::url),
    KeyDescription{.key = "settings_module", .variable = "DJANGO_SETTINGS_MODULE"},
    flag("debug", "DEBUG", "false"),
    list("http.allowed_hosts", "ALLOWED_HOSTS", "localhost,127.0.0.1", kHostListAdvice),
    choice("log.level", "LOG_LEVEL", "DEBUG|INFO|WARNING|ERROR|CRITICAL", "INFO"),
    flag("metrics.enabled", "PROMETHEUS_METRICS_ENABLED", "true"),
    flag("http.ssl_redirect", "SECURE_SSL_REDIRECT", "false"),
    flag("console.session_cookie_secure", "SESSION_COOKIE_SECURE", "false", false),
    flag("console.csrf_cookie_secure", "CSRF_COOKIE_SECURE", "false", false),
    text("mysql.host", "MYSQL_HOST", "db"),
    count("mysql.port", "MYSQL_PORT", "3306", 1, 65535, "write the server's port"),
    text("mysql.user", "MYSQL_USER", "pulsewatch"),
    secret("mysql.password", "MYSQL_PASSWORD"),
    text("mysql.database", "MYSQL_DATABASE", "pulsewatch_dev"),
    derived("celery.broker_url", "CELERY_BROKER_URL", "${redis.url}"),
    derived("celery.result_backend", "CELERY_RESULT_BACKEND", "${redis.url}"),

    flag("config.watch", "", "false"),
    text("http.address", "", "127.0.0.1"),
    count("http.port", "", "8080", 0, 65535, kPortAdvice),
    list("http.ssl_redirect_exempt", "", "/healthz,/ready,/metrics", "write paths with commas between them"),
    list("http.trusted_proxies", "", "", "write addresses or networks (10.0.0.0/8) with commas between them"),
    duration("http.header_timeout", "2s", kLeastTimeoutMs, kHourMs),
    duration("http.body_timeout", "5s", kLeastTimeoutMs, kHourMs),
    duration("http.send_timeout", "5s", kLeastTimeoutMs, kHourMs),
    duration("http.keepalive_timeout", "75s", kLeastTimeoutMs, kHourMs),
    KeyDescription{
        .key = "http.body_limit", .type = KeyType::size, .default_value = "64KiB", .has_default = true, .most = 16 * kKiB * kKiB},
    count("http.max_connections", "", "10000", 1, kMostConnections, "write how many connections may be open at once"),
    count("http.max_connections_per_address", "", "0", 0, kMostConnections,
          "write how many connections one address may have open at once, or 0 for no limit"),
    secret("http.auth.token", ""),
    secret("http.auth.users", ""),
    count("https.port", "", "8443", 0, 65535, kPortAdvice),
    KeyDescription{.key = "https.certificate"},
    KeyDescription{.key = "https.key"},
    KeyDescription{.key = "https.client_ca"},
    KeyDescription{.key = "https.ciphers"},
    KeyDescription{.key = "admin.address"},
    KeyDescription{.key = "admin.port", .type = KeyType::integer, .most = 65535, .advice = kPortAdvice},
    list("plugins.directories", "", "/usr/lib/pulsewatch/plugins,/usr/local/lib/pulsewatch/plugins",
         "write directories with commas between them"),
    flag("plugins.watch", "", "true"),
    choice("plugins.isolation", "", "process|host", "process"),
    list("plugins.owners", "", "", "write user names or ids with commas between them"),
    flag("plugins.require_checksums", "", "false"),
    KeyDescription{.key = "plugins.signature_key"},
    flag("readiness.degraded_is_ready", "", "true"),
    choice("readiness.shared_failure", "", "not_ready|degraded", "not_ready"),
    flag("readiness.public_messages", "", "true"),
    duration("shutdown.drain", "5s", 0, kHourMs),
    choice("log.format", "", "json|text", "json"),
    KeyDescription{.key = "log.file"},
    KeyDescription{
        .key = "log.rotate_size", .type = KeyType::size, .default_value = "10MiB", .has_default = true, .least = 64 * kKiB, .most = kTiB},
    count("log.rotate_count", "", "5", 0, 1000, "write how many old files are kept, or 0 to leave the rotation to others"),
    choice("log.access", "", "all|errors|none", "errors"),
    text("state.directory", "", "/var/lib/pulsewatch"),
    text("control.socket", "", kDefaultControlSocket),
};

constexpr std::string_view kCheckListAdvice = "write names of checks with commas between them";

constexpr std::array kCheckKeys{
    KeyDescription{.key = "plugin"},
    duration("interval", "10s", 10, 7 * kDayMs),
    duration("timeout", "2s", 1, kDayMs),
    KeyDescription{.key = "fast_interval", .type = KeyType::duration, .least = 10, .most = 7 * kDayMs},
    flag("critical", "", "true"),
    count("fall", "", "1", 1, 1000, "write how many failed runs in a row turn the check"),
    count("rise", "", "1", 1, 1000, "write how many passed runs in a row turn the check"),
    duration("flap_window", "0s", 0, kDayMs),
    KeyDescription{.key = "degraded_after", .type = KeyType::duration, .least = 1, .most = kDayMs},
    KeyDescription{.key = "depends_on", .type = KeyType::list, .advice = kCheckListAdvice},
    choice("scope", "", "local|shared", "local"),
    KeyDescription{.key = "alias"},
};

constexpr std::array kPluginKeys{
    flag("enabled", "", "true"),
    KeyDescription{.key = "isolation", .type = KeyType::choice, .choices = "process|host"},
    KeyDescription{.key = "memory_max",
                   .type = KeyType::size,
                   .default_value = "256MiB",
                   .has_default = true,
                   .least = 16 * kKiB * kKiB,
                   .most = kTiB},
    count("files_max", "", "4096", 32, 1'000'000, "write how many descriptors a worker may have open"),
    duration("kill_after", "2s", 100, kHourMs),
};

constexpr std::array kGroupKeys{
    KeyDescription{.key = "checks", .type = KeyType::list, .advice = kCheckListAdvice},
    count("fail_status", "", "503", 400, 599, "write the HTTP status of a group that is not ready"),
};

}  // namespace

std::span<const KeyDescription> hostKeys() { return kHostKeys; }
std::span<const KeyDescription> checkKeys() { return kCheckKeys; }
std::span<const KeyDescription> pluginKeys() { return kPluginKeys; }
std::span<const KeyDescription> groupKeys() { return kGroupKeys; }

const KeyDescription* findKey(std::span<const KeyDescription> keys, std::string_view key) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const KeyDescription& description) { return description.key == key; });
  return found == keys.end() ? nullptr : &*found;
}

const KeyDescription* findHostKey(std::string_view key) { return findKey(kHostKeys, key); }

const KeyDescription* findByVariable(std::string_view variable) {
  const auto found =
      std::find_if(kHostKeys.begin(), kHostKeys.end(), [&](const KeyDescription& key) { return variableOf(key) == variable; });
  return found == kHostKeys.end() ? nullptr : &*found;
}

std::string variableOf(const KeyDescription& key) {
  if (!key.variable.empty()) return std::string(key.variable);
  std::string name = "PULSEWATCH_";
  for (const char c : key.key) name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::vector<std::string> keyNames(std::span<const KeyDescription> keys) {
  std::vector<std::string> names;
  for (const KeyDescription& key : keys) names.emplace_back(key.key);
  return names;
}

}  // namespace pulsewatch
