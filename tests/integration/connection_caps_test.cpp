// As many connections as there may be: who is closed, who is refused, and how that is counted; of all, of one address, and by the
// process' descriptors.
#include "integration/crowd.h"
#include "integration/daemon.h"
#include "integration/process_figures.h"
#include "integration/reloads.h"
#include "support/http_connection.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <filesystem>
#include <list>
#include <sys/resource.h>
#include <thread>

namespace pulsewatch::testing {
namespace {

using std::chrono::seconds;

const std::string health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string half_a_head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
const std::string refused_total = "pulsewatch_http_connections_refused_total";

class ConnectionCapsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectionCapsTest);
  CPPUNIT_TEST(testIdleOnesMakeRoom);
  CPPUNIT_TEST(testNoneIsIdle);
  CPPUNIT_TEST(testOneIsIdleAmongMany);
  CPPUNIT_TEST(testOfOneAddress);
  CPPUNIT_TEST(testReloaded);
  CPPUNIT_TEST(testFewDescriptors);
  CPPUNIT_TEST(testNoDescriptorsForAWhile);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testIdleOnesMakeRoom() {
    PulsewatchProcess daemon(options("http.max_connections = 20\n"));
    static_cast<void>(descriptorsWhenReady(daemon));
    const Crowd idle(daemon.port(), 20, {health});
    CPPUNIT_ASSERT(waitFor([&] { return idle.answered() == 20; }, PulsewatchProcess::patience));
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT(waitFor([&] { return idle.open() < 20; }, PulsewatchProcess::patience));
    // The one that has been so for longest; each of the two loops has its own.
    const Crowd::Report report = idle.report();
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, report.statuses.at(200));
    for (const std::size_t place : report.ended) CPPUNIT_ASSERT_MESSAGE("the " + std::to_string(place) + "th was closed", place < 10);
    // Each of many newcomers finds room.
    const Crowd newcomers(daemon.port(), 100, {health});
    CPPUNIT_ASSERT(waitFor([&] { return newcomers.answered() == 100; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, newcomers.report().statuses[200]);
    CPPUNIT_ASSERT(waitFor([&] { return newcomers.open() <= 20; }, PulsewatchProcess::patience));
    daemon.stop();
  }

  void testNoneIsIdle() {
    PulsewatchProcess daemon(options("http.max_connections = 20\nhttp.header_timeout = 1m\n"));
    const std::size_t quiet = descriptorsWhenReady(daemon);
    {
      const Crowd slow(daemon.port(), 20, {half_a_head, "x"});
      waitForConnections(daemon, 20);
      for (int i = 0; i < 30; ++i) {
        // Whole, however much of a request the refused one has sent.
        HttpConnection connection(daemon.port());
        if (i % 3 > 0)
          connection.send(i % 3 == 1 ? health
                                     : "POST /ready HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000\r\n\r\n" + std::string(3000, 'x'));
        const HttpResponse answer = connection.receive();
        CPPUNIT_ASSERT_EQUAL(503, answer.status);
        CPPUNIT_ASSERT_MESSAGE(answer.bytes, std::stoi(answer.header("Retry-After").value_or("0")) > 0);
        CPPUNIT_ASSERT_EQUAL(std::string("close"), answer.header("Connection").value_or("none"));
        CPPUNIT_ASSERT(connection.closes(PulsewatchProcess::patience));
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{20}, slow.open());
      CPPUNIT_ASSERT_EQUAL(std::size_t{20}, slow.report().statuses.at(0));
    }
    waitUntilAlone(daemon, quiet);
    CPPUNIT_ASSERT_EQUAL(30.0, daemon.metrics().value(refused_total));
    daemon.stop();
  }

  // Wherever it is.
  void testOneIsIdleAmongMany() {
    for (int i = 0; i < 8; ++i) {
      PulsewatchProcess daemon(options("http.max_connections = 20\nhttp.header_timeout = 1m\n"));
      static_cast<void>(descriptorsWhenReady(daemon));
      const Crowd some(daemon.port(), static_cast<std::size_t>(i), {half_a_head, "x"});
      const Crowd idle(daemon.port(), 1, {health});
      CPPUNIT_ASSERT(waitFor([&] { return idle.answered() == 1; }, PulsewatchProcess::patience));
      const Crowd others(daemon.port(), static_cast<std::size_t>(19 - i), {half_a_head, "x"});
      waitForConnections(daemon, 20);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(i), 200, daemon.get("/ready").status);
      CPPUNIT_ASSERT(waitFor([&] { return idle.open() == 0; }, PulsewatchProcess::patience));
      daemon.stop();
    }
  }

  void testOfOneAddress() {
    PulsewatchProcess daemon(options("http.max_connections_per_address = 5\nhttp.header_timeout = 1m\n"));
    const std::size_t quiet = descriptorsWhenReady(daemon);
    const double refused = daemon.metrics().value(refused_total);
    waitUntilAlone(daemon, quiet);
    {
      const Crowd many(daemon.port(), 12, {half_a_head, "x", seconds(1), true, "127.0.0.9"});
      CPPUNIT_ASSERT(waitFor([&] { return many.open() == 5; }, PulsewatchProcess::patience));
      const Crowd::Report report = many.report();
      CPPUNIT_ASSERT_EQUAL(std::size_t{7}, report.statuses.at(503));
      CPPUNIT_ASSERT_EQUAL(std::size_t{7}, report.with_retry_after);
      for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL_MESSAGE("another address", 200, daemon.get("/ready").status);
      CPPUNIT_ASSERT_EQUAL(refused + 7, daemon.metrics().value(refused_total));
    }
    // Those that are gone don't count.
    for (int i = 0; i < 3; ++i) {
      waitUntilAlone(daemon, quiet);
      const Crowd again(daemon.port(), 5, {health, {}, seconds(1), true, "127.0.0.9"});
      CPPUNIT_ASSERT(waitFor([&] { return again.answered() == 5; }, PulsewatchProcess::patience));
      CPPUNIT_ASSERT_EQUAL(std::size_t{5}, again.report().statuses[200]);
    }
    daemon.stop();
  }

  void testReloaded() {
    PulsewatchProcess daemon(options("http.max_connections = 10\nhttp.header_timeout = 1m\n"));
    static_cast<void>(descriptorsWhenReady(daemon));
    const Crowd slow(daemon.port(), 10, {half_a_head, "x"});
    waitForConnections(daemon, 10);
    CPPUNIT_ASSERT_EQUAL(503, HttpConnection(daemon.port()).receive().status);
    Reloads(daemon).take(options("http.max_connections = 11\nhttp.header_timeout = 1m\n").config);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

  void testFewDescriptors() {
    PulsewatchOptions few = options("http.header_timeout = 1m\n");
    few.launcher = {"prlimit", "--nofile=300:300"};
    PulsewatchProcess daemon(few);
    waitForReady(daemon, 200);
    const JsonLines warnings = linesWhere(daemon.log(), [](const JsonLine& line) {
      return line.text("level") == "WARNING" && line.text("message").find("http.max_connections is 10000") != std::string::npos;
    });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, warnings.size());
    CPPUNIT_ASSERT_MESSAGE(warnings[0].line(), warnings[0].text("message").find("raise") != std::string::npos);
    // Fifty at a time: who has not been answered yet makes no room.
    std::list<Crowd> idle;
    for (std::size_t i = 0; i < 10; ++i) {
      const Crowd& more = idle.emplace_back(daemon.port(), 50, Manner{health});
      CPPUNIT_ASSERT(waitFor([&] { return more.answered() == 50; }, PulsewatchProcess::patience));
      CPPUNIT_ASSERT_EQUAL_MESSAGE("each is served", std::size_t{50}, more.report().statuses[200]);
    }
    CPPUNIT_ASSERT(figuresOf(daemon.child().pid()).descriptors < 300);
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    // What isn't a connection still finds a descriptor.
    waitForCheck(daemon, "steady", "healthy");
    daemon.stop();
  }

  // All of them are taken, against what the daemon has reckoned with: it neither spins nor forgets who waits.
  void testNoDescriptorsForAWhile() {
    PulsewatchProcess daemon(options("http.header_timeout = 1m\n"));
    waitForReady(daemon, 200);
    const pid_t pid = daemon.child().pid();
    HttpConnection kept(daemon.port());
    kept.send(half_a_head);
    waitForConnections(daemon, 1);
    rlimit usual{};
    CPPUNIT_ASSERT_EQUAL(0, ::prlimit(pid, RLIMIT_NOFILE, nullptr, &usual));
    const rlimit none{firstFree(pid), usual.rlim_max};
    CPPUNIT_ASSERT_EQUAL(0, ::prlimit(pid, RLIMIT_NOFILE, &none, nullptr));
    const Crowd waiting(daemon.port(), 50, {half_a_head});
    const auto before = processorTimeOf(pid);
    const auto begin = Crowd::Clock::now();
    std::this_thread::sleep_for(seconds(2));  // what is measured is the time itself
    const auto used = processorTimeOf(pid) - before;
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Crowd::Clock::now() - begin);
    CPPUNIT_ASSERT_MESSAGE("it spins: " + std::to_string(used.count()) + " ms of processor time", slowness > 1 || used < passed / 4);
    CPPUNIT_ASSERT(acceptedConnections(daemon.port()) < 10);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("those who have one are served", 200, kept.ask("x\r\n\r\n").status);
    CPPUNIT_ASSERT_EQUAL(0, ::prlimit(pid, RLIMIT_NOFILE, &usual, nullptr));
    CPPUNIT_ASSERT(waitFor([&] { return acceptedConnections(daemon.port()) >= 50; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, waiting.open());
    const HttpResponse answer = daemon.get("/ready");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.bytes, 200, answer.status);
    daemon.stop();
  }

 private:
  static PulsewatchOptions options(const std::string& further) { return fixtureOptions({"ok"}, further + checkConfig("steady", "ok")); }

  // The least descriptor that it hasn't.
  static rlim_t firstFree(pid_t pid) {
    rlim_t number = 0;
    while (std::filesystem::is_symlink("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(number))) ++number;
    return number;
  }

  // How many it has without a connection: nobody has asked yet.
  static std::size_t descriptorsWhenReady(PulsewatchProcess& daemon) {
    static_cast<void>(daemon.port());
    CPPUNIT_ASSERT(
        daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "ready_changed" && line.text("status") == "ready"; }));
    return figuresOf(daemon.child().pid()).descriptors;
  }

  // Until it has closed its side of each connection, too.
  static void waitUntilAlone(PulsewatchProcess& daemon, std::size_t quiet) {
    CPPUNIT_ASSERT(waitFor([&] { return figuresOf(daemon.child().pid()).descriptors <= quiet; }, PulsewatchProcess::patience));
  }

  // Until the daemon has so many.
  static void waitForConnections(PulsewatchProcess& daemon, std::size_t count) {
    std::size_t open = 0;
    const bool reached = waitFor([&] { return (open = acceptedConnections(daemon.port())) == count; }, PulsewatchProcess::patience);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(open) + " connections", reached);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionCapsTest);

}  // namespace
}  // namespace pulsewatch::testing
