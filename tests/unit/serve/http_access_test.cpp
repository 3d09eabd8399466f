// Who may see what: credentials, neutral messages, the admin door; and which requests a thread may answer that must not be held up.
#include "serve/http_service.h"
#include "unit/serve/auth_bench.h"
#include "unit/serve/service_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

namespace pulsewatch {

namespace {

using testing::authConfig;
using testing::bearer;
using testing::header;
using testing::kept;
using testing::kToken;
using testing::request;
using testing::ServiceBench;
using testing::serviceConfig;

const std::vector<std::string> kProbes{"/healthz", "/healthz?verbose", "/ready",          "/ready?exclude=mail",
                                       "/ready?x", "/ready/database",  "/ready/group/web"};
const std::vector<std::string> kDetails{"/metrics",
                                        "/metrics?x",
                                        "/ready?verbose",
                                        "/ready?explain=1",
                                        "/ready?%76erbose",
                                        "/re%61dy?verbose",
                                        "/ready/database?history",
                                        "/ready/database?explain",
                                        "/%6detrics",
                                        "http://h.example/metrics",
                                        "/ready/group/web?x&verbose"};

HostConfig guarded(bool public_messages = true) {
  HostConfig config = serviceConfig();
  config.auth = authConfig();
  config.public_messages = public_messages;
  return config;
}

HttpRequest showing(const std::string& target, const std::string& authorization, const std::string& method = "GET") {
  HttpRequest asked = request(target, method);
  asked.authorization = kept(authorization);
  return asked;
}

class HttpAccessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpAccessTest);
  CPPUNIT_TEST(openToAll);
  CPPUNIT_TEST(credentialsAreNeeded);
  CPPUNIT_TEST(refusalsComeFirst);
  CPPUNIT_TEST(throttled);
  CPPUNIT_TEST(throttledBehindAProxy);
  CPPUNIT_TEST(messages);
  CPPUNIT_TEST(probesAreNeverRefused);
  CPPUNIT_TEST(adminDoor);
  CPPUNIT_TEST(redirectToOwnPort);
  CPPUNIT_TEST(quick);
  CPPUNIT_TEST(quickWithCredentials);
  CPPUNIT_TEST(quickIsTrue);
  CPPUNIT_TEST(ownCopies);
  CPPUNIT_TEST_SUITE_END();

 public:
  void openToAll() {
    ServiceBench bench;
    for (const auto& targets : {kProbes, kDetails}) {
      for (const std::string& target : targets) CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.get(target).status);
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE("whatever it shows", 200, bench.status(showing("/metrics", bearer("anything"))));
    CPPUNIT_ASSERT(bench.log.linesOf("authentication_failed").empty());
  }

  void credentialsAreNeeded() {
    ServiceBench bench(guarded());
    for (const std::string& target : kProbes) CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.get(target).status);
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/").status);
    for (const std::string& target : kDetails) {
      for (const std::string method : {"GET", "HEAD", "OPTIONS"}) {
        const HttpAnswer answer = bench.service.serve(request(target, method));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 401, answer.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"(Bearer realm="pulsewatch", Basic realm="pulsewatch", charset="UTF-8")"),
                             header(answer, "WWW-Authenticate"));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.status(showing(target, bearer(kToken), method)));
      }
    }
    CPPUNIT_ASSERT_EQUAL(200, bench.status(showing("/metrics", testing::basic("anna:correct horse"))));
    CPPUNIT_ASSERT_EQUAL(401, bench.status(showing("/metrics", testing::basic("anna:wrong"))));
    CPPUNIT_ASSERT_EQUAL(401, bench.status(showing("/metrics", "Digest x")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.log.linesOf("authentication_failed").size());
  }

  // Nothing is said about credentials, nor are they looked at, where a request is refused anyhow.
  void refusalsComeFirst() {
    ServiceBench bench(guarded());
    CPPUNIT_ASSERT_EQUAL(405, bench.status(showing("/metrics", bearer("wrong"), "POST")));
    CPPUNIT_ASSERT_EQUAL(404, bench.status(showing("/nothing", bearer("wrong"))));
    HttpRequest elsewhere = showing("/metrics", bearer("wrong"));
    elsewhere.host = "evil.example";
    CPPUNIT_ASSERT_EQUAL(400, bench.status(elsewhere));
    CPPUNIT_ASSERT(bench.log.linesOf("authentication_failed").empty());
  }

  void throttled() {
    ServiceBench bench(guarded());
    for (unsigned i = 0; i < GuessThrottle::kFree; ++i) CPPUNIT_ASSERT_EQUAL(401, bench.status(showing("/metrics", bearer("wrong"))));
    const HttpAnswer answer = bench.service.serve(showing("/metrics", bearer(kToken)));
    CPPUNIT_ASSERT_EQUAL(429, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), header(answer, "Retry-After"));
    CPPUNIT_ASSERT_EQUAL(std::string(""), header(answer, "WWW-Authenticate"));
    for (const std::string& target : kProbes) CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.status(showing(target, bearer("wrong"))));
    bench.service.configure(guarded());
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a reload forgives nothing", 429, bench.status(showing("/metrics", bearer(kToken))));
    bench.clock.advance(GuessThrottle::kFirstWait);
    CPPUNIT_ASSERT_EQUAL(200, bench.status(showing("/metrics", bearer(kToken))));
  }

  // Each client of a trusted proxy counts for itself; what others write into the field counts for nothing.
  void throttledBehindAProxy() {
    ServiceBench bench(guarded());
    const auto through = [](const std::string& peer, const std::string& client, const std::string& token) {
      HttpRequest asked = showing("/metrics", bearer(token));
      asked.peer_address = kept(peer);
      asked.forwarded_for = kept(client);
      return asked;
    };
    for (unsigned i = 0; i < GuessThrottle::kFree; ++i) bench.service.serve(through("10.0.0.1", "198.51.100.1", "wrong"));
    CPPUNIT_ASSERT_EQUAL(429, bench.status(through("10.0.0.1", "198.51.100.1", kToken)));
    CPPUNIT_ASSERT_EQUAL(200, bench.status(through("10.0.0.1", "198.51.100.2", kToken)));
    for (unsigned i = 0; i < GuessThrottle::kFree; ++i)
      bench.service.serve(through("203.0.113.7", "198.51.100." + std::to_string(50 + i), "wrong"));
    CPPUNIT_ASSERT_EQUAL(429, bench.status(through("203.0.113.7", "198.51.100.99", kToken)));
  }

  void messages() {
    const auto shown = [](ServiceBench& bench, const HttpRequest& asked) {
      CPPUNIT_ASSERT_EQUAL(200, bench.status(asked));
      return bench.ready.messages.back();
    };
    for (const std::string target : {"/ready", "/ready/database", "/ready/group/web", "/ready?exclude=x"}) {
      ServiceBench hidden(guarded(false));
      CPPUNIT_ASSERT_MESSAGE(target, !shown(hidden, request(target)));
      CPPUNIT_ASSERT_MESSAGE(target, shown(hidden, showing(target, bearer(kToken))));
      CPPUNIT_ASSERT_MESSAGE(target, !shown(hidden, showing(target, bearer("wrong"))));
      ServiceBench open(guarded(true));
      CPPUNIT_ASSERT_MESSAGE(target, shown(open, request(target)));
      CPPUNIT_ASSERT_MESSAGE(target, shown(open, showing(target, bearer("wrong"))));
      CPPUNIT_ASSERT_MESSAGE("nor is it looked at", open.log.lines().empty());
    }
    ServiceBench known(guarded(false));
    CPPUNIT_ASSERT(shown(known, showing("/ready?explain", bearer(kToken))));
    HostConfig nobody = serviceConfig();
    nobody.public_messages = false;
    ServiceBench bench(nobody);
    for (const std::string target : {"/ready", "/ready?explain", "/ready/database?history"}) {
      CPPUNIT_ASSERT_MESSAGE(target, !shown(bench, request(target)));
      CPPUNIT_ASSERT_MESSAGE(target, !shown(bench, showing(target, bearer(kToken))));
    }
  }

  // Wrong ones are counted there, too: else who guesses would see by the messages when one is right.
  void probesAreNeverRefused() {
    ServiceBench bench(guarded(false));
    for (unsigned i = 0; i < 2 * GuessThrottle::kFree; ++i) CPPUNIT_ASSERT_EQUAL(200, bench.status(showing("/ready", bearer("wrong"))));
    CPPUNIT_ASSERT_EQUAL(200, bench.status(showing("/ready", bearer(kToken))));
    CPPUNIT_ASSERT_MESSAGE("as to a stranger", !bench.ready.messages.back());
    CPPUNIT_ASSERT_EQUAL(429, bench.status(showing("/metrics", bearer(kToken))));
  }

  void adminDoor() {
    HostConfig config = guarded();
    config.admin = {"127.0.0.1", 9000};
    ServiceBench bench(config);
    const auto at = [](HttpRequest asked, Door door) {
      asked.door = door;
      return asked;
    };
    for (const std::string& target : kProbes) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.status(request(target)));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.status(at(request(target), Door::admin)));
    }
    std::vector<std::string> inside = kDetails;
    inside.emplace_back("/");
    for (const std::string& target : inside) {
      const HttpAnswer answer = bench.service.serve(showing(target, bearer(kToken)));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 404, answer.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":"not found","detail":"this is served at the admin listener"})"), *answer.body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, target == "/" ? 200 : 401, bench.status(at(request(target), Door::admin)));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.status(at(showing(target, bearer(kToken)), Door::admin)));
    }
    HttpRequest elsewhere = at(showing("/metrics", bearer(kToken)), Door::admin);
    elsewhere.host = "evil.example";
    CPPUNIT_ASSERT_EQUAL(400, bench.status(elsewhere));
  }

  void redirectToOwnPort() {
    HostConfig config = serviceConfig();
    config.ssl_redirect = true;
    const auto location = [&](const std::string& target) {
      ServiceBench bench(config);
      return header(bench.get(target), "Location");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("https://example.com/?a=b"), location("/?a=b"));
    config.https.certificate.path = "/etc/cert.pem";
    CPPUNIT_ASSERT_EQUAL(std::string("https://example.com:8443/?a=b"), location("/?a=b"));
    config.https.port = 443;
    CPPUNIT_ASSERT_EQUAL(std::string("https://example.com/?a=b"), location("/?a=b"));
    ServiceBench bench(config);
    HttpRequest secure = request("/");
    secure.secure = true;
    CPPUNIT_ASSERT_EQUAL(200, bench.status(secure));
  }

  void quick() {
    ServiceBench bench;
    for (const std::string target : {"/", "/?x", "/healthz", "/healthz?x", "/ready", "/nothing", "/readyz", "/metrics2"})
      CPPUNIT_ASSERT_MESSAGE(target, bench.service.quick(request(target)));
    for (const std::string target : {"/ready?verbose", "/ready?x", "/ready/database", "/ready/group/web", "/metrics", "/metrics?x",
                                     "/%68ealthz", "http://example.com/healthz"})
      CPPUNIT_ASSERT_MESSAGE(target, !bench.service.quick(request(target)));
    CPPUNIT_ASSERT(bench.service.quick(request("/metrics", "POST")));
    CPPUNIT_ASSERT(bench.service.quick(request("*", "OPTIONS")));
    bench.ready.is_prepared = false;
    CPPUNIT_ASSERT(!bench.service.quick(request("/ready")));
    HostConfig config = serviceConfig();
    config.metrics_enabled = false;
    bench.service.configure(config);
    CPPUNIT_ASSERT(bench.service.quick(request("/metrics")));
  }

  void quickWithCredentials() {
    ServiceBench open(guarded(true));
    CPPUNIT_ASSERT(open.service.quick(request("/metrics")));
    CPPUNIT_ASSERT(!open.service.quick(showing("/metrics", "x")));
    CPPUNIT_ASSERT(open.service.quick(showing("/ready", "x")));
    CPPUNIT_ASSERT(open.service.quick(showing("/healthz", "x")));
    ServiceBench hidden(guarded(false));
    CPPUNIT_ASSERT(hidden.service.quick(request("/ready")));
    CPPUNIT_ASSERT(!hidden.service.quick(showing("/ready", "x")));
    CPPUNIT_ASSERT(hidden.service.quick(showing("/healthz", "x")));
    HostConfig config = serviceConfig();
    config.admin = {"127.0.0.1", 9000};
    ServiceBench doors(config);
    HttpRequest inside = request("/metrics");
    CPPUNIT_ASSERT(doors.service.quick(inside));
    inside.door = Door::admin;
    CPPUNIT_ASSERT(!doors.service.quick(inside));
  }

  // What is quick asks no route but those that have their answer made.
  void quickIsTrue() {
    for (const HostConfig& config : {serviceConfig(), guarded(true), guarded(false)}) {
      ServiceBench bench(config);
      for (const std::string& authorization : {std::string(), bearer(kToken), testing::basic("anna:correct horse")}) {
        for (const std::string target : {"/", "/healthz", "/ready", "/ready?verbose", "/ready/x", "/metrics", "/nothing", "/met%72ics"}) {
          for (const std::string method : {"GET", "HEAD", "OPTIONS", "POST"}) {
            const HttpRequest asked = showing(target, authorization, method);
            if (!bench.service.quick(asked)) continue;
            bench.service.serve(asked);
          }
        }
      }
      CPPUNIT_ASSERT(bench.metrics.asked.empty());
      for (const std::string& path : bench.ready.asked) CPPUNIT_ASSERT_EQUAL(std::string("/ready"), path);
      CPPUNIT_ASSERT(!bench.ready.asked.empty());
    }
  }

  void ownCopies() {
    ServiceBench bench;
    OwnCopies copies;
    CPPUNIT_ASSERT_EQUAL(200, bench.service.serve(request("/metrics"), &copies).status);
    bench.service.configure(guarded());
    CPPUNIT_ASSERT(bench.service.quick(request("/metrics"), &copies));
    CPPUNIT_ASSERT_EQUAL(401, bench.service.serve(request("/metrics"), &copies).status);
    bench.service.configure(serviceConfig());
    CPPUNIT_ASSERT_EQUAL(200, bench.service.serve(request("/metrics"), &copies).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpAccessTest);

}  // namespace

}  // namespace pulsewatch
