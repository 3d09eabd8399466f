#include "serve/metrics_handler.h"

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/mutex.h"
#include "serve/collected_metrics.h"
#include "serve/metric_families.h"
#include "serve/process_metrics.h"
#include "support/metrics_text.h"
#include "support/wait.h"
#include "unit/serve/collected.h"

#include <Poco/InflatingStream.h>
#include <Poco/StreamCopier.h>
#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
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

// One family with so many series, whose rendering waits for the gate.
class GatedSource final : public MetricSource {
 public:
  explicit GatedSource(int series, bool open = true) : series_(series), open_(open) {}

  [[nodiscard]] std::vector<WrittenFamily> families() const override {
    const int number = ++begun;
    const MutexLock lock(mutex_);
    while (!open_) opened_.wait(mutex_);
    if (broken) throw std::runtime_error("broken");
    return {{"rendering", [this, number](MetricText& text) {
               text.family("rendering", "Its number.", MetricType::gauge);
               for (int i = 0; i < series_; ++i) text.sample("series=\"" + std::to_string(i) + "\"", number);
             }}};
  }
  void open() {
    const MutexLock lock(mutex_);
    open_ = true;
    opened_.notifyAll();
  }

  mutable std::atomic<int> begun{0};
  std::atomic<bool> broken{false};

 private:
  const int series_;
  mutable Mutex mutex_;
  mutable CondVar opened_;
  bool open_ GUARDED_BY(mutex_);
};

HttpTarget acceptingGzip() {
  HttpTarget target;
  target.accepts_gzip = true;
  return target;
}

std::string headerOf(const HttpAnswer& answer, const std::string& name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string inflated(const std::string& text) {
  std::istringstream in(text);
  Poco::InflatingInputStream stream(in, Poco::InflatingStreamBuf::STREAM_GZIP);
  std::string plain;
  Poco::StreamCopier::copyToString(stream, plain);
  return plain;
}

class MetricsHandlerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetricsHandlerTest);
  CPPUNIT_TEST(exactPage);
  CPPUNIT_TEST(nothing);
  CPPUNIT_TEST(compressed);
  CPPUNIT_TEST(smallIsNotCompressed);
  CPPUNIT_TEST(renderedOnceForAll);
  CPPUNIT_TEST(neverKept);
  CPPUNIT_TEST(failure);
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

    const CollectedMetrics first_collected(first);
    const CollectedMetrics second_collected(second);
    const HttpAnswer answer = MetricsHandler({&first_collected, &second_collected}).answer({});
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
    const CollectedMetrics collected(source);
    const HttpAnswer answer = MetricsHandler({&collected}).answer({});
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), *answer.body);
  }

  void compressed() {
    const GatedSource source(1000);
    MetricsHandler handler({&source});
    const HttpAnswer plain = handler.answer({});
    const HttpAnswer zipped = handler.answer(acceptingGzip());
    CPPUNIT_ASSERT_EQUAL(std::string(), headerOf(plain, "Content-Encoding"));
    CPPUNIT_ASSERT_EQUAL(std::string("gzip"), headerOf(zipped, "Content-Encoding"));
    for (const HttpAnswer* answer : {&plain, &zipped}) {
      CPPUNIT_ASSERT_EQUAL(std::string("Accept-Encoding"), headerOf(*answer, "Vary"));
      CPPUNIT_ASSERT_EQUAL(std::string("text/plain; version=0.0.4; charset=utf-8"), answer->content_type);
    }
    CPPUNIT_ASSERT(zipped.body->size() < plain.body->size() / 4);
    const testing::MetricsText page(inflated(*zipped.body));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, page.samples().size());
    CPPUNIT_ASSERT_EQUAL(2.0, page.value("rendering", {{"series", "999"}}));
  }

  void smallIsNotCompressed() {
    const GatedSource source(3);
    const HttpAnswer answer = MetricsHandler({&source}).answer(acceptingGzip());
    CPPUNIT_ASSERT_EQUAL(std::string(), headerOf(answer, "Content-Encoding"));
    CPPUNIT_ASSERT_EQUAL(std::string("Accept-Encoding"), headerOf(answer, "Vary"));
    CPPUNIT_ASSERT_EQUAL(1.0, testing::MetricsText(*answer.body).value("rendering", {{"series", "0"}}));
  }

  // Whoever comes while a page is rendered has that one, compressed or not.
  void renderedOnceForAll() {
    GatedSource source(1000, false);
    MetricsHandler handler({&source});
    std::atomic<int> asking{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        ++asking;
        handler.answer(i % 2 == 0 ? HttpTarget() : acceptingGzip());
      });
    }
    const bool all_asked = testing::waitFor([&] { return asking == 8 && source.begun > 0; }, std::chrono::seconds(60));
    const bool more = testing::waitFor([&] { return source.begun > 1; }, std::chrono::milliseconds(200));
    source.open();
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT(all_asked);
    CPPUNIT_ASSERT_MESSAGE("a second rendering while there was one", !more);
  }

  void neverKept() {
    const GatedSource source(1);
    MetricsHandler handler({&source});
    for (int i = 1; i <= 3; ++i)
      CPPUNIT_ASSERT_EQUAL(static_cast<double>(i), testing::MetricsText(*handler.answer({}).body).value("rendering", {{"series", "0"}}));
  }

  // That of one who renders is everybody's who waits for it, and nobody's after it.
  void failure() {
    GatedSource source(1);
    MetricsHandler handler({&source});
    source.broken = true;
    CPPUNIT_ASSERT_THROW(handler.answer({}), std::runtime_error);
    CPPUNIT_ASSERT_THROW(handler.answer(acceptingGzip()), std::runtime_error);
    source.broken = false;
    CPPUNIT_ASSERT_EQUAL(200, handler.answer({}).status);
    CPPUNIT_ASSERT_EQUAL(200, handler.answer(acceptingGzip()).status);
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
