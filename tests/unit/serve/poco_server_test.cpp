#include "serve/poco_server.h"

#include "unit/serve/conversation_bench.h"

#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

using testing::asked;
using testing::QuietHome;
using testing::ServiceBench;
using testing::uuidOf;

constexpr std::size_t kThreads = 16;  // requests at a time
constexpr std::size_t kQueue = 1024;  // and those that may wait

// The home last of all: what the server has must come to it.
struct Bench {
  Bench() { connection.peer_address = connection.local_address = "127.0.0.1"; }
  ~Bench() { server.stop(); }

  void take(const std::string& head, const std::string& content = {}) {
    server.take(std::make_unique<CarriedRequest>(head, content, connection, home));
  }
  std::unique_ptr<CarriedRequest> exchange(const std::string& head, const std::string& content = {}) {
    take(head, content);
    CPPUNIT_ASSERT_MESSAGE("it doesn't come home", home.comesTo(1));
    auto came = home.take();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, came.size());
    return std::move(came.front());
  }

  QuietHome home;
  ServiceBench service;
  const ListeningSocket door{{"admin.address, admin.port", "127.0.0.1", 0, Door::admin}};
  Connection connection{FileDescriptor(), door, nullptr};
  PocoServer server{service.service};
};

// Holds all that come to a route until it is opened; it opens when it goes.
class Gate {
 public:
  explicit Gate(testing::FakeRoute& route) {
    route.before = [this] {
      ++inside_;
      opened_.wait();
    };
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { open(); }
  void open() {
    if (!open_) gate_.set_value();
    open_ = true;
  }
  [[nodiscard]] std::size_t inside() const { return inside_; }

 private:
  std::promise<void> gate_;
  const std::shared_future<void> opened_ = gate_.get_future().share();
  std::atomic<std::size_t> inside_{0};
  bool open_ = false;
};

std::size_t answeredOnes(const std::vector<std::unique_ptr<CarriedRequest>>& requests) {
  return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), [](const auto& one) { return one->answer.has_value(); }));
}

class PocoServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PocoServerTest);
  CPPUNIT_TEST(aRequestKeepsWhatItCameWith);
  CPPUNIT_TEST(anAnswerComesHome);
  CPPUNIT_TEST(bodies);
  CPPUNIT_TEST(strangeMethods);
  CPPUNIT_TEST(aRouteThatThrows);
  CPPUNIT_TEST(tooManyComeHomeUnanswered);
  CPPUNIT_TEST(stopBringsAllHome);
  CPPUNIT_TEST(afterStopTheyComeHomeAtOnce);
  CPPUNIT_TEST(neverStarted);
  CPPUNIT_TEST(manyFromSeveralThreads);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Whatever becomes of the bytes it was read from, and of the connection's state.
  void aRequestKeepsWhatItCameWith() {
    Bench bench;
    auto head = std::make_unique<std::string>(asked("/ready?verbose", "POST", "X-Request-ID: " + uuidOf(1) + "\r\nContent-Length: 4\r\n"));
    const CarriedRequest carried(*head, "body", bench.connection, bench.home);
    std::fill(head->begin(), head->end(), '!');
    head = nullptr;
    const HttpRequest& request = carried.request();
    CPPUNIT_ASSERT_EQUAL(std::string("POST"), std::string(request.method));
    CPPUNIT_ASSERT_EQUAL(std::string("/ready?verbose"), std::string(request.target));
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), std::string(request.host));
    CPPUNIT_ASSERT_EQUAL(uuidOf(1), std::string(request.request_id));
    CPPUNIT_ASSERT_EQUAL(std::string("body"), std::string(request.body));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), std::string(request.peer_address));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), std::string(request.local_address));
    CPPUNIT_ASSERT(request.door == Door::admin && !request.secure && carried.keepAlive());
    CPPUNIT_ASSERT(!carried.begun && !carried.answer);
    CPPUNIT_ASSERT(!CarriedRequest(asked("/", "GET", "", "HTTP/1.0"), {}, bench.connection, bench.home).keepAlive());
  }

  void anAnswerComesHome() {
    Bench bench;
    bench.server.start();
    const auto carried = bench.exchange(asked("/metrics", "GET", "X-Request-ID: " + uuidOf(7) + "\r\n"));
    CPPUNIT_ASSERT(carried->begun && carried->answer);
    CPPUNIT_ASSERT_EQUAL(200, carried->answer->status);
    CPPUNIT_ASSERT_EQUAL(std::string("metrics"), *carried->answer->body);
    CPPUNIT_ASSERT_EQUAL(uuidOf(7), carried->answer->request_id);
    CPPUNIT_ASSERT(&carried->connection() == &bench.connection);
    CPPUNIT_ASSERT(bench.service.metrics.asked == std::vector<std::string>{"/metrics"});
  }

  // Of any size: nobody between the loop and the service counts it, or takes it for a next request.
  void bodies() {
    Bench bench;
    bench.server.start();
    const std::string smuggled = asked("/metrics");
    for (const std::string& body : {std::string("x"), smuggled, std::string(65'536, 'x'), std::string(1'000'000, '\0')}) {
      const auto carried = bench.exchange(asked("/ready/a", "POST", "Content-Length: " + std::to_string(body.size()) + "\r\n"), body);
      CPPUNIT_ASSERT(carried->request().body == body);
      CPPUNIT_ASSERT(carried->begun && carried->answer);
      CPPUNIT_ASSERT_EQUAL(405, carried->answer->status);
    }
    CPPUNIT_ASSERT(bench.service.metrics.asked.empty());
    const auto read = bench.exchange(asked("/ready/a", "GET", "Transfer-Encoding: chunked\r\n"), "a body that GET has");
    CPPUNIT_ASSERT(read->answer.has_value());
    CPPUNIT_ASSERT_EQUAL(200, read->answer->status);
    CPPUNIT_ASSERT(bench.service.ready.asked == std::vector<std::string>{"/ready/a"});
  }

  // What Poco would think of a method doesn't matter.
  void strangeMethods() {
    Bench bench;
    bench.server.start();
    for (const std::string& method : {std::string("DELETE"), std::string("BREW"), std::string("get"), std::string("!#$%&'*+-.^_`|~"),
                                      std::string(32, 'A'), std::string(33, 'A'), std::string(4000, 'A')}) {
      const auto carried = bench.exchange(asked("http://example.com/healthz", method));
      CPPUNIT_ASSERT_MESSAGE(method, carried->answer.has_value());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 405, carried->answer->status);
    }
  }

  void aRouteThatThrows() {
    Bench bench;
    bench.server.start();
    const std::function<void()> throws[] = {[] { throw std::runtime_error("broken"); }, [] { throw Poco::IOException("broken"); },
                                            [] { throw 1; }};
    for (const std::function<void()>& thrown : throws) {
      bench.service.metrics.before = thrown;
      const auto carried = bench.exchange(asked("/metrics"));
      CPPUNIT_ASSERT(carried->begun && carried->answer);
      CPPUNIT_ASSERT_EQUAL(500, carried->answer->status);
    }
    bench.service.metrics.before = nullptr;
    const auto whole = bench.exchange(asked("/metrics"));
    CPPUNIT_ASSERT(whole->answer.has_value());
    CPPUNIT_ASSERT_EQUAL(200, whole->answer->status);
  }

  // Those that no thread works on and that find no place to wait; the others are answered.
  void tooManyComeHomeUnanswered() {
    constexpr std::size_t kTooMany = 100;
    Bench bench;
    Gate gate(bench.service.metrics);
    bench.server.start();
    for (std::size_t i = 0; i < kThreads + kQueue + kTooMany; ++i) bench.take(asked("/metrics"));
    CPPUNIT_ASSERT(bench.home.comesTo(kTooMany));
    const auto refused = bench.home.take();
    for (const auto& carried : refused) CPPUNIT_ASSERT(!carried->begun && !carried->answer);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(refused.size()), refused.size() <= kTooMany + kThreads);
    gate.open();
    const std::size_t left = kThreads + kQueue + kTooMany - refused.size();
    CPPUNIT_ASSERT(bench.home.comesTo(left));
    const auto served = bench.home.take();
    CPPUNIT_ASSERT_EQUAL(left, served.size());
    const std::size_t late = left - answeredOnes(served);  // refused after the others were looked at
    CPPUNIT_ASSERT_MESSAGE(std::to_string(late), refused.size() + late <= kTooMany + kThreads);
  }

  void stopBringsAllHome() {
    constexpr std::size_t kRequests = 100;
    Bench bench;
    Gate gate(bench.service.metrics);
    bench.server.start();
    for (std::size_t i = 0; i < kRequests; ++i) bench.take(asked("/metrics"));
    CPPUNIT_ASSERT(testing::waitFor([&] { return gate.inside() > 1; }, testing::kPatience));
    std::thread stops([&] { bench.server.stop(); });
    const bool waiting_came = bench.home.comesTo(kRequests - kThreads);
    const bool not_all = bench.home.count() < kRequests;
    gate.open();
    stops.join();
    CPPUNIT_ASSERT_MESSAGE("those that waited come home at once", waiting_came);
    CPPUNIT_ASSERT_MESSAGE("those that are worked on come home when they are done", not_all);
    const auto came = bench.home.take();
    CPPUNIT_ASSERT_EQUAL(kRequests, came.size());
    CPPUNIT_ASSERT_EQUAL(gate.inside(), answeredOnes(came));
    for (const auto& carried : came) CPPUNIT_ASSERT_EQUAL(carried->begun, carried->answer.has_value());
  }

  void afterStopTheyComeHomeAtOnce() {
    Bench bench;
    bench.server.start();
    CPPUNIT_ASSERT(bench.exchange(asked("/metrics"))->answer);
    bench.server.stop();
    for (std::size_t i = 1; i <= 3; ++i) {
      bench.take(asked("/metrics"));
      CPPUNIT_ASSERT_EQUAL(i, bench.home.count());
    }
    for (const auto& carried : bench.home.take()) CPPUNIT_ASSERT(!carried->begun && !carried->answer);
    bench.server.stop();
  }

  void neverStarted() {
    Bench bench;
    bench.take(asked("/metrics"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, bench.home.count());
    bench.server.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.home.count());
  }

  // Each once, with its own answer.
  void manyFromSeveralThreads() {
    constexpr std::size_t kSenders = 4;
    constexpr std::size_t kEach = 200;
    Bench bench;
    bench.server.start();
    std::vector<std::thread> senders;
    for (std::size_t i = 0; i < kSenders; ++i) {
      senders.emplace_back([&bench, i] {
        for (std::size_t j = 0; j < kEach; ++j) bench.take(asked("/metrics", "GET", "X-Request-ID: " + uuidOf(i * kEach + j) + "\r\n"));
      });
    }
    for (std::thread& sender : senders) sender.join();
    CPPUNIT_ASSERT(bench.home.comesTo(kSenders * kEach));
    std::set<std::string> ids;
    for (const auto& carried : bench.home.take()) {
      CPPUNIT_ASSERT(carried->answer.has_value());
      CPPUNIT_ASSERT_EQUAL(std::string(carried->request().request_id), carried->answer->request_id);
      ids.insert(carried->answer->request_id);
    }
    CPPUNIT_ASSERT_EQUAL(kSenders * kEach, ids.size());
    CPPUNIT_ASSERT_EQUAL(kSenders * kEach, bench.service.metrics.asked.size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PocoServerTest);

}  // namespace

}  // namespace pulsewatch
