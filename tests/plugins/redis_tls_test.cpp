// The redis plugin over TLS.
#include "plugins/plugin_run.h"
#include "support/certificates.h"
#include "support/fault_proxy.h"
#include "support/mariadb_server.h"
#include "support/redis_server.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

class RedisTlsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisTlsTest);
  CPPUNIT_TEST(verifiesAuthorityAndName);
  CPPUNIT_TEST(saysWhenTheCertificateHasExpired);
  CPPUNIT_TEST(showsItsOwnCertificate);
  CPPUNIT_TEST(saysWhenItIsNoTls);
  CPPUNIT_TEST(saysWhenItsFilesAreBad);
  CPPUNIT_TEST(endsTheHandshakeAtTheDeadline);
  CPPUNIT_TEST(reconnects);
  CPPUNIT_TEST(leaksNoDescriptor);
  CPPUNIT_TEST_SUITE_END();

  static const Certificates& certificates() {
    static const Certificates made;
    return made;
  }

  struct TlsServer {
    explicit TlsServer(const std::string& clients, const std::string& certificate = certificates().certificate())
        : port(freePort()),
          redis({"tls-port " + std::to_string(port), "tls-cert-file " + certificate, "tls-key-file " + certificates().key(),
                 "tls-ca-cert-file " + certificates().authority(), "tls-auth-clients " + clients}) {}
    std::uint16_t port;
    RedisServer redis;
  };

  static TlsServer& server() {
    static TlsServer running("no");
    return running;
  }

  static std::string at(const std::string& host, std::uint16_t port) { return host + ":" + std::to_string(port); }
  static std::string trusting() { return "?ssl_ca_certs=" + certificates().authority(); }

  static Outcome runOnce(const std::string& url) {
    FakeHost host(redisPlugin(), {{"url", url}});
    return host.run(5s);
  }

  void verifiesAuthorityAndName() {
    const std::string named = "rediss://" + at("localhost", server().port);
    const std::string numbered = "rediss://" + at("127.0.0.1", server().port);
    assertHealthy(runOnce(named + trusting()));
    assertUnhealthy("Redis TLS certificate is for another name than 127.0.0.1", runOnce(numbered + trusting()));
    assertUnhealthy("Redis TLS certificate is not trusted at " + at("localhost", server().port), runOnce(named));
    assertUnhealthy("Redis TLS certificate is not trusted at " + at("localhost", server().port),
                    runOnce(named + "?ssl_ca_certs=" + certificates().stranger()));
    assertHealthy(runOnce(numbered + "?ssl_cert_reqs=none"));
  }

  void saysWhenTheCertificateHasExpired() {
    TlsServer old("no", certificates().expired());
    const std::string url = "rediss://" + at("localhost", old.port);
    assertUnhealthy("Redis TLS certificate has expired at " + at("localhost", old.port), runOnce(url + trusting()));
    // Nobody asked whose it is.
    assertHealthy(runOnce(url + "?ssl_cert_reqs=none"));
  }

  void showsItsOwnCertificate() {
    TlsServer strict("yes");
    const std::string url = "rediss://" + at("localhost", strict.port) + trusting();
    assertHealthy(runOnce(url + "&ssl_certfile=" + certificates().certificate() + "&ssl_keyfile=" + certificates().key()));
    assertUnhealthy("Redis TLS failed at " + at("localhost", strict.port), runOnce(url));
  }

  void saysWhenItIsNoTls() {
    const std::uint16_t plain = server().redis.port();
    FakeHost host(redisPlugin(), {{"url", "rediss://" + at("127.0.0.1", plain)}});
    // Redis waits for the end of a line that never comes.
    assertUnhealthy("Redis timed out in the TLS handshake at " + at("127.0.0.1", plain), host.run(300ms));
    FaultProxy talker("220 mail.example ESMTP\r\n");
    assertUnhealthy("Redis TLS failed at " + at("127.0.0.1", talker.port()), runOnce("rediss://" + at("127.0.0.1", talker.port())));
  }

  void saysWhenItsFilesAreBad() {
    const std::string url = "rediss://" + at("localhost", server().port);
    assertUnhealthy("Redis TLS files of url can't be used", runOnce(url + "?ssl_ca_certs=/nowhere/ca.pem"));
    assertUnhealthy("Redis TLS files of url can't be used",
                    runOnce(url + trusting() + "&ssl_certfile=" + certificates().certificate() + "&ssl_keyfile=/nowhere/key.pem"));
  }

  void endsTheHandshakeAtTheDeadline() {
    for (const FaultProxy::Fault& fault :
         {FaultProxy::Fault{.silent = true}, FaultProxy::Fault{.stop_after = 200}, FaultProxy::Fault{.drip = 2ms}}) {
      FaultProxy proxy(server().port);
      proxy.setFault(fault);
      FakeHost host(redisPlugin(), {{"url", "rediss://" + at("localhost", proxy.port()) + trusting()}});
      const Outcome outcome = host.run(300ms);
      assertInTime(outcome, 300ms);
      assertUnhealthy("Redis timed out in the TLS handshake at " + at("localhost", proxy.port()), outcome);
      proxy.setFault({});
      assertHealthy(host.run(5s));
    }
  }

  void reconnects() {
    FaultProxy proxy(server().port);
    FakeHost host(redisPlugin(), {{"url", "rediss://" + at("localhost", proxy.port()) + trusting()}});
    assertHealthy(host.run(5s));
    proxy.closeConnections();
    assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, proxy.accepted());
  }

  void leaksNoDescriptor() {
    FakeHost untrusted(redisPlugin(), {{"url", "rediss://" + at("localhost", server().port)}});
    assertNoDescriptorLeak([&] { untrusted.run(5s); });
    FakeHost good(redisPlugin(), {{"url", "rediss://" + at("localhost", server().port) + trusting()}});
    assertNoDescriptorLeak([&] {
      assertHealthy(good.run(5s));
      good.destroy();
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisTlsTest);

}  // namespace
}  // namespace pulsewatch::testing
