// Slow and idle clients cost nothing: thousands that send a byte a second, leave a connection idle, don't read what they asked for; and
// everyone else is answered as if they weren't there.
#include "integration/crowd.h"
#include "integration/daemon.h"
#include "integration/process_figures.h"
#include "support/http_connection.h"
#include "support/skip.h"
#include "support/wait.h"

#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <iostream>
#include <sstream>

namespace pulsewatch::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string half_a_head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
constexpr milliseconds late{5000 * slowness};  // after a deadline, on a busy machine

class SlowClientsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SlowClientsTest);
  CPPUNIT_TEST(testThousands);
  CPPUNIT_TEST(testHeaderTime);
  CPPUNIT_TEST(testKeepAliveTime);
  CPPUNIT_TEST(testSlowBodies);
  CPPUNIT_TEST(testBodyLimit);
  CPPUNIT_TEST(testThoseWhoDoNotRead);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testThousands() {
    constexpr std::size_t kDripping = 5000;
    constexpr std::size_t kIdle = 500;
    if (raiseDescriptorLimit() < kDripping + kIdle + 500) {
      skipped("thousands of slow clients", "too few descriptors (ulimit -n)");
      return;
    }
    PulsewatchProcess daemon(options("http.header_timeout = 1m\n"));
    waitForReady(daemon, 200);
    const pid_t pid = daemon.child().pid();
    const auto alone = latencies(daemon);
    const ProcessFigures before = figuresOf(pid);
    const Crowd idle(daemon.port(), kIdle, {health});
    CPPUNIT_ASSERT(waitFor([&] { return idle.answered() == kIdle; }, PulsewatchProcess::patience));
    const Crowd dripping(daemon.port(), kDripping, {half_a_head, "abcdefghijklmnopqrstuvwxyz"});
    const auto crowded = latencies(daemon);
    const ProcessFigures during = figuresOf(pid);
    std::cout << "\n"
              << kDripping << " dripping and " << kIdle << " idle connections; before: " << before << "; with them: " << during << ", "
              << (during.resident_kib - std::min(before.resident_kib, during.resident_kib)) * 1024 / (kDripping + kIdle)
              << " bytes a connection\n/healthz and /ready from new connections, alone: " << alone.text()
              << "; with them: " << crowded.text() << '\n';
    CPPUNIT_ASSERT_EQUAL(kDripping, dripping.open());
    CPPUNIT_ASSERT_EQUAL(kIdle, idle.open());
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a thread for some of them?", before.threads, during.threads);
    // 20 ms on a quiet machine.
    CPPUNIT_ASSERT_MESSAGE(crowded.text(), crowded.p99 < milliseconds(200 * slowness) || crowded.p99 < 3 * alone.p99);
    daemon.stop();
  }

  // They send something all the time: the deadline is the whole head's.
  void testHeaderTime() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    const Crowd dripping(daemon.port(), 500, {half_a_head, "abc", milliseconds(100)});
    const Crowd lines(daemon.port(), 500, {"GET / HTTP/1.1\r\n", "a:b\r\n", milliseconds(50)});
    CPPUNIT_ASSERT(waitFor([&] { return dripping.open() + lines.open() == 0; }, seconds(2) + late));
    expectEnds(dripping, seconds(2));
    expectEnds(lines, seconds(2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{500}, dripping.report().statuses[408]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{500}, lines.report().statuses[408]);
    daemon.stop();
  }

  // One that is idle, and one whose next head drips.
  void testKeepAliveTime() {
    PulsewatchProcess daemon(options("http.keepalive_timeout = 2s\nhttp.header_timeout = 1s\n"));
    waitForReady(daemon, 200);
    const ProcessFigures before = figuresOf(daemon.child().pid());
    const Crowd idle(daemon.port(), 200, {health});
    const Crowd dripping(daemon.port(), 50, {health + half_a_head, "x", milliseconds(200)});
    const Crowd silent(daemon.port(), 50, {""});
    CPPUNIT_ASSERT(waitFor([&] { return idle.answered() == 200 && dripping.answered() == 50; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT(figuresOf(daemon.child().pid()).threads <= before.threads + 4);
    CPPUNIT_ASSERT(waitFor([&] { return idle.open() + dripping.open() + silent.open() == 0; }, seconds(2) + late));
    expectEnds(idle, seconds(2));
    expectEnds(dripping, seconds(1));
    expectEnds(silent, seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{200}, idle.report().statuses[200]);
    CPPUNIT_ASSERT_MESSAGE(
        "none of the descriptors stays",
        waitFor([&] { return figuresOf(daemon.child().pid()).descriptors <= before.descriptors; }, PulsewatchProcess::patience));
    daemon.stop();
  }

  void testSlowBodies() {
    PulsewatchProcess daemon(options("http.body_timeout = 1s\n"));
    waitForReady(daemon, 200);
    const std::string post = "POST /ready HTTP/1.1\r\nHost: localhost\r\n";
    const Crowd by_length(daemon.port(), 100, {post + "Content-Length: 10000\r\n\r\n", "x", milliseconds(200)});
    const Crowd by_chunks(daemon.port(), 100, {post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", milliseconds(200)});
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT(waitFor([&] { return by_length.open() + by_chunks.open() == 0; }, seconds(1) + late));
    expectEnds(by_length, seconds(1));
    expectEnds(by_chunks, seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, by_length.report().statuses[408]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, by_chunks.report().statuses[408]);
    const MetricsText counted = daemon.metrics();
    CPPUNIT_ASSERT_EQUAL(200.0, counted.value("django_http_responses_total_by_status", {{"status", "408"}}));
    CPPUNIT_ASSERT_EQUAL(200.0, counted.value("pulsewatch_http_connections_closed_total", {{"reason", "body_timeout"}}));
    daemon.stop();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("they fill no log", std::size_t{0}, linesWhere(daemon.log(), [](const JsonLine& line) {
                                                                       return line.text("event") == "api_request" &&
                                                                              line.integer("status_code") == 408;
                                                                     }).size());
  }

  void testBodyLimit() {
    PulsewatchProcess daemon(options("http.body_limit = 1KiB\n"));
    waitForReady(daemon, 200);
    const std::string id = "550e8400-e29b-41d4-a716-446655440000";
    const auto statusOf = [&](const std::string& fields, const std::string& body) {
      HttpConnection connection(daemon.port());
      try {
        connection.send("POST /ready HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: " + id + "\r\n" + fields + "\r\n" + body);
      } catch (const Poco::Exception&) {  // closed while it was sent; the answer is there all the same
      }
      const HttpResponse answer = connection.receive();
      CPPUNIT_ASSERT_EQUAL(id, answer.header("X-Request-ID").value_or("none"));
      CPPUNIT_ASSERT_MESSAGE("it is closed after an answer to a body", connection.closes(PulsewatchProcess::patience));
      return answer.status;
    };
    const auto chunks = [](std::size_t count) {
      std::string text;
      for (std::size_t i = 0; i < count; ++i) text += "10\r\n0123456789abcdef\r\n";
      return text + "0\r\n\r\n";
    };
    CPPUNIT_ASSERT_EQUAL(405, statusOf("Content-Length: 1024\r\n", std::string(1024, 'x')));
    CPPUNIT_ASSERT_EQUAL(413, statusOf("Content-Length: 1025\r\n", std::string(1025, 'x')));
    CPPUNIT_ASSERT_EQUAL(413, statusOf("Content-Length: 1025\r\n", ""));
    CPPUNIT_ASSERT_EQUAL(413, statusOf("Content-Length: 1000000\r\n", std::string(1'000'000, 'x')));
    CPPUNIT_ASSERT_EQUAL(413, statusOf("Content-Length: 1000000\r\nExpect: 100-continue\r\n", ""));
    CPPUNIT_ASSERT_EQUAL(405, statusOf("Transfer-Encoding: chunked\r\n", chunks(64)));
    CPPUNIT_ASSERT_EQUAL(413, statusOf("Transfer-Encoding: chunked\r\n", chunks(65)));
    CPPUNIT_ASSERT_EQUAL(413, statusOf("Transfer-Encoding: chunked\r\n", chunks(60'000)));
    daemon.stop();
  }

  // They ask for a lot, again and again, and take none of it.
  void testThoseWhoDoNotRead() {
    std::string checks;
    for (int i = 0; i < 100; ++i) checks += checkConfig("check" + std::to_string(i), "ok", {"message = " + std::string(300, 'x')});
    PulsewatchProcess daemon(options("http.send_timeout = 1s\n" + checks));
    waitForReady(daemon, 200);
    const std::size_t size = daemon.get("/ready?verbose").body.size();
    const ProcessFigures before = figuresOf(daemon.child().pid());
    for (const std::string path : {"/ready?verbose", "/ready", "/metrics"}) {
      std::string requests;
      for (int i = 0; i < 200; ++i) requests += "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      const Crowd deaf(daemon.port(), 64, {requests, {}, seconds(1), false});
      CPPUNIT_ASSERT(
          waitFor([&] { return figuresOf(daemon.child().pid()).descriptors > before.descriptors + 30; }, PulsewatchProcess::patience));
      // Whoever reads gets the whole of it.
      for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(daemon.get("/ready?verbose").body.size() > size / 2);
      CPPUNIT_ASSERT_MESSAGE(path + ": they are held",
                             waitFor([&] { return figuresOf(daemon.child().pid()).descriptors <= before.descriptors; },
                                     seconds(1) + late + PulsewatchProcess::patience));
    }
    const ProcessFigures after = figuresOf(daemon.child().pid());
    std::cout << "\nthose who don't read answers of " << size << " bytes; before: " << before << "; after: " << after << '\n';
    CPPUNIT_ASSERT_MESSAGE("memory", sanitized || after.resident_kib < before.resident_kib + 100 * 1024);
    daemon.stop();
  }

 private:
  struct Latencies {
    std::chrono::microseconds p50{0};
    std::chrono::microseconds p99{0};
    std::chrono::microseconds slowest{0};
    std::size_t count = 0;

    [[nodiscard]] std::string text() const {
      std::ostringstream out;
      out << "median " << p50.count() << " us, p99 " << p99.count() << " us, slowest " << slowest.count() << " us of " << count;
      return out.str();
    }
  };

  static PulsewatchOptions options(const std::string& further) { return fixtureOptions({"ok"}, further + checkConfig("steady", "ok")); }

  // Of a request on a connection of its own, by turns.
  static Latencies latencies(PulsewatchProcess& daemon) {
    std::vector<std::chrono::microseconds> taken;
    for (int i = 0; i < 500; ++i) {
      const HttpResponse answer = daemon.get(i % 2 == 0 ? "/healthz" : "/ready");
      CPPUNIT_ASSERT_EQUAL(200, answer.status);
      taken.push_back(answer.duration);
    }
    std::sort(taken.begin(), taken.end());
    return {taken[taken.size() / 2], taken[taken.size() * 99 / 100], taken.back(), taken.size()};
  }

  // All of them, neither before the deadline nor long after it.
  static void expectEnds(const Crowd& crowd, milliseconds deadline) {
    const Crowd::Report report = crowd.report();
    const std::string times = std::to_string(report.shortest.count()) + " to " + std::to_string(report.longest.count()) + " ms";
    CPPUNIT_ASSERT_MESSAGE(times, report.shortest >= deadline - milliseconds(50));
    CPPUNIT_ASSERT_MESSAGE(times, report.longest < deadline + late);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SlowClientsTest);

}  // namespace
}  // namespace pulsewatch::testing
