// pulsewatch-plugin-test: each of its rules fails a plugin that breaks it, with a sentence; the shipped plugins pass, with their servers
// and without; a wrong command line is told.
#include "integration/daemon.h"
#include "integration/services.h"
#include "support/child_process.h"
#include "support/temporary_directory.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {
namespace {

const std::string kFixtures = PULSEWATCH_FIXTURE_PLUGINS "/";
const std::string kShipped = PULSEWATCH_PLUGINS "/";

struct Row {
  std::string rule;
  std::string fixture;
  std::vector<std::string> settings;
  std::string sentence;  // a part of it
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"load", "init_crashes", {}, "it crashed (SIGSEGV) while it was loaded"},
      {"load", "init_exits", {}, "it ended its process with exit status 0 while it was loaded"},
      {"load", "init_hangs", {}, "does not finish loading"},
      {"load", "bad_default", {}, "declares setting patience with a default that is not a duration"},
      {"load", "other_major", {}, "is built for plugin ABI 2, this host has 1"},
      {"load", "newer_minor", {}, "needs plugin ABI 1.1"},
      {"load", "no_entry", {}, "has no symbol pulsewatch_plugin_v1"},
      {"load", "missing_run", {}, "lacks the function run"},
      {"load", "host_metric", {}, "declares metric pulsewatch_ready, which is the host's own"},
      {"exports", "uniques_plain", {}, "it exports functionOfItsOwn(), and calls"},
      {"description", "misfit", {}, "setting token is text, which listings and the log show; declare it a secret"},
      {"settings", "misfit", {"sin=crash at a long value"}, "it crashed with SIGSEGV (in create, with value = \"xxxx"},
      {"settings", "misfit", {"sin=hang at an empty value"}, "it did not return within 3.2 s (in create, with value = \"\")"},
      {"settings", "misfit", {"sin=say nothing of why"}, "with value = \"\": create gives NULL and says nothing of why"},
      {"failed-create", "misfit", {"sin=leave a descriptor in create"}, "20 descriptors more are open"},
      {"failed-create", "misfit", {"sin=leave a thread in create"}, "threads are left running"},
      {"run", "misfit", {"sin=count in the message"}, "a number that changes: \"run 1\", then \"run 2\""},
      {"run", "misfit", {"sin=no message"}, "a result has no message"},
      {"run", "misfit", {"sin=fail always"}, "no check can be made with these settings: never made"},
      {"run", "sinner", {"sin=no status"}, "a run gives no result"},
      {"run", "sinner", {"sin=bad text"}, "is not UTF-8"},
      {"run", "sinner", {"sin=long message"}, "the message has more than 500 bytes"},
      {"run", "sinner", {"sin=null pointer"}, "it crashed with SIGSEGV (in run, with the given settings)"},
      {"run", "sinner", {"sin=crash in the constructor"}, "it crashed with SIGSEGV (in create, with the given settings)"},
      {"run", "sinner", {"sin=exit"}, "it ended the process with exit status 0 (in run"},
      {"run", "sinner", {"sin=close descriptors", "while=/nowhere"}, ""},  // it behaves then
      {"secrets", "chatty", {}, "with made-up secrets a log line's message shows the secret in the setting token"},
      {"deadline", "slow", {"steps=70", "stubborn=yes"}, "a run with a timeout of 100 ms took 70"},
      {"deadline", "hang", {}, "it did not return within 3.2 s (in run, a run with a timeout of 100 ms)"},
      {"cancel", "misfit", {"sin=wait out the deadline"}, "a run that was given up after 100 ms went on for "},
      {"instances", "misfit", {"sin=be alone"}, "it crashed with SIGABRT (with several checks at once, each made on a thread)"},
      {"instances", "sinner", {"sin=hang in the destructor"}, "it did not return within 3.2 s (in destroy"},
      {"memory", "misfit", {"sin=leak a check"}, "each check that is made, run and destroyed leaves 1"},
      {"memory", "misfit", {"sin=hoard"}, "each run leaves "},
      {"memory", "misfit", {"sin=leak a mapping"}, "leaves 65536 bytes that are mapped"},
      {"descriptors", "misfit", {"sin=open a descriptor"}, "60 descriptors more are open (/dev/null, /dev/null, /dev/null and more)"},
      {"descriptors", "sinner", {"sin=close descriptors"}, "it closes descriptor 0, which was open before it"},
      {"threads", "sinner", {"sin=leave a thread"}, "10 threads run on after 5 checks were destroyed"},
      {"processes", "sinner", {"sin=leave a child"}, "a child process is left"},
      {"processes", "sinner", {"sin=fork"}, "a child process is left"},
      {"process-state",
       "sinner",
       {"sin=change the process"},
       "a run changes the thread's signal mask, the umask, the working directory, the locale and the environment"},
      {"output", "misfit", {"sin=print"}, "it prints \"so far so good\\x0a\""},
      {"output", "misfit", {"sin=exit in destroy"}, "it ended the process with exit status 0 (in destroy"},
      {"unload", "uniques_plain", {}, " is a unique symbol: the library is never unloaded"},
      {"unload", "sinner", {"sin=leave a thread"}, "a thread of it runs on after its check was destroyed"},
  };
  return all;
}

std::string lineOf(const std::string& output, const std::string& rule) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string verdict;
    std::string name;
    if (words >> verdict >> name && name == rule) return line;
  }
  return {};
}

class ConformanceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConformanceTest);
  CPPUNIT_TEST(testEachRule);
  CPPUNIT_TEST(testFile);
  CPPUNIT_TEST(testGoodPlugins);
  CPPUNIT_TEST(testShippedPlugins);
  CPPUNIT_TEST(testOneCrashCostsItsRule);
  CPPUNIT_TEST(testCommandLine);
  CPPUNIT_TEST(testSecretsOnTheCommandLine);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testEachRule() {
    std::vector<std::vector<std::string>> commands;
    for (const Row& row : rows()) {
      std::vector<std::string> arguments{"--rule=" + row.rule, "--timeout=200ms", kFixtures + row.fixture + ".so"};
      arguments.insert(arguments.end(), row.settings.begin(), row.settings.end());
      commands.push_back(std::move(arguments));
    }
    const std::vector<Ended> ended = runAll(commands);
    std::set<std::string> failing{"file"};  // testFile
    std::string wrong;
    for (std::size_t i = 0; i < ended.size(); ++i) {
      const Row& row = rows()[i];
      const bool fine = row.sentence.empty();
      const std::string line = lineOf(ended[i].output, row.rule);
      if (!fine) failing.insert(row.rule);
      if (row.rule == "memory" && sanitized) continue;
      const bool as_expected =
          ended[i].code == (fine ? 0 : 1) && line.rfind(fine ? "ok" : "FAILED", 0) == 0 && line.find(row.sentence) != std::string::npos;
      if (!as_expected)
        wrong += row.rule + " of " + row.fixture + " (" + row.sentence + "): " + std::to_string(ended[i].code) + " " + ended[i].output +
                 ended[i].errors;
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong);

    // No rule is without a plugin that breaks it.
    std::istringstream list(run({"--list"}).output);
    for (std::string line; std::getline(list, line);) {
      const std::string rule = line.substr(0, line.find(' '));
      CPPUNIT_ASSERT_MESSAGE(rule, failing.count(rule) > 0);
    }
  }

  // The host's own look at the file; of one that it doesn't trust all the rest is tried.
  void testFile() {
    const TemporaryDirectory directory;
    directory.write("open.so", readFile(kFixtures + "ok.so"));
    std::filesystem::permissions(directory / "open.so", std::filesystem::perms(0666));
    directory.write("cut.so", readFile(kFixtures + "ok.so").substr(0, 5000));
    directory.write("plugin.txt", readFile(kFixtures + "ok.so"));
    const Ended open = run({"--rule=file", "--rule=run", (directory / "open.so").string()});
    CPPUNIT_ASSERT_EQUAL(1, open.code);
    CPPUNIT_ASSERT_MESSAGE(open.output, lineOf(open.output, "file").find("it is writable by others; chmod o-w ") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(open.output, lineOf(open.output, "run").rfind("ok", 0) == 0);
    const Ended cut = run({(directory / "cut.so").string()});
    CPPUNIT_ASSERT_EQUAL(1, cut.code);
    CPPUNIT_ASSERT_MESSAGE(cut.output, lineOf(cut.output, "file").find("is truncated: a segment lies beyond") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(cut.output, lineOf(cut.output, "unload").rfind("skipped", 0) == 0);
    const Ended named = run({"--rule=file", (directory / "plugin.txt").string()});
    CPPUNIT_ASSERT_MESSAGE(named.output, lineOf(named.output, "file").find("doesn't end in .so") != std::string::npos);
  }

  void testGoodPlugins() {
    std::vector<std::vector<std::string>> commands;
    for (const char* good : {"ok", "kinds", "plain_c", "throws", "uniques"})
      commands.push_back({"--timeout=500ms", kFixtures + good + ".so"});
    commands.push_back({"--timeout=500ms", kFixtures + "slow.so", "steps=1"});
    for (const Ended& ended : runAll(commands)) CPPUNIT_ASSERT_EQUAL_MESSAGE(ended.output + ended.errors, 0, ended.code);
  }

  void testShippedPlugins() {
    const TemporaryDirectory project;
    project.write("app/migrations/__init__.py", "");
    project.write("app/migrations/0001_initial.py",
                  "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
                  "    dependencies = []\n    operations = []\n");
    const std::string path = "path=" + project.path().string();
    Environment there = plainEnvironment();
    there["DATABASE_URL"] = mariaDb().url();
    there["REDIS_URL"] = redis().url(redis_user, redis_password);
    Environment gone = plainEnvironment();
    gone["DATABASE_URL"] = "mysql://user:" + percentEncoded(MariaDbServer::password()) + "@127.0.0.1:1/name";
    gone["REDIS_URL"] = "redis://user:" + redis_password + "@127.0.0.1:1/0";
    struct Case {
      std::vector<std::string> arguments;
      const Environment& environment;
      std::string result;
    };
    const Case cases[] = {{{kShipped + "mysql.so"}, there, "(healthy: MySQL connection successful)"},
                          {{kShipped + "redis.so"}, there, "(healthy: Redis connection successful)"},
                          {{kShipped + "migrations.so", path}, there, "(unhealthy: "},
                          {{kShipped + "mysql.so"}, gone, "(unhealthy: MySQL connection refused at 127.0.0.1:1)"},
                          {{kShipped + "redis.so"}, gone, "(unhealthy: Redis connection refused at 127.0.0.1:1)"},
                          {{kShipped + "migrations.so", path}, gone, "(unhealthy: MySQL connection refused at 127.0.0.1:1)"}};
    std::vector<std::unique_ptr<ChildProcess>> processes;
    for (const Case& each : cases) processes.push_back(start(each.arguments, each.environment));
    for (std::size_t i = 0; i < processes.size(); ++i) {
      const Ended ended = end(*processes[i]);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(ended.output + ended.errors, 0, ended.code);
      CPPUNIT_ASSERT_MESSAGE(ended.output, lineOf(ended.output, "run").find(cases[i].result) != std::string::npos);
      for (const std::string& secret : {MariaDbServer::password(), percentEncoded(MariaDbServer::password()), redis_password})
        CPPUNIT_ASSERT_MESSAGE(ended.output, ended.output.find(secret) == std::string::npos);
    }
  }

  // And what it leaves behind goes with the program.
  void testOneCrashCostsItsRule() {
    const Ended ended = run({"--timeout=200ms", kFixtures + "sinner.so", "sin=segfault"});
    CPPUNIT_ASSERT_EQUAL(1, ended.code);
    for (const char* rule : {"file", "load", "exports", "description"})
      CPPUNIT_ASSERT_MESSAGE(ended.output, lineOf(ended.output, rule).rfind("ok", 0) == 0);
    CPPUNIT_ASSERT_MESSAGE(ended.output, lineOf(ended.output, "unload").find("it crashed with SIGSEGV (in run, ") != std::string::npos);
    const std::string whole = run({"--list"}).output;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ended.output, std::count(whole.begin(), whole.end(), '\n') + 1,
                                 std::count(ended.output.begin(), ended.output.end(), '\n'));
  }

  void testCommandLine() {
    struct Case {
      std::vector<std::string> arguments;
      std::string sentence;
    };
    const std::string slow = kFixtures + "slow.so";
    const Case cases[] = {
        {{}, "there is no FILE"},
        {{"/nowhere/x.so"}, "\"/nowhere/x.so\" cannot be opened: No such file or directory"},
        {{"--rules=run", slow}, "\"--rules\" is no option"},
        {{"--rule=rum", slow}, "\"rum\" is no rule; did you mean run?"},
        {{"--timeout=2", slow}, "--timeout: \"2\" is not a duration"},
        {{slow, "stepps=3"}, "stepps: plugin slow declares no such setting; did you mean steps?"},
        {{slow, "nonsense"}, "has no =; write KEY=VALUE"},
        {{slow, "steps=three"}, "steps: \"three\" is not"},
        {{slow, "steps_file=/nowhere/steps"}, "steps_file: the file it names cannot be read"},
        {{kShipped + "redis.so"}, "url: plugin redis needs it"},
        {{kShipped + "redis.so", "url="}, "url: is empty, and required"},
    };
    for (const Case& each : cases) {
      const Ended ended = run(each.arguments);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(each.sentence + ended.errors, 78, ended.code);
      CPPUNIT_ASSERT_MESSAGE(each.sentence + " is not in " + ended.errors, ended.errors.find(each.sentence) != std::string::npos);
    }
    const Ended help = run({"--help"});
    CPPUNIT_ASSERT_EQUAL(0, help.code);
    for (const char* word : {"--timeout", "--rule", "--list", "KEY_file=PATH", "PULSEWATCH_SETTING_KEY", "Exit codes"})
      CPPUNIT_ASSERT_MESSAGE(word, help.output.find(word) != std::string::npos);
    CPPUNIT_ASSERT(run({"--version"}).output.find(PULSEWATCH_VERSION) != std::string::npos);

    const TemporaryDirectory directory;
    const Ended from_file = run({"--rule=run", slow, "steps_FILE=" + directory.write("steps", "1\n").string()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(from_file.errors, 0, from_file.code);
  }

  // They are refused there, never repeated, and taken from a file and from the environment.
  void testSecretsOnTheCommandLine() {
    const std::string secret = "a-secret-of-the-command-line";
    const std::string chatty = kFixtures + "chatty.so";
    for (const std::string& argument : {"token=" + secret, "url=http://user:" + secret + "@127.0.0.1/", secret}) {
      const Ended ended = run({chatty, argument});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(ended.errors, 78, ended.code);
      CPPUNIT_ASSERT_MESSAGE(ended.errors, (ended.output + ended.errors).find(secret) == std::string::npos);
    }
    const TemporaryDirectory directory;
    const std::string file = directory.write("token", secret + "\n").string();
    Environment by_variable = plainEnvironment();
    by_variable["PULSEWATCH_SETTING_TOKEN"] = secret;
    Environment by_file = plainEnvironment();
    by_file["PULSEWATCH_SETTING_TOKEN_FILE"] = file;
    for (const Ended& ended : {run({"--rule=secrets", chatty, "token_file=" + file}), run({"--rule=secrets", chatty}, by_variable),
                               run({"--rule=secrets", chatty}, by_file)}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(ended.errors, 1, ended.code);
      CPPUNIT_ASSERT_MESSAGE(ended.output,
                             ended.output.find("with the given settings a log line's message shows the secret") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(ended.output, ended.output.find(secret) == std::string::npos);
    }
    by_file["PULSEWATCH_SETTING_TOKEN"] = secret;
    const Ended twice = run({chatty}, by_file);
    CPPUNIT_ASSERT_EQUAL(78, twice.code);
    CPPUNIT_ASSERT_MESSAGE(twice.errors, twice.errors.find("given together with PULSEWATCH_SETTING_TOKEN_FILE") != std::string::npos);
  }

 private:
  static std::unique_ptr<ChildProcess> start(std::vector<std::string> arguments, const Environment& environment = plainEnvironment()) {
    arguments.insert(arguments.begin(), PULSEWATCH_PLUGIN_TEST_PROGRAM);
    return std::make_unique<ChildProcess>(arguments, environment);
  }

  static Ended end(ChildProcess& process) {
    const auto code = process.waitForExit(std::chrono::seconds(60) * slowness);
    CPPUNIT_ASSERT_MESSAGE("the program doesn't end: " + process.output(), code.has_value());
    return {*code, process.output(), process.errors()};
  }

  static Ended run(const std::vector<std::string>& arguments, const Environment& environment = plainEnvironment()) {
    return end(*start(arguments, environment));
  }

  // Some at a time: most of what they do is to wait.
  static std::vector<Ended> runAll(const std::vector<std::vector<std::string>>& commands) {
    constexpr std::ptrdiff_t kAtOnce = 8;
    std::vector<std::unique_ptr<ChildProcess>> processes;
    const auto room = [&] {
      return std::count_if(processes.begin(), processes.end(), [](const auto& process) { return process->running(); }) < kAtOnce;
    };
    for (const auto& command : commands) {
      CPPUNIT_ASSERT(waitFor(room, std::chrono::seconds(60) * slowness));
      processes.push_back(start(command));
    }
    std::vector<Ended> ended;
    for (const auto& process : processes) ended.push_back(end(*process));
    return ended;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConformanceTest);

}  // namespace
}  // namespace pulsewatch::testing
