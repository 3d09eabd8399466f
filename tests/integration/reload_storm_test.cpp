// A hundred reloads a second while everything is at work: no wrong verdict, no run lost or counted twice, and the host is the same at the
// end. PULSEWATCH_RELOAD_SECONDS says for how long; ./dev soak makes it a minute.
#include "integration/plugin_place.h"
#include "integration/processes.h"
#include "integration/reloads.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Held {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t resident_kib = 0;
};

Held heldBy(PulsewatchProcess& daemon) {
  const fs::path process = "/proc/" + std::to_string(daemon.child().pid());
  const auto entries = [&](const std::string& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(process / directory), fs::directory_iterator()));
  };
  const std::string status = readFile(process / "status");
  const std::string resident = "\nVmRSS:";
  return {entries("fd"), entries("task"), std::stoul(status.substr(status.find(resident) + resident.size()))};
}

class ReloadStormTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReloadStormTest);
  CPPUNIT_TEST(testStorm);
  CPPUNIT_TEST(testNothingGrows);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Each reload changes a check, takes one away that the one before has added, or changes nothing at all; now and then it is a mistake.
  void testStorm() {
    const char* const given = std::getenv("PULSEWATCH_RELOAD_SECONDS");
    const int seconds = given != nullptr ? std::stoi(given) : 5;
    std::string steady;
    for (int i = 0; i < 20; ++i) steady += checkConfig("steady" + std::to_string(i), "ok", {"interval = 20ms", "timeout = 10s"});
    PulsewatchOptions options = fixtureOptions({"ok"}, steady);
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    ReadyPoll poll(daemon);
    ReadyPoll load(daemon, "/ready?verbose");
    const auto begin = Clock::now();
    int asked = 0;
    for (auto next = begin; next - begin < std::chrono::seconds(seconds); next += std::chrono::milliseconds(10)) {
      const std::string number = std::to_string(asked);
      const int kind = asked++ % 5;
      if (kind == 0) reloads.write(options.config + checkConfig("guest" + number, "ok", {"interval = 20ms", "timeout = 10s"}));
      if (kind == 1) reloads.write(options.config + "check.steady0.message = " + number + "\n");
      if (kind == 2) reloads.write(options.config);
      if (kind == 4) reloads.write(options.config + "check.steady1.status = nonsense\n");
      daemon.child().signal(SIGHUP);
      std::this_thread::sleep_until(next);
    }
    reloads.write(options.config);
    daemon.child().signal(SIGHUP);
    const auto took = Clock::now() - begin;
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_config_last_reload_successful", {}, [](double good) { return good == 1; }));
    // No run of any check is lost or made twice, whether it was changed or not: what the plugin counts is what the host counts, and its
    // runs go on.
    for (int i = 0; i < 20; ++i) {
      const std::string check = "steady" + std::to_string(i);
      CPPUNIT_ASSERT_MESSAGE(check, waitFor([&] { return runsAgree(daemon.metrics(), check); }, PulsewatchProcess::patience));
    }
    poll.finish();
    load.finish();
    const MetricsText metrics = daemon.metrics();
    CPPUNIT_ASSERT_EQUAL(0.0, metrics.sum("pulsewatch_health_check_transitions_total", {{"to", "unhealthy"}}));
    CPPUNIT_ASSERT_EQUAL(0.0, metrics.sum("pulsewatch_worker_restarts_total"));
    CPPUNIT_ASSERT_EQUAL(0.0, metrics.sum("pulsewatch_log_dropped_total"));
    const double runs = metrics.value("pulsewatch_health_check_runs_total", {{"check_name", "steady5"}, {"outcome", "healthy"}});
    const std::size_t reloaded = linesOfEvent(daemon.log(), "config_reload").size();
    const double whole = std::chrono::duration<double>(took).count();
    std::cout << asked << " reloads asked for in " << whole << " s, " << reloaded << " made; an unchanged check ran " << runs << " times\n";
    CPPUNIT_ASSERT(reloaded > 0 && runs > 0);
    // Requests that come during a reload are answered together, so fewer are made than were asked for; but the host keeps up.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(reloaded), slowness > 1 || reloaded * 4 > static_cast<std::size_t>(asked));
    daemon.stop();
  }

  void testNothingGrows() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok", {"interval = 50ms"}));
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    const auto round = [&](int from, int to) {
      for (int i = from; i < to; ++i) {
        const std::string number = std::to_string(i);
        if (i % 10 == 0)
          reloads.refuse(options.config + "nonsense = 1\n");
        else
          reloads.take(options.config + "check.steady.message = " + number + "\n" +
                       checkConfig("guest", "ok", {"token = secret" + number}));
      }
      reloads.take(options.config);
    };
    const char* const given = std::getenv("PULSEWATCH_RELOADS");
    const int count = given != nullptr ? std::stoi(given) : 300;
    round(0, count / 2);
    const Held before = settled(daemon, {});
    round(count / 2, count);
    const Held after = settled(daemon, before);
    std::cout << count << " reloads; after half of them " << before.descriptors << " descriptors, " << before.threads << " threads, "
              << before.resident_kib << " KiB; at the end " << after.descriptors << ", " << after.threads << ", " << after.resident_kib
              << '\n';
    CPPUNIT_ASSERT_EQUAL(before.descriptors, after.descriptors);
    CPPUNIT_ASSERT(after.threads <= before.threads);
    CPPUNIT_ASSERT_MESSAGE("memory grew", sanitized || after.resident_kib < before.resident_kib + 4 * 1024);
    daemon.stop();
  }

 private:
  static bool runsAgree(const MetricsText& metrics, const std::string& check) {
    const double runs = metrics.value("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", "healthy"}});
    return runs > 0 && runs == metrics.value("ok_runs_total", {{"check", check}});
  }

  // Threads and connections of a busy moment are gone.
  static Held settled(PulsewatchProcess& daemon, const Held& wanted) {
    Held held = heldBy(daemon);
    static_cast<void>(waitFor(
        [&] {
          const Held before = std::exchange(held, heldBy(daemon));
          const bool same = held.descriptors == before.descriptors && held.threads == before.threads;
          return wanted.threads == 0 ? same : held.descriptors <= wanted.descriptors && held.threads <= wanted.threads;
        },
        PulsewatchProcess::patience));
    return held;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReloadStormTest);

}  // namespace
}  // namespace pulsewatch::testing
