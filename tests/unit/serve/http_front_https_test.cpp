#include "unit/serve/front_bench.h"
#include "unit/serve/tls_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>
#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>

namespace pulsewatch {

namespace {

using testing::answers;
using testing::asked;
using testing::FrontBench;
using testing::HttpConnection;
using testing::IssuedFiles;
using testing::kPatience;
using testing::listeningAt;
using testing::occurrences;
using testing::TlsClient;
using testing::waitFor;

const testing::Certificates& certificates() {
  static const testing::Certificates made;
  return made;
}

IssuedFiles serverFiles() { return {certificates().certificate(), certificates().key()}; }

HostConfig withHttps(const IssuedFiles& files = serverFiles()) {
  HostConfig config = listeningAt("127.0.0.1");
  config.https.port = 0;
  config.https.certificate = {files.certificate, "WHERE:1", "CERTIFICATE"};
  config.https.key = {files.key, "WHERE:2", "KEY"};
  return config;
}

// A client of https that trusts the tests' authority.
class Browser {
 public:
  explicit Browser(std::uint16_t port) {
    socket_.connect(Poco::Net::SocketAddress("127.0.0.1", port), Poco::Timespan(10, 0));
    socket_.setBlocking(false);
    client_ = std::make_unique<TlsClient>(socket_.impl()->sockfd(), testing::TlsClientOptions{.authority = certificates().authority()});
    CPPUNIT_ASSERT_MESSAGE("no handshake", waitFor([&] { return client_->step(); }, kPatience));
    CPPUNIT_ASSERT_EQUAL(std::string(), client_->fault());
  }

  void send(const std::string& bytes) { client_->send(bytes); }
  // All that comes until there is so much of this.
  std::string receive(const std::string& end, std::size_t times = 1) {
    std::string text;
    CPPUNIT_ASSERT_MESSAGE("no answer", waitFor(
                                            [&] {
                                              text += client_->receive();
                                              return occurrences(text, end) >= times;
                                            },
                                            kPatience));
    return text;
  }
  bool closes() {
    return waitFor(
        [&] {
          client_->receive();
          return client_->wasToldGoodbye() || !client_->fault().empty();
        },
        kPatience);
  }
  [[nodiscard]] const std::string& fault() const { return client_->fault(); }

 private:
  Poco::Net::StreamSocket socket_;
  std::unique_ptr<TlsClient> client_;
};

bool refuses(std::uint16_t port) { return !testing::canConnect(port); }

class HttpFrontHttpsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpFrontHttpsTest);
  CPPUNIT_TEST(onAndOff);
  CPPUNIT_TEST(filesThatCannotBeUsed);
  CPPUNIT_TEST(aPortThatIsTaken);
  CPPUNIT_TEST(otherFiles);
  CPPUNIT_TEST(splitAndPipelined);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Whoever is connected when it is turned off gets one more answer.
  void onAndOff() {
    FrontBench bench;
    CPPUNIT_ASSERT(!bench.front.certificateNotAfter());
    const std::uint16_t port = bench.port();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.move(withHttps()).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bench.front.sockets().size());
    CPPUNIT_ASSERT_EQUAL(port, bench.port());
    CPPUNIT_ASSERT(bench.front.certificateNotAfter().has_value());
    const std::uint16_t https = bench.port(1);
    Browser browser(https);
    browser.send(asked("/healthz"));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, browser.receive("\r\n\r\nhealth").find("\r\nConnection: "));
    CPPUNIT_ASSERT(bench.move(listeningAt("127.0.0.1")).empty());
    CPPUNIT_ASSERT(!bench.front.certificateNotAfter());
    CPPUNIT_ASSERT(refuses(https) && answers(port));
    browser.send(asked("/metrics"));
    CPPUNIT_ASSERT(browser.receive("\r\n\r\nmetrics").find("\r\nConnection: close\r\n") != std::string::npos);
    CPPUNIT_ASSERT(browser.closes());
    CPPUNIT_ASSERT_EQUAL(std::string(), browser.fault());
  }

  void filesThatCannotBeUsed() {
    CPPUNIT_ASSERT_THROW(FrontBench(withHttps({"/nowhere/tls.crt", "/nowhere/tls.key"})), TlsFault);
    FrontBench bench(withHttps());
    const auto before = bench.front.sockets();
    const IssuedFiles stranger = certificates().issue("other");
    HostConfig mismatched = withHttps({certificates().certificate(), stranger.key});
    mismatched.http_address = "127.0.0.2";
    CPPUNIT_ASSERT_THROW(bench.front.open(mismatched), TlsFault);
    CPPUNIT_ASSERT(bench.front.sockets() == before);
    Browser browser(bench.port(1));
    browser.send(asked("/healthz"));
    browser.receive("\r\n\r\nhealth");
  }

  // The files were right, and are taken back all the same.
  void aPortThatIsTaken() {
    const ListeningSocket others({"", "127.0.0.1", 0});
    FrontBench bench;
    HostConfig config = withHttps();
    config.https.port = others.port();
    CPPUNIT_ASSERT_THROW(bench.front.open(config), CannotListen);
    CPPUNIT_ASSERT(!bench.front.certificateNotAfter());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.front.sockets().size());
    CPPUNIT_ASSERT(answers(bench.port()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.move(withHttps()).size());
    Browser(bench.port(1)).send(asked("/healthz"));
  }

  // The socket stays: who is connected goes on, and the next one is shown the new certificate.
  void otherFiles() {
    FrontBench bench(withHttps());
    Browser before(bench.port(1));
    const double first = bench.front.certificateNotAfter().value_or(0);
    CPPUNIT_ASSERT(bench.move(withHttps(certificates().issue("long", {.days = "30"}))).empty());
    CPPUNIT_ASSERT(bench.front.certificateNotAfter().value_or(0) > first + 86'400);
    before.send(asked("/healthz"));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, before.receive("\r\n\r\nhealth").find("\r\nConnection: "));
    Browser after(bench.port(1));
    after.send(asked("/healthz"));
    after.receive("\r\n\r\nhealth");
  }

  // More than a record of answers to what came in several pieces.
  void splitAndPipelined() {
    constexpr std::size_t kRequests = 300;
    FrontBench bench(withHttps());
    Browser browser(bench.port(1));
    std::string requests;
    for (std::size_t i = 0; i < kRequests; ++i) requests += asked(i % 100 == 50 ? "/metrics" : "/healthz");
    browser.send(requests.substr(0, 10));
    browser.send(requests.substr(10));
    browser.send(asked("/", "GET", "Connection: close\r\n"));
    const std::string received = browser.receive("\r\n\r\nindex");
    CPPUNIT_ASSERT_EQUAL(kRequests + 1, occurrences(received, "HTTP/1.1 200 OK\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, occurrences(received, "\r\n\r\nmetrics"));
    CPPUNIT_ASSERT(browser.closes());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpFrontHttpsTest);

}  // namespace

}  // namespace pulsewatch
