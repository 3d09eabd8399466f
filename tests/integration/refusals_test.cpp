// A plugin directory full of sins: each is refused with its sentence everywhere an operator looks, and the plugins beside them go on.
#include "integration/daemon.h"
#include "support/sinful_directory.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <iostream>
#include <sstream>

namespace pulsewatch::testing {
namespace {

std::vector<std::string> linesOf(const std::string& text, const std::string& beginning) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.rfind(beginning, 0) == 0) lines.push_back(line);
  return lines;
}

class RefusalsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RefusalsTest);
  CPPUNIT_TEST(testCheckConfig);
  CPPUNIT_TEST(testRunning);
  CPPUNIT_TEST(testConfiguredChecksOfRefusedPlugins);
  CPPUNIT_TEST_SUITE_END();

 public:
  RefusalsTest() {
    for (const std::string& sin : sins().skipped()) std::cerr << "skipped, for want of root: " << sin << '\n';
  }

  void testCheckConfig() {
    PulsewatchOptions given = options();
    given.arguments = {"--check-config"};
    given.logs = false;
    PulsewatchProcess process(given);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(process.child().errors(), 0, process.finish());
    const std::vector<std::string> refused = linesOf(process.child().output(), "refused: ");
    for (const Sin& sin : sins().sins()) {
      const std::string line = "refused: " + (sins().path() / sin.file).string() + ": " + sin.sentence;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(line + "\n" + process.child().output(), 1,
                                   static_cast<int>(std::count(refused.begin(), refused.end(), line)));
    }
    CPPUNIT_ASSERT_EQUAL(sins().sins().size(), refused.size());
    for (const char* check : {"ok ", "plain "})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(check, std::size_t{1}, linesOf(process.child().output(), check).size());
  }

  void testRunning() {
    PulsewatchProcess process(options());
    waitForCheck(process, "plain", "healthy", "plain and simple");
    const auto answer = waitForCheck(process, "ok", "healthy", "fine");
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), textOf(answer, "status"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, answer->getObject("checks")->size());

    const MetricsText metrics = process.metrics();
    const JsonLines lines = linesOfEvent(process.log(), "plugin_refused");
    for (const Sin& sin : sins().sins()) {
      const std::string file = (sins().path() / sin.file).string();
      const JsonLines told = linesWhere(lines, [&file](const JsonLine& line) { return line.text("file") == file; });
      CPPUNIT_ASSERT_EQUAL_MESSAGE(file, std::size_t{1}, told.size());
      CPPUNIT_ASSERT_EQUAL(file + ": refused: " + sin.sentence, told[0].text("message"));
      CPPUNIT_ASSERT_EQUAL(std::string("ERROR"), told[0].text("level"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(file, sin.plugin, told[0].text("plugin"));
      const auto info = metrics.find("pulsewatch_plugin_info", {{"plugin", sin.plugin}, {"version", sin.version}, {"state", "refused"}});
      CPPUNIT_ASSERT_MESSAGE(file + " is not in pulsewatch_plugin_info", info.has_value());
    }
    CPPUNIT_ASSERT_EQUAL(sins().sins().size(), lines.size());
    for (const char* plugin : {"ok", "plain_c"})
      CPPUNIT_ASSERT_EQUAL(1.0, metrics.value("pulsewatch_plugin_info", {{"plugin", plugin}, {"version", "1.0.0"}, {"state", "loaded"}}));
    CPPUNIT_ASSERT_EQUAL(2, static_cast<int>(linesOfEvent(process.log(), "plugin_loaded").size()));
    process.stop();
  }

  // They stay, unhealthy, with the reason; and a plugin whose default name is another's is taken once a check of it is named.
  void testConfiguredChecksOfRefusedPlugins() {
    PulsewatchOptions given = options();
    given.config += checkConfig("shortened", "bad-default") + checkConfig("other", "same-default");
    PulsewatchProcess process(given);
    waitForCheck(process, "other", "healthy", "fine");
    const auto answer = waitForCheck(process, "shortened", "unhealthy", "plugin refused: declares setting patience with a default");
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), textOf(answer, "status"));
    waitForCheck(process, "plain", "healthy", "plain and simple");
    process.stop();
  }

 private:
  static const SinfulDirectory& sins() {
    static const SinfulDirectory directory(PULSEWATCH_FIXTURE_PLUGINS);
    return directory;
  }

  static PulsewatchOptions options() {
    PulsewatchOptions options;
    options.config = "http.port = 0\nstate.directory = @DIR@/state\nshutdown.drain = 0s\nplugins.directories = " + sins().path().string() +
                     "\n" + checkConfig("ok", "ok");
    options.environment = requiredEnvironment();
    return options;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RefusalsTest);

}  // namespace
}  // namespace pulsewatch::testing
