// The log in a file: rotated, moved away by others, and what becomes of it when the file can't be written.
#include "integration/latency_probe.h"
#include "integration/log_directory.h"
#include "support/skip.h"
#include "support/small_disk.h"
#include "support/unprivileged.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;

constexpr auto patience = PulsewatchProcess::patience;

class LogFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogFileTest);
  CPPUNIT_TEST(testRotationUnderLoad);
  CPPUNIT_TEST(testRotationAsAnOrdinaryUser);
  CPPUNIT_TEST(testRenameUnderLoad);
  CPPUNIT_TEST(testMovedDeletedTruncated);
  CPPUNIT_TEST(testFullDisk);
  CPPUNIT_TEST(testVanishedDirectory);
  CPPUNIT_TEST(testCheckConfigMakesNothing);
  CPPUNIT_TEST(testNotWritable);
  CPPUNIT_TEST(testTwoDaemons);
  CPPUNIT_TEST(testRelativePathOfADaemon);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testRotationUnderLoad() { rotateUnderLoad({}); }

  void testRotationAsAnOrdinaryUser() {
    if (isOutOfReach()) return skipped("LogFileTest::testRotationAsAnOrdinaryUser", kOutOfReach);
    rotateUnderLoad(unprivilegedUser());
  }

  // As logrotate does it: every line is in one of the files, once.
  void testRenameUnderLoad() {
    const LogDirectory logs;
    PulsewatchProcess daemon(logs.options());
    const std::uint16_t port = daemon.port();
    std::atomic<bool> done{false};
    std::thread mover([&] {
      for (int i = 0; !done; ++i) {
        std::error_code none_yet;
        fs::rename(logs.file(), logs.file() + ".moved" + std::to_string(i), none_yet);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    const std::vector<std::string> ids = sendLoggedRequests(port, 4, 300);
    done = true;
    mover.join();
    daemon.stop();
    CPPUNIT_ASSERT_MESSAGE(std::to_string(logs.files().size()) + " files", logs.files().size() > 3);
    checkOnceEach(ids, logs.lines());
  }

  void testMovedDeletedTruncated() {
    const LogDirectory logs;
    PulsewatchProcess daemon(logs.options());
    const std::uint16_t port = daemon.port();
    for (const std::string change : {"moved", "deleted", "truncated"}) {
      if (change == "moved") fs::rename(logs.file(), logs.file() + ".moved");
      if (change == "deleted") fs::remove(logs.file());
      if (change == "truncated") fs::resize_file(logs.file(), 0);
      const std::string id = sendLoggedRequests(port, 1, 1).front();
      CPPUNIT_ASSERT_MESSAGE(change, daemon.waitForLine([&](const JsonLine& line) { return line.text("request_id") == id; }));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(change, std::size_t{0}, linesOfEvent(daemon.log(), "listening").size());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(change, std::size_t{1}, linesOfEvent(daemon.log(), "api_request").size());
    }
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(logs.file().c_str(), &status));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("nothing for others", mode_t{0}, status.st_mode & 0137);
    daemon.stop();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("nothing of the log is there", std::string(), daemon.child().output());
  }

  void testFullDisk() {
    const LogDirectory logs;
    const SmallDisk disk(logs.path(), 65536);
    if (!disk.mounted()) return skipped("LogFileTest::testFullDisk", disk.reason());
    loseAndRegain(
        logs, [&] { disk.fill(); }, [&] { disk.empty(); }, "No space left on device");
  }

  void testVanishedDirectory() {
    const LogDirectory logs;
    loseAndRegain(
        logs, [&] { logs.moveAway(); }, [&] { logs.moveBack(); }, "No such file or directory");
  }

  void testCheckConfigMakesNothing() {
    const LogDirectory logs;
    PulsewatchOptions check = logs.options();
    check.arguments = {"--check-config"};
    check.logs = false;
    check.log_file.clear();
    PulsewatchProcess program(check);
    CPPUNIT_ASSERT_EQUAL(0, program.finish());
    CPPUNIT_ASSERT(!fs::exists(logs.file()));
    fs::remove(logs.path());
    PulsewatchProcess without(check);
    CPPUNIT_ASSERT_EQUAL(78, without.finish());
    checkMistake(without.child().errors(), {"log.file: \"" + logs.file().substr(0, 20), "can't be made", "make the directory"});
    CPPUNIT_ASSERT(!fs::exists(logs.path()));
  }

  void testNotWritable() {
    if (isOutOfReach()) return skipped("LogFileTest::testNotWritable", kOutOfReach);
    const std::optional<User> user = unprivilegedUser();
    const LogDirectory logs(user);
    fs::permissions(logs.path(), fs::perms::owner_read | fs::perms::owner_exec);
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{}, {"--check-config"}}) {
      PulsewatchOptions options = logs.options();
      options.logs = false;
      options.child.user = user;
      options.arguments = arguments;
      PulsewatchProcess program(options);
      CPPUNIT_ASSERT_EQUAL(78, program.finish());
      checkMistake(program.child().errors(), {"pulsewatch.properties:5: log.file", "Permission denied", "let the daemon's user write"});
    }
    fs::permissions(logs.path(), fs::perms::owner_all);
  }

  void testTwoDaemons() {
    const LogDirectory logs;
    PulsewatchProcess first(logs.options());
    const std::uint16_t port = first.port();
    PulsewatchOptions again = logs.options();
    again.logs = false;
    PulsewatchProcess second(again);
    CPPUNIT_ASSERT_EQUAL(78, second.finish());
    checkMistake(second.child().errors(), {"log.file", "another process's log", "a file of its own"});
    again.arguments = {"--check-config"};
    PulsewatchProcess check(again);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the configuration of one that runs is fine", 0, check.finish());
    const std::vector<std::string> ids = sendLoggedRequests(port, 1, 3);
    first.stop();
    checkOnceEach(ids, logs.lines());
    PulsewatchProcess third(logs.options());
    CPPUNIT_ASSERT_MESSAGE("it goes on in the file", waitFor([&] { return linesOfEvent(third.log(), "started").size() == 2; }, patience));
    third.stop();
  }

  // --daemon changes to /, which changes nothing for what the configuration says.
  void testRelativePathOfADaemon() {
    const LogDirectory logs;
    PulsewatchOptions options = fixtureOptions({"ok"}, "log.file = logs/pulsewatch.log\n" + checkConfig("steady", "ok"));
    const std::string usual = "plugins.directories = @DIR@/plugins";
    options.config.replace(options.config.find(usual), usual.size(), "plugins.directories = plugins");
    options.files["logs/keep"] = "";
    options.logs = false;
    options.child.working_directory = "@DIR@";
    options.arguments = {"--daemon", "--pidfile=@DIR@/pid"};
    PulsewatchProcess starter(options);
    CPPUNIT_ASSERT_EQUAL(0, starter.finish());
    const fs::path file = starter.directory() / "logs/pulsewatch.log";
    const bool started = waitFor([&] { return !linesOfEvent(parseJsonLines(readFile(file), true), "started").empty(); }, patience);
    const std::string pid = readFile(starter.directory() / "pid");
    if (!pid.empty()) ::kill(std::stoi(pid), SIGTERM);
    CPPUNIT_ASSERT(started);
    const bool stopped = waitFor([&] { return !fs::exists("/proc/" + std::to_string(std::stoi(pid)) + "/exe"); }, patience);
    CPPUNIT_ASSERT(stopped);
    const JsonLines lines = parseJsonLines(readFile(file));
    CPPUNIT_ASSERT_EQUAL(std::string("stopped"), lines.back().text("event"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, linesOfEvent(lines, "plugin_loaded").size());
  }

 private:
  static constexpr const char* kOutOfReach = "the user nobody may not run " PULSEWATCH_PROGRAM;
  static bool isOutOfReach() {
    const Unprivileged nobody;
    return ::faccessat(AT_FDCWD, PULSEWATCH_PROGRAM, X_OK, AT_EACCESS) != 0;
  }

  static void rotateUnderLoad(const std::optional<User>& user) {
    const LogDirectory logs(user);
    PulsewatchOptions options = logs.options("log.rotate_size = 64KiB\nlog.rotate_count = 100\n");
    options.child.user = user;
    PulsewatchProcess daemon(options);
    const std::vector<std::string> ids = sendLoggedRequests(daemon.port(), 4, 400);
    const double dropped = daemon.metrics().value("pulsewatch_log_dropped_total");
    daemon.stop();
    CPPUNIT_ASSERT_EQUAL(0.0, dropped);
    const auto files = logs.files();
    CPPUNIT_ASSERT_MESSAGE(std::to_string(files.size()) + " files", files.size() >= 5);
    for (std::size_t i = 1; i < files.size(); ++i) CPPUNIT_ASSERT(files.count("pulsewatch.log." + std::to_string(i)) == 1);
    for (const auto& [name, lines] : files) CPPUNIT_ASSERT_MESSAGE(name, fs::file_size(logs.path() / name) <= 65536);
    checkOnceEach(ids, logs.lines());
  }

  // While the file can't be written, all else goes on, and the file holds whole lines; after that the log tells once of what was lost.
  template <class Lose, class Regain>
  static void loseAndRegain(const LogDirectory& logs, Lose lose, Regain regain, const std::string& error) {
    PulsewatchProcess daemon(logs.options());
    const std::uint16_t port = daemon.port();
    std::vector<std::string> ids = sendLoggedRequests(port, 1, 10);
    // From then on nothing is logged but the requests.
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("message") == "ready"; }));
    LatencyProbe probe(port);
    lose();
    for (std::string& id : sendLoggedRequests(port, 2, 25)) ids.push_back(std::move(id));
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_log_dropped_total", {}, [](double count) { return count > 0; }));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    if (fs::exists(logs.path())) parseJsonLines(readFile(logs.file()));
    regain();
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "log_dropped"; }));
    for (std::string& id : sendLoggedRequests(port, 1, 10)) ids.push_back(std::move(id));
    probe.finish();
    const double lost = dropped(daemon);
    daemon.stop();
    const JsonLines told = linesOfEvent(daemon.log(), "log_dropped");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("once", std::size_t{1}, told.size());
    CPPUNIT_ASSERT_EQUAL(lost, static_cast<double>(told.front().integer("dropped")));
    CPPUNIT_ASSERT_EQUAL(error, told.front().text("error"));
    const std::map<std::string, int> counts = countRequests(daemon.log());
    for (const auto& [id, count] : counts) CPPUNIT_ASSERT_EQUAL(1, count);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("there or counted", static_cast<double>(ids.size()), static_cast<double>(counts.size()) + lost);
  }

  static double dropped(PulsewatchProcess& daemon) { return daemon.metrics().value("pulsewatch_log_dropped_total"); }

  static void checkOnceEach(const std::vector<std::string>& ids, const JsonLines& lines) {
    const std::map<std::string, int> counts = countRequests(lines);
    CPPUNIT_ASSERT_EQUAL(ids.size(), counts.size());
    for (const std::string& id : ids) CPPUNIT_ASSERT_MESSAGE(id, counts.count(id) == 1 && counts.at(id) == 1);
  }

  // One line with all these words.
  static void checkMistake(const std::string& errors, const std::vector<std::string>& words) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(errors, std::ptrdiff_t{1}, std::count(errors.begin(), errors.end(), '\n'));
    for (const std::string& word : words) CPPUNIT_ASSERT_MESSAGE(word + " is not in " + errors, errors.find(word) != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogFileTest);

}  // namespace
}  // namespace pulsewatch::testing
