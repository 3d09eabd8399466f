#include "serve/guess_throttle.h"

#include "support/manual_clock.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace pulsewatch {

namespace {

using std::chrono::seconds;

const std::string kClient = "203.0.113.9";

class GuessThrottleTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GuessThrottleTest);
  CPPUNIT_TEST(waitsGrow);
  CPPUNIT_TEST(aRightOneResets);
  CPPUNIT_TEST(forgottenInTime);
  CPPUNIT_TEST(undone);
  CPPUNIT_TEST(addressesAreApart);
  CPPUNIT_TEST(networksAreOne);
  CPPUNIT_TEST(bounded);
  CPPUNIT_TEST_SUITE_END();

 public:
  void waitsGrow() {
    for (unsigned i = 0; i < GuessThrottle::kFree; ++i) CPPUNIT_ASSERT_EQUAL(0L, wait(kClient));
    for (const long longer : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
      CPPUNIT_ASSERT_EQUAL(longer, wait(kClient));
      CPPUNIT_ASSERT_EQUAL_MESSAGE("asking makes it no longer", longer, wait(kClient));
      clock_.advance(seconds(longer) - Nanoseconds(1));
      CPPUNIT_ASSERT_MESSAGE("not before its time", throttle_.begin(kClient) == Nanoseconds(1));
      clock_.advance(Nanoseconds(1));
      CPPUNIT_ASSERT_EQUAL_MESSAGE("one more may be tried", 0L, wait(kClient));
    }
  }

  void aRightOneResets() {
    guess(kClient, GuessThrottle::kFree);
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT_EQUAL(0L, wait(kClient));
    throttle_.right(kClient);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, throttle_.addresses());
    guess(kClient, GuessThrottle::kFree);
    CPPUNIT_ASSERT_EQUAL(1L, wait(kClient));
    throttle_.right("192.0.2.7");  // nothing is known of it
  }

  void forgottenInTime() {
    guess(kClient, GuessThrottle::kFree - 1);
    clock_.advance(GuessThrottle::kForgotten + Nanoseconds(1));
    guess(kClient, GuessThrottle::kFree);
    CPPUNIT_ASSERT_EQUAL(1L, wait(kClient));
  }

  // One that was sent away because too many were being checked.
  void undone() {
    CPPUNIT_ASSERT_EQUAL(0L, wait(kClient));
    throttle_.undone(kClient);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, throttle_.addresses());
    throttle_.undone(kClient);
    guess(kClient, GuessThrottle::kFree - 1);
    CPPUNIT_ASSERT_EQUAL(0L, wait(kClient));
    throttle_.undone(kClient);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("it has still one", 0L, wait(kClient));
    CPPUNIT_ASSERT_EQUAL(1L, wait(kClient));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT_EQUAL(0L, wait(kClient));
    throttle_.undone(kClient);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("nobody gets rid of a wait so", 1L, wait(kClient));
  }

  void addressesAreApart() {
    guess(kClient, GuessThrottle::kFree);
    CPPUNIT_ASSERT_EQUAL(1L, wait(kClient));
    CPPUNIT_ASSERT_EQUAL(0L, wait("203.0.113.10"));
    CPPUNIT_ASSERT_EQUAL(0L, wait("2001:db8::9"));
  }

  void networksAreOne() {
    for (const std::string host : {"1", "2:3:4:5", "ffff:ffff:ffff:ffff", "9", ""})
      CPPUNIT_ASSERT_EQUAL(0L, wait(host.find(':') == std::string::npos ? "2001:db8:0:1::" + host : "2001:db8:0:1:" + host));
    CPPUNIT_ASSERT_EQUAL(1L, wait("2001:db8:0:1::abcd"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the next network", 0L, wait("2001:db8:0:2::1"));
    guess("::ffff:203.0.113.9", GuessThrottle::kFree);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("one address in two spellings", 1L, wait(kClient));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("mapped ones are no network", 0L, wait("::ffff:203.0.113.10"));
  }

  // As many addresses as anybody likes: those that failed first are forgotten.
  void bounded() {
    guess(kClient, GuessThrottle::kFree);
    const auto other = [](std::size_t i) {
      return "10." + std::to_string(i >> 16U) + "." + std::to_string(i >> 8U & 255U) + "." + std::to_string(i & 255U);
    };
    for (std::size_t i = 1; i < GuessThrottle::kMostAddresses; ++i) CPPUNIT_ASSERT_EQUAL(0L, wait(other(i)));
    CPPUNIT_ASSERT_EQUAL(GuessThrottle::kMostAddresses, throttle_.addresses());
    CPPUNIT_ASSERT_EQUAL(1L, wait(kClient));
    for (std::size_t i = 0; i < 2 * GuessThrottle::kMostAddresses; ++i) {
      throttle_.begin(other(GuessThrottle::kMostAddresses + i));
      CPPUNIT_ASSERT_EQUAL(GuessThrottle::kMostAddresses, throttle_.addresses());
    }
    CPPUNIT_ASSERT_EQUAL(0L, wait(kClient));
  }

 private:
  // In seconds, all of them whole.
  long wait(const std::string& address) { return static_cast<long>(std::chrono::duration_cast<seconds>(throttle_.begin(address)).count()); }
  void guess(const std::string& address, unsigned times) {
    for (unsigned i = 0; i < times; ++i) CPPUNIT_ASSERT_EQUAL(0L, wait(address));
  }

  testing::ManualClock clock_;
  GuessThrottle throttle_{clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(GuessThrottleTest);

}  // namespace

}  // namespace pulsewatch
