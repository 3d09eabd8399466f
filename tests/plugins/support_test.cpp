// What the other tests stand on: child processes, private servers, the proxy.
#include "support/child_process.h"
#include "support/fault_proxy.h"
#include "support/mariadb_server.h"
#include "support/redis_server.h"
#include "support/temporary_directory.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <sys/types.h>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

class SupportTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SupportTest);
  CPPUNIT_TEST(waits);
  CPPUNIT_TEST(removesTemporaryDirectories);
  CPPUNIT_TEST(collectsAChildsOutput);
  CPPUNIT_TEST(givesAChildExactlyItsEnvironment);
  CPPUNIT_TEST(tellsHowAChildEnded);
  CPPUNIT_TEST(throwsWhenAProgramIsMissing);
  CPPUNIT_TEST(killsTheChildsGroup);
  CPPUNIT_TEST(runsMariaDb);
  CPPUNIT_TEST(runsRedis);
  CPPUNIT_TEST_SUITE_END();

  static ChildProcess shell(const std::string& script, const ChildOptions& options = {}) {
    return ChildProcess({"/bin/sh", "-c", script}, plainEnvironment(), options);
  }

  void waits() {
    int asked = 0;
    CPPUNIT_ASSERT(waitFor([&] { return ++asked == 3; }, 10s));
    CPPUNIT_ASSERT(!waitFor([] { return false; }, 20ms));
  }

  void removesTemporaryDirectories() {
    std::filesystem::path path;
    {
      const TemporaryDirectory directory;
      path = directory.path();
      CPPUNIT_ASSERT_EQUAL(std::string("text"), readFile(directory.write("a/b/c", "text")));
    }
    CPPUNIT_ASSERT(!std::filesystem::exists(path));
  }

  void collectsAChildsOutput() {
    ChildProcess child = shell("echo out; echo err >&2; seq 1 20000");
    CPPUNIT_ASSERT_EQUAL(0, child.waitForExit(20s).value());
    CPPUNIT_ASSERT_EQUAL(std::string("err\n"), child.errors());
    CPPUNIT_ASSERT_EQUAL(std::string("out\n1\n2\n"), child.output().substr(0, 8));
    CPPUNIT_ASSERT_EQUAL(std::string("\n20000\n"), child.output().substr(child.output().size() - 7));

    const TemporaryDirectory directory;
    ChildProcess filed =
        shell("cat; pwd",
              {.working_directory = directory.path(), .input_file = directory.write("in", "input\n"), .output_file = directory / "out"});
    CPPUNIT_ASSERT_EQUAL(0, filed.waitForExit(20s).value());
    CPPUNIT_ASSERT_EQUAL("input\n" + directory.path().string() + "\n", readFile(directory / "out"));
  }

  void givesAChildExactlyItsEnvironment() {
    ChildProcess child({"/usr/bin/env"}, {{"ONE", "1"}, {"TWO", "a b"}});
    CPPUNIT_ASSERT_EQUAL(0, child.waitForExit(20s).value());
    CPPUNIT_ASSERT_EQUAL(std::string("ONE=1\nTWO=a b\n"), child.output());
  }

  void tellsHowAChildEnded() {
    CPPUNIT_ASSERT_EQUAL(3, shell("exit 3").waitForExit(20s).value());
    ChildProcess sleeper = shell("exec sleep 1000");
    CPPUNIT_ASSERT(!sleeper.waitForExit(10ms).has_value());
    CPPUNIT_ASSERT(sleeper.running());
    sleeper.signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(128 + SIGTERM, sleeper.waitForExit(20s).value());
    CPPUNIT_ASSERT_EQUAL(128 + SIGTERM, sleeper.waitForExit(20s).value());
  }

  void throwsWhenAProgramIsMissing() {
    CPPUNIT_ASSERT_THROW(ChildProcess({"/nowhere/program"}, {}), std::system_error);
    CPPUNIT_ASSERT_THROW(ChildProcess({"no-such-program-anywhere"}, {}), std::system_error);
  }

  void killsTheChildsGroup() {
    pid_t grandchild = 0;
    {
      ChildProcess child = shell("sleep 1000 & echo $!; wait");
      CPPUNIT_ASSERT(waitFor([&] { return !child.output().empty(); }, 20s));
      grandchild = std::stoi(child.output());
      CPPUNIT_ASSERT_EQUAL(0, ::kill(grandchild, 0));
    }
    // Gone, or a zombie that nobody has collected yet.
    CPPUNIT_ASSERT(waitFor(
        [&] {
          const std::string stat = readFile("/proc/" + std::to_string(grandchild) + "/stat");
          return stat.empty() || stat.find(") Z ") != std::string::npos;
        },
        20s));
  }

  void runsMariaDb() {
    MariaDbServer server;
    const auto rows = server.sql("SELECT 1, NULL, 'a;b' UNION SELECT 2, 3, 'c'");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rows.size());
    CPPUNIT_ASSERT((std::vector<std::string>{"1", "NULL", "a;b"}) == rows[0]);
    CPPUNIT_ASSERT_THROW(server.sql("SELEC 1"), std::runtime_error);
    const std::uint16_t port = server.port();
    server.sql("CREATE TABLE pulsewatch_dev.kept (a INT) ENGINE=InnoDB");
    server.stop();
    CPPUNIT_ASSERT(!server.running());
    server.start();
    CPPUNIT_ASSERT_EQUAL(port, server.port());
    CPPUNIT_ASSERT_EQUAL(std::string("0"), server.sql("SELECT COUNT(*) FROM pulsewatch_dev.kept")[0][0]);
    CPPUNIT_ASSERT_EQUAL(std::string("mysql://a:b%3B%2F@127.0.0.1:") + std::to_string(port) + "/c", server.url("a", "b;/", "c"));
    CPPUNIT_ASSERT(server.log().find("ready for connections") != std::string::npos);
  }

  void runsRedis() {
    RedisServer server({"requirepass x"});
    CPPUNIT_ASSERT_EQUAL(std::string("OK"), server.command({"SET", "a", "b c"}));
    CPPUNIT_ASSERT_EQUAL(std::string("b c"), server.command({"GET", "a"}));
    const std::uint16_t port = server.port();
    server.kill();
    CPPUNIT_ASSERT_THROW(server.command({"GET", "a"}), std::runtime_error);
    server.start();
    CPPUNIT_ASSERT_EQUAL(port, server.port());
    CPPUNIT_ASSERT_EQUAL(std::string(), server.command({"GET", "a"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SupportTest);

}  // namespace
}  // namespace pulsewatch::testing
