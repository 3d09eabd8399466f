// The redis plugin against servers that hang, stop in the middle, drip or lie: every run ends within its deadline and in bounds.
#include "plugins/plugin_run.h"
#include "support/fault_proxy.h"
#include "support/mariadb_server.h"
#include "support/redis_server.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <thread>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

class RedisFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisFaultTest);
  CPPUNIT_TEST(timesOutOnASilentServer);
  CPPUNIT_TEST(timesOutInTheMiddleOfAReply);
  CPPUNIT_TEST(timesOutOnADrippingServer);
  CPPUNIT_TEST(timesOutOnAFrozenServerAndRecovers);
  CPPUNIT_TEST(returnsWhenItIsCancelled);
  CPPUNIT_TEST(runsOutOfTimeBeforeItBegins);
  CPPUNIT_TEST(saysWhenTheConnectionIsLost);
  CPPUNIT_TEST(reconnectsOnceOnly);
  CPPUNIT_TEST(wantsExactlyPong);
  CPPUNIT_TEST(refusesMalformedReplies);
  CPPUNIT_TEST(believesNoHugeOrDeepReply);
  CPPUNIT_TEST(roundtripWantsWhatItWrote);
  CPPUNIT_TEST(neverRepeatsThePassword);
  CPPUNIT_TEST(leaksNoDescriptor);
  CPPUNIT_TEST_SUITE_END();

  static RedisServer& server() {
    static RedisServer running;
    return running;
  }

  static std::string at(const FaultProxy& proxy) { return "127.0.0.1:" + std::to_string(proxy.port()); }
  static std::string urlOf(const FaultProxy& proxy) { return "redis://" + at(proxy); }

  static void assertTimesOut(const FaultProxy::Fault& fault) {
    FaultProxy proxy(server().port());
    proxy.setFault(fault);
    FakeHost host(redisPlugin(), {{"url", urlOf(proxy) + "/2"}});
    const Outcome outcome = host.run(300ms);
    assertUnhealthy("Redis timed out at " + at(proxy), outcome);
    assertInTime(outcome, 300ms);
    CPPUNIT_ASSERT(outcome.took >= 290ms);
    proxy.setFault({});
    assertHealthy(host.run(5s));
  }

  // A run against a server that answers the first command with the first reply, and so on.
  static Outcome against(const std::vector<std::string>& replies, const std::string& probe = "get") {
    FaultProxy proxy(std::string(), replies);
    FakeHost host(redisPlugin(), {{"url", urlOf(proxy)}, {"probe", probe}});
    Outcome outcome = host.run(1s);
    assertInTime(outcome, 1s);
    const std::size_t port = outcome.message.find(at(proxy));
    if (port != std::string::npos) outcome.message.replace(port, at(proxy).size(), "PROXY");
    return outcome;
  }

  void timesOutOnASilentServer() { assertTimesOut({.silent = true}); }

  void timesOutInTheMiddleOfAReply() {
    // +OK\r\n of SELECT, +PONG\r\n, $-1\r\n
    for (const std::size_t bytes : std::initializer_list<std::size_t>{0, 1, 4, 5, 7, 11, 13, 16}) assertTimesOut({.stop_after = bytes});
  }

  void timesOutOnADrippingServer() { assertTimesOut({.drip = 60ms}); }

  void timesOutOnAFrozenServerAndRecovers() {
    FakeHost kept(redisPlugin(), {{"url", server().url()}});
    FakeHost fresh(redisPlugin(), {{"url", server().url()}});
    FakeHost local(redisPlugin(), {{"url", "unix://" + server().socketPath().string()}});
    assertHealthy(kept.run(5s));
    server().freeze();
    const std::string message = "Redis timed out at 127.0.0.1:" + std::to_string(server().port());
    for (FakeHost* host : {&kept, &fresh, &kept, &fresh, &local}) {
      const Outcome outcome = host->run(300ms);
      assertInTime(outcome, 300ms);
      assertUnhealthy(host == &local ? "Redis timed out at " + server().socketPath().string() : message, outcome);
    }
    server().thaw();
    for (FakeHost* host : {&kept, &fresh, &local}) assertHealthy(host->run(5s));
  }

  void returnsWhenItIsCancelled() {
    FaultProxy proxy(server().port());
    proxy.setFault({.silent = true});
    FakeHost host(redisPlugin(), {{"url", urlOf(proxy)}});
    std::thread canceller([&] {
      waitFor([&] { return proxy.accepted() == 1; }, 5s);
      host.cancel();
    });
    const Outcome outcome = host.run(20s);
    canceller.join();
    CPPUNIT_ASSERT(outcome.took < 2s);
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_STATUS_UNHEALTHY), outcome.status);
  }

  void runsOutOfTimeBeforeItBegins() {
    FakeHost host(redisPlugin(), {{"url", server().url()}});
    const std::string message = "Redis timed out at 127.0.0.1:" + std::to_string(server().port());
    assertUnhealthy(message, host.run(0ms));
    assertHealthy(host.run(5s));
    assertUnhealthy(message, host.run(0ms));
    assertHealthy(host.run(5s));
  }

  void saysWhenTheConnectionIsLost() {
    for (const std::size_t bytes : std::initializer_list<std::size_t>{0, 3, 7, 9, 11}) {
      FaultProxy proxy(server().port());
      proxy.setFault({.close_after = bytes});
      FakeHost host(redisPlugin(), {{"url", urlOf(proxy)}});
      assertUnhealthy("Redis connection lost at " + at(proxy), host.run(2s));
    }
  }

  void reconnectsOnceOnly() {
    FaultProxy proxy(server().port());
    FakeHost host(redisPlugin(), {{"url", urlOf(proxy)}});
    assertHealthy(host.run(5s));
    proxy.closeConnections();
    assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, proxy.accepted());
    proxy.closeConnections();
    proxy.setFault({.close_after = 0});
    assertUnhealthy("Redis connection lost at " + at(proxy), host.run(5s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, proxy.accepted());
  }

  void wantsExactlyPong() {
    assertHealthy(against({"+PONG\r\n"}, "ping"));
    for (const std::string reply : {"+PON\r\n", "+PONGS\r\n", "+pong\r\n", "+\r\n", ":1\r\n", "$4\r\nPONG\r\n", "$-1\r\n"})
      assertUnhealthy("Redis protocol error at PROXY", against({reply}, "ping"));
    // A truncated one is none.
    assertUnhealthy("Redis timed out at PROXY", against({"+PONG"}, "ping"));
    assertUnhealthy("Redis timed out at PROXY", against({"+PONG\r"}, "ping"));
  }

  void refusesMalformedReplies() {
    for (const std::string reply : {"HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n", "PONG\r\n", "$4\r\nPONGxx", "$x\r\n", "$\r\n", "$-2\r\n",
                                    "$1 \r\n", ":12a\r\n", ":\r\n", ":99999999999999999999\r\n", "_\r\n", "%1\r\n", "+PONG\r\n+PONG\r\n"})
      assertUnhealthy("Redis protocol error at PROXY", against({reply}));
    assertUnhealthy("Redis protocol error at PROXY", against({"+PONG\r\n", "+x\r\n"}));
    assertUnhealthy("Redis replied with an error", against({"+PONG\r\n", "-ERR something new\r\n"}));
    assertUnhealthy("Redis replied with an error", against({"-\r\n"}));
    // NUL and other bytes are fine where text is.
    assertHealthy(against({"+PONG\r\n", std::string("$4\r\n\0\r\n\xff\r\n", 10)}));
  }

  void believesNoHugeOrDeepReply() {
    assertUnhealthy("Redis protocol error at PROXY", against({"$2147483647\r\n"}));
    assertUnhealthy("Redis protocol error at PROXY", against({"$9223372036854775807\r\n"}));
    assertUnhealthy("Redis protocol error at PROXY", against({"*2147483647\r\n"}));
    std::string deep;
    for (int i = 0; i < 200000; ++i) deep += "*1\r\n";
    assertUnhealthy("Redis protocol error at PROXY", against({deep}));
    assertUnhealthy("Redis protocol error at PROXY", against({"+" + std::string(200000, 'x')}));
  }

  void roundtripWantsWhatItWrote() {
    assertUnhealthy("Redis protocol error at PROXY", against({"+PONG\r\n", "+NO\r\n$1\r\nx\r\n"}, "roundtrip"));
    FaultProxy proxy(std::string(), {"+PONG\r\n", "+OK\r\n$1\r\nx\r\n", "+OK\r\n$-1\r\n"});
    FakeHost host(redisPlugin(), {{"url", urlOf(proxy)}, {"probe", "roundtrip"}});
    const Outcome outcome = host.run(1s);
    CPPUNIT_ASSERT_EQUAL(std::string("Redis read back something else than was written"), outcome.message);
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_STATUS_UNHEALTHY), outcome.status);
  }

  void neverRepeatsThePassword() {
    FaultProxy proxy(std::string(), {"-ERR your password is secret-word, I think\r\n"});
    FakeHost host(redisPlugin(), {{"url", "redis://:secret-word@" + at(proxy)}});
    const Outcome outcome = host.run(1s);
    assertUnhealthy("Redis replied with an error", outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("ERR your password is ***, I think"), outcome.error);
  }

  void leaksNoDescriptor() {
    FaultProxy silent(server().port());
    silent.setFault({.silent = true});
    FakeHost hanging(redisPlugin(), {{"url", urlOf(silent)}});
    assertNoDescriptorLeak([&] {
      assertUnhealthy("Redis timed out at " + at(silent), hanging.run(5ms));
      // The proxy's own descriptors are in this process too.
      CPPUNIT_ASSERT(waitFor([&] { return silent.open() == 0; }, 5s));
    });
    FakeHost refused(redisPlugin(), {{"url", "redis://127.0.0.1:" + std::to_string(freePort())}});
    assertNoDescriptorLeak([&] { refused.run(5s); });
    FakeHost denied(redisPlugin(), {{"url", server().url("nobody", "wrong")}});
    assertNoDescriptorLeak([&] { assertUnhealthy("Redis wrong user or password", denied.run(5s)); });
    FakeHost good(redisPlugin(), {{"url", server().url()}});
    assertNoDescriptorLeak([&] {
      assertHealthy(good.run(5s));
      good.destroy();
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisFaultTest);

}  // namespace
}  // namespace pulsewatch::testing
