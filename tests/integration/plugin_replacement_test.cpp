// A new version of a plugin takes over only when it works: until then, and if it can't, the old one goes on, and no run is lost or counted
// twice.
#include "integration/plugin_place.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {
namespace {

bool isRun(const JsonLine& line) {
  return (line.text("event") == "health_check" || line.text("event") == "health_check_failure") && line.has("outcome") &&
         line.text("check") == "versioned";
}

class PluginReplacementTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginReplacementTest);
  CPPUNIT_TEST(testWorkers);
  CPPUNIT_TEST(testInsideTheHost);
  CPPUNIT_TEST(testConfiguredCheck);
  CPPUNIT_TEST(testDefaultCheck);
  CPPUNIT_TEST(testOtherPluginGoes);
  CPPUNIT_TEST(testCheckConfig);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testWorkers() { expectVerified("process"); }
  void testInsideTheHost() { expectVerified("host"); }

  // A setting without a value is a mistake of the configuration when the check stands there by name.
  void testConfiguredCheck() {
    const PluginPlace place{{"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options(checkConfig("mine", "versioned", {"interval = 100ms"})));
    waitForCheck(daemon, "mine", "healthy", "version 1.0.0");
    ReadyPoll poll(daemon);
    place.sh("cp $F/versioned_needs_setting.so plugins/versioned.so");
    expectRefused(daemon, "3.0.0", "check.mine.needed");
    place.sh("cp $F/versioned_2.so plugins/versioned.so");
    waitForCheck(daemon, "mine", "healthy", "version 2.0.0");
    poll.finish();
    daemon.stop();
  }

  // And when nobody asked for the check, the plugin would just have none any more.
  void testDefaultCheck() {
    const PluginPlace place{{"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options());
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    ReadyPoll poll(daemon);
    place.sh("cp $F/versioned_needs_setting.so plugins/versioned.so");
    expectRefused(daemon, "3.0.0",
                  "it would have no check; plugin versioned gets no default check: needed of check versioned has no value");
    place.sh("cp $F/versioned_2.so plugins/versioned.so");
    waitForPlugin(daemon, "versioned", "2.0.0");
    poll.finish();
    daemon.stop();
  }

  // What kept a new version out may go away without the file's being touched.
  void testOtherPluginGoes() {
    const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options("check.versioned.interval = 100ms\n"));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    ReadyPoll poll(daemon);
    place.sh("cp $F/versioned_other_metric.so plugins/versioned.so");
    expectRefused(daemon, "3.0.0", "declares metric ok_runs_total otherwise than plugin ok does");
    place.sh("rm plugins/ok.so");
    waitForPlugin(daemon, "versioned", "3.0.0");
    waitForCheck(daemon, "versioned", "healthy", "version 3.0.0");
    poll.finish();
    daemon.stop();
  }

  // It says of the files what it can, and of their checks what one run of each shows.
  void testCheckConfig() {
    for (const auto& [fixture, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"versioned_crashes", "plugin crashed: SIGSEGV"}, {"versioned_hangs", "did not end its run within 300 ms"}}) {
      for (const std::string isolation : {"process", "host"}) {
        const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", fixture}};
        // A crash takes as long as the machine takes for its stack.
        const bool hangs = fixture == "versioned_hangs";
        const std::string keys = "plugins.isolation = " + isolation + "\n" +
                                 (hangs ? "check.versioned.timeout = 100ms\nplugin.versioned.kill_after = 200ms\n" : "");
        const std::string line = "fails: " + (place.plugins() / "versioned.so").string() + ": its check versioned";
        const std::string said = checkConfigOf(place, 0, keys);
        CPPUNIT_ASSERT_MESSAGE(said, said.find(line) != std::string::npos && said.find(sentence) != std::string::npos);
        const std::string offline = checkConfigOf(place, 0, keys, "--check-config=offline");
        CPPUNIT_ASSERT_MESSAGE(offline, offline.find("fails") == std::string::npos && offline.find("versioned ") != std::string::npos);
      }
    }
    const PluginPlace good{{"ok.so", "ok"}, {"versioned.so", "versioned_1"}};
    CPPUNIT_ASSERT(checkConfigOf(good, 0).find("fails") == std::string::npos);
    for (const auto& [fixture, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"other_major", "ABI"}, {"versioned_other_metric", "declares metric ok_runs_total otherwise"}}) {
      const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", fixture}};
      CPPUNIT_ASSERT_MESSAGE(fixture,
                             checkConfigOf(place, 0).find("refused: " + (place.plugins() / "versioned.so").string()) != std::string::npos);
      const std::string said = checkConfigOf(place, 0);
      CPPUNIT_ASSERT_MESSAGE(said, said.find(sentence) != std::string::npos);
    }
    const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", "versioned_needs_setting"}};
    const std::string said = checkConfigOf(place, 78, checkConfig("mine", "versioned"));
    CPPUNIT_ASSERT_MESSAGE(said, said.find("check.mine.needed") != std::string::npos);
  }

 private:
  static void expectVerified(const std::string& isolation) {
    const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options("log.level = DEBUG\nplugins.isolation = " + isolation +
                                           "\nplugin.versioned.kill_after = 200ms\ncheck.versioned.interval = 50ms\n"
                                           "check.versioned.timeout = 1s\n"));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    waitForReady(daemon, 200);
    ReadyPoll poll(daemon);
    double runs = 0;
    for (const auto& [fixture, version, sentence] : std::vector<std::array<std::string, 3>>{
             {"versioned_crashes", "3.0.0", "its new version does not take over: its check versioned: plugin crashed: SIGSEGV"},
             {"versioned_hangs", "3.0.0", "its new version does not take over: its check versioned"},
             {"versioned_needs_setting", "3.0.0", "does not fit the configuration: "},
             {"versioned_other_metric", "3.0.0", "declares metric ok_runs_total otherwise than plugin ok does"},
             {"other_major", "", "ABI"},
             {"init_crashes", "", "crash"},
             {"no_entry", "", "pulsewatch"}}) {
      place.sh("cp $F/" + fixture + ".so plugins/versioned.so");
      expectRefused(daemon, version, sentence);
      runs = expectRunsAddUp(daemon, runs);
    }
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    expectNoRestart(daemon);
    for (const std::string number : {"2", "1", "2"}) {
      place.sh("cp $F/versioned_" + number + ".so plugins/versioned.so");
      waitForPlugin(daemon, "versioned", number + ".0.0");
      waitForCheck(daemon, "versioned", "healthy", "version " + number + ".0.0");
      runs = expectRunsAddUp(daemon, runs);
    }
    poll.finish();
    expectEachRunOnce(place, daemon);
    daemon.stop();
  }

  // What died on trial is told, and is no worker that starts again.
  static void expectNoRestart(PulsewatchProcess& daemon) {
    const JsonLines ends = linesWhere(daemon.log(), [](const JsonLine& line) { return line.text("event") == "worker_ended"; });
    CPPUNIT_ASSERT(!ends.empty());
    for (const JsonLine& end : ends) {
      const std::string message = end.text("message");
      CPPUNIT_ASSERT_MESSAGE(message, message.find("; it was on trial and does not take over") != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().sum("pulsewatch_worker_restarts_total"));
  }

  // The file is refused, with this in the sentence, and the old version is at work.
  static void expectRefused(PulsewatchProcess& daemon, const std::string& version, const std::string& sentence) {
    CPPUNIT_ASSERT_MESSAGE("no refusal with: " + sentence, daemon.waitForLine([&](const JsonLine& line) {
      return line.text("event") == "plugin_refused" && line.text("message").find(sentence) != std::string::npos &&
             line.text("message").find("; version 1.0.0 goes on") != std::string::npos;
    }));
    waitForPlugin(daemon, "versioned", version, "refused");
    waitForPlugin(daemon, "versioned", "1.0.0");
  }

  // The plugin's own count is that of the host's, and neither is less than it was.
  static double expectRunsAddUp(PulsewatchProcess& daemon, double before) {
    double counted = 0;
    double own = 0;
    const bool same = waitFor(
        [&] {
          const MetricsText metrics = daemon.metrics();
          counted = metrics.sum("pulsewatch_health_check_runs_total", {{"check_name", "versioned"}});
          own = metrics.sum("versioned_runs_total");
          CPPUNIT_ASSERT(counted >= before);
          return counted == own;
        },
        PulsewatchProcess::patience);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(counted) + " runs, " + std::to_string(own) + " counted by the plugin", same);
    return counted;
  }

  // Once the plugin is gone nothing runs any more: its runs, their log lines and their ids are as many.
  static void expectEachRunOnce(const PluginPlace& place, PulsewatchProcess& daemon) {
    place.sh("rm plugins/versioned.so");
    waitForCheck(daemon, "versioned", "unhealthy", "was removed");
    const MetricsText metrics = daemon.metrics();
    const double counted = metrics.sum("pulsewatch_health_check_runs_total", {{"check_name", "versioned"}});
    CPPUNIT_ASSERT_EQUAL(counted,
                         metrics.value("pulsewatch_health_check_runs_total", {{"check_name", "versioned"}, {"outcome", "healthy"}}));
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "plugin_unloaded"; }));
    std::set<std::string> ids;
    const JsonLines lines = linesWhere(daemon.log(), isRun);
    for (const JsonLine& line : lines) ids.insert(line.text("request_id"));
    CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(counted), lines.size());
    CPPUNIT_ASSERT_EQUAL(lines.size(), ids.size());
  }

  static std::string checkConfigOf(const PluginPlace& place, int code, const std::string& further = {},
                                   const std::string& option = "--check-config") {
    PulsewatchOptions options = place.options(further);
    options.arguments = {option};
    options.logs = false;
    PulsewatchProcess process(options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(process.child().errors(), code, process.finish());
    return process.child().output() + process.child().errors();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginReplacementTest);

}  // namespace
}  // namespace pulsewatch::testing
