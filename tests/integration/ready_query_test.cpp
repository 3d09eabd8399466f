// What a client may ask of /ready beyond the plain page: one check alone, some left out, more said about each.
#include "integration/daemon.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class ReadyQueryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadyQueryTest);
  CPPUNIT_TEST(testOneCheck);
  CPPUNIT_TEST(testExclude);
  CPPUNIT_TEST(testVerbose);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testOneCheck() {
    PulsewatchProcess daemon(options());
    waitForAll(daemon);
    const HttpResponse good = daemon.get("/ready/steady");
    CPPUNIT_ASSERT_EQUAL(200, good.status);
    const Poco::JSON::Object::Ptr object = parseJsonObject(good.body);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, object->size());
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), textOf(object, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), textOf(object, "message"));
    CPPUNIT_ASSERT(object->has("latency_ms"));
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready/broken").status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("critical or not", 503, daemon.get("/ready/minor").status);
    CPPUNIT_ASSERT_EQUAL(404, daemon.get("/ready/none").status);
    CPPUNIT_ASSERT_EQUAL(404, daemon.get("/ready/").status);
    CPPUNIT_ASSERT_EQUAL(404, daemon.get("/ready/steady/more").status);
    daemon.stop();
  }

  void testExclude() {
    PulsewatchProcess daemon(options());
    waitForAll(daemon);
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready?exclude=broken").status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready?exclude=bro%6ben").status);
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready?exclude=steady").status);
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready?exclude=unknown").status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready?exclude=unknown&exclude=broken").status);
    const HttpResponse all = daemon.get("/ready?exclude=broken&exclude=steady&exclude=minor");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("with all excluded the verdict is ready", 200, all.status);
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), textOf(parseJsonObject(all.body), "status"));
    const HttpResponse verbose = daemon.get("/ready?verbose&exclude=nothing-of-that-name");
    CPPUNIT_ASSERT_MESSAGE(verbose.body, verbose.body.find("nothing-of-that-name") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    daemon.stop();
  }

  void testVerbose() {
    PulsewatchProcess daemon(options());
    waitForAll(daemon);
    CPPUNIT_ASSERT(waitFor([&] { return number(verbose(daemon, "broken"), "consecutive_failures") >= 2; }, PulsewatchProcess::patience));
    const Poco::JSON::Object::Ptr steady = verbose(daemon, "steady");
    for (const char* field : {"status", "latency_ms", "message", "critical", "plugin", "since", "last_run", "last_success",
                              "consecutive_failures", "age_ms", "reason", "muted"})
      CPPUNIT_ASSERT_MESSAGE(field, steady->has(field));
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), textOf(steady, "plugin"));
    CPPUNIT_ASSERT(steady->getValue<bool>("critical"));
    CPPUNIT_ASSERT(!verbose(daemon, "minor")->getValue<bool>("critical"));
    CPPUNIT_ASSERT_EQUAL(0.0, number(steady, "consecutive_failures"));
    CPPUNIT_ASSERT(number(steady, "age_ms") >= 0);
    CPPUNIT_ASSERT_EQUAL(textOf(steady, "last_run"), textOf(steady, "last_success"));
    CPPUNIT_ASSERT(textOf(steady, "since") <= textOf(steady, "last_run"));
    daemon.stop();
  }

 private:
  static PulsewatchOptions options() {
    return fixtureOptions({"ok"}, checkConfig("steady", "ok", {"interval = 100ms"}) +
                                      checkConfig("broken", "ok", {"interval = 100ms", "status = unhealthy"}) +
                                      checkConfig("minor", "ok", {"interval = 100ms", "status = unhealthy", "critical = false"}));
  }

  static void waitForAll(PulsewatchProcess& daemon) {
    waitForCheck(daemon, "steady", "healthy");
    for (const char* name : {"broken", "minor"}) {
      CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", {{"check_name", name}, {"outcome", "unhealthy"}},
                                          [](double runs) { return runs >= 1; }));
      waitForCheck(daemon, name, "unhealthy");
    }
  }

  static Poco::JSON::Object::Ptr verbose(PulsewatchProcess& daemon, const std::string& check) {
    return parseJsonObject(daemon.get("/ready?verbose").body)->getObject("checks")->getObject(check);
  }

  static double number(const Poco::JSON::Object::Ptr& object, const std::string& field) { return object->getValue<double>(field); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadyQueryTest);

}  // namespace
}  // namespace pulsewatch::testing
