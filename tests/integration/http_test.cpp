// The HTTP front of the daemon: paths, methods, headers, request ids, connections.
#include "integration/daemon.h"
#include "support/wait.h"

#include <Poco/Net/StreamSocket.h>
#include <Poco/String.h>
#include <Poco/UUID.h>
#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <csignal>
#include <memory>

namespace pulsewatch::testing {
namespace {

const std::vector<std::string> routes{"/", "/healthz", "/ready", "/ready/steady", "/metrics"};

class HttpTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpTest);
  CPPUNIT_TEST(testHeadersOfEveryAnswer);
  CPPUNIT_TEST(testHead);
  CPPUNIT_TEST(testOptions);
  CPPUNIT_TEST(testMethodNotAllowed);
  CPPUNIT_TEST(testLongMethod);
  CPPUNIT_TEST(testHalfClosed);
  CPPUNIT_TEST(testNotFound);
  CPPUNIT_TEST(testRequestId);
  CPPUNIT_TEST(testIndexPage);
  CPPUNIT_TEST(testKeepAlive);
  CPPUNIT_TEST(testBodyIsNoRequest);
  CPPUNIT_TEST(testHttp10);
  CPPUNIT_TEST(testMetricsDisabled);
  CPPUNIT_TEST(testErrorDetails);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    daemon_ = std::make_unique<PulsewatchProcess>(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
    waitForReady(*daemon_, 200);
  }

  void tearDown() override {
    daemon_->stop();
    daemon_.reset();
  }

  void testHeadersOfEveryAnswer() {
    const std::vector<HttpRequest> requests{{.target = "/"},
                                            {.target = "/healthz"},
                                            {.target = "/ready"},
                                            {.target = "/ready/steady"},
                                            {.target = "/metrics"},
                                            {.target = "/nowhere"},
                                            {.target = "/ready/nothing"},
                                            {.target = "/ready", .method = "HEAD"},
                                            {.target = "/ready", .method = "OPTIONS"},
                                            {.target = "/ready", .method = "DELETE"},
                                            {.target = "/ready", .headers = {{"Host", "elsewhere.example"}}}};
    for (const HttpRequest& request : requests) {
      const HttpResponse response = daemon_->send(request);
      const std::string what = request.method + " " + request.target;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, std::string("no-store"), response.header("Cache-Control").value_or("none"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, std::string("nosniff"), response.header("X-Content-Type-Options").value_or("none"));
      CPPUNIT_ASSERT_MESSAGE(what, Poco::UUID().tryParse(response.header("X-Request-ID").value_or("none")));
      CPPUNIT_ASSERT_MESSAGE(what, response.header("Content-Length").has_value());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, std::string("HTTP/1.1"), response.version);
    }
  }

  void testHead() {
    for (const std::string& path : routes) {
      const HttpResponse head = daemon_->send({.target = path, .method = "HEAD"});
      const HttpResponse get = daemon_->get(path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, get.status, head.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, get.header("Content-Type").value_or(""), head.header("Content-Type").value_or(""));
      CPPUNIT_ASSERT_MESSAGE(path, std::stoi(head.header("Content-Length").value_or("0")) > 0);
    }
    // Timestamps are of one length, so these two answers are too.
    for (const std::string path : {"/", "/healthz"}) {
      CPPUNIT_ASSERT_EQUAL(daemon_->get(path).header("Content-Length").value_or("none"),
                           daemon_->send({.target = path, .method = "HEAD"}).header("Content-Length").value_or("no"));
    }
    CPPUNIT_ASSERT_EQUAL(404, daemon_->send({.target = "/nowhere", .method = "HEAD"}).status);
  }

  void testOptions() {
    for (const std::string& path : routes) {
      const HttpResponse response = daemon_->send({.target = path, .method = "OPTIONS"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, daemon_->get(path).status, response.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string(), response.body);
      expectAllow(response);
    }
    CPPUNIT_ASSERT_EQUAL(404, daemon_->send({.target = "/nowhere", .method = "OPTIONS"}).status);
  }

  void testMethodNotAllowed() {
    for (const std::string& path : routes) {
      for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"}) {
        const HttpResponse response = daemon_->send({.target = path, .method = method});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(method) + " " + path, 405, response.status);
        expectAllow(response);
      }
    }
    CPPUNIT_ASSERT_EQUAL(405, daemon_->send({.target = "/ready", .method = "POST", .body = "a body that nobody reads"}).status);
    CPPUNIT_ASSERT_EQUAL(404, daemon_->send({.target = "/nowhere", .method = "POST"}).status);
  }

  // Also where it takes the way of the requests that take longer.
  void testLongMethod() {
    const std::string answer = daemon_->exchange(std::string(100, 'A') + " http://localhost/ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, std::size_t{0}, answer.find("HTTP/1.1 405 "));
  }

  // Who has sent all, more than was read, is answered, and the end is no reset.
  void testHalfClosed() {
    Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", daemon_->port()));
    socket.setReceiveTimeout(Poco::Timespan(20, 0));
    std::array<char, 4096> buffer{};
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    socket.sendBytes(request.data(), static_cast<int>(request.size()));
    CPPUNIT_ASSERT(socket.receiveBytes(buffer.data(), buffer.size()) > 0);
    const std::string status = "/proc/" + std::to_string(daemon_->child().pid()) + "/status";
    daemon_->child().signal(SIGSTOP);  // all of it and the end come at once
    CPPUNIT_ASSERT(waitFor([&] { return readFile(status).find("State:\tT") != std::string::npos; }, PulsewatchProcess::patience));
    const std::string much = "nonsense\r\n\r\n" + std::string(30'000, 'x');
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(much.size()), socket.sendBytes(much.data(), static_cast<int>(much.size())));
    socket.shutdownSend();
    daemon_->child().signal(SIGCONT);
    std::string answer;
    int count = 0;
    CPPUNIT_ASSERT_NO_THROW(while ((count = socket.receiveBytes(buffer.data(), buffer.size())) > 0)
                                answer.append(buffer.data(), static_cast<std::size_t>(count)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, std::size_t{0}, answer.find("HTTP/1.1 400 "));
  }

  void testNotFound() {
    for (const std::string path :
         {"/nowhere", "/Ready", "/readyz", "/healthz/", "/healthz/steady", "/metrics/x", "/ready/nothing", "//ready"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, daemon_->get(path).status);
  }

  void testRequestId() {
    const std::string mine = "550e8400-e29b-41d4-a716-446655440000";
    CPPUNIT_ASSERT_EQUAL(mine, requestIdFor({{"X-Request-ID", mine}}));
    const std::string first = requestIdFor({});
    const std::string second = requestIdFor({});
    CPPUNIT_ASSERT(Poco::UUID().tryParse(first));
    CPPUNIT_ASSERT(first != second);
    for (const std::string bad : {"", "not-a-uuid", "550e8400-e29b-41d4-a716-44665544000", "550e8400-e29b-41d4-a716-4466554400000",
                                  "{550e8400-e29b-41d4-a716-446655440000}", "zzze8400-e29b-41d4-a716-446655440000"}) {
      const std::string id = requestIdFor({{"X-Request-ID", bad}});
      CPPUNIT_ASSERT_MESSAGE(bad + " gives " + id, id != bad && Poco::UUID().tryParse(id) && id.size() == 36);
    }
  }

  void testIndexPage() {
    const HttpResponse response = daemon_->get("/");
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("text/html"), response.header("Content-Type").value_or("").substr(0, 9));
    for (const char* path : {"/healthz", "/ready", "/metrics"})
      CPPUNIT_ASSERT_MESSAGE(path, response.body.find("href=\"" + std::string(path) + "\"") != std::string::npos);
  }

  void testKeepAlive() {
    const std::string answers = daemon_->exchange(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::size_t second = answers.find("HTTP/1.1 404");
    CPPUNIT_ASSERT_MESSAGE(answers, second != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(200, HttpClient::parse(answers.substr(0, second), false).status);
    CPPUNIT_ASSERT_EQUAL(404, HttpClient::parse(answers.substr(second), false).status);
  }

  // A body that nobody reads must not be taken for the next request of the connection.
  void testBodyIsNoRequest() {
    const std::string hidden = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for (const std::string method : {"POST", "GET"}) {
      const std::string answer = daemon_->exchange(
          method + " /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, std::size_t{0}, answer.rfind("HTTP/1."));
      const int status = HttpClient::parse(answer, false).status;
      CPPUNIT_ASSERT_MESSAGE(answer, status == 405 || status == 400 || (method == "GET" && status == 200));
    }
  }

  void testHttp10() {
    // Load balancers' probes still speak it, without a Host.
    const HttpResponse response = HttpClient::parse(daemon_->exchange("GET /ready HTTP/1.0\r\n\r\n"), false);
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(400, HttpClient::parse(daemon_->exchange("GET /ready HTTP/1.1\r\nConnection: close\r\n\r\n"), false).status);
  }

  void testMetricsDisabled() {
    PulsewatchProcess by_property(fixtureOptions({"ok"}, "metrics.enabled = false\n" + checkConfig("steady", "ok")));
    CPPUNIT_ASSERT_EQUAL(404, by_property.get("/metrics").status);
    CPPUNIT_ASSERT_EQUAL(200, by_property.get("/healthz").status);
    by_property.stop();
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    options.environment["PROMETHEUS_METRICS_ENABLED"] = "False";
    PulsewatchProcess by_variable(options);
    CPPUNIT_ASSERT_EQUAL(404, by_variable.get("/metrics").status);
    by_variable.stop();
  }

  void testErrorDetails() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok", {"interval = 200ms"}));
    options.environment["DEBUG"] = "True";
    PulsewatchProcess debugging(options);
    const HttpRequest request{.target = "/healthz", .headers = {{"Host", "elsewhere.example"}}};
    const HttpResponse detailed = debugging.send(request);
    const HttpResponse plain = daemon_->send(request);
    CPPUNIT_ASSERT_EQUAL(400, detailed.status);
    CPPUNIT_ASSERT_EQUAL(400, plain.status);
    CPPUNIT_ASSERT_MESSAGE(detailed.body, detailed.body.find("elsewhere.example") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(plain.body, plain.body.find("elsewhere.example") == std::string::npos);
    CPPUNIT_ASSERT(debugging.waitForLine([](const JsonLine& line) { return line.text("level") == "DEBUG"; }));
    debugging.stop();
  }

 private:
  static void expectAllow(const HttpResponse& response) {
    const std::string allow = response.header("Allow").value_or("none");
    for (const char* method : {"GET", "HEAD", "OPTIONS"}) CPPUNIT_ASSERT_MESSAGE(allow, allow.find(method) != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(allow, allow.find("POST") == std::string::npos);
  }

  std::string requestIdFor(const HttpHeaders& headers) {
    return daemon_->send({.target = "/healthz", .headers = headers}).header("X-Request-ID").value_or("");
  }

  std::unique_ptr<PulsewatchProcess> daemon_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpTest);

}  // namespace
}  // namespace pulsewatch::testing
