// Muted checks: what they do to the verdict, for how long, and that nothing but time or an operator ends it.
#include "integration/control.h"
#include "integration/plugin_place.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <fstream>

namespace pulsewatch::testing {
namespace {

const std::string kSteady = checkConfig("steady", "ok", {"interval = 100ms"});
const std::string kBroken = checkConfig("broken", "ok", {"interval = 100ms", "status = unhealthy"});

class MuteTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MuteTest);
  CPPUNIT_TEST(testMute);
  CPPUNIT_TEST(testEnds);
  CPPUNIT_TEST(testOutlivesAKill);
  CPPUNIT_TEST(testEveryCheckMuted);
  CPPUNIT_TEST(testCheckGoesAndComesBack);
  CPPUNIT_TEST(testReasons);
  CPPUNIT_TEST(testRefusals);
  CPPUNIT_TEST(testWhatCannotBeKeptIsRefused);
  CPPUNIT_TEST(testBadFile);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testMute() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady + kBroken));
    waitForCheck(daemon, "steady", "healthy");
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_health_check_muted", {{"check_name", "broken"}}));
    CPPUNIT_ASSERT(verboseCheck(daemon, "broken")->isNull("muted"));

    const Told told = tell(daemon, {"mute", "broken", "--for", "30m", "--reason", "the move of the database"});
    expectTold(told, 0, "broken is muted for another ");
    expectTold(told, 0, ": the move of the database\n");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("at once", 200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("shown as it is", std::string("unhealthy"), textOf(daemon.check("broken"), "status"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, daemon.check("broken")->size());
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready/broken").status);
    const auto muted = verboseCheck(daemon, "broken")->getObject("muted");
    CPPUNIT_ASSERT_EQUAL(std::string("the move of the database"), textOf(muted, "reason"));
    CPPUNIT_ASSERT(told.output.find("until " + textOf(muted, "until")) != std::string::npos);
    CPPUNIT_ASSERT(verboseCheck(daemon, "steady")->isNull("muted"));
    CPPUNIT_ASSERT_EQUAL(1.0, daemon.metrics().value("pulsewatch_health_check_muted", {{"check_name", "broken"}}));
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_health_check_muted", {{"check_name", "steady"}}));
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_health_check_status", {{"check_name", "broken"}}));
    const Labels runs{{"check_name", "broken"}, {"outcome", "unhealthy"}};
    const double before = daemon.metrics().value("pulsewatch_health_check_runs_total", runs);
    CPPUNIT_ASSERT_MESSAGE("it runs on",
                           daemon.waitForMetric("pulsewatch_health_check_runs_total", runs, [&](double now) { return now > before + 2; }));
    expectTold(tell(daemon, {"status"}), 0, "\nbroken  unhealthy  muted  20");
    expectTold(tell(daemon, {"status"}), 0, "\nmuted:\n  broken  for another ");
    expectTold(tell(daemon, {"mutes"}), 0, ": the move of the database\n");
    CPPUNIT_ASSERT_EQUAL(std::to_string(::getuid()), waitForEvents(daemon, "mute")[0].text("user_id"));
    CPPUNIT_ASSERT_EQUAL(std::string("broken"), waitForEvents(daemon, "mute")[0].text("check"));

    // A second time replaces the first.
    expectTold(tell(daemon, {"mute", "--for=2h", "broken"}), 0, "broken is muted for another ");
    CPPUNIT_ASSERT_EQUAL(std::string(), textOf(verboseCheck(daemon, "broken")->getObject("muted"), "reason"));

    expectTold(tell(daemon, {"unmute", "broken"}), 0, "broken votes again\n");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_health_check_muted", {{"check_name", "broken"}}));
    waitForEvents(daemon, "unmute");
    daemon.stop();
  }

  void testEnds() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady + kBroken));
    waitForCheck(daemon, "steady", "healthy");
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    expectTold(tell(daemon, {"mute", "broken", "--for", "5s"}), 0, "broken is muted for another ");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    waitForReady(daemon, 503);
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "mute_ended"; }));
    expectTold(tell(daemon, {"mutes"}), 0, "no check is muted\n");
    expectTold(tell(daemon, {"unmute", "broken"}), 1, "pulsewatchctl: check broken is not muted\n");
    daemon.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, linesOfEvent(daemon.log(), "mute_ended").size());
  }

  void testOutlivesAKill() {
    const TemporaryDirectory state;
    PulsewatchOptions options = controlOptions({"ok"}, kSteady + kBroken + kMinor);
    options.arguments = {"-D", "state.directory=" + (state / "made/when/needed").string()};
    {
      PulsewatchProcess daemon(options);
      waitForCheck(daemon, "steady", "healthy");
      waitForReady(daemon, 503);
      expectTold(tell(daemon, {"mute", "broken", "--for", "1h", "--reason", "move"}), 0, "muted");
      expectTold(tell(daemon, {"mute", "minor", "--for", "1ms"}), 0, "muted");
      daemon.child().signal(SIGKILL);
      CPPUNIT_ASSERT_EQUAL(128 + SIGKILL, daemon.finish());
    }
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(std::string("move"), textOf(verboseCheck(daemon, "broken")->getObject("muted"), "reason"));
    expectTold(tell(daemon, {"mutes"}), 0, "broken  for another ");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("what ended meanwhile is told, too", std::string("minor"),
                                 waitForEvents(daemon, "mute_ended")[0].text("check"));
    waitForEvents(daemon, "mute");
    expectTold(tell(daemon, {"unmute", "broken"}), 0, "broken votes again");
    daemon.stop();
    CPPUNIT_ASSERT(std::filesystem::is_empty(state / "made/when/needed"));
  }

  // Nothing is left that could speak against it, and that is what was asked for.
  void testEveryCheckMuted() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kBroken + checkConfig("none", "ok", {"status = degraded"})));
    waitForCheck(daemon, "none", "degraded");
    waitForReady(daemon, 503);
    for (const char* check : {"broken", "none"}) expectTold(tell(daemon, {"mute", check, "--for", "1h"}), 0, "is muted");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    expectTold(tell(daemon, {"drain"}), 0, "drained");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    daemon.stop();
  }

  void testCheckGoesAndComesBack() {
    const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options(kSteady + "control.socket = @DIR@/control.sock\n"));
    waitForCheck(daemon, "versioned", "healthy");
    waitForCheck(daemon, "steady", "healthy");
    expectTold(tell(daemon, {"mute", "versioned", "--for", "1h"}), 0, "is muted");
    place.sh("rm plugins/versioned.so");
    waitUntilGone(daemon, "versioned", "versioned");
    expectTold(tell(daemon, {"mutes"}), 0, "\n  versioned  for another ");
    expectTold(tell(daemon, {"mute", "versioned", "--for", "1h"}), 1, "there is no check \"versioned\"");
    place.sh("cp $F/versioned_2.so plugins/versioned.so");
    waitForCheck(daemon, "versioned", "healthy");
    CPPUNIT_ASSERT(!verboseCheck(daemon, "versioned")->isNull("muted"));
    daemon.stop();
  }

  // It lands in logs and on terminals.
  void testReasons() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady));
    waitForReady(daemon, 200);
    const Told told = tell(daemon, {"mute", "steady", "--for", "1h", "--reason", "  red \x1b[31m\nline \xff, größer\t "});
    expectTold(told, 0, ": red \\x1b[31m\\x0aline \xEF\xBF\xBD, größer\n");
    CPPUNIT_ASSERT_EQUAL(std::string("red \\x1b[31m\\x0aline \xEF\xBF\xBD, größer"),
                         textOf(verboseCheck(daemon, "steady")->getObject("muted"), "reason"));
    expectTold(tell(daemon, {"mute", "steady", "--for", "1h", "--reason", std::string(5000, 'x')}), 0, std::string(200, 'x') + "…\n");
    expectTold(tell(daemon, {"mute", "steady", "--for", "1h", "--reason", std::string(50'000, 'x')}), 1, "the request is longer than");
    daemon.stop();
  }

  void testRefusals() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady));
    waitForReady(daemon, 200);
    expectTold(tell(daemon, {"mute", "stedy", "--for", "1h"}), 1, "pulsewatchctl: there is no check \"stedy\"; did you mean steady?\n");
    expectTold(tell(daemon, {"mute", "steady", "--for", "721h"}), 1, "a check can be muted for up to 720h, and for longer than 0s");
    expectTold(tell(daemon, {"mute", "steady", "--for", "9223372036854775807ms"}), 1, "a check can be muted for up to 720h");
    expectTold(tell(daemon, {"unmute", "steady"}), 1, "check steady is not muted");
    expectTold(tell(daemon, {"mutes"}), 0, "no check is muted\n");
    expectTold(tell(daemon, {"mute", "steady", "--for", "720h"}), 0, "steady is muted for another ");
    daemon.stop();
  }

  void testWhatCannotBeKeptIsRefused() {
    PulsewatchOptions options = controlOptions({"ok"}, kBroken);
    options.files["state"] = "a file where the directory should be";
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    const std::string path = daemon.directory() / "state/mutes";
    expectTold(tell(daemon, {"mute", "broken", "--for", "1h"}), 1,
               "pulsewatchctl: check broken was not muted, as that would not outlive a restart: " + path + " cannot be written: ");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    expectTold(tell(daemon, {"mutes"}), 0, "no check is muted\n");
    CPPUNIT_ASSERT(linesOfEvent(daemon.log(), "mute").empty());
    daemon.stop();
  }

  void testBadFile() {
    PulsewatchOptions options = controlOptions({"ok"}, kBroken);
    options.files["state/mutes"] = std::string("pulsewatch mutes 1\nbroken never\n\0\xff", 35);
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "broken", "unhealthy", "fine");
    CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(
        (daemon.directory() / "state/mutes").string() + " is no list of mutes: no check is muted; remove it, the next mute makes it anew",
        waitForEvents(daemon, "mutes_unreadable")[0].text("message"));
    expectTold(tell(daemon, {"mute", "broken", "--for", "1h"}), 0, "is muted");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    daemon.stop();
  }

 private:
  static inline const std::string kMinor = checkConfig("minor", "ok");
};

CPPUNIT_TEST_SUITE_REGISTRATION(MuteTest);

}  // namespace
}  // namespace pulsewatch::testing
