#include "schedule/run_schedule.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
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
    spreads_.add(check, {timing.interval, timing.timeout}, now);
    spreads_.advance(now);
    const Nanoseconds spread = spreads_.next() - now;
    CPPUNIT_ASSERT(spread > Nanoseconds(0) && spread <= timing.interval);
    spreads_.remove(check);
    spreads_.advance(now);
    Check& added = checks_[check];
    added.timing = timing;
    added.due = now;
    added.second = now + spread;
    added.credit = RunSchedule::kWanted * costOf(timing);
    added.credited = now;
    setPace(added, Pace::failing, now);
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
      const bool is_due = now >= check.due;
      const bool is_fast = check.fast && now >= *check.fast;
      const bool may = check.wanted && !check.busy && creditAt(check, now) >= costOf(check.timing);
      if (!is_due && !is_fast && !may) continue;
      if (!check.busy) {
        check.since = is_due && (!is_fast || check.due < *check.fast) ? check.due : is_fast ? *check.fast : now;
        begin(check, !is_due && !is_fast, now);
        starts.emplace(id, check.sequence);
      }
      if (is_fast && now - check.pace_since >= std::chrono::minutes(2)) check.step += check.step;
      if (is_due) {
        // The next point of the grid (its first is the second run's) that is still to come.
        check.due = check.second;
        while (check.due <= now) check.due += check.timing.interval;
        check.second = check.due;
      }
      if (is_due || is_fast) check.fast = nextFast(check, now);
    }
    return {starts, overdue};
  }

  std::optional<RunKey> want(CheckId id, SteadyTime now) {
    const auto found = checks_.find(id);
    if (found == checks_.end()) return std::nullopt;
    Check& check = found->second;
    check.wanted = true;
    if (check.busy || creditAt(check, now) < costOf(check.timing)) return std::nullopt;
    check.since = now;
    begin(check, true, now);
    return RunKey(id, check.sequence);
  }

  void setPace(RunKey run, Pace pace, SteadyTime now) {
    const auto found = checks_.find(run.first);
    if (found == checks_.end() || run.second < found->second.paced) return;
    Check& check = found->second;
    check.paced = run.second;
    if (check.pace == pace) return;
    if (check.pace == Pace::normal && check.by_want && check.sequence == run.second)
      check.credit = std::min<Nanoseconds>(RunSchedule::kWanted * costOf(check.timing), creditAt(check, now) + costOf(check.timing)),
      check.credited = now;
    setPace(check, pace, now);
    check.fast = nextFast(check, now);
  }

  void stall(Nanoseconds length, SteadyTime now) {
    stall_ = {now - length, now};
    for (auto& [id, check] : checks_) {
      if (!check.busy || check.overdue) continue;
      check.stalled += length;
      if (check.running) check.deadline += length;
    }
  }

  bool repeat(RunKey run, SteadyTime now) {
    const auto found = checks_.find(run.first);
    if (found == checks_.end() || found->second.sequence != run.second) return false;
    Check& check = found->second;
    if (!check.running || check.overdue || check.stalled == Nanoseconds(0) || check.stalled < Nanoseconds(check.timing.timeout) / 4)
      return false;
    check.running = false;
    check.since = now;
    check.stalled = Nanoseconds(0);
    return true;
  }

  std::optional<Nanoseconds> started(RunKey run, SteadyTime now) {
    const auto found = checks_.find(run.first);
    if (found == checks_.end() || !found->second.busy || found->second.overdue || found->second.sequence != run.second) return std::nullopt;
    const bool again = found->second.running;  // its worker ended, and another one has begun it anew
    found->second.running = true;
    found->second.deadline = now + found->second.timing.timeout;
    // What of the last stall lies behind its start is not its own time.
    if (now < stall_.second) found->second.deadline += stall_.second - std::max(now, stall_.first);
    if (again) return std::nullopt;
    return std::max(Nanoseconds(0), Nanoseconds(now - found->second.since));
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
      if (check.fast) next = std::min(next, *check.fast);
      if (check.wanted && !check.busy) next = std::min(next, check.credited + (costOf(check.timing) - check.credit));
      if (check.running && !check.overdue) next = std::min(next, check.deadline);
    }
    return next;
  }
  [[nodiscard]] Nanoseconds stalled(RunKey run) const {
    const auto found = checks_.find(run.first);
    if (found == checks_.end() || found->second.sequence != run.second) return Nanoseconds(0);
    return found->second.stalled < Nanoseconds(found->second.timing.timeout) / 4 ? Nanoseconds(0) : found->second.stalled;
  }
  // How many of these runs are none of the grid's.
  [[nodiscard]] std::size_t between(const std::set<RunKey>& runs) const {
    return static_cast<std::size_t>(
        std::count_if(runs.begin(), runs.end(), [&](const RunKey& run) { return checks_.at(run.first).fast.has_value(); }));
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
    bool busy = false;
    bool running = false;
    bool overdue = false;
    std::uint64_t sequence = 0;
    SteadyTime since;
    SteadyTime deadline;
    Nanoseconds stalled{0};
    Pace pace = Pace::failing;
    SteadyTime pace_since;
    Nanoseconds step{0};
    std::optional<SteadyTime> fast;
    std::uint64_t paced = 0;
    bool wanted = false;    // and not begun
    Nanoseconds credit{0};  // for runs that are wanted, at `credited`
    SteadyTime credited;
    bool by_want = false;
  };

  static Nanoseconds costOf(const CheckTiming& timing) { return std::min<Nanoseconds>(timing.interval, RunSchedule::kWantedAgain); }
  static Nanoseconds creditAt(const Check& check, SteadyTime now) {
    return std::min<Nanoseconds>(RunSchedule::kWanted * costOf(check.timing), check.credit + (now - check.credited));
  }
  static void begin(Check& check, bool by_want, SteadyTime now) {
    check.busy = true;
    check.wanted = false;
    check.stalled = Nanoseconds(0);
    check.by_want = by_want;
    ++check.sequence;
    if (!by_want) return;
    check.credit = creditAt(check, now) - costOf(check.timing);
    check.credited = now;
  }
  static void setPace(Check& check, Pace pace, SteadyTime now) {
    check.pace = pace;
    check.pace_since = now;
    check.step = check.timing.fast_interval > Milliseconds(0) ? check.timing.fast_interval : check.timing.interval;
  }
  // The earliest point so many steps before the next of the grid that is at least half a step away.
  static std::optional<SteadyTime> nextFast(const Check& check, SteadyTime now) {
    std::optional<SteadyTime> fast;
    if (check.pace == Pace::normal || check.step >= check.timing.interval) return fast;
    for (SteadyTime point = check.due - check.step; point >= now + check.step / 2; point -= check.step) fast = point;
    return fast;
  }

  std::pair<SteadyTime, SteadyTime> stall_;  // the last one
  RunSchedule spreads_;
  std::map<CheckId, Check> checks_;
};

class RunScheduleModelTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RunScheduleModelTest);
  CPPUNIT_TEST(agreesWithThePlainModel);
  CPPUNIT_TEST_SUITE_END();

 public:
  void agreesWithThePlainModel() {
    for (int step = 0; step < 1'000'000; ++step) {
      const unsigned what = pick(100);
      if (what < 40) {
        advance();
      } else if (what < 62) {
        startSome();
      } else if (what < 84) {
        endSome();
      } else if (what < 92) {
        wantOne();
      } else if (what < 94) {
        addOne();
      } else if (what < 96 && slow_.ids().size() > 5) {
        removeOne();
      } else if (what < 98) {
        strangers();
      } else if (what == 98 && pick(20) == 0) {
        now_ += std::chrono::seconds(pick(100));  // and nobody noticed
      } else if (what == 99 && pick(10) == 0) {
        stall();
      }
      last_ = std::to_string(step) + " what " + std::to_string(what);
      compare();
    }
    CPPUNIT_ASSERT_MESSAGE("the walk was too tame", runs_ > 50'000 && overdue_ > 5000 && late_ > 1000 && in_time_ > 20'000 &&
                                                        wanted_ > 1000 && waited_ > 1000 && between_ > 1000 && repeated_ > 100);
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  void compare() {
    const Nanoseconds off = std::max(schedule_.next(), now_) - std::max(slow_.next(), now_);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(last_, Nanoseconds(0).count(), off.count());
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
    between_ += slow_.between(starts);
    runs_ += starts.size();
    overdue_ += overdue.size();
  }

  void startSome() {
    if (open_.empty()) return;
    const RunKey run = open_[pick(static_cast<unsigned>(open_.size()))];
    now_ += Nanoseconds(pick(1'000'000));
    const SteadyTime at = now_ - Milliseconds(pick(5) == 0 ? pick(3000) : 0);  // as a worker told it, perhaps during a stall
    CPPUNIT_ASSERT(schedule_.started({run.first, run.second}, at) == slow_.started(run, at));
  }

  void endSome() {
    if (open_.empty()) return;
    const auto at = open_.begin() + pick(static_cast<unsigned>(open_.size()));
    const RunKey run = *at;
    if (slow_.stuckChecks().count(run.first) > 0 && pick(4) != 0) return;  // what is stuck stays so for a while
    CPPUNIT_ASSERT(schedule_.stalled({run.first, run.second}) == slow_.stalled(run));
    if (pick(2) == 0) {
      const bool again = schedule_.repeat({run.first, run.second}, now_);
      CPPUNIT_ASSERT_EQUAL(slow_.repeat(run, now_), again);
      if (again) {
        ++repeated_;
        return;
      }
    }
    const RunSchedule::End end = schedule_.ended({run.first, run.second});
    CPPUNIT_ASSERT(end == slow_.ended(run));
    if (end == RunSchedule::End::late) ++late_;
    if (end == RunSchedule::End::inTime) ++in_time_;
    if (pick(10) != 0) open_.erase(at);  // else it ends once more later
    if (pick(8) == 0) return;
    // Most checks are well most of the time.
    const Pace pace = pick(5) != 0 ? Pace::normal : pick(2) == 0 ? Pace::failing : Pace::turning;
    schedule_.setPace({run.first, run.second}, pace, now_);
    slow_.setPace(run, pace, now_);
  }

  void wantOne() {
    const std::vector<CheckId> ids = slow_.ids();
    const CheckId id = ids.empty() || pick(20) == 0 ? pick(40) : ids[pick(static_cast<unsigned>(ids.size()))];
    const auto run = schedule_.want(id, now_);
    const auto expected = slow_.want(id, now_);
    CPPUNIT_ASSERT_EQUAL(expected.has_value(), run.has_value());
    if (!run) {
      ++waited_;
      return;
    }
    CPPUNIT_ASSERT(RunKey(run->check, run->sequence) == *expected);
    open_.push_back(*expected);
    ++wanted_;
  }

  void stall() {
    const Nanoseconds length(Milliseconds(100 + pick(pick(2) == 0 ? 500 : 20'000)));
    now_ += length;
    schedule_.stall(length, now_);
    slow_.stall(length, now_);
  }

  void addOne() {
    if (slow_.ids().size() >= 25) return;
    const Milliseconds interval(10 + pick(pick(4) == 0 ? 30'000 : 500));
    const CheckTiming timing{interval, Milliseconds(1 + pick(800)), Milliseconds(pick(static_cast<unsigned>(interval.count())))};
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
  std::string last_;
  std::size_t wanted_ = 0;
  std::size_t waited_ = 0;
  std::size_t between_ = 0;
  std::size_t repeated_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RunScheduleModelTest);

}  // namespace

}  // namespace pulsewatch
