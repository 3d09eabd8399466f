// What the README shows is true: its configuration is taken, its plugin builds with its command and votes, its answers and sentences are
// the program's.
#include "integration/daemon.h"
#include "integration/page.h"
#include "integration/plugin_place.h"
#include "integration/services.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace pulsewatch::testing {
namespace {

std::string block(const std::string& language, const std::string& part) { return pageBlock("README.md", language, part); }

class ReadmeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadmeTest);
  CPPUNIT_TEST(testConfiguration);
  CPPUNIT_TEST(testListing);
  CPPUNIT_TEST(testMistake);
  CPPUNIT_TEST(testAnswer);
  CPPUNIT_TEST(testPlugin);
  CPPUNIT_TEST(testMaintenance);
  CPPUNIT_TEST(testCommands);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testConfiguration() {
    const std::string listing = checkedConfiguration();
    for (const char* check : {"database", "redis", "replica"}) CPPUNIT_ASSERT_MESSAGE(check, listing.find(check) != std::string::npos);
  }

  // The parts of the listing that are shown, with … between, are in it.
  void testListing() {
    const std::string listing = checkedConfiguration();
    std::string rest = block("text", "CRITICAL");
    const std::string gap = "…\n";
    std::size_t parts = 0;
    for (; !rest.empty(); ++parts) {
      const std::size_t end = std::min(rest.find(gap), rest.size());
      const std::string part = rest.substr(0, end);
      rest.erase(0, end + gap.size());
      CPPUNIT_ASSERT_MESSAGE(part + " is not in\n" + listing, !part.empty() && listing.find(part) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, parts);
  }

  void testMistake() {
    std::string sentence = block("text", "did you mean");
    sentence.pop_back();  // the line's end
    PulsewatchOptions options;
    options.config = "\n\n\n\n\n\nhttp.adress = 0.0.0.0\n";
    options.environment = requiredEnvironment();
    options.arguments = {"--check-config"};
    options.logs = false;
    PulsewatchProcess process(options);
    CPPUNIT_ASSERT_EQUAL(78, process.finish());
    CPPUNIT_ASSERT_MESSAGE(process.child().errors(), process.child().errors().find("/" + sentence) != std::string::npos);
  }

  // The block /ready shows has the answer's fields, statuses and messages; only numbers differ.
  void testAnswer() {
    PulsewatchProcess process(serviceOptions());
    waitForCheck(process, "database", "healthy");
    waitForCheck(process, "redis", "healthy");
    const std::string shown = withoutNumbers(block("json", "MySQL connection successful"));
    CPPUNIT_ASSERT_EQUAL(shown, withoutNumbers(process.get("/ready").body));
    process.stop();
  }

  // Built, dropped in while the daemon runs, and removed, with the commands that are shown.
  void testPlugin() {
    const PluginPlace place;
    PulsewatchProcess process(place.options());
    waitForReady(process, 503);
    const std::string source = place.path().string();
    std::ofstream(source + "/disk.cpp") << block("cpp", "DiskCheck");
    std::filesystem::create_directory_symlink(PULSEWATCH_SOURCE "/sdk", place.path() / "sdk");
    followCommands(block("sh", "-shared"), source);

    std::istringstream commands(block("sh", "install -m 644"));
    std::string install;
    std::string remove;
    CPPUNIT_ASSERT(std::getline(commands, install) && std::getline(commands, remove));
    followCommands(inPlace(install, place), source);
    const auto answer = waitForCheck(process, "disk", "healthy", "writable");
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), textOf(answer, "status"));
    followCommands(inPlace(remove, place), source);
    waitUntilGone(process, "disk", "disk");
    process.stop();
  }

  // All of its commands, one after the other.
  void testMaintenance() {
    PulsewatchOptions options = serviceOptions();
    options.config += "control.socket = @DIR@/control.sock\n";
    PulsewatchProcess process(options);
    waitForReady(process, 200);
    const std::string programs = std::filesystem::path(PULSEWATCH_PROGRAM).parent_path().string();
    const std::string directory = process.directory().path().string();
    const std::string commands = block("sh", "pulsewatchctl mute");
    CPPUNIT_ASSERT(std::count(commands.begin(), commands.end(), '\n') >= 9);
    followCommands("PATH=" + programs + ":$PATH; export PULSEWATCH_CONTROL_SOCKET=" + directory + "/control.sock\n" + commands, directory);
    waitForReady(process, 200);
    process.stop();
  }

  // The commands of `./dev` that the README names are there.
  void testCommands() {
    const std::string commands = block("sh", "./dev run");
    CPPUNIT_ASSERT(commands.find("./dev test") != std::string::npos);
    const std::string dev = readFile(PULSEWATCH_SOURCE "/dev");
    CPPUNIT_ASSERT(dev.find("command_run()") != std::string::npos);
    CPPUNIT_ASSERT(dev.find("command_test()") != std::string::npos);
  }

 private:
  // What --check-config prints of the configuration that is shown, with the path of its file as the README has it.
  static std::string checkedConfiguration() {
    PulsewatchOptions options;
    options.config = block("properties", "settings_module") + "\nplugins.directories = " PULSEWATCH_PLUGINS "\n";
    options.environment = {{"SECRET_KEY", secret_key}};
    options.arguments = {"--check-config"};
    options.secrets = {"p@ss", "p%40ss"};
    options.logs = false;
    PulsewatchProcess process(options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(process.child().errors(), 0, process.finish());
    std::string listing = process.child().output();
    const std::string directory = process.directory().path().string() + "/";
    for (std::size_t at = listing.find(directory); at != std::string::npos; at = listing.find(directory))
      listing.erase(at, directory.size());
    return listing;
  }

  // The command with the place's plugin directory for the system's.
  static std::string inPlace(std::string command, const PluginPlace& place) {
    const std::string shown = "/usr/local/lib/pulsewatch/plugins";
    const std::size_t at = command.find(shown);
    CPPUNIT_ASSERT_MESSAGE(command, at != std::string::npos);
    return command.replace(at, shown.size(), place.plugins().string());
  }

  static std::string withoutNumbers(const std::string& json) {
    std::string text;
    for (const char c : json) {
      if (c != ' ' && c != '\n' && c != '.' && (c < '0' || c > '9')) text += c;
    }
    return text;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadmeTest);

}  // namespace
}  // namespace pulsewatch::testing
