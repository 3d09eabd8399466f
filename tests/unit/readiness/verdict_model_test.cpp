#include "unit/readiness/verdict_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <random>

namespace pulsewatch {

namespace {

using std::chrono::seconds;
using testing::VerdictBench;

constexpr std::size_t kChecks = 8;

std::string nameOf(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }

// The same thing thought through plainly: it keeps every run and every turn, and looks at all of them each time.
class PlainCheck {
 public:
  struct Terms {
    unsigned fall = 1;
    unsigned rise = 1;
    seconds window{0};
    std::vector<std::size_t> depends_on;
  };
  Terms terms;

  void run(char word, Nanoseconds now) {
    words_ += word;
    last_run = now;
    if (blocked) return;
    const bool passed = word != 'u';
    const CheckStatus said = word == 'h' ? CheckStatus::healthy : word == 'd' ? CheckStatus::degraded : CheckStatus::unhealthy;
    const std::size_t needed = passed ? terms.rise : terms.fall;
    const bool enough = !has_result || inARow(passed) >= needed;
    const CheckStatus was = settled;
    if (enough || passed == (settled != CheckStatus::unhealthy)) settled = said;
    if (has_result && settled != was) turns_.push_back({now, settled, was});
    if (!has_result) turns_.clear();
    if (!has_result || terms.window.count() == 0) held = false;
    has_result = true;
    std::size_t lately = 0;
    for (const Turn& turn : turns_) lately += now - turn.at <= terms.window ? 1U : 0U;
    const bool begins = !held && lately > 6 && terms.window.count() > 0;
    if (begins) {
      held = true;
      worst = turns_.back().from;
      for (std::size_t i = turns_.size() - 7; i < turns_.size(); ++i) worst = std::min(worst, turns_[i].to);
    }
    if (lately <= 3) held = false;
    worst = std::min(held ? worst : settled, settled);
  }
  [[nodiscard]] CheckStatus shown() const { return blocked || !has_result ? CheckStatus::unhealthy : held ? worst : settled; }
  [[nodiscard]] std::size_t inARow(bool passed) const {
    std::size_t count = 0;
    for (auto word = words_.rbegin(); word != words_.rend() && (*word != 'u') == passed; ++word) ++count;
    return count;
  }
  [[nodiscard]] std::size_t runs() const { return words_.size(); }

  bool has_result = false;
  bool blocked = false;
  bool held = false;
  CheckStatus settled = CheckStatus::unhealthy;
  CheckStatus worst = CheckStatus::unhealthy;
  Nanoseconds last_run{0};

 private:
  struct Turn {
    Nanoseconds at;
    CheckStatus to;
    CheckStatus from;
  };
  std::string words_;
  std::vector<Turn> turns_;
};

// What the plain checks come to at a moment.
class PlainVerdict {
 public:
  explicit PlainVerdict(std::array<PlainCheck, kChecks>& checks, Nanoseconds now) : checks_(checks), now_(now) {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < kChecks; ++i) {
        PlainCheck& check = checks_[i];
        if (check.blocked == notChecked(i)) continue;
        check.blocked = !check.blocked;
        check.has_result = false;
        check.settled = CheckStatus::unhealthy;
        changed = true;
      }
    }
  }
  [[nodiscard]] bool stale(std::size_t i) const { return checks_[i].has_result && now_ - checks_[i].last_run > seconds(32); }
  [[nodiscard]] bool notChecked(std::size_t i) const {
    for (const std::size_t other : checks_[i].terms.depends_on) {
      if (unhealthy(other)) return true;
    }
    return false;
  }
  [[nodiscard]] bool unhealthy(std::size_t i) const {
    return notChecked(i) || !checks_[i].has_result || stale(i) || checks_[i].shown() == CheckStatus::unhealthy;
  }
  void roots(std::size_t i, std::set<std::string>& found) const {
    if (!notChecked(i)) {
      found.insert(nameOf(i));
      return;
    }
    for (const std::size_t other : checks_[i].terms.depends_on) {
      if (unhealthy(other)) roots(other, found);
    }
  }

 private:
  std::array<PlainCheck, kChecks>& checks_;
  Nanoseconds now_;
};

class VerdictModelTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(VerdictModelTest);
  CPPUNIT_TEST(aMillionSteps);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Twenty boards, fifty thousand steps on each.
  void aMillionSteps() {
    for (int round = 0; round < 20; ++round) {
      begin();
      for (int step = 0; step < 50'000; ++step) {
        const unsigned what = pick(8);
        if (what < 5)
          runSome();
        else if (what < 7)
          bench_->run(Nanoseconds(seconds(1)) * pick(pick(20) == 0 ? 40 : 6));
        else
          compare();
      }
    }
    // All of it has been seen often.
    CPPUNIT_ASSERT(held_ > 1000 && not_checked_ > 10'000 && stale_ > 1000 && ready_ > 1000 && not_ready_ > 1000 && deep_ > 1000);
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  void begin() {
    bench_ = std::make_unique<VerdictBench>();
    plain_ = {};
    for (std::size_t i = 0; i < kChecks; ++i) {
      PlainCheck::Terms& terms = plain_[i].terms;
      terms.fall = 1 + pick(3);
      terms.rise = 1 + pick(3);
      terms.window = seconds(pick(2) == 0 ? 0 : 60 + pick(300));
      CheckPolicy policy = VerdictBench::policy(nameOf(i));
      policy.fall = terms.fall;
      policy.rise = terms.rise;
      policy.flap_window = terms.window;
      for (std::size_t other = 0; other < kChecks; ++other) {
        // Neither always on earlier names nor on later ones, and without circles.
        if ((other * 5) % kChecks >= (i * 5) % kChecks || pick(4) != 0) continue;
        terms.depends_on.push_back(other);
        policy.depends_on.push_back(nameOf(other));
      }
      plain_[i].blocked = !terms.depends_on.empty();  // until it is judged
      bench_->add(policy);
    }
    word_of_.fill('h');
  }

  // Mostly what it said before, so that all can be well at a time; one that is paused only ends a run that was under way.
  void runSome() {
    const std::size_t i = pick(kChecks);
    const bool paused = bench_->paused.count(bench_->ids.at(nameOf(i))) > 0;
    if (paused && pick(10) != 0) return;
    if (pick(6) == 0) word_of_[i] = "hhhhdu"[pick(6)];
    const char word = word_of_[i];
    bench_->result(nameOf(i),
                   word == 'h'   ? RunOutcome::healthy
                   : word == 'd' ? RunOutcome::degraded
                                 : RunOutcome::timeout,
                   std::string(name(word == 'h'   ? CheckStatus::healthy
                                    : word == 'd' ? CheckStatus::degraded
                                                  : CheckStatus::unhealthy)));
    plain_[i].run(word, bench_->active);
  }

  void compare() {
    const Verdict& verdict = bench_->judgeNow();
    const PlainVerdict plain(plain_, bench_->active);
    bool ready = true;
    for (std::size_t i = 0; i < kChecks; ++i) {
      const CheckVerdict& check = verdict.checks.at(i);
      const std::string& name = check.row->policy->name;
      const PlainCheck& own = plain_[i];
      const bool not_checked = plain.notChecked(i);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, plain.unhealthy(i), check.status == CheckStatus::unhealthy);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, not_checked, check.reason == VoteReason::notChecked);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, not_checked, bench_->paused.count(check.row->check) > 0);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, not_checked, shownMessage(check).rfind("not checked: ", 0) == 0);
      CPPUNIT_ASSERT_EQUAL(static_cast<unsigned>(own.inARow(false)), check.row->state->consecutive_failures);
      CPPUNIT_ASSERT_EQUAL(static_cast<unsigned>(own.inARow(true)), check.row->state->consecutive_passes);
      if (!not_checked && own.has_result && !plain.stale(i)) {
        CPPUNIT_ASSERT_MESSAGE(name, check.status == own.shown());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(name, own.held, check.reason == VoteReason::flapping);
        // The message is of the status that is shown.
        CPPUNIT_ASSERT_EQUAL(std::string(pulsewatch::name(own.shown())) + (own.held ? " (flapping)" : ""), shownMessage(check));
      }
      std::set<std::string> roots;
      if (not_checked) plain.roots(i, roots);
      std::set<std::string> found;
      for (const CheckVerdict* root : rootCauses(verdict, {&check})) found.insert(root->row->policy->name);
      CPPUNIT_ASSERT_MESSAGE(name, roots == found);
      ready = ready && !plain.unhealthy(i);
      count(check, not_checked, plain.stale(i), found);
    }
    CPPUNIT_ASSERT_EQUAL(ready, verdict.ready);
    ++(ready ? ready_ : not_ready_);
    causesFirst(verdict);
  }

  void count(const CheckVerdict& check, bool not_checked, bool stale, const std::set<std::string>& roots) {
    if (check.reason == VoteReason::flapping) ++held_;
    if (not_checked) ++not_checked_;
    if (stale && !not_checked) ++stale_;
    const std::vector<std::string>& direct = check.row->policy->depends_on;
    for (const std::string& root : roots) deep_ += std::find(direct.begin(), direct.end(), root) == direct.end() ? 1U : 0U;
  }

  // No check is told of before all that it is not checked for.
  static void causesFirst(const Verdict& verdict) {
    std::set<const CheckVerdict*> told;
    for (const CheckVerdict* check : decisiveChecks(verdict)) {
      for (const CheckVerdict* root : rootCauses(verdict, {check})) CPPUNIT_ASSERT(told.count(root) == 1);
      CPPUNIT_ASSERT(told.insert(check).second);
    }
    CPPUNIT_ASSERT_EQUAL(verdict.reasons.size(), told.size());
  }

  std::mt19937_64 random_{20251031};
  std::unique_ptr<VerdictBench> bench_;
  std::array<PlainCheck, kChecks> plain_;
  std::array<char, kChecks> word_of_{};
  std::size_t held_ = 0;
  std::size_t not_checked_ = 0;
  std::size_t stale_ = 0;
  std::size_t ready_ = 0;
  std::size_t not_ready_ = 0;
  std::size_t deep_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(VerdictModelTest);

}  // namespace

}  // namespace pulsewatch
