#include "plugin/trial.h"

#include "unit/plugin/fixture_plugin.h"
#include "unit/plugin/runner_recorder.h"

#include <cppunit/extensions/HelperMacros.h>

#include <thread>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;

// What a trial is of: gives up runs, nothing else.
class SilentRunner final : public CheckRunner {
 public:
  void add(CheckId /*check*/, const CheckSpec& /*spec*/) override {}
  void remove(CheckId /*check*/) override {}
  void start(RunRequest /*request*/) override {}
  void giveUp(CheckId check, std::uint64_t sequence) override { given_up.emplace_back(check, sequence); }
  bool stop(SteadyTime /*until*/) override { return true; }
  std::vector<std::pair<CheckId, std::uint64_t>> given_up;
};

class TrialTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TrialTest);
  CPPUNIT_TEST(passesOnWhatIsAdmitted);
  CPPUNIT_TEST(nobodyHearsOfATrial);
  CPPUNIT_TEST(crashed);
  CPPUNIT_TEST(hangs);
  CPPUNIT_TEST(killed);
  CPPUNIT_TEST(slowButInTime);
  CPPUNIT_TEST_SUITE_END();

 public:
  void passesOnWhatIsAdmitted() {
    trial_.runStarted(1, 1, now());
    trial_.runEnded(report(1, RunOutcome::healthy));
    trial_.seriesAdded({1, 0, 0, {}});
    trial_.runWanted(1);
    CPPUNIT_ASSERT(next_.starts(1) == 1 && next_.reports(1).size() == 1 && next_.series().size() == 1 && next_.wanted().size() == 1);
    CPPUNIT_ASSERT(!trial_.admit(1));
  }

  void nobodyHearsOfATrial() {
    put(1);
    put(2);
    for (const CheckId check : {1U, 2U}) {
      trial_.seriesAdded({check, 0, 0, {"x"}});
      trial_.runStarted(check, 1, now());
      trial_.runWanted(check);
      trial_.runEnded(report(check, RunOutcome::unhealthy));  // what it found doesn't matter
    }
    trial_.runStarted(3, 1, now());  // not on trial
    CPPUNIT_ASSERT_EQUAL(std::string(), trial_.outcome(runner_, milliseconds(1000)));
    CPPUNIT_ASSERT(next_.starts() == 1 && next_.reports().empty() && next_.series().empty() && next_.wanted().empty());
    CPPUNIT_ASSERT(trial_.admit(1));
    CPPUNIT_ASSERT(next_.series().size() == 1 && next_.series()[0].check == 1);
    trial_.runStarted(1, 2, now());
    trial_.runStarted(2, 2, now());
    CPPUNIT_ASSERT(next_.starts(1) == 1 && next_.starts(2) == 0);
  }

  void crashed() {
    put(1);
    put(2);
    RunReport crash = report(2, RunOutcome::crash);
    crash.message = "plugin crashed: SIGSEGV";
    trial_.runEnded(std::move(crash));
    CPPUNIT_ASSERT_EQUAL(std::string("its check check-2: plugin crashed: SIGSEGV"), trial_.outcome(runner_, milliseconds(1000)));
  }

  void hangs() {
    put(1, milliseconds(30));
    trial_.runStarted(1, 1, now());
    CPPUNIT_ASSERT_EQUAL(std::string("its check check-1 did not end its run within 80 ms"), trial_.outcome(runner_, milliseconds(50)));
    CPPUNIT_ASSERT((runner_.given_up == std::vector<std::pair<CheckId, std::uint64_t>>{{1, 1}}));
  }

  // Killed for it before the grace was over.
  void killed() {
    put(1);
    trial_.runEnded(report(1, RunOutcome::timeout));
    CPPUNIT_ASSERT_EQUAL(std::string(), trial_.outcome(runner_, milliseconds(1000), true));
    CPPUNIT_ASSERT_EQUAL(std::string("its check check-1 did not end its run within 3 s"), trial_.outcome(runner_, milliseconds(1000)));
  }

  // Given up, and ended within the grace.
  void slowButInTime() {
    put(1, milliseconds(10));
    trial_.runStarted(1, 1, now());
    std::thread end([&] {
      std::this_thread::sleep_until(now() + milliseconds(40));  // longer than its timeout
      trial_.runEnded(report(1, RunOutcome::healthy));
    });
    const std::string fault = trial_.outcome(runner_, std::chrono::seconds(20));
    end.join();
    CPPUNIT_ASSERT_EQUAL(std::string(), fault);
  }

 private:
  static SteadyTime now() { return std::chrono::steady_clock::now(); }
  static RunReport report(CheckId check, RunOutcome outcome) {
    RunReport report;
    report.check = check;
    report.sequence = 1;
    report.outcome = outcome;
    return report;
  }
  void put(CheckId check, milliseconds timeout = milliseconds(2000)) {
    CheckSpec spec;
    spec.name = "check-" + std::to_string(check);
    spec.timeout = timeout;
    trial_.begin(runner_, check, spec);
  }

  testing::RunnerRecorder next_;
  SilentRunner runner_;
  Trial trial_{next_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(TrialTest);

}  // namespace

}  // namespace pulsewatch
