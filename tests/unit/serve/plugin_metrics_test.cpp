#include "serve/plugin_metrics.h"

#include "unit/serve/page_families.h"

#include <cppunit/extensions/HelperMacros.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

using testing::Families;
using testing::familyOf;
using testing::histogramOf;
using testing::valueOf;

const MetricDescription kQueries{"queries_total", "Queries sent.", MetricType::counter, {"vendor", "alias"}, {}};
const MetricDescription kFree{"free_bytes", "Bytes that are free.", MetricType::gauge, {}, {}};
const MetricDescription kTime{"query_seconds", "How long.", MetricType::histogram, {"vendor", "alias"}, {0.1, 1, 10}};
const std::vector<MetricDescription> kAll{kQueries, kFree, kTime};

const testing::MetricLabelMap kDefault{{"vendor", "mysql"}, {"alias", "default"}};
const testing::MetricLabelMap kReplica{{"vendor", "mysql"}, {"alias", "replica"}};

class PluginMetricsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginMetricsTest);
  CPPUNIT_TEST(nothingYet);
  CPPUNIT_TEST(seriesBeginAtZero);
  CPPUNIT_TEST(values);
  CPPUNIT_TEST(countersNeverFall);
  CPPUNIT_TEST(histogramBounds);
  CPPUNIT_TEST(sharedSeries);
  CPPUNIT_TEST(ownSeries);
  CPPUNIT_TEST(twoPluginsInOneFamily);
  CPPUNIT_TEST(whatNobodyDeclared);
  CPPUNIT_TEST(goneWithTheLastCheck);
  CPPUNIT_TEST(totalsOutliveAWorker);
  CPPUNIT_TEST(totalsOutliveAReplacement);
  CPPUNIT_TEST(neverMoreThanAHundred);
  CPPUNIT_TEST(replaced);
  CPPUNIT_TEST(replacedTwice);
  CPPUNIT_TEST(manyThreads);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nothingYet() {
    PluginMetrics metrics;
    CPPUNIT_ASSERT(testing::familiesOf({&metrics}).empty());
    metrics.addCheck(1, kAll);
    CPPUNIT_ASSERT_MESSAGE("a family without a series", testing::familiesOf({&metrics}).empty());
  }

  void seriesBeginAtZero() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.addSeries({1, 1, 1, {}});
    metrics.addSeries({1, 2, 2, {"mysql", "default"}});
    const Families families = testing::familiesOf({&metrics});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, families.size());
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "queries_total", kDefault));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "free_bytes"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, histogramOf(families, "query_seconds", kDefault).sample_count);
    CPPUNIT_ASSERT_EQUAL(std::string("Queries sent."), familyOf(families, "queries_total").help);
    CPPUNIT_ASSERT(familyOf(families, "queries_total").type == prometheus::MetricType::Counter);
    CPPUNIT_ASSERT(familyOf(families, "free_bytes").type == prometheus::MetricType::Gauge);
  }

  void goneWithTheLastCheck() {
    PluginMetrics metrics;
    for (const CheckId check : {1U, 2U}) {
      metrics.addCheck(check, kAll);
      metrics.addSeries({check, 0, 0, {"mysql", "default"}});
      metrics.observe(check, {{0, 1}});
    }
    metrics.remove(1);
    CPPUNIT_ASSERT_EQUAL(2.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
    metrics.remove(2);
    CPPUNIT_ASSERT(testing::familiesOf({&metrics}).empty());
    metrics.observe(2, {{0, 1}});
    CPPUNIT_ASSERT(testing::familiesOf({&metrics}).empty());
  }

  // A worker that starts anew may number its series otherwise.
  void totalsOutliveAWorker() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.addSeries({1, 1, 0, {"mysql", "replica"}});
    metrics.observe(1, {{0, 5}, {1, 7}});
    metrics.addSeries({1, 0, 0, {"mysql", "replica"}});
    metrics.addSeries({1, 1, 0, {"mysql", "default"}});
    metrics.observe(1, {{0, 10}, {1, 100}});
    CPPUNIT_ASSERT_EQUAL(105.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
    CPPUNIT_ASSERT_EQUAL(17.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kReplica));
  }

  void totalsOutliveAReplacement() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.addSeries({1, 1, 0, {"mysql", "replica"}});
    metrics.addSeries({1, 2, 1, {}});
    metrics.observe(1, {{0, 5}, {1, 7}, {2, 9}});
    MetricDescription free = kFree;
    free.help = "Said otherwise.";
    metrics.addCheck(1, {free, kQueries});
    metrics.addSeries({1, 0, 1, {"mysql", "default"}});
    metrics.addSeries({1, 1, 0, {}});
    metrics.observe(1, {{0, 1}});
    CPPUNIT_ASSERT_EQUAL(6.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(testing::familiesOf({&metrics}), "free_bytes"));  // another family now
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, familyOf(testing::familiesOf({&metrics}), "queries_total").metric.size());
  }

  void neverMoreThanAHundred() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    for (int i = 0; i < 500; ++i) metrics.addSeries({1, i % 100, 0, {"mysql", std::to_string(i)}});
    metrics.addSeries({1, 2'000'000'000, 0, {"mysql", "far"}});
    metrics.addSeries({1, 0, 0, {"one too few"}});
    CPPUNIT_ASSERT_EQUAL(PluginMetrics::kMostSeries, familyOf(testing::familiesOf({&metrics}), "queries_total").metric.size());
  }

  void values() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.addSeries({1, 1, 1, {}});
    metrics.addSeries({1, 2, 2, {"mysql", "default"}});
    metrics.observe(1, {{0, 1}, {1, 5}, {2, 0.05}, {0, 2.5}, {2, 3}});
    metrics.observe(1, {});
    metrics.observe(1, {{1, -7}, {2, 100}});
    const Families families = testing::familiesOf({&metrics});
    CPPUNIT_ASSERT_EQUAL(3.5, valueOf(families, "queries_total", kDefault));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the last", -7.0, valueOf(families, "free_bytes"));
    const auto& histogram = histogramOf(families, "query_seconds", kDefault);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, histogram.sample_count);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(103.05, histogram.sample_sum, 1e-9);
  }

  void countersNeverFall() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.observe(1, {{0, 3}, {0, -2}, {0, 0}, {0, std::numeric_limits<double>::quiet_NaN()}});
    CPPUNIT_ASSERT_EQUAL(3.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
  }

  void histogramBounds() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addSeries({1, 0, 2, {"mysql", "default"}});
    metrics.observe(1, {{0, 0.1}, {0, 0.10001}, {0, 1}, {0, 10}, {0, 10.1}, {0, -1}});
    metrics.observe(1, {{0, std::numeric_limits<double>::quiet_NaN()}, {0, std::numeric_limits<double>::infinity()}});
    const Families families = testing::familiesOf({&metrics});
    const auto& histogram = histogramOf(families, "query_seconds", kDefault);
    const std::vector<double> bounds{0.1, 1, 10, std::numeric_limits<double>::infinity()};
    const std::vector<std::uint64_t> counts{2, 4, 5, 6};
    CPPUNIT_ASSERT_EQUAL(bounds.size(), histogram.bucket.size());
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      CPPUNIT_ASSERT_EQUAL(bounds[i], histogram.bucket[i].upper_bound);
      CPPUNIT_ASSERT_EQUAL(counts[i], histogram.bucket[i].cumulative_count);
    }
    CPPUNIT_ASSERT_DOUBLES_EQUAL(20.30001, histogram.sample_sum, 1e-9);
  }

  // Two checks with the same alias are one series, under whatever number each has it.
  void sharedSeries() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addCheck(2, kAll);
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.observe(1, {{0, 1}});
    metrics.addSeries({2, 0, 2, {"mysql", "default"}});
    metrics.addSeries({2, 1, 0, {"mysql", "default"}});
    CPPUNIT_ASSERT_EQUAL_MESSAGE("not begun again", 1.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
    metrics.observe(2, {{1, 10}, {0, 0.5}});
    metrics.observe(1, {{0, 100}});
    const Families families = testing::familiesOf({&metrics});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, familyOf(families, "queries_total").metric.size());
    CPPUNIT_ASSERT_EQUAL(111.0, valueOf(families, "queries_total", kDefault));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, histogramOf(families, "query_seconds", kDefault).sample_count);
  }

  void ownSeries() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addCheck(2, kAll);
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.addSeries({2, 0, 0, {"mysql", "replica"}});
    metrics.observe(1, {{0, 1}});
    metrics.observe(2, {{0, 2}});
    metrics.observe(2, {{0, 3}});
    const Families families = testing::familiesOf({&metrics});
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, "queries_total", kDefault));
    CPPUNIT_ASSERT_EQUAL(5.0, valueOf(families, "queries_total", kReplica));
  }

  // The order of a plugin's metrics is its own.
  void twoPluginsInOneFamily() {
    PluginMetrics metrics;
    metrics.addCheck(1, {kQueries, kFree});
    metrics.addCheck(2, {kTime, kQueries});
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.addSeries({2, 0, 1, {"mysql", "replica"}});
    metrics.observe(1, {{0, 1}});
    metrics.observe(2, {{0, 2}});
    const Families families = testing::familiesOf({&metrics});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, families.size());
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, "queries_total", kDefault));
    CPPUNIT_ASSERT_EQUAL(2.0, valueOf(families, "queries_total", kReplica));
  }

  // What isn't known is passed over, and spoils nothing.
  void whatNobodyDeclared() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addSeries({7, 0, 0, {"mysql", "default"}});
    metrics.addSeries({1, 0, 3, {"mysql", "default"}});
    metrics.addSeries({1, -1, 0, {"mysql", "default"}});
    CPPUNIT_ASSERT(testing::familiesOf({&metrics}).empty());
    metrics.addSeries({1, 5, 0, {"mysql", "default"}});
    metrics.observe(7, {{5, 1}});
    metrics.observe(1, {{-1, 1}, {0, 1}, {4, 1}, {6, 1}, {std::numeric_limits<std::int32_t>::max(), 1}, {5, 2}});
    CPPUNIT_ASSERT_EQUAL(2.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
  }

  // What the new version makes again before it observes goes on from its total; what it doesn't make is gone then.
  void replaced() {
    PluginMetrics metrics;
    metrics.addCheck(1, kAll);
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.addSeries({1, 1, 0, {"mysql", "replica"}});
    metrics.observe(1, {{0, 5}, {1, 7}});
    metrics.addCheck(1, kAll);
    CPPUNIT_ASSERT_EQUAL(5.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
    metrics.addSeries({1, 0, 0, {"mysql", "default"}});
    metrics.observe(1, {{0, 1}});
    CPPUNIT_ASSERT_EQUAL(6.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, familyOf(testing::familiesOf({&metrics}), "queries_total").metric.size());
  }

  // The one in between has made its series, or not even these, and observed nothing.
  void replacedTwice() {
    for (const bool makes : {false, true}) {
      PluginMetrics metrics;
      metrics.addCheck(1, kAll);
      metrics.addSeries({1, 0, 0, {"mysql", "default"}});
      metrics.observe(1, {{0, 5}});
      for (int i = 0; i < 3; ++i) {
        metrics.addCheck(1, kAll);
        if (makes) metrics.addSeries({1, 0, 0, {"mysql", "default"}});
      }
      metrics.addSeries({1, 0, 0, {"mysql", "default"}});
      metrics.observe(1, {{0, 1}});
      CPPUNIT_ASSERT_EQUAL(6.0, valueOf(testing::familiesOf({&metrics}), "queries_total", kDefault));
    }
  }

  void manyThreads() {
    constexpr int kThreads = 4;
    constexpr int kEach = 2000;
    PluginMetrics metrics;
    std::vector<std::thread> threads;
    for (CheckId check = 1; check <= kThreads; ++check) {
      threads.emplace_back([&metrics, check] {
        metrics.addCheck(check, kAll);
        metrics.addSeries({check, 0, 0, {"mysql", "default"}});
        metrics.addSeries({check, 1, 2, {"mysql", std::to_string(check)}});
        for (int i = 0; i < kEach; ++i) {
          metrics.observe(check, {{0, 1}, {1, 0.5}});
          if (i % 100 == 0) static_cast<void>(testing::familiesOf({&metrics}));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const Families families = testing::familiesOf({&metrics});
    CPPUNIT_ASSERT_EQUAL(double{kThreads * kEach}, valueOf(families, "queries_total", kDefault));
    for (CheckId check = 1; check <= kThreads; ++check)
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{kEach},
                           histogramOf(families, "query_seconds", {{"vendor", "mysql"}, {"alias", std::to_string(check)}}).sample_count);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginMetricsTest);

}  // namespace

}  // namespace pulsewatch
