// slowhttptest, the tool that operators and auditors try servers with, in its modes: whoever probes meanwhile sees none of it.
#include "integration/daemon.h"
#include "integration/plugin_place.h"
#include "integration/process_figures.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <vector>

namespace pulsewatch::testing {
namespace {

class SlowhttptestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SlowhttptestTest);
  CPPUNIT_TEST(testAllModes);
  CPPUNIT_TEST_SUITE_END();

 public:
  // At once, which is worse than one after the other.
  void testAllModes() {
    std::string checks;
    for (int i = 0; i < 100; ++i) checks += checkConfig("check" + std::to_string(i), "ok");
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checks));
    waitForReady(daemon, 200);
    const ProcessFigures before = figuresOf(daemon.child().pid());
    const std::string url = "http://localhost:" + std::to_string(daemon.port());
    const std::vector<std::string> usual{"slowhttptest", "-c", "300", "-r", "150", "-l", "5", "-p", "5"};
    const std::vector<std::vector<std::string>> modes{
        {"-H", "-i", "1", "-t", "GET", "-x", "24", "-u", url + "/healthz"},
        {"-B", "-i", "1", "-s", "8192", "-t", "POST", "-x", "10", "-u", url + "/ready"},
        {"-X", "-w", "64", "-y", "512", "-n", "1", "-z", "32", "-k", "10", "-u", url + "/ready?verbose"}};
    ReadyPoll ready(daemon);
    ReadyPoll health(daemon, "/healthz");
    std::vector<std::unique_ptr<ChildProcess>> tools;
    for (std::vector<std::string> words : modes) {
      words.insert(words.begin(), usual.begin(), usual.end());
      tools.push_back(std::make_unique<ChildProcess>(words, plainEnvironment()));
    }
    for (const std::unique_ptr<ChildProcess>& tool : tools) {
      CPPUNIT_ASSERT_MESSAGE(tool->output(), tool->waitForExit(std::chrono::seconds(60)) == 0);
      // Its own probe, at the end of the last report.
      const std::string said = tool->output();
      const std::size_t at = said.rfind("service available:");
      CPPUNIT_ASSERT_MESSAGE(said, at != std::string::npos && said.find("YES", at) < said.find('\n', at));
    }
    ready.finish();
    health.finish();
    CPPUNIT_ASSERT(waitFor([&] { return figuresOf(daemon.child().pid()).descriptors <= before.descriptors; }, PulsewatchProcess::patience));
    daemon.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SlowhttptestTest);

}  // namespace
}  // namespace pulsewatch::testing
