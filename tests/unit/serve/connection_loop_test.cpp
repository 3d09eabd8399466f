#include "unit/serve/front_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

using testing::asked;
using testing::FrontBench;
using testing::HttpConnection;
using testing::HttpResponse;
using testing::kPatience;
using testing::uuidOf;

constexpr const char* kTargets[] = {"/healthz", "/metrics", "/nothing", "/ready/a", "/", "/ready?x"};
constexpr int kStatuses[] = {200, 200, 404, 200, 200, 200};

// What is said on real sockets, to both loops.
class ConnectionLoopTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectionLoopTest);
  CPPUNIT_TEST(thousandsPipelined);
  CPPUNIT_TEST(byteByByte);
  CPPUNIT_TEST(largeAnswersToSlowReaders);
  CPPUNIT_TEST(manyClientsAtOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Written by one thread while another one reads: neither side waits for the other to end.
  void thousandsPipelined() {
    constexpr std::size_t kRequests = 3000;
    FrontBench bench;
    HttpConnection client(bench.port(), "127.0.0.1", kPatience);
    std::thread writer([&] {
      std::string requests;
      for (std::size_t i = 0; i < kRequests; ++i) requests += asked(kTargets[i % 6], "GET", "X-Request-ID: " + uuidOf(i) + "\r\n");
      client.send(requests);
    });
    std::string wrong;
    for (std::size_t i = 0; i < kRequests && wrong.empty(); ++i) {
      const HttpResponse answer = client.receive();
      if (answer.status != kStatuses[i % 6] || answer.header("X-Request-ID") != uuidOf(i)) wrong = std::to_string(i) + ": " + answer.bytes;
    }
    writer.join();
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong);
  }

  void byteByByte() {
    FrontBench bench;
    HttpConnection client(bench.port(), "127.0.0.1", kPatience);
    std::string requests;
    for (const char* target : kTargets) requests += asked(target);
    for (const char byte : requests) client.send(std::string(1, byte));
    for (const int status : kStatuses) CPPUNIT_ASSERT_EQUAL(status, client.receive().status);
  }

  void largeAnswersToSlowReaders() {
    FrontBench bench;
    std::string body(std::size_t{12} << 20U, 'x');  // more than the kernel takes
    for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
    bench.service.metrics.setBody(body);
    std::vector<std::unique_ptr<HttpConnection>> readers;
    for (int i = 0; i < 4; ++i) {
      readers.push_back(std::make_unique<HttpConnection>(bench.port(), "127.0.0.1", kPatience));
      readers.back()->send(asked("/metrics") + asked("/healthz"));
    }
    for (const auto& reader : readers) CPPUNIT_ASSERT(reader->readable(kPatience));
    CPPUNIT_ASSERT(testing::answers(bench.port()));  // in the meantime
    for (const auto& reader : readers) {
      CPPUNIT_ASSERT(reader->receive().body == body);
      CPPUNIT_ASSERT_EQUAL(std::string("health"), reader->receive().body);
    }
  }

  void manyClientsAtOnce() {
    FrontBench bench;
    std::atomic<std::size_t> right{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        for (std::size_t j = 0; j < 20; ++j) {
          HttpConnection client(bench.port(), "127.0.0.1", kPatience);
          for (std::size_t k = 0; k < 6; ++k) {
            const std::string id = uuidOf((i * 20 + j) * 6 + k);
            const HttpResponse answer = client.ask(asked(kTargets[k], "GET", "X-Request-ID: " + id + "\r\n"));
            if (answer.status == kStatuses[k] && answer.header("X-Request-ID") == id) ++right;
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{8} * 20 * 6, right.load());
    bench.front.stop();
    const auto families = testing::familiesOf({&bench.service.http_metrics});
    CPPUNIT_ASSERT_EQUAL(160.0, testing::valueOf(families, "pulsewatch_http_connections_accepted_total"));
    CPPUNIT_ASSERT_EQUAL(0.0, testing::valueOf(families, "pulsewatch_http_connections"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionLoopTest);

}  // namespace

}  // namespace pulsewatch
