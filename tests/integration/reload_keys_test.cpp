// Each key of the host that a reload changes, seen to act.
#include "integration/log_directory.h"
#include "integration/plugin_place.h"
#include "integration/reloads.h"
#include "support/private_server.h"
#include "support/wait.h"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <utility>

namespace pulsewatch::testing {
namespace {

class ReloadKeysTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReloadKeysTest);
  CPPUNIT_TEST(testHttp);
  CPPUNIT_TEST(testReadiness);
  CPPUNIT_TEST(testLogLevel);
  CPPUNIT_TEST(testLogFile);
  CPPUNIT_TEST(testProfile);
  CPPUNIT_TEST(testDrain);
  CPPUNIT_TEST(testRestartNeeded);
  CPPUNIT_TEST(testAddress);
  CPPUNIT_TEST(testOverlappingAddress);
  CPPUNIT_TEST(testAddressThatCannotBe);
  CPPUNIT_TEST(testUnmovedAddressNeverRefuses);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testHttp() {
    const std::string checks = checkConfig("steady", "ok");
    PulsewatchOptions options = fixtureOptions({"ok"}, checks);
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    const auto with = [&](const std::string& host, const HttpHeaders& more = {}) {
      HttpHeaders headers{{"Host", host}};
      headers.insert(headers.end(), more.begin(), more.end());
      return daemon.send({.target = "/nothing", .headers = headers});
    };
    CPPUNIT_ASSERT_EQUAL(400, with("monitor.example").status);
    reloads.take(options.config + "http.allowed_hosts = .example\n");
    CPPUNIT_ASSERT_EQUAL(404, with("monitor.example").status);
    CPPUNIT_ASSERT_EQUAL(400, with("localhost").status);
    const std::string hosts = options.config + "http.allowed_hosts = localhost\n";
    reloads.take(hosts + "debug = true\n");
    CPPUNIT_ASSERT_MESSAGE("details with debug", with("other.example").body.find("other.example") != std::string::npos);
    reloads.take(hosts);
    CPPUNIT_ASSERT_MESSAGE("none without", with("other.example").body.find("other.example") == std::string::npos);
    reloads.take(hosts + "http.ssl_redirect = true\n");
    CPPUNIT_ASSERT_EQUAL(301, with("localhost").status);
    CPPUNIT_ASSERT_EQUAL(301, with("localhost", {{"X-Forwarded-Proto", "https"}}).status);
    reloads.take(hosts + "http.ssl_redirect = true\nhttp.trusted_proxies = 127.0.0.1\n");
    CPPUNIT_ASSERT_EQUAL(404, with("localhost", {{"X-Forwarded-Proto", "https"}}).status);
    reloads.take(hosts + "http.ssl_redirect = true\nhttp.ssl_redirect_exempt = /nothing\n");
    CPPUNIT_ASSERT_EQUAL(404, with("localhost").status);
    CPPUNIT_ASSERT_EQUAL(301, daemon.get("/ready").status);
    reloads.take(hosts + "metrics.enabled = false\n");
    CPPUNIT_ASSERT_EQUAL(404, daemon.get("/metrics").status);
    CPPUNIT_ASSERT(daemon.get("/").body.find("/metrics") == std::string::npos);
    reloads.take(hosts + "log.access = all\n");
    CPPUNIT_ASSERT(daemon.get("/").body.find("/metrics") != std::string::npos);
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) {
      return line.text("event") == "api_request" && line.has("status_code") && line.integer("status_code") == 200;
    }));
    daemon.stop();
  }

  void testReadiness() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("slow", "ok", {"status = degraded", "interval = 1h"}));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    reloads.take(options.config + "readiness.degraded_is_ready = false\n");
    waitForReady(daemon, 503);
    reloads.take(options.config);
    waitForReady(daemon, 200);
    daemon.stop();
  }

  // The host's lines and those of plugins, in workers that go on.
  void testLogLevel() {
    PulsewatchOptions options = fixtureOptions({"chatty"}, checkConfig("talk", "chatty", {"interval = 50ms"}));
    options.config += "log.level = WARNING\n";
    PulsewatchProcess daemon(options);
    CPPUNIT_ASSERT(waitFor([&] { return workersOf(daemon) == 1; }, PulsewatchProcess::patience));
    const auto lines = [&](const std::string& logger, const std::string& level) {
      return linesWhere(daemon.log(), [&](const JsonLine& line) { return line.text("logger") == logger && line.text("level") == level; })
          .size();
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, lines("pulsewatch.core.health", "DEBUG"));
    // `listening` is INFO: the reload is seen by what comes of it.
    const std::string config = options.config.substr(0, options.config.rfind("log.level"));
    Reloads(daemon).write(config + "log.level = DEBUG\n");
    daemon.child().signal(SIGHUP);
    CPPUNIT_ASSERT(waitFor([&] { return lines("pulsewatch.core.health", "DEBUG") > 0; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT(waitFor([&] { return lines("pulsewatch.plugin.chatty", "INFO") > 0; }, PulsewatchProcess::patience));
    Reloads(daemon).write(config + "log.level = ERROR\n");
    daemon.child().signal(SIGHUP);
    // At DEBUG there was a line every 50 ms.
    std::size_t before = 0;
    auto since = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT(waitFor(
        [&] {
          const std::size_t now = daemon.child().output().size();
          if (std::exchange(before, now) != now) since = std::chrono::steady_clock::now();
          return std::chrono::steady_clock::now() - since > std::chrono::milliseconds(600);
        },
        PulsewatchProcess::patience));
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
  }

  // From standard output to a file of text, to another file, and back; no line is lost or in two places.
  void testLogFile() {
    const LogDirectory place;
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok") + "log.access = all\n");
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    const std::uint16_t port = daemon.port();
    const auto linesIn = [](const std::string& file, const std::string& words) {
      const std::string text = readFile(file);
      std::size_t count = 0;
      for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
      return count;
    };
    const std::string text_file = (place.path() / "text.log").string();
    reloads.write(options.config + "log.format = text\nlog.file = " + text_file + "\n");
    daemon.child().signal(SIGHUP);
    CPPUNIT_ASSERT(waitFor([&] { return linesIn(text_file, "the configuration was read again") == 1; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT(readFile(text_file).front() != '{');
    const std::size_t on_output = daemon.log().size();
    CPPUNIT_ASSERT_EQUAL(404, HttpClient(port).get("/in-the-text-file").status);
    CPPUNIT_ASSERT(waitFor([&] { return linesIn(text_file, "/in-the-text-file") == 1; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT_EQUAL(on_output, daemon.log().size());
    // The same file with other keys of its rotation, in another form: it goes on.
    reloads.write(options.config + "log.file = " + place.file() + "\n");
    daemon.child().signal(SIGHUP);
    CPPUNIT_ASSERT(waitFor([&] { return linesIn(place.file(), "the configuration was read again") == 1; }, PulsewatchProcess::patience));
    reloads.write(options.config + "log.rotate_count = 0\nlog.file = " + place.file() + "\n");
    daemon.child().signal(SIGHUP);
    CPPUNIT_ASSERT(waitFor([&] { return linesIn(place.file(), "the configuration was read again") == 2; }, PulsewatchProcess::patience));
    // A file that can't be: the mistake is in the one that goes on.
    reloads.write(options.config + "log.rotate_count = 0\nlog.file = /dev/null/x\n");
    daemon.child().signal(SIGHUP);
    CPPUNIT_ASSERT(waitFor([&] { return linesIn(place.file(), "config_mistake") == 1; }, PulsewatchProcess::patience));
    reloads.take(options.config);
    CPPUNIT_ASSERT_EQUAL(404, HttpClient(port).get("/on-the-output").status);
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("path") == "/on-the-output"; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, linesIn(place.file(), "/on-the-output"));
    daemon.stop();
  }

  // The profile chooses the overlay.
  void testProfile() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    options.environment.erase("DJANGO_SETTINGS_MODULE");
    options.files["pulsewatch-one.properties"] = "check.steady.message = first\n";
    options.files["pulsewatch-two.properties"] = "check.steady.message = second\n";
    const std::string config = options.config;
    options.config += "settings_module = core.settings.one\n";
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "steady", "healthy", "first");
    Reloads reloads(daemon);
    reloads.take(config + "settings_module = core.settings.two\n");
    waitForCheck(daemon, "steady", "healthy", "second");
    reloads.write("check.steady.message = third\n", "pulsewatch-two.properties");
    CPPUNIT_ASSERT_EQUAL(std::string("check.steady.message"), reloads.reload().text("keys"));
    waitForCheck(daemon, "steady", "healthy", "third");
    std::filesystem::create_directory(daemon.directory() / "pulsewatch.d");
    reloads.write("check.steady.message = fourth\n", "pulsewatch.d/10-a.properties");
    reloads.reload();
    waitForCheck(daemon, "steady", "healthy", "fourth");
    daemon.stop();
  }

  void testDrain() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const std::string usual = "shutdown.drain = 0s";
    options.config.replace(options.config.find(usual), usual.size(), "shutdown.drain = 1500ms");
    Reloads(daemon).take(options.config);
    const auto begin = std::chrono::steady_clock::now();
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(1400));
  }

  void testRestartNeeded() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    std::string config = options.config;
    const std::string usual = "@DIR@/state";
    config.replace(config.find(usual), usual.size(), "@DIR@/elsewhere");
    reloads.take(config);
    const JsonLines said = linesOfEvent(reloads.news(), "config_restart_needed");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, said.size());
    CPPUNIT_ASSERT_EQUAL(std::string("WARNING"), said[0].text("level"));
    CPPUNIT_ASSERT(said[0].text("message").find("state.directory") == 0);
    reloads.take(options.config);
    CPPUNIT_ASSERT(linesOfEvent(reloads.news(), "config_restart_needed").empty());
    daemon.stop();
  }

  // To another port: the new one answers when the reload is over; a request that had come to the old one is answered.
  void testAddress() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    const std::uint16_t old_port = daemon.port();
    Poco::Net::StreamSocket client(Poco::Net::SocketAddress("127.0.0.1", old_port));
    const std::string half = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
    client.sendBytes(half.data(), static_cast<int>(half.size()));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);  // so that the half has been taken up, too
    const std::uint16_t port = freePort();
    reloads.take(withPort(options.config, port));
    const JsonLines said = linesOfEvent(reloads.news(), "listening");
    CPPUNIT_ASSERT(said.size() == 1 && said[0].integer("port") == port);
    CPPUNIT_ASSERT_EQUAL(200, HttpClient(port).get("/ready").status);
    client.sendBytes("\r\n", 2);
    std::string answer(9, ' ');
    CPPUNIT_ASSERT(client.receiveBytes(answer.data(), static_cast<int>(answer.size())) > 0);
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 "), answer);
    client.close();
    CPPUNIT_ASSERT(waitFor([&] { return !answers(old_port); }, PulsewatchProcess::patience));
    reloads.take(withPort(options.config, port) + "http.address = 127.0.0.2\n");
    CPPUNIT_ASSERT_EQUAL(200, HttpClient(port, "127.0.0.2").get("/ready").status);
    CPPUNIT_ASSERT(waitFor([&] { return !answers(port); }, PulsewatchProcess::patience));
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
  }

  // Both can't be open at once: the one is closed, then the other is opened.
  void testOverlappingAddress() {
    const std::uint16_t port = freePort();
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    options.config = withPort(options.config, port);
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    for (const std::string address : {"0.0.0.0", "127.0.0.1", "::", "127.0.0.1"}) {
      reloads.take(options.config + "http.address = " + address + "\n");
      CPPUNIT_ASSERT_EQUAL(200, HttpClient(port).get("/ready").status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(address, address != "127.0.0.1", answers(port, "127.0.0.2"));
    }
    // One that is another's: the old one is there again.
    const Poco::Net::ServerSocket other(Poco::Net::SocketAddress("127.0.0.2", port));
    const std::vector<std::string> mistakes = reloads.refuse(options.config + "http.address = 0.0.0.0\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes.size());
    CPPUNIT_ASSERT_MESSAGE(mistakes[0], mistakes[0].find("http.address, http.port: cannot listen on 0.0.0.0:") == 0);
    CPPUNIT_ASSERT_EQUAL(200, HttpClient(port).get("/ready").status);
    reloads.take(options.config);
    CPPUNIT_ASSERT_EQUAL(200, HttpClient(port).get("/ready").status);
    daemon.stop();
  }

  // An address that can't be bound is a mistake of that reload: nothing of it is in effect, and nobody notices.
  void testAddressThatCannotBe() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    ReadyPoll poll(daemon);
    const Poco::Net::ServerSocket other(Poco::Net::SocketAddress("127.0.0.1", 0));
    const std::vector<std::string> mistakes =
        reloads.refuse(withPort(options.config, other.address().port()) + "check.steady.critical = false\nmetrics.enabled = false\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes.size());
    CPPUNIT_ASSERT_MESSAGE(mistakes[0], mistakes[0].find("in use; free the address, or choose another") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reloads.refuse(options.config + "http.address = 192.0.2.1\n").size());
    poll.finish();
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_config_last_reload_successful"));
    daemon.stop();
  }

  void testUnmovedAddressNeverRefuses() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    ReadyPoll poll(daemon);
    for (int i = 0; i < 30; ++i) reloads.take(options.config + "log.access = " + (i % 2 == 0 ? "none" : "all") + "\n");
    poll.finish();
    daemon.stop();
  }

 private:
  static std::string withPort(std::string config, std::uint16_t port) {
    const std::string usual = "http.port = 0\n";
    return config.replace(config.find(usual), usual.size(), "http.port = " + std::to_string(port) + "\n");
  }

  static bool answers(std::uint16_t port, const std::string& address = "127.0.0.1") {
    try {
      return HttpClient(port, address).send({.target = "/healthz", .headers = {{"Host", address}}}).status == 200;
    } catch (const Poco::Exception&) {
      return false;
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReloadKeysTest);

}  // namespace
}  // namespace pulsewatch::testing
