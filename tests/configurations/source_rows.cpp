// Where a value comes from: each source, and of each pair of them the stronger.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::optional<std::string> none;

// From the weakest to the strongest. Each says another port.
struct Source {
  std::string name;
  void (*give)(Configuration& row, const std::string& port);
  std::string origin;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> all{
      {"the default", [](Configuration&, const std::string&) {}, "default"},
      {"the main file", [](Configuration& row, const std::string& port) { row.main = "http.port = " + port + "\n"; },
       "@DIR@/pulsewatch.properties:1"},
      {"the overlay",
       [](Configuration& row, const std::string& port) { row.files["pulsewatch-test.properties"] = "http.port = " + port + "\n"; },
       "@DIR@/pulsewatch-test.properties:1"},
      {"a drop-in",
       [](Configuration& row, const std::string& port) { row.files["pulsewatch.d/10-a.properties"] = "http.port = " + port + "\n"; },
       "@DIR@/pulsewatch.d/10-a.properties:1"},
      {"a later drop-in",
       [](Configuration& row, const std::string& port) { row.files["pulsewatch.d/20-b.properties"] = "http.port = " + port + "\n"; },
       "@DIR@/pulsewatch.d/20-b.properties:1"},
      {"a variable", [](Configuration& row, const std::string& port) { row.environment["PULSEWATCH_HTTP_PORT"] = port; },
       "PULSEWATCH_HTTP_PORT"},
      {"a variable's file",
       [](Configuration& row, const std::string& port) {
         row.files["port"] = port + "\n";
         row.environment["PULSEWATCH_HTTP_PORT_FILE"] = "@DIR@/port";
       },
       "PULSEWATCH_HTTP_PORT_FILE"},
      {"-D", [](Configuration& row, const std::string& port) { row.overrides.push_back("http.port=" + port); }, "-D"},
  };
  return all;
}

Configurations pairs() {
  Configurations rows;
  for (std::size_t strong = 0; strong < sources().size(); ++strong) {
    for (std::size_t weak = 0; weak < strong; ++weak) {
      Configuration row{.name = sources()[strong].name + " over " + sources()[weak].name, .main = ""};
      const std::string port = std::to_string(1000 + strong);
      sources()[weak].give(row, std::to_string(1000 + weak));
      sources()[strong].give(row, port);
      if (sources()[strong].name == "a variable's file" && sources()[weak].name == "a variable")
        row.mistakes = {"PULSEWATCH_HTTP_PORT: given together with PULSEWATCH_HTTP_PORT_FILE; keep one of the two"};
      else
        row.effective = {{"http.port", port}, {"http.port origin", sources()[strong].origin}};
      rows.push_back(row);
    }
  }
  return rows;
}

Configurations variables() {
  const std::string key = "another-secret-key-0123456789-abcdefghijklmnopqrst";
  return {
      {.name = "an empty variable counts",
       .main = "http.port = 1\n",
       .environment = {{"PULSEWATCH_HTTP_PORT", ""}},
       .mistakes = {"PULSEWATCH_HTTP_PORT: \"\" is not a whole number from 0 to 65535; write a port, or 0 to pick a free one"}},
      {.name = "a variable has white space",
       .main = "",
       .environment = {{"LOG_LEVEL", " INFO"}},
       .mistakes = {"LOG_LEVEL: \" INFO\" is not one of DEBUG, INFO, WARNING, ERROR and CRITICAL; write one of these"}},
      {.name = "the specification's variable of a key",
       .main = "log.level = INFO\n",
       .environment = {{"LOG_LEVEL", "ERROR"}, {"PULSEWATCH_LOG_LEVEL", "nonsense"}},
       .effective = {{"log.level", "ERROR"}, {"log.level origin", "LOG_LEVEL"}}},
      {.name = "variables that are nobody's",
       .main = "",
       .environment = {{"PULSEWATCH_NONSENSE", "x"}, {"MYSQL_PWD", "x"}, {"PULSEWATCH_CHECK_REDIS_INTERVAL", "x"}},
       .effective = {{"check.redis.interval", "10000ms"}}},
      {.name = "a variable in lower case", .main = "", .environment = {{"log_level", "x"}}, .effective = {{"log.level", "INFO"}}},
      {.name = "a variable is literal",
       .main = "",
       .environment = {{"PULSEWATCH_LOG_FILE", "${http.port}$$"}},
       .effective = {{"log.file", "${http.port}$$"}}},
      {.name = "a file loses one line's end",
       .main = "",
       .files = {{"key", key + "\n"}},
       .environment = {{"SECRET_KEY", none}, {"SECRET_KEY_FILE", "@DIR@/key"}},
       .effective = {{"secret_key", key}, {"secret_key origin", "SECRET_KEY_FILE"}},
       .secrets = {key}},
      {.name = "a file loses one of two lines' ends",
       .main = "",
       .files = {{"key", key + "\r\n\r\n"}},
       .environment = {{"SECRET_KEY", none}, {"SECRET_KEY_FILE", "@DIR@/key"}},
       .effective = {{"secret_key", key + "\r\n"}},
       .secrets = {key}},
      {.name = "a file of bytes",
       .main = "",
       .files = {{"url", std::string("redis://h\0/0", 12)}},
       .environment = {{"REDIS_URL", none}, {"REDIS_URL_FILE", "@DIR@/url"}},
       .mistakes = {"REDIS_URL_FILE: the file it names has a NUL byte; write text"}},
      {.name = "a file that is too large",
       .main = "",
       .files = {{"key", std::string(65'537, 'k')}},
       .environment = {{"SECRET_KEY", none}, {"SECRET_KEY_FILE", "@DIR@/key"}},
       .mistakes = {"SECRET_KEY_FILE: the file it names cannot be read: it is larger than 64 KiB; it is not the file that was meant"}},
      {.name = "a file that is none",
       .main = "",
       .environment = {{"DATABASE_URL", none}, {"DATABASE_URL_FILE", "@DIR@"}},
       .mistakes = {"DATABASE_URL_FILE: the file it names cannot be read: Is a directory; correct its path or its permissions"}},
      {.name = "a path that is the secret",
       .main = "",
       .environment = {{"SECRET_KEY", none}, {"SECRET_KEY_FILE", key}},
       .mistakes = {"SECRET_KEY_FILE: the file it names cannot be read: No such file or directory; correct its path or its permissions"},
       .secrets = {key}},
      {.name = "all that is required is missing",
       .main = "",
       .environment = {{"SECRET_KEY", none}, {"DJANGO_SETTINGS_MODULE", none}, {"DATABASE_URL", none}, {"REDIS_URL", none}},
       .mistakes =
           {"SECRET_KEY: required and neither in the environment nor in a file (secret_key); set it, or SECRET_KEY_FILE, to 50 or more "
            "random characters",
            "DJANGO_SETTINGS_MODULE: required and neither in the environment nor in a file (settings_module); set it, or "
            "DJANGO_SETTINGS_MODULE_FILE, to a module path whose last part is the profile, e.g. core.settings.prod",
            "DATABASE_URL: required by check database and neither in the environment nor in a file (database.url); set it, or "
            "DATABASE_URL_FILE, or MYSQL_PASSWORD and the other MYSQL_ variables, or check.database.url",
            "REDIS_URL: required by check redis and neither in the environment nor in a file (redis.url); set it, or REDIS_URL_FILE, or "
            "check.redis.url"}},
      {.name = "the parts of DATABASE_URL from four sources",
       .main = "mysql.host = h\nmysql.user = u\n",
       .files = {{"password", "p@ss-of-a-file\n"}},
       .environment = {{"DATABASE_URL", none}, {"MYSQL_PASSWORD_FILE", "@DIR@/password"}, {"MYSQL_PORT", "3307"}},
       .overrides = {"mysql.database=d"},
       .effective = {{"check.database.url", "mysql://u:p%40ss-of-a-file@h:3307/d"},
                     {"check.database.url shown", "mysql://u:***@h:3307/d"},
                     {"check.database.url origin",
                      "@DIR@/pulsewatch.properties:1, MYSQL_PORT, @DIR@/pulsewatch.properties:2, MYSQL_PASSWORD_FILE, -D"}},
       .secrets = {"ss-of-a-file"}},
      {.name = "DATABASE_URL over its parts",
       .main = "",
       .environment = {{"DATABASE_URL", "mysql://whole"}, {"MYSQL_PASSWORD", "p"}, {"MYSQL_PORT", "tcp://x"}},
       .effective = {{"check.database.url", "mysql://whole"}}},
  };
}

Configurations filesAndOverrides() {
  return {
      {.name = "the profile by a drop-in chooses the overlay",
       .main = "",
       .files = {{"pulsewatch.d/a.properties", "settings_module = x.prod\n"}, {"pulsewatch-prod.properties", "http.port = 3\n"}},
       .environment = {{"DJANGO_SETTINGS_MODULE", none}},
       .effective = {{"profile", "prod"}, {"http.port", "3"}}},
      {.name = "the overlay of another profile is not read",
       .main = "",
       .files = {{"pulsewatch-prod.properties", "nonsense\n"}},
       .effective = {{"profile", "test"}}},
      {.name = "an overlay cannot choose the profile",
       .main = "",
       .files = {{"pulsewatch-test.properties", "settings_module = x.prod\n"}},
       .mistakes =
           {"@DIR@/pulsewatch-test.properties:1: settings_module: an overlay cannot choose the profile, the profile chooses it; move "
            "it to the main file"}},
      {.name = "what is no drop-in",
       .main = "",
       .files = {{"pulsewatch.d/.hidden.properties", "x"}, {"pulsewatch.d/a.properties~", "x"}, {"pulsewatch.d/b.conf", "x"}},
       .effective = {{"http.port", "8080"}}},
      {.name = "drop-ins go by their names' bytes",
       .main = "",
       .files = {{"pulsewatch.d/9.properties", "http.port = 9\n"}, {"pulsewatch.d/10.properties", "http.port = 10\n"}},
       .effective = {{"http.port", "9"}}},
      {.name = "pulsewatch.d is a file",
       .main = "",
       .files = {{"pulsewatch.d", "x"}},
       .mistakes = {"@DIR@/pulsewatch.d: cannot be read: Not a directory; correct its permissions, or remove it"}},
      {.name = "a drop-in is a directory",
       .main = "",
       .files = {{"pulsewatch.d/a.properties/b", "x"}},
       .mistakes = {"@DIR@/pulsewatch.d/a.properties: cannot be read: Is a directory; correct its path or its permissions"}},
      {.name = "-D with white space and a second =",
       .main = "",
       .overrides = {" check.redis.key = a=b "},
       .effective = {{"check.redis.key", "a=b"}, {"check.redis.key origin", "-D"}}},
      {.name = "-D is literal",
       .main = "",
       .overrides = {"check.redis.key=${http.port}"},
       .effective = {{"check.redis.key", "${http.port}"}}},
      {.name = "-D of nothing", .main = "", .overrides = {"http.allowed_hosts="}, .effective = {{"http.allowed_hosts", ""}}},
      {.name = "-D twice",
       .main = "",
       .overrides = {"http.port=1", "http.port=1"},
       .mistakes = {"-D: http.port: given twice; keep one of the two"}},
      {.name = "-D without a key", .main = "", .overrides = {"=1"}, .mistakes = {"-D: : unknown key; remove it, or correct it"}},
      {.name = "-D without =", .main = "", .overrides = {"debug"}, .mistakes = {"-D: debug: no = follows the key; write -D key=value"}},
      {.name = "-D of a setting that is a secret",
       .main = "check.kinds.plugin = kinds\n",
       .overrides = {"check.kinds.password=hunter2hunter2"},
       .mistakes =
           {"-D: check.kinds.password: a secret or a URL is not taken from here: it would show in the process list; write it into a "
            "file"}},
      {.name = "-D of the broker",
       .main = "",
       .overrides = {"celery.broker_url=x://h"},
       .mistakes = {"-D: celery.broker_url: a secret is not taken from here: it would show in the process list; set CELERY_BROKER_URL or "
                    "CELERY_BROKER_URL_FILE, or write it into a file"}},
  };
}

}  // namespace

Configurations sourceRows() {
  Configurations all;
  for (const Configurations& rows : {pairs(), variables(), filesAndOverrides()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
