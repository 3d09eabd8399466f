// Both real servers up: what /ready, /healthz, the metrics and the log of a daemon say that has nothing to complain about.
#include "integration/daemon.h"
#include "integration/services.h"

#include <Poco/JSON/Object.h>
#include <Poco/RegularExpression.h>
#include <Poco/UUID.h>
#include <cppunit/extensions/HelperMacros.h>

#include <cmath>
#include <set>

namespace pulsewatch::testing {
namespace {

std::set<std::string> namesOf(const Poco::JSON::Object::Ptr& object) {
  std::set<std::string> names;
  for (const auto& member : *object) names.insert(member.first);
  return names;
}

class ReadyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadyTest);
  CPPUNIT_TEST(testBothHealthy);
  CPPUNIT_TEST(testHealthz);
  CPPUNIT_TEST(testLog);
  CPPUNIT_TEST(testQueriesInLog);
  CPPUNIT_TEST(testRoundtripProbe);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testBothHealthy() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    const HttpResponse response = daemon.get("/ready");
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), response.header("Content-Type").value_or("").substr(0, 16));
    const Poco::JSON::Object::Ptr answer = parseJsonObject(response.body);
    CPPUNIT_ASSERT((namesOf(answer) == std::set<std::string>{"status", "timestamp", "version", "checks"}));
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), textOf(answer, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string(PULSEWATCH_VERSION), textOf(answer, "version"));
    CPPUNIT_ASSERT_MESSAGE(response.body, isTimestamp(textOf(answer, "timestamp")));

    const Poco::JSON::Object::Ptr checks = answer->getObject("checks");
    CPPUNIT_ASSERT((namesOf(checks) == std::set<std::string>{"database", "redis"}));
    checkOne(checks->getObject("database"), "MySQL connection successful");
    checkOne(checks->getObject("redis"), "Redis connection successful");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready/database").status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready/redis").status);
    CPPUNIT_ASSERT_EQUAL(std::string(), daemon.child().errors());
    daemon.stop();
  }

  void testHealthz() {
    PulsewatchProcess daemon(serviceOptions());
    const HttpResponse response = daemon.get("/healthz");
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    const Poco::JSON::Object::Ptr answer = parseJsonObject(response.body);
    CPPUNIT_ASSERT((namesOf(answer) == std::set<std::string>{"status", "timestamp", "version"}));
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), textOf(answer, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string(PULSEWATCH_VERSION), textOf(answer, "version"));
    CPPUNIT_ASSERT_MESSAGE(response.body, isTimestamp(textOf(answer, "timestamp")));
    daemon.stop();
  }

  void testLog() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    daemon.stop();
    const JsonLines log = daemon.log();
    for (const char* event : {"started", "listening", "stopping", "stopped"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(event, std::size_t{1}, linesOfEvent(log, event).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, linesOfEvent(log, "plugin_loaded").size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, linesOfEvent(log, "plugin_refused").size());
    // Ready once, and not any more at the end.
    const JsonLines verdicts = linesOfEvent(log, "ready_changed");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, linesWhere(verdicts, [](const JsonLine& line) { return line.text("status") == "ready"; }).size());
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), verdicts.back().text("status"));

    std::set<std::string> checks;
    for (const JsonLine& line : linesOfEvent(log, "health_check")) {
      checks.insert(line.text("check"));
      CPPUNIT_ASSERT_EQUAL(std::string("INFO"), line.text("level"));
      CPPUNIT_ASSERT_EQUAL(std::string("healthy"), line.text("status"));
      CPPUNIT_ASSERT_EQUAL(std::string("pulsewatch.core.health"), line.text("logger"));
      CPPUNIT_ASSERT_MESSAGE(line.line(), Poco::UUID().tryParse(line.text("request_id")));
      CPPUNIT_ASSERT(line.number("duration_ms") >= 0);
    }
    CPPUNIT_ASSERT((checks == std::set<std::string>{"database", "redis"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, linesOfEvent(log, "health_check_failure").size());
  }

  void testQueriesInLog() {
    PulsewatchOptions options = serviceOptions();
    options.environment["LOG_LEVEL"] = "DEBUG";
    PulsewatchProcess daemon(options);
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "database_query"; }));
    const JsonLine query = linesOfEvent(daemon.log(), "database_query").front();
    CPPUNIT_ASSERT_EQUAL(std::string("DEBUG"), query.text("level"));
    CPPUNIT_ASSERT_EQUAL(std::string("database"), query.text("check"));
    CPPUNIT_ASSERT(query.number("duration_ms") >= 0);
    // The query's line and the run's own say that they belong together.
    const std::string id = query.text("request_id");
    CPPUNIT_ASSERT(Poco::UUID().tryParse(id));
    CPPUNIT_ASSERT(
        daemon.waitForLine([&id](const JsonLine& line) { return line.text("event") == "health_check" && line.text("request_id") == id; }));
    daemon.stop();
  }

  void testRoundtripProbe() {
    redis().command({"DEL", "integration:roundtrip"});
    PulsewatchProcess daemon(serviceOptions("check.redis.probe = roundtrip\ncheck.redis.key = integration:roundtrip\n"));
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), redis().command({"EXISTS", "integration:roundtrip"}));
    CPPUNIT_ASSERT(std::stoi(redis().command({"TTL", "integration:roundtrip"})) > 0);
    CPPUNIT_ASSERT(daemon.waitForMetric("django_cache_hit_total", {{"backend", "redis"}}, [](double hits) { return hits >= 2; }));
    daemon.stop();
  }

 private:
  static bool isTimestamp(const std::string& text) {
    return Poco::RegularExpression(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$)").match(text);
  }

  static void checkOne(const Poco::JSON::Object::Ptr& check, const std::string& message) {
    CPPUNIT_ASSERT((namesOf(check) == std::set<std::string>{"status", "latency_ms", "message"}));
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), textOf(check, "status"));
    CPPUNIT_ASSERT_EQUAL(message, textOf(check, "message"));
    CPPUNIT_ASSERT(check->get("latency_ms").isNumeric());
    const double latency_ms = check->getValue<double>("latency_ms");
    CPPUNIT_ASSERT(latency_ms >= 0 && latency_ms < 1000);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(std::round(latency_ms * 100), latency_ms * 100, 1e-6);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadyTest);

}  // namespace
}  // namespace pulsewatch::testing
