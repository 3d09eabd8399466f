// The log under clients that send what no client should, and what it says of requests. That every line parses and no secret shows is
// checked at the end of every PulsewatchProcess.
#include "integration/daemon.h"
#include "integration/services.h"
#include "support/wait.h"

#include <Poco/Exception.h>
#include <Poco/UUID.h>
#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <stdexcept>

namespace pulsewatch::testing {
namespace {

class LogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogTest);
  CPPUNIT_TEST(testRequestLine);
  CPPUNIT_TEST(testAccessErrors);
  CPPUNIT_TEST(testAccessNone);
  CPPUNIT_TEST(testNastyPaths);
  CPPUNIT_TEST(testNastyHeaders);
  CPPUNIT_TEST(testGarbage);
  CPPUNIT_TEST(testLevel);
  CPPUNIT_TEST(testNoSecretInDetails);
  CPPUNIT_TEST(testSecretSettingIsNeverShown);
  CPPUNIT_TEST(testWhatShowsIsFound);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testRequestLine() {
    PulsewatchProcess daemon(options("log.access = all\n"));
    const HttpResponse response = daemon.get("/ready/steady?verbose");
    const JsonLine line = lineOf(daemon, response);
    CPPUNIT_ASSERT_EQUAL(std::string("GET"), line.text("method"));
    CPPUNIT_ASSERT_EQUAL(std::string("/ready/steady"), line.text("path").substr(0, 13));
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(response.status), line.integer("status_code"));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), line.text("ip_address"));
    CPPUNIT_ASSERT(line.number("duration_ms") >= 0);
    const std::string mine = "550e8400-e29b-41d4-a716-446655440000";
    lineOf(daemon, daemon.send({.target = "/healthz", .headers = {{"X-Request-ID", mine}}}));
    daemon.stop();
  }

  void testAccessErrors() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    const std::string good = daemon.get("/healthz").header("X-Request-ID").value_or("");
    const JsonLine line = lineOf(daemon, daemon.get("/nowhere"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{404}, line.integer("status_code"));
    for (const JsonLine& other : linesOfEvent(daemon.log(), "api_request")) CPPUNIT_ASSERT(other.text("request_id") != good);
    daemon.stop();
  }

  void testAccessNone() {
    PulsewatchProcess daemon(options("log.access = none\n"));
    daemon.get("/nowhere");
    daemon.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, linesOfEvent(daemon.log(), "api_request").size());
  }

  void testNastyPaths() {
    PulsewatchProcess daemon(options("log.access = all\n"));
    std::vector<std::string> paths{
        "/\"quotes\"", "/back\\slash",      "/%00",      "/%ff%fe",       "/%0a{\"event\":\"forged\"}", "/<script>",
        "/\x7f",       "/\xff\xfe\xc0\x80", "/\xc3\xa4", "/\xed\xa0\x80", "/\xf0\x9f\x92\xa9",          "/" + std::string(6000, 'a')};
    for (int byte = 1; byte < 256; ++byte)
      if (byte != ' ' && byte != '\r' && byte != '\n') paths.push_back(std::string("/byte-") + static_cast<char>(byte));
    for (const std::string& path : paths) {
      const std::string answer = daemon.exchange("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      const int status = HttpClient::parse(answer, false).status;
      CPPUNIT_ASSERT_MESSAGE(path + " gives " + std::to_string(status), status == 404 || status == 400 || status == 414);
    }
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, linesOfEvent(daemon.log(), "forged").size());
    CPPUNIT_ASSERT(linesOfEvent(daemon.log(), "api_request").size() > 100);
  }

  void testNastyHeaders() {
    PulsewatchProcess daemon(options("log.access = all\nhttp.trusted_proxies = 127.0.0.1\n"));
    for (const std::string value : {"\xff\xfe", "\"},{\"", "\\", "\x01\x02", "550e8400-e29b-41d4-a716-44665544000\xff"}) {
      for (const char* name : {"X-Request-ID", "X-Forwarded-For", "X-Forwarded-Proto", "User-Agent", "Host", "Referer"}) {
        const std::string host = std::string(name) == "Host" ? "" : "Host: localhost\r\n";
        const std::string answer =
            daemon.exchange("GET /healthz HTTP/1.1\r\n" + host + name + ": " + value + "\r\nConnection: close\r\n\r\n");
        const HttpResponse response = HttpClient::parse(answer, false);
        CPPUNIT_ASSERT_MESSAGE(name, response.status == 200 || response.status == 400);
        CPPUNIT_ASSERT_MESSAGE(name, Poco::UUID().tryParse(response.header("X-Request-ID").value_or("none")));
      }
    }
    daemon.stop();
  }

  void testGarbage() {
    PulsewatchProcess daemon(options("log.access = all\n"));
    daemon.port();
    // Whatever the answer is, the daemon and its log stay whole. A last blank line lets a parser that waits for one go on.
    for (const std::string& bytes :
         {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 11),
          std::string("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"), std::string("\0\0\0\0\r\n\r\n", 8),
          std::string("GET /healthz HTTP/1.1\r\nno colon here\r\n\r\n")}) {
      try {
        static_cast<void>(HttpClient(daemon.port(), "127.0.0.1", std::chrono::milliseconds(300)).exchange(bytes));
      } catch (const Poco::Exception&) {
        continue;  // reset, or no answer within the time
      }
    }
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.stop();
  }

  void testLevel() {
    PulsewatchOptions quiet = options("");
    quiet.environment["LOG_LEVEL"] = "ERROR";
    PulsewatchProcess daemon(quiet);
    waitUntilSignalsAreHeld(daemon);  // the port is not in this log
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT_EQUAL(std::string(), daemon.child().output());
  }

  // At the most talkative, with both servers in trouble: finish() looks for the passwords in all that was said.
  void testNoSecretInDetails() {
    PulsewatchOptions with_services = serviceOptions("log.access = all\n");
    with_services.environment["LOG_LEVEL"] = "DEBUG";
    with_services.environment["DEBUG"] = "true";
    PulsewatchProcess daemon(with_services);
    waitForReady(daemon, 200);
    mariaDb().stop();
    redis().stop();
    waitForCheck(daemon, "database", "unhealthy");
    waitForCheck(daemon, "redis", "unhealthy");
    for (const char* path : {"/", "/ready", "/ready?verbose", "/ready/database", "/ready/redis", "/metrics", "/nowhere", "/healthz"})
      daemon.get(path);
    mariaDb().start();
    redis().start();
    waitForReady(daemon, 200);
    daemon.stop();
  }

  void testSecretSettingIsNeverShown() {
    PulsewatchOptions with_token =
        fixtureOptions({"ok"}, "log.access = all\nlog.level = DEBUG\ndebug = true\n" +
                                   checkConfig("steady", "ok", {"token = a-token-of-the-check", "interval = 100ms"}));
    with_token.secrets = {"a-token-of-the-check"};
    PulsewatchProcess daemon(with_token);
    waitForReady(daemon, 200);
    for (const char* path : {"/", "/ready?verbose", "/ready/steady", "/metrics", "/nowhere"}) daemon.get(path);
    daemon.stop();
    with_token.arguments = {"--check-config"};
    with_token.logs = false;
    PulsewatchProcess check(with_token);
    CPPUNIT_ASSERT_EQUAL(0, check.finish());
  }

  // The search for secrets, on which the other tests rely, finds a word that does show.
  void testWhatShowsIsFound() {
    PulsewatchOptions with_secret = options("");
    for (const std::string shown : {"plugin_loaded", "latency_ms"}) {  // the log has one, an answer the other
      with_secret.secrets = {shown};
      PulsewatchProcess daemon(with_secret);
      waitForReady(daemon, 200);
      daemon.child().signal(SIGTERM);
      CPPUNIT_ASSERT_THROW_MESSAGE(shown, daemon.finish(), std::runtime_error);
    }
    with_secret.secrets = {"--config="};
    PulsewatchProcess daemon(with_secret);
    CPPUNIT_ASSERT_THROW(daemon.port(), std::runtime_error);
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
  }

 private:
  static PulsewatchOptions options(const std::string& further) { return fixtureOptions({"ok"}, further + checkConfig("steady", "ok")); }

  // The log line with the answer's request id.
  static JsonLine lineOf(PulsewatchProcess& daemon, const HttpResponse& response) {
    const std::string id = response.header("X-Request-ID").value_or("none");
    const auto wanted = [&id](const JsonLine& line) { return line.text("event") == "api_request" && line.text("request_id") == id; };
    CPPUNIT_ASSERT_MESSAGE("no line of request " + id, daemon.waitForLine(wanted));
    const JsonLines lines = linesWhere(daemon.log(), wanted);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
    return lines.front();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogTest);

}  // namespace
}  // namespace pulsewatch::testing
