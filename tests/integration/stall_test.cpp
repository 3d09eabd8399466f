// Stalls of the host's own, which are no dependency's: the process is stopped for seconds, with and without its workers, while runs are
// in progress; and its clock is set hours ahead and back.
#include "integration/daemon.h"
#include "integration/plugin_place.h"
#include "integration/processes.h"
#include "integration/services.h"
#include "support/skip.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

namespace pulsewatch::testing {
namespace {

using std::chrono::seconds;

constexpr const char* faketime_library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const char* const all_checks[] = {"database", "redis", "slow", "slower"};

// Both real servers, and two checks that are nearly always in the middle of a run: one that a stall of a second or two makes fail, by its
// own deadline, and one that a longer one does.
PulsewatchOptions steadyOptions(const std::string& isolation) {
  PulsewatchOptions options = serviceOptions();
  options.config += "plugins.isolation = " + isolation + "\n" +
                    checkConfig("slow", "slow", {"steps = 50", "interval = 600ms", "timeout = 2s"}) +
                    checkConfig("slower", "slow", {"steps = 100", "interval = 1100ms", "timeout = 5s"});
  const std::string directories = "plugins.directories = ";
  options.config.insert(options.config.find(directories) + directories.size(), "@DIR@/plugins,");
  options.files["plugins/slow.so"] = readFile(fixturePath("slow"));
  return options;
}

void signalAll(const std::set<pid_t>& processes, int number) {
  for (const pid_t process : processes) ::kill(process, number);
}

void stopFor(const std::set<pid_t>& processes, seconds length) {
  signalAll(processes, SIGSTOP);
  for (const pid_t process : processes) {
    const std::string stat = "/proc/" + std::to_string(process) + "/stat";
    CPPUNIT_ASSERT(waitFor([&] { return readFile(stat).find(") T ") != std::string::npos; }, seconds(20)));
  }
  std::this_thread::sleep_for(length);  // that is the stall
  signalAll(processes, SIGCONT);
}

// Waits until each check has had some more runs.
void waitForMoreRuns(PulsewatchProcess& daemon) {
  const MetricsText before = daemon.metrics();
  for (const char* check : all_checks) {
    const Labels labels{{"check_name", check}, {"outcome", "healthy"}};
    const double least = before.value("pulsewatch_health_check_runs_total", labels) + 3;
    CPPUNIT_ASSERT_MESSAGE(
        check, daemon.waitForMetric("pulsewatch_health_check_runs_total", labels, [least](double runs) { return runs >= least; }));
  }
}

void assertNothingTurned(PulsewatchProcess& daemon) {
  const MetricsText metrics = daemon.metrics();
  for (const char* check : all_checks) {
    const std::string name = check;
    for (const char* status : {"unhealthy", "degraded"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name + " turned " + status, 0.0,
                                   metrics.value("pulsewatch_health_check_transitions_total", {{"check_name", name}, {"to", status}}));
    for (const char* outcome : {"unhealthy", "timeout", "crash", "degraded"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name + " " + outcome, 0.0,
                                   metrics.value("pulsewatch_health_check_runs_total", {{"check_name", name}, {"outcome", outcome}}));
  }
  CPPUNIT_ASSERT_EQUAL(0.0, metrics.sum("pulsewatch_worker_restarts_total"));
}

class StallTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StallTest);
  CPPUNIT_TEST(testHostAlone);
  CPPUNIT_TEST(testHostAndWorkers);
  CPPUNIT_TEST(testPluginsInsideTheHost);
  CPPUNIT_TEST(testNoWorkerIsKilledForAStall);
  CPPUNIT_TEST(testWorkerAlone);
  CPPUNIT_TEST(testClockSteps);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testHostAlone() {
    stallsTurnNothing("process", [](PulsewatchProcess& daemon) { return std::set<pid_t>{daemon.child().pid()}; });
  }

  void testHostAndWorkers() {
    stallsTurnNothing("process", [](PulsewatchProcess& daemon) {
      std::set<pid_t> processes = processesOf(daemon.child().pid());
      CPPUNIT_ASSERT_EQUAL(std::size_t{3}, processes.size());
      processes.insert(daemon.child().pid());
      return processes;
    });
  }

  void testPluginsInsideTheHost() {
    stallsTurnNothing("host", [](PulsewatchProcess& daemon) { return std::set<pid_t>{daemon.child().pid()}; });
  }

  // A run is over its time already, and the whole is stopped for longer than its worker had left.
  void testNoWorkerIsKilledForAStall() {
    PulsewatchProcess daemon(
        fixtureOptions({"slow"}, "plugin.slow.kill_after = 4s\n" +
                                     checkConfig("late", "slow", {"steps = 300", "stubborn = yes", "timeout = 1s", "interval = 1h"}) +
                                     "check.late.fast_interval = 1h\n"));
    std::set<pid_t> processes{workerOf(daemon, "slow"), daemon.child().pid()};
    waitForCheck(daemon, "late", "unhealthy", "timed out");
    stopFor(processes, seconds(5));
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_stuck_runs", {{"check_name", "late"}}, [](double runs) { return runs == 0; }));
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().sum("pulsewatch_worker_restarts_total"));
    daemon.stop();
  }

  // That is a hang of the plugin's, and counts.
  void testWorkerAlone() {
    PulsewatchProcess daemon(steadyOptions("process"));
    waitForReady(daemon, 200);
    const pid_t worker = workerOf(daemon, "slow");
    ::kill(worker, SIGSTOP);
    waitForCheck(daemon, "slow", "unhealthy");  // timed out, or the worker doesn't answer: as it was in a run or between two
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_worker_restarts_total", {{"plugin", "slow"}, {"reason", "hang"}},
                                        [](double restarts) { return restarts == 1; }));
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(
        0.0, daemon.metrics().value("pulsewatch_health_check_transitions_total", {{"check_name", "redis"}, {"to", "unhealthy"}}));
    daemon.stop();
  }

  void testClockSteps() {
    if (sanitized) return skipped("clock steps", "libfaketime and a sanitizer can't both come first");
    if (!std::filesystem::exists(faketime_library)) return skipped("clock steps", "no libfaketime (package faketime)");
    const TemporaryDirectory directory;
    const std::string offset = directory.write("offset", "+0\n");
    PulsewatchOptions options = steadyOptions("process");
    options.environment["LD_PRELOAD"] = faketime_library;
    options.environment["FAKETIME_TIMESTAMP_FILE"] = offset;
    options.environment["FAKETIME_NO_CACHE"] = "1";
    options.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const std::string since = textOf(parseJsonObject(daemon.get("/ready/redis?verbose").body), "since");
    ReadyPoll poll(daemon);
    for (const int hours : {0, 7, -9, 30, 0}) {
      directory.write("offset.next", (hours < 0 ? "" : "+") + std::to_string(hours) + "h\n");
      std::filesystem::rename(directory / "offset.next", offset);
      waitForMoreRuns(daemon);
      assertNothingTurned(daemon);
      const Poco::JSON::Object::Ptr redis = parseJsonObject(daemon.get("/ready/redis?verbose").body);
      CPPUNIT_ASSERT_EQUAL(since, textOf(redis, "since"));  // it was stamped when it was
      CPPUNIT_ASSERT(redis->getValue<double>("age_ms") < 10'000);
      assertStamp(textOf(daemon.ready(), "timestamp"), hours);
      assertStamp(textOf(redis, "last_run"), hours);
      assertStamp(textOf(parseJsonObject(daemon.get("/healthz").body), "timestamp"), hours);
    }
    poll.finish();
    daemon.stop();
  }

 private:
  template <class Which>
  static void stallsTurnNothing(const std::string& isolation, Which which) {
    PulsewatchProcess daemon(steadyOptions(isolation));
    waitForReady(daemon, 200);
    waitForMoreRuns(daemon);
    assertNothingTurned(daemon);
    const std::set<pid_t> processes = which(daemon);
    ReadyPoll poll(daemon);
    ReadyPoll health(daemon, "/healthz");
    for (const int length : {2, 1, 6}) {
      stopFor(processes, seconds(length));
      waitForMoreRuns(daemon);
      assertNothingTurned(daemon);
    }
    poll.finish();
    health.finish();
    CPPUNIT_ASSERT(
        daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "host_stalled" && line.number("duration_ms") > 5000; }));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.stop();
  }

  // Of now, by a clock that is so many hours ahead.
  static void assertStamp(const std::string& stamp, int hours) {
    std::tm parts{};
    CPPUNIT_ASSERT_MESSAGE(stamp, ::strptime(stamp.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) != nullptr);
    const double off = std::difftime(::timegm(&parts), std::time(nullptr)) - hours * 3600.0;
    CPPUNIT_ASSERT_MESSAGE(stamp + " is off by " + std::to_string(off), off > -20 && off < 2);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StallTest);

}  // namespace
}  // namespace pulsewatch::testing
