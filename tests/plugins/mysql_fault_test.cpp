// The mysql plugin against servers that hang, stop in the middle, drip or lie: every run ends within its deadline.
#include "plugins/plugin_run.h"
#include "support/deaf_listener.h"
#include "support/fault_proxy.h"
#include "support/mariadb_server.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <thread>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

// The protocol's framing: three bytes of length, one of sequence.
std::string packet(int sequence, const std::string& payload) {
  return std::string{static_cast<char>(payload.size()), 0, 0, static_cast<char>(sequence)} + payload;
}

std::string lengthPrefixed(const std::string& text) { return std::string(1, static_cast<char>(text.size())) + text; }

// A greeting of protocol 10, without TLS, for mysql_native_password.
std::string greeting() {
  using namespace std::string_literals;
  return packet(0, "\x0a"s + "8.0.0\0"s + "\x01\0\0\0"s + "12345678\0"s + "\x09\x82"s + "\x21"s + "\x02\0"s + "\x08\0"s + "\x15"s +
                       std::string(10, '\0') + "123456789012\0"s + "mysql_native_password\0"s);
}

std::string okay(int sequence) { return packet(sequence, std::string("\0\0\0\x02\0\0\0", 7)); }

// What SELECT 1 is answered with: one column and these rows.
std::string rows(const std::vector<std::string>& values) {
  using namespace std::string_literals;
  int sequence = 1;
  std::string result = packet(sequence++, "\x01");
  result += packet(sequence++, lengthPrefixed("def") + "\0\0\0"s + lengthPrefixed("1") + "\0"s + "\x0c\x3f\0\x01\0\0\0\x08\x81\0\0\0\0"s);
  result += packet(sequence++, "\xfe\0\0\x02\0"s);
  for (const std::string& value : values) result += packet(sequence++, lengthPrefixed(value));
  return result + packet(sequence, "\xfe\0\0\x02\0"s);
}

class MySqlFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MySqlFaultTest);
  CPPUNIT_TEST(timesOutOnASilentServer);
  CPPUNIT_TEST(timesOutInTheMiddleOfTheHandshake);
  CPPUNIT_TEST(timesOutOnADrippingServer);
  CPPUNIT_TEST(timesOutOnAFullBacklog);
  CPPUNIT_TEST(timesOutOnAFrozenServerAndRecovers);
  CPPUNIT_TEST(timesOutInTheMiddleOfAnAnswer);
  CPPUNIT_TEST(returnsWhenItIsCancelled);
  CPPUNIT_TEST(runsOutOfTimeBeforeItBegins);
  CPPUNIT_TEST(saysWhenTheConnectionIsLost);
  CPPUNIT_TEST(reconnectsOnceOnly);
  CPPUNIT_TEST(saysWhenItIsNoMySql);
  CPPUNIT_TEST(believesNoHugePacket);
  CPPUNIT_TEST(looksAtTheAnswer);
  CPPUNIT_TEST(knowsWhatOtherServersSay);
  CPPUNIT_TEST(neverRepeatsThePassword);
  CPPUNIT_TEST(leaksNoDescriptor);
  CPPUNIT_TEST_SUITE_END();

  static MariaDbServer& server() {
    static MariaDbServer running;
    return running;
  }

  static std::string urlOf(std::uint16_t port, const std::string& options = "") {
    return "mysql://pulsewatch:" + percentEncoded(MariaDbServer::password()) + "@127.0.0.1:" + std::to_string(port) + "/pulsewatch_dev" +
           options;
  }

  static std::string timedOut(std::uint16_t port) { return "MySQL timed out at 127.0.0.1:" + std::to_string(port); }

  // A first run through a proxy with that fault.
  static void assertTimesOut(const FaultProxy::Fault& fault, const std::string& options = "") {
    FaultProxy proxy(server().port());
    proxy.setFault(fault);
    FakeHost host(mysqlPlugin(), {{"url", urlOf(proxy.port(), options)}});
    const Outcome outcome = host.run(300ms);
    assertUnhealthy(timedOut(proxy.port()), outcome);
    assertInTime(outcome, 300ms);
    CPPUNIT_ASSERT(outcome.took >= 290ms);
    proxy.setFault({});
    assertHealthy(host.run(5s));
  }

  static Outcome against(FaultProxy& proxy) {
    FakeHost host(mysqlPlugin(), {{"url", urlOf(proxy.port())}});
    const Outcome outcome = host.run(2s);
    assertInTime(outcome, 2s);
    return outcome;
  }

  void timesOutOnASilentServer() {
    assertTimesOut({.silent = true});
    assertTimesOut({.silent = true}, "?ssl-mode=DISABLED");
  }

  void timesOutInTheMiddleOfTheHandshake() {
    for (const std::size_t bytes : std::initializer_list<std::size_t>{1, 3, 4, 5, 30, 90, 110}) assertTimesOut({.stop_after = bytes});
    assertTimesOut({.stop_after = 60}, "?ssl-mode=DISABLED");
  }

  void timesOutOnADrippingServer() {
    assertTimesOut({.drip = 20ms});
    assertTimesOut({.drip = 20ms}, "?ssl-mode=DISABLED");
  }

  void timesOutOnAFullBacklog() {
    const DeafListener listener("127.0.0.1", freePort());
    FakeHost host(mysqlPlugin(), {{"url", urlOf(listener.port())}});
    const Outcome outcome = host.run(300ms);
    assertUnhealthy(timedOut(listener.port()), outcome);
    assertInTime(outcome, 300ms);
  }

  void timesOutOnAFrozenServerAndRecovers() {
    FakeHost kept(mysqlPlugin(), {{"url", server().url()}});
    FakeHost fresh(mysqlPlugin(), {{"url", server().url()}});
    assertHealthy(kept.run(5s));
    server().freeze();
    for (FakeHost* host : {&kept, &fresh, &kept, &fresh}) {
      const Outcome outcome = host->run(300ms);
      assertInTime(outcome, 300ms);
      assertUnhealthy(timedOut(server().port()), outcome);
    }
    server().thaw();
    assertHealthy(kept.run(5s));
    assertHealthy(fresh.run(5s));
  }

  void timesOutInTheMiddleOfAnAnswer() {
    FaultProxy proxy(server().port());
    FakeHost host(mysqlPlugin(), {{"url", urlOf(proxy.port())}});
    assertHealthy(host.run(5s));
    proxy.setFault({.drip = 50ms});
    const Outcome outcome = host.run(300ms);
    assertUnhealthy(timedOut(proxy.port()), outcome);
    assertInTime(outcome, 300ms);
    // The query was sent.
    CPPUNIT_ASSERT_EQUAL(2.0, host.total("django_db_execute_total", {"mysql", "default"}));
    proxy.setFault({});
    assertHealthy(host.run(5s));
  }

  void returnsWhenItIsCancelled() {
    FaultProxy proxy(server().port());
    proxy.setFault({.silent = true});
    FakeHost host(mysqlPlugin(), {{"url", urlOf(proxy.port())}});
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
    FakeHost host(mysqlPlugin(), {{"url", server().url()}});
    assertUnhealthy(timedOut(server().port()), host.run(0ms));
    assertHealthy(host.run(5s));
    // On a kept connection the answer may be there before anybody waits.
    assertInTime(host.run(0ms), 0ms);
    assertHealthy(host.run(5s));
  }

  void saysWhenTheConnectionIsLost() {
    for (const std::size_t bytes : std::initializer_list<std::size_t>{0, 1, 4, 60, 100}) {
      FaultProxy proxy(server().port());
      proxy.setFault({.close_after = bytes});
      assertUnhealthy("MySQL connection lost at 127.0.0.1:" + std::to_string(proxy.port()), against(proxy));
    }
  }

  void reconnectsOnceOnly() {
    FaultProxy proxy(server().port());
    FakeHost host(mysqlPlugin(), {{"url", urlOf(proxy.port())}});
    assertHealthy(host.run(5s));
    proxy.closeConnections();
    assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, proxy.accepted());
    proxy.closeConnections();
    proxy.setFault({.close_after = 0});
    assertUnhealthy("MySQL connection lost at 127.0.0.1:" + std::to_string(proxy.port()), host.run(5s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, proxy.accepted());
  }

  void saysWhenItIsNoMySql() {
    FaultProxy web("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    web.setFault({.close_after = 47});
    const Outcome outcome = against(web);
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_STATUS_UNHEALTHY), outcome.status);
    FaultProxy odd(packet(0,
                          "\x07"
                          "something"));
    assertUnhealthy("MySQL protocol error at 127.0.0.1:" + std::to_string(odd.port()), against(odd));
  }

  void believesNoHugePacket() {
    // 16 MiB are announced, and then comes nothing: libmariadb gives up at once.
    FaultProxy proxy(std::string("\xff\xff\xff\0\x0a", 5));
    const Outcome outcome = against(proxy);
    assertUnhealthy("MySQL connection lost at 127.0.0.1:" + std::to_string(proxy.port()), outcome);
    CPPUNIT_ASSERT(outcome.took < 1s);
  }

  void looksAtTheAnswer() {
    const std::string where = "127.0.0.1:";
    FaultProxy right(greeting(), {okay(2), rows({"1"})});
    assertHealthy(against(right));
    FaultProxy wrong(greeting(), {okay(2), rows({"2"})});
    assertUnhealthy("MySQL gave a wrong answer to SELECT 1", against(wrong));
    FaultProxy none(greeting(), {okay(2), rows({})});
    assertUnhealthy("MySQL protocol error at " + where + std::to_string(none.port()), against(none));
    FaultProxy many(greeting(), {okay(2), rows({"1", "1"})});
    assertUnhealthy("MySQL protocol error at " + where + std::to_string(many.port()), against(many));
    FaultProxy nothing(greeting(), {okay(2), okay(1)});
    assertUnhealthy("MySQL protocol error at " + where + std::to_string(nothing.port()), against(nothing));
  }

  void knowsWhatOtherServersSay() {
    // Errors that MariaDB has no way to be brought to, as MySQL words them in place of its greeting or after the login.
    const auto refusal = [](int number) {
      return "\xff" + std::string{static_cast<char>(number & 0xff), static_cast<char>(number >> 8)} + "#HY000words";
    };
    for (const auto& [number, sentence] : std::map<int, std::string>{{1129, "MySQL blocks this host after many connection errors at "},
                                                                     {1130, "MySQL allows no connection from this host at "},
                                                                     {1040, "MySQL has too many connections at "},
                                                                     {1053, "MySQL is shutting down at "}}) {
      FaultProxy proxy(packet(0, refusal(number)));
      assertUnhealthy(sentence + "127.0.0.1:" + std::to_string(proxy.port()), against(proxy));
    }
    FaultProxy secure(greeting(), {packet(2, refusal(3159))});
    assertUnhealthy("MySQL requires TLS at 127.0.0.1:" + std::to_string(secure.port()), against(secure));
    FaultProxy locked(greeting(), {packet(2, refusal(3118))});
    assertUnhealthy("MySQL account pulsewatch is locked", against(locked));
    FaultProxy unknown(greeting(), {okay(2), packet(1, refusal(1064))});
    const Outcome outcome = against(unknown);
    assertUnhealthy("MySQL error 1064", outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("1064: words"), outcome.error);
    // A request for the password in clear, or by a plugin from nowhere.
    for (const std::string method : {"mysql_clear_password", "dialog", "made_up"}) {
      FaultProxy asking(greeting(), {packet(2, "\xfe" + method + std::string(1, '\0') + "x")});
      assertUnhealthy("MySQL login method of user pulsewatch is not supported", against(asking));
      CPPUNIT_ASSERT(asking.received().find(MariaDbServer::password()) == std::string::npos);
    }
  }

  void neverRepeatsThePassword() {
    using namespace std::string_literals;
    FaultProxy proxy(greeting(), {packet(2, "\xff\x16\x04#HY000your password is " + MariaDbServer::password() + ", I think")});
    const Outcome outcome = against(proxy);
    assertUnhealthy("MySQL error 1046", outcome);
    CPPUNIT_ASSERT_EQUAL("1046: your password is ***, I think"s, outcome.error);
  }

  void leaksNoDescriptor() {
    FaultProxy silent(server().port());
    silent.setFault({.silent = true});
    FakeHost hanging(mysqlPlugin(), {{"url", urlOf(silent.port())}});
    assertNoDescriptorLeak([&] {
      assertUnhealthy(timedOut(silent.port()), hanging.run(5ms));
      // The proxy's own descriptors are in this process too.
      CPPUNIT_ASSERT(waitFor([&] { return silent.open() == 0; }, 5s));
    });
    FakeHost refused(mysqlPlugin(), {{"url", urlOf(freePort())}});
    assertNoDescriptorLeak([&] { refused.run(5s); });
    FakeHost denied(mysqlPlugin(), {{"url", server().url("pulsewatch", "wrong", "")}});
    assertNoDescriptorLeak([&] { assertUnhealthy("MySQL access denied for user pulsewatch", denied.run(5s)); });
    FakeHost good(mysqlPlugin(), {{"url", server().url()}});
    assertNoDescriptorLeak([&] {
      assertHealthy(good.run(5s));
      good.destroy();
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MySqlFaultTest);

}  // namespace
}  // namespace pulsewatch::testing
