// The mysql plugin over TLS: MySQL's words for how much of it there has to be.
#include "plugins/plugin_run.h"
#include "support/aborted_counts.h"
#include "support/certificates.h"
#include "support/fault_proxy.h"
#include "support/mariadb_server.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

class MySqlTlsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MySqlTlsTest);
  CPPUNIT_TEST(usesTlsAsTheModeSays);
  CPPUNIT_TEST(fallsBackOnlyWhenItMay);
  CPPUNIT_TEST(verifiesTheAuthority);
  CPPUNIT_TEST(verifiesTheName);
  CPPUNIT_TEST(saysWhenTheCertificateHasExpired);
  CPPUNIT_TEST(takesAUnixSocketForSecure);
  CPPUNIT_TEST(endsTheHandshakeAtTheDeadline);
  CPPUNIT_TEST(reconnects);
  CPPUNIT_TEST(isNeverCountedAsAborted);
  CPPUNIT_TEST_SUITE_END();

  static const Certificates& certificates() {
    static const Certificates made;
    return made;
  }

  static MariaDbServer& server() {
    static MariaDbServer running({"--ssl-cert=" + certificates().certificate(), "--ssl-key=" + certificates().key()});
    return running;
  }

  static std::string url(const std::string& host, std::uint16_t port, const std::string& options) {
    return "mysql://pulsewatch:" + percentEncoded(MariaDbServer::password()) + "@" + host + ":" + std::to_string(port) +
           "/pulsewatch_dev?" + options;
  }

  static Outcome runOnce(const std::string& url) {
    FakeHost host(mysqlPlugin(), {{"url", url}});
    return host.run(5s);
  }

  // How many connections to the server used TLS during a healthy run.
  static long long encrypted(const std::string& options) {
    const long long before = server().status("Ssl_finished_accepts");
    assertHealthy(runOnce(url("127.0.0.1", server().port(), options)));
    return server().status("Ssl_finished_accepts") - before;
  }

  void usesTlsAsTheModeSays() {
    CPPUNIT_ASSERT_EQUAL(0LL, encrypted("ssl-mode=DISABLED"));
    CPPUNIT_ASSERT_EQUAL(1LL, encrypted("ssl-mode=PREFERRED"));
    CPPUNIT_ASSERT_EQUAL(1LL, encrypted("ssl-mode=REQUIRED"));
    CPPUNIT_ASSERT_EQUAL(1LL, encrypted("ssl-mode=required"));
    // The greeting may have come before anybody waits for it, or not.
    for (int i = 0; i < 50; ++i) CPPUNIT_ASSERT_EQUAL(1LL, encrypted("ssl-mode=REQUIRED"));
    CPPUNIT_ASSERT_EQUAL(1LL, encrypted("ssl-mode=VERIFY_CA&ssl-ca=" + certificates().authority()));
  }

  void fallsBackOnlyWhenItMay() {
    MariaDbServer plain;
    assertHealthy(runOnce(url("127.0.0.1", plain.port(), "ssl-mode=PREFERRED")));
    const std::string message = "MySQL TLS is not offered at 127.0.0.1:" + std::to_string(plain.port());
    const long long before = plain.status("Aborted_connects_preauth");
    assertUnhealthy(message, runOnce(url("127.0.0.1", plain.port(), "ssl-mode=REQUIRED")));
    assertUnhealthy(message, runOnce(url("127.0.0.1", plain.port(), "ssl-mode=VERIFY_CA&ssl-ca=" + certificates().authority())));
    // A server blocks a host whose handshakes just end.
    CPPUNIT_ASSERT_EQUAL(before, plain.status("Aborted_connects_preauth"));

    // Not a byte of the login reaches a server without TLS.
    FaultProxy proxy(plain.port());
    assertUnhealthy("MySQL TLS is not offered at 127.0.0.1:" + std::to_string(proxy.port()),
                    runOnce(url("127.0.0.1", proxy.port(), "ssl-mode=REQUIRED")));
    CPPUNIT_ASSERT(proxy.received().find("pulsewatch") == std::string::npos);
  }

  void verifiesTheAuthority() {
    const std::string message = "MySQL TLS certificate is not trusted at 127.0.0.1:" + std::to_string(server().port());
    assertUnhealthy(message, runOnce(url("127.0.0.1", server().port(), "ssl-mode=VERIFY_CA&ssl-ca=" + certificates().stranger())));
    // Without an authority of its own: the system's, which know nothing of this one.
    assertUnhealthy(message, runOnce(url("127.0.0.1", server().port(), "ssl-mode=VERIFY_CA")));
    const Outcome missing = runOnce(url("127.0.0.1", server().port(), "ssl-mode=VERIFY_CA&ssl-ca=/nowhere/ca.pem"));
    assertUnhealthy("MySQL TLS file not readable: /nowhere/ca.pem", missing);
  }

  void verifiesTheName() {
    const std::string options = "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + certificates().authority();
    assertHealthy(runOnce(url("localhost", server().port(), options)));
    assertUnhealthy("MySQL TLS certificate is for another name than 127.0.0.1", runOnce(url("127.0.0.1", server().port(), options)));
  }

  void saysWhenTheCertificateHasExpired() {
    MariaDbServer old({"--ssl-cert=" + certificates().expired(), "--ssl-key=" + certificates().key()});
    const std::string message = "MySQL TLS certificate has expired at localhost:" + std::to_string(old.port());
    for (const std::string mode : {"VERIFY_CA", "VERIFY_IDENTITY"})
      assertUnhealthy(message, runOnce(url("localhost", old.port(), "ssl-mode=" + mode + "&ssl-ca=" + certificates().authority())));
    // Nobody asked whose it is.
    assertHealthy(runOnce(url("localhost", old.port(), "ssl-mode=REQUIRED")));
    // A server doesn't count a client that turns away in the handshake as it does one that just goes.
    CPPUNIT_ASSERT_EQUAL(0LL, old.status("Aborted_clients"));
  }

  void takesAUnixSocketForSecure() {
    const long long before = server().status("Ssl_finished_accepts");
    for (const std::string mode : {"DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"})
      assertHealthy(runOnce("mysql://pulsewatch:" + percentEncoded(MariaDbServer::password()) + "@/pulsewatch_dev?ssl-mode=" + mode +
                            "&unix_socket=" + server().socketPath().string()));
    CPPUNIT_ASSERT_EQUAL(before, server().status("Ssl_finished_accepts"));
    // So does the server.
    server().sql("SET GLOBAL require_secure_transport=ON");
    assertHealthy(runOnce("mysql://pulsewatch:" + percentEncoded(MariaDbServer::password()) +
                          "@/pulsewatch_dev?unix_socket=" + server().socketPath().string()));
    const Outcome plain = runOnce(url("127.0.0.1", server().port(), "ssl-mode=DISABLED"));
    const Outcome preferred = runOnce(url("127.0.0.1", server().port(), "ssl-mode=PREFERRED"));
    server().sql("SET GLOBAL require_secure_transport=OFF");
    // MariaDB doesn't say why.
    assertUnhealthy("MySQL access denied for user pulsewatch", plain);
    assertHealthy(preferred);
  }

  void endsTheHandshakeAtTheDeadline() {
    for (const FaultProxy::Fault& fault :
         {FaultProxy::Fault{.stop_after = 150}, FaultProxy::Fault{.stop_after = 300}, FaultProxy::Fault{.drip = 2ms}}) {
      FaultProxy proxy(server().port());
      proxy.setFault(fault);
      FakeHost host(mysqlPlugin(), {{"url", url("127.0.0.1", proxy.port(), "ssl-mode=REQUIRED")}});
      const Outcome outcome = host.run(400ms);
      assertInTime(outcome, 400ms);
      assertUnhealthy("MySQL timed out at 127.0.0.1:" + std::to_string(proxy.port()), outcome);
      proxy.setFault({});
      assertHealthy(host.run(5s));
    }
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    server().freeze();
    const Outcome outcome = host.run(300ms);
    server().thaw();
    assertInTime(outcome, 300ms);
    assertUnhealthy("MySQL timed out at 127.0.0.1:" + std::to_string(server().port()), outcome);
  }

  void reconnects() {
    FaultProxy proxy(server().port());
    FakeHost host(mysqlPlugin(), {{"url", url("127.0.0.1", proxy.port(), "ssl-mode=REQUIRED")}});
    assertHealthy(host.run(5s));
    proxy.closeConnections();
    assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, proxy.accepted());
    // Frozen in the middle of a query, over TLS.
    server().freeze();
    const Outcome outcome = host.run(300ms);
    server().thaw();
    assertInTime(outcome, 300ms);
    assertUnhealthy("MySQL timed out at 127.0.0.1:" + std::to_string(proxy.port()), outcome);
    assertHealthy(host.run(5s));
  }

  void isNeverCountedAsAborted() {
    const auto connections = [] { return server().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'").size(); };
    CPPUNIT_ASSERT(waitFor([&] { return connections() == 0; }, 5s));
    server().sql("SET GLOBAL log_warnings=4");
    const AbortedCounts before(server());
    FakeHost host(mysqlPlugin(), {{"url", url("127.0.0.1", server().port(), "ssl-mode=REQUIRED")}});
    for (int i = 0; i < 200; ++i) {
      assertHealthy(host.run(5s));
      if (i % 4 == 0) host.destroy();
    }
    host.destroy();
    CPPUNIT_ASSERT(waitFor([&] { return connections() == 0; }, 5s));
    before.assertUnchanged(server());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MySqlTlsTest);

}  // namespace
}  // namespace pulsewatch::testing
