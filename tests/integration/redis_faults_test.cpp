// What a running daemon shows while its real Redis is stopped, frozen or asks for another password.
#include "integration/daemon.h"
#include "integration/server_fault.h"
#include "integration/services.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class RedisFaultsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisFaultsTest);
  CPPUNIT_TEST(testStopped);
  CPPUNIT_TEST(testFrozen);
  CPPUNIT_TEST(testPasswordRequired);
  CPPUNIT_TEST(testWrongPassword);
  CPPUNIT_TEST(testFallAndRise);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testStopped() {
    PulsewatchProcess daemon(serviceOptions());
    showFault(daemon, fault([] { redis().stop(); }, [] { redis().start(); },
                            "Redis connection refused at 127.0.0.1:" + std::to_string(redis().port())));
    daemon.stop();
  }

  void testFrozen() {
    PulsewatchProcess daemon(serviceOptions());
    ServerFault frozen = fault([] { redis().freeze(); }, [] { redis().thaw(); }, "timed out");
    frozen.further_runs = 2;
    showFault(daemon, frozen);
    daemon.stop();
  }

  void testPasswordRequired() {
    PulsewatchOptions options = serviceOptions();
    options.environment["REDIS_URL"] = redis().url();
    PulsewatchProcess daemon(options);
    const auto breakIt = [] {
      redis().command({"CONFIG", "SET", "requirepass", "a-password-nobody-was-told"});
      redis().command({"CLIENT", "KILL", "TYPE", "normal"});
    };
    showFault(daemon, fault(
                          breakIt,
                          [] {
                            redis().command({"CONFIG", "SET", "requirepass", ""});
                          },
                          "Redis requires a password"));
    daemon.stop();
  }

  void testWrongPassword() {
    PulsewatchProcess daemon(serviceOptions());
    const auto breakIt = [] {
      redis().command({"ACL", "SETUSER", redis_user, "resetpass", ">a-password-nobody-was-told"});
      redis().command({"CLIENT", "KILL", "TYPE", "normal"});
    };
    const auto mend = [] { redis().command({"ACL", "SETUSER", redis_user, "resetpass", ">" + redis_password}); };
    showFault(daemon, fault(breakIt, mend, "Redis wrong user or password"));
    daemon.stop();
  }

  // One server, two checks: one turns at the first failed run, the other only after more than there will be.
  void testFallAndRise() {
    PulsewatchOptions options = serviceOptions(checkConfig("patient", "redis", {"interval = 250ms", "fall = 1000"}));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    redis().stop();
    waitForCheck(daemon, "redis", "unhealthy");
    const Labels failed{{"check_name", "patient"}, {"outcome", "unhealthy"}};
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", failed, [](double runs) { return runs >= 3; }));
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), textOf(daemon.check("patient"), "status"));
    CPPUNIT_ASSERT_EQUAL(1.0, daemon.metrics().value("pulsewatch_health_check_status", {{"check_name", "patient"}}));
    redis().start();
    waitForReady(daemon, 200);
    daemon.stop();
  }

 private:
  static ServerFault fault(std::function<void()> breakIt, std::function<void()> mend, std::string message) {
    return {"redis", "database", std::move(breakIt), std::move(mend), std::move(message)};
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisFaultsTest);

}  // namespace
}  // namespace pulsewatch::testing
