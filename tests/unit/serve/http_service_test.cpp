#include "serve/http_service.h"

#include "base/uuid.h"
#include "unit/serve/service_bench.h"

#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using testing::header;
using testing::request;
using testing::ServiceBench;
using testing::serviceConfig;

struct StatusRow {
  std::string name;
  HttpRequest request;
  int status;
};

HttpRequest with(HttpRequest request, const std::function<void(HttpRequest&)>& change) {
  change(request);
  return request;
}

std::vector<StatusRow> refusedRows() {
  return {
      {"another version", with(request("/ready"), [](HttpRequest& r) { r.version = "HTTP/2.0"; }), 505},
      {"an old version", with(request("/ready"), [](HttpRequest& r) { r.version = "HTTP/0.9"; }), 505},
      {"a version to come", with(request("/ready"), [](HttpRequest& r) { r.version = "HTTP/1.2"; }), 505},
      {"no version", with(request("/ready"), [](HttpRequest& r) { r.version = ""; }), 505},
      {"a version in small letters", with(request("/ready"), [](HttpRequest& r) { r.version = "http/1.1"; }), 505},
      {"no Host", with(request("/ready"), [](HttpRequest& r) { r.has_host = false; }), 400},
      {"an empty Host", with(request("/ready"), [](HttpRequest& r) { r.host = ""; }), 400},
      {"another Host", with(request("/ready"), [](HttpRequest& r) { r.host = "evil.example"; }), 400},
      {"two Hosts", with(request("/ready"), [](HttpRequest& r) { r.host = "example.com,example.com"; }), 400},
      {"another Host in HTTP/1.0",
       with(request("/ready"),
            [](HttpRequest& r) {
              r.version = "HTTP/1.0";
              r.host = "evil.example";
            }),
       400},
      {"another Host on a path that is none", with(request("/nothing"), [](HttpRequest& r) { r.host = "evil.example"; }), 400},
      {"a target that is none", request("ready"), 400},
      {"a target that can't be decoded", request("/ready?exclude=%zz"), 400},
      {"* with another method", request("*"), 400},
      {"the authority form", request("example.com:443", "CONNECT"), 400},
      {"a path that is none", request("/nothing"), 404},
      {"a path that is none, with a method that is none", request("/nothing", "POST"), 404},
      {"a path below one", request("/healthz/x"), 404},
      {"a path with a slash", request("/healthz/"), 404},
      {"a path that begins like one", request("/readyz"), 404},
      {"a path in capitals", request("/READY"), 404},
      {"a doubled slash", request("//ready"), 404},
      {"a path with a zero byte", request("/ready%00"), 404},
      {"POST", request("/ready", "POST"), 405},
      {"PUT", request("/healthz", "PUT"), 405},
      {"DELETE", request("/metrics", "DELETE"), 405},
      {"TRACE", request("/", "TRACE"), 405},
      {"a method in small letters", request("/ready", "get"), 405},
      {"a method of nobody's", request("/ready/database", "BREW"), 405},
      {"no method", request("/ready", ""), 405},
  };
}

class HttpServiceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServiceTest);
  CPPUNIT_TEST(routes);
  CPPUNIT_TEST(withoutMetrics);
  CPPUNIT_TEST(refused);
  CPPUNIT_TEST(hosts);
  CPPUNIT_TEST(debugSaysWhy);
  CPPUNIT_TEST(options);
  CPPUNIT_TEST(compression);
  CPPUNIT_TEST(headIsAnsweredAsGet);
  CPPUNIT_TEST(headersOfEveryAnswer);
  CPPUNIT_TEST(requestIds);
  CPPUNIT_TEST(routeThrows);
  CPPUNIT_TEST(routeThrowsAnything);
  CPPUNIT_TEST(peerOfALink);
  CPPUNIT_TEST_SUITE_END();

 public:
  void routes() {
    const std::pair<std::string, std::string> rows[] = {{"/", "index"},
                                                        {"/?x", "index"},
                                                        {"/healthz", "health"},
                                                        {"/healthz?x=1", "health"},
                                                        {"/ready", "ready"},
                                                        {"/ready?verbose", "ready"},
                                                        {"/ready/database", "ready"},
                                                        {"/ready/", "ready"},
                                                        {"/re%61dy", "ready"},
                                                        {"/metrics", "metrics"},
                                                        {"http://other.example/healthz", "health"}};
    for (const auto& [target, body] : rows) {
      ServiceBench bench;
      const HttpAnswer answer = bench.get(target);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, answer.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, body, *answer.body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, "text/x-" + body, answer.content_type);
    }
    ServiceBench bench;
    bench.get("/ready/a%2Fb?verbose");
    CPPUNIT_ASSERT_EQUAL(std::string("/ready/a/b"), bench.ready.asked.at(0));
  }

  void withoutMetrics() {
    ServiceBench bench(serviceConfig(), LogLevel::debug, false);
    CPPUNIT_ASSERT_EQUAL(404, bench.get("/metrics").status);
    CPPUNIT_ASSERT_EQUAL(404, bench.status(request("/metrics", "POST")));
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/healthz").status);
  }

  void refused() {
    ServiceBench bench;
    for (const StatusRow& row : refusedRows()) {
      const HttpAnswer answer = bench.service.serve(row.request);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.status, answer.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::string(row.status == 405 ? "GET, HEAD, OPTIONS" : ""), header(answer, "Allow"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::string("application/json"), answer.content_type);
      const auto body = testing::parsedObject(*answer.body);
      CPPUNIT_ASSERT_MESSAGE(row.name, !testing::fieldOf(body, "error").empty());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name + ": no detail without debug", std::size_t{1}, body->size());
    }
    for (const testing::FakeRoute* route : {&bench.index, &bench.health, &bench.ready, &bench.metrics})
      CPPUNIT_ASSERT_MESSAGE("no route was asked", route->asked.empty());
  }

  void hosts() {
    ServiceBench bench;
    HttpRequest old = request("/ready");
    old.version = "HTTP/1.0";
    CPPUNIT_ASSERT_EQUAL(200, bench.status(old));
    old.has_host = false;
    CPPUNIT_ASSERT_EQUAL_MESSAGE("HTTP/1.0 needs no Host", 200, bench.status(old));
    HttpRequest probe = request("/ready");
    probe.host = "192.0.2.1:8080";
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the socket's own address", 200, bench.status(probe));
    probe.host = "192.0.2.2:8080";
    CPPUNIT_ASSERT_EQUAL(400, bench.status(probe));
  }

  void debugSaysWhy() {
    HostConfig config = serviceConfig();
    config.debug = true;
    ServiceBench bench(config);
    const auto detail = [&bench](const HttpRequest& asked) {
      return testing::fieldOf(testing::parsedObject(*bench.service.serve(asked).body), "detail");
    };
    HttpRequest other = request("/ready");
    other.host = "evil\xff\"\n.example";
    CPPUNIT_ASSERT_EQUAL(std::string("Host evil\xEF\xBF\xBD\"\n.example is not allowed; add it to ALLOWED_HOSTS (http.allowed_hosts)"),
                         detail(other));
    other.host = std::string(100000, 'x');
    CPPUNIT_ASSERT(detail(other).size() < 500);
    other.has_host = false;
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 needs a Host field"), detail(other));
    CPPUNIT_ASSERT_EQUAL(std::string("the request target cannot be decoded"), detail(request("/%zz")));
    CPPUNIT_ASSERT_EQUAL(std::string("the request target is neither a path nor a URL"), detail(request("ready")));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), detail(request("/nothing")));
  }

  // GET's status, Allow and nothing else.
  // A route hears of it where it has an answer to give.
  void compression() {
    ServiceBench bench;
    for (const bool accepted : {true, false}) {
      for (const std::string method : {"GET", "HEAD", "OPTIONS"}) {
        HttpRequest asked = request("/metrics", method);
        asked.accepts_gzip = accepted;
        CPPUNIT_ASSERT_EQUAL(200, bench.status(asked));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(method, accepted && method != "OPTIONS", bench.metrics.asked_for_gzip);
      }
    }
  }

  void options() {
    ServiceBench bench;
    bench.ready.setStatus(503);
    const std::pair<std::string, int> rows[] = {{"/", 200},        {"/healthz", 200}, {"/ready", 503}, {"/ready/database", 503},
                                                {"/metrics", 200}, {"*", 200}};
    for (const auto& [target, status] : rows) {
      const HttpAnswer answer = bench.service.serve(request(target, "OPTIONS"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, status, answer.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, std::string(), *answer.body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, std::string("GET, HEAD, OPTIONS"), header(answer, "Allow"));
    }
    CPPUNIT_ASSERT_EQUAL(404, bench.status(request("/nothing", "OPTIONS")));
  }

  void headIsAnsweredAsGet() {
    ServiceBench bench;
    bench.ready.setStatus(503);
    const HttpAnswer answer = bench.service.serve(request("/ready", "HEAD"));
    CPPUNIT_ASSERT_EQUAL(503, answer.status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("for its length", std::string("ready"), *answer.body);
    CPPUNIT_ASSERT_EQUAL(std::string(), header(answer, "Allow"));
  }

  void headersOfEveryAnswer() {
    HostConfig config = serviceConfig();
    config.ssl_redirect = true;
    ServiceBench bench(config);
    bench.health.before = [] { throw std::runtime_error("broken"); };
    std::vector<StatusRow> rows = refusedRows();
    std::erase_if(rows, [](const StatusRow& row) { return row.status == 404 || row.request.target == "/"; });  // those are redirected
    rows.push_back({"a redirect", request("/"), 301});
    rows.push_back({"a route", request("/ready"), 200});
    rows.push_back({"HEAD", request("/ready", "HEAD"), 200});
    rows.push_back({"OPTIONS", request("/ready", "OPTIONS"), 200});
    rows.push_back({"a route that throws", request("/healthz"), 500});
    for (const StatusRow& row : rows) {
      const HttpAnswer answer = bench.service.serve(row.request);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.status, answer.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::string("no-store"), header(answer, "Cache-Control"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::string("nosniff"), header(answer, "X-Content-Type-Options"));
      CPPUNIT_ASSERT_MESSAGE(row.name, isUuid(header(answer, "X-Request-ID")));
    }
  }

  void requestIds() {
    ServiceBench bench;
    const auto idFor = [&bench](const std::string& given) {
      HttpRequest asked = request("/ready");
      asked.request_id = given;
      return header(bench.service.serve(asked), "X-Request-ID");
    };
    for (const std::string own :
         {"123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000", "A1B2C3D4-E5F6-4789-ABCD-EF0123456789"})
      CPPUNIT_ASSERT_EQUAL(own, idFor(own));
    std::vector<std::string> made;
    for (const std::string other :
         {"", "1", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g", " 123e4567-e89b-12d3-a456-426614174000",
          "123e4567-e89b-12d3-a456-426614174000\r\nSet-Cookie: x", "{123e4567-e89b-12d3-a456-426614174000}"}) {
      made.push_back(idFor(other));
      CPPUNIT_ASSERT_MESSAGE(other, isUuid(made.back()));
    }
    std::sort(made.begin(), made.end());
    CPPUNIT_ASSERT_MESSAGE("each is new", std::adjacent_find(made.begin(), made.end()) == made.end());
  }

  void routeThrows() {
    for (const bool debug : {false, true}) {
      HostConfig config = serviceConfig();
      config.debug = debug;
      ServiceBench bench(config);
      const std::pair<std::string, std::function<void()>> rows[] = {
          {"it \"broke\"", [] { throw std::runtime_error("it \"broke\""); }},
          {"I/O error: no such thing", [] { throw Poco::IOException("no such thing"); }}};
      for (const auto& [what, thrower] : rows) {
        bench.log.clear();
        bench.ready.before = thrower;
        HttpRequest asked = request("/ready");
        asked.request_id = "123e4567-e89b-12d3-a456-426614174000";
        const HttpAnswer answer = bench.service.serve(asked);
        CPPUNIT_ASSERT_EQUAL(500, answer.status);
        const auto body = testing::parsedObject(*answer.body);
        CPPUNIT_ASSERT_EQUAL(std::string("internal error"), testing::fieldOf(body, "error"));
        CPPUNIT_ASSERT_EQUAL(debug ? what : "(none)", testing::fieldOf(body, "detail"));

        const auto lines = bench.log.lines();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
        CPPUNIT_ASSERT_EQUAL(std::string("internal_error"), testing::fieldOf(lines[0], "event"));
        CPPUNIT_ASSERT_EQUAL(std::string("ERROR"), testing::fieldOf(lines[0], "level"));
        CPPUNIT_ASSERT_EQUAL(what, testing::fieldOf(lines[0], "error"));
        CPPUNIT_ASSERT_EQUAL(std::string(asked.request_id), testing::fieldOf(lines[0], "request_id"));
        CPPUNIT_ASSERT(lines[0]->has("stack_trace"));
      }
      bench.ready.before = nullptr;
      CPPUNIT_ASSERT_EQUAL_MESSAGE("the next is served", 200, bench.get("/ready").status);
    }
  }

  void routeThrowsAnything() {
    ServiceBench bench;
    bench.ready.before = [] { throw 42; };  // NOLINT: on purpose
    const HttpAnswer answer = bench.get("/ready");
    CPPUNIT_ASSERT_EQUAL(500, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), header(answer, "Cache-Control"));
    CPPUNIT_ASSERT(isUuid(header(answer, "X-Request-ID")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.log.linesOf("internal_error").size());
  }

  // A peer on the same link has its interface behind its address.
  void peerOfALink() {
    HostConfig config = serviceConfig();
    config.trusted_proxies = {"10.0.0.0/8", "fd00::/8"};
    ServiceBench bench(config);
    HttpRequest asked = request("/ready");
    asked.peer_address = "fe80::1%lo";
    CPPUNIT_ASSERT_EQUAL(200, bench.status(asked));
    asked.peer_address = "10.0.0.1";
    asked.forwarded_for = "fe80::1%lo";
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a client may claim to be one", 200, bench.status(asked));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServiceTest);

}  // namespace

}  // namespace pulsewatch
