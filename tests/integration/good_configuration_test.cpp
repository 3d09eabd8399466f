// Every configuration of a table is taken: --check-config ends with 0 and shows what the row says.
#include "integration/configuration_run.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

const std::string key_of_50 = "good-configurations-secret-key-0123456789-abcdefgh";
const std::string url = "mysql://pulsewatch:some-password-here@db.example:3306/pulsewatch_dev";
const std::optional<std::string> none;

std::vector<ConfigRow> sources() {
  return {
      {.name = "all from the environment", .config = "", .shown = {"database", "mysql", "redis"}},
      {.name = "all from the file",
       .config = "secret_key = " + key_of_50 + "\nsettings_module = core.settings.prod\ndatabase.url = " + url +
                 "\nredis.url = redis://cache:6379/0",
       .environment = {{"SECRET_KEY", none}, {"DJANGO_SETTINGS_MODULE", none}, {"DATABASE_URL", none}, {"REDIS_URL", none}},
       .secrets = {key_of_50, "some-password-here"},
       .shown = {"database", "redis"}},
      {.name = "secrets from files",
       .config = "",
       .files = {{"key", key_of_50 + "\n"}, {"db", url}, {"cache", "redis://cache:6379/0\r\n"}},
       .environment = {{"SECRET_KEY", none},
                       {"SECRET_KEY_FILE", "@DIR@/key"},
                       {"DATABASE_URL", none},
                       {"DATABASE_URL_FILE", "@DIR@/db"},
                       {"REDIS_URL", none},
                       {"REDIS_URL_FILE", "@DIR@/cache"}},
       .secrets = {key_of_50, "some-password-here"}},
      {.name = "MYSQL_* for DATABASE_URL",
       .config = "",
       .environment =
           {{"DATABASE_URL", none}, {"MYSQL_PASSWORD", "p;a@s:s/w%rd'\"\\ #"}, {"MYSQL_HOST", "db.example"}, {"MYSQL_PORT", "3307"}},
       .secrets = {"p;a@s:s/w%rd"},
       .shown = {"database"}},
      {.name = "MYSQL_PASSWORD_FILE",
       .config = "",
       .files = {{"password", "some-password-here\n"}},
       .environment = {{"DATABASE_URL", none}, {"MYSQL_PASSWORD_FILE", "@DIR@/password"}},
       .secrets = {"some-password-here"}},
      {.name = "MYSQL_PORT as Kubernetes injects it, with DATABASE_URL",
       .config = "",
       .environment = {{"MYSQL_PORT", "tcp://10.0.0.1:3306"}}},
      {.name = "unknown PULSEWATCH_* and MYSQL_*",
       .config = "",
       .environment = {{"PULSEWATCH_PORT", "tcp://10.0.0.1:8080"}, {"PULSEWATCH_SERVICE_HOST", "10.0.0.1"}, {"MYSQL_SERVICE_PORT", "x"}}},
      {.name = "PULSEWATCH_ for a key", .config = "http.port = 8080", .environment = {{"PULSEWATCH_HTTP_PORT", "8081"}}},
      {.name = "the profile dev makes a key up",
       .config = "",
       .environment = {{"SECRET_KEY", none}, {"DJANGO_SETTINGS_MODULE", "core.settings.dev"}},
       .shown = {"SECRET_KEY"}},
      {.name = "an overlay and pulsewatch.d",
       .config = "check.cache.plugin = mysql",
       .files = {{"pulsewatch-test.properties", "check.cache.plugin = redis\n"},
                 {"pulsewatch-prod.properties", "not.read = at all\n"},
                 {"pulsewatch.d/10.properties", "check.cache.probe = ping\n"},
                 {"pulsewatch.d/20.properties", "check.cache.probe = get\n"},
                 {"pulsewatch.d/README", "no properties\n"}},
       .shown = {"cache"}},
  };
}

std::vector<ConfigRow> syntax() {
  return {
      {.name = "comments, blank lines, white space",
       .config = "# one\n! two\n\n   \n  http.port=0\n\tlog.level\t=\tINFO  \nhttp.allowed_hosts = a,  b ,c"},
      {.name = "a byte order mark and CRLF", .config = "\xef\xbb\xbfhttp.port = 0\r\n# comment\r\nlog.level = DEBUG\r\n"},
      {.name = "a backslash is itself, = may come again", .config = "check.redis.key = C:\\new\\table=1\\"},
      {.name = "booleans in any spelling",
       .config = "debug = No\nmetrics.enabled = ON\nhttp.ssl_redirect = FALSE\nreadiness.degraded_is_ready = 1\nplugins.watch = yes\n"
                 "console.session_cookie_secure = off\nconsole.csrf_cookie_secure = 0\ncheck.redis.critical = True"},
      {.name = "durations",
       .config = "shutdown.drain = 2m\ncheck.redis.interval = 10ms\ncheck.redis.timeout = 1h\ncheck.database.interval = 10s\n"
                 "check.database.degraded_after = 250ms"},
      {.name = "a drain of nothing", .config = "shutdown.drain = 0s"},
      {.name = "sizes", .config = "log.file = @DIR@/pulsewatch.log\nlog.rotate_size = 64KiB\nlog.rotate_count = 5"},
      {.name = "a log that is not rotated", .config = "log.file = @DIR@/pulsewatch.log\nlog.rotate_count = 0"},
      {.name = "an empty log.file", .config = "log.file ="},
      {.name = "a size in MiB", .config = "log.rotate_size = 1MiB"},
      {.name = "references",
       .config = "http.allowed_hosts = ${env.MY_HOST},${http.address}\n# not used, so its reference may be undefined\n"
                 "log.file = ${no.such.thing}\nlog.level = ${LOG_LEVEL}",
       .environment = {{"MY_HOST", "a.example"}, {"LOG_LEVEL", "INFO"}, {"PULSEWATCH_LOG_FILE", "@DIR@/log"}}},
      {.name = "a dollar sign", .config = "check.redis.key = $${not.a.reference}"},
      {.name = "a secret by reference",
       .config = "secret_key = ${env.MY_KEY}",
       .environment = {{"SECRET_KEY", none}, {"MY_KEY", key_of_50}},
       .secrets = {key_of_50}},
      {.name = "an empty file", .config = ""},
  };
}

std::vector<ConfigRow> hostKeys() {
  return {
      {.name = "address ::", .config = "http.address = ::\nhttp.port = 0"},
      {.name = "address 0.0.0.0", .config = "http.address = 0.0.0.0\nhttp.port = 65535"},
      {.name = "address ::1", .config = "http.address = ::1"},
      {.name = "trusted proxies", .config = "http.trusted_proxies = 127.0.0.1, 10.0.0.0/8, 2001:db8::/32, ::1"},
      {.name = "log keys", .config = "log.format = text\nlog.access = none\nlog.level = CRITICAL"},
      {.name = "debug in prod", .config = "", .environment = {{"DEBUG", "TRUE"}, {"DJANGO_SETTINGS_MODULE", "core.settings.prod"}}},
      {.name = "a module of one part", .config = "", .environment = {{"DJANGO_SETTINGS_MODULE", "settings"}}},
      {.name = "keys for later", .config = "plugins.isolation = host\nplugin.redis.isolation = process\nplugins.owners = root"},
      {.name = "celery",
       .config = "",
       .environment = {{"CELERY_BROKER_URL", "redis://cache:6379/1"}, {"CELERY_RESULT_BACKEND", "redis://cache:6379/2"}}},
      {.name = "-D", .config = "", .arguments = {"-D", "http.port=0", "-Dlog.level=DEBUG"}},
      {.name = "-D over a file", .config = "http.port = 8080", .arguments = {"-D", "http.port=9090"}},
  };
}

std::vector<ConfigRow> checks() {
  return {
      {.name = "several of one plugin",
       .config =
           "check.cache.plugin = redis\ncheck.queue.plugin = redis\ncheck.queue.url = redis://queue:6379/3\ncheck.replica.plugin = mysql\n"
           "check.replica.url = mysql://u:p@[2001:db8::7]:3306/db?ssl-mode=VERIFY_IDENTITY\ncheck.redis.interval = 5s",
       .shown = {"cache", "queue", "replica", "redis"}},
      {.name = "names at their limits",
       .config = "check." + std::string(63, 'a') + ".plugin = redis\ncheck.x.plugin = redis\ncheck.a-b_c-9.plugin = redis",
       .shown = {std::string(63, 'a'), "a-b_c-9"}},
      {.name = "every key of a check",
       .config = "check.cache.plugin = redis\ncheck.cache.interval = 1s\ncheck.cache.timeout = 5s\ncheck.cache.critical = no\n"
                 "check.cache.fall = 3\ncheck.cache.rise = 2\ncheck.cache.degraded_after = 100ms\ncheck.cache.alias = second\n"
                 "check.cache.probe = roundtrip\ncheck.cache.key = some:key"},
      {.name = "no REDIS_URL while the check has its own",
       .config = "check.redis.url = unix:///run/redis.sock?db=1",
       .environment = {{"REDIS_URL", none}},
       .shown = {"redis"}},
      {.name = "no DATABASE_URL while the check has its own",
       .config = "check.database.url = mysql://u@h/db?unix_socket=/run/mysqld/mysqld.sock",
       .environment = {{"DATABASE_URL", none}},
       .shown = {"database"}},
      {.name = "no REDIS_URL while the plugin is off", .config = "plugin.redis.enabled = false", .environment = {{"REDIS_URL", none}}},
      {.name = "neither while both are off",
       .config = "plugin.redis.enabled = off\nplugin.mysql.enabled = 0",
       .environment = {{"REDIS_URL", none}, {"DATABASE_URL", none}}},
      {.name = "URLs with everything",
       .config = "",
       .environment = {{"DATABASE_URL", "mysql://us%40er:p%3Ba%40ss%2F%25%20@db.example/pulsewatch_dev?ssl-mode=PREFERRED"},
                       {"REDIS_URL", "rediss://us%65r:p%40ss-of-many@cache.example:6380/15"}},
       .secrets = {"p%3Ba%40ss", "p;a@ss", "p@ss-of-many"}},
  };
}

std::vector<ConfigRow> goodConfigurations() {
  std::vector<ConfigRow> rows;
  for (const std::vector<ConfigRow>& part : {sources(), syntax(), hostKeys(), checks()}) rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

class GoodConfigurationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GoodConfigurationTest);
  CPPUNIT_TEST(testRows);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testRows() {
    const std::vector<ConfigRow> rows = goodConfigurations();
    CPPUNIT_ASSERT(rows.size() >= 25);
    std::string wrong;
    for (const ConfigRow& row : rows) {
      try {
        wrong += judge(row, runConfiguration(row, {"--check-config"}));
      } catch (const std::exception& e) {
        wrong += row.name + ": " + e.what() + "\n";
      }
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
  }

 private:
  static std::string judge(const ConfigRow& row, const ConfigOutcome& outcome) {
    if (outcome.code != 0) return row.name + ": ends with " + std::to_string(outcome.code) + ":\n" + outcome.errors + "\n";
    const std::string all = outcome.output + outcome.errors;
    for (const std::string& word : row.shown)
      if (all.find(word) == std::string::npos) return row.name + ": does not show [" + word + "]:\n" + all + "\n";
    return {};
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GoodConfigurationTest);

}  // namespace
}  // namespace pulsewatch::testing
