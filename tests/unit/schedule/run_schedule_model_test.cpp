#include "schedule/run_schedule.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using RunKey = std::pair<CheckId, std::uint64_t>;

std::set<RunKey> keys(const std::vector<RunSchedule::Run>& runs) {
  std::set<RunKey> set;
  for (const RunSchedule::Run& run : runs) set.emplace(run.check, run.sequence);
  CPPUNIT_ASSERT_EQUAL(runs.size(), set.size());  // each is named once
  return set;
}

// The same thing thought through plainly: it looks at every check at every step.
class SlowSchedule {
 public:
  void add(CheckId check, CheckTiming timing, SteadyTime now) {
    // Where the second run lies isn't the model's to know: a schedule of its own, that has seen as many checks, tells.
    spreads_.add(check, timing, now);
    spreads_.advance(now);
    const Nanoseconds spread = spreads_.next() - now;
    CPPUNIT_ASSERT(spread > Nanoseconds(0) && spread <= timing.interval);
    spreads_.remove(check);
    spreads_.advance(now);
    checks_[check] = {timing, now, now + spread, false, false, false, 0, {}, {}};
  }
  void remove(CheckId check) { checks_.erase(check); }

  std::pair<std::set<RunKey>, std::set<RunKey>> advance(SteadyTime now) {
    std::set<RunKey> starts;
    std::set<RunKey> overdue;
    for (auto& [id, check] : checks_) {
      if (check.running && !check.overdue && now >= check.deadline) {
        check.overdue = true;
        overdue.emplace(id, check.sequence);
      }
      if (now < check.due) continue;
      if (!check.busy) {
        check.busy = true;
        check.since = check.due;
        starts.emplace(id, ++check.sequence);
      }
      // The next point of the grid (its first is the second run's) that is still to come.
      check.due = check.second;
      while (check.due <= now) check.due += check.timing.interval;
      check.second = check.due;
    }
    return {starts, overdue};
  }

  std::optional<Nanoseconds> started(RunKey run, SteadyTime now) {
    const auto found = checks_.find(run.first);
    if (found == checks_.end() || !found->second.busy || found->second.overdue || found->second.sequence != run.second) return std::nullopt;
    const bool again = found->second.running;  // its worker ended, and another one has begun it anew
    found->second.running = true;
    found->second.deadline = now + found->second.timing.timeout;
    if (again) return std::nullopt;
    return now - found->second.since;
  }

  RunSchedule::End ended(RunKey run) {
    const auto found = checks_.find(run.first);
    if (found == checks_.end() || !found->second.busy || found->second.sequence != run.second) return RunSchedule::End::unknown;
    const bool late = found->second.overdue;
    found->second.busy = found->second.running = found->second.overdue = false;
    return late ? RunSchedule::End::late : RunSchedule::End::inTime;
  }

  [[nodiscard]] SteadyTime next() const {
    SteadyTime next = SteadyTime::max();
    for (const auto& [id, check] : checks_) {
      next = std::min(next, check.due);
      if (check.running && !check.overdue) next = std::min(next, check.deadline);
    }
    return next;
  }
  [[nodiscard]] std::set<CheckId> stuckChecks() const {
    std::set<CheckId> stuck;
    for (const auto& [id, check] : checks_) {
      if (check.overdue) stuck.insert(id);
    }
    return stuck;
  }
  [[nodiscard]] std::vector<CheckId> ids() const {
    std::vector<CheckId> ids;
    for (const auto& [id, check] : checks_) ids.push_back(id);
    return ids;
  }

 private:
  struct Check {
    CheckTiming timing;
    SteadyTime due;
    SteadyTime second;  // of the grid
    bool busy;
    bool running;
    bool overdue;
    std::uint64_t sequence;
    SteadyTime since;
    SteadyTime deadline;
  };
  RunSchedule spreads_;
  std::map<CheckId, Check> checks_;
};

class RunScheduleModelTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RunScheduleModelTest);
  CPPUNIT_TEST(agreesWithThePlainModel);
  CPPUNIT_TEST_SUITE_END();

 public:
  void agreesWithThePlainModel() {
    for (int step = 0; step < 100'000; ++step) {
      const unsigned what = pick(100);
      if (what < 45) {
        advance();
      } else if (what < 68) {
        startSome();
      } else if (what < 92) {
        endSome();
      } else if (what < 94) {
        addOne();
      } else if (what < 96 && slow_.ids().size() > 5) {
        removeOne();
      } else if (what < 98) {
        strangers();
      } else if (what == 98 && pick(20) == 0) {
        now_ += std::chrono::seconds(pick(100));  // a stall
      }
      compare();
    }
    CPPUNIT_ASSERT_MESSAGE("the walk was too tame", runs_ > 5000 && overdue_ > 500 && late_ > 100 && in_time_ > 2000);
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  void compare() {
    CPPUNIT_ASSERT(schedule_.next() <= slow_.next());
    const std::vector<CheckId> stuck = schedule_.stuckChecks();
    CPPUNIT_ASSERT(std::set<CheckId>(stuck.begin(), stuck.end()) == slow_.stuckChecks());
  }

  void advance() {
    // Sometimes exactly when there is something to say, sometimes whenever.
    if (pick(2) == 0 && schedule_.next() != SteadyTime::max() && schedule_.next() > now_)
      now_ = schedule_.next() - Nanoseconds(pick(3) == 0 ? 1 : 0);
    else
      now_ += Nanoseconds(pick(60'000'000));
    const RunSchedule::Due due = schedule_.advance(now_);
    const auto [starts, overdue] = slow_.advance(now_);
    CPPUNIT_ASSERT(keys(due.starts) == starts);
    CPPUNIT_ASSERT(keys(due.overdue) == overdue);
    CPPUNIT_ASSERT(schedule_.next() == slow_.next());
    CPPUNIT_ASSERT(schedule_.next() > now_);
    for (const RunKey& run : starts) open_.push_back(run);
    runs_ += starts.size();
    overdue_ += overdue.size();
  }

  void startSome() {
    if (open_.empty()) return;
    const RunKey run = open_[pick(static_cast<unsigned>(open_.size()))];
    now_ += Nanoseconds(pick(1'000'000));
    CPPUNIT_ASSERT(schedule_.started({run.first, run.second}, now_) == slow_.started(run, now_));
  }

  void endSome() {
    if (open_.empty()) return;
    const auto at = open_.begin() + pick(static_cast<unsigned>(open_.size()));
    const RunKey run = *at;
    if (slow_.stuckChecks().count(run.first) > 0 && pick(4) != 0) return;  // what is stuck stays so for a while
    const RunSchedule::End end = schedule_.ended({run.first, run.second});
    CPPUNIT_ASSERT(end == slow_.ended(run));
    if (end == RunSchedule::End::late) ++late_;
    if (end == RunSchedule::End::inTime) ++in_time_;
    if (pick(10) != 0) open_.erase(at);  // else it ends once more later
  }

  void addOne() {
    if (slow_.ids().size() >= 25) return;
    const CheckTiming timing{Milliseconds(10 + pick(500)), Milliseconds(1 + pick(800))};
    schedule_.add(next_id_, timing, now_);
    slow_.add(next_id_, timing, now_);
    ++next_id_;
  }

  void removeOne() {
    const std::vector<CheckId> ids = slow_.ids();
    const CheckId id = ids[pick(static_cast<unsigned>(ids.size()))];
    schedule_.remove(id);
    slow_.remove(id);
  }

  void strangers() {
    const RunKey run{pick(40), pick(5)};
    CPPUNIT_ASSERT(schedule_.started({run.first, run.second}, now_) == slow_.started(run, now_));
    CPPUNIT_ASSERT(schedule_.ended({run.first, run.second}) == slow_.ended(run));
  }

  std::mt19937_64 random_{20251031};
  SteadyTime now_{std::chrono::hours(10)};
  RunSchedule schedule_;
  SlowSchedule slow_;
  std::vector<RunKey> open_;  // requested, perhaps started, perhaps over
  CheckId next_id_ = 1;
  std::size_t runs_ = 0;
  std::size_t overdue_ = 0;
  std::size_t late_ = 0;
  std::size_t in_time_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RunScheduleModelTest);

}  // namespace

}  // namespace pulsewatch
