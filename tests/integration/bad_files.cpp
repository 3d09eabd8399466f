// Configurations that must be refused for what stands in a file: what is wrong, and what an operator must read about it.
#include "integration/configuration_run.h"

namespace pulsewatch::testing {
namespace {

const std::string main_file = "pulsewatch.properties:";

// A file that is not made of `key = value`, or can't be read.
std::vector<ConfigRow> files() {
  return {
      {.name = "a line without =", .config = "http.port 8080", .mistakes = {{main_file + "1", "="}}},
      {.name = "an empty key", .config = "# a comment\n = 5", .mistakes = {{main_file + "2", "key"}}},
      {.name = "a key with a space", .config = "http port = 8080", .mistakes = {{main_file + "1", "key", "letters"}}},
      {.name = "a key with a colon", .config = "http.port: = 8080", .mistakes = {{main_file + "1", "key", "letters"}}},
      {.name = "a key twice",
       .config = "http.port = 8081\nlog.level = INFO\nhttp.port = 8082",
       .mistakes = {{main_file + "3", "http.port", "1"}}},
      {.name = "a key twice with the same value", .config = "debug = no\n\ndebug = no", .mistakes = {{main_file + "3", "debug", "1"}}},
      {.name = "a NUL byte", .config = std::string("log.level = IN\0FO", 17), .mistakes = {{main_file + "1", "NUL"}}},
      {.name = "no UTF-8", .config = "debug = no\nhttp.allowed_hosts = a\xff\xfe", .mistakes = {{main_file + "2", "UTF-8"}}},
      {.name = "over 1 MiB", .config = "# " + std::string(1U << 20U, 'x'), .mistakes = {{"pulsewatch.properties", "larger"}}},
      {.name = "no such file", .config = "", .mistakes = {{"nowhere.properties"}}, .config_name = "nowhere.properties"},
      {.name = "a directory", .config = "", .mistakes = {{"folder"}}, .files = {{"folder/file", ""}}, .config_name = "folder"},
      {.name = "a mistake in pulsewatch.d",
       .config = "",
       .mistakes = {{"10-site.properties:2", "log.levle", "log.level"}},
       .files = {{"pulsewatch.d/10-site.properties", "log.access = all\nlog.levle = INFO\n"}}},
      {.name = "a mistake in the overlay",
       .config = "",
       .mistakes = {{"pulsewatch-test.properties:1", "http.port", "80x"}},
       .files = {{"pulsewatch-test.properties", "http.port = 80x\n"}}},
      {.name = "a key twice in pulsewatch.d",
       .config = "",
       .mistakes = {{"a.properties:2", "debug", "1"}},
       .files = {{"pulsewatch.d/a.properties", "debug = no\ndebug = yes\n"}}},
  };
}

// Keys that nobody knows, with the nearest one that somebody does.
std::vector<ConfigRow> unknownKeys() {
  return {
      {.name = "http.prot", .config = "http.prot = 1", .mistakes = {{main_file + "1", "http.prot", "http.port"}}},
      {.name = "secretkey", .config = "secretkey = x", .mistakes = {{main_file + "1", "secretkey", "secret_key"}}},
      {.name = "plugins.directory",
       .config = "plugins.directories = " PULSEWATCH_PLUGINS "\nplugins.directorys = /x",
       .mistakes = {{main_file + "2", "plugins.directorys", "plugins.directories"}}},
      {.name = "a capital", .config = "Http.port = 1", .mistakes = {{main_file + "1", "Http.port", "http.port"}}},
      {.name = "nothing near", .config = "utterly.different = 1", .mistakes = {{main_file + "1", "utterly.different"}}},
      {.name = "check's key", .config = "check.redis.intervall = 5s", .mistakes = {{main_file + "1", "check.redis.intervall", "interval"}}},
      {.name = "plugin's key", .config = "plugin.redis.enable = no", .mistakes = {{main_file + "1", "plugin.redis.enable", "enabled"}}},
      {.name = "checks.", .config = "checks.redis.interval = 5s", .mistakes = {{main_file + "1", "checks.redis.interval"}}},
      {.name = "-D of an unknown key", .config = "", .mistakes = {{"-D", "http.prot", "http.port"}}, .arguments = {"-D", "http.prot=1"}},
      {.name = "a variable's name as a key", .config = "LOG_LEVEL = INFO", .mistakes = {{main_file + "1", "LOG_LEVEL"}}},
  };
}

// Values of the wrong type or out of range, in a file.
std::vector<ConfigRow> values() {
  return {
      {.name = "port 80x", .config = "http.port = 80x", .mistakes = {{main_file + "1", "http.port", "80x"}}},
      {.name = "port 65536", .config = "http.port = 65536", .mistakes = {{main_file + "1", "http.port", "65535"}}},
      {.name = "port -1", .config = "http.port = -1", .mistakes = {{main_file + "1", "http.port", "-1"}}},
      {.name = "port 0x50", .config = "http.port = 0x50", .mistakes = {{main_file + "1", "http.port", "0x50"}}},
      {.name = "port of many digits", .config = "http.port = 99999999999999999999999", .mistakes = {{main_file + "1", "http.port"}}},
      {.name = "port empty", .config = "http.port =", .mistakes = {{main_file + "1", "http.port"}}},
      {.name = "a host name as address",
       .config = "http.address = status.example.com",
       .mistakes = {{main_file + "1", "http.address", "IP address"}}},
      {.name = "an address with a port", .config = "http.address = 127.0.0.1:80", .mistakes = {{main_file + "1", "http.address"}}},
      {.name = "metrics.enabled maybe",
       .config = "metrics.enabled = maybe",
       .mistakes = {{main_file + "1", "metrics.enabled", "maybe", "true"}}},
      {.name = "debug 2", .config = "debug = 2", .mistakes = {{main_file + "1", "debug", "true"}}},
      {.name = "degraded_is_ready",
       .config = "readiness.degraded_is_ready = si",
       .mistakes = {{main_file + "1", "readiness.degraded_is_ready"}}},
      {.name = "plugins.watch", .config = "plugins.watch = sometimes", .mistakes = {{main_file + "1", "plugins.watch"}}},
      {.name = "log.level LOUD", .config = "log.level = LOUD", .mistakes = {{main_file + "1", "log.level", "LOUD", "WARNING"}}},
      {.name = "log.format xml", .config = "log.format = xml", .mistakes = {{main_file + "1", "log.format", "xml", "json"}}},
      {.name = "log.access some", .config = "log.access = some", .mistakes = {{main_file + "1", "log.access", "some", "errors"}}},
      {.name = "log.rotate_size 64KB",
       .config = "log.rotate_size = 64KB",
       .mistakes = {{main_file + "1", "log.rotate_size", "64KB", "KiB"}}},
      {.name = "log.file a directory",
       .config = "log.file = @DIR@",
       .mistakes = {{main_file + "1", "log.file", "is a directory", "write"}}},
      {.name = "log.file a directory, by its slash",
       .config = "log.file = @DIR@/logs/",
       .mistakes = {{main_file + "1", "log.file", "is a directory"}}},
      {.name = "log.file in no directory",
       .config = "log.file = @DIR@/missing/log",
       .mistakes = {{main_file + "1", "log.file", "can't be made", "No such file or directory", "make the directory"}}},
      {.name = "log.file no file",
       .config = "log.file = /dev/null",
       .mistakes = {{main_file + "1", "log.file", "/dev/null", "not a regular file", "take log.file away"}}},
      {.name = "log.file below a file",
       .config = "log.file = @DIR@/pulsewatch.properties/log",
       .mistakes = {{main_file + "1", "log.file", "its directory is none"}}},
      {.name = "log.rotate_size of nothing",
       .config = "log.rotate_size = 0KiB",
       .mistakes = {{main_file + "1", "log.rotate_size", "64KiB"}}},
      {.name = "log.rotate_count many", .config = "log.rotate_count = many", .mistakes = {{main_file + "1", "log.rotate_count"}}},
      {.name = "a drain without a unit", .config = "shutdown.drain = 5", .mistakes = {{main_file + "1", "shutdown.drain", "5", "10s"}}},
      {.name = "a negative drain", .config = "shutdown.drain = -5s", .mistakes = {{main_file + "1", "shutdown.drain", "-5s"}}},
      {.name = "a drain of days", .config = "shutdown.drain = 1d", .mistakes = {{main_file + "1", "shutdown.drain", "1d"}}},
      {.name = "isolation container",
       .config = "plugins.isolation = container",
       .mistakes = {{main_file + "1", "plugins.isolation", "container", "process", "host"}}},
      {.name = "trusted_proxies",
       .config = "http.trusted_proxies = 127.0.0.1, proxy",
       .mistakes = {{main_file + "1", "http.trusted_proxies", "proxy"}}},
      {.name = "trusted_proxies' mask",
       .config = "http.trusted_proxies = 10.0.0.0/33",
       .mistakes = {{main_file + "1", "http.trusted_proxies"}}},
      {.name = "settings_module",
       .config = "settings_module = core..dev",
       .mistakes = {{main_file + "1", "settings_module"}},
       .environment = {{"DJANGO_SETTINGS_MODULE", std::nullopt}}},
      {.name = "secret_key too short",
       .config = "secret_key = too-short-to-be-a-secret",
       .mistakes = {{main_file + "1", "secret_key", "50"}},
       .environment = {{"SECRET_KEY", std::nullopt}},
       .secrets = {"too-short-to-be-a-secret"}},
  };
}

// ${…}.
std::vector<ConfigRow> references() {
  return {
      {.name = "an undefined property",
       .config = "http.address = ${no.such.key}",
       .mistakes = {{main_file + "1", "http.address", "no.such.key"}}},
      {.name = "an undefined variable",
       .config = "log.level = ${env.NOT_IN_HERE}",
       .mistakes = {{main_file + "1", "log.level", "NOT_IN_HERE"}}},
      {.name = "itself", .config = "http.address = ${http.address}", .mistakes = {{main_file + "1", "http.address"}}},
      {.name = "a circle",
       .config = "log.access = ${log.level}\nlog.level = ${log.access}",
       .mistakes = {{main_file + "1", "log.access"}, {main_file + "2", "log.level"}}},
      {.name = "no closing brace", .config = "http.address = ${http.port", .mistakes = {{main_file + "1", "http.address", "}"}}},
      {.name = "a wrong value through a reference",
       .config = "http.port = ${env.MY_PORT}",
       .mistakes = {{main_file + "1", "http.port"}},
       .environment = {{"MY_PORT", "eighty"}}},
      {.name = "an undefined one in a check",
       .config = "check.redis.key = ${env.NOT_IN_HERE}",
       .mistakes = {{main_file + "1", "check.redis.key", "NOT_IN_HERE"}}},
  };
}

}  // namespace

std::vector<ConfigRow> badFiles() {
  std::vector<ConfigRow> rows;
  for (const std::vector<ConfigRow>& part : {files(), unknownKeys(), values(), references()})
    rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

}  // namespace pulsewatch::testing
