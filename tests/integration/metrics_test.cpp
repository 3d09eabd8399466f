// The page of metrics with both real servers up: every family of the specification and of pulsewatch's own, with its type, its labels and
// values that follow what really happened, and Prometheus' own linter's opinion of it.
#include "integration/daemon.h"
#include "integration/services.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>
#include <sstream>

namespace pulsewatch::testing {
namespace {

struct Family {
  std::string name;
  std::string type;
  std::vector<std::string> labels;  // sorted
};

const std::vector<Family> families{
    {"django_http_requests_total_by_method", "counter", {"method"}},
    {"django_http_requests_total_by_view_transport_method", "counter", {"method", "view"}},
    {"django_http_responses_total_by_status", "counter", {"status"}},
    {"django_http_request_duration_seconds", "histogram", {"method", "view"}},
    {"django_db_query_duration_seconds", "histogram", {"alias", "vendor"}},
    {"django_db_execute_total", "counter", {"alias", "vendor"}},
    {"django_cache_get_total", "counter", {"backend"}},
    {"django_cache_hit_total", "counter", {"backend"}},
    {"pulsewatch_app_info", "gauge", {"version"}},
    {"pulsewatch_app_start_time_seconds", "gauge", {}},
    {"pulsewatch_health_check_duration_seconds", "histogram", {"check_name"}},
    {"pulsewatch_health_check_status", "gauge", {"check_name"}},
    {"pulsewatch_ready", "gauge", {}},
    {"pulsewatch_health_check_runs_total", "counter", {"check_name", "outcome"}},
    {"pulsewatch_health_check_transitions_total", "counter", {"check_name", "to"}},
    {"pulsewatch_health_check_muted", "gauge", {"check_name"}},
    {"pulsewatch_health_check_last_success_timestamp_seconds", "gauge", {"check_name"}},
    {"pulsewatch_plugin_info", "gauge", {"plugin", "state", "version"}},
    {"pulsewatch_worker_restarts_total", "counter", {"plugin", "reason"}},
    {"pulsewatch_stuck_runs", "gauge", {"check_name"}},
    {"pulsewatch_schedule_lateness_seconds", "histogram", {}},
    {"pulsewatch_log_dropped_total", "counter", {}},
    {"pulsewatch_http_connections", "gauge", {}},
    {"pulsewatch_http_connections_accepted_total", "counter", {}},
    {"pulsewatch_http_connections_closed_total", "counter", {"reason"}},
    {"pulsewatch_http_connections_refused_total", "counter", {}},
    {"pulsewatch_config_last_reload_successful", "gauge", {}},
    {"process_cpu_seconds_total", "counter", {}},
    {"process_open_fds", "gauge", {}},
    {"process_max_fds", "gauge", {}},
    {"process_resident_memory_bytes", "gauge", {}},
    {"process_virtual_memory_bytes", "gauge", {}},
    {"process_start_time_seconds", "gauge", {}},
};

// The upper bounds of one histogram, rising.
std::vector<double> boundsOf(const MetricsText& metrics, const std::string& histogram) {
  std::set<double> bounds;
  for (const std::string& le : metrics.labelValues(histogram + "_bucket", "le")) bounds.insert(std::stod(le));
  return {bounds.begin(), bounds.end()};
}

class MetricsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetricsTest);
  CPPUNIT_TEST(testFamilies);
  CPPUNIT_TEST(testBuckets);
  CPPUNIT_TEST(testHttpRequests);
  CPPUNIT_TEST(testLabelsAreBounded);
  CPPUNIT_TEST(testQueries);
  CPPUNIT_TEST(testCache);
  CPPUNIT_TEST(testChecks);
  CPPUNIT_TEST(testApplication);
  CPPUNIT_TEST(testPromtool);
  CPPUNIT_TEST(testAnswer);
  CPPUNIT_TEST(testCompressed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testFamilies() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    const MetricsText metrics = daemon.metrics();
    std::ostringstream wrong;
    for (const Family& family : families) {
      if (metrics.type(family.name) != family.type) {
        wrong << family.name << " is no " << family.type << " but \"" << metrics.type(family.name) << "\"\n";
      } else if (metrics.labelNames(family.name) != family.labels) {
        wrong << family.name << " has other labels:";
        for (const std::string& label : metrics.labelNames(family.name)) wrong << ' ' << label;
        wrong << '\n';
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong.str());
    daemon.stop();
  }

  void testBuckets() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    const MetricsText metrics = daemon.metrics();
    const double infinity = std::numeric_limits<double>::infinity();
    const std::vector<double> django{0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75, infinity};
    CPPUNIT_ASSERT(boundsOf(metrics, "django_http_request_duration_seconds") == django);
    CPPUNIT_ASSERT(boundsOf(metrics, "django_db_query_duration_seconds") == django);
    const std::vector<double> checks = boundsOf(metrics, "pulsewatch_health_check_duration_seconds");
    CPPUNIT_ASSERT(checks.size() > 10);
    CPPUNIT_ASSERT_EQUAL(0.0005, checks.front());
    CPPUNIT_ASSERT_EQUAL(30.0, checks[checks.size() - 2]);
    daemon.stop();
  }

  void testHttpRequests() {
    PulsewatchProcess daemon(serviceOptions());
    // Every route's series is there before its first request.
    const MetricsText before = daemon.metrics();
    const Labels ready_get{{"method", "GET"}, {"view", "ready"}};
    CPPUNIT_ASSERT_EQUAL(0.0, before.value("django_http_requests_total_by_view_transport_method", ready_get));
    CPPUNIT_ASSERT_EQUAL(0.0, before.value("django_http_request_duration_seconds_count", ready_get));
    for (int i = 0; i < 3; ++i) daemon.get("/ready");
    for (int i = 0; i < 2; ++i) daemon.get("/healthz");
    daemon.get("/nowhere");
    daemon.send({.target = "/ready", .method = "HEAD"});
    daemon.send({.target = "/ready", .method = "POST"});
    // A request counts when its answer is on its way, which the client may see first.
    CPPUNIT_ASSERT(daemon.waitForMetric("django_http_requests_total_by_method", {{"method", "POST"}}, [](double n) { return n == 1; }));
    const MetricsText after = daemon.metrics();
    CPPUNIT_ASSERT_EQUAL(3.0, after.value("django_http_requests_total_by_view_transport_method", ready_get));
    CPPUNIT_ASSERT_EQUAL(3.0, after.value("django_http_request_duration_seconds_count", ready_get));
    CPPUNIT_ASSERT(after.value("django_http_request_duration_seconds_sum", ready_get) > 0);
    CPPUNIT_ASSERT_EQUAL(2.0, after.value("django_http_requests_total_by_view_transport_method", {{"method", "GET"}, {"view", "health"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, after.sum("django_http_requests_total_by_view_transport_method", {{"view", "unknown"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, after.value("django_http_requests_total_by_method", {{"method", "HEAD"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, after.value("django_http_responses_total_by_status", {{"status", "404"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, after.value("django_http_responses_total_by_status", {{"status", "405"}}));
    CPPUNIT_ASSERT(after.value("django_http_requests_total_by_view_transport_method", {{"method", "GET"}, {"view", "metrics"}}) >= 2);
    daemon.stop();
  }

  void testLabelsAreBounded() {
    PulsewatchProcess daemon(serviceOptions());
    daemon.send({.target = "/ready", .method = "BREW"});
    daemon.send({.target = "/ready", .method = "XYZZY"});
    daemon.get("/surprise-1");
    daemon.get("/ready/surprise-2");
    CPPUNIT_ASSERT(daemon.waitForMetric("django_http_requests_total_by_method", {{"method", "other"}}, [](double n) { return n == 2; }));
    const MetricsText metrics = daemon.metrics();
    for (const MetricsText::Sample& sample : metrics.samples()) {
      for (const auto& [label, value] : sample.labels) {
        CPPUNIT_ASSERT_MESSAGE(sample.name, value.find("surprise") == std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(sample.name, value != "BREW" && value != "XYZZY");
      }
    }
    daemon.stop();
  }

  void testQueries() {
    PulsewatchProcess daemon(serviceOptions(checkConfig("replica", "mysql", {"interval = 250ms", "alias = second"})));
    waitForReady(daemon, 200);
    for (const char* check : {"database", "replica"}) {
      const Labels runs{{"check_name", check}, {"outcome", "healthy"}};
      CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", runs, [](double n) { return n >= 3; }));
    }
    const MetricsText metrics = daemon.metrics();
    for (const char* alias : {"default", "second"}) {
      const Labels labels{{"vendor", "mysql"}, {"alias", alias}};
      const double queries = metrics.value("django_db_execute_total", labels);
      CPPUNIT_ASSERT_MESSAGE(alias, queries >= 3);
      CPPUNIT_ASSERT_EQUAL(queries, metrics.value("django_db_query_duration_seconds_count", labels));
      CPPUNIT_ASSERT(metrics.value("django_db_query_duration_seconds_sum", labels) > 0);
    }
    daemon.stop();
  }

  void testCache() {
    const Labels backend{{"backend", "redis"}};
    redis().command({"DEL", "integration:cache"});
    PulsewatchProcess daemon(serviceOptions("check.redis.key = integration:cache\n"));
    CPPUNIT_ASSERT(daemon.waitForMetric("django_cache_get_total", backend, [](double gets) { return gets >= 2; }));
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("django_cache_hit_total", backend));
    redis().command({"SET", "integration:cache", "there"});
    CPPUNIT_ASSERT(daemon.waitForMetric("django_cache_hit_total", backend, [](double hits) { return hits >= 2; }));
    const MetricsText metrics = daemon.metrics();
    CPPUNIT_ASSERT(metrics.value("django_cache_get_total", backend) >= metrics.value("django_cache_hit_total", backend) + 2);
    daemon.stop();
  }

  void testChecks() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    for (const char* check : {"database", "redis"}) {
      const Labels name{{"check_name", check}};
      CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_status", name, [](double status) { return status == 1; }));
      const MetricsText metrics = daemon.metrics();
      for (const char* outcome : {"degraded", "unhealthy", "timeout", "crash"})
        CPPUNIT_ASSERT_EQUAL(0.0, metrics.value("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", outcome}}));
      const double runs = metrics.value("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", "healthy"}});
      CPPUNIT_ASSERT(runs >= 1);
      CPPUNIT_ASSERT_EQUAL(runs, metrics.value("pulsewatch_health_check_duration_seconds_count", name));
      CPPUNIT_ASSERT_EQUAL(1.0, metrics.value("pulsewatch_health_check_transitions_total", {{"check_name", check}, {"to", "healthy"}}));
      CPPUNIT_ASSERT_EQUAL(0.0, metrics.value("pulsewatch_health_check_transitions_total", {{"check_name", check}, {"to", "unhealthy"}}));
      CPPUNIT_ASSERT_EQUAL(0.0, metrics.value("pulsewatch_stuck_runs", name));
      expectRecent(metrics.value("pulsewatch_health_check_last_success_timestamp_seconds", name));
    }
    CPPUNIT_ASSERT_EQUAL(1.0, daemon.metrics().value("pulsewatch_ready"));
    daemon.stop();
  }

  void testApplication() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    const MetricsText metrics = daemon.metrics();
    CPPUNIT_ASSERT_EQUAL(1.0, metrics.value("pulsewatch_app_info", {{"version", PULSEWATCH_VERSION}}));
    expectRecent(metrics.value("pulsewatch_app_start_time_seconds"));
    expectRecent(metrics.value("process_start_time_seconds"));
    CPPUNIT_ASSERT((metrics.labelValues("pulsewatch_plugin_info", "plugin") == std::vector<std::string>{"migrations", "mysql", "redis"}));
    CPPUNIT_ASSERT_EQUAL(3.0, metrics.sum("pulsewatch_plugin_info"));
    CPPUNIT_ASSERT(metrics.value("pulsewatch_schedule_lateness_seconds_count") >= 2);
    CPPUNIT_ASSERT_EQUAL(0.0, metrics.value("pulsewatch_log_dropped_total"));
    CPPUNIT_ASSERT_EQUAL(0.0, metrics.value("pulsewatch_http_connections_refused_total"));
    CPPUNIT_ASSERT_EQUAL(1.0, metrics.value("pulsewatch_config_last_reload_successful"));
    CPPUNIT_ASSERT(metrics.value("process_resident_memory_bytes") > 1e6);
    CPPUNIT_ASSERT(metrics.value("process_virtual_memory_bytes") >= metrics.value("process_resident_memory_bytes"));
    CPPUNIT_ASSERT(metrics.value("process_open_fds") >= 5);
    CPPUNIT_ASSERT(metrics.value("process_max_fds") >= metrics.value("process_open_fds"));
    // The kernel counts in hundredths of a second.
    CPPUNIT_ASSERT(daemon.waitForMetric("process_cpu_seconds_total", {}, [](double seconds) { return seconds > 0; }));
    daemon.stop();
  }

  void testPromtool() {
    // django-prometheus has these three names, and the specification prescribes them.
    const std::set<std::string> prescribed{
        R"(django_http_requests_total_by_method counter metrics should have "_total" suffix)",
        R"(django_http_requests_total_by_view_transport_method counter metrics should have "_total" suffix)",
        R"(django_http_responses_total_by_status counter metrics should have "_total" suffix)",
    };
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    daemon.get("/nowhere");
    const TemporaryDirectory directory;
    ChildOptions options;
    options.input_file = directory.write("metrics.txt", daemon.get("/metrics").body);
    ChildProcess promtool({"promtool", "check", "metrics"}, plainEnvironment(), options);
    const std::optional<int> code = promtool.waitForExit(PulsewatchProcess::patience);
    CPPUNIT_ASSERT_MESSAGE("promtool does not end", code);
    CPPUNIT_ASSERT_MESSAGE("promtool cannot read the page: " + promtool.errors(), *code == 0 || *code == 3);
    std::istringstream lines(promtool.errors() + promtool.output());
    for (std::string line; std::getline(lines, line);) CPPUNIT_ASSERT_MESSAGE("promtool says: " + line, prescribed.count(line) != 0);
    daemon.stop();
  }

  void testAnswer() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);  // a plugin's families come with its check, which is made at its first run
    const HttpResponse response = daemon.get("/metrics");
    CPPUNIT_ASSERT_EQUAL(std::string("text/plain; version=0.0.4; charset=utf-8"), response.header("Content-Type").value_or(""));
    for (const Family& family : families)
      CPPUNIT_ASSERT_MESSAGE(family.name, response.body.find("# HELP " + family.name + " ") != std::string::npos);
    daemon.stop();
  }

  // As curl takes it, which knows of compression by itself.
  void testCompressed() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    const TemporaryDirectory directory;
    const std::string url = "http://127.0.0.1:" + std::to_string(daemon.port()) + "/metrics";
    const auto curl = [&](const std::vector<std::string>& more) {
      std::vector<std::string> argv{"curl", "-sS", "-D", (directory / "head").string(), "-o", (directory / "body").string(), url};
      argv.insert(argv.end(), more.begin(), more.end());
      ChildProcess process(argv, plainEnvironment());
      const std::optional<int> code = process.waitForExit(PulsewatchProcess::patience);
      CPPUNIT_ASSERT_MESSAGE(process.errors(), code == 0);
      return MetricsText(readFile(directory / "body"));
    };
    const MetricsText plain = curl({});
    const std::string plain_head = readFile(directory / "head");
    CPPUNIT_ASSERT(plain_head.find("Content-Encoding") == std::string::npos);
    const MetricsText compressed = curl({"--compressed"});
    const std::string head = readFile(directory / "head");
    CPPUNIT_ASSERT_MESSAGE(head, head.find("Content-Encoding: gzip\r\n") != std::string::npos);
    for (const std::string& either : {plain_head, head})
      CPPUNIT_ASSERT_MESSAGE(either, either.find("Vary: Accept-Encoding\r\n") != std::string::npos);
    CPPUNIT_ASSERT(plain.types() == compressed.types());
    CPPUNIT_ASSERT_EQUAL(plain.samples().size(), compressed.samples().size());
    curl({"-H", "Accept-Encoding: gzip;q=0, identity"});
    CPPUNIT_ASSERT(readFile(directory / "head").find("Content-Encoding") == std::string::npos);
    daemon.stop();
  }

 private:
  static void expectRecent(double unix_seconds) {
    const auto now = static_cast<double>(std::time(nullptr));
    CPPUNIT_ASSERT(unix_seconds > now - 120 && unix_seconds <= now + 2);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MetricsTest);

}  // namespace
}  // namespace pulsewatch::testing
