// Plugins of either compiler, in C and in C++, are loaded by the host whichever built it, and vote.
#include "integration/daemon.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>

namespace pulsewatch::testing {
namespace {

void build(const std::string& command, const std::string& source, const std::filesystem::path& library) {
  std::vector<std::string> argv{"/bin/sh", "-c",
                                "exec " + command +
                                    " -shared -fPIC -fvisibility=hidden -O1 -I '" PULSEWATCH_SOURCE "/sdk/include' '" PULSEWATCH_SOURCE
                                    "/tests/fixtures/plugins/" +
                                    source + "' -o '" + library.string() + "'"};
  ChildProcess compiler(argv, plainEnvironment());
  const auto code = compiler.waitForExit(std::chrono::minutes(2));
  if (code != 0) throw std::runtime_error(command + " fails, or is not installed (./dev has its package): " + compiler.errors());
  std::filesystem::permissions(library, std::filesystem::perms(0755));
}

class CompilersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CompilersTest);
  CPPUNIT_TEST(testGcc);
  CPPUNIT_TEST(testClang);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testGcc() { pluginsVote("gcc -std=c99", "g++ -std=c++17"); }
  void testClang() { pluginsVote("clang-14 -std=c99", "clang++-14 -std=c++17"); }

 private:
  static void pluginsVote(const std::string& c, const std::string& cpp) {
    const TemporaryDirectory plugins;
    build(c, "plain_c.c", plugins / "plain_c.so");
    build(cpp, "ok.cpp", plugins / "ok.so");
    build(cpp, "throws.cpp", plugins / "throws.so");
    PulsewatchOptions options;
    options.config = "http.port = 0\nstate.directory = @DIR@/state\nshutdown.drain = 0s\nplugins.directories = " + plugins.path().string() +
                     "\n" + checkConfig("ok", "ok", {"message = all well", "interval = 50ms"}) +
                     checkConfig("counted", "plain_c", {"limit = 2", "interval = 50ms"}) +
                     checkConfig("broken", "plain_c", {"mode = broken", "critical = no"}) +
                     checkConfig("thrown", "throws", {"what = from afar", "critical = no"});
    options.environment = requiredEnvironment();
    PulsewatchProcess process(options);
    waitForCheck(process, "plain", "healthy", "plain and simple");
    waitForCheck(process, "broken", "unhealthy", "it was told to be broken");
    waitForCheck(process, "thrown", "unhealthy", "from afar");
    waitForCheck(process, "ok", "healthy", "all well");
    waitForCheck(process, "counted", "unhealthy", "over the limit");
    waitForReady(process, 503);
    CPPUNIT_ASSERT(process.waitForMetric("plain_runs_total", {{"check", "counted"}}, [](double runs) { return runs >= 3; }));
    CPPUNIT_ASSERT(process.waitForMetric("ok_runs_total", {{"check", "ok"}}, [](double runs) { return runs >= 1; }));
    CPPUNIT_ASSERT(process.waitForLine([](const JsonLine& line) { return line.text("event") == "plain_run"; }));
    process.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CompilersTest);

}  // namespace
}  // namespace pulsewatch::testing
