// What --check-config and --describe print for people, word for word, and when --describe can't.
#include "integration/daemon.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

const std::string kinds_block =
    "kinds 2.1.0\n"
    "  A setting of every type\n"
    "  file           @DIR@/plugins/kinds.so\n"
    "  default check  none\n"
    "  settings\n"
    "    words: text, no default\n"
    "        any words\n"
    "    password: secret, default: ***\n"
    "        is never shown\n"
    "    web: URL (http or https), no default\n"
    "        a page\n"
    "    any: URL, no default\n"
    "        any URL\n"
    "    count: integer, default: 3\n"
    "        how many\n"
    "    share: number, no default\n"
    "        how much\n"
    "    strict: boolean, default: no\n"
    "        whether\n"
    "    grace: duration, default: 1500ms\n"
    "        how long\n"
    "    mode: one of fast and Slow, default: fast\n"
    "        in which way\n"
    "    token: text, never shown, no default\n"
    "        is never shown either\n"
    "    pin: integer, never shown, no default\n"
    "        nor is this\n"
    "  metrics\n"
    "    kinds_runs_total: counter, by check and mode\n"
    "        Runs of the kinds plugin.\n"
    "    kinds_level: gauge, no labels\n"
    "        How high it stands.\n"
    "    kinds_seconds: histogram, by check\n"
    "        How long it took.\n";

struct Printed {
  int code;
  std::string output;  // with @DIR@ for the directory
  std::string errors;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

Printed printed(const PulsewatchOptions& options) {
  PulsewatchProcess program(options);
  const int code = program.finish();
  const std::string directory = program.directory().path().string();
  return {code, replaced(program.child().output(), directory, "@DIR@"), replaced(program.child().errors(), directory, "@DIR@")};
}

class ListingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListingTest);
  CPPUNIT_TEST(testChecks);
  CPPUNIT_TEST(testChecksThatAreNotWell);
  CPPUNIT_TEST(testDescribe);
  CPPUNIT_TEST(testDescribeOne);
  CPPUNIT_TEST(testDescribeShipped);
  CPPUNIT_TEST(testNoSuchPlugin);
  CPPUNIT_TEST(testNotTaken);
  CPPUNIT_TEST(testIncompleteConfiguration);
  CPPUNIT_TEST(testNoConfiguration);
  CPPUNIT_TEST(testMistakesThatPrevent);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testChecks() {
    PulsewatchOptions options = withPlugins({"kinds"},
                                            "check.one.plugin = kinds\n"
                                            "check.one.critical = no\n"
                                            "check.one.alias = ${env.SOME}\n"
                                            "check.one.words = pre-${env.SOME}\n"
                                            "check.one.web = https://user:hunter2hunter2@h/page?token=hunter2hunter2\n"
                                            "check.one.any = x://u:${env.SOME}@h\n"
                                            "check.one.grace = 2m\n"
                                            "check.one.token = hunter2hunter2\n"
                                            "check.one.share = 0.5\n");
    options.environment["SOME"] = "hunter2hunter2";
    options.environment["PULSEWATCH_SHUTDOWN_DRAIN"] = "1s";
    options.files["pulsewatch.d/a.properties"] = "\ncheck.one.interval = 1m\n";
    options.arguments = {"-D", "check.one.fall=3", "--check-config"};
    options.secrets = {"hunter2hunter2", "a default that is never shown"};
    const Printed result = printed(options);
    CPPUNIT_ASSERT_EQUAL(std::string(), result.errors);
    CPPUNIT_ASSERT_EQUAL(std::string("CHECK  PLUGIN  VERSION  INTERVAL  TIMEOUT  CRITICAL\n"
                                     "one    kinds   2.1.0    1 min     2 s      no\n"
                                     "\n"
                                     "one\n"
                                     "  plugin          kinds                              @DIR@/pulsewatch.properties:1\n"
                                     "  interval        1 min                              @DIR@/pulsewatch.d/a.properties:2\n"
                                     "  timeout         2 s                                default\n"
                                     "  fast_interval   1 s                                default\n"
                                     "  critical        no                                 @DIR@/pulsewatch.properties:2\n"
                                     "  fall            3                                  -D\n"
                                     "  rise            1                                  default\n"
                                     "  flap_window     none                               default\n"
                                     "  degraded_after  none                               default\n"
                                     "  depends_on      none                               default\n"
                                     "  scope           local                              default\n"
                                     "  alias           ***                                @DIR@/pulsewatch.properties:3\n"
                                     "  words           ***                                @DIR@/pulsewatch.properties:4\n"
                                     "  password        ***                                default\n"
                                     "  web             https://user:***@h/page?token=***  @DIR@/pulsewatch.properties:5\n"
                                     "  any             x://u:***@h                        @DIR@/pulsewatch.properties:6\n"
                                     "  count           3                                  default\n"
                                     "  share           0.5                                @DIR@/pulsewatch.properties:9\n"
                                     "  strict          no                                 default\n"
                                     "  grace           2 min                              @DIR@/pulsewatch.properties:7\n"
                                     "  mode            fast                               default\n"
                                     "  token           ***                                @DIR@/pulsewatch.properties:8\n"),
                         result.output);
    CPPUNIT_ASSERT_EQUAL(0, result.code);
  }

  void testChecksThatAreNotWell() {
    PulsewatchOptions options = withPlugins({}, "check.one.plugin = broken\n");
    options.files["plugins/broken.so"] = "\x1b[2Jno library";
    options.arguments = {"--check-config"};
    const Printed result = printed(options);
    for (const std::string part : {"one    broken  -        10 s      2 s      yes\n",
                                   "\none\n  unhealthy for as long as it is so: plugin refused: ", "\nrefused: @DIR@/plugins/broken.so: "})
      CPPUNIT_ASSERT_MESSAGE(part + " is not in\n" + result.output, result.output.find(part) != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, result.code);
  }

  void testDescribe() {
    PulsewatchOptions options = withPlugins({"kinds", "host_metric"}, "");
    options.config = "plugins.directories = @DIR@/nowhere,@DIR@/plugins\n";
    options.files["plugins/broken.so"] = "this is no library";
    options.arguments = {"--describe"};
    const Printed result = printed(options);
    CPPUNIT_ASSERT_EQUAL(std::string(), result.errors);
    CPPUNIT_ASSERT_EQUAL(0, result.code);
    const std::string& text = result.output;
    const std::string head = "Plugins in @DIR@/nowhere and @DIR@/plugins\n(plugins.directories: @DIR@/pulsewatch.properties:1)\n\n";
    CPPUNIT_ASSERT_EQUAL(head, text.substr(0, head.size()));
    const std::size_t broken = text.find("\nbroken\n  file  @DIR@/plugins/broken.so\n  refused: ");
    const std::size_t conflict = text.find("\nhost-metric 1.0.0\n  file  @DIR@/plugins/host_metric.so\n  refused: declares metric ");
    const std::size_t kinds = text.find("\n" + kinds_block);
    const std::size_t note = text.find("\nnote: plugin directory @DIR@/nowhere cannot be read: No such file or directory\n");
    CPPUNIT_ASSERT_MESSAGE(text, broken < conflict && conflict < kinds && kinds < note && note != std::string::npos);
  }

  void testDescribeOne() {
    PulsewatchOptions options = withPlugins({"kinds", "ok"}, "");
    options.arguments = {"--describe=kinds"};
    const Printed result = printed(options);
    CPPUNIT_ASSERT_EQUAL(std::string(), result.errors);
    CPPUNIT_ASSERT_EQUAL(kinds_block, result.output);
    CPPUNIT_ASSERT_EQUAL(0, result.code);
    options.arguments = {"--describe", "kinds"};
    const Printed apart = printed(options);
    CPPUNIT_ASSERT_EQUAL(std::string("command line: \"kinds\" is no option; a plugin's name goes behind a =: --describe=PLUGIN\n"),
                         apart.errors);
    CPPUNIT_ASSERT_EQUAL(78, apart.code);
  }

  // Every line fits a terminal, in the words of the plugins that are shipped.
  void testDescribeShipped() {
    PulsewatchOptions options;
    options.config = "plugins.directories = " PULSEWATCH_PLUGINS "\n";
    options.arguments = {"--describe"};
    options.logs = false;
    const Printed result = printed(options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(result.errors, 0, result.code);
    for (const std::string part : {"\nmysql " PULSEWATCH_VERSION "\n", "\nredis " PULSEWATCH_VERSION "\n",
                                   "    url: URL (mysql), required, default: the value of database.url\n", "  default check  database\n",
                                   "    probe: one of ping, get and roundtrip, default: get\n",
                                   "    django_db_query_duration_seconds: histogram, by vendor and alias\n"})
      CPPUNIT_ASSERT_MESSAGE(part + " is not in\n" + result.output, result.output.find(part) != std::string::npos);
    const std::string settings = result.output.substr(result.output.find("  settings\n"));
    for (std::size_t at = 0; at < settings.size(); at = settings.find('\n', at) + 1)
      CPPUNIT_ASSERT_MESSAGE(settings, settings.find('\n', at) - at <= 100);
  }

  void testNoSuchPlugin() {
    PulsewatchOptions options = withPlugins({"kinds", "ok"}, "");
    options.arguments = {"--describe=kind"};
    expectRefused(options, "--describe: no plugin \"kind\" was found; did you mean kinds?\n");
    options.arguments = {"--describe=memcached"};
    expectRefused(options,
                  "--describe: no plugin \"memcached\" was found (there are kinds and ok); put it into one of plugins.directories, or "
                  "correct the name\n");
    options.config = "plugins.directories = @DIR@/nowhere\n";
    expectRefused(
        options,
        "warning: plugin directory @DIR@/nowhere cannot be read: No such file or directory\n"
        "--describe: no plugin \"memcached\" was found (there is none); put it into one of plugins.directories, or correct the name\n");
  }

  void testNotTaken() {
    PulsewatchOptions options = withPlugins({"kinds", "missing_run"}, "plugin.kinds.enabled = no\n");
    options.arguments = {"--describe=kinds"};
    expectRefused(options, "@DIR@/plugins/kinds.so: disabled by plugin.kinds.enabled; add -D plugin.kinds.enabled=true to see it\n");
    options.arguments = {"--describe=missing-run"};
    expectRefused(options, "@DIR@/plugins/missing_run.so: refused: lacks the function run; its author must correct it\n");
    options.arguments = {"--describe=kinds", "-D", "plugin.kinds.enabled=true"};
    CPPUNIT_ASSERT_EQUAL(kinds_block, printed(options).output);
    options.arguments = {"--describe"};
    const Printed all = printed(options);
    CPPUNIT_ASSERT_EQUAL(0, all.code);
    CPPUNIT_ASSERT_MESSAGE(
        all.output,
        all.output.find("\nkinds\n  file      @DIR@/plugins/kinds.so\n  disabled  by plugin.kinds.enabled\n") != std::string::npos);
  }

  // No secrets yet, and mistakes that have nothing to do with plugins.
  void testIncompleteConfiguration() {
    PulsewatchOptions options =
        withPlugins({"kinds"}, "http.port = 80x\nhttp.prot = 1\nno equals\ncheck.x.plugin = none\ndatabase.url = ${nope}\n");
    options.environment = {{"DEBUG", "perhaps"}, {"SECRET_KEY_FILE", "@DIR@/nowhere"}};
    options.arguments = {"--describe=kinds"};
    const Printed result = printed(options);
    CPPUNIT_ASSERT_EQUAL(kinds_block, result.output);
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "warning: SECRET_KEY_FILE: the file it names cannot be read: No such file or directory; correct its path or its permissions\n"
            "warning: @DIR@/pulsewatch.properties:3: the line has no =; write key = value, or # before a comment\n"
            "warning: @DIR@/pulsewatch.properties:2: http.prot: unknown key; did you mean http.port?\n"),
        result.errors);
    CPPUNIT_ASSERT_EQUAL(0, result.code);
  }

  // As an author has it: no file at all, and a variable for the directory.
  void testNoConfiguration() {
    const TemporaryDirectory directory;
    directory.write("plugins/kinds.so", readFile(std::filesystem::path(PULSEWATCH_FIXTURE_PLUGINS) / "kinds.so"));
    Environment environment = plainEnvironment();
    environment["PULSEWATCH_PLUGINS_DIRECTORIES"] = (directory / "plugins").string();
    ChildProcess program({PULSEWATCH_PROGRAM, "--describe=kinds"}, environment);
    CPPUNIT_ASSERT_EQUAL(0, program.waitForExit(PulsewatchProcess::patience).value());
    CPPUNIT_ASSERT_EQUAL(kinds_block, replaced(program.output(), directory.path().string(), "@DIR@"));
  }

  void testMistakesThatPrevent() {
    PulsewatchOptions options = withPlugins({"kinds"}, "");
    options.arguments = {"--describe"};
    const std::string shown = "plugins.directories = @DIR@/plugins\n";
    const std::pair<std::string, std::string> rows[] = {
        {"plugins.directories =\n", "@DIR@/pulsewatch.properties:1: plugins.directories: is empty; write one directory or more\n"},
        {"plugins.directories = ${nope}\n",
         "@DIR@/pulsewatch.properties:1: plugins.directories: ${nope} is not defined; define it, or write $$ where a dollar sign is "
         "meant\n"},
        {shown + "plugins.owners = no-such-user\n",
         "@DIR@/pulsewatch.properties:2: plugins.owners: \"no-such-user\" is no user of this machine; write a user's name or number\n"},
        {shown + "plugin.kinds.enabled = maybe\n",
         "@DIR@/pulsewatch.properties:2: plugin.kinds.enabled: \"maybe\" is not true or false; write true or false\n"},
    };
    for (const auto& [config, mistake] : rows) {
      options.config = config;
      expectRefused(options, mistake);
    }
    // Others are told too, as then nothing is known of what is there.
    options.config = "nonsense\nplugins.directories = ,\n";
    expectRefused(options,
                  "@DIR@/pulsewatch.properties:1: the line has no =; write key = value, or # before a comment\n"
                  "@DIR@/pulsewatch.properties:2: plugins.directories: \",\" is not a list without empty entries; write directories with "
                  "commas between them\n");
    options.config_name = "nowhere.properties";
    expectRefused(options, "@DIR@/nowhere.properties: cannot be read: No such file or directory; correct its path or its permissions\n");
    options.config_name = "pulsewatch.properties";
    options.config = shown;
    options.environment["PULSEWATCH_PLUGINS_OWNERS_FILE"] = "@DIR@/nowhere";
    expectRefused(options,
                  "PULSEWATCH_PLUGINS_OWNERS_FILE: the file it names cannot be read: No such file or directory; correct its path or its "
                  "permissions\n");
    options.environment.erase("PULSEWATCH_PLUGINS_OWNERS_FILE");
    options.files["pulsewatch.d/a.properties/b"] = "";
    expectRefused(options, "@DIR@/pulsewatch.d/a.properties: cannot be read: Is a directory; correct its path or its permissions\n");
  }

 private:
  // The fixtures, and nothing else that the program needs but them.
  static PulsewatchOptions withPlugins(const std::vector<std::string>& fixtures, const std::string& config) {
    PulsewatchOptions options = fixtureOptions(fixtures, "");
    options.config = config;
    if (config.find("plugins.directories") == std::string::npos) options.config += "plugins.directories = @DIR@/plugins\n";
    options.logs = false;
    return options;
  }

  static void expectRefused(const PulsewatchOptions& options, const std::string& errors) {
    const Printed result = printed(options);
    CPPUNIT_ASSERT_EQUAL(errors, result.errors);
    CPPUNIT_ASSERT_EQUAL(std::string(), result.output);
    CPPUNIT_ASSERT_EQUAL(78, result.code);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListingTest);

}  // namespace
}  // namespace pulsewatch::testing
