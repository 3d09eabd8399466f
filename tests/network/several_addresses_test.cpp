// A name with several addresses, of which the first is no good: the plugins go on to the next within the run's time.
#include "network/private_names.h"
#include "plugins/plugin_run.h"
#include "support/certificates.h"
#include "support/deaf_listener.h"
#include "support/mariadb_server.h"
#include "support/redis_server.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

// In the order in which the C library gives them: the nearer one first. The servers listen on the second alone.
const char* const two_addresses = "127.0.0.1 several.test\n127.0.0.2 several.test\n";

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

MariaDbServer& mariaDb() {
  static MariaDbServer server(
      {"--bind-address=127.0.0.2", "--ssl-cert=" + certificates().certificate(), "--ssl-key=" + certificates().key()});
  return server;
}

std::uint16_t tlsPort() {
  static const std::uint16_t port = freePort();
  return port;
}

RedisServer& redis() {
  static RedisServer server({"bind 127.0.0.2", "tls-port " + std::to_string(tlsPort()), "tls-cert-file " + certificates().certificate(),
                             "tls-key-file " + certificates().key(), "tls-ca-cert-file " + certificates().authority(),
                             "tls-auth-clients no"});
  return server;
}

// One way to a server by its name.
struct Way {
  const pw_plugin* plugin;
  std::string product;
  std::uint16_t port;
  std::string url;
};

std::vector<Way> ways() {
  const std::string mysql = "mysql://pulsewatch:" + percentEncoded(MariaDbServer::password()) +
                            "@several.test:" + std::to_string(mariaDb().port()) + "/pulsewatch_dev?ssl-ca=" + certificates().authority() +
                            "&ssl-mode=";
  const std::uint16_t plain = redis().port();
  return {{mysqlPlugin(), "MySQL", mariaDb().port(), mysql + "DISABLED"},
          {mysqlPlugin(), "MySQL", mariaDb().port(), mysql + "PREFERRED"},
          {mysqlPlugin(), "MySQL", mariaDb().port(), mysql + "VERIFY_IDENTITY"},
          {redisPlugin(), "Redis", plain, "redis://several.test:" + std::to_string(plain)},
          {redisPlugin(), "Redis", tlsPort(),
           "rediss://several.test:" + std::to_string(tlsPort()) + "?ssl_ca_certs=" + certificates().authority()}};
}

class SeveralAddressesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SeveralAddressesTest);
  CPPUNIT_TEST(firstRefuses);
  CPPUNIT_TEST(firstSwallows);
  CPPUNIT_TEST(firstIsIpv6);
  CPPUNIT_TEST(allRefuse);
  CPPUNIT_TEST(allSwallow);
  CPPUNIT_TEST(certificateIsTheNames);
  CPPUNIT_TEST_SUITE_END();

  void firstRefuses() {
    const PrivateNames names(two_addresses);
    for (const Way& way : ways()) {
      FakeHost host(way.plugin, {{"url", way.url}});
      assertHealthy(host.run(5s));
    }
  }

  void firstSwallows() {
    const PrivateNames names(two_addresses);
    for (const Way& way : ways()) {
      const DeafListener deaf("127.0.0.1", way.port);
      FakeHost host(way.plugin, {{"url", way.url}});
      const Outcome outcome = host.run(2s);
      assertHealthy(outcome);
      // Half of the time was the first one's: it was asked, and given up.
      CPPUNIT_ASSERT_MESSAGE(way.url, outcome.took > 900ms && outcome.took < 2s);
      assertHealthy(host.run(2s));
    }
  }

  void firstIsIpv6() {
    const PrivateNames names("::1 several.test\n127.0.0.2 several.test\n");
    for (const Way& way : ways()) {
      FakeHost host(way.plugin, {{"url", way.url}});
      assertHealthy(host.run(5s));
    }
  }

  void allRefuse() {
    const PrivateNames names("127.0.0.3 several.test\n127.0.0.4 several.test\n");
    for (const Way& way : ways()) {
      FakeHost host(way.plugin, {{"url", way.url}});
      assertUnhealthy(way.product + " connection refused at several.test:" + std::to_string(way.port), host.run(5s));
    }
  }

  void allSwallow() {
    const PrivateNames names("127.0.0.3 several.test\n127.0.0.4 several.test\n127.0.0.5 several.test\n");
    for (const Way& way : ways()) {
      const DeafListener third("127.0.0.3", way.port);
      const DeafListener fourth("127.0.0.4", way.port);
      const DeafListener fifth("127.0.0.5", way.port);
      FakeHost host(way.plugin, {{"url", way.url}});
      const Outcome outcome = host.run(600ms);
      assertUnhealthy(way.product + " timed out at several.test:" + std::to_string(way.port), outcome);
      assertInTime(outcome, 600ms);
    }
  }

  void certificateIsTheNames() {
    // Another name for the same server: its certificate is for several.test, by whatever address it was reached.
    const PrivateNames names("127.0.0.1 other.test\n127.0.0.2 other.test\n");
    for (const Way& way : ways()) {
      if (way.url.find("VERIFY_IDENTITY") == std::string::npos && way.url.find("rediss") == std::string::npos) continue;
      std::string url = way.url;
      url.replace(url.find("several.test"), 12, "other.test");
      FakeHost host(way.plugin, {{"url", url}});
      assertUnhealthy(way.product + " TLS certificate is for another name than other.test", host.run(5s));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SeveralAddressesTest);

}  // namespace
}  // namespace pulsewatch::testing
