// Failures seen when they happen: the checks run once an hour, so whatever is seen can only come from a connection that was watched, or
// from the fast interval.
#include "integration/daemon.h"
#include "integration/services.h"
#include "support/certificates.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

namespace pulsewatch::testing {
namespace {

const std::vector<std::string> isolations{"process", "host"};

double runsOf(PulsewatchProcess& daemon, const std::string& check, const std::string& outcome) {
  return daemon.metrics().value("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", outcome}});
}

void waitForRuns(PulsewatchProcess& daemon, const std::string& check, const std::string& outcome, double least) {
  const bool there = daemon.waitForMetric("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", outcome}},
                                          [least](double runs) { return runs >= least; });
  CPPUNIT_ASSERT_MESSAGE(check + " has not " + std::to_string(least) + " runs that are " + outcome, there);
}

void assertNeverFailed(PulsewatchProcess& daemon, const std::string& check) {
  for (const char* outcome : {"unhealthy", "timeout", "crash"})
    CPPUNIT_ASSERT_EQUAL_MESSAGE(check + " " + outcome, 0.0, runsOf(daemon, check, outcome));
}

class WatchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WatchTest);
  CPPUNIT_TEST(testKilledServers);
  CPPUNIT_TEST(testClosedIdleConnections);
  CPPUNIT_TEST(testServersThatCloseAgainAndAgain);
  CPPUNIT_TEST(testTlsAndUnixSockets);
  CPPUNIT_TEST(testHungServer);
  CPPUNIT_TEST_SUITE_END();

  // Once an hour, and a fast interval that nobody waits long for.
  static PulsewatchOptions hourly(const std::string& isolation, const std::string& further = {}) {
    PulsewatchOptions options = serviceOptions();
    options.config = shippedPluginsConfig("plugins.isolation = " + isolation +
                                          "\ncheck.database.interval = 1h\ncheck.redis.interval = 1h\ncheck.database.fast_interval = "
                                          "200ms\ncheck.redis.fast_interval = 200ms\n" +
                                          further);
    return options;
  }

 public:
  void testKilledServers() {
    for (const std::string& isolation : isolations) {
      PulsewatchProcess daemon(hourly(isolation));
      for (int i = 0; i < 3; ++i) {
        waitForReady(daemon, 200);
        redis().kill();
        waitForCheck(daemon, "redis", "unhealthy", "Redis connection refused at 127.0.0.1:" + std::to_string(redis().port()));
        CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
        redis().start();
      }
      waitForReady(daemon, 200);
      assertNeverFailed(daemon, "database");
      mariaDb().kill();
      waitForCheck(daemon, "database", "unhealthy", "MySQL connection refused at 127.0.0.1:" + std::to_string(mariaDb().port()));
      waitForCheck(daemon, "redis", "healthy");
      mariaDb().start();
      waitForReady(daemon, 200);
      daemon.stop();
    }
  }

  // It says nothing about a server that it closes a connection: the check looks again, at once, and never votes against it.
  void testClosedIdleConnections() {
    for (const std::string& isolation : isolations) {
      PulsewatchProcess daemon(hourly(isolation));
      waitForReady(daemon, 200);
      redis().command({"CLIENT", "KILL", "TYPE", "normal"});
      waitForRuns(daemon, "redis", "healthy", 2);
      const auto rows = mariaDb().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'");
      CPPUNIT_ASSERT(!rows.empty());
      for (const auto& row : rows) mariaDb().sql("KILL " + row.at(0));
      waitForRuns(daemon, "database", "healthy", 2);
      for (const char* check : {"database", "redis"}) assertNeverFailed(daemon, check);
      daemon.stop();
    }
  }

  // A time-out on the server's side of a second or so, which comes again and again: soon it is left to the interval.
  void testServersThatCloseAgainAndAgain() {
    redis().command({"CONFIG", "SET", "timeout", "1"});
    mariaDb().sql("SET GLOBAL wait_timeout = 1");
    for (const std::string& isolation : isolations) {
      PulsewatchProcess daemon(hourly(isolation));
      waitForReady(daemon, 200);
      for (const char* check : {"database", "redis"}) {
        waitForRuns(daemon, check, "healthy", 3);
        assertNeverFailed(daemon, check);
      }
      daemon.stop();
    }
    redis().command({"CONFIG", "SET", "timeout", "0"});
    mariaDb().sql("SET GLOBAL wait_timeout = 28800");
  }

  // What TLS sends by itself makes a socket readable: that is no loop, and a server that is killed is seen all the same.
  void testTlsAndUnixSockets() {
    const Certificates certificates;
    const std::uint16_t port = freePort();
    RedisServer tls_redis({"tls-port " + std::to_string(port), "tls-cert-file " + certificates.certificate(),
                           "tls-key-file " + certificates.key(), "tls-ca-cert-file " + certificates.authority(), "tls-auth-clients no"});
    MariaDbServer tls_mariadb({"--ssl-cert=" + certificates.certificate(), "--ssl-key=" + certificates.key()});
    const std::string credentials = "mysql://pulsewatch:" + percentEncoded(MariaDbServer::password()) + "@";
    PulsewatchOptions options = hourly("process");
    const auto add = [&options](const std::string& check, const std::string& plugin, const std::string& url) {
      options.config += checkConfig(check, plugin, {"url = " + url, "interval = 1h"});
    };
    add("rtls", "redis", "rediss://localhost:" + std::to_string(port) + "?ssl_ca_certs=" + certificates.authority());
    add("rsocket", "redis", "unix://" + tls_redis.socketPath().string());
    add("mtls", "mysql", credentials + "localhost:" + std::to_string(tls_mariadb.port()) + "/pulsewatch_dev?ssl-mode=REQUIRED");
    add("msocket", "mysql", credentials + "/pulsewatch_dev?unix_socket=" + tls_mariadb.socketPath().string());
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    tls_redis.kill();
    for (const char* check : {"rtls", "rsocket"}) waitForCheck(daemon, check, "unhealthy");
    for (const char* check : {"mtls", "msocket"}) {
      assertNeverFailed(daemon, check);
      // By far not as many as a loop would have made by now; tickets may have cost some.
      CPPUNIT_ASSERT_MESSAGE(check, runsOf(daemon, check, "healthy") <= 7);
    }
    tls_mariadb.kill();
    for (const char* check : {"mtls", "msocket"}) waitForCheck(daemon, check, "unhealthy");
    daemon.stop();
  }

  // Nothing comes from a server that hangs: the next run sees it.
  void testHungServer() {
    PulsewatchOptions options = hourly("process", "check.redis.timeout = 500ms\n");
    options.arguments = {"-D", "check.redis.interval=1s"};
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    redis().freeze();
    const auto begin = std::chrono::steady_clock::now();
    waitForCheck(daemon, "redis", "unhealthy", "timed out");
    const auto took = std::chrono::steady_clock::now() - begin;
    redis().thaw();
    // An interval and a timeout, and as long again for a busy machine.
    CPPUNIT_ASSERT(took < slowness * std::chrono::milliseconds(2 * 1500 + 2000));
    waitForReady(daemon, 200);
    daemon.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WatchTest);

}  // namespace
}  // namespace pulsewatch::testing
