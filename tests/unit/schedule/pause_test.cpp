#include "schedule/run_schedule.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One check, every ten seconds.
class PauseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PauseTest);
  CPPUNIT_TEST(noRunWhilePaused);
  CPPUNIT_TEST(beforeItIsAdded);
  CPPUNIT_TEST(resumedOnItsGrid);
  CPPUNIT_TEST(aRunUnderWayGoesOn);
  CPPUNIT_TEST(heldAndPaused);
  CPPUNIT_TEST(removed);
  CPPUNIT_TEST(turns);
  CPPUNIT_TEST_SUITE_END();

 public:
  void noRunWhilePaused() {
    add();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, runsAt(0));
    schedule_.pause(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, runsAt(100));
    CPPUNIT_ASSERT_MESSAGE("out of turn neither", !schedule_.want(1, at(101), true));
    CPPUNIT_ASSERT(schedule_.next() > at(101));
  }

  void beforeItIsAdded() {
    schedule_.pause(1);
    add();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, runsAt(0));
    schedule_.resume(1);
    const auto run = schedule_.want(1, at(1), true);
    CPPUNIT_ASSERT(run && run->sequence == 1);
  }

  void resumedOnItsGrid() {
    add();
    runsAt(0);
    schedule_.pause(1);
    runsAt(25);
    const SteadyTime due = schedule_.next();
    schedule_.resume(1);
    CPPUNIT_ASSERT(schedule_.want(1, at(26), true));
    CPPUNIT_ASSERT(schedule_.ended({1, 2}) == RunSchedule::End::inTime);
    CPPUNIT_ASSERT_MESSAGE("the turns are where they were", schedule_.next() == due);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule_.advance(due).starts.size());
  }

  void aRunUnderWayGoesOn() {
    add();
    schedule_.advance(at(0));
    schedule_.started({1, 1}, at(0));
    schedule_.pause(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule_.advance(at(3)).overdue.size());
    CPPUNIT_ASSERT(schedule_.ended({1, 1}) == RunSchedule::End::late);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, runsAt(100));
  }

  void heldAndPaused() {
    add();
    runsAt(0);
    schedule_.pause(1);
    schedule_.hold(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, runsAt(25));
    schedule_.release(1, kTiming, at(26));
    CPPUNIT_ASSERT_MESSAGE("nothing is owed", schedule_.advance(at(27)).starts.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, runsAt(60));
    schedule_.hold(1);
    schedule_.resume(1);
    CPPUNIT_ASSERT(!schedule_.want(1, at(61), true));
    schedule_.release(1, kTiming, at(62));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("that is owed", std::size_t{1}, schedule_.advance(at(62)).starts.size());
  }

  void removed() {
    schedule_.pause(1);
    schedule_.remove(1);
    add();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, runsAt(0));
  }

  void turns() {
    CPPUNIT_ASSERT(!schedule_.turnOf(1));
    add();
    CPPUNIT_ASSERT(schedule_.turnOf(1)->due == at(0) && !schedule_.turnOf(1)->running && !schedule_.turnOf(1)->paused);
    schedule_.advance(at(0));
    CPPUNIT_ASSERT(schedule_.turnOf(1)->running && schedule_.turnOf(1)->due == schedule_.next());
    schedule_.ended({1, 1});
    schedule_.pause(1);
    CPPUNIT_ASSERT(!schedule_.turnOf(1)->running && schedule_.turnOf(1)->paused);
  }

 private:
  static constexpr CheckTiming kTiming{milliseconds(10'000), milliseconds(2000)};
  static SteadyTime at(int second) { return SteadyTime(std::chrono::hours(10)) + seconds(second); }

  void add() { schedule_.add(1, kTiming, at(0)); }
  // How many runs begin until then, each of which ends at once.
  std::size_t runsAt(int second) {
    std::size_t runs = 0;
    while (schedule_.next() <= at(second)) {
      for (const RunSchedule::Run& run : schedule_.advance(schedule_.next()).starts) {
        ++runs;
        schedule_.ended(run);
      }
    }
    return runs;
  }

  RunSchedule schedule_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PauseTest);

}  // namespace

}  // namespace pulsewatch
