// What a running daemon shows while its real MariaDB is stopped, frozen or takes another password.
#include "integration/daemon.h"
#include "integration/server_fault.h"
#include "integration/services.h"
#include "support/aborted_counts.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class MysqlFaultsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MysqlFaultsTest);
  CPPUNIT_TEST(testStopped);
  CPPUNIT_TEST(testKilled);
  CPPUNIT_TEST(testFrozen);
  CPPUNIT_TEST(testNotThereAtStart);
  CPPUNIT_TEST(testWrongPassword);
  CPPUNIT_TEST(testNeverCountedAsAborted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testStopped() {
    PulsewatchProcess daemon(serviceOptions());
    showFault(daemon, fault([] { mariaDb().stop(); }, [] { mariaDb().start(); }, refused()));
    daemon.stop();
  }

  void testKilled() {
    PulsewatchProcess daemon(serviceOptions());
    showFault(daemon, fault([] { mariaDb().kill(); }, [] { mariaDb().start(); }, refused()));
    daemon.stop();
  }

  void testFrozen() {
    PulsewatchProcess daemon(serviceOptions());
    ServerFault frozen = fault([] { mariaDb().freeze(); }, [] { mariaDb().thaw(); }, "timed out");
    frozen.further_runs = 2;
    showFault(daemon, frozen);
    daemon.stop();
  }

  void testNotThereAtStart() {
    const PulsewatchOptions options = serviceOptions();
    mariaDb().stop();
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "database", "unhealthy", refused());
    waitForReady(daemon, 503);
    mariaDb().start();
    waitForReady(daemon, 200);
    daemon.stop();
  }

  void testWrongPassword() {
    const std::string other_password = "another-password-than-the-server-has";
    PulsewatchOptions options = serviceOptions();
    options.environment["DATABASE_URL"] = mariaDb().url(MariaDbServer::user(), other_password, MariaDbServer::database());
    options.secrets.push_back(other_password);
    setPassword(other_password);
    PulsewatchProcess daemon(options);
    // The kept connection would outlive a change of password.
    const auto breakIt = [] {
      setPassword(MariaDbServer::password());
      mariaDb().stop();
      mariaDb().start();
    };
    showFault(daemon, fault(
                          breakIt, [&other_password] { setPassword(other_password); }, "MySQL access denied for user pulsewatch"));
    daemon.stop();
    setPassword(MariaDbServer::password());
  }

  void testNeverCountedAsAborted() {
    mariaDb().sql("SET GLOBAL log_warnings=4");
    const AbortedCounts before(mariaDb());
    PulsewatchOptions options = serviceOptions(checkConfig("busy", "mysql", {"url = ${env.DATABASE_URL}", "interval = 10ms"}));
    PulsewatchProcess daemon(options);
    const Labels healthy{{"check_name", "busy"}, {"outcome", "healthy"}};
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", healthy, [](double runs) { return runs >= 200; }));
    daemon.stop();
    const auto connections = [] {
      return mariaDb().sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='" + MariaDbServer::user() + "'").size();
    };
    CPPUNIT_ASSERT(waitFor([&] { return connections() == 0; }, PulsewatchProcess::patience));
    before.assertUnchanged(mariaDb());
  }

 private:
  static ServerFault fault(std::function<void()> breakIt, std::function<void()> mend, std::string message) {
    return {"database", "redis", std::move(breakIt), std::move(mend), std::move(message)};
  }

  static std::string refused() { return "MySQL connection refused at 127.0.0.1:" + std::to_string(mariaDb().port()); }

  static void setPassword(const std::string& password) {
    std::string quoted;
    for (const char c : password) {
      if (c == '\'' || c == '\\') quoted += '\\';
      quoted += c;
    }
    const auto hosts = mariaDb().sql("SELECT Host FROM mysql.user WHERE User = '" + MariaDbServer::user() + "'");
    for (const auto& row : hosts)
      mariaDb().sql("ALTER USER '" + MariaDbServer::user() + "'@'" + row.at(0) + "' IDENTIFIED BY '" + quoted + "'");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MysqlFaultsTest);

}  // namespace
}  // namespace pulsewatch::testing
