// Everything that clients do, well and badly, all at once and for a while: those who ask as they should are answered, and afterwards the
// host holds what it held before. PULSEWATCH_HTTP_SOAK_SECONDS says how long; ./dev soak makes it ten minutes.
#include "integration/crowd.h"
#include "integration/daemon.h"
#include "integration/process_figures.h"
#include "integration/smuggling.h"
#include "support/http_connection.h"
#include "support/wait.h"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t pool = 18;  // threads that Poco's server may have (host/serve/poco_server.cpp)

std::string getOf(const std::string& path, const std::string& further = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + further + "\r\n";
}

// Clients on threads of their own, for some time.
class MixedLoad {
 public:
  MixedLoad(std::uint16_t port, seconds time) : port_(port), until_(Crowd::Clock::now() + time) {
    run([this] { askOverOne(); });
    run([this] { askOnNewOnes(); });
    run([this] { askManyAtOnce(); });
    run([this] { leave(); });
    run([this] { sendNonsense(); });
    run([this] { crowd(); });
    for (std::thread& thread : threads_) thread.join();
    if (!wrong_.empty()) throw std::runtime_error(wrong_);
  }

  [[nodiscard]] int answers() const { return answers_; }

 private:
  void run(const std::function<void()>& part) {
    threads_.emplace_back([this, part] {
      try {
        while (goesOn()) part();
      } catch (const Poco::Exception& e) {
        fail(e.displayText());
      } catch (const std::exception& e) {
        fail(e.what());
      }
    });
  }

  [[nodiscard]] bool goesOn() const { return Crowd::Clock::now() < until_; }

  void fail(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (wrong_.empty()) wrong_ = what;
  }

  void expect(int status, const HttpResponse& answer) {
    if (answer.status != status) throw std::runtime_error("instead of " + std::to_string(status) + ": " + answer.bytes);
    ++answers_;
  }

  void askOverOne() {
    HttpConnection connection(port_);
    for (int i = 0; i < 500 && goesOn(); ++i) {
      expect(200, connection.ask(getOf(i % 3 == 0 ? "/healthz" : i % 3 == 1 ? "/ready" : "/ready?verbose")));
      expect(404, connection.ask(getOf("/nowhere")));
      if (i % 20 == 0) expect(200, connection.ask(getOf("/metrics", "Accept-Encoding: gzip\r\n")));
    }
  }

  void askOnNewOnes() {
    for (const char* path : {"/healthz", "/ready", "/", "/ready/check1"}) {
      HttpConnection connection(port_);
      expect(200, connection.ask(getOf(path, "Connection: close\r\n")));
    }
    HttpConnection with_body(port_);
    expect(405, with_body.ask("POST /ready HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x')));
  }

  void askManyAtOnce() {
    HttpConnection connection(port_);
    std::string requests;
    for (int i = 0; i < 30; ++i) requests += getOf(i % 5 == 0 ? "/ready?verbose" : "/healthz");
    connection.send(requests);
    for (int i = 0; i < 30; ++i) expect(200, connection.receive());
  }

  // They leave at each moment, with and without a reset.
  void leave() {
    const std::string request = getOf("/ready?verbose");
    for (std::size_t sent = 0; sent <= request.size() && goesOn(); sent += 7) {
      HttpConnection connection(port_);
      connection.send(request.substr(0, sent));
      if (sent % 2 == 0) connection.reset();
    }
    HttpConnection connection(port_);
    connection.send(request);
    connection.readable(seconds(1));
    connection.reset();
  }

  void sendNonsense() {
    for (const SmugglingVector& vector : smugglingVectors()) {
      if (!goesOn()) return;
      try {
        HttpConnection connection(port_);
        connection.send(vector.bytes);
        connection.readable(milliseconds(20));
      } catch (const Poco::Net::NetException&) {  // closed while it was sent
      }
    }
  }

  // Those who take their time: until the server has enough of them.
  void crowd() {
    std::string requests;
    for (int i = 0; i < 50; ++i) requests += getOf("/ready?verbose");
    const Crowd idle(port_, 50, {getOf("/healthz")});
    const Crowd dripping(port_, 100, {"GET /ready HTTP/1.1\r\nX: ", "x", milliseconds(100)});
    const Crowd bodies(port_, 50, {"POST /ready HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n", "x", milliseconds(100)});
    const Crowd deaf(port_, 20, {requests, {}, seconds(1), false});
    waitFor([&] { return !goesOn() || (dripping.open() == 0 && bodies.open() == 0); }, PulsewatchProcess::patience);
  }

  const std::uint16_t port_;
  const Crowd::Clock::time_point until_;
  std::atomic<int> answers_{0};
  std::mutex mutex_;
  std::string wrong_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

class HttpSoakTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpSoakTest);
  CPPUNIT_TEST(testMixedLoad);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testMixedLoad() {
    const char* const given = std::getenv("PULSEWATCH_HTTP_SOAK_SECONDS");
    const int time = given != nullptr ? std::stoi(given) : 8;
    std::string checks;
    for (int i = 0; i < 50; ++i) checks += checkConfig("check" + std::to_string(i), "ok");
    PulsewatchProcess daemon(
        fixtureOptions({"ok"}, "http.header_timeout = 3s\nhttp.body_timeout = 3s\nhttp.send_timeout = 3s\nlog.access = none\n" + checks));
    waitForReady(daemon, 200);
    const ProcessFigures at_first = settled(daemon);
    static_cast<void>(MixedLoad(daemon.port(), seconds(std::max(3, time / 10))));
    const ProcessFigures before = settled(daemon);
    const int answers = MixedLoad(daemon.port(), seconds(time)).answers();
    const ProcessFigures after = settled(daemon);
    std::cout << "\n"
              << time << " s of mixed load, " << answers << " answers to those who ask as they should; before: " << before
              << "; after: " << after << '\n';
    CPPUNIT_ASSERT(answers > 100);
    CPPUNIT_ASSERT_MESSAGE("descriptors", after.descriptors <= before.descriptors);
    CPPUNIT_ASSERT_MESSAGE("threads", after.threads <= at_first.threads + pool);
    CPPUNIT_ASSERT_MESSAGE("memory grew", sanitized || after.resident_kib < before.resident_kib + 8 * 1024);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

 private:
  // When the last connection is closed.
  static ProcessFigures settled(PulsewatchProcess& daemon) {
    CPPUNIT_ASSERT(waitFor([&] { return acceptedConnections(daemon.port()) == 0; }, 2 * PulsewatchProcess::patience));
    return figuresOf(daemon.child().pid());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpSoakTest);

}  // namespace
}  // namespace pulsewatch::testing
