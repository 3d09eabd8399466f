// Every command of pulsewatchctl against the real daemon, what it says and how it ends, but for mute and probe, which have suites of their
// own.
#include "integration/control.h"

#include "integration/processes.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace pulsewatch::testing {
namespace {

const std::string kSteady = checkConfig("steady", "ok", {"interval = 1h"});
const std::string kBroken = checkConfig("broken", "ok", {"status = unhealthy", "interval = 1h"});

class ControlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ControlTest);
  CPPUNIT_TEST(testHelp);
  CPPUNIT_TEST(testWrongUsage);
  CPPUNIT_TEST(testNoDaemon);
  CPPUNIT_TEST(testStatus);
  CPPUNIT_TEST(testJson);
  CPPUNIT_TEST(testExplain);
  CPPUNIT_TEST(testRun);
  CPPUNIT_TEST(testRunOfAHangingCheck);
  CPPUNIT_TEST(testRunsAtOnce);
  CPPUNIT_TEST(testDrain);
  CPPUNIT_TEST(testNoUndrainOfTheEnd);
  CPPUNIT_TEST(testPlugins);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testHelp() {
    for (const char* option : {"--help", "-h"}) {
      const Told help = runControl({option});
      for (const char* word : {"status",
                               "explain",
                               "run CHECK",
                               "drain",
                               "undrain",
                               "mute CHECK --for TIME [--reason TEXT]",
                               "unmute CHECK",
                               "mutes",
                               "plugins",
                               "reload",
                               "probe [URL]",
                               "--timeout",
                               "--container",
                               "--socket=PATH",
                               "PULSEWATCH_CONTROL_SOCKET",
                               "/run/pulsewatch/control.sock",
                               "--json",
                               "--help",
                               "--version",
                               "Exit codes"})
        expectTold(help, 0, word);
    }
    expectTold(runControl({"--version"}), 0, "pulsewatchctl " PULSEWATCH_VERSION "\n");
    expectTold(runControl({"mute", "--help"}), 0, "usage: pulsewatchctl");
  }

  void testWrongUsage() {
    const std::pair<std::vector<std::string>, std::string> rows[] = {
        {{}, "there is no command; one of: status, explain"},
        {{"statsu"}, "\"statsu\" is no command; did you mean status?"},
        {{"reboot-everything"}, "\"reboot-everything\" is no command"},
        {{"--statsu"}, "\"--statsu\" is no option"},
        {{"status", "-x"}, "\"-x\" is no option"},
        {{"status", "redis"}, "status takes no \"redis\""},
        {{"run"}, "run needs the name of a check"},
        {{"run", "a", "b"}, "run takes no \"b\""},
        {{"unmute"}, "unmute needs the name of a check"},
        {{"mute", "--for", "3m"}, "mute needs the name of a check"},
        {{"mute", "a"}, "mute needs --for"},
        {{"mute", "a", "--for"}, "--for needs a value"},
        {{"mute", "a", "--for", "30"}, "--for: \"30\" is not a duration above zero; write e.g. 30s, 30m or 2h"},
        {{"mute", "a", "--for", "0s"}, "--for: \"0s\" is not a duration above zero"},
        {{"mute", "a", "--for", "-3m"}, "--for: \"-3m\" is not a duration above zero"},
        {{"mute", "a", "--for=3m", "--timeout=1s"}, "mute has no option --timeout"},
        {{"drain", "--for", "3m"}, "drain has no option --for"},
        {{"probe", "--json"}, "probe has no option --json"},
        {{"probe", "--timeout", "soon"}, "--timeout: \"soon\" is not a duration above zero"},
        {{"probe", "ready"}, "probe: \"ready\" is no URL as http://127.0.0.1:8080/ready"},
        {{"probe", "https://localhost/ready"}, "probe: \"https://localhost/ready\" is https, which this version does not speak"}};
    for (const auto& [arguments, sentence] : rows) {
      const Told told = runControl(arguments);
      expectTold(told, 2, "pulsewatchctl: " + sentence);
      expectTold(told, 2, "; --help tells more\n");
      CPPUNIT_ASSERT_EQUAL(std::string(), told.output);
    }
  }

  void testNoDaemon() {
    const TemporaryDirectory directory;
    const std::string path = directory / "control.sock";
    for (const char* command : {"status", "explain", "drain", "undrain", "mutes", "plugins", "reload"})
      expectTold(
          runControl({command, "--socket=" + path}), 2,
          "pulsewatchctl: there is no pulsewatchd at " + path + "; --socket names another, as control.socket in its configuration\n");
    expectTold(runControl({"run", "a", "--socket", path}), 2, "there is no pulsewatchd at " + path);
    expectTold(runControl({"status"}, {{"PULSEWATCH_CONTROL_SOCKET", path}}), 2, "there is no pulsewatchd at " + path);
    expectTold(runControl({"status", "--socket=" + path}, {{"PULSEWATCH_CONTROL_SOCKET", "/elsewhere"}}), 2, path);
    directory.write("control.sock", "no socket");
    expectTold(runControl({"status", "--socket=" + path}), 2, "no pulsewatchd listens at " + path + " any more");
    expectTold(runControl({"status", "--socket=/" + std::string(107, 's')}), 2, "is a path of 108 bytes where a socket's may have 107");
  }

  void testStatus() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady + kBroken + checkConfig("minor", "ok", {"critical = false"})));
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    waitForCheck(daemon, "steady", "healthy");
    waitForCheck(daemon, "minor", "healthy");
    const Told told = tell(daemon, {"status"});
    expectTold(told, 0, "not ready\n  broken: fine\npulsewatchd " PULSEWATCH_VERSION ", up for ");
    for (const char* line : {"CHECK   STATUS     VOTES    SINCE ", "\nbroken  unhealthy  against  20", "\nsteady  healthy    yes      20",
                             "\nminor   healthy    no       20", " ms  fine\n"})
      expectTold(told, 0, line);
    CPPUNIT_ASSERT(told.output.find("drained") == std::string::npos && told.output.find("muted") == std::string::npos);
    expectTold(tell(daemon, {"mutes"}), 0, "no check is muted\n");
    daemon.stop();
  }

  void testJson() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady));
    waitForReady(daemon, 200);
    for (const char* command : {"status", "mutes", "explain", "plugins", "drain", "undrain"}) {
      const Told told = tell(daemon, {command, "--json"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(told.errors, 0, told.code);
      CPPUNIT_ASSERT_EQUAL_MESSAGE("one line", told.output.size() - 1, told.output.find('\n'));
      const Poco::JSON::Object::Ptr answer = parseJsonObject(told.output);
      CPPUNIT_ASSERT(answer->getValue<bool>("ok"));
      CPPUNIT_ASSERT_EQUAL(std::string(PULSEWATCH_VERSION), textOf(answer, "version"));
    }
    const Told refused = tell(daemon, {"run", "nothing", "--json"});
    CPPUNIT_ASSERT_EQUAL(1, refused.code);
    CPPUNIT_ASSERT(!parseJsonObject(refused.output)->getValue<bool>("ok"));
    daemon.stop();
  }

  void testExplain() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady + kBroken));
    waitForCheck(daemon, "steady", "healthy");
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    const Told told = tell(daemon, {"explain"});
    for (const char* sentence :
         {"not ready: 1 of 2 votes is against it\n", "broken is unhealthy since ", ": fine", "steady is healthy since ", "; votes ready"})
      expectTold(told, 0, sentence);
    daemon.stop();
  }

  void testRun() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady + kBroken));
    waitForCheck(daemon, "steady", "healthy");
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("an hour between", 1.0, runsOf(daemon, "steady"));
    for (int i = 2; i < 5; ++i) {
      expectTold(tell(daemon, {"run", "steady"}), 0, "steady: healthy after ");
      CPPUNIT_ASSERT_EQUAL(static_cast<double>(i), runsOf(daemon, "steady"));
    }
    const Told failed = tell(daemon, {"run", "broken"});
    CPPUNIT_ASSERT_EQUAL(1, failed.code);
    CPPUNIT_ASSERT_MESSAGE(failed.output, failed.output.find("broken: unhealthy after ") == 0);
    expectTold(tell(daemon, {"run", "stedy"}), 1, "pulsewatchctl: there is no check \"stedy\"; did you mean steady?\n");
    expectTold(tell(daemon, {"run", "\x1b[31m"}), 1, "there is no check \"\\x1b[31m\"");
    CPPUNIT_ASSERT_EQUAL(std::to_string(::getuid()), waitForEvents(daemon, "run_asked", 4)[0].text("user_id"));
    std::filesystem::remove(daemon.directory() / "plugins/ok.so");
    waitForCheck(daemon, "steady", "unhealthy", "is gone");
    expectTold(tell(daemon, {"run", "steady"}), 1, "check steady cannot run: plugin ok is gone");
    daemon.stop();
  }

  // Its first run is under way when it is asked: that one's result is waited for, and there is none to be had while it can't be ended.
  void testRunOfAHangingCheck() {
    PulsewatchProcess daemon(
        controlOptions({"hang"}, checkConfig("hung", "hang", {"interval = 1h", "timeout = 5s"}) + "plugin.hang.kill_after = 1h\n"));
    daemon.port();
    const Told told = tell(daemon, {"run", "hung"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(told.errors, 1, told.code);
    CPPUNIT_ASSERT_EQUAL(std::string("hung is running already; waiting for that run's end\n"), told.errors);
    CPPUNIT_ASSERT_EQUAL(std::string("hung: timeout after 5000 ms: timed out after 5 s\n"), told.output);
    CPPUNIT_ASSERT_EQUAL(1.0,
                         daemon.metrics().value("pulsewatch_health_check_runs_total", {{"check_name", "hung"}, {"outcome", "timeout"}}));
    expectTold(tell(daemon, {"run", "hung"}), 1, "check hung hangs: its run was given up but has not ended, and no other begins before");
    expectTold(tell(daemon, {"status"}), 0, "hung   unhealthy");
    daemon.stop();
  }

  // Each gets the result of a run of his own time.
  void testRunsAtOnce() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady));
    waitForCheck(daemon, "steady", "healthy");
    std::vector<std::thread> operators;
    std::vector<Told> told(8);
    for (Told& each : told) operators.emplace_back([&daemon, &each] { each = tell(daemon, {"run", "steady"}); });
    for (std::thread& each : operators) each.join();
    for (const Told& each : told) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(each.errors, 0, each.code);
      CPPUNIT_ASSERT_MESSAGE(each.output, each.output.find("steady: healthy after ") == 0);
    }
    daemon.stop();
  }

  void testDrain() {
    PulsewatchProcess daemon(controlOptions({"ok"}, checkConfig("steady", "ok", {"interval = 100ms"})));
    waitForReady(daemon, 200);
    for (int i = 0; i < 2; ++i) {  // the second time changes nothing
      expectTold(tell(daemon, {"drain"}), 0, "drained: not ready from now on, until pulsewatchctl undrain or a restart of the daemon\n");
      CPPUNIT_ASSERT_EQUAL_MESSAGE("at once", 503, daemon.get("/ready").status);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), textOf(daemon.ready(), "status"));
    const HttpResponse verbose = daemon.get("/ready?verbose");
    CPPUNIT_ASSERT_MESSAGE(verbose.body, verbose.body.find(R"("reasons":["drained by operator"])") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready?exclude=steady").status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the check itself is fine", 200, daemon.get("/ready/steady").status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_ready", {}));
    const double runs = runsOf(daemon, "steady");
    CPPUNIT_ASSERT_MESSAGE("checks run on", waitFor([&] { return runsOf(daemon, "steady") > runs + 2; }, PulsewatchProcess::patience));
    expectTold(tell(daemon, {"status"}), 0, "not ready\n  drained by operator\n");
    expectTold(tell(daemon, {"status"}), 0, "\ndrained: pulsewatchctl undrain ends it\n");
    expectTold(tell(daemon, {"explain"}), 0, "drained by operator");

    for (int i = 0; i < 2; ++i) {
      expectTold(tell(daemon, {"undrain"}), 0, "no longer drained: ready as far as its checks are\n");
      CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    }
    for (const char* event : {"drain", "undrain"})
      CPPUNIT_ASSERT_EQUAL(std::to_string(::getuid()), waitForEvents(daemon, event, 2)[0].text("user_id"));
    daemon.stop();
  }

  void testNoUndrainOfTheEnd() {
    PulsewatchOptions options = controlOptions({"ok"}, kSteady);
    options.arguments = {"-D", "shutdown.drain=1h"};
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    daemon.child().signal(SIGTERM);
    waitForReady(daemon, 503);
    expectTold(tell(daemon, {"undrain"}), 1, "pulsewatchctl: pulsewatchd is stopping, and not ready because of that\n");
    expectTold(tell(daemon, {"drain"}), 1, "pulsewatchd is stopping");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    expectTold(tell(daemon, {"status"}), 0, "not ready\n  shutting down\n");
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT(!std::filesystem::exists(daemon.directory() / "control.sock"));
  }

  void testPlugins() {
    PulsewatchProcess daemon(controlOptions({"ok", "hang", "newer_minor"}, kSteady + "plugin.hang.enabled = false\n"));
    waitForReady(daemon, 200);
    const pid_t worker = workerOf(daemon, "ok");
    const std::string place = (daemon.directory() / "plugins").string();
    const Told told = tell(daemon, {"plugins"});
    expectTold(told, 0, "PLUGIN       VERSION  STATE     WORKER");
    for (const std::string& words : {"\nok           1.0.0    loaded    " + std::to_string(worker) + "  ",
                                     std::string("\nhang         -        disabled  -"), std::string("\nnewer_minor  -        refused   -"),
                                     place + "/ok.so\n", "\nrefused:\n" + place + "/newer_minor.so: needs plugin ABI"})
      expectTold(told, 0, words);
    ::kill(worker, SIGKILL);
    CPPUNIT_ASSERT(waitFor(
        [&] {
          const auto plugins = parseJsonObject(tell(daemon, {"plugins", "--json"}).output)->getArray("plugins");
          for (std::size_t i = 0; i < plugins->size(); ++i) {
            const auto plugin = plugins->getObject(static_cast<unsigned>(i));
            if (textOf(plugin, "name") != "ok") continue;
            const auto pids = plugin->getArray("workers");
            return plugin->getValue<int>("restarts") == 1 && pids->size() == 1 && pids->getElement<pid_t>(0) != worker;
          }
          return false;
        },
        PulsewatchProcess::patience));
    daemon.stop();
  }

 private:
  static double runsOf(PulsewatchProcess& daemon, const std::string& check) {
    return daemon.metrics().value("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", "healthy"}});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ControlTest);

}  // namespace
}  // namespace pulsewatch::testing
