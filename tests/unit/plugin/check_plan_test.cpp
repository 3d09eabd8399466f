#include "plugin/check_plan.h"

#include "unit/config/config_files.h"

#include <algorithm>
#include <tuple>

namespace pulsewatch {

namespace {

using testing::assertAbsent;
using testing::assertMistakes;
using testing::ConfigFiles;
using testing::ConfigRow;
using testing::loadRow;

SettingDescription setting(std::string key, SettingType type, bool required = false, std::optional<std::string> default_value = {}) {
  SettingDescription description;
  description.key = std::move(key);
  description.type = type;
  description.required = required;
  description.default_value = std::move(default_value);
  return description;
}

SettingDescription choice(std::string key, std::vector<std::string> choices, std::string default_value) {
  SettingDescription description = setting(std::move(key), SettingType::choice, false, std::move(default_value));
  description.choices = std::move(choices);
  return description;
}

SettingDescription hidden(SettingDescription description) {
  description.hidden = true;
  return description;
}

PluginState loaded(const std::string& name, std::optional<std::string> default_check, std::vector<SettingDescription> settings) {
  PluginState state;
  state.name = name;
  state.loaded = true;
  state.description.name = name;
  state.description.version = "1.0.0";
  state.description.default_check = std::move(default_check);
  state.description.settings = std::move(settings);
  return state;
}

PluginState refused(const std::string& name) {
  PluginState state;
  state.name = name;
  state.refusal = "plugin refused: is built for another ABI";
  return state;
}

PluginState mysql() { return loaded("mysql", "database", {setting("url", SettingType::url, true)}); }
PluginState redis() {
  return loaded("redis", "redis",
                {setting("url", SettingType::url, true), choice("probe", {"ping", "get", "roundtrip"}, "get"),
                 setting("key", SettingType::text, false, "pulsewatch:health")});
}
// One setting of each type.
PluginState kinds() {
  SettingDescription web = setting("web", SettingType::url);
  web.choices = {"http", "https"};
  return loaded("kinds", {},
                {setting("words", SettingType::text), setting("password", SettingType::secret), web, setting("count", SettingType::integer),
                 setting("share", SettingType::number), setting("strict", SettingType::boolean), setting("grace", SettingType::duration),
                 choice("mode", {"fast", "Slow"}, "fast"), hidden(setting("token", SettingType::text)),
                 hidden(setting("pin", SettingType::integer)), setting("any", SettingType::url)});
}
PluginState disk() {
  return loaded("disk", "disk", {setting("path", SettingType::text, true), setting("least", SettingType::integer, false, "5")});
}

// The two plugins' URLs, so that they make no mistakes of their own.
const std::map<std::string, std::string> kUrls{{"DATABASE_URL", "mysql://u:hunter2@db/d"}, {"REDIS_URL", "redis://cache"}};

struct Plan {
  CheckPlan plan;
  Mistakes mistakes;
  [[nodiscard]] const CheckSpec& check(const std::string& name) const {
    for (const CheckSpec& spec : plan.checks) {
      if (spec.name == name) return spec;
    }
    CPPUNIT_FAIL("no check " + name + "\n" + testing::allLines(mistakes));
    return plan.checks.front();
  }
  [[nodiscard]] const SettingValue& value(const std::string& name, const std::string& key) const {
    for (const SettingValue& value : check(name).settings) {
      if (value.key == key) return value;
    }
    CPPUNIT_FAIL("no setting " + key);
    return check(name).settings.front();
  }
  [[nodiscard]] std::string names() const {
    std::string names;
    for (const CheckSpec& spec : plan.checks)
      names += (names.empty() ? "" : " ") + spec.name + ":" + spec.plugin + (spec.unavailable.empty() ? "" : "!");
    return names;
  }
  [[nodiscard]] std::string notes() const {
    std::string notes;
    for (const std::string& note : plan.notes) notes += note + "\n";
    return notes;
  }
};

Plan planOf(const std::vector<PluginState>& plugins, const std::string& main, std::map<std::string, std::string> environment = {},
            std::vector<std::string> overrides = {}) {
  const ConfigFiles files;
  Plan result;
  const Properties properties =
      loadRow({{{"pulsewatch.properties", main}}, std::move(environment), std::move(overrides)}, files, result.mistakes);
  result.plan = planChecks(properties, plugins, result.mistakes);
  return result;
}

// Which checks there are: "name:plugin", with a ! for an unavailable one.
struct Row {
  std::string name;
  std::vector<PluginState> plugins;
  std::string main;
  std::map<std::string, std::string> environment;
  std::string checks;
  std::vector<std::string> mistakes;
  std::vector<std::string> notes;
};

std::vector<Row> defaultRows() {
  const std::string database_missing =
      "DATABASE_URL: required by check database and neither in the environment nor in a file (database.url); set it, or DATABASE_URL_FILE, "
      "or "
      "MYSQL_PASSWORD and the other MYSQL_ variables, or check.database.url";
  const std::string redis_missing =
      "REDIS_URL: required by check redis and neither in the environment nor in a file (redis.url); set it, or REDIS_URL_FILE, or "
      "check.redis.url";
  return {
      {"no plugin", {}, "", kUrls, "", {}, {}},
      {"both", {mysql(), redis()}, "", kUrls, "database:mysql redis:redis", {}, {}},
      {"one URL missing", {mysql(), redis()}, "", {{"REDIS_URL", "redis://h"}}, "redis:redis", {database_missing}, {}},
      {"both missing", {mysql(), redis()}, "", {}, "", {database_missing, redis_missing}, {}},
      {"from files", {mysql(), redis()}, "database.url = mysql://h\nredis.url = unix:///r.sock", {}, "database:mysql redis:redis", {}, {}},
      {"password instead", {mysql()}, "", {{"MYSQL_PASSWORD", "x"}}, "database:mysql", {}, {}},
      {"empty password instead", {mysql()}, "", {{"MYSQL_PASSWORD", ""}}, "database:mysql", {}, {}},
      {"host alone isn't enough", {mysql()}, "", {{"MYSQL_HOST", "h"}}, "", {database_missing}, {}},
      {"URL of the check's own", {redis()}, "check.redis.url = redis://h", {}, "redis:redis", {}, {}},
      {"configured, URL missing", {redis()}, "check.redis.probe = ping", {}, "redis:redis", {redis_missing}, {}},
      {"configured, URL there", {mysql()}, "check.database.interval = 1s", kUrls, "database:mysql", {}, {}},
      {"others with a URL", {mysql()}, "check.two.plugin = mysql\ncheck.two.url = mysql://h", {}, "two:mysql", {}, {}},
      {"beside others", {mysql()}, "check.two.plugin = mysql\ncheck.two.url = mysql://h", kUrls, "database:mysql two:mysql", {}, {}},
      {"others without a URL", {mysql()}, "check.two.plugin = mysql", {}, "two:mysql", {"DATABASE_URL: required by check two"}, {}},
      {"others share it", {mysql()}, "check.two.plugin = mysql", kUrls, "database:mysql two:mysql", {}, {}},
      {"name is another plugin's",
       {mysql(), redis()},
       "check.database.plugin = redis",
       {{"REDIS_URL", "redis://h"}},
       "database:redis redis:redis",
       {},
       {"plugin mysql gets no default check: check database is another plugin's"}},
      {"another plugin without required settings",
       {disk()},
       "",
       {},
       "",
       {},
       {"plugin disk gets no default check: path of check disk has no value"}},
      {"another plugin, configured by its default name", {disk()}, "check.disk.path = /", {}, "disk:disk", {}, {}},
      {"another plugin, configured, setting missing",
       {disk()},
       "check.disk.least = 1",
       {},
       "disk:disk",
       {"check.disk.path: required by plugin disk"},
       {}},
      {"required but empty", {disk()}, "check.disk.path =", {}, "disk:disk", {":1: check.disk.path: is empty"}, {}},
      {"no default name", {kinds()}, "", {}, "", {}, {}},
      {"same default name",
       {loaded("b", "same", {}), loaded("a", "same", {})},
       "",
       {},
       "same:a",
       {},
       {"plugin b gets no default check: the name same is that of plugin a"}},
      {"migrations",
       {loaded("migrations", "migrations", {setting("url", SettingType::url, true)})},
       "",
       kUrls,
       "migrations:migrations",
       {},
       {}},
      {"migrations without URL",
       {loaded("migrations", "migrations", {setting("url", SettingType::url, true)})},
       "",
       {},
       "",
       {},
       {"plugin migrations gets no default check"}},
      {"celery from redis", {loaded("celery", "celery", {setting("url", SettingType::url, true)})}, "", kUrls, "celery:celery", {}, {}},
      {"celery without anything",
       {loaded("celery", "celery", {setting("url", SettingType::url, true)})},
       "",
       {},
       "",
       {},
       {"plugin celery gets no default check"}},
      {"celery, broken",
       {loaded("celery", "celery", {setting("url", SettingType::url, true)})},
       "celery.broker_url = ${no.pe}",
       {},
       "celery:celery",
       {":1: celery.broker_url: ${no.pe} is not defined"},
       {}},
      {"disabled", {mysql(), redis()}, "plugin.mysql.enabled = false", {{"REDIS_URL", "redis://h"}}, "redis:redis", {}, {}},
      {"disabled, configured",
       {redis()},
       "plugin.redis.enabled = no\ncheck.redis.probe = ${nope}",
       {},
       "",
       {},
       {"check redis is not made: its plugin redis is disabled"}},
      {"disabled, another check",
       {redis()},
       "plugin.redis.enabled = off\ncheck.two.plugin = redis\ncheck.two.interval = nonsense",
       {},
       "",
       {},
       {"check two is not made"}},
      {"disabled, not opened",
       {[] {
         PluginState state;
         state.name = "disk";
         return state;
       }()},
       "plugin.disk.enabled = 0\ncheck.disk.path = /",
       {},
       "",
       {},
       {"check disk is not made"}},
      {"refused", {refused("mysql")}, "", kUrls, "database:mysql!", {}, {}},
      {"refused, no URL", {refused("mysql")}, "", {}, "", {}, {}},
      {"refused, configured by its default name",
       {refused("mysql")},
       "check.database.interval = 1s\ncheck.database.anything = ${nope}",
       {},
       "database:mysql!",
       {},
       {}},
      {"refused, configured", {refused("disk")}, "check.two.plugin = disk\ncheck.two.whatever = 1", {}, "two:disk!", {}, {}},
      {"refused, by the plugin's name", {refused("disk")}, "check.disk.path = /", {}, "disk:disk!", {}, {}},
      {"refused, not configured", {refused("disk")}, "", {}, "", {}, {}},
      {"refused, host keys are checked",
       {refused("disk")},
       "check.disk.interval = 1",
       {},
       "disk:disk!",
       {":1: check.disk.interval: \"1\" is not a duration"},
       {}},
      {"refused and another file loaded", {refused("redis"), redis()}, "", kUrls, "redis:redis", {}, {}},
  };
}

std::vector<Row> mistakeRows() {
  const std::string kind = "check.k.plugin = kinds\n";
  const auto bad = [&](const std::string& line, const std::string& sentence) {
    return Row{line, {kinds()}, kind + line, {}, "k:kinds", {":2: " + line.substr(0, line.find(' ')) + ": " + sentence}, {}};
  };
  const auto badName = [](const std::string& name) {
    return Row{name,  {redis()},     "check." + name + ".plugin = redis\ncheck." + name + ".x = 1",
               kUrls, "redis:redis", {"check." + name + ".plugin: is not a check's name"},
               {}};
  };
  const auto badUrl = [](const std::string& url, const std::string& sentence) {
    return Row{url, {mysql()}, "", {{"DATABASE_URL", url}}, "database:mysql", {"DATABASE_URL: " + sentence}, {}};
  };
  return {
      bad("check.k.interval = 5", "\"5\" is not a duration from 10ms to 168h; write e.g. 250ms"),
      bad("check.k.interval = 9ms", "\"9ms\" is not a duration from 10ms"),
      bad("check.k.interval = 169h", "\"169h\" is not a duration"),
      bad("check.k.timeout = 0ms", "\"0ms\" is not a duration from 1ms to 24h"),
      bad("check.k.timeout = 25h", "\"25h\" is not a duration"),
      bad("check.k.critical = perhaps", "\"perhaps\" is not true or false"),
      bad("check.k.fall = 0", "\"0\" is not a whole number from 1 to 1000; write how many failed runs"),
      bad("check.k.fall = 1001", "\"1001\" is not a whole number"),
      bad("check.k.rise = 1.5", "\"1.5\" is not a whole number"),
      bad("check.k.degraded_after = fast", "\"fast\" is not a duration"),
      bad("check.k.alias =", "is empty; write the alias"),
      bad("check.k.count = 1x", "\"1x\" is not a whole number; write digits only"),
      bad("check.k.share = nan", "\"nan\" is not a finite decimal number"),
      bad("check.k.strict =", "\"\" is not true or false"),
      bad("check.k.grace = 10", "\"10\" is not a duration"),
      bad("check.k.mode = medium", "\"medium\" is not one of fast and Slow"),
      bad("check.k.web = ftp://u:hunter2@h", "is not a valid URL: its scheme is not http or https"),
      bad("check.k.web = hunter2", "is not a valid URL: it does not begin with scheme://"),
      bad("check.k.any = x://u:hunter2@h:0", "is not a valid URL: its port"),
      bad("check.k.pin = hunter2", "its value is not a whole number"),
      bad("check.k.intervall = hunter2", "unknown key of a check of plugin kinds; did you mean check.k.interval?"),
      bad("check.k.pasword = hunter2", "unknown key of a check of plugin kinds; did you mean check.k.password?"),
      bad("check.k.web.url = hunter2", "unknown key of a check of plugin kinds"),
      bad("check.k.zzzzzzzz = hunter2", "unknown key of a check of plugin kinds; it has plugin, interval, timeout"),
      bad("check.k.words = ${x.y}", "${x.y} is not defined"),
      bad("check.k = hunter2", "unknown key; write check.NAME.KEY"),
      bad("check..x = hunter2", "unknown key; write check.NAME.KEY"),
      bad("check.k. = hunter2", "unknown key; write check.NAME.KEY"),
      badName("Upper"),
      badName("1a"),
      badName("-a"),
      badName("_a"),
      badName(std::string(64, 'a')),
      {"reserved", {redis()}, "check.group.plugin = redis", kUrls, "redis:redis", {"a check cannot be named group"}, {}},
      {"no plugin named",
       {redis()},
       "check.two.interval = 1s",
       kUrls,
       "redis:redis",
       {":1: check.two.interval: check two has no plugin; add check.two.plugin = PLUGIN"},
       {}},
      {"near a default name", {redis()}, "check.rediss.interval = 1s", kUrls, "redis:redis", {"or did you mean check.redis?"}, {}},
      {"plugin that isn't there",
       {mysql()},
       "check.two.plugin = mysq",
       kUrls,
       "database:mysql",
       {":1: check.two.plugin: check two: no plugin \"mysq\" was found; did you mean mysql?"},
       {}},
      {"nothing near",
       {mysql(), redis()},
       "check.two.plugin = disk",
       kUrls,
       "database:mysql redis:redis",
       {"no plugin \"disk\" was found (there are mysql and redis); put it into"},
       {}},
      {"no plugin at all",
       {},
       "check.redis.probe = ping",
       {},
       "",
       {":1: check.redis.probe: check redis: no plugin \"redis\" was found (there is none)"},
       {}},
      {"a URL as plugin",
       {redis()},
       "check.two.plugin = redis://:hunter2@h",
       kUrls,
       "redis:redis",
       {"check two: no plugin of this name was found"},
       {}},
      {"plugin key of no plugin",
       {redis()},
       "plugin.rediss.enabled = false",
       kUrls,
       "redis:redis",
       {":1: plugin.rediss.enabled: no plugin \"rediss\" was found; did you mean redis?"},
       {}},
      {"unknown plugin key",
       {redis()},
       "plugin.redis.enable = false",
       kUrls,
       "redis:redis",
       {":1: plugin.redis.enable: unknown key; did you mean plugin.redis.enabled?"},
       {}},
      {"plugin key, nothing near",
       {redis()},
       "plugin.redis.colour = x",
       kUrls,
       "redis:redis",
       {"unknown key; a plugin has enabled, isolation, memory_max, files_max and kill_after"},
       {}},
      {"bad enabled",
       {redis()},
       "plugin.redis.enabled = perhaps",
       kUrls,
       "redis:redis",
       {"plugin.redis.enabled: \"perhaps\" is not true or false"},
       {}},
      {"bad isolation",
       {redis()},
       "plugin.redis.isolation = x",
       kUrls,
       "redis:redis",
       {"plugin.redis.isolation: \"x\" is not one of process and host"},
       {}},
      {"plugin without a key", {redis()}, "plugin.redis = x", kUrls, "redis:redis", {"unknown key; write plugin.NAME.KEY"}, {}},
      badUrl("hunter2", "is not a valid URL: it does not begin with scheme://"),
      badUrl("", "is not a valid URL: it does not begin"),
      badUrl("postgres://u:hunter2@h/d", "is not a MySQL URL: its scheme is not mysql; write mysql://user:password@host:port/database"),
      badUrl("mysql://u:hunter2@h/d?ssl-mode=ON", "is not a MySQL URL: its ssl-mode is none of DISABLED"),
      badUrl("mysql://u:hunter2@h/d/e", "is not a MySQL URL: its path"),
      badUrl("mysql://u:hunter2@h:99999/d", "is not a valid URL: its port"),
      {"bad redis URL",
       {redis()},
       "redis.url = redis://:hunter2@h/x",
       {},
       "redis:redis",
       {":1: redis.url: is not a Redis URL: its path is not the number of a database"},
       {}},
      {"bad URL of the check's own",
       {redis()},
       "check.redis.url = http://:hunter2@h",
       kUrls,
       "redis:redis",
       {":1: check.redis.url: is not a Redis URL: its scheme is none of"},
       {}},
      {"two checks, one bad URL",
       {mysql()},
       "check.two.plugin = mysql",
       {{"DATABASE_URL", "hunter2"}},
       "database:mysql two:mysql",
       {"DATABASE_URL: is not a valid URL"},
       {}},
      {"bad parts",
       {mysql()},
       "",
       {{"MYSQL_PASSWORD", "hunter2"}, {"MYSQL_PORT", "x"}},
       "database:mysql",
       {"MYSQL_PORT: \"x\" is not a whole number"},
       {}},
      {"bad database of the parts",
       {mysql()},
       "",
       {{"MYSQL_PASSWORD", "hunter2"}, {"MYSQL_DATABASE", "a/b"}},
       "database:mysql",
       {"MYSQL_PASSWORD, MYSQL_DATABASE: is not a MySQL URL: its path is more than one database's name"},
       {}},
      {"unreadable URL file",
       {redis()},
       "",
       {{"REDIS_URL_FILE", "/none"}},
       "redis:redis",
       {"REDIS_URL_FILE: the file it names cannot be read"},
       {}},
      {"bad default of a plugin",
       {loaded("p", "p", {setting("n", SettingType::integer, false, "x")})},
       "",
       {},
       "p:p",
       {"plugin p: n: \"x\" is not a whole number"},
       {}},
      {"all at once",
       {mysql(), redis(), kinds()},
       "check.k.plugin = kinds\ncheck.k.count = x\ncheck.k.fall = 0\ncheck.k.typo = 1\ncheck.X.plugin = redis\nplugin.no.enabled = 1",
       {},
       "k:kinds",
       {"check.k.count", "check.k.fall", "check.k.typo", "check.X.plugin", "plugin.no.enabled", "DATABASE_URL: required",
        "REDIS_URL: required"},
       {}},
  };
}

class CheckPlanTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CheckPlanTest);
  CPPUNIT_TEST(defaultChecks);
  CPPUNIT_TEST(mistakenChecks);
  CPPUNIT_TEST(overridesOfSecrets);
  CPPUNIT_TEST(hostKeysOfAPlainCheck);
  CPPUNIT_TEST(hostKeysThatAreGiven);
  CPPUNIT_TEST(settingsByType);
  CPPUNIT_TEST(secretSettings);
  CPPUNIT_TEST(urlsByPlugin);
  CPPUNIT_TEST(unavailableReason);
  CPPUNIT_TEST(pluginKeys);
  CPPUNIT_TEST(goneStaysOnlyWhereItIsConfigured);
  CPPUNIT_TEST(relationsToChecksThatAreNotThere);
  CPPUNIT_TEST(enabled);
  CPPUNIT_TEST(defaultThatIsTaken);
  CPPUNIT_TEST(checksOfAPlugin);
  CPPUNIT_TEST(promisedNames);
  CPPUNIT_TEST(manyChecks);
  CPPUNIT_TEST_SUITE_END();

 public:
  void defaultChecks() { assertRows(defaultRows()); }
  void mistakenChecks() { assertRows(mistakeRows()); }

  void overridesOfSecrets() {
    const Plan plan = planOf(
        {kinds()}, "check.k.plugin = kinds", {},
        {"check.k.password=hunter2", "check.k.web=http://u:hunter2@h", "check.k.token=hunter2", "check.k.words=fine", "check.k.count=x"});
    assertMistakes(
        "-D", plan.mistakes,
        {"-D: check.k.password: a secret or a URL is not taken from here: it would show in the process list; write it into a file",
         "-D: check.k.web: a secret or a URL", "-D: check.k.token: a secret or a URL", "-D: check.k.count: \"x\" is not a whole number"});
    assertAbsent("-D", plan.mistakes, {"hunter2"});
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), plan.value("k", "words").text);
  }

  void hostKeysOfAPlainCheck() {
    const Plan plan = planOf({mysql(), redis()}, "", kUrls);
    const CheckSpec& spec = plan.check("database");
    CPPUNIT_ASSERT(spec.interval == std::chrono::seconds(10) && spec.timeout == std::chrono::seconds(2));
    CPPUNIT_ASSERT(spec.fast_interval == std::chrono::seconds(1));
    CPPUNIT_ASSERT(spec.critical && spec.fall == 1 && spec.rise == 1 && !spec.degraded_after);
    CPPUNIT_ASSERT_EQUAL(std::string("default"), spec.alias);
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), plan.check("redis").alias);
    for (const char* key : {"plugin", "interval", "timeout", "fast_interval", "critical", "fall", "rise", "degraded_after", "alias"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(key, std::string("default"), spec.origins.at(key));
  }

  void hostKeysThatAreGiven() {
    const Plan plan =
        planOf({redis()},
               "check.database.plugin = redis\ncheck.database.interval = 10ms\ncheck.database.timeout = 24h\ncheck.database.critical = no\n"
               "check.database.fall = 3\ncheck.database.rise = 1000\ncheck.database.degraded_after = 5ms\ncheck.database.alias = a b",
               kUrls, {"check.database.fall=4"});
    assertMistakes("given", plan.mistakes, {});
    const CheckSpec& spec = plan.check("database");
    CPPUNIT_ASSERT(spec.interval == std::chrono::milliseconds(10) && spec.timeout == std::chrono::hours(24));
    CPPUNIT_ASSERT(spec.fast_interval == spec.interval);  // a second would be more
    CPPUNIT_ASSERT(!spec.critical && spec.fall == 4 && spec.rise == 1000 && spec.degraded_after == std::chrono::milliseconds(5));
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), spec.alias);
    CPPUNIT_ASSERT_EQUAL(std::string("-D"), spec.origins.at("fall"));
    CPPUNIT_ASSERT(spec.origins.at("interval").ends_with("/pulsewatch.properties:2") && spec.origins.at("plugin").ends_with(":1"));
  }

  void settingsByType() {
    const Plan plan =
        planOf({kinds()},
               "check.k.plugin = kinds\ncheck.k.words = a = b\ncheck.k.count = -7\ncheck.k.share = 0.5\ncheck.k.strict = Yes\n"
               "check.k.grace = 2m\ncheck.k.mode = SLOW\ncheck.k.web = HTTPS://h/x");
    assertMistakes("types", plan.mistakes, {});
    CPPUNIT_ASSERT_EQUAL(std::string("a = b"), plan.value("k", "words").text);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{-7}, plan.value("k", "count").integer);
    CPPUNIT_ASSERT_EQUAL(-7.0, plan.value("k", "count").number);
    CPPUNIT_ASSERT_EQUAL(0.5, plan.value("k", "share").number);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, plan.value("k", "strict").integer);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{120000}, plan.value("k", "grace").integer);
    CPPUNIT_ASSERT_EQUAL(std::string("Slow"), plan.value("k", "mode").text);
    CPPUNIT_ASSERT(plan.value("k", "mode").type == SettingType::choice && plan.value("k", "web").type == SettingType::url);
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, plan.check("k").settings.size());
    CPPUNIT_ASSERT(plan.value("k", "count").origin.ends_with(":3"));

    const Plan plain = planOf({kinds()}, "check.k.plugin = kinds");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, plain.check("k").settings.size());
    CPPUNIT_ASSERT_EQUAL(std::string("default"), plain.value("k", "mode").origin);
  }

  void secretSettings() {
    const Plan plan =
        planOf({kinds(), redis()},
               "check.k.plugin = kinds\ncheck.k.password = x\ncheck.k.token = x\ncheck.k.web = http://u:p@h\ncheck.k.any = y://u@h\n"
               "check.k.words = a${env.A}\ncheck.k.count = 1\ncheck.redis.url = unix:///r.sock?password=x\ncheck.l.plugin = kinds\n"
               "check.l.words = ${secret_key}\ncheck.l.web = http://h\nsecret_key = x",
               {{"A", "x"}});
    assertMistakes("secret", plan.mistakes, {});
    const std::tuple<const char*, const char*, bool> rows[] = {{"k", "password", true}, {"k", "token", true},   {"k", "web", true},
                                                               {"k", "any", false},     {"k", "words", true},   {"k", "count", false},
                                                               {"k", "mode", false},    {"redis", "url", true}, {"redis", "key", false},
                                                               {"l", "words", true},    {"l", "web", false}};
    for (const auto& [check, key, secret] : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(key, secret, plan.value(check, key).secret);
  }

  void urlsByPlugin() {
    const auto other = [](const std::string& name) {
      return loaded(name, name, {setting("url", SettingType::url, true), setting("result_backend", SettingType::url)});
    };
    const Plan plan =
        planOf({mysql(), redis(), other("migrations"), other("celery")}, "check.two.plugin = mysql\ncheck.two.url = mysql://two",
               {{"DATABASE_URL", "mysql://d"}, {"REDIS_URL", "redis://r"}, {"CELERY_RESULT_BACKEND", "amqp://b"}});
    assertMistakes("urls", plan.mistakes, {});
    const std::tuple<const char*, const char*, const char*, const char*> rows[] = {
        {"database", "url", "mysql://d", "DATABASE_URL"},
        {"migrations", "url", "mysql://d", "DATABASE_URL"},
        {"redis", "url", "redis://r", "REDIS_URL"},
        {"celery", "url", "redis://r", "default"},
        {"celery", "result_backend", "amqp://b", "CELERY_RESULT_BACKEND"}};
    for (const auto& [check, key, url, origin] : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(check, std::string(url), plan.value(check, key).text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(check, std::string(origin), plan.value(check, key).origin);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("mysql://two"), plan.value("two", "url").text);
    const Plan composed = planOf({mysql()}, "", {{"MYSQL_PASSWORD", "p@ss"}, {"MYSQL_HOST", "h"}});
    CPPUNIT_ASSERT_EQUAL(std::string("mysql://pulsewatch:p%40ss@h:3306/pulsewatch_dev"), composed.value("database", "url").text);
    CPPUNIT_ASSERT_EQUAL(std::string("MYSQL_HOST, MYSQL_PASSWORD"), composed.value("database", "url").origin);
    CPPUNIT_ASSERT(composed.value("database", "url").secret);
  }

  void unavailableReason() {
    const Plan plan = planOf({refused("mysql")}, "check.database.interval = 1s", kUrls);
    CPPUNIT_ASSERT_EQUAL(std::string("plugin refused: is built for another ABI"), plan.check("database").unavailable);
    CPPUNIT_ASSERT(plan.check("database").interval == std::chrono::seconds(1) && plan.check("database").settings.empty());
    CPPUNIT_ASSERT_EQUAL(std::string("default"), plan.check("database").alias);
  }

  void pluginKeys() {
    const PluginSpec by_default = planOf({redis()}, "", kUrls).plan.plugins.at("redis");
    CPPUNIT_ASSERT(by_default.isolated && by_default.limits.kill_after == std::chrono::seconds(2));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{256} << 20U, by_default.limits.memory_max);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{4096}, by_default.limits.files_max);
    CPPUNIT_ASSERT(!planOf({redis()}, "plugins.isolation = host", kUrls).plan.plugins.at("redis").isolated);
    const Plan plan = planOf({redis()},
                             "plugins.isolation = host\nplugin.redis.isolation = process\nplugin.redis.memory_max = 64MiB\n"
                             "plugin.redis.files_max = 100\nplugin.redis.kill_after = 500ms",
                             kUrls);
    const PluginSpec& own = plan.plan.plugins.at("redis");
    CPPUNIT_ASSERT(own.isolated && own.limits.kill_after == std::chrono::milliseconds(500));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{64} << 20U, own.limits.memory_max);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, own.limits.files_max);
    CPPUNIT_ASSERT(plan.plan.not_acted_on.empty());
  }

  // A plugin that can't be taken, or goes, mustn't make a mistake of what was none; that of a check of a disabled one is left out.
  void relationsToChecksThatAreNotThere() {
    const std::string main = "check.redis.depends_on = disk\ngroup.store.checks = disk, redis";
    const Plan without = planOf({redis(), refused("disk")}, main, kUrls);
    assertMistakes("refused", without.mistakes, {});
    CPPUNIT_ASSERT(without.check("redis").depends_on == std::vector<std::string>{"disk"});
    CPPUNIT_ASSERT((without.plan.groups.at(0).checks == std::vector<std::string>{"disk", "redis"}));
    PluginState gone;
    gone.name = "volumes";  // whose check was called otherwise
    gone.gone = true;
    gone.refusal = "plugin volumes is gone";
    assertMistakes("gone", planOf({redis(), gone}, main, kUrls).mistakes, {});
    const Plan off = planOf({redis(), disk()}, main + "\nplugin.disk.enabled = no", kUrls);
    assertMistakes("disabled", off.mistakes, {});
    CPPUNIT_ASSERT(off.check("redis").depends_on.empty());
    CPPUNIT_ASSERT(off.notes().find("check redis runs without disk, whose plugin is disabled\n") != std::string::npos);
    CPPUNIT_ASSERT(off.notes().find("group store is without disk, whose plugin is disabled\n") != std::string::npos);
    assertMistakes("never there", planOf({redis()}, main, kUrls).mistakes,
                   {"check.redis.depends_on: \"disk\" is no check", "group.store.checks: \"disk\" is no check"});
  }

  void goneStaysOnlyWhereItIsConfigured() {
    PluginState gone;
    gone.name = "redis";
    gone.gone = true;
    gone.refusal = "plugin redis is gone";
    CPPUNIT_ASSERT(planOf({gone}, "", kUrls).plan.checks.empty());
    CPPUNIT_ASSERT_EQUAL(std::string("plugin redis is gone"),
                         planOf({gone}, "check.redis.interval = 1s", kUrls).check("redis").unavailable);
  }

  void enabled() {
    const ConfigFiles files;
    Mistakes mistakes;
    const Properties properties = loadRow(
        {{{"pulsewatch.properties", "plugin.a.enabled = off\nplugin.b.enabled = on\nplugin.c.enabled = x"}}, {}, {}}, files, mistakes);
    CPPUNIT_ASSERT(!pluginEnabled(properties, "a", mistakes) && pluginEnabled(properties, "b", mistakes) &&
                   pluginEnabled(properties, "d", mistakes));
    assertMistakes("enabled", mistakes, {});
    CPPUNIT_ASSERT(pluginEnabled(properties, "c", mistakes));
    CPPUNIT_ASSERT(pluginEnabled(properties, "an odd\nname", mistakes));
    assertMistakes("enabled", mistakes, {":3: plugin.c.enabled: \"x\" is not true or false"});
  }

  // The catalog has decided whose the name is; the other gets no default check, and those that are asked for.
  void defaultThatIsTaken() {
    PluginState first = loaded("a", "same", {});
    first.default_taken_by = "b";
    const Plan plan = planOf({first, loaded("b", "same", {})}, "check.mine.plugin = a\ncheck.same.interval = 5s\n");
    assertMistakes("taken", plan.mistakes, {});
    CPPUNIT_ASSERT_EQUAL(std::string("mine:a same:b"), plan.names());
    CPPUNIT_ASSERT_EQUAL(std::string("plugin a gets no default check: the name same is that of plugin b\n"), plan.notes());
  }

  void checksOfAPlugin() {
    const ConfigFiles files;
    Mistakes mistakes;
    const Properties properties = loadRow({{{"pulsewatch.properties",
                                             "check.one.plugin = a\ncheck.two.plugin = ${env.OTHER}\ncheck.three.plugin = ${env.NONE}\n"
                                             "check.d.interval = 5s\nplugin.e.enabled = on"}},
                                           {{"OTHER", "b"}},
                                           {}},
                                          files, mistakes);
    for (const char* yes : {"a", "b"}) CPPUNIT_ASSERT_MESSAGE(yes, pluginHasChecks(properties, yes));
    for (const char* no : {"c", "d", "e", "one", "", "5s"}) CPPUNIT_ASSERT_MESSAGE(no, !pluginHasChecks(properties, no));
  }

  void promisedNames() {
    CPPUNIT_ASSERT_EQUAL(std::string("database redis migrations "), promisedCheckName("mysql") + " " + promisedCheckName("redis") + " " +
                                                                        promisedCheckName("migrations") + " " + promisedCheckName("other"));
  }

  void manyChecks() {
    std::string main;
    for (int i = 0; i < 10'000; ++i) main += "check.c" + std::to_string(i) + ".plugin = redis\n";
    const Plan plan = planOf({redis()}, main, kUrls);
    assertMistakes("many", plan.mistakes, {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{10'001}, plan.plan.checks.size());
    CPPUNIT_ASSERT(std::is_sorted(plan.plan.checks.begin(), plan.plan.checks.end(),
                                  [](const CheckSpec& a, const CheckSpec& b) { return a.name < b.name; }));
  }

 private:
  static void assertRows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      const Plan plan = planOf(row.plugins, row.main, row.environment);
      assertMistakes(row.name, plan.mistakes, row.mistakes);
      assertAbsent(row.name, plan.mistakes, {"hunter2"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.checks, plan.names());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name + "\n" + plan.notes(), row.notes.size(), plan.plan.notes.size());
      for (const std::string& note : row.notes)
        CPPUNIT_ASSERT_MESSAGE(row.name + "\n" + plan.notes(), plan.notes().find(note) != std::string::npos);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CheckPlanTest);

}  // namespace

}  // namespace pulsewatch
