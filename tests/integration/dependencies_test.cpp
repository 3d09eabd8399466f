// Checks that depend on a real Redis while that is down: they say so, they don't run, and the root cause is named first; and what is left
// of the verdict when it is everybody's.
#include "integration/daemon.h"
#include "integration/services.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class DependenciesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DependenciesTest);
  CPPUNIT_TEST(testDownAndBack);
  CPPUNIT_TEST(testDownFromTheStart);
  CPPUNIT_TEST(testSharedFailure);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testDownAndBack() {
    PulsewatchProcess daemon(options(redis().url(), ""));
    waitForReady(daemon, 200);
    redis().stop();
    waitForCheck(daemon, "sessions", "unhealthy", "not checked: redis is unhealthy");
    waitForCheck(daemon, "pages", "unhealthy", "not checked: sessions is unhealthy");
    waitForMoreFailures(daemon, 1);  // a run that was under way has ended
    const double sessions = runs(daemon, "sessions");
    const double pages = runs(daemon, "pages");
    waitForMoreFailures(daemon, 10);
    CPPUNIT_ASSERT_EQUAL(sessions, runs(daemon, "sessions"));
    CPPUNIT_ASSERT_EQUAL(pages, runs(daemon, "pages"));

    const Poco::JSON::Object::Ptr explained = parseJsonObject(daemon.get("/ready?explain").body);
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), textOf(explained, "status"));
    const std::string first = explained->getArray("sentences")->getElement<std::string>(0);
    CPPUNIT_ASSERT_MESSAGE(first, first.rfind("redis is unhealthy since ", 0) == 0);
    CPPUNIT_ASSERT_EQUAL(1U, static_cast<unsigned>(explained->getArray("root_causes")->size()));
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), explained->getArray("root_causes")->getElement<std::string>(0));
    const Poco::JSON::Object::Ptr last = explained->getObject("checks")->getObject("pages");
    CPPUNIT_ASSERT_EQUAL(std::string("not_checked"), textOf(last, "reason"));
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), last->getArray("root_causes")->getElement<std::string>(0));
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) {
      return line.text("event") == "ready_changed" && line.text("message").rfind("not ready: redis: Redis connection refused", 0) == 0;
    }));

    redis().start();
    waitForReady(daemon, 200);  // their own turns are hours away: they ran at once
    daemon.stop();
    const JsonLines log = daemon.log();
    std::size_t not_checked = 0;
    for (const JsonLine& line : linesOfEvent(log, "health_check_failure"))
      not_checked += line.text("message") == "check sessions is unhealthy: not checked: redis is unhealthy" ? 1U : 0U;
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, not_checked);
  }

  void testDownFromTheStart() {
    PulsewatchProcess daemon(options("redis://127.0.0.1:" + std::to_string(freePort()) + "/0", ""));
    waitForMoreFailures(daemon, 5);
    waitForCheck(daemon, "pages", "unhealthy", "not checked: sessions is unhealthy");
    CPPUNIT_ASSERT_EQUAL(0.0, runs(daemon, "sessions"));
    CPPUNIT_ASSERT_EQUAL(0.0, runs(daemon, "pages"));
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    daemon.stop();
  }

  void testSharedFailure() {
    PulsewatchProcess daemon(options(redis().url(), "readiness.shared_failure = degraded\ncheck.redis.scope = shared\n"));
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT(!daemon.get("/ready").header("X-Pulsewatch-Degraded"));
    redis().stop();
    waitForCheck(daemon, "pages", "unhealthy", "not checked: sessions is unhealthy");
    CPPUNIT_ASSERT(waitFor([&] { return daemon.get("/ready").header("X-Pulsewatch-Degraded").has_value(); }, PulsewatchProcess::patience));
    for (const std::string method : {"GET", "HEAD", "OPTIONS"}) {
      const HttpResponse answer = daemon.send({.target = "/ready", .method = method});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 200, answer.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, std::string("true"), answer.header("X-Pulsewatch-Degraded").value_or(""));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), textOf(daemon.ready(), "status"));
    CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), textOf(daemon.check("redis"), "status"));
    CPPUNIT_ASSERT_EQUAL(1.0, daemon.metrics().value("pulsewatch_ready"));
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) {
      return line.text("event") == "ready_changed" && line.text("message").rfind("ready, but degraded: redis: ", 0) == 0;
    }));
    redis().start();
    CPPUNIT_ASSERT(waitFor([&] { return !daemon.get("/ready").header("X-Pulsewatch-Degraded"); }, PulsewatchProcess::patience));
    daemon.stop();
  }

 private:
  // redis <- sessions <- pages, of which only the first has its turn again before the end.
  static PulsewatchOptions options(const std::string& redis_url, const std::string& further) {
    PulsewatchOptions options =
        fixtureOptions({"ok"}, "plugin.mysql.enabled = no\ncheck.redis.interval = 50ms\n" +
                                   checkConfig("sessions", "ok", {"interval = 20h", "depends_on = redis"}) +
                                   checkConfig("pages", "ok", {"interval = 20h", "depends_on = sessions"}) + further);
    options.config.replace(options.config.find("@DIR@/plugins"), 13, PULSEWATCH_PLUGINS ",@DIR@/plugins");
    options.environment["REDIS_URL"] = redis_url;
    return options;
  }

  static double runs(PulsewatchProcess& daemon, const std::string& check) {
    return daemon.metrics().sum("pulsewatch_health_check_runs_total", {{"check_name", check}});
  }

  static void waitForMoreFailures(PulsewatchProcess& daemon, int more) {
    const Labels labels{{"check_name", "redis"}, {"outcome", "unhealthy"}};
    const double before = daemon.metrics().value("pulsewatch_health_check_runs_total", labels);
    CPPUNIT_ASSERT(
        daemon.waitForMetric("pulsewatch_health_check_runs_total", labels, [&](double failures) { return failures >= before + more; }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DependenciesTest);

}  // namespace
}  // namespace pulsewatch::testing
