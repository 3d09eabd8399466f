// A running daemon on servers behind TLS, unix sockets, IPv6 and users with few permissions: what it reads from a configuration is what
// the plugins get, and their sentences come through.
#include "integration/daemon.h"
#include "support/certificates.h"
#include "support/mariadb_server.h"
#include "support/redis_server.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class ConnectionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectionsTest);
  CPPUNIT_TEST(testGood);
  CPPUNIT_TEST(testBad);
  CPPUNIT_TEST_SUITE_END();

  static const Certificates& certificates() {
    static const Certificates made;
    return made;
  }

  static MariaDbServer& mariaDb() {
    static MariaDbServer server({"--bind-address=*", "--ssl-cert=" + certificates().certificate(), "--ssl-key=" + certificates().key()});
    return server;
  }

  static std::uint16_t tlsPort() {
    static const std::uint16_t port = freePort();
    return port;
  }

  static RedisServer& redis() {
    static RedisServer server({"bind 127.0.0.1 ::1", "tls-port " + std::to_string(tlsPort()),
                               "tls-cert-file " + certificates().certificate(), "tls-key-file " + certificates().key(),
                               "tls-ca-cert-file " + certificates().authority(), "tls-auth-clients no", "user default off",
                               "user reader on >readers-password ~* +ping +get", "user pinger on >pingers-password ~* +ping",
                               "user mute on >mutes-password ~* +get"});
    return server;
  }

  static std::string mysqlAt(const std::string& host, const std::string& options) {
    return "mysql://pulsewatch:" + percentEncoded(MariaDbServer::password()) + "@" + host + "/pulsewatch_dev?" + options;
  }

  static std::string port() { return ":" + std::to_string(mariaDb().port()); }
  static std::string redisPort() { return ":" + std::to_string(redis().port()); }
  static std::string securePort() { return ":" + std::to_string(tlsPort()); }

  // Checks of those names and URLs, whose values come by the environment.
  static PulsewatchOptions options(const std::map<std::string, std::string>& urls) {
    PulsewatchOptions options;
    options.config = shippedPluginsConfig({});
    options.environment = requiredEnvironment();
    options.secrets = {MariaDbServer::password(), percentEncoded(MariaDbServer::password()), "readers-password", "pingers-password"};
    for (const auto& [name, url] : urls) {
      const std::string plugin = url.rfind("mysql:", 0) == 0 ? "mysql" : "redis";
      options.config += checkConfig(name, plugin, {"url = ${env.URL_" + name + "}", "interval = 500ms"});
      options.environment["URL_" + name] = url;
    }
    return options;
  }

 public:
  void testGood() {
    const std::string mysql_trust = "ssl-ca=" + certificates().authority();
    const std::string redis_trust = "?ssl_ca_certs=" + certificates().authority();
    const std::string reader = "reader:readers-password@";
    PulsewatchProcess daemon(options({{"db_socket", mysqlAt("", "unix_socket=" + mariaDb().socketPath().string())},
                                      {"db_plain", mysqlAt("localhost" + port(), "ssl-mode=DISABLED")},
                                      {"db_verified", mysqlAt("localhost" + port(), "ssl-mode=VERIFY_IDENTITY&" + mysql_trust)},
                                      {"db_authority", mysqlAt("127.0.0.1" + port(), "ssl-mode=VERIFY_CA&" + mysql_trust)},
                                      {"db_ipv6", mysqlAt("[::1]" + port(), "ssl-mode=REQUIRED")},
                                      {"cache_socket", "unix://" + reader + redis().socketPath().string()},
                                      {"cache_tls", "rediss://" + reader + "localhost" + securePort() + redis_trust},
                                      {"cache_ipv6", "redis://" + reader + "[::1]" + redisPort() + "/0"}}));
    waitForReady(daemon, 200);
    daemon.stop();
  }

  void testBad() {
    const std::string stranger = certificates().stranger();
    const std::string trust = "?ssl_ca_certs=" + certificates().authority();
    const std::string reader = "reader:readers-password@";
    PulsewatchProcess daemon(
        options({{"db_stranger", mysqlAt("localhost" + port(), "ssl-mode=VERIFY_CA&ssl-ca=" + stranger)},
                 {"db_name", mysqlAt("127.0.0.1" + port(), "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + certificates().authority())},
                 {"cache_stranger", "rediss://" + reader + "localhost" + securePort() + "?ssl_ca_certs=" + stranger},
                 {"cache_name", "rediss://" + reader + "127.0.0.1" + securePort() + trust},
                 {"cache_default", "redis://127.0.0.1" + redisPort()},
                 {"cache_password", "redis://reader:wrong-password@127.0.0.1" + redisPort()},
                 {"cache_get", "redis://pinger:pingers-password@127.0.0.1" + redisPort()},
                 {"cache_ping", "redis://mute:mutes-password@127.0.0.1" + redisPort()}}));
    const std::map<std::string, std::string> sentences = {
        {"db_stranger", "MySQL TLS certificate is not trusted at localhost" + port()},
        {"db_name", "MySQL TLS certificate is for another name than 127.0.0.1"},
        {"cache_stranger", "Redis TLS certificate is not trusted at localhost" + securePort()},
        {"cache_name", "Redis TLS certificate is for another name than 127.0.0.1"},
        {"cache_default", "Redis requires a password"},
        {"cache_password", "Redis wrong user or password"},
        {"cache_get", "Redis no permission for GET"},
        {"cache_ping", "Redis no permission for PING"}};
    for (const auto& [check, sentence] : sentences) {
      waitForCheck(daemon, check, "unhealthy", sentence);
      CPPUNIT_ASSERT_EQUAL(sentence, textOf(daemon.check(check), "message"));
    }
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    daemon.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionsTest);

}  // namespace
}  // namespace pulsewatch::testing
