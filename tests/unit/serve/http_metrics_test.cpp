#include "serve/http_metrics.h"

#include "unit/serve/page_families.h"

#include <cppunit/extensions/HelperMacros.h>

#include <limits>
#include <string>
#include <thread>
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
  CPPUNIT_TEST(everyLabel);
  CPPUNIT_TEST(connections);
  CPPUNIT_TEST(manyThreads);
  CPPUNIT_TEST_SUITE_END();

 public:
  void seriesFromTheStart() {
    const HttpMetrics metrics({"ready", "unknown"});
    const Families families = testing::familiesOf({&metrics});
    for (const char* method : {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "other"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 0.0, valueOf(families, "django_http_requests_total_by_method", {{"method", method}}));
    for (const char* view : {"ready", "unknown"}) {
      for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
        const testing::MetricLabelMap labels{{"method", method}, {"view", view}};
        CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "django_http_requests_total_by_view_transport_method", labels));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, histogramOf(families, "django_http_request_duration_seconds", labels).sample_count);
      }
    }
    for (const char* status :
         {"200", "301", "400", "401", "404", "405", "408", "411", "413", "414", "417", "429", "431", "500", "501", "503", "505"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, 0.0, valueOf(families, "django_http_responses_total_by_status", {{"status", status}}));
    for (const char* reason : {"client", "answered", "idle_timeout", "header_timeout", "body_timeout", "send_timeout", "handshake_failed",
                               "malformed", "idle_evicted", "max_connections", "per_address", "stopping", "error"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(reason, 0.0, valueOf(families, "pulsewatch_http_connections_closed_total", {{"reason", reason}}));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_http_connections"));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_http_connections_accepted_total"));
  }

  // django-prometheus' own: dashboards made for it ask for them.
  void buckets() {
    HttpMetrics metrics({"ready"});
    metrics.answered("ready", "GET", 200, std::chrono::milliseconds(10));
    metrics.answered("ready", "GET", 200, std::chrono::milliseconds(11));
    metrics.answered("ready", "GET", 200, std::chrono::seconds(100));
    const Families families = testing::familiesOf({&metrics});
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

  // What no route answers is counted under what it was, and nothing that a client says makes a series.
  void everyLabel() {
    HttpMetrics metrics({"ready", "unknown"});
    metrics.answered("ready", "POST", 405, std::chrono::milliseconds(1));
    metrics.answered("ready", "BREW", 418, std::chrono::milliseconds(1));
    metrics.answered("ready", "get", 599, std::chrono::milliseconds(1));
    metrics.answered("no such view", "GET", 600, std::chrono::milliseconds(1));
    metrics.answered("unknown", "GET", -1, std::chrono::milliseconds(-1));
    const Families families = testing::familiesOf({&metrics});
    const std::string by_view = "django_http_requests_total_by_view_transport_method";
    CPPUNIT_ASSERT_EQUAL(2.0, valueOf(families, "django_http_requests_total_by_method", {{"method", "other"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, by_view, {{"method", "POST"}, {"view", "ready"}}));
    CPPUNIT_ASSERT_EQUAL(2.0, valueOf(families, by_view, {{"method", "other"}, {"view", "ready"}}));
    CPPUNIT_ASSERT_EQUAL(2.0, valueOf(families, by_view, {{"method", "GET"}, {"view", "unknown"}}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{8}, testing::familyOf(families, by_view).metric.size());
    const std::string by_status = "django_http_responses_total_by_status";
    for (const char* status : {"405", "418", "599"}) CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, by_status, {{"status", status}}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{19}, testing::familyOf(families, by_status).metric.size());
    const testing::MetricLabelMap unknown{{"method", "GET"}, {"view", "unknown"}};
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.001, histogramOf(families, "django_http_request_duration_seconds", unknown).sample_sum, 1e-12);
  }

  // One may be accepted by one loop and end at another.
  void connections() {
    HttpMetrics metrics({"ready"});
    for (int i = 0; i < 5; ++i) metrics.ofLoop(0).accepted();
    metrics.ofLoop(1).closed(ConnectionEnd::header_timeout);
    metrics.ofLoop(1).closed(ConnectionEnd::client);
    metrics.ofOthers().closed(ConnectionEnd::client);
    const Families families = testing::familiesOf({&metrics});
    const auto closed = [&families](const char* reason) {
      return valueOf(families, "pulsewatch_http_connections_closed_total", {{"reason", reason}});
    };
    CPPUNIT_ASSERT_EQUAL(2.0, valueOf(families, "pulsewatch_http_connections"));
    CPPUNIT_ASSERT_EQUAL(5.0, valueOf(families, "pulsewatch_http_connections_accepted_total"));
    CPPUNIT_ASSERT_EQUAL(2.0, closed("client"));
    CPPUNIT_ASSERT_EQUAL(1.0, closed("header_timeout"));
    CPPUNIT_ASSERT_EQUAL(0.0, closed("error"));
  }

  // Nothing is lost, whoever counts where, and nothing falls while it is read.
  void manyThreads() {
    constexpr int kThreads = 8;
    constexpr int kRequests = 20'000;
    HttpMetrics metrics({"ready", "unknown"});
    const std::size_t ready = metrics.viewIndex("ready");
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&metrics, ready, i] {
        HttpMetrics::Shard& shard = i < 6 ? metrics.ofLoop(static_cast<std::size_t>(i)) : metrics.ofOthers();
        for (int j = 0; j < kRequests; ++j) {
          shard.accepted();
          shard.answered(ready, "GET", j % 2 == 0 ? 200 : 503, std::chrono::milliseconds(j % 2 == 0 ? 1 : 20));
          shard.closed(ConnectionEnd::answered);
        }
      });
    }
    const testing::MetricLabelMap get{{"method", "GET"}, {"view", "ready"}};
    std::uint64_t last = 0;
    while (last < kThreads * kRequests) {
      const Families families = testing::familiesOf({&metrics});
      const std::uint64_t count = histogramOf(families, "django_http_request_duration_seconds", get).sample_count;
      CPPUNIT_ASSERT(count >= last);
      last = count;
      const double open = valueOf(families, "pulsewatch_http_connections");
      CPPUNIT_ASSERT_MESSAGE(std::to_string(open), open >= 0);
    }
    for (std::thread& thread : threads) thread.join();
    const Families families = testing::familiesOf({&metrics});
    const auto& histogram = histogramOf(families, "django_http_request_duration_seconds", get);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{kThreads * kRequests}, histogram.sample_count);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{kThreads * kRequests / 2}, histogram.bucket.front().cumulative_count);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(kThreads * kRequests / 2 * 0.021, histogram.sample_sum, 1e-6);
    for (const char* status : {"200", "503"})
      CPPUNIT_ASSERT_EQUAL(kThreads * kRequests / 2.0, valueOf(families, "django_http_responses_total_by_status", {{"status", status}}));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_http_connections"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpMetricsTest);

}  // namespace

}  // namespace pulsewatch
