// The redis plugin against a real Redis: what it says, what it counts, what it leaves behind.
#include "plugins/plugin_run.h"
#include "support/mariadb_server.h"
#include "support/redis_server.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <list>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

const char* const gets = "django_cache_get_total";
const char* const hits = "django_cache_hit_total";
const std::vector<std::string> labels = {"redis"};

using Settings = std::map<std::string, std::string>;

class RedisTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisTest);
  CPPUNIT_TEST(describesItself);
  CPPUNIT_TEST(isHealthyOverTcp);
  CPPUNIT_TEST(isHealthyOverTheUnixSocket);
  CPPUNIT_TEST(speaksIpv6);
  CPPUNIT_TEST(countsGetsAndHits);
  CPPUNIT_TEST(probesAsItIsTold);
  CPPUNIT_TEST(roundtripWritesWithAnExpiry);
  CPPUNIT_TEST(usesItsDatabase);
  CPPUNIT_TEST(logsInWithAPassword);
  CPPUNIT_TEST(logsInWithAUser);
  CPPUNIT_TEST(saysWhenTheDefaultUserIsDisabled);
  CPPUNIT_TEST(saysWhatIsNotPermitted);
  CPPUNIT_TEST(saysWhyItCannotWrite);
  CPPUNIT_TEST(saysWhenTheServerIsLoading);
  CPPUNIT_TEST(saysWhenThereAreTooManyClients);
  CPPUNIT_TEST(saysWhenTheKeyHoldsNoText);
  CPPUNIT_TEST(saysWhenTheSocketIsMissing);
  CPPUNIT_TEST(saysWhenTheNameIsUnknown);
  CPPUNIT_TEST(refusesBadUrls);
  CPPUNIT_TEST(keepsItsConnection);
  CPPUNIT_TEST(reconnectsAfterAKill);
  CPPUNIT_TEST(reconnectsAfterARestart);
  CPPUNIT_TEST_SUITE_END();

  static RedisServer& server() {
    static RedisServer running;
    return running;
  }

  static std::string at(const RedisServer& redis) { return "127.0.0.1:" + std::to_string(redis.port()); }

  static Outcome runOnce(const Settings& settings) {
    FakeHost host(redisPlugin(), settings);
    return host.run(5s);
  }

  static std::size_t clients() {
    // The asking redis-cli is one of them.
    const std::string list = server().command({"CLIENT", "LIST"});
    return static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n'));
  }

  void describesItself() {
    const pw_plugin* plugin = redisPlugin();
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), std::string(plugin->name));
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), std::string(plugin->default_check));
    CPPUNIT_ASSERT_EQUAL(3U, plugin->settings_count);
    CPPUNIT_ASSERT_EQUAL(std::string("get"), std::string(plugin->settings[1].default_value));
    CPPUNIT_ASSERT_EQUAL(std::string("pulsewatch:health"), std::string(plugin->settings[2].default_value));
    CPPUNIT_ASSERT_THROW(FakeHost(plugin, {}), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(FakeHost(plugin, {{"url", "redis://h"}, {"probe", "gets"}}), std::invalid_argument);
  }

  void isHealthyOverTcp() {
    const Outcome outcome = runOnce({{"url", server().url()}});
    assertHealthy(outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("Redis connection successful"), outcome.message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, outcome.watched.size());
  }

  void isHealthyOverTheUnixSocket() {
    assertHealthy(runOnce({{"url", "unix://" + server().socketPath().string() + "?db=3"}, {"probe", "roundtrip"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), server().command({"-n", "3", "DEL", "pulsewatch:health"}));
  }

  void speaksIpv6() {
    const std::string refused = "[::1]:" + std::to_string(freePort());
    assertUnhealthy("Redis connection refused at " + refused, runOnce({{"url", "redis://" + refused}}));
    RedisServer v6({"bind ::1"});
    assertHealthy(runOnce({{"url", "redis://[::1]:" + std::to_string(v6.port())}}));
  }

  void countsGetsAndHits() {
    FakeHost host(redisPlugin(), {{"url", server().url()}, {"key", "counted"}});
    for (int i = 0; i < 2; ++i) {
      const Outcome outcome = host.run(5s);
      assertHealthy(outcome);
      assertNoFaults(outcome);
    }
    CPPUNIT_ASSERT_EQUAL(2.0, host.total(gets, labels));
    CPPUNIT_ASSERT_EQUAL(0.0, host.total(hits, labels));
    server().command({"SET", "counted", "x"});
    for (int i = 0; i < 3; ++i) assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(5.0, host.total(gets, labels));
    CPPUNIT_ASSERT_EQUAL(3.0, host.total(hits, labels));

    FakeHost refused(redisPlugin(), {{"url", "redis://127.0.0.1:" + std::to_string(freePort())}});
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_STATUS_UNHEALTHY), refused.run(5s).status);
    CPPUNIT_ASSERT(refused.hasSeries(gets, labels));
    CPPUNIT_ASSERT(refused.hasSeries(hits, labels));
    CPPUNIT_ASSERT_EQUAL(0.0, refused.total(gets, labels));
  }

  void probesAsItIsTold() {
    FakeHost ping(redisPlugin(), {{"url", server().url()}, {"probe", "ping"}});
    assertHealthy(ping.run(5s));
    CPPUNIT_ASSERT_EQUAL(0.0, ping.total(gets, labels));
    server().command({"DEL", "untouched"});
    FakeHost get(redisPlugin(), {{"url", server().url()}, {"probe", "get"}, {"key", "untouched"}});
    assertHealthy(get.run(5s));
    CPPUNIT_ASSERT_EQUAL(1.0, get.total(gets, labels));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), server().command({"EXISTS", "untouched"}));
  }

  void roundtripWritesWithAnExpiry() {
    FakeHost host(redisPlugin(), {{"url", server().url()}, {"probe", "roundtrip"}, {"key", "written"}});
    assertHealthy(host.run(5s));
    const std::string first = server().command({"GET", "written"});
    CPPUNIT_ASSERT(!first.empty());
    const int seconds = std::stoi(server().command({"TTL", "written"}));
    CPPUNIT_ASSERT(seconds > 50 && seconds <= 60);
    assertHealthy(host.run(5s));
    CPPUNIT_ASSERT(server().command({"GET", "written"}) != first);
    CPPUNIT_ASSERT_EQUAL(2.0, host.total(gets, labels));
    CPPUNIT_ASSERT_EQUAL(2.0, host.total(hits, labels));
  }

  void usesItsDatabase() {
    assertHealthy(runOnce({{"url", server().url(7)}, {"probe", "roundtrip"}, {"key", "in-seven"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), server().command({"-n", "7", "EXISTS", "in-seven"}));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), server().command({"EXISTS", "in-seven"}));
    assertUnhealthy("Redis has no database 99", runOnce({{"url", server().url(99)}}));
  }

  void logsInWithAPassword() {
    RedisServer locked({"requirepass \"p;a@s:s/w%rd'\\\\\""});
    const std::string password = "p;a@s:s/w%rd'\\";
    assertUnhealthy("Redis requires a password", runOnce({{"url", locked.url()}}));
    assertUnhealthy("Redis requires a password", runOnce({{"url", locked.url()}, {"probe", "ping"}}));
    assertHealthy(runOnce({{"url", locked.url("", password)}}));
    assertHealthy(runOnce({{"url", locked.url("default", password)}}));
    assertHealthy(runOnce({{"url", "unix://" + locked.socketPath().string() + "?password=" + percentEncoded(password)}}));
    assertUnhealthy("Redis wrong user or password", runOnce({{"url", locked.url("", "wrong")}}));
    assertUnhealthy("Redis wrong user or password", runOnce({{"url", locked.url("somebody", password)}}));
    assertUnhealthy("Redis has no password set", runOnce({{"url", server().url("", "needless")}}));
  }

  void logsInWithAUser() {
    server().command({"ACL", "SETUSER", "reader", "on", ">r;@ \xc3\xbc", "~*", "+ping", "+get", "+select"});
    assertHealthy(runOnce({{"url", server().url("reader", "r;@ \xc3\xbc", 2)}}));
    assertUnhealthy("Redis no permission for SET", runOnce({{"url", server().url("reader", "r;@ \xc3\xbc")}, {"probe", "roundtrip"}}));
    assertUnhealthy("Redis wrong user or password", runOnce({{"url", server().url("reader", "wrong")}}));
    server().command({"ACL", "SETUSER", "reader", "off"});
    assertUnhealthy("Redis wrong user or password", runOnce({{"url", server().url("reader", "r;@ \xc3\xbc")}}));
  }

  void saysWhenTheDefaultUserIsDisabled() {
    RedisServer closed({"user default off", "user reader on >r ~* +ping +get"});
    assertUnhealthy("Redis requires a password", runOnce({{"url", closed.url()}}));
    assertUnhealthy("Redis wrong user or password", runOnce({{"url", closed.url("", "r")}}));
    assertHealthy(runOnce({{"url", closed.url("reader", "r")}}));
    assertHealthy(runOnce({{"url", "unix://reader:r@" + closed.socketPath().string()}}));
  }

  void saysWhatIsNotPermitted() {
    server().command({"ACL", "SETUSER", "pinger", "on", ">p", "~*", "+ping"});
    server().command({"ACL", "SETUSER", "mute", "on", ">p", "~*", "+get"});
    server().command({"ACL", "SETUSER", "elsewhere", "on", ">p", "~other:*", "+ping", "+get"});
    assertHealthy(runOnce({{"url", server().url("pinger", "p")}, {"probe", "ping"}}));
    assertUnhealthy("Redis no permission for GET", runOnce({{"url", server().url("pinger", "p")}}));
    assertUnhealthy("Redis no permission for SELECT", runOnce({{"url", server().url("pinger", "p", 1)}}));
    assertUnhealthy("Redis no permission for PING", runOnce({{"url", server().url("mute", "p")}}));
    assertUnhealthy("Redis no permission for the key", runOnce({{"url", server().url("elsewhere", "p")}}));
    assertHealthy(runOnce({{"url", server().url("elsewhere", "p")}, {"key", "other:key"}}));
  }

  void saysWhyItCannotWrite() {
    RedisServer full({"maxmemory 1", "maxmemory-policy noeviction"});
    assertUnhealthy("Redis is out of memory and takes no writes", runOnce({{"url", full.url()}, {"probe", "roundtrip"}}));
    assertHealthy(runOnce({{"url", full.url()}}));
    RedisServer replica({"replicaof 127.0.0.1 " + std::to_string(server().port())});
    assertUnhealthy("Redis is a read-only replica", runOnce({{"url", replica.url()}, {"probe", "roundtrip"}}));
    RedisServer lonely({"min-replicas-to-write 1"});
    assertUnhealthy("Redis takes no writes: it has too few replicas", runOnce({{"url", lonely.url()}, {"probe", "roundtrip"}}));
    // Its directory is gone, so that a save fails, after which it takes no writes.
    RedisServer unsaved({"save 1 1", "enable-protected-configs yes"});
    unsaved.command({"SET", "a", "b"});
    unsaved.command({"CONFIG", "SET", "dbfilename", "missing.rdb"});
    std::filesystem::create_directory(unsaved.directory() / "missing.rdb");
    unsaved.command({"BGSAVE"});
    CPPUNIT_ASSERT(waitFor(
        [&] {
          return unsaved.command({"INFO", "persistence"}).find("rdb_last_bgsave_status:err") != std::string::npos;
        },
        10s));
    assertUnhealthy("Redis takes no writes: it can't save to disk", runOnce({{"url", unsaved.url()}, {"probe", "roundtrip"}}));
    const Outcome reading = runOnce({{"url", unsaved.url()}});
    CPPUNIT_ASSERT_EQUAL(std::string("Redis takes no writes: it can't save to disk"), reading.message);
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_STATUS_DEGRADED), reading.status);
  }

  void saysWhenTheServerIsLoading() {
    RedisServer slow({"enable-debug-command yes", "key-load-delay 100000", "loading-process-events-interval-bytes 1024"});
    slow.command({"DEBUG", "POPULATE", "2000", "key", "100"});
    // SAVE and load again: 0.1 s for each key, longer than this test.
    slow.command({"SAVE"});
    ChildProcess reload({"redis-cli", "-p", std::to_string(slow.port()), "DEBUG", "RELOAD"}, plainEnvironment());
    Outcome outcome;
    CPPUNIT_ASSERT(waitFor(
        [&] {
          outcome = runOnce({{"url", slow.url()}});
          return outcome.message != "Redis connection successful";
        },
        5s));
    assertUnhealthy("Redis is loading its data", outcome);
  }

  void saysWhenThereAreTooManyClients() {
    RedisServer small({"maxclients 3"});
    std::list<FakeHost> hosts;
    Outcome last;
    for (int i = 0; i < 5 && (i == 0 || last.status == PW_STATUS_HEALTHY); ++i)
      last = hosts.emplace_back(redisPlugin(), Settings{{"url", small.url()}}).run(5s);
    assertUnhealthy("Redis has too many clients at " + at(small), last);
  }

  void saysWhenTheKeyHoldsNoText() {
    server().command({"RPUSH", "list", "a"});
    assertUnhealthy("Redis key of the probe holds no text", runOnce({{"url", server().url()}, {"key", "list"}}));
  }

  void saysWhenTheSocketIsMissing() {
    assertUnhealthy("Redis socket not found: /nowhere/socket", runOnce({{"url", "unix:///nowhere/socket"}}));
  }

  void saysWhenTheNameIsUnknown() {
    assertUnhealthy("Redis host name not found: nowhere.invalid", runOnce({{"url", "redis://nowhere.invalid"}}));
  }

  void refusesBadUrls() {
    const auto refused = [](const std::string& sentence, const std::string& url) { assertNotCreated(sentence, redisPlugin(), url); };
    refused("url names no host", "redis:///0");
    refused("url names no socket: it is written unix:///path", "unix://path");
    refused("url names no socket: it is written unix:///path", "unix:///");
    refused("the socket in url is longer than 107 bytes", "unix:///" + std::string(107, 's'));
    refused("the database in url is not a number from 0", "redis://h/one");
    refused("the database in url is not a number from 0", "redis://h/-1");
    refused("the database in url is not a number from 0", "unix:///s?db=1x");
    refused("the ssl_cert_reqs in url is neither required nor none", "rediss://h?ssl_cert_reqs=maybe");
    refused("url has the option ssl_ca_certs, which only rediss:// takes", "redis://h?ssl_ca_certs=/ca");
    refused("url has only one of ssl_certfile and ssl_keyfile", "rediss://h?ssl_keyfile=/k");
    refused("url has a user and no password", "redis://user@h");
    for (const char* url : {"redis://h:0", "http://h"})  // the host doesn't let these through
      CPPUNIT_ASSERT_THROW_MESSAGE(url, FakeHost(redisPlugin(), {{"url", url}}), std::invalid_argument);
    refused(
        "url has the unknown option timeout; known are db, username, password, ssl_ca_certs, ssl_certfile, ssl_keyfile and ssl_cert_reqs",
        "redis://h?timeout=1");
  }

  void keepsItsConnection() {
    FakeHost host(redisPlugin(), {{"url", server().url()}});
    assertHealthy(host.run(5s));
    const auto received = [] {
      const std::string info = server().command({"INFO", "stats"});
      const std::string key = "total_connections_received:";
      return std::stoi(info.substr(info.find(key) + key.size()));
    };
    const int before = received();
    for (int i = 0; i < 5; ++i) assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(before + 1, received());  // the second question itself
    host.destroy();
    CPPUNIT_ASSERT(waitFor([] { return clients() == 0; }, 5s));
  }

  void reconnectsAfterAKill() {
    FakeHost host(redisPlugin(), {{"url", server().url()}});
    assertHealthy(host.run(5s));
    server().command({"CLIENT", "KILL", "TYPE", "normal"});
    assertHealthy(host.run(5s));
    CPPUNIT_ASSERT_EQUAL(2.0, host.total(gets, labels));
  }

  void reconnectsAfterARestart() {
    FakeHost host(redisPlugin(), {{"url", server().url()}});
    assertHealthy(host.run(5s));
    server().stop();
    assertUnhealthy("Redis connection refused at " + at(server()), host.run(5s));
    server().start();
    assertHealthy(host.run(5s));
    server().stop();
    server().start();
    assertHealthy(host.run(5s));
    server().kill();
    assertUnhealthy("Redis connection refused at " + at(server()), host.run(5s));
    server().start();
    assertHealthy(host.run(5s));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisTest);

}  // namespace
}  // namespace pulsewatch::testing
