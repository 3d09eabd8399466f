// A real Prometheus scrapes the host and answers what its users ask: the verdict, a check's status, its 99th percentile, the request rate.
#include "integration/prometheus.h"

#include "integration/daemon.h"
#include "integration/services.h"
#include "support/fault_proxy.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class PrometheusTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PrometheusTest);
  CPPUNIT_TEST(testQueries);
  CPPUNIT_TEST(testScrapesOverOneConnection);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testQueries() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    const Prometheus prometheus(daemon.port());
    const auto is = [](double wanted) { return [wanted](double value) { return value == wanted; }; };
    prometheus.waitFor("up", is(1));
    prometheus.waitFor("pulsewatch_ready", is(1));
    prometheus.waitFor("pulsewatch_health_check_status{check_name=\"database\"}", is(1));
    prometheus.waitFor("pulsewatch_health_check_status{check_name=\"redis\"}", is(1));
    // A run takes something, and less than its time.
    prometheus.waitFor("histogram_quantile(0.99, rate(pulsewatch_health_check_duration_seconds_bucket{check_name=\"database\"}[10s]))",
                       [](double seconds) { return seconds > 0 && seconds <= 1; });
    // The scrapes themselves are requests, one a second.
    prometheus.waitFor("rate(django_http_requests_total_by_method{method=\"GET\"}[10s])",
                       [](double rate) { return rate > 0.2 && rate < 20; });
    prometheus.waitFor("rate(django_http_requests_total_by_view_transport_method{view=\"metrics\",method=\"GET\"}[10s])",
                       [](double rate) { return rate > 0.2 && rate < 3; });
    prometheus.waitFor("rate(django_db_execute_total{vendor=\"mysql\",alias=\"default\"}[10s])", [](double rate) { return rate > 0; });

    mariaDb().stop();
    prometheus.waitFor("pulsewatch_ready", is(0));
    prometheus.waitFor("pulsewatch_health_check_status{check_name=\"database\"}", is(0));
    prometheus.waitFor("pulsewatch_health_check_status{check_name=\"redis\"}", is(1));
    prometheus.waitFor("up", is(1));
    mariaDb().start();
    prometheus.waitFor("pulsewatch_ready", is(1));
    assertScrapedCleanly(prometheus);
    daemon.stop();
  }

  // As every Prometheus it keeps its connection and accepts gzip.
  void testScrapesOverOneConnection() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
    waitForReady(daemon, 200);
    const FaultProxy between(daemon.port());
    const Prometheus prometheus(between.port());
    prometheus.waitFor("count_over_time(up[1m])", [](double scrapes) { return scrapes >= 3; });
    assertScrapedCleanly(prometheus);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, between.accepted());
    CPPUNIT_ASSERT_MESSAGE(between.received(), between.received().find("\r\nAccept-Encoding: gzip\r\n") != std::string::npos);
    daemon.stop();
  }

 private:
  // One target, each of whose samples was taken: none refused, none twice.
  static void assertScrapedCleanly(const Prometheus& prometheus) {
    const Poco::JSON::Array::Ptr targets = prometheus.api("targets")->getArray("activeTargets");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, targets->size());
    CPPUNIT_ASSERT_EQUAL(std::string("up"), textOf(targets->getObject(0), "health"));
    CPPUNIT_ASSERT_EQUAL(std::string(), textOf(targets->getObject(0), "lastError"));
    CPPUNIT_ASSERT(prometheus.query("scrape_samples_scraped").value_or(0) > 100);
    CPPUNIT_ASSERT_EQUAL(0.0, prometheus.query("scrape_samples_scraped - scrape_samples_post_metric_relabeling").value_or(-1));
    CPPUNIT_ASSERT_EQUAL(1.0, prometheus.query("min_over_time(up[1m])").value_or(-1));
    for (const char* complaint : {"level=warn", "level=error"})
      CPPUNIT_ASSERT_MESSAGE(prometheus.log(), prometheus.log().find(complaint) == std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PrometheusTest);

}  // namespace
}  // namespace pulsewatch::testing
