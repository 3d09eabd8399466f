// What makes a verdict steady and explains it, from outside: flapping, groups, the history of a check.
#include "integration/daemon.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>

namespace pulsewatch::testing {
namespace {

class VerdictTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(VerdictTest);
  CPPUNIT_TEST(testFlapping);
  CPPUNIT_TEST(testGroups);
  CPPUNIT_TEST(testHistory);
  CPPUNIT_TEST(testListing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testFlapping() {
    PulsewatchOptions options = fixtureOptions(
        {"alternates"}, checkConfig("unsteady", "alternates", {"interval = 20ms", "flap_window = 4s", "while = @DIR@/trouble"}));
    options.files["trouble"] = "";
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "unsteady", "unhealthy", "down (flapping)");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, linesOfEvent(daemon.log(), "flapping_started").size());
    CPPUNIT_ASSERT_EQUAL(std::string("flapping"), textOf(parseJsonObject(daemon.get("/ready/unsteady?verbose").body), "reason"));
    // Every other run passes, and the verdict stays as it is.
    for (int i = 0; i < 50; ++i) {
      const HttpResponse answer = daemon.get("/ready");
      CPPUNIT_ASSERT_EQUAL(503, answer.status);
      CPPUNIT_ASSERT_MESSAGE(answer.body, answer.body.find("\"message\":\"down (flapping)\"") != std::string::npos);
    }
    std::filesystem::remove(daemon.directory().path() / "trouble");
    waitForCheck(daemon, "unsteady", "healthy", "fine");
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "flapping_ended"; }));
    waitForReady(daemon, 200);
    daemon.stop();
  }

  void testGroups() {
    PulsewatchProcess daemon(
        fixtureOptions({"ok"}, checkConfig("steady", "ok") + checkConfig("broken", "ok", {"status = unhealthy", "interval = 100ms"}) +
                                   checkConfig("minor", "ok", {"status = unhealthy", "critical = no"}) +
                                   "group.good.checks = steady, minor\ngroup.bad.checks = broken, steady\ngroup.bad.fail_status = 429\n"));
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    waitForCheck(daemon, "steady", "healthy");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    for (const auto& [target, status] : std::map<std::string, int>{{"/ready/group/good", 200},
                                                                   {"/ready/group/bad", 429},
                                                                   {"/ready/group/bad?exclude=broken", 200},
                                                                   {"/ready/group/bad?verbose", 429},
                                                                   {"/ready/group/bad?explain", 429},
                                                                   {"/ready/group/none", 404},
                                                                   {"/ready/group", 404},
                                                                   {"/ready?explain", 503},
                                                                   {"/ready/steady?history", 200}}) {
      const HttpResponse answer = daemon.get(target);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, status, answer.status);
      CPPUNIT_ASSERT_NO_THROW_MESSAGE(target, parseJsonObject(answer.body));
      const HttpResponse head = daemon.send({.target = target, .method = "HEAD"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, status, head.status);
      const HttpResponse options = daemon.send({.target = target, .method = "OPTIONS"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, status, options.status);
      CPPUNIT_ASSERT(options.body.empty() && (status == 404 || options.header("Allow") == "GET, HEAD, OPTIONS"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 405, daemon.send({.target = target, .method = "POST"}).status);
    }
    const Poco::JSON::Object::Ptr good = parseJsonObject(daemon.get("/ready/group/good").body);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, good->getObject("checks")->size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, good->size());
    const MetricsText metrics = daemon.metrics();
    CPPUNIT_ASSERT_MESSAGE("whatever its name",
                           metrics.sum("django_http_requests_total_by_view_transport_method", {{"view", "ready_group"}}) > 0);
    CPPUNIT_ASSERT(metrics.value("django_http_responses_total_by_status", {{"status", "429"}}) > 0);
    daemon.stop();
  }

  void testHistory() {
    PulsewatchProcess daemon(fixtureOptions(
        {"ok"}, checkConfig("steady", "ok", {"interval = 10ms"}) + checkConfig("broken", "ok", {"interval = 10ms", "status = unhealthy"})));
    for (const auto& [check, outcome] : {std::pair<std::string, std::string>{"steady", "healthy"}, {"broken", "unhealthy"}})
      CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", outcome}},
                                          [](double runs) { return runs >= 130; }));
    const Poco::JSON::Object::Ptr steady = parseJsonObject(daemon.get("/ready/steady?history").body);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, steady->getArray("runs")->size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, steady->getArray("failures")->size());
    const HttpResponse answer = daemon.get("/ready/broken?history");
    CPPUNIT_ASSERT_EQUAL(503, answer.status);
    const Poco::JSON::Object::Ptr broken = parseJsonObject(answer.body);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, broken->getArray("runs")->size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, broken->getArray("failures")->size());
    std::string later;
    for (unsigned i = 0; i < 100; ++i) {
      const Poco::JSON::Object::Ptr run = broken->getArray("runs")->getObject(i);
      CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), textOf(run, "outcome"));
      CPPUNIT_ASSERT_EQUAL(std::string("fine"), textOf(run, "message"));
      CPPUNIT_ASSERT(run->getValue<double>("latency_ms") >= 0);
      CPPUNIT_ASSERT_MESSAGE("the newest first", later.empty() || textOf(run, "timestamp") <= later);
      later = textOf(run, "timestamp");
    }
    daemon.stop();
  }

  void testListing() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("a", "ok", {"flap_window = 10m", "scope = shared"}) +
                                                           checkConfig("b", "ok", {"depends_on = a"}) +
                                                           "group.both.checks = b, a\ngroup.one.checks = a\ngroup.one.fail_status = 500\n");
    options.arguments = {"--check-config"};
    options.logs = false;
    PulsewatchProcess process(options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(process.child().errors(), 0, process.finish());
    const std::string listing = process.child().output();
    for (const std::string part : {"  flap_window     10 min  ", "  scope           shared  ", "  depends_on      a       ",
                                   "\nGROUP  CHECKS  FAIL STATUS\nboth   b, a    503\none    a       500\n"})
      CPPUNIT_ASSERT_MESSAGE(part + " is not in\n" + listing, listing.find(part) != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(VerdictTest);

}  // namespace
}  // namespace pulsewatch::testing
