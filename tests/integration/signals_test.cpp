// How the daemon ends, and what signals do to it.
#include "integration/daemon.h"
#include "support/wait.h"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <csignal>
#include <memory>

namespace pulsewatch::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds a_second{1000 * slowness};

milliseconds since(Clock::time_point begin) { return std::chrono::duration_cast<milliseconds>(Clock::now() - begin); }

class SignalsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SignalsTest);
  CPPUNIT_TEST(testDrain);
  CPPUNIT_TEST(testInterrupt);
  CPPUNIT_TEST(testSecondSignalStopsAtOnce);
  CPPUNIT_TEST(testHungChecksDoNotHoldIt);
  CPPUNIT_TEST(testHangUp);
  CPPUNIT_TEST(testSignalDuringStart);
  CPPUNIT_TEST(testIdleClientsDoNotHoldIt);
  CPPUNIT_TEST(testAddressInUse);
  CPPUNIT_TEST(testAddressNotOurs);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testDrain() {
    PulsewatchProcess daemon(withDrain("1500ms"));
    waitForReady(daemon, 200);
    const auto begin = Clock::now();
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT(waitFor([&] { return daemon.get("/ready").status == 503; }, milliseconds(500)));
    const Poco::JSON::Object::Ptr answer = daemon.ready();
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), textOf(answer, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), textOf(answer->getObject("checks")->getObject("steady"), "status"));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_ready"));
    CPPUNIT_ASSERT_MESSAGE("it serves through the drain", since(begin) < milliseconds(1500));
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT_MESSAGE("it keeps the drain", since(begin) >= milliseconds(1400));
    CPPUNIT_ASSERT_MESSAGE("it stops within a second of the drain", since(begin) < milliseconds(1500) + a_second);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, linesOfEvent(daemon.log(), "stopping").size());
    CPPUNIT_ASSERT_EQUAL(std::string("stopped"), daemon.log().back().text("event"));
  }

  void testInterrupt() {
    PulsewatchProcess daemon(withDrain("0s"));
    waitForReady(daemon, 200);
    const auto begin = Clock::now();
    daemon.child().signal(SIGINT);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT(since(begin) < a_second);
  }

  void testSecondSignalStopsAtOnce() {
    PulsewatchProcess daemon(withDrain("1h"));
    waitForReady(daemon, 200);
    daemon.child().signal(SIGTERM);
    waitForReady(daemon, 503);
    const auto begin = Clock::now();
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT(since(begin) < a_second);
  }

  void testHungChecksDoNotHoldIt() {
    std::string checks;
    for (int i = 0; i < 5; ++i) checks += checkConfig("hung" + std::to_string(i), "hang", {"timeout = 300ms", "interval = 300ms"});
    PulsewatchProcess daemon(fixtureOptions({"hang"}, checks));
    for (int i = 0; i < 5; ++i) waitForCheck(daemon, "hung" + std::to_string(i), "unhealthy", "timed out");
    const auto begin = Clock::now();
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT(since(begin) < a_second);
  }

  void testHangUp() {
    PulsewatchProcess daemon(withDrain("0s"));
    waitForReady(daemon, 200);
    daemon.child().signal(SIGHUP);
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "config_reload"; }));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, linesOfEvent(daemon.log(), "stopping").size());
    daemon.stop();
  }

  // Signals that come while it is still starting must not kill it half way: it stops as it always does, or ends its start and then stops.
  void testSignalDuringStart() {
    for (int i = 0; i < 10; ++i) {
      PulsewatchProcess daemon(withDrain("0s"));
      waitUntilSignalsAreHeld(daemon);
      daemon.child().signal(SIGHUP);
      daemon.child().signal(SIGTERM);
      CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    }
  }

  void testIdleClientsDoNotHoldIt() {
    PulsewatchProcess daemon(withDrain("0s"));
    waitForReady(daemon, 200);
    std::vector<std::unique_ptr<Poco::Net::StreamSocket>> clients;
    const std::string half = "GET /ready HTTP/1.1\r\nHost: localhost\r\n";
    for (int i = 0; i < 10; ++i) {
      clients.push_back(std::make_unique<Poco::Net::StreamSocket>(Poco::Net::SocketAddress("127.0.0.1", daemon.port())));
      if (i % 2 == 0) clients.back()->sendBytes(half.data(), static_cast<int>(half.size()));
    }
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    const auto begin = Clock::now();
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT(since(begin) < a_second);
  }

  void testAddressInUse() {
    PulsewatchProcess first(withDrain("0s"));
    const std::string port = std::to_string(first.port());
    PulsewatchOptions options = withDrain("0s");
    options.arguments = {"-D", "http.port=" + port};
    PulsewatchProcess second(options);
    CPPUNIT_ASSERT_EQUAL(69, second.finish());
    const std::string said = second.child().errors();
    CPPUNIT_ASSERT_MESSAGE(said, said.find("127.0.0.1:" + port) != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(said, said.find("in use") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(200, first.get("/healthz").status);
    first.stop();
  }

  void testAddressNotOurs() {
    PulsewatchOptions options = withDrain("0s");
    options.arguments = {"-D", "http.address=192.0.2.1"};
    PulsewatchProcess daemon(options);
    CPPUNIT_ASSERT_EQUAL(69, daemon.finish());
    CPPUNIT_ASSERT_MESSAGE(daemon.child().errors(), daemon.child().errors().find("192.0.2.1") != std::string::npos);
  }

 private:
  static PulsewatchOptions withDrain(const std::string& drain) {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    const std::string usual = "shutdown.drain = 0s";
    options.config.replace(options.config.find(usual), usual.size(), "shutdown.drain = " + drain);
    return options;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SignalsTest);

}  // namespace
}  // namespace pulsewatch::testing
