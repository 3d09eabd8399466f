#include "schedule/active_time.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

class ActiveTimeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ActiveTimeTest);
  CPPUNIT_TEST(runsWithTheTicks);
  CPPUNIT_TEST(aStallCountsASecond);
  CPPUNIT_TEST_SUITE_END();

 public:
  void runsWithTheTicks() {
    ActiveTime time;
    SteadyTime now(std::chrono::hours(5));
    CPPUNIT_ASSERT(time.now() == Nanoseconds(0));
    time.tick(now);  // the first only says where it begins
    CPPUNIT_ASSERT(time.now() == Nanoseconds(0));
    for (int i = 0; i < 100; ++i) time.tick(now += Milliseconds(100));
    CPPUNIT_ASSERT(time.now() == std::chrono::seconds(10));
    time.tick(now);
    CPPUNIT_ASSERT(time.now() == std::chrono::seconds(10));
  }

  void aStallCountsASecond() {
    ActiveTime time;
    SteadyTime now(std::chrono::hours(5));
    time.tick(now);
    time.tick(now += std::chrono::hours(8));
    CPPUNIT_ASSERT(time.now() == std::chrono::seconds(1));
    time.tick(now += Milliseconds(1000));
    time.tick(now += Milliseconds(999));
    time.tick(now += Milliseconds(1001));
    CPPUNIT_ASSERT(time.now() == Milliseconds(1000 + 1000 + 999 + 1000));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ActiveTimeTest);

}  // namespace

}  // namespace pulsewatch
