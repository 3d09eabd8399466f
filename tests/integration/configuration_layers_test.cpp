// Which layer of the configuration wins, seen from the running daemon: each layer switches /metrics the other way than the one below it.
#include "integration/daemon.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class ConfigurationLayersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConfigurationLayersTest);
  CPPUNIT_TEST(testEachLayerBeatsTheOneBelow);
  CPPUNIT_TEST(testVariableFile);
  CPPUNIT_TEST(testHostVariable);
  CPPUNIT_TEST(testSaidAtStart);
  CPPUNIT_TEST(testMadeUpKey);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testEachLayerBeatsTheOneBelow() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    const std::string off = "metrics.enabled = false\n";
    const std::string on = "metrics.enabled = true\n";
    expect(options, 200, "the built-in default");
    options.config += off;
    expect(options, 404, "the main file");
    options.files["pulsewatch-test.properties"] = on;
    expect(options, 200, "the profile's overlay");
    options.files["pulsewatch.d/10-first.properties"] = off;
    expect(options, 404, "pulsewatch.d");
    options.files["pulsewatch.d/20-second.properties"] = on;
    expect(options, 200, "a later name in pulsewatch.d");
    options.environment["PROMETHEUS_METRICS_ENABLED"] = "false";
    expect(options, 404, "the environment");
    options.arguments = {"-D", "metrics.enabled=true"};
    expect(options, 200, "-D");
  }

  void testVariableFile() {
    PulsewatchOptions options = fixtureOptions({"ok"}, "metrics.enabled = true\n" + checkConfig("steady", "ok"));
    options.files["metrics_off"] = "false\n";
    options.environment["PROMETHEUS_METRICS_ENABLED_FILE"] = "@DIR@/metrics_off";
    expect(options, 404, "NAME_FILE");
  }

  void testHostVariable() {
    PulsewatchOptions options = fixtureOptions({"ok"}, "shutdown.drain = 1h\n" + checkConfig("steady", "ok"));
    const std::string usual = "shutdown.drain = 0s\n";
    options.config.erase(options.config.find(usual), usual.size());
    options.environment["PULSEWATCH_SHUTDOWN_DRAIN"] = "0s";
    PulsewatchProcess daemon(options);
    daemon.stop();  // within its patience, not within an hour
  }

  void testSaidAtStart() {
    PulsewatchOptions options = fixtureOptions({"ok"}, "console.session_cookie_secure = on\n" + checkConfig("steady", "ok"));
    options.environment["DEBUG"] = "true";
    options.environment["DJANGO_SETTINGS_MODULE"] = "core.settings.prod";
    PulsewatchProcess daemon(options);
    daemon.port();
    daemon.stop();
    const auto warnings = linesWhere(daemon.log(), [](const JsonLine& line) { return line.text("level") == "WARNING"; });
    CPPUNIT_ASSERT_EQUAL_MESSAGE("DEBUG with prod", std::size_t{1}, linesWith(warnings, "DEBUG"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a key that is not acted on yet", std::size_t{1}, linesWith(warnings, "console.session_cookie_secure"));
  }

  void testMadeUpKey() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    options.environment = {{"DJANGO_SETTINGS_MODULE", "core.settings.dev"}};
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    daemon.stop();
    const auto warnings = linesWhere(daemon.log(), [](const JsonLine& line) { return line.text("level") == "WARNING"; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, linesWith(warnings, "SECRET_KEY"));
  }

 private:
  static void expect(const PulsewatchOptions& options, int status, const std::string& layer) {
    PulsewatchProcess daemon(options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(layer, status, daemon.get("/metrics").status);
    daemon.stop();
  }

  static std::size_t linesWith(const JsonLines& lines, const std::string& word) {
    return linesWhere(lines, [&word](const JsonLine& line) { return line.text("message").find(word) != std::string::npos; }).size();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConfigurationLayersTest);

}  // namespace
}  // namespace pulsewatch::testing
