#include "result/result_board.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

using std::chrono::seconds;

struct Recorder final : BoardListener {
  struct Seen {
    std::string check;
    bool turned;
    CheckStatus status;
  };
  std::vector<Seen> seen;
  void resultCame(const BoardChange& change) override { seen.push_back({change.policy.name, change.turned(), change.after.status}); }
};

CheckPolicy named(const std::string& name) {
  CheckPolicy policy;
  policy.name = name;
  return policy;
}

RunReport run(CheckId check, std::uint64_t sequence, RunOutcome outcome, Milliseconds duration = Milliseconds(3)) {
  RunReport report;
  report.check = check;
  report.sequence = sequence;
  report.outcome = outcome;
  report.duration = duration;
  return report;
}

CheckTally tallyOf(const ResultBoard& board, const std::string& name) {
  CheckTally found;
  board.visit([&](const BoardRow& row, const CheckTally& tally) {
    if (row.policy->name == name) found = tally;
  });
  return found;
}

class ResultBoardTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ResultBoardTest);
  CPPUNIT_TEST(tellsOfEveryResult);
  CPPUNIT_TEST(tallies);
  CPPUNIT_TEST(anUnavailableCheckHasItsReasonAtOnce);
  CPPUNIT_TEST(aSnapshotNeverChanges);
  CPPUNIT_TEST(visitsManyInOrder);
  CPPUNIT_TEST(otherTerms);
  CPPUNIT_TEST(blockedAndReleased);
  CPPUNIT_TEST(removed);
  CPPUNIT_TEST(unknownChecksAreIgnored);
  CPPUNIT_TEST(newcomersAreLetInInOneStep);
  CPPUNIT_TEST(newcomersAreWaitedFor);
  CPPUNIT_TEST(countsEveryRunOfManyThreads);
  CPPUNIT_TEST(histogram);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tellsOfEveryResult() {
    Recorder recorder;
    ResultBoard board(recorder);
    board.add(1, named("a"), {});
    for (const auto& [sequence, outcome] :
         {std::pair<std::uint64_t, RunOutcome>{1, RunOutcome::healthy}, {2, RunOutcome::healthy}, {3, RunOutcome::timeout}})
      board.apply(run(1, sequence, outcome), {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, recorder.seen.size());
    CPPUNIT_ASSERT(recorder.seen[0].turned);  // the first result is a turn
    CPPUNIT_ASSERT(!recorder.seen[1].turned);
    CPPUNIT_ASSERT(recorder.seen[2].turned && recorder.seen[2].status == CheckStatus::unhealthy);
  }

  void tallies() {
    Recorder recorder;
    ResultBoard board(recorder);
    CheckPolicy policy = named("a");
    policy.degraded_after = Milliseconds(100);
    board.add(1, policy, {});
    board.apply(run(1, 1, RunOutcome::unhealthy), {});
    board.apply(run(1, 2, RunOutcome::timeout, seconds(2)), {});
    board.apply(run(1, 3, RunOutcome::healthy), {});
    board.apply(run(1, 4, RunOutcome::healthy, Milliseconds(200)), {});  // too slow: degraded
    board.apply(run(1, 5, RunOutcome::crash), {});
    const CheckTally tally = tallyOf(board, "a");
    CPPUNIT_ASSERT((tally.runs == std::array<std::uint64_t, kRunOutcomes>{1, 1, 1, 1, 1}));
    // to unhealthy at the first and the last run, to healthy at the third, to degraded at the fourth
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, tally.transitions[static_cast<std::size_t>(CheckStatus::unhealthy)]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, tally.transitions[static_cast<std::size_t>(CheckStatus::healthy)]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, tally.transitions[static_cast<std::size_t>(CheckStatus::degraded)]);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(2.209, tally.durations.sum(), 1e-9);
  }

  void newcomersAreLetInInOneStep() {
    Recorder recorder;
    ResultBoard board(recorder);
    board.add(1, named("old"), {});
    board.add(2, named("other"), {});
    board.apply(run(2, 1, RunOutcome::healthy), {});
    board.add(3, named("new"), {}, ResultBoard::Comes::later);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, board.snapshot()->size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, tallyOf(board, "new").runs[0]);  // its series are there
    board.apply(run(3, 1, RunOutcome::healthy), {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, board.snapshot()->size());
    CheckPolicy other = named("other");
    other.critical = false;
    board.letIn({{{2, other}, {99, named("unknown")}}, {1, 98}}, {});
    const auto snapshot = board.snapshot();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, snapshot->size());
    CPPUNIT_ASSERT_EQUAL(std::string("new"), snapshot->front().policy->name);
    CPPUNIT_ASSERT(snapshot->front().state->has_result);
    CPPUNIT_ASSERT(!snapshot->back().policy->critical && snapshot->back().state->has_result);
  }

  void newcomersAreWaitedFor() {
    Recorder recorder;
    ResultBoard board(recorder);
    const auto later = [] { return std::chrono::steady_clock::now() + seconds(20); };
    board.waitForNewcomers(later());  // there are none
    CheckPolicy unavailable = named("c");
    unavailable.unavailable = "plugin refused: is empty";
    board.add(1, named("a"), {}, ResultBoard::Comes::later);
    board.add(2, named("b"), {}, ResultBoard::Comes::later);
    board.add(3, unavailable, {}, ResultBoard::Comes::later);
    board.waitForNewcomers(std::chrono::steady_clock::now());
    board.remove(2);
    std::thread result([&] { board.apply(run(1, 1, RunOutcome::unhealthy), {}); });
    board.waitForNewcomers(later());
    result.join();
    CPPUNIT_ASSERT(board.snapshot()->empty());
    board.add(4, named("d"), {}, ResultBoard::Comes::later);
    board.hurry();
    const auto begin = std::chrono::steady_clock::now();
    board.waitForNewcomers(later());
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < seconds(10));
    board.letIn({}, {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, board.snapshot()->size());
  }

  void anUnavailableCheckHasItsReasonAtOnce() {
    Recorder recorder;
    ResultBoard board(recorder);
    CheckPolicy policy = named("a");
    policy.unavailable = "plugin refused: is empty";
    board.add(1, policy, WallTime(seconds(7)));
    const CheckState& state = *board.snapshot()->front().state;
    CPPUNIT_ASSERT(state.has_result && state.status == CheckStatus::unhealthy);
    CPPUNIT_ASSERT_EQUAL(std::string("plugin refused: is empty"), state.message);
    CPPUNIT_ASSERT(state.since == WallTime(seconds(7)));
  }

  // The tallies stay; what can't run any more is unhealthy at once, and back only with a result.
  void otherTerms() {
    Recorder recorder;
    ResultBoard board(recorder);
    board.add(1, named("a"), WallTime());
    board.apply(run(1, 1, RunOutcome::healthy), {WallTime(seconds(1)), seconds(1)});
    CheckPolicy gone = named("a");
    gone.unavailable = "plugin a is gone";
    board.setPolicy(1, gone, {WallTime(seconds(5)), seconds(5)});
    const auto lost = board.snapshot()->at(0);
    CPPUNIT_ASSERT(lost.state->status == CheckStatus::unhealthy && lost.state->message == "plugin a is gone");
    CPPUNIT_ASSERT(lost.state->since == WallTime(seconds(5)) && lost.policy->unavailable == "plugin a is gone");
    board.setPolicy(1, named("a"), {WallTime(seconds(9)), seconds(9)});
    const auto back = board.snapshot()->at(0);
    CPPUNIT_ASSERT(back.state->status == CheckStatus::unhealthy && back.policy->unavailable.empty());
    CPPUNIT_ASSERT(back.state->last_run.active == seconds(9));  // it isn't stale for the time it was away
    board.apply(run(1, 2, RunOutcome::healthy), {WallTime(seconds(10)), seconds(10)});
    CPPUNIT_ASSERT(board.snapshot()->at(0).state->status == CheckStatus::healthy);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, tallyOf(board, "a").runs[static_cast<std::size_t>(RunOutcome::healthy)]);
    board.setPolicy(7, named("b"), {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, board.size());
  }

  void blockedAndReleased() {
    Recorder recorder;
    ResultBoard board(recorder);
    board.add(1, named("a"), WallTime());
    board.apply(run(1, 1, RunOutcome::healthy), {WallTime(seconds(1)), seconds(1)});
    const auto blocked = board.block(1, Block::unhealthy, "not checked: b is unhealthy", WallTime(seconds(5)));
    CPPUNIT_ASSERT(blocked && blocked->before->status == CheckStatus::healthy && blocked->policy->name == "a");
    CPPUNIT_ASSERT(blocked->after->since == WallTime(seconds(5)) && !blocked->after->has_result);
    CPPUNIT_ASSERT_MESSAGE("it is so already", !board.block(1, Block::unhealthy, "not checked: b is unhealthy", WallTime(seconds(6))));
    CPPUNIT_ASSERT(!board.block(7, Block::unhealthy, "nobody", WallTime()));
    board.apply(run(1, 2, RunOutcome::healthy), {WallTime(seconds(7)), seconds(7)});
    CPPUNIT_ASSERT_MESSAGE("no news", !recorder.seen.back().turned);
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: b is unhealthy"), board.snapshot()->at(0).state->message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, board.history("a").runs.size());
    board.release(1);
    CPPUNIT_ASSERT_EQUAL(std::string(kNoResultYet), board.snapshot()->at(0).state->message);
    board.apply(run(1, 3, RunOutcome::healthy), {WallTime(seconds(8)), seconds(8)});
    CPPUNIT_ASSERT(recorder.seen.back().turned && recorder.seen.back().status == CheckStatus::healthy);
    const CheckTally tally = tallyOf(board, "a");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, tally.transitions[static_cast<std::size_t>(CheckStatus::unhealthy)]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, tally.transitions[static_cast<std::size_t>(CheckStatus::healthy)]);
    CPPUNIT_ASSERT(board.history("nobody").runs.empty());
  }

  void removed() {
    Recorder recorder;
    ResultBoard board(recorder);
    board.add(1, named("a"), WallTime());
    board.add(2, named("b"), WallTime());
    board.remove(1);
    board.remove(1);
    CPPUNIT_ASSERT(board.size() == 1 && board.snapshot()->at(0).policy->name == "b");
    board.apply(run(1, 1, RunOutcome::healthy), {});
    CPPUNIT_ASSERT(recorder.seen.empty());
    board.add(3, named("a"), WallTime());
    CPPUNIT_ASSERT(board.snapshot()->at(0).check == 3 && !board.snapshot()->at(0).state->has_result);
  }

  void aSnapshotNeverChanges() {
    Recorder recorder;
    ResultBoard board(recorder);
    board.add(1, named("a"), {});
    const auto before = board.snapshot();
    board.apply(run(1, 1, RunOutcome::healthy), {});
    board.add(2, named("b"), {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, before->size());
    CPPUNIT_ASSERT(!before->front().state->has_result);
    CPPUNIT_ASSERT(board.snapshot()->front().state->has_result);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, board.size());
  }

  void visitsManyInOrder() {
    Recorder recorder;
    ResultBoard board(recorder);
    for (CheckId id = 1; id <= 1000; ++id) board.add(id, named("check" + std::to_string(id)), {});
    std::vector<std::string> names;
    board.visit([&](const BoardRow& row, const CheckTally&) { names.push_back(row.policy->name); });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, names.size());
    CPPUNIT_ASSERT(std::is_sorted(names.begin(), names.end()));
    CPPUNIT_ASSERT(std::adjacent_find(names.begin(), names.end()) == names.end());
  }

  void unknownChecksAreIgnored() {
    Recorder recorder;
    ResultBoard board(recorder);
    board.apply(run(9, 1, RunOutcome::healthy), {});
    CPPUNIT_ASSERT(recorder.seen.empty());
  }

  void countsEveryRunOfManyThreads() {
    struct Silent final : BoardListener {
      void resultCame(const BoardChange& /*change*/) override {}
    } silent;
    ResultBoard board(silent);
    constexpr std::uint64_t kRuns = 2000;
    for (CheckId id = 1; id <= 4; ++id) board.add(id, named("c" + std::to_string(id)), {});
    std::vector<std::thread> threads;
    for (CheckId id = 1; id <= 4; ++id) {
      threads.emplace_back([&board, id] {
        for (std::uint64_t i = 1; i <= kRuns; ++i) board.apply(run(id, i, i % 2 == 0 ? RunOutcome::healthy : RunOutcome::unhealthy), {});
      });
    }
    for (int i = 0; i < 100; ++i) (void)board.snapshot();
    for (std::thread& thread : threads) thread.join();
    for (CheckId id = 1; id <= 4; ++id) {
      const CheckTally tally = tallyOf(board, "c" + std::to_string(id));
      CPPUNIT_ASSERT_EQUAL(kRuns / 2, tally.runs[static_cast<std::size_t>(RunOutcome::healthy)]);
      CPPUNIT_ASSERT_EQUAL(kRuns / 2, tally.runs[static_cast<std::size_t>(RunOutcome::unhealthy)]);
    }
  }

  void histogram() {
    const std::array<double, 3> bounds = {1, 2, 5};
    Histogram histogram(bounds);
    for (const double value : {0.0, 1.0, 1.5, 2.0, 5.0, 5.1, 100.0}) histogram.observe(value);
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) histogram.observe(bad);
    CPPUNIT_ASSERT((histogram.counts() == std::vector<std::uint64_t>{2, 2, 1, 2}));  // a bound belongs to its bucket
    CPPUNIT_ASSERT_DOUBLES_EQUAL(114.6, histogram.sum(), 1e-9);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResultBoardTest);

}  // namespace

}  // namespace pulsewatch
