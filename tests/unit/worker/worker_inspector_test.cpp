#include "worker/worker_inspector.h"

#include "plugin/plugin_library.h"
#include "unit/worker/worker_bench.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

class WorkerInspectorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WorkerInspectorTest);
  CPPUNIT_TEST(describes);
  CPPUNIT_TEST(refuses);
  CPPUNIT_TEST(sinsOfInitialisers);
  CPPUNIT_TEST(noProgram);
  CPPUNIT_TEST(descriptionsFromElsewhere);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The same as from the library itself.
  void describes() {
    for (const char* fixture : {"ok", "chatty", "kinds"}) {
      const auto inspected = inspect(fixture);
      const auto* description = std::get_if<PluginDescription>(&inspected);
      CPPUNIT_ASSERT_MESSAGE(fixture, description != nullptr);
      const PluginDescription own = testing::fixtureLibrary(fixture)->description();
      CPPUNIT_ASSERT(description->name == own.name && description->version == own.version && description->metrics == own.metrics);
      CPPUNIT_ASSERT_EQUAL(own.settings.size(), description->settings.size());
      CPPUNIT_ASSERT_EQUAL(std::string(), descriptionFault(own));
    }
  }

  void refuses() {
    const Refusal refusal = std::get<Refusal>(inspect("missing_run"));
    CPPUNIT_ASSERT_EQUAL(std::string("missing-run"), refusal.plugin());
    CPPUNIT_ASSERT_EQUAL(std::string("lacks the function run; its author must correct it"), std::string(refusal.what()));
  }

  void sinsOfInitialisers() {
    const std::pair<const char*, const char*> rows[] = {
        {"init_crashes", "cannot be loaded: it crashed (SIGSEGV) while it was loaded; its author must correct it"},
        {"init_exits", "cannot be loaded: it ended its process with exit status 0 while it was loaded; its author must correct it"},
        {"init_throws",
         "cannot be loaded: it crashed (SIGABRT, an exception that nobody caught: thrown while it is loaded) while it was loaded; its "
         "author "
         "must correct it"},
        {"init_hangs", "does not finish loading: its initialisers have run for 300 ms"},
    };
    for (const auto& [fixture, sentence] : rows)
      CPPUNIT_ASSERT_EQUAL(std::string(sentence), std::string(std::get<Refusal>(inspect(fixture)).what()));
  }

  void noProgram() {
    const WorkerInspector inspector("/nowhere/pulsewatchd");
    const Inspected inspected = inspector.inspect(*testing::fixtureImage("ok"));
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be looked at: a worker cannot be started: No such file or directory"),
                         std::string(std::get<Refusal>(inspected).what()));
  }

  // A worker with a plugin in it may say anything.
  void descriptionsFromElsewhere() {
    const PluginDescription good = testing::fixtureLibrary("kinds")->description();
    const auto faulty = [&](auto change) {
      PluginDescription description = good;
      change(description);
      return !descriptionFault(description).empty();
    };
    CPPUNIT_ASSERT(faulty([](PluginDescription& d) { d.name = "../etc"; }));
    CPPUNIT_ASSERT(faulty([](PluginDescription& d) { d.version = ""; }));
    CPPUNIT_ASSERT(faulty([](PluginDescription& d) { d.default_check = "group"; }));
    CPPUNIT_ASSERT(faulty([](PluginDescription& d) { d.settings.at(0).key = "interval"; }));
    CPPUNIT_ASSERT(faulty([](PluginDescription& d) { d.settings.push_back(d.settings.at(0)); }));
    CPPUNIT_ASSERT(faulty([](PluginDescription& d) { d.metrics.push_back({"pulsewatch_ready", "", MetricType::gauge, {}, {}}); }));
    CPPUNIT_ASSERT(faulty([](PluginDescription& d) { d.metrics.push_back({"x_seconds", "", MetricType::histogram, {}, {2, 1}}); }));
    CPPUNIT_ASSERT(faulty([](PluginDescription& d) { d.description = std::string(100'000, 'x'); }));
  }

 private:
  static Inspected inspect(const std::string& fixture) {
    const WorkerInspector inspector(PULSEWATCH_PROGRAM, std::chrono::milliseconds(fixture == "init_hangs" ? 300 : 20'000));
    return inspector.inspect(*testing::fixtureImage(fixture));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WorkerInspectorTest);

}  // namespace

}  // namespace pulsewatch
