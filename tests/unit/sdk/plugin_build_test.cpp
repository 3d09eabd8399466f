// What pulsewatch_add_plugin() makes: a module that gives away its entry and nothing else.
#include "support/temporary_directory.h"
#include "unit/sdk/tool_run.h"
#include <pulsewatch/testing.h>

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <sstream>

namespace pulsewatch::testing {
namespace {

struct Symbol {
  char kind = ' ';
  std::string name;
};

// As nm lists them: every symbol that is defined, or those alone that a loader sees.
std::vector<Symbol> symbols(const std::string& file, bool dynamic) {
  std::vector<std::string> argv{"nm", "--defined-only", "--portability", file};
  if (dynamic) argv.insert(argv.begin() + 1, "--dynamic");
  const ToolRun run = runTool(argv);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(run.errors, 0, run.code);
  std::vector<Symbol> found;
  std::istringstream lines(run.output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Symbol symbol;
    words >> symbol.name >> symbol.kind;
    found.push_back(symbol);
  }
  return found;
}

std::size_t uniques(const std::vector<Symbol>& all) {
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const Symbol& symbol) { return symbol.kind == 'u'; }));
}

void assertEntryAlone(const std::string& file) {
  const std::vector<Symbol> exported = symbols(file, true);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(file, std::size_t{1}, exported.size());
  CPPUNIT_ASSERT_EQUAL_MESSAGE(file, std::string("pulsewatch_plugin_v1 T"), exported[0].name + " " + exported[0].kind);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(file, std::size_t{0}, uniques(symbols(file, false)));
}

class PluginBuildTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginBuildTest);
  CPPUNIT_TEST(exportsItsEntryAlone);
  CPPUNIT_TEST(plainModuleExportsMore);
  CPPUNIT_TEST(projectInCAlone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void exportsItsEntryAlone() {
    for (const char* fixture : {"uniques", "ok", "plain_c"}) assertEntryAlone(FIXTURE_PLUGINS "/" + std::string(fixture) + ".so");
    for (const char* shipped : {"migrations", "mysql", "redis"}) assertEntryAlone(PULSEWATCH_PLUGINS "/" + std::string(shipped) + ".so");
  }

  // The same source without the function: so the test above can fail.
  void plainModuleExportsMore() {
    const std::string file = FIXTURE_PLUGINS "/uniques_plain.so";
    CPPUNIT_ASSERT(symbols(file, true).size() > 3);
#if !defined(__clang__)  // clang makes no such symbols
    CPPUNIT_ASSERT(uniques(symbols(file, true)) > 0);
#endif
  }

  // An author's own project, without a C++ compiler in it.
  void projectInCAlone() {
    const TemporaryDirectory project;
    project.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(mine LANGUAGES C)\nadd_subdirectory(" PULSEWATCH_SOURCE
                                    "/sdk sdk)\npulsewatch_add_plugin(plain_c plain_c.c)\n");
    project.write("plain_c.c", readFile(PULSEWATCH_SOURCE "/tests/fixtures/plugins/plain_c.c"));
    const std::string build = (project / "build").string();
    for (const std::vector<std::string>& step :
         {std::vector<std::string>{"cmake", "-S", project.path().string(), "-B", build}, {"cmake", "--build", build}}) {
      const ToolRun run = runTool(step);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(run.output + run.errors, 0, run.code);
    }
    assertEntryAlone(build + "/plain_c.so");
    const Library library(build + "/plain_c.so");
    FakeHost host(library.plugin(), {{"limit", "1"}});
    const Outcome first = host.run(std::chrono::seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("plain and simple"), first.message);
    CPPUNIT_ASSERT(first.faults.empty());
    CPPUNIT_ASSERT_EQUAL(std::string("plain_run"), host.log().at(0).event);
    const Outcome second = host.run(std::chrono::seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("over the limit/too many runs"), second.message + "/" + second.error);
    CPPUNIT_ASSERT_EQUAL(2.0, host.total("plain_runs_total", {"test"}));
    FakeHost broken(library.plugin(), {{"mode", "broken"}});
    CPPUNIT_ASSERT_EQUAL(std::string("it was told to be broken"), broken.run(std::chrono::seconds(1)).message);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginBuildTest);

}  // namespace
}  // namespace pulsewatch::testing
