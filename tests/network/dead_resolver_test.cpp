// A name server that doesn't answer costs the check that asks it its run, and nothing else: through the plugins' own interface, and the
// daemon as a whole.
#include "integration/daemon.h"
#include "integration/latency_probe.h"
#include "integration/services.h"
#include "network/name_server.h"
#include "network/private_names.h"
#include "plugins/plugin_run.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> named_checks = {"primary", "replica"};

int threadsOf(pid_t process) {
  const std::string status = readFile("/proc/" + std::to_string(process) + "/status");
  return std::stoi(status.substr(status.find("Threads:") + 8));
}

std::string named(std::string url, const std::string& name) {
  const std::string address = "127.0.0.1";
  return url.replace(url.find(address), address.size(), name);
}

class DeadResolverTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DeadResolverTest);
  CPPUNIT_TEST(costsARunAndAThread);
  CPPUNIT_TEST(saysWhatTheNameServerSays);
  CPPUNIT_TEST(leavesTheDaemonAlone);
  CPPUNIT_TEST_SUITE_END();

  void costsARunAndAThread() {
    const PrivateNames names("");
    NameServer name_server;
    FakeHost mysql(mysqlPlugin(), {{"url", named(mariaDb().url(), "db.test")}});
    FakeHost cache(redisPlugin(), {{"url", named(redis().url(), "cache.test")}});
    name_server.freeze();
    const int before = threadsOf(::getpid());
    for (int i = 0; i < 10; ++i) {
      const Outcome outcome = mysql.run(100ms);
      assertUnhealthy("MySQL host name lookup timed out: db.test", outcome);
      assertInTime(outcome, 100ms);
      const Outcome other = cache.run(100ms);
      assertUnhealthy("Redis host name lookup timed out: cache.test", other);
      assertInTime(other, 100ms);
      CPPUNIT_ASSERT(threadsOf(::getpid()) <= before + 2);
    }
    name_server.thaw();
    assertHealthy(mysql.run(20s));
    assertHealthy(cache.run(20s));
    // A check that goes while its lookup hangs leaves it behind, for as long as the C library's patience is.
    name_server.freeze();
    cache.destroy();
    assertUnhealthy("Redis host name lookup timed out: cache.test", cache.run(50ms));
    cache.destroy();
    name_server.thaw();
    CPPUNIT_ASSERT(waitFor([&] { return threadsOf(::getpid()) <= before; }, 20s));
  }

  void saysWhatTheNameServerSays() {
    const PrivateNames names("");
    NameServer name_server;
    FakeHost unknown(mysqlPlugin(), {{"url", named(mariaDb().url(), "nowhere.test")}});
    assertUnhealthy("MySQL host name not found: nowhere.test", unknown.run(5s));
    FakeHost host(redisPlugin(), {{"url", named(redis().url(), "cache.test")}});
    name_server.stop();
    assertUnhealthy("Redis host name lookup failed: cache.test", host.run(5s));
    assertUnhealthy("Redis host name lookup failed: cache.test", host.run(5s));
    name_server.start();
    assertHealthy(host.run(5s));
  }

  void leavesTheDaemonAlone() {
    const PrivateNames names("");
    NameServer name_server;
    const std::vector<std::string> settings = {"url = ${env.NAMED_URL}", "interval = 250ms", "timeout = 600ms"};
    PulsewatchOptions options = serviceOptions(checkConfig("primary", "mysql", settings) + checkConfig("replica", "mysql", settings));
    options.environment["NAMED_URL"] = named(mariaDb().url(), "db.test");
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);

    breakNames(name_server, daemon);
    watchItLast(daemon);

    // The C library asks again after 5 s.
    name_server.thaw();
    waitForReady(daemon, 200);

    // Nobody waits for a lookup at the end.
    breakNames(name_server, daemon);
    const auto begin = std::chrono::steady_clock::now();
    daemon.stop();
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < 3s * slowness);
  }

  // The kept connections need no name, so they have to go as well.
  static void breakNames(NameServer& name_server, PulsewatchProcess& daemon) {
    name_server.freeze();
    mariaDb().stop();
    mariaDb().start();
    for (const std::string& check : named_checks) waitForCheck(daemon, check, "unhealthy", "host name lookup timed out: db.test");
  }

  static double runs(const MetricsText& metrics, const std::string& check, const std::string& outcome) {
    return metrics.value("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", outcome}});
  }

  // A run each 250 ms, by metrics of which each page may be a second old.
  static void assertSteady(double runs, std::chrono::duration<double> time) {
    CPPUNIT_ASSERT_MESSAGE(std::to_string(runs) + " runs in " + std::to_string(time.count()) + " s",
                           runs >= (time.count() - 1) / 0.25 * 0.8 && runs <= (time.count() + 1) / 0.25 + 1);
  }

  // Many intervals of it, with both questions asked all the while.
  static void watchItLast(PulsewatchProcess& daemon) {
    LatencyProbe ready(daemon.port());
    LatencyProbe health(daemon.port(), "/healthz");
    const MetricsText before = daemon.metrics();
    const auto begin = std::chrono::steady_clock::now();
    int fewest = threadsOf(daemon.child().pid());
    int most = fewest;
    CPPUNIT_ASSERT(waitFor(
        [&] {
          const int threads = threadsOf(daemon.child().pid());
          fewest = std::min(fewest, threads);
          most = std::max(most, threads);
          return runs(daemon.metrics(), "primary", "unhealthy") >= runs(before, "primary", "unhealthy") + 10;
        },
        PulsewatchProcess::patience));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    // Who waited for a run would take as long as it.
    ready.finish(500ms);
    health.finish(500ms);
    const MetricsText after = daemon.metrics();
    // One thread for each check's lookup, which comes and goes, and those that answer HTTP.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(fewest) + " to " + std::to_string(most) + " threads", most <= fewest + 6);
    for (const std::string check : {"database", "redis"})
      assertSteady(runs(after, check, "healthy") - runs(before, check, "healthy"), took);
    for (const std::string& check : named_checks) {
      CPPUNIT_ASSERT_EQUAL(0.0, after.value("pulsewatch_stuck_runs", {{"check_name", check}}));
      CPPUNIT_ASSERT_EQUAL(runs(before, check, "timeout"), runs(after, check, "timeout"));
    }
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DeadResolverTest);

}  // namespace
}  // namespace pulsewatch::testing
