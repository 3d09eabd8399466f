// How the statuses of checks make the verdict: critical or not, degraded, without a result, refused, none at all. With fixture plugins that
// say what they are told to.
#include "integration/daemon.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class CheckStatesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CheckStatesTest);
  CPPUNIT_TEST(testHealthy);
  CPPUNIT_TEST(testUncriticalNeverVotes);
  CPPUNIT_TEST(testDegradedIsReady);
  CPPUNIT_TEST(testDegradedIsNotReady);
  CPPUNIT_TEST(testUnhealthy);
  CPPUNIT_TEST(testNoCheck);
  CPPUNIT_TEST(testNoCriticalCheck);
  CPPUNIT_TEST(testNoResultYet);
  CPPUNIT_TEST(testBrokenPluginBesideAGoodOne);
  CPPUNIT_TEST(testCheckOfARefusedPlugin);
  CPPUNIT_TEST(testPluginOthersMayWrite);
  CPPUNIT_TEST(testTwoPluginsOfOneName);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testHealthy() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
    waitForReady(daemon, 200);
    const Poco::JSON::Object::Ptr check = daemon.check("steady");
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), textOf(check, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), textOf(check, "message"));
    expectMetrics(daemon, "steady", 1, 1);
    daemon.stop();
  }

  void testUncriticalNeverVotes() {
    PulsewatchProcess daemon(
        fixtureOptions({"ok"}, checkConfig("steady", "ok") + checkConfig("broken", "ok", {"status = unhealthy", "critical = false"})));
    waitForReady(daemon, 200);
    waitForCheck(daemon, "broken", "unhealthy");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready/broken").status);
    expectMetrics(daemon, "broken", 0, 1);
    daemon.stop();
  }

  void testDegradedIsReady() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("slow", "ok", {"status = degraded"})));
    waitForCheck(daemon, "slow", "degraded");
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready/slow").status);
    expectMetrics(daemon, "slow", 1, 1);
    CPPUNIT_ASSERT(daemon.metrics().value("pulsewatch_health_check_runs_total", {{"check_name", "slow"}, {"outcome", "degraded"}}) >= 1);
    daemon.stop();
  }

  void testDegradedIsNotReady() {
    PulsewatchProcess daemon(
        fixtureOptions({"ok"}, "readiness.degraded_is_ready = false\n" + checkConfig("slow", "ok", {"status = degraded"})));
    waitForCheck(daemon, "slow", "degraded");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    expectMetrics(daemon, "slow", 1, 0);
    daemon.stop();
  }

  void testUnhealthy() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("broken", "ok", {"status = unhealthy"}) + checkConfig("steady", "ok")));
    waitForCheck(daemon, "steady", "healthy");
    waitForCheck(daemon, "broken", "unhealthy");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    expectMetrics(daemon, "broken", 0, 0);
    daemon.stop();
  }

  void testNoCheck() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, ""));
    const HttpResponse response = daemon.get("/ready");
    CPPUNIT_ASSERT_EQUAL(503, response.status);
    const Poco::JSON::Object::Ptr answer = parseJsonObject(response.body);
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), textOf(answer, "status"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answer->getObject("checks")->size());
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.stop();
  }

  void testNoCriticalCheck() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok", {"critical = no"})));
    waitForCheck(daemon, "steady", "healthy");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    daemon.stop();
  }

  void testNoResultYet() {
    PulsewatchProcess daemon(fixtureOptions({"ok", "hang"}, checkConfig("steady", "ok") + checkConfig("stuck", "hang", {"timeout = 1h"})));
    waitForCheck(daemon, "steady", "healthy");
    const Poco::JSON::Object::Ptr check = daemon.check("stuck");
    CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), textOf(check, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string("no result yet"), textOf(check, "message"));
    CPPUNIT_ASSERT_EQUAL(0.0, check->getValue<double>("latency_ms"));
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    expectMetrics(daemon, "stuck", 0, 0);
    daemon.stop();
  }

  void testBrokenPluginBesideAGoodOne() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    options.files["plugins/broken.so"] = "this is no library";
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const JsonLines refused = linesOfEvent(daemon.log(), "plugin_refused");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, refused.size());
    CPPUNIT_ASSERT_MESSAGE(refused[0].line(), refused[0].line().find("broken.so") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, daemon.metrics().labelValues("pulsewatch_plugin_info", "state").size());
    daemon.stop();
  }

  void testCheckOfARefusedPlugin() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok") + checkConfig("lame", "broken"));
    options.files["plugins/broken.so"] = "this is no library";
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "steady", "healthy");
    waitForCheck(daemon, "lame", "unhealthy");
    CPPUNIT_ASSERT(textOf(daemon.check("lame"), "message") != "no result yet");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    expectMetrics(daemon, "lame", 0, 0);
    daemon.stop();
  }

  void testPluginOthersMayWrite() {
    const TemporaryDirectory plugins;
    const auto file = plugins.write("ok.so", readFile(std::filesystem::path(PULSEWATCH_FIXTURE_PLUGINS) / "ok.so"));
    std::filesystem::permissions(file, std::filesystem::perms::others_write, std::filesystem::perm_options::add);
    PulsewatchOptions options = fixtureOptions({}, checkConfig("steady", "ok"));
    options.config.replace(options.config.find("@DIR@/plugins"), 13, plugins.path().string());
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "steady", "unhealthy", "writable");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, linesOfEvent(daemon.log(), "plugin_refused").size());
    daemon.stop();
  }

  void testTwoPluginsOfOneName() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    options.files["second/another.so"] = options.files["plugins/ok.so"];
    options.config.replace(options.config.find("@DIR@/plugins"), 13, "@DIR@/plugins,@DIR@/second");
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const JsonLines loaded = linesOfEvent(daemon.log(), "plugin_loaded");
    const JsonLines refused = linesOfEvent(daemon.log(), "plugin_refused");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, loaded.size());
    CPPUNIT_ASSERT_MESSAGE("the later directory's", loaded[0].line().find("second/another.so") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, refused.size());
    CPPUNIT_ASSERT_MESSAGE(refused[0].line(), refused[0].line().find("plugins/ok.so") != std::string::npos);
    daemon.stop();
  }

 private:
  static void expectMetrics(PulsewatchProcess& daemon, const std::string& check, double status, double ready) {
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_status", {{"check_name", check}},
                                        [status](double value) { return value == status; }));
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_ready", {}, [ready](double value) { return value == ready; }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CheckStatesTest);

}  // namespace
}  // namespace pulsewatch::testing
