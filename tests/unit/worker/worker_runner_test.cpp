#include "worker/worker_runner.h"

#include "support/child_process.h"
#include "unit/worker/worker_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace pulsewatch {

namespace {

using testing::processFile;
using testing::TemporaryDirectory;
using testing::waitFor;
using testing::WorkerBench;

class WorkerRunnerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WorkerRunnerTest);
  CPPUNIT_TEST(runs);
  CPPUNIT_TEST(crashes);
  CPPUNIT_TEST(comesBack);
  CPPUNIT_TEST(hangs);
  CPPUNIT_TEST(removedAfterAHang);
  CPPUNIT_TEST(othersGoOnAfterAHang);
  CPPUNIT_TEST(manyHang);
  CPPUNIT_TEST(crashTextHasNoSecret);
  CPPUNIT_TEST(stopsWhatHangs);
  CPPUNIT_TEST(removedChecks);
  CPPUNIT_TEST_SUITE_END();

 public:
  void runs() {
    WorkerBench bench("ok");
    bench.add(1, {{"message", "all good"}});
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
      const RunReport report = bench.run(1, sequence);
      CPPUNIT_ASSERT_EQUAL(sequence, report.sequence);
      CPPUNIT_ASSERT_EQUAL("run-" + std::to_string(sequence), report.request_id);
      CPPUNIT_ASSERT(report.outcome == RunOutcome::unhealthy || report.outcome == RunOutcome::healthy);
      CPPUNIT_ASSERT_EQUAL(std::string("all good"), report.message);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, bench.recorder.starts(1));
    CPPUNIT_ASSERT(bench.runner->stop(std::chrono::steady_clock::now() + std::chrono::seconds(5)));
    CPPUNIT_ASSERT(bench.ends.ends().empty());
  }

  void crashes() {
    const struct {
      const char* sin;
      const char* sentence;
      const char* reason;
    } rows[] = {
        {"segfault", "plugin crashed: SIGSEGV", "crash"},
        {"null pointer", "plugin crashed: SIGSEGV", "crash"},
        {"bus error", "plugin crashed: SIGBUS", "crash"},
        {"division", "plugin crashed: SIGFPE", "crash"},
        {"illegal instruction", "plugin crashed: SIGILL", "crash"},
        {"abort", "plugin crashed: SIGABRT", "crash"},
        {"stack overflow", "plugin crashed: SIGSEGV", "crash"},
        {"throw in a thread", "plugin crashed: SIGABRT", "crash"},
        {"leak", "plugin crashed: out of memory", "crash"},
        {"leak with malloc", "plugin crashed: SIGABRT", "crash"},
        {"crash in the constructor", "plugin crashed: SIGSEGV", "crash"},
        {"exit", "plugin crashed: it ended its process with exit status 0", "exit"},
        {"_exit", "plugin crashed: it ended its process with exit status 3", "exit"},
        {"kill itself", "plugin crashed: SIGKILL", "crash"},
        {"close descriptors", "plugin crashed: it closed the channel to its host", "exit"},
        {"write garbage", "plugin broke the channel to its host", "protocol"},
    };
    for (const auto& row : rows) {
#if defined(PULSEWATCH_SANITIZED)  // where nothing limits a worker's memory
      if (std::string(row.sin).rfind("leak", 0) == 0) continue;
#endif
      PluginLimits limits;
      limits.memory_max = std::uint64_t{64} << 20U;
      WorkerBench bench("sinner", limits);
      bench.add(1, {{"sin", row.sin}, {"while", ""}});
      bench.add(2, {{"sin", ""}, {"while", ""}});
      const RunReport report = bench.run(1, 1, row.sin);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sin, std::string(row.sentence), report.message);
      CPPUNIT_ASSERT_MESSAGE(row.sin, report.outcome == RunOutcome::crash);
      CPPUNIT_ASSERT_MESSAGE(row.sin, bench.ends.waitForEnds(1));
      const WorkerEnd end = bench.ends.ends().front();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sin, std::string(row.reason), std::string(end.end.reason));
      if (std::string(row.reason) == "crash" && std::string(row.sin) != "kill itself")
        CPPUNIT_ASSERT_MESSAGE(row.sin + end.end.stack_trace, end.end.stack_trace.find('\n') != std::string::npos);
      const bool in_the_run =
          std::string(row.reason) == "crash" && std::string(row.sin) != "kill itself" && std::string(row.sin) != "throw in a thread";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sin, in_the_run ? CheckId{1} : CheckId{0}, end.end.check);
      CPPUNIT_ASSERT_MESSAGE(row.sin, end.restart_in == std::chrono::seconds(1));
    }
  }

  void comesBack() {
    const TemporaryDirectory directory;
    const std::string flag = (directory / "sin").string();
    std::ofstream(flag).close();
    WorkerBench bench("sinner");
    bench.add(1, {{"sin", "segfault"}, {"while", flag}});
    bench.add(2, {{"sin", ""}, {"while", ""}});
    CPPUNIT_ASSERT_EQUAL(std::string("plugin crashed: SIGSEGV"), bench.run(1).message);
    CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted() == std::vector<CheckId>{2}; }, std::chrono::seconds(20)));
    CPPUNIT_ASSERT_EQUAL(std::string("plugin crashed: SIGSEGV"), bench.run(2).message);
    std::filesystem::remove(flag);
    CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted() == std::vector<CheckId>{2, 1, 2}; }, std::chrono::seconds(20)));
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), bench.run(1, 2).message);
  }

  void hangs() {
    PluginLimits limits;
    limits.kill_after = std::chrono::milliseconds(100);
    WorkerBench bench("sinner", limits);
    bench.add(1, {{"sin", "hang"}, {"while", ""}});
    bench.add(2, {{"sin", ""}, {"while", ""}});
    CPPUNIT_ASSERT_EQUAL(std::string("sinned: "), bench.run(2).message);
    bench.start(1);
    CPPUNIT_ASSERT(bench.recorder.waitForStart(1));
    bench.runner->giveUp(1, 1);
    CPPUNIT_ASSERT(bench.ends.waitForEnds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("hang"), std::string(bench.ends.ends().front().end.reason));
    CPPUNIT_ASSERT_EQUAL(CheckId{1}, bench.ends.ends().front().end.check);
    CPPUNIT_ASSERT(bench.recorder.waitForReports(1));
    CPPUNIT_ASSERT(bench.recorder.reports(1).front().outcome == RunOutcome::timeout);
    CPPUNIT_ASSERT_EQUAL(std::string("sinned: "), bench.run(2, 2).message);
  }

  // The worker that a check had of its own goes with it, and that is no end to tell of.
  void removedAfterAHang() {
    WorkerBench bench("sinner", quickKill());
    bench.add(1, {{"sin", "hang"}, {"while", ""}});
    bench.add(2, {{"sin", ""}, {"while", ""}});
    bench.start(1);
    CPPUNIT_ASSERT(bench.recorder.waitForStart(1));
    bench.runner->giveUp(1, 1);
    CPPUNIT_ASSERT(bench.recorder.waitForReports(1));
    CPPUNIT_ASSERT(waitFor([] { return children() == 2; }, std::chrono::seconds(20)));
    bench.runner->remove(1);
    CPPUNIT_ASSERT(waitFor([] { return children() == 1; }, std::chrono::seconds(20)));
    CPPUNIT_ASSERT_EQUAL(std::string("sinned: "), bench.run(2).message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.ends.ends().size());
  }

  // A run that was going on beside the one that hangs is begun anew, as the same run.
  void othersGoOnAfterAHang() {
    const TemporaryDirectory directory;
    const std::string flag = (directory / "sin").string();
    std::ofstream(flag).close();
    WorkerBench bench("sinner", quickKill());
    for (const CheckId check : {1U, 2U}) bench.add(check, {{"sin", "hang"}, {"while", flag}});
    for (const CheckId check : {1U, 2U}) {
      bench.start(check);
      CPPUNIT_ASSERT(bench.recorder.waitForStart(check));
    }
    CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.lines().size() == 2; }, std::chrono::seconds(20)));  // both hang
    std::filesystem::remove(flag);
    bench.runner->giveUp(1, 1);
    CPPUNIT_ASSERT(bench.recorder.waitForReports(2));
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), bench.recorder.reports(2).front().message);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, bench.recorder.reports(2).front().sequence);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bench.recorder.starts(2));
    CPPUNIT_ASSERT(bench.recorder.waitForReports(1));  // the end of the run that was given up
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), bench.run(1, 2).message);
    CPPUNIT_ASSERT(bench.ends.ends().size() == 1 && bench.ends.ends().front().restart_in == Nanoseconds(0));
  }

  // More checks that hang than there are workers of their own: they share, and the one that doesn't hang is never in their way.
  void manyHang() {
    WorkerBench bench("sinner", quickKill());
    constexpr CheckId kHung = 20;
    for (CheckId check = 1; check <= kHung; ++check) bench.add(check, {{"sin", "hang"}, {"while", ""}});
    bench.add(100, {{"sin", ""}, {"while", ""}});
    for (CheckId check = 1; check <= kHung; ++check) {
      bench.start(check);
      CPPUNIT_ASSERT(bench.recorder.waitForStart(check));
    }
    for (CheckId check = 1; check <= kHung; ++check) bench.runner->giveUp(check, 1);
    for (CheckId check = 1; check <= kHung; ++check) CPPUNIT_ASSERT(bench.recorder.waitForReports(check));
    for (std::uint64_t sequence = 1; sequence <= 20; ++sequence)
      CPPUNIT_ASSERT_EQUAL(std::string("sinned: "), bench.run(100, sequence).message);
    CPPUNIT_ASSERT(bench.runner->stop(std::chrono::steady_clock::now() + std::chrono::seconds(5)));
  }

  void crashTextHasNoSecret() {
    WorkerBench bench("sinner");
    bench.add(1, {{"sin", "throw in a thread"}, {"while", ""}, {"token", "thrown by"}});
    CPPUNIT_ASSERT_EQUAL(std::string("plugin crashed: SIGABRT"), bench.run(1).message);
    CPPUNIT_ASSERT(bench.ends.waitForEnds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("plugin crashed: SIGABRT, an exception that nobody caught: *** a thread"),
                         bench.ends.ends().front().end.details);
  }

  void stopsWhatHangs() {
    WorkerBench bench("sinner");
    bench.add(1, {{"sin", "hang"}, {"while", ""}});
    bench.start(1);
    CPPUNIT_ASSERT(bench.recorder.waitForStart(1));
    const SteadyTime begin = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT(bench.runner->stop(begin + std::chrono::milliseconds(200)));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    bench.recorder.end();
    bench.start(1, 2);
    CPPUNIT_ASSERT(bench.recorder.reports().empty() && !bench.recorder.eventAfterEnd() && bench.ends.ends().empty());
  }

  void removedChecks() {
    WorkerBench bench("ok");
    bench.add(1, {{"message", "all good"}});
    bench.run(1);
    bench.runner->remove(1);
    bench.runner->remove(1);
    bench.start(1, 2);
    bench.add(2, {{"message", "still here"}});
    CPPUNIT_ASSERT_EQUAL(std::string("still here"), bench.run(2).message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.recorder.reports(1).size());
  }

 private:
  // Of this process: its workers.
  static std::size_t children() {
    const std::string of_this = "\nPPid:\t" + std::to_string(::getpid()) + "\n";
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc"))
      if (processFile(entry.path().filename().string(), "status").find(of_this) != std::string::npos) ++count;
    return count;
  }
  static PluginLimits quickKill() {
    PluginLimits limits;
    limits.kill_after = std::chrono::milliseconds(100);
    return limits;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WorkerRunnerTest);

}  // namespace

}  // namespace pulsewatch
