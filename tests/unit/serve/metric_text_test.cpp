#include "serve/metric_text.h"

#include "serve/collected_metrics.h"
#include "serve/metric_families.h"
#include "support/metrics_text.h"
#include "unit/serve/page_families.h"

#include <cppunit/extensions/HelperMacros.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using testing::MetricsText;

std::string written(double value) {
  std::string page;
  MetricText text(page);
  text.family("x", "", MetricType::gauge);
  text.sample({}, value);
  const std::string head = "# TYPE x gauge\nx ";
  CPPUNIT_ASSERT_EQUAL(head, page.substr(0, head.size()));
  return page.substr(head.size(), page.size() - head.size() - 1);
}

class Collected final : public prometheus::Collectable {
 public:
  [[nodiscard]] testing::Families Collect() const override { return families; }
  testing::Families families;
};

std::string serialised(const testing::Families& families) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

std::string ours(const Collected& source) {
  const CollectedMetrics collected(source);
  return testing::pageOf({&collected});
}

class MetricTextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetricTextTest);
  CPPUNIT_TEST(numbers);
  CPPUNIT_TEST(everyNumberReadsBack);
  CPPUNIT_TEST(escapes);
  CPPUNIT_TEST(labels);
  CPPUNIT_TEST(familyWithoutSeries);
  CPPUNIT_TEST(sameTextAsTheSerializer);
  CPPUNIT_TEST(sameValuesAsTheSerializer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void numbers() {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::pair<double, const char*> rows[] = {{0, "0"},
                                                   {-0.0, "0"},
                                                   {1, "1"},
                                                   {-17, "-17"},
                                                   {0.5, "0.5"},
                                                   {0.1, "0.1"},
                                                   {0.0005, "0.0005"},
                                                   {0.00001, "1e-05"},
                                                   {1000000, "1000000"},
                                                   {1761906600, "1761906600"},
                                                   {1761906600.25, "1761906600.25"},
                                                   {123456789012345, "123456789012345"},
                                                   {1e15, "1e+15"},
                                                   {1.5e300, "1.5e+300"},
                                                   {infinity, "+Inf"},
                                                   {-infinity, "-Inf"},
                                                   {std::nan(""), "NaN"}};
    for (const auto& [value, text] : rows) CPPUNIT_ASSERT_EQUAL(std::string(text), written(value));
  }

  void everyNumberReadsBack() {
    std::mt19937_64 random(4711);  // NOLINT(cert-msc51-cpp): the same ones each time
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t bits = random();
      double value = 0;
      std::memcpy(&value, &bits, sizeof value);
      if (i % 2 == 0) value = std::ldexp(static_cast<double>(bits), -64) * std::pow(10, i % 20 - 6);  // of everyday size
      if (!std::isfinite(value)) continue;
      const std::string text = written(value);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, value, std::strtod(text.c_str(), nullptr));
      CPPUNIT_ASSERT_MESSAGE(text, text.size() <= 25);
    }
  }

  void escapes() {
    std::string page;
    MetricText text(page);
    text.family("x_total", "one\\two\nthree \"four\"", MetricType::counter);
    std::string labels;
    addLabel(labels, "path", "C:\\\n\"quoted\"\\");
    text.sample(labels, 1);
    CPPUNIT_ASSERT_EQUAL(std::string("# HELP x_total one\\\\two\\nthree \"four\"\n# TYPE x_total counter\n"
                                     "x_total{path=\"C:\\\\\\n\\\"quoted\\\"\\\\\"} 1\n"),
                         page);
    CPPUNIT_ASSERT_EQUAL(1.0, MetricsText(page).value("x_total", {{"path", "C:\\\n\"quoted\"\\"}}));
  }

  void labels() {
    std::string page;
    MetricText text(page);
    text.family("x", "X.", MetricType::gauge);
    text.sample("a=\"1\"", 1);
    text.sample("a=\"1\"", "b=\"2\"", 2);
    text.sample({}, "b=\"2\"", 3);
    text.sample({}, 4);
    text.sample("a=\"\"", 5);
    CPPUNIT_ASSERT_EQUAL(std::string("# HELP x X.\n# TYPE x gauge\nx{a=\"1\"} 1\nx{a=\"1\",b=\"2\"} 2\nx{b=\"2\"} 3\nx 4\nx{a=\"\"} 5\n"),
                         page);
  }

  void familyWithoutSeries() {
    std::string page;
    MetricText text(page);
    text.family("none", "None.", MetricType::gauge);
    text.family("one", "One.", MetricType::gauge);
    text.sample({}, 1);
    text.family("none_either", "None.", MetricType::histogram);
    CPPUNIT_ASSERT_EQUAL(std::string("# HELP one One.\n# TYPE one gauge\none 1\n"), page);
  }

  // To the byte, bounds too: a bucket's bound is a label, and another text would be another series.
  void sameTextAsTheSerializer() {
    Collected source;
    addGauge(addFamily(source.families, "zebra", "Stripes.", prometheus::MetricType::Gauge), {}, 0.5);
    prometheus::MetricFamily& apples = addFamily(source.families, "apples_total", "Eaten.", prometheus::MetricType::Counter);
    addCounter(apples, {{"kind", "a\"b\\c\nd"}, {"of", "x"}}, 3);
    addCounter(apples, {{"kind", ""}, {"of", "\xc3\xa4"}}, 1761906600);
    for (const std::vector<double>& bounds :
         {std::vector<double>(kCheckBuckets.begin(), kCheckBuckets.end()), std::vector<double>{0.01, 0.075, 7.5, 75},
          std::vector<double>{1e-9, 1.0 / 3, 2.0 / 3, 0.1 + 0.2, 1e6, 123456.789, 1e15, 1e16, 1e17, 1e100}, std::vector<double>{-1, 0}}) {
      Histogram histogram(bounds);
      for (const double value : {0.125, 0.5, 2.0, 1000.0}) histogram.observe(value);
      prometheus::MetricFamily& family =
          addFamily(source.families, "seconds_" + std::to_string(source.families.size()), "Time.", prometheus::MetricType::Histogram);
      for (const char* name : {"one", "two"}) {
        prometheus::ClientMetric& metric = family.metric.emplace_back();
        metric.label = {{"name", name}};
        metric.histogram = collectedHistogram(histogram);
      }
      family.metric.emplace_back().histogram = collectedHistogram(histogram);
    }
    CPPUNIT_ASSERT_EQUAL(serialised(source.families), ours(source));
  }

  // Where ours has fewer digits or more, they are the same number, as near as the serializer tells it.
  void sameValuesAsTheSerializer() {
    Collected source;
    prometheus::MetricFamily& gauges = addFamily(source.families, "values", "All kinds.", prometheus::MetricType::Gauge);
    std::mt19937_64 random(4712);  // NOLINT(cert-msc51-cpp): the same ones each time
    for (int i = 0; i < 2000; ++i)
      addGauge(gauges, {{"i", std::to_string(i)}}, std::ldexp(static_cast<double>(random()), -64) * std::pow(10, i % 40 - 20));
    const MetricsText theirs(serialised(source.families));
    const MetricsText mine(ours(source));
    CPPUNIT_ASSERT_EQUAL(theirs.samples().size(), mine.samples().size());
    CPPUNIT_ASSERT(theirs.types() == mine.types());
    for (std::size_t i = 0; i < mine.samples().size(); ++i) {
      const MetricsText::Sample& a = theirs.samples()[i];
      const MetricsText::Sample& b = mine.samples()[i];
      CPPUNIT_ASSERT(a.name == b.name && a.labels == b.labels);
      CPPUNIT_ASSERT_DOUBLES_EQUAL(a.value, b.value, std::fabs(b.value) * 1e-15);
      CPPUNIT_ASSERT_EQUAL_MESSAGE("ours is exact", gauges.metric[i].gauge.value, b.value);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MetricTextTest);

}  // namespace

}  // namespace pulsewatch
