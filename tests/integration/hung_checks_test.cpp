// Fifty checks of which forty hang for ever: what that does to the other ten, which is nothing.
#include "integration/daemon.h"
#include "integration/latency_probe.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <chrono>
#include <sstream>

namespace pulsewatch::testing {
namespace {

constexpr int hung_count = 40;
constexpr int steady_count = 10;

class HungChecksTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HungChecksTest);
  CPPUNIT_TEST(testOthersKeepTheirInterval);
  CPPUNIT_TEST(testOthersKeepTheirIntervalInsideTheHost);
  CPPUNIT_TEST(testTimeoutIsNotTheCheckedThings);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testOthersKeepTheirInterval() {
    PulsewatchProcess daemon(fixtureOptions({"ok", "hang"}, fiftyChecks()));
    othersKeepTheirInterval(daemon);
    CPPUNIT_ASSERT(daemon.metrics().value("pulsewatch_worker_restarts_total", {{"plugin", "hang"}, {"reason", "hang"}}) > 0);
    daemon.stop();
  }

  // Inside the host a run that hangs keeps its thread, and its check isn't started again.
  void testOthersKeepTheirIntervalInsideTheHost() {
    PulsewatchProcess daemon(fixtureOptions({"ok", "hang"}, fiftyChecks() + "plugins.isolation = host\n"));
    othersKeepTheirInterval(daemon);
    const MetricsText after = daemon.metrics();
    for (int i = 0; i < hung_count; ++i) {
      const std::string name = hungName(i);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, 1.0, after.value("pulsewatch_stuck_runs", {{"check_name", name}}));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name + " is not started again while it is stuck", 1.0,
                                   after.value("pulsewatch_health_check_runs_total", {{"check_name", name}, {"outcome", "timeout"}}));
    }
    CPPUNIT_ASSERT_EQUAL(0.0, after.value("pulsewatch_stuck_runs", {{"check_name", "steady0"}}));
    daemon.stop();
  }

  static void othersKeepTheirInterval(PulsewatchProcess& daemon) {
    waitForAllHung(daemon);
    LatencyProbe probe(daemon.port());

    // From here on, every steady check must get its 20 runs, 200 ms apart, in 4 s: no fewer, and no burst of more.
    const MetricsText before = daemon.metrics();
    const auto begin = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT(waitFor([&] { return fewestRuns(daemon.metrics(), before) >= 20; }, PulsewatchProcess::patience));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    CPPUNIT_ASSERT_MESSAGE("20 runs took " + std::to_string(took.count()) + " s", took.count() > 3.5 && took.count() < 4 + 1.5 * slowness);
    const double most = mostRuns(daemon.metrics(), before);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(most) + " runs of one", most <= took.count() / 0.2 + 3);
    probe.finish();

    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
  }

  void testTimeoutIsNotTheCheckedThings() {
    PulsewatchProcess daemon(fixtureOptions({"hang"}, checkConfig("stuck", "hang", {"interval = 100ms", "timeout = 1s"})));
    waitForCheck(daemon, "stuck", "unhealthy", "timed out after 1 s");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    const bool logged = daemon.waitForLine([](const JsonLine& line) {
      return line.text("event") == "health_check_failure" && line.text("check") == "stuck" && line.text("level") == "ERROR";
    });
    CPPUNIT_ASSERT(logged);
    CPPUNIT_ASSERT(
        daemon.waitForMetric("pulsewatch_health_check_status", {{"check_name", "stuck"}}, [](double value) { return value == 0; }));
    daemon.stop();
  }

 private:
  static std::string hungName(int i) { return "hung" + std::to_string(i); }
  static std::string steadyName(int i) { return "steady" + std::to_string(i); }

  static std::string fiftyChecks() {
    std::string config;
    for (int i = 0; i < hung_count; ++i)
      config += checkConfig(hungName(i), "hang", {"interval = 200ms", "timeout = 1s", "critical = false"});
    for (int i = 0; i < steady_count; ++i) config += checkConfig(steadyName(i), "ok", {"interval = 200ms"});
    return config;
  }

  static void waitForAllHung(PulsewatchProcess& daemon) {
    Poco::JSON::Object::Ptr checks;
    const bool reached = waitFor(
        [&] {
          checks = daemon.ready()->getObject("checks");
          for (int i = 0; i < hung_count; ++i)
            if (textOf(checks->getObject(hungName(i)), "message") != "timed out after 1 s") return false;
          return true;
        },
        PulsewatchProcess::patience);
    std::ostringstream last;
    checks->stringify(last);
    CPPUNIT_ASSERT_MESSAGE("not all hung checks have timed out: " + last.str(), reached);
    for (int i = 0; i < hung_count; ++i) CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), textOf(checks->getObject(hungName(i)), "status"));
    waitForReady(daemon, 200);  // the hung ones are not critical, the steady ones go on
  }

  static double runsOf(int i, const MetricsText& now, const MetricsText& before) {
    const Labels labels{{"check_name", steadyName(i)}, {"outcome", "healthy"}};
    return now.value("pulsewatch_health_check_runs_total", labels) - before.value("pulsewatch_health_check_runs_total", labels);
  }

  static double fewestRuns(const MetricsText& now, const MetricsText& before) {
    double fewest = runsOf(0, now, before);
    for (int i = 1; i < steady_count; ++i) fewest = std::min(fewest, runsOf(i, now, before));
    return fewest;
  }

  static double mostRuns(const MetricsText& now, const MetricsText& before) {
    double most = 0;
    for (int i = 0; i < steady_count; ++i) most = std::max(most, runsOf(i, now, before));
    return most;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HungChecksTest);

}  // namespace
}  // namespace pulsewatch::testing
