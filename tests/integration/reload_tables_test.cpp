// The tables of bad configurations, as far as they are files, reloaded by one daemon: each is refused with exactly its mistakes, those of a
// start, and the old one stays each time.
#include "configurations/configuration.h"
#include "integration/plugin_place.h"
#include "integration/reloads.h"
#include "support/wait.h"

#include <Poco/String.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <filesystem>

namespace pulsewatch::testing {
namespace {

class ReloadTablesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReloadTablesTest);
  CPPUNIT_TEST(testBadOnes);
  CPPUNIT_TEST(testGoodOnes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testBadOnes() {
    const TemporaryDirectory fixtures;
    PulsewatchProcess daemon(options(fixtures));
    waitForCheck(daemon, "steady", "healthy");
    CPPUNIT_ASSERT(
        waitFor([&] { return daemon.get("/ready").body.find("no result yet") == std::string::npos; }, PulsewatchProcess::patience));
    Reloads reloads(daemon);
    const std::string before = daemon.get("/ready?verbose").body;
    std::string wrong;
    std::size_t count = 0;
    for (const Configuration& row : allConfigurations()) {
      if (row.mistakes.empty() || !row.environment.empty() || !row.overrides.empty()) continue;
      ++count;
      reloads.write(row.main);
      for (const auto& [name, text] : row.files) {
        static_cast<void>(daemon.directory().write(name, ""));
        reloads.write(text, name);
      }
      wrong += judged(row, daemon, reloads);
      for (const auto& [name, text] : row.files) std::filesystem::remove_all(daemon.directory() / name);
      std::filesystem::remove_all(daemon.directory() / "pulsewatch.d");
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
    CPPUNIT_ASSERT_MESSAGE(std::to_string(count), count >= 100);
    CPPUNIT_ASSERT_EQUAL(checksOf(before), checksOf(daemon.get("/ready?verbose").body));
    reloads.take(options(fixtures).config);
    CPPUNIT_ASSERT_EQUAL(1.0, daemon.metrics().value("pulsewatch_config_last_reload_successful"));
    daemon.stop();
  }

  // Some that are good, one after the other, with all that they change.
  void testGoodOnes() {
    const TemporaryDirectory fixtures;
    PulsewatchProcess daemon(options(fixtures));
    waitForCheck(daemon, "steady", "healthy");
    Reloads reloads(daemon);
    std::size_t count = 0;
    for (const Configuration& row : checkKeyRows()) {
      if (!row.mistakes.empty() || !row.environment.empty() || !row.overrides.empty() || ++count % 4 != 0) continue;
      reloads.take("http.port = 0\n" + row.main);
    }
    CPPUNIT_ASSERT(count >= 20);
    reloads.take(options(fixtures).config);
    waitForCheck(daemon, "steady", "healthy");
    daemon.stop();
  }

 private:
  static PulsewatchOptions options(const TemporaryDirectory& fixtures) {
    for (const std::string file : {"kinds.so", "celery.so"})
      std::filesystem::copy_file(std::filesystem::path(PULSEWATCH_FIXTURE_PLUGINS) / file, fixtures.path() / file,
                                 std::filesystem::copy_options::overwrite_existing);
    PulsewatchOptions options;
    options.config = "http.port = 0\nshutdown.drain = 0s\ncheck.steady.plugin = kinds\ncheck.steady.interval = 100ms\n";
    options.environment.insert(usualEnvironment().begin(), usualEnvironment().end());
    options.environment["PULSEWATCH_PLUGINS_DIRECTORIES"] = PULSEWATCH_PLUGINS "," + fixtures.path().string();
    options.secrets = {usual_password};
    return options;
  }

  static std::string judged(const Configuration& row, PulsewatchProcess& daemon, Reloads& reloads) {
    const JsonLine line = reloads.reload();
    std::vector<std::string> said;
    for (const JsonLine& mistake : linesOfEvent(reloads.news(), "config_mistake"))
      said.push_back(Poco::replace(mistake.text("message"), daemon.directory().path().string(), std::string("@DIR@")));
    std::vector<std::string> wanted = row.mistakes;
    std::sort(said.begin(), said.end());
    std::sort(wanted.begin(), wanted.end());
    const bool stays = line.text("level") == "ERROR" && daemon.get("/ready/steady").status == 200 &&
                       daemon.metrics().value("pulsewatch_config_last_reload_successful") == 0;
    if (stays && said == wanted) return {};
    std::string text = row.name + (stays ? "" : ": the old one does not stay") + ": says\n";
    for (const std::string& sentence : said) text += sentence + "\n";
    return text + "instead of " + wanted.front() + "\n";
  }

  // Which checks, since when they are what they are.
  static std::string checksOf(const std::string& verbose) {
    const Poco::JSON::Object::Ptr checks = parseJsonObject(verbose)->getObject("checks");
    std::string text;
    for (const std::string& name : checks->getNames())
      text += name + " " + textOf(checks->getObject(name), "status") + " " + textOf(checks->getObject(name), "since") + "\n";
    return text;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReloadTablesTest);

}  // namespace
}  // namespace pulsewatch::testing
