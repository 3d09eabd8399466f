// A check that logs as fast as it can, a million lines a run: what of it reaches the log, and what that does to the others' lines.
#include "integration/daemon.h"
#include "integration/log_times.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace pulsewatch::testing {
namespace {

// What a check may write (host/plugin/log_limiter.h).
constexpr double burst = 500;
constexpr double per_second = 200;

class LogFloodTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogFloodTest);
  CPPUNIT_TEST(testInAWorker);
  CPPUNIT_TEST(testInsideTheHost);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testInAWorker() { flood("process"); }
  void testInsideTheHost() { flood("host"); }

 private:
  static void flood(const std::string& isolation) {
    PulsewatchProcess daemon(
        fixtureOptions({"ok", "sinner"},
                       "log.level = DEBUG\nplugins.isolation = " + isolation + "\n" + checkConfig("steady", "ok", {"interval = 100ms"}) +
                           checkConfig("flood", "sinner", {"sin = many lines", "interval = 100ms", "timeout = 1m", "critical = false"})));
    waitForCheck(daemon, "flood", "healthy", "told a lot");
    JsonLines told;
    CPPUNIT_ASSERT(waitFor([&] { return (told = toldOfDrops(daemon)).size() >= 2; }, 2 * slowness * PulsewatchProcess::patience));
    double dropped = 0;
    for (const JsonLine& line : told) dropped += std::stod(line.text("message"));
    CPPUNIT_ASSERT_MESSAGE(told.front().line(), dropped > 500'000);

    const JsonLines lines = linesOfEvent(daemon.log(), "flood");
    const double seconds = secondsOf(lines.back()) - secondsOf(lines.front());
    CPPUNIT_ASSERT_MESSAGE(std::to_string(lines.size()) + " lines in " + std::to_string(seconds) + " s",
                           lines.size() > 1 && static_cast<double>(lines.size()) <= burst + per_second * (seconds + 1));
    for (const JsonLine& line : lines) CPPUNIT_ASSERT_EQUAL(std::string("flood"), line.text("check"));

    // Every run of the check beside it is in the log.
    daemon.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, linesWhere(daemon.log(), [](const JsonLine& line) {
                                           return line.text("event") == "log_dropped" && line.text("check") != "flood";
                                         }).size());
    const JsonLines steady = linesWhere(
        daemon.log(), [](const JsonLine& line) { return line.text("event") == "health_check" && line.text("check") == "steady"; });
    CPPUNIT_ASSERT(steady.size() > 2);
    for (std::size_t i = 1; i < steady.size(); ++i) {
      const double gap = secondsOf(steady[i]) - secondsOf(steady[i - 1]);
      CPPUNIT_ASSERT_MESSAGE("no line for " + std::to_string(gap) + " s before " + steady[i].line(), gap < 1.5 * slowness);
    }
  }

  static JsonLines toldOfDrops(PulsewatchProcess& daemon) {
    return linesWhere(linesOfEvent(daemon.log(), "log_dropped"), [](const JsonLine& line) {
      return line.text("check") == "flood" && line.text("level") == "WARNING" &&
             line.text("message").find(" log lines of this check were dropped: it may write 200 a second") != std::string::npos;
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogFloodTest);

}  // namespace
}  // namespace pulsewatch::testing
