#include "base/progress.h"

#include "support/manual_clock.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

using std::chrono::seconds;

class ProgressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProgressTest);
  CPPUNIT_TEST(allOfThem);
  CPPUNIT_TEST(oneThatStands);
  CPPUNIT_TEST(oneThatIsAddedLater);
  CPPUNIT_TEST(standstillOfTheProcess);
  CPPUNIT_TEST(none);
  CPPUNIT_TEST_SUITE_END();

 public:
  void allOfThem() {
    tickBoth();
    clock_.advance(Heartbeat::kAlive - Nanoseconds(1));
    expect("");
    clock_.advance(Nanoseconds(1));
    expect("the first, the second");
    tickBoth();
    expect("");
  }

  void oneThatStands() {
    tickBoth();
    clock_.advance(seconds(3));
    first_.tick(clock_.running());
    clock_.advance(seconds(3));
    expect("the second");
    second_.tick(clock_.running());
    expect("");
    clock_.advance(seconds(3));
    expect("the first");
  }

  void oneThatIsAddedLater() {
    tickBoth();
    Heartbeat third;
    progress_.add({"the third", &third});
    expect("the third");
    third.tick(clock_.running());
    expect("");
  }

  // Nobody could have moved: that is nobody's fault.
  void standstillOfTheProcess() {
    tickBoth();
    clock_.advance(seconds(4));
    clock_.standStill(seconds(3600));
    expect("");
    clock_.advance(seconds(2));
    expect("the first, the second");
  }

  void none() { CPPUNIT_ASSERT(Progress(clock_, {}).made()); }

 private:
  void tickBoth() {
    first_.tick(clock_.running());
    second_.tick(clock_.running());
  }
  void expect(const std::string& stuck) const {
    CPPUNIT_ASSERT_EQUAL(stuck, progress_.stuck());
    CPPUNIT_ASSERT_EQUAL(stuck.empty(), progress_.made());
  }

  testing::ManualClock clock_;
  Heartbeat first_;
  Heartbeat second_;
  Progress progress_{clock_, {{"the first", &first_}, {"the second", &second_}}};
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProgressTest);

}  // namespace

}  // namespace pulsewatch
