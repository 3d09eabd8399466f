// `pulsewatchctl probe`: its one line and its exit codes, for Nagios and for a container's health check.
#include "integration/control.h"

#include <Poco/Net/ServerSocket.h>
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <regex>

namespace pulsewatch::testing {
namespace {

class ProbeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProbeTest);
  CPPUNIT_TEST(testReady);
  CPPUNIT_TEST(testDegraded);
  CPPUNIT_TEST(testNotReady);
  CPPUNIT_TEST(testMuted);
  CPPUNIT_TEST(testOtherPages);
  CPPUNIT_TEST(testNobodyThere);
  CPPUNIT_TEST(testNoAnswer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testReady() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok") + checkConfig("other", "ok")));
    waitForReady(daemon, 200);
    waitForCheck(daemon, "other", "healthy");
    for (const std::string target : {"", "/ready", "/ready?verbose"}) expectProbe({url(daemon, target)}, 0, "OK - ready", 2);
    expectProbe({url(daemon, "/ready"), "--container"}, 0, "OK - ready", 2);
    expectProbe({"--timeout=30s", url(daemon, "/ready")}, 0, "OK - ready", 2);
    expectProbe({url(daemon, "/ready/steady")}, 0, "OK - healthy", 0);
    expectProbe({url(daemon, "/healthz")}, 0, "OK - healthy", 0);
    daemon.stop();
  }

  void testDegraded() {
    PulsewatchProcess daemon(fixtureOptions(
        {"ok"}, checkConfig("slow", "ok", {"status = degraded", "message = slow | and behind"}) + checkConfig("steady", "ok")));
    waitForCheck(daemon, "slow", "degraded");
    waitForReady(daemon, 200);
    for (const std::string target : {"/ready", "/ready?verbose"})
      expectProbe({url(daemon, target)}, 1, "WARNING - ready, but slow is degraded: slow / and behind", 2);
    expectProbe({url(daemon, "/ready"), "--container"}, 0, "WARNING - ready, but slow is degraded: slow / and behind", 2);
    expectProbe({url(daemon, "/ready/slow")}, 1, "WARNING - degraded, but slow / and behind", 0);
    daemon.stop();
  }

  void testNotReady() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("broken", "ok", {"status = unhealthy"}) + checkConfig("steady", "ok")));
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    waitForCheck(daemon, "steady", "healthy");
    expectProbe({url(daemon, "/ready?verbose")}, 2, "CRITICAL - not ready: broken: fine", 2);
    expectProbe({url(daemon, "/ready")}, 2, "CRITICAL - not ready: broken is unhealthy: fine", 2);
    expectProbe({url(daemon, "/ready"), "--container"}, 1, "CRITICAL - not ready: broken is unhealthy: fine", 2);
    expectProbe({url(daemon, "/ready?exclude=broken")}, 1, "WARNING - ready, but broken is unhealthy: fine", 2);
    daemon.stop();
  }

  // What the operator knows of needs no warning.
  void testMuted() {
    PulsewatchProcess daemon(controlOptions({"ok"}, checkConfig("broken", "ok", {"status = unhealthy"}) + checkConfig("steady", "ok")));
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    waitForCheck(daemon, "steady", "healthy");
    expectTold(tell(daemon, {"mute", "broken", "--for", "1h"}), 0, "muted");
    expectProbe({url(daemon, "/ready?verbose")}, 0, "OK - ready", 2);
    expectProbe({url(daemon, "")}, 0, "OK - ready", 2);
    expectTold(tell(daemon, {"drain"}), 0, "drained");
    expectProbe({url(daemon, "/ready?verbose")}, 2, "CRITICAL - not ready: drained by operator", 2);
    daemon.stop();
  }

  void testOtherPages() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
    waitForReady(daemon, 200);
    expectProbe({url(daemon, "/nothing")}, 2, "CRITICAL - answered 404, not as pulsewatch answers; is the URL right?", 0);
    expectProbe({url(daemon, "/metrics")}, 2, "CRITICAL - answered 200, not as pulsewatch answers; is the URL right?", 0);
    daemon.stop();
  }

  void testNobodyThere() {
    std::uint16_t port = 0;
    {
      PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
      port = daemon.port();
      daemon.stop();
    }
    const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/ready";
    expectProbe({url}, 2, "CRITICAL - no answer: Connection refused", 0);
    expectProbe({url, "--container"}, 1, "CRITICAL - no answer: Connection refused", 0);
  }

  void testNoAnswer() {
    const Poco::Net::ServerSocket deaf(Poco::Net::SocketAddress("127.0.0.1", 0));  // accepts nobody
    const std::string url = "http://127.0.0.1:" + std::to_string(deaf.address().port()) + "/ready";
    const auto begin = std::chrono::steady_clock::now();
    const Told told = runControl({"probe", url, "--timeout", "300ms"});
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
    CPPUNIT_ASSERT_EQUAL(2, told.code);
    CPPUNIT_ASSERT_EQUAL(std::string("PULSEWATCH CRITICAL - no answer within 300 ms\n"), told.output);
    CPPUNIT_ASSERT_EQUAL(1, runControl({"probe", url, "--timeout", "300ms", "--container"}).code);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("by default 2 s", std::string("PULSEWATCH CRITICAL - no answer within 2000 ms\n"),
                                 runControl({"probe", url}).output);
  }

 private:
  static std::string url(PulsewatchProcess& daemon, const std::string& target) {
    return "http://127.0.0.1:" + std::to_string(daemon.port()) + target;
  }

  // One line as Nagios reads it: text, then figures behind a bar.
  static void expectProbe(std::vector<std::string> arguments, int code, const std::string& words, int checks) {
    arguments.insert(arguments.begin(), "probe");
    const Told told = runControl(arguments);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(told.output + told.errors, code, told.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), told.errors);
    const std::string beginning = "PULSEWATCH " + words + " | time=";
    CPPUNIT_ASSERT_EQUAL(beginning, told.output.substr(0, beginning.size()));
    const std::regex figures("[0-9.e-]+s;;;0 checks=" + std::to_string(checks) + ";;;0 unhealthy=[0-9]+;;;0 degraded=[0-9]+;;;0\n");
    CPPUNIT_ASSERT_MESSAGE(told.output, std::regex_match(told.output.substr(beginning.size()), figures));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProbeTest);

}  // namespace
}  // namespace pulsewatch::testing
