// Which checks there are: their names, their plugins, their settings' names; and mistakes of all kinds in one configuration.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::optional<std::string> none;
const std::string no_name = "is not a check's name; write lower-case letters, digits, _ and -, 63 at most and a letter first";

Configuration good(const std::string& name, const std::string& main, const std::string& checks,
                   std::map<std::string, std::optional<std::string>> environment = {}) {
  return {.name = name, .main = main, .environment = std::move(environment), .effective = {{"checks", checks}}};
}

Configuration bad(const std::string& name, const std::string& main, std::vector<std::string> mistakes) {
  return {.name = name, .main = main, .mistakes = std::move(mistakes)};
}

Configurations names() {
  const std::string longest = "a" + std::string(62, '9');
  Configurations rows{
      good("one letter", "check.x.plugin = redis\n", "database redis x"),
      good("the longest", "check." + longest + ".plugin = redis\n", longest + " database redis"),
      good("all its characters", "check.a-b_c-9_.plugin = redis\n", "a-b_c-9_ database redis"),
      good("a plugin's name for another plugin", "check.mysql.plugin = redis\n", "database mysql redis"),
      bad("the reserved one", "check.group.plugin = redis\n",
          {inMain(1, "check.group.plugin: a check cannot be named group, the word is reserved; name it otherwise")}),
      bad("no name", "check..plugin = redis\n", {inMain(1, "check..plugin: unknown key; write check.NAME.KEY")}),
      bad("no key", "check.x = redis\n", {inMain(1, "check.x: unknown key; write check.NAME.KEY")}),
      bad("no key behind the dot", "check.x. = redis\n", {inMain(1, "check.x.: unknown key; write check.NAME.KEY")}),
  };
  for (const std::string name : {"X", "aB", "9a", "-a", "_a"})
    rows.push_back(bad("the name " + name, "check." + name + ".plugin = redis\ncheck." + name + ".fall = 0\n",
                       {inMain(2, "check." + name + ".fall: " + no_name)}));
  const std::string too_long = longest + "9";
  rows.push_back(
      bad("a name of 64 characters", "check." + too_long + ".plugin = redis\n", {inMain(1, "check." + too_long + ".plugin: " + no_name)}));
  return rows;
}

Configurations plugins() {
  const std::string there =
      " was found (there are celery, kinds, migrations, mysql and redis); put it into one of plugins.directories, or remove the key";
  return {
      good("one is off", "plugin.redis.enabled = no\n", "database", {{"REDIS_URL", none}}),
      good("both are off", "plugin.redis.enabled = 0\nplugin.mysql.enabled = off\n", "", {{"REDIS_URL", none}, {"DATABASE_URL", none}}),
      good("a check of one that is off", "plugin.redis.enabled = no\ncheck.cache.plugin = redis\ncheck.cache.url = nonsense\n", "database"),
      good("a default name for another plugin", "check.database.plugin = redis\n", "database redis"),
      good("two of a plugin", "check.a.plugin = redis\ncheck.b.plugin = redis\n", "a b database redis"),
      good("URLs of the checks' own", "check.redis.url = redis://a\ncheck.database.url = mysql://b\n", "database redis",
           {{"REDIS_URL", none}, {"DATABASE_URL", none}}),
      bad("a plugin that is not there", "check.x.plugin = memcached\n",
          {inMain(1, "check.x.plugin: check x: no plugin \"memcached\"" + there)}),
      bad("a plugin with a slip", "check.x.plugin = redsi\n",
          {inMain(1, "check.x.plugin: check x: no plugin \"redsi\" was found; did you mean redis?")}),
      bad("a plugin in capitals", "check.x.plugin = REDIS\n", {inMain(1, "check.x.plugin: check x: no plugin \"REDIS\"" + there)}),
      bad("no plugin named", "check.x.plugin =\n", {inMain(1, "check.x.plugin: check x: no plugin of this name" + there)}),
      bad("no plugin at all", "check.x.interval = 1s\n",
          {inMain(1, "check.x.interval: check x has no plugin; add check.x.plugin = PLUGIN")}),
      bad("near a default name", "check.databse.interval = 1s\n",
          {inMain(
              1,
              "check.databse.interval: check databse has no plugin; add check.databse.plugin = PLUGIN (or did you mean check.database?)")}),
      good("one whose settings have values now", "check.migrations.path = /srv/site\n", "database migrations redis"),
      bad("one whose settings have none", "check.migrations.interval = 1s\n",
          {"check.migrations.path: required by plugin migrations and in no file; set it"}),
      bad("a key of a plugin that is not there", "plugin.memcached.enabled = no\n",
          {inMain(1, "plugin.memcached.enabled: no plugin \"memcached\"" + there)}),
      bad("an unknown key of a plugin", "plugin.redis.enable = no\n",
          {inMain(1, "plugin.redis.enable: unknown key; did you mean plugin.redis.enabled?")}),
      bad("a plugin has no other keys", "plugin.redis.colour = no\n",
          {inMain(1, "plugin.redis.colour: unknown key; a plugin has enabled, isolation, memory_max, files_max and kill_after")}),
      bad("no key of a plugin", "plugin.redis = no\n", {inMain(1, "plugin.redis: unknown key; write plugin.NAME.KEY")}),
      bad("an unknown setting", "check.redis.prob = get\n",
          {inMain(1, "check.redis.prob: unknown key of a check of plugin redis; did you mean check.redis.probe?")}),
      bad("a setting of another plugin", "check.database.probe = get\n",
          {inMain(
              1,
              "check.database.probe: unknown key of a check of plugin mysql; it has plugin, interval, timeout, fast_interval, critical, "
              "fall, rise, flap_window, degraded_after, depends_on, scope, alias and url")}),
      bad("a setting with a dot", "check.redis.url.host = h\n",
          {inMain(
              1,
              "check.redis.url.host: unknown key of a check of plugin redis; it has plugin, interval, timeout, fast_interval, critical, "
              "fall, rise, flap_window, degraded_after, depends_on, scope, alias, url, probe and key")}),
      bad("a required setting that is empty", "check.redis.url =\n", {inMain(1, "check.redis.url: is empty; write a value")}),
  };
}

Configurations atOnce() {
  const std::string no_drain = "\"5\" is not a duration from 0s to 1h; write e.g. 250ms, 10s, 2m or 1h";
  return {
      {.name = "in every source",
       .main = "http.port = 80x\nhttp.prot = 1\nno equals\ncheck.x.interval = 5s\ncheck.redis.probe = poke\nlog.file = ${nope}\n",
       .files = {{"pulsewatch.d/a.properties", "shutdown.drain = 5\nshutdown.drain = 6s\n"},
                 {"pulsewatch-test.properties", "log.format = xml\nlog.levle = INFO\n"},
                 {"key", "short"}},
       .environment =
           {{"SECRET_KEY", none}, {"SECRET_KEY_FILE", "@DIR@/key"}, {"DEBUG", "perhaps"}, {"REDIS_URL", "http://:hunter2hunter2@h"}},
       .overrides = {"metrics.enabled=perhaps", "secret_key=hunter2hunter2", "nonsense"},
       .mistakes =
           {inMain(1, "http.port: \"80x\" is not a whole number from 0 to 65535; write a port, or 0 to pick a free one"),
            inMain(2, "http.prot: unknown key; did you mean http.port?"),
            inMain(3, "the line has no =; write key = value, or # before a comment"),
            inMain(4, "check.x.interval: check x has no plugin; add check.x.plugin = PLUGIN"),
            inMain(5, "check.redis.probe: \"poke\" is not one of ping, get and roundtrip; write one of these"),
            inMain(6, "log.file: ${nope} is not defined; define it, or write $$ where a dollar sign is meant"),
            "@DIR@/pulsewatch.d/a.properties:1: shutdown.drain: " + no_drain,
            "@DIR@/pulsewatch.d/a.properties:2: shutdown.drain: given already in line 1; keep one of the two",
            "@DIR@/pulsewatch-test.properties:1: log.format: \"xml\" is not one of json and text; write one of these",
            "@DIR@/pulsewatch-test.properties:2: log.levle: unknown key; did you mean log.level?",
            "SECRET_KEY_FILE: has 5 characters where 50 or more are needed; set it to 50 or more random characters",
            "DEBUG: \"perhaps\" is not true or false; write true or false",
            "REDIS_URL: is not a Redis URL: its scheme is none of redis, rediss and unix; write redis://user:password@host:port/0",
            "-D: metrics.enabled: \"perhaps\" is not true or false; write true or false",
            "-D: secret_key: a secret is not taken from here: it would show in the process list; set SECRET_KEY or SECRET_KEY_FILE, or "
            "write it into a file",
            "-D: no = follows the key; write -D key=value"},
       .secrets = {"hunter2hunter2"}},
      {.name = "two checks share one mistake",
       .main = "check.second.plugin = redis\n",
       .environment = {{"REDIS_URL", "hunter2hunter2"}},
       .mistakes =
           {"REDIS_URL: is not a valid URL: it does not begin with scheme://; write scheme://user:password@host:port/path, with %40 "
            "for a @ in a part"},
       .secrets = {"hunter2hunter2"}},
      {.name = "all parts of DATABASE_URL",
       .main = "mysql.port = 80x\nmysql.host = a b\nmysql.user =\nmysql.database =\n",
       .environment = {{"DATABASE_URL", none}, {"MYSQL_PASSWORD", "hunter2hunter2"}},
       .mistakes = {inMain(1, "mysql.port: \"80x\" is not a whole number from 1 to 65535; write the server's port"),
                    inMain(2, "mysql.host: \"a b\" is not a host; write a name or an address"),
                    inMain(3, "mysql.user: is empty; write a value"), inMain(4, "mysql.database: is empty; write a value")},
       .secrets = {"hunter2hunter2"}},
  };
}

}  // namespace

Configurations checkRows() {
  Configurations all;
  for (const Configurations& rows : {names(), plugins(), atOnce()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
