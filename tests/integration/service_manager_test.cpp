// What the service manager is told, by the protocol of sd_notify(3): when it is ready, how the verdict is, that it reloads and stops, and
// that it makes progress, for as long as it does.
#include "integration/control.h"
#include "integration/plugin_place.h"
#include "integration/processes.h"
#include "integration/reloads.h"
#include "integration/services.h"
#include "support/notify_socket.h"
#include "support/private_server.h"
#include "support/skip.h"
#include "support/stopped_thread.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch::testing {
namespace {

using Time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds watchdog{400 * slowness};  // four signs of life in it
const std::string fed = "WATCHDOG=1";

// A manager, and what a daemon of its own is started with.
struct Managed {
  explicit Managed(PulsewatchOptions the_options) : options(std::move(the_options)) { options.environment["NOTIFY_SOCKET"] = address; }
  Managed(PulsewatchOptions the_options, milliseconds time) : Managed(std::move(the_options)) {
    options.environment["WATCHDOG_USEC"] = std::to_string(std::chrono::microseconds(time).count());
  }

  const TemporaryDirectory directory;
  const std::string address = directory / "notify";
  const NotifySocket manager{address};
  PulsewatchOptions options;
};

PulsewatchOptions oneCheck(const std::string& further = {}) { return controlOptions({"ok"}, checkConfig("steady", "ok") + further); }

class ServiceManagerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceManagerTest);
  CPPUNIT_TEST(testReadyWhenHttpAnswers);
  CPPUNIT_TEST(testNotReadyWithoutAnAddress);
  CPPUNIT_TEST(testStatusIsTheVerdict);
  CPPUNIT_TEST(testStatusForStrangers);
  CPPUNIT_TEST(testReloads);
  CPPUNIT_TEST(testStopping);
  CPPUNIT_TEST(testStoppingWhileItReloads);
  CPPUNIT_TEST(testAbstractSocket);
  CPPUNIT_TEST(testWorkersKnowNothingOfIt);
  CPPUNIT_TEST(testWatchdog);
  CPPUNIT_TEST(testWatchdogOfAnotherProcess);
  CPPUNIT_TEST(testStoppedThreads);
  CPPUNIT_TEST(testFullLog);
  CPPUNIT_TEST(testStandstill);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Of a start that takes long: a plugin hangs while it is loaded, until it is given up.
  void testReadyWhenHttpAnswers() {
    PulsewatchOptions options = fixtureOptions({"ok", "init_hangs"}, checkConfig("steady", "ok"));
    options.port = freePort();
    options.arguments = {"-D", "http.port=" + std::to_string(options.port)};
    Managed managed(options);
    PulsewatchProcess daemon(managed.options);
    CPPUNIT_ASSERT_MESSAGE(managed.manager.all(), managed.manager.waitForLine("READY=1"));
    CPPUNIT_ASSERT_EQUAL(200, HttpClient(options.port).get("/healthz").status);
    CPPUNIT_ASSERT(parseJsonObject(HttpClient(options.port).get("/ready").body)->getObject("checks")->has("steady"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, managed.manager.count("READY=1"));
    CPPUNIT_ASSERT_EQUAL(std::string("init_hangs.so"), fileOf(daemon, "plugin_refused"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("no watchdog was asked for", std::size_t{0}, managed.manager.count(fed));
    daemon.stop();
  }

  void testNotReadyWithoutAnAddress() {
    PulsewatchOptions options = oneCheck();
    options.arguments = {"-D", "http.address=192.0.2.1"};
    Managed managed(options);
    PulsewatchProcess daemon(managed.options);
    CPPUNIT_ASSERT_EQUAL(69, daemon.finish());
    CPPUNIT_ASSERT_EQUAL(std::string(), managed.manager.all());
  }

  void testStatusIsTheVerdict() {
    MariaDbServer database;
    PulsewatchOptions options = serviceOptions();
    options.environment["DATABASE_URL"] = database.url();
    Managed managed(options);
    PulsewatchProcess daemon(managed.options);
    expectStatus(managed, "ready, 2 checks");
    database.stop();
    expectStatus(managed, "not ready: database: MySQL connection refused at 127.0.0.1:" + std::to_string(database.port()));
    database.start();
    expectStatus(managed, "ready, 2 checks");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(managed.manager.all(), std::size_t{2}, managed.manager.count("STATUS=ready, 2 checks"));
    daemon.stop();
  }

  // Whoever may not see messages may still ask systemd.
  void testStatusForStrangers() {
    const std::string failing = "check.steady.status = unhealthy\ncheck.steady.message = 10.0.0.1 is broken\n";
    Managed managed(oneCheck("readiness.public_messages = false\n" + failing));
    PulsewatchProcess daemon(managed.options);
    expectStatus(managed, "not ready: steady: failing");
    daemon.stop();
    CPPUNIT_ASSERT_MESSAGE(managed.manager.all(), managed.manager.all().find("10.0.0.1") == std::string::npos);
  }

  void testReloads() {
    Managed managed(oneCheck("config.watch = true\n"));
    PulsewatchProcess daemon(managed.options);
    expectStatus(managed, "ready, 1 check");
    const Reloads reloads(daemon);
    expectReload(managed, [&] { daemon.child().signal(SIGHUP); });
    expectReload(managed, [&] { expectTold(tell(daemon, {"reload"}), 0, ""); });
    expectReload(managed, [&] { reloads.write(managed.options.config + "check.steady.message = other\n"); });
    expectReload(managed, [&] { reloads.write(managed.options.config + "http.adress = ::1\n"); });  // refused, and over all the same
    CPPUNIT_ASSERT(!waitForEvents(daemon, "config_mistake").empty());
    expectReload(managed, [&] { expectTold(tell(daemon, {"reload"}), 1, "did you mean http.address?"); });
    expectStatus(managed, "ready, 1 check");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

  void testStopping() {
    PulsewatchOptions options = oneCheck();
    options.arguments = {"-D", "shutdown.drain=3m"};
    Managed managed(options);
    PulsewatchProcess daemon(managed.options);
    expectStatus(managed, "ready, 1 check");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, managed.manager.count("STOPPING=1"));
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT(managed.manager.waitForNotice([](const Notice& notice) {
      const std::string time = notice.value("EXTEND_TIMEOUT_USEC");
      return notice.has("STOPPING=1") && !time.empty() && std::stoll(time) > 180'000'000;
    }));
    expectStatus(managed, "not ready: shutting down");
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, managed.manager.count("READY=1"));
  }

  // Nothing of a reload comes behind the end.
  void testStoppingWhileItReloads() {
    for (int i = 0; i < 5; ++i) {
      Managed managed(oneCheck());
      PulsewatchProcess daemon(managed.options);
      expectStatus(managed, "ready, 1 check");
      for (int n = 0; n < 20; ++n) daemon.child().signal(SIGHUP);
      CPPUNIT_ASSERT(managed.manager.waitForLine("RELOADING=1"));
      daemon.stop();
      bool stops = false;
      for (const Notice& notice : managed.manager.notices()) {
        CPPUNIT_ASSERT_MESSAGE(managed.manager.all(), !stops || notice.text.rfind("STATUS=", 0) == 0);
        stops = stops || notice.has("STOPPING=1");
      }
      CPPUNIT_ASSERT(stops);
    }
  }

  void testAbstractSocket() {
    const TemporaryDirectory directory;
    const std::string address = "@" + directory.path().string();
    const NotifySocket manager(address);
    PulsewatchOptions options = oneCheck();
    options.environment["NOTIFY_SOCKET"] = address;
    PulsewatchProcess daemon(options);
    CPPUNIT_ASSERT(manager.waitForLine("READY=1"));
    CPPUNIT_ASSERT(manager.waitForStatus("ready, 1 check"));
    daemon.stop();
  }

  void testWorkersKnowNothingOfIt() {
    Managed managed(oneCheck(), watchdog);
    PulsewatchProcess daemon(managed.options);
    const std::string environment = processFile(std::to_string(workerOf(daemon, "ok")), "environ");
    CPPUNIT_ASSERT(environment.find("PATH=") != std::string::npos);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
      CPPUNIT_ASSERT_MESSAGE(name, environment.find(name) == std::string::npos);
    daemon.stop();
  }

  // Also while it drains.
  void testWatchdog() {
    PulsewatchOptions options = oneCheck();
    options.arguments = {"-D", "shutdown.drain=1h"};
    Managed managed(options, watchdog);
    PulsewatchProcess daemon(managed.options);
    waitForMeals(managed, 10);
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT(managed.manager.waitForLine("STOPPING=1"));
    waitForMeals(managed, 10);
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
  }

  void testWatchdogOfAnotherProcess() {
    Managed managed(oneCheck(), watchdog);
    managed.options.environment["WATCHDOG_PID"] = "1";
    PulsewatchProcess daemon(managed.options);
    expectStatus(managed, "ready, 1 check");
    const Time begin = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT(waitFor([&] { return std::chrono::steady_clock::now() - begin > 3 * watchdog; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, managed.manager.count(fed));
    daemon.stop();
  }

  // One thread after the other makes no step: no sign of life, until it goes on.
  void testStoppedThreads() {
    struct Row {
      const char* thread;
      std::size_t number;  // of those that are called so
      const char* part;
    };
    const Row rows[] = {{"pw-scheduler", 0, "the scheduler"},         {"pw-judge", 0, "the judge"}, {"pw-log", 0, "the log"},
                        {"pw-workers", 0, "the workers' supervisor"}, {"pw-http", 0, "HTTP"},       {"pw-http", 1, "HTTP"}};
    Managed managed(oneCheck(), watchdog);
    PulsewatchProcess daemon(managed.options);
    waitForMeals(managed, 3);
    for (const Row& row : rows) {
      const std::vector<pid_t> threads = threadsNamed(daemon.child().pid(), row.thread);
      CPPUNIT_ASSERT_MESSAGE(row.thread, threads.size() > row.number);
      const std::size_t before = managed.manager.notices().size();
      {
        std::unique_ptr<StoppedThread> stopped;
        try {
          stopped = std::make_unique<StoppedThread>(threads[row.number]);
        } catch (const std::system_error& e) {
          if (e.code() != std::errc::operation_not_permitted) throw;
          skipped("threads that are stopped", "ptrace is not permitted");
          break;
        }
        CPPUNIT_ASSERT_MESSAGE(std::string(row.thread) + " stands, and the watchdog is fed",
                               waitFor([&] { return hungry(managed); }, seconds(30)));
        // Either the judge says it to the manager, or the log does.
        const std::string words = std::string("no progress: ") + row.part;
        const auto is_told = [&] {
          return managed.manager.status().find(words) != std::string::npos ||
                 !linesWhere(daemon.log(), [&](const JsonLine& line) { return line.text("message").rfind(words, 0) == 0; }).empty();
        };
        CPPUNIT_ASSERT_MESSAGE(words, waitFor(is_told, PulsewatchProcess::patience));
      }
      waitForMeals(managed, 3);
      CPPUNIT_ASSERT_MESSAGE(managed.manager.all(), managed.manager.count("STOPPING=1", before) == 0);
      expectStatus(managed, "ready, 1 check");
    }
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

  // Lines are lost, but the log's thread turns.
  void testFullLog() {
    const TemporaryDirectory directory;
    const std::string fifo = directory / "fifo";
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    PulsewatchOptions options = oneCheck("log.level = DEBUG\ncheck.steady.interval = 10ms\ncheck.steady.fast_interval = 10ms\n");
    options.port = freePort();
    options.arguments = {"-D", "http.port=" + std::to_string(options.port), "-D", "log.access=all"};
    options.child.output_file = fifo;
    options.logs = false;
    Managed managed(options, watchdog);
    PulsewatchProcess daemon(managed.options);
    CPPUNIT_ASSERT(waitFor(
        [&] {
          for (int i = 0; i < 200; ++i) daemon.get("/healthz?" + std::string(4000, 'x'));
          return daemon.metrics().value("pulsewatch_log_dropped_total") > 0;
        },
        seconds(120)));
    const auto longer_than_alive = static_cast<std::size_t>(seconds(7) * 4 / watchdog);
    waitForMeals(managed, longer_than_alive);
    CPPUNIT_ASSERT_MESSAGE(managed.manager.all(), managed.manager.all().find("no progress") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    ::close(reader);
  }

  // All of the process is stopped for longer than a thread may be: when it goes on, it is alive.
  void testStandstill() {
    Managed managed(oneCheck(), watchdog);
    PulsewatchProcess daemon(managed.options);
    waitForMeals(managed, 3);
    daemon.child().signal(SIGSTOP);
    std::this_thread::sleep_for(seconds(8));                                                // that is the standstill
    CPPUNIT_ASSERT(waitFor([&] { return hungry(managed); }, PulsewatchProcess::patience));  // what was on its way is here by then
    daemon.child().signal(SIGCONT);
    waitForMeals(managed, 10);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, linesOfEvent(daemon.log(), "no_progress").size());
    CPPUNIT_ASSERT_MESSAGE(managed.manager.all(), managed.manager.all().find("no progress") == std::string::npos);
    daemon.stop();
  }

 private:
  static void expectStatus(const Managed& managed, const std::string& status) {
    CPPUNIT_ASSERT_MESSAGE("no status " + status + ":\n" + managed.manager.all(), managed.manager.waitForStatus(status));
  }

  // RELOADING, with the moment, and then READY: once each.
  template <class Reload>
  static void expectReload(const Managed& managed, Reload reload) {
    const std::size_t before = managed.manager.notices().size();
    const auto begin = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    reload();
    CPPUNIT_ASSERT(managed.manager.waitForLine("READY=1", before));
    const auto end = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    std::vector<Notice> notices = managed.manager.notices();
    notices.erase(notices.begin(), notices.begin() + static_cast<std::ptrdiff_t>(before));
    std::erase_if(notices, [](const Notice& notice) { return notice.text.rfind("STATUS=", 0) == 0; });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(managed.manager.all(), std::size_t{2}, notices.size());
    CPPUNIT_ASSERT_MESSAGE(notices[0].text, notices[0].has("RELOADING=1"));
    CPPUNIT_ASSERT_EQUAL(std::string("READY=1"), notices[1].text);
    const std::int64_t moment = std::stoll(notices[0].value("MONOTONIC_USEC"));
    CPPUNIT_ASSERT_MESSAGE(notices[0].text, moment >= begin && moment <= end);
  }

  static void waitForMeals(const Managed& managed, std::size_t many) {
    const std::size_t before = managed.manager.notices().size();
    CPPUNIT_ASSERT_MESSAGE(managed.manager.all(), waitFor([&] { return managed.manager.count(fed, before) >= many; }, seconds(30)));
  }

  // Nobody has fed the watchdog for five times its time.
  static bool hungry(const Managed& managed) {
    Time last;
    for (const Notice& notice : managed.manager.notices()) {
      if (notice.has(fed)) last = notice.came;
    }
    return std::chrono::steady_clock::now() - last > 5 * watchdog;
  }

  static std::string fileOf(PulsewatchProcess& daemon, const std::string& event) {
    CPPUNIT_ASSERT(daemon.waitForLine([&](const JsonLine& line) { return line.text("event") == event; }));
    const std::string file = linesOfEvent(daemon.log(), event).front().text("file");
    return file.substr(file.rfind('/') + 1);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServiceManagerTest);

}  // namespace
}  // namespace pulsewatch::testing
