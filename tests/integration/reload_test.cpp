// Reloads of the configuration: what has changed is brought to work, what hasn't is not touched, and after a mistake everything stays.
#include "integration/plugin_place.h"
#include "integration/reloads.h"
#include "integration/services.h"
#include "support/private_server.h"
#include "support/wait.h"

#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>

namespace pulsewatch::testing {
namespace {

const std::string base = "http.port = 0\nstate.directory = @DIR@/state\nshutdown.drain = 0s\nplugins.directories = @DIR@/plugins\n";

class ReloadTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReloadTest);
  CPPUNIT_TEST(testUnchangedKeepsAll);
  CPPUNIT_TEST(testHostsPartOfACheck);
  CPPUNIT_TEST(testRemovedTakesItsSeries);
  CPPUNIT_TEST(testVerdictDoesNotFlap);
  CPPUNIT_TEST(testRefused);
  CPPUNIT_TEST(testRotatedSecret);
  CPPUNIT_TEST(testDaemon);
  CPPUNIT_TEST(testIsolation);
  CPPUNIT_TEST(testLimitsThatDoNot);
  CPPUNIT_TEST(testPlugins);
  CPPUNIT_TEST(testNewVersionThatDoesNotFit);
  CPPUNIT_TEST(testInStopAndInStart);
  CPPUNIT_TEST(testStopDuringAReload);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Its connection, its counters, since when it is what it is.
  void testUnchangedKeepsAll() {
    const PulsewatchOptions options = serviceOptions("plugin.mysql.enabled = false\n");
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", healthyRuns("redis"), [](double runs) { return runs >= 3; }));
    const std::string since = sinceOf(daemon, "redis");
    const std::string connections = redisConnections();
    double runs = daemon.metrics().value("pulsewatch_health_check_runs_total", healthyRuns("redis"));
    CPPUNIT_ASSERT_EQUAL(std::string("the configuration was read again: nothing has changed"),
                         reloads.take(options.config).text("message"));
    const JsonLine line = reloads.take(options.config + "log.access = all\n" + checkConfig("more", "redis", {"interval = 250ms"}));
    CPPUNIT_ASSERT_EQUAL(std::string("more"), line.text("checks_added"));
    CPPUNIT_ASSERT_EQUAL(std::string("check.more.interval, check.more.plugin, log.access"), line.text("keys"));
    CPPUNIT_ASSERT(!line.has("checks_changed") && !line.has("checks_removed"));
    CPPUNIT_ASSERT_EQUAL(since, sinceOf(daemon, "redis"));
    CPPUNIT_ASSERT(daemon.metrics().value("pulsewatch_health_check_runs_total", healthyRuns("redis")) >= runs);
    runs = daemon.metrics().value("pulsewatch_health_check_runs_total", healthyRuns("redis"));
    CPPUNIT_ASSERT(
        daemon.waitForMetric("pulsewatch_health_check_runs_total", healthyRuns("redis"), [&](double now) { return now > runs; }));
    CPPUNIT_ASSERT_MESSAGE("the check's connection is another", redisConnections().find(connections) == 0);
    CPPUNIT_ASSERT_EQUAL(
        0.0, daemon.metrics().value("pulsewatch_health_check_transitions_total", {{"check_name", "redis"}, {"to", "unhealthy"}}));
    daemon.stop();
  }

  // fall, critical and interval concern the host alone: the plugin's check stays.
  void testHostsPartOfACheck() {
    const PulsewatchOptions options = serviceOptions("plugin.mysql.enabled = false\n");
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    const std::string connections = redisConnections();
    const JsonLine line = reloads.take(options.config + "check.redis.critical = false\ncheck.redis.fall = 3\n");
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), line.text("checks_changed"));
    waitForReady(daemon, 503);  // no critical check is left
    CPPUNIT_ASSERT_EQUAL(connections, redisConnections());
    reloads.take(options.config);
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(connections, redisConnections());
    reloads.take(options.config + "check.redis.probe = ping\n");  // the plugin's own: made anew, and run at once
    CPPUNIT_ASSERT(waitFor([&] { return redisConnections() != connections; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

  void testRemovedTakesItsSeries() {
    PulsewatchOptions options = fixtureOptions({"ok"}, "");
    options.config =
        base + checkConfig("steady", "ok", {"interval = 50ms"}) + checkConfig("second", "ok", {"interval = 1h", "message = first"});
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    waitForCheck(daemon, "second", "healthy", "first");
    Reloads reloads(daemon);
    // The next turn is an hour away: a changed check runs at once, and so does one with a shorter interval.
    reloads.take(base + checkConfig("steady", "ok", {"interval = 50ms"}) +
                 checkConfig("second", "ok", {"interval = 1h", "message = second"}));
    waitForCheck(daemon, "second", "healthy", "second");
    const Labels runs = healthyRuns("second");
    CPPUNIT_ASSERT_EQUAL(2.0, daemon.metrics().value("pulsewatch_health_check_runs_total", runs));
    CPPUNIT_ASSERT_EQUAL(2.0, daemon.metrics().value("ok_runs_total", {{"check", "second"}}));
    reloads.take(base + checkConfig("steady", "ok", {"interval = 50ms"}) +
                 checkConfig("second", "ok", {"interval = 50ms", "message = second"}));
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", runs, [](double count) { return count >= 5; }));
    const JsonLine line =
        reloads.take(base + checkConfig("steady", "ok", {"interval = 50ms"}) + checkConfig("renamed", "ok", {"interval = 50ms"}));
    CPPUNIT_ASSERT_EQUAL(std::string("second"), line.text("checks_removed"));
    CPPUNIT_ASSERT_EQUAL(std::string("renamed"), line.text("checks_added"));
    waitUntilGone(daemon, "second", "no-plugin-of-this-name");
    CPPUNIT_ASSERT_EQUAL(404, daemon.get("/ready/second").status);
    daemon.stop();
  }

  // A check that is added votes from its first result on, one that is changed keeps its vote until its next one, and one in the place of
  // another is there before that goes.
  void testVerdictDoesNotFlap() {
    PulsewatchOptions options = fixtureOptions({"ok"}, "");
    const std::string steady = checkConfig("steady", "ok", {"interval = 100ms"});
    options.config = base + steady;
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    ReadyPoll poll(daemon);
    for (int i = 0; i < 10; ++i) {
      const std::string number = std::to_string(i);
      reloads.take(base + steady + checkConfig("added" + number, "ok", {"interval = 1h"}));
      reloads.take(base + checkConfig("alone" + number, "ok", {"interval = 1h"}));
      reloads.take(base + checkConfig("alone" + number, "ok", {"interval = 1h", "message = " + number}));
      reloads.take(base + checkConfig("alone" + number, "ok", {"critical = false"}) + steady);
      reloads.take(base + checkConfig("alone" + number, "ok") + steady + "check.steady.critical = false\n");
      reloads.take(base + steady);
    }
    poll.finish();
    // One that fails votes, too, from the moment that the reload is over.
    reloads.take(base + steady + checkConfig("bad", "ok", {"status = unhealthy", "interval = 1h"}));
    waitForReady(daemon, 503);
    CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), textOf(daemon.check("bad"), "status"));
    reloads.take(base + steady);
    waitForReady(daemon, 200);
    daemon.stop();
  }

  void testRefused() {
    PulsewatchOptions options = fixtureOptions({"ok"}, "");
    options.config = base + checkConfig("steady", "ok", {"interval = 100ms"});
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    const double start = daemon.metrics().value("pulsewatch_config_last_reload_success_timestamp_seconds");
    CPPUNIT_ASSERT_EQUAL(1.0, daemon.metrics().value("pulsewatch_config_last_reload_successful"));
    ReadyPoll poll(daemon);
    const std::vector<std::string> mistakes = reloads.refuse(
        base + "http.prot = 1\nlog.level = LOUD\n" + checkConfig("steady", "ok", {"status = unhealthy"}) + checkConfig("x", "absent"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, mistakes.size());
    CPPUNIT_ASSERT_MESSAGE(mistakes[0], mistakes[0].find(":5: http.prot: unknown key; did you mean http.port?") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_config_last_reload_successful"));
    CPPUNIT_ASSERT_EQUAL(start, daemon.metrics().value("pulsewatch_config_last_reload_success_timestamp_seconds"));
    // A file that is gone, as well.
    std::filesystem::remove(daemon.directory() / "pulsewatch.properties");
    CPPUNIT_ASSERT_EQUAL(std::string("ERROR"), reloads.reload().text("level"));
    poll.finish();
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), textOf(daemon.check("steady"), "message"));
    reloads.take(options.config);
    CPPUNIT_ASSERT_EQUAL(1.0, daemon.metrics().value("pulsewatch_config_last_reload_successful"));
    CPPUNIT_ASSERT(daemon.metrics().value("pulsewatch_config_last_reload_success_timestamp_seconds") >= start);
    daemon.stop();
  }

  void testRotatedSecret() {
    const std::string user = "rotated";
    redis().command({"ACL", "SETUSER", user, "on", ">first-password-of-it", "~*", "+@all"});
    PulsewatchOptions options = serviceOptions("plugin.mysql.enabled = false\n");
    options.environment.erase("REDIS_URL");
    options.environment["REDIS_URL_FILE"] = "@DIR@/redis-url";
    options.files["redis-url"] = redis().url(user, "first-password-of-it") + "\n";
    options.secrets = {"first-password-of-it", "second-password-of-it"};
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "redis", "healthy");
    Reloads reloads(daemon);
    redis().command({"ACL", "SETUSER", user, "resetpass", ">second-password-of-it"});
    redis().command({"CLIENT", "KILL", "USER", user});
    waitForCheck(daemon, "redis", "unhealthy");
    reloads.write(redis().url(user, "second-password-of-it") + "\n", "redis-url");
    const JsonLine line = reloads.reload();
    CPPUNIT_ASSERT_EQUAL(std::string("redis.url"), line.text("keys"));
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), line.text("checks_changed"));
    waitForCheck(daemon, "redis", "healthy");
    std::filesystem::remove(daemon.directory() / "redis-url");
    CPPUNIT_ASSERT_EQUAL(std::string("ERROR"), reloads.reload().text("level"));
    CPPUNIT_ASSERT(linesOfEvent(reloads.news(), "config_mistake").at(0).text("message").find("REDIS_URL_FILE: the file it names") == 0);
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), textOf(daemon.check("redis"), "status"));
    daemon.stop();
  }

  // --daemon changes to /: relative paths mean what they meant at the start, for reloads and for the plugins that are watched.
  void testDaemon() {
    PluginPlace place{{"ok.so", "ok"}};
    const std::string port = std::to_string(freePort());
    const std::string config = "http.port = " + port +
                               "\nstate.directory = state\nshutdown.drain = 0s\nplugins.directories = plugins\nlog.file = log\n" +
                               checkConfig("steady", "ok", {"interval = 100ms"});
    PulsewatchOptions options;
    options.config = config;
    options.environment = requiredEnvironment();
    options.arguments = {"--daemon", "--pidfile=@DIR@/pid"};
    options.child.working_directory = place.path();
    options.logs = false;
    PulsewatchProcess starter(options);
    CPPUNIT_ASSERT_EQUAL(0, starter.finish());
    const HttpClient client(static_cast<std::uint16_t>(std::stoi(port)));
    const auto says = [&](const std::string& words) {
      return waitFor(
          [&] {
            try {
              return client.get("/ready").body.find(words) != std::string::npos;
            } catch (const Poco::Exception&) {
              return false;
            }
          },
          PulsewatchProcess::patience);
    };
    const bool started = says("\"fine\"");
    const pid_t daemon = std::stoi(readFile(starter.directory() / "pid"));
    Reloads(starter).write(config + "check.steady.message = again\n");
    ::kill(daemon, SIGHUP);
    const bool again = says("\"again\"");
    // The watcher has looked meanwhile, too: the plugin is still there.
    place.sh("install -m 644 $F/versioned_1.so plugins/versioned.so");
    const bool watched = says("version 1.0.0");
    const std::string log = readFile(place.path() / "log");
    ::kill(daemon, SIGTERM);
    const std::string program = "/proc/" + std::to_string(daemon) + "/exe";
    CPPUNIT_ASSERT(waitFor([&] { return !std::filesystem::exists(program); }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT(started && again && watched);
    CPPUNIT_ASSERT_MESSAGE(log,
                           log.find("is gone") == std::string::npos && log.find("the configuration was read again") != std::string::npos);
  }

  void testIsolation() {
    PulsewatchOptions options = fixtureOptions({"ok"}, "");
    const std::string steady = base + checkConfig("steady", "ok", {"interval = 50ms"});
    options.config = steady;
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    ReadyPoll poll(daemon);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, workersOf(daemon));
    reloads.take(steady + "plugin.ok.isolation = host\n");
    CPPUNIT_ASSERT(waitFor([&] { return workersOf(daemon) == 0; }, PulsewatchProcess::patience));
    waitForRunsToAgree(daemon, "steady");
    reloads.take(steady + "plugins.isolation = process\n");
    CPPUNIT_ASSERT(waitFor([&] { return workersOf(daemon) == 1; }, PulsewatchProcess::patience));
    reloads.take(steady + "plugin.ok.memory_max = 300MiB\n");
    waitForRunsToAgree(daemon, "steady");
    poll.finish();
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().sum("pulsewatch_worker_restarts_total"));
    daemon.stop();
  }

  // A plugin that crashes with what is said of it now is a mistake. That one hangs, as it did before, is none.
  void testLimitsThatDoNot() {
    PulsewatchOptions options = fixtureOptions({"sinner", "hang"}, "");
    const std::string config = base + checkConfig("fragile", "sinner", {"sin = segfault", "while = @DIR@/broken", "interval = 1h"}) +
                               checkConfig("hung", "hang", {"interval = 200ms", "timeout = 100ms", "critical = false"});
    options.config = config + "plugin.hang.kill_after = 100ms\n";
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    waitForCheck(daemon, "hung", "unhealthy", "timed out");
    Reloads reloads(daemon);
    reloads.write("", "broken");
    const std::vector<std::string> mistakes = reloads.refuse(options.config + "plugin.sinner.memory_max = 512MiB\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes.size());
    CPPUNIT_ASSERT_MESSAGE(mistakes[0],
                           mistakes[0].find("plugin.sinner: cannot go on with what is said of it now: its check fragile: ") == 0);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    std::filesystem::remove(daemon.directory() / "broken");
    reloads.take(options.config + "plugin.sinner.memory_max = 512MiB\n");
    reloads.take(config + "plugin.hang.kill_after = 300ms\n");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

  // Directories, plugins that are switched off and on, and files that came with the configuration.
  void testPlugins() {
    const PluginPlace place{{"ok.so", "ok"}};
    place.sh("mkdir more; install -m 644 $F/versioned_1.so more/versioned.so");
    PulsewatchOptions options = place.options(checkConfig("steady", "ok"));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    const std::string both = place.options(checkConfig("steady", "ok"), {"plugins", "more"}).config;
    ReadyPoll poll(daemon);
    CPPUNIT_ASSERT_EQUAL(std::string("versioned"), reloads.take(both).text("checks_added"));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    place.sh("install -m 644 $F/versioned_2.so new && mv new more/versioned.so");  // the new directory is watched
    waitForCheck(daemon, "versioned", "healthy", "version 2.0.0");
    reloads.take(both + "plugin.versioned.enabled = false\n");
    waitForPlugin(daemon, "versioned", "", "disabled");
    reloads.take(both);
    waitForCheck(daemon, "versioned", "healthy", "version 2.0.0");
    reloads.take(both + "plugins.watch = false\n");
    // A plugin and the check of it, at the same moment.
    place.sh("install -m 644 $F/throws.so plugins/throws.so");
    const JsonLine line = reloads.take(both + "plugins.watch = false\n" + checkConfig("added", "throws", {"critical = false"}));
    CPPUNIT_ASSERT_EQUAL(std::string("added"), line.text("checks_added"));
    reloads.take(options.config);
    poll.finish();
    waitUntilGone(daemon, "versioned", "versioned");
    const std::vector<std::string> mistakes = reloads.refuse(options.config + "plugins.owners = no-such-user\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes.size());
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

  // A new version of a plugin that doesn't go with the configuration is refused, the configuration isn't; with the key it needs it is
  // taken.
  void testNewVersionThatDoesNotFit() {
    const PluginPlace place{{"versioned.so", "versioned_1"}};
    const PulsewatchOptions options = place.options(checkConfig("versioned", "versioned"));
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    Reloads reloads(daemon);
    place.sh("install -m 644 $F/versioned_needs_setting.so new && mv new plugins/versioned.so");
    reloads.take(options.config + "log.access = all\n");
    CPPUNIT_ASSERT_EQUAL(std::string("version 1.0.0"), textOf(daemon.check("versioned"), "message"));
    CPPUNIT_ASSERT(!linesOfEvent(daemon.log(), "plugin_refused").empty());
    reloads.take(options.config + "check.versioned.needed = words\n");
    waitForCheck(daemon, "versioned", "healthy", "version 3.0.0");
    daemon.stop();
  }

  void testInStopAndInStart() {
    for (int i = 0; i < 5; ++i) {
      PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
      const std::string usual = "shutdown.drain = 0s";
      options.config.replace(options.config.find(usual), usual.size(), "shutdown.drain = 300ms");
      PulsewatchProcess daemon(options);
      waitUntilSignalsAreHeld(daemon);
      for (int n = 0; n < 20; ++n) daemon.child().signal(SIGHUP);
      CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "config_reload"; }));
      daemon.child().signal(SIGTERM);
      for (int n = 0; n < 20; ++n) daemon.child().signal(SIGHUP);
      CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
      CPPUNIT_ASSERT_EQUAL(std::string("stopped"), daemon.log().back().text("event"));
    }
  }

  // A new check that doesn't answer holds up neither the verdict nor a stop.
  void testStopDuringAReload() {
    PulsewatchOptions options = fixtureOptions({"ok", "hang"}, "");
    options.config = base + checkConfig("steady", "ok", {"interval = 100ms"});
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const Reloads reloads(daemon);
    reloads.write(options.config + checkConfig("hung", "hang", {"timeout = 1h"}));
    daemon.child().signal(SIGHUP);
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", healthyRuns("hung"), [](double runs) { return runs == 0; }));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    const auto begin = std::chrono::steady_clock::now();
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5 * slowness));
  }

 private:
  static Labels healthyRuns(const std::string& check) { return {{"check_name", check}, {"outcome", "healthy"}}; }

  static std::string sinceOf(PulsewatchProcess& daemon, const std::string& check) {
    return textOf(parseJsonObject(daemon.get("/ready/" + check + "?verbose").body), "since");
  }

  // The ids of the connections that the user of the checks has.
  static std::string redisConnections() {
    const std::string list = redis().command({"CLIENT", "LIST"});
    std::vector<int> ids;
    for (std::size_t line = 0; line < list.size();
         line = list.find('\n', line) == std::string::npos ? list.size() : list.find('\n', line) + 1) {
      const std::string client = list.substr(line, list.find('\n', line) - line);
      if (client.find(" user=" + redis_user + " ") != std::string::npos) ids.push_back(std::stoi(client.substr(client.find("id=") + 3)));
    }
    std::sort(ids.begin(), ids.end());
    std::string text;
    for (const int id : ids) text += std::to_string(id) + " ";
    return text;
  }

  // Each run's result is counted once: what the plugin counts is what the host counts.
  static void waitForRunsToAgree(PulsewatchProcess& daemon, const std::string& check) {
    CPPUNIT_ASSERT(waitFor(
        [&] {
          const MetricsText metrics = daemon.metrics();
          return metrics.value("ok_runs_total", {{"check", check}}) ==
                 metrics.value("pulsewatch_health_check_runs_total", healthyRuns(check));
        },
        PulsewatchProcess::patience));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReloadTest);

}  // namespace
}  // namespace pulsewatch::testing
