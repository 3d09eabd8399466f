// Each key that every check or plugin has, and a setting of every type: of the wrong type, at the ends of its range and beyond, empty.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::string no_interval = " is not a duration from 10ms to 168h; write e.g. 250ms, 10s, 2m or 1h";
const std::string no_timeout = " is not a duration from 1ms to 24h; write e.g. 250ms, 10s, 2m or 1h";
const std::string no_window = " is not a duration from 0s to 24h; write e.g. 250ms, 10s, 2m or 1h";
const std::string no_names = " is not a list without empty entries; write names of checks with commas between them";
const std::string no_scope = " is not one of local and shared; write one of these";
const std::string no_boolean = " is not true or false; write true or false";
const std::string no_memory = " is not a size from 16384KiB to 1073741824KiB; write e.g. 64KiB or 10MiB";
const std::string no_files = " is not a whole number from 32 to 1000000; write how many descriptors a worker may have open";
const std::string no_grace = " is not a duration from 100ms to 1h; write e.g. 250ms, 10s, 2m or 1h";
const std::string no_integer = " is not a whole number; write digits only";
const std::string no_number = " is not a finite decimal number; write e.g. 0.5";
const std::string no_url = "; write scheme://user:password@host:port/path, with %40 for a @ in a part";

std::string noCount(const std::string& runs) {
  return " is not a whole number from 1 to 1000; write how many " + runs + " runs in a row turn the check";
}

Configurations hostPart() {
  const std::string no_fall = noCount("failed");
  const std::string no_rise = noCount("passed");
  return {
      taken("check.redis.interval", "10ms", "10ms"),
      taken("check.redis.interval", "168h", "604800000ms"),
      refused("check.redis.interval", "9ms", "\"9ms\"" + no_interval),
      refused("check.redis.interval", "0s", "\"0s\"" + no_interval),
      refused("check.redis.interval", "604800001ms", "\"604800001ms\"" + no_interval),
      refused("check.redis.interval", "10", "\"10\"" + no_interval),
      refused("check.redis.interval", "", "\"\"" + no_interval),
      taken("check.redis.timeout", "1ms", "1ms"),
      taken("check.redis.timeout", "24h", "86400000ms"),
      refused("check.redis.timeout", "0ms", "\"0ms\"" + no_timeout),
      refused("check.redis.timeout", "86400001ms", "\"86400001ms\"" + no_timeout),
      refused("check.redis.timeout", "never", "\"never\"" + no_timeout),
      refused("check.redis.timeout", "", "\"\"" + no_timeout),
      taken("check.redis.fast_interval", "10ms", "10ms"),
      taken("check.redis.fast_interval", "10s", "10000ms"),
      refused("check.redis.fast_interval", "9ms", "\"9ms\"" + no_interval),
      refused("check.redis.fast_interval", "0s", "\"0s\"" + no_interval),
      refused("check.redis.fast_interval", "10001ms", "is more than the check's interval of 10 s; write that or less, or remove it"),
      refused("check.redis.fast_interval", "", "\"\"" + no_interval),
      taken("check.redis.degraded_after", "1ms", "1ms"),
      taken("check.redis.degraded_after", "1440m", "86400000ms"),
      refused("check.redis.degraded_after", "0s", "\"0s\"" + no_timeout),
      refused("check.redis.degraded_after", "25h", "\"25h\"" + no_timeout),
      refused("check.redis.degraded_after", "", "\"\"" + no_timeout),
      taken("check.redis.critical", "oFF", "false"),
      taken("check.redis.critical", "yes", "true"),
      refused("check.redis.critical", "high", "\"high\"" + no_boolean),
      refused("check.redis.critical", "", "\"\"" + no_boolean),
      taken("check.redis.fall", "1", "1"),
      taken("check.redis.fall", "1000", "1000"),
      refused("check.redis.fall", "0", "\"0\"" + no_fall),
      refused("check.redis.fall", "1001", "\"1001\"" + no_fall),
      refused("check.redis.fall", "once", "\"once\"" + no_fall),
      refused("check.redis.fall", "", "\"\"" + no_fall),
      taken("check.redis.rise", "1", "1"),
      taken("check.redis.rise", "1000", "1000"),
      refused("check.redis.rise", "0", "\"0\"" + no_rise),
      refused("check.redis.rise", "1001", "\"1001\"" + no_rise),
      refused("check.redis.rise", "2x", "\"2x\"" + no_rise),
      refused("check.redis.rise", "", "\"\"" + no_rise),
      taken("check.redis.flap_window", "0s", "0ms"),
      taken("check.redis.flap_window", "24h", "86400000ms"),
      refused("check.redis.flap_window", "24h1m", "\"24h1m\"" + no_window),
      refused("check.redis.flap_window", "25h", "\"25h\"" + no_window),
      refused("check.redis.flap_window", "", "\"\"" + no_window),
      taken("check.redis.depends_on", "database", "database"),
      taken("check.redis.depends_on", "", ""),
      refused("check.redis.depends_on", "database,", "\"database,\"" + no_names),
      refused("check.redis.depends_on", "database,database", "\"database\" is there twice; write it once"),
      refused("check.redis.depends_on", "databse", "\"databse\" is no check; did you mean database?"),
      refused("check.redis.depends_on", "Database", "\"Database\" is no check; did you mean database?"),
      refused("check.redis.depends_on", "queue", "\"queue\" is no check (there are database and redis); correct it, or remove it"),
      refused("check.redis.depends_on", "redis", "depends on itself: redis -> redis; take one of these steps away"),
      taken("check.redis.scope", "SHARED", "shared"),
      taken("check.redis.scope", "local", "local"),
      refused("check.redis.scope", "global", "\"global\"" + no_scope),
      refused("check.redis.scope", "", "\"\"" + no_scope),
      taken("check.redis.alias", "second", "second"),
      refused("check.redis.alias", "", "is empty; write the alias, or remove the key"),
      taken("check.redis.plugin", "redis", "redis"),
      taken("plugin.kinds.enabled", "off", "off"),
      taken("plugin.kinds.enabled", "1", "1"),
      refused("plugin.kinds.enabled", "", "\"\"" + no_boolean),
      refused("plugin.kinds.enabled", "disabled", "\"disabled\"" + no_boolean),
      taken("plugin.kinds.isolation", "HOST", "HOST"),
      taken("plugin.kinds.memory_max", "16MiB", "16MiB"),
      taken("plugin.kinds.memory_max", "1024GiB", "1024GiB"),
      refused("plugin.kinds.memory_max", "", "\"\"" + no_memory),
      refused("plugin.kinds.memory_max", "16383KiB", "\"16383KiB\"" + no_memory),
      refused("plugin.kinds.memory_max", "64", "\"64\"" + no_memory),
      taken("plugin.kinds.files_max", "32", "32"),
      taken("plugin.kinds.files_max", "1000000", "1000000"),
      refused("plugin.kinds.files_max", "", "\"\"" + no_files),
      refused("plugin.kinds.files_max", "31", "\"31\"" + no_files),
      refused("plugin.kinds.files_max", "1000001", "\"1000001\"" + no_files),
      taken("plugin.kinds.kill_after", "100ms", "100ms"),
      taken("plugin.kinds.kill_after", "1h", "1h"),
      refused("plugin.kinds.kill_after", "", "\"\"" + no_grace),
      refused("plugin.kinds.kill_after", "99ms", "\"99ms\"" + no_grace),
      refused("plugin.kinds.kill_after", "61m", "\"61m\"" + no_grace),
      refused("plugin.kinds.isolation", "", "\"\" is not one of process and host; write one of these"),
      refused("plugin.kinds.isolation", "true", "\"true\" is not one of process and host; write one of these"),
  };
}

Configurations settings() {
  const std::string endless = std::string(400, '9');
  return {
      taken("check.kinds.words", "", ""),
      taken("check.kinds.words", "Ünicode = # ! \\ \\n", "Ünicode = # ! \\ \\n"),
      taken("check.kinds.password", "", ""),
      taken("check.kinds.password", "pass word", "pass word"),
      taken("check.kinds.count", "-9223372036854775808", "-9223372036854775808"),
      taken("check.kinds.count", "9223372036854775807", "9223372036854775807"),
      refused("check.kinds.count", "9223372036854775808", "\"9223372036854775808\"" + no_integer),
      refused("check.kinds.count", "-9223372036854775809", "\"-9223372036854775809\"" + no_integer),
      refused("check.kinds.count", "1.0", "\"1.0\"" + no_integer),
      refused("check.kinds.count", "1,000", "\"1,000\"" + no_integer),
      refused("check.kinds.count", "", "\"\"" + no_integer),
      taken("check.kinds.share", "-0.5", "-0.5"),
      taken("check.kinds.share", "1e3", "1000"),
      taken("check.kinds.share", "7", "7"),
      refused("check.kinds.share", "0,5", "\"0,5\"" + no_number),
      refused("check.kinds.share", "inf", "\"inf\"" + no_number),
      refused("check.kinds.share", "-nan", "\"-nan\"" + no_number),
      refused("check.kinds.share", "1e999", "\"1e999\"" + no_number),
      refused("check.kinds.share", "0x1p3", "\"0x1p3\"" + no_number),
      refused("check.kinds.share", "+1", "\"+1\"" + no_number),
      refused("check.kinds.share", "50%", "\"50%\"" + no_number),
      refused("check.kinds.share", endless, "\"" + std::string(60, '9') + "…\"" + no_number),
      refused("check.kinds.share", "", "\"\"" + no_number),
      taken("check.kinds.strict", "ON", "true"),
      refused("check.kinds.strict", "strictly", "\"strictly\"" + no_boolean),
      refused("check.kinds.strict", "", "\"\"" + no_boolean),
      taken("check.kinds.grace", "0s", "0ms"),
      taken("check.kinds.grace", "2562047788015h", "9223372036854000000ms"),
      refused("check.kinds.grace", "2562047788016h",
              "\"2562047788016h\" is not a duration from 0s to 9223372036854775807ms; write e.g. 250ms, 10s, 2m or 1h"),
      refused("check.kinds.grace", "-1s", "\"-1s\" is not a duration from 0s to 9223372036854775807ms; write e.g. 250ms, 10s, 2m or 1h"),
      refused("check.kinds.grace", "", "\"\" is not a duration from 0s to 9223372036854775807ms; write e.g. 250ms, 10s, 2m or 1h"),
      taken("check.kinds.mode", "SLOW", "Slow"),
      taken("check.kinds.mode", "Fast", "fast"),
      refused("check.kinds.mode", "fast|Slow", "\"fast|Slow\" is not one of fast and Slow; write one of these"),
      refused("check.kinds.mode", "", "\"\" is not one of fast and Slow; write one of these"),
      refused("check.kinds.pin", "12x4", "its value is not a whole number; write digits only"),
      refused("check.kinds.pin", "", "its value is not a whole number; write digits only"),
      taken("check.kinds.token", "t o k e n", "t o k e n"),
      taken("check.kinds.web", "HTTPS://h:443/a/b?c=d", "HTTPS://h:443/a/b?c=d"),
      refused("check.kinds.web", "ftp://h", "is not a valid URL: its scheme is not http or https" + no_url),
      refused("check.kinds.web", "", "is not a valid URL: it does not begin with scheme://" + no_url),
      taken("check.kinds.any", "a+b-c.d://h", "a+b-c.d://h"),
      refused("check.kinds.any", "h:80/x", "is not a valid URL: it does not begin with scheme://" + no_url),
      taken("check.redis.probe", "PING", "ping"),
      refused("check.redis.probe", "", "\"\" is not one of ping, get and roundtrip; write one of these"),
      taken("check.redis.key", "", ""),
  };
}

}  // namespace

Configurations checkKeyRows() {
  Configurations all = hostPart();
  for (const Configuration& row : settings()) all.push_back(row);
  return all;
}

}  // namespace pulsewatch::testing
