// Which Host headers are taken: Django's rules for ALLOWED_HOSTS, and the socket's own address.
#include "integration/daemon.h"

#include <Poco/Net/Socket.h>
#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>

namespace pulsewatch::testing {
namespace {

struct HostRow {
  std::string host;
  int status;
};

class HostHeaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HostHeaderTest);
  CPPUNIT_TEST(testDefault);
  CPPUNIT_TEST(testNames);
  CPPUNIT_TEST(testAny);
  CPPUNIT_TEST(testOwnAddress);
  CPPUNIT_TEST(testDualStack);
  CPPUNIT_TEST(testTwice);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testDefault() {
    check({}, {{"localhost", 200},
               {"localhost:1", 200},
               {"LOCALHOST", 200},
               {"127.0.0.1", 200},
               {"sub.localhost", 400},
               {"elsewhere.example", 400},
               {"localhost.elsewhere.example", 400}});
  }

  void testNames() {
    check("status.example.com, .example.org,[::1]", {{"status.example.com", 200},
                                                     {"status.example.com:8080", 200},
                                                     {"Status.Example.COM", 200},
                                                     {"status.example.com.", 200},
                                                     {"example.com", 400},
                                                     {"a.status.example.com", 400},
                                                     {"example.org", 200},
                                                     {"a.example.org", 200},
                                                     {"a.b.example.org:443", 200},
                                                     {"badexample.org", 400},
                                                     {"[::1]", 200},
                                                     {"[::1]:8080", 200},
                                                     {"[::2]", 400},
                                                     {"localhost", 400},
                                                     {"status.example.com/..", 400},
                                                     {"user@status.example.com", 400},
                                                     {"status.example.com:port", 400},
                                                     {"", 400}});
  }

  void testAny() { check("*", {{"elsewhere.example", 200}, {"10.1.2.3:99", 200}, {"no spaces", 400}, {"a/b", 400}}); }

  void testOwnAddress() {
    PulsewatchOptions options = fixtureOptions({"ok"}, "http.address = 0.0.0.0\n" + checkConfig("steady", "ok"));
    options.environment["ALLOWED_HOSTS"] = "status.example.com";
    PulsewatchProcess daemon(options);
    const std::string port = std::to_string(daemon.port());
    const auto statusAt = [&daemon](const std::string& address, const std::string& host) {
      return HttpClient(daemon.port(), address).send({.target = "/healthz", .headers = {{"Host", host}}}).status;
    };
    CPPUNIT_ASSERT_EQUAL(200, statusAt("127.0.0.1", "127.0.0.1:" + port));
    CPPUNIT_ASSERT_EQUAL(200, statusAt("127.0.0.2", "127.0.0.2:" + port));
    CPPUNIT_ASSERT_EQUAL(200, statusAt("127.0.0.2", "127.0.0.2"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("another address of this machine", 400, statusAt("127.0.0.1", "127.0.0.2:" + port));
    CPPUNIT_ASSERT_EQUAL(400, statusAt("127.0.0.1", "localhost:" + port));
    CPPUNIT_ASSERT_EQUAL(200, HttpClient::parse(daemon.exchange("GET /healthz HTTP/1.0\r\n\r\n"), false).status);
    daemon.stop();
  }

  void testDualStack() {
    if (!Poco::Net::Socket::supportsIPv6() || !std::filesystem::exists("/proc/net/if_inet6")) return;  // nothing to listen on
    PulsewatchOptions options = fixtureOptions({"ok"}, "http.address = ::\n" + checkConfig("steady", "ok"));
    options.environment["ALLOWED_HOSTS"] = "status.example.com";
    PulsewatchProcess daemon(options);
    const std::string port = std::to_string(daemon.port());
    const auto statusAt = [&daemon](const std::string& address, const std::string& host) {
      return HttpClient(daemon.port(), address).send({.target = "/healthz", .headers = {{"Host", host}}}).status;
    };
    CPPUNIT_ASSERT_EQUAL(200, statusAt("::1", "[::1]:" + port));
    CPPUNIT_ASSERT_EQUAL(400, statusAt("::1", "[::2]:" + port));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("IPv4 comes in mapped", 200, statusAt("127.0.0.1", "127.0.0.1:" + port));
    CPPUNIT_ASSERT_EQUAL(200, statusAt("::1", "status.example.com"));
    daemon.stop();
  }

  void testTwice() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
    CPPUNIT_ASSERT_EQUAL(400,
                         daemon.send({.target = "/healthz", .headers = {{"Host", "localhost"}, {"Host", "elsewhere.example"}}}).status);
    daemon.stop();
  }

 private:
  static void check(const std::optional<std::string>& allowed_hosts, const std::vector<HostRow>& rows) {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    if (allowed_hosts) options.environment["ALLOWED_HOSTS"] = *allowed_hosts;
    PulsewatchProcess daemon(options);
    for (const HostRow& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE("Host: " + row.host, row.status,
                                   daemon.send({.target = "/healthz", .headers = {{"Host", row.host}}}).status);
    daemon.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostHeaderTest);

}  // namespace
}  // namespace pulsewatch::testing
