#include "config/host_config.h"

#include "config/network_text.h"
#include "config/schema.h"
#include "config/text_parts.h"
#include "unit/config/config_files.h"

#include <cstdlib>

namespace pulsewatch {

namespace {

using testing::assertAbsent;
using testing::assertMistakes;
using testing::ConfigFiles;
using testing::ConfigRow;
using testing::loadRow;

const std::string kSecret(50, 'k');

// What is complete but for `line` and `environment`.
ConfigRow complete(const std::string& line, std::map<std::string, std::string> environment = {}) {
  environment.try_emplace("SECRET_KEY", kSecret);
  environment.try_emplace("DJANGO_SETTINGS_MODULE", "core.settings.test");
  return {{{"pulsewatch.properties", line}}, std::move(environment), {}};
}

HostConfig read(const ConfigRow& row, Mistakes& mistakes) {
  const ConfigFiles files;
  return readHostConfig(loadRow(row, files, mistakes), mistakes);
}

HostConfig readGood(const ConfigRow& row) {
  Mistakes mistakes;
  HostConfig config = read(row, mistakes);
  assertMistakes("good", mistakes, {});
  return config;
}

struct BadRow {
  std::string line;  // "key = value"
  std::string sentence;
};

// Each is a mistake at line 1 of the file, and by itself.
const BadRow kBadRows[] = {
    {"http.port = 80x", "http.port: \"80x\" is not a whole number from 0 to 65535; write a port, or 0 to pick a free one"},
    {"http.port =", "http.port: \"\" is not a whole number from 0 to 65535"},
    {"http.port = 65536", "\"65536\" is not a whole number from 0 to 65535"},
    {"http.port = -1", "\"-1\" is not a whole number"},
    {"http.port = 8080 # the usual", "\"8080 # the usual\" is not a whole number"},
    {"http.port = redis://u:p@h", "http.port: its value is not a whole number"},
    {"http.address = localhost", "\"localhost\" is not an IP address; write one, without brackets"},
    {"http.address = [::1]", "\"[::1]\" is not an IP address"},
    {"http.address = 1.2.3", "\"1.2.3\" is not an IP address"},
    {"http.address = 127.0.0.1:80", "\"127.0.0.1:80\" is not an IP address"},
    {"http.address =", "\"\" is not an IP address"},
    {"http.allowed_hosts = a,,b", "\"a,,b\" is not a list without empty entries"},
    {"http.allowed_hosts = http://a", "\"http://a\" has a scheme"},
    {"http.allowed_hosts = a:80", "\"a:80\" has a port"},
    {"http.allowed_hosts = [::1]:80", "\"[::1]:80\" is not an IPv6 address in brackets"},
    {"http.allowed_hosts = ::1", "\"::1\" is an IPv6 address without brackets; write [::1]"},
    {"http.allowed_hosts = [x]", "\"[x]\" is not an IPv6 address in brackets"},
    {"http.allowed_hosts = [", "\"[\" is not an IPv6 address in brackets"},
    {"http.allowed_hosts = *.a.b", "\"*.a.b\" has a *"},
    {"http.allowed_hosts = a b", "\"a b\" is not a host"},
    {"http.allowed_hosts = ok, a/b", "\"a/b\" is not a host"},
    {"http.allowed_hosts = .", "\".\" is not a host"},
    {"http.allowed_hosts = ..a", "\"..a\" is not a host"},
    {"http.allowed_hosts = a.", "\"a.\" is not a host"},
    {"http.allowed_hosts = ü.de", "\"ü.de\" is not a host"},
    {"http.ssl_redirect = maybe", "\"maybe\" is not true or false"},
    {"http.ssl_redirect_exempt = ready", "\"ready\" is not a path"},
    {"http.ssl_redirect_exempt = /a?b", "\"/a?b\" is not a path"},
    {"http.trusted_proxies = proxy", "\"proxy\" is neither an IP address nor a network"},
    {"http.trusted_proxies = 10.0.0.0/33", "\"10.0.0.0/33\" is neither"},
    {"http.trusted_proxies = fd00::/129", "\"fd00::/129\" is neither"},
    {"http.trusted_proxies = 10.0.0.0/", "\"10.0.0.0/\" is neither"},
    {"http.trusted_proxies = 10.0.0.0/-1", "\"10.0.0.0/-1\" is neither"},
    {"http.trusted_proxies = /8", "\"/8\" is neither"},
    {"metrics.enabled = 2", "\"2\" is not true or false; write true or false"},
    {"debug = verbose", "\"verbose\" is not true or false"},
    {"readiness.degraded_is_ready =", "\"\" is not true or false"},
    {"shutdown.drain = 5", "\"5\" is not a duration from 0s to 1h; write e.g. 250ms"},
    {"shutdown.drain = 61m", "\"61m\" is not a duration from 0s to 1h"},
    {"shutdown.drain = -1s", "\"-1s\" is not a duration"},
    {"log.level = LOUD", "\"LOUD\" is not one of DEBUG, INFO, WARNING, ERROR and CRITICAL"},
    {"log.access = some", "\"some\" is not one of all, errors and none"},
    {"log.format = xml", "\"xml\" is not one of json and text"},
    {"log.rotate_size = 10", "\"10\" is not a size from 64KiB to"},
    {"log.rotate_size = 1KiB", "\"1KiB\" is not a size from 64KiB"},
    {"log.rotate_size = 99999999GiB", "is not a size"},
    {"log.rotate_count = many", "\"many\" is not a whole number from 0 to 1000"},
    {"plugins.directories =", "plugins.directories: is empty; write one directory or more"},
    {"plugins.directories = /a,,/b", "is not a list without empty entries"},
    {"plugins.owners = a,", "\"a,\" is not a list without empty entries"},
    {"plugins.watch = x", "\"x\" is not true or false"},
    {"plugins.isolation = thread", "\"thread\" is not one of process and host"},
    {"console.session_cookie_secure = x", "console.session_cookie_secure: \"x\" is not true or false"},
    {"console.csrf_cookie_secure = x", "console.csrf_cookie_secure: \"x\" is not true or false"},
};

class HostConfigTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HostConfigTest);
  CPPUNIT_TEST(defaults);
  CPPUNIT_TEST(everyKey);
  CPPUNIT_TEST(logFilePaths);
  CPPUNIT_TEST(places);
  CPPUNIT_TEST(badValues);
  CPPUNIT_TEST(variablesAreNamed);
  CPPUNIT_TEST(required);
  CPPUNIT_TEST(secretKeys);
  CPPUNIT_TEST(settingsModules);
  CPPUNIT_TEST(debugAndLevel);
  CPPUNIT_TEST(goodHosts);
  CPPUNIT_TEST(environmentValuesAreNotQuoted);
  CPPUNIT_TEST(notActedOn);
  CPPUNIT_TEST(unusedConnectionsAreNotRead);
  CPPUNIT_TEST(allAtOnce);
  CPPUNIT_TEST(defaultsFitTheirTypes);
  CPPUNIT_TEST(documentedFile);
  CPPUNIT_TEST(environmentOfTheProcess);
  CPPUNIT_TEST_SUITE_END();

 public:
  void defaults() {
    const HostConfig config = readGood(complete(""));
    CPPUNIT_ASSERT_EQUAL(std::string("test"), config.profile);
    CPPUNIT_ASSERT_EQUAL(kSecret, config.secret_key);
    CPPUNIT_ASSERT(!config.debug && !config.ssl_redirect && config.metrics_enabled && config.degraded_is_ready);
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), config.http_address);
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{8080}, config.http_port);
    CPPUNIT_ASSERT((config.allowed_hosts == std::vector<std::string>{"localhost", "127.0.0.1"}));
    CPPUNIT_ASSERT((config.ssl_redirect_exempt == std::vector<std::string>{"/healthz", "/ready", "/metrics"}));
    CPPUNIT_ASSERT(config.trusted_proxies.empty() && config.plugin_owners.empty());
    CPPUNIT_ASSERT(
        (config.plugin_directories == std::vector<std::string>{"/usr/lib/pulsewatch/plugins", "/usr/local/lib/pulsewatch/plugins"}));
    CPPUNIT_ASSERT(config.shutdown_drain == std::chrono::seconds(5));
    CPPUNIT_ASSERT(config.log_level == LogLevel::info && config.log_access == AccessLog::errors);
    CPPUNIT_ASSERT(config.log_form == LogForm::json && config.log_file.path.empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{10 << 20}, config.log_file.rotate_size);
    CPPUNIT_ASSERT_EQUAL(5U, config.log_file.rotate_count);
    CPPUNIT_ASSERT_EQUAL(std::string("/var/lib/pulsewatch"), config.state_directory);
    CPPUNIT_ASSERT_EQUAL(std::string("/run/pulsewatch/control.sock"), config.control_socket.path);
    CPPUNIT_ASSERT(!config.control_socket.given);
    CPPUNIT_ASSERT(config.warnings.empty());
    CPPUNIT_ASSERT(config.not_acted_on.empty());
  }

  void everyKey() {
    const HostConfig config = readGood(complete(
        "http.address = ::\nhttp.port = 0\nhttp.allowed_hosts = .Example.COM, [::1]\nhttp.ssl_redirect = YES\nhttp.ssl_redirect_exempt =\n"
        "http.trusted_proxies = 10.0.0.0/8, ::1\nmetrics.enabled = off\nplugins.directories = /a, b\nplugins.owners = root, 1000\n"
        "readiness.degraded_is_ready = no\nshutdown.drain = 0s\nlog.level = warning\nlog.access = none\nlog.format = TEXT\n"
        "log.file = /x/y\nlog.rotate_size = 64KiB\nlog.rotate_count = 0"));
    CPPUNIT_ASSERT_EQUAL(std::string("::"), config.http_address);
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{0}, config.http_port);
    CPPUNIT_ASSERT((config.allowed_hosts == std::vector<std::string>{".example.com", "[::1]"}));
    CPPUNIT_ASSERT(config.ssl_redirect && config.ssl_redirect_exempt.empty());
    CPPUNIT_ASSERT((config.trusted_proxies == std::vector<std::string>{"10.0.0.0/8", "::1"}));
    CPPUNIT_ASSERT(!config.metrics_enabled && !config.degraded_is_ready);
    CPPUNIT_ASSERT((config.plugin_directories == std::vector<std::string>{"/a", "b"}));
    CPPUNIT_ASSERT((config.plugin_owners == std::vector<std::string>{"root", "1000"}));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, static_cast<std::int64_t>(config.shutdown_drain.count()));
    CPPUNIT_ASSERT(config.log_level == LogLevel::warning && config.log_access == AccessLog::none);
    CPPUNIT_ASSERT(config.log_form == LogForm::text);
    CPPUNIT_ASSERT_EQUAL(std::string("/x/y"), config.log_file.path);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{64 << 10}, config.log_file.rotate_size);
    CPPUNIT_ASSERT_EQUAL(0U, config.log_file.rotate_count);
  }

  void logFilePaths() {
    const std::string here = std::filesystem::current_path().string();
    CPPUNIT_ASSERT_EQUAL(here + "/logs/x.log", readGood(complete("log.file = logs/x.log")).log_file.path);
    CPPUNIT_ASSERT_EQUAL(std::string(), readGood(complete("log.file =")).log_file.path);
    const LogFileConfig hidden = readGood(complete("log.file = /${env.X}", {{"X", "hunter2"}})).log_file;
    CPPUNIT_ASSERT_EQUAL(std::string("/hunter2"), hidden.path);
    CPPUNIT_ASSERT_EQUAL(std::string("its value"), hidden.shown);
  }

  void places() {
    const std::string here = std::filesystem::current_path().string();
    const HostConfig config = readGood(complete("state.directory = s\ncontrol.socket = c.sock"));
    CPPUNIT_ASSERT_EQUAL(here + "/s", config.state_directory);
    CPPUNIT_ASSERT_EQUAL(here + "/c.sock", config.control_socket.path);
    CPPUNIT_ASSERT(config.control_socket.given);
    CPPUNIT_ASSERT_EQUAL(std::string(), readGood(complete("control.socket = none")).control_socket.path);
  }

  void badValues() {
    for (const BadRow& row : kBadRows) {
      Mistakes mistakes;
      read(complete(row.line), mistakes);
      assertMistakes(row.line, mistakes, {row.sentence});
      const std::string key = row.line.substr(0, row.line.find(' '));
      CPPUNIT_ASSERT_MESSAGE(mistakes.lines()[0], mistakes.lines()[0].find("/pulsewatch.properties:1: " + key + ": ") != std::string::npos);
    }
  }

  void variablesAreNamed() {
    for (const KeyDescription& key : hostKeys()) {
      if (key.secret || key.type == KeyType::text || key.key.substr(0, 6) == "mysql.") continue;
      Mistakes mistakes;
      read(complete("", {{variableOf(key), "a,,b"}}), mistakes);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(variableOf(key), std::size_t{1}, mistakes.lines().size());
      CPPUNIT_ASSERT_MESSAGE(mistakes.lines()[0], mistakes.lines()[0].rfind(variableOf(key) + ": \"a,,b\" is not ", 0) == 0);
    }
  }

  void required() {
    Mistakes mistakes;
    read({}, mistakes);
    assertMistakes(
        "nothing given", mistakes,
        {"DJANGO_SETTINGS_MODULE: required and neither in the environment nor in a file (settings_module); set it, or "
         "DJANGO_SETTINGS_MODULE_FILE, to",
         "SECRET_KEY: required and neither in the environment nor in a file (secret_key); set it, or SECRET_KEY_FILE, to 50 or more "
         "random characters"});
  }

  void secretKeys() {
    const auto said = [](const ConfigRow& row, const std::vector<std::string>& wanted) {
      Mistakes mistakes;
      HostConfig config = read(row, mistakes);
      assertMistakes("secret_key", mistakes, wanted);
      assertAbsent("secret_key", mistakes, {"hunter2"});
      return config;
    };
    said(complete("", {{"SECRET_KEY", "hunter2"}}), {"SECRET_KEY: has 7 characters where 50 or more are needed"});
    said(complete("", {{"SECRET_KEY", ""}}), {"SECRET_KEY: has 0 characters"});
    said(complete("", {{"SECRET_KEY", std::string(49, 'k')}}), {"SECRET_KEY: has 49 characters"});
    said({{{"pulsewatch.properties", "settings_module = a.test\nsecret_key = hunter2"}}, {}, {}}, {":2: secret_key: has 7 characters"});
    said({{{"key", "hunter2\n"}}, {{"SECRET_KEY_FILE", "@DIR@/key"}, {"DJANGO_SETTINGS_MODULE", "a"}}, {}},
         {"SECRET_KEY_FILE: has 7 characters"});
    said({{}, {{"SECRET_KEY_FILE", "/none"}, {"DJANGO_SETTINGS_MODULE", "dev"}}, {}},
         {"SECRET_KEY_FILE: the file it names cannot be read"});
    said(complete("", {{"SECRET_KEY", "hunter2"}, {"DJANGO_SETTINGS_MODULE", "core.settings.dev"}}), {"SECRET_KEY: has 7 characters"});
    std::string umlauts;
    for (int i = 0; i < 49; ++i) umlauts += "ü";
    said(complete("", {{"SECRET_KEY", umlauts}}), {"SECRET_KEY: has 49 characters"});
    said(complete("", {{"SECRET_KEY", umlauts + "x"}}), {});

    const ConfigRow dev{{}, {{"DJANGO_SETTINGS_MODULE", "core.settings.dev"}}, {}};
    const HostConfig one = said(dev, {});
    const HostConfig other = said(dev, {});
    CPPUNIT_ASSERT(one.secret_key.size() >= 50 && one.secret_key != other.secret_key);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, one.warnings.size());
    CPPUNIT_ASSERT(one.warnings[0].find("SECRET_KEY") != std::string::npos && one.warnings[0].find(one.secret_key) == std::string::npos);
    CPPUNIT_ASSERT(one.not_acted_on.empty());
  }

  void settingsModules() {
    for (const char* module : {"", "core.settings.", ".dev", "core settings", "core/settings", "core.settings.1", "a-b"}) {
      Mistakes mistakes;
      read(complete("", {{"DJANGO_SETTINGS_MODULE", module}}), mistakes);
      assertMistakes(module, mistakes,
                     {"DJANGO_SETTINGS_MODULE: " + quoted(module) + " is not a dotted module path; write e.g. core.settings.prod"});
    }
  }

  void debugAndLevel() {
    struct Row {
      const char* line;
      const char* module;
      LogLevel level;
      std::size_t warnings;
    };
    const Row rows[] = {
        {"debug = true", "a.test", LogLevel::debug, 0},       {"debug = true\nlog.level = ERROR", "a.test", LogLevel::debug, 0},
        {"debug = 1", "a.prod", LogLevel::debug, 1},          {"debug = false\nlog.level = DEBUG", "a.prod", LogLevel::debug, 0},
        {"log.level = Critical", "a", LogLevel::critical, 0}, {"log.level = ERROR", "a", LogLevel::error, 0}};
    for (const Row& row : rows) {
      const HostConfig config = readGood(complete(row.line, {{"DJANGO_SETTINGS_MODULE", row.module}}));
      CPPUNIT_ASSERT_MESSAGE(row.line, config.log_level == row.level);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.line, row.warnings, config.warnings.size());
    }
  }

  void goodHosts() {
    for (const char* host : {"*", ".example.com", "localhost", "10.0.0.1", "[::1]", "[FE80::1]", "a_b-c.example", "xn--4ca.de", "UPPER"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, std::string(), hostPatternFault(host));
    for (const char* network : {"10.0.0.1", "::1", "10.0.0.0/8", "0.0.0.0/0", "fd00::/8", "::/0", "1.2.3.4/32"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(network, std::string(), networkFault(network));
    CPPUNIT_ASSERT(readGood(complete("http.allowed_hosts =")).allowed_hosts.empty());
  }

  void environmentValuesAreNotQuoted() {
    for (const char* line : {"http.port = ${env.X}", "http.address = a${env.X}", "http.allowed_hosts = a,http://${env.X}",
                             "log.level = ${secret_key}", "http.trusted_proxies = ${check.a.b}\ncheck.a.b = ${env.X}"}) {
      Mistakes mistakes;
      read(complete(line, {{"X", "hunter2"}, {"SECRET_KEY", "hunter2" + kSecret}}), mistakes);
      assertMistakes(line, mistakes, {"its value "});
      assertAbsent(line, mistakes, {"hunter2"});
    }
  }

  void notActedOn() {
    const HostConfig config = readGood(complete("console.session_cookie_secure = on\ncelery.broker_url = redis://h\nhttp.port = 1",
                                                {{"CSRF_COOKIE_SECURE", "1"}, {"CELERY_RESULT_BACKEND", "x"}}));
    const std::vector<std::string> wanted{"console.session_cookie_secure", "console.csrf_cookie_secure", "celery.broker_url",
                                          "celery.result_backend"};
    CPPUNIT_ASSERT_EQUAL(joinedWords(wanted), joinedWords(config.not_acted_on));
  }

  void unusedConnectionsAreNotRead() {
    readGood(complete("database.url = ${nope}\nredis.url = nonsense\nmysql.port = x\ncelery.broker_url = ${nope}"));
  }

  void allAtOnce() {
    Mistakes mistakes;
    read({{{"pulsewatch.properties", "http.port = x\nhttp.address = y\nhttp.allowed_hosts = a:1,b:2\nlog.level = z\ntypo = 1"}},
          {{"DEBUG", "w"}},
          {}},
         mistakes);
    assertMistakes("all", mistakes,
                   {":1: http.port", ":2: http.address", "\"a:1\" has a port", "\"b:2\" has a port", ":4: log.level", ":5: typo",
                    "DEBUG: \"w\"", "DJANGO_SETTINGS_MODULE: required", "SECRET_KEY: required"});
  }

  void defaultsFitTheirTypes() {
    std::size_t variables = 0;
    for (const KeyDescription& key : hostKeys()) {
      CPPUNIT_ASSERT_MESSAGE(std::string(key.key), findByVariable(variableOf(key)) == &key && findHostKey(key.key) == &key);
      if (!key.variable.empty()) ++variables;
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{18}, variables);
    CPPUNIT_ASSERT_EQUAL(std::string("PULSEWATCH_READINESS_DEGRADED_IS_READY"), variableOf(*findHostKey("readiness.degraded_is_ready")));
  }

  // etc/pulsewatch.properties runs as it is, and with every `#key = value` of it set; it has every key, with its default.
  void documentedFile() {
    const std::filesystem::path etc = std::filesystem::path(PULSEWATCH_SOURCE) / "etc";
    Mistakes mistakes;
    std::string error;
    const std::string text = readSmallFile(etc / "pulsewatch.properties", 1 << 20, error).value();
    const std::map<std::string, std::string> environment{{"SECRET_KEY", kSecret}, {"DJANGO_SETTINGS_MODULE", "core.settings.test"}};
    readGood({{{"pulsewatch.properties", text}}, environment, {}});

    std::string all;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const std::string line = text.substr(at, text.find('\n', at) - at);
      if (line.size() > 1 && line[0] == '#' && line[1] != ' ') all += line.substr(1) + "\n";
    }
    std::map<std::string, std::string> documented;
    for (const Property& property : parsePropertyText(all, "etc/pulsewatch.properties", mistakes))
      documented[property.key] = property.value;
    for (const KeyDescription& key : hostKeys()) {
      CPPUNIT_ASSERT_MESSAGE(std::string(key.key), documented.count(std::string(key.key)) == 1);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(key.key), std::string(key.default_value), documented[std::string(key.key)]);
      CPPUNIT_ASSERT_MESSAGE(variableOf(key), text.find("[" + variableOf(key) + "]") != std::string::npos);
    }
    for (const KeyDescription& key : checkKeys()) {
      const std::string line = "check.NAME." + std::string(key.key) + (key.has_default ? " = " + std::string(key.default_value) + " " : "");
      CPPUNIT_ASSERT_MESSAGE(line, text.find(line) != std::string::npos);
    }
    for (const KeyDescription& key : pluginKeys()) {
      const std::string line =
          "plugin.NAME." + std::string(key.key) + (key.has_default ? " = " + std::string(key.default_value) + " " : " =");
      CPPUNIT_ASSERT_MESSAGE(line, text.find(line) != std::string::npos);
    }
    assertMistakes("documented", mistakes, {});
    CPPUNIT_ASSERT_EQUAL(hostKeys().size(), documented.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, readPropertyFile(etc / "pulsewatch-dev.properties", mistakes)->size());
    assertMistakes("overlay", mistakes, {});
  }

  void environmentOfTheProcess() {
    CPPUNIT_ASSERT_EQUAL(0, ::setenv("PULSEWATCH_TEST_VARIABLE", "a=b", 1));
    CPPUNIT_ASSERT_EQUAL(std::string("a=b"), processEnvironment().at("PULSEWATCH_TEST_VARIABLE"));
    CPPUNIT_ASSERT_EQUAL(0, ::unsetenv("PULSEWATCH_TEST_VARIABLE"));
    CPPUNIT_ASSERT(processEnvironment().count("PULSEWATCH_TEST_VARIABLE") == 0);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostConfigTest);

}  // namespace

}  // namespace pulsewatch
