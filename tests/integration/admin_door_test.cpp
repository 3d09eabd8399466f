// The second listener: it carries everything, and the first one the probes alone.
#include "integration/daemon.h"
#include "support/private_server.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace pulsewatch::testing {
namespace {

class AdminDoorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AdminDoorTest);
  CPPUNIT_TEST(testDoors);
  CPPUNIT_TEST(testCredentialsAndHosts);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testDoors() {
    const std::uint16_t port = freePort();
    PulsewatchProcess daemon(withAdminDoor(port));
    waitForReady(daemon, 200);
    const HttpClient admin(port);
    for (const std::string target : {"/healthz", "/ready", "/ready/steady", "/ready?exclude=steady", "/ready/group/all"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, daemon.get(target).status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, admin.get(target).status);
    }
    for (const std::string target : {"/", "/metrics", "/ready?verbose", "/ready?explain", "/ready/steady?history"}) {
      const HttpResponse refused = daemon.get(target);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 404, refused.status);
      CPPUNIT_ASSERT_MESSAGE(refused.body, refused.body.find("admin listener") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(refused.body, refused.body.find(std::to_string(port)) == std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, admin.get(target).status);
    }
    daemon.stop();
  }

  void testCredentialsAndHosts() {
    const std::uint16_t port = freePort();
    PulsewatchOptions options = withAdminDoor(port);
    const std::string token = "the-token-of-the-tests-0123456789";
    options.environment["PULSEWATCH_HTTP_AUTH_TOKEN"] = token;
    options.secrets = {token};
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const HttpClient admin(port);
    const HttpHeaders shown{{"Authorization", "Bearer " + token}};
    CPPUNIT_ASSERT_EQUAL(401, admin.get("/metrics").status);
    CPPUNIT_ASSERT_EQUAL(200, admin.send({.target = "/metrics", .headers = shown}).status);
    CPPUNIT_ASSERT_EQUAL(404, daemon.send({.target = "/metrics", .headers = shown}).status);
    CPPUNIT_ASSERT_EQUAL(400, admin.send({.target = "/metrics", .headers = {{"Host", "elsewhere.example"}}}).status);
    daemon.stop();
  }

 private:
  static PulsewatchOptions withAdminDoor(std::uint16_t port) {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    options.config += "group.all.checks = steady\nadmin.address = 127.0.0.1\nadmin.port = " + std::to_string(port) + "\n";
    return options;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AdminDoorTest);

}  // namespace
}  // namespace pulsewatch::testing
