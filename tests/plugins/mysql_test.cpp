// The mysql plugin against a real MariaDB: what it says, what it measures, what it leaves behind.
#include "plugins/plugin_run.h"
#include "support/aborted_counts.h"
#include "support/fault_proxy.h"
#include "support/mariadb_server.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <list>
#include <sys/socket.h>
#include <thread>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> labels = {"mysql", "default"};

class MySqlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MySqlTest);
  CPPUNIT_TEST(describesItself);
  CPPUNIT_TEST(isHealthyOverTcp);
  CPPUNIT_TEST(isHealthyOverTheUnixSocket);
  CPPUNIT_TEST(takesLocalhostForTcp);
  CPPUNIT_TEST(needsNoDatabase);
  CPPUNIT_TEST(speaksIpv6);
  CPPUNIT_TEST(keepsItsConnection);
  CPPUNIT_TEST(countsAndTimesEachQuery);
  CPPUNIT_TEST(logsEachQueryAtDebugOnly);
  CPPUNIT_TEST(saysWhatTheServerRefuses);
  CPPUNIT_TEST(saysWhenAUserHasReachedALimit);
  CPPUNIT_TEST(saysWhenThereAreTooManyConnections);
  CPPUNIT_TEST(saysWhenTheSocketIsMissing);
  CPPUNIT_TEST(saysWhenTheNameIsUnknown);
  CPPUNIT_TEST(refusesBadUrls);
  CPPUNIT_TEST(reconnectsAfterAKill);
  CPPUNIT_TEST(reconnectsAfterARestart);
  CPPUNIT_TEST(reconnectsAfterAnIdleTimeout);
  CPPUNIT_TEST(isNeverCountedAsAborted);
  CPPUNIT_TEST_SUITE_END();

  static MariaDbServer& server() {
    static MariaDbServer running;
    return running;
  }

  static std::string at() { return "127.0.0.1:" + std::to_string(server().port()); }

  static std::size_t connections() { return server().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'").size(); }

  static Outcome runOnce(const std::string& url) {
    FakeHost host(mysqlPlugin(), {{"url", url}});
    return host.run(5s);
  }

  void describesItself() {
    const pw_plugin* plugin = mysqlPlugin();
    CPPUNIT_ASSERT_EQUAL(std::string("mysql"), std::string(plugin->name));
    CPPUNIT_ASSERT_EQUAL(std::string("database"), std::string(plugin->default_check));
    CPPUNIT_ASSERT_EQUAL(1U, plugin->settings_count);
    CPPUNIT_ASSERT_EQUAL(std::string("mysql"), std::string(plugin->settings[0].choices));
    CPPUNIT_ASSERT_EQUAL(2U, plugin->metrics_count);
    CPPUNIT_ASSERT_EQUAL(16U, plugin->metrics[0].bucket_count);
    CPPUNIT_ASSERT_THROW(FakeHost(plugin, {}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(FakeHost(plugin, {{"url", "redis://h"}}), std::invalid_argument);
  }

  void isHealthyOverTcp() {
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    const Outcome outcome = host.run(5s);
    assertHealthy(outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("MySQL connection successful"), outcome.message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, outcome.watched.size());
    int type = 0;
    socklen_t size = sizeof type;
    CPPUNIT_ASSERT_EQUAL(0, ::getsockopt(outcome.watched[0], SOL_SOCKET, SO_TYPE, &type, &size));
  }

  void isHealthyOverTheUnixSocket() {
    const std::string credentials = "mysql://pulsewatch:" + percentEncoded(MariaDbServer::password());
    FakeHost host(mysqlPlugin(), {{"url", credentials + "@/pulsewatch_dev?unix_socket=" + server().socketPath().string()}});
    assertHealthy(host.run(5s));
    const auto rows = server().sql("SELECT HOST FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'");
    CPPUNIT_ASSERT_EQUAL(std::string("localhost"), rows.at(0).at(0));
  }

  void takesLocalhostForTcp() {
    std::string url = server().url();
    url.replace(url.find("127.0.0.1"), 9, "localhost");
    FakeHost host(mysqlPlugin(), {{"url", url}});
    assertHealthy(host.run(5s));
    const auto rows = server().sql("SELECT HOST FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'");
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:"), rows.at(0).at(0).substr(0, 10));
  }

  void needsNoDatabase() { assertHealthy(runOnce(server().url(MariaDbServer::user(), MariaDbServer::password(), ""))); }

  void speaksIpv6() {
    const std::string refused = "[::1]:" + std::to_string(freePort());
    assertUnhealthy("MySQL connection refused at " + refused, runOnce("mysql://u:p@" + refused + "/d"));
    MariaDbServer v6({"--bind-address=::1"});
    std::string url = v6.url();
    url.replace(url.find("127.0.0.1"), 9, "[::1]");
    assertHealthy(runOnce(url));
  }

  void keepsItsConnection() {
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    assertHealthy(host.run(5s));
    const auto before = server().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'");
    for (int i = 0; i < 5; ++i) assertHealthy(host.run(5s));
    const auto after = server().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, before.size());
    CPPUNIT_ASSERT(before == after);
    host.destroy();
    CPPUNIT_ASSERT(waitFor([] { return connections() == 0; }, 5s));
  }

  void countsAndTimesEachQuery() {
    FakeHost host(mysqlPlugin(), {{"url", server().url()}}, "orders", "replica");
    for (int i = 0; i < 3; ++i) {
      const Outcome outcome = host.run(5s);
      assertHealthy(outcome);
      assertNoFaults(outcome);
    }
    CPPUNIT_ASSERT_EQUAL(3.0, host.total("django_db_execute_total", {"mysql", "replica"}));
    const std::vector<double> times = host.observations("django_db_query_duration_seconds", {"mysql", "replica"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, times.size());
    for (const double time : times) CPPUNIT_ASSERT(time > 0 && time < 1);

    // Series are there, at 0, before any query.
    FakeHost refused(mysqlPlugin(), {{"url", "mysql://u:p@127.0.0.1:" + std::to_string(freePort()) + "/d"}});
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_STATUS_UNHEALTHY), refused.run(5s).status);
    CPPUNIT_ASSERT(refused.hasSeries("django_db_execute_total", labels));
    CPPUNIT_ASSERT(refused.hasSeries("django_db_query_duration_seconds", labels));
    CPPUNIT_ASSERT_EQUAL(0.0, refused.total("django_db_execute_total", labels));
  }

  void logsEachQueryAtDebugOnly() {
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host.log().size());
    const LogLine& line = host.log()[0];
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_LOG_DEBUG), line.level);
    CPPUNIT_ASSERT_EQUAL(std::string("database_query"), line.event);
    CPPUNIT_ASSERT(line.duration_ms > 0);
    host.setLogLevel(PW_LOG_INFO);
    assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host.log().size());
  }

  void saysWhatTheServerRefuses() {
    server().sql("CREATE OR REPLACE USER wide IDENTIFIED BY 'w'");
    server().sql("GRANT ALL ON *.* TO wide");
    server().sql("CREATE OR REPLACE USER locked IDENTIFIED BY 'l' ACCOUNT LOCK");
    server().sql("CREATE OR REPLACE USER expired IDENTIFIED BY 'e' PASSWORD EXPIRE");
    server().sql("CREATE OR REPLACE USER elsewhere@'192.0.2.1' IDENTIFIED BY 'e'");
    assertUnhealthy("MySQL access denied for user pulsewatch", runOnce(server().url("pulsewatch", "wrong", "pulsewatch_dev")));
    assertUnhealthy("MySQL access denied for user nobody", runOnce(server().url("nobody", "x", "")));
    assertUnhealthy("MySQL access denied for user elsewhere", runOnce(server().url("elsewhere", "e", "")));
    assertUnhealthy("MySQL access denied for user pulsewatch to database mysql",
                    runOnce(server().url("pulsewatch", MariaDbServer::password(), "mysql")));
    assertUnhealthy("MySQL unknown database nowhere", runOnce(server().url("wide", "w", "nowhere")));
    assertUnhealthy("MySQL account locked is locked", runOnce(server().url("locked", "l", "")));
    assertUnhealthy("MySQL password of user expired has expired", runOnce(server().url("expired", "e", "")));
    const Outcome denied = runOnce(server().url("pulsewatch", "wrong-and-secret", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("1045: Access denied for user 'pulsewatch'@'127.0.0.1' (using password: YES)"), denied.error);
  }

  void saysWhenAUserHasReachedALimit() {
    server().sql("CREATE OR REPLACE USER few IDENTIFIED BY 'f' WITH MAX_USER_CONNECTIONS 1");
    FakeHost first(mysqlPlugin(), {{"url", server().url("few", "f", "")}});
    assertHealthy(first.run(5s));
    assertUnhealthy("MySQL user few has reached a limit", runOnce(server().url("few", "f", "")));
  }

  void saysWhenThereAreTooManyConnections() {
    server().sql("SET GLOBAL max_connections=10");
    std::list<FakeHost> hosts;
    Outcome last;
    for (int i = 0; i < 12 && (i == 0 || last.status == PW_STATUS_HEALTHY); ++i)
      last = hosts.emplace_back(mysqlPlugin(), std::map<std::string, std::string>{{"url", server().url()}}).run(5s);
    assertUnhealthy("MySQL has too many connections at " + at(), last);
    hosts.clear();
    CPPUNIT_ASSERT(waitFor([] { return connections() == 0; }, 5s));
    server().sql("SET GLOBAL max_connections=151");
    assertHealthy(runOnce(server().url()));
  }

  void saysWhenTheSocketIsMissing() {
    assertUnhealthy("MySQL socket not found: /nowhere/socket", runOnce("mysql://u:p@/d?unix_socket=/nowhere/socket"));
  }

  void saysWhenTheNameIsUnknown() {
    assertUnhealthy("MySQL host name not found: nowhere.invalid", runOnce("mysql://u:p@nowhere.invalid:3306/d"));
  }

  void refusesBadUrls() {
    const auto refused = [](const std::string& sentence, const std::string& url) { assertNotCreated(sentence, mysqlPlugin(), url); };
    const std::string known = "; known are ssl-mode, ssl-ca, ssl-cert, ssl-key and unix_socket";
    refused("url has the unknown option ssl-mod" + known, "mysql://u:p@h/d?ssl-mod=DISABLED");
    refused("url has the unknown option charset" + known, "mysql://u:p@h/d?ssl-mode=DISABLED&charset=utf8");
    refused("the ssl-mode in url is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY", "mysql://u:p@h/d?ssl-mode=on");
    refused("url names no user", "mysql://h/d");
    refused("url names neither a host nor a unix_socket", "mysql://u:p@/d");
    refused("url has only one of ssl-cert and ssl-key", "mysql://u:p@h/d?ssl-cert=/c");
    refused("the unix_socket in url is longer than 107 bytes", "mysql://u:p@/d?unix_socket=/" + std::string(107, 's'));
    // The host doesn't let these through.
    for (const char* url : {"mysql://u:p@h:99999/d", "mysql://u:p%zz@h/d", "mysql://u:p@h/d?ssl-mode", "redis://u:p@h/0"})
      CPPUNIT_ASSERT_THROW_MESSAGE(url, FakeHost(mysqlPlugin(), {{"url", url}}), std::invalid_argument);
  }

  void reconnectsAfterAKill() {
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    assertHealthy(host.run(5s));
    const auto rows = server().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='pulsewatch'");
    server().sql("KILL " + rows.at(0).at(0));
    CPPUNIT_ASSERT(waitFor([] { return connections() == 0; }, 5s));
    assertHealthy(host.run(5s));
    // One that met the closed connection, and its repetition.
    CPPUNIT_ASSERT_EQUAL(3.0, host.total("django_db_execute_total", labels));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, host.log().size());
    CPPUNIT_ASSERT(!host.log()[1].error.empty());
    CPPUNIT_ASSERT_EQUAL(std::string(), host.log()[2].error);
  }

  void reconnectsAfterARestart() {
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    assertHealthy(host.run(5s));
    server().stop();
    assertUnhealthy("MySQL connection refused at " + at(), host.run(5s));
    assertUnhealthy("MySQL connection refused at " + at(), host.run(5s));
    server().start();
    assertHealthy(host.run(5s));
    server().stop();
    server().start();
    assertHealthy(host.run(5s));
    server().kill();
    assertUnhealthy("MySQL connection refused at " + at(), host.run(5s));
    server().start();
    assertHealthy(host.run(5s));
  }

  void reconnectsAfterAnIdleTimeout() {
    server().sql("SET GLOBAL wait_timeout=1");
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    assertHealthy(host.run(5s));
    const bool closed = waitFor([] { return connections() == 0; }, 10s);
    server().sql("SET GLOBAL wait_timeout=28800");
    CPPUNIT_ASSERT(closed);
    assertHealthy(host.run(5s));
  }

  void isNeverCountedAsAborted() {
    server().stop();
    server().start();
    server().sql("SET GLOBAL log_warnings=4");
    const AbortedCounts before(server());
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    for (int i = 0; i < 200; ++i) assertHealthy(host.run(5s));
    host.destroy();
    for (int i = 0; i < 200; ++i) {
      assertHealthy(host.run(5s));
      host.destroy();
    }
    CPPUNIT_ASSERT(waitFor([] { return connections() == 0; }, 5s));
    before.assertUnchanged(server());
    CPPUNIT_ASSERT(server().status("Connections") >= 201);

    // What just goes is seen: after its login, and before.
    FaultProxy proxy(server().port());
    std::string url = server().url();
    url.replace(url.find(std::to_string(server().port())), std::to_string(server().port()).size(), std::to_string(proxy.port()));
    FakeHost cut(mysqlPlugin(), {{"url", url}});
    assertHealthy(cut.run(5s));
    proxy.closeConnections();
    CPPUNIT_ASSERT(waitFor([&] { return server().status("Aborted_clients") > before.clients; }, 5s));
    CPPUNIT_ASSERT(waitFor([&] { return server().log().find("Aborted connection") != std::string::npos; }, 5s));
    proxy.setFault({.close_after = 0});
    cut.run(5s);
    CPPUNIT_ASSERT(waitFor([&] { return server().status("Aborted_connects") > before.connects; }, 5s));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MySqlTest);

}  // namespace
}  // namespace pulsewatch::testing
