// Copies of a good plugin that are cut off, end in zeros or have random damage: each is refused with a sentence or taken (damage may hit
// what nobody reads), and none costs more than itself.
#include "integration/daemon.h"
#include "integration/processes.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <random>
#include <set>

namespace pulsewatch::testing {
namespace {

constexpr int truncated = 200;
constexpr int zero_tailed = 100;
constexpr int randomly_damaged = 300;

// By file name, in an order that mixes the kinds.
using Copies = std::map<std::string, std::string>;

class DamagedPluginsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DamagedPluginsTest);
  CPPUNIT_TEST(testCheckConfig);
  CPPUNIT_TEST(testOneAfterTheOtherWhileRunning);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testCheckConfig() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("one", "ok"));
    options.arguments = {"--check-config"};
    options.logs = false;
    const Copies copies = damagedCopies();
    CPPUNIT_ASSERT_EQUAL(std::size_t{truncated + zero_tailed + randomly_damaged}, copies.size());
    for (const auto& [file, content] : copies) options.files["plugins/" + file] = content;
    PulsewatchProcess process(options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(process.child().errors(), 0, process.finish(3 * PulsewatchProcess::patience));
    const std::string output = process.child().output();
    std::set<std::string> not_refused;
    for (const auto& [file, content] : copies) {
      const std::string line = "refused: " + (process.directory() / ("plugins/" + file)).string() + ": ";
      const std::size_t at = output.find(line);
      if (at == std::string::npos || output.at(at + line.size()) == '\n') not_refused.insert(file);
    }
    // Of all that work (their damage is where nobody reads, as in a table of sections at the end) the last is taken; the others are told
    // that it is.
    CPPUNIT_ASSERT_MESSAGE(output, not_refused.size() <= 1);
    for (const std::string& file : not_refused) CPPUNIT_ASSERT_MESSAGE(file + "\n" + output, file.rfind("truncated", 0) != 0);
    CPPUNIT_ASSERT_MESSAGE(output, output.rfind("ok ") != std::string::npos);
  }

  void testOneAfterTheOtherWhileRunning() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok", {"interval = 100ms"})));
    waitForCheck(daemon, "steady", "healthy");
    const Labels healthy{{"check_name", "steady"}, {"outcome", "healthy"}};
    const Copies copies = damagedCopies();
    std::set<std::string> waiting;
    for (const auto& [file, content] : copies) {
      dropPlugin(daemon, file, content);
      waiting.insert((daemon.directory() / ("plugins/" + file)).string());
      if (waiting.size() < 40 && file != copies.rbegin()->first) continue;
      const double before = daemon.metrics().value("pulsewatch_health_check_runs_total", healthy);
      waitUntilAllAreTold(daemon, waiting);
      CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
      CPPUNIT_ASSERT(
          daemon.waitForMetric("pulsewatch_health_check_runs_total", healthy, [before](double now) { return now >= before + 2; }));
      waiting.clear();
    }
    const Labels steady{{"check_name", "steady"}};
    const MetricsText metrics = daemon.metrics();
    CPPUNIT_ASSERT_EQUAL(metrics.value("pulsewatch_health_check_runs_total", healthy),
                         metrics.sum("pulsewatch_health_check_runs_total", steady));
    CPPUNIT_ASSERT(daemon.child().running());
    daemon.stop();
  }

 private:
  // The same ones each time.
  static Copies damagedCopies() {
    const std::string good = readFile(fixturePath("plain_c_stripped"));
    CPPUNIT_ASSERT(good.size() > 1000);
    std::mt19937 random(20240131);
    const auto below = [&random](std::size_t end) { return random() % end; };
    Copies copies;
    const auto add = [&](const std::string& kind, int number, std::string content) {
      copies[kind + std::to_string(number) + ".so"] = std::move(content);
    };
    for (int i = 0; i < truncated; ++i) add("truncated", i, good.substr(0, good.size() * static_cast<std::size_t>(i) / truncated));
    for (int i = 0; i < zero_tailed; ++i) {
      std::string content = good.substr(0, good.size() * static_cast<std::size_t>(i) / zero_tailed);
      content.resize(good.size());
      add("zero-tailed", i, std::move(content));
    }
    for (int i = 0; i < randomly_damaged; ++i) {
      std::string content = good;
      for (std::size_t hits = 1 + below(64); hits > 0; --hits) content[below(content.size())] = static_cast<char>(below(256));
      add("damaged", i, std::move(content));
    }
    return copies;
  }

  static void waitUntilAllAreTold(PulsewatchProcess& daemon, const std::set<std::string>& files) {
    std::string missing;
    const bool all = waitFor(
        [&] {
          std::set<std::string> told;
          for (const JsonLine& line : daemon.log()) {
            const std::string event = line.text("event");
            const bool refused = event == "plugin_refused" && line.text("message").rfind(line.text("file") + ": refused: ", 0) == 0;
            if (refused || event == "plugin_loaded" || event == "plugin_replaced") told.insert(line.text("file"));
          }
          missing.clear();
          for (const std::string& file : files) missing += told.count(file) == 0 ? file + "\n" : "";
          return missing.empty();
        },
        2 * PulsewatchProcess::patience);
    CPPUNIT_ASSERT_MESSAGE("the log says nothing of\n" + missing, all);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DamagedPluginsTest);

}  // namespace
}  // namespace pulsewatch::testing
