#include "serve/http_metrics.h"

#include "unit/serve/collected.h"

#include <cppunit/extensions/HelperMacros.h>

#include <limits>
#include <string>
#include <vector>

namespace pulsewatch {

namespace {

using testing::Families;
using testing::histogramOf;
using testing::valueOf;

class HttpMetricsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpMetricsTest);
  CPPUNIT_TEST(seriesFromTheStart);
  CPPUNIT_TEST(buckets);
  CPPUNIT_TEST_SUITE_END();

 public:
  void seriesFromTheStart() {
    prometheus::Registry registry;
    const HttpMetrics metrics(registry, {"ready", "unknown"});
    const Families families = registry.Collect();
    for (const char* method : {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "other"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 0.0, valueOf(families, "django_http_requests_total_by_method", {{"method", method}}));
    for (const char* view : {"ready", "unknown"}) {
      for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
        const testing::MetricLabelMap labels{{"method", method}, {"view", view}};
        CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "django_http_requests_total_by_view_transport_method", labels));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, histogramOf(families, "django_http_request_duration_seconds", labels).sample_count);
      }
    }
    for (const char* status : {"200", "301", "400", "404", "405", "500", "503", "505"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, 0.0, valueOf(families, "django_http_responses_total_by_status", {{"status", status}}));
  }

  // django-prometheus' own: dashboards made for it ask for them.
  void buckets() {
    prometheus::Registry registry;
    HttpMetrics metrics(registry, {"ready"});
    metrics.answered("ready", "GET", 200, std::chrono::milliseconds(10));
    metrics.answered("ready", "GET", 200, std::chrono::milliseconds(11));
    metrics.answered("ready", "GET", 200, std::chrono::seconds(100));
    const Families families = registry.Collect();
    const auto& histogram = histogramOf(families, "django_http_request_duration_seconds", {{"method", "GET"}, {"view", "ready"}});
    const std::vector<double> bounds{
        0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75, std::numeric_limits<double>::infinity()};
    CPPUNIT_ASSERT_EQUAL(bounds.size(), histogram.bucket.size());
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      CPPUNIT_ASSERT_EQUAL(bounds[i], histogram.bucket[i].upper_bound);
      const std::uint64_t count = i == 0 ? 1 : i + 1 < bounds.size() ? 2 : 3;
      CPPUNIT_ASSERT_EQUAL(count, histogram.bucket[i].cumulative_count);
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, histogram.sample_count);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(100.021, histogram.sample_sum, 1e-9);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpMetricsTest);

}  // namespace

}  // namespace pulsewatch
