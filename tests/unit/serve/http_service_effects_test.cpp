#include "unit/serve/service_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using testing::fieldOf;
using testing::header;
using testing::histogramOf;
using testing::labelValues;
using testing::request;
using testing::ServiceBench;
using testing::serviceConfig;
using testing::valueOf;

HostConfig redirecting() {
  HostConfig config = serviceConfig();
  config.ssl_redirect = true;
  config.trusted_proxies = {"10.0.0.0/8"};
  return config;
}

struct RedirectRow {
  std::string name;
  std::string target;
  std::string location;  // empty: not redirected
  std::string method = "GET";
};

struct ProxyRow {
  std::string name;
  std::string peer;
  std::string proto;
  int status;
};

// What HttpService does besides answering: the redirect to https, the access log and the counters.
class HttpServiceEffectsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServiceEffectsTest);
  CPPUNIT_TEST(redirects);
  CPPUNIT_TEST(redirectHosts);
  CPPUNIT_TEST(redirectsBehindProxies);
  CPPUNIT_TEST(noRedirectUnlessAskedFor);
  CPPUNIT_TEST(accessLog);
  CPPUNIT_TEST(accessLogLevels);
  CPPUNIT_TEST(accessLogFields);
  CPPUNIT_TEST(accessLogOfStrangeRequests);
  CPPUNIT_TEST(counted);
  CPPUNIT_TEST(clientsMakeNoLabels);
  CPPUNIT_TEST_SUITE_END();

 public:
  void redirects() {
    ServiceBench bench(redirecting());
    const RedirectRow rows[] = {{"the index", "/", "https://example.com/"},
                                {"a query", "/?a=b&c=%20", "https://example.com/?a=b&c=%20"},
                                {"a path that is none", "/login?next=/x", "https://example.com/login?next=/x"},
                                {"as it was sent", "/%61%2F", "https://example.com/%61%2F"},
                                {"not another host's", "//evil.example/x", "https://example.com//evil.example/x"},
                                {"the absolute form", "http://evil.example/x?y", "https://example.com/x?y"},
                                {"POST too", "/", "https://example.com/", "POST"},
                                {"OPTIONS *", "*", "https://example.com/", "OPTIONS"},
                                {"exempt", "/healthz", ""},
                                {"exempt", "/ready", ""},
                                {"exempt with a query", "/ready?verbose", ""},
                                {"below an exempt one", "/ready/database", ""},
                                {"exempt though it is none", "/metrics/x", ""},
                                {"it begins like an exempt one", "/readyz", "https://example.com/readyz"},
                                {"an exempt one is in it", "/x/ready", "https://example.com/x/ready"},
                                {"decoded", "/re%61dy", ""}};
    for (const RedirectRow& row : rows) {
      const HttpAnswer answer = bench.service.serve(request(row.target, row.method));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.location, header(answer, "Location"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.location.empty(), answer.status != 301);
    }
    CPPUNIT_ASSERT_MESSAGE("no route was asked for a redirect", bench.index.asked.empty());
  }

  // The port was plain HTTP's; a Host that isn't allowed is sent nowhere.
  void redirectHosts() {
    HostConfig config = redirecting();
    config.allowed_hosts = {".example.com", "[2001:db8::1]"};
    ServiceBench bench(config);
    const std::pair<std::string, std::string> rows[] = {{"WWW.Example.com:8080", "https://www.example.com/"},
                                                        {"example.com.", "https://example.com/"},
                                                        {"[2001:db8::1]:8080", "https://[2001:db8::1]/"},
                                                        {"192.0.2.1:8080", "https://192.0.2.1/"},
                                                        {"evil.example", ""}};
    for (const auto& [host, location] : rows) {
      HttpRequest asked = request("/");
      asked.host = host;
      const HttpAnswer answer = bench.service.serve(asked);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, location, header(answer, "Location"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, location.empty() ? 400 : 301, answer.status);
    }
    HttpRequest old = request("/");
    old.version = "HTTP/1.0";
    old.has_host = false;
    CPPUNIT_ASSERT_EQUAL(std::string("https://192.0.2.1/"), header(bench.service.serve(old), "Location"));
    old.local_address = "2001:db8::7";
    CPPUNIT_ASSERT_EQUAL(std::string("https://[2001:db8::7]/"), header(bench.service.serve(old), "Location"));
  }

  void redirectsBehindProxies() {
    ServiceBench bench(redirecting());
    const ProxyRow rows[] = {{"a TLS proxy", "10.0.0.1", "https", 200},
                             {"a plain proxy", "10.0.0.1", "http", 301},
                             {"a proxy that doesn't say", "10.0.0.1", "", 301},
                             {"anybody may say so", "203.0.113.9", "https", 301},
                             {"a word that begins so", "10.0.0.1", "httpsx", 301}};
    for (const ProxyRow& row : rows) {
      HttpRequest asked = request("/");
      asked.peer_address = row.peer;
      asked.forwarded_proto = row.proto;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.status, bench.status(asked));
    }
  }

  void noRedirectUnlessAskedFor() {
    ServiceBench bench;
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/").status);
    HostConfig config = redirecting();
    config.ssl_redirect_exempt = {};
    ServiceBench all(config);
    CPPUNIT_ASSERT_EQUAL(301, all.get("/healthz").status);
  }

  void accessLog() {
    struct Row {
      AccessLog access;
      std::size_t lines;
    };
    for (const Row& row : {Row{AccessLog::none, 0}, Row{AccessLog::errors, 4}, Row{AccessLog::all, 6}}) {
      HostConfig config = redirecting();
      config.log_access = row.access;
      ServiceBench bench(config);
      bench.health.setStatus(503);
      bench.metrics.before = [] { throw std::runtime_error("broken"); };
      bench.get("/ready");                             // 200
      bench.get("/");                                  // 301
      bench.get("/ready%");                            // 400
      bench.service.serve(request("/ready", "POST"));  // 405
      bench.get("/metrics");                           // 500
      bench.get("/healthz");                           // 503
      CPPUNIT_ASSERT_EQUAL(row.lines, bench.log.linesOf("api_request").size());
      CPPUNIT_ASSERT_EQUAL_MESSAGE("whatever the access log", std::size_t{1}, bench.log.linesOf("internal_error").size());
    }
  }

  void accessLogLevels() {
    HostConfig config = serviceConfig();
    config.log_access = AccessLog::all;
    ServiceBench warnings(config, LogLevel::warning);
    warnings.get("/ready");
    warnings.get("/nothing");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, warnings.log.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("404"), fieldOf(warnings.log.lines()[0], "status_code"));
    ServiceBench errors(config, LogLevel::error);
    errors.get("/nothing");
    CPPUNIT_ASSERT(errors.log.lines().empty());
  }

  void accessLogFields() {
    HostConfig config = serviceConfig();
    config.log_access = AccessLog::all;
    ServiceBench bench(config);
    bench.ready.before = [&bench] { bench.clock.advance(std::chrono::microseconds(12345)); };
    HttpRequest asked = request("/ready/database?verbose&token=hunter2");
    asked.request_id = "123e4567-e89b-12d3-a456-426614174000";
    asked.peer_address = "10.0.0.1";
    asked.forwarded_for = "198.51.100.7, 203.0.113.9";
    bench.service.serve(asked);
    const auto lines = bench.log.lines();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
    const std::pair<std::string, std::string> rows[] = {{"level", "INFO"},
                                                        {"logger", "pulsewatch.core.http"},
                                                        {"event", "api_request"},
                                                        {"message", "GET ready_check 200"},
                                                        {"request_id", std::string(asked.request_id)},
                                                        {"ip_address", "203.0.113.9"},
                                                        {"method", "GET"},
                                                        {"path", "/ready/database"},
                                                        {"status_code", "200"},
                                                        {"duration_ms", "12.35"}};
    for (const auto& [field, value] : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(field, value, fieldOf(lines[0], field));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("with the timestamp, and nothing else", std::size(rows) + 1, lines[0]->size());
  }

  void accessLogOfStrangeRequests() {
    HostConfig config = serviceConfig();
    config.log_access = AccessLog::errors;
    ServiceBench bench(config);
    HttpRequest asked = request("/\xff\"" + std::string(100000, 'x'), std::string(5000, 'M'));
    asked.peer_address = "10.0.0.1";
    asked.forwarded_for = "\"evil\"\n";
    bench.service.serve(asked);
    const auto lines = bench.log.lines();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("WARNING"), fieldOf(lines[0], "level"));
    CPPUNIT_ASSERT_EQUAL(std::string(32, 'M'), fieldOf(lines[0], "method"));
    CPPUNIT_ASSERT_EQUAL(std::string("/\xEF\xBF\xBD\"xxx"), fieldOf(lines[0], "path").substr(0, 8));
    CPPUNIT_ASSERT(fieldOf(lines[0], "path").size() < 2100);
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"), fieldOf(lines[0], "ip_address"));
  }

  void counted() {
    ServiceBench bench;
    bench.ready.setStatus(503);
    bench.ready.before = [&bench] { bench.clock.advance(std::chrono::milliseconds(60)); };
    bench.get("/ready");
    bench.get("/ready/database");
    bench.get("/nothing");
    bench.service.serve(request("/ready", "POST"));
    bench.health.before = [] { throw std::runtime_error("broken"); };
    bench.service.serve(request("/healthz", "HEAD"));

    const testing::Families families = testing::familiesOf({&bench.http_metrics});
    const auto byView = [&families](const std::string& method, const std::string& view) {
      return valueOf(families, "django_http_requests_total_by_view_transport_method", {{"method", method}, {"view", view}});
    };
    CPPUNIT_ASSERT_EQUAL(3.0, valueOf(families, "django_http_requests_total_by_method", {{"method", "GET"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, "django_http_requests_total_by_method", {{"method", "POST"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, "django_http_requests_total_by_method", {{"method", "HEAD"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, byView("GET", "ready"));
    CPPUNIT_ASSERT_EQUAL(1.0, byView("GET", "ready_check"));
    CPPUNIT_ASSERT_EQUAL(1.0, byView("GET", "unknown"));
    CPPUNIT_ASSERT_EQUAL(1.0, byView("POST", "ready"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a route that throws is counted as its own", 1.0, byView("HEAD", "health"));
    CPPUNIT_ASSERT_EQUAL(0.0, byView("GET", "metrics"));
    CPPUNIT_ASSERT_EQUAL(2.0, valueOf(families, "django_http_responses_total_by_status", {{"status", "503"}}));
    for (const char* status : {"404", "405", "500"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, 1.0, valueOf(families, "django_http_responses_total_by_status", {{"status", status}}));
    const auto& durations = histogramOf(families, "django_http_request_duration_seconds", {{"method", "GET"}, {"view", "ready"}});
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, durations.sample_count);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.06, durations.sample_sum, 1e-9);
  }

  void clientsMakeNoLabels() {
    ServiceBench bench;
    for (const std::string method : {"BREW", "get", "", "G\xff", "PROPFIND", "M-SEARCH"}) bench.service.serve(request("/ready", method));
    for (int i = 0; i < 50; ++i) {
      bench.get("/ready/" + std::to_string(i));
      bench.get("/path" + std::to_string(i));
      HttpRequest asked = request("/ready");
      asked.version = "HTTP/9." + std::to_string(i);
      bench.service.serve(asked);
    }
    const testing::Families families = testing::familiesOf({&bench.http_metrics});
    CPPUNIT_ASSERT_EQUAL(6.0, valueOf(families, "django_http_requests_total_by_method", {{"method", "other"}}));
    CPPUNIT_ASSERT_EQUAL(
        50.0, valueOf(families, "django_http_requests_total_by_view_transport_method", {{"method", "GET"}, {"view", "ready_check"}}));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        "404 and 505", 100.0,
        valueOf(families, "django_http_requests_total_by_view_transport_method", {{"method", "GET"}, {"view", "unknown"}}));
    const std::set<std::string> methods{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "other"};
    const std::vector<std::string> views = HttpService::views();
    CPPUNIT_ASSERT(methods == labelValues(families, "django_http_requests_total_by_method", "method"));
    CPPUNIT_ASSERT(std::set<std::string>(views.begin(), views.end()) ==
                   labelValues(families, "django_http_requests_total_by_view_transport_method", "view"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServiceEffectsTest);

}  // namespace

}  // namespace pulsewatch
