#include "serve/http_front.h"

#include "unit/serve/front_bench.h"

#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace pulsewatch {

namespace {

using testing::answers;
using testing::asked;
using testing::FrontBench;
using testing::HttpConnection;
using testing::kPatience;
using testing::listeningAt;
using testing::said;

bool refusesAt(std::uint16_t port, const std::string& address) {
  try {
    const HttpConnection connection(port, address);
    return false;
  } catch (const Poco::Exception&) {
    return true;
  }
}

// Why it can't be opened; "" when it can.
std::string refusal(FrontBench& bench, const HostConfig& config) {
  try {
    bench.front.open(config);
    return "";
  } catch (const CannotListen& e) {
    return e.what();
  }
}

HostConfig withAdmin(std::uint16_t port, std::uint16_t admin_port) {
  HostConfig config = listeningAt("127.0.0.1", port);
  config.admin.address = "127.0.0.1";
  config.admin.port = admin_port;
  return config;
}

double openConnections(const FrontBench& bench) {
  return testing::valueOf(testing::familiesOf({&bench.service.http_metrics}), "pulsewatch_http_connections");
}

int metricsAt(std::uint16_t port) { return HttpConnection(port, "127.0.0.1", kPatience).ask(asked("/metrics")).status; }

class HttpFrontTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpFrontTest);
  CPPUNIT_TEST(listensBeforeItStarts);
  CPPUNIT_TEST(theNewOneBeforeTheOldIsLeft);
  CPPUNIT_TEST(whatStays);
  CPPUNIT_TEST(overlapping);
  CPPUNIT_TEST(portsChangePlaces);
  CPPUNIT_TEST(aFailureLeavesAllAsItWas);
  CPPUNIT_TEST(aFailureAfterAnOldOneWasLeft);
  CPPUNIT_TEST(connectionsOfALeftAddress);
  CPPUNIT_TEST(aRequestThatIsCarriedThroughAMove);
  CPPUNIT_TEST(theBacklogOfALeftAddress);
  CPPUNIT_TEST(otherLimits);
  CPPUNIT_TEST(anAddressThatIsTaken);
  CPPUNIT_TEST(closesAllWhenItStops);
  CPPUNIT_TEST_SUITE_END();

 public:
  void listensBeforeItStarts() {
    FrontBench bench(listeningAt("127.0.0.1"), false);
    HttpConnection client(bench.port(), "127.0.0.1", kPatience);
    client.send(asked("/healthz"));
    bench.front.start();
    CPPUNIT_ASSERT_EQUAL(200, client.receive().status);
  }

  void theNewOneBeforeTheOldIsLeft() {
    FrontBench bench;
    const std::uint16_t port = bench.port();
    const HostConfig next = listeningAt("127.0.0.2", port);
    bench.front.open(next);
    CPPUNIT_ASSERT(answers(port));
    HttpConnection early(port, "127.0.0.2", kPatience);
    early.send(asked("/healthz"));
    const auto opened = bench.front.move(next);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, opened.size());
    CPPUNIT_ASSERT(opened[0] == bench.front.sockets().front());
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.2"), opened[0]->where().address);
    CPPUNIT_ASSERT_EQUAL(200, early.receive().status);
    CPPUNIT_ASSERT(answers(port, "127.0.0.2"));
    CPPUNIT_ASSERT(refusesAt(port, "127.0.0.1"));
  }

  void whatStays() {
    FrontBench bench(withAdmin(0, 0));
    const auto before = bench.front.sockets();
    HttpConnection client(bench.port(), "127.0.0.1", kPatience);
    CPPUNIT_ASSERT_EQUAL(200, client.ask(asked("/healthz")).status);
    CPPUNIT_ASSERT(bench.move(withAdmin(0, 0)).empty());
    CPPUNIT_ASSERT(bench.front.sockets() == before);
    CPPUNIT_ASSERT_EQUAL(std::string(), said(client.ask(asked("/healthz"))));
    CPPUNIT_ASSERT(bench.move(listeningAt("127.0.0.1")).empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.front.sockets().size());
    CPPUNIT_ASSERT(refusesAt(before[1]->port(), "127.0.0.1"));
    CPPUNIT_ASSERT_EQUAL(std::string(), said(client.ask(asked("/healthz"))));
  }

  // The two can't be open at once.
  void overlapping() {
    FrontBench bench;
    const std::uint16_t port = bench.port();
    HttpConnection client(port, "127.0.0.1", kPatience);
    CPPUNIT_ASSERT_EQUAL(200, client.ask(asked("/healthz")).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.move(listeningAt("0.0.0.0", port)).size());
    CPPUNIT_ASSERT_EQUAL(std::string("close"), said(client.ask(asked("/healthz"))));
    CPPUNIT_ASSERT(answers(port, "127.0.0.1") && answers(port, "127.0.0.2"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.move(listeningAt("127.0.0.2", port)).size());
    CPPUNIT_ASSERT(answers(port, "127.0.0.2") && refusesAt(port, "127.0.0.1"));
  }

  // What http.port was is admin.port then: each has the other's door.
  void portsChangePlaces() {
    FrontBench bench(withAdmin(0, 0));
    const std::uint16_t one = bench.port(0);
    const std::uint16_t other = bench.port(1);
    CPPUNIT_ASSERT_EQUAL(404, metricsAt(one));
    CPPUNIT_ASSERT_EQUAL(200, metricsAt(other));
    HttpConnection client(other, "127.0.0.1", kPatience);
    CPPUNIT_ASSERT_EQUAL(200, client.ask(asked("/metrics")).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bench.move(withAdmin(other, one)).size());
    CPPUNIT_ASSERT_EQUAL(other, bench.port(0));
    CPPUNIT_ASSERT_EQUAL(one, bench.port(1));
    CPPUNIT_ASSERT_EQUAL(200, metricsAt(one));
    CPPUNIT_ASSERT_EQUAL(404, metricsAt(other));
    const auto last = client.ask(asked("/metrics"));  // it came by the door that it was
    CPPUNIT_ASSERT_EQUAL(200, last.status);
    CPPUNIT_ASSERT_EQUAL(std::string("close"), said(last));
  }

  void aFailureLeavesAllAsItWas() {
    FrontBench bench;
    const ListeningSocket others({"", "127.0.0.1", 0});
    const auto before = bench.front.sockets();
    HttpConnection client(bench.port(), "127.0.0.1", kPatience);
    CPPUNIT_ASSERT_EQUAL(200, client.ask(asked("/healthz")).status);
    // The first of the two could be listened on.
    HostConfig next = listeningAt("127.0.0.2", bench.port());
    next.admin.address = "127.0.0.1";
    next.admin.port = others.port();
    CPPUNIT_ASSERT_EQUAL("admin.address, admin.port: cannot listen on 127.0.0.1:" + std::to_string(others.port()) +
                             ": Address already in use; free the address, or choose another",
                         refusal(bench, next));
    CPPUNIT_ASSERT(bench.front.sockets() == before);
    CPPUNIT_ASSERT_EQUAL(std::string(), said(client.ask(asked("/healthz"))));
    CPPUNIT_ASSERT(answers(bench.port()) && refusesAt(bench.port(), "127.0.0.2"));
    CPPUNIT_ASSERT(bench.front.move(listeningAt("127.0.0.1")).empty());
    CPPUNIT_ASSERT(answers(bench.port()));
  }

  void aFailureAfterAnOldOneWasLeft() {
    FrontBench bench;
    const std::uint16_t port = bench.port();
    const ListeningSocket others({"", "127.0.0.3", port});
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(!refusal(bench, listeningAt("0.0.0.0", port)).empty());
      CPPUNIT_ASSERT_EQUAL(port, bench.port());
      CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), bench.front.sockets().front()->where().address);
      HttpConnection client(port, "127.0.0.1", kPatience);
      CPPUNIT_ASSERT_EQUAL(std::string(), said(client.ask(asked("/healthz"))));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.move(listeningAt("127.0.0.2", port)).size());
    CPPUNIT_ASSERT(answers(port, "127.0.0.2") && refusesAt(port, "127.0.0.1"));
  }

  // Each gets one more answer, which says that it is the last.
  void connectionsOfALeftAddress() {
    FrontBench bench;
    std::vector<std::unique_ptr<HttpConnection>> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(std::make_unique<HttpConnection>(bench.port(), "127.0.0.1", kPatience));
      CPPUNIT_ASSERT_EQUAL(std::string(), said(clients.back()->ask(asked("/healthz"))));
    }
    clients[0]->send("GET /healthz HTT");
    bench.move(listeningAt("127.0.0.2", bench.port()));
    clients[0]->send("P/1.1\r\nHost: example.com\r\n\r\n");
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto last = i == 0 ? clients[i]->receive() : clients[i]->ask(asked(i % 2 == 0 ? "/healthz" : "/metrics"));
      CPPUNIT_ASSERT_EQUAL(200, last.status);
      CPPUNIT_ASSERT_EQUAL(std::string("close"), said(last));
      CPPUNIT_ASSERT(clients[i]->closes(kPatience));
    }
  }

  void aRequestThatIsCarriedThroughAMove() {
    std::promise<void> gate;
    const std::shared_future<void> opened = gate.get_future().share();
    std::atomic<bool> inside{false};
    FrontBench bench;
    bench.service.metrics.before = [&] {
      inside = true;
      opened.wait();
    };
    HttpConnection client(bench.port(), "127.0.0.1", kPatience);
    client.send(asked("/metrics"));
    const bool came = testing::waitFor([&] { return inside.load(); }, kPatience);
    bench.move(listeningAt("127.0.0.2", bench.port()));
    gate.set_value();
    CPPUNIT_ASSERT(came);
    const auto last = client.receive();
    CPPUNIT_ASSERT_EQUAL(std::string("metrics"), last.body);
    CPPUNIT_ASSERT_EQUAL(std::string("close"), said(last));
  }

  // Nobody has accepted them yet when the address is left.
  void theBacklogOfALeftAddress() {
    FrontBench bench(listeningAt("127.0.0.1"), false);
    std::vector<std::unique_ptr<HttpConnection>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<HttpConnection>(bench.port(), "127.0.0.1", kPatience));
      if (i % 2 == 0) clients.back()->send(asked(i % 4 == 0 ? "/healthz" : "/metrics"));
    }
    bench.move(listeningAt("127.0.0.2", bench.port()));
    CPPUNIT_ASSERT(refusesAt(bench.port(), "127.0.0.1"));
    bench.front.start();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto last = i % 2 == 0 ? clients[i]->receive() : clients[i]->ask(asked("/healthz"));
      CPPUNIT_ASSERT_EQUAL(200, last.status);
      CPPUNIT_ASSERT_EQUAL(std::string("close"), said(last));
    }
  }

  void otherLimits() {
    FrontBench bench;
    HostConfig config = listeningAt("127.0.0.1");
    config.http_limits.max_connections = 2;
    bench.move(config);
    const HttpConnection silent(bench.port(), "127.0.0.1", kPatience);
    const HttpConnection other(bench.port(), "127.0.0.1", kPatience);
    CPPUNIT_ASSERT(testing::waitFor([&] { return openConnections(bench) == 2; }, kPatience));
    CPPUNIT_ASSERT_EQUAL(503, HttpConnection(bench.port(), "127.0.0.1", kPatience).receive().status);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, bench.front.refusedConnections());
    config.http_limits.max_connections = 10;
    config.http_limits.body_limit = 3;
    bench.move(config);
    HttpConnection client(bench.port(), "127.0.0.1", kPatience);
    CPPUNIT_ASSERT_EQUAL(200, client.ask(asked("/healthz")).status);
    CPPUNIT_ASSERT_EQUAL(413, client.ask(asked("/healthz", "POST", "Content-Length: 4\r\n")).status);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, bench.front.refusedConnections());
  }

  void anAddressThatIsTaken() {
    const ListeningSocket others({"", "127.0.0.1", 0});
    CPPUNIT_ASSERT_THROW(FrontBench(listeningAt("127.0.0.1", others.port())), CannotListen);
    FrontBench bench;  // what the other one began is undone
    CPPUNIT_ASSERT(answers(bench.port()));
  }

  void closesAllWhenItStops() {
    FrontBench bench;
    HttpConnection idle(bench.port(), "127.0.0.1", kPatience);
    HttpConnection begun(bench.port(), "127.0.0.1", kPatience);
    CPPUNIT_ASSERT_EQUAL(200, idle.ask(asked("/metrics")).status);
    begun.send("GET / HTT");
    bench.front.closeConnections();
    CPPUNIT_ASSERT_EQUAL(std::string("close"), said(HttpConnection(bench.port(), "127.0.0.1", kPatience).ask(asked("/healthz"))));
    bench.front.stop();
    CPPUNIT_ASSERT(idle.closes(kPatience) && begun.closes(kPatience));
    CPPUNIT_ASSERT_EQUAL(0.0, openConnections(bench));
    bench.front.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpFrontTest);

}  // namespace

}  // namespace pulsewatch
