// Plugins that are dropped in, replaced and removed while the daemon runs, in every way in which files come and go: all ends in the state
// that a restart would have given.
#include "integration/plugin_place.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <sys/resource.h>

namespace pulsewatch::testing {
namespace {

// A check that is there all the time; every check is quick enough to show what it has become.
const std::string steady = checkConfig("steady", "ok", {"interval = 100ms"});

std::string numbered(int number) {
  std::ostringstream name;
  name << "many_" << std::setw(6) << std::setfill('0') << number;
  return name.str();
}

class PluginDropTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginDropTest);
  CPPUNIT_TEST(testComesAndGoes);
  CPPUNIT_TEST(testConfiguredCheckStays);
  CPPUNIT_TEST(testWaysToReplace);
  CPPUNIT_TEST(testSlowCopy);
  CPPUNIT_TEST(testTruncation);
  CPPUNIT_TEST(testFileLink);
  CPPUNIT_TEST(testDataDirectory);
  CPPUNIT_TEST(testDirectoryLink);
  CPPUNIT_TEST(testDirectoryGoesAndComesBack);
  CPPUNIT_TEST(testDirectoryAppears);
  CPPUNIT_TEST(testTwoOfOneName);
  CPPUNIT_TEST(testManyAtOnce);
  CPPUNIT_TEST(testDescriptorsForMany);
  CPPUNIT_TEST(testNotWatched);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testComesAndGoes() {
    const PluginPlace place{{"ok.so", "ok"}};
    PulsewatchProcess daemon(place.options(steady));
    waitForReady(daemon, 200);
    // Its check joins the verdict with its first result: nobody is made not ready by it.
    const std::size_t not_ready = timesNotReady(daemon);
    ReadyPoll poll(daemon);
    for (int round = 0; round < 2; ++round) {
      place.sh("install -m 644 $F/versioned_1.so plugins/versioned.so");
      waitForPlugin(daemon, "versioned", "1.0.0");
      waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
      CPPUNIT_ASSERT(daemon.waitForMetric("versioned_runs_total", {{"check", "versioned"}}, [](double runs) { return runs >= 1; }));
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, workersOf(daemon));
      place.sh("rm plugins/versioned.so");
      waitUntilGone(daemon, "versioned", "versioned");
      CPPUNIT_ASSERT(waitFor([&] { return workersOf(daemon) == 1; }, soon));
    }
    poll.finish();
    CPPUNIT_ASSERT_EQUAL(not_ready, timesNotReady(daemon));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, linesOfEvent(daemon.log(), "plugin_unloaded").size());
    daemon.stop();
  }

  // A plugin that goes takes the checks with it that nobody asked for; the others vote, with the reason, until it is back.
  void testConfiguredCheckStays() {
    const PluginPlace place{{"ok.so", "ok"}};
    PulsewatchProcess daemon(place.options(steady));
    waitForReady(daemon, 200);
    place.sh("rm plugins/ok.so");
    const auto answer =
        waitForCheck(daemon, "steady", "unhealthy", "plugin ok is gone: " + (place.plugins() / "ok.so").string() + " was removed");
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), textOf(answer, "status"));
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().value("pulsewatch_health_check_status", {{"check_name", "steady"}}));
    CPPUNIT_ASSERT_EQUAL(0.0, daemon.metrics().sum("ok_runs_total"));
    place.sh("cp $F/ok.so plugins/other_name.so");
    waitForCheck(daemon, "steady", "healthy", "fine");
    waitForReady(daemon, 200);
    daemon.stop();
  }

  void testWaysToReplace() {
    const PluginPlace place{{"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options(often));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    ReadyPoll poll(daemon);
    int number = 1;
    for (const std::string command :
         {"cp $NEW plugins/versioned.so", "cp $NEW new && mv new plugins/versioned.so",
          "cp $NEW plugins/.new && mv plugins/.new plugins/versioned.so", "install -m 644 $NEW plugins/versioned.so",
          "cat $NEW > plugins/versioned.so", "rm plugins/versioned.so; cp $NEW plugins/versioned.so", "cp -p $NEW plugins/versioned.so",
          "dd if=$NEW of=plugins/versioned.so bs=1k 2>&1"}) {
      number = 3 - number;
      const std::string version = std::to_string(number) + ".0.0";
      place.sh("NEW=$F/versioned_" + std::to_string(number) + ".so; " + command);
      waitForPlugin(daemon, "versioned", version);
      waitForCheck(daemon, "versioned", "healthy", "version " + version);
    }
    poll.finish();
    daemon.stop();
  }

  // The first half is there for long enough to be looked at: it is refused, and the old version goes on.
  void testSlowCopy() {
    const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options(steady + often));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    waitForReady(daemon, 200);
    ReadyPoll poll(daemon, "/ready?exclude=one_of_many");
    place.sh("head -c 20000 $F/versioned_2.so > plugins/versioned.so; head -c 10000 $F/one_of_many.so > plugins/new.so");
    waitForPlugin(daemon, "versioned", "", "refused");
    waitForPlugin(daemon, "versioned", "1.0.0");
    waitForPlugin(daemon, "new", "", "refused");
    place.sh("tail -c +20001 $F/versioned_2.so >> plugins/versioned.so; tail -c +10001 $F/one_of_many.so >> plugins/new.so");
    waitForPlugin(daemon, "versioned", "2.0.0");
    waitForPlugin(daemon, "one_of_many", "1.0.0");
    waitForCheck(daemon, "versioned", "healthy", "version 2.0.0");
    CPPUNIT_ASSERT(!daemon.metrics().find("pulsewatch_plugin_info", {{"plugin", "versioned"}, {"version", ""}, {"state", "refused"}}));
    poll.finish();
    daemon.stop();
  }

  void testTruncation() {
    const PluginPlace place{{"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options(often));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    ReadyPoll poll(daemon);
    for (const std::string size : {"20000", "100", "0"}) {
      place.sh("cp $F/versioned_1.so plugins/versioned.so; truncate -s " + size + " plugins/versioned.so");
      waitForPlugin(daemon, "versioned", "", "refused");
      waitForPlugin(daemon, "versioned", "1.0.0");
    }
    place.sh("cp $F/versioned_2.so plugins/versioned.so");
    waitForPlugin(daemon, "versioned", "2.0.0");
    poll.finish();
    daemon.stop();
  }

  void testFileLink() {
    const PluginPlace place;
    place.sh(
        "mkdir plugins/versions; cp $F/versioned_1.so $F/versioned_2.so plugins/versions/; "
        "ln -s versions/versioned_1.so plugins/versioned.so");
    expectSwaps(place, "ln -s versions/versioned_$N.so plugins/new && mv -T plugins/new plugins/versioned.so");
  }

  // As Kubernetes updates a mounted volume: the file is a link through a link that is turned.
  void testDataDirectory() {
    const PluginPlace place;
    place.sh(
        "for n in 1 2; do mkdir plugins/..$n; cp $F/versioned_$n.so plugins/..$n/versioned.so; done; "
        "ln -s ..1 plugins/..data; ln -s ..data/versioned.so plugins/versioned.so");
    expectSwaps(place, "ln -s ..$N plugins/..data_tmp && mv -T plugins/..data_tmp plugins/..data");
  }

  void testDirectoryLink() {
    const PluginPlace place;
    place.sh(
        "for n in 1 2; do mkdir release_$n; cp $F/versioned_$n.so release_$n/versioned.so; done; rmdir plugins; ln -s release_1 plugins");
    expectSwaps(place, "ln -s release_$N new && mv -T new plugins");
  }

  void testDirectoryGoesAndComesBack() {
    const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options(steady));
    waitForCheck(daemon, "versioned", "healthy");
    waitForCheck(daemon, "steady", "healthy");
    place.sh("rm -r plugins");
    waitForCheck(daemon, "steady", "unhealthy", "was removed");
    waitUntilGone(daemon, "versioned", "versioned");
    place.sh("mkdir plugins; cp $F/ok.so plugins/; cp $F/versioned_2.so plugins/versioned.so");
    waitForPlugin(daemon, "versioned", "2.0.0");
    waitForCheck(daemon, "steady", "healthy");
    // And away as a whole, and back.
    place.sh("mv plugins elsewhere");
    waitUntilGone(daemon, "versioned", "versioned");
    place.sh("mv elsewhere plugins");
    waitForPlugin(daemon, "versioned", "2.0.0");
    // What it has become is watched like what it was.
    place.sh("cp $F/versioned_1.so plugins/versioned.so");
    waitForPlugin(daemon, "versioned", "1.0.0");
    waitForReady(daemon, 200);
    daemon.stop();
  }

  void testDirectoryAppears() {
    const PluginPlace place{{"ok.so", "ok"}};
    PulsewatchProcess daemon(place.options(steady, {"plugins", "not/yet/there"}));
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, linesOfEvent(daemon.log(), "plugin_directory").size());
    place.sh("mkdir -p not/yet/there; cp $F/versioned_1.so not/yet/there/versioned.so");
    waitForPlugin(daemon, "versioned", "1.0.0");
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    daemon.stop();
  }

  // The later directory's wins, whichever came first.
  void testTwoOfOneName() {
    const PluginPlace place;
    place.sh("mkdir first second; cp $F/versioned_1.so first/");
    PulsewatchProcess daemon(place.options(often, {"first", "second"}));
    waitForPlugin(daemon, "versioned", "1.0.0");
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    ReadyPoll poll(daemon);
    place.sh("cp $F/versioned_2.so second/");
    waitForPlugin(daemon, "versioned", "2.0.0");
    waitForPlugin(daemon, "versioned", "1.0.0", "refused");
    place.sh("rm second/*");
    waitForPlugin(daemon, "versioned", "1.0.0");
    place.sh("cp $F/versioned_2.so second/");
    waitForPlugin(daemon, "versioned", "2.0.0");
    place.sh("mv first/versioned_1.so first/zz.so");
    waitForPlugin(daemon, "versioned", "1.0.0", "refused");
    waitForPlugin(daemon, "versioned", "2.0.0");
    waitForCheck(daemon, "versioned", "healthy", "version 2.0.0");
    poll.finish();
    daemon.stop();
  }

  // Inside the host: five hundred workers would test the machine.
  void testManyAtOnce() {
    constexpr int kMany = 500;
    const PluginPlace place{{"ok.so", "ok"}};
    const std::string library = readFile(PULSEWATCH_FIXTURE_PLUGINS "/one_of_many.so");
    const std::string name = "one_of_many";
    std::filesystem::create_directory(place.path() / "many");
    for (int i = 0; i < kMany; ++i) {
      std::string copy = library;
      for (std::size_t at = copy.find(name); at != std::string::npos; at = copy.find(name, at)) copy.replace(at, name.size(), numbered(i));
      std::ofstream(place.path() / "many" / (numbered(i) + ".so"), std::ios::binary) << copy;
    }
    PulsewatchProcess daemon(place.options(steady + "plugins.isolation = host\n"));
    waitForReady(daemon, 200);
    place.sh("cp many/*.so plugins/");
    const auto healthy = [&](std::size_t count) {
      return waitFor(
          [&] {
            const HttpResponse answer = daemon.get("/ready");
            return answer.status == 200 && parseJsonObject(answer.body)->getObject("checks")->size() == count;
          },
          std::chrono::seconds(60 * slowness));
    };
    CPPUNIT_ASSERT_MESSAGE(daemon.get("/ready").body.substr(0, 2000), healthy(kMany + 1));
    CPPUNIT_ASSERT_EQUAL(kMany + 1.0, daemon.metrics().sum("pulsewatch_plugin_info", {{"state", "loaded"}}));
    place.sh("rm plugins/many_*");
    CPPUNIT_ASSERT_MESSAGE(daemon.get("/ready").body.substr(0, 2000), healthy(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, daemon.metrics().labelValues("pulsewatch_health_check_status", "check_name").size());
    daemon.stop();
  }

  // A daemon that is started with few takes what it may have.
  void testDescriptorsForMany() {
    const PluginPlace place{{"ok.so", "ok"}};
    rlimit before{};
    CPPUNIT_ASSERT_EQUAL(0, ::getrlimit(RLIMIT_NOFILE, &before));
    const rlimit few{std::min<rlim_t>(512, before.rlim_max), before.rlim_max};
    CPPUNIT_ASSERT_EQUAL(0, ::setrlimit(RLIMIT_NOFILE, &few));
    PulsewatchProcess daemon(place.options(steady));
    CPPUNIT_ASSERT_EQUAL(0, ::setrlimit(RLIMIT_NOFILE, &before));
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(static_cast<double>(std::min<rlim_t>(65536, before.rlim_max)), daemon.metrics().value("process_max_fds"));
    daemon.stop();
  }

  // Beside one that watches the same directory: when that one has seen it all, the other has had the time for it too.
  void testNotWatched() {
    const PluginPlace place{{"ok.so", "ok"}, {"versioned.so", "versioned_1"}};
    PulsewatchProcess daemon(place.options(steady + "plugins.watch = false\n"));
    PulsewatchProcess watching(place.options(steady));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    waitForReady(watching, 200);
    place.sh("cp $F/versioned_2.so plugins/versioned.so; cp $F/one_of_many.so plugins/");
    waitForPlugin(watching, "versioned", "2.0.0");
    place.sh("rm plugins/*");
    waitForCheck(watching, "steady", "unhealthy", "was removed");
    waitForReady(daemon, 200);
    waitForPlugin(daemon, "versioned", "1.0.0");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, daemon.ready()->getObject("checks")->size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, linesOfEvent(daemon.log(), "plugin_loaded").size());
    daemon.stop();
    watching.stop();
  }

 private:
  static std::size_t timesNotReady(PulsewatchProcess& daemon) {
    return linesWhere(daemon.log(),
                      [](const JsonLine& line) { return line.text("event") == "ready_changed" && line.text("status") == "not_ready"; })
        .size();
  }
  static inline const std::string often = "check.versioned.interval = 100ms\n";

  // `swap` puts version $N in the place of the other, again and again.
  static void expectSwaps(const PluginPlace& place, const std::string& swap) {
    PulsewatchProcess daemon(place.options(often));
    waitForCheck(daemon, "versioned", "healthy", "version 1.0.0");
    ReadyPoll poll(daemon);
    for (const std::string number : {"2", "1", "2"}) {
      place.sh("N=" + number + "; " + swap);
      waitForPlugin(daemon, "versioned", number + ".0.0");
      waitForCheck(daemon, "versioned", "healthy", "version " + number + ".0.0");
    }
    poll.finish();
    daemon.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginDropTest);

}  // namespace
}  // namespace pulsewatch::testing
