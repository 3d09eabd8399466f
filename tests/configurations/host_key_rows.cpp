// Each of the host's keys that has one value: of the wrong type, at the ends of its range and beyond, empty.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::string no_boolean = " is not true or false; write true or false";
const std::string no_drain = " is not a duration from 0s to 1h; write e.g. 250ms, 10s, 2m or 1h";
const std::string no_size = " is not a size from 64KiB to 1073741824KiB; write e.g. 64KiB or 10MiB";
const std::string no_count =
    " is not a whole number from 0 to 1000; write how many old files are kept, or 0 to leave the rotation to others";
const std::string no_port = " is not a whole number from 0 to 65535; write a port, or 0 to pick a free one";
const std::string no_server_port = " is not a whole number from 1 to 65535; write the server's port";
const std::string no_level = " is not one of DEBUG, INFO, WARNING, ERROR and CRITICAL; write one of these";
const std::string no_address = " is not an IP address; write one, without brackets: 127.0.0.1, 0.0.0.0 or ::";
const std::string no_module = " is not a dotted module path; write e.g. core.settings.prod";

Configurations booleans() {
  Configurations rows;
  const std::vector<std::pair<std::string, std::string>> good[] = {{{"true", "true"}, {"FALSE", "false"}, {"1", "true"}},
                                                                   {{"Yes", "true"}, {"nO", "false"}, {"0", "false"}},
                                                                   {{"on", "true"}, {"OFF", "false"}, {"tRuE", "true"}}};
  const std::string bad[][3] = {{"", "2", "truee"}, {"", "y", "true false"}, {"", "-1", "\"true\""}};
  std::size_t turn = 0;
  for (const std::string key :
       {"debug", "metrics.enabled", "http.ssl_redirect", "readiness.degraded_is_ready", "readiness.public_messages"}) {
    for (const auto& [value, effective] : good[turn % 3]) rows.push_back(taken(key, value, effective));
    for (const std::string& value : bad[turn++ % 3])
      rows.push_back(refused(key, value, (value == "\"true\"" ? "\"\"true\"\"" : "\"" + value + "\"") + no_boolean));
  }
  for (const std::string key :
       {"config.watch", "plugins.watch", "plugins.require_checksums", "console.session_cookie_secure", "console.csrf_cookie_secure"}) {
    rows.push_back(taken(key, "No", "No"));
    rows.push_back(refused(key, "", "\"\"" + no_boolean));
    rows.push_back(refused(key, "maybe", "\"maybe\"" + no_boolean));
  }
  return rows;
}

Configurations numbers() {
  return {
      taken("http.port", "0", "0"),
      taken("http.port", "1", "1"),
      taken("http.port", "65535", "65535"),
      taken("http.port", "0080", "80"),
      refused("http.port", "65536", "\"65536\"" + no_port),
      refused("http.port", "-1", "\"-1\"" + no_port),
      refused("http.port", "+80", "\"+80\"" + no_port),
      refused("http.port", "80.0", "\"80.0\"" + no_port),
      refused("http.port", "8e1", "\"8e1\"" + no_port),
      refused("http.port", "0x50", "\"0x50\"" + no_port),
      refused("http.port", "８０", "\"８０\"" + no_port),
      refused("http.port", "80 81", "\"80 81\"" + no_port),
      refused("http.port", "80\xC2\xA0", "\"80\\xc2\\xa0\"" + no_port),
      refused("http.port", "18446744073709551616", "\"18446744073709551616\"" + no_port),
      refused("http.port", "", "\"\"" + no_port),
      taken("mysql.port", "1", "1"),
      taken("mysql.port", "65535", "65535"),
      refused("mysql.port", "0", "\"0\"" + no_server_port),
      refused("mysql.port", "65536", "\"65536\"" + no_server_port),
      refused("mysql.port", "", "\"\"" + no_server_port),
      refused("mysql.port", "tcp://10.0.0.1:3306",
              "\"tcp://10.0.0.1:3306\"" + no_server_port +
                  "; it looks like what Kubernetes sets for a service of that name: set it yourself, or enableServiceLinks: false"),
      taken("log.rotate_count", "0", "0"),
      taken("log.rotate_count", "1000", "1000"),
      refused("log.rotate_count", "1001", "\"1001\"" + no_count),
      refused("log.rotate_count", "-1", "\"-1\"" + no_count),
      refused("log.rotate_count", "", "\"\"" + no_count),
  };
}

Configurations durationsAndSizes() {
  return {
      taken("shutdown.drain", "0s", "0ms"),
      taken("shutdown.drain", "0ms", "0ms"),
      taken("shutdown.drain", "1ms", "1ms"),
      taken("shutdown.drain", "60m", "3600000ms"),
      taken("shutdown.drain", "1h", "3600000ms"),
      taken("shutdown.drain", "007s", "7000ms"),
      refused("shutdown.drain", "3600001ms", "\"3600001ms\"" + no_drain),
      refused("shutdown.drain", "2h", "\"2h\"" + no_drain),
      refused("shutdown.drain", "0", "\"0\"" + no_drain),
      refused("shutdown.drain", "5 s", "\"5 s\"" + no_drain),
      refused("shutdown.drain", "5S", "\"5S\"" + no_drain),
      refused("shutdown.drain", "1.5s", "\"1.5s\"" + no_drain),
      refused("shutdown.drain", "1m30s", "\"1m30s\"" + no_drain),
      refused("shutdown.drain", "s", "\"s\"" + no_drain),
      refused("shutdown.drain", "-0s", "\"-0s\"" + no_drain),
      refused("shutdown.drain", "1d", "\"1d\"" + no_drain),
      refused("shutdown.drain", "9223372036854775808ms", "\"9223372036854775808ms\"" + no_drain),
      refused("shutdown.drain", "", "\"\"" + no_drain),
      taken("log.rotate_size", "64KiB", "64KiB"),
      taken("log.rotate_size", "65536B", "65536B"),
      taken("log.rotate_size", "1024GiB", "1024GiB"),
      refused("log.rotate_size", "65535B", "\"65535B\"" + no_size),
      refused("log.rotate_size", "1025GiB", "\"1025GiB\"" + no_size),
      refused("log.rotate_size", "17179869184GiB", "\"17179869184GiB\"" + no_size),
      refused("log.rotate_size", "64kib", "\"64kib\"" + no_size),
      refused("log.rotate_size", "1MB", "\"1MB\"" + no_size),
      refused("log.rotate_size", "1TiB", "\"1TiB\"" + no_size),
      refused("log.rotate_size", "65536", "\"65536\"" + no_size),
      refused("log.rotate_size", "", "\"\"" + no_size),
  };
}

// What a client may take of time and room.
Configurations limits() {
  const std::string no_timeout = " is not a duration from 100ms to 1h; write e.g. 250ms, 10s, 2m or 1h";
  const std::string no_body = " is not a size from 0KiB to 16384KiB; write e.g. 64KiB or 10MiB";
  const std::string no_most = " is not a whole number from 1 to 1000000; write how many connections may be open at once";
  const std::string no_share =
      " is not a whole number from 0 to 1000000; write how many connections one address may have open at once, or 0 for no limit";
  Configurations rows;
  for (const std::string key : {"http.header_timeout", "http.body_timeout", "http.send_timeout", "http.keepalive_timeout"}) {
    for (const std::string value : {"100ms", "3600000ms"}) rows.push_back(taken(key, value, value));
    for (const std::string value : {"", "0s", "99ms", "61m", "2"}) rows.push_back(refused(key, value, "\"" + value + "\"" + no_timeout));
  }
  for (const std::string value : {"0B", "16777216B"}) rows.push_back(taken("http.body_limit", value, value));
  for (const std::string value : {"", "17MiB", "16777217B", "1024", "-1B"})
    rows.push_back(refused("http.body_limit", value, "\"" + value + "\"" + no_body));
  for (const std::string value : {"1", "1000000"}) rows.push_back(taken("http.max_connections", value, value));
  for (const std::string value : {"", "0", "1000001", "1e3"})
    rows.push_back(refused("http.max_connections", value, "\"" + value + "\"" + no_most));
  for (const std::string value : {"0", "1000000"}) rows.push_back(taken("http.max_connections_per_address", value, value));
  for (const std::string value : {"", "-1", "1000001", "none"})
    rows.push_back(refused("http.max_connections_per_address", value, "\"" + value + "\"" + no_share));
  return rows;
}

Configurations choices() {
  Configurations rows{
      refused("log.level", "WARN", "\"WARN\"" + no_level),
      refused("log.level", "20", "\"20\"" + no_level),
      refused("log.level", "INFO,DEBUG", "\"INFO,DEBUG\"" + no_level),
      refused("log.level", "", "\"\"" + no_level),
      taken("log.level", "critical", "CRITICAL"),
      taken("log.access", "ALL", "all"),
      taken("log.access", "None", "none"),
      refused("log.access", "error", "\"error\" is not one of all, errors and none; write one of these"),
      refused("log.access", "", "\"\" is not one of all, errors and none; write one of these"),
      taken("log.format", "TEXT", "TEXT"),
      refused("log.format", "jsonl", "\"jsonl\" is not one of json and text; write one of these"),
      refused("log.format", "", "\"\" is not one of json and text; write one of these"),
      taken("readiness.shared_failure", "Degraded", "degraded"),
      taken("readiness.shared_failure", "not_ready", "not_ready"),
      refused("readiness.shared_failure", "ready", "\"ready\" is not one of not_ready and degraded; write one of these"),
      refused("readiness.shared_failure", "", "\"\" is not one of not_ready and degraded; write one of these"),
      taken("plugins.isolation", "Host", "Host"),
      refused("plugins.isolation", "processes", "\"processes\" is not one of process and host; write one of these"),
      refused("plugins.isolation", "", "\"\" is not one of process and host; write one of these"),
  };
  for (const std::string level : {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}) rows.push_back(taken("log.level", level, level));
  return rows;
}

Configurations texts() {
  const std::string long_module = std::string(99, 'a') + ".b." + std::string(100, 'c');
  const auto tooShort = [](int length) {
    return "has " + std::to_string(length) + " characters where 50 or more are needed; set it to 50 or more random characters";
  };
  Configurations rows{
      taken("http.address", "0.0.0.0", "0.0.0.0"),
      taken("http.address", "::", "::"),
      taken("http.address", "::ffff:127.0.0.1", "::ffff:127.0.0.1"),
      refused("http.address", "", "\"\"" + no_address),
      refused("http.address", "127.0.0.256", "\"127.0.0.256\"" + no_address),
      refused("http.address", "127.1", "\"127.1\"" + no_address),
      refused("http.address", "[::]", "\"[::]\"" + no_address),
      refused("http.address", "fe80::1%lo", "\"fe80::1%lo\"" + no_address),
      refused("http.address", "0.0.0.0,::", "\"0.0.0.0,::\"" + no_address),
      refused("http.address", "*", "\"*\"" + no_address),
      taken("settings_module", "dev", "dev"),
      taken("settings_module", "a.b.c._d9", "a.b.c._d9"),
      taken("settings_module", long_module, long_module),
      refused("settings_module", "", "\"\"" + no_module),
      refused("settings_module", "core..dev", "\"core..dev\"" + no_module),
      refused("settings_module", "core.dev.", "\"core.dev.\"" + no_module),
      refused("settings_module", "core.dév", "\"core.dév\"" + no_module),
      refused("settings_module", "core/dev", "\"core/dev\"" + no_module),
      refused("settings_module", "a." + std::string(101, 'c'), "\"a." + std::string(58, 'c') + "…\"" + no_module),
      refused("secret_key", "", tooShort(0)),
      refused("secret_key", std::string(49, 'k'), tooShort(49)),
      taken("secret_key", std::string(50, 'k'), std::string(50, 'k')),
      taken("secret_key", std::string(500'000, 'k'), std::string(500'000, 'k')),
      taken("plugins.signature_key", "", ""),
      refused("plugins.signature_key", "/etc/key.pem",
              "\"/etc/key.pem\" is not used while plugins.require_checksums is false; set that to true, or leave the key out"),
      taken("log.file", "", ""),
      taken("log.file", "/var/log/pulse watch.log", "/var/log/pulse watch.log"),
      refused("state.directory", "", "is empty; write a value"),
      taken("state.directory", "/var/lib/pulsewatch/", "/var/lib/pulsewatch/"),
      refused("control.socket", "", "is empty; write a value"),
      refused("control.socket", "/" + std::string(107, 's'),
              "\"/" + std::string(59, 's') + "…\" is a path of 108 bytes where a socket's may have 107; choose a shorter one"),
      taken("control.socket", "/" + std::string(106, 's'), "/" + std::string(106, 's')),
      taken("control.socket", "none", "none"),
      taken("mysql.host", "127.0.0.1", "127.0.0.1"),
      taken("mysql.host", "fd00::1", "fd00::1"),
      refused("mysql.host", "", "\"\" is not a host; write a name or an address"),
      refused("mysql.host", "db:3306", "\"db:3306\" is not a host; write a name or an address"),
      refused("mysql.host", "a:b", "\"a:b\" is not a host; write a name or an address"),
      refused("mysql.host", "[fd00::1]", "\"[fd00::1]\" is not a host; write a name or an address"),
      refused("mysql.host", "db example", "\"db example\" is not a host; write a name or an address"),
      taken("mysql.user", "us er@%", "us er@%"),
      refused("mysql.user", "", "is empty; write a value"),
      taken("mysql.password", "p;a@s:s/w%rd#?&=", "p;a@s:s/w%rd#?&="),
      taken("mysql.password", "", ""),
      taken("mysql.database", "data-base", "data-base"),
      refused("mysql.database", "", "is empty; write a value"),
  };
  return rows;
}

}  // namespace

Configurations hostKeyRows() {
  Configurations all;
  for (const Configurations& rows : {booleans(), numbers(), durationsAndSizes(), limits(), choices(), texts()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
