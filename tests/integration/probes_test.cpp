// Those who ask a daemon, as they are: the real programs where Debian has them, and the bytes of those that it hasn't (the kubelet, Envoy).
// Load balancers have a suite of their own.
#include "integration/daemon.h"
#include "support/connect.h"
#include "support/http_connection.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <memory>
#include <utility>
#include <vector>

namespace pulsewatch::testing {
namespace {

std::size_t countOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

class ProbesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProbesTest);
  CPPUNIT_TEST(testKubelet);
  CPPUNIT_TEST(testKubeletAtIpv6);
  CPPUNIT_TEST(testTcpProbes);
  CPPUNIT_TEST(testEnvoy);
  CPPUNIT_TEST(testCurl);
  CPPUNIT_TEST(testCurlReusesItsConnection);
  CPPUNIT_TEST(testCurlSendsABody);
  CPPUNIT_TEST(testCurlSpeaksHttp2);
  CPPUNIT_TEST(testWget);
  CPPUNIT_TEST(testApacheBench);
  CPPUNIT_TEST(testDraining);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testKubelet() {
    // The pod's address is no allowed host by name: it is because it is the socket's own.
    PulsewatchProcess daemon(options("http.address = 0.0.0.0\n"));
    waitForReady(daemon, 200);
    expectKubelet(daemon, "127.0.0.7", "127.0.0.7");
    daemon.stop();
  }

  void testKubeletAtIpv6() {
    PulsewatchProcess daemon(options("http.address = ::\n"));
    waitForReady(daemon, 200);
    expectKubelet(daemon, "::1", "[::1]");
    expectKubelet(daemon, "127.0.0.7", "127.0.0.7");
    daemon.stop();
  }

  // `tcpSocket` of a pod, `check` without httpchk, nc -z: they connect and leave, by a FIN or (HAProxy) by a reset. Everyday, so nothing is
  // said of it.
  void testTcpProbes() {
    PulsewatchProcess daemon(options("log.level = DEBUG\nlog.access = all\n"));
    waitForReady(daemon, 200);
    const double refused = daemon.metrics().value("pulsewatch_http_connections_refused_total");
    for (int i = 0; i < 100; ++i) {
      const HttpConnection finished(daemon.port());
      HttpConnection(daemon.port()).reset();
    }
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(refused, daemon.metrics().value("pulsewatch_http_connections_refused_total"));
    daemon.stop();
    for (const char* event : {"connection_error", "internal_error"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(event, std::size_t{0}, linesOfEvent(daemon.log(), event).size());
    for (const JsonLine& line : linesOfEvent(daemon.log(), "api_request"))
      CPPUNIT_ASSERT(line.integer("status_code") < 400 || line.text("path") == "/ready");
  }

  // Envoy's HTTP/1 codec writes names in lower case; its health checker keeps the connection, and takes 200 alone for healthy.
  void testEnvoy() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    const auto probe = [](const std::string& host) {
      return "GET /ready HTTP/1.1\r\nhost: " + host +
             "\r\nuser-agent: Envoy/HC\r\nx-forwarded-proto: http\r\nx-request-id: 7c2cb9b1-1ea8-9f5c-8a0b-5b1b3b5ab1d1\r\n\r\n";
    };
    HttpConnection connection(daemon.port());
    for (int i = 0; i < 50; ++i) {
      const HttpResponse answer = connection.ask(probe("localhost"));
      CPPUNIT_ASSERT_EQUAL(200, answer.status);
      CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1"), answer.version);
      CPPUNIT_ASSERT_MESSAGE(answer.bytes, !saysClose(answer));
      CPPUNIT_ASSERT_EQUAL(std::string("7c2cb9b1-1ea8-9f5c-8a0b-5b1b3b5ab1d1"), answer.header("X-Request-ID").value_or("none"));
    }
    // Where its cluster's name is the Host, ALLOWED_HOSTS has to have it: any other answer than 200 is unhealthy.
    CPPUNIT_ASSERT_EQUAL(400, HttpConnection(daemon.port()).ask(probe("status_cluster")).status);
    daemon.stop();
  }

  void testCurl() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"--http1.1"}, {"--http1.0"}, {"--http1.1", "--head"}, {"--http1.0", "--head"}, {"-X", "OPTIONS"}, {"--compressed"}}) {
      for (const std::string path : {"/", "/healthz", "/ready", "/ready/steady", "/metrics"}) {
        const Ended curl = runCurl(daemon, words, {path});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(words[0] + " " + path + curl.errors, 0, curl.code);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(words[0] + " " + path, std::string("[200 1]"), curl.output);
      }
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE("--fail shows what isn't well", 22, runCurl(daemon, {"--fail"}, {"/nowhere"}).code);
    daemon.stop();
  }

  void testCurlReusesItsConnection() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    const Ended curl = runCurl(daemon, {}, {"/healthz", "/ready", "/metrics", "/nowhere", "/ready"});
    CPPUNIT_ASSERT_EQUAL(std::string("[200 1][200 0][200 0][404 0][200 0]"), curl.output);
    const Ended heads = runCurl(daemon, {"--head"}, {"/healthz", "/ready", "/metrics"});
    CPPUNIT_ASSERT_EQUAL(std::string("[200 1][200 0][200 0]"), heads.output);
    daemon.stop();
  }

  // A body of more than a mebibyte is announced by `Expect: 100-continue`, and then never sent.
  void testCurlSendsABody() {
    PulsewatchOptions with_bodies = options("");
    with_bodies.files["small"] = std::string(1000, 'x');
    with_bodies.files["large"] = std::string(3 << 20, 'x');
    PulsewatchProcess daemon(with_bodies);
    waitForReady(daemon, 200);
    const std::string small = "@" + (daemon.directory() / "small").string();
    const std::string large = "@" + (daemon.directory() / "large").string();
    const auto sends = [&](const std::vector<std::string>& words) {
      const Ended curl = runCurl(daemon, words, {"/ready"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(curl.errors, 0, curl.code);
      return curl.output.substr(0, 4);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("[405"), sends({"--data-binary", small}));
    CPPUNIT_ASSERT_EQUAL(std::string("[405"), sends({"--data-binary", small, "-H", "Transfer-Encoding: chunked"}));
    CPPUNIT_ASSERT_EQUAL(std::string("[405"), sends({"--data-binary", small, "-H", "Expect: 100-continue"}));
    CPPUNIT_ASSERT_EQUAL(std::string("[200"), sends({"--data-binary", small, "-X", "GET"}));
    CPPUNIT_ASSERT_EQUAL(std::string("[413"), sends({"--data-binary", large}));
    daemon.stop();
  }

  // Upgrade is an offer, that may be passed over; who speaks HTTP/2 at once is told in words it can read that it can't be.
  void testCurlSpeaksHttp2() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(std::string("[200 1]"), runCurl(daemon, {"--http2"}, {"/ready"}).output);
    const Ended curl = runCurl(daemon, {"--http2-prior-knowledge", "--max-time", "10"}, {"/ready"});
    CPPUNIT_ASSERT_MESSAGE("curl waits for an answer", curl.code != 28);
    CPPUNIT_ASSERT_MESSAGE(curl.output, curl.code != 0 && curl.output.compare(0, 4, "[000") == 0);
    const HttpResponse answer = HttpClient::parse(daemon.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), false);
    CPPUNIT_ASSERT_MESSAGE(answer.bytes, answer.status == 505 || answer.status == 400);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

  void testWget() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    const std::string url = "http://127.0.0.1:" + std::to_string(daemon.port());
    const std::vector<std::string> wget{"wget", "--no-config", "--tries=1", "--timeout=10", "-O", "-"};
    const auto with = [&wget](std::vector<std::string> words) {
      words.insert(words.begin(), wget.begin(), wget.end());
      return runToEnd(words);
    };
    const Ended two = with({url + "/healthz", url + "/ready"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(two.errors, 0, two.code);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(two.output, std::size_t{2}, countOf(two.output, "\"timestamp\""));
    CPPUNIT_ASSERT_MESSAGE(two.errors, two.errors.find("Reusing existing connection") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, with({"--spider", url + "/ready"}).code);
    CPPUNIT_ASSERT_EQUAL(8, with({"--spider", url + "/nowhere"}).code);
    daemon.stop();
  }

  // Speaks HTTP/1.0, with and without keep-alive.
  void testApacheBench() {
    PulsewatchProcess daemon(options(""));
    waitForReady(daemon, 200);
    const std::string url = "http://127.0.0.1:" + std::to_string(daemon.port()) + "/healthz";
    for (const std::string kept : {"", "-k"}) {
      std::vector<std::string> argv{"ab", "-q", "-n", "200", "-c", "8", url};
      if (!kept.empty()) argv.insert(argv.begin() + 1, kept);
      const Ended ab = runToEnd(argv);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(ab.errors, 0, ab.code);
      CPPUNIT_ASSERT_MESSAGE(ab.output, ab.output.find("Complete requests:      200") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(ab.output, ab.output.find("Failed requests:        0") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(ab.output, ab.output.find("Non-2xx") == std::string::npos);
      if (!kept.empty()) CPPUNIT_ASSERT_MESSAGE(ab.output, ab.output.find("Keep-Alive requests:    200") != std::string::npos);
    }
    daemon.stop();
  }

  // Not ready, but served until the end: those who come on new connections and those who have one, who are asked to close it.
  void testDraining() {
    PulsewatchOptions with_drain = options("");
    with_drain.config = replaced(with_drain.config, "shutdown.drain = 0s", "shutdown.drain = 3s");
    PulsewatchProcess daemon(with_drain);
    waitForReady(daemon, 200);
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::vector<std::unique_ptr<HttpConnection>> open;
    for (int i = 0; i < 5; ++i) {
      open.push_back(std::make_unique<HttpConnection>(daemon.port()));
      CPPUNIT_ASSERT(!saysClose(open.back()->ask(request)));
    }
    daemon.child().signal(SIGTERM);
    waitForReady(daemon, 503);
    for (const auto& connection : open) {
      // One that was idle may have been closed.
      if (connection->readable(std::chrono::milliseconds(0))) continue;
      const HttpResponse answer = connection->ask(request);
      CPPUNIT_ASSERT_EQUAL(200, answer.status);
      CPPUNIT_ASSERT_MESSAGE(answer.bytes, saysClose(answer));
      CPPUNIT_ASSERT(connection->closes(PulsewatchProcess::patience));
    }
    for (int i = 0; i < 20; ++i) {
      for (const auto& [path, status] : {std::pair("/healthz", 200), std::pair("/ready", 503), std::pair("/metrics", 200)}) {
        const HttpResponse answer = HttpConnection(daemon.port()).ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        CPPUNIT_ASSERT_EQUAL(status, answer.status);
        CPPUNIT_ASSERT_MESSAGE(answer.bytes, saysClose(answer));
      }
    }
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
  }

 private:
  static PulsewatchOptions options(const std::string& further) { return fixtureOptions({"ok"}, further + checkConfig("steady", "ok")); }

  static bool saysClose(const HttpResponse& answer) { return answer.header("Connection").value_or("").find("lose") != std::string::npos; }

  // As Go's client writes it: a new connection for each probe.
  static void expectKubelet(PulsewatchProcess& daemon, const std::string& address, const std::string& host) {
    for (const std::string path : {"/healthz", "/ready"}) {
      for (int i = 0; i < 10; ++i) {
        const std::string bytes = HttpClient(daemon.port(), address)
                                      .exchange("GET " + path + " HTTP/1.1\r\nHost: " + host + ":" + std::to_string(daemon.port()) +
                                                "\r\nUser-Agent: kube-probe/1.29\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        const HttpResponse answer = HttpClient::parse(bytes, false);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, 200, answer.status);
        CPPUNIT_ASSERT_MESSAGE(bytes, saysClose(answer));
      }
    }
  }

  // curl with these words asks for these paths, in one go; its output is the status and the number of new connections of each.
  static Ended runCurl(PulsewatchProcess& daemon, const std::vector<std::string>& words, const std::vector<std::string>& paths) {
    std::vector<std::string> argv{"curl", "-q", "-sS", "--max-time", "20", "-w", "[%{http_code} %{num_connects}]"};
    argv.insert(argv.end(), words.begin(), words.end());
    for (const std::string& path : paths)
      argv.insert(argv.end(), {"-o", "/dev/null", "http://127.0.0.1:" + std::to_string(daemon.port()) + path});
    return runToEnd(argv);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProbesTest);

}  // namespace
}  // namespace pulsewatch::testing
