#include "schedule/run_schedule.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <vector>

namespace pulsewatch {

namespace {

const SteadyTime kBegin(std::chrono::hours(100));

SteadyTime at(std::int64_t ms) { return kBegin + Milliseconds(ms); }
std::int64_t ms(SteadyTime time) { return std::chrono::duration_cast<Milliseconds>(time - kBegin).count(); }
CheckTiming timing(std::int64_t interval, std::int64_t timeout, std::int64_t fast_interval = 0) {
  return {Milliseconds(interval), Milliseconds(timeout), Milliseconds(fast_interval)};
}

// Runs what is due until then, each of no length, with what the pace is after it; when each began, in milliseconds.
std::vector<std::int64_t> walk(RunSchedule& schedule, SteadyTime until, Pace pace) {
  std::vector<std::int64_t> starts;
  while (schedule.next() <= until) {
    const SteadyTime now = schedule.next();
    for (const RunSchedule::Run& run : schedule.advance(now).starts) {
      starts.push_back(ms(now));
      schedule.started(run, now);
      schedule.ended(run);
      schedule.setPace(run, pace, now);
    }
  }
  return starts;
}

class RunScheduleTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RunScheduleTest);
  CPPUNIT_TEST(nothingToDo);
  CPPUNIT_TEST(firstRunIsAtOnce);
  CPPUNIT_TEST(startToStartOnAGrid);
  CPPUNIT_TEST(spreadWithinOneInterval);
  CPPUNIT_TEST(spreadStaysForEver);
  CPPUNIT_TEST(oneRunAtATime);
  CPPUNIT_TEST(missedTurnsAreNotCaughtUp);
  CPPUNIT_TEST(timeoutCountsFromTheStart);
  CPPUNIT_TEST(overdueIsSaidOnce);
  CPPUNIT_TEST(endsInTimeAndLate);
  CPPUNIT_TEST(unknownRuns);
  CPPUNIT_TEST(timeoutLongerThanTheInterval);
  CPPUNIT_TEST(lateness);
  CPPUNIT_TEST(removedChecks);
  CPPUNIT_TEST(nextIsWhenThereIsSomethingToSay);
  CPPUNIT_TEST(outOfTurn);
  CPPUNIT_TEST(wantedWhileOneIsGoingOn);
  CPPUNIT_TEST(wantedOverAndOver);
  CPPUNIT_TEST(wantedWithGoodReason);
  CPPUNIT_TEST(fastWhileFailing);
  CPPUNIT_TEST(fastBacksOff);
  CPPUNIT_TEST(fastBeginsAnew);
  CPPUNIT_TEST(fastStaysSpread);
  CPPUNIT_TEST(stallsAreNoRunsTime);
  CPPUNIT_TEST(repeats);
  CPPUNIT_TEST(begunAnew);
  CPPUNIT_TEST(held);
  CPPUNIT_TEST(retimed);
  CPPUNIT_TEST(heldWhileOverdue);
  CPPUNIT_TEST(tenThousandChecks);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nothingToDo() {
    RunSchedule schedule;
    CPPUNIT_ASSERT(schedule.next() > at(1'000'000'000));
    const RunSchedule::Due due = schedule.advance(at(0));
    CPPUNIT_ASSERT(due.starts.empty() && due.overdue.empty() && schedule.stuckChecks().empty());
  }

  void firstRunIsAtOnce() {
    RunSchedule schedule;
    schedule.add(5, timing(10'000, 2000), at(7));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, ms(schedule.next()));
    const RunSchedule::Due due = schedule.advance(at(7));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, due.starts.size());
    CPPUNIT_ASSERT_EQUAL(CheckId{5}, due.starts[0].check);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, due.starts[0].sequence);
    CPPUNIT_ASSERT(schedule.advance(at(7)).starts.empty());  // named once
  }

  // However long the runs take and however late the thread is, the grid doesn't drift.
  void startToStartOnAGrid() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 500), at(0));
    std::vector<std::int64_t> starts;
    for (std::int64_t now = 0; now < 20'000; now += 7) {
      for (const RunSchedule::Run& run : schedule.advance(at(now)).starts) {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{starts.size() + 1}, run.sequence);
        starts.push_back(now);
        schedule.started(run, at(now));
        schedule.ended(run);
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, starts.size());
    for (std::size_t i = 1; i < starts.size(); ++i)
      CPPUNIT_ASSERT_MESSAGE(std::to_string(starts[i]), starts[i] % 1000 < 7 && starts[i] / 1000 == static_cast<std::int64_t>(i));
  }

  void spreadWithinOneInterval() {
    RunSchedule schedule;
    constexpr CheckId kChecks = 1000;
    for (CheckId check = 0; check < kChecks; ++check) schedule.add(check, timing(10'000, 2000), at(0));
    for (const RunSchedule::Run& run : schedule.advance(at(0)).starts) schedule.ended(run);
    std::map<SteadyTime, int> moments;
    std::vector<int> tenths(10);
    std::size_t count = 0;
    while (schedule.next() <= at(10'000)) {
      const SteadyTime next = schedule.next();
      CPPUNIT_ASSERT(next > at(0));
      for (const RunSchedule::Run& run : schedule.advance(next).starts) {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, run.sequence);
        schedule.ended(run);
        ++moments[next];
        ++tenths.at(static_cast<std::size_t>(std::min<std::int64_t>(9, ms(next) / 1000)));
        ++count;
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{kChecks}, count);
    CPPUNIT_ASSERT_EQUAL(std::size_t{kChecks}, moments.size());  // all different
    for (const int tenth : tenths) CPPUNIT_ASSERT_MESSAGE(std::to_string(tenth), tenth >= 90 && tenth <= 110);
  }

  void spreadStaysForEver() {
    RunSchedule schedule;
    for (CheckId check = 0; check < 50; ++check) schedule.add(check, timing(1000, 500), at(0));
    std::map<CheckId, std::set<std::int64_t>> phases;
    while (schedule.next() < at(50'000)) {
      const SteadyTime next = schedule.next();
      for (const RunSchedule::Run& run : schedule.advance(next).starts) {
        if (run.sequence > 1) phases[run.check].insert((next - kBegin).count() % 1'000'000'000);
        schedule.ended(run);
      }
    }
    for (const auto& [check, own] : phases) CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(check), std::size_t{1}, own.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, phases.size());
  }

  void oneRunAtATime() {
    RunSchedule schedule;
    schedule.add(1, timing(100, 10'000), at(0));
    const RunSchedule::Run first = schedule.advance(at(0)).starts.at(0);
    for (std::int64_t now = 0; now <= 950; now += 10) CPPUNIT_ASSERT(schedule.advance(at(now)).starts.empty());  // requested
    schedule.started(first, at(950));
    for (std::int64_t now = 950; now <= 1960; now += 10) CPPUNIT_ASSERT(schedule.advance(at(now)).starts.empty());  // running
    CPPUNIT_ASSERT(schedule.ended(first) == RunSchedule::End::inTime);
    CPPUNIT_ASSERT(schedule.advance(at(1970)).starts.empty());  // not before its turn
    const std::vector<RunSchedule::Run> next = schedule.advance(at(2000)).starts;
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, next.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, next[0].sequence);
  }

  void missedTurnsAreNotCaughtUp() {
    RunSchedule schedule;
    schedule.add(1, timing(100, 50), at(0));
    schedule.ended(schedule.advance(at(0)).starts.at(0));
    const std::vector<RunSchedule::Run> after_stall = schedule.advance(at(10'050)).starts;  // a hundred turns late
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, after_stall.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, after_stall[0].sequence);
    schedule.ended(after_stall[0]);
    CPPUNIT_ASSERT(schedule.advance(at(10'099)).starts.empty());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{10'100}, ms(schedule.next()));  // the grid is where it was
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule.advance(at(10'100)).starts.size());
  }

  void timeoutCountsFromTheStart() {
    RunSchedule schedule;
    schedule.add(1, timing(10'000, 2000), at(0));
    const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    CPPUNIT_ASSERT(schedule.advance(at(5000)).overdue.empty());  // waits for a thread: that isn't its fault
    schedule.started(run, at(5000));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7000}, ms(schedule.next()));
    CPPUNIT_ASSERT(schedule.advance(at(6999)).overdue.empty());
    const std::vector<RunSchedule::Run> overdue = schedule.advance(at(7000)).overdue;
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, overdue.size());
    CPPUNIT_ASSERT(overdue[0].check == 1 && overdue[0].sequence == 1);
  }

  void overdueIsSaidOnce() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 300), at(0));
    const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    schedule.started(run, at(0));
    std::size_t overdue = 0;
    std::size_t starts = 0;
    for (std::int64_t now = 0; now < 30'000; now += 100) {
      const RunSchedule::Due due = schedule.advance(at(now));
      overdue += due.overdue.size();
      starts += due.starts.size();
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, overdue);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, starts);  // while it is stuck it isn't started again
    CPPUNIT_ASSERT(schedule.stuckChecks() == std::vector<CheckId>{1});
    CPPUNIT_ASSERT(schedule.ended(run) == RunSchedule::End::late);
    CPPUNIT_ASSERT(schedule.stuckChecks().empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, schedule.advance(at(30'000)).starts.at(0).sequence);
  }

  void endsInTimeAndLate() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 300), at(0));
    const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    schedule.started(run, at(0));
    // Past its time, but not yet said to be overdue: one result, and it is the run's own.
    CPPUNIT_ASSERT(schedule.ended(run) == RunSchedule::End::inTime);
    CPPUNIT_ASSERT(schedule.advance(at(500)).overdue.empty());
    CPPUNIT_ASSERT(schedule.ended(run) == RunSchedule::End::unknown);
    // The timeout of a run that is over doesn't hit the next one.
    const RunSchedule::Run second = schedule.advance(at(1000)).starts.at(0);
    schedule.started(second, at(1000));
    schedule.ended(second);
    const RunSchedule::Run third = schedule.advance(at(2000)).starts.at(0);
    schedule.started(third, at(2290));
    CPPUNIT_ASSERT(schedule.advance(at(2300)).overdue.empty());
    CPPUNIT_ASSERT(schedule.advance(at(2589)).overdue.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule.advance(at(2590)).overdue.size());
  }

  void unknownRuns() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 300), at(0));
    CPPUNIT_ASSERT(!schedule.started({1, 1}, at(0)));  // not requested yet
    CPPUNIT_ASSERT(schedule.ended({1, 1}) == RunSchedule::End::unknown);
    CPPUNIT_ASSERT(schedule.ended({1, 0}) == RunSchedule::End::unknown);
    const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    CPPUNIT_ASSERT(!schedule.started({1, 2}, at(0)));
    CPPUNIT_ASSERT(!schedule.started({2, 1}, at(0)));
    CPPUNIT_ASSERT(schedule.ended({1, 2}) == RunSchedule::End::unknown);
    CPPUNIT_ASSERT(schedule.ended({2, 1}) == RunSchedule::End::unknown);
    CPPUNIT_ASSERT(schedule.started(run, at(0)).has_value());
    CPPUNIT_ASSERT(!schedule.started(run, at(1)));  // once
  }

  void timeoutLongerThanTheInterval() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 3500), at(0));
    RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    schedule.started(run, at(0));
    for (const std::int64_t now : {1000, 2000, 3000}) {
      const RunSchedule::Due due = schedule.advance(at(now));
      CPPUNIT_ASSERT(due.starts.empty() && due.overdue.empty());
    }
    CPPUNIT_ASSERT(schedule.ended(run) == RunSchedule::End::inTime);
    run = schedule.advance(at(4000)).starts.at(0);
    schedule.started(run, at(4000));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule.advance(at(7500)).overdue.size());
  }

  void lateness() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 300), at(0));
    RunSchedule::Run run = schedule.advance(at(20)).starts.at(0);
    CPPUNIT_ASSERT(schedule.started(run, at(50)).value() == Milliseconds(50));  // from when it was due
    schedule.ended(run);
    run = schedule.advance(at(1003)).starts.at(0);
    CPPUNIT_ASSERT(schedule.started(run, at(1004)).value() == Milliseconds(4));
    schedule.ended(run);
    run = schedule.advance(at(2000)).starts.at(0);
    CPPUNIT_ASSERT(schedule.started(run, at(2000)).value() == Milliseconds(0));
  }

  void removedChecks() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 300), at(0));
    schedule.add(2, timing(1000, 300), at(0));
    const std::vector<RunSchedule::Run> runs = schedule.advance(at(0)).starts;
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, runs.size());
    for (const RunSchedule::Run& run : runs) schedule.started(run, at(0));
    schedule.remove(1);
    schedule.remove(99);
    const std::vector<RunSchedule::Run> overdue = schedule.advance(at(300)).overdue;
    CPPUNIT_ASSERT(overdue.size() == 1 && overdue[0].check == 2);
    CPPUNIT_ASSERT(schedule.stuckChecks() == std::vector<CheckId>{2});
    CPPUNIT_ASSERT(schedule.ended({1, 1}) == RunSchedule::End::unknown);
    schedule.remove(2);
    CPPUNIT_ASSERT(schedule.stuckChecks().empty());
    schedule.advance(at(400));
    CPPUNIT_ASSERT(schedule.next() > at(1'000'000'000));
    schedule.add(3, timing(1000, 300), at(500));
    schedule.remove(3);
    schedule.add(3, timing(1000, 300), at(500));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule.advance(at(500)).starts.size());
  }

  void nextIsWhenThereIsSomethingToSay() {
    RunSchedule schedule;
    schedule.add(1, timing(5000, 2000), at(10));
    const RunSchedule::Run run = schedule.advance(at(10)).starts.at(0);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5010}, ms(schedule.next()));  // the first check keeps its whole interval
    CPPUNIT_ASSERT(schedule.nextDeadline() == SteadyTime::max());
    schedule.started(run, at(100));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2100}, ms(schedule.next()));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2100}, ms(schedule.nextDeadline()));
    schedule.ended(run);
    CPPUNIT_ASSERT(schedule.nextDeadline() == SteadyTime::max());
    schedule.advance(at(200));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5010}, ms(schedule.next()));  // its timeout is forgotten
  }

  // The grid stays as it was, and the sequence has no gap.
  void outOfTurn() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 500), at(0));
    const RunSchedule::Run first = schedule.advance(at(0)).starts.at(0);
    schedule.started(first, at(0));
    schedule.ended(first);
    const std::int64_t next = ms(schedule.next());
    const auto now = schedule.want(1, at(20));
    CPPUNIT_ASSERT(now && now->check == 1 && now->sequence == 2);
    CPPUNIT_ASSERT(schedule.started(*now, at(25)) == Nanoseconds(Milliseconds(5)));
    CPPUNIT_ASSERT(schedule.ended(*now) == RunSchedule::End::inTime);
    CPPUNIT_ASSERT_EQUAL(next, ms(schedule.next()));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, schedule.advance(at(next)).starts.at(0).sequence);
    CPPUNIT_ASSERT(!schedule.want(9, at(0)));
  }

  void wantedWhileOneIsGoingOn() {
    RunSchedule schedule;
    schedule.add(1, timing(60'000, 500), at(0));
    const RunSchedule::Run first = schedule.advance(at(0)).starts.at(0);
    schedule.started(first, at(0));
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!schedule.want(1, at(10)));
    CPPUNIT_ASSERT(schedule.advance(at(20)).starts.empty());
    schedule.ended(first);
    const std::vector<RunSchedule::Run> starts = schedule.advance(at(30)).starts;
    CPPUNIT_ASSERT(starts.size() == 1 && starts[0].sequence == 2);
    CPPUNIT_ASSERT(schedule.started(starts[0], at(31)) == Nanoseconds(Milliseconds(1)));  // it was not due when it was wanted
    schedule.ended(starts[0]);
    CPPUNIT_ASSERT(schedule.advance(at(40)).starts.empty());  // once
  }

  // A descriptor that is always readable makes no loop: some runs at once, then one in ten seconds.
  void wantedOverAndOver() {
    RunSchedule schedule;
    schedule.add(1, timing(3'600'000, 500, 1000), at(0));
    walk(schedule, at(0), Pace::normal);
    std::vector<std::int64_t> starts;
    for (std::int64_t now = 0; now < 100'000; ++now) {
      std::vector<RunSchedule::Run> runs = schedule.advance(at(now)).starts;
      if (const auto run = schedule.want(1, at(now))) runs.push_back(*run);
      for (const RunSchedule::Run& run : runs) {
        starts.push_back(now);
        schedule.ended(run);
        schedule.setPace(run, Pace::normal, at(now));
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{RunSchedule::kWanted} + 9, starts.size());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{RunSchedule::kWanted - 1}, starts.at(RunSchedule::kWanted - 1));
    for (std::size_t i = RunSchedule::kWanted; i < starts.size(); ++i)
      CPPUNIT_ASSERT_MESSAGE(std::to_string(starts[i]), starts[i] % 10'000 <= 5);
    // After a pause they are had at once again.
    for (int i = 0; i < RunSchedule::kWanted; ++i) {
      const auto run = schedule.want(1, at(500'000));
      CPPUNIT_ASSERT(run);
      schedule.ended(*run);
      schedule.setPace(*run, Pace::normal, at(500'000));
    }
    CPPUNIT_ASSERT(!schedule.want(1, at(500'000)));
  }

  // A run that was wanted and found that the check had failed is not counted: a server may be killed fifty times in a minute.
  void wantedWithGoodReason() {
    RunSchedule schedule;
    schedule.add(1, timing(3'600'000, 500, 1000), at(0));
    walk(schedule, at(0), Pace::normal);
    for (std::int64_t now = 100; now < 100'000; now += 2000) {
      const auto down = schedule.want(1, at(now));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(now), down);
      schedule.ended(*down);
      schedule.setPace(*down, Pace::failing, at(now));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, walk(schedule, at(now + 1900), Pace::normal).size());
    }
  }

  void fastWhileFailing() {
    RunSchedule schedule;
    schedule.add(1, timing(10'000, 500, 1000), at(0));
    CPPUNIT_ASSERT((walk(schedule, at(25'000), Pace::normal) == std::vector<std::int64_t>{0, 10'000, 20'000}));
    // From the failed run at 30 s on, and the grid's own runs where they were.
    const std::vector<std::int64_t> failing = walk(schedule, at(45'000), Pace::failing);
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, failing.size());
    for (std::size_t i = 0; i < failing.size(); ++i) CPPUNIT_ASSERT_EQUAL(30'000 + static_cast<std::int64_t>(i) * 1000, failing[i]);
    // The first run that passed was one more of those.
    CPPUNIT_ASSERT((walk(schedule, at(65'000), Pace::normal) == std::vector<std::int64_t>{46'000, 50'000, 60'000}));
    // As often as the interval, or without an interval of its own, there is none between.
    for (const std::int64_t fast : {0, 10'000, 20'000}) {
      RunSchedule slow;
      slow.add(1, timing(10'000, 500, fast), at(0));
      CPPUNIT_ASSERT_EQUAL(std::size_t{5}, walk(slow, at(45'000), Pace::failing).size());
    }
  }

  void fastBacksOff() {
    RunSchedule schedule;
    schedule.add(1, timing(16'000, 500, 1000), at(0));
    const std::vector<std::int64_t> starts = walk(schedule, at(400'000), Pace::failing);
    std::vector<std::int64_t> steps;
    for (std::size_t i = 1; i < starts.size(); ++i) steps.push_back(starts[i] - starts[i - 1]);
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{120},
                         std::find_if(steps.begin(), steps.end(), [](auto step) { return step != 1000; }) - steps.begin());
    CPPUNIT_ASSERT(std::is_sorted(steps.begin() + 120, steps.end() - 1) && steps.back() == 16'000);
    CPPUNIT_ASSERT(std::count(steps.begin(), steps.end(), 16'000) > 10);
  }

  void fastBeginsAnew() {
    RunSchedule schedule;
    schedule.add(1, timing(16'000, 500, 1000), at(0));
    walk(schedule, at(400'000), Pace::failing);
    // It begins to pass, and turns with the same haste; so does a new failure after it is well.
    const std::vector<std::int64_t> turning = walk(schedule, at(420'000), Pace::turning);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(turning.size()), turning.size() >= 4 && turning.back() - turning[turning.size() - 2] == 1000);
    walk(schedule, at(500'000), Pace::normal);
    CPPUNIT_ASSERT(walk(schedule, at(520'000), Pace::failing).size() >= 4);
  }

  // Ten thousand checks that fail together: a second is as full as any other, and so is each hundredth of it.
  void fastStaysSpread() {
    RunSchedule schedule;
    for (CheckId check = 0; check < 10'000; ++check) schedule.add(check, timing(10'000, 2000, 1000), at(0));
    walk(schedule, at(20'000), Pace::normal);
    walk(schedule, at(32'000), Pace::failing);
    std::map<std::int64_t, int> hundredths;
    for (const std::int64_t start : walk(schedule, at(41'999), Pace::failing)) ++hundredths[start / 10];
    std::size_t total = 0;
    for (const auto& [at_10ms, count] : hundredths) {
      CPPUNIT_ASSERT_MESSAGE(std::to_string(at_10ms) + ": " + std::to_string(count), count > 50 && count < 150);
      total += static_cast<std::size_t>(count);
    }
    CPPUNIT_ASSERT_MESSAGE(std::to_string(total), total > 99'000 && total < 101'000);
  }

  void stallsAreNoRunsTime() {
    RunSchedule schedule;
    for (const CheckId check : {1U, 2U, 3U}) schedule.add(check, timing(60'000, 2000), at(0));
    const std::vector<RunSchedule::Run> runs = schedule.advance(at(0)).starts;
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, runs.size());
    schedule.started(runs[0], at(0));
    schedule.started(runs[1], at(0));
    schedule.advance(at(1500));
    schedule.stall(Milliseconds(5000), at(6500));
    CPPUNIT_ASSERT(schedule.advance(at(6500)).overdue.empty());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7000}, ms(schedule.nextDeadline()));
    // A worker began one meanwhile.
    schedule.started(runs[2], at(3000));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, schedule.advance(at(8499)).overdue.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule.advance(at(8500)).overdue.size());
    // What is overdue stays so.
    schedule.stall(Milliseconds(5000), at(13'500));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, schedule.stuckChecks().size());
    CPPUNIT_ASSERT(schedule.ended(runs[0]) == RunSchedule::End::late);
  }

  void repeats() {
    RunSchedule schedule;
    schedule.add(1, timing(60'000, 2000), at(0));
    const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    schedule.started(run, at(0));
    CPPUNIT_ASSERT(!schedule.repeat(run, at(100)));
    schedule.stall(Milliseconds(499), at(600));
    CPPUNIT_ASSERT(schedule.stalled(run) == Nanoseconds(0) && !schedule.repeat(run, at(600)));
    schedule.stall(Milliseconds(1), at(601));
    CPPUNIT_ASSERT(schedule.stalled(run) == Nanoseconds(Milliseconds(500)));
    CPPUNIT_ASSERT(schedule.repeat(run, at(700)));
    CPPUNIT_ASSERT(!schedule.repeat(run, at(700)) && !schedule.isIdle(1));
    // The same run, with all of its time, and no less strict.
    CPPUNIT_ASSERT(schedule.started(run, at(710)) == Nanoseconds(Milliseconds(10)));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2710}, ms(schedule.nextDeadline()));
    CPPUNIT_ASSERT(!schedule.repeat(run, at(720)) && !schedule.repeat({1, 2}, at(720)) && !schedule.repeat({9, 1}, at(720)));
    CPPUNIT_ASSERT(schedule.ended(run) == RunSchedule::End::inTime);
    CPPUNIT_ASSERT(!schedule.repeat(run, at(720)));
  }

  // A run whose worker ended is told as started again: its time counts from then.
  void begunAnew() {
    RunSchedule schedule;
    schedule.add(1, timing(60'000, 500), at(0));
    const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    schedule.started(run, at(0));
    CPPUNIT_ASSERT(!schedule.started(run, at(400)));  // late it was told once
    CPPUNIT_ASSERT(schedule.advance(at(899)).overdue.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule.advance(at(900)).overdue.size());
    CPPUNIT_ASSERT(!schedule.started(run, at(950)));  // that is past
    CPPUNIT_ASSERT(schedule.ended(run) == RunSchedule::End::late);
  }

  // A shorter interval counts from now, a longer one from the next turn; checks that are retimed together keep their distance.
  void retimed() {
    RunSchedule schedule;
    for (const CheckId check : {1U, 2U}) {
      schedule.add(check, timing(60'000, 500), at(0));
      const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
      schedule.started(run, at(0));
      schedule.ended(run);
    }
    const std::int64_t second = ms(schedule.next());
    CPPUNIT_ASSERT(second > 1000 && second < 60'000);
    for (const CheckId check : {1U, 2U}) schedule.retime(check, timing(1000, 500), at(1000));
    schedule.retime(9, timing(1000, 500), at(1000));
    const std::vector<RunSchedule::Run> starts = schedule.advance(at(1000)).starts;
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, starts.size());
    for (const RunSchedule::Run& run : starts) {
      schedule.started(run, at(1000));
      schedule.ended(run);
    }
    CPPUNIT_ASSERT_EQUAL(1000 + second % 1000, ms(schedule.next()));
    const std::int64_t next = ms(schedule.next()) + 1;  // ms() cuts off
    const std::vector<RunSchedule::Run> turn = schedule.advance(at(next)).starts;
    CPPUNIT_ASSERT(turn.size() == 1 && turn[0].sequence == 3);
    // It runs now: its time stays what it was, and the next turn is a new interval away.
    schedule.started(turn[0], at(next));
    schedule.retime(turn[0].check, timing(5000, 500), at(next));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, schedule.advance(at(next + 500)).overdue.size());
    schedule.ended(turn[0]);
    CPPUNIT_ASSERT(schedule.want(turn[0].check, at(next + 500), true).has_value());
  }

  void held() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 500), at(0));
    const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    schedule.hold(1);
    CPPUNIT_ASSERT(!schedule.isIdle(1));
    schedule.ended(run);
    CPPUNIT_ASSERT(schedule.isIdle(1) && schedule.isIdle(9));
    CPPUNIT_ASSERT(schedule.advance(at(5000)).starts.empty() && !schedule.want(1, at(5000)));
    schedule.release(1, timing(1000, 500), at(5100));
    const std::vector<RunSchedule::Run> owed = schedule.advance(at(5100)).starts;
    CPPUNIT_ASSERT(owed.size() == 1 && owed[0].sequence == 2);
    // Without a turn missed nothing is owed.
    schedule.ended(owed[0]);
    const std::int64_t next = ms(schedule.next());
    schedule.hold(1);
    schedule.release(1, timing(1000, 500), at(5101));
    CPPUNIT_ASSERT_EQUAL(next, ms(schedule.next()));
    // A shorter interval doesn't wait for the end of the longer one.
    schedule.hold(1);
    schedule.release(1, timing(10, 500), at(5102));
    CPPUNIT_ASSERT(ms(schedule.next()) <= 5112);
  }

  void heldWhileOverdue() {
    RunSchedule schedule;
    schedule.add(1, timing(1000, 500), at(0));
    const RunSchedule::Run run = schedule.advance(at(0)).starts.at(0);
    schedule.started(run, at(0));
    schedule.advance(at(600));
    schedule.hold(1);
    CPPUNIT_ASSERT(!schedule.isIdle(1));
    schedule.release(1, timing(1000, 500), at(700));
    CPPUNIT_ASSERT(schedule.isIdle(1) && schedule.stuckChecks().empty());
    CPPUNIT_ASSERT(schedule.ended(run) == RunSchedule::End::unknown);
  }

  // Ten thousand checks every ten seconds: no step has more to do than its share, and a minute of it is quickly thought through.
  void tenThousandChecks() {
    RunSchedule schedule;
    for (CheckId check = 0; check < 10'000; ++check) schedule.add(check, timing(10'000, 2000), at(0));
    const auto begin = std::chrono::steady_clock::now();
    std::size_t total = 0;
    std::size_t most = 0;
    for (std::int64_t now = 0; now <= 60'000; now += 10) {
      const std::vector<RunSchedule::Run> starts = schedule.advance(at(now)).starts;
      if (now > 0) most = std::max(most, starts.size());
      total += starts.size();
      for (const RunSchedule::Run& run : starts) {
        schedule.started(run, at(now));
        schedule.ended(run);
      }
    }
    CPPUNIT_ASSERT_MESSAGE(std::to_string(most), most <= 20);  // ten on average
    CPPUNIT_ASSERT_EQUAL(std::size_t{70'000}, total);
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RunScheduleTest);

}  // namespace

}  // namespace pulsewatch
