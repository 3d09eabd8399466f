// https of the daemon as its users have it: curl, openssl s_client, and clients that are too slow.
#include "integration/https_client.h"
#include "integration/reloads.h"
#include "support/child_process.h"
#include "support/private_server.h"
#include "support/wait.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

IssuedFiles server() { return {certificates().certificate(), certificates().key()}; }

const IssuedFiles& renewed() {
  static const IssuedFiles made = certificates().issue("renewed", {.key = "rsa:2048"});
  return made;
}

class HttpsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpsTest);
  CPPUNIT_TEST(testEveryRoute);
  CPPUNIT_TEST(testMutual);
  CPPUNIT_TEST(testPipelined);
  CPPUNIT_TEST(testRedirect);
  CPPUNIT_TEST(testRenewal);
  CPPUNIT_TEST(testSlowHandshakes);
  CPPUNIT_TEST(testConnectionCap);
  CPPUNIT_TEST(testPlainHttp);
  CPPUNIT_TEST(testBadFiles);
  CPPUNIT_TEST_SUITE_END();

  static std::string url(std::uint16_t port, const std::string& path) { return "https://localhost:" + std::to_string(port) + path; }
  static std::string trusting() { return certificates().authority(); }

  // What s_client sees of the certificate, and what it is answered when it sends `input`.
  static std::string sClient(std::uint16_t port, const std::string& input, const std::vector<std::string>& further = {}) {
    const TemporaryDirectory directory;
    std::vector<std::string> argv = {"openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(port), "-ign_eof"};
    argv.insert(argv.end(), further.begin(), further.end());
    ChildOptions options;
    options.input_file = directory.write("input", input);
    ChildProcess process(argv, plainEnvironment(), options);
    CPPUNIT_ASSERT(process.waitForExit(std::chrono::seconds(60)).has_value());
    return process.output() + process.errors();
  }

 public:
  void testEveryRoute() {
    const std::uint16_t port = freePort();
    PulsewatchProcess daemon(httpsOptions(port, server()));
    waitForReady(daemon, 200);
    waitForHttps(port);
    for (const std::string path : {"/", "/healthz", "/ready", "/ready?verbose", "/metrics"}) {
      const CurlAnswer answer = curl({"--cacert", trusting(), url(port, path)});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 0, answer.code);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 200, answer.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 200, daemon.get(path).status);
    }
    CPPUNIT_ASSERT_EQUAL(404, curl({"--cacert", trusting(), url(port, "/nothing")}).status);
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
      const std::string seen = sClient(port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", {version});
      CPPUNIT_ASSERT_MESSAGE(seen, seen.find("HTTP/1.1 200") != std::string::npos);
    }
    const CurlAnswer two =
        curl({"--cacert", trusting(), url(port, "/healthz"), "--next", "--cacert", trusting(), "--fail", url(port, "/ready")});
    CPPUNIT_ASSERT_EQUAL(0, two.code);
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "tls_certificate_loaded"; }));
    CPPUNIT_ASSERT(daemon.metrics().value("pulsewatch_https_certificate_not_after_timestamp_seconds") > 1.7e9);
    daemon.stop();
  }

  void testMutual() {
    const std::uint16_t port = freePort();
    PulsewatchOptions options = httpsOptions(port, server(), "https.client_ca = @DIR@/ca.crt\n");
    options.files["ca.crt"] = readFile(certificates().authority());
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    waitForHttps(port);
    const IssuedFiles right = certificates().issue("client", {.subject = "/CN=client"});
    const IssuedFiles wrong = certificates().issue("intruder", {.subject = "/CN=client", .authority = "stranger"});
    const auto code = [&](const IssuedFiles& shown) {
      return curl({"--cacert", trusting(), "--cert", shown.certificate, "--key", shown.key, url(port, "/healthz")}).status;
    };
    CPPUNIT_ASSERT_EQUAL(200, code(right));
    CPPUNIT_ASSERT_EQUAL(0, code(wrong));
    CPPUNIT_ASSERT_EQUAL(0, curl({"--cacert", trusting(), url(port, "/healthz")}).status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.stop();
  }

  // A record of TLS takes less than the answers that go together: one answer for each request all the same.
  void testPipelined() {
    const std::uint16_t port = freePort();
    PulsewatchProcess daemon(httpsOptions(port, server()));
    waitForReady(daemon, 200);
    waitForHttps(port);
    const TemporaryDirectory directory;
    const std::string fifo = (directory / "requests").string();
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    std::ofstream requests(fifo, std::ios::in | std::ios::out);
    ChildOptions input;
    input.input_file = fifo;
    ChildProcess client({"openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + std::to_string(port)}, plainEnvironment(), input);
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    constexpr std::size_t kRequests = 300;
    requests << request << request.substr(0, 10) << std::flush;  // the second one's beginning is kept
    CPPUNIT_ASSERT(waitFor([&] { return client.output().find("HTTP/1.1 200") != std::string::npos; }, PulsewatchProcess::patience));
    std::string others = request.substr(10);
    for (std::size_t i = 2; i < kRequests; ++i) others += request;
    requests << others << "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" << std::flush;
    CPPUNIT_ASSERT(client.waitForExit(PulsewatchProcess::patience).has_value());
    const std::string said = client.output();
    std::size_t answers = 0;
    for (std::size_t at = said.find("HTTP/1.1 200"); at != std::string::npos; at = said.find("HTTP/1.1 200", at + 1)) ++answers;
    CPPUNIT_ASSERT_EQUAL(kRequests, answers);
    CPPUNIT_ASSERT_MESSAGE("the last one's answer is the last", said.find("HTTP/1.1 404") > said.rfind("HTTP/1.1 200"));
    CPPUNIT_ASSERT(said.find("HTTP/1.1 404") != std::string::npos);
    daemon.stop();
  }

  void testRedirect() {
    const std::uint16_t port = freePort();
    PulsewatchOptions options = httpsOptions(port, server());
    options.environment["SECURE_SSL_REDIRECT"] = "True";
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const HttpResponse redirect = daemon.get("/?a=b");
    CPPUNIT_ASSERT_EQUAL(301, redirect.status);
    CPPUNIT_ASSERT_EQUAL(url(port, "/?a=b"), redirect.header("Location").value_or("none"));
    waitForHttps(port);
    const CurlAnswer followed = curl({"--cacert", trusting(), "--location", "http://localhost:" + std::to_string(daemon.port()) + "/"});
    CPPUNIT_ASSERT_EQUAL(200, followed.status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.stop();
  }

  // A connection that is kept, and one that reads its answer slowly, go on with the certificate that they were shown.
  void testRenewal() {
    const std::uint16_t port = freePort();
    PulsewatchProcess daemon(httpsOptions(port, server(), "http.send_timeout = 60s\n"));
    waitForReady(daemon, 200);
    waitForHttps(port);
    const TemporaryDirectory directory;
    const std::string fifo = (directory / "requests").string();
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    std::ofstream requests;
    ChildOptions input;
    input.input_file = fifo;
    // Opened for both, so that neither side waits for the other.
    requests.open(fifo, std::ios::in | std::ios::out);
    ChildProcess kept({"openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + std::to_string(port)}, plainEnvironment(), input);
    const auto answers = [&kept] {
      const std::string said = kept.output();
      std::size_t count = 0;
      for (std::size_t at = said.find("HTTP/1.1 200"); at != std::string::npos; at = said.find("HTTP/1.1 200", at + 1)) ++count;
      return count;
    };
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    requests << request << std::flush;
    CPPUNIT_ASSERT(waitFor([&] { return answers() == 1; }, PulsewatchProcess::patience));
    ChildProcess slow(
        {"curl", "--disable", "--silent", "--limit-rate", "2k", "--max-time", "60", "--cacert", trusting(), url(port, "/metrics")},
        plainEnvironment());
    CPPUNIT_ASSERT(waitFor([&] { return !slow.output().empty(); }, PulsewatchProcess::patience));
    for (const auto& [name, file] : {std::pair("tls.crt", renewed().certificate), std::pair("tls.key", renewed().key)}) {
      fs::copy_file(file, daemon.directory() / "new");
      fs::rename(daemon.directory() / "new", daemon.directory() / name);
    }
    CPPUNIT_ASSERT(
        waitFor([&] { return sClient(port, "GET /healthz HTTP/1.0\r\n\r\n").find("Server public key is 2048 bit") != std::string::npos; },
                PulsewatchProcess::patience));
    requests << request << std::flush;
    CPPUNIT_ASSERT(waitFor([&] { return answers() == 2; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT_EQUAL(0, slow.waitForExit(std::chrono::seconds(90)).value_or(-1));
    CPPUNIT_ASSERT(slow.output().ends_with('\n'));
    daemon.stop();
  }

  // Neither a client that says nothing nor one that stops in mid hello holds its connection longer than a head may take.
  void testSlowHandshakes() {
    const std::uint16_t port = freePort();
    PulsewatchProcess daemon(httpsOptions(port, server(), "http.header_timeout = 1s\n"));
    waitForReady(daemon, 200);
    waitForHttps(port);
    for (const std::string& begun : {std::string(), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)}) {
      Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", port));
      socket.setReceiveTimeout(Poco::Timespan(20, 0));
      if (!begun.empty()) socket.sendBytes(begun.data(), static_cast<int>(begun.size()));
      CPPUNIT_ASSERT(endsByItself(socket));
    }
    CPPUNIT_ASSERT_EQUAL(200, curl({"--cacert", trusting(), url(port, "/healthz")}).status);
    daemon.stop();
  }

  // Handshakes that don't go on count as connections do: past the cap the oldest make room.
  void testConnectionCap() {
    const std::uint16_t port = freePort();
    PulsewatchProcess daemon(httpsOptions(port, server(), "http.max_connections = 20\nhttp.header_timeout = 60s\n"));
    waitForReady(daemon, 200);
    waitForHttps(port);
    std::vector<Poco::Net::StreamSocket> silent;
    for (int i = 0; i < 40; ++i) silent.emplace_back(Poco::Net::SocketAddress("127.0.0.1", port));
    for (Poco::Net::StreamSocket& socket : silent) socket.setReceiveTimeout(Poco::Timespan(20, 0));
    std::size_t ended = 0;
    CPPUNIT_ASSERT(waitFor(
        [&] {
          ended = 0;
          for (Poco::Net::StreamSocket& socket : silent)
            if (socket.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ)) ++ended;
          return ended >= 20;
        },
        PulsewatchProcess::patience));
    silent.clear();
    CPPUNIT_ASSERT(waitFor(
        [&] {
          return curl({"--cacert", trusting(), url(port, "/healthz")}).status == 200;
        },
        PulsewatchProcess::patience));
    daemon.stop();
  }

  void testPlainHttp() {
    const std::uint16_t port = freePort();
    PulsewatchProcess daemon(httpsOptions(port, server()));
    waitForReady(daemon, 200);
    waitForHttps(port);
    const CurlAnswer answer = curl({"http://127.0.0.1:" + std::to_string(port) + "/"});
    CPPUNIT_ASSERT_EQUAL(400, answer.status);
    CPPUNIT_ASSERT(answer.body.find("plain HTTP was sent to the port of https") != std::string::npos);
    daemon.stop();
  }

  void testBadFiles() {
    PulsewatchOptions options = httpsOptions(freePort(), {certificates().certificate(), renewed().key});
    options.logs = false;
    options.arguments = {"--check-config"};
    PulsewatchProcess daemon(options);
    CPPUNIT_ASSERT(daemon.finish() != 0);
    const std::string said = daemon.child().output() + daemon.child().errors();
    CPPUNIT_ASSERT_MESSAGE(said, said.find("is not the key of the certificate in") != std::string::npos);
  }

 private:
  // Whether the server closes; false at the receiving timeout.
  static bool endsByItself(Poco::Net::StreamSocket& socket) {
    try {
      std::array<char, 256> buffer{};
      while (socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size())) > 0) continue;
      return true;
    } catch (const Poco::Net::ConnectionResetException&) {
      return true;
    } catch (const Poco::TimeoutException&) {
      return false;
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpsTest);

}  // namespace
}  // namespace pulsewatch::testing
