// SECURE_SSL_REDIRECT: which plain requests are sent to https, and what a TLS proxy in front changes.
#include "integration/daemon.h"

#include <Poco/Net/Socket.h>
#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>

namespace pulsewatch::testing {
namespace {

class SslRedirectTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SslRedirectTest);
  CPPUNIT_TEST(testRedirect);
  CPPUNIT_TEST(testOwnExemptions);
  CPPUNIT_TEST(testUntrustedProxy);
  CPPUNIT_TEST(testTrustedProxy);
  CPPUNIT_TEST(testTrustedProxyOnDualStack);
  CPPUNIT_TEST(testForwardedFor);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testRedirect() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    const HttpResponse response = daemon.get("/?a=b%20c&d");
    CPPUNIT_ASSERT_EQUAL(301, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("https://localhost/?a=b%20c&d"), response.header("Location").value_or("none"));
    CPPUNIT_ASSERT_EQUAL(301, daemon.send({.target = "/", .method = "HEAD"}).status);
    for (const std::string path : {"/healthz", "/ready", "/metrics", "/ready?verbose"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 200, daemon.get(path).status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("never to a host that is not allowed", 400,
                                 daemon.send({.target = "/", .headers = {{"Host", "elsewhere.example"}}}).status);
    daemon.stop();
  }

  void testOwnExemptions() {
    PulsewatchProcess daemon(options("http.ssl_redirect_exempt = /,/healthz\n"));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/").status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    CPPUNIT_ASSERT_EQUAL(301, daemon.get("/metrics").status);
    daemon.stop();
  }

  void testUntrustedProxy() {
    PulsewatchProcess daemon(options("http.trusted_proxies = 192.0.2.0/24\n"));
    CPPUNIT_ASSERT_EQUAL(301, daemon.send({.target = "/", .headers = {{"X-Forwarded-Proto", "https"}}}).status);
    daemon.stop();
  }

  void testTrustedProxy() {
    for (const std::string proxies : {"127.0.0.1", "192.0.2.1, 127.0.0.0/8"}) {
      PulsewatchProcess daemon(options("http.trusted_proxies = " + proxies + "\n"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(proxies, 200, daemon.send({.target = "/", .headers = {{"X-Forwarded-Proto", "https"}}}).status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(proxies, 301, daemon.send({.target = "/", .headers = {{"X-Forwarded-Proto", "http"}}}).status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(proxies, 301, daemon.get("/").status);
      daemon.stop();
    }
  }

  void testTrustedProxyOnDualStack() {
    if (!Poco::Net::Socket::supportsIPv6() || !std::filesystem::exists("/proc/net/if_inet6")) return;  // nothing to listen on
    PulsewatchProcess daemon(options("http.address = ::\nlog.access = all\nhttp.trusted_proxies = 127.0.0.1\n"));
    CPPUNIT_ASSERT_EQUAL(200, daemon.send({.target = "/", .headers = {{"X-Forwarded-Proto", "https"}}}).status);
    CPPUNIT_ASSERT(daemon.waitForLine(
        [](const JsonLine& line) { return line.text("event") == "api_request" && line.text("ip_address") == "127.0.0.1"; }));
    daemon.stop();
  }

  void testForwardedFor() {
    const HttpHeaders forwarded{{"X-Forwarded-Proto", "https"}, {"X-Forwarded-For", "203.0.113.7"}};
    PulsewatchProcess trusting(options("log.access = all\nhttp.trusted_proxies = 127.0.0.1\n"));
    trusting.send({.target = "/", .headers = forwarded});
    CPPUNIT_ASSERT(trusting.waitForLine(
        [](const JsonLine& line) { return line.text("event") == "api_request" && line.text("ip_address") == "203.0.113.7"; }));
    trusting.stop();
    PulsewatchProcess wary(options("log.access = all\n"));
    wary.send({.target = "/healthz", .headers = forwarded});
    CPPUNIT_ASSERT(wary.waitForLine(
        [](const JsonLine& line) { return line.text("event") == "api_request" && line.text("ip_address") == "127.0.0.1"; }));
    wary.stop();
  }

 private:
  static PulsewatchOptions options(const std::string& further) {
    PulsewatchOptions options = fixtureOptions({"ok"}, further + checkConfig("steady", "ok"));
    options.environment["SECURE_SSL_REDIRECT"] = "True";
    return options;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SslRedirectTest);

}  // namespace
}  // namespace pulsewatch::testing
