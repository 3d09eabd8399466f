#include "base/clock.h"

#include "base/heartbeat.h"
#include "base/published.h"

#include <cppunit/extensions/HelperMacros.h>

#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

WallTime at(std::int64_t seconds, std::int64_t micros = 0) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::seconds(seconds) + std::chrono::microseconds(micros)));
}

class ClockTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClockTest);
  CPPUNIT_TEST(timestamps);
  CPPUNIT_TEST(nanosecondsAreCutOff);
  CPPUNIT_TEST(units);
  CPPUNIT_TEST(standsStillWithTheProcess);
  CPPUNIT_TEST(heartbeatAges);
  CPPUNIT_TEST(publishedValues);
  CPPUNIT_TEST_SUITE_END();

 public:
  void timestamps() {
    const std::pair<WallTime, const char*> rows[] = {{at(0), "1970-01-01T00:00:00.000000Z"},
                                                     {at(1761906600, 123456), "2025-10-31T10:30:00.123456Z"},
                                                     {at(1761906600, 7), "2025-10-31T10:30:00.000007Z"},
                                                     {at(951782399, 999999), "2000-02-28T23:59:59.999999Z"},
                                                     {at(951782400), "2000-02-29T00:00:00.000000Z"},
                                                     {at(4102444800), "2100-01-01T00:00:00.000000Z"},
                                                     {at(-1, 250000), "1969-12-31T23:59:59.250000Z"}};
    for (const auto& [time, text] : rows) CPPUNIT_ASSERT_EQUAL(std::string(text), timestamp(time));
  }

  void nanosecondsAreCutOff() {
    const WallTime time(std::chrono::duration_cast<WallTime::duration>(Nanoseconds(1'999'999'999)));
    CPPUNIT_ASSERT_EQUAL(std::string("1970-01-01T00:00:01.999999Z"), timestamp(time));
  }

  void units() {
    CPPUNIT_ASSERT_EQUAL(1.5, milliseconds(Nanoseconds(1'500'000)));
    CPPUNIT_ASSERT_EQUAL(0.25, seconds(Milliseconds(250)));
    CPPUNIT_ASSERT_EQUAL(1761906600.5, unixSeconds(at(1761906600, 500000)));
  }

  void standsStillWithTheProcess() {
    const SystemClock clock;
    const SteadyTime before = clock.running();
    CPPUNIT_ASSERT(clock.running() - before < std::chrono::seconds(1));
    const SteadyTime last = clock.running();
    std::this_thread::sleep_for(Milliseconds(1200));  // in which nobody asks, as if nobody could
    const Nanoseconds step = clock.running() - last;
    CPPUNIT_ASSERT_MESSAGE(std::to_string(step.count()), step <= std::chrono::seconds(1) && step > Milliseconds(950));
  }

  void heartbeatAges() {
    Heartbeat heartbeat;
    const SteadyTime now = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT(heartbeat.age(now) == now.time_since_epoch());
    heartbeat.tick(now);
    CPPUNIT_ASSERT(heartbeat.age(now) == Nanoseconds(0));
    CPPUNIT_ASSERT(heartbeat.age(now + Milliseconds(1500)) == Milliseconds(1500));
    heartbeat.tick(now + Milliseconds(1000));
    CPPUNIT_ASSERT(heartbeat.age(now + Milliseconds(1500)) == Milliseconds(500));
  }

  // A reader keeps what it got, and never sees half a value.
  void publishedValues() {
    using Pair = std::pair<int, int>;
    Published<Pair> published;
    CPPUNIT_ASSERT(published.get() == nullptr);
    published.set(std::make_shared<const Pair>(0, 0));
    const auto kept = published.get();
    std::atomic<bool> torn{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        for (std::shared_ptr<const Pair> value = published.get(); value->first < 20'000; value = published.get())
          torn = torn || value->first != value->second;
      });
    }
    for (int i = 1; i <= 20'000; ++i) published.set(std::make_shared<const Pair>(i, i));
    for (std::thread& reader : readers) reader.join();
    CPPUNIT_ASSERT(!torn);
    CPPUNIT_ASSERT(*kept == Pair(0, 0));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClockTest);

}  // namespace

}  // namespace pulsewatch
