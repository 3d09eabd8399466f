// Every way to misbehave costs that plugin alone: all sins at once in one daemon, each in a plugin and a check of its own, beside a check
// that keeps its interval; and all of them are well again once their plugins behave.
#include "integration/daemon.h"
#include "integration/log_times.h"
#include "integration/processes.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace pulsewatch::testing {
namespace {

struct Sin {
  std::string name;
  std::string status;
  std::string message;            // exactly, or its beginning when it ends in "…"
  std::string reason = {};        // of the worker's end; none: it lives
  std::string signal = {};        // that it died of by itself
  bool told_by_itself = false;    // then its log line also names the check and has the stack
  bool survived_by_host = false;  // isolation = host can take it
};

const std::vector<Sin> sins{
    {"segfault", "unhealthy", "plugin crashed: SIGSEGV", "crash", "SIGSEGV", true},
    {"null pointer", "unhealthy", "plugin crashed: SIGSEGV", "crash", "SIGSEGV", true},
    {"bus error", "unhealthy", "plugin crashed: SIGBUS", "crash", "SIGBUS", true},
    {"division", "unhealthy", "plugin crashed: SIGFPE", "crash", "SIGFPE", true},
    {"illegal instruction", "unhealthy", "plugin crashed: SIGILL", "crash", "SIGILL", true},
    {"stack overflow", "unhealthy", "plugin crashed: SIGSEGV", "crash", "SIGSEGV", true},
    {"abort", "unhealthy", "plugin crashed: SIGABRT", "crash", "SIGABRT", true},
    {"throw in a thread", "unhealthy", "plugin crashed: SIGABRT", "crash", "SIGABRT"},
    {"crash in the constructor", "unhealthy", "plugin crashed: SIGSEGV", "crash", "SIGSEGV", true},
    {"kill itself", "unhealthy", "plugin crashed: SIGKILL", "crash", "SIGKILL"},
    {"leak", "unhealthy", "plugin crashed: out of memory", "crash", "SIGABRT", true},
    {"leak with malloc", "unhealthy", "plugin crashed: SIGABRT", "crash", "SIGABRT", true},
    {"exit", "unhealthy", "plugin crashed: it ended its process with exit status 0", "exit"},
    {"_exit", "unhealthy", "plugin crashed: it ended its process with exit status 3", "exit"},
    {"close descriptors", "unhealthy", "plugin crashed: it closed the channel to its host", "exit"},
    {"write garbage", "unhealthy", "plugin broke the channel to its host", "protocol"},
    {"loop", "unhealthy", "timed out after 500 ms", "hang"},
    {"deadlock", "unhealthy", "timed out after 500 ms", "hang"},
    {"hang", "unhealthy", "timed out after 500 ms", "hang"},
    {"throw", "unhealthy", "thrown by the run", "", "", false, true},
    {"throw a number", "unhealthy", "an exception that is no std::exception", "", "", false, true},
    {"throw in the constructor", "unhealthy", "the constructor failed", "", "", false, true},
    {"no status", "unhealthy", "the plugin gave no result", "", "", false, true},
    {"bad status", "unhealthy", "the plugin gave no result", "", "", false, true},
    {"long message", "unhealthy", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…", "", "", false, true},
    {"bad text", "unhealthy", "bad \xEF\xBF\xBD\xEF\xBF\xBD text …", "", "", false, true},
    {"many lines", "healthy", "told a lot", "", "", false, true},
    {"many series", "healthy", "sinned: many series", "", "", false, true},
    {"change the process", "healthy", "sinned: change the process", "", "", false, true},
    {"unblock signals", "healthy", "sinned: unblock signals", "", "", false, true},
    {"fork", "healthy", "sinned: fork", "", "", false, true},
    {"leave a thread", "healthy", "sinned: leave a thread", "", "", false, true},
    {"leave a child", "healthy", "sinned: leave a child"},
};
// The host survives what ends in its own code again. Not: a crash, an exit, memory that runs out, closed descriptors (all its own), a loop
// or a hang in numbers (each costs a thread for good), and a forked child that never comes back: it keeps the host's sockets.

std::string pluginOf(std::size_t row) { return "sinner" + (row == 0 ? std::string() : std::to_string(row)); }
std::string checkOf(std::size_t row) {
  std::string name = sins[row].name;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name[0] == '_' ? "under" + name : name;
}

bool matches(const std::string& message, const std::string& wanted) {
  const std::string rest = "…";
  if (wanted.size() < rest.size() || wanted.compare(wanted.size() - rest.size(), rest.size(), rest) != 0) return message == wanted;
  return message.rfind(wanted.substr(0, wanted.size() - rest.size()), 0) == 0;
}

// Those of the rows that are tried in this mode: with sanitizers a worker's memory has no limit.
std::vector<std::size_t> rowsOf(bool in_host) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < sins.size(); ++row) {
    if (sanitized && sins[row].name.rfind("leak", 0) == 0) continue;
    if (!in_host || sins[row].survived_by_host) rows.push_back(row);
  }
  return rows;
}

class SinsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SinsTest);
  CPPUNIT_TEST(testInWorkers);
  CPPUNIT_TEST(testInTheHost);
  CPPUNIT_TEST(testWhileTheyAreLoadedByWorkers);
  CPPUNIT_TEST(testWhileTheyAreLoadedByTheHost);
  CPPUNIT_TEST(testListingsOfInitialisers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testInWorkers() {
    const TemporaryDirectory flags;
    const std::vector<std::size_t> rows = rowsOf(false);
    PulsewatchProcess daemon(options(flags, rows, "process"));
    sinAndRepent(daemon, flags, rows);

    const MetricsText metrics = daemon.metrics();
    const JsonLines ends = linesOfEvent(daemon.log(), "worker_ended");
    for (const std::size_t row : rows) checkEnds(row, ends, metrics);
    // The children that were left behind hang for ever; they are of the worker's group.
    const std::set<pid_t> workers = processesOf(daemon.child().pid());
    CPPUNIT_ASSERT(workers.size() >= rows.size());
    daemon.stop();
    CPPUNIT_ASSERT(waitFor([&] { return !anyInGroups(workers); }, PulsewatchProcess::patience));
  }

  void testInTheHost() {
    const TemporaryDirectory flags;
    const std::vector<std::size_t> rows = rowsOf(true);
    PulsewatchProcess daemon(options(flags, rows, "host"));
    sinAndRepent(daemon, flags, rows);
    // The children that forked are gone, and the signal stops the daemon in order in spite of the changed masks.
    CPPUNIT_ASSERT(waitFor([&] { return processesOf(daemon.child().pid()).empty(); }, PulsewatchProcess::patience));
    daemon.stop();
    CPPUNIT_ASSERT(!linesOfEvent(daemon.log(), "stopped").empty());
  }

  void testWhileTheyAreLoadedByWorkers() { dropInitialisers("process"); }
  void testWhileTheyAreLoadedByTheHost() { dropInitialisers("host"); }

  void testListingsOfInitialisers() {
    for (const std::string argument : {"--check-config", "--describe"}) {
      PulsewatchOptions given =
          fixtureOptions({"ok", "init_crashes", "init_exits", "init_throws", "init_hangs"}, checkConfig("steady", "ok"));
      given.arguments = {argument};
      given.logs = false;
      PulsewatchProcess process(given);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(process.child().errors(), 0, process.finish(PulsewatchProcess::patience));
      std::string output;  // in which lines are broken anywhere
      std::istringstream words(process.child().output());
      for (std::string word; words >> word;) output += word + " ";
      for (const auto& [file, sentence] : initialisers())
        CPPUNIT_ASSERT_MESSAGE(argument + " does not say: " + sentence + ", but\n" + output, output.find(sentence) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(output, output.find("ok") != std::string::npos);
    }
  }

 private:
  static const std::map<std::string, std::string>& initialisers() {
    static const std::map<std::string, std::string> sentences{
        {"init_crashes", "cannot be loaded: it crashed (SIGSEGV) while it was loaded; its author must correct it"},
        {"init_exits", "cannot be loaded: it ended its process with exit status 0 while it was loaded; its author must correct it"},
        {"init_throws",
         "cannot be loaded: it crashed (SIGABRT, an exception that nobody caught: thrown while it is loaded) while it was "
         "loaded; its author must correct it"},
        {"init_hangs", "does not finish loading: its initialisers have run for 10 s"},
    };
    return sentences;
  }

  static PulsewatchOptions options(const TemporaryDirectory& flags, const std::vector<std::size_t>& rows, const std::string& isolation) {
    std::vector<std::string> plugins{"ok"};
    std::string config = "plugins.isolation = " + isolation + "\n" + checkConfig("steady", "ok", {"interval = 100ms"});
    for (const std::size_t row : rows) {
      const std::string plugin = pluginOf(row);
      plugins.push_back(plugin);
      const bool hangs = sins[row].reason == "hang";
      const std::filesystem::path flag = flags / checkOf(row);
      std::ofstream(flag).close();
      config += "plugin." + plugin + ".memory_max = 64MiB\nplugin." + plugin + ".kill_after = " + (hangs ? "200ms" : "15s") + "\n" +
                checkConfig(checkOf(row), plugin,
                            {"interval = 250ms", "timeout = " + (hangs ? "500ms" : std::to_string(15 * slowness) + "s"), "critical = false",
                             "sin = " + sins[row].name, "while = " + flag.string()});
    }
    PulsewatchOptions options = fixtureOptions(plugins, config);
    options.environment["LOG_LEVEL"] = "DEBUG";
    return options;
  }

  // All of them sin until each has been seen to, and a while longer; then none does any more.
  static void sinAndRepent(PulsewatchProcess& daemon, const TemporaryDirectory& flags, const std::vector<std::size_t>& rows) {
    std::set<std::size_t> seen;
    std::string last;
    const bool all_sinned = waitFor(
        [&] {
          CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
          const Poco::JSON::Object::Ptr checks = daemon.ready()->getObject("checks");
          last.clear();
          for (const std::size_t row : rows) {
            const Poco::JSON::Object::Ptr check = checks->getObject(checkOf(row));
            const std::string status = textOf(check, "status");
            const std::string message = textOf(check, "message");
            if (status == sins[row].status && matches(message, sins[row].message))
              seen.insert(row);
            else if (seen.count(row) == 0)
              last.append(checkOf(row)).append(": ").append(status).append(", ").append(message).append("\n");
          }
          return seen.size() == rows.size();
        },
        slowness * PulsewatchProcess::patience);
    CPPUNIT_ASSERT_MESSAGE("these did not come to be what they should:\n" + last, all_sinned);
    checkSteady(daemon);

    for (const std::size_t row : rows) std::filesystem::remove(flags / checkOf(row));
    for (const std::size_t row : rows) waitForCheck(daemon, checkOf(row), "healthy", "fine");
    checkSteady(daemon);
    waitForReady(daemon, 200);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
  }

  // The check beside them never failed, and never waited long for a run of its own.
  static void checkSteady(PulsewatchProcess& daemon) {
    const MetricsText metrics = daemon.metrics();
    const Labels labels{{"check_name", "steady"}};
    CPPUNIT_ASSERT_EQUAL(metrics.value("pulsewatch_health_check_runs_total", {{"check_name", "steady"}, {"outcome", "healthy"}}),
                         metrics.sum("pulsewatch_health_check_runs_total", labels));
    const JsonLines runs =
        linesWhere(linesOfEvent(daemon.log(), "health_check"), [](const JsonLine& line) { return line.text("check") == "steady"; });
    CPPUNIT_ASSERT(runs.size() >= 2);
    for (std::size_t i = 1; i < runs.size(); ++i) {
      const double gap = secondsOf(runs[i]) - secondsOf(runs[i - 1]);
      CPPUNIT_ASSERT_MESSAGE("no run for " + std::to_string(gap) + " s before " + runs[i].line(), gap < 1.5 * slowness);
    }
    const double all = secondsOf(runs.back()) - secondsOf(runs.front());
    CPPUNIT_ASSERT_MESSAGE(std::to_string(runs.size()) + " runs in " + std::to_string(all) + " s",
                           static_cast<double>(runs.size()) >= all / 0.1 * 0.8 / slowness);
  }

  static void checkEnds(std::size_t row, const JsonLines& ends, const MetricsText& metrics) {
    const Sin& sin = sins[row];
    const std::string plugin = pluginOf(row);
    const JsonLines own = linesWhere(ends, [&](const JsonLine& line) { return line.text("plugin") == plugin; });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(sin.name, sin.reason.empty(), own.empty());
    if (own.empty()) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(sin.name, 0.0, metrics.sum("pulsewatch_worker_restarts_total", {{"plugin", plugin}}));
      return;
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE(sin.name, static_cast<double>(own.size()),
                                 metrics.value("pulsewatch_worker_restarts_total", {{"plugin", plugin}, {"reason", sin.reason}}));
    // Which needs its time: one that is short of it dies without.
    if (sin.told_by_itself)
      CPPUNIT_ASSERT_MESSAGE(sin.name, std::any_of(own.begin(), own.end(), [](const JsonLine& line) { return line.has("stack_trace"); }));
    for (const JsonLine& line : own) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(line.line(), sin.reason, line.text("reason"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(line.line(), sin.signal, line.text("signal"));
      if (sin.reason != "hang") CPPUNIT_ASSERT_MESSAGE(line.line(), line.text("message").rfind(sin.message, 0) == 0);
      if (sin.told_by_itself) CPPUNIT_ASSERT_EQUAL_MESSAGE(line.line(), checkOf(row), line.text("check"));
    }
  }

  // Libraries that sin while they are loaded arrive in a directory that is watched.
  static void dropInitialisers(const std::string& isolation) {
    PulsewatchProcess daemon(
        fixtureOptions({"ok"}, "plugins.isolation = " + isolation + "\n" + checkConfig("steady", "ok", {"interval = 100ms"})));
    waitForCheck(daemon, "steady", "healthy");
    for (const auto& [name, sentence] : initialisers()) dropPlugin(daemon, name + ".so", readFile(fixturePath(name)));
    for (const auto& [name, sentence] : initialisers()) {
      const std::string message = (daemon.directory() / ("plugins/" + name + ".so")).string() + ": refused: " + sentence;
      const bool told = daemon.waitForLine(
          [&message = message](const JsonLine& line) { return line.text("event") == "plugin_refused" && line.text("message") == message; });
      CPPUNIT_ASSERT_MESSAGE("not in the log: " + message, told);
    }
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    waitForReady(daemon, 200);
    daemon.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SinsTest);

}  // namespace
}  // namespace pulsewatch::testing
