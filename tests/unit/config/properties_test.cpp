#include "config/properties.h"

#include "config/host_config.h"
#include "config/property_file.h"
#include "unit/config/config_files.h"
#include <pulsewatch/service_url.h>

#include <random>
#include <set>

namespace pulsewatch {

namespace {

using testing::assertAbsent;
using testing::assertMistakes;
using testing::ConfigFiles;
using testing::ConfigRow;
using testing::loadRow;

constexpr const char* kMain = "pulsewatch.properties";

// What a key's value is, where it came from and what is wrong.
struct Row {
  std::string name;
  ConfigRow config;
  std::string key;
  std::optional<std::string> value;
  std::string origin_end;  // what the origin ends in; not looked at while there is no value
  std::vector<std::string> mistakes;
  std::vector<std::string> secrets;
};

const std::vector<Row>& layerRows() {
  static const std::vector<Row> table{
      {"default", {}, "http.port", "8080", "default", {}, {}},
      {"main file", {{{kMain, "\nhttp.port = 1"}}, {}, {}}, "http.port", "1", "/pulsewatch.properties:2", {}, {}},
      {"drop-in over main",
       {{{kMain, "http.port = 1"}, {"pulsewatch.d/a.properties", "http.port = 2"}}, {}, {}},
       "http.port",
       "2",
       "/pulsewatch.d/a.properties:1",
       {},
       {}},
      {"later drop-in",
       {{{"pulsewatch.d/10.properties", "http.port = 1"}, {"pulsewatch.d/9.properties", "http.port = 2"}}, {}, {}},
       "http.port",
       "2",
       "/9.properties:1",
       {},
       {}},
      {"not every file is a drop-in",
       {{{"pulsewatch.d/a.properties.bak", "http.port = x"}, {"pulsewatch.d/.b.properties", "x"}, {"pulsewatch.d/README", "x"}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {},
       {}},
      {"overlay over main",
       {{{kMain, "settings_module = a.dev\nhttp.port = 1"}, {"pulsewatch-dev.properties", "http.port = 2"}}, {}, {}},
       "http.port",
       "2",
       "/pulsewatch-dev.properties:1",
       {},
       {}},
      {"drop-in over overlay",
       {{{kMain, "settings_module = a.dev"},
         {"pulsewatch-dev.properties", "http.port = 2"},
         {"pulsewatch.d/a.properties", "http.port = 3"}},
        {},
        {}},
       "http.port",
       "3",
       "/a.properties:1",
       {},
       {}},
      {"environment over drop-in",
       {{{"pulsewatch.d/a.properties", "http.port = 3"}}, {{"PULSEWATCH_HTTP_PORT", "4"}}, {}},
       "http.port",
       "4",
       "PULSEWATCH_HTTP_PORT",
       {},
       {}},
      {"environment over overlay",
       {{{"pulsewatch-dev.properties", "log.level = DEBUG"}}, {{"DJANGO_SETTINGS_MODULE", "dev"}, {"LOG_LEVEL", "ERROR"}}, {}},
       "log.level",
       "ERROR",
       "LOG_LEVEL",
       {},
       {}},
      {"-D over environment", {{}, {{"PULSEWATCH_HTTP_PORT", "4"}}, {" http.port = 5 "}}, "http.port", "5", "-D", {}, {}},
      {"other profile's overlay",
       {{{kMain, "settings_module = a.prod"}, {"pulsewatch-dev.properties", "nonsense"}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {},
       {}},
      {"profile from a drop-in",
       {{{"pulsewatch.d/a.properties", "settings_module = a.dev"}, {"pulsewatch-dev.properties", "http.port = 2"}}, {}, {}},
       "http.port",
       "2",
       ":1",
       {},
       {}},
      {"profile from -D",
       {{{kMain, "settings_module = a.prod"}, {"pulsewatch-dev.properties", "http.port = 2"}}, {}, {"settings_module=a.dev"}},
       "http.port",
       "2",
       ":1",
       {},
       {}},
      {"overlay's settings_module",
       {{{kMain, "settings_module = a.dev"}, {"pulsewatch-dev.properties", "settings_module = a.prod"}}, {}, {}},
       "settings_module",
       "a.dev",
       ":1",
       {"pulsewatch-dev.properties:1: settings_module: an overlay cannot choose the profile"},
       {}},
      {"empty variable is set",
       {{{kMain, "http.port = 1"}}, {{"PULSEWATCH_HTTP_PORT", ""}}, {}},
       "http.port",
       "",
       "PULSEWATCH_HTTP_PORT",
       {},
       {}},
      {"unknown variables",
       {{}, {{"PULSEWATCH_NONSENSE", "x"}, {"MYSQL_ROOT_HOST", "x"}, {"PULSEWATCH_HTTP_PORTS", "x"}, {"HTTP_PORT", "x"}}, {}},
       "http.port",
       "8080",
       "default",
       {},
       {}},
      {"a specification's key has no second variable",
       {{}, {{"PULSEWATCH_LOG_LEVEL", "x"}, {"PULSEWATCH_SECRET_KEY", "x"}}, {}},
       "log.level",
       "INFO",
       "default",
       {},
       {}},
      {"a file's file",
       {{{"port", "81"}}, {{"PULSEWATCH_HTTP_PORT_FILE", "@DIR@/port"}}, {}},
       "http.port",
       "81",
       "PULSEWATCH_HTTP_PORT_FILE",
       {},
       {}},
      {"one line end goes", {{{"key", "ab\n\n"}}, {{"SECRET_KEY_FILE", "@DIR@/key"}}, {}}, "secret_key", "ab\n", "SECRET_KEY_FILE", {}, {}},
      {"CRLF goes", {{{"key", "ab\r\n"}}, {{"SECRET_KEY_FILE", "@DIR@/key"}}, {}}, "secret_key", "ab", "SECRET_KEY_FILE", {}, {}},
      {"a lone CR stays", {{{"key", "ab\r"}}, {{"SECRET_KEY_FILE", "@DIR@/key"}}, {}}, "secret_key", "ab\r", "SECRET_KEY_FILE", {}, {}},
      {"64 KiB",
       {{{"key", std::string(65536, 'x')}}, {{"SECRET_KEY_FILE", "@DIR@/key"}}, {}},
       "secret_key",
       std::string(65536, 'x'),
       "_FILE",
       {},
       {}},
  };
  return table;
}

const std::vector<Row>& mistakeRows() {
  static const std::vector<Row> table{
      {"file too large",
       {{{"key", std::string(65537, 'x')}}, {{"SECRET_KEY_FILE", "@DIR@/key"}}, {}},
       "secret_key",
       {},
       "",
       {"SECRET_KEY_FILE: the file it names cannot be read: it is larger than 64 KiB"},
       {"xxx"}},
      {"file missing",
       {{{kMain, "redis.url = redis://h"}}, {{"REDIS_URL_FILE", "/none/hunter2"}}, {}},
       "redis.url",
       {},
       "",
       {"REDIS_URL_FILE: the file it names cannot be read: No such file or directory"},
       {"hunter2"}},
      {"file is a directory",
       {{}, {{"REDIS_URL_FILE", "@DIR@"}}, {}},
       "redis.url",
       {},
       "",
       {"REDIS_URL_FILE: the file it names cannot be read: Is a directory"},
       {}},
      {"file with NUL",
       {{{"key", std::string("a\0b", 3)}}, {{"SECRET_KEY_FILE", "@DIR@/key"}}, {}},
       "secret_key",
       {},
       "",
       {"SECRET_KEY_FILE: the file it names has a NUL"},
       {}},
      {"empty path", {{}, {{"SECRET_KEY_FILE", ""}}, {}}, "secret_key", {}, "", {"SECRET_KEY_FILE: the file it names cannot be read"}, {}},
      {"both",
       {{{"key", "hunter2"}}, {{"SECRET_KEY", "hunter3"}, {"SECRET_KEY_FILE", "@DIR@/key"}}, {}},
       "secret_key",
       "hunter3",
       "SECRET_KEY",
       {"SECRET_KEY: given together with SECRET_KEY_FILE"},
       {"hunter2", "hunter3"}},
      {"unknown key",
       {{{kMain, "htp.port = hunter2"}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {"/pulsewatch.properties:1: htp.port: unknown key; did you mean http.port?"},
       {"hunter2"}},
      {"unknown, nothing near",
       {{{kMain, "colour = hunter2"}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {":1: colour: unknown key; remove it"},
       {"hunter2"}},
      {"unknown in a drop-in",
       {{{"pulsewatch.d/a.properties", "log.leve = x"}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {"a.properties:1: log.leve: unknown key; did you mean log.level?"},
       {}},
      {"variable as key",
       {{{kMain, "SECRET_KEY = hunter2"}}, {}, {}},
       "secret_key",
       {},
       "",
       {":1: SECRET_KEY: unknown key: it is a variable of the environment; here the key is secret_key"},
       {"hunter2"}},
      {"host's variable as key",
       {{{kMain, "PULSEWATCH_HTTP_PORT = 1"}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {"here the key is http.port"},
       {}},
      {"file variable as key",
       {{{kMain, "DATABASE_URL_FILE = /x"}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {"here the key is database.url"},
       {}},
      {"check without dots", {{{kMain, "check = x"}}, {}, {}}, "http.port", "8080", "default", {":1: check: unknown key"}, {}},
      {"upper case", {{{kMain, "HTTP.PORT = 1"}}, {}, {}}, "http.port", "8080", "default", {":1: HTTP.PORT: unknown key"}, {}},
      {"duplicate",
       {{{kMain, "http.port = 1\nhttp.port = 2"}}, {}, {}},
       "http.port",
       "1",
       ":1",
       {":2: http.port: given already in line 1"},
       {}},
      {"-D unknown",
       {{}, {}, {"http.prot=hunter2"}},
       "http.port",
       "8080",
       "default",
       {"-D: http.prot: unknown key; did you mean http.port?"},
       {"hunter2"}},
      {"-D variable",
       {{}, {}, {"LOG_LEVEL=INFO"}},
       "http.port",
       "8080",
       "default",
       {"-D: LOG_LEVEL: unknown key: it is a variable of the environment; here the key is log.level"},
       {}},
      {"-D without =", {{}, {}, {"hunter2"}}, "http.port", "8080", "default", {"-D: no = follows the key"}, {"hunter2"}},
      {"-D key without =", {{}, {}, {"http.port"}}, "http.port", "8080", "default", {"-D: http.port: no = follows the key"}, {}},
      {"-D without key", {{}, {}, {"=hunter2"}}, "http.port", "8080", "default", {"-D: : unknown key"}, {"hunter2"}},
      {"-D empty", {{}, {}, {""}}, "http.port", "8080", "default", {"-D: no = follows the key"}, {}},
      {"-D twice", {{}, {}, {"http.port=1", "http.port=2"}}, "http.port", "1", "-D", {"-D: http.port: given twice"}, {}},
      {"-D secret_key",
       {{}, {}, {"secret_key=hunter2"}},
       "secret_key",
       {},
       "",
       {"-D: secret_key: a secret is not taken from here: it would show in the process list; set SECRET_KEY or SECRET_KEY_FILE"},
       {"hunter2"}},
      {"-D database.url",
       {{}, {}, {"database.url=hunter2"}},
       "database.url",
       {},
       "",
       {"-D: database.url: a secret is not taken"},
       {"hunter2"}},
      {"-D redis.url", {{}, {}, {"redis.url=hunter2"}}, "redis.url", {}, "", {"-D: redis.url: a secret is not taken"}, {"hunter2"}},
      {"-D mysql.password",
       {{}, {}, {"mysql.password=hunter2"}},
       "mysql.password",
       {},
       "",
       {"-D: mysql.password: a secret is not taken"},
       {"hunter2"}},
      {"-D celery",
       {{}, {}, {"celery.broker_url=hunter2", "celery.result_backend=hunter2"}},
       "http.port",
       "8080",
       "default",
       {"-D: celery.broker_url: a secret", "-D: celery.result_backend: a secret"},
       {"hunter2"}},
      {"pulsewatch.d is a file",
       {{{"pulsewatch.d", ""}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {"/pulsewatch.d: cannot be read: Not a directory"},
       {}},
      {"a folder as drop-in",
       {{{"pulsewatch.d/a.properties/x", ""}}, {}, {}},
       "http.port",
       "8080",
       "default",
       {"/pulsewatch.d/a.properties: cannot be read: Is a directory"},
       {}},
      {"all at once",
       {{{kMain, "a = 1\nb\nhttp.port = 1\nhttp.port = 2"}, {"pulsewatch.d/a.properties", "c = 1"}}, {{"DEBUG_FILE", "/none"}}, {"d=1"}},
       "http.port",
       "1",
       ":3",
       {":1: a: unknown", ":2: the line has no =", ":4: http.port: given already", "a.properties:1: c: unknown", "DEBUG_FILE: the file",
        "-D: d: unknown"},
       {}},
  };
  return table;
}

// The value of redis.url, or of another key, with one main file.
Row reference(std::string name, std::string main, std::string key, std::optional<std::string> value, std::vector<std::string> mistakes = {},
              std::map<std::string, std::string> environment = {}, std::vector<std::string> secrets = {}) {
  return {std::move(name),
          {{{kMain, std::move(main)}}, std::move(environment), {}},
          std::move(key),
          std::move(value),
          "",
          std::move(mistakes),
          std::move(secrets)};
}

std::string doubling(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i)
    text += "check.a.k" + std::to_string(i) + " = ${check.a.k" + std::to_string(i + 1) + "}${check.a.k" + std::to_string(i + 1) + "}\n";
  return text + "check.a.k" + std::to_string(levels) + " =\n";
}

std::string chained(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "check.a.k" + std::to_string(i) + " = ${check.a.k" + std::to_string(i + 1) + "}\n";
  return text + "check.a.k" + std::to_string(levels) + " = end\n";
}

const std::vector<Row>& referenceRows() {
  static const std::vector<Row> table{
      reference("another key", "http.address = ${state.directory}/x", "http.address", "/var/lib/pulsewatch/x"),
      reference("a given key", "http.port = 1\nhttp.address = a${http.port}b${http.port}", "http.address", "a1b1"),
      reference("a variable of the specification", "check.a.url = ${REDIS_URL}", "check.a.url", "redis://e", {},
                {{"REDIS_URL", "redis://e"}}),
      reference("its property", "redis.url = redis://f\ncheck.a.url = ${REDIS_URL}", "check.a.url", "redis://f"),
      reference("the strongest layer's", "http.port = 1\nhttp.address = ${http.port}", "http.address", "2", {},
                {{"PULSEWATCH_HTTP_PORT", "2"}}),
      reference("any variable", "http.address = ${env.ANY}.${env.B.C}", "http.address", "x.y", {}, {{"ANY", "x"}, {"B.C", "y"}}),
      reference("an empty variable", "http.address = a${env.ANY}b", "http.address", "ab", {}, {{"ANY", ""}}),
      reference("a default", "", "celery.broker_url", "redis://e", {}, {{"REDIS_URL", "redis://e"}}),
      reference("dollars", "http.address = $$ $$$$ $${http.port} a$b $", "http.address", "$ $$ ${http.port} a$b $"),
      reference("a dollar at an end", "http.address = $$${http.port}$", "http.address", "$8080$"),
      reference("braces alone", "http.address = {a} }", "http.address", "{a} }"),
      reference("through several", chained(20), "check.a.k0", "end"),
      reference("the environment is literal", "", "log.file", "${http.port}$$", {}, {{"PULSEWATCH_LOG_FILE", "${http.port}$$"}}),
      reference("what is put in is literal", "http.address = ${env.A}", "http.address", "${http.port}$$", {}, {{"A", "${http.port}$$"}}),
      reference("undefined but not used", "http.address = ${nope}", "http.port", "8080"),
      reference("undefined", "http.address = ${nope}", "http.address", {},
                {":1: http.address: ${nope} is not defined; define it, or write $$"}),
      reference("undefined, near", "http.address = ${htp.port}", "http.address", {},
                {"${htp.port} is not defined; did you mean ${http.port}?"}),
      reference("undefined variable", "http.address = ${env.NOPE}", "http.address", {}, {"${env.NOPE} is not set in the environment"}),
      reference("no value", "check.a.url = ${redis.url}", "check.a.url", {},
                {":1: check.a.url: ${redis.url} has no value; set REDIS_URL or redis.url"}),
      reference("variable without a value", "check.a.url = ${SECRET_KEY}", "check.a.url", {},
                {"has no value; set SECRET_KEY or secret_key"}),
      reference("a default's", "", "celery.broker_url", {}, {"celery.broker_url: ${redis.url} has no value"}),
      reference("several at once", "http.address = ${a.b} ${c.d}", "http.address", {}, {"${a.b} is not", "${c.d} is not"}),
      reference("not closed", "http.address = a${http.port", "http.address", {}, {"a ${ in it is not closed"}),
      reference("empty name", "http.address = ${}", "http.address", {}, {"${} is not defined"}),
      reference("white space in a name", "http.address = ${ http.port }", "http.address", {}, {"${ http.port } is not defined"}),
      reference("at the place that has it", "http.address = ${log.file}\nlog.file = ${nope.x}", "http.address", {},
                {":2: log.file: ${nope.x} is not defined"}),
      reference("a part of a secret is not named", "secret_key = pa${hunter2}", "secret_key", {},
                {":1: secret_key: a ${…} in it is not defined"}, {}, {"hunter2"}),
      reference("nor of what may be one", "check.a.password = pa${hunter2}", "check.a.password", {},
                {":1: check.a.password: a ${…} in it is not defined"}, {}, {"hunter2"}),
      reference("itself", "http.address = ${http.address}", "http.address", {},
                {":1: http.address: refers to itself: http.address -> http.address"}),
      reference("a circle", "log.file = a${http.address}\nhttp.address = ${state.directory}\nstate.directory = ${http.address}", "log.file",
                {}, {":2: http.address: refers to itself: http.address -> state.directory -> http.address; break the circle"}),
      reference("a circle through a variable's name", "redis.url = ${celery.broker_url}", "redis.url", {},
                {"redis.url -> celery.broker_url -> redis.url"}),
      reference("a circle through mysql.*", "mysql.password = x\nmysql.host = ${database.url}", "database.url", {},
                {"database.url -> mysql.host -> database.url"}),
      reference("too deep", chained(40), "check.a.k0", {}, {"more than 32 references"}),
      reference("too many", doubling(30), "check.a.k0", {}, {"more than 10000 references"}),
      reference("too large",
                "http.address = " + std::string(100'000, 'x') +
                    "\nlog.file = ${http.address}${http.address}${http.address}${http.address}\n"
                    "state.directory = ${log.file}${log.file}${log.file}",
                "state.directory", {}, {":3: state.directory: grows beyond 1 MiB"}),
      reference("composed", "mysql.password = ${env.P}\nmysql.port = 1", "database.url", "mysql://me:%3B%40@db:1/pulsewatch_dev", {},
                {{"P", ";@"}, {"MYSQL_USER", "me"}}, {}),
      reference("composed, empty password", "", "database.url", "mysql://pulsewatch@db:3306/pulsewatch_dev", {}, {{"MYSQL_PASSWORD", ""}}),
      reference("composed, referred to", "mysql.password = x\ncheck.a.url = ${DATABASE_URL}", "check.a.url",
                "mysql://pulsewatch:x@db:3306/pulsewatch_dev"),
      reference("composed, IPv6", "mysql.password = x\nmysql.host = fd00::1", "database.url",
                "mysql://pulsewatch:x@[fd00::1]:3306/pulsewatch_dev"),
      reference("database.url wins", "mysql.password = x\ndatabase.url = mysql://y\nmysql.port = z", "database.url", "mysql://y"),
      reference("not composed without password", "mysql.host = x", "database.url", {}),
      reference("composed, all parts' mistakes",
                "mysql.password = hunter2\nmysql.port = 80x\nmysql.host = a b\nmysql.user =\nmysql.database =", "database.url", {},
                {":2: mysql.port: \"80x\" is not a whole number from 1 to 65535", ":3: mysql.host: \"a b\" is not a host",
                 ":4: mysql.user: is empty", ":5: mysql.database: is empty"},
                {}, {"hunter2"}),
      reference("a service's link", "", "database.url", {},
                {"MYSQL_PORT: \"tcp://10.0.0.1:3306\" is not a whole number from 1 to 65535; write the server's port; it looks like what "
                 "Kubernetes sets"},
                {{"MYSQL_PASSWORD", "hunter2"}, {"MYSQL_PORT", "tcp://10.0.0.1:3306"}}, {"hunter2"}),
  };
  return table;
}

// Text that often gets somewhere: pieces of the grammar between random bytes.
std::string randomText(std::mt19937& random, const std::string& secret) {
  static const std::vector<std::string> pieces{"http.port",
                                               " = ",
                                               "=",
                                               "\n",
                                               "\r\n",
                                               "${",
                                               "}",
                                               "$",
                                               "$$",
                                               "env.A",
                                               "check.a.url",
                                               "check.",
                                               "redis.url",
                                               "mysql://",
                                               "redis://",
                                               "@",
                                               ":",
                                               "/",
                                               "?",
                                               "&",
                                               "[::1]",
                                               "%",
                                               "%41",
                                               "#",
                                               "!",
                                               "\xEF\xBB\xBF",
                                               "secret_key",
                                               "settings_module",
                                               "a.dev",
                                               "plugin.x.enabled",
                                               "true",
                                               "10s",
                                               ",",
                                               "mysql.password",
                                               "DATABASE_URL",
                                               "celery.broker_url",
                                               "log.level",
                                               "\\"};
  std::string text;
  const auto length = random() % 12;
  for (std::size_t i = 0; i < length; ++i) {
    switch (random() % 8) {
      case 0:
        text += static_cast<char>(random() % 256);
        break;
      case 1:
        text += "\nsecret_key = " + secret + "\n";
        break;
      case 2:
        text += "redis://u:" + secret + "@h";
        break;
      default:
        text += pieces[random() % pieces.size()];
    }
  }
  return text;
}

class PropertiesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PropertiesTest);
  CPPUNIT_TEST(layers);
  CPPUNIT_TEST(mistakenLayers);
  CPPUNIT_TEST(references);
  CPPUNIT_TEST(mainFileMissing);
  CPPUNIT_TEST(profiles);
  CPPUNIT_TEST(secretsSpread);
  CPPUNIT_TEST(composedOrigin);
  CPPUNIT_TEST(randomBytes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void layers() { assertRows(layerRows()); }
  void mistakenLayers() { assertRows(mistakeRows()); }
  void references() { assertRows(referenceRows()); }

  void mainFileMissing() {
    const ConfigFiles files;
    files.write("pulsewatch.d/a.properties", "http.port = 1");
    Mistakes mistakes;
    const Properties properties = Properties::load({.file = files.main(), .overrides = {}, .environment = {}}, mistakes);
    assertMistakes("missing", mistakes, {files.main().string() + ": cannot be read: No such file or directory"});
    CPPUNIT_ASSERT_EQUAL(std::string("1"), properties.value("http.port", mistakes)->text);
  }

  void profiles() {
    const std::pair<const char*, const char*> rows[] = {{"core.settings.dev", "dev"},
                                                        {"prod", "prod"},
                                                        {"a._b1", "_b1"},
                                                        {"", ""},
                                                        {"a.", ""},
                                                        {".a", ""},
                                                        {"a..b", ""},
                                                        {"1a.b", ""},
                                                        {"a.1b", ""},
                                                        {"a-b", ""},
                                                        {"a.b c", ""},
                                                        {"a/../../b", ""},
                                                        {"a.ü", ""},
                                                        {"a:b", ""}};
    for (const auto& [module, profile] : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(module, std::string(profile), profileOf(module));
      const ConfigFiles files;
      Mistakes mistakes;
      CPPUNIT_ASSERT_EQUAL(std::string(profile), loadRow({{}, {{"DJANGO_SETTINGS_MODULE", module}}, {}}, files, mistakes).profile());
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), profileOf(std::string(1000, 'a')));
  }

  void secretsSpread() {
    const ConfigFiles files;
    Mistakes mistakes;
    const ConfigRow row{
        {{kMain,
          "secret_key = x\nlog.file = ${secret_key}\nhttp.address = ${log.file}\nhttp.port = ${env.P}\ncheck.a.k = ${http.address}\n"
          "state.directory = ${metrics.enabled}$$"}},
        {{"P", "1"}},
        {}};
    const Properties properties = loadRow(row, files, mistakes);
    const std::pair<const char*, bool> rows[] = {{"secret_key", true},      {"log.file", true},  {"http.address", true},
                                                 {"http.port", true},       {"check.a.k", true}, {"state.directory", false},
                                                 {"metrics.enabled", false}};
    for (const auto& [key, secret] : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(key, secret, properties.value(key, mistakes)->secret);
    assertMistakes("secrets", mistakes, {});
  }

  void composedOrigin() {
    const ConfigFiles files;
    Mistakes mistakes;
    const Properties properties =
        loadRow({{{kMain, "mysql.port = 1"}}, {{"MYSQL_HOST", "h"}, {"MYSQL_PASSWORD", "p"}}, {}}, files, mistakes);
    const auto url = properties.value("database.url", mistakes).value();
    CPPUNIT_ASSERT_EQUAL("MYSQL_HOST, " + files.main().string() + ":1, MYSQL_PASSWORD", url.origin);
    CPPUNIT_ASSERT(url.secret);
    CPPUNIT_ASSERT(!properties.given("database.url"));
  }

  void randomBytes() {
    std::mt19937 random(20251031);  // NOLINT(cert-msc51-cpp): the same inputs each time
    const std::string secret = "hunter2hunter2hunter2";
    const ConfigFiles files;
    std::size_t said = 0;
    std::set<std::string> kinds;
    for (int i = 0; i < 20'000; ++i) {
      const std::string text = randomText(random, secret);
      Mistakes mistakes;
      parsePropertyText(text, "f", mistakes);
      try {
        ServiceUrl::parse(text);
      } catch (const std::invalid_argument& fault) {
        mistakes.add("url", fault.what());
      }
      if (i % 16 == 0) files.write("pulsewatch-dev.properties", randomText(random, secret));
      const ConfigRow row{{{kMain, text}}, {{"REDIS_URL", "redis://:" + secret + "@h"}, {"A", secret}}, {"check.a.b=" + text}};
      const Properties properties = loadRow(row, files, mistakes);
      for (const auto& [key, property] : properties.properties()) static_cast<void>(properties.value(key, mistakes));
      readHostConfig(properties, mistakes);
      for (const std::string& line : mistakes.lines()) {
        CPPUNIT_ASSERT_MESSAGE(line, line.find_first_of("\n\r\x1b") == std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(line, line.find(secret) == std::string::npos);
        kinds.insert(line.substr(line.rfind(": ") + 1).substr(0, 12));
      }
      said += mistakes.lines().size();
    }
    CPPUNIT_ASSERT(said > 20'000);
    CPPUNIT_ASSERT(kinds.size() > 20);  // the inputs got further than the first rule
  }

 private:
  static void assertRows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      const ConfigFiles files;
      Mistakes mistakes;
      const Properties properties = loadRow(row.config, files, mistakes);
      const auto value = properties.value(row.key, mistakes);
      assertMistakes(row.name, mistakes, row.mistakes);
      assertAbsent(row.name, mistakes, row.secrets);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.value.has_value(), value.has_value());
      if (!value) continue;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, *row.value, value->text);
      CPPUNIT_ASSERT_MESSAGE(row.name + ": " + value->origin, value->origin.ends_with(row.origin_end));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PropertiesTest);

}  // namespace

}  // namespace pulsewatch
