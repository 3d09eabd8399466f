// A plugin is replaced again and again: the verdict never turns, the version at work is always the file's, and the host is the same at the
// end. PULSEWATCH_REPLACEMENTS says how often; ./dev soak makes it a thousand.
#include "integration/plugin_place.h"
#include "integration/process_figures.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

namespace pulsewatch::testing {
namespace {

// What must not grow from one replacement to the next.
struct Held : ProcessFigures {
  std::size_t workers = 0;
};

Held heldBy(PulsewatchProcess& daemon) { return {figuresOf(daemon.child().pid()), workersOf(daemon)}; }

std::ostream& operator<<(std::ostream& out, const Held& held) {
  return out << static_cast<const ProcessFigures&>(held) << ", " << held.workers << " workers";
}

class PluginSoakTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginSoakTest);
  CPPUNIT_TEST(testManyReplacements);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testManyReplacements() {
    const char* const given = std::getenv("PULSEWATCH_REPLACEMENTS");
    const int count = given != nullptr ? std::stoi(given) : 50;
    const int settled = std::min(50, count / 2);
    const PluginPlace place{{"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options("check.versioned.interval = 100ms\n"));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    ReadyPoll poll(daemon);
    Held before;
    for (int i = 1; i <= count; ++i) {
      const std::string number = std::to_string(1 + i % 2);
      place.sh("cp $F/versioned_" + number + ".so new && mv new plugins/versioned.so");
      waitForPlugin(daemon, "versioned", number + ".0.0", "loaded", PulsewatchProcess::patience);
      waitForCheck(daemon, "versioned", "healthy", "version " + number + ".0.0");
      if (i == settled) before = settledState(daemon);
    }
    poll.finish();
    // Threads of the HTTP server that a busy moment called for end once they have been idle for a while and requests go on.
    Held after;
    static_cast<void>(waitFor(
        [&] {
          for (int i = 0; i < 150; ++i) CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
          after = settledState(daemon);
          return after.threads <= before.threads && after.descriptors <= before.descriptors;
        },
        std::chrono::seconds(60)));
    std::cout << count << " replacements; after " << settled << ": " << before << "; at the end: " << after << '\n';
    CPPUNIT_ASSERT_EQUAL(before.workers, after.workers);
    CPPUNIT_ASSERT_MESSAGE("descriptors", after.descriptors <= before.descriptors);
    CPPUNIT_ASSERT_MESSAGE("threads", after.threads <= before.threads);
    CPPUNIT_ASSERT_MESSAGE("memory grew", sanitized || after.resident_kib < before.resident_kib + 8 * 1024);
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().sum("pulsewatch_worker_restarts_total"));
    daemon.stop();
  }

 private:
  // When what a replacement leaves for a moment (the old worker, a connection) is over: twice the same.
  static Held settledState(PulsewatchProcess& daemon) {
    Held held = heldBy(daemon);
    static_cast<void>(waitFor(
        [&] {
          const Held before = std::exchange(held, heldBy(daemon));
          return held.workers == 1 && held.descriptors == before.descriptors && held.threads == before.threads;
        },
        PulsewatchProcess::patience));
    return held;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginSoakTest);

}  // namespace
}  // namespace pulsewatch::testing
