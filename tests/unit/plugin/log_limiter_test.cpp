#include "plugin/log_limiter.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

class LogLimiterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogLimiterTest);
  CPPUNIT_TEST(allowsABurst);
  CPPUNIT_TEST(allowsSoManyASecond);
  CPPUNIT_TEST(tellsAtTheEndOfAFlood);
  CPPUNIT_TEST(tellsOfAFloodThatGoesOn);
  CPPUNIT_TEST_SUITE_END();

 public:
  void allowsABurst() {
    CPPUNIT_ASSERT_EQUAL(LogLimiter::kBurst, flood(1'000'000));
    now_ += std::chrono::hours(1);
    CPPUNIT_ASSERT_EQUAL(LogLimiter::kBurst, flood(1'000'000));
  }

  void allowsSoManyASecond() {
    flood(1'000'000);
    now_ += std::chrono::seconds(1);
    CPPUNIT_ASSERT_EQUAL(LogLimiter::kPerSecond, flood(1000));
    // Nobody who writes slower ever loses one.
    now_ += std::chrono::seconds(10);
    for (int i = 0; i < 10'000; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, flood(1));
      now_ += std::chrono::milliseconds(5);
    }
  }

  void tellsAtTheEndOfAFlood() {
    flood(LogLimiter::kBurst);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, limiter_.toTell(now_, true));
    flood(7);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, limiter_.toTell(now_, false));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, limiter_.toTell(now_, true));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, limiter_.toTell(now_, true));
    // Floods close to each other are told of together.
    flood(3);
    now_ += std::chrono::milliseconds(4999);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, limiter_.toTell(now_, true));
    now_ += std::chrono::milliseconds(1);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, limiter_.toTell(now_, true));
  }

  void tellsOfAFloodThatGoesOn() {
    flood(LogLimiter::kBurst + 1);
    now_ += std::chrono::seconds(5);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, limiter_.toTell(now_, false));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, limiter_.toTell(now_, false));
  }

 private:
  // How many of so many lines were allowed.
  std::int64_t flood(int lines) {
    std::int64_t allowed = 0;
    for (int i = 0; i < lines; ++i) allowed += limiter_.allow(now_) ? 1 : 0;
    return allowed;
  }

  SteadyTime now_ = SteadyTime(std::chrono::seconds(100));
  LogLimiter limiter_{now_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogLimiterTest);

}  // namespace

}  // namespace pulsewatch
