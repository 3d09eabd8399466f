// config.watch: a file of the configuration that changes reloads it, however it was changed.
#include "integration/plugin_place.h"
#include "integration/reloads.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;

class ConfigWatchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConfigWatchTest);
  CPPUNIT_TEST(testEdits);
  CPPUNIT_TEST(testHalfWritten);
  CPPUNIT_TEST(testMountedSecrets);
  CPPUNIT_TEST(testSwitchedOffAndOn);
  CPPUNIT_TEST_SUITE_END();

 public:
  // In place, by a rename as editors do, of a drop-in and of an overlay.
  void testEdits() {
    PulsewatchOptions options = watched();
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "steady", "healthy", "fine");
    const Reloads reloads(daemon);
    const std::string config = Reloads(daemon).placed(options.config);
    std::ofstream(daemon.directory() / "pulsewatch.properties") << config << "check.steady.message = in place\n";
    waitForCheck(daemon, "steady", "healthy", "in place");
    reloads.write(options.config + "check.steady.message = renamed\n");
    waitForCheck(daemon, "steady", "healthy", "renamed");
    fs::rename(daemon.directory() / "pulsewatch.properties", daemon.directory() / "pulsewatch.properties~");
    std::ofstream(daemon.directory() / "pulsewatch.properties") << config << "check.steady.message = moved away and written\n";
    waitForCheck(daemon, "steady", "healthy", "moved away and written");
    reloads.write("check.steady.message = of the overlay\n", "pulsewatch-test.properties");
    waitForCheck(daemon, "steady", "healthy", "of the overlay");
    fs::create_directory(daemon.directory() / "pulsewatch.d");
    reloads.write("check.steady.message = of a drop-in\n", "pulsewatch.d/10-a.properties");
    waitForCheck(daemon, "steady", "healthy", "of a drop-in");
    fs::remove(daemon.directory() / "pulsewatch.d/10-a.properties");
    waitForCheck(daemon, "steady", "healthy", "of the overlay");
    // Nothing has changed: nothing is reloaded.
    const auto reloaded = [&] { return linesOfEvent(daemon.log(), "config_reload").size(); };
    CPPUNIT_ASSERT(waitFor([&] { return reloaded() == 6; }, PulsewatchProcess::patience));
    daemon.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, reloaded());
  }

  // What is half written is refused, or not even read; the rest of it is taken.
  void testHalfWritten() {
    PulsewatchOptions options = watched();
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "steady", "healthy", "fine");
    const std::string config = Reloads(daemon).placed(options.config);
    ReadyPoll poll(daemon);
    std::ofstream file(daemon.directory() / "pulsewatch.properties");
    file << config << "check.steady.mess" << std::flush;
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "config_mistake"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), textOf(daemon.check("steady"), "message"));
    file << "age = whole\n" << std::flush;
    waitForCheck(daemon, "steady", "healthy", "whole");
    poll.finish();
    daemon.stop();
  }

  // As Kubernetes has them: links to a folder behind a link that is turned.
  void testMountedSecrets() {
    const TemporaryDirectory mount;
    static_cast<void>(mount.write("..1/secret", "the first secret key of fifty or more characters, made up"));
    fs::create_directory_symlink("..1", mount / "..data");
    fs::create_symlink("..data/secret", mount / "secret");
    PulsewatchOptions options = watched();
    options.environment.erase("SECRET_KEY");
    options.environment["SECRET_KEY_FILE"] = (mount / "secret").string();
    options.secrets = {"the first secret key", "the second secret key"};
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "steady", "healthy", "fine");
    static_cast<void>(mount.write("..2/secret", "the second secret key of fifty or more characters, made up"));
    fs::create_directory_symlink("..2", mount / "..data_tmp");
    fs::rename(mount / "..data_tmp", mount / "..data");
    fs::remove_all(mount / "..1");
    CPPUNIT_ASSERT(daemon.waitForLine(
        [](const JsonLine& line) { return line.text("event") == "config_reload" && line.text("keys") == "secret_key"; }));
    daemon.stop();
  }

  // It is off unless it is asked for.
  void testSwitchedOffAndOn() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok", {"interval = 100ms"}));
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "steady", "healthy", "fine");
    Reloads reloads(daemon);
    reloads.take(options.config + "config.watch = true\n");
    reloads.write(options.config + "check.steady.message = seen\n");  // which switches it off
    waitForCheck(daemon, "steady", "healthy", "seen");
    reloads.write(options.config + "check.steady.message = unseen\n");
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "config_reload"; }));
    CPPUNIT_ASSERT(!waitFor([&] { return textOf(daemon.check("steady"), "message") == "unseen"; }, std::chrono::seconds(1)));
    reloads.reload();
    waitForCheck(daemon, "steady", "healthy", "unseen");
    daemon.stop();
  }

 private:
  static PulsewatchOptions watched() {
    return fixtureOptions({"ok"}, "config.watch = true\n" + checkConfig("steady", "ok", {"interval = 100ms"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConfigWatchTest);

}  // namespace
}  // namespace pulsewatch::testing
