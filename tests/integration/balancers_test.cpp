// A daemon's servers behind real load balancers: HAProxy's health checks in their forms, and nginx as a reverse proxy that keeps its
// connections and tries the next server.
#include "integration/control.h"
#include "support/fault_proxy.h"
#include "support/haproxy.h"
#include "support/http_connection.h"
#include "support/nginx.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace pulsewatch::testing {
namespace {

std::vector<std::string> fieldsOf(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream words(line);
  for (std::string field; std::getline(words, field, ',');) fields.push_back(field);
  return fields;
}

// What HAProxy makes of the server of a backend: "UP L7OK 200".
std::string stateOf(const HaProxy& proxy, const std::string& backend) {
  std::istringstream lines(proxy.tell("show stat"));
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> names = fieldsOf(line.substr(2));
  while (std::getline(lines, line)) {
    const std::vector<std::string> fields = fieldsOf(line);
    if (fields.size() < 2 || fields[0] != backend || fields[1] != "one") continue;
    std::string state;
    for (const char* name : {"status", "check_status", "check_code"}) {
      const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
      state += (state.empty() ? "" : " ") + fields.at(at);
    }
    return state;
  }
  throw std::runtime_error("HAProxy has no backend " + backend);
}

void waitForState(const HaProxy& proxy, const std::string& backend, const std::string& state) {
  std::string last;
  const bool reached = waitFor([&] { return (last = stateOf(proxy, backend)) == state; }, PulsewatchProcess::patience);
  CPPUNIT_ASSERT_MESSAGE(backend + " is " + last + " instead of " + state + "\n" + proxy.log(), reached);
}

std::string at(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

class BalancersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BalancersTest);
  CPPUNIT_TEST(testHaProxyChecks);
  CPPUNIT_TEST(testNginxKeepsConnections);
  CPPUNIT_TEST(testNginxTriesTheNext);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testHaProxyChecks() {
    PulsewatchProcess daemon(controlOptions({"ok"}, checkConfig("steady", "ok")));
    waitForReady(daemon, 200);
    // Plain httpchk is OPTIONS / HTTP/1.0 without a Host.
    struct Check {
      std::string lines;
      std::string drained = "DOWN L7STS 503";
      std::string usual = "UP L7OK 200";
    };
    const std::map<std::string, Check> checks{
        {"plain", {"option httpchk", "UP L7OK 200"}},
        {"target", {"option httpchk GET /ready"}},
        {"version", {"option httpchk GET /ready HTTP/1.1\\r\\nHost:\\ localhost"}},
        {"options", {"option httpchk OPTIONS /ready"}},
        {"head", {"option httpchk HEAD /ready HTTP/1.0"}},
        {"send", {"option httpchk\n  http-check send meth GET uri /ready ver HTTP/1.1 hdr Host localhost\n  http-check expect status 200"}},
        {"words", {"option httpchk GET /ready\n  http-check expect rstring \\\"status\\\":\\\"ready\\\"", "DOWN L7RSP "}},
        {"tcp", {"", "UP L4OK ", "UP L4OK "}},
    };
    std::string sections = "frontend unused\n  mode http\n  bind 127.0.0.1:@PORT@\n";
    for (const auto& [name, check] : checks) {
      sections += "backend " + name + "\n  mode http\n";
      if (!check.lines.empty()) sections += "  " + check.lines + "\n";
      sections += "  server one " + at(daemon.port()) + " check inter 100ms fastinter 100ms downinter 100ms fall 1 rise 1\n";
    }
    const HaProxy proxy(sections);
    const auto expect = [&](std::string Check::*state) {
      for (const auto& [name, check] : checks) waitForState(proxy, name, check.*state);
    };
    expect(&Check::usual);
    expectTold(tell(daemon, {"drain"}), 0, "drained");
    expect(&Check::drained);
    expectTold(tell(daemon, {"undrain"}), 0, "no longer drained");
    expect(&Check::usual);
    daemon.stop();
  }

  void testNginxKeepsConnections() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
    waitForReady(daemon, 200);
    const FaultProxy between(daemon.port());
    const Nginx nginx("upstream status { server " + at(between.port()) + "; keepalive 4; }\n" + location(""));
    HttpConnection connection(nginx.port());
    for (int i = 0; i < 100; ++i) {
      for (const std::string path : {"/healthz", "/ready", "/metrics"}) {
        const HttpResponse answer = connection.ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.bytes + nginx.log(), 200, answer.status);
      }
    }
    // One for each of nginx' workers.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(between.accepted()) + " connections", between.accepted() <= std::thread::hardware_concurrency());
    daemon.stop();
  }

  // Two daemons, one of which isn't ready, then ends while it is asked: whoever asks nginx sees neither.
  void testNginxTriesTheNext() {
    PulsewatchProcess leaving(controlOptions({"ok"}, checkConfig("steady", "ok")));
    PulsewatchProcess staying(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
    waitForReady(leaving, 200);
    waitForReady(staying, 200);
    const Nginx nginx("upstream status { server " + at(leaving.port()) + " max_fails=0; server " + at(staying.port()) +
                      " max_fails=0; keepalive 4; }\n" + location("proxy_next_upstream error timeout http_503;"));
    std::atomic<bool> over{false};
    std::atomic<int> asked{0};
    std::string wrong;
    std::thread client([&] {
      const HttpClient asks(nginx.port(), "127.0.0.1", PulsewatchProcess::patience);
      try {
        for (; !over; ++asked) {
          const HttpResponse answer = asks.get("/ready");
          if (answer.status != 200) wrong = answer.bytes;
        }
      } catch (const std::exception& e) {
        wrong = e.what();
      }
    });
    const auto askedAgain = [&] {
      const int before = asked;
      return waitFor([&] { return asked > before + 50 || !wrong.empty(); }, PulsewatchProcess::patience);
    };
    bool fine = askedAgain();
    const Told told = tell(leaving, {"drain"});
    fine = askedAgain() && fine;
    leaving.stop();
    fine = askedAgain() && fine;
    over = true;
    client.join();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(nginx.log(), std::string(), wrong);
    CPPUNIT_ASSERT(fine);
    CPPUNIT_ASSERT_EQUAL(0, told.code);
    staying.stop();
  }

 private:
  static std::string location(const std::string& further) {
    return "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://status; proxy_http_version 1.1; proxy_set_header Connection "
           "\"\"; proxy_set_header Host $host; " +
           further + " } }\n";
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BalancersTest);

}  // namespace
}  // namespace pulsewatch::testing
