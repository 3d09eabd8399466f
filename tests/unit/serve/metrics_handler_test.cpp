#include "serve/metrics_handler.h"

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "serve/metric_families.h"
#include "serve/process_metrics.h"
#include "unit/serve/collected.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <chrono>
#include <fcntl.h>
#include <string>
#include <vector>

namespace pulsewatch {

namespace {

using testing::Families;
using testing::valueOf;

class FakeSource final : public prometheus::Collectable {
 public:
  [[nodiscard]] Families Collect() const override { return families; }
  Families families;
};

class MetricsHandlerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetricsHandlerTest);
  CPPUNIT_TEST(exactPage);
  CPPUNIT_TEST(nothing);
  CPPUNIT_TEST(process);
  CPPUNIT_TEST_SUITE_END();

 public:
  // From all sources, in order of name; a label's value is quoted.
  void exactPage() {
    FakeSource first;
    FakeSource second;
    addGauge(addFamily(first.families, "zebra", "Stripes.", prometheus::MetricType::Gauge), {}, 0.5);
    addCounter(addFamily(first.families, "apples_total", "Eaten.", prometheus::MetricType::Counter), {{"kind", "a\"b\\c\nd"}}, 3);
    const std::array<double, 2> bounds{0.25, 1};
    Histogram histogram(bounds);
    for (const double value : {0.125, 0.5, 2.0}) histogram.observe(value);
    addFamily(second.families, "mid_seconds", "Middle.", prometheus::MetricType::Histogram).metric.emplace_back().histogram =
        collectedHistogram(histogram);

    const HttpAnswer answer = MetricsHandler({&first, &second}).answer({});
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string("text/plain; version=0.0.4; charset=utf-8"), answer.content_type);
    CPPUNIT_ASSERT_EQUAL(std::string("# HELP apples_total Eaten.\n"
                                     "# TYPE apples_total counter\n"
                                     "apples_total{kind=\"a\\\"b\\\\c\\nd\"} 3\n"
                                     "# HELP mid_seconds Middle.\n"
                                     "# TYPE mid_seconds histogram\n"
                                     "mid_seconds_count 3\n"
                                     "mid_seconds_sum 2.625\n"
                                     "mid_seconds_bucket{le=\"0.25\"} 1\n"
                                     "mid_seconds_bucket{le=\"1\"} 2\n"
                                     "mid_seconds_bucket{le=\"+Inf\"} 3\n"
                                     "# HELP zebra Stripes.\n"
                                     "# TYPE zebra gauge\n"
                                     "zebra 0.5\n"),
                         *answer.body);
  }

  void nothing() {
    const FakeSource source;
    const HttpAnswer answer = MetricsHandler({&source}).answer({});
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), *answer.body);
  }

  void process() {
    const ProcessMetrics metrics;
    const Families before = metrics.Collect();
    const double descriptors = valueOf(before, "process_open_fds");
    std::vector<FileDescriptor> more;
    for (int i = 0; i < 5; ++i) more.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CPPUNIT_ASSERT_EQUAL(descriptors + 5, valueOf(metrics.Collect(), "process_open_fds"));
    CPPUNIT_ASSERT(descriptors >= 3 && descriptors <= valueOf(before, "process_max_fds"));
    CPPUNIT_ASSERT(valueOf(before, "process_threads") >= 1);
    const double resident = valueOf(before, "process_resident_memory_bytes");
    CPPUNIT_ASSERT(resident > 1e6 && resident < valueOf(before, "process_virtual_memory_bytes"));
    const double running = unixSeconds(SystemClock().wall()) - valueOf(before, "process_start_time_seconds");
    CPPUNIT_ASSERT_MESSAGE(std::to_string(running), running > -2 && running < 3600);
    const double used = valueOf(before, "process_cpu_seconds_total");
    CPPUNIT_ASSERT(used >= 0 && used < 3600);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (valueOf(metrics.Collect(), "process_cpu_seconds_total") <= used) CPPUNIT_ASSERT(std::chrono::steady_clock::now() < until);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MetricsHandlerTest);

}  // namespace

}  // namespace pulsewatch
